"""A second reading of the evidence: what another reader took from the sources, held against what the model was given.

``second_reading.csv`` was written from the list of published figures and the study alone, by somebody who saw neither the values
of ``sim/parameters.toml`` nor the targets of ``patterns.toml``, but their names, their meaning and where they are said to stand.
The last twelve rows, of what the model's second version added, are another reader's; what was not read blind says so itself.
Nothing in it is changed afterwards but its last column, ``settled``. What is new in the tables needs a second reading of its own.

Two figures agree when one, rounded to the last digit that the coarser of the two is written with, is the other: .5469 and .55.
Whole numbers are counts or scale points and must be equal.
"""

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

COLUMNS: Final = ("kind", "name", "value", "low", "high", "spread", "sample", "where", "remark", "settled")
PARAMETER: Final = "parameter"
PATTERN: Final = "pattern"


@dataclass(frozen=True)
class Reading:
    """What the second reader found for one parameter or pattern.

    Attributes
    ----------
    kind : str
        ``parameter`` or ``pattern``.
    name : str
    value : decimal.Decimal or None
        In the unit of the parameter or pattern, as many digits as were written; None where the source gives no number.
    low, high : decimal.Decimal or None
        Interval as published.
    spread : str
        Standard deviation as published.
    sample, where : str
        Of whom or what, and the row or sentence in which it stands.
    remark : str
        Doubt: not said, derived, or said of something else.
    settled : str
        What was found when both readings were held against each other.
    """

    kind: str
    name: str
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    spread: str
    sample: str
    where: str
    remark: str
    settled: str


class Figure(NamedTuple):
    """What the model was given: a value or target, and a parameter's bounds."""

    value: Decimal
    low: Decimal | None = None
    high: Decimal | None = None


class Difference(NamedTuple):
    """Two readings that do not agree.

    Attributes
    ----------
    reading : Reading
    first : Figure
    what : str
        ``value``, ``interval``, or ``no number`` where the second reader found none.
    """

    reading: Reading
    first: Figure
    what: str


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


@lru_cache(maxsize=1)
def second_reading() -> tuple[Reading, ...]:
    """Every row of the second reading, in the order of the file."""
    text = (files("experiments.patterns") / "second_reading.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines(), strict=True))
    return tuple(
        Reading(**{**row, **{name: _number(row[name]) for name in ("value", "low", "high")}})  # type: ignore[arg-type]
        for row in rows
    )


def _as_written(package: str, file: str) -> dict[str, Any]:
    """A table with its numbers as they are written: 4.3 is known to one digit."""
    return tomllib.loads((files(package) / file).read_text(encoding="utf-8"), parse_float=Decimal)


@lru_cache(maxsize=1)
def first_reading() -> Mapping[tuple[str, str], Figure]:
    """Value and bounds of every parameter with status *evidence*, target of every pattern, by kind and name."""
    parameters = _as_written("sim", "parameters.toml")["parameters"]
    patterns = _as_written("experiments.patterns", "patterns.toml")["patterns"]
    found = {
        (PARAMETER, name): Figure(Decimal(one["value"]), Decimal(one["low"]), Decimal(one["high"]))
        for name, one in parameters.items()
        if one["status"] == "evidence"
    }
    return found | {(PATTERN, one["id"]): Figure(Decimal(one["target"])) for one in patterns}


def _digits(number: Decimal) -> int:
    return max(0, -int(number.as_tuple().exponent))


def agree(one: Decimal, other: Decimal) -> bool:
    """Whether two figures are the same but for rounding.

    Parameters
    ----------
    one, other : decimal.Decimal
        As written: trailing zeros count.
    """
    digits = min(_digits(one), _digits(other))
    rounding = Decimal(0) if digits == 0 else Decimal(5).scaleb(-digits - 1)
    return abs(one - other) <= rounding


def _difference(reading: Reading, first: Figure) -> str:
    if reading.value is None:
        return "no number"
    if not agree(reading.value, first.value):
        return "value"
    # tolerances of patterns are made by rules of their own: only a parameter's bounds can be a published interval
    bounds = ((reading.low, first.low), (reading.high, first.high))
    if reading.kind == PARAMETER and any(mine and theirs and not agree(mine, theirs) for mine, theirs in bounds):
        return "interval"
    return ""


def differences(readings: Iterable[Reading], first: Mapping[tuple[str, str], Figure]) -> list[Difference]:
    """Where two readings do not agree.

    Parameters
    ----------
    readings : iterable of Reading
        Rows of which the first reading has nothing are left out.
    first : mapping of (kind, name) to Figure
    """
    pairs = [(one, first[one.kind, one.name]) for one in readings if (one.kind, one.name) in first]
    return [Difference(one, figure, what) for one, figure in pairs if (what := _difference(one, figure))]


def unread(readings: Iterable[Reading], first: Mapping[tuple[str, str], Figure]) -> list[tuple[str, str]]:
    """Kind and name of what the first reading has and nobody has read a second time."""
    read = {(one.kind, one.name) for one in readings}
    return [which for which in first if which not in read]
