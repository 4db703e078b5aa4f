"""A scenario, read and checked: what the file says after the baseline, changes and overrides were applied."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from sim.parameters import ParameterTable, read_table
from sim.parameters.ensemble import Ensemble, order, records_with
from sim.parameters.ensemble import from_machine_form as ensemble_of_form
from sim.scenario.schema import SCHEMA_VERSION, Event, Policy, Service


@dataclass(frozen=True)
class Scenario:
    """A what-if, complete.

    Attributes
    ----------
    name, title, question : str
    months, replicates, seed : int
    services : tuple of Service
        After changes and overrides.
    policies : tuple of Policy
    events : tuple of Event
    parameters : dict of str to float
        Values that differ from the table's.
    switches : dict of str to bool
        Mechanisms that are not as the table has them, on or off.
    forms : dict of str to str
        Options that are not the default, by form.
    text : str
        The file as it was written.
    path : str
        File name, for messages.
    overrides : dict of str to str
        What was set from outside the file.
    ensemble : Ensemble or None
        Sets of parameter values of which each replicate has one; ``set_values`` hold in every one of them.
    settled : tuple of str
        Parameters that were set to the table's own value.
    table : ParameterTable
        Not compared.
    """

    name: str
    title: str
    question: str
    months: int
    replicates: int
    seed: int
    services: tuple[Service, ...]
    policies: tuple[Policy, ...] = ()
    events: tuple[Event, ...] = ()
    parameters: dict[str, float] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)
    text: str = ""
    path: str = ""
    overrides: dict[str, str] = field(default_factory=dict)
    ensemble: Ensemble | None = None
    settled: tuple[str, ...] = ()
    table: ParameterTable = field(default_factory=read_table, compare=False, repr=False)

    @property
    def service_names(self) -> tuple[str, ...]:
        """Names of the services, in order."""
        return tuple(service.name for service in self.services)

    @property
    def set_values(self) -> dict[str, float]:
        """Values that the scenario itself sets, whether or not they differ from the table's."""
        return self.parameters | {name: self.table.parameters[name].value for name in self.settled}

    @property
    def switches_on(self) -> frozenset[str]:
        """Mechanisms that are on."""
        return self.table.switched_on(self.switches)

    def is_on(self, switch: str) -> bool:
        """Whether a mechanism is on."""
        return self.switches.get(switch, self.table.switches[switch].on)

    def record(self) -> np.ndarray:
        """Parameter record of the scenario, shape (1,)."""
        return self.table.record(self.parameters, self.switches, self.forms)

    def records(self, members: np.ndarray | None = None) -> np.ndarray:
        """Parameter records by world, shape (worlds,): replicate r has that of world r mod worlds; one without an ensemble.

        Parameters
        ----------
        members : numpy.ndarray, optional
            int64, shape (worlds,): member of each world; those of :meth:`members` unless given.
        """
        which = self.members() if members is None else members
        if self.ensemble is None:
            return np.repeat(self.record(), len(which))
        values = self.ensemble.within(self.set_values)[which]
        return records_with(self.record(), self.ensemble.parameters, values)

    def same_ensemble(self, other: "Scenario") -> bool:
        """Whether both have the same ensemble, or none."""
        return other.ensemble is None if self.ensemble is None else self.ensemble.same(other.ensemble)

    def same_values(self, other: "Scenario") -> bool:
        """Whether nothing differs of which parameter records are made: then :meth:`records` are equal."""
        mine, yours = ((one.parameters, one.settled, one.switches, one.forms, one.table) for one in (self, other))
        return mine == yours and self.same_ensemble(other)

    def members(self) -> np.ndarray:
        """Member of the ensemble by world, int64, shape (worlds,); -1 without an ensemble."""
        return np.full(1, -1) if self.ensemble is None else order(self.ensemble.weights)

    @property
    def moved(self) -> tuple[str, ...]:
        """Parameters that the members of the ensemble set: those that the scenario itself sets are not among them."""
        return self.ensemble.without(self.set_values).parameters if self.ensemble else ()

    def form(self, name: str) -> str:
        """Word of the option that holds for a form."""
        return self.forms.get(name, self.table.forms[name].default)

    def machine_form(self) -> dict[str, Any]:
        """Everything that the scenario says, resolved: plain values that JSON can hold.

        What a practitioner's table leaves out stays out: it is drawn. :func:`from_machine_form` reads it back.
        """
        record = self.record()
        form = {
            "schema_version": SCHEMA_VERSION,
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "months": self.months,
            "replicates": self.replicates,
            "seed": self.seed,
            "parameters": {name: float(record[name][0]) for name in self.table.parameters},
            "switches": {name: self.is_on(name) for name in self.table.switches},
            "forms": {name: self.form(name) for name in self.table.forms},
            "services": [service.model_dump(mode="json", exclude_none=True) for service in self.services],
            "policies": [policy.model_dump(mode="json", exclude_none=True) for policy in self.policies],
            "events": [event.model_dump(mode="json", exclude_none=True) for event in self.events],
        }
        if self.settled:  # without an ensemble it decides nothing
            form["settled"] = list(self.settled)
        if self.ensemble is not None:
            form["ensemble"] = self.ensemble.without(self.set_values).machine_form()
        return form

    @cached_property  # nothing of a scenario is ever changed, and pages ask often
    def hash(self) -> str:
        """SHA-256 of the machine form without its titles: equal for scenarios that say the same."""
        left = ("name", "title", "question") if self.ensemble else ("name", "title", "question", "settled")
        form = {key: value for key, value in self.machine_form().items() if key not in left}
        return hashlib.sha256(json.dumps(form, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def from_machine_form(form: dict[str, Any], *, table: ParameterTable | None = None) -> Scenario:
    """Scenario that a machine form describes; the way back from a manifest.

    Parameters
    ----------
    form : dict
        As :meth:`Scenario.machine_form` gives it.
    table : ParameterTable, optional
        The shipped one by default.

    Raises
    ------
    sim.problems.BadInput
        When a parameter, switch or form in it is not in the table, or out of its bounds, a member's too.
    pydantic.ValidationError
        When the form was edited into something that is no scenario.
    """
    table = table or read_table()
    values = {name: float(value) for name, value in form["parameters"].items()}
    known = {name: one.value for name, one in table.parameters.items()}
    defaults = {name: one.default for name, one in table.forms.items()}
    ensemble = ensemble_of_form(form["ensemble"]) if form.get("ensemble") else None
    moved = ensemble.parameters if ensemble else ()  # none of these was set: the members' values hold, whatever the default now
    scenario = Scenario(
        name=form["name"],
        title=form["title"],
        question=form["question"],
        months=form["months"],
        replicates=form["replicates"],
        seed=form["seed"],
        services=tuple(Service.model_validate(one) for one in form["services"]),
        policies=tuple(Policy.model_validate(one) for one in form["policies"]),
        events=tuple(Event.model_validate(one) for one in form["events"]),
        parameters={name: value for name, value in values.items() if known.get(name) != value and name not in moved},
        switches=table.turned(form["switches"]),
        forms={name: word for name, word in form.get("forms", {}).items() if word != defaults.get(name)},
        settled=tuple(name for name in form.get("settled", ()) if known.get(name) == values.get(name)),
        ensemble=ensemble,
        table=table,
    )
    scenario.record()  # refuses names and values that the table does not know
    if ensemble is not None:
        # the bounds are an interval: all members keep to it where the lowest and the highest value do, and neither is missing
        ends = (ensemble.values.min(axis=0), ensemble.values.max(axis=0))
        for values_at_an_end in ends:
            table.record(dict(zip(ensemble.parameters, values_at_an_end.tolist(), strict=True)))
    return scenario
