"""How good schedules are over plausible worlds: means with errors, the share of worlds above a threshold, regret.

A world's mean over a few runs is partly luck. Worlds that lie above a threshold are therefore not counted: counting takes
luck for differences between worlds. Two models of the worlds say how many lie above it, each with luck taken out. Worlds that
repeat one member of the ensemble are merged: they tell of luck, but nothing new of how worlds differ.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.worlds.estimating import Seen, believed, by_world, merged, moments, share_above, share_above_error

_NONE: Final = 1e-9
"""Differences of shares below this are rounding."""


@dataclass(frozen=True)
class Above:
    """Share of worlds in which a share of services, freed from luck, is at least a threshold.

    Attributes
    ----------
    normal : float
        By the normal-normal model: worlds are normal around their mean, with the variance between the worlds' means less
        that of luck, and that of the mean itself.
    beta : float
        By the beta-binomial model, fitted by maximum likelihood; the number of services of a world stands for as many
        independent ones as have the luck that was seen.
    error : float
        Standard error of the first, from resampled members of the ensemble.
    mean, between, luck : float
        Mean over worlds, standard deviation between worlds without luck, and of luck in a world's mean.
    members : int
        Different worlds.
    """

    normal: float
    beta: float
    error: float
    mean: float
    between: float
    luck: float
    members: int


def above(shares: np.ndarray, threshold: float, members: np.ndarray | None = None, *, seed: int = 0) -> Above:
    """Share of worlds above a threshold.

    Parameters
    ----------
    shares : numpy.ndarray
        f8, shape (worlds, replicates), two or more of each: share of services kept in every run.
    threshold : float
    members : numpy.ndarray, optional
        int, shape (worlds,): which member of the ensemble a world has; every world is one of its own unless given.
    seed : int
        Of the resampling.
    """
    mean, variance = by_world(shares)
    variance = np.where(variance < _NONE**2, 0.0, variance)
    seen = merged(mean, variance, members)
    all_, luck = moments(seen), float(variance.mean())
    return Above(
        normal=share_above(seen, threshold - _NONE),
        beta=_beta_binomial(seen, luck, len(shares), threshold - _NONE),
        error=share_above_error(seen, seed, threshold - _NONE),
        mean=all_.mean,
        between=all_.spread,
        luck=math.sqrt(luck),
        members=len(seen.mean),
    )


def _beta_binomial(seen: Seen, luck: float, worlds: int, threshold: float) -> float:
    """Share above the threshold by the beta-binomial model; luck is the variance of luck in one world's mean."""
    from scipy.optimize import minimize
    from scipy.special import betaln, expit, logit
    from scipy.stats import beta

    means, share = seen.mean, seen.share
    if luck <= 0.0:  # nothing to take out
        return float(share @ (means >= threshold))
    middle = float(np.clip(share @ means, 1e-6, 1.0 - 1e-6))
    trials = share * worlds * (float(share @ (means * (1.0 - means))) + luck) / luck
    given = trials * means

    def unlikely(at: np.ndarray) -> float:
        a, b = expit(at[0]) * np.exp(at[1]), (1.0 - expit(at[0])) * np.exp(at[1])
        return -float(len(share) * (share @ (betaln(given + a, trials - given + b) - betaln(a, b))))

    bounds = [(-15.0, 15.0), (-5.0, 12.0)]
    starts = ([logit(middle), 1.0], [logit(middle), 5.0])
    found = min((minimize(unlikely, one, method="Nelder-Mead", bounds=bounds) for one in starts), key=lambda one: float(one.fun))
    part, total = float(expit(found.x[0])), float(np.exp(found.x[1]))
    return float(beta.sf(threshold, part * total, (1.0 - part) * total))


@dataclass(frozen=True)
class Regret:
    """By how much a schedule keeps less than the best one that costs no more, world by world.

    Attributes
    ----------
    mean, tail : float
        Mean and 90th percentile over worlds, with what is seen of each rival in a world drawn towards the rival's mean by as
        much as is luck (normal-normal model): the largest of many noisy gaps would otherwise be luck more than anything.
        What better knowledge of a world would gain on top is not in it.
    most : float
        Mean over worlds of the largest gap as seen: too large.
    luck : float
        Standard deviation of luck in the gap of one world.
    """

    mean: float
    tail: float
    most: float
    luck: float


def regrets(shares: np.ndarray, prices: np.ndarray, members: np.ndarray | None = None) -> list[Regret]:
    """Regret of every schedule against those that cost no more.

    Parameters
    ----------
    shares : numpy.ndarray
        f8, shape (schedules, worlds, replicates), two or more worlds and replicates; the same luck for all schedules.
    prices : numpy.ndarray
        f8, shape (schedules,).
    members : numpy.ndarray, optional
        int, shape (worlds,): which member of the ensemble a world has; every world is one of its own unless given.
    """
    which = np.arange(shares.shape[1]) if members is None else np.unique(members, return_inverse=True)[1].reshape(-1)
    return [_regret(shares[prices <= price] - own, which) for own, price in zip(shares, prices.tolist(), strict=True)]


def _regret(gaps: np.ndarray, which: np.ndarray) -> Regret:
    """Regret of one schedule from its rivals' leads, itself (no lead) among them; shape (rivals, worlds, replicates)."""
    seen = gaps.mean(axis=2)
    luck = gaps.var(axis=2, ddof=1).mean(axis=1) / gaps.shape[2]
    leads = np.stack([_lead(merged(*by_world(gap), which)) for gap in gaps])
    largest = leads.max(axis=0)[which]
    return Regret(
        mean=float(largest.mean()),
        tail=float(np.quantile(largest, 0.9)),
        most=float(seen.max(axis=0).mean()),
        luck=math.sqrt(float(luck[seen.argmax(axis=0)].mean())),
    )


def _lead(seen: Seen) -> np.ndarray:
    """True lead of a rival in each member, as it is believed; one member alone tells nothing of how others differ."""
    return believed(seen)[0] if len(seen.mean) > 1 else seen.mean


def error(values: np.ndarray, members: np.ndarray | None = None) -> float:
    """Standard error of a mean over worlds, which holds luck and the choice of the worlds alike.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (worlds,).
    members : numpy.ndarray, optional
        int, shape (worlds,): which member of the ensemble a world has; every world is one of its own unless given.
    """
    return moments(merged(values, np.zeros(len(values)), members)).error
