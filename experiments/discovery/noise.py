"""How many worlds chance in the runs puts on the wrong side of a line, and how many replicates would be enough."""

from typing import Final

import numpy as np

MOST_WRONG: Final = 0.10
"""Share of the worlds that may be expected on the wrong side."""

ROUNDS: Final = (12, 24, 48, 96)
"""Replicates a world, unless told: as many as MOST_WRONG takes."""

MOST_ASKED: Final = 4096


def misclassified(values: np.ndarray, line: float) -> float:
    """Share of the worlds whose mean over replicates is expected to lie on the other side of a line than the true one.

    A world's true mean, given what was measured, is taken as normal: between the measured mean and that of all worlds, by how
    far worlds differ and by the Monte Carlo error (empirical Bayes). Few replicates tell their own variance badly, so a
    world's error variance is half its own and half that of all worlds.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (worlds, replicates), two or more of each.
    line : float

    Examples
    --------
    >>> misclassified(np.array([[0.0, 0.0], [1.0, 1.0]]), 0.5)
    0.0
    """
    from scipy.stats import norm

    mean, error, between = _parts(values)
    if not error.any():
        return 0.0
    share = between / (between + error)
    centre = mean.mean() + share * (mean - mean.mean())
    spread = np.maximum(np.sqrt(share * error), np.finfo(float).tiny)
    below = norm.cdf((line - centre) / spread)  # chance that the true mean lies below the line
    return float(np.where(mean < line, 1.0 - below, below).mean())


def needed(values: np.ndarray, line: float, *, wrong: float = MOST_WRONG) -> int:
    """Replicates a world with which no more than so many worlds are expected on the wrong side; 0 for more than MOST_ASKED.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (worlds, replicates).
    line : float
    wrong : float
        Share of the worlds.
    """
    from scipy.stats import norm

    mean, error, between = _parts(values)
    spread = mean.var(ddof=1)
    true = mean.mean() + (mean - mean.mean()) * np.sqrt(between / spread if spread > 0 else 0.0)
    times = values.shape[1]
    while times <= MOST_ASKED:
        here = np.sqrt(error * values.shape[1] / times)
        far = np.divide(np.abs(true - line), here, out=np.full(len(true), np.inf), where=here > 0)
        if norm.cdf(-far).mean() <= wrong:
            return times
        times *= 2
    return 0


def _parts(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Means of the worlds, their error variances, and the variance between the true means."""
    mean = values.mean(axis=1)
    own = values.var(axis=1, ddof=1) / values.shape[1]
    return mean, (own + own.mean()) / 2.0, max(float(mean.var(ddof=1) - own.mean()), 0.0)
