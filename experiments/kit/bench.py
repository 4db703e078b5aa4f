"""Where runs are asked for: what is stored is read, the rest is run and stored, and no job is ever run twice."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import numpy as np

from experiments.executors.many import JobFailed, run_many
from experiments.executors.pools import Pool
from sim.problems import BadInput, Problem
from sim.store.encoding import Part

if TYPE_CHECKING:
    from sim.store.parts import PartStore


class Task(Protocol):
    """A job, known by its name: equal names are equal jobs."""

    @property
    def name(self) -> str:
        """Of the part that it makes."""


MISSING: Final = ("is not stored, or was run otherwise", "a job that is done", "the same command as before does what is missing")

NAMED: Final = 3
"""Jobs that are named of those that are not stored."""

T = TypeVar("T", bound=Task)
Rows = Mapping[str, np.ndarray]
"""Columns of a part, each of shape (rows,)."""


def gathered(
    tasks: Iterable[T],
    run: Callable[[T], Part] | None,
    pool: Pool,
    store: "PartStore | None",
    *,
    take: Callable[[T, Rows], None],
    place: Callable[[T], str],
    done: Callable[[T], None] = lambda _: None,
) -> None:
    """Gather what jobs give: the stored ones first, then those that had to be run, as they end.

    Parameters
    ----------
    tasks : iterable of Task
        A name that comes twice is one job.
    run : callable or None
        Runs a job wherever the pool has it done; what it gives has one file. None runs nothing: all must be stored.
    pool : Pool
    store : PartStore or None
        Where parts are kept; None keeps nothing.
    take : callable
        Given each job with its rows.
    place : callable
        Where a job stands, in the words of a problem.
    done : callable
        Told of each job that was read or run.

    Raises
    ------
    BadInput
        When jobs failed, or are not stored and nothing is run: each is a problem. What others gave is stored.
    """
    asked = {one.name: one for one in tasks}
    problems: list[Problem] = []

    def finished(task: T, part: Part) -> None:
        if store is not None:
            store.put(part)
        take(task, _rows(part.files[0].content))
        done(task)

    def failed(failure: JobFailed[T]) -> None:
        problems.append(Problem(place(failure.job), f"{failure.type}: {failure.message}", "runs that do not fail"))

    if store is not None:
        there = store.verified(asked)
        for name in [name for name in asked if name in there]:
            task = asked.pop(name)
            for kind in store.record(name)["files"]:
                take(task, _rows(store.path(kind, name).read_bytes()))
            done(task)
    if run is not None:
        run_many(run, iter(asked.values()), pool, finished=finished, failed=failed)
    elif asked:
        raise BadInput(_not_stored(store, list(asked)))
    if problems:
        raise BadInput(problems)


def _not_stored(store: "PartStore | None", names: list[str]) -> list[Problem]:
    """A problem a job, of the first few, and one for all others: a store of another model lacks thousands."""
    folder = f"{store.folder if store else ''}"
    problems = [Problem(f"{folder}: {name}", *MISSING) for name in names[:NAMED]]
    rest = len(names) - NAMED
    if rest > 0:
        problems.append(Problem(folder, f"and {rest:,} more jobs are not stored, or were run otherwise", *MISSING[1:]))
    return problems


def _rows(content: bytes) -> dict[str, np.ndarray]:
    """Columns of a part."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(pa.BufferReader(content)) as stored:  # a data set of one file takes twice as long
        table: Any = stored.read(use_threads=False)
    return {name: table[name].to_numpy() for name in table.column_names}
