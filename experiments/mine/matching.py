"""Rejection: the service is run from the training to now, many times, and the histories that did what was seen are kept."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np

from experiments.mine.observations import Observation, agreeing, leaders_agree
from sim.codes import LEADER_VACANT
from sim.world import World

NEEDED: Final = 30
"""Matching histories below which nothing is forecast: the interval of a share would be wider than plus and minus 18 points."""

CHUNK: Final = 64
"""Histories that a thread runs before it compares them: their rows stay in the processor's cache."""

Told = Callable[[int], None]
Found = TypeVar("Found")


@dataclass(frozen=True, eq=False)
class Match:
    """Which histories did what was seen.

    Attributes
    ----------
    tried : int
        Histories that were run: replicates 0 to tried - 1.
    agree : numpy.ndarray
        bool, shape (tried, observations).
    """

    tried: int
    agree: np.ndarray

    @property
    def kept(self) -> np.ndarray:
        """Replicates that agree with everything; int64, shape (kept,)."""
        return np.flatnonzero(self.agree.all(axis=1))

    @property
    def alone(self) -> np.ndarray:
        """Share of histories that agree with each observation, taken alone; f8, shape (observations,)."""
        return np.asarray(self.agree.mean(axis=0))

    @property
    def without(self) -> np.ndarray:
        """Histories that would be kept if one observation were left out; int64, shape (observations,)."""
        wrong = ~self.agree
        missed = wrong.sum(axis=1, keepdims=True)
        return np.asarray(((missed == 0) | ((missed == 1) & wrong)).sum(axis=0))

    @property
    def implausible(self) -> int:
        """Place of the observation without which most histories would be kept; of equals the one that fewest do alone."""
        return int(np.lexsort((self.alone, -self.without))[0])


def shortened(world: World, months: int) -> World:
    """The same world up to a month: its histories are the same to the bit.

    Parameters
    ----------
    world : World
    months : int
        From 1 to those of the world.
    """
    plan = world.plan
    return replace(world, plan=replace(plan, months=months, calendars=np.ascontiguousarray(plan.calendars[:, :months])))


def in_chunks(
    world: World, numbers: np.ndarray, work: Callable[[np.ndarray], Found], *, threads: int, told: Told, size: int = CHUNK
) -> Iterator[Found]:
    """What a piece of work gives for numbers in chunks, in their order; who stops asking stops the work.

    Parameters
    ----------
    world : World
        Its engine is made ready first.
    numbers : numpy.ndarray
    work : callable
        Takes a part of the numbers, in any thread.
    threads : int
        With 1 all is done in the caller's own.
    told : callable
        Is told how many numbers are done. What it raises stops the work.
    size : int
    """
    world.warm()
    parts = [numbers[at : at + size] for at in range(0, len(numbers), size)]
    if threads == 1:  # whoever asks often, for a little each time, keeps the thread's engine
        for part in parts:
            found = work(part)
            told(len(part))
            yield found
        return
    pool = ThreadPoolExecutor(threads, thread_name_prefix="mine")
    try:
        for part, found in zip(parts, pool.map(work, parts), strict=True):
            told(len(part))
            yield found
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def match(
    world: World,
    observations: Sequence[Observation],
    now: int,
    histories: int,
    *,
    threads: int,
    told: Told = lambda _: None,
    enough: int = 0,
    first: int = 0,
) -> Match:
    """Run histories up to now and compare them with what was seen.

    Parameters
    ----------
    world : World
        Of one service.
    observations : sequence of Observation
    now : int
        Completed months.
    histories : int
    threads : int
    told : callable
        Is told how many histories are done.
    enough : int
        Stop once so many are kept; 0: run all. Then, too, who leads is looked at only where all else agrees, and so what is
        known of each observation alone is not.
    first : int
        Replicate to begin with; the kept ones are counted from it.
    """
    short = shortened(world, now)
    leaders = [one for one in observations if one.of_leader]
    places = [at for at, one in enumerate(observations) if one.of_leader]
    until = shortened(world, min(now, int(max((one.high for one in leaders), default=1))))
    vacant = bool(world.plan.services["leader"][0] == LEADER_VACANT)

    def compared(part: np.ndarray) -> np.ndarray:
        found = agreeing(short.run(part, into=short.room(len(part))).rows[:, 0], observations)
        if leaders:
            for at in np.flatnonzero(found.all(axis=1)) if enough else range(len(part)):
                found[at, places] = leaders_agree(until.trace(int(part[at]))[1], vacant, leaders)
        return found

    parts: list[np.ndarray] = []
    kept = 0
    numbers = np.arange(first, first + histories, dtype=np.int64)
    for one in in_chunks(short, numbers, compared, threads=threads, told=told):
        parts.append(one)
        kept += int(one.all(axis=1).sum())
        if enough and kept >= enough:
            break
    agree = np.concatenate(parts)
    return Match(len(agree), agree)
