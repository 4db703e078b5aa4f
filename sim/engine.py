"""Run a plan on either engine: replicates in batches, in order, on as many threads as asked for.

An engine is a pure function of plan, seed and replicate. Batches come out in replicate order whichever thread finishes
first, so whatever is computed from them depends on neither the batch size nor the number of threads.
"""

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np

from sim.addresses import split_seed
from sim.holds import NEVER, NO_HOLDS, ReplayTape
from sim.plan import Plan, room_of
from sim.stacks import with_room
from sim.state import SLOTS, dtype_of

ENGINES: Final = ("compiled", "mesa")
"""Names of the engines."""

BATCH_BYTES: Final = 96 * 2**20
"""Rows held by one batch at most, beside a single replicate: what keeps memory flat in the number of replicates."""

BATCH_KEPT: Final = 16 * 2**20
"""Rows of a batch whose memory the C library keeps for the next one. Larger ones go back to the system, and threads wait for each
other while it maps and clears new pages: two are 1.5 times as fast as one then, and 1.9 times with these."""

IN_FLIGHT: Final = 2**30
"""Rows of batches that run or wait to be read, at most, beside a single batch."""

COMPILER: Final = "compiler"
"""Name of the thread that compiles; a process that is interrupted meanwhile need not wait for it."""


class Batch(NamedTuple):
    """Results of consecutive replicates: of all services, or of a block of them (see ``sim.blocks``).

    Attributes
    ----------
    replicates : numpy.ndarray
        int64, shape (n,).
    rows : numpy.ndarray
        SERVICE_MONTH records, shape (n, services, months).
    ends : numpy.ndarray
        Practitioner records after the last month, shape (n, posts).
    members : numpy.ndarray
        int64, shape (n,): place of each replicate's record in the plan's parameters.
    first : int
        Place in the plan of the first of these services.
    """

    replicates: np.ndarray
    rows: np.ndarray
    ends: np.ndarray
    members: np.ndarray
    first: int = 0

    @property
    def places(self) -> slice:
        """Places of these services in the plan."""
        return slice(self.first, self.first + self.rows.shape[1])

    def some(self, which: slice | np.ndarray) -> "Batch":
        """Some of its replicates: those of a slice, or of a mask of shape (n,)."""
        return Batch(self.replicates[which], self.rows[which], self.ends[which], self.members[which], self.first)

    def is_last(self, plan: Plan) -> bool:
        """Whether no service of the plan comes after these; so it is where all are there."""
        return self.places.stop == len(plan.services)


class Trace(NamedTuple):
    """State of every agent at the observation of every month of one replicate; each of shape (months, agents)."""

    services: np.ndarray
    leaders: np.ndarray
    practitioners: np.ndarray
    patients: np.ndarray


def batch_size(plan: Plan, threads: int = 1) -> int:
    """Replicates of one batch, by the memory that their rows take; at least 1, at most 64: few pieces, for who writes tables."""
    return int(max(1, min(64, BATCH_BYTES // (replicate_bytes(plan) * max(1, threads)))))


def _kept_size(plan: Plan, threads: int) -> int:
    """Replicates of one batch for who only looks at it."""
    return int(max(1, min(batch_size(plan, threads), BATCH_KEPT // replicate_bytes(plan))))


def replicate_bytes(plan: Plan) -> int:
    """Memory that the results of one replicate take."""
    months = len(plan.services) * plan.months * dtype_of("service_month").itemsize
    return months + len(plan.posts) * dtype_of("practitioner").itemsize


def in_flight(threads: int, each: int) -> int:
    """Batches that run or wait to be read on so many threads: two for each, fewer where they are large.

    Parameters
    ----------
    threads : int
    each : int
        Bytes of the rows of a batch.
    """
    return max(1, min(2 * threads, IN_FLIGHT // each)) if threads > 1 else 1


def _traces(plan: Plan, replicates: int) -> tuple[np.ndarray, ...]:
    sizes = (len(plan.services), len(plan.services), len(plan.posts), len(plan.posts) * SLOTS)
    months = plan.months if replicates else 0
    return tuple(
        np.zeros((replicates, months, size), dtype_of(entity))
        for entity, size in zip(("service", "leader", "practitioner", "patient"), sizes, strict=True)
    )


class Other(NamedTuple):
    """How the luck of replicates differs from their own.

    Attributes
    ----------
    branches : numpy.ndarray
        int64, shape (n,): month word (month + 1, 0 before month 0) from which on each has the luck of another replicate.
    others : numpy.ndarray
        int64, shape (n,): those replicates.
    holds : numpy.ndarray
        HOLD (see ``sim.holds``): draws that are replaced in all of them.
    """

    branches: np.ndarray
    others: np.ndarray
    holds: np.ndarray = NO_HOLDS

    @classmethod
    def none(cls, count: int) -> "Other":
        """Each has its own luck throughout."""
        return cls(np.full(count, NEVER), np.zeros(count, np.int64))


class CompiledEngine:
    """The compiled engine with the work space of one thread.

    Parameters
    ----------
    plan : Plan
    seed : int
    """

    def __init__(self, plan: Plan, seed: int) -> None:
        from sim.compiled import Workspace

        self.plan = plan
        self.key = split_seed(seed)
        self.space = Workspace(len(plan.services), len(plan.posts), int(room_of(plan.services).max()))

    def over(self, plan: Plan, seed: int) -> "CompiledEngine":
        """Turn to another plan of as many services and posts, in the same work space; gives itself."""
        if plan is not self.plan:
            sizes = [(len(one.services), len(one.posts), int(room_of(one.services).max())) for one in (plan, self.plan)]
            if sizes[0] != sizes[1]:
                raise ValueError(f"work space for {sizes[1]} services, posts and posts of the largest, not for {sizes[0]}")
            self.plan = plan
        self.key = split_seed(seed)
        return self

    def run(
        self,
        replicates: np.ndarray,
        *,
        members: np.ndarray | None = None,
        other: Other | None = None,
        traced: bool = False,
        into: Batch | None = None,
    ) -> tuple[Batch, tuple[np.ndarray, ...]]:
        """Run replicates.

        Parameters
        ----------
        replicates : numpy.ndarray
            int64, shape (n,).
        members : numpy.ndarray, optional
            int64, shape (n,): the parameter record of each; as the plan says unless given.
        other : Other, optional
            Luck that is not the replicates' own.
        traced : bool
            Keep the state of every agent.
        into : Batch, optional
            Written over, where there is room for n or more: fresh memory costs as much as a tenth of the run.

        Returns
        -------
        batch : Batch
        traces : tuple of numpy.ndarray
            Service, leader, practitioner and patient records of shape (n, months, agents) if traced, else of no replicate.
        """
        from sim.compiled import run_replicates

        plan, space, count = self.plan, self.space, len(replicates)
        room = blank_batch(plan, count) if into is None else into
        batch = Batch(replicates, room.rows[:count], room.ends[:count], members_of(plan, replicates, members))
        traces = _traces(plan, count if traced else 0)
        luck = Other.none(count) if other is None else other
        run_replicates(
            plan.services,
            plan.posts,
            plan.calendars,
            plan.parameters,
            self.key[0],
            self.key[1],
            batch.replicates,
            batch.members,
            luck.branches,
            luck.others,
            luck.holds,
            plan.months,
            space.blanks,
            space.region,
            space.state,
            space.numbers,
            space.draws,
            batch.rows,
            batch.ends,
            1 if traced else 0,
            traces,
        )
        return batch, traces


def blank_batch(plan: Plan, count: int) -> Batch:
    """Batch of so many replicates, all zero."""
    none = np.zeros(count, np.int64)
    rows = np.zeros((count, len(plan.services), plan.months), dtype_of("service_month"))
    return Batch(none, rows, np.zeros((count, len(plan.posts)), dtype_of("practitioner")), none)


def members_of(plan: Plan, replicates: np.ndarray, members: np.ndarray | None = None) -> np.ndarray:
    """Parameter record of each replicate: those given, else the plan's rule; int64, shape of ``replicates``.

    Raises
    ------
    ValueError
        For a record that the plan does not have: compiled code would read whatever stands there.
    """
    if members is None:
        return replicates % len(plan.parameters)
    if len(members) != len(replicates) or (len(members) and not 0 <= members.min() <= members.max() < len(plan.parameters)):
        raise ValueError(f"a member of 0 to {len(plan.parameters) - 1} is needed for each replicate")
    return np.ascontiguousarray(members, dtype=np.int64)


class MesaEngine:
    """The Mesa engine: a model for each replicate.

    Parameters
    ----------
    plan : Plan
    seed : int
    """

    def __init__(self, plan: Plan, seed: int) -> None:
        self.plan = plan
        self.seed = seed

    def run(
        self, replicates: np.ndarray, *, members: np.ndarray | None = None, other: Other | None = None, traced: bool = False
    ) -> tuple[Batch, tuple[np.ndarray, ...]]:
        """Run replicates; as the compiled engine does."""
        from sim.model import PracticeModel

        plan = self.plan
        batch = blank_batch(plan, len(replicates))._replace(replicates=replicates, members=members_of(plan, replicates, members))
        traces = _traces(plan, len(replicates) if traced else 0)
        luck = Other.none(len(replicates)) if other is None else other
        for at, replicate in enumerate(replicates.tolist()):
            member = int(batch.members[at])
            tape = (
                ReplayTape(self.seed, replicate, branch=int(luck.branches[at]), other=int(luck.others[at]), holds=luck.holds)
                if other is not None
                else None
            )
            own = replace(plan, parameters=plan.parameters[member : member + 1])
            model = PracticeModel.from_plan(own, seed=self.seed, replicate=replicate, tape=tape)

            def keep(model: PracticeModel, at: int = at) -> None:
                model.write_rows(batch.rows[at, :, model.month])
                if traced:
                    model.write_state(tuple(trace[at, model.month] for trace in traces))

            model.sink = keep
            for _ in range(plan.months):
                model.step()
            model.write_practitioners(batch.ends[at])
        return batch, traces


def _engine(name: str, plan: Plan, seed: int) -> Any:
    if name not in ENGINES:
        raise ValueError(f"engine {name!r} is not one of {', '.join(ENGINES)}")
    return CompiledEngine(plan, seed) if name == "compiled" else MesaEngine(plan, seed)


def simulate(
    plan: Plan,
    *,
    seed: int,
    replicates: int,
    first: int = 0,
    engine: str = "compiled",
    threads: int = 1,
    batch: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Batch]:
    """Run replicates ``first`` to ``first + replicates - 1``.

    Parameters
    ----------
    plan : Plan
    seed : int
        0 to 2**64 - 1.
    replicates, first : int
    engine : str
        One of ENGINES; Mesa runs in one thread.
    threads : int
        Of the compiled engine.
    batch : int, optional
        Replicates a batch; by memory if not given.
    progress : callable, optional
        Called with the number of replicates finished since the last call.

    Yields
    ------
    Batch
        In replicate order.

    Raises
    ------
    ValueError
        Unknown engine, seed out of range, or no replicate.
    """
    if replicates < 1:
        raise ValueError("at least one replicate is needed")
    threads = threads if engine == "compiled" else 1
    size = batch or (_kept_size(plan, threads) if engine == "compiled" else 1)
    every = np.arange(first, first + replicates, dtype=np.int64)
    parts = [every[at : at + size] for at in range(0, replicates, size)]
    ahead = in_flight(threads, size * replicate_bytes(plan))
    engines = [_engine(engine, plan, seed) for _ in range(min(threads, ahead, len(parts)))]
    if engine == "compiled":
        compile_first(plan)

    def told(done: tuple[Batch, Any]) -> Batch:
        if progress:
            progress(len(done[0].replicates))
        return done[0]

    # no name holds a batch while the next one is made
    yield from map(told, in_order([one.run for one in engines], parts, ahead))


def compile_first(plan: Plan) -> None:
    """Have the compiled engine compiled, or read from its cache, unless this process has it already.

    Where an interrupt could be heard, in a thread of its own, for which this one waits: one that arrives while the compiler
    cleans up behind itself would be lost.

    Parameters
    ----------
    plan : Plan
        Any: the code is the same for all.
    """
    from sim.compiled import run_replicates

    if run_replicates.signatures:
        return
    engine = CompiledEngine(plan, 0)
    nothing = np.zeros(0, np.int64)
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) in {signal.SIG_IGN, None}:
        with_room(lambda: engine.run(nothing))
        return
    done: Future[None] = Future()

    def build() -> None:
        try:
            with_room(lambda: engine.run(nothing))
        except BaseException as error:  # told where it is waited for
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=build, name=COMPILER, daemon=True).start()
    done.result()


def in_order(runners: Sequence[Callable[[Any], Any]], tasks: Sequence[Any], ahead: int) -> Iterator[Any]:
    """Do tasks on one thread a runner, and yield what they give in order.

    Parameters
    ----------
    runners : sequence of callable
        Each does one task at a time; a single one does them in this thread.
    tasks : sequence
    ahead : int
        Tasks that are done or under way while one is looked at.
    """
    count = len(runners)
    if count == 1:
        yield from map(runners[0], tasks)
        return
    pools = [ThreadPoolExecutor(1) for _ in runners]
    waiting: deque[Future[Any]] = deque()
    try:
        for at, task in enumerate(tasks):
            waiting.append(pools[at % count].submit(runners[at % count], task))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for pool in pools:
            pool.shutdown(wait=True, cancel_futures=True)


def trace(plan: Plan, *, seed: int, replicate: int, engine: str = "compiled") -> tuple[Batch, Trace]:
    """Run one replicate and keep the state of every agent at every observation.

    Parameters
    ----------
    plan : Plan
    seed, replicate : int
    engine : str
        One of ENGINES.

    Returns
    -------
    batch : Batch
        Of this one replicate.
    trace : Trace
    """
    done, traces = _engine(engine, plan, seed).run(np.array([replicate], dtype=np.int64), traced=True)
    return done, Trace(*(one[0] for one in traces))
