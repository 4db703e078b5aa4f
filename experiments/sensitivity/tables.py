"""The tables of a sensitivity analysis, declared and filled."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.kit.tables import NO_YES, columns_of
from experiments.kit.words import label_of
from experiments.sensitivity.analysing import Noise
from experiments.sensitivity.finding import Findings
from experiments.sensitivity.quantities import DIFFERENCE, Quantity
from experiments.sensitivity.space import DUMMY
from sim.columns import Column, Table
from sim.store.writer import TableRecord, write_table

_STAGES: Final = ("screening", "indices")
_BOUNDS: Final = ("low", "high")
_OUTCOME: Final = "unit of the outcome"
_RANGE: Final = "unit of the outcome, over the parameter's range"
_SHARE: Final = "share of variance"


def _labels(findings: Findings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Scenarios and outcomes, each once, in the order of the quantities."""
    scenarios = dict.fromkeys(one.scenario for one in findings.quantities)
    return tuple(scenarios), tuple(dict.fromkeys(one.outcome.name for one in findings.quantities))


def _keys(findings: Findings) -> tuple[Column, Column]:
    scenarios, outcomes = _labels(findings)
    meaning = f"Scenario, or {DIFFERENCE}: the second scenario minus the first, run by run with the same random numbers."
    return (
        Column("scenario", "i2", "category", meaning, scenarios),
        Column("outcome", "i2", "category", "Outcome of the region, as the codebook of a run explains it.", outcomes),
    )


def _parameter(names: Sequence[str], meaning: str = "Parameter.") -> Column:
    return Column("parameter", "i2", "category", meaning, tuple(names))


def morris_table(findings: Findings) -> Table:
    """Declare ``morris``: a row an outcome and parameter, the dummy last."""
    dummy = f"Parameter; {DUMMY}: one that the model is not given, run with other random numbers where it moves."
    columns = (
        *_keys(findings),
        _parameter((*findings.space.names, DUMMY), dummy),
        Column("mu", "f8", _RANGE, "Mean elementary effect; undefined for the dummy."),
        Column("mu_star", "f8", _RANGE, "Mean size of the elementary effects."),
        Column("mu_star_conf", "f8", _RANGE, "Half the 95 % interval of mu_star, from resampled trajectories."),
        Column("sigma", "f8", _RANGE, "Standard deviation of the elementary effects."),
        Column(
            "chance", "f8", _RANGE, "mu_star of half the difference between halves of the replicates; undefined for the dummy."
        ),
        Column("floor", "f8", _RANGE, "Noise floor of the outcome: what an effect must exceed."),
        Column("above", "i1", "category", "Whether mu_star exceeds the floor.", NO_YES),
    )
    meaning = "Screening: Morris's measures, an effect being what moving a parameter over its whole range would change."
    return Table("morris", ("scenario", "outcome", "parameter"), columns, meaning)


def sobol_table(findings: Findings) -> Table:
    """Declare ``sobol``: a row an outcome and surviving parameter, the dummy last."""
    names = [one.name for one in findings.survivors]
    columns = (
        *_keys(findings),
        _parameter((*names, DUMMY), "Parameter, largest in the screening first; the dummy last."),
        Column("first", "f8", _SHARE, "Index of first order; undefined for the dummy and where the outcome does not vary."),
        Column("first_conf", "f8", _SHARE, "Half its 95 % interval, from resampled base samples."),
        Column("total", "f8", _SHARE, "Total index: with all interactions; undefined where the outcome does not vary."),
        Column("total_conf", "f8", _SHARE, "Half its 95 % interval."),
        Column("chance", "f8", _SHARE, "How much of the total index chance alone would give, from halves of the replicates."),
        Column(
            "first_important",
            "i1",
            "category",
            "Whether first - first_conf is above the dummy's upper bound, and above 0.",
            NO_YES,
        ),
        Column("important", "i1", "category", "Whether total - total_conf is above the dummy's upper bound.", NO_YES),
    )
    return Table(
        "sobol", ("scenario", "outcome", "parameter"), columns, "Sobol' indices of the parameters that passed screening."
    )


def noise_table(findings: Findings) -> Table:
    """Declare ``noise``: a row a stage and outcome."""
    columns = (
        Column("stage", "i1", "category", "Screening by trajectories, or indices of variance.", _STAGES),
        *_keys(findings),
        Column("blocks", "i8", "number", "Trajectories or base samples that are whole."),
        Column("replicates", "i8", "replicates", "Runs a point."),
        Column("mean", "f8", _OUTCOME, "Mean over points."),
        Column("spread", "f8", _OUTCOME, "Standard deviation between the points' means."),
        Column("error", "f8", _OUTCOME, "Monte Carlo standard error of a point's mean, root mean square over the points."),
        Column(
            "noise_share", "f8", _SHARE, "Variance by chance, but for luck alike at all points, over that between the points."
        ),
        Column("halves_share", "f8", _SHARE, "The same from halves of the replicates, as a check."),
        Column("dummy", "f8", "mu_star, or share of variance", "mu_star or total index of the dummy with other random numbers."),
        Column("dummy_conf", "f8", "mu_star, or share of variance", "Half its 95 % interval."),
        Column("dummy_same", "f8", "mu_star, or share of variance", "The same with the same random numbers: 0."),
        Column("floor", "f8", "mu_star, or share of variance", "Noise floor: what an effect, or a lower bound, must exceed."),
        Column("base_needed", "i8", "number", "Base samples for intervals of 0.1 to each side; 0 where there are enough."),
    )
    return Table("noise", ("stage", "scenario", "outcome"), columns, "What chance does to each outcome, and the noise floors.")


def survivors_table(findings: Findings) -> Table:
    """Declare ``survivors``: a row a parameter that does more than chance, largest first."""
    labels = tuple(one.name for one in findings.quantities)
    columns = (
        Column("rank", "i4", "number", "1 for the largest."),
        _parameter([one.name for one in findings.passed]),
        Column("size", "f8", "share", "mu_star as a share of the largest on the outcome to which it does most."),
        Column("most_to", "i2", "category", "That outcome.", labels),
        Column("outcomes", "i4", "number", "Outcomes to which it does more than chance."),
        Column("kept", "i1", "category", "Whether it went on to the indices.", NO_YES),
        Column("low", "f8", "unit of the parameter", "Lower bound."),
        Column("high", "f8", "unit of the parameter", "Upper bound."),
    )
    return Table("survivors", ("rank",), columns, "Parameters that do more than chance to some outcome.")


def alone_table(findings: Findings) -> Table:
    """Declare ``alone``: one parameter at a time at its bounds."""
    names = findings.alone.names if findings.alone else ()
    columns = (
        _parameter(names, "Parameter, the one that does most first."),
        Column("bound", "i1", "category", "Which bound.", _BOUNDS),
        Column("value", "f8", "unit of the parameter", "The bound."),
        Column("outcome", "f8", _OUTCOME, f"Mean of {findings.headline.name} there."),
        Column("change", "f8", _OUTCOME, "Its change from the base values, run by run with the same random numbers."),
        Column("change_mcse", "f8", _OUTCOME, "Monte Carlo standard error of the change."),
        Column("replicates", "i8", "replicates", "Runs."),
    )
    return Table(
        "alone", ("parameter", "bound"), columns, f"{findings.headline.name} with one parameter at a time at its bounds."
    )


def write_tables(folder: Path, findings: Findings) -> tuple[list[TableRecord], list[Table]]:
    """Write every table, as Parquet and CSV.

    Parameters
    ----------
    folder : pathlib.Path
        They go to ``tables/`` in it.
    findings : Findings

    Returns
    -------
    records : list of TableRecord
    declared : list of Table
    """
    made: list[tuple[Table, list[dict[str, Any]]]] = [
        (morris_table(findings), _morris_rows(findings)),
        (sobol_table(findings), _sobol_rows(findings)),
        (noise_table(findings), _noise_rows(findings)),
    ]
    if findings.passed:
        made.append((survivors_table(findings), _survivor_rows(findings)))
    if findings.alone is not None:
        made.append((alone_table(findings), _alone_rows(findings)))
    found = [_labelled(table, rows) for table, rows in made]
    records = [write_table(folder, table, columns_of(table, rows), csv=True) for table, rows in found]
    return sorted(records, key=lambda one: one.name), [table for table, _ in found]


def _labelled(table: Table, rows: list[dict[str, Any]]) -> tuple[Table, list[dict[str, Any]]]:
    """Table of parameters with a last column that has them in words; any other as it is."""
    named = next((one for one in table.columns if one.name == "parameter"), None)
    if named is None:
        return table, rows
    labels = tuple(label_of(name) for name in named.categories)
    column = Column("label", "i2", "category", "The parameter in words.", labels)
    return replace(table, columns=(*table.columns, column)), [row | {"label": label_of(row["parameter"])} for row in rows]


def _each(findings: Findings, rows: Callable[[Quantity], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Rows of every quantity, with its key."""
    keys = [{"scenario": one.scenario, "outcome": one.outcome.name} for one in findings.quantities]
    return [key | row for one, key in zip(findings.quantities, keys, strict=True) for row in rows(one)]


def _dummy(noise: Noise) -> dict[str, Any]:
    return {"parameter": DUMMY, "mu_star": noise.dummy, "mu_star_conf": noise.dummy_reach, "total": noise.dummy,
            "total_conf": noise.dummy_reach}  # fmt: skip


def _morris_rows(findings: Findings) -> list[dict[str, Any]]:
    names = findings.space.names

    def rows(quantity: Quantity) -> list[dict[str, Any]]:
        one = findings.screened[quantity]
        arrays = zip(names, one.mu, one.mu_star, one.reach, one.sigma, one.chance, one.above.tolist(), strict=True)
        columns = ("parameter", "mu", "mu_star", "mu_star_conf", "sigma", "chance", "above")
        found = [dict(zip(columns, values, strict=True)) for values in arrays]
        found.append(_dummy(one.noise) | {"mu": np.nan, "sigma": one.dummy_sigma, "chance": np.nan, "above": False})
        return [row | {"floor": one.noise.floor} for row in found]

    return _each(findings, rows)


def _sobol_rows(findings: Findings) -> list[dict[str, Any]]:
    names = [one.name for one in findings.survivors]

    def rows(quantity: Quantity) -> list[dict[str, Any]]:
        one = findings.indices[quantity]
        arrays = zip(
            names, one.first, one.first_reach, one.total, one.total_reach, one.chance, one.first_important.tolist(),
            one.important.tolist(), strict=True,
        )  # fmt: skip
        columns = ("parameter", "first", "first_conf", "total", "total_conf", "chance", "first_important", "important")
        found = [dict(zip(columns, values, strict=True)) for values in arrays]
        nothing = {"first": np.nan, "first_conf": np.nan, "chance": np.nan, "first_important": False, "important": False}
        return [*found, _dummy(one.noise) | nothing]

    return _each(findings, rows) if findings.indices else []


def _noise_rows(findings: Findings) -> list[dict[str, Any]]:
    found = []
    for stage, results in (("screening", findings.screened), ("indices", findings.indices)):
        for quantity, one in results.items():
            noise = one.noise
            row = {"stage": stage, "scenario": quantity.scenario, "outcome": quantity.outcome.name, "blocks": noise.blocks}
            row |= {"replicates": findings.replicates, "mean": noise.mean, "spread": noise.spread, "error": noise.error}
            row |= {"noise_share": noise.share, "halves_share": noise.halves, "floor": noise.floor}
            row |= {"dummy": noise.dummy, "dummy_conf": noise.dummy_reach, "dummy_same": noise.dummy_same}
            found.append(row | {"base_needed": getattr(one, "base_needed", 0)})
    return found


def _survivor_rows(findings: Findings) -> list[dict[str, Any]]:
    found = []
    for at, one in enumerate(findings.passed):
        place = findings.space.names.index(one.name)
        row = {"rank": at + 1, "parameter": one.name, "size": one.size, "most_to": one.quantity.name}
        row |= {"outcomes": one.outcomes, "kept": at < findings.kept}
        found.append(row | {"low": findings.space.low[place], "high": findings.space.high[place]})
    return found


def _alone_rows(findings: Findings) -> list[dict[str, Any]]:
    alone = findings.alone
    if alone is None:
        return []
    found = []
    for at, name in enumerate(alone.names):
        place = findings.space.names.index(name)
        for side, bound in enumerate(_BOUNDS):
            change = float(alone.change[at, side])
            row = {"parameter": name, "bound": bound, "value": getattr(findings.space, bound)[place]}
            row |= {"outcome": alone.base + change, "change": change, "change_mcse": float(alone.error[at, side])}
            found.append(row | {"replicates": alone.replicates})
    return found


def summary(findings: Findings) -> dict[str, Any]:
    """Findings as plain values that JSON can hold.

    Parameters
    ----------
    findings : Findings
    """

    def plain(value: float) -> float | None:
        return float(value) if math.isfinite(value) else None

    important = {}
    for quantity, found in findings.indices.items():
        order = [at for at in np.argsort(-np.nan_to_num(found.total), kind="stable").tolist() if found.important[at]]
        important[quantity.name] = [
            {
                "parameter": findings.survivors[at].name,
                "total": plain(found.total[at]),
                "total_conf": plain(found.total_reach[at]),
                "first": plain(found.first[at]),
                "first_conf": plain(found.first_reach[at]),
            }
            for at in order
        ]
    return {
        "outcomes": [one.name for one in findings.quantities],
        "parameters": len(findings.space),
        "passed": [one.name for one in findings.passed],
        "survivors": [one.name for one in findings.survivors],
        "floors": {one.name: plain(it.noise.floor) for one, it in findings.screened.items()},
        "noise_shares": {one.name: plain(it.noise.share) for one, it in findings.indices.items()},
        "dummy_upper": {one.name: plain(it.noise.floor) for one, it in findings.indices.items()},
        "important": important,
        "base_needed": max((it.base_needed for it in findings.indices.values()), default=0),
    }
