"""How good forecasts were: chances by their Brier score, ranges by how often they held what came out."""

from collections.abc import Sequence

import numpy as np

Numbers = Sequence[float] | np.ndarray


def brier(probabilities: Numbers, outcomes: Numbers) -> float:
    """Brier score: the mean squared distance of chances from what happened (Brier 1950). 0 is perfect; always ½ gives 0.25.

    Parameters
    ----------
    probabilities : sequence of float
        From 0 to 1, shape (n,).
    outcomes : sequence of float or bool
        1 where it happened, else 0, shape (n,).

    Raises
    ------
    ValueError
        For no forecasts, unequal numbers of them, a chance outside 0 to 1, or an outcome that is neither 0 nor 1.

    Examples
    --------
    >>> brier([0.5, 1.0], [0, 1])
    0.125
    """
    chances, happened = _alike(probabilities, outcomes)
    if not ((chances >= 0) & (chances <= 1)).all():
        raise ValueError("chances are from 0 to 1")
    if not np.isin(happened, (0.0, 1.0)).all():
        raise ValueError("what happened is 1 or 0")
    return float(np.mean((chances - happened) ** 2))


def coverage(lows: Numbers, highs: Numbers, values: Numbers) -> float:
    """Share of ranges that hold what came out; both ends belong to them.

    Parameters
    ----------
    lows, highs, values : sequence of float
        Shape (n,).

    Raises
    ------
    ValueError
        For no ranges, unequal numbers of them, a number that is none, or a lower end above the upper one.

    Examples
    --------
    >>> coverage([0, 0], [1, 1], [0.5, 2])
    0.5
    """
    low, high, value = _alike(lows, highs, values)
    if (low > high).any():
        raise ValueError("the lower end of a range is not above the upper one")
    return float(np.mean((low <= value) & (value <= high)))


def _alike(*given: Numbers) -> list[np.ndarray]:
    """Numbers as arrays of one length, f8."""
    found = [np.asarray(one, dtype=np.float64) for one in given]
    if any(one.ndim != 1 or one.shape != found[0].shape for one in found) or not len(found[0]):
        raise ValueError("as many forecasts as outcomes are needed, and at least one")
    if not all(np.isfinite(one).all() for one in found):
        raise ValueError("forecasts and outcomes are numbers")
    return found
