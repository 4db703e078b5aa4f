"""Designs: which settings are run, point by point.

A design is one array a factor, so that ten million points cost what their numbers cost. Points are made by scipy
(Latin hypercube, Sobol') or by counting; what one point sets is named as ``--set`` names it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

AS_IT_IS: Final = -1
"""Code of a word that a point leaves as the scenario has it; a number is NaN then."""


@dataclass(frozen=True)
class Factor:
    """Something that a design varies.

    Attributes
    ----------
    name : str
        A parameter's name, ``switch.NAME``, ``forms.NAME``, ``services.NAME.field`` or ``services.all.field``.
    kind : str
        ``parameter``, ``switch``, ``form`` or ``service``.
    unit : str
    labels : tuple of str
        Words that it takes; empty for numbers.
    whole : bool
        Whether its numbers are whole.
    """

    name: str
    kind: str
    unit: str
    labels: tuple[str, ...] = ()
    whole: bool = False

    def setting(self, value: float) -> str | float | None:
        """Value of a design's array as a setting: a word, a number, or None for as in the scenario.

        Parameters
        ----------
        value : float or int
            A number, or the code of a label.
        """
        if self.labels:
            return None if value == AS_IT_IS else self.labels[int(value)]
        if math.isnan(value):
            return None
        return int(value) if self.whole else float(value)


@dataclass(frozen=True, eq=False)
class Design:
    """Points, each with a value for every factor.

    Attributes
    ----------
    kind : str
        As in the study file; ``none`` for the one point at which the scenarios are as they are.
    factors : tuple of Factor
    values : tuple of numpy.ndarray
        One array a factor, shape (points,): f8 for numbers (NaN = as in the scenario), i2 codes into the labels for words
        (-1 = as in the scenario). Read-only.
    """

    kind: str
    factors: tuple[Factor, ...] = ()
    values: tuple[np.ndarray, ...] = ()

    def __post_init__(self) -> None:
        for one in self.values:
            one.flags.writeable = False

    @property
    def points(self) -> int:
        """Number of points."""
        return len(self.values[0]) if self.values else 1

    def settings(self, point: int) -> dict[str, str | float | bool]:
        """What a point sets, by factor; what it leaves as in the scenario is not among it.

        Parameters
        ----------
        point : int
        """
        self._known(point)
        found = ((one.name, one.setting(array[point])) for one, array in zip(self.factors, self.values, strict=True))
        return {name: value for name, value in found if value is not None}

    def structure(self, point: int) -> tuple[tuple[str, str | float | bool], ...]:
        """What a point sets of services: points that agree in it share all of a plan but its parameters.

        Parameters
        ----------
        point : int
        """
        self._known(point)
        pairs = zip(self.factors, self.values, strict=True)
        found = ((one.name, one.setting(array[point])) for one, array in pairs if one.kind == "service")
        return tuple((name, value) for name, value in found if value is not None)

    def _known(self, point: int) -> None:
        if not 0 <= point < self.points:
            raise IndexError(f"point {point} of a design with {self.points} points")


@dataclass(frozen=True)
class Range:
    """Numbers from low to high.

    Attributes
    ----------
    low, high : float
    log : bool
        Spread over the logarithm.
    """

    low: float
    high: float
    log: bool = False


Taken = np.ndarray | Range
"""What a factor takes: its levels (numbers, or codes of words), or a range."""


def absent(factor: Factor, points: int) -> np.ndarray:
    """Values of a factor that leave every point as in the scenario, shape (points,)."""
    return np.full(points, AS_IT_IS, "i2") if factor.labels else np.full(points, np.nan)


def factorial(factors: Sequence[Factor], levels: Sequence[np.ndarray]) -> Design:
    """Every combination of levels; the last factor changes fastest.

    Parameters
    ----------
    factors : sequence of Factor
    levels : sequence of numpy.ndarray
        Of each factor.
    """
    sizes = [len(one) for one in levels]
    values, repeat = [], math.prod(sizes)
    for one, size in zip(levels, sizes, strict=True):
        repeat //= size
        values.append(np.tile(np.repeat(one, repeat), math.prod(sizes) // (size * repeat)))
    return Design("factorial", tuple(factors), tuple(values))


def one_at_a_time(factors: Sequence[Factor], levels: Sequence[np.ndarray]) -> Design:
    """Point 0 is the scenario as it is; then every level of every factor alone.

    Parameters
    ----------
    factors : sequence of Factor
    levels : sequence of numpy.ndarray
        Of each factor.
    """
    points, first = 1 + sum(len(one) for one in levels), 1
    values = []
    for factor, one in zip(factors, levels, strict=True):
        array = absent(factor, points)
        array[first : first + len(one)] = one
        first += len(one)
        values.append(array)
    return Design("one-at-a-time", tuple(factors), tuple(values))


def spread(kind: str, factors: Sequence[Factor], taken: Sequence[Taken], *, points: int, seed: int) -> Design:
    """Points spread over the whole space, by scipy.

    Parameters
    ----------
    kind : str
        ``latin-hypercube``, or ``sobol`` (scrambled; ``points`` is a power of two).
    factors : sequence of Factor
    taken : sequence of numpy.ndarray or Range
        Of each factor. Levels are taken in equal shares, as far as the number of points allows. Whole numbers are rounded
        from a range half a step wider at either end, so that the ends too have their share (on a linear scale).
    points, seed : int

    Returns
    -------
    Design
        The same for the same arguments and version of scipy.
    """
    from scipy.stats import qmc

    sampler = qmc.LatinHypercube if kind == "latin-hypercube" else qmc.Sobol
    engine = sampler(len(factors), rng=np.random.default_rng(seed))
    unit = engine.random(points) if kind == "latin-hypercube" else engine.random_base2(points.bit_length() - 1)
    columns = [_placed(one, what, unit[:, at]) for at, (one, what) in enumerate(zip(factors, taken, strict=True))]
    return Design(kind, tuple(factors), tuple(columns))


def _placed(factor: Factor, taken: Taken, share: np.ndarray) -> np.ndarray:
    """Values for shares from 0 to below 1, shape (points,)."""
    if isinstance(taken, np.ndarray):
        return taken[np.minimum((share * len(taken)).astype(np.int64), len(taken) - 1)]
    step = 0.5 if factor.whole else 0.0
    low, high = taken.low - step, taken.high + step
    values = low * (high / low) ** share if taken.log else low + (high - low) * share
    values = np.rint(values) if factor.whole else values
    return np.clip(values, taken.low, taken.high)
