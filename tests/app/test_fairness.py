"""Who waits how long: a class at three times the load, and one session that moves without end; beside a plain queue."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.queue import Queue
from tests.app.queueing import Clock, Heard, Plain, result_of, simulated

CLASS, EVERY, WORKERS = 30, 5.0, 2
PAIR = 0.095 / 60
"""Seconds a pair, as measured for the design."""

OVERLOADED = 3 * WORKERS * EVERY / CLASS / 12
"""Seconds a pair with which even short first pictures of every move would take three times what the workers can do."""


LAP = CLASS * 12 * OVERLOADED / WORKERS
"""Seconds in which everybody has a short turn. A lap takes twice as long at most, as a place is kept once when it ran in vain."""


def class_of(heard, *, sessions=CLASS, until=120.0, jitter=None):
    """Moves of a class, all distinct: one each ``EVERY`` seconds and session, in turn or at random moments."""
    draw = random.Random(jitter)
    moves = []
    for session in range(sessions):
        at = EVERY * session / sessions
        while at < until:
            shift = 0.0 if jitter is None else draw.uniform(0, EVERY)
            moves.append((at + shift, session, heard.job((session, at))))
            at += EVERY
    return sorted(moves, key=lambda move: move[0])


def longest_without(heard, sessions, until):
    """Longest time that any session saw no new first picture, seconds."""
    return max(
        max(later - earlier for earlier, later in zip([0.0, *times], [*times, until], strict=True))
        for times in map(heard.pictures, range(sessions))
    )


class AlwaysKeepsPlaces(Queue):
    """A control: also what has begun keeps its place, as often as one likes."""

    def _place_after(self, old):
        return old.place, True


class LosesTurns(Queue):
    """A control: what has begun keeps no place."""

    def _place_after(self, old):
        return super()._place_after(old) if self._waits(old) else (next(self._places), False)


@pytest.mark.parametrize("jitter", [None, 1, 2, 3])
def test_nobody_starves_at_three_times_the_load(jitter):
    clock = Clock()
    heard = Heard(clock)
    moves = class_of(heard, jitter=jitter)
    ran = simulated(Queue(clock), clock, moves, seconds=OVERLOADED, workers=WORKERS)
    assert longest_without(heard, CLASS, 120.0) < 3 * LAP
    turns = [[one.began for one in ran if one.session == session and one.first == 0] for session in range(CLASS)]
    longest = 12 * OVERLOADED  # what runs already
    assert max(later - earlier for times in turns for earlier, later in itertools.pairwise(times)) < 2 * LAP + 2 * longest
    assert sum(one.first > 0 for one in ran) == 0  # nothing is spare
    # The control: cancelling alone leaves somebody without any picture.
    clock = Clock()
    heard = Heard(clock)
    simulated(Plain(clock), clock, class_of(heard, jitter=jitter), seconds=OVERLOADED, workers=WORKERS)
    assert longest_without(heard, CLASS, 120.0) == 120.0


def test_moves_in_step_with_the_turns_lose_no_picture():
    """Each move of some comes while its turn runs, lap after lap. The control has a queue in which that turn is lost."""
    longest = []
    for kind in (Queue, LosesTurns):
        clock = Clock()
        heard = Heard(clock)
        simulated(kind(clock), clock, class_of(heard), seconds=OVERLOADED, workers=WORKERS)
        longest.append(longest_without(heard, CLASS, 120.0))
    assert longest[0] < 2 * LAP
    assert longest[1] == 120.0


@pytest.mark.parametrize("jitter", [None, 1])
def test_a_class_three_times_as_large_gets_a_picture_of_every_move(jitter):
    """Ninety sessions on two workers, at the speed measured: first pictures of 60 would need .85 of them."""
    clock = Clock()
    heard = Heard(clock)
    moves = class_of(heard, sessions=3 * CLASS, jitter=jitter)
    ran = simulated(Queue(clock), clock, moves, seconds=PAIR, workers=WORKERS, until=130.0)
    replaced = sum(later[0] - earlier[0] < 1.0 for one in range(90) for earlier, later in pairs_of(moves, one))
    assert sum(len(heard.pictures(session)) for session in range(90)) >= len(moves) - replaced
    assert p95(heard) < 0.4
    assert any(one.first > 0 for one in ran)
    # The control: refinements in the same line keep the first pictures waiting.
    clock = Clock()
    control = Heard(clock)
    moves = class_of(control, sessions=3 * CLASS, jitter=jitter)
    simulated(Plain(clock), clock, moves, seconds=PAIR, workers=WORKERS, until=130.0)
    assert p95(control) > 5 * p95(heard)


def p95(heard):
    """95th percentile of the wait for a first picture, seconds."""
    waits = sorted(answer.waited for answers in heard.answers.values() for _, answer in answers if answer.first)
    return waits[int(0.95 * len(waits))]


def pairs_of(moves, session):
    own = [move for move in moves if move[1] == session]
    return itertools.pairwise(own)


@given(
    st.lists(st.tuples(st.floats(0, 10), st.integers(0, 7)), min_size=1, max_size=80),
    st.floats(0.001, 0.05),
    st.integers(1, 3),
)
def test_every_turn_comes_within_a_lap(times, seconds, workers):
    """From any move to the begin of a first picture of its session, and to all pictures of the newest one."""
    clock = Clock()
    heard = Heard(clock)
    moves = sorted((at, session, heard.job((session, at))) for at, session in {(at, who) for at, who in times})
    ran = simulated(Queue(clock), clock, moves, seconds=seconds, workers=workers, until=1e9)
    # Eight places, each used twice at most, with a first picture of 60 at most; what runs already, and a rest, come before.
    lap = (2 * 8 + 2) * 60 * seconds + 0.25
    for session in range(8):
        own = [at for at, who, _ in moves if who == session]
        begun = [one.began for one in ran if one.session == session and one.first == 0]
        for at in own:
            assert any(at <= one <= at + lap for one in begun)
        if own:
            newest = [answer for _, answer in heard.answers[session] if answer.job.key == (session, own[-1])]
            assert newest[0].first
            assert newest[-1].pairs == 500


# ---------------------------------------------------------------------------------------------------- flooding


def flooded(kind, others, *, workers=1, **options):
    """One session moves a hundred times a second for ten seconds; four others when told. What was heard, and what ran."""
    clock = Clock()
    heard = Heard(clock)
    moves = [(at / 100, "flood", heard.job(("flood", at))) for at in range(1000)]
    moves += [(0.001 + at, who, heard.job((who, at))) for who in range(4) for at in others]
    return heard, simulated(
        kind(clock, **options), clock, sorted(moves, key=lambda one: one[0]), seconds=PAIR, workers=workers, until=10
    )


def test_flooding_keeps_nobody_from_pictures():
    seconds = range(10)
    heard, _ = flooded(Queue, seconds)
    assert [len(heard.pictures(who)) for who in range(4)] == [10] * 4
    control, _ = flooded(AlwaysKeepsPlaces, seconds, rest=0.0)
    assert any(control.pictures(who) == [] for who in range(4))


@pytest.mark.parametrize("workers", [1, 2])
def test_flooding_keeps_nobody_from_refinement(workers):
    heard, _ = flooded(Queue, [0], workers=workers)
    assert all(heard.answers[who][-1][1].pairs == 500 for who in range(4))


def test_without_rest_flooding_takes_everything():
    """The control of the test above."""
    heard, _ = flooded(Queue, [0], rest=0.0)
    assert all(heard.answers[who][-1][1].pairs <= 60 for who in range(4))


def test_who_is_alone_need_not_rest():
    queue, heard = Queue(clock := Clock()), Heard(clock)
    for number in range(5):
        queue.put("alone", heard.job(number))
        queue.done(work := queue.take(0), result_of(work))
    assert heard.pictures("alone") == [0.0] * 5
