"""Generalised estimating equations for two arms, with small-sample corrections of the sandwich and Student's t.

The arm is a property of the cluster, so all that counts of a cluster is its number of members and their mean: what the
published formulas say with matrices is written here with sums, for many trials at once. Members of a cluster are taken as
exchangeable or as independent. Sources: Liang and Zeger 1986; Mancl and DeRouen 2001; Kauermann and Carroll 2001; Fay and
Graubard 2001; Morel, Bokossa and Neerchal 2003.

How far the level of a test of .05 can be trusted with few clusters (tests hold each to it, 24 clusters):

=====================  =====================================================================
``none``               **anti-conservative**: rejects too often; shown as a warning
``kauermann_carroll``  as it should be; with clusters of one size it is the cluster-level t
``fay_graubard``       as it should be
``mancl_derouen``      cautious: t is too small by about 1 / clusters
``morel``              cautious
=====================  =====================================================================

A working correlation that no distribution of the largest clusters has is a fit that failed (singular), as the gee of R has it:
with twelve clusters of unequal size, and members who are not alike, some three to eight in a hundred.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from experiments.trials.analyses.estimates import (
    FINE,
    NO_VARIANCE,
    NOT_CONVERGED,
    SEPARATED,
    SINGULAR,
    TOO_FEW,
    Estimates,
    left_nothing,
    of_clusters,
    told,
)

Correction = Literal["none", "mancl_derouen", "kauermann_carroll", "fay_graubard", "morel"]
Link = Literal["identity", "logit"]
Weighting = Literal["member", "cluster"]

PARAMETERS: Final = 2
ROUNDS: Final = 100
NEAR: Final = 1e-10
SURE: Final = 1e-12
"""Distance from 0 and 1 at which a share is one of them, but for rounding."""
BOUND: Final = 0.75
"""Largest leverage that Fay and Graubard's correction goes by."""


@dataclass(frozen=True, eq=False)
class Summed:
    """What counts of the clusters of trials.

    Attributes
    ----------
    count, mean, within : numpy.ndarray
        f8, shape (trials, clusters): members, their mean (0 without any), and the sum of squares about it.
    second : numpy.ndarray
        bool, same shape: clusters of the second arm.
    """

    count: np.ndarray
    mean: np.ndarray
    within: np.ndarray
    second: np.ndarray

    def by_arm(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sums over the clusters of the first and of the second arm; f8, shape (trials,) each."""
        return np.where(self.second, 0.0, values).sum(axis=1), np.where(self.second, values, 0.0).sum(axis=1)

    def of_means(self) -> "Summed":
        """Each cluster's mean taken as its only member."""
        there = self.count > 0
        return Summed(there.astype(float), self.mean, np.zeros(there.shape), self.second)

    def of_arm(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """A number of each arm, for each of its clusters."""
        return np.where(self.second, second[:, None], first[:, None])


def summed(members: np.ndarray, arm: np.ndarray) -> Summed:
    """Sum up members of clusters.

    Parameters
    ----------
    members : numpy.ndarray
        f8, shape (trials, clusters, members); NaN where there is none.
    arm : numpy.ndarray
        int, shape (trials, clusters), 0 and 1; clusters of further arms are left out.
    """
    count, mean, squares = of_clusters(members, ~np.isnan(members) & (arm <= 1)[..., None])
    return Summed(count, mean, squares.sum(axis=2), arm == 1)


def gee(
    members: np.ndarray,
    arm: np.ndarray,
    *,
    correction: Correction = "mancl_derouen",
    link: Link = "identity",
    exchangeable: bool = True,
    correlation: float | np.ndarray | None = None,
    weighting: Weighting = "member",
    alpha: float = 0.05,
) -> Estimates:
    """Effect of the second arm against the first: a difference, or the logarithm of an odds ratio.

    Parameters
    ----------
    members : numpy.ndarray
        f8, shape (trials, clusters, members); NaN where there is none; 0 and 1 with a logit link.
    arm : numpy.ndarray
        int, shape (trials, clusters).
    correction : str
        ``none`` goes with the normal deviate and rejects too often; all others with t(clusters - 2).
    link : str
        ``logit`` has the variance of a binomial and a scale of 1.
    exchangeable : bool
        Working correlation; else independence, where every member weighs the same.
    correlation : float or numpy.ndarray, optional
        Working correlation that is known, of all trials or of shape (trials,), in place of one that is estimated.
    weighting : str
        ``member``: what the working correlation makes of members; ``cluster``: every cluster weighs the same, whatever its size.
        The two have other estimands where the effect hangs on the size (Kahan and others 2023).
    alpha : float
    """
    found = summed(members, arm)
    if weighting == "cluster":
        found = found.of_means()
    used, converged, indefinite = found.count > 0, np.ones(len(arm), bool), np.zeros(len(arm), bool)
    alike = np.zeros(len(arm)) + (0.0 if correlation is None else correlation)
    if exchangeable and correlation is None:
        alike, converged = _correlation(found, link)
        indefinite = _indefinite(found, alike)
    weight = np.divide(found.count, 1.0 + (found.count - 1.0) * alike[:, None], out=np.zeros(used.shape), where=used)
    totals = found.by_arm(weight)
    means = _means(found, weight, totals)
    clusters = used.sum(axis=1)
    each = [np.where(used & side, 1, 0).sum(axis=1) for side in (~found.second, found.second)]
    variances = _variances(found, means, link)
    estimate, slopes = _linked(means, link)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(_sandwich(found, weight, totals, means, variances, slopes, correction))
    few = (each[0] < 2) | (each[1] < 2)  # an arm of one cluster fits it: nothing tells how clusters differ
    failed = np.select(
        [few, _separated(means, link), _without_variance(found, means), ~converged, indefinite],
        [TOO_FEW, SEPARATED, NO_VARIANCE, NOT_CONVERGED, SINGULAR],
        FINE,
    )
    df = np.full(len(arm), np.inf) if correction == "none" else (clusters - PARAMETERS).astype(float)
    return told(estimate, error, df, failed=failed, alpha=alpha)


def _means(found: Summed, weight: np.ndarray, totals: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    sums = found.by_arm(weight * found.mean)
    first, second = (
        np.divide(one, total, out=np.full(one.shape, np.nan), where=total > 0) for one, total in zip(sums, totals, strict=True)
    )
    return first, second


def _separated(means: tuple[np.ndarray, np.ndarray], link: Link) -> np.ndarray:
    """Trials with an arm whose odds are 0 or infinite."""
    if link == "identity":
        return np.zeros(len(means[0]), bool)
    return np.asarray(np.any([(one <= SURE) | (one >= 1.0 - SURE) for one in means], axis=0))


def _without_variance(found: Summed, means: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Trials in which the clusters of each arm have the same mean."""
    apart = found.count * np.where(found.count > 0, found.mean - found.of_arm(*means), 0.0) ** 2
    return left_nothing(apart.sum(axis=1), (found.count * found.mean**2 + found.within).sum(axis=1))


def _variances(found: Summed, means: tuple[np.ndarray, np.ndarray], link: Link) -> tuple[np.ndarray, np.ndarray]:
    """Variance of a member in each arm as the model has it, scale included; f8, shape (trials,) each."""
    if link == "logit":
        return means[0] * (1.0 - means[0]), means[1] * (1.0 - means[1])
    gap = found.mean - found.of_arm(*means)
    total = np.where(found.count > 0, found.within + found.count * gap**2, 0.0).sum(axis=1)
    scale = total / np.maximum(found.count.sum(axis=1) - PARAMETERS, 1.0)
    return scale, scale


def _linked(means: tuple[np.ndarray, np.ndarray], link: Link) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Effect on the scale of the link, and what a unit there is in the mean of each arm."""
    if link == "identity":
        return means[1] - means[0], (np.ones(len(means[0])), np.ones(len(means[0])))
    with np.errstate(divide="ignore", invalid="ignore"):
        scales = [np.log(one) - np.log1p(-one) for one in means]
        estimate = scales[1] - scales[0]
    slopes = means[0] * (1.0 - means[0]), means[1] * (1.0 - means[1])
    return np.where(np.isfinite(estimate), estimate, np.nan), slopes


def _sandwich(
    found: Summed,
    weight: np.ndarray,
    totals: tuple[np.ndarray, np.ndarray],
    means: tuple[np.ndarray, np.ndarray],
    variances: tuple[np.ndarray, np.ndarray],
    slopes: tuple[np.ndarray, np.ndarray],
    correction: Correction,
) -> np.ndarray:
    """Variance of the effect; f8, shape (trials,).

    With D = slope 1 and V = variance R of a cluster, D' V^-1 D is ``weight slope^2 / variance`` and the score is
    ``weight slope / variance`` times what the cluster's mean is apart; the leverage of a cluster has the one eigenvalue h, its
    share of the weight of its arm.
    """
    apart = np.where(found.count > 0, found.mean - found.of_arm(*means), 0.0)
    part = weight / found.of_arm(*totals)
    if correction == "mancl_derouen":
        apart = apart / (1.0 - part)
    elif correction == "kauermann_carroll":
        apart = apart / np.sqrt(1.0 - part)
    # what a cluster moves the linear predictor of its arm by
    moves = part * apart / found.of_arm(*slopes)
    if correction == "fay_graubard":
        lifted = 1.0 / np.sqrt(1.0 - np.minimum(part, BOUND))
        # the first parameter is the first arm, the second the difference: the correction hangs on that choice
        other = found.of_arm(totals[0], totals[0]) * found.of_arm(*(_precision(slopes[0], variances[0]),) * 2)
        own = weight * found.of_arm(*(_precision(*pair) for pair in zip(slopes, variances, strict=True)))
        score = own * apart / found.of_arm(*slopes)
        second = score * (lifted / found.of_arm(*_informations(totals, slopes, variances)) + (lifted - 1.0) / other)
        moves = np.where(found.second, second, moves * lifted)
    first, second_arm = found.by_arm(moves**2)
    variance = first + second_arm
    return variance if correction != "morel" else _morel(found, variance, totals, slopes, variances, moves)


def _precision(slope: np.ndarray, variance: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(slope**2 / variance)


def _informations(
    totals: tuple[np.ndarray, np.ndarray], slopes: tuple[np.ndarray, np.ndarray], variances: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Information on the linear predictor of each arm."""
    first, second = (total * _precision(slope, one) for total, slope, one in zip(totals, slopes, variances, strict=True))
    return first, second


def _morel(
    found: Summed,
    variance: np.ndarray,
    totals: tuple[np.ndarray, np.ndarray],
    slopes: tuple[np.ndarray, np.ndarray],
    variances: tuple[np.ndarray, np.ndarray],
    moves: np.ndarray,
) -> np.ndarray:
    """Sandwich with Morel, Bokossa and Neerchal's correction: inflated, and more of the model's own variance added."""
    clusters, members = (found.count > 0).sum(axis=1).astype(float), found.count.sum(axis=1)
    inflated = (members - 1.0) / (members - PARAMETERS) * clusters / (clusters - 1.0)
    added = np.where(clusters > 3 * PARAMETERS, PARAMETERS / (clusters - PARAMETERS), 0.5)
    informations = _informations(totals, slopes, variances)
    # trace of the model's variance times the sum of squared scores: each arm by itself
    sums = found.by_arm(moves**2)
    trace = sum(one * information for one, information in zip(sums, informations, strict=True))
    dispersion = np.maximum(1.0, trace / PARAMETERS)
    own = sum(1.0 / information for information in informations)
    return np.asarray(inflated * variance + added * dispersion * own)


def _lowest(found: Summed) -> np.ndarray:
    """Correlation just above the one at which that of the largest cluster is not positive definite."""
    return np.asarray(-1.0 / np.maximum(found.count.max(axis=1, initial=1.0) - 1.0, 1.0) + 1e-6)


def _indefinite(found: Summed, correlation: np.ndarray) -> np.ndarray:
    """Trials whose working correlation is no correlation of the largest clusters.

    These would get all of the weight: the gee of R calls the same fits an error. Clusters of one size weigh the same whatever
    the correlation.
    """
    there = found.count > 0
    smallest = np.where(there, found.count, np.inf).min(axis=1, initial=np.inf)
    return np.asarray((correlation <= _lowest(found)) & (smallest < found.count.max(axis=1, initial=0.0)))


def _correlation(found: Summed, link: Link) -> tuple[np.ndarray, np.ndarray]:
    """Correlation of two members of a cluster by moments, and whether it settled; f8 and bool, shape (trials,)."""
    pairs = (found.count * (found.count - 1.0) / 2.0).sum(axis=1)
    members = found.count.sum(axis=1)
    correlation, settled = np.zeros(len(pairs)), np.zeros(len(pairs), bool)
    lowest = _lowest(found)
    for _ in range(ROUNDS):
        weight = np.divide(
            found.count, 1.0 + (found.count - 1.0) * correlation[:, None], out=np.zeros(found.count.shape), where=found.count > 0
        )
        means = _means(found, weight, found.by_arm(weight))
        apart = np.where(found.count > 0, found.mean - found.of_arm(*means), 0.0)
        unit = found.of_arm(means[0] * (1.0 - means[0]), means[1] * (1.0 - means[1])) if link == "logit" else np.ones(apart.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            squares = (found.within + found.count * apart**2) / unit
            cross = ((found.count * apart) ** 2 / unit - squares) / 2.0
            scale = squares.sum(axis=1) / (members - PARAMETERS)
            now = cross.sum(axis=1) / scale / (pairs - PARAMETERS)
        now = np.where(np.isfinite(now) & (pairs > PARAMETERS), np.clip(now, lowest, 0.999), 0.0)
        settled = np.abs(now - correlation) < NEAR
        correlation = now
        if settled.all():
            break
    return correlation, settled
