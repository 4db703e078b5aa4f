"""Paired effects: one outcome in two scenarios, replicate by replicate, with what the pairing is worth."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.worlds.luck import needed, share_below

CONFIDENCE: Final = 0.95
ERROR_OF_SHARES: Final = 0.005
"""Monte Carlo standard error of a difference of shares that replicates are counted for: half a percentage point."""
ERROR_OF_OTHERS: Final = 0.01
"""The same for other outcomes, in standard deviations of the outcome between replicates."""

_ROUNDING: Final = 1e-12
"""Values that spread no more than this, relative to their size, differ by rounding alone."""


@dataclass(frozen=True)
class Effect:
    """Paired difference of one outcome, the other scenario minus the base; NaN where it cannot be told.

    Attributes
    ----------
    base, other : float
        Means over the pairs in which both are defined.
    difference, mcse : float
        Mean difference and its Monte Carlo standard error; the error is NaN, not known, where every pair seen differs by the
        same amount: no spread seen is not "no error".
    low, high : float
        95 % interval (Student's t). Where every pair differs by the same amount: for a share, what pairs that were not seen leave
        possible (exact binomial bound, each of them as far off as can be); else NaN.
    correlation : float
        Of the two scenarios over pairs.
    variance_reduction : float
        Variance of the difference of two runs that share nothing over that of a pair; infinite where every pair differs by
        the same amount.
    pairs, differing : int
        Pairs in which both are defined, and those of them in which the two are not the same.
    wanted : float
        Monte Carlo standard error that ``needed`` is about.
    needed : int or None
        Replicates that it takes; None where that cannot be told.
    """

    base: float
    other: float
    difference: float
    mcse: float
    low: float
    high: float
    correlation: float
    variance_reduction: float
    pairs: int
    differing: int
    wanted: float
    needed: int | None

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out no difference; a difference that is the same in every pair is clear if there is one."""
        same = math.isnan(self.mcse) and self.pairs > 1 and self.differing == self.pairs
        return self.low > 0.0 or self.high < 0.0 or (same and math.isnan(self.low))


def effect_of(base: np.ndarray, other: np.ndarray, *, share: bool) -> Effect:
    """Compare an outcome pair by pair.

    Parameters
    ----------
    base, other : numpy.ndarray
        Floats of shape (replicates,), NaN where undefined; the same place is the same world and luck.
    share : bool
        Whether it is a share, for the error that replicates are counted for.

    Returns
    -------
    Effect
    """
    known = ~(np.isnan(base) | np.isnan(other))
    one, two = base[known], other[known]
    gap = two - one
    pairs = len(gap)
    size = float(np.abs(one).max(initial=0.0) + np.abs(two).max(initial=0.0))
    var_one, var_two, var_gap = (_variance(values, size) for values in (one, two, gap))
    mean = float(gap.mean()) if pairs else math.nan
    seen = pairs > 1 and var_gap > 0.0
    mcse = math.sqrt(var_gap / pairs) if seen else math.nan
    reach = _reach(pairs) * mcse if seen else _unseen(pairs, mean) if share else math.nan
    wanted = ERROR_OF_SHARES if share else ERROR_OF_OTHERS * math.sqrt((var_one + var_two) / 2.0)
    return Effect(
        base=float(one.mean()) if pairs else math.nan,
        other=float(two.mean()) if pairs else math.nan,
        difference=mean,
        mcse=mcse,
        low=mean - reach,
        high=mean + reach,
        correlation=_correlation(one, two, var_one, var_two),
        variance_reduction=_over(var_one + var_two, var_gap),
        pairs=pairs,
        differing=int(np.count_nonzero(gap)),
        wanted=wanted,
        needed=needed(len(base), mcse, wanted) if wanted > 0.0 and math.isfinite(mcse) else None,
    )


def _unseen(pairs: int, mean: float) -> float:
    """By how much a mean difference of shares may be off where every pair seen differs by the same amount."""
    if pairs < 2:
        return math.nan
    return share_below(0, pairs, 0.5 + CONFIDENCE / 2.0) * (1.0 + abs(mean))


def _variance(values: np.ndarray, size: float) -> float:
    """Variance over replicates; exactly 0 where values differ by rounding alone, NaN with fewer than two."""
    if len(values) < 2:
        return math.nan
    return 0.0 if float(np.ptp(values)) <= _ROUNDING * size else float(values.var(ddof=1))


def _correlation(one: np.ndarray, two: np.ndarray, var_one: float, var_two: float) -> float:
    """Pearson's correlation; undefined where either does not vary."""
    if not (var_one > 0.0 and var_two > 0.0):
        return math.nan
    together = float(np.dot(one - one.mean(), two - two.mean())) / (len(one) - 1)
    return float(np.clip(together / math.sqrt(var_one * var_two), -1.0, 1.0))


def _over(above: float, below: float) -> float:
    if math.isnan(above) or math.isnan(below) or above == below == 0.0:
        return math.nan
    return math.inf if below == 0.0 else above / below


def _reach(pairs: int) -> float:
    """Standard errors to each side of an interval."""
    from scipy.special import stdtrit

    return float(stdtrit(pairs - 1, 0.5 + CONFIDENCE / 2.0)) if pairs > 1 else math.nan


@dataclass(frozen=True)
class Track:
    """A paired difference over months; each array of shape (months,), NaN with fewer than two replicates but for the means.

    Attributes
    ----------
    mean, reach : numpy.ndarray
        Mean over replicates and half its 95 % interval; where all replicates are alike, what others not seen leave possible.
    """

    mean: np.ndarray
    reach: np.ndarray

    @property
    def low(self) -> np.ndarray:
        """Lower bounds of the interval."""
        return self.mean - self.reach

    @property
    def high(self) -> np.ndarray:
        """Upper bounds of the interval."""
        return self.mean + self.reach


def track_of(counts: np.ndarray, services: int) -> Track:
    """Share of services, or its paired difference, over months.

    Parameters
    ----------
    counts : numpy.ndarray
        Whole numbers of shape (replicates, months): services, or services more than in the base.
    services : int
    """
    runs = len(counts)
    mean = counts.mean(axis=0) / services
    if runs < 2:
        return Track(mean, np.full(counts.shape[1], np.nan))
    reach = _reach(runs) * counts.std(axis=0, ddof=1) / math.sqrt(runs) / services
    unseen = np.array([_unseen(runs, float(value)) for value in mean])
    return Track(mean, np.where(reach > 0.0, reach, unseen))


def track_of_errors(mean: np.ndarray, errors: np.ndarray, runs: int) -> Track:
    """Track of means whose Monte Carlo standard errors are known, as sums over runs give them.

    Parameters
    ----------
    mean, errors : numpy.ndarray
        f8, shape (months,).
    runs : int
    """
    if runs < 2:
        return Track(mean, np.full(len(mean), np.nan))
    seen = runs * errors**2 > _ROUNDING
    unseen = np.array([_unseen(runs, float(value)) for value in mean])
    return Track(mean, np.where(seen, _reach(runs) * errors, unseen))
