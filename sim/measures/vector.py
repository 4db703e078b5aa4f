"""Outcomes of single replicates, for paired comparisons under common random numbers."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from sim import codes
from sim.engine import Batch
from sim.history import LANDMARKS, first_month
from sim.measures.units import REGION, Unit
from sim.measures.values import OUTCOME_NAMES, values_of
from sim.plan import Plan

ALONG_THE_WAY: Final = (
    "share_sustained", "share_drifted", "share_dormant", "share_abandoned", "posts_delivering", "posts_waiting", "fidelity",
    "dilemma", "competence", "climate",
)  # fmt: skip
"""Outcomes given at the landmark months too; all others at the horizon only."""


def outcome_vector(plan: Plan, batches: Iterable[Batch]) -> dict[str, np.ndarray]:
    """Outcomes of the region for every replicate.

    Parameters
    ----------
    plan : Plan
    batches : iterable of Batch
        In replicate order.

    Returns
    -------
    dict of str to numpy.ndarray
        Floats of shape (replicates,), NaN where undefined: every monthly outcome at the horizon by its name, some as
        ``NAME@MONTH`` at the landmarks within it, ``NAME@mean`` over all months, and ``months_to_first_abandonment``,
        the mean over started services, cut off at the horizon.
    """
    region = (Unit("region", REGION, np.arange(len(plan.services))),)
    parts: dict[str, list[np.ndarray]] = {}
    marks = [month for month in LANDMARKS if month < plan.months]
    for batch in batches:
        for value in values_of(plan, batch, region):
            series = value.floats()[:, 0, :]
            parts.setdefault(value.name, []).append(series[:, -1])
            if value.name in ALONG_THE_WAY:
                for month in marks:
                    parts.setdefault(f"{value.name}@{month}", []).append(series[:, month - 1])
                parts.setdefault(f"{value.name}@mean", []).append(_mean_of_defined(series))
        parts.setdefault("months_to_first_abandonment", []).append(_months_to_abandonment(batch, plan.months))
    order = [*OUTCOME_NAMES, *sorted(set(parts) - set(OUTCOME_NAMES))]
    return {name: np.concatenate(parts[name]) for name in order if name in parts}


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
