"""Executors for many jobs: one job after the other, threads, processes, a Dask cluster, or the caller's own.

Light: worker processes import this module and nothing that the work does not need.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from types import TracebackType
from typing import Any, Final, Self

from sim.problems import INCOMPLETE, BadInput, Problem, did_you_mean
from sim.processors import processors

KINDS: Final = ("serial", "threads", "processes")
"""Executors of this machine."""

START: Final = 120.0
"""Seconds in which a worker process must have started."""


class WrongWorker(Exception):
    """Raised on a worker that must not take part; ends everything."""


class WorkersLost(BadInput):
    """Raised when what runs the jobs is lost for good, in the middle of the work; what is finished is kept."""

    status = INCOMPLETE


class Pool:
    """An executor with what :func:`experiments.executors.many.run_many` must know about it; a context manager.

    Parameters
    ----------
    kind : str
        ``serial``, ``threads``, ``processes``, ``cluster`` or ``borrowed``.
    workers : int
        Jobs that run at a time.
    make : callable
        Makes the executor, when it is first needed and after it was lost.

    Attributes
    ----------
    kind : str
    """

    def __init__(self, kind: str, workers: int, make: Callable[[], Executor]) -> None:
        self.kind = kind
        self._workers = workers
        self._make = make
        self._executor: Executor | None = None

    @property
    def workers(self) -> int:
        """Jobs that run at a time."""
        return self._workers

    def submit(self, work: Callable[[Any], Any], job: Any) -> Future[Any]:
        """Have a job done.

        Parameters
        ----------
        work : callable
        job : object

        Returns
        -------
        concurrent.futures.Future
        """
        if self._executor is None:
            self._executor = self._make()
        return self._executor.submit(work, job)

    def renew(self, cause: BaseException) -> bool:  # noqa: ARG002 - a cluster tells it
        """Replace workers that were lost.

        Parameters
        ----------
        cause : BaseException
            How they were lost.

        Returns
        -------
        bool
            False for an executor that belongs to somebody else.

        Raises
        ------
        WorkersLost
            When there are no new ones to be had.
        BadInput
            When there never were any.
        """
        self.abandon(())
        return True

    def watch(self) -> Exception | None:
        """Called when nothing has happened for a while; a pool whose workers died unnoticed breaks its futures here.

        Returns
        -------
        Exception or None
            Why everything in flight is lost, when the futures themselves would never tell.
        """
        return None

    def abandon(self, futures: Iterable[Future[Any]]) -> None:
        """Begin nothing more; end what runs as soon as can be. The pool can be used again.

        Parameters
        ----------
        futures : iterable of concurrent.futures.Future
            In flight.
        """
        for future in futures:
            future.cancel()
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    def close(self) -> None:
        """Wait for what runs and end the workers."""
        if self._executor is not None:
            self._executor.shutdown(wait=True)
            self._executor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon(())
            self.close()


def pool_of(kind: str, workers: int | None = None) -> Pool:
    """Pool of this machine's processors.

    Parameters
    ----------
    kind : str
        ``serial``; ``threads``, for work that releases the interpreter; ``processes``, for any other.
    workers : int, optional
        As many as this process may use processors unless given; always 1 of ``serial``.

    Raises
    ------
    BadInput
        For another kind, or less than one worker.
    """
    problems = []
    if kind not in KINDS:
        problems.append(Problem("executor", f"there is no '{kind}'", ", ".join(KINDS), did_you_mean(kind, KINDS)))
    if workers is not None and workers < 1:
        problems.append(Problem("workers", f"{workers} do nothing", "1 or more", "leave it out for one a processor"))
    if problems:
        raise BadInput(problems)
    if kind == "serial":
        return Pool(kind, 1, SerialExecutor)
    count = workers or processors()
    return Pool(kind, count, lambda: ThreadPoolExecutor(count)) if kind == "threads" else _Processes(count)


def cluster_pool(where: str, *, timeout: float = 20.0) -> Pool:
    """Pool of a Dask cluster's workers, which may come and go.

    While there is no worker, jobs wait, for ten minutes at most; a scheduler that is silent for a minute counts as lost
    (:mod:`experiments.executors.waiting`). Then the cluster is tried once more from the beginning, and what is finished is kept.

    Parameters
    ----------
    where : str
        ``local:2`` for so many worker processes of this machine's own, ``tcp://host:port`` or ``tls://host:port`` of a
        scheduler, or the path of the file that it wrote.
    timeout : float
        Seconds in which the scheduler and a worker must answer, and the scheduler's file appear.

    Raises
    ------
    BadInput
        When they do not; for another text; when Dask is not installed; when a worker has other code.
    """
    from experiments.executors.clusters import connect

    return connect(where, timeout=timeout)


def borrowed(executor: Executor, workers: int | None = None) -> Pool:
    """Pool of an executor that its owner makes and shuts down.

    Parameters
    ----------
    executor : concurrent.futures.Executor
    workers : int, optional
        Jobs that it runs at a time; what it says of itself, or the number of processors, unless given.
    """
    count = workers or getattr(executor, "_max_workers", None) or processors()
    return _Borrowed(count, executor)


class SerialExecutor(Executor):
    """Runs a job when it is submitted. Ctrl-C and the like go through to the caller."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a function now; the future that is returned is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class _Borrowed(Pool):
    """Somebody's executor: never shut down, never replaced."""

    def __init__(self, workers: int, executor: Executor) -> None:
        super().__init__("borrowed", workers, lambda: executor)

    def renew(self, cause: BaseException) -> bool:  # noqa: ARG002
        return False

    def abandon(self, futures: Iterable[Future[Any]]) -> None:
        for future in futures:
            future.cancel()

    def close(self) -> None:
        """Leave it to its owner."""


class _Processes(Pool):
    """Worker processes of this machine, each started afresh.

    Parameters
    ----------
    workers : int
    """

    def __init__(self, workers: int) -> None:
        super().__init__("processes", workers, lambda: _process_executor(workers))

    def submit(self, work: Callable[[Any], Any], job: Any) -> Future[Any]:
        if self._executor is None:
            self._executor = self._make()
            self._try_out(self._executor)
        with interrupt_held():  # a submission may start a process
            return self._executor.submit(work, job)

    def _try_out(self, executor: Executor) -> None:
        """See whether a worker can start at all: if not, no job is to blame."""
        try:
            with interrupt_held():
                started = executor.submit(os.getpid)
            started.result(timeout=START)
        except (BrokenExecutor, OSError, RuntimeError) as error:
            self.abandon(())
            what = f"no worker process could be started: {type(error).__name__}: {error}"
            hint = "a script that uses processes needs `if __name__ == '__main__':` around what it does; or use threads"
            raise BadInput([Problem("processes", what, "a machine that can start Python processes", hint)]) from error

    def watch(self) -> Exception | None:
        executor = self._executor
        if executor is not None and wait([one.sentinel for one in _processes(executor)], timeout=0):
            # One that died while it wrote a result leaves its executor reading for ever.
            _kill(executor)
        return None

    def abandon(self, futures: Iterable[Future[Any]]) -> None:  # noqa: ARG002 - an executor that breaks stumbles over cancelled ones
        executor, self._executor = self._executor, None
        if executor is not None:
            _kill(executor)
            executor.shutdown(wait=True)


def _process_executor(workers: int) -> ProcessPoolExecutor:
    """Executor whose processes are started afresh: a fork would copy the locks of threads that it does not copy."""
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_worker)


def _begin_worker() -> None:
    """Prepare a worker process: Ctrl-C is its parent's to hear, and it does not outlive its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    """End this process when its parent has ended, however that came about."""
    parent.join()
    os._exit(1)


def _processes(executor: Executor) -> list[Any]:
    """Worker processes of an executor; none after it was shut down."""
    return list((getattr(executor, "_processes", None) or {}).values())


def _kill(executor: Executor) -> None:
    """End worker processes at once: jobs are pure, so nothing is left half done."""
    for process in _processes(executor):
        with suppress(OSError, ValueError):  # it has ended meanwhile
            process.kill()
    results = getattr(executor, "_result_queue", None)
    if results is not None:
        with suppress(OSError, AttributeError):
            results._writer.close()  # else the executor waits for the rest of a result that nobody writes any more


@contextmanager
def interrupt_held() -> Iterator[None]:
    """Hold Ctrl-C back while a process is started: it inherits that, and is not interrupted before it can ignore it.

    Ctrl-C in that time is heard at the end.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing.resource_tracker import ensure_running

    ensure_running()  # when it starts, at the first process, it lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
