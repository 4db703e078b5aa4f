"""Power of cluster trials by the formulas of the field: what a calculator says that is given the effect and the correlation.

Sources: Donner and Klar 2000 (two arms); Eldridge, Ashby and Kerry 2006 (unequal sizes); Hussey and Hughes 2007 (stepped wedge);
Hooper and others 2016 (autocorrelation of clusters); Kenny and others 2022 (effects by exposure).
"""

import math
from typing import Final

import numpy as np
from scipy import stats

FAR: Final = 30.0
"""Standard errors from 0 at which an effect is always found."""


def design_effect(size: float, correlation: float, *, variation: float = 0.0) -> float:
    """Variance relative to that of as many members who are not alike.

    Parameters
    ----------
    size : float
        Mean members of a cluster.
    correlation : float
        Intracluster correlation.
    variation : float
        Coefficient of variation of the sizes.

    Examples
    --------
    >>> round(design_effect(8, 0.13), 2)
    1.91
    """
    return 1.0 + ((1.0 + variation**2) * size - 1.0) * correlation


def two_arms_power(
    difference: float,
    deviation: float,
    clusters: int,
    size: float,
    correlation: float,
    *,
    variation: float = 0.0,
    alpha: float = 0.05,
) -> float:
    """Power of two equal arms by a t test with clusters - 2 degrees of freedom.

    Parameters
    ----------
    difference, deviation : float
        Effect, and standard deviation of a member.
    clusters : int
        Of both arms together.
    size : float
        Mean members of a cluster.
    correlation : float
    variation : float
        Coefficient of variation of the sizes.
    alpha : float

    Examples
    --------
    >>> round(two_arms_power(0.5, 1.0, 24, 8, 0.13), 3)
    0.669
    """
    error = deviation * math.sqrt(4.0 * design_effect(size, correlation, variation=variation) / (clusters * size))
    return _power(difference / error, clusters - 2, alpha)


def _power(distance: float, df: float, alpha: float) -> float:
    critical, far = stats.t.ppf(1.0 - alpha / 2.0, df), abs(distance)
    if far > FAR:  # SciPy's non-central t gives no number there, and power is 1 to the last digit
        return 1.0
    below = 0.0 if far > FAR / 3.0 else float(stats.nct.cdf(-critical, df, far))
    return float(stats.nct.sf(critical, df, far)) + below


def clusters_needed(
    difference: float, deviation: float, size: float, correlation: float, *, variation: float = 0.0, alpha: float = 0.05,
    power: float = 0.8, most: int = 100_000,
) -> int | None:  # fmt: skip
    """Least even number of clusters of two equal arms with a power; None if more than ``most``.

    Parameters
    ----------
    difference, deviation, size, correlation, variation, alpha
        As :func:`two_arms_power` takes them.
    power : float
    most : int
    """
    about = {"variation": variation, "alpha": alpha}
    few, many = 1, most // 2
    if two_arms_power(difference, deviation, 2 * many, size, correlation, **about) < power:
        return None
    while many - few > 1:
        middle = (few + many) // 2
        enough = two_arms_power(difference, deviation, 2 * middle, size, correlation, **about) >= power
        few, many = (few, middle) if enough else (middle, many)
    return 2 * many


def wedge_variance(within: float, between: float, crossings: list[int], periods: int) -> float:
    """Variance of an immediate effect of a stepped wedge, with cluster-period means as observations.

    Parameters
    ----------
    within : float
        Variance of the mean of a cluster in a period, given the cluster.
    between : float
        Variance between clusters.
    crossings : list of int
        For each cluster the first period, from 0, in which it is exposed.
    periods : int

    Examples
    --------
    >>> round(wedge_variance(1.0, 0.5, [1, 2, 3], 4), 4)
    1.0
    """
    exposed = [[1 if period >= crossing else 0 for period in range(periods)] for crossing in crossings]
    clusters = len(crossings)
    total = sum(map(sum, exposed))
    by_period = sum(sum(row[period] for row in exposed) ** 2 for period in range(periods))
    by_cluster = sum(sum(row) ** 2 for row in exposed)
    upper = clusters * within * (within + periods * between)
    apart = total**2 + clusters * periods * total - periods * by_period - clusters * by_cluster
    lower = (clusters * total - by_period) * within + apart * between
    return upper / lower


def wedge_parts(deviation: float, size: float, correlation: float, *, autocorrelation: float = 1.0) -> tuple[float, float]:
    """Variances within and between clusters that :func:`wedge_variance` takes, of other members in each period.

    Parameters
    ----------
    deviation : float
        Standard deviation of a member.
    size : float
        Members of a cluster in a period.
    correlation : float
        Of two members of a cluster in the same period.
    autocorrelation : float
        Correlation of two members in different periods over that within a period.

    Examples
    --------
    >>> within, between = wedge_parts(1.0, 10, 0.1, autocorrelation=0.8)
    >>> round(within, 3), round(between, 3)
    (0.11, 0.08)
    """
    shared = deviation**2 * correlation
    return deviation**2 * (1.0 - correlation) / size + shared * (1.0 - autocorrelation), shared * autocorrelation


def wedge_exposure_variance(
    within: float, between: float, crossings: list[int], periods: int, *, longest: int | None = None
) -> float:
    """Variance of the effect of a stepped wedge averaged over periods of exposure, each with an effect of its own.

    Parameters
    ----------
    within, between, crossings, periods
        As :func:`wedge_variance` takes them.
    longest : int, optional
        Periods of exposure that are averaged over; all unless given.

    Returns
    -------
    float
        Infinite where some effect of exposure cannot be told from the periods.

    Examples
    --------
    >>> wedge_exposure_variance(1.0, 0.5, [1, 2, 3], 4) > wedge_variance(1.0, 0.5, [1, 2, 3], 4)
    True
    """
    exposure = np.maximum(np.arange(periods) - np.array(crossings)[:, None] + 1, 0)
    most = int(exposure.max())
    effects = (exposure[..., None] == np.arange(1, most + 1)).astype(float)
    design = np.concatenate([np.broadcast_to(np.eye(periods), (len(crossings), periods, periods)), effects], axis=2)
    inverse = np.linalg.inv(within * np.eye(periods) + between)
    information = np.einsum("cpi,pq,cqj->ij", design, inverse, design)
    if np.linalg.matrix_rank(information) < len(information):
        return math.inf
    counted = min(longest or most, most)
    contrast = np.concatenate([np.zeros(periods), np.where(np.arange(most) < counted, 1.0 / counted, 0.0)])
    return float(contrast @ np.linalg.solve(information, contrast))


def wedge_clusters_needed(
    effect: float, within: float, between: float, sequences: int, *, alpha: float = 0.05, power: float = 0.8, most: int = 10_000
) -> int | None:
    """Least number of clusters a sequence of a stepped wedge with a power by the normal deviate; None if more than ``most``.

    One sequence crosses after each period but the last; the variance goes as one over the clusters of each.

    Parameters
    ----------
    effect : float
        Immediate and lasting.
    within, between : float
        As :func:`wedge_variance` takes them.
    sequences : int
    alpha, power : float
    most : int

    Examples
    --------
    >>> wedge_clusters_needed(0.2, 0.1, 0.05, 4)
    11
    """
    alone = wedge_variance(within, between, list(range(1, sequences + 1)), sequences + 1)
    few, many = 0, most
    if wedge_power(effect, alone / many, alpha=alpha) < power:
        return None
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if wedge_power(effect, alone / middle, alpha=alpha) >= power else (middle, many)
    return many


def wedge_power(effect: float, variance: float, *, df: float = math.inf, alpha: float = 0.05) -> float:
    """Power of a test of an effect whose estimate has a known variance.

    Parameters
    ----------
    effect, variance : float
    df : float
        Of Student's t; the normal deviate unless given.
    alpha : float

    Examples
    --------
    >>> round(wedge_power(1.0, 0.127), 2)
    0.8
    """
    if math.isinf(df):
        critical, distance = stats.norm.ppf(1.0 - alpha / 2.0), effect / math.sqrt(variance)
        return float(stats.norm.sf(critical - distance) + stats.norm.cdf(-critical - distance))
    return _power(effect / math.sqrt(variance), df, alpha)
