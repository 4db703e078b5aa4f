"""Dask clusters as pools: one of this machine's own, or one that a scheduler's address or file leads to."""

import asyncio
import json
import logging
import math
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from socket import gethostname
from time import monotonic, sleep
from typing import Any, Final

from experiments.executors.pools import Pool, WorkersLost, WrongWorker, interrupt_held
from experiments.executors.waiting import Pulse, within
from sim.problems import BadInput, Problem
from sim.store.hashing import code_identity, text_hash

LOOKED: Final = 5.0
"""Seconds between two questions to the scheduler: whether it lives, and how many workers there are, for they come and go."""

STARTING: Final = 120.0
"""Seconds in which a cluster on this machine must have started."""

CLOSING: Final = 15.0
"""Seconds that a farewell may take: what does not answer is left behind."""

ALLOWED: Final = "local:2, tcp://host:port, tls://host:port, or the path of a scheduler's file"
INSTALL: Final = "pip install 'practice-sustainment[cluster]'"

_LOCAL: Final = re.compile(r"local:([1-9][0-9]{0,3})")
_ADDRESS: Final = re.compile(r"(?:tcp|tls)://(?:\[[0-9a-fA-F:.%]+\]|[^\s:/\[\]]+):([0-9]{1,5})")
_TALKERS: Final = ("distributed", "tornado", "asyncio", "bokeh")


@lru_cache(maxsize=1)  # read once a process, not once a job
def our_code() -> str:
    """Identity of all that a job may run: the model's code, and that of the studies with their jobs."""
    return text_hash(code_identity() + code_identity(Path(__file__).resolve().parents[1]))


def connect(where: str, *, timeout: float = 20.0) -> Pool:
    """Pool of a cluster's workers; see :func:`experiments.executors.pools.cluster_pool`.

    Parameters
    ----------
    where : str
    timeout : float
        Seconds.

    Raises
    ------
    BadInput
        See there.
    """
    label = f"--cluster {where}"
    text = where.strip()
    local, address = _LOCAL.fullmatch(text), _ADDRESS.fullmatch(text)
    if not (math.isfinite(timeout) and timeout > 0.0):
        raise BadInput([Problem("timeout", f"{timeout} seconds", "a number above 0", "20 is usual")])
    if not (local or (address and 0 < int(address[1]) < 65536) or _like_a_path(text)):
        raise BadInput([Problem(label, f"'{where}' is neither an address nor a file", ALLOWED, "local:2 needs no scheduler")])
    try:
        import distributed  # noqa: F401 - seen here, so that what is missing is said once
    except ImportError as error:
        raise BadInput([Problem(label, "Dask is not installed", "an installation with the extra 'cluster'", INSTALL)]) from error
    reach: Callable[[ExitStack], Any]
    if local:
        reach = partial(_start_local, int(local[1]), label=label, timeout=timeout)
    elif address:
        reach = partial(_reach, lambda: text, label=label, timeout=timeout)
    else:
        reach = partial(_reach, lambda: _address_in(Path(text), label=label, timeout=timeout), label=label, timeout=timeout)
    pool = _Cluster(reach, label=label, timeout=timeout, local=local is not None)
    pool.open()
    return pool


class _Cluster(Pool):
    """Workers of a Dask cluster, reached through a client of our own.

    Parameters
    ----------
    reach : callable
        From a stack, to which it adds what must be closed, to a client.
    label : str
        Where, for messages.
    timeout : float
        Seconds.
    local : bool
        Whether the cluster is ours.
    """

    def __init__(self, reach: Callable[[ExitStack], Any], *, label: str, timeout: float, local: bool) -> None:
        super().__init__("cluster", 1, self.open)
        self._reach = reach
        self._label = label
        self._timeout = timeout
        self._local = local
        self._stack = ExitStack()
        self._client: Any = None
        self._pulse: Pulse | None = None

    def open(self) -> Executor:
        """Connect, wait for a worker, refuse other code."""
        if self._executor is None:
            with ExitStack() as stack:
                stack.enter_context(_quiet())
                client = self._reach(stack)
                _wait_for_worker(client, label=self._label, timeout=self._timeout)
                refuse_other_code(client, label=self._label, timeout=self._timeout)
                self._client = client
                self._pulse = Pulse(client, label=self._label, every=LOOKED)
                # Dask takes equal calls for one unless told that they are not pure.
                self._executor = client.get_executor(pure=False)
                self._stack = stack.pop_all()
        return self._executor

    @property
    def workers(self) -> int:
        """Threads of all workers, as of the scheduler's last answer; at least 1."""
        if self._pulse is not None:
            self._pulse.feel()
            self._workers = max(1, self._pulse.threads)
        return self._workers

    def submit(self, work: Callable[[Any], Any], job: Any) -> Future[Any]:
        # As one object: Dask would look for references to other tasks in arguments.
        return self.open().submit(partial(_with_our_code, our_code(), work, job))

    def watch(self) -> Exception | None:
        if self._client is None or self._pulse is None:
            return None
        lost = "" if self._client.status in {"running", "connecting"} else "the connection to the scheduler is closed"
        lost = lost or self._pulse.feel()
        return ConnectionError(lost) if lost else None

    def abandon(self, futures: Iterable[Future[Any]]) -> None:
        alive = self._client is not None and self._client.status == "running"
        for future in futures if alive else ():
            future.cancel()
        if self._local and self._client is not None:
            with suppress(Exception):  # whatever goes wrong with that, closing ends them too, only later
                self._client.sync(_kill_workers, self._client.cluster, callback_timeout=CLOSING)
        if self._local or not alive:
            self._close()

    def renew(self, cause: BaseException) -> bool:
        self._close()
        try:
            self.open()
        except BadInput as error:
            raise WorkersLost([_mid_run(one, cause) for one in error.problems]) from error
        return True

    def close(self) -> None:
        self._close()

    def _close(self) -> None:
        self._executor = self._client = self._pulse = None
        self._stack.close()


def _mid_run(problem: Problem, cause: BaseException) -> Problem:
    """Problem of connecting again, said of a run that was under way."""
    what = f"the cluster was lost in the middle of the work ({cause}); {problem.what}"
    return replace(problem, what=what, hint=f"what is finished is kept, and the same command goes on; {problem.hint}")


def _with_our_code(identity: str, work: Callable[[Any], Any], job: Any) -> Any:
    """Do a job on a worker, unless it has other code: it may have come after the others were asked."""
    if our_code() != identity:
        raise WrongWorker(f"a worker that joined later, on {gethostname()}, has code {our_code()[:8]}, not {identity[:8]}")
    return work(job)


def refuse_other_code(client: Any, *, label: str, timeout: float) -> None:
    """Refuse workers whose results could differ from ours.

    Parameters
    ----------
    client : distributed.Client
    label : str
        Where, for the message.
    timeout : float
        Seconds in which every worker must answer.

    Raises
    ------
    BadInput
        Naming every worker that has other code, or none, or does not answer.
    """
    ours = our_code()
    try:
        answers = client.sync(_codes, client, timeout, callback_timeout=timeout + CLOSING)
    except (OSError, TimeoutError) as error:
        raise BadInput([_silent(client, label, timeout, error)]) from error
    problems = []
    for worker, answer in sorted(answers.items()):
        if answer == ours:
            continue
        if isinstance(answer, str):
            what = f"worker {worker} has code {answer[:8]}, not {ours[:8]}"
        elif isinstance(answer, TimeoutError):
            what = f"worker {worker} has not said within {timeout:g} s which code it has"
        else:
            what = f"worker {worker} cannot run this program: {type(answer).__name__}: {answer}"
        hint = "install the same version on every worker and start the workers again"
        problems.append(Problem(label, what, f"workers with code {ours[:8]}", hint))
    if problems:
        raise BadInput(problems)


async def _codes(client: Any, timeout: float) -> dict[str, Any]:
    """What each worker answers when it is asked for its code, or the exception instead of it."""

    async def ask(worker: str) -> Any:
        answers = client.run(our_code, workers=[worker], on_error="return")
        return (await asyncio.wait_for(answers, timeout))[worker]

    workers = list(await client.nthreads())
    return dict(zip(workers, await asyncio.gather(*map(ask, workers), return_exceptions=True), strict=True))


def _like_a_path(text: str) -> bool:
    """Whether a text can be meant as a file's path."""
    return bool(text) and "://" not in text and (text.endswith(".json") or Path(text).exists() or "/" in text or "\\" in text)


def _start_local(workers: int, stack: ExitStack, *, label: str, timeout: float) -> Any:
    """Start a cluster on this machine and a client to it."""
    from distributed import Client, LocalCluster

    start = partial(
        LocalCluster,
        n_workers=workers,
        processes=True,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",  # None would mean a fixed port, and a warning where that is taken
        scheduler_kwargs={"dashboard": False},
        silence_logs=logging.CRITICAL,
    )
    try:
        with interrupt_held():
            cluster = within(STARTING, start)
            stack.callback(_end, cluster)
        client = within(timeout + CLOSING, partial(Client, cluster, timeout=timeout, set_as_default=False))
    except (OSError, TimeoutError, RuntimeError) as error:
        what = f"no cluster could be started here: {type(error).__name__}: {error}"
        hint = "a script that uses it needs `if __name__ == '__main__':` around what it does; or use processes"
        raise BadInput([Problem(label, what, "a machine that can start Dask workers", hint)]) from error
    stack.callback(_end, client)
    return client


def _end(talker: Any) -> None:
    """Say farewell to a client or a cluster; one that does not answer is left behind."""
    with suppress(OSError, TimeoutError, RuntimeError, AssertionError):  # the last: Dask's own, when it was cut short
        talker.close(timeout=CLOSING)


async def _kill_workers(cluster: Any) -> None:
    """End a local cluster's worker processes without waiting for the jobs that they are at."""
    for nanny in cluster.workers.values():
        await nanny.kill(timeout=0.1)


def _reach(address: Callable[[], str], stack: ExitStack, *, label: str, timeout: float) -> Any:
    """Client of a scheduler that runs somewhere."""
    from distributed import Client

    where = address()

    def talk() -> Any:
        asyncio.run(_greet(where, timeout))
        return Client(where, timeout=timeout, set_as_default=False)

    try:
        client = within(2.0 * timeout + CLOSING, talk)  # each of the two has its own time; a name server may take longer
    except (OSError, TimeoutError, ValueError, TypeError) as error:  # the latter two: no certificates for tls
        what = f"no scheduler answers at {where} within {timeout:g} s ({type(error).__name__}: {_first_line(error)})"
        hint = "is it running (`dask scheduler`), is the port open from here, is the address right? `local:2` needs none"
        raise BadInput([Problem(label, what, ALLOWED, hint)]) from error
    stack.callback(_end, client)
    return client


async def _greet(address: str, timeout: float) -> None:
    """Shake hands with a scheduler: Dask's client would wait for ever for something that takes the call and says nothing."""
    from distributed.comm import connect as call
    from distributed.security import Security

    arguments = Security().get_connection_args("client")
    comm = await asyncio.wait_for(call(address, timeout=timeout, **arguments), timeout)
    comm.abort()


def _address_in(path: Path, *, label: str, timeout: float) -> str:
    """Address in a scheduler's file, which may be written a moment after this program begins."""
    until = monotonic() + timeout
    what = ""
    while True:
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(found, dict) and isinstance(found.get("address"), str):
                return found["address"]
            what = "the file names no 'address'"
        except FileNotFoundError:
            what = "there is no such file"
        except OSError as error:
            what = f"the file cannot be read: {error.strerror}"
        except ValueError:  # no text, or no JSON
            what = "the file is not JSON"
        if monotonic() >= until:
            break
        sleep(min(0.2, timeout))
    hint = "start the scheduler with `dask scheduler --scheduler-file FILE`, in a folder that this machine sees as well"
    raise BadInput([Problem(label, f"{what}, after {timeout:g} s", "the file that a Dask scheduler writes", hint)])


def _wait_for_worker(client: Any, *, label: str, timeout: float) -> None:
    """Wait until there is a worker."""
    until = monotonic() + timeout
    try:
        while not client.sync(client.nthreads, callback_timeout=timeout + CLOSING):
            if monotonic() >= until:
                what = f"the scheduler at {client.scheduler.address} has no workers after {timeout:g} s"
                hint = f"start some: `dask worker {client.scheduler.address}`"
                raise BadInput([Problem(label, what, "at least one worker", hint)])
            sleep(min(0.1, timeout))
    except (OSError, TimeoutError) as error:
        raise BadInput([_silent(client, label, timeout, error)]) from error


def _silent(client: Any, label: str, timeout: float, error: BaseException) -> Problem:
    """Problem of a scheduler that has answered before."""
    what = f"the scheduler at {client.scheduler.address} no longer answers, after {timeout:g} s ({type(error).__name__})"
    return Problem(label, what, "a scheduler that answers", "is it still running, and can this machine reach it?")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask and its libraries log about comings and goings from the user's terminal."""
    known = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _TALKERS]
    loggers = [logging.getLogger(name) for name in {*known, *_TALKERS}]
    before = [(one, one.level) for one in loggers]
    for one in loggers:
        one.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for one, level in before:
            one.setLevel(level)
