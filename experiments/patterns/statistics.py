"""Statistics of many replicates at once: arrays have the replicates first, and NaN or a mask for what is not there."""

from typing import Final

import numpy as np

_LEAST: Final = 1e-12
"""A spread below this is none: what is left of equal numbers after rounding."""


def mean_where(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is there.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (n, k).
    there : numpy.ndarray
        bool, shape (n, k).

    Returns
    -------
    numpy.ndarray
        f8, shape (n,); NaN where nothing is.
    """
    count = there.sum(axis=-1)
    return ratio(np.where(there, values, 0.0).sum(axis=-1), count)


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Quotient, NaN where the divisor is 0."""
    above, below = np.asarray(above, np.float64), np.asarray(below, np.float64)
    return np.divide(above, below, out=np.full(np.broadcast(above, below).shape, np.nan), where=below != 0)


def spread_where(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Standard deviation (n - 1) over the last axis of what is there; NaN with fewer than two."""
    count = there.sum(axis=-1)
    off = np.where(there, values - mean_where(values, there)[..., None], 0.0)
    return np.sqrt(ratio((off * off).sum(axis=-1), np.where(count > 1, count - 1, 0)))


def ranks_where(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Average ranks from 1 over the last axis, among what is there; NaN elsewhere.

    Parameters
    ----------
    values, there : numpy.ndarray
        Shape (n, k); k is small: all pairs are compared.
    """
    mine, other = values[..., :, None], values[..., None, :]
    both = there[..., None, :]
    lower = ((other < mine) & both).sum(axis=-1)
    equal = ((other == mine) & both).sum(axis=-1)
    return np.where(there, lower + 0.5 * (equal + 1), np.nan)


def correlation_where(first: np.ndarray, second: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Product-moment correlation over the last axis; NaN with fewer than three pairs or without spread.

    Parameters
    ----------
    first, second, there : numpy.ndarray
        Shape (n, k).

    Returns
    -------
    numpy.ndarray
        f8, shape (n,).
    """
    a = np.where(there, first - mean_where(first, there)[..., None], 0.0)
    b = np.where(there, second - mean_where(second, there)[..., None], 0.0)
    aa, bb = (a * a).sum(axis=-1), (b * b).sum(axis=-1)
    good = (there.sum(axis=-1) > 2) & (aa > _LEAST) & (bb > _LEAST)
    return np.where(good, ratio((a * b).sum(axis=-1), np.sqrt(np.where(good, aa * bb, 1.0))), np.nan)


def rank_correlation_where(first: np.ndarray, second: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation over the last axis; ties have average ranks."""
    ranks = [np.nan_to_num(ranks_where(one, there)) for one in (first, second)]
    return correlation_where(ranks[0], ranks[1], there)


def area_under_curve(score: np.ndarray, event: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Chance that of two, one with the event and one without, the score tells which; a tie counts half.

    Parameters
    ----------
    score : numpy.ndarray
        Shape (n, k).
    event, there : numpy.ndarray
        bool, shape (n, k).

    Returns
    -------
    numpy.ndarray
        f8, shape (n,); NaN where all or none had the event.
    """
    pairs = (event & there)[..., :, None] & (~event & there)[..., None, :]
    mine, other = score[..., :, None], score[..., None, :]
    won = np.where(pairs, (mine > other) + 0.5 * (mine == other), 0.0).sum(axis=(-2, -1))
    return ratio(won, pairs.sum(axis=(-2, -1)))


def difference(values: np.ndarray, there: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Difference of two arms in standard deviations within them, pooled (Cohen's d).

    Parameters
    ----------
    values, there : numpy.ndarray
        Shape (n, k).
    treated : numpy.ndarray
        bool, shape (k,).

    Returns
    -------
    numpy.ndarray
        f8, shape (n,).
    """
    arms = [there & one for one in (treated, ~treated)]
    counts = [one.sum(axis=-1) for one in arms]
    squares = [spread_where(values, arm) ** 2 * (count - 1) for arm, count in zip(arms, counts, strict=True)]
    pooled = np.sqrt(ratio(squares[0] + squares[1], counts[0] + counts[1] - 2))
    return ratio(mean_where(values, arms[0]) - mean_where(values, arms[1]), pooled)


def clustering(values: np.ndarray, there: np.ndarray, firsts: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Intraclass correlation within arms, from a one-way analysis of variance.

    Parameters
    ----------
    values, there : numpy.ndarray
        Shape (n, members of all clusters), cluster after cluster.
    firsts : numpy.ndarray
        int64, shape (clusters,): where each cluster begins.
    treated : numpy.ndarray
        bool, shape (clusters,): arm of each, whose mean is taken out.

    Returns
    -------
    numpy.ndarray
        f8, shape (n,): (MSB - MSW) / (MSB + (n0 - 1) MSW); NaN without two clusters an arm or without spread.
    """
    held = np.where(there, values, 0.0)
    count = np.add.reduceat(there.astype(np.float64), firsts, axis=-1)
    means = np.where(count > 0, np.add.reduceat(held, firsts, axis=-1) / np.maximum(count, 1.0), 0.0)
    within = np.add.reduceat(held * held, firsts, axis=-1) - count * means * means
    between, groups, arms = np.zeros(len(values)), (count > 0).sum(axis=-1), np.zeros(len(values))
    for arm in (treated, ~treated):
        size = np.where(arm, count, 0.0)
        middle = np.nan_to_num(ratio((size * means).sum(axis=-1), size.sum(axis=-1)))
        between += (size * (means - middle[:, None]) ** 2).sum(axis=-1)
        arms += size.sum(axis=-1) > 0
    total = count.sum(axis=-1)
    within_mean = ratio(within.sum(axis=-1), total - groups)
    between_mean = ratio(between, np.maximum(groups - arms, 0))
    usual = ratio(total - ratio((count * count).sum(axis=-1), total), np.maximum(groups - 1, 0))
    below = between_mean + (usual - 1.0) * within_mean
    return np.where(below > _LEAST, ratio(between_mean - within_mean, np.where(below > _LEAST, below, 1.0)), np.nan)


def first_of(there: np.ndarray, most: int) -> np.ndarray:
    """Mask of the first so many over the last axis of what is there.

    Parameters
    ----------
    there : numpy.ndarray
        bool, shape (n, k).
    most : int
    """
    return there & (np.cumsum(there, axis=-1) <= most)
