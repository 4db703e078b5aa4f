"""How many worlds chance in the runs puts on the wrong side of a line, and how many replicates would be enough."""

from typing import Final

import numpy as np

from experiments.worlds.estimating import believed, by_world, merged, moments

MOST_WRONG: Final = 0.10
"""Share of the worlds that may be expected on the wrong side."""

ROUNDS: Final = (12, 24, 48, 96)
"""Replicates a world, unless told: as many as MOST_WRONG takes."""

MOST_ASKED: Final = 4096


def misclassified(values: np.ndarray, line: float) -> float:
    """Share of the worlds whose mean over replicates is expected to lie on the other side of a line than the true one.

    A world's true mean, given what was measured, is what :func:`experiments.worlds.estimating.believed` says. Worlds stand each
    for itself here, also those that repeat a member: each has luck of its own that may put it on the wrong side.

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

    seen = merged(*by_world(values))
    if not seen.variance.any():
        return 0.0
    centre, spread = believed(seen)
    below = norm.cdf((line - centre) / np.maximum(spread, np.finfo(float).tiny))  # chance that the true mean lies below the line
    return float(np.where(seen.mean < line, 1.0 - below, below).mean())


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

    seen = merged(*by_world(values))
    mean, spread = seen.mean, seen.mean.var(ddof=1)
    true = mean.mean() + (mean - mean.mean()) * (moments(seen).spread / np.sqrt(spread) if spread > 0 else 0.0)
    times = values.shape[1]
    while times <= MOST_ASKED:
        here = np.sqrt(seen.variance * values.shape[1] / times)
        far = np.divide(np.abs(true - line), here, out=np.full(len(true), np.inf), where=here > 0)
        if norm.cdf(-far).mean() <= wrong:
            return times
        times *= 2
    return 0
