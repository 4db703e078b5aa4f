"""Batches of a plan of any size, and pieces of them.

Several replicates of a region of thousands of services do not fit the memory at a time. Such a region is run one replicate at
a time, always in the same memory, its services shared among the threads: a service has the same luck among fewer, to the bit,
unless it reads the figures of the whole region.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Final

import numpy as np

from sim.codes import POOL_REGION
from sim.engine import Batch, CompiledEngine, batch_size, blank_batch, compile_first, members_of, replicate_bytes, simulate
from sim.plan import Plan, cut, room_of

LARGE: Final = 256 * 2**20
"""Bytes of one replicate's rows from which a region is run one replicate at a time."""

PIECE: Final = 65_536
"""Rows of services and months of one piece of a batch."""

BLOCKS: Final = 4
"""Parts of a region for each thread: one that is done early finds more to do."""


def is_parted(plan: Plan) -> bool:
    """Whether the plan is run one replicate at a time, its services in parts.

    Parameters
    ----------
    plan : Plan
        Where services pool their figures over the region, it is run as a whole whatever its size.
    """
    return replicate_bytes(plan) > LARGE and not bool((plan.services["pooling"] == POOL_REGION).any())


def batches(
    plan: Plan,
    *,
    seed: int,
    replicates: int,
    engine: str = "compiled",
    threads: int = 1,
    batch: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Batch]:
    """Batches of replicates 0 to ``replicates - 1``, to be looked at one by one: the arrays of one may be those of the next.

    The arguments are those of :func:`sim.engine.simulate`, and so are the numbers.

    Yields
    ------
    Batch
        In replicate order.
    """
    if engine == "compiled" and is_parted(plan):
        return _in_parts(plan, seed, replicates, threads, progress)
    return simulate(plan, seed=seed, replicates=replicates, engine=engine, threads=threads, batch=batch, progress=progress)


def held_bytes(plan: Plan, replicates: int, threads: int = 1) -> int:
    """Memory that a run needs at least, however few of its tables stay in memory.

    Parameters
    ----------
    plan : Plan
    replicates, threads : int

    Returns
    -------
    int
        Bytes: of the batches under way, of one more as rows of tables, and of one that waits to be written; of a region that is
        run in parts, of its one replicate and of the pieces that wait.
    """
    if is_parted(plan):
        share = min(1.0, 2 * PIECE / (len(plan.services) * plan.months))
        return int(replicate_bytes(plan) * (1.0 + share))
    size = min(batch_size(plan, threads), replicates)
    parts = -(-replicates // size)
    under_way = min(2 * threads, parts) if threads > 1 else 1
    return (under_way + 2) * size * replicate_bytes(plan)


def pieces(batch: Batch, plan: Plan) -> Iterator[tuple[int, Batch]]:
    """Pieces of a batch, by services, and the first service of each; the batch itself where it is small or of several replicates.

    Parameters
    ----------
    batch : Batch
    plan : Plan
    """
    count, services, months = batch.rows.shape
    step = max(1, PIECE // months)
    if count > 1 or not is_parted(plan):
        yield 0, batch
        return
    for first in range(0, services, step):
        yield first, batch._replace(rows=batch.rows[:, first : first + step])


def _in_parts(plan: Plan, seed: int, replicates: int, threads: int, progress: Callable[[int], None] | None) -> Iterator[Batch]:
    """Run one replicate after the other in the same memory; its parts on the threads."""
    if replicates < 1:
        raise ValueError("at least one replicate is needed")
    compile_first(plan)
    room = blank_batch(plan, 1)
    runs = [_part(plan, seed, room, first, last) for first, last in _bounds(plan, BLOCKS * threads)]
    with ThreadPoolExecutor(threads) as pool:
        for replicate in range(replicates):
            number = np.array([replicate], np.int64)
            for done in [pool.submit(run, number) for run in runs]:
                done.result()
            if progress:
                progress(1)
            yield room._replace(replicates=number, members=members_of(plan, number))


def _bounds(plan: Plan, parts: int) -> list[tuple[int, int]]:
    """Places at which the services are cut, into parts of about as many posts."""
    total = np.cumsum(room_of(plan.services))
    ends = np.searchsorted(total, total[-1] * np.arange(1, parts + 1) / parts) + 1
    edges = np.unique(np.concatenate([[0], np.minimum(ends, len(total))])).tolist()
    return list(pairwise(edges))


def _part(plan: Plan, seed: int, room: Batch, first: int, last: int) -> Callable[[np.ndarray], object]:
    """What runs some services of a replicate into their place."""
    mine = cut(plan, range(first, last))
    post = int(plan.services["first_post"][first])
    place = room._replace(rows=room.rows[:, first:last], ends=room.ends[:, post : post + len(mine.posts)])
    # work space for as long as it is needed: that of all parts together is as large as that of the region
    return lambda replicates: CompiledEngine(mine, seed).run(replicates, into=place)
