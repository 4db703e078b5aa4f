"""Services of a cohort, how well scores rank them within a world, and the luck in that."""

import gc
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

FOLDS: Final = 10
FEWEST: Final = 3
"""Services of a world of which what is foretold comes true, and of which it does not, without which it has no AUC."""

PARTS: Final = 8
"""Parts of a world's services that are left out in turn."""

LARGE: Final = 20_000
"""Rows from which on the memory of a regression is given back at once: its result refers to itself, and Python, which counts
objects and not their size, would keep hundreds of them."""


@dataclass(frozen=True)
class Cohort:
    """Services of a cohort, a row each.

    Attributes
    ----------
    world, part : numpy.ndarray
        int64, shape (rows,): part is what is left out together, a run or, with few runs, some of the services.
    predictors : dict of str to numpy.ndarray
        f8, shape (rows,).
    came : numpy.ndarray
        bool, shape (rows,): whether what is foretold came about.
    """

    world: np.ndarray
    part: np.ndarray
    predictors: dict[str, np.ndarray]
    came: np.ndarray


def cohort_of(measured: Mapping[str, np.ndarray], predictors: Sequence[str], outcome: str) -> Cohort:
    """Cohort of what was measured, without services that have no score: nobody can rank them.

    Parameters
    ----------
    measured : mapping of str to numpy.ndarray
        f8, shape (worlds, replicates, services).
    predictors : sequence of str
    outcome : str
        What is foretold: at the horizon, or at a month before it.
    """
    shape = measured[outcome].shape
    world = np.broadcast_to(np.arange(shape[0])[:, None, None], shape).reshape(-1)
    runs, services = np.arange(shape[1])[:, None], np.arange(shape[2])[None, :]
    parts = runs if shape[1] >= PARTS // 2 else services % PARTS
    part = np.broadcast_to(parts[None, :, :], shape).reshape(-1)
    columns = {name: measured[name].reshape(-1) for name in predictors}
    there = np.all([np.isfinite(one) for one in columns.values()], axis=0)
    came = measured[outcome].reshape(-1)[there] > 0.5
    return Cohort(world[there], part[there], {name: one[there] for name, one in columns.items()}, came)


def area(score: np.ndarray, came: np.ndarray) -> float:
    """Area under the curve, ties counting half; NaN with too few services of either kind.

    Parameters
    ----------
    score : numpy.ndarray
        f8, shape (services,).
    came : numpy.ndarray
        bool, shape (services,).
    """
    from scipy.stats import rankdata

    yes = int(came.sum())
    no = len(came) - yes
    if min(yes, no) < FEWEST:
        return math.nan
    return float((rankdata(score)[came].sum() - yes * (yes + 1) / 2.0) / (yes * no))


def scores(cohort: Cohort, names: Sequence[str]) -> tuple[np.ndarray, float]:
    """Scores of the services by a regression fitted in other worlds, and its deviance there.

    Returns
    -------
    scores : numpy.ndarray
        f8, shape (rows,): log odds.
    deviance : float
        Of the predictions for worlds that the regression has not seen.
    """
    import statsmodels.api as sm

    columns = [cohort.predictors[name] for name in names]
    x = sm.add_constant(np.stack(columns, axis=1), has_constant="add") if names else np.ones((len(cohort.world), 1))
    y = cohort.came.astype(float)
    found = np.zeros(len(y))
    for fold in range(FOLDS):
        out = cohort.world % FOLDS == fold
        if not out.any():
            continue
        found[out] = x[out] @ sm.GLM(y[~out], x[~out], family=sm.families.Binomial()).fit().params
        if len(y) > LARGE:
            gc.collect()
    chance = np.clip(1.0 / (1.0 + np.exp(-found)), 1e-9, 1.0 - 1e-9)
    return found, float(-2.0 * (y * np.log(chance) + (1.0 - y) * np.log(1.0 - chance)).sum())


def by_world(cohort: Cohort, scored: Sequence[np.ndarray], weights: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Weighted sum of the areas under the curves of some scores in each world, and its variance (jackknife over parts).

    Parameters
    ----------
    cohort : Cohort
    scored : sequence of numpy.ndarray
        Scores, f8 of shape (rows,).
    weights : sequence of float

    Returns
    -------
    value, variance : numpy.ndarray
        f8, shape (worlds of the cohort,); NaN where there are too few services of either kind.
    """

    def value(rows: np.ndarray) -> float:
        found = [weight * area(score[rows], cohort.came[rows]) for score, weight in zip(scored, weights, strict=True)]
        return sum(found)

    worlds = np.unique(cohort.world)
    values, variances = np.full(len(worlds), np.nan), np.full(len(worlds), np.nan)
    for at, world in enumerate(worlds):
        mine = np.flatnonzero(cohort.world == world)
        values[at] = value(mine)
        parts = cohort.part[mine]
        left = np.array([value(mine[parts != part]) for part in np.unique(parts)])
        left = left[np.isfinite(left)]
        if len(left) > 1 and np.isfinite(values[at]):
            variances[at] = (len(left) - 1) / len(left) * float(((left - left.mean()) ** 2).sum())
    return values, variances
