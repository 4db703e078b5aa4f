"""What was found of every knob, as numbers beside ``docs/knobs.md``: written with the page, and read again."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.keeping import kept
from experiments.keeping.paired import DUMMY, MAIN, Difference, Finding, Knob, knobs_of
from sim.parameters import ParameterTable, read_table

REFERENCE: Final = "results/reference/knobs"
TABLE: Final = "knobs"
RECORD: Final = "knobs.json"

_NUMBERS: Final = ("mean", "error", "pairs")
COLUMNS: Final = (
    "knob", "low", "high", "scenario", "outcome", *_NUMBERS, *(f"{outcome}_{name}" for outcome in MAIN for name in _NUMBERS)
)  # fmt: skip


@dataclass(frozen=True)
class KnobsFound:
    """A kept search.

    Attributes
    ----------
    record : dict
        Seed, replicates of the first round, hashes of values, bounds and rules, commit.
    findings : dict of str to Finding
        By name of the knob; the dummy among them.
    """

    record: dict[str, Any]
    findings: dict[str, Finding]


def row_of(finding: Finding) -> dict[str, Any]:
    """What is kept of a knob."""
    knob, best = finding.knob, finding.best
    row = {"knob": knob.name, "low": knob.low, "high": knob.high, "scenario": finding.scenario, "outcome": best.outcome}
    row |= {name: getattr(best, name) for name in _NUMBERS}
    return row | {f"{one.outcome}_{name}": getattr(one, name) for one in finding.main for name in _NUMBERS}


def write(folder: Path, findings: Mapping[str, Finding], record: Mapping[str, Any]) -> list[Path]:
    """Keep what was found, in place of the former.

    Parameters
    ----------
    folder : pathlib.Path
    findings : mapping of str to Finding
    record : mapping
        What is known of the search.

    Returns
    -------
    list of pathlib.Path
        What was written.
    """
    with kept.replacing(folder) as place:
        kept.write_rows(place / f"{TABLE}.csv", COLUMNS, [row_of(one) for one in findings.values()])
        kept.write_record(place / RECORD, record)
    return kept.files_of(folder)


def read(root: Path, table: ParameterTable | None = None) -> KnobsFound | None:
    """The kept search; None where there is none. Knobs that the table has no more, or with other bounds, are left out.

    Parameters
    ----------
    root : pathlib.Path
        Folder of the repository, or of what is packaged of it; see :func:`experiments.keeping.kept.home`.
    table : ParameterTable, optional
    """
    there = kept.read_reference(root / REFERENCE, RECORD)
    if there is None:
        return None
    known = {knob.name: knob for knob in (*knobs_of(table or read_table()), Knob(DUMMY, DUMMY, 0.0, 1.0))}
    findings = {}
    for row in there.rows(TABLE):
        knob = known.get(row["knob"])
        if knob is not None and (knob.low, knob.high) == (float(row["low"]), float(row["high"])):
            main = tuple(_difference(one, row, f"{one}_") for one in MAIN)
            findings[knob.name] = Finding(knob, row["scenario"], _difference(row["outcome"], row), main)
    return KnobsFound(there.record, findings)


def _difference(outcome: str, row: Mapping[str, str], prefix: str = "") -> Difference:
    mean, error, pairs = (row[prefix + name] for name in _NUMBERS)
    return Difference(outcome, float(mean), float(error), int(pairs))
