"""From a plan to the rows of every table, batch by batch: what a results folder, a notebook and a replay all stand on."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Final

import numpy as np

from sim import history
from sim.blocks import simulate_in_blocks
from sim.columns import Table
from sim.engine import Batch, Trace, batch_size, simulate, trace
from sim.measures import Summary, definition_rows, luck_rows
from sim.plan import Plan, room_of
from sim.state import SLOTS, dtype_of

TRACES: Final = {
    "default": (),
    "practitioners": ("trace_practitioners",),
    "patients": ("trace_patients",),
    "all": ("trace_services", "trace_leaders", "trace_practitioners", "trace_patients"),
}
"""Tables of which every replicate is kept, by what ``keep`` says."""

TRACE_BYTES: Final = 256 * 2**20
"""State of one replicate beyond which the typical and the extreme one are not kept unasked: a region of thousands of services."""

TRACE_MONTHS: Final = 12
"""Months of a trace turned into rows at a time."""

PARQUET_SHARE: Final = {"practitioners_end": 0.5, "trace_patients": 0.06}
"""Size of a table's file over that of its values in memory, as measured; 0.35 for the others."""

CSV_BYTES: Final = 8.0
"""Bytes of a value in CSV, as measured."""

Rows = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Job:
    """What is to be computed.

    Attributes
    ----------
    plan : Plan
    seed, replicates : int
    engine : str
    threads : int
    keep : str
        A key of TRACES.
    """

    plan: Plan
    seed: int
    replicates: int
    engine: str = "compiled"
    threads: int = 1
    keep: str = "default"


@dataclass
class Done:
    """What was learnt on the way.

    Attributes
    ----------
    typical, extreme : int or None
        Replicates kept in full; None where the region is too large for that.
    seconds : dict of str to float
        Time waited for the engine (``simulation``), for replicates run again with other definitions (``definitions``),
        for those that tell luck from worlds (``luck``), and for the tables (``tables``).
    """

    typical: int | None = None
    extreme: int | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def trace_bytes(plan: Plan) -> int:
    """Memory that the full state of one replicate takes over all months."""
    posts, services = len(plan.posts), len(plan.services)
    sizes = {"service": services, "leader": services, "practitioner": posts, "patient": posts * SLOTS}
    return plan.months * sum(dtype_of(entity).itemsize * count for entity, count in sizes.items())


def traces_two(plan: Plan) -> bool:
    """Say whether the typical and the extreme replicate are kept in full unasked."""
    return trace_bytes(plan) <= TRACE_BYTES


def rows_of(job: Job) -> dict[str, int]:
    """Rows of every table that a job gives, by name."""
    plan, every = job.plan, job.replicates
    services, posts, months = len(plan.services), len(plan.posts), plan.months
    rows = {
        "services_start": services,
        "worlds": every,
        "services_monthly": every * services * months,
        "services_end": every * services,
        "region_monthly": every * months,
        "practitioners_end": every * posts,
    }
    two = min(2, every) if traces_two(plan) else 0
    for name, agents in zip(TRACES["all"], (services, services, posts, posts * SLOTS), strict=True):
        rows[name] = (every if name in TRACES[job.keep] else two) * months * agents
    return rows


def foretell(job: Job, *, csv: bool = False) -> tuple[float, float]:
    """Foretell the size of a job's tables.

    Parameters
    ----------
    job : Job
    csv : bool

    Returns
    -------
    tuple of float
        Bytes on disk, within a factor of about two, and bytes in memory.
    """
    tables = history.declared(job.plan)
    disk = memory = 0.0
    for name, count in rows_of(job).items():
        width = sum(np.dtype(column.dtype).itemsize for column in tables[name].columns)
        memory += count * width
        disk += count * width * PARQUET_SHARE.get(name, 0.35)
        disk += count * len(tables[name].columns) * CSV_BYTES if csv else 0.0
    return disk, memory


def late_tables(job: Job) -> dict[str, Callable[[], tuple[Table, Rows]]]:
    """Tables for which the services are run again: who does not ask for them need not wait; by name, in their order."""
    plan = job.plan
    return {
        "summary_definitions": lambda: definition_rows(plan, seed=job.seed, replicates=job.replicates, threads=job.threads),
        "summary_luck": lambda: luck_rows(plan, seed=job.seed, threads=job.threads),
    }


def produce(
    job: Job, sink: Callable[[Table, Rows], None], *, progress: Callable[[int], None] | None = None, late: bool = True
) -> Done:
    """Compute a job and hand the rows of its tables over, each table's in key order.

    Parameters
    ----------
    job : Job
    sink : callable
        Takes a declared table and some of its rows.
    progress : callable, optional
        Told how many replicates are finished since the last call.
    late : bool
        The tables of :func:`late_tables` too.

    Returns
    -------
    Done
    """
    plan, tables, done = job.plan, history.declared(job.plan), Done()
    always = TRACES[job.keep]
    summary = Summary(plan)
    clock = _Clock()
    region = history.RegionRows(plan)
    sink(tables["services_start"], history.start_rows(plan))
    for batch, full in clock.waiting(_batches(job, progress)):
        summary.add(batch)
        if batch.first == 0:
            sink(tables["worlds"], history.world_rows(batch.replicates, plan))
        sink(tables["services_monthly"], history.service_rows(batch, plan))
        sink(tables["services_end"], history.end_rows(batch, plan))
        sink(
            tables["region_monthly"], region.add(batch)
        )  # at first without rows, where the batch is a block: tables have an order
        sink(tables["practitioners_end"], history.practitioner_rows(batch, plan))
        if full is not None:
            _sink_trace(sink, tables, always, full, job, int(batch.replicates[0]))
        del batch, full  # a region that is run as a whole is large: one is enough
    for table, rows in summary.tables().values():
        sink(table, rows)
    for name, make in late_tables(job).items() if late else ():
        with clock.running(name.removeprefix("summary_")):
            found = make()
        sink(*found)
    if traces_two(plan):
        done.typical, done.extreme = summary.typical, summary.extreme
        others = tuple(name for name in TRACES["all"] if name not in always)
        for replicate in sorted({done.typical, done.extreme}) if others else ():
            _, full = trace(plan, seed=job.seed, replicate=replicate, engine=job.engine)
            _sink_trace(sink, tables, others, full, job, replicate)
    done.seconds = clock.read()
    return done


class _Clock:
    """Tells the time spent waiting for batches from the rest."""

    def __init__(self) -> None:
        self._began = perf_counter()
        self._waited = {"simulation": 0.0, "definitions": 0.0, "luck": 0.0}

    @contextmanager
    def running(self, what: str) -> Iterator[None]:
        before = perf_counter()
        yield
        self._waited[what] += perf_counter() - before

    def waiting(self, batches: Iterator[tuple[Batch, Trace | None]]) -> Iterator[tuple[Batch, Trace | None]]:
        while True:
            with self.running("simulation"):
                found = next(batches, None)
            if found is None:
                return
            yield found
            del found

    def read(self) -> dict[str, float]:
        return self._waited | {"tables": perf_counter() - self._began - sum(self._waited.values())}


def _batches(job: Job, progress: Callable[[int], None] | None) -> Iterator[tuple[Batch, Trace | None]]:
    """Batches in order; one replicate at a time with its trace where every replicate's state is kept."""
    if not TRACES[job.keep]:
        threads = job.threads if job.engine == "compiled" else 1
        size = batch_size(job.plan, threads) if job.engine == "compiled" else 1
        batches = simulate_in_blocks(
            job.plan, seed=job.seed, replicates=job.replicates, engine=job.engine, threads=threads, batch=size, progress=progress
        )
        yield from map(_untraced, batches)
        return
    for replicate in range(job.replicates):
        found = trace(job.plan, seed=job.seed, replicate=replicate, engine=job.engine)
        if progress:
            progress(1)
        yield found


def _untraced(batch: Batch) -> tuple[Batch, None]:
    return batch, None


def _sink_trace(
    sink: Callable[[Table, Rows], None],
    tables: Mapping[str, Table],
    names: tuple[str, ...],
    full: Trace,
    job: Job,
    replicate: int,
) -> None:
    """Hand over a replicate's full state, a year at a time: rows take more room than records."""
    for start in range(0, job.plan.months, TRACE_MONTHS):
        part = Trace(*(array[start : start + TRACE_MONTHS] for array in full))
        rows = history.trace_rows(part, job.plan, replicate)
        for name in names:
            rows[name]["month"] += start
            sink(tables[name], rows[name])


def mesa_seconds(job: Job) -> float:
    """Estimate how long the Mesa engine takes, from a probe of a few services and months.

    Parameters
    ----------
    job : Job

    Returns
    -------
    float
        Seconds for the whole job.
    """
    plan = job.plan
    months, services = min(plan.months, 24), min(len(plan.services), 9)
    posts = int(room_of(plan.services[:services]).sum())
    probe = replace(
        plan,
        months=months,
        services=plan.services[:services],
        posts=plan.posts[:posts],
        calendars=plan.calendars[:, :months],
        service_names=plan.service_names[:services],
        post_names=plan.post_names[:posts],
    )
    for _ in simulate(replace(probe, months=1, calendars=plan.calendars[:, :1]), seed=job.seed, replicates=1, engine="mesa"):
        pass  # imports, and what is looked up once
    before = perf_counter()
    for _ in simulate(probe, seed=job.seed, replicates=1, engine="mesa"):
        pass
    each = (perf_counter() - before) / (months * posts)
    return each * plan.months * len(plan.posts) * job.replicates
