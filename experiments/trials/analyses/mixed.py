"""Linear model with a random intercept a cluster, by restricted maximum likelihood, for many trials at once.

With the arm a property of the cluster, the likelihood depends on members through their number, mean and sum of squares in each
cluster. It is profiled over one number, the ratio of the variance between clusters to that within, whose score is solved by
bisection. Sources: Patterson and Thompson 1971; Satterthwaite 1946; Fai and Cornelius 1996.

A variance between clusters of 0 is an estimate on the boundary, no failure: ``at_bound`` counts it. Clusters of one member each
cannot tell the two variances apart: singular. Members who are all alike within their clusters have no ratio: not converged.
"""

from typing import Final, Literal, NamedTuple

import numpy as np

from experiments.trials.analyses.estimates import (
    FINE,
    NO_VARIANCE,
    NOT_CONVERGED,
    SINGULAR,
    TOO_FEW,
    Estimates,
    left_nothing,
    told,
)
from experiments.trials.analyses.gee import Summed, summed

PARAMETERS: Final = 2
GRID: Final = np.concatenate([[0.0], np.linspace(0.002, 0.998, 250)])
"""Shares of the variance that lie between clusters at which the score is looked at first."""
HALVINGS: Final = 60


class Fit(NamedTuple):
    """Fits of the model.

    Attributes
    ----------
    estimate, error : numpy.ndarray
        f8, shape (trials,): difference of the arms and its standard error.
    ratio : numpy.ndarray
        f8, shape (trials,): variance between clusters over that within.
    within : numpy.ndarray
        f8, shape (trials,): variance within clusters.
    converged, at_bound : numpy.ndarray
        bool, shape (trials,): the ratio was found; it is 0.
    satterthwaite : numpy.ndarray
        f8, shape (trials,): degrees of freedom.
    clusters : numpy.ndarray
        int, shape (trials,): that have members.
    """

    estimate: np.ndarray
    error: np.ndarray
    ratio: np.ndarray
    within: np.ndarray
    converged: np.ndarray
    at_bound: np.ndarray
    satterthwaite: np.ndarray
    clusters: np.ndarray


def mixed(
    members: np.ndarray,
    arm: np.ndarray,
    *,
    df: Literal["between_within", "satterthwaite"] = "between_within",
    alpha: float = 0.05,
) -> Estimates:
    """Difference of the second arm from the first by restricted maximum likelihood, with Student's t.

    Parameters
    ----------
    members : numpy.ndarray
        f8, shape (trials, clusters, members); NaN where there is none.
    arm : numpy.ndarray
        int, shape (trials, clusters).
    df : str
        Clusters less arms, or Satterthwaite's approximation by the observed information.
    alpha : float
    """
    found = summed(members, arm)
    fit = fitted(found)
    each = [((found.count > 0) & side).sum(axis=1) for side in (~found.second, found.second)]
    few = (each[0] < 1) | (each[1] < 1) | (fit.clusters <= PARAMETERS)
    alone = found.count.max(axis=1, initial=0.0) < 2
    squares = found.within.sum(axis=1)
    gap = _at(found, np.zeros(len(arm)))[2]
    nothing = left_nothing(squares + (found.count * gap**2).sum(axis=1), squares + (found.count * found.mean**2).sum(axis=1))
    failed = np.select([few, nothing, alone, ~fit.converged], [TOO_FEW, NO_VARIANCE, SINGULAR, NOT_CONVERGED], FINE)
    freedom = (fit.clusters - PARAMETERS).astype(float) if df == "between_within" else fit.satterthwaite
    return told(fit.estimate, fit.error, freedom, failed=failed, at_bound=fit.at_bound, alpha=alpha)


def fitted(found: Summed) -> Fit:
    """Fit the model.

    Parameters
    ----------
    found : Summed
    """
    ratio, converged = _ratio(found)
    weight, totals, gap = _at(found, ratio)
    members = found.count.sum(axis=1)
    squares = found.within.sum(axis=1) + (weight * gap**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        within = squares / (members - PARAMETERS)
        sums = found.by_arm(weight * found.mean)
        estimate = sums[1] / totals[1] - sums[0] / totals[0]
        variance = within * (1.0 / totals[0] + 1.0 / totals[1])
        freedom = _satterthwaite(found, weight, totals, gap, within, members)
    at_bound = ratio == 0.0
    freedom = np.where(at_bound, members - PARAMETERS, freedom)
    # nothing within clusters varies: no ratio of variances is defined, and the fit says so
    sound = converged & (squares > 0)
    return Fit(estimate, np.sqrt(variance), ratio, within, sound, at_bound, freedom, (found.count > 0).sum(axis=1))


def _at(found: Summed, ratio: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Weights of the clusters at a ratio, their sums by arm, and what each cluster's mean is from its arm's."""
    weight = found.count / (1.0 + ratio[:, None] * found.count)
    totals, sums = found.by_arm(weight), found.by_arm(weight * found.mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.where(found.count > 0, found.mean - found.of_arm(sums[0] / totals[0], sums[1] / totals[1]), 0.0)
    return weight, totals, gap


def _score(found: Summed, share: np.ndarray) -> np.ndarray:
    """Derivative of twice the negative restricted log-likelihood by the ratio; f8, shape (trials,)."""
    weight, totals, gap = _at(found, share / (1.0 - share))
    free = found.count.sum(axis=1) - PARAMETERS
    squares = found.within.sum(axis=1) + (weight * gap**2).sum(axis=1)
    sums = found.by_arm(weight**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = sums[0] / totals[0] + sums[1] / totals[1]
        return np.asarray(-free * (weight**2 * gap**2).sum(axis=1) / squares + weight.sum(axis=1) - lost)


def _ratio(found: Summed) -> tuple[np.ndarray, np.ndarray]:
    """Ratio at which the restricted likelihood is largest, and whether there is one; 0 where it falls from there on."""
    deviance = np.stack([_deviance(found, np.full(len(found.count), one)) for one in GRID], axis=1)
    best = np.argmin(np.where(np.isfinite(deviance), deviance, np.inf), axis=1)
    low, high = GRID[np.maximum(best - 1, 0)], GRID[np.minimum(best + 1, len(GRID) - 1)]
    low, high = np.where(best == 0, 0.0, low), high.copy()
    falls = (best == 0) & ~(_score(found, np.zeros(len(best))) < 0.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        up = _score(found, middle) < 0.0
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    share = np.where(falls, 0.0, (low + high) / 2.0)
    converged = np.isfinite(deviance).any(axis=1) & (best < len(GRID) - 1)
    return share / (1.0 - share), converged


def _deviance(found: Summed, share: np.ndarray) -> np.ndarray:
    """Twice the negative restricted log-likelihood, profiled, but for a constant."""
    ratio = share / (1.0 - share)
    weight, totals, gap = _at(found, ratio)
    free = found.count.sum(axis=1) - PARAMETERS
    squares = found.within.sum(axis=1) + (weight * gap**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.log1p(ratio[:, None] * found.count).sum(axis=1)
        return np.asarray(free * np.log(squares) + spread + np.log(totals[0]) + np.log(totals[1]))


def _satterthwaite(
    found: Summed,
    weight: np.ndarray,
    totals: tuple[np.ndarray, np.ndarray],
    gap: np.ndarray,
    within: np.ndarray,
    members: np.ndarray,
) -> np.ndarray:
    """Degrees of freedom 2 v^2 / (g' A g), with A the inverse of the observed information on two parameters of variance.

    They are the logarithm of the variance within and the ratio; at the maximum the result is the same in any other two.
    """
    second, third = found.by_arm(weight**2), found.by_arm(weight**3)
    slope = -(weight**2 * gap**2).sum(axis=1)
    moved = found.by_arm(weight**2 * gap)
    bend = 2.0 * (weight**3 * gap**2).sum(axis=1) - 2.0 * (moved[0] ** 2 / totals[0] + moved[1] ** 2 / totals[1])
    lost = sum(2.0 * c / w - (b / w) ** 2 for b, c, w in zip(second, third, totals, strict=True))
    # second derivatives of the deviance, halved: the information
    both, cross = (members - PARAMETERS) / 2.0, -slope / within / 2.0
    ratio = (bend / within - (weight**2).sum(axis=1) + lost) / 2.0
    variance = within * (1.0 / totals[0] + 1.0 / totals[1])
    by_ratio = within * (second[0] / totals[0] ** 2 + second[1] / totals[1] ** 2)
    spread = (variance**2 * ratio - 2.0 * variance * by_ratio * cross + by_ratio**2 * both) / (both * ratio - cross**2)
    return np.asarray(2.0 * variance**2 / spread)
