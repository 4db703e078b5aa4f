"""Outcomes of single replicates, for paired comparisons under common random numbers."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from sim import codes
from sim.engine import Batch
from sim.history import LANDMARKS, first_month
from sim.measures.histories import CUT_NAMES
from sim.measures.units import REGION, Unit
from sim.measures.values import OUTCOME_NAMES, values_of
from sim.plan import Plan

ALONG_THE_WAY: Final = (
    "share_operating", "share_silent", "share_given_up", "share_kept_going", "share_high_every_look",
    *(f"share_high_every_look_{cut}" for cut in CUT_NAMES), "share_ever_given_up", "posts_operating", "posts_kept_going",
    "share_sustained", "share_drifted", "share_dormant", "share_abandoned", "posts_delivering", "posts_waiting", "fidelity",
    "dilemma", "competence", "climate", "share_never_started", "months_kept_going", "months_sustained", "waiting_months_per_post",
    "false_rejections_per_post", "false_continuations_per_post", "benefit_per_course",
)  # fmt: skip
"""Outcomes given at the landmark months too; all others at the horizon only."""

MEAN: Final = "mean"
"""View of an outcome that is its mean over all months; ``mean24`` is that over the months to 24."""

MEANS_TOLD: Final = ("dilemma",)
"""Outcomes whose mean is given to the landmark months too."""

FIRST_ABANDONMENT: Final = "months_to_first_abandonment"


def vector_names(months: int) -> tuple[str, ...]:
    """Names of the outcome vector for a horizon, in order.

    Parameters
    ----------
    months : int
    """
    marks = [month for month in LANDMARKS if month < months]
    along = [f"{name}@{mark}" for name in ALONG_THE_WAY for mark in (*marks, MEAN)]
    means = [f"{name}@{MEAN}{mark}" for name in MEANS_TOLD for mark in marks]
    return (*OUTCOME_NAMES, *sorted([*along, *means, FIRST_ABANDONMENT]))


def outcome_vector(plan: Plan, batches: Iterable[Batch], names: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """Outcomes of the region for every replicate.

    Parameters
    ----------
    plan : Plan
    batches : iterable of Batch
        In replicate order.
    names : iterable of str, optional
        The wanted ones of ``vector_names``; all unless given. The others are not computed.

    Returns
    -------
    dict of str to numpy.ndarray
        Floats of shape (replicates,), NaN where undefined: every monthly outcome at the horizon by its name, some as
        ``NAME@MONTH`` at the landmarks before it, ``NAME@mean`` over all months, some as ``NAME@meanMONTH`` over the months to
        a landmark, and ``months_to_first_abandonment``,
        the mean over started services, cut off at the horizon.
    """
    region = (Unit("region", REGION, np.arange(len(plan.services))),)
    known = vector_names(plan.months)
    asked = set(known if names is None else names)
    wanted = tuple(name for name in known if name in asked)
    views: dict[str, list[str]] = {}
    for name in wanted:
        base, _, view = name.partition("@")
        views.setdefault(base, []).append(view)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in wanted}
    for batch in batches:
        for value in values_of(plan, batch, region, views):
            series = value.floats()[:, 0, :]
            for view in views[value.name]:
                parts[f"{value.name}@{view}" if view else value.name].append(_viewed(series, view))
        if FIRST_ABANDONMENT in parts:
            parts[FIRST_ABANDONMENT].append(_months_to_abandonment(batch, plan.months))
    return {name: np.concatenate(parts[name]) if parts[name] else np.zeros(0) for name in wanted}


def _viewed(series: np.ndarray, view: str) -> np.ndarray:
    """One value a replicate from its months: at the horizon, the mean of all or of those to a landmark, or at a landmark."""
    if view.startswith(MEAN):
        mark = view.removeprefix(MEAN)
        return _mean_of_defined(series[:, : int(mark)] if mark else series)
    return series[:, int(view) - 1 if view else -1]


def _mean_of_defined(series: np.ndarray) -> np.ndarray:
    known = ~np.isnan(series)
    count = known.sum(axis=1)
    return np.divide(np.where(known, series, 0.0).sum(axis=1), count, out=np.full(len(series), np.nan), where=count > 0)


def _months_to_abandonment(batch: Batch, months: int) -> np.ndarray:
    begun = first_month(batch.rows["sessions"] > 0)
    abandoned = first_month(batch.rows["state"] == codes.ABANDONED)
    spell = np.where(abandoned > 0, abandoned, months) - begun
    count = (begun > 0).sum(axis=1)
    total = np.where(begun > 0, spell, 0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(begun), np.nan), where=count > 0)
