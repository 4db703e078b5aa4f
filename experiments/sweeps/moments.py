"""Means, standard errors and ranges over runs, added up one run after the other."""

import numpy as np


class Moments:
    """Weighted moments of outcomes at some points.

    Every sum runs over the runs in their order, one addition after the other, so it depends on no chunk. Values are taken as
    distances from the first one, which keeps the digits of a spread that is small against the mean.

    Parameters
    ----------
    points, outcomes : int

    Attributes
    ----------
    points : int
    """

    def __init__(self, points: int, outcomes: int) -> None:
        self.points = points
        shape = (points, outcomes)
        self._count = np.zeros(shape, np.int64)
        self._from = np.zeros(shape)
        self._low, self._high = np.full(shape, np.inf), np.full(shape, -np.inf)
        # sums of w, wx, wxx, and of ww, wwx, wwxx
        self._sums = np.zeros((6, *shape))

    def add(self, values: np.ndarray, weights: np.ndarray) -> None:
        """Add runs.

        Parameters
        ----------
        values : numpy.ndarray
            f8, shape (points, runs, outcomes); NaN where undefined or failed.
        weights : numpy.ndarray
            f8, shape (runs,).
        """
        if values.shape[1] == 0:
            return
        known = ~np.isnan(values)
        fresh = (self._count == 0) & known.any(axis=1)
        first = np.take_along_axis(values, known.argmax(axis=1)[:, None, :], axis=1)[:, 0, :]
        self._from = np.where(fresh, first, self._from)
        distance = np.where(known, values - self._from[:, None, :], 0.0)
        weight = np.where(known, weights[None, :, None], 0.0)
        terms = (weight, weight * distance, weight * distance * distance)
        for at, term in enumerate((*terms, *(weight * one for one in terms))):
            self._sums[at] = np.cumsum(np.concatenate([self._sums[at][:, None, :], term], axis=1), axis=1)[:, -1]
        self._count += known.sum(axis=1)
        self._low = np.minimum(self._low, np.where(known, values, np.inf).min(axis=1))
        self._high = np.maximum(self._high, np.where(known, values, -np.inf).max(axis=1))

    def results(self) -> dict[str, np.ndarray]:
        """Results so far.

        Returns
        -------
        dict of str to numpy.ndarray
            ``runs`` (int64), ``mean``, ``mcse``, ``sd``, ``low``, ``high``, each of shape (points, outcomes); NaN where no run
            defines them, for a spread fewer than two, and for an error no two that differ. With weights, the standard error is
            that of a weighted mean.
        """
        count = self._count
        one, x, xx, two, yx, yxx = self._sums
        some, several = count > 0, count > 1
        nothing = np.full(count.shape, np.nan)
        gap = np.divide(x, one, out=nothing.copy(), where=some)
        scale = np.divide(count, count - 1.0, out=nothing.copy(), where=several)
        spread = np.maximum(np.divide(xx, one, out=nothing.copy(), where=some) - gap * gap, 0.0) * scale
        error = np.maximum(yxx - 2.0 * gap * yx + gap * gap * two, 0.0) * scale
        differing = several & (self._high > self._low)  # no spread seen is not "no error": it is not known
        return {
            "runs": count,
            "mean": self._from + gap,
            "mcse": np.divide(np.sqrt(error), one, out=nothing.copy(), where=differing),
            "sd": np.where(several, np.sqrt(spread), np.nan),
            "low": np.where(some, self._low, np.nan),
            "high": np.where(some, self._high, np.nan),
        }
