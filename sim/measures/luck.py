"""How much of what becomes of a single service is luck: a few replicates again, several in each of a few worlds.

A world is one set of parameter values. In a run every replicate has a world of its own, so luck and worlds cannot be told
apart in it; here each world is run several times, always with other random numbers. The *luck* of a service's state is its
variance among replicates of the same service in the same world; the whole variance adds that between services and worlds. The
share of luck says how little could be foretold of one service even if all its circumstances and all parameters were known.
"""

import math
from dataclasses import replace
from typing import Final

import numpy as np

from sim.codes import SUSTAINED, Use
from sim.columns import Column, Table
from sim.engine import Batch, simulate
from sim.measures.tables import filled
from sim.measures.units import Unit, unit_codes, unit_columns, units_of
from sim.plan import Plan

LUCKY: Final = ("operating", "given up", "kept going", "high at every look", "sustained", "months operating", "months kept going")
"""What of a service is looked at: five states at a month, and two numbers of months until then."""

LUCK_MONTHS: Final = (24, 48, 84)
"""Months that are looked at, beside the horizon."""
WORLDS: Final = 24
REPLICATES: Final = 8
"""Worlds, and replicates of each, where the region is small enough."""
FEWEST: Final = 2
"""Replicates of a world, and worlds, without which nothing can be said."""
MOST_SERVICE_MONTHS: Final = 400_000
"""Work that this may take: half a second."""


def luck_table(units: tuple[Unit, ...]) -> Table:
    """Share of luck in what becomes of a single service."""
    between = "services and worlds; of a single service between worlds"
    return Table(
        "summary_luck",
        ("group", "unit", "what", "month"),
        (
            *unit_columns(units),
            Column("what", "i1", "category", "What of a single service.", LUCKY),
            Column("month", "i4", "month", "Completed months since training."),
            Column(
                "luck", "f8", "share 0-1", "Variance within a service and world over the whole; undefined where all is alike."
            ),
            Column("within", "f8", "squared", "Variance among replicates of the same service in the same world, mean over them."),
            Column("between", "f8", "squared", f"Variance between {between}, luck taken out."),
            Column("worlds", "i8", "worlds", "Worlds that were run: the first ones of the run."),
            Column("replicates", "i8", "replicates", "Replicates of each world."),
        ),
        "How much of a single service's state is luck: replicates within a world against services and worlds, in a few made for "
        "it. Empty for a region so large that these would take long, and for one service in one world.",
    )


def luck_of(values: np.ndarray) -> tuple[float, float, float]:
    """Share of luck in values of several cells, each seen equally often (one-way analysis of variance, random effects).

    Parameters
    ----------
    values : numpy.ndarray
        Shape (cells, replicates), at least two of each.

    Returns
    -------
    luck, within, between : float
        within = mean over cells of the variance within a cell; between = variance of the cells' means minus
        within / replicates, 0 at least; luck = within / (within + between), NaN where both are 0.
    """
    within = float(values.var(axis=1, ddof=1).mean())
    between = max(0.0, float(values.mean(axis=1).var(ddof=1)) - within / values.shape[1])
    whole = within + between
    return (within / whole if whole > 0.0 else math.nan), within, between


def luck_design(plan: Plan) -> tuple[int, int]:
    """Worlds and replicates of each that are run; (0, 0) where the region is too large."""
    each = len(plan.services) * plan.months
    worlds = min(WORLDS, len(plan.parameters))
    replicates = REPLICATES if worlds > 1 else REPLICATES * FEWEST
    while worlds * replicates * each > MOST_SERVICE_MONTHS:
        if replicates > FEWEST:
            replicates //= 2
        elif worlds > FEWEST:
            worlds = max(FEWEST, worlds // 2)
        else:
            return 0, 0
    return worlds, replicates


def states_of(batch: Batch, months: tuple[int, ...]) -> np.ndarray:
    """What of each service is looked at, in the order of LUCKY: f8, shape (LUCKY, replicates, services, months)."""
    rows = batch.rows
    operating, kept = rows["use"] == Use.OPERATING, rows["kept_going"] == 1
    every = (
        operating,
        rows["use"] == Use.GIVEN_UP,
        kept,
        rows["high_every_look"] == 1,
        rows["state"] == SUSTAINED,
        np.cumsum(operating, axis=2),
        np.cumsum(kept, axis=2),
    )
    at = np.array(months) - 1
    return np.stack([one[:, :, at].astype(float) for one in every])


def luck_months(months: int) -> tuple[int, ...]:
    """Months that are looked at within a horizon."""
    return tuple(sorted({*(one for one in LUCK_MONTHS if one < months), months}))


def luck_rows(plan: Plan, *, seed: int, threads: int = 1) -> tuple[Table, dict[str, np.ndarray]]:
    """Run a few worlds several times each and say how much of a single service's state is luck.

    Always on the compiled engine: both engines give the same.

    Parameters
    ----------
    plan : Plan
    seed : int
    threads : int
        The result does not depend on it.

    Returns
    -------
    table : Table
    rows : dict of str to numpy.ndarray
        For the region and each service (where services are listed at all); none where the region is too large.
    """
    units = tuple(unit for unit in units_of(plan) if unit.group in {"region", "service"})
    table = luck_table(units)
    worlds, replicates = luck_design(plan)
    if worlds == 0:
        return table, table.empty(0)
    months = luck_months(plan.months)
    values = _run(plan, seed, worlds, replicates, months, threads)
    rows = []
    group, name = unit_codes(units)
    for place, unit in enumerate(units):
        cells = values[:, :, :, unit.services].transpose(0, 4, 3, 1, 2)  # what, month, service, world, replicate
        cells = cells.reshape(len(LUCKY), len(months), -1, replicates)
        if cells.shape[2] < FEWEST:
            continue  # one service in one world: nothing to hold luck against
        for what in range(len(LUCKY)):
            for at, month in enumerate(months):
                rows.append((group[place], name[place], what, month, *luck_of(cells[what, at]), worlds, replicates))
    return filled(table, {column: np.array([row[at] for row in rows]) for at, column in enumerate(table.names)})


def _run(plan: Plan, seed: int, worlds: int, replicates: int, months: tuple[int, ...], threads: int) -> np.ndarray:
    """What is looked at, shape (LUCKY, worlds, replicates, services, months)."""
    # a replicate has the record of its number: each world's once for every replicate, with other random numbers
    repeated = replace(plan, parameters=plan.parameters[np.repeat(np.arange(worlds), replicates)])
    batches = simulate(repeated, seed=seed, replicates=worlds * replicates, threads=threads)
    found = np.concatenate([states_of(batch, months) for batch in batches], axis=1)
    return found.reshape(len(LUCKY), worlds, replicates, len(plan.services), len(months))
