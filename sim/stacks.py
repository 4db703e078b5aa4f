"""Room for Python's frames: what is deep in calls is not to ask the system for memory at every one of them."""

from collections.abc import Callable
from typing import Final, TypeVar

ROOM: Final = 140_000
"""Places on the stack of :func:`with_room`, eight bytes each."""

Given = TypeVar("Given")


def with_room(work: Callable[[], Given]) -> Given:
    """Do work that calls deep, such as compiling.

    CPython keeps the frames of a thread in pieces of 16 kilobytes. A call that does not fit into the last piece gets a new one
    from the system, and gives it back when it returns: what is called again and again at such a depth waits for the system each
    time. Compiling the engine did so 320,000 times, which was a sixth of its time. A frame that asks for much room gets a piece
    of the next power of two, and what it calls has the rest of it: about a megabyte. None of it is touched before it is used.

    Parameters
    ----------
    work : callable

    Returns
    -------
    object
        What it gives.
    """
    return work()


with_room.__code__ = with_room.__code__.replace(co_stacksize=ROOM)
