"""What a number moves: what the kept runs say of it, with their errors, as plain values.

Three runs are kept: that of every knob between its bounds (``docs/knobs.md``), of every mechanism on against off
(``docs/mechanisms.md``), and the sensitivity analysis (``docs/sensitivity.md``); and a fourth says which parameters could be
learned from the patterns at all (``docs/calibration.md``). Figures of another model than the present one are not shown.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import experiments.calibration.reference as recovery
import experiments.sensitivity.reference as sensitivity
from experiments.hypotheses.remembered import remembered
from experiments.keeping import kept, knobs_kept, mechanisms, mechanisms_told
from experiments.keeping.paired import Difference
from experiments.kit.words import decimal, minus, outcome_of
from experiments.runs.numbers import FORM, LEVER, PARAMETER, SWITCH, Entry
from experiments.sensitivity.asked import Asked
from experiments.sensitivity.settings import settings_of
from sim.ensembles import about
from sim.parameters import ParameterTable, parameter_hash, read_table
from sim.rulebook import mechanisms_of, same_rules, same_settings
from sim.scenario import read_scenario

MONTHS: Final = 84
"""Horizon of all kept runs."""

ERRORS: Final = mechanisms_told.ERRORS
"""Errors beyond which a difference is told from nothing."""

CURRENT, MISSING, OLD = "current", "missing", "old"
"""State of a kept run: it can be shown, is not there, or is of another model."""


@dataclass(frozen=True, eq=False)
class Runs:
    """Kept runs, each None where it is missing or old.

    Attributes
    ----------
    states : dict of str to str
        State of each run.
    """

    states: dict[str, str]
    knobs: knobs_kept.KnobsFound | None
    mechanisms: kept.Reference | None
    sensitivity: sensitivity.Reference | None
    varied: frozenset[str]
    recovery: kept.Reference | None


@cache
def kept_runs(root: Path | None = None) -> Runs:
    """The kept runs, read once.

    Parameters
    ----------
    root : pathlib.Path, optional
        Folder within which they lie; that of the repository or of what is packaged, unless given.
    """
    home, table, states = root or kept.home(), read_table(), {}

    def current(name: str, run: Any, changed: Callable[[Any], object]) -> Any:
        states[name] = MISSING if run is None else OLD if changed(run) else CURRENT
        return run if states[name] == CURRENT else None

    knobs = current("knobs", knobs_kept.read(home, table), lambda run: knobs_changed(run, table))
    moved = current(
        "mechanisms", kept.read_reference(home / mechanisms.REFERENCE, mechanisms.RECORD), mechanisms_told.changed_since
    )
    analysed = current("sensitivity", sensitivity.read_reference(home / sensitivity.REFERENCE), sensitivity.changed_since)
    learned = current("recovery", kept.read_reference(home / recovery.RECOVERY, recovery.RECORD), _of_another_calibration)
    varied = settings_of(Asked(months=MONTHS)).space.names if analysed is not None else ()
    return Runs(states, knobs, moved, analysed, frozenset(varied), learned)


def knobs_changed(run: knobs_kept.KnobsFound, table: ParameterTable) -> list[str]:
    """What the search of knobs hangs on and is otherwise now, in words."""
    on = {name for name in table.switches if name in run.findings}
    on |= mechanisms_of(read_scenario(name) for name in sorted({one.scenario for one in run.findings.values()}))
    found = {
        "the default values": not same_settings(run.record["values"], parameter_hash(table.record())),
        "the rules": not same_rules(run.record["rules"], on=on),
    }
    return [what for what, changed in found.items() if changed]


def _of_another_calibration(run: kept.Reference) -> bool:
    return bool(run.record["study"] != about()["study"])


# ------------------------------------------------------------------------------------------------------------------ telling


def moved_by(entry: Entry, runs: Runs | None = None) -> dict[str, Any]:
    """What is known of what a number moves: an answer a kept run, None where that run says nothing of it.

    Parameters
    ----------
    entry : Entry
    runs : Runs, optional
        The kept ones unless given.

    Returns
    -------
    dict
        ``states`` of the runs; ``knobs``, a list; ``mechanisms``, a list; ``sensitivity``; ``recovery``; ``hypotheses``, a list.
    """
    runs = runs or kept_runs()
    return {
        "states": runs.states,
        "knobs": _knobs(entry, runs),
        "mechanisms": _mechanisms(entry, runs),
        "sensitivity": _sensitivity(entry, runs) if entry.kind == PARAMETER else None,
        "recovery": _recovery(entry, runs) if entry.kind == PARAMETER else None,
        "hypotheses": pulled_in(entry.name) if entry.kind == LEVER else [],
    }


def names_of(entry: Entry) -> tuple[str, ...]:
    """Names of an entry in the tables of knobs and mechanisms: a form has one for each of its rivals."""
    if entry.kind == FORM:
        return tuple(f"{entry.name}={word}" for word, _ in entry.options[1:])
    return (entry.name.removeprefix("switch."),) if entry.kind in (SWITCH, PARAMETER) else ()


def _knobs(entry: Entry, runs: Runs) -> list[dict[str, Any]]:
    """Between its bounds, all else equal: the outcome that a knob moves most surely, and the main ones."""
    if runs.knobs is None:
        return []
    told = []
    for name in names_of(entry):
        one = runs.knobs.findings.get(name)
        if one is not None:
            told.append({
                "low": minus(one.knob.shown(one.knob.low)), "high": minus(one.knob.shown(one.knob.high)),
                "scenario": one.scenario, "alive": one.alive, "best": _difference(one.best),
                "main": [_difference(each) for each in one.main],
            })  # fmt: skip
    return told


def _difference(one: Difference) -> dict[str, Any]:
    return _told(one.outcome, one.mean, one.error, real=one.real) | {"pairs": one.pairs}


def _told(name: str, mean: float, error: float, *, real: bool) -> dict[str, Any]:
    """A difference of an outcome with its error, in the unit in which it is told."""
    outcome = outcome_of(name, MONTHS)
    scale = 100.0 if outcome.share else 1.0
    mean, error = scale * mean, scale * error
    digits = digits_of(error if error > 0.0 else mean / 10.0)
    return {
        "outcome": outcome.title,
        "unit": "percentage points" if outcome.share else outcome.unit,
        "told": decimal(mean, digits, signed=True),
        "error": decimal(error, digits),
        "real": real,
    }


def digits_of(error: float) -> int:
    """Decimal places that an error leaves a number: those up to the error's own first digit.

    Examples
    --------
    >>> digits_of(0.013), digits_of(2.4), digits_of(0.0), digits_of(float("nan"))
    (2, 1, 0, 0)
    """
    if not math.isfinite(error) or error == 0.0:
        return 0
    return min(8, max(0, -math.floor(math.log10(abs(error))))) or (1 if abs(error) < 10.0 else 0)


def _mechanisms(entry: Entry, runs: Runs) -> list[dict[str, Any]]:
    """On minus off, or a rival form minus the default, over plausible worlds."""
    if runs.mechanisms is None:
        return []
    by = mechanisms.by_mechanism(runs.mechanisms.rows(mechanisms.TABLE))
    there = mechanisms.by_mechanism(runs.mechanisms.rows(mechanisms.OCCASIONS_TABLE))
    record, told = runs.mechanisms.record, []
    for name in names_of(entry):
        if name not in by:
            continue
        rows = [_mechanism(one, by[name][one.name]) for one in mechanisms.HEADLINES if one.name in by[name]]
        first = next(iter(by[name].values()))
        told.append({
            "low": first["low"], "high": first["high"], "scenario": record["scenario"], "worlds": record["worlds"],
            "replicates": record["replicates"], "rows": rows, "why": mechanisms_told.occasion(name, there.get(name)).strip(),
        })  # fmt: skip
    return told


def _mechanism(headline: mechanisms.Headline, row: Mapping[str, str]) -> dict[str, Any]:
    mean, error = (float(row[name] or "nan") for name in ("mean", "error"))
    return _told(headline.name, mean, error, real=abs(mean) > ERRORS * error)


def _sensitivity(entry: Entry, runs: Runs) -> dict[str, Any] | None:
    """Screening, shares of variance that are told from chance, and the two bounds alone."""
    run = runs.sensitivity
    if run is None:
        return None
    passed, kept_ = run.record["passed"], run.record["survivors"]
    rows = [row for row in run.rows("sobol") if row["parameter"] == entry.name]
    important = [row for row in rows if "yes" in (row["important"], row["first_important"])]
    important.sort(key=lambda row: -float(row["total"]))
    alone = [row for row in run.rows("alone") if row["parameter"] == entry.name]
    headline = run.record["headline"]
    return {
        "varied": entry.name in runs.varied,
        "above": entry.name in passed,
        "rank": passed.index(entry.name) + 1 if entry.name in passed else 0,
        "passed": len(passed),
        "parameters": run.record["settings"]["parameters"],
        "indexed": entry.name in kept_,
        "indices": [
            {
                "outcome": run.title(row),
                "total": _share(row, "total") if row["important"] == "yes" else "",
                "first": _share(row, "first") if row["first_important"] == "yes" else "",
            }
            for row in important
        ],
        "headline": run.record["outcomes"][headline]["title"],
        "unit": run.unit(headline),
        "alone": [
            {
                "value": minus(f"{float(row['value']):.4g}"),
                "told": run.shown(headline, row["change"], "+.1f"),
                "error": run.shown(headline, row["change_mcse"], ".1f"),
            }
            for row in alone
        ],
    }


def _share(row: Mapping[str, str], name: str) -> str:
    """Share of variance with the half-width of its interval, per cent."""
    return f"{decimal(100.0 * float(row[name]), 0)} ± {decimal(100.0 * float(row[f'{name}_conf']), 0)}"


def _recovery(entry: Entry, runs: Runs) -> dict[str, Any] | None:
    """Whether the patterns could have said anything of a parameter."""
    if runs.recovery is None:
        return None
    row = next((one for one in runs.recovery.rows("recovery") if one["parameter"] == entry.name), None)
    if row is None:
        return None
    return {"identifiable": row["identifiable"] == "1", "width": decimal(100.0 * float(row["width90"]), 0)}


@cache
def pulled_in(lever: str) -> list[dict[str, str]]:
    """Hypotheses that try a lever, in their claims or beside them: arms of theirs differ in it."""
    told = []
    for one in remembered().every:
        hypothesis = one.hypothesis
        arms = hypothesis.arms.values()
        doses = {tuple(policy.model_dump_json() for policy in arm.policies if policy.lever == lever) for arm in arms}
        if len(doses) > 1:
            told.append({"hypothesis": hypothesis.file.hypothesis, "title": hypothesis.file.title})
    return told
