"""Effects of contrasts over plausible worlds, run by run paired; luck against worlds is told apart in ``experiments.worlds``."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.worlds.estimating import by_world, merged, moments, share_above, share_above_error, still_worlds
from experiments.worlds.luck import limits_of, needed, stood_by
from experiments.worlds.spread import Estimate

_DIGITS: Final = 12
"""Digits after the point beyond which sums of several arms differ by rounding alone."""


@dataclass(frozen=True)
class Effect(Estimate):
    """A contrast over the plausible worlds: low and high are the interval of its mean.

    Attributes
    ----------
    counted : float
        Share of worlds whose noisy mean is above zero, for comparison.
    still : float
        Share of worlds in which nothing at all differed in any run: they have no sign.
    worlds, members, runs : int
        Worlds, different members of the ensemble among them, and runs of every arm in each world.
    correlation : float
        Mean over worlds of the correlation between both sides; NaN for contrasts of more than two arms, or without variance.
    reduction : float
        Variance of the difference had the arms been run with luck of their own, over what it is; NaN where that is 0.
    """

    counted: float
    still: float
    worlds: int
    members: int
    runs: int
    correlation: float
    reduction: float


def contrasted(values: Mapping[str, np.ndarray], contrast: Mapping[str, float]) -> np.ndarray:
    """Weighted sum of the arms, run by run; f8, shape (worlds, runs), NaN where an arm is undefined.

    Parameters
    ----------
    values : dict of str to numpy.ndarray
        By arm, f8 of shape (worlds, runs).
    contrast : dict of str to float
        Weights by arm.
    """
    total: np.ndarray = np.zeros(next(iter(values.values())).shape)
    for arm, weight in contrast.items():
        total = total + weight * values[arm]
    return total


def estimate(
    values: Mapping[str, np.ndarray],
    contrast: Mapping[str, float],
    *,
    members: np.ndarray | None = None,
    level: float = 0.95,
    seed: int = 1,
    weights: np.ndarray | None = None,
) -> Effect:
    """Estimate a contrast.

    Parameters
    ----------
    values : dict of str to numpy.ndarray
        By arm, f8 of shape (worlds, runs): the same worlds and luck in every arm.
    contrast : dict of str to float
        Weights by arm.
    members : numpy.ndarray, optional
        int, shape (worlds,): which member of the ensemble a world has; every world is one of its own unless given.
    level : float
        Of the interval.
    seed : int
        Of the bootstrap.
    weights : numpy.ndarray, optional
        f8, shape (worlds,): how much each world counts; all the same unless given.
    """
    found = contrasted(values, contrast)
    mean, variance = by_world(found)
    return summed_up(
        mean, variance, members, runs=found.shape[1], level=level, seed=seed, paired=pairing(values, contrast),
        still=still_worlds(found), weights=weights,
    )  # fmt: skip


def summed_up(
    mean: np.ndarray,
    variance: np.ndarray,
    members: np.ndarray | None,
    *,
    runs: int,
    level: float = 0.95,
    seed: int = 1,
    paired: tuple[float, float] = (math.nan, math.nan),
    still: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> Effect:
    """Effect over worlds from a value of each and its variance.

    Parameters
    ----------
    mean, variance : numpy.ndarray
        f8, shape (worlds,); NaN where a world has none.
    members : numpy.ndarray or None
        int, shape (worlds,).
    runs : int
        Of every world.
    level : float
    seed : int
    paired : (float, float)
        As :func:`pairing` gives it.
    still : numpy.ndarray, optional
        bool, shape (worlds,): as :func:`still_worlds` gives it; none unless given.
    weights : numpy.ndarray, optional
        f8, shape (worlds,): how much each world counts; all the same unless given.
    """
    from scipy.special import stdtrit

    seen = merged(mean, variance, members, still, weights)
    all_ = moments(seen)
    # what `scipy.stats.t.ppf` gives, without its checks, which take ten times as long; this is called for every claim and look
    reach = float(stdtrit(max(1.0, all_.worth - 1.0), 0.5 + level / 2.0)) * all_.error
    there = mean[np.isfinite(mean) & np.isfinite(variance)]
    return Effect(
        mean=all_.mean, error=all_.error, mcse=all_.mcse, spread=all_.spread, low=all_.mean - reach, high=all_.mean + reach,
        sign_share=share_above(seen), sign_error=share_above_error(seen, seed),
        counted=float(np.mean(there > 0.0)) if len(there) else math.nan, still=float(seen.share[seen.still].sum()),
        worlds=len(there), members=len(seen.mean), runs=runs,
        correlation=paired[0], reduction=paired[1],
    )  # fmt: skip


def pairing(values: Mapping[str, np.ndarray], contrast: Mapping[str, float]) -> tuple[float, float]:
    """What common random numbers are worth: correlation of the two sides within worlds, and the variance-reduction factor.

    Both are about luck alone, within worlds. The factor is the sum of the arms' variances, by the square of their weights, over
    the variance of the contrast.

    Parameters
    ----------
    values, contrast
        As in :func:`estimate`.
    """
    within = {arm: _centred(values[arm]) for arm in contrast}
    apart = sum(weight**2 * float(np.nanmean(within[arm] ** 2)) for arm, weight in contrast.items())
    together = float(np.nanmean(_centred(contrasted(values, contrast)) ** 2))
    reduction = apart / together if together > 0.0 else math.nan
    if len(contrast) != 2:
        return math.nan, reduction
    one, two = within.values()
    scale = math.sqrt(float(np.nanmean(one**2)) * float(np.nanmean(two**2)))
    return (float(np.nanmean(one * two)) / scale if scale > 0.0 else math.nan), reduction


def _centred(found: np.ndarray) -> np.ndarray:
    """Values less their world's mean; worlds without a defined run stay NaN."""
    there = np.isfinite(found)
    count = np.maximum(1, there.sum(axis=1, keepdims=True))
    mean = np.where(there, found, 0.0).sum(axis=1, keepdims=True) / count
    centred = np.where(there, found - mean, np.nan)
    return centred if there.any() else np.zeros(found.shape)


@dataclass(frozen=True)
class Luck:
    """Monte Carlo error of a mean effect that can be stood by.

    Attributes
    ----------
    error : float
        Standard error; NaN where it is not known.
    seen : bool
        Whether the spread behind it was seen. Else the error is an upper bound: too few runs differ from others of their world.
    """

    error: float
    seen: bool

    def meets(self, wanted: float) -> bool:
        """Whether the error is as small as is wanted; where none is wanted, always."""
        return math.isinf(wanted) or self.error <= wanted

    def runs_needed(self, runs: int, wanted: float) -> int:
        """Runs of every arm and world that an error takes, from those that gave this one.

        Of a spread that was not seen nothing is derived: then twice as many are to be tried.

        Examples
        --------
        >>> Luck(0.02, seen=True).runs_needed(10, 0.01), Luck(0.0, seen=False).runs_needed(10, 0.01)
        (40, 10)
        >>> Luck(math.nan, seen=False).runs_needed(10, 0.01), Luck(0.3, seen=False).runs_needed(10, 0.01)
        (20, 20)
        """
        if self.meets(wanted):
            return runs
        return max(runs + 1, needed(runs, self.error, wanted)) if self.seen else 2 * runs


def limits_of_contrast(outcome: str, contrast: Mapping[str, float]) -> tuple[float, float] | None:
    """Lowest and highest value of a contrast; None where its outcome has no limits.

    Parameters
    ----------
    outcome : str
        An outcome, or several joined by +.
    contrast : mapping of str to float
        Weights by arm.

    Examples
    --------
    >>> limits_of_contrast("share_drifted+share_abandoned", {"with": 1.0, "without": -1.0})
    (-2.0, 2.0)
    """
    every = [limits_of(part) for part in outcome.split("+")]
    there = [one for one in every if one is not None]
    if len(there) < len(every):
        return None
    low, high = (sum(side) for side in zip(*there, strict=True))
    ends = [sorted((weight * low, weight * high)) for weight in contrast.values()]
    return sum(end[0] for end in ends), sum(end[1] for end in ends)


def luck_of(values: Mapping[str, np.ndarray], contrast: Mapping[str, float], outcome: str) -> Luck:
    """Monte Carlo error of a contrast's mean, by how many runs differ from the commonest value of their own world.

    Parameters
    ----------
    values, contrast
        As in :func:`estimate`.
    outcome : str
        It may have limits.
    """
    found = contrasted(values, contrast)
    mcse = moments(merged(*by_world(found))).mcse
    runs, differing, commonest = 0, 0, []
    for world in found:
        kinds, counts = np.unique(np.round(world[np.isfinite(world)], _DIGITS), return_counts=True)
        if len(kinds):
            runs, differing = runs + int(counts.sum()), differing + int(counts.sum() - counts.max())
            commonest.append(float(kinds[counts.argmax()]))
    limits = limits_of_contrast(outcome, contrast)
    if limits is not None and commonest:  # of how far a run may lie from its world's commonest value
        limits = limits[0] - max(commonest), limits[1] - min(commonest)
    return Luck(*stood_by(runs, differing, mcse, limits))


def luck_of_worlds(variance: np.ndarray, mcse: float, limits: tuple[float, float]) -> Luck:
    """Monte Carlo error of a mean over worlds, by in how many of them any spread was seen.

    Parameters
    ----------
    variance : numpy.ndarray
        f8, shape (worlds,): Monte Carlo variance of each world's value; NaN where it has none.
    mcse : float
        By the spread seen.
    limits : (float, float)
        How far a value may lie from what was seen.
    """
    there = variance[np.isfinite(variance)]
    return Luck(*stood_by(len(there), int((there > 0.0).sum()), mcse, limits))
