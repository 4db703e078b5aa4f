"""How good schedules are over plausible worlds: means with errors, the share of worlds above a threshold, regret.

A world's mean over a few runs is partly luck. Worlds that lie above a threshold are therefore not counted: counting takes
luck for differences between worlds. Two models of the worlds say how many lie above it, each with luck taken out.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

_NONE: Final = 1e-9
"""Differences of shares below this are rounding."""
RESAMPLES: Final = 400
"""Resampled sets of worlds, for the error of a share of worlds."""


@dataclass(frozen=True)
class Above:
    """Share of worlds in which a share of services, freed from luck, is at least a threshold.

    Attributes
    ----------
    normal : float
        By the normal-normal model: worlds are normal around their mean, with the variance between the worlds' means less
        that of luck.
    beta : float
        By the beta-binomial model, fitted by maximum likelihood; the number of services of a world stands for as many
        independent ones as have the luck that was seen.
    error : float
        Standard error of the first, from resampled worlds.
    mean, between, luck : float
        Mean over worlds, standard deviation between worlds without luck, and of luck in a world's mean.
    """

    normal: float
    beta: float
    error: float
    mean: float
    between: float
    luck: float


def above(shares: np.ndarray, threshold: float, *, seed: int = 0) -> Above:
    """Share of worlds above a threshold.

    Parameters
    ----------
    shares : numpy.ndarray
        f8, shape (worlds, replicates), two or more of each: share of services sustained in every run.
    threshold : float
    seed : int
        Of the resampling.
    """
    means = shares.mean(axis=1)
    luck = shares.var(axis=1, ddof=1) / shares.shape[1]
    luck = np.where(luck < _NONE**2, 0.0, luck)
    threshold -= _NONE
    picked = np.random.default_rng([seed, 7]).integers(0, len(means), size=(RESAMPLES, len(means)))
    again = _normal(means[picked], luck[picked], threshold)
    between = math.sqrt(max(0.0, float(means.var(ddof=1) - luck.mean())))
    return Above(
        normal=float(_normal(means, luck, threshold)),
        beta=_beta_binomial(means, float(luck.mean()), threshold),
        error=float(again.std(ddof=1)),
        mean=float(means.mean()),
        between=between,
        luck=math.sqrt(float(luck.mean())),
    )


def _normal(means: np.ndarray, luck: np.ndarray, threshold: float) -> np.ndarray:
    """Share above the threshold by the normal-normal model, of one set of worlds or of many; worlds are the last axis."""
    from scipy.stats import norm

    middle = means.mean(axis=-1)
    between = np.sqrt(np.maximum(means.var(axis=-1, ddof=1) - luck.mean(axis=-1), 0.0))
    alike = (middle >= threshold).astype(float)  # no world differs from another but by luck
    spread = np.where(between > _NONE, between, 1.0)
    return np.asarray(np.where(between > _NONE, norm.sf((threshold - middle) / spread), alike))


def _beta_binomial(means: np.ndarray, luck: float, threshold: float) -> float:
    """Share above the threshold by the beta-binomial model."""
    from scipy.optimize import minimize
    from scipy.special import betaln, expit, logit
    from scipy.stats import beta

    if luck <= 0.0:  # nothing to take out
        return float(np.mean(means >= threshold))
    middle = float(np.clip(means.mean(), 1e-6, 1.0 - 1e-6))
    trials = (float(np.mean(means * (1.0 - means))) + luck) / luck
    given = trials * means

    def unlikely(at: np.ndarray) -> float:
        a, b = expit(at[0]) * np.exp(at[1]), (1.0 - expit(at[0])) * np.exp(at[1])
        return -float(np.sum(betaln(given + a, trials - given + b) - betaln(a, b)))

    bounds = [(-15.0, 15.0), (-5.0, 12.0)]
    starts = ([logit(middle), 1.0], [logit(middle), 5.0])
    found = min((minimize(unlikely, one, method="Nelder-Mead", bounds=bounds) for one in starts), key=lambda one: float(one.fun))
    share, total = float(expit(found.x[0])), float(np.exp(found.x[1]))
    return float(beta.sf(threshold, share * total, (1.0 - share) * total))


@dataclass(frozen=True)
class Regret:
    """By how much a schedule sustains less than the best one that costs no more, world by world.

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


def regrets(shares: np.ndarray, prices: np.ndarray) -> list[Regret]:
    """Regret of every schedule against those that cost no more.

    Parameters
    ----------
    shares : numpy.ndarray
        f8, shape (schedules, worlds, replicates), two or more worlds and replicates; the same luck for all schedules.
    prices : numpy.ndarray
        f8, shape (schedules,).
    """
    return [_regret(shares[prices <= price] - own) for own, price in zip(shares, prices.tolist(), strict=True)]


def _regret(gaps: np.ndarray) -> Regret:
    """Regret of one schedule from its rivals' leads, itself (no lead) among them; shape (rivals, worlds, replicates)."""
    seen = gaps.mean(axis=2)
    luck = gaps.var(axis=2, ddof=1).mean(axis=1, keepdims=True) / gaps.shape[2]
    between = np.maximum(seen.var(axis=1, ddof=1, keepdims=True) - luck, 0.0)
    total = between + luck
    kept = np.divide(between, total, out=np.zeros_like(total), where=total > 0.0)
    middle = seen.mean(axis=1, keepdims=True)
    largest = (middle + kept * (seen - middle)).max(axis=0)
    luck_of_best = luck[seen.argmax(axis=0), 0]
    return Regret(
        mean=float(largest.mean()),
        tail=float(np.quantile(largest, 0.9)),
        most=float(seen.max(axis=0).mean()),
        luck=math.sqrt(float(luck_of_best.mean())),
    )


def error(values: np.ndarray) -> float:
    """Standard error of a mean over worlds, which holds luck and the choice of the worlds alike.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (worlds,).
    """
    return float(values.std(ddof=1) / math.sqrt(len(values)))
