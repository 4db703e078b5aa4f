"""Pictures that grow: a first one soon, better ones until nobody wants them any more."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final, NamedTuple

import numpy as np

from sim.processors import processors
from sim.world.accumulate import Picture, Shares
from sim.world.prepared import World

FIRST: Final = 60
LAST: Final = 500
CHUNK: Final = 60

AT_ONCE: Final = 30
"""Replicates that a thread runs before it counts them: their rows stay in the processor's cache longer."""


class Pair(NamedTuple):
    """Two worlds with the same luck.

    Attributes
    ----------
    first, second : Picture
    difference : Picture
        Second less first: shares, and the Monte Carlo error of the difference within pairs. It has no fidelity.
    """

    first: Picture
    second: Picture
    difference: Picture


def stream(
    world: World,
    *,
    first: int = FIRST,
    last: int = LAST,
    chunk: int = CHUNK,
    wanted: Callable[[], bool] | None = None,
    threads: int | None = None,
) -> Iterator[Picture]:
    """Run a world and show what has come out so far, again and again.

    Parameters
    ----------
    world : World
    first, last : int
        Replicates of the first picture and of the last one.
    chunk : int
        Replicates more in each picture between.
    wanted : callable, optional
        Asked before every picture but the first; the stream ends when it says no.
    threads : int, optional
        Every processor unless given; the pictures do not depend on it.

    Yields
    ------
    Picture
        Of the replicates 0 to n - 1.
    """
    for one in _grown((world,), first, last, chunk, wanted, threads):
        yield one[0]


def paired(
    first_world: World,
    second_world: World,
    *,
    first: int = FIRST,
    last: int = LAST,
    chunk: int = CHUNK,
    wanted: Callable[[], bool] | None = None,
    threads: int | None = None,
) -> Iterator[Pair]:
    """Run two worlds with the same luck; the arguments are those of :func:`stream`.

    Raises
    ------
    ValueError
        For worlds that cannot be paired: of other services or months, another seed or other members of the ensemble.
    """
    one, other = first_world, second_world
    mine, yours = ((each.services, each.months, each.seed, each.plan.members.tolist()) for each in (one, other))
    if mine != yours:
        raise ValueError("worlds of the same services, months, seed and members of the ensemble are needed")
    for found in _grown((one, other), first, last, chunk, wanted, threads):
        yield Pair(*found)


def _grown(
    worlds: tuple[World, ...], first: int, last: int, chunk: int, wanted: Callable[[], bool] | None, threads: int | None
) -> Iterator[tuple[Picture, ...]]:
    """Pictures of each world, and of the difference where there are two."""
    if not 1 <= first <= last or chunk < 1:
        raise ValueError(f"1 <= first <= last and a chunk of 1 at least are needed, not {first}, {last}, {chunk}")
    services, months = len(worlds[0].services), worlds[0].months
    count = threads or processors()
    tallies = [Shares(services, months) for _ in range(2 * len(worlds) - 1)]
    for world in worlds:
        world.warm()
    with ExitStack() as stack:
        pool = stack.enter_context(worlds[0].pool(count)) if count > 1 else None
        at = 0
        while at < last and (at == 0 or wanted is None or wanted()):
            end = first if at == 0 else min(at + chunk, last)
            for found in _counted(worlds, np.arange(at, end, dtype=np.int64), pool, count):
                for tally, part in zip(tallies, found, strict=True):
                    tally.merge(part)
            at = end
            yield tuple(tally.picture() for tally in tallies)


def _counted(
    worlds: tuple[World, ...], replicates: np.ndarray, pool: ThreadPoolExecutor | None, threads: int
) -> Iterator[list[Shares]]:
    """Counts of parts of the replicates, in their order."""
    size = min(AT_ONCE, -(-len(replicates) // threads))
    parts = [replicates[at : at + size] for at in range(0, len(replicates), size)]

    def count(part: np.ndarray) -> list[Shares]:
        tallies = [Shares(len(worlds[0].services), worlds[0].months) for _ in range(2 * len(worlds) - 1)]
        flags = [tally.add(world.run(part, into=world.room(len(part)))) for tally, world in zip(tallies, worlds, strict=False)]
        if len(worlds) == 2:
            tallies[2].add_differences(*flags)
        return tallies

    return (pool.map if pool is not None else map)(count, parts)
