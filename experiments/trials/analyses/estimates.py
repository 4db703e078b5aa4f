"""What an analysis gives for each of many trials, and how a fit can fail. Every array has the trials as its first axis."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

FINE: Final = 0
TOO_FEW: Final = 1
NO_VARIANCE: Final = 2
SINGULAR: Final = 3
NOT_CONVERGED: Final = 4
SEPARATED: Final = 5

FAILURES: Final = {
    FINE: "fitted",
    TOO_FEW: "too few clusters",
    NO_VARIANCE: "no variance within the arms",
    SINGULAR: "singular",
    NOT_CONVERGED: "not converged",
    SEPARATED: "separated: all members of an arm are alike",
}
"""How a fit ends, by its code. What failed stays among the trials and does not reject: its p is NaN."""


_ROUNDING: Final = 1e-26
"""Squared relative error of a sum of some hundred doubles, with room to spare."""


def of_clusters(members: np.ndarray, there: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers and means of the members of clusters, and every member's squared distance from its mean.

    Parameters
    ----------
    members : numpy.ndarray
        f8, shape (trials, clusters, members).
    there : numpy.ndarray
        bool, same shape: members that count.

    Returns
    -------
    count, mean, squares : numpy.ndarray
        f8, shape (trials, clusters) each, the mean 0 where nobody counts; and (trials, clusters, members), 0 for who does not.
    """
    count = there.sum(axis=2).astype(float)
    filled = np.where(there, members, 0.0)
    mean = np.divide(filled.sum(axis=2), count, out=np.zeros(count.shape), where=count > 0)
    return count, mean, np.where(there, members - mean[..., None], 0.0) ** 2


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimates of an effect, one a trial.

    Attributes
    ----------
    estimate, error, df, lower, upper, p : numpy.ndarray
        f8, shape (trials,): estimate, standard error, degrees of freedom (infinite for a normal deviate), interval, two-sided p;
        NaN where the fit failed.
    failed : numpy.ndarray
        i1, shape (trials,): a key of FAILURES.
    at_bound : numpy.ndarray
        bool, shape (trials,): a variance between clusters is estimated as 0; such a fit did not fail.
    """

    estimate: np.ndarray
    error: np.ndarray
    df: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    p: np.ndarray
    failed: np.ndarray
    at_bound: np.ndarray


def left_nothing(rest: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Where what is left of a sum of squares is no more than rounding; bool, shape (trials,).

    Parameters
    ----------
    rest, whole : numpy.ndarray
        f8, shape (trials,): squares of what is left, and of the values themselves.
    """
    return np.asarray(rest <= _ROUNDING * whole)


def told(
    estimate: np.ndarray,
    error: np.ndarray,
    df: np.ndarray,
    *,
    failed: np.ndarray | None = None,
    at_bound: np.ndarray | None = None,
    alpha: float = 0.05,
) -> Estimates:
    """Tests and intervals of estimates by Student's t; what failed is NaN throughout.

    Parameters
    ----------
    estimate, error, df : numpy.ndarray
        f8, shape (trials,); infinite degrees of freedom give the normal deviate.
    failed : numpy.ndarray, optional
        i1, shape (trials,). Beside it, too few clusters leave no degrees of freedom, and an error of 0 or none is no variance.
    at_bound : numpy.ndarray, optional
    alpha : float
        The interval is one of 1 - alpha.
    """
    code = np.zeros(len(estimate), np.int8) if failed is None else failed.astype(np.int8)
    code = np.where((code == FINE) & ~(df > 0), TOO_FEW, code)
    code = np.where((code == FINE) & (~np.isfinite(estimate) | np.isinf(error)), SINGULAR, code)
    code = np.where((code == FINE) & ~(error > 0), NO_VARIANCE, code).astype(np.int8)
    fine = code == FINE
    value, spread, freedom = (np.where(fine, one, np.nan) for one in (estimate, error, df))
    beyond = spread * stats.t.ppf(1.0 - alpha / 2.0, freedom)
    with np.errstate(invalid="ignore"):
        p = 2.0 * stats.t.sf(np.abs(value / spread), freedom)
    bound = np.zeros(len(code), bool) if at_bound is None else at_bound & fine
    return Estimates(value, spread, freedom, value - beyond, value + beyond, p, code, bound)
