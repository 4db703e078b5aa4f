"""Rows of a sweep's tables from what the engine gives."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.sweeps.declared import (
    FIDELITY,
    SPELLS,
    SURVIVAL,
    TALLIES,
    Shape,
    fidelity_table,
    filled,
    monthly_table,
    survival_table,
    tallies_table,
)  # fmt: skip
from experiments.sweeps.designs import AS_IT_IS, Design, Factor
from sim.columns import Table
from sim.engine import Batch
from sim.history import unpack
from sim.measures.units import GROUPS, Unit
from sim.scenario.definition import Scenario
from sim.tallies import Counts

Rows = dict[str, np.ndarray]


def point_values(design: Design, scenario: Scenario) -> Rows:
    """Value of every factor at every point; where a point leaves a factor as it is, the scenario's own.

    Parameters
    ----------
    design : Design
    scenario : Scenario

    Returns
    -------
    dict of str to numpy.ndarray
        One array a factor, shape (points,): f8, or i2 codes into the labels followed by AS_IS.
    """
    found = {}
    for factor, values in zip(design.factors, design.values, strict=True):
        own = own_value(factor, scenario)
        if factor.labels:
            code = factor.labels.index(own) if own in factor.labels else len(factor.labels)
            found[factor.name] = np.where(values == AS_IT_IS, code, values).astype("i2")
        else:
            found[factor.name] = np.where(np.isnan(values), np.nan if own is None else own, values)
    return found


def own_value(factor: Factor, scenario: Scenario) -> Any:
    """Scenario's own value of a factor: a number or a word; None when its services do not agree, or it is left to chance."""
    if factor.kind == "parameter":
        return float(scenario.parameters.get(factor.name, scenario.table.parameters[factor.name].value))
    if factor.kind == "switch":
        return "on" if scenario.is_on(factor.name.removeprefix("switch.")) else "off"
    if factor.kind == "form":
        return scenario.form(factor.name.removeprefix("forms."))
    service, _, name = factor.name.removeprefix("services.").rpartition(".")
    values = {getattr(one, name) for one in scenario.services if service in {"all", one.name}}
    if len(values) != 1:
        return None
    value = values.pop()
    return str(value).lower() if isinstance(value, bool) else value


def unit_places(shape: Shape, units: Sequence[Unit]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes of the units' groups and names in a sweep's tables, and the order in which their rows stand."""
    groups = np.array([GROUPS.index(unit.group) for unit in units])
    names = np.array([shape.units.index(unit.name) for unit in units])
    return groups, names, np.lexsort((names, groups))


def count_rows(
    shape: Shape,
    counts: Counts,
    runs: int,
    places: tuple[np.ndarray, np.ndarray, np.ndarray],
    landmarks: Sequence[int],
    head: Mapping[str, int],
) -> dict[str, Rows]:
    """Rows of the tables of aggregates for one point, in key order; zeros are left out.

    Parameters
    ----------
    shape : Shape
    counts : Counts
    runs : int
    places : tuple of numpy.ndarray
        As ``unit_places`` gives them.
    landmarks : sequence of int
    head : mapping
        ``scenario`` and ``point``.
    """
    order = places[2]
    totals, squares = counts.totals[order], counts.squares[order]
    found = {TALLIES: _sparse(tallies_table(shape), totals != 0, places, head, ("month", "measure"))}
    rows = found[TALLIES][0]
    rows |= {"total": totals[totals != 0], "squares": squares[totals != 0], "runs": np.full(len(rows["month"]), runs)}
    rows["month"] = rows["month"] + 1
    fidelity = counts.fidelity[order]
    found[FIDELITY] = _sparse(fidelity_table(shape), fidelity != 0, places, head, ("month", "bin"))
    rows = found[FIDELITY][0]
    rows |= {"services": fidelity[fidelity != 0], "month": np.array(landmarks)[rows["month"]]}
    spells = {name: getattr(counts, name)[order] for name in SPELLS}
    some = np.any([one != 0 for one in spells.values()], axis=0)
    found[SURVIVAL] = _sparse(survival_table(shape), some, places, head, ("months",))
    found[SURVIVAL][0].update({name: one[some] for name, one in spells.items()})
    return {name: filled(table, rows) for name, (rows, table) in found.items()}


def _sparse(
    table: Table,
    some: np.ndarray,
    places: tuple[np.ndarray, np.ndarray, np.ndarray],
    head: Mapping[str, int],
    axes: tuple[str, ...],
) -> tuple[Rows, Table]:
    """Key columns of the cells that are not empty: the units are the first axis, already in their order."""
    where = np.nonzero(some)
    groups, names, order = places
    units = order[where[0]]
    rows = {name: np.full(len(units), value) for name, value in head.items()} | {"group": groups[units], "unit": names[units]}
    return rows | dict(zip(axes, where[1:], strict=True)), table


def monthly_rows(shape: Shape, scenario: int, batch: Batch, points: np.ndarray) -> Rows:
    """Rows of ``monthly`` for a batch.

    Parameters
    ----------
    shape : Shape
    scenario : int
    batch : Batch
    points : numpy.ndarray
        Of each run, shape (runs,).
    """
    table = monthly_table(shape)
    count, services, months = batch.rows.shape
    each = services * months
    keys = {
        "scenario": np.full(count * each, scenario),
        "point": np.repeat(points, each),
        "run": np.repeat(batch.replicates, each),
        "service": np.tile(np.repeat(np.arange(services), months), count),
        "month": np.tile(np.arange(1, months + 1), count * services),
    }
    return filled(table, keys | unpack(batch.rows, table.columns, "service_month"))
