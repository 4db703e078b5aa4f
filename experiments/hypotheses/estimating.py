"""Effects over plausible worlds: what is due to luck, what to the worlds, and in what share of them the sign holds.

In world w the true effect is theta_w ~ N(mu, tau^2); what is seen is d_w, the mean of the paired differences of its runs, with
Monte Carlo variance v_w = s_w^2 / runs. mu is estimated by the mean of d_w; tau^2, by the method of moments (Hedges and Olkin's
unweighted estimator), by var(d_w) - mean(v_w), at least 0: weights of inverse variance would hang on variances from a handful of
runs, some of which are 0. The share of worlds with theta_w > 0 is Phi(mu / sqrt(tau^2 + error of mu squared)): the last term
keeps an effect of which nothing is known from being called certain. Counted signs of d_w would not do: with five runs a world a
true effect of 5 percentage points in every world is counted as .71.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

DRAWS: Final = 400
"""Bootstrap samples of worlds, for the error of the share of signs."""


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
        Share of the worlds in which the effect is above zero, noise-corrected, and its error (bootstrap over worlds).
    counted : float
        Share of worlds whose noisy mean is above zero, for comparison.
    worlds, runs : int
        Worlds, and runs of every arm in each.
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
    worlds: int
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
    """Mean of each world and its Monte Carlo variance.

    A world with fewer than two defined runs is left out. The variance of a mean of few runs is pooled over all worlds in equal
    parts: s_w^2 from eight runs is itself hardly known, and zero where the runs happen to agree.

    Parameters
    ----------
    found : numpy.ndarray
        f8, shape (worlds, runs).

    Returns
    -------
    mean, variance : numpy.ndarray
        f8, shape (worlds left,).
    """
    there = np.isfinite(found)
    count = there.sum(axis=1)
    kept = count >= 2
    found, there, count = found[kept], there[kept], count[kept]
    filled = np.where(there, found, 0.0)
    mean = filled.sum(axis=1) / count
    own = np.where(there, (found - mean[:, None]) ** 2, 0.0).sum(axis=1) / (count - 1)
    pooled = own.mean() if len(own) else 0.0
    return mean, 0.5 * (own + pooled) / count


def moments(mean: np.ndarray, variance: np.ndarray) -> tuple[float, float, float, float]:
    """Mean over worlds, its error, its Monte Carlo error and the spread between worlds (mu, se, mcse, tau)."""
    count = len(mean)
    if count < 2:
        return (float(mean[0]) if count else math.nan), math.nan, math.nan, math.nan
    seen = float(mean.var(ddof=1))
    luck = float(variance.mean())
    return float(mean.mean()), math.sqrt(seen / count), math.sqrt(luck / count), math.sqrt(max(0.0, seen - luck))


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


def estimate(values: dict[str, np.ndarray], contrast: dict[str, float], *, level: float = 0.95, seed: int = 1) -> Effect:
    """Estimate a contrast.

    Parameters
    ----------
    values : dict of str to numpy.ndarray
        By arm, f8 of shape (worlds, runs): the same worlds and luck in every arm.
    contrast : dict of str to float
        Weights by arm.
    level : float
        Of the interval.
    seed : int
        Of the bootstrap.
    """
    from scipy.stats import t

    found = contrasted(values, contrast)
    mean, variance = by_world(found)
    mu, error, mcse, spread = moments(mean, variance)
    reach = float(t.ppf(0.5 + level / 2.0, max(1, len(mean) - 1))) * error
    correlation, reduction = pairing(values, contrast)
    return Effect(
        mean=mu, error=error, mcse=mcse, spread=spread, low=mu - reach, high=mu + reach,
        sign_share=sign_share(mu, spread, error), sign_error=_sign_error(mean, variance, seed),
        counted=float(np.mean(mean > 0.0)) if len(mean) else math.nan, worlds=len(mean), runs=found.shape[1],
        correlation=correlation, reduction=reduction,
    )  # fmt: skip


def _sign_error(mean: np.ndarray, variance: np.ndarray, seed: int) -> float:
    """Standard error of the share of signs: worlds drawn with replacement."""
    count = len(mean)
    if count < 2:
        return math.nan
    drawn = np.random.default_rng(seed).integers(0, count, (DRAWS, count))
    shares = []
    for rows in drawn:
        mu, error, _, spread = moments(mean[rows], variance[rows])
        shares.append(sign_share(mu, spread, error))
    return float(np.std(shares, ddof=1))


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
    mean, variance = by_world(found)
    _, _, mcse, _ = moments(mean, variance)
    if not math.isfinite(mcse):
        return found.shape[1]
    return max(2, math.ceil(found.shape[1] * (mcse / wanted) ** 2))
