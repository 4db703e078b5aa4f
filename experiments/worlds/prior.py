"""What is not known before calibration: the free parameters and their prior, uniform between their bounds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from sim.parameters import STATE_DEFINITIONS, SWITCH_PREFIX, ParameterTable, read_table
from sim.parameters.ensemble import records_with
from sim.problems import BadInput, Problem
from sim.scenario.overrides import read_overrides

EVERY: Final = "every mechanism"

NOTHING_WAITS: Final = "note: no mechanism waits to be calibrated, all are on as shipped; --every-mechanism changes nothing"
"""What is told of the option where there is nothing to turn on."""


@dataclass(frozen=True)
class Structure:
    """What of the model is otherwise than shipped, beside numbers.

    Attributes
    ----------
    switches : tuple of (str, bool)
        Mechanisms that are not as the table has them, on or off.
    forms : tuple of (str, str)
        Rival forms: name and word.
    """

    switches: tuple[tuple[str, bool], ...] = ()
    forms: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """As ``--set`` has it."""
        return (
            *(f"switch.{name}={'on' if on else 'off'}" for name, on in self.switches),
            *(f"forms.{name}={word}" for name, word in self.forms),
        )

    @property
    def said(self) -> tuple[str, ...]:
        """The same for titles and commands, where every mechanism acts in one phrase."""
        table = read_table()
        if not waiting(table) or not self.complete(table):
            return self.words
        on = {f"switch.{name}=on" for name in waiting(table)}
        return (EVERY, *(word for word in self.words if word not in on))

    def turned_on(self, table: ParameterTable) -> tuple[str, ...]:
        """Mechanisms that are on here and off in the table, in its order."""
        here = dict(self.switches)
        return tuple(name for name, one in table.switches.items() if not one.on and here.get(name, False))

    def acts(self, parameter: str, table: ParameterTable) -> bool:
        """Whether the mechanism that a parameter needs is on here.

        What a mechanism has replaced is drawn all the same, though it does nothing: the ensembles that ship were found so, and a
        Latin hypercube with fewer columns is another one.
        """
        needed = table.parameters[parameter].switch
        return not needed or table.switches[needed].on or needed in self.turned_on(table)

    def complete(self, table: ParameterTable) -> bool:
        """Whether every mechanism acts that is off in the table; what is on there may be off here."""
        return self.turned_on(table) == waiting(table)


def waiting(table: ParameterTable) -> tuple[str, ...]:
    """Mechanisms that are off in the table, in its order: those of a version that is calibrated next; none in between."""
    return tuple(name for name, one in table.switches.items() if not one.on)


def every_setting(table: ParameterTable | None = None) -> dict[str, str]:
    """Settings that turn every mechanism on that is off in the table."""
    return {f"switch.{name}": "on" for name in waiting(table or read_table())}


def all_act(records: np.ndarray, table: ParameterTable) -> bool:
    """Whether every mechanism that is off in the table is on in all of some parameter records.

    Parameters
    ----------
    records : numpy.ndarray
        Structured, shape (members,).
    table : ParameterTable
    """
    return all(bool((records[SWITCH_PREFIX + name] == 1).all()) for name in waiting(table))


def structure_of(
    settings: Mapping[str, Any], table: ParameterTable | None = None, *, every: bool = False
) -> tuple[Structure, list[Problem]]:
    """Structure that settings ask for; anything but switches and forms is a problem.

    Parameters
    ----------
    settings : mapping
        ``switch.NAME`` or ``forms.NAME``, and the value.
    table : ParameterTable, optional
    every : bool
        Every mechanism that is off in the table is on, unless the settings have it off.
    """
    table = table or read_table()
    mine = {name: value for name, value in settings.items() if name.startswith(("switch.", "forms."))}
    problems = [
        Problem(f"--set {name}", "cannot be set here: the vectors have values of their own", "switch.NAME=off or forms.NAME=WORD")
        for name in settings
        if name not in mine
    ]
    found, wrong = read_overrides(mine, table, ())
    wanted = dict.fromkeys(waiting(table), True) if every else {}
    turned = tuple(table.turned(wanted | dict(found.switches)).items())
    forms = tuple(
        (name, found.forms[name])
        for name in table.forms
        if found.forms.get(name, table.forms[name].default) != table.forms[name].default
    )
    return Structure(turned, forms), problems + wrong


@dataclass(frozen=True)
class Prior:
    """Independent uniform distributions of the free parameters; the others stay at the table's values.

    Attributes
    ----------
    names : tuple of str
        In the order of the table.
    low, high : numpy.ndarray
        f8, shape (parameters,), each in its parameter's unit.
    table : ParameterTable
    structure : Structure
        Mechanisms that are off and rival forms that hold in every vector.
    """

    names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    table: ParameterTable
    structure: Structure = field(default_factory=Structure)

    def values(self, shares: np.ndarray) -> np.ndarray:
        """Give the values at shares of the way from low to high, rounded to five digits as an ensemble keeps them.

        Parameters
        ----------
        shares : numpy.ndarray
            f8 in [0, 1], shape (vectors, parameters).
        """
        raw = self.low + shares * (self.high - self.low)
        return np.clip(rounded(raw), self.low, self.high)

    def shares(self, values: np.ndarray) -> np.ndarray:
        """Give the shares of the way from low to high, the reverse of ``values``."""
        return (values - self.low) / (self.high - self.low)

    def draws(self, count: int, seed: int | Iterable[int]) -> np.ndarray:
        """Latin hypercube of vectors; f8, shape (count, parameters)."""
        rng = np.random.default_rng(seed if isinstance(seed, int) else list(seed))
        from scipy.stats import qmc  # heavy, and who reads what was found draws nothing

        return self.values(qmc.LatinHypercube(len(self.names), rng=rng).random(count))

    def records(self, values: np.ndarray) -> np.ndarray:
        """Parameter records with these values; structured, shape (vectors,)."""
        return records_with(self.table.record({}, dict(self.structure.switches), dict(self.structure.forms)), self.names, values)


def rounded(values: np.ndarray, digits: int = 5) -> np.ndarray:
    """Round to so many significant digits, so that a text file holds the very number that was run."""
    size = np.floor(np.log10(np.abs(values), out=np.zeros_like(values), where=values != 0.0))
    scale = 10.0 ** (digits - 1 - size)
    return np.round(values * scale) / scale


def prior_of(table: ParameterTable | None = None, *, fixed: Iterable[str] = (), structure: Structure | None = None) -> Prior:
    """Give the prior of a table.

    Free is every parameter that is an assumption or was calibrated before, but for the definitions of outcomes and for what
    does nothing since its mechanism is off. What a source gives as a number (status *evidence*) stays as published: it is not
    for this study's patterns to correct it. A figure that a required pattern has as its target too is an assumption in the table:
    fixed as well, it would count twice.

    Parameters
    ----------
    table : ParameterTable, optional
        The shipped one unless given.
    fixed : iterable of str
        Parameters to leave at the table's values beside those.
    structure : Structure, optional

    Raises
    ------
    BadInput
        When a parameter does not exist, or none is left free.
    """
    table = table or read_table()
    kept = tuple(fixed)
    problems = [one for name in kept if name not in table.parameters for one in table.check_value(name, 0.0, "fixed")]
    structure = structure or Structure()
    held = {*STATE_DEFINITIONS, *kept}
    free = [
        one
        for name, one in table.parameters.items()
        if one.status != "evidence" and name not in held and structure.acts(name, table)
    ]
    if not free:
        problems.append(Problem("fixed", "leaves no parameter free", "at least one that is not evidence", ""))
    if problems:
        raise BadInput(problems)
    bounds = np.array([(one.low, one.high) for one in free])
    low, high = np.ascontiguousarray(bounds.T)
    return Prior(tuple(one.name for one in free), low, high, table, structure)
