"""Effects over plausible worlds: what is due to luck, what to the worlds, and in what share of them the sign holds.

In world w the true effect is theta_w ~ N(mu, tau^2); what is seen is d_w, the mean of the paired differences of its runs, with
Monte Carlo variance v_w = s_w^2 / runs. Worlds that repeat one member of the ensemble, with other luck, have one theta: they are
merged, and the member counts as often as it stood there (share p_m). mu is estimated by the weighted mean of d_m, its variance
by sum p_m^2 (d_m - mu)^2 / (1 - sum p_m^2). tau^2 is estimated by the method of moments (Hedges and Olkin's unweighted estimator,
with shares): what the squared deviations are more than luck alone would make them, at least 0. Weights of inverse variance would
hang on variances from a handful of runs, some of which are 0. The share of worlds with theta > 0 is Phi(mu / sqrt(tau^2 + error
of mu squared)): the last term keeps an effect of which nothing is known from being called certain. Counted signs of d_w would
not do: with five runs a world a true effect of 5 percentage points in every world is counted as .71.

A normal distribution of theta is wrong where nothing happens at all in many worlds: in those the effect is 0, it has no sign, and
a normal distribution would hand half of them to either side. Worlds in which every single run has the same in both arms count as
such: the share with the sign is that among the others, times their part of all.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

DRAWS: Final = 400
"""Bootstrap samples of members, for the error of the share of signs."""

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


@dataclass(frozen=True)
class Effect:
    """A contrast over the plausible worlds.

    Attributes
    ----------
    mean : float
        Mean over worlds.
    error : float
        Its standard error, worlds and luck together.
    mcse : float
        Monte Carlo standard error: what more runs of the same worlds would take away.
    spread : float
        Standard deviation of the true effects between worlds (tau).
    low, high : float
        Interval of the mean.
    sign_share, sign_error : float
        Share of the worlds in which the effect is above zero, noise-corrected, and its error (bootstrap over members).
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

    mean: float
    error: float
    mcse: float
    spread: float
    low: float
    high: float
    sign_share: float
    sign_error: float
    counted: float
    still: float
    worlds: int
    members: int
    runs: int
    correlation: float
    reduction: float


def contrasted(values: dict[str, np.ndarray], contrast: dict[str, float]) -> np.ndarray:
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


def merged(mean: np.ndarray, variance: np.ndarray, members: np.ndarray | None = None, still: np.ndarray | None = None) -> Seen:
    """Worlds merged by member; worlds without a mean are left out.

    Parameters
    ----------
    mean, variance : numpy.ndarray
        f8, shape (worlds,).
    members : numpy.ndarray, optional
        int, shape (worlds,): which member a world has; every world is one of its own unless given.
    still : numpy.ndarray, optional
        bool, shape (worlds,): worlds in which nothing at all differed; none unless given.
    """
    there = np.flatnonzero(np.isfinite(mean) & np.isfinite(variance))
    names = there if members is None else members[there]
    _, first, which, count = np.unique(names, return_index=True, return_inverse=True, return_counts=True)
    total, luck = np.bincount(which, mean[there]), np.bincount(which, variance[there])
    moved = np.bincount(which, np.ones(len(there)) if still is None else ~still[there])
    return Seen(total / count, luck / count**2, count / max(1, len(there)), there[first], moved == 0)


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


def estimate(
    values: dict[str, np.ndarray],
    contrast: dict[str, float],
    *,
    members: np.ndarray | None = None,
    level: float = 0.95,
    seed: int = 1,
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
    """
    found = contrasted(values, contrast)
    mean, variance = by_world(found)
    return summed_up(
        mean, variance, members, runs=found.shape[1], level=level, seed=seed, paired=pairing(values, contrast),
        still=still_worlds(found),
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
    """
    from scipy.stats import t

    seen = merged(mean, variance, members, still)
    all_ = moments(seen)
    reach = float(t.ppf(0.5 + level / 2.0, max(1.0, all_.worth - 1.0))) * all_.error
    there = mean[np.isfinite(mean) & np.isfinite(variance)]
    return Effect(
        mean=all_.mean, error=all_.error, mcse=all_.mcse, spread=all_.spread, low=all_.mean - reach, high=all_.mean + reach,
        sign_share=_share(seen, all_), sign_error=_sign_error(seen, seed),
        counted=float(np.mean(there > 0.0)) if len(there) else math.nan, still=float(seen.share[seen.still].sum()),
        worlds=len(there), members=len(seen.mean), runs=runs,
        correlation=paired[0], reduction=paired[1],
    )  # fmt: skip


def _share(seen: Seen, all_: Moments) -> float:
    """Share of the worlds with the sign: that among those in which anything happens, times their part of all."""
    if not seen.still.any():
        return sign_share(all_.mean, all_.spread, all_.error)
    moving = np.flatnonzero(~seen.still)
    part = float(seen.share[moving].sum())
    if len(moving) == 0:  # of nothing at all neither sign is likelier
        return 0.5
    others = moments(seen.of(moving))
    return part * sign_share(others.mean, *(0.0 if math.isnan(one) else one for one in (others.spread, others.error)))


def _sign_error(seen: Seen, seed: int) -> float:
    """Standard error of the share of signs: members drawn with replacement, and :func:`_share` of each draw at once."""
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
    found = [one * sign_share(*rest) if one > 0.0 else 0.5 for one, *rest in zip(part, mean, spread, error, strict=True)]
    return float(np.std(found, ddof=1))


def pairing(values: dict[str, np.ndarray], contrast: dict[str, float]) -> tuple[float, float]:
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


def runs_needed(values: dict[str, np.ndarray], contrast: dict[str, float], wanted: float) -> int:
    """Runs of every arm and world for a Monte Carlo error of the mean effect, from those that there are.

    Parameters
    ----------
    values, contrast
        As in :func:`estimate`.
    wanted : float
        Monte Carlo standard error, above 0.
    """
    found = contrasted(values, contrast)
    mcse = moments(merged(*by_world(found))).mcse
    if not math.isfinite(mcse) or mcse == 0.0:  # of runs that are all alike nothing is derived
        return found.shape[1]
    return max(2, math.ceil(found.shape[1] * (mcse / wanted) ** 2))
