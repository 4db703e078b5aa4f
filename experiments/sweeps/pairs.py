"""Differences between levels from runs of equal number: these have the same luck and the same plausible world at every point.

What such runs have in common drops out of a difference, so its error is taken from the differences run by run, not from the
errors of the two means. A mean over points is a sum of means over runs, and some runs may be undefined at some points: what a run
adds to a mean is told by its distance from it (the linear part, which is exact where every run is defined). Runs that have one
parameter set are merged, as everywhere (:mod:`experiments.worlds.estimating`); where every member of an ensemble is run, the
worlds are all there are, and only luck is left.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from experiments.sweeps.declared import RUNS
from experiments.worlds.estimating import by_world, merged, moments
from experiments.worlds.luck import error_of, limits_of
from experiments.worlds.spread import OverWorlds, over_worlds

if TYPE_CHECKING:
    from experiments.sweeps.digest import Digest, ShownFactor
    from sim.store.parts import PartStore

_DIGITS: Final = 12
"""Decimal places beyond which two runs count as equal: sums over many points leave traces."""


class Part(NamedTuple):
    """Some runs of one scenario, with one outcome.

    Attributes
    ----------
    scenario : int
    point, run : numpy.ndarray
        int, shape (rows,).
    value : numpy.ndarray
        f8, shape (rows,); NaN where undefined.
    """

    scenario: int
    point: np.ndarray
    run: np.ndarray
    value: np.ndarray


Runs = Callable[[str], Iterable[Part]]
"""Gives every run's value of an outcome, part by part."""


class Difference(NamedTuple):
    """A difference between two levels.

    Attributes
    ----------
    size : float
    error : float
        Standard error; NaN where it is not known.
    free : float
        Degrees of freedom of the error; 0 where there are none.
    """

    size: float
    error: float
    free: float


def stored_runs(store: "PartStore", names: Iterable[str]) -> Runs:
    """Runs that a store keeps.

    Parameters
    ----------
    store : PartStore
    names : iterable of str
        Finished jobs.
    """
    import pyarrow.parquet as pq

    kept = list(names)

    def read(outcome: str) -> Iterator[Part]:
        for name in kept:
            with pq.ParquetFile(store.path(RUNS, name).absolute()) as stored:
                found = stored.read(columns=["point", "run", outcome], use_threads=False)
            point, run, value = (found.column(one).to_numpy() for one in ("point", "run", outcome))
            yield Part(int(name.split("-", 1)[0]), point, run, value.astype("f8"))

    return read


class Paired:
    """Runs of an outcome at the levels of every factor of a design.

    Parameters
    ----------
    digest : Digest
        With runs.
    outcome : str
    """

    def __init__(self, digest: "Digest", outcome: str) -> None:
        self._study, self._limits = digest.study, limits_of(outcome)
        self._mean, _, runs = digest.values(outcome)
        self._at, self._first, self._count = {}, [np.zeros(digest.points, np.int64)], 1
        self._first[0][1:] = -1  # the first group is point 0, from which factors are moved one at a time
        for factor in digest.factors:
            levels = factor.levels
            places = np.searchsorted(levels, factor.values)
            self._first.append(np.where(np.isnan(factor.values), -1, self._count + places))
            self._at[factor.name] = self._count
            self._count += len(levels)
        assert digest.runs is not None
        self._gather(digest.runs, outcome, runs)

    def _gather(self, read: Runs, outcome: str, runs: np.ndarray) -> None:
        """Add up what each run adds to the mean of each group of points."""
        study, known = self._study, ~np.isnan(self._mean)
        shape = (len(self._mean), self._count, study.runs)
        self._adds, self._there = np.zeros(shape), np.zeros(shape, bool)
        weights = np.ones(study.runs)
        total = runs.astype(float)
        if study.ensemble is not None and study.every_member:
            weights = study.ensemble.weights[np.arange(study.runs) % study.members]
            total = np.zeros(self._mean.shape)
            for part in read(outcome):
                defined = ~np.isnan(part.value)
                np.add.at(total[part.scenario], part.point[defined], weights[part.run[defined]])
        points = np.zeros((len(self._mean), self._count))
        for group in self._first:
            for scenario, there in enumerate(known):
                points[scenario] += np.bincount(group[there & (group >= 0)], minlength=self._count)
        for part in read(outcome):
            defined = ~np.isnan(part.value)
            at, run = part.point[defined], part.run[defined]
            apart = weights[run] * (part.value[defined] - self._mean[part.scenario, at]) / total[part.scenario, at] * study.runs
            for group in self._first:
                which = group[at]
                some = which >= 0
                np.add.at(self._adds[part.scenario], (which[some], run[some]), apart[some] / points[part.scenario, which[some]])
                self._there[part.scenario, which[some], run[some]] = True

    def difference(self, scenario: int, factor: "ShownFactor", level: int, other: int | None, size: float) -> Difference:
        """Difference of an outcome between a level and another one, or point 0, with its error from pairs of runs.

        Parameters
        ----------
        scenario : int
        factor : ShownFactor
        level : int
            Place in ``factor.levels``.
        other : int or None
            The same; None for point 0.
        size : float
            The difference itself, as means tell it.
        """
        first, second = self._at[factor.name] + level, 0 if other is None else self._at[factor.name] + other
        values = size + self._adds[scenario, first] - self._adds[scenario, second]
        seen = min(int(self._there[scenario, one].sum()) for one in (first, second))
        if seen < 2 or math.isnan(size):
            return Difference(size, math.nan, 0.0)
        error, free = self._error(values)
        limits = None if self._limits is None else (self._limits[0] - self._limits[1], self._limits[1] - self._limits[0])
        known, _ = error_of(np.round(values, _DIGITS), error, limits)
        return Difference(size, known, min(free, seen - 1.0))

    def over_worlds(self, scenario: int, factor: "ShownFactor", levels: tuple[int, ...], size: float) -> OverWorlds | None:
        """How far runs, or worlds where luck can be told apart, differ in such a difference; None without plausible worlds.

        Parameters
        ----------
        scenario : int
        factor : ShownFactor
        levels : tuple of int
            Places in ``factor.levels``; a single one stands against point 0.
        size : float
            The difference between the first and the other, as means tell it.
        """
        study = self._study
        if study.ensemble is None:
            return None
        first, second = self._at[factor.name] + levels[0], self._at[factor.name] + levels[1] if levels[1:] else 0
        there = self._there[scenario, first] & self._there[scenario, second]
        values = np.where(there, size + self._adds[scenario, first] - self._adds[scenario, second], np.nan)
        return over_worlds(values, study.worlds[np.arange(len(values)) % len(study.worlds)])

    def _error(self, values: np.ndarray) -> tuple[float, float]:
        """Standard error of the mean of a contrast, and its degrees of freedom."""
        study = self._study
        if study.ensemble is not None and study.every_member and study.replicates > 1:
            mean, variance = by_world(values.reshape(study.replicates, study.members).T)
            return moments(merged(mean, variance)).mcse, float(study.members * (study.replicates - 1))
        members = None if study.ensemble is None else study.worlds[np.arange(len(values)) % len(study.worlds)]
        seen = merged(values, np.zeros(len(values)), members)
        all_ = moments(seen)
        return all_.error, all_.worth - 1.0
