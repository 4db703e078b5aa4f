"""Effects of contrasts over plausible worlds, run by run paired; luck against worlds is told apart in ``experiments.worlds``."""

import math
from dataclasses import dataclass

import numpy as np

from experiments.worlds.estimating import by_world, merged, moments, share_above, share_above_error, still_worlds


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
        sign_share=share_above(seen), sign_error=share_above_error(seen, seed),
        counted=float(np.mean(there > 0.0)) if len(there) else math.nan, still=float(seen.share[seen.still].sum()),
        worlds=len(there), members=len(seen.mean), runs=runs,
        correlation=paired[0], reduction=paired[1],
    )  # fmt: skip


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
