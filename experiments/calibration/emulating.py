"""Emulators: what a pattern's instrument would give for a vector nobody has run, with its error.

One regression for each pattern: linear in all parameters, squares and products of those that matter most, fitted by least
squares to vectors that were run. It only proposes where to look; whether a vector is plausible is measured, never foretold.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from scipy.special import ndtr

from experiments.calibration.linear_algebra import one_thread

STRONGEST: Final = 20
"""Parameters of a pattern that also have squares and products."""

NOTICED: Final = 3.0
"""Standard errors that the coefficient of a product must be away from zero."""

FOLDS: Final = 5


@dataclass(frozen=True)
class Emulator:
    """Regression for one pattern.

    Attributes
    ----------
    linear : numpy.ndarray
        f8, shape (1 + parameters,): intercept and slopes on the scale from -1 to 1.
    pairs : numpy.ndarray
        int64, shape (terms, 2): parameters whose product is a term; a square has the same twice.
    products : numpy.ndarray
        f8, shape (terms,).
    error : float
        Standard deviation of what it foretells of vectors it has not seen (cross-validation), replicate noise included.
    explained : float
        Share of the variance of such vectors that it foretells.
    """

    linear: np.ndarray
    pairs: np.ndarray
    products: np.ndarray
    error: float
    explained: float

    def mean(self, shares: np.ndarray) -> np.ndarray:
        """Foretell vectors, given as shares of the way between bounds, shape (vectors, parameters)."""
        x = 2.0 * shares - 1.0
        found = self.linear[0] + x @ self.linear[1:]
        if len(self.pairs):
            found = found + (x[:, self.pairs[:, 0]] * x[:, self.pairs[:, 1]]) @ self.products
        return np.asarray(found)

    def chance(self, shares: np.ndarray, low: float, high: float) -> np.ndarray:
        """Chance that what is measured lies between ``low`` and ``high``."""
        middle = self.mean(shares)
        return np.asarray(ndtr((high - middle) / self.error) - ndtr((low - middle) / self.error))


def _columns(x: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    parts = [np.ones((len(x), 1)), x]
    if len(pairs):
        parts.append(x[:, pairs[:, 0]] * x[:, pairs[:, 1]])
    return np.hstack(parts)


def _solve(columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least squares with a slight pull towards zero, which keeps it apart from noise where vectors are few."""
    ridge = np.eye(columns.shape[1]) * 1.0
    ridge[0, 0] = 0.0
    return np.asarray(np.linalg.solve(columns.T @ columns + ridge, columns.T @ values))


def fit(shares: np.ndarray, values: np.ndarray) -> Emulator:
    """Fit the emulator of one pattern.

    Parameters
    ----------
    shares : numpy.ndarray
        f8 in [0, 1], shape (vectors, parameters).
    values : numpy.ndarray
        f8, shape (vectors,): what was measured; NaN is left out.
    """
    with one_thread():
        return _fitted(shares, values)


def _fitted(shares: np.ndarray, values: np.ndarray) -> Emulator:
    there = np.isfinite(values)
    x, y = 2.0 * shares[there] - 1.0, values[there]
    if len(y) < 2 * FOLDS or np.ptp(y) == 0.0:
        middle = float(y.mean()) if len(y) else float("nan")
        none = np.zeros((0, 2), np.int64)
        return Emulator(
            np.array([middle, *np.zeros(x.shape[1])]), none, np.zeros(0), max(float(np.std(y)) if len(y) else 1.0, 1e-9), 0.0
        )
    first = _solve(_columns(x, np.zeros((0, 2), np.int64)), y)
    strong = np.argsort(-np.abs(first[1:]))[:STRONGEST]
    strong.sort()
    pairs = np.array([*((one, one) for one in strong), *combinations(strong, 2)], np.int64)
    # keep the products that stand out from noise: their variance is about 1/9 on this scale
    products = _solve(_columns(x, pairs), y)[x.shape[1] + 1 :]
    left = y - _columns(x, pairs) @ _solve(_columns(x, pairs), y)
    pairs = pairs[np.abs(products) * np.sqrt(len(y) / 9.0) > NOTICED * np.std(left)]
    columns = _columns(x, pairs)
    fold = np.arange(len(y)) % FOLDS
    off = np.empty(len(y))
    for one in range(FOLDS):
        out = fold == one
        off[out] = y[out] - columns[out] @ _solve(columns[~out], y[~out])
    found = _solve(columns, y)
    count = x.shape[1] + 1
    error = float(np.sqrt(np.mean(off**2)))
    return Emulator(found[:count], pairs, found[count:], max(error, 1e-9), 1.0 - error**2 / float(np.var(y)))
