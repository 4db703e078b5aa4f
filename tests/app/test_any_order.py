"""Whatever is asked of the queue, in whatever order; and queues that do one thing otherwise, which must be found out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chunks import Chunk, ChunkCache
from app.queue import Queue, pickled_bytes
from tests.app.queueing import play

SIZE = pickled_bytes(tuple((0, replicate) for replicate in range(60)))

SESSIONS = st.integers(0, 4)
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), SESSIONS, st.integers(0, 2), st.sampled_from([1, 12, 30, 60, 61, 150, 200])),
        st.tuples(st.just("put"), SESSIONS, st.integers(0, 9), st.just(130)),
        st.tuples(st.just("leave"), SESSIONS),
        st.tuples(st.just("take")),
        st.tuples(st.just("give_back"), st.integers(0, 2), st.sampled_from(["done", "done", "failed", "drop"])),
    ),
    max_size=60,
)


@given(OPERATIONS, st.sampled_from([0, 2 * SIZE, 2**20]))
def test_whatever_is_asked(operations, cache_bytes):
    """Places, lanes, chunks, answers and numbers shown: everything that `Played` asserts."""
    play(operations, cache_bytes=cache_bytes)


@given(OPERATIONS)
def test_what_is_kept_equals_what_is_run(operations):
    kept, run = play(operations), play(operations, cache_bytes=0)
    for session, job in kept.jobs.items():
        if session not in kept.over | run.over:
            assert kept.given[session] == run.given[session] == [(job.key, replicate) for replicate in range(job.last)]


class AnswersAll(Queue):
    def done(self, work, result):
        super().done(work, result)
        if not self._is_newest(work.move):
            self._tell(work.move, (Chunk(work.first, work.last, result),), None)


class LosesPlaces(Queue):
    def put(self, session, job):
        self.leave(session)
        super().put(session, job)


class KeepsPlacesForEver(Queue):
    def _place_after(self, old):
        place, again = old.place, True
        return (place, again) if old.at == 0 and not old.over else super()._place_after(old)


class KeepsNoPlaceThatRan(Queue):
    def _place_after(self, old):
        old.again = True
        return super()._place_after(old)


class RefinesFirst(Queue):
    def _rank(self, move):
        rank, *rest = super()._rank(move)
        return -rank, *rest


class Overlaps(Queue):
    def _advance(self, move, fresh):
        super()._advance(move, fresh)
        move.at -= 0 < move.at < move.job.last


class Skips(Queue):
    def _advance(self, move, fresh):
        super()._advance(move, fresh)
        move.at += 0 < move.at < move.job.last


class OfOnePlan(ChunkCache):
    def get(self, key, first, most):
        return super().get(0, first, most)


class MixesPlans(Queue):
    def __init__(self, clock, **options):
        super().__init__(clock, **options)
        self._cache = OfOnePlan(2**20)


class NeverShort(Queue):
    def __init__(self, clock, **options):
        super().__init__(clock, crowd=1000, **options)


class ForgetsDropped(Queue):
    def drop(self, work):
        super().drop(work)
        work.move.failed = True


class RunsTwice(Queue):
    def _next(self):
        moves = [slot.move for slot in self._slots.values() if not slot.move.over]
        return min((one for one in moves if all(work.move is not one for work in self._hands)), key=self._rank, default=None)


ANY, TAKE, DONE = 200, ("take",), ("give_back", 0, "done")
RAN_IN_VAIN = [("put", 0, 0, ANY), TAKE, ("put", 1, 1, ANY), ("put", 0, 2, ANY), DONE]
WRONG = [
    (AnswersAll, "a job answers that nobody wants", [("put", 0, 0, ANY), TAKE, ("put", 0, 1, ANY), DONE]),
    (AnswersAll, "a job answers that nobody wants", [("put", 0, 0, ANY), TAKE, ("leave", 0), DONE]),
    (LosesPlaces, None, [("put", 0, 0, ANY), ("put", 1, 1, ANY), ("put", 0, 2, ANY), TAKE]),
    (KeepsPlacesForEver, None, [*RAN_IN_VAIN, TAKE, ("put", 0, 3, ANY), DONE, TAKE]),
    (KeepsNoPlaceThatRan, None, [*RAN_IN_VAIN, TAKE]),
    (RefinesFirst, "a refinement while a first picture", [("put", 0, 0, ANY), TAKE, DONE, ("put", 1, 1, ANY), TAKE]),
    (Overlaps, None, [("put", 0, 0, ANY), TAKE, DONE]),
    (Skips, None, [("put", 0, 0, ANY), TAKE, DONE]),
    (MixesPlans, "results of something else", [("put", 0, 0, ANY), TAKE, DONE, ("put", 1, 1, ANY)]),
    (NeverShort, None, [*(("put", session, session, ANY) for session in range(3)), TAKE]),
    (ForgetsDropped, None, [("put", 0, 0, ANY), TAKE, ("give_back", 0, "drop")]),
    (RunsTwice, "the same runs twice", [("put", 0, 0, ANY), ("put", 1, 0, ANY), TAKE, TAKE]),
]


@pytest.mark.parametrize(("kind", "words", "operations"), WRONG, ids=[one[0].__name__ for one in WRONG])
def test_wrong_queues_are_found_out(kind, words, operations):
    """The controls of the two tests above: a queue that does one thing otherwise is refused, and the right one is not."""
    with pytest.raises(AssertionError, match=words):
        play(operations, kind)
    play(operations)
