"""Run many jobs on any executor: few in flight, results handed over as they come, a failure is data.

There is no scheduler here: an executor (:mod:`experiments.executors.pools`) runs what is submitted. What is added is what a
sweep needs and an executor does not give: jobs are drawn from an iterator as there is room for them and never collected, a job
that raises does not end the others, a worker that dies is replaced and the job that killed it is told from its neighbours.
"""

import errno
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import BrokenExecutor, CancelledError, Future
from dataclasses import dataclass
from functools import partial
from pickle import PicklingError
from queue import Empty, SimpleQueue
from typing import Any, Final, Generic, TypeVar

from experiments.executors.pools import Pool, WorkersLost, WrongWorker
from experiments.executors.signals import not_lost
from sim.problems import BadInput, Problem

ATTEMPTS: Final = 3
"""Times that a job whose worker dies is tried."""

POLL: Final = 0.5
"""Seconds after which a wait is broken off to ask whether to stop and whether the workers live."""

_SCARCE: Final = (errno.ENOMEM, errno.EAGAIN)
_UNPICKLED: Final = (PicklingError, TypeError, AttributeError)

Job = TypeVar("Job")
Result = TypeVar("Result")


@dataclass(frozen=True)
class JobFailed(Generic[Job]):
    """A job that gave no result.

    Attributes
    ----------
    job : object
    stage : str
        ``job``: the work raised, and would again; ``worker``: what ran it was lost, or was short of memory, at every attempt.
    type, message : str
        Of the exception.
    attempts : int
        Times it was tried.
    traceback : str
        As Python prints it, of the place where the work raised; empty when there is none to tell.
    """

    job: Job
    stage: str
    type: str
    message: str
    attempts: int
    traceback: str


class FailedFast(Exception):
    """Raised after the first failure where that was asked for.

    Parameters
    ----------
    failure : JobFailed
    """

    def __init__(self, failure: JobFailed[Any]) -> None:
        self.failure = failure
        super().__init__(f"{failure.job}: {failure.type}: {failure.message}")


@dataclass(frozen=True)
class _Raised:
    """An exception as it travels from a worker: text alone, which can always be pickled."""

    type: str
    message: str
    traceback: str
    scarce: bool


@dataclass
class _Flight(Generic[Job]):
    """A job on its way: how often it has been tried, this time included, and whether nothing else was in flight."""

    job: Job
    attempts: int = 0
    alone: bool = False


def attempt(work: Callable[[Any], Any], job: Any) -> Any:
    """Do a job where it is run; an exception of the work is a result, so that others are known to be the worker's."""
    try:
        return work(job)
    except Exception as error:
        return _Raised(type(error).__name__, str(error), traceback.format_exc(), _is_scarce(error))


def _is_scarce(error: Exception) -> bool:
    """Say whether a machine that has more of something would not have raised this."""
    if isinstance(error, OSError):
        return error.errno in _SCARCE
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "can't start new thread" in str(error))


def run_many(
    work: Callable[[Job], Result],
    jobs: Iterable[Job],
    pool: Pool,
    *,
    finished: Callable[[Job, Result], None],
    failed: Callable[[JobFailed[Job]], None],
    ahead: int | None = None,
    attempts: int = ATTEMPTS,
    fail_fast: bool = False,
    stop: Callable[[], bool] | None = None,
) -> None:
    """Do every job, in any order, and hand over what comes of it.

    An exception of the work is final. MemoryError, OSError for want of memory or processes, and the loss of a worker are not:
    the jobs in flight are tried again, one at a time, so that one that kills its worker is found out and its neighbours are
    not blamed. A job is given up when it was lost while alone and has been tried ``attempts`` times. Dask tries a job that
    loses its worker on others by itself (``distributed.scheduler.allowed-failures``); that counts as one attempt here.

    After an exception, from ``finished``, from ``jobs`` or of a signal, what waits is cancelled, processes are ended at once
    and threads after the job that they are at.

    Parameters
    ----------
    work : callable
        From a job to its result; pure. For processes and Dask it must be importable there, jobs and results picklable.
    jobs : iterable
        Drawn from as there is room; never collected.
    pool : Pool
    finished : callable
        Called in this thread with each job and its result, as they come.
    failed : callable
        Called in this thread with each failure.
    ahead : int, optional
        Most jobs in flight; twice the workers unless given.
    attempts : int
        At least 1; a job lost in company is always tried once more alone.
    fail_fast : bool
        Whether to stop after the first failure.
    stop : callable, optional
        Asked before each job; after it has said True nothing new is begun and what is in flight is finished.

    Raises
    ------
    FailedFast
        After the first failure, with ``fail_fast``.
    WorkersLost
        When all workers are lost for good: an executor of the caller's that is broken, a scheduler that is gone.
    """
    run = _Run(work, jobs, pool, finished=finished, failed=failed)
    run.ahead, run.attempts, run.fail_fast, run.stop = ahead, attempts, fail_fast, stop
    try:
        run.until_done()
    except BaseException:
        pool.abandon(run.flights)
        raise


class _Run(Generic[Job, Result]):
    """State of :func:`run_many`."""

    def __init__(
        self,
        work: Callable[[Job], Result],
        jobs: Iterable[Job],
        pool: Pool,
        *,
        finished: Callable[[Job, Result], None],
        failed: Callable[[JobFailed[Job]], None],
    ) -> None:
        self.work = partial(attempt, work)
        self.pool = pool
        self.finished = finished
        self.failed = failed
        self.ahead: int | None = None
        self.attempts = ATTEMPTS
        self.fail_fast = False
        self.stop: Callable[[], bool] | None = None
        self.flights: dict[Future[Any], _Flight[Job]] = {}
        self._waiting = iter(jobs)
        self._exhausted = False
        self._suspects: deque[_Flight[Job]] = deque()
        self._done: SimpleQueue[Future[Any]] = SimpleQueue()
        self._broken: BaseException | None = None

    def until_done(self) -> None:
        """Submit and settle until nothing is left, or nothing more is wanted."""
        with not_lost() as repeat_signal:
            while True:
                self._fill()
                if self.flights:
                    self._settle_next()
                repeat_signal()
                if self._exhausted and not self._suspects and not self.flights:
                    return

    def _fill(self) -> None:
        """Submit what there is room for; a suspect only when nothing else is in flight."""
        if self._broken is not None:
            if self.flights:
                return
            self._mend(self._broken)
        if self.stop is not None and self.stop():
            self._exhausted = True
            self._suspects.clear()
        if self._suspects:
            if not self.flights:
                self._submit(self._suspects.popleft(), alone=True)
            return
        room = 2 * self.pool.workers if self.ahead is None else max(1, self.ahead)
        while len(self.flights) < room and not self._exhausted and self._broken is None:
            flight = self._next_job()
            if flight is not None and self._submit(flight):
                return  # it is done already: hand it over before the next

    def _next_job(self) -> _Flight[Job] | None:
        try:
            return _Flight(next(self._waiting))
        except StopIteration:
            self._exhausted = True
            return None

    def _mend(self, cause: BaseException) -> None:
        """Have the pool replace its workers."""
        if not self.pool.renew(cause):
            what = f"the executor is broken and is not ours to replace: {type(cause).__name__}: {cause}"
            hint = "what is finished is kept: make a new executor and run the same again, or leave the executor to this program"
            raise WorkersLost([Problem("executor", what, "an executor that works", hint)]) from cause
        self._broken = None

    def _submit(self, flight: _Flight[Job], *, alone: bool = False) -> bool:
        """Submit a job; says whether it is done at once, as in a serial executor."""
        flight.attempts += 1
        flight.alone = alone
        try:
            future = self.pool.submit(self.work, flight.job)
        except Exception as error:
            self._not_done(flight, error, broken=True, submitting=True)
            return True
        self.flights[future] = flight
        future.add_done_callback(self._done.put)
        return future.done()

    def _settle_next(self) -> None:
        """Wait for a job to end and hand over what came of it."""
        try:
            future = self._done.get(timeout=POLL)
        except Empty:
            lost = self.pool.watch()
            if lost is not None:
                self._lose_all(lost)
            return
        flight = self.flights.pop(future, None)
        if flight is None:  # it was given up as lost, and comes after all
            return
        if future.cancelled():
            self._not_done(flight, CancelledError("the executor cancelled it"), broken=True)
            return
        error = future.exception()
        if error is not None:
            self._not_done(flight, error, broken=isinstance(error, BrokenExecutor | ConnectionError) or _of_dask(error, "Comm"))
            return
        result = future.result()
        if not isinstance(result, _Raised):
            self.finished(flight.job, result)
        elif result.scarce:
            self._lost(flight, result, "worker")
        else:
            self._fail(flight, "job", result)

    def _not_done(self, flight: _Flight[Job], error: BaseException, *, broken: bool, submitting: bool = False) -> None:
        """Settle a job whose work neither returned nor raised."""
        told = _Raised(type(error).__name__, str(error), "", scarce=True)
        if isinstance(error, BadInput):
            raise error
        if isinstance(error, WrongWorker):
            hint = "what is finished is kept: install the same version on every worker and run the same again"
            raise WorkersLost([Problem("cluster", str(error), "workers with the same code", hint)]) from error
        if isinstance(error, BrokenExecutor | CancelledError | OSError | EOFError | MemoryError) or _of_dask(error):
            if broken:
                self._broken = error
            self._lost(flight, told, "worker")
        elif submitting and not isinstance(error, _UNPICKLED):
            raise error
        elif submitting or not isinstance(error, Exception):  # a job that cannot be pickled; sys.exit
            self._fail(flight, "job", told)
        else:
            # A result that cannot be pickled; or a slip of the executor's own: Dask's raises TypeError when a worker leaves
            # just while its result is fetched.
            self._lost(flight, told, "job")

    def _lose_all(self, error: Exception) -> None:
        """Give up everything in flight: the futures themselves would never tell."""
        flights = list(self.flights.values())
        self.flights.clear()
        for flight in flights:
            self._not_done(flight, error, broken=True)

    def _lost(self, flight: _Flight[Job], told: _Raised, stage: str) -> None:
        """Try a job again, alone, or give it up."""
        if flight.alone and flight.attempts >= self.attempts:
            self._fail(flight, stage, told)
        else:
            self._suspects.append(flight)

    def _fail(self, flight: _Flight[Job], stage: str, told: _Raised) -> None:
        failure = JobFailed(flight.job, stage, told.type, told.message, flight.attempts, told.traceback)
        self.failed(failure)
        if self.fail_fast:
            raise FailedFast(failure)


def _of_dask(error: BaseException, prefix: str = "") -> bool:
    """Whether an exception is Dask's own (and its name begins so), told without importing Dask."""
    kind = type(error)
    return kind.__module__.partition(".")[0] == "distributed" and kind.__name__.startswith(prefix)
