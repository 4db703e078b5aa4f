"""Regions of thousands of services in blocks: what a run holds in memory hardly grows with the region.

A service has the same luck, and comes to the same, among fewer of the services, to the bit: each has random numbers of its own.
So the services of a large region are run some after others. Batches come replicate by replicate, and each replicate block by
block in the order of the services. That is the order of the rows of tables, and what is measured of them all is added up in it.

Where services pool their figures over the region, one of them depends on all. Such a region is run as a whole, as many replicates
at a time as memory allows, and only looked at in blocks: it needs the memory of the rows of at least one replicate.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Final

import numpy as np

from sim.codes import POOL_REGION
from sim.engine import (
    BATCH_BYTES,
    Batch,
    CompiledEngine,
    batch_size,
    compile_first,
    in_flight,
    in_order,
    replicate_bytes,
    simulate,
)
from sim.plan import Plan, cut, room_of

LARGE: Final = BATCH_BYTES
"""Bytes of the rows of one replicate beyond which a region comes in blocks."""

BLOCK_BYTES: Final = 24 * 2**20
"""Rows of one block: few enough that the C library keeps their memory for the next one, enough that little is done per block."""


def is_large(plan: Plan) -> bool:
    """Whether a region comes in blocks.

    Parameters
    ----------
    plan : Plan
        That of a single month does not: NumPy adds up what has one month in another order.
    """
    return replicate_bytes(plan) > LARGE and plan.months > 1 and len(plan.services) > 1


def is_linked(plan: Plan) -> bool:
    """Whether what a service comes to depends on services that another block may hold."""
    return bool((plan.services["pooling"] == POOL_REGION).any())


def blocks_of(plan: Plan) -> list[range]:
    """Places of the services of each block."""
    services = len(plan.services)
    step = max(1, BLOCK_BYTES * services // replicate_bytes(plan))
    return [range(first, min(first + step, services)) for first in range(0, services, step)]


def simulate_in_blocks(
    plan: Plan,
    *,
    seed: int,
    replicates: int,
    engine: str = "compiled",
    threads: int = 1,
    batch: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Batch]:
    """Run replicates 0 to ``replicates - 1``, in blocks where the region is large.

    The arguments are those of :func:`sim.engine.simulate`, and so are the numbers.

    Yields
    ------
    Batch
        In replicate order. Where the region is large, of one replicate and some of the services, in their order: ``Batch.first``
        says where they begin, ``Batch.is_last`` when all were there. Where services are linked, a block shares the memory of its
        whole replicate: who keeps it (be it as a variable of a loop) while the next is made needs the memory twice.

    Raises
    ------
    ValueError
        As :func:`sim.engine.simulate` does.
    """
    if not is_large(plan):
        return simulate(plan, seed=seed, replicates=replicates, engine=engine, threads=threads, batch=batch, progress=progress)
    if engine != "compiled" or is_linked(plan):
        whole = simulate(plan, seed=seed, replicates=replicates, engine=engine, threads=threads, batch=1, progress=progress)
        return _seen_in_blocks(plan, whole)
    return _run_in_blocks(plan, seed, replicates, threads, progress)


def held_bytes(plan: Plan, replicates: int, threads: int = 1) -> int:
    """Memory that the rows of a run need at least, however few of its tables stay in memory.

    Parameters
    ----------
    plan : Plan
    replicates, threads : int

    Returns
    -------
    int
        Bytes: of the batches (or blocks) under way, of one more as rows of tables, and of one that waits to be written.
    """
    shown = BLOCK_BYTES
    if is_large(plan) and not is_linked(plan):
        each, parts = BLOCK_BYTES, replicates * len(blocks_of(plan))
    elif is_large(plan):
        each, parts = replicate_bytes(plan), replicates
    else:
        size = min(batch_size(plan, threads), replicates)
        shown = each = size * replicate_bytes(plan)
        parts = -(-replicates // size)
    return min(in_flight(threads, each), parts) * each + 2 * shown


def _seen_in_blocks(plan: Plan, batches: Iterator[Batch]) -> Iterator[Batch]:
    """Blocks of batches of all services, sharing their memory."""
    ends = np.cumsum(room_of(plan.services))
    for batch in batches:
        for block in blocks_of(plan):
            posts = slice(int(plan.services["first_post"][block.start]), int(ends[block.stop - 1]))
            rows = batch.rows[:, block.start : block.stop]
            yield batch._replace(rows=rows, ends=batch.ends[:, posts], first=block.start)
            del rows
        del batch  # before the next replicate is made


def _run_in_blocks(
    plan: Plan, seed: int, replicates: int, threads: int, progress: Callable[[int], None] | None
) -> Iterator[Batch]:
    """Blocks of replicates that are run one by one."""
    if replicates < 1:
        raise ValueError("at least one replicate is needed")
    compile_first(plan)
    cuts = [(block.start, cut(plan, block)) for block in blocks_of(plan)]

    def run(task: tuple[int, tuple[int, Plan]]) -> Batch:
        replicate, (first, mine) = task
        # work space for as long as it is needed: that of all blocks together is as large as that of the region
        return CompiledEngine(mine, seed).run(np.array([replicate], np.int64))[0]._replace(first=first)

    def told(batch: Batch) -> Batch:
        if progress and batch.is_last(plan):
            progress(1)
        return batch

    tasks = list(product(range(replicates), cuts))
    runners = [run] * min(threads, len(tasks))
    yield from map(told, in_order(runners, tasks, in_flight(threads, BLOCK_BYTES)))
