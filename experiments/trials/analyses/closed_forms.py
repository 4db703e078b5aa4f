"""Power of cluster trials by the formulas of the field: what a calculator says that is given the effect and the correlation.

Sources: Donner and Klar 2000 (two arms); Eldridge, Ashby and Kerry 2006 (unequal sizes); Hussey and Hughes 2007 (stepped wedge).
"""

import math
from typing import Final

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
