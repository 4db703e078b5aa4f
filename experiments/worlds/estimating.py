"""Luck against worlds: the mean over plausible worlds, its errors, how far worlds differ, and in what share a sign holds.

In world w the true value is theta_w ~ N(mu, tau^2); what is seen is d_w, the mean of its runs, with Monte Carlo variance
v_w = s_w^2 / runs. Worlds that repeat one member of the ensemble, with other luck, have one theta: they are merged, and the
member counts as often as it stood there (share p_m). mu is estimated by the weighted mean of d_m, its variance by
sum p_m^2 (d_m - mu)^2 / (1 - sum p_m^2). tau^2 is estimated by the method of moments (Hedges and Olkin's unweighted estimator,
with shares): what the squared deviations are more than luck alone would make them, at least 0. Weights of inverse variance would
hang on variances from a handful of runs, some of which are 0. The share of worlds with theta > 0 is Phi(mu / sqrt(tau^2 + error
of mu squared)): the last term keeps a value of which nothing is known from being called certain. Counted signs of d_w would
not do: with five runs a world a true effect of 5 percentage points in every world is counted as .71.

A normal distribution of theta is wrong where nothing happens at all in many worlds: in those the effect is 0, it has no sign, and
a normal distribution would hand half of them to either side. Worlds in which every single run has the same in both arms count as
such: the share with the sign is that among the others, times their part of all.

Given what was seen of it, a world's true value is normal as well (empirical Bayes): between what was seen and the mean of all,
the nearer to the mean the more of it is luck (:func:`believed`).
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.worlds.luck import agreeing, unseen_error

DRAWS: Final = 400
"""Bootstrap samples of members, for the error of a share of worlds."""

ROUNDING: Final = 1e-12
"""Largest difference that sums of several arms may leave where nothing differs."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen of an effect, a row a member of the ensemble.

    Attributes
    ----------
    mean, variance : numpy.ndarray
        f8, shape (members,): mean of the member's worlds, and its Monte Carlo variance.
    share : numpy.ndarray
        f8, shape (members,): share of the worlds; adds up to 1.
    first : numpy.ndarray
        int, shape (members,): the member's first world.
    still : numpy.ndarray
        bool, shape (members,): nothing at all differed in any run.
    """

    mean: np.ndarray
    variance: np.ndarray
    share: np.ndarray
    first: np.ndarray
    still: np.ndarray

    def of(self, rows: np.ndarray) -> "Seen":
        """Some of the members, with shares that add up to 1 again."""
        share = self.share[rows]
        return Seen(self.mean[rows], self.variance[rows], share / share.sum(), self.first[rows], self.still[rows])


@dataclass(frozen=True)
class Moments:
    """Mean over worlds, its error, its Monte Carlo error, the spread between worlds, and how many equal worlds it is worth."""

    mean: float
    error: float
    mcse: float
    spread: float
    worth: float


def by_world(found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each world and its Monte Carlo variance; NaN for a world with fewer than two defined runs.

    The variance of a mean of few runs is pooled over all worlds in equal parts: s_w^2 from eight runs is itself hardly known, and
    zero where the runs happen to agree.

    Parameters
    ----------
    found : numpy.ndarray
        f8, shape (worlds, runs).

    Returns
    -------
    mean, variance : numpy.ndarray
        f8, shape (worlds,).
    """
    there = np.isfinite(found)
    count = there.sum(axis=1)
    kept = count >= 2
    mean, variance = np.full(len(found), np.nan), np.full(len(found), np.nan)
    found, there, count = found[kept], there[kept], count[kept]
    middle = np.where(there, found, 0.0).sum(axis=1) / count
    own = np.where(there, (found - middle[:, None]) ** 2, 0.0).sum(axis=1) / (count - 1)
    pooled = own.mean() if len(own) else 0.0
    mean[kept], variance[kept] = middle, 0.5 * (own + pooled) / count
    return mean, variance


def merged(
    mean: np.ndarray,
    variance: np.ndarray,
    members: np.ndarray | None = None,
    still: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> Seen:
    """Worlds merged by member; worlds without a mean are left out.

    Parameters
    ----------
    mean, variance : numpy.ndarray
        f8, shape (worlds,).
    members : numpy.ndarray, optional
        int, shape (worlds,): which member a world has; every world is one of its own unless given.
    still : numpy.ndarray, optional
        bool, shape (worlds,): worlds in which nothing at all differed; none unless given.
    weights : numpy.ndarray, optional
        f8, shape (worlds,), above 0 and alike for alike members: how much each world counts; all the same unless given.

    Examples
    --------
    >>> merged(np.array([0.0, 1.0, 3.0]), np.zeros(3), np.array([0, 1, 1]), weights=np.array([2.0, 1.0, 1.0])).share.tolist()
    [0.5, 0.5]
    """
    there = np.flatnonzero(np.isfinite(mean) & np.isfinite(variance))
    names = there if members is None else members[there]
    _, first, which, count = np.unique(names, return_index=True, return_inverse=True, return_counts=True)
    total, luck = np.bincount(which, mean[there]), np.bincount(which, variance[there])
    moved = np.bincount(which, np.ones(len(there)) if still is None else ~still[there])
    heavy = count.astype(float) if weights is None else np.bincount(which, weights[there])
    return Seen(total / count, luck / count**2, heavy / (heavy.sum() or 1.0), there[first], moved == 0)


def moments(seen: Seen) -> Moments:
    """Mean over worlds, its errors and the spread between worlds.

    Parameters
    ----------
    seen : Seen
    """
    if len(seen.mean) < 2:
        return Moments(float(seen.mean[0]) if len(seen.mean) else math.nan, math.nan, math.nan, math.nan, float(len(seen.mean)))
    share, squares = seen.share, float((seen.share**2).sum())
    mean = float(share @ seen.mean)
    apart = (seen.mean - mean) ** 2
    luck = float((share * (1.0 - share)) @ seen.variance)
    return Moments(
        mean,
        math.sqrt(float(share**2 @ apart) / (1.0 - squares)),
        math.sqrt(float(share**2 @ seen.variance)),
        math.sqrt(max(0.0, (float(share @ apart) - luck) / (1.0 - squares))),
        1.0 / squares,
    )


def still_worlds(found: np.ndarray) -> np.ndarray:
    """Worlds in which every defined run of a contrast is 0 but for rounding; bool, shape (worlds,)."""
    return np.asarray((np.isnan(found) | (np.abs(found) <= ROUNDING)).all(axis=1))


def sign_share(mean: float, spread: float, error: float) -> float:
    """Share of worlds whose effect is above zero: Phi(mu / sqrt(tau^2 + error^2)); a half where all three are 0.

    Examples
    --------
    >>> round(sign_share(0.05, 0.05, 0.0), 2), sign_share(0.0, 0.0, 0.0), sign_share(0.1, 0.0, 0.0)
    (0.84, 0.5, 1.0)
    """
    width = math.hypot(spread, error)
    if width == 0.0:
        return 0.5 if mean == 0.0 else float(mean > 0.0)
    return 0.5 * math.erfc(-mean / width / math.sqrt(2.0))


def share_above(seen: Seen, line: float = 0.0) -> float:
    """Share of the worlds whose true value lies above a line: that among those in which anything happens, times their part.

    Parameters
    ----------
    seen : Seen
        Worlds that are still are those of an effect, which is 0 there; none for other lines.
    line : float
    """
    all_ = moments(seen)
    if not seen.still.any():
        return sign_share(all_.mean - line, all_.spread, all_.error)
    moving = np.flatnonzero(~seen.still)
    part = float(seen.share[moving].sum())
    if len(moving) == 0:  # of nothing at all neither sign is likelier
        return 0.5
    others = moments(seen.of(moving))
    return part * sign_share(others.mean - line, *(0.0 if math.isnan(one) else one for one in (others.spread, others.error)))


def share_above_error(seen: Seen, seed: int, line: float = 0.0) -> float:
    """Standard error of the same: members drawn with replacement, and :func:`share_above` of each draw at once.

    Draws of worlds that agree all agree too: that says nothing of worlds that were not looked at. Then the error is the largest
    that so many agreeing worlds leave possible (:func:`experiments.worlds.luck.unseen_error`). It is NaN, not known, of a single
    member, and where no draw differs from another though the share is neither 0 nor 1: nothing happens in any world.

    Parameters
    ----------
    seen : Seen
    seed : int
        Of the draws.
    line : float
    """
    count = len(seen.mean)
    if count < 2:
        return math.nan
    rows = np.random.default_rng(seed).integers(0, count, (DRAWS, count))
    drawn = seen.share[rows]
    moving = np.where(seen.still[rows], 0.0, drawn)
    part = moving.sum(axis=1) / drawn.sum(axis=1)
    share = moving / np.maximum(1e-300, moving.sum(axis=1, keepdims=True))
    squares = np.minimum((share**2).sum(axis=1), 1.0 - 1e-9)  # of a single member nothing but its mean is known
    mean = (share * seen.mean[rows]).sum(axis=1)
    apart = (seen.mean[rows] - mean[:, None]) ** 2
    luck = (share * (1.0 - share) * seen.variance[rows]).sum(axis=1)
    spread = np.sqrt(np.maximum(0.0, (share * apart).sum(axis=1) - luck) / (1.0 - squares))
    error = np.sqrt((share**2 * apart).sum(axis=1) / (1.0 - squares))
    found = [one * sign_share(*rest) if one > 0.0 else 0.5 for one, *rest in zip(part, mean - line, spread, error, strict=True)]
    drawn_error, share_itself = float(np.std(found, ddof=1)), share_above(seen, line)
    if agreeing(share_itself, count):
        return max(drawn_error, unseen_error(count, round(share_itself), (0.0, 1.0)))
    return drawn_error if drawn_error > 0.0 else math.nan


def believed(seen: Seen) -> tuple[np.ndarray, np.ndarray]:
    """True value of each member, given what was seen of it and of all others: normal, by empirical Bayes.

    Parameters
    ----------
    seen : Seen
        Of two members or more.

    Returns
    -------
    centre, spread : numpy.ndarray
        f8, shape (members,): mean and standard deviation of what is believed.

    Examples
    --------
    >>> centre, spread = believed(merged(np.array([0.0, 1.0]), np.array([0.25, 0.25])))
    >>> centre.tolist(), spread.tolist()
    ([0.25, 0.75], [0.3535533905932738, 0.3535533905932738])
    """
    all_ = moments(seen)
    total = all_.spread**2 + seen.variance
    kept = np.divide(all_.spread**2, total, out=np.zeros_like(total), where=total > 0.0)
    return all_.mean + kept * (seen.mean - all_.mean), np.sqrt(kept * seen.variance)


def members_of(values: np.ndarray) -> np.ndarray:
    """Which parameter set each world has; int, shape (worlds,): worlds with the same number are alike but for luck.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (worlds, parameters).
    """
    return np.asarray(np.unique(values, axis=0, return_inverse=True)[1]).reshape(-1)
