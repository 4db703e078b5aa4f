"""A schedule: which ingredients at which dose, from when to when; as genes, as policies, as a word, as words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np

from experiments.policies.ingredients import DOSES, FULL, INGREDIENTS, LENGTHS, NAMES, STARTS
from sim.scenario.schema import Policy

HORIZON: Final = 84
"""Months that are simulated: six years after the outside support ends."""

_COUNT: Final = len(INGREDIENTS)

MOST: Final = np.array(
    [*[len(DOSES) - 1] * _COUNT, *[len(STARTS)] * _COUNT, *[len(LENGTHS)] * _COUNT, len(STARTS) - 1, len(LENGTHS) - 1],
    dtype=np.int64,
)
"""Largest value of each gene: dose, own start and own length of each ingredient (0: the common one), common start and length."""


class Part(NamedTuple):
    """One ingredient of a schedule: its place in INGREDIENTS, that of its dose in DOSES, first month, months (0: to the end)."""

    ingredient: int
    dose: int
    start: int
    length: int

    @property
    def end(self) -> int:
        """First month no longer in force."""
        return min(HORIZON, self.start + self.length) if self.length else HORIZON


@dataclass(frozen=True)
class Schedule:
    """Ingredients with doses and times; equal when they say the same.

    Attributes
    ----------
    parts : tuple of Part
        In the order of INGREDIENTS, none twice, none off.
    """

    parts: tuple[Part, ...] = ()

    @property
    def key(self) -> str:
        """The schedule as one word, such as ``expectation:full:12-84,champion:half:24-48``; ``nothing`` for none."""
        return ",".join(f"{NAMES[one.ingredient]}:{DOSES[one.dose]}:{one.start}-{one.end}" for one in self.parts) or "nothing"

    @property
    def doses(self) -> tuple[int, ...]:
        """Dose of every ingredient, as its place in DOSES."""
        found = {one.ingredient: one.dose for one in self.parts}
        return tuple(found.get(at, 0) for at in range(_COUNT))

    def policies(self) -> tuple[Policy, ...]:
        """Policies of a scenario."""
        return tuple(
            Policy(lever=lever, dose=dose, start=one.start, end=None if one.end == HORIZON else one.end)
            for one in self.parts
            for lever, dose in INGREDIENTS[one.ingredient].levers(one.dose).items()
        )

    def words(self) -> str:
        """The schedule as a person says it: what has the same dose and time together.

        Examples
        --------
        >>> schedule_of([("expectation", 2, 12, 0), ("autonomy", 2, 12, 0), ("champion", 1, 24, 12)]).words()
        'stated expectations and autonomy support from month 12; appointed champion, half dose, months 24 to 36'
        """
        groups: dict[tuple[int, int, int], list[str]] = {}
        for one in self.parts:
            title = INGREDIENTS[one.ingredient].title
            groups.setdefault((one.start, one.end, one.dose), []).append(f"{title[:1].lower()}{title[1:]}")
        found = []
        for start, end, dose in sorted(groups):
            names = groups[start, end, dose]
            listed = ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
            listed = "everything" if len(names) == _COUNT else listed
            half = "" if dose == FULL else ", half dose"
            found.append(f"{listed}{half}" + (f" from month {start}" if end == HORIZON else f", months {start} to {end}"))
        return "; ".join(found) or "nothing"


def schedule_of(parts: Iterable[tuple[str, int, int, int]]) -> Schedule:
    """Schedule of ingredients by name, dose, start and length; what has dose 0 is left out."""
    found = [Part(NAMES.index(name), dose, start, length) for name, dose, start, length in parts if dose]
    return Schedule(tuple(sorted(one if one.length and one.end < HORIZON else one._replace(length=0) for one in found)))


def from_key(key: str) -> Schedule:
    """Schedule that :attr:`Schedule.key` wrote.

    Raises
    ------
    ValueError
        When it is no key.
    """
    parts = []
    for text in key.split(",") if key != "nothing" else ():
        name, dose, months = text.split(":")
        start, end = (int(one) for one in months.split("-"))
        parts.append((name, DOSES.index(dose), start, end - start))
    return schedule_of(parts)


def decoded(genes: Sequence[int] | np.ndarray) -> Schedule:
    """Schedule that genes stand for; many genes stand for the same one, as what is off has no time.

    Parameters
    ----------
    genes : sequence of int
        As many as MOST has, each from 0 to its value there.
    """
    numbers = [int(one) for one in genes]
    doses, starts, lengths = (numbers[at * _COUNT : (at + 1) * _COUNT] for at in range(3))
    common_start, common_length = STARTS[numbers[-2]], LENGTHS[numbers[-1]]
    return schedule_of(
        (
            NAMES[at],
            doses[at],
            STARTS[starts[at] - 1] if starts[at] else common_start,
            LENGTHS[lengths[at] - 1] if lengths[at] else common_length,
        )
        for at in range(_COUNT)
    )


def encoded(doses: Sequence[int], *, start: int = STARTS[0], length: int = LENGTHS[0]) -> np.ndarray:
    """Genes of ingredients that share their time.

    Parameters
    ----------
    doses : sequence of int
        Of every ingredient, as its place in DOSES.
    start, length : int
        Of STARTS and LENGTHS.

    Returns
    -------
    numpy.ndarray
        int64, shape of MOST.
    """
    own = [0] * (2 * _COUNT)
    return np.array([*doses, *own, STARTS.index(start), LENGTHS.index(length)], dtype=np.int64)


def with_doses(doses: Sequence[int], *, start: int = STARTS[0], length: int = LENGTHS[0]) -> Schedule:
    """Schedule of ingredients that share their time."""
    return decoded(encoded(doses, start=start, length=length))


def only(*names: str, dose: int = FULL) -> Schedule:
    """Some ingredients at one dose from the end of the support to the horizon."""
    return with_doses([dose if name in names else 0 for name in NAMES])


def singles() -> list[Schedule]:
    """Every ingredient alone at full dose, all the time."""
    return [only(name) for name in NAMES]


def pairs() -> list[Schedule]:
    """Every two ingredients at full dose, all the time."""
    return [only(*two) for two in combinations(NAMES, 2)]
