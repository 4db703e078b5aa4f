"""The parameter table: every number of the model with unit, bounds, status and source, read with full checks.

``parameters.toml`` holds one table ``[parameters.NAME]`` a number and one ``[switches.NAME]`` a mechanism that can be
switched off; ``sources.toml`` holds the works that they cite. All problems of the two files are reported at once.
"""

import hashlib
import math
import tomllib
from collections import namedtuple
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from sim.problems import BadInput, Problem, did_you_mean

STATUSES: Final = ("evidence", "calibrated", "assumption")
"""What a value rests on: a published figure, a fit to the study's patterns, or judgement."""

SWITCH_PREFIX: Final = "switch_"
"""Before a switch's name in the parameter record."""

_PARAMETER_TEXTS: Final = ("unit", "status", "source", "locator", "note")
_PARAMETER_NUMBERS: Final = ("value", "low", "high")
_PARAMETER_KEYS: Final = _PARAMETER_NUMBERS + _PARAMETER_TEXTS
_PARAMETER_NEEDED: Final = ("value", "unit", "low", "high", "status", "note")
_SWITCH_KEYS: Final = ("mechanism", "neutral")
_SOURCE_KEYS: Final = ("citation", "doi", "id")


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
    """

    name: str
    mechanism: str
    neutral: str


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
    """All parameters, switches and sources, in file order.

    Attributes
    ----------
    parameters : dict of str to Parameter
    switches : dict of str to Switch
    sources : dict of str to Source
    """

    parameters: dict[str, Parameter]
    switches: dict[str, Switch]
    sources: dict[str, Source]

    def census(self) -> str:
        """Count the parameters by status, in the words that every result prints.

        Examples
        --------
        >>> ParameterTable({}, {}, {}).census()
        '0 parameters: 0 evidence, 0 calibrated, 0 assumption'
        """
        counts = self.census_counts()
        return f"{len(self.parameters)} parameters: " + ", ".join(f"{counts[status]} {status}" for status in STATUSES)

    def census_counts(self) -> dict[str, int]:
        """Count the parameters by status."""
        found = [one.status for one in self.parameters.values()]
        return {status: found.count(status) for status in STATUSES}

    @cached_property
    def dtype(self) -> np.dtype:
        """Aligned structured type of a parameter record: one f8 a parameter, one i8 a switch (1 = on)."""
        fields = [(name, "f8") for name in self.parameters] + [(SWITCH_PREFIX + name, "i8") for name in self.switches]
        return np.dtype(fields, align=True)

    def record(self, overrides: Mapping[str, float] | None = None, switches_off: Iterable[str] = ()) -> np.ndarray:
        """Parameter record with the table's values, some of them replaced.

        Parameters
        ----------
        overrides : mapping of str to float, optional
            New values by parameter name.
        switches_off : iterable of str
            Mechanisms to switch off.

        Returns
        -------
        numpy.ndarray
            Structured, shape (1,).

        Raises
        ------
        BadInput
            For an unknown name, or a value that is no number within its bounds.
        """
        overrides = dict(overrides or {})
        off = tuple(switches_off)
        problems = [one for name, value in overrides.items() for one in self.check_value(name, value, "parameters." + name)]
        problems += [one for name in off for one in self.check_switch(name, "switches." + name)]
        if problems:
            raise BadInput(problems)
        record = np.zeros(1, self.dtype)
        for name, one in self.parameters.items():
            record[name] = float(overrides.get(name, one.value))
        for name in self.switches:
            record[SWITCH_PREFIX + name] = 0 if name in off else 1
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
            return [_unknown(where, "parameter", name, self.parameters, "`sustain parameters` lists all of them")]
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
        return [_unknown(where, "switch", name, self.switches, "a switch is named after the mechanism it turns off")]


def is_finite(value: float | int) -> bool:
    """Whether a number is finite and within what a float can hold: a TOML whole number may have any length."""
    return math.isfinite(value) if isinstance(value, float) else abs(value) < 2**1000


def _unknown(where: str, what: str, name: str, known: Iterable[str], else_hint: str) -> Problem:
    known = list(known)
    shown = ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
    return Problem(where, f"unknown {what} '{name}'", shown, did_you_mean(name, known) or else_hint)


def _load(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Read a TOML file; a file that cannot be read gives an empty table and a problem."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), []
    except OSError as error:
        return {}, [Problem(path.name, f"cannot be read: {error.strerror or error}", "a readable TOML file")]
    except UnicodeDecodeError as error:
        return {}, [Problem(path.name, f"is not UTF-8 text (byte {error.start + 1})", "a TOML file in UTF-8")]
    except tomllib.TOMLDecodeError as error:
        # a key or table that stands twice is reported here too: TOML itself forbids it
        return {}, [Problem(path.name, f"is not valid TOML: {error}", "TOML 1.0", "a name may stand only once")]


def _check_keys(where: str, row: object, known: tuple[str, ...], needed: tuple[str, ...]) -> list[Problem]:
    if not isinstance(row, dict):
        return [Problem(where, "is not a table", "keys " + ", ".join(known))]
    problems = [
        Problem(where, f"unknown key '{key}'", ", ".join(known), did_you_mean(key, known)) for key in row if key not in known
    ]
    return problems + [Problem(where, f"missing key '{key}'", "keys " + ", ".join(needed)) for key in needed if key not in row]


def _check_texts(where: str, row: Mapping[str, object], keys: Iterable[str]) -> list[Problem]:
    return [
        Problem(f"{where}.{key}", f"'{row[key]}' is not text", "text in quotation marks")
        for key in keys
        if key in row and not isinstance(row[key], str)
    ]


def _check_numbers(where: str, row: Mapping[str, object]) -> list[Problem]:
    problems = []
    values: dict[str, float] = {}
    for key in _PARAMETER_NUMBERS:
        found = row.get(key)
        if found is None:
            continue
        if isinstance(found, bool) or not isinstance(found, int | float):
            problems.append(Problem(f"{where}.{key}", f"'{found}' is not a number", "a number"))
        elif not is_finite(found):
            problems.append(Problem(f"{where}.{key}", f"{str(found)[:40]} is not a finite number", "a finite number"))
        else:
            values[key] = found
    if len(values) == len(_PARAMETER_NUMBERS) and not values["low"] <= values["value"] <= values["high"]:
        problems.append(
            Problem(where, f"low {values['low']:g}, value {values['value']:g}, high {values['high']:g}", "low <= value <= high")
        )
    return problems


def _check_standing(where: str, row: Mapping[str, object], sources: Mapping[str, object]) -> list[Problem]:
    """Status and source: evidence cites a work that is listed, and says where in it."""
    problems = []
    status, source, locator = row.get("status"), row.get("source", ""), row.get("locator", "")
    if isinstance(status, str) and status not in STATUSES:
        problems.append(
            Problem(f"{where}.status", f"unknown status '{status}'", ", ".join(STATUSES), did_you_mean(status, STATUSES))
        )
    if isinstance(source, str) and source and source not in sources and sources:
        problems.append(_unknown(f"{where}.source", "source", source, sources, "add it to sources.toml"))
    if status == "evidence" and not source:
        problems.append(Problem(f"{where}.source", "evidence without a source", "a key of sources.toml"))
    if status == "evidence" and not locator:
        problems.append(Problem(f"{where}.locator", "evidence without a locator", "where in the source the figure stands"))
    return problems


def _check_name(where: str, name: str) -> list[Problem]:
    if name.isidentifier() and name == name.lower():
        return []
    return [Problem(where, f"'{name}' cannot be a name", "lower-case words joined by underscores")]


def load_table(parameters_path: Path, sources_path: Path) -> ParameterTable:
    """Read and check a parameter table.

    Parameters
    ----------
    parameters_path, sources_path : pathlib.Path

    Returns
    -------
    ParameterTable

    Raises
    ------
    BadInput
        With every problem of both files.
    """
    file, problems = _load(parameters_path)
    sources_file, more = _load(sources_path)
    problems += more
    for path, table, known in ((parameters_path, file, ("parameters", "switches")), (sources_path, sources_file, ("sources",))):
        problems += [Problem(path.name, f"unknown key '{key}'", ", ".join(known)) for key in table if key not in known]
    sources = sources_file.get("sources", {})
    for key, row in sources.items():
        where = f"{sources_path.name}: sources.{key}"
        problems += _check_keys(where, row, _SOURCE_KEYS, ("citation",)) or _check_texts(where, row, _SOURCE_KEYS)
    for name, row in file.get("parameters", {}).items():
        where = f"{parameters_path.name}: parameters.{name}"
        problems += _check_name(where, name) + _check_keys(where, row, _PARAMETER_KEYS, _PARAMETER_NEEDED)
        if isinstance(row, dict):
            problems += _check_texts(where, row, _PARAMETER_TEXTS) + _check_numbers(where, row)
            problems += _check_standing(where, row, sources)
    for name, row in file.get("switches", {}).items():
        where = f"{parameters_path.name}: switches.{name}"
        problems += _check_name(where, name)
        problems += _check_keys(where, row, _SWITCH_KEYS, _SWITCH_KEYS) or _check_texts(where, row, _SWITCH_KEYS)
    if problems:
        raise BadInput(problems)
    numbers = {name: {key: float(row[key]) for key in _PARAMETER_NUMBERS} for name, row in file.get("parameters", {}).items()}
    return ParameterTable(
        {name: Parameter(name, **{**row, **numbers[name]}) for name, row in file.get("parameters", {}).items()},
        {name: Switch(name, **row) for name, row in file.get("switches", {}).items()},
        {key: Source(key, **row) for key, row in sources.items()},
    )


@lru_cache
def read_table() -> ParameterTable:
    """Parameter table that ships with the simulation."""
    here = Path(__file__).parent
    return load_table(here / "parameters.toml", here / "sources.toml")


def record(overrides: Mapping[str, float] | None = None, switches_off: Iterable[str] = ()) -> np.ndarray:
    """Parameter record of the shipped table; see :meth:`ParameterTable.record`."""
    return read_table().record(overrides, switches_off)


@lru_cache
def _tuple_type(names: tuple[str, ...]) -> Any:
    # named tuples cannot be told their fields statically: the table decides them
    return namedtuple("Parameters", names)


def as_tuple(one: np.ndarray) -> Any:
    """Parameter record as a named tuple of Python floats (parameters) and ints (switches), for the Mesa agents.

    Parameters
    ----------
    one : numpy.ndarray
        Structured; a single record, or an array of shape (1,).
    """
    names = one.dtype.names or ()
    if one.size != 1:
        raise ValueError(f"one parameter record is needed, not {one.size}")
    return _tuple_type(names)(*one.reshape(-1)[0].item())


def parameter_hash(records: np.ndarray) -> str:
    """SHA-256 of the names and values of one or more parameter records.

    Parameters
    ----------
    records : numpy.ndarray
        Structured, any shape.

    Returns
    -------
    str
        Hexadecimal. The same on every machine: values are hashed little-endian, and -0.0 as 0.0.
    """
    digest = hashlib.sha256()
    flat = np.atleast_1d(records)
    for name in flat.dtype.names or ():
        column = np.ascontiguousarray(flat[name])
        wanted = "<f8" if column.dtype.kind == "f" else "<i8"
        digest.update(name.encode() + b"\0")
        digest.update((column.astype(wanted) + np.zeros((), wanted)).tobytes())
    return digest.hexdigest()
