"""What the parameter table holds: parameters, switches, rival forms, sources; and the records made from it."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from sim.problems import BadInput, Problem, did_you_mean

STATUSES: Final = ("evidence", "calibrated", "assumption")
"""What a value rests on: a published figure, a fit to the study's patterns, or judgement."""

SWITCH_PREFIX: Final = "switch_"
"""Before a switch's name in the parameter record."""

FORM_PREFIX: Final = "form_"
"""Before a form's name in the parameter record."""

ASSUMPTION: Final = "assumption"
"""Source of a form that rests on no work."""

STATE_DEFINITIONS: Final = (
    "months_delivery_window",
    "fidelity_high",
    "share_posts_sustained",
    "months_without_session",
    "months_without_anybody",
    "months_never_started",
)
"""Parameters that say what is called sustained or abandoned: moving them moves the words, and hardly the services."""

GONE: Final = {
    "factor_newcomer_engagement": "it is gone: engagement of newcomers follows from rate_engagement_decay and "
    "rate_leadership_declines",
}
"""Names that files of earlier versions may have, with what stands in their place: the nearest name would say something else."""


@dataclass(frozen=True)
class Parameter:
    """One number of the model.

    Attributes
    ----------
    name : str
    value : float
    unit : str
    low, high : float
        Bounds of what is plausible; ``low <= value <= high``.
    status : str
        One of STATUSES.
    source : str
        Key into the sources; empty for an assumption that cites nothing.
    locator : str
        Where in the source the figure stands.
    note : str
    study : str
        Calibration that constrained it; empty unless the status is *calibrated*.
    label : str
        What it is in a few plain words, for pages and figures; unlike that of any other parameter.
    switch : str
        Mechanism without which it does nothing, where that mechanism is off unless a scenario turns it on; else empty.
    replaced_by : str
        Mechanism that has numbers of its own in its place: it does nothing where that mechanism acts; else empty.
    instead : tuple of str
        Parameters of that mechanism that say the same; empty where none does.
    """

    name: str
    value: float
    unit: str
    low: float
    high: float
    status: str
    source: str = ""
    locator: str = ""
    note: str = ""
    study: str = ""
    label: str = ""
    switch: str = ""
    replaced_by: str = ""
    instead: tuple[str, ...] = ()


@dataclass(frozen=True)
class Switch:
    """A mechanism that can be switched off.

    Attributes
    ----------
    name : str
    mechanism : str
        What the mechanism does.
    neutral : str
        What holds instead when it is off.
    on : bool
        Whether it is on unless a scenario says otherwise.
    """

    name: str
    mechanism: str
    neutral: str
    on: bool = True


@dataclass(frozen=True)
class Form:
    """A part of the model that could have been written otherwise: rival equations for the same thing.

    Attributes
    ----------
    name : str
    question : str
        What the options answer differently.
    options : dict of str to str
        What each option says, by its word. The first is the default; an option's place is its code in the record.
    source : str
        Key into the sources, or ASSUMPTION.
    locator : str
        Where in the source it stands.
    """

    name: str
    question: str
    options: dict[str, str]
    source: str = ASSUMPTION
    locator: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """Words of the options, in the order of their codes."""
        return tuple(self.options)

    @property
    def default(self) -> str:
        """Word of the form that holds unless a scenario says otherwise."""
        return self.words[0]


@dataclass(frozen=True)
class Source:
    """A work that parameters cite.

    Attributes
    ----------
    key, citation, doi, id : str
    """

    key: str
    citation: str
    doi: str = ""
    id: str = ""


@dataclass(frozen=True)
class ParameterTable:
    """All parameters, switches, sources and forms, in file order.

    Attributes
    ----------
    parameters : dict of str to Parameter
    switches : dict of str to Switch
    sources : dict of str to Source
    forms : dict of str to Form
    """

    parameters: dict[str, Parameter]
    switches: dict[str, Switch]
    sources: dict[str, Source]
    forms: dict[str, Form] = field(default_factory=dict)

    def census(self) -> str:
        """Count the parameters that act by status, in the words that every result prints.

        Examples
        --------
        >>> ParameterTable({}, {}, {}).census()
        '0 parameters: 0 evidence, 0 calibrated, 0 assumption'
        """
        counts = self.census_counts()
        return f"{sum(counts.values())} parameters: " + ", ".join(f"{counts[status]} {status}" for status in STATUSES)

    def census_counts(self) -> dict[str, int]:
        """Count the parameters by status; those that do nothing unless a scenario turns a mechanism on or off are left out."""
        found = [one.status for name, one in self.parameters.items() if self.acts(name)]
        return {status: found.count(status) for status in STATUSES}

    def turned(self, switches: Mapping[str, bool]) -> dict[str, bool]:
        """Mechanisms that are not as the table has them, in its order; those that it does not know come last."""
        known = {name: switches[name] for name, one in self.switches.items() if switches.get(name, one.on) != one.on}
        return known | {name: on for name, on in switches.items() if name not in self.switches}

    def acts(self, parameter: str) -> bool:
        """Whether a parameter does anything where a scenario turns no mechanism on or off.

        See Also
        --------
        acts_with : The same for a given set of mechanisms.
        """
        return self.acts_with(parameter, self.switched_on())

    def switched_on(self, turned: Mapping[str, bool] | None = None) -> frozenset[str]:
        """Mechanisms that are on, where some are turned on or off and the others are as the table has them."""
        turned = turned or {}
        return frozenset(name for name, one in self.switches.items() if turned.get(name, one.on))

    def acts_with(self, parameter: str, on: Collection[str]) -> bool:
        """Whether a parameter does anything where these mechanisms are on and the others off."""
        one = self.parameters[parameter]
        return (not one.switch or one.switch in on) and (not one.replaced_by or one.replaced_by not in on)

    def free(self, on: Collection[str]) -> tuple[str, ...]:
        """Parameters of which an ensemble has values, where these mechanisms are on: neither evidence nor definitions."""
        fixed = {name for name, one in self.parameters.items() if one.status == "evidence"} | set(STATE_DEFINITIONS)
        return tuple(name for name in self.parameters if name not in fixed and self.acts_with(name, on))

    def label(self, name: str) -> str:
        """What a name stands for, in plain words: a parameter, ``switch.NAME`` or ``forms.NAME``; other names stay as they are.

        Examples
        --------
        >>> from sim.parameters import read_table
        >>> read_table().label("chance_leader_leaves"), read_table().label("switch.peer_influence")
        ('leader turnover', 'peer influence (switch)')
        """
        parameter = self.parameters.get(name)
        if parameter is not None:
            return parameter.label or name.replace("_", " ")
        kind, _, rest = name.partition(".")
        if (kind == "switch" and rest in self.switches) or (kind == "forms" and rest in self.forms):
            return f"{rest.replace('_', ' ')} ({kind.removesuffix('s')})"
        return name

    @cached_property
    def dtype(self) -> np.dtype:
        """Aligned structured type of a parameter record: one f8 a parameter, one i8 a switch (1 = on) or form (its option)."""
        fields = [(name, "f8") for name in self.parameters] + [(SWITCH_PREFIX + name, "i8") for name in self.switches]
        return np.dtype(fields + [(FORM_PREFIX + name, "i8") for name in self.forms], align=True)

    def record(
        self,
        overrides: Mapping[str, float] | None = None,
        switches: Mapping[str, bool] | None = None,
        forms: Mapping[str, str] | None = None,
    ) -> np.ndarray:
        """Parameter record with the table's values, some of them replaced.

        Parameters
        ----------
        overrides : mapping of str to float, optional
            New values by parameter name.
        switches : mapping of str to bool, optional
            Mechanisms to switch on or off; the others are as the table has them.
        forms : mapping of str to str, optional
            Word of the option by form, where it is not the default.

        Returns
        -------
        numpy.ndarray
            Structured, shape (1,).

        Raises
        ------
        BadInput
            For an unknown name, a value that is no number within its bounds, or a word that is no option.
        """
        overrides = dict(overrides or {})
        turned, chosen = dict(switches or {}), dict(forms or {})
        problems = [one for name, value in overrides.items() for one in self.check_value(name, value, "parameters." + name)]
        problems += [one for name, on in turned.items() for one in self.check_switch(name, "switches." + name, on)]
        problems += [one for name, word in chosen.items() for one in self.check_form(name, "forms." + name, word)]
        if problems:
            raise BadInput(problems)
        record = self._plain.copy()
        for name, value in overrides.items():
            record[name] = float(value)
        for name, on in turned.items():
            record[SWITCH_PREFIX + name] = int(on)
        for name, word in chosen.items():
            record[FORM_PREFIX + name] = self.forms[name].words.index(word)
        return record

    @cached_property
    def _plain(self) -> np.ndarray:
        """The record of the table's own values, which every scenario begins with."""
        record = np.zeros(1, self.dtype)
        for name, one in self.parameters.items():
            record[name] = float(one.value)
        for name, switch in self.switches.items():
            record[SWITCH_PREFIX + name] = int(switch.on)
        for name, form in self.forms.items():
            record[FORM_PREFIX + name] = form.words.index(form.default)
        return record

    def check_value(self, name: str, value: object, where: str) -> list[Problem]:
        """Problems of one new value for a parameter; empty when it can be used.

        Parameters
        ----------
        name : str
        value : object
        where : str
            Place to name in the problem.
        """
        if name not in self.parameters:
            return [unknown(where, "parameter", name, self.parameters, "`sustain parameters` lists all of them")]
        one = self.parameters[name]
        allowed = f"a number from {one.low:g} to {one.high:g} ({one.unit})"
        if isinstance(value, bool) or not isinstance(value, int | float):
            what = f"'{value}' is text, not a number" if isinstance(value, str) else f"is {str(value).lower()}, not a number"
            return [Problem(where, what, allowed, "write the number without quotation marks" if isinstance(value, str) else "")]
        if not is_finite(value):
            return [
                Problem(where, f"{str(value)[:40]} is not a finite number", allowed, "leave the parameter out to keep its value")
            ]
        if not one.low <= value <= one.high:
            return [Problem(where, f"{value:g} is out of bounds", allowed, f"the table's value is {one.value:g}")]
        return []

    def check_switch(self, name: str, where: str, on: object = True) -> list[Problem]:
        """Problems of a switch: a name that does not exist, a value that is neither true nor false.

        Parameters
        ----------
        name : str
        where : str
            Place to name in the problem.
        on : object
        """
        if name in self.switches:
            return [] if isinstance(on, bool) else [Problem(where, f"'{on}' is neither true nor false", "true, false")]
        return [unknown(where, "switch", name, self.switches, "a switch is named after the mechanism it turns off")]

    def check_form(self, name: str, where: str, word: object) -> list[Problem]:
        """Problems of a form: a name that does not exist, a word that is none of its options.

        Parameters
        ----------
        name : str
        where : str
            Place to name in the problem.
        word : object
        """
        if name not in self.forms:
            return [unknown(where, "form", name, self.forms, "`sustain parameters forms` lists all of them")]
        words = self.forms[name].words
        if word in words:
            return []
        hint = did_you_mean(word, words) if isinstance(word, str) else "write one of the words in quotation marks"
        return [Problem(where, f"'{word}' is no form of {name}", ", ".join(words), hint)]


def is_finite(value: float | int) -> bool:
    """Whether a number is finite and within what a float can hold: a TOML whole number may have any length."""
    return math.isfinite(value) if isinstance(value, float) else abs(value) < 2**1000


def unknown(where: str, what: str, name: str, known: Iterable[str], else_hint: str) -> Problem:
    """Problem of a name that does not exist, with the names that do."""
    known = list(known)
    shown = ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
    return Problem(where, f"unknown {what} '{name}'", shown, GONE.get(name) or did_you_mean(name, known) or else_hint)
