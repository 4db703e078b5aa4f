"""Reading the parameter table: two TOML files with full checks, all problems reported at once.

``parameters.toml`` holds one table ``[parameters.NAME]`` a number, one ``[switches.NAME]`` a mechanism that can be switched off
and one ``[forms.NAME]`` a part of the model with rival equations; ``sources.toml`` holds the works that they cite.
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from sim.parameters.table import ASSUMPTION, STATUSES, Form, Parameter, ParameterTable, Source, Switch, is_finite, unknown
from sim.problems import BadInput, Problem, did_you_mean

_PARAMETER_TEXTS: Final = ("label", "unit", "status", "source", "locator", "note", "study", "switch", "replaced_by")
_PARAMETER_NUMBERS: Final = ("value", "low", "high")
_PARAMETER_KEYS: Final = (*_PARAMETER_NUMBERS, *_PARAMETER_TEXTS, "instead")
_PARAMETER_NEEDED: Final = ("value", "unit", "low", "high", "status", "note")
_SWITCH_TEXTS: Final = ("mechanism", "neutral")
_SWITCH_KEYS: Final = (*_SWITCH_TEXTS, "on")
_FORM_TEXTS: Final = ("question", "source", "locator")
_FORM_KEYS: Final = (*_FORM_TEXTS, "options")
_FORM_NEEDED: Final = ("question", "source", "options")
_SOURCE_KEYS: Final = ("citation", "doi", "id")


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


def _check_switch(where: str, row: Mapping[str, object]) -> list[Problem]:
    problems = _check_texts(where, row, _SWITCH_TEXTS)
    if not isinstance(row.get("on", True), bool):
        problems.append(Problem(f"{where}.on", f"'{row['on']}' is neither true nor false", "true, false"))
    return problems


def _check_needed(where: str, row: Mapping[str, object], switches: Mapping[str, object]) -> list[Problem]:
    """The mechanism that a parameter needs must exist, and be one that is off unless a scenario turns it on.

    One that has taken its place must exist, too; that it is on is not asked for, so that one that is off can be told beforehand.
    """
    problems, hint = [], "a switch is named after the mechanism it turns off"
    named = {key: row.get(key, "") for key in ("switch", "replaced_by")}
    for key, name in named.items():
        if isinstance(name, str) and name and name not in switches:
            problems.append(unknown(f"{where}.{key}", "switch", name, switches, hint))
    mine = switches.get(str(named["switch"]))
    if isinstance(mine, dict) and mine.get("on", True) is True:
        wrong = f"the mechanism '{named['switch']}' is on"
        problems.append(Problem(f"{where}.switch", wrong, "a mechanism with on = false", "leave the key out"))
    return problems


def _check_instead(where: str, row: Mapping[str, object], parameters: Mapping[str, object]) -> list[Problem]:
    """What a mechanism has in the place of a number must exist, and something must have taken that place."""
    names, where = row.get("instead", []), f"{where}.instead"
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return [Problem(where, "is no list of texts", "a list of parameters")]
    if names and not row.get("replaced_by"):
        return [Problem(where, "stands without 'replaced_by'", "both, or neither", "name the mechanism")]
    return [unknown(where, "parameter", name, parameters, "add it to the table") for name in names if name not in parameters]


def _check_standing(where: str, row: Mapping[str, object], sources: Mapping[str, object]) -> list[Problem]:
    """Status and source: evidence cites a work that is listed, and says where in it."""
    problems = []
    status, source, locator = row.get("status"), row.get("source", ""), row.get("locator", "")
    if isinstance(status, str) and status not in STATUSES:
        problems.append(
            Problem(f"{where}.status", f"unknown status '{status}'", ", ".join(STATUSES), did_you_mean(status, STATUSES))
        )
    if isinstance(source, str) and source and source not in sources and sources:
        problems.append(unknown(f"{where}.source", "source", source, sources, "add it to sources.toml"))
    if status == "evidence" and not source:
        problems.append(Problem(f"{where}.source", "evidence without a source", "a key of sources.toml"))
    if status == "calibrated" and not row.get("study"):
        problems.append(Problem(f"{where}.study", "calibrated without a study", "the name of the calibration"))
    if status in ("evidence", "assumption") and row.get("study"):
        problems.append(Problem(f"{where}.study", f"'{status}' with a calibration", 'status = "calibrated", or no study'))
    if status == "evidence" and not locator:
        problems.append(Problem(f"{where}.locator", "evidence without a locator", "where in the source the figure stands"))
    return problems


def _check_form(where: str, row: Mapping[str, object], sources: Mapping[str, object]) -> list[Problem]:
    """Options of a form: at least two, each a word with what it says; and the source."""
    problems = _check_texts(where, row, _FORM_TEXTS)
    options, source = row.get("options"), row.get("source")
    if not isinstance(options, dict) or len(options) < 2:
        problems.append(Problem(f"{where}.options", "are not at least two options", "a table of words with what each says"))
    else:
        problems += [one for word in options for one in _check_name(f"{where}.options", word)]
        problems += _check_texts(f"{where}.options", options, options)
    if isinstance(source, str) and source != ASSUMPTION and source not in sources:
        problems.append(unknown(f"{where}.source", "source", source, (ASSUMPTION, *sources), "add it to sources.toml"))
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
    for path, table, known in (
        (parameters_path, file, ("parameters", "switches", "forms")),
        (sources_path, sources_file, ("sources",)),
    ):
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
            problems += _check_standing(where, row, sources) + _check_needed(where, row, file.get("switches", {}))
            problems += _check_instead(where, row, file["parameters"])
    for name, row in file.get("switches", {}).items():
        where = f"{parameters_path.name}: switches.{name}"
        problems += _check_name(where, name)
        problems += _check_keys(where, row, _SWITCH_KEYS, _SWITCH_TEXTS) or _check_switch(where, row)
    for name, row in file.get("forms", {}).items():
        where = f"{parameters_path.name}: forms.{name}"
        problems += _check_name(where, name)
        problems += _check_keys(where, row, _FORM_KEYS, _FORM_NEEDED) or _check_form(where, row, sources)
    if problems:
        raise BadInput(problems)
    rows = file.get("parameters", {})
    typed = {
        name: {key: float(row[key]) for key in _PARAMETER_NUMBERS} | {"instead": tuple(row.get("instead", ()))}
        for name, row in rows.items()
    }
    return ParameterTable(
        {name: Parameter(name, **{**row, **typed[name]}) for name, row in rows.items()},
        {name: Switch(name, **row) for name, row in file.get("switches", {}).items()},
        {key: Source(key, **row) for key, row in sources.items()},
        {name: Form(name, **row) for name, row in file.get("forms", {}).items()},
    )


@lru_cache
def read_table() -> ParameterTable:
    """Parameter table that ships with the simulation."""
    here = Path(__file__).parents[1]
    return load_table(here / "parameters.toml", here / "sources.toml")


def record(
    overrides: Mapping[str, float] | None = None,
    switches: Mapping[str, bool] | None = None,
    forms: Mapping[str, str] | None = None,
) -> np.ndarray:
    """Parameter record of the shipped table; see :meth:`ParameterTable.record`."""
    return read_table().record(overrides, switches, forms)
