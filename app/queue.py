"""The fair queue of the lab: everybody soon gets a first picture, and what capacity is left makes the pictures better.

A *session* is one browser page; it has one slot. A *move* is what it asks for: a job, put into the slot. The replicates of a job
run in chunks. There are two lanes:

- **first pictures**, in the order in which the sessions came. A newer move replaces the one in the slot and keeps its place. What
  it replaces is never answered, even if it runs already. The place is kept then, too, but once: a session whose moves come just
  when its turn does would never see a picture otherwise, and one that always moves would take everybody's turn. Whoever moves
  faster than a picture can be made sees none until it pauses: the page should wait for one answer before it sends the next move.
- **refinements**, only when no first picture can begin: whoever has the fewest replicates is first. Before each chunk the queue
  asks whether the job is still wanted.

A first picture is of 60 replicates, or of 12 where three or more wait. Chunks end at the same replicates for everybody (12, 60,
120, 180 …), so that one session's chunk is another one's, too. What has run is kept by the key of the job; what is running for
one session is not run a second time for another.

One session cannot use up the workers: one that has just had a first picture lets the refinements of others go before the next,
for a quarter of a second. Nobody waits for that where nothing else is to do.

No event loop, no web, no model: threads call :meth:`Queue.take`, run what they are told and call :meth:`Queue.done`.
"""

import itertools
import logging
import pickle
import threading
import time
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, Final

from app.chunks import Chunk, ChunkCache
from app.jobs import Answer, Job, Move, Slot, Unwanted, Work

FIRST: Final = 60
"""Replicates of a first picture."""

SHORT: Final = 12
"""Replicates of a first picture where many wait."""

CROWD: Final = 3
"""First pictures that wait, the next one included, from which on they are short."""

CHUNK: Final = 60
"""Replicates of a refinement."""

REST: Final = 0.25
"""Seconds after a first picture in which the session's next one stands behind the refinements of others."""

CACHE_BYTES: Final = 32 * 2**20
"""Bytes of chunks that are kept."""


def pickled_bytes(result: object) -> int:
    """Bytes of a result, by writing it out: right for whatever arrays it holds, in a fraction of a millisecond."""
    return len(pickle.dumps(result, pickle.HIGHEST_PROTOCOL))


class Queue:
    """The fair queue. Every method may be called from any thread; none waits but :meth:`take`.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    first, short, crowd, chunk : int
        See :data:`FIRST`, :data:`SHORT`, :data:`CROWD`, :data:`CHUNK`.
    rest : float
        See :data:`REST`; seconds.
    cache_bytes : int
        See :data:`CACHE_BYTES`.
    size_of : callable
        Gives the bytes of a result.

    Raises
    ------
    ValueError
        Unless ``1 <= short <= first``, ``chunk >= 1``, ``crowd >= 1``, ``rest >= 0`` and ``cache_bytes >= 0``.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        first: int = FIRST,
        short: int = SHORT,
        crowd: int = CROWD,
        chunk: int = CHUNK,
        rest: float = REST,
        cache_bytes: int = CACHE_BYTES,
        size_of: Callable[[object], int] = pickled_bytes,
    ) -> None:
        if not (1 <= short <= first and chunk >= 1 and crowd >= 1 and rest >= 0 and cache_bytes >= 0):
            raise ValueError(f"no queue has {first=}, {short=}, {crowd=}, {chunk=}, {rest=}, {cache_bytes=}")
        self._clock = clock
        self._first, self._short, self._crowd, self._chunk, self._rest = first, short, crowd, chunk, rest
        self._size_of = size_of
        self._cache = ChunkCache(cache_bytes)
        self._slots: dict[Hashable, Slot] = {}
        self._hands: list[Work] = []  # taken, and not yet given back
        self._places = itertools.count()
        self._closed = False
        self._lock = threading.Condition()  # its lock may be taken again by who holds it: an answer may ask `wanted`

    # ---------------------------------------------------------------------------------------------------------- sessions

    def put(self, session: Hashable, job: Job) -> None:
        """Make a move. What is kept of it is answered before this returns.

        Parameters
        ----------
        session : hashable
        job : Job

        Raises
        ------
        RuntimeError
            When the queue is closed.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError("the queue is closed")
            slot = self._slots.get(session)
            if slot is None:
                move = Move(session, job, next(self._places), self._clock())
                self._slots[session] = Slot(move)
            else:
                place, again = self._place_after(slot.move)
                move = slot.move = Move(session, job, place, self._clock(), again)
            self._advance(move, None)
            self._lock.notify_all()

    def leave(self, session: Hashable) -> None:
        """End a session: it is answered no more. One that is not there may leave, too."""
        with self._lock:
            self._slots.pop(session, None)

    @property
    def waiting(self) -> int:
        """First pictures that have not begun."""
        with self._lock:
            return sum(self._waits(slot.move) for slot in self._slots.values())

    @property
    def closed(self) -> bool:
        """Whether the queue has been closed."""
        return self._closed

    def close(self) -> None:
        """End: nobody is answered any more, whoever waits in :meth:`take` gets None, and :meth:`put` is refused."""
        with self._lock:
            self._closed = True
            self._slots.clear()
            self._lock.notify_all()

    # ----------------------------------------------------------------------------------------------------------- workers

    def take(self, timeout: float | None = None) -> Work | None:
        """Take what is to be run next. It must be given back by :meth:`done`, :meth:`failed` or :meth:`drop`.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait for it; 0 does not wait. As long as it takes unless given.

        Returns
        -------
        Work or None
            None when the time is over or the queue closed.
        """
        with self._lock:
            self._lock.wait_for(lambda: self._closed or self._next() is not None, timeout)
            move = self._next()
            if move is None:
                return None
            first, last = move.at, self._end(move)
            work = Work(move.session, move.job, first, last, move, partial(self._is_wanted, move.job.key, first))
            self._hands.append(work)
            return work

    def done(self, work: Work, result: Any) -> None:
        """Give a work back with its result. It is kept, and answers everybody who waits for it and nobody else.

        Parameters
        ----------
        work : Work
        result : object
            Must not be changed any more.

        Raises
        ------
        ValueError
            When the work was given back before.
        """
        size = self._size_of(result)  # not with the queue locked: it may take a while
        with self._lock:
            self._give_back(work)
            chunk = Chunk(work.first, work.last, result)
            self._cache.add(work.job.key, chunk, size)
            for slot in tuple(self._slots.values()):
                if not slot.move.over and slot.move.next == (work.job.key, work.first):
                    self._advance(slot.move, chunk)

    def failed(self, work: Work, error: Exception) -> None:
        """Give a work back that cannot be done. Its session is told; others who wait for the same try for themselves.

        Parameters
        ----------
        work : Work
        error : Exception

        Raises
        ------
        ValueError
            When the work was given back before.
        """
        with self._lock:
            self._give_back(work)
            if self._is_newest(work.move):
                work.move.failed = True
                self._tell(work.move, (), error)

    def drop(self, work: Work) -> None:
        """Give a work back that was not done, as nobody wanted it. If somebody does, it will be taken again, in its old place.

        Parameters
        ----------
        work : Work

        Raises
        ------
        ValueError
            When the work was given back before.
        """
        with self._lock:
            self._give_back(work)

    # ---------------------------------------------------------------------------------- what follows needs the lock

    def _next(self) -> Move | None:
        """The move whose chunk is to run now. What somebody has in hand already is waited for."""
        if self._closed:
            return None
        running = {(work.job.key, work.first) for work in self._hands}
        moves = (slot.move for slot in self._slots.values())
        return min((move for move in moves if not move.over and move.next not in running), key=self._rank, default=None)

    def _place_after(self, old: Move) -> tuple[int, bool]:
        """Place of a move that replaces another one, and whether one of this place has run in vain."""
        if self._waits(old):
            return old.place, old.again
        if old.at == 0 and not old.over and not old.again:
            return old.place, True
        return next(self._places), False

    def _rank(self, move: Move) -> tuple[int, int, int]:
        """Lowest first. Time alone never makes a move fit to be taken, it only changes the order: nobody need be woken for it."""
        if move.at:
            return 1, move.at, move.place
        return 0 if self._rested(move.session) else 2, 0, move.place

    def _rested(self, session: Hashable) -> bool:
        """Whether the last first picture of the session is long enough ago, even one that nobody wanted any more."""
        running = any(work.session == session and not work.refines for work in self._hands)
        return not running and self._clock() >= self._slots[session].rests_until

    def _end(self, move: Move) -> int:
        """Where the next chunk of a move ends: at the same replicates for everybody."""
        if move.at == 0 and self.waiting >= self._crowd:
            end = self._short
        elif move.at < self._first:
            end = self._first
        else:
            end = move.at + self._chunk - (move.at - self._first) % self._chunk
        return min(end, move.job.last)

    def _waits(self, move: Move) -> bool:
        """Whether its first picture has not begun."""
        return move.at == 0 and not move.over and all(work.move is not move for work in self._hands)

    def _is_newest(self, move: Move) -> bool:
        with self._lock:
            slot = self._slots.get(move.session)
            return slot is not None and slot.move is move

    def _is_wanted(self, key: Hashable, first: int) -> bool:
        with self._lock:
            return any(not slot.move.over and slot.move.next == (key, first) for slot in self._slots.values())

    def _give_back(self, work: Work) -> None:
        if work not in self._hands:
            raise ValueError("this work is not in hand: it was given back before, or taken from another queue")
        self._hands.remove(work)
        slot = self._slots.get(work.session)
        if slot is not None and not work.refines:
            slot.rests_until = self._clock() + self._rest
        self._lock.notify_all()  # what waited for the same chunk may be taken now; who wakes waits until the lock is free

    def _advance(self, move: Move, fresh: Chunk | None) -> None:
        """Give a move what there is for it: a chunk that has just come out, and those that are kept."""
        chunks = []
        while not move.over:
            if fresh is not None and fresh.first == move.at and fresh.last <= move.job.last:
                chunk: Chunk | None = fresh
            else:
                chunk = self._cache.get(move.job.key, move.at, move.job.last)
            if chunk is None:
                break
            chunks.append(chunk)
            move.at = chunk.last
        if chunks:
            self._tell(move, tuple(chunks), None)

    def _tell(self, move: Move, chunks: tuple[Chunk, ...], error: Exception | None) -> None:
        """Answer. One session that cannot be told must not keep the others from it."""
        waited = self._clock() - move.came
        try:
            move.job.answer(Answer(move.session, move.job, chunks, move.at, waited, error, partial(self._is_newest, move)))
        except Exception:
            logging.getLogger(__name__).exception("a session could not be told its answer: it has left")
            self._slots.pop(move.session, None)


def serve(queue: Queue, run: Callable[[Work], Any]) -> None:
    """Take and run until the queue is closed: what a worker thread does.

    Parameters
    ----------
    queue : Queue
    run : callable
        Gives the result of a work. It may ask ``work.wanted()`` on the way and raise :class:`~app.jobs.Unwanted` if not; whatever
        else it raises is told to the session, and the thread goes on.
    """
    while (work := queue.take()) is not None:
        try:
            queue.done(work, run(work))
        except Unwanted:
            queue.drop(work)
        except Exception as error:
            queue.failed(work, error)
