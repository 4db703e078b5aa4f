"""How much hangs on the definitions: a few replicates again, each definition of an outcome at its low and its high bound.

What counts as sustained, abandoned or helped is a parameter (ODD, observation), so results say how far they depend on it.
The same replicates are run with the same draws, so that a difference between two definitions is one in each replicate, and
its Monte Carlo standard error that of paired differences. Definitions hardly act on what people do: those of states and the
minimal worthwhile benefit not at all, but for two. The delivery window is what an outside team scores fidelity over, and says who
carries the practice: who can teach, by whom a decision to give up is held back, how many make a critical mass. After the
months without anybody a practice is given up, and taken up again by decision only (``service_decides``).
"""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import numpy as np

from sim.columns import Column, Table
from sim.engine import batch_size, simulate
from sim.history import STATES, USES
from sim.measures.tables import filled
from sim.parameters import STATE_DEFINITIONS, read_table
from sim.plan import Plan, with_values

DEFINITIONS: Final = (*STATE_DEFINITIONS, "gain_worthwhile")
"""Parameters that define outcomes, in the order of the table."""

BOUNDS: Final = ("low", "run", "high")
"""At which value a definition stands: its low bound, that of the run, its high bound."""

MOST_REPLICATES: Final = 50
MOST_SERVICE_MONTHS: Final = 1_200_000
"""Work that this may take, over all bounds: one or two seconds."""
MOST_THREADS: Final = 4
"""Threads used, so that no more memory is held than by the run itself."""
USUAL_REPLICATES: Final = 12
"""Replicates that are run again even where the run has hardly more: a fraction of a second."""
FEWEST_REPLICATES: Final = 2
"""Replicates that have an error: for so many of them, more work is allowed."""
MOST_FOR_FEWEST: Final = 5_200_000
"""Work that these may take: about five seconds on two threads, for a country of 2,000 services over seven years."""

_COUNTED: Final = (
    "delivering_posts", "helped", "false_rejections", "true_rejections", "false_continuations",
)  # fmt: skip
"""Fields summed over the services; the columns give them per post."""
_PER_POST: Final = (
    Column("posts_delivering", "f8", "share of posts", "Posts that gave a session within the delivery window."),
    Column("helped_per_post", "f8", "patients", "Ended courses with at least the minimal worthwhile benefit, per post."),
    Column("false_rejections_per_post", "f8", "decisions", "Stops or cuts tipped by reception where it was worth it, per post."),
    Column("true_rejections_per_post", "f8", "decisions", "Stops or cuts tipped by reception where it was not worth it."),
    Column("false_continuations_per_post", "f8", "decisions", "Going on for over 12 months where it was not worth it, per post."),
)
_SHARE_OF_POSTS: Final = "delivering_posts"
"""The one of _COUNTED that is of the posts established at the start; the others are of all posts that are there."""
_USES: Final = ("operating", "silent", "given_up")
_HISTORIES: Final = (
    ("share_kept_going", "kept_going", "Services that started and never had a gap, mean over these replicates."),
    ("share_high_every_look", "high_every_look", "Services of high fidelity at every yearly look, mean over these replicates."),
    ("posts_operating", "operating_posts", "Posts operating, mean over these replicates."),
    ("posts_given_up", "given_up_posts", "Posts given up, mean over these replicates."),
    ("posts_kept_going", "kept_going_posts", "Posts that started and never had a gap, mean over these replicates."),
)
"""Columns of what has become of services and posts, and the fields that they sum."""
_CHANGES: Final = {
    "share_sustained": "change_sustained",
    "share_abandoned": "change_abandoned",
    "helped_per_post": "change_helped",
    "share_given_up": "change_given_up",
    "share_kept_going": "change_kept_going",
    "share_high_every_look": "change_high_every_look",
}
"""Columns whose difference from the run's own definition is given, and what the difference is called."""

_NAMES: Final = (
    *(f"share_{state}" for state in STATES),
    *(column.name for column in _PER_POST),
    *(f"share_{use}" for use in _USES),
    *(name for name, _, _ in _HISTORIES),
)


def definitions_table() -> Table:
    """Outcomes at the horizon with each definition at its bounds."""
    changes = []
    for name, change in _CHANGES.items():
        unit = "patients" if name == "helped_per_post" else "share -1-1"
        changes.append(Column(change, "f8", unit, f"{name} minus that with the run's own definition, in the same replicates."))
        changes.append(Column(f"{change}_mcse", "f8", unit, f"Monte Carlo standard error of {change}, from paired differences."))
    return Table(
        "summary_definitions",
        ("definition", "bound"),
        (
            Column("definition", "i1", "category", "Parameter that defines an outcome and is moved, alone.", DEFINITIONS),
            Column("bound", "i1", "category", "Low or high bound of the parameter, or its value in the run.", BOUNDS),
            Column("value", "f8", "as the parameter", "Value of the parameter; undefined where replicates differ in it."),
            Column("replicates", "i8", "replicates", "Replicates that were run again: the first ones of the run."),
            Column("month", "i4", "month", "Horizon: completed months since training."),
            *(
                Column(f"share_{state}", "f8", "share 0-1", f"Services {state.replace('_', ' ')}, mean over these replicates.")
                for state in STATES
            ),
            *_PER_POST,
            *changes[:6],
            *(
                Column(f"share_{use}", "f8", "share 0-1", f"Services {use.replace('_', ' ')}, mean over these replicates.")
                for use in _USES
            ),
            *(
                Column(name, "f8", "share 0-1" if name.startswith("share") else "share of posts", meaning)
                for name, _, meaning in _HISTORIES
            ),
            *changes[6:],
        ),
        "What the definitions of outcomes do: each at its bounds, in a few replicates of the run. Empty for a region so large "
        "that none could be run again within a few seconds.",
    )


def affordable(plan: Plan, replicates: int) -> int:
    """Replicates that are run again, by the work that they take: at most MOST_REPLICATES; 0 where not even one fits.

    Beyond USUAL_REPLICATES they take no more work than the run itself.
    """
    runs = 1 + 2 * len(DEFINITIONS)
    each = runs * len(plan.services) * plan.months
    few = min(FEWEST_REPLICATES, MOST_FOR_FEWEST // each)
    fair = max(USUAL_REPLICATES, replicates // runs)
    return min(replicates, MOST_REPLICATES, fair, max(few, MOST_SERVICE_MONTHS // each))


def counts_of(plan: Plan, *, seed: int, replicates: int, batch: int | None = None) -> np.ndarray:
    """Services in each state and what is counted of services and posts at the horizon.

    Parameters
    ----------
    plan : Plan
    seed, replicates : int
    batch : int, optional
        Replicates a batch.

    Returns
    -------
    numpy.ndarray
        Shape (replicates, _NAMES): int64; float where posts can be added, since amounts are then given as for so many
        established posts: times these over the mean number of posts that were there.
    """
    parts = []
    posts, grows = int(plan.services["posts"].sum()), bool(plan.services["reserve"].any())
    for part in simulate(plan, seed=seed, replicates=replicates, batch=batch):
        last = part.rows[:, :, -1]
        columns = [(last["state"] == code).sum(axis=1) for code in range(len(STATES))]
        there = posts + part.rows["added_posts"].sum(axis=1).mean(axis=1)
        amounts = posts / there if grows else 1
        columns += [last[field].sum(axis=1) * (1 if field == _SHARE_OF_POSTS else amounts) for field in _COUNTED]
        columns += [(last["use"] == USES.index(use)).sum(axis=1) for use in _USES]
        columns += [last[field].sum(axis=1) for _, field, _ in _HISTORIES]
        parts.append(np.stack(columns, axis=1).astype(float if grows else np.int64))
    return np.concatenate(parts)


def definition_rows(plan: Plan, *, seed: int, replicates: int, threads: int = 1) -> tuple[Table, dict[str, np.ndarray]]:
    """Run the first replicates again with each definition at its bounds.

    Always on the compiled engine: both engines give the same, and this one in a second.

    Parameters
    ----------
    plan : Plan
    seed : int
    replicates : int
        Of the run; no more than ``affordable`` of them are run again.
    threads : int
        The result does not depend on it.

    Returns
    -------
    table : Table
    rows : dict of str to numpy.ndarray
        Three for each definition; none where not even one replicate could be run.
    """
    table, count = definitions_table(), affordable(plan, replicates)
    if count == 0:
        return table, table.empty(0)
    asked = {name: _common(plan.parameters[name]) for name in DEFINITIONS}
    moves = [
        (name, value)
        for name in DEFINITIONS
        for value in (read_table().parameters[name].low, read_table().parameters[name].high)
        if value != asked[name]
    ]
    few = replace(plan, parameters=plan.parameters[:count])  # the others are not asked; copies of all would take 160 MB
    plans = [few, *(with_values(few, {name: value}) for name, value in moves)]
    size = batch_size(few, threads)
    with ThreadPoolExecutor(min(threads, MOST_THREADS)) as pool:
        own, *others = pool.map(lambda one: counts_of(one, seed=seed, replicates=count, batch=size), plans)
    moved = dict(zip(moves, others, strict=True))
    found: list[dict[str, float]] = []
    for at, name in enumerate(DEFINITIONS):
        known = read_table().parameters[name]
        for bound, value in enumerate((known.low, asked[name], known.high)):
            row = {"definition": at, "bound": bound, "value": value, "replicates": count, "month": plan.months}
            found.append(row | _measured(plan, own, moved.get((name, value), own) if BOUNDS[bound] != "run" else own))
    return filled(table, {column.name: np.array([row[column.name] for row in found]) for column in table.columns})


def _common(values: np.ndarray) -> float:
    """Value that all replicates share, NaN if they do not."""
    return float(values[0]) if np.all(values == values[0]) else math.nan


def _measured(plan: Plan, own: np.ndarray, moved: np.ndarray) -> dict[str, float]:
    """Means over replicates, and differences from the run's own definition."""
    count, services, posts = len(own), len(plan.services), int(plan.services["posts"].sum())
    row: dict[str, float] = {}
    for place, name in enumerate(_NAMES):
        divisor = services if name.startswith("share_") else posts
        row[name] = moved[:, place].sum().item() / count / divisor
        if name in _CHANGES:
            gaps = [one.item() for one in moved[:, place] - own[:, place]]
            total, squares = sum(gaps), sum(gap * gap for gap in gaps)
            row[_CHANGES[name]] = total / count / divisor
            spread = math.sqrt(max(0, count * squares - total * total) / (count - 1)) / count if count > 1 else math.nan
            row[f"{_CHANGES[name]}_mcse"] = spread / divisor
    return row
