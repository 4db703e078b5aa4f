"""Points at which the model is run, as SALib lays them out, with a dummy parameter that the model is not given.

Rows are what SALib's analysis wants; points are what the model is run at. Where only the dummy differs, rows share a point.
At those points the model is run again with other random numbers, so that the dummy has the effect of chance and no other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from experiments.sensitivity.space import DUMMY, Space
from sim.problems import BadInput, Problem

LEVELS: Final = 4
"""Levels of Morris's grid: a step is two thirds of a parameter's range."""

INSTALL: Final = "pip install 'practice-sustainment[analysis]'"

_STREAM: Final = {"morris": 1, "sobol": 2, "bootstrap": 3}


@dataclass(frozen=True, eq=False)
class Sample:
    """Points of one analysis.

    Attributes
    ----------
    kind : str
        ``morris`` or ``sobol``.
    space : Space
    rows : numpy.ndarray
        f8, shape (blocks x size, parameters + 1), the dummy last; a block is a trajectory, or a base sample.
    place : numpy.ndarray
        int, shape (rows,): the point of each row.
    points : numpy.ndarray
        f8, shape (points, parameters): what the model is run at, each point once.
    dummy_rows : numpy.ndarray
        int, shape (blocks,): the row of each block in which the dummy alone has moved.
    size : int
        Rows of a block.
    """

    kind: str
    space: Space
    rows: np.ndarray
    place: np.ndarray
    points: np.ndarray
    dummy_rows: np.ndarray
    size: int

    @property
    def blocks(self) -> int:
        """Trajectories, or base samples."""
        return len(self.dummy_rows)

    @property
    def again(self) -> np.ndarray:
        """Points that are run with other random numbers too, shape (blocks,): one a block; a point may come twice."""
        return self.place[self.dummy_rows]


def need_salib() -> None:
    """Say so at once, before anything is run, when SALib is not there.

    Raises
    ------
    BadInput
    """
    try:
        import SALib  # noqa: F401 - seen here, so that what is missing is said before an hour's work
    except ImportError as error:
        what = "SALib, which makes the samples and the indices, is not installed"
        raise BadInput([Problem("sensitivity", what, "an installation with the extra 'analysis'", INSTALL)]) from error


def generator(seed: int, what: str) -> np.random.Generator:
    """Random numbers for SALib: a generator, since SALib takes a seed of 0 for none.

    Parameters
    ----------
    seed : int
    what : str
        ``morris``, ``sobol`` or ``bootstrap``.
    """
    return np.random.default_rng([seed, _STREAM[what]])


def problem_of(space: Space) -> dict[str, Any]:
    """Problem as SALib wants it, the dummy last; a new one each time, as SALib writes into it.

    Parameters
    ----------
    space : Space
    """
    bounds = [[low, high] for low, high in zip(space.low.tolist(), space.high.tolist(), strict=True)]
    return {"num_vars": len(space) + 1, "names": [*space.names, DUMMY], "bounds": [*bounds, [0.0, 1.0]]}


def morris_sample(space: Space, *, trajectories: int, seed: int) -> Sample:
    """Morris's trajectories.

    Parameters
    ----------
    space : Space
    trajectories : int
        At least 2.
    seed : int

    Returns
    -------
    Sample
        Blocks of parameters + 2 rows.
    """
    from SALib.sample import morris

    rows = morris.sample(problem_of(space), trajectories, num_levels=LEVELS, seed=generator(seed, "morris"))
    size = len(space) + 2

    def moved(block: np.ndarray) -> int:
        return 1 + int(np.flatnonzero(np.diff(block[:, -1]))[0])

    return _sample("morris", space, rows, size, moved)


def sobol_sample(space: Space, *, base: int, seed: int) -> Sample:
    """Saltelli's sample for indices of first and total order.

    Parameters
    ----------
    space : Space
    base : int
        Base samples, a power of two.
    seed : int

    Returns
    -------
    Sample
        Blocks of parameters + 3 rows.
    """
    from SALib.sample import sobol

    rows = sobol.sample(problem_of(space), base, calc_second_order=False, seed=generator(seed, "sobol"))
    size = len(space) + 3
    return _sample("sobol", space, rows, size, lambda _: size - 2)


def _sample(kind: str, space: Space, rows: np.ndarray, size: int, moved: Callable[[np.ndarray], int]) -> Sample:
    """Sample of SALib's rows: each point once, in the order of the rows, so that a lost job costs few blocks."""
    given = np.clip(rows[:, :-1], space.low, space.high)  # scaling may miss a bound by the last bit
    _, first, place = np.unique(given, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    dummy = np.array([at + moved(rows[at : at + size]) for at in range(0, len(rows), size)])
    return Sample(kind, space, rows, rank[place.reshape(-1)], given[first[order]], dummy, size)
