"""The tables of a comparison: every effect, the shares that kept going over months, and the main outcomes of every run."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.comparing.finding import Findings, Row
from experiments.comparing.quantities import GROUPS, main_names, told_outcome
from experiments.kit.tables import columns_of
from sim.columns import Column, Table
from sim.history import declared, world_rows
from sim.measures import REGION, vector_names
from sim.store.writer import TableRecord, write_codebook, write_table

_OF_EFFECTS: Final = (
    ("mean_base", "base", "Mean over the pairs in which both are defined, of the base."),
    ("mean_other", "other", "The same of the other scenario."),
    ("difference", "difference", "Mean of the pairs' differences, other minus base."),
    ("mcse", "mcse", "Monte Carlo standard error of the difference."),
    ("low", "low", "Lower bound of the 95 % interval of the difference (Student's t)."),
    ("high", "high", "Upper bound of the interval."),
    ("error_wanted", "wanted", "Monte Carlo standard error that replicates_needed is about."),
)
"""Columns in the unit of the outcome, with the attribute of an effect that they hold."""


def write_tables(folder: Path, findings: Findings) -> list[TableRecord]:
    """Write every table and the codebook.

    Parameters
    ----------
    folder : pathlib.Path
    findings : Findings

    Returns
    -------
    list of TableRecord
    """
    tables = (effects_of(findings), months_of(findings), pairs_of(findings), worlds_of(findings))
    values, small = findings.comparison.values_in_words, ("effects", "months")
    records = [write_table(folder, table, rows, csv=table.name in small, parameter_values=values) for table, rows in tables]
    write_codebook(folder, [table for table, _ in tables], parameter_values=values)
    return records


def _scenario(name: str, labels: tuple[str, ...], meaning: str) -> Column:
    return Column(name, "i2", "category", meaning, labels)


def effects_of(findings: Findings) -> tuple[Table, dict[str, np.ndarray]]:
    """Every effect: a row a contrast, unit and outcome."""
    months, rows = findings.comparison.months, findings.rows
    outcomes = vector_names(months)
    units = tuple(dict.fromkeys((REGION, *(unit.name for unit in findings.units))))
    told = [told_outcome(one.outcome, months) for one in rows]
    measured = tuple(dict.fromkeys("share 0-1" if one.share else one.unit for one in told))
    table = Table(
        "effects",
        ("other", "group", "unit", "outcome"),
        (
            _scenario("base", (findings.base,), "Scenario that the difference is from."),
            _scenario("other", findings.others, "Scenario that is compared with it."),
            Column("group", "i1", "category", "Kind of unit: the region, a service, or services with as many posts.", GROUPS),
            Column("unit", "i2", "category", "All services, a service, or the number of posts (N).", units),
            Column("outcome", "i2", "category", "At the horizon, or @MONTH, or @mean over all months.", outcomes),
            Column("measured_in", "i1", "category", "Unit of the outcome, and of the columns in it.", measured),
            *(Column(name, "f8", "as measured_in", meaning) for name, _, meaning in _OF_EFFECTS),
            Column(
                "correlation", "f8", "-1 to 1", "Correlation of the two scenarios over pairs; undefined where one does not vary."
            ),
            Column(
                "variance_reduction",
                "f8",
                "times",
                "Variance of a difference of runs that share nothing over that of a pair; infinite where all pairs differ by as "
                "much.",
            ),
            Column("pairs", "i8", "pairs", "Pairs in which both scenarios define the outcome."),
            Column("pairs_differing", "i8", "pairs", "Those of them in which the two are not the same."),
            Column(
                "replicates_needed",
                "i8",
                "replicates",
                "Simulated runs for that error, no trial's size; 0: unknown.",
            ),
        ),
        "Paired effects: each scenario minus the base, replicate by replicate with the same world and the same luck.",
    )
    return table, columns_of(table, [_row(one, findings) for one in rows])


def _row(row: Row, findings: Findings) -> dict[str, Any]:
    """Effect as a row of the table."""
    effect, outcome = row.effect, told_outcome(row.outcome, findings.comparison.months)
    return {
        "base": findings.base,
        "other": findings.comparison.names[row.contrast],
        "group": row.group,
        "unit": row.unit,
        "outcome": row.outcome,
        "measured_in": "share 0-1" if outcome.share else outcome.unit,
        **{name: getattr(effect, attribute) for name, attribute, _ in _OF_EFFECTS},
        "correlation": effect.correlation,
        "variance_reduction": effect.variance_reduction,
        "pairs": effect.pairs,
        "pairs_differing": effect.differing,
        "replicates_needed": effect.needed or 0,
    }


def months_of(findings: Findings) -> tuple[Table, dict[str, np.ndarray]]:
    """Share of services that kept going over months, and its paired difference from the base."""
    names, months = findings.comparison.names, findings.comparison.months
    table = Table(
        "months",
        ("scenario", "month"),
        (
            _scenario("scenario", names, "Scenario; the first is the base."),
            Column("month", "i4", "month", "Completed months since training."),
            Column("share_kept_going", "f8", "share 0-1", "Share of services that kept going, mean over replicates."),
            Column("share_kept_going_reach", "f8", "share 0-1", "Half its 95 % interval for the number of replicates."),
            Column("difference", "f8", "share -1-1", "Mean paired difference from the base; undefined for the base."),
            Column("difference_reach", "f8", "share -1-1", "Half its 95 % interval."),
        ),
        "Share of services that kept going month by month, and how it differs from the base pair by pair.",
    )
    none = np.full(months, np.nan)
    gaps = [(none, none), *((one.mean, one.reach) for one in findings.track_gaps)]
    rows = {
        "scenario": np.repeat(np.arange(len(names), dtype="i2"), months),
        "month": np.tile(np.arange(1, months + 1, dtype="i4"), len(names)),
        "share_kept_going": np.concatenate([one.mean for one in findings.tracks]),
        "share_kept_going_reach": np.concatenate([one.reach for one in findings.tracks]),
        "difference": np.concatenate([mean for mean, _ in gaps]),
        "difference_reach": np.concatenate([reach for _, reach in gaps]),
    }
    return table, rows


def pairs_of(findings: Findings) -> tuple[Table, dict[str, np.ndarray]]:
    """Main outcomes of every run: rows with the same replicate are of the same world and luck."""
    comparison = findings.comparison
    outcomes, names, count = main_names(comparison.months), comparison.names, comparison.replicates
    columns = []
    for name in outcomes:
        told = told_outcome(name, comparison.months)
        unit = "share 0-1" if told.share else told.unit
        columns.append(Column(name.replace("@", "_month_"), "f8", unit, f"{told.title[:1].upper()}{told.title[1:]}."))
    table = Table(
        "pairs",
        ("replicate", "scenario"),
        (
            Column("replicate", "i8", "number", "Replicate: the same number is the same luck in every scenario."),
            _scenario("scenario", names, "Scenario; the first is the base."),
            Column("world", "i8", "number", "Place of the replicate's parameter values among the worlds of the ensemble."),
            *columns,
        ),
        "Main outcomes of every run. Rows with the same replicate are a pair: the same world and the same luck.",
    )
    replicate = np.repeat(np.arange(count, dtype="i8"), len(names))
    rows: dict[str, np.ndarray] = {
        "replicate": replicate,
        "scenario": np.tile(np.arange(len(names), dtype="i2"), count),
        "world": replicate % comparison.base.worlds,
    }
    for name, column in zip(outcomes, columns, strict=True):
        rows[column.name] = np.stack([one.region[name] for one in findings.measured], axis=1).reshape(-1)
    return table, rows


def worlds_of(findings: Findings) -> tuple[Table, dict[str, np.ndarray]]:
    """What each pair was run with; the values of the base, whose members move what no scenario sets."""
    plan = findings.comparison.base.plan
    table = declared(plan)["worlds"]
    text = "What each pair was run with: member of the ensemble, and the values that it has in the base."
    return replace(table, meaning=text), world_rows(np.arange(findings.comparison.replicates), plan)


def plain(row: Row, findings: Findings) -> dict[str, Any]:
    """Effect as plain JSON: null for what is undefined or infinite."""
    found = _row(row, findings) | {"replicates_needed": row.effect.needed}
    del found["error_wanted"]
    return {name: (float(one) if np.isfinite(one) else None) if isinstance(one, float) else one for name, one in found.items()}


def plain_over_worlds(findings: Findings, contrast: int, outcome: str) -> dict[str, Any] | None:
    """Effect over plausible worlds as plain values that JSON can hold; None without an ensemble."""
    found = findings.over_worlds(contrast, outcome)
    if found is None:
        return None
    return {name: None if isinstance(one, float) and not math.isfinite(one) else one for name, one in vars(found).items()}
