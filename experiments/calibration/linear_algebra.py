"""One thread for linear algebra: matrices here are small, and threads that wait for each other take ten times as long.

What comes out then does not depend on the number of processors either: how a product is divided changes its last digits.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final


class _Limit:
    """The limit of this process, and how many threads have asked for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.limits: Any = None


_LIMIT: Final = _Limit()


@contextmanager
def one_thread() -> Iterator[None]:
    """Use one thread for linear algebra, in the whole process, until the last thread that asked for it has left."""
    from threadpoolctl import threadpool_limits

    with _LIMIT.lock:
        if _LIMIT.inside == 0:
            _LIMIT.limits = threadpool_limits(1)
        _LIMIT.inside += 1
    try:
        yield
    finally:
        with _LIMIT.lock:
            _LIMIT.inside -= 1
            if _LIMIT.inside == 0:
                _LIMIT.limits.restore_original_limits()
