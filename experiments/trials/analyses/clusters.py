"""Analyses of one value a cluster: least squares with Student's t, and permutation of the allocation.

Sources: Donner and Klar 2000; Hayes and Moulton 2017 (cluster-level t, strata, pairs). Intervals of the permutation test are by
inversion for a shift.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from experiments.trials.analyses.estimates import FINE, NO_VARIANCE, SINGULAR, TOO_FEW, Estimates, left_nothing, told

_ALIKE: Final = 1e-12
"""Relative difference below which two differences of means are ties: allocations that mirror each other give such."""


def least_squares(
    value: np.ndarray,
    columns: list[np.ndarray],
    *,
    stratum: np.ndarray | None = None,
    weight: np.ndarray | None = None,
    alpha: float = 0.05,
) -> Estimates:
    """Effect of the first column on a value a cluster, others held, within strata; residual variance pooled.

    Parameters
    ----------
    value : numpy.ndarray
        f8, shape (trials, clusters); NaN is left out.
    columns : list of numpy.ndarray
        f8, shape (trials, clusters) each: what is estimated, then what is held.
    stratum : numpy.ndarray, optional
        int, shape (trials, clusters): each has a level of its own; one for all unless given.
    weight : numpy.ndarray, optional
        f8, shape (trials, clusters), inverse to the variances.
    alpha : float

    Returns
    -------
    Estimates
        Degrees of freedom: clusters less strata less columns.
    """
    there = ~np.isnan(value)
    for column in columns:
        there &= ~np.isnan(column)
    kept = there.astype(float) if weight is None else np.where(there, weight, 0.0)
    kept = np.nan_to_num(kept)
    place = np.zeros(value.shape, np.int64) if stratum is None else _dense(stratum)
    levels = int(place.max(initial=0)) + 1
    # a factor 0 where nothing is known, so that NaN of the value never reaches a sum
    response = _within(np.where(there, value, 0.0), kept, place, levels)
    design = np.stack([_within(np.where(there, column, 0.0), kept, place, levels) for column in columns], axis=-1)
    cross = np.einsum("tci,tcj,tc->tij", design, design, kept)
    right = np.einsum("tci,tc,tc->ti", design, response, kept)
    used = _sums((kept > 0).astype(float), place, levels) > 0
    df = (kept > 0).sum(axis=1) - used.sum(axis=1) - len(columns)
    inverse, singular = inverses(cross)
    beta = np.einsum("tij,tj->ti", inverse, right)
    left = response - np.einsum("tci,ti->tc", design, beta)
    rest, whole = (left**2 * kept).sum(axis=1), (np.where(there, value, 0.0) ** 2 * kept).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(rest / np.maximum(df, 0) * inverse[:, 0, 0])
    failed = np.select([df <= 0, singular, left_nothing(rest, whole)], [TOO_FEW, SINGULAR, NO_VARIANCE], FINE)
    return told(beta[:, 0], error, df.astype(float), failed=failed, alpha=alpha)


def _dense(stratum: np.ndarray) -> np.ndarray:
    """Strata numbered from 0 over all trials."""
    return np.asarray(np.unique(stratum, return_inverse=True)[1]).reshape(stratum.shape)


def _sums(values: np.ndarray, place: np.ndarray, levels: int) -> np.ndarray:
    """Sums by stratum; f8, shape (trials, levels)."""
    trials = np.arange(len(values))[:, None] * levels
    return np.bincount((trials + place).ravel(), values.ravel(), len(values) * levels).reshape(len(values), levels)


def _within(values: np.ndarray, weight: np.ndarray, place: np.ndarray, levels: int) -> np.ndarray:
    """Values less the weighted mean of their stratum."""
    total, count = _sums(values * weight, place, levels), _sums(weight, place, levels)
    means = np.divide(total, count, out=np.zeros(total.shape), where=count > 0)
    return values - np.take_along_axis(means, place, axis=1)


def inverses(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverses of symmetric matrices and which have none.

    Parameters
    ----------
    matrices : numpy.ndarray
        f8, shape (trials, n, n), positive semi-definite.

    Returns
    -------
    inverse : numpy.ndarray
        Same shape; 0 where there is none.
    singular : numpy.ndarray
        bool, shape (trials,).
    """
    scale = np.sqrt(np.maximum(np.einsum("tii->ti", matrices), 0.0))
    sound = (scale > 0).all(axis=1) & np.isfinite(matrices).all(axis=(1, 2))
    safe = np.where(scale > 0, scale, 1.0)
    unit = matrices / safe[:, :, None] / safe[:, None, :]
    unit = np.where(sound[:, None, None], unit, np.eye(matrices.shape[1]))
    smallest = np.linalg.eigvalsh(unit)[:, 0]
    sound &= smallest > 1e-10
    found = np.linalg.inv(np.where(sound[:, None, None], unit, np.eye(matrices.shape[1])))
    found = found / safe[:, :, None] / safe[:, None, :]
    return np.where(sound[:, None, None], found, 0.0), ~sound


def cluster_t(
    value: np.ndarray,
    arm: np.ndarray,
    *,
    stratum: np.ndarray | None = None,
    weight: np.ndarray | None = None,
    baseline: np.ndarray | None = None,
    other: np.ndarray | None = None,
    alpha: float = 0.05,
) -> Estimates:
    """Difference of the second arm from the first, of one value a cluster, by Student's t.

    Parameters
    ----------
    value : numpy.ndarray
        f8, shape (trials, clusters); NaN is left out.
    arm : numpy.ndarray
        int, shape (trials, clusters); 0 is compared with 1, and variance is pooled over all arms. For another arm, number anew.
    stratum : numpy.ndarray, optional
        int, shape (trials, clusters). Pairs are strata of two: then it is the paired t.
    weight : numpy.ndarray, optional
        f8, shape (trials, clusters), such as the number of members.
    baseline : numpy.ndarray, optional
        f8, shape (trials, clusters): value before, which is held.
    other : numpy.ndarray, optional
        int, shape (trials, clusters): level of the other factor of a factorial design, which is held.
    alpha : float
    """
    columns = [(arm == 1).astype(float)]
    columns += [(arm == level).astype(float) for level in range(2, int(arm.max(initial=1)) + 1)]
    columns += [] if baseline is None else [baseline]
    columns += [] if other is None else [other.astype(float)]
    return least_squares(value, columns, stratum=stratum, weight=weight, alpha=alpha)


def permutation(value: np.ndarray, arm: np.ndarray, allocations: np.ndarray, *, alpha: float = 0.05) -> Estimates:
    """Difference of the means of two arms, tested against allocations by the same scheme; the interval inverts the test.

    p is (1 + allocations with a difference at least as large) over (1 + allocations). The interval holds the shifts that
    one-sided tests at half of alpha do not reject. The standard error is that of the differences over the allocations.

    Parameters
    ----------
    value : numpy.ndarray
        f8, shape (trials, clusters); NaN is left out.
    arm : numpy.ndarray
        int, shape (trials, clusters), 0 and 1; clusters of other arms are left out.
    allocations : numpy.ndarray
        bool, shape (allocations, clusters) or (trials, allocations, clusters): which clusters have the second arm.
    alpha : float
    """
    there = ~np.isnan(value) & (arm <= 1)
    known, filled = there.astype(float), np.where(there, value, 0.0)
    taken = allocations.astype(float)
    form = "tc,pc->tp" if taken.ndim == 2 else "tc,tpc->tp"

    def differences(numbers: np.ndarray) -> np.ndarray:
        inside, count = np.einsum(form, numbers, taken, optimize=True), np.einsum(form, known, taken, optimize=True)
        outside, others = numbers.sum(axis=1)[:, None] - inside, known.sum(axis=1)[:, None] - count
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(inside / count - outside / others)

    treated = there & (arm == 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        one = (filled * treated).sum(axis=1) / treated.sum(axis=1)
        other = (filled * (there & (arm == 0))).sum(axis=1) / (there & (arm == 0)).sum(axis=1)
    estimate = one - other
    by_chance = differences(filled)
    usable = np.isfinite(by_chance)
    number = usable.sum(axis=1)
    tie = _ALIKE * np.sqrt((filled**2).sum(axis=1))[:, None]
    beyond = usable & (np.abs(by_chance) >= np.abs(estimate)[:, None] - tie)
    p = (1.0 + beyond.sum(axis=1)) / (1.0 + number)
    lower, upper = _shifts(estimate, by_chance, differences(treated.astype(float)), number, alpha)
    squares = (np.where(usable, by_chance, 0.0) ** 2).sum(axis=1)
    spread = np.sqrt(squares / np.maximum(number, 1))
    few = (treated.sum(axis=1) < 1) | ((there & (arm == 0)).sum(axis=1) < 1) | (number < 1)
    failed = np.select([few, spread <= tie[:, 0]], [TOO_FEW, NO_VARIANCE], FINE)
    found = told(estimate, spread, np.full(len(p), np.inf), failed=failed, alpha=alpha)
    fine = found.failed == FINE
    low, high, chance = (np.where(fine, part, np.nan) for part in (lower, upper, p))
    return replace(found, lower=low, upper=high, p=chance)


def _shifts(
    estimate: np.ndarray, by_chance: np.ndarray, moved: np.ndarray, number: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of shifts that are not rejected.

    A shift d takes d from the treated: then an allocation gives ``by_chance - d moved``. It reaches the estimate less d from one
    side as long as d is at least (at most) ``(estimate - by_chance) / (1 - moved)``: the order of these says where p crosses.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        turns = (estimate[:, None] - by_chance) / (1.0 - moved)
    turns = np.where((moved < 1.0 - _ALIKE) & np.isfinite(by_chance), turns, np.nan)
    ordered = np.sort(turns, axis=1)  # NaN last
    count = (~np.isnan(turns)).sum(axis=1)
    # with k allocations on the far side, p is (1 + k + those alike) / (1 + number) on one side
    alike = number - count
    k = np.floor(alpha / 2.0 * (1 + number)).astype(int) - 1 - alike
    rows = np.arange(len(turns))
    inside = (k >= 0) & (k < count)
    low = np.where(inside, ordered[rows, np.clip(k, 0, turns.shape[1] - 1)], -np.inf)
    high = np.where(inside, ordered[rows, np.clip(count - 1 - k, 0, turns.shape[1] - 1)], np.inf)
    return low, high
