"""The Mesa model: the readable twin of the compiled engine, for teaching, inspection and Mesa's own tools."""

import random
from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import mesa
import numpy as np

from sim.addresses import RANGES
from sim.agents import Leader, Patient, Practitioner, Region, Service
from sim.codes import EMPTY, ServiceState
from sim.ensembles import PLAUSIBLE, chosen_ensemble, with_member
from sim.months.beginning import patient_begins, practitioner_begins, reserve_begins, service_begins
from sim.months.recording import service_recorded
from sim.order import ORDER
from sim.parameters import as_tuple
from sim.parameters.ensemble import Ensemble
from sim.plan import Plan
from sim.problems import BadInput, Problem, tried
from sim.scenario.definition import Scenario
from sim.state import FIELDS, SLOTS
from sim.tape import Tape

PREFETCH_MONTHS: Final = 12
"""Months of the tape computed at once."""

AGENT_CLASSES: Final = ("practitioner_class", "leader_class", "patient_class", "service_class")
"""Attributes and arguments of the model that give the classes of its agents."""

SHUFFLED: Final = ("leader", "practitioner", "patient", "service")
"""Entities whose agents may go through a stage in any order."""


@lru_cache
def _named(names: tuple[str, ...]) -> Any:
    return namedtuple("Record", names)


def plain(record: np.ndarray | np.void) -> Any:
    """Structured record as a named tuple of plain Python numbers, which the month functions read like a record."""
    names = record.dtype.names
    if names is None:
        raise TypeError("a structured record is needed")
    return _named(names)(*record.item())


class PracticeModel(mesa.Model):
    """A region of services that were trained in the practice, month by month.

    Replicate r is the same to the bit as replicate r of ``sim.run`` with the same scenario, ensemble and settings.

    Parameters
    ----------
    case : str or pathlib.Path
        Scenario by name or path.
    replicate : int
        Which replicate of the scenario's seed: its random numbers, and its member of the ensemble.
    ensemble : str, pathlib.Path, Ensemble or None
        ``"plausible"`` for the shipped one, a CSV or Parquet file, one that a program made; None gives the default values.
    member : int, optional
        Member of the ensemble, from 0, instead of the replicate's.
    parameters : mapping, optional
        New values, whatever the member says: a parameter's name, ``switch.NAME``, ``forms.NAME``, ``services.NAME.field``.
    practitioner_class, leader_class, patient_class, service_class : type, optional
        Subclasses of the agents of :mod:`sim.agents`: override a stage to try another behaviour. A subclass of the model may
        set them as attributes of the class instead.
    rng : int, optional
        Mesa's own generator, used for nothing but the order of agents when ``shuffled``; all luck comes from the tape.
    shuffled : bool
        Go through the agents of every stage in random order. The results are the same to the bit: stages are synchronous.

    Attributes
    ----------
    month : int
        Number of the next month to be simulated, from 0.
    services : list of Service
    practitioners : list of Practitioner
    patients : list of Patient
    leaders : list of Leader
    p : named tuple
        The values of all parameters, switches (1 on, 0 off) and forms.
    sink : callable or None
        Called with the model at the observation of every month, before anybody leaves.
    datacollector : mesa.DataCollector
        Each month, the number of services in every state (``sim.codes.ServiceState``), and the mean fidelity.

    Raises
    ------
    BadInput
        With every problem found.

    Examples
    --------
    >>> from sim.model import PracticeModel
    >>> model = PracticeModel(case="nine-services", replicate=0)
    >>> for _ in range(12):
    ...     model.step()
    >>> len(model.services)
    9
    """

    practitioner_class: type[Practitioner] = Practitioner
    leader_class: type[Leader] = Leader
    patient_class: type[Patient] = Patient
    service_class: type[Service] = Service

    def __init__(
        self,
        *,
        case: str | Path = "nine-services",
        replicate: int = 0,
        ensemble: Ensemble | str | Path | None = PLAUSIBLE,
        member: int | None = None,
        parameters: Mapping[str, str | float] | None = None,
        practitioner_class: type[Practitioner] | None = None,
        leader_class: type[Leader] | None = None,
        patient_class: type[Patient] | None = None,
        service_class: type[Service] | None = None,
        rng: Any = None,
        shuffled: bool = False,
    ) -> None:
        from sim.scenario.resolve import resolve

        scenario = _scenario_of(case, replicate, parameters, ensemble, member)
        super().__init__(rng=rng)
        self._use(
            practitioner_class=practitioner_class,
            leader_class=leader_class,
            patient_class=patient_class,
            service_class=service_class,
        )
        self._build(resolve(scenario), Tape(scenario.seed, replicate), replicate, shuffled)
        counted = {state.name.lower(): partial(_count_in_state, state=state) for state in ServiceState}
        self.datacollector = mesa.DataCollector(model_reporters={**counted, "fidelity": lambda model: model.mean_fidelity()})
        self.datacollector.collect(self)

    @classmethod
    def from_plan(
        cls,
        plan: Plan,
        *,
        seed: int = 1,
        replicate: int = 0,
        shuffled: bool = False,
        tape: Any = None,
        **classes: type[mesa.Agent] | None,
    ) -> "PracticeModel":
        """Model of a ready plan, without a data collector.

        Parameters
        ----------
        plan : Plan
        seed, replicate : int
        shuffled : bool
        tape : optional
            Another source of draws with the interface of :class:`sim.tape.Tape`.
        **classes
            ``practitioner_class`` and so on, as the constructor takes them.

        Returns
        -------
        PracticeModel
        """
        model = cls.__new__(cls)
        mesa.Model.__init__(model, rng=1)
        model._use(**classes)
        model._build(plan, tape if tape is not None else Tape(seed, replicate), replicate, shuffled)
        return model

    def _use(self, **classes: type[mesa.Agent] | None) -> None:
        """Take these classes of agents; None leaves the model's own."""
        for name, given in classes.items():
            if name not in AGENT_CLASSES:
                raise TypeError(f"'{name}' is no class of agents: {', '.join(AGENT_CLASSES)}")
            if given is None:
                continue
            own, mine = getattr(PracticeModel, name), cast("Any", given)
            if not isinstance(mine, type) or not issubclass(mine, own):
                raise TypeError(f"{name}: {given!r} is no subclass of sim.agents.{own.__name__}")
            setattr(self, name, given)

    def _build(self, plan: Plan, tape: Any, replicate: int, shuffled: bool) -> None:
        self.plan = plan
        self.tape = tape
        self.shuffled = shuffled
        self.order = random.Random(1)
        self.month = 0
        self.running = True
        self.sink: Callable[[PracticeModel], None] | None = None
        self.p = as_tuple(plan.parameters[replicate % len(plan.parameters)])
        self.calendars = [[plain(month) for month in calendar] for calendar in plan.calendars]
        self.region = Region()
        self.services: list[Service] = []
        self.leaders: list[Leader] = []
        self.practitioners: list[Practitioner] = []
        self.patients: list[Patient] = []
        for index, row in enumerate(plan.services):
            self._add_service(plain(row), index)
        by_entity = {
            "service": self.services,
            "leader": self.leaders,
            "practitioner": self.practitioners,
            "patient": self.patients,
            "region": [self.region],
        }
        self._stages = [
            ([getattr(one, stage.function) for one in by_entity[stage.entity]], stage.entity, stage.function) for stage in ORDER
        ]

    def _add_service(self, start: Any, index: int) -> None:
        service = self.service_class(self, start)
        leader = self.leader_class(self, service)
        service.leader = leader
        service_begins(service, leader, start, index, self.p, self.tape.draws("service_start", start.key, 0, 0, 0))
        for post in range(start.posts + start.reserve):
            practitioner = self.practitioner_class(self, service)
            if post < start.posts:
                begun = plain(self.plan.posts[start.first_post + post])
                draws = self.tape.draws("person", start.key, post, 0, 0)
                practitioner_begins(practitioner, service, begun, post, self.p, start.evaluation_fatigue, draws)
            else:
                reserve_begins(practitioner, post)
            service.practitioners.append(practitioner)
            for slot in range(SLOTS):
                patient = self.patient_class(self, service, practitioner)
                patient_begins(patient, post, slot)
                service.patients.append(patient)
        self.services.append(service)
        self.leaders.append(leader)
        self.practitioners += service.practitioners
        self.patients += service.patients

    def step(self) -> None:
        """Simulate one month, stage by stage; past the horizon nothing happens and ``running`` is False."""
        if self.month >= self.plan.months:
            self.running = False
            return
        if self.month % PREFETCH_MONTHS == 0:
            self._prefetch()
        for calls, entity, function in self._stages:
            going: Any = calls
            if self.shuffled and entity in SHUFFLED:
                going = self.order.sample(going, len(going))
            for call in going:
                call()
            if function == "service_observed" and self.sink is not None:
                self.sink(self)
        self.month += 1
        if hasattr(self, "datacollector"):
            self.datacollector.collect(self)
        self.running = self.month < self.plan.months

    def _prefetch(self) -> None:
        months = min(PREFETCH_MONTHS, self.plan.months - self.month)
        keys = [service.start.key for service in self.services]
        posts = [(one.service.start.key, one.post, 0) for one in self.practitioners]
        # An empty slot needs draws only if somebody comes meanwhile: those are few, and computed when they are asked for.
        slots = [(one.service.start.key, one.post, one.slot) for one in self.patients if one.state != EMPTY]
        whole = [(key, 0, 0) for key in keys]
        wanted = [("service", whole), ("leader", whole), ("practitioner", posts), ("patient", slots)]
        if self.p.switch_service_decides == 1:
            wanted.append(("decision", whole))
        for name, addresses in wanted:
            self.tape.prefetch(name, addresses, self.month + 1, months)

    def count_in_state(self, state: int) -> int:
        """Number of services in a state (a ``sim.codes.ServiceState``)."""
        return sum(service.state == state for service in self.services)

    def mean_fidelity(self) -> float:
        """Mean fidelity of the services that gave sessions in the window; NaN without any."""
        scores = [service.fidelity for service in self.services if service.fidelity > 0.0]
        return sum(scores) / len(scores) if scores else float("nan")

    def write_rows(self, rows: np.ndarray) -> None:
        """Write the month's SERVICE_MONTH rows, shape (services,)."""
        for index, service in enumerate(self.services):
            row = SimpleNamespace()
            service_recorded(row, service, service.leader, service.practitioners)
            rows[index] = values_of(row, "service_month")

    def write_practitioners(self, records: np.ndarray) -> None:
        """Write the state of every post, shape (posts,)."""
        for index, one in enumerate(self.practitioners):
            records[index] = values_of(one, "practitioner")

    def write_state(self, traces: tuple[np.ndarray, ...]) -> None:
        """Write the state of every service, leader, practitioner and patient, in this order of arrays."""
        for index, service in enumerate(self.services):
            traces[0][index] = values_of(service, "service")
            traces[1][index] = values_of(service.leader, "leader")
        self.write_practitioners(traces[2])
        for index, patient in enumerate(self.patients):
            traces[3][index] = values_of(patient, "patient")


def _count_in_state(model: PracticeModel, *, state: int) -> int:
    return model.count_in_state(state)


def _scenario_of(
    case: str | Path,
    replicate: int,
    parameters: Mapping[str, str | float] | None,
    ensemble: Ensemble | str | Path | None,
    member: int | None,
) -> Scenario:
    """Scenario of a model, with the ensemble that it takes its member from.

    Raises
    ------
    BadInput
        With every problem found.
    """
    from sim.scenario.reader import read_scenario

    def one_of_worlds() -> Ensemble | None:
        worlds = chosen_ensemble(ensemble)
        return worlds if member is None else with_member(worlds, member)

    problems: list[Problem] = []
    given: object = replicate
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or not 0 <= given < RANGES["replicate"]:
        allowed = f"a whole number from 0 to {RANGES['replicate'] - 1}"
        problems.append(Problem("replicate", f"'{replicate}' is no number of a replicate", allowed, "the first replicate is 0"))
    scenario = tried(lambda: read_scenario(case, overrides=parameters), problems)
    worlds = tried(one_of_worlds, problems)
    if problems or scenario is None:
        raise BadInput(problems)
    return replace(scenario, ensemble=worlds)


_VALUES: Final = {entity: attrgetter(*(field.name for field in fields)) for entity, fields in FIELDS.items()}


def values_of(one: object, entity: str) -> tuple[Any, ...]:
    """Values of an entity's fields, in storage order, as a structured array takes them."""
    return _VALUES[entity](one)
