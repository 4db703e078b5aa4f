"""What goes into the lab's queue and what comes out of it: jobs, work for those who run them, answers."""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from app.chunks import Chunk


class Unwanted(Exception):
    """Raised by what runs a work when :meth:`Work.wanted` said no half-way. Nothing is kept of it."""


@dataclass(frozen=True, eq=False)
class Job:
    """What a session asks for.

    Attributes
    ----------
    key : hashable
        Jobs of the same key give the same results for the same replicates: the hashes of the plans, and what is made of them.
    last : int
        Replicates of the best picture, 1 at least.
    answer : callable
        Called with every :class:`Answer`, from any thread and with the queue locked. It must return at once, as
        ``loop.call_soon_threadsafe`` does. A session whose ``answer`` raises has left.
    payload : object
        What the workers need; the queue does not look at it.
    """

    key: Hashable
    last: int
    answer: Callable[["Answer"], None]
    payload: Any = None

    def __post_init__(self) -> None:
        if self.last < 1:
            raise ValueError(f"1 replicate at least is needed, not {self.last}")


@dataclass(eq=False)
class Move:
    """A job in its slot, and how far it is. The queue's own.

    Attributes
    ----------
    session : hashable
    job : Job
    place : int
        In the order of the sessions.
    came : float
        By the queue's clock, seconds.
    again : bool
        Whether one of this place has run in vain already.
    at : int
        Replicates that the session has been given.
    failed : bool
    """

    session: Hashable
    job: Job
    place: int
    came: float
    again: bool = False
    at: int = 0
    failed: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more is to be done for it."""
        return self.failed or self.at >= self.job.last

    @property
    def next(self) -> tuple[Hashable, int]:
        """Key and first replicate of the chunk that it needs next."""
        return self.job.key, self.at


@dataclass
class Slot:
    """The one place of a session. The queue's own.

    Attributes
    ----------
    move : Move
        The newest.
    rests_until : float
        By the queue's clock: refinements of others go before a first picture until then.
    """

    move: Move
    rests_until: float = -math.inf


@dataclass(frozen=True, eq=False)
class Work:
    """Replicates to be run by whoever took them.

    Attributes
    ----------
    session : hashable
    job : Job
    first, last : int
        The replicates ``range(first, last)``.
    move : Move
        The queue's own.
    """

    session: Hashable
    job: Job
    first: int
    last: int
    move: Move = field(repr=False)
    _wanted: Callable[[], bool] = field(repr=False)

    @property
    def refines(self) -> bool:
        """Whether the session has a picture already."""
        return self.first > 0

    def wanted(self) -> bool:
        """Whether anybody still waits for it; may be asked as often as one likes while it runs."""
        return self._wanted()


@dataclass(frozen=True, eq=False)
class Answer:
    """What a session is given: chunks that follow those it has.

    Attributes
    ----------
    session : hashable
    job : Job
    chunks : tuple of Chunk
        Without gap or overlap, from where the last answer ended. Several at once where they were kept; none for an error.
    pairs : int
        Replicates that the session has with these.
    waited : float
        Seconds since the move came.
    error : Exception or None
        What the worker raised. Nothing follows.
    """

    session: Hashable
    job: Job
    chunks: tuple[Chunk, ...]
    pairs: int
    waited: float
    error: Exception | None
    _wanted: Callable[[], bool] = field(repr=False)

    @property
    def first(self) -> bool:
        """Whether it is a first picture."""
        return bool(self.chunks) and self.chunks[0].first == 0

    @property
    def final(self) -> bool:
        """Whether nothing follows."""
        return self.error is not None or self.pairs >= self.job.last

    def wanted(self) -> bool:
        """Whether the session has made no newer move since.

        The queue gives no answer to a move that is not the newest. Whoever passes answers on to another thread asks here once
        more, in the thread that calls ``Queue.put``: a newer move may have come on the way.
        """
        return self._wanted()
