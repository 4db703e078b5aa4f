"""Threads that run what the queue holds."""

import threading
from typing import Any, Final

from app.jobs import Work
from app.queue import Queue, serve

JOIN_SECONDS: Final = 10.0
"""How long the end waits for what is being computed."""


def run(work: Work) -> Any:
    """Run the replicates of a work."""
    return work.job.payload.run(work.first, work.last, work.wanted)


class Workers:
    """Threads beside the one that talks to the pages.

    Parameters
    ----------
    queue : Queue
    threads : int
    """

    def __init__(self, queue: Queue, threads: int) -> None:
        self._queue = queue
        names = [f"lab-{at}" for at in range(threads)]
        self._threads = [threading.Thread(target=serve, args=(queue, run), name=name, daemon=True) for name in names]

    def __enter__(self) -> "Workers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *about: object) -> None:
        self._queue.close()
        for thread in self._threads:
            thread.join(JOIN_SECONDS)
