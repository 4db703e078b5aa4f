"""How good schedules are over plausible worlds: means with errors, the share of worlds above a threshold, regret.

A world's mean over a few runs is partly luck. Worlds that lie above a threshold are therefore not counted: counting takes
luck for differences between worlds. Two models of the worlds say how many lie above it, each with luck taken out.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

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
    spread = np.where(between > 0.0, between, 1.0)
    return np.asarray(np.where(between > 0.0, norm.sf((threshold - middle) / spread), alike))


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
    mean : float
        Mean over worlds; the best is chosen by half of the replicates and measured by the other half, both ways, so that
        luck does not make a best. At most a little too small, where luck chose the wrong one.
    most : float
        The same when the best is chosen and measured by all of them: too large.
    tail : float
        90th percentile over worlds of what ``most`` is the mean of: too large as well.
    luck : float
        Standard deviation of luck in the regret of one world.
    """

    mean: float
    most: float
    tail: float
    luck: float


def regrets(shares: np.ndarray, prices: np.ndarray) -> list[Regret]:
    """Regret of every schedule against those that cost no more.

    Parameters
    ----------
    shares : numpy.ndarray
        f8, shape (schedules, worlds, replicates), two replicates or more; the same luck for all schedules.
    prices : numpy.ndarray
        f8, shape (schedules,).
    """
    order = np.argsort(prices, kind="stable")
    last = np.searchsorted(prices[order], prices[order], side="right") - 1  # dearest of those that cost no more
    halves = shares[:, :, 0::2].mean(axis=2), shares[:, :, 1::2].mean(axis=2)
    means = shares.mean(axis=2)
    best = _best_so_far(means[order])
    best_of = [_best_so_far(one[order]) for one in halves]
    worlds = np.arange(shares.shape[1])
    found: list[Regret | None] = [None] * len(prices)
    for place, at in enumerate(order.tolist()):
        upto = int(last[place])
        rival = order[best[upto]]
        each = means[rival, worlds] - means[at]
        pairs = ((halves[1], best_of[0]), (halves[0], best_of[1]))
        fair = [half[order[chosen[upto]], worlds] - half[at] for half, chosen in pairs]
        gaps = shares[rival, worlds] - shares[at]
        luck = math.sqrt(float(gaps.var(axis=1, ddof=1).mean()) / shares.shape[2])
        found[at] = Regret(float(np.mean(fair)), float(each.mean()), float(np.quantile(each, 0.9)), luck)
    return [one for one in found if one is not None]


def _best_so_far(means: np.ndarray) -> np.ndarray:
    """Row with the largest value among the first ones, for every number of first rows and column; int64, shape of ``means``."""
    best = np.zeros(means.shape, np.int64)
    columns = np.arange(means.shape[1])
    for at in range(1, len(means)):
        before = best[at - 1]
        best[at] = np.where(means[at] > means[before, columns], at, before)
    return best


def error(values: np.ndarray) -> float:
    """Standard error of a mean over worlds, which holds luck and the choice of the worlds alike.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (worlds,).
    """
    return float(values.std(ddof=1) / math.sqrt(len(values)))
