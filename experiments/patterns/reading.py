"""Read the patterns: targets and tolerances as data, with all checks."""

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from experiments.patterns.cohorts import COHORTS
from experiments.patterns.instruments import INSTRUMENTS
from sim.problems import BadInput, Problem, did_you_mean

SCHEMA_VERSION: Final = 1
FITTED_GROUPS: Final = tuple(f"P{number}" for number in range(1, 15))
PREDICTED_GROUPS: Final = tuple(f"Q{number}" for number in range(1, 6))
"""Predictions; they are not fitted."""

STAGES: Final = (1, 2, 3)

_TEXTS: Final = ("id", "pattern", "statement", "unit", "reason", "cohort", "instrument")
_NUMBERS: Final = ("target", "low", "high")
_FLAGS: Final = ("must_hold", "fitted")
_NEEDED: Final = (*_TEXTS[:3], *_NUMBERS, *_TEXTS[3:], "source", *_FLAGS, "stage")
_OPTIONAL: Final = ("locator", "measured", "missing", "every_mechanism")
_KNOWN: Final = (*_NEEDED, *_OPTIONAL)


@dataclass(frozen=True)
class Pattern:
    """One checkable statement.

    Attributes
    ----------
    id : str
        Such as ``P1.mean``.
    pattern : str
        P1 to P14, or Q1 to Q5 for a prediction.
    statement : str
    target, low, high : float
        What was observed, and where the model's expected value may lie.
    unit : str
    reason : str
        For the tolerance.
    source : tuple of str
        Keys of the sources.
    cohort, instrument : str
        On whom it is measured, and by what.
    must_hold, fitted : bool
    stage : int
    locator : str
        Where in the source.
    measured : bool
    missing : str
        Why it is not measured.
    every_mechanism : bool
        Fitted only where every mechanism acts; elsewhere a prediction.
    """

    id: str
    pattern: str
    statement: str
    target: float
    low: float
    high: float
    unit: str
    reason: str
    source: tuple[str, ...]
    cohort: str
    instrument: str
    must_hold: bool
    fitted: bool
    stage: int
    locator: str = ""
    measured: bool = True
    missing: str = ""
    every_mechanism: bool = False


@dataclass(frozen=True)
class PatternTable:
    """Patterns in the order of the file, and the works that they cite.

    Attributes
    ----------
    patterns : tuple of Pattern
    sources : dict of str to str
        Citation by key.
    """

    patterns: tuple[Pattern, ...]
    sources: dict[str, str]

    def of(self, *, stages: Iterable[int] = STAGES, cohort: str | None = None) -> tuple[Pattern, ...]:
        """Patterns of some stages, or of one cohort among them."""
        wanted = tuple(stages)
        return tuple(one for one in self.patterns if one.stage in wanted and cohort in (None, one.cohort))

    def where(self, *, every: bool) -> "PatternTable":
        """The table as a model is judged by it that has every mechanism, or not: without, some of it is predicted only."""
        if every:
            return self
        held = (replace(one, fitted=False, must_hold=False) if one.every_mechanism else one for one in self.patterns)
        return replace(self, patterns=tuple(held))


def _types(where: str, row: Mapping[str, Any]) -> list[Problem]:
    """Keys and types of one entry."""
    problems = [
        Problem(where, f"unknown key '{key}'", ", ".join(_KNOWN), did_you_mean(key, _KNOWN)) for key in row if key not in _KNOWN
    ]
    problems += [Problem(where, f"missing key '{key}'", "keys " + ", ".join(_NEEDED)) for key in _NEEDED if key not in row]
    for key in (*_TEXTS, "locator", "missing"):
        if key in row and (not isinstance(row[key], str) or not row[key].strip()):
            problems.append(Problem(f"{where}.{key}", f"'{row[key]}' is no text", "text in quotation marks, not empty"))
    for key in _NUMBERS:
        value = row.get(key, 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            problems.append(Problem(f"{where}.{key}", f"'{value}' is not a finite number", "a finite number"))
    for key in (*_FLAGS, "measured", "every_mechanism"):
        if not isinstance(row.get(key, True), bool):
            problems.append(Problem(f"{where}.{key}", f"'{row[key]}' is neither true nor false", "true, false"))
    source = row.get("source", ["-"])
    if not isinstance(source, list) or not source or not all(isinstance(one, str) for one in source):
        problems.append(Problem(f"{where}.source", f"'{source}' is no list of sources", 'a list such as ["A5"]'))
    if isinstance(row.get("stage", 1), bool) or row.get("stage", 1) not in STAGES:
        problems.append(Problem(f"{where}.stage", f"unknown stage '{row['stage']}'", "1, 2, 3"))
    return problems


def _unknown(where: str, what: str, word: str, known: Sequence[str]) -> Problem:
    return Problem(where, f"unknown {what} '{word}'", ", ".join(known), did_you_mean(word, known))


def _meaning(where: str, row: Mapping[str, Any], sources: Mapping[str, str]) -> list[Problem]:
    """Whether an entry of the right types makes sense."""
    problems = []
    if not row["low"] <= row["target"] <= row["high"] or row["low"] == row["high"]:
        band = f"low {row['low']:g}, target {row['target']:g}, high {row['high']:g}"
        problems.append(Problem(where, band, "low <= target <= high, and some room between"))
    groups = (*FITTED_GROUPS, *PREDICTED_GROUPS)
    if row["pattern"] not in groups:
        problems.append(_unknown(f"{where}.pattern", "pattern", row["pattern"], groups))
    if not row["id"].startswith(row["pattern"] + ".") or not row["id"].split(".", 1)[1]:
        problems.append(Problem(f"{where}.id", f"'{row['id']}'", f"'{row['pattern']}.' and a name"))
    if row["pattern"] in PREDICTED_GROUPS and row["fitted"]:
        problems.append(Problem(f"{where}.fitted", "a prediction is not fitted", "false"))
    if row["must_hold"] and not row["fitted"]:
        problems.append(Problem(f"{where}.must_hold", "what is not fitted cannot have to hold", "false"))
    if row.get("every_mechanism", False) and not row["fitted"]:
        problems.append(Problem(f"{where}.every_mechanism", "a prediction is one with any mechanism", "left out"))
    problems += [_unknown(f"{where}.source", "source", one, tuple(sources)) for one in row["source"] if one not in sources]
    if row["cohort"] not in COHORTS:
        problems.append(_unknown(f"{where}.cohort", "cohort", row["cohort"], tuple(COHORTS)))
    elif COHORTS[row["cohort"]].stage != row["stage"]:
        expected = COHORTS[row["cohort"]].stage
        problems.append(Problem(f"{where}.stage", f"{row['stage']}, but its cohort runs in stage {expected}", str(expected)))
    if row.get("measured", True):
        if row["instrument"] not in INSTRUMENTS:
            problems.append(_unknown(f"{where}.instrument", "instrument", row["instrument"], tuple(INSTRUMENTS)))
        if "missing" in row:
            problems.append(Problem(f"{where}.missing", "nothing is missing of what is measured", "measured = false beside it"))
    elif "missing" not in row:
        problems.append(Problem(where, "missing key 'missing'", "why it is not measured"))
    elif row["must_hold"]:
        problems.append(Problem(f"{where}.must_hold", "what is not measured cannot have to hold", "false"))
    return problems


def load_patterns(path: Path) -> PatternTable:
    """Read and check a file of patterns.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    PatternTable

    Raises
    ------
    BadInput
        With every problem of the file.
    """
    try:
        file = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput([Problem(path.name, f"cannot be read: {error.strerror or error}", "a readable TOML file")]) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput([Problem(path.name, f"is not valid TOML: {error}", "TOML 1.0 in UTF-8")]) from None
    known = ("schema_version", "sources", "patterns")
    problems = [
        Problem(path.name, f"unknown key '{key}'", ", ".join(known), did_you_mean(key, known)) for key in file if key not in known
    ]
    if file.get("schema_version") != SCHEMA_VERSION:
        problems.append(Problem(f"{path.name}: schema_version", f"{file.get('schema_version')}", str(SCHEMA_VERSION)))
    sources = file.get("sources", {})
    cited: set[str] = set()
    seen: set[str] = set()
    rows = file.get("patterns", [])
    for number, row in enumerate(rows):
        name = row.get("id")
        where = f"{path.name}: patterns[{number}]" + (f" ({name})" if isinstance(name, str) else "")
        found = _types(where, row) or _meaning(where, row, sources)
        if isinstance(name, str) and name in seen:
            found.append(Problem(f"{where}.id", f"'{name}' stands twice", "an id of its own"))
        seen.add(str(name))
        problems += found
        cited |= set(row["source"]) if isinstance(row.get("source"), list) else set()
    problems += [
        Problem(f"{path.name}: sources.{one}", "no pattern cites it", "sources that are cited")
        for one in sources
        if one not in cited
    ]
    if not rows:
        problems.append(Problem(path.name, "holds no pattern", "[[patterns]] tables"))
    if problems:
        raise BadInput(problems)
    numbers = [{key: float(row[key]) for key in _NUMBERS} | {"source": tuple(row["source"])} for row in rows]
    return PatternTable(tuple(Pattern(**{**row, **mine}) for row, mine in zip(rows, numbers, strict=True)), dict(sources))


@lru_cache
def read_patterns() -> PatternTable:
    """Patterns that ship with the simulation."""
    return load_patterns(Path(__file__).with_name("patterns.toml"))
