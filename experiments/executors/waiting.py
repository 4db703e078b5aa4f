"""Waits that end: a call that may never return is given a time, and a scheduler is asked again and again whether it lives."""

import asyncio
import math
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, TypeVar

Result = TypeVar("Result")

SILENCE: Final = 60.0
"""Seconds without an answer after which a scheduler counts as lost: one on a busy machine answers late, but within that."""

WORKERLESS: Final = 600.0
"""Seconds without any worker after which a cluster counts as lost: workers of a queue may come late."""

SAID: Final = 15.0
"""Seconds of either after which a person is told that they are waited for."""


def within(seconds: float, call: Callable[[], Result]) -> Result:
    """Call something that may never return, and wait for it no longer than so.

    It is called in a thread of its own, which is left to itself when the time is over.

    Parameters
    ----------
    seconds : float
    call : callable

    Returns
    -------
    object
        What the call returns.

    Raises
    ------
    TimeoutError
        When the time is over; whatever the call raises before.
    """
    done: Future[Result] = Future()

    def work() -> None:
        try:
            done.set_result(call())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=work, name="within", daemon=True).start()
    return done.result(timeout=seconds)


@dataclass
class _Lack:
    """Something that is missing, and for how long that is borne."""

    words: str
    borne: float
    since: float | None = None
    said: bool = False

    def begins(self, now: float) -> None:
        self.since = now if self.since is None else self.since

    def ends(self) -> None:
        self.since, self.said = None, False

    def over(self, now: float, label: str) -> str:
        """In words what has been missing for too long; a person is told before, once."""
        lasted = 0.0 if self.since is None else now - self.since
        told = f"{self.words} for {lasted:.0f} s"
        if lasted > SAID and not self.said:
            self.said = True
            print(f"{label}: {told}; jobs wait for {self.borne:.0f} s at most", file=sys.stderr, flush=True)
        return told if lasted > self.borne else ""


class Pulse:
    """Asks a Dask scheduler again and again for the threads of its workers, and never waits for the answer.

    The states of futures do not tell that a scheduler is lost: one that hangs, or whose machine is gone, ends no connection.

    Parameters
    ----------
    client : distributed.Client
    label : str
        Where, for what is said.
    every : float
        Seconds between two questions.
    clock : callable
        Seconds that only grow.

    Attributes
    ----------
    threads : int
        Threads of all workers, as of the last answer.
    """

    def __init__(self, client: Any, *, label: str, every: float, clock: Callable[[], float] = monotonic) -> None:
        self.threads = 0
        self._client = client
        self._label = label
        self._every = every
        self._clock = clock
        self._question: Future[int] | None = None
        self._asked = -math.inf
        self._silence = _Lack("the scheduler has not answered", SILENCE)
        self._absence = _Lack("the cluster has had no workers", WORKERLESS)

    def feel(self) -> str:
        """Take the answer that is there, and ask again when it is time.

        Returns
        -------
        str
            Why the cluster counts as lost; empty while it does not.
        """
        now = self._clock()
        self._hear(now)
        if self._question is None and now - self._asked >= self._every:
            self._asked = now
            self._silence.begins(now)
            self._question = asyncio.run_coroutine_threadsafe(_threads(self._client), self._client.loop.asyncio_loop)
        return self._silence.over(now, self._label) or self._absence.over(now, self._label)

    def _hear(self, now: float) -> None:
        """Take the answer, if there is one; a question that failed has none."""
        if self._question is None or not self._question.done():
            return
        question, self._question = self._question, None
        with suppress(Exception):
            self.threads = question.result()
            self._silence.ends()
            if self.threads:
                self._absence.ends()
            else:
                self._absence.begins(now)


async def _threads(client: Any) -> int:
    return sum((await client.nthreads()).values())
