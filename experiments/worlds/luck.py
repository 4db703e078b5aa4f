"""What luck does to a mean: how many replicates an error takes, and what may have been missed where no spread was seen."""

import math
from typing import Final

import numpy as np

RATIO_MOST: Final = 1e9
"""Times by which an error is taken to be too large at most: beyond it, the number of replicates is past all doing anyway."""


def needed(replicates: int, mcse: float, wanted: float) -> int:
    """Replicates that an error takes, by the error that some replicates have: it falls with their square root.

    Parameters
    ----------
    replicates : int
    mcse, wanted : float

    Examples
    --------
    >>> needed(100, 0.02, 0.01)
    400
    """
    return max(2, math.ceil(replicates * min(mcse / wanted, RATIO_MOST) ** 2 - 1e-9))


LEAST: Final = 30
"""Runs below which an error counts as met by nobody: of fewer, too little of the spread is seen."""

RARE: Final = 10
"""Runs that must differ from the commonest value before the spread seen is believed."""

CONFIDENCE: Final = 0.95

_BOUNDED: Final = {
    "share 0-1": (0.0, 1.0),
    "share -1-1": (-1.0, 1.0),
    "share of posts": (0.0, 1.0),
    "share of trained": (0.0, 1.0),
    "scale 0-1": (0.0, 1.0),
    "scale 1-5": (1.0, 5.0),
}
"""Lowest and highest value of an outcome by its unit, where there is one."""


def limits_of(outcome: str) -> tuple[float, float] | None:
    """Lowest and highest value that an outcome can have; None where it has no limits.

    Parameters
    ----------
    outcome : str
        As ``sim.measures.vector_names`` has it, such as ``share_sustained@24``.

    Examples
    --------
    >>> limits_of("share_abandoned@12"), limits_of("hours_leader_per_service")
    ((0.0, 1.0), None)
    """
    from sim.measures import OUTCOMES

    base = outcome.partition("@")[0]
    units = {known.name: known.unit for known in OUTCOMES}
    return _BOUNDED.get(units.get(base, "").strip())


def share_below(part: int, whole: int, confidence: float = CONFIDENCE) -> float:
    """Share that a part seen leaves possible at the most: the exact one-sided bound of Clopper and Pearson.

    Of nothing seen in n runs it is ``1 - (1 - confidence)^(1/n)``, about 3/n.

    Parameters
    ----------
    part, whole : int
    confidence : float

    Examples
    --------
    >>> round(share_below(0, 100), 4), share_below(4, 4)
    (0.0295, 1.0)
    """
    from scipy.special import betaincinv

    return 1.0 if part >= whole else float(betaincinv(part + 1, whole - part, confidence))


def share_between(part: int, whole: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Interval of a share by Wilson: it has a length where all or nothing was seen, too.

    Parameters
    ----------
    part, whole : int
    confidence : float

    Examples
    --------
    >>> [round(end, 2) for end in share_between(0, 20)], share_between(0, 0)
    ([0.0, 0.16], (0.0, 1.0))
    """
    from scipy.stats import binomtest

    if whole == 0:
        return 0.0, 1.0
    found = binomtest(part, whole).proportion_ci(confidence, method="wilson")
    return float(found.low), float(found.high)


def agreeing(share: float, members: int) -> bool:
    """Whether worlds agree: a share that is as good as 0 or 1, with less than half a world on the other side.

    Parameters
    ----------
    share : float
        Of the worlds, luck taken out.
    members : int
        Different worlds that were looked at.

    Examples
    --------
    >>> agreeing(1.0, 20), agreeing(0.98, 20), agreeing(0.0, 5), agreeing(math.nan, 5)
    (True, False, True, False)
    """
    return min(share, 1.0 - share) < min(0.005, 0.5 / max(1, members))


def unseen_error(runs: int, value: float, limits: tuple[float, float] | None, *, differing: int = 0) -> float:
    """Monte Carlo standard error that a mean may have at the most, where few runs or none differ from one value.

    A share q of runs may differ, by as far as the limits are away; q is at most :func:`share_below`. Then the standard error is
    at most reach * sqrt(q (1 - q) / runs).

    Parameters
    ----------
    runs : int
    value : float
        The commonest value.
    limits : tuple of float or None
        Of the outcome.
    differing : int
        Runs that have another value.

    Returns
    -------
    float
        NaN, not known, where there are no limits, or fewer than two runs.
    """
    if limits is None or runs < 2:
        return math.nan
    share = min(share_below(differing, runs), 0.5)  # the spread of two values is largest where each has half
    return max(value - limits[0], limits[1] - value) * math.sqrt(share * (1.0 - share) / runs)


def error_of(values: np.ndarray, mcse: float, limits: tuple[float, float] | None) -> tuple[float, bool]:
    """Monte Carlo standard error that can be stood by, and whether the spread behind it was seen.

    Where fewer than RARE runs differ from the commonest value, the spread seen is itself a matter of luck: then it is an upper
    bound (with CONFIDENCE), or not known.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (runs,), without NaN.
    mcse : float
        By the spread seen.
    limits : tuple of float or None
        Of the outcome.

    Returns
    -------
    error : float
        NaN where it is not known.
    seen : bool
    """
    if len(values) < 2:
        return math.nan, False
    kinds, counts = np.unique(values, return_counts=True)
    differing = len(values) - int(counts.max())
    return stood_by(len(values), differing, mcse, limits, value=float(kinds[counts.argmax()]))


def stood_by(
    runs: int, differing: int, mcse: float, limits: tuple[float, float] | None, *, value: float = 0.0
) -> tuple[float, bool]:
    """Monte Carlo standard error that can be stood by, as :func:`error_of` gives it, from how many runs differ.

    Parameters
    ----------
    runs, differing : int
        All, and those that have another value than the commonest.
    mcse : float
        By the spread seen.
    limits : tuple of float or None
        Of the outcome.
    value : float
        The commonest value.

    Returns
    -------
    error : float
        NaN where it is not known.
    seen : bool

    Examples
    --------
    >>> error, seen = stood_by(100, 0, 0.0, (0.0, 1.0))
    >>> round(error, 4), seen
    (0.0169, False)
    """
    if runs < 2:
        return math.nan, False
    if differing >= min(RARE, runs // 2):
        return mcse, True
    bound = unseen_error(runs, value, limits, differing=differing)
    if differing and math.isnan(bound):
        return mcse, True
    return max(bound, mcse), False
