"""The fair queue, one thing at a time, and with threads."""

import random
import threading
import time

import pytest

from app.jobs import Job, Unwanted
from app.queue import Queue, serve
from tests.app.queueing import Clock, Heard, result_of, simulated

PAIR = 0.095 / 60


def taken(queue):
    return [(work.session, work.first, work.last) for work in iter(lambda: queue.take(0), None)]


def test_place_is_kept_until_it_is_used():
    queue, heard = Queue(clock := Clock()), Heard(clock)
    for session in "abc":
        queue.put(session, heard.job(session))
    queue.put("a", heard.job("a again"))
    assert queue.waiting == 3
    work = queue.take(0)
    assert (work.session, work.job.key, work.last) == ("a", "a again", 12)
    assert queue.waiting == 2
    queue.put("a", heard.job("a once more"))  # its turn is used in vain: the place is kept once
    assert not work.wanted()
    queue.done(work, result_of(work))
    assert not heard.answers
    clock.now = 1.0  # after its rest
    work = queue.take(0)
    assert (work.session, work.job.key) == ("a", "a once more")
    queue.put("a", heard.job("a for ever"))
    queue.done(work, result_of(work))
    clock.now = 2.0
    assert [session for session, _, _ in taken(queue)] == ["b", "c", "a"]


def test_short_pictures_are_filled_up_before_anything_else_is_refined():
    queue, heard = Queue(clock := Clock()), Heard(clock)
    for session in "abc":
        queue.put(session, heard.job(session, 130))
    ran = []
    while (work := queue.take(0)) is not None:
        ran.append((work.session, work.first, work.last))
        queue.done(work, result_of(work))
    assert ran == [
        ("a", 0, 12), ("b", 0, 60), ("c", 0, 60), ("a", 12, 60),
        ("a", 60, 120), ("b", 60, 120), ("c", 60, 120), ("a", 120, 130), ("b", 120, 130), ("c", 120, 130),
    ]  # fmt: skip
    assert [answer.pairs for _, answer in heard.answers["a"]] == [12, 60, 120, 130]
    assert [answer.final for _, answer in heard.answers["a"]] == [False, False, False, True]


@pytest.mark.parametrize("one_preset", [True, False])
def test_a_class_that_presses_the_same_preset_runs_it_once(one_preset):
    clock = Clock()
    heard = Heard(clock)
    moves = [(0.01 * session, session, heard.job("preset" if one_preset else session)) for session in range(30)]
    ran = simulated(Queue(clock), clock, moves, seconds=PAIR, until=1e9)
    assert sum(one.last - one.first for one in ran) == (500 if one_preset else 30 * 500)
    assert all(heard.answers[session][-1][1].pairs == 500 for session in range(30))


def test_who_comes_later_is_given_what_is_kept_at_once():
    queue, heard = Queue(clock := Clock()), Heard(clock)
    queue.put("early", heard.job("preset", 200))
    for _ in range(3):
        queue.done(work := queue.take(0), result_of(work))
    queue.put("late", heard.job("preset", 200))
    ((_, answer),) = heard.answers["late"]
    assert (answer.first, answer.pairs, len(answer.chunks)) == (True, 180, 3)
    assert taken(queue) == [("early", 180, 200)]  # one of the two is enough


def test_work_that_its_session_left_goes_on_for_others():
    queue, heard = Queue(clock := Clock()), Heard(clock)
    queue.put("a", heard.job("preset"))
    work = queue.take(0)
    queue.put("b", heard.job("preset"))
    queue.leave("a")
    assert work.wanted()
    queue.done(work, result_of(work))
    assert list(heard.answers) == ["b"]
    queue.leave("b")
    queue.leave("nobody")
    assert queue.take(0) is None


def test_answer_on_its_way_is_not_wanted_after_a_newer_move():
    queue, heard = Queue(clock := Clock()), Heard(clock)
    queue.put("a", heard.job(1))
    clock.now = 0.5
    queue.done(work := queue.take(0), result_of(work))
    ((_, answer),) = heard.answers["a"]
    assert answer.waited == 0.5
    assert answer.wanted()
    queue.put("a", heard.job(2))
    assert not answer.wanted()


def test_failure_is_told_and_others_try_for_themselves():
    queue, heard = Queue(clock := Clock()), Heard(clock)
    queue.put("a", heard.job("same"))
    queue.put("b", heard.job("same"))
    work = queue.take(0)
    assert queue.take(0) is None
    queue.failed(work, RuntimeError("broken"))
    ((_, answer),) = heard.answers["a"]
    assert (str(answer.error), answer.final, answer.first) == ("broken", True, False)
    assert taken(queue) == [("b", 0, 60)]


def test_a_session_that_cannot_be_told_has_left(caplog):
    queue, heard = Queue(clock := Clock()), Heard(clock)

    def gone(answer):
        raise RuntimeError("its loop is closed")

    queue.put("gone", Job("same", 500, gone))
    queue.put("there", heard.job("same"))
    queue.done(work := queue.take(0), result_of(work))
    assert len(heard.answers["there"]) == 1
    assert taken(queue) == [("there", 60, 120)]  # whose turn would come after the other's
    assert "could not be told" in caplog.text


def test_what_is_refused():
    queue, heard = Queue(clock := Clock()), Heard(clock)
    with pytest.raises(ValueError, match="1 replicate at least"):
        heard.job("a", 0)
    for wrong in ({"short": 61}, {"short": 0}, {"chunk": 0}, {"crowd": 0}, {"rest": -1}, {"cache_bytes": -1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Queue(**wrong)
    queue.put("a", heard.job("a"))
    queue.done(work := queue.take(0), result_of(work))
    with pytest.raises(ValueError, match="given back before"):
        queue.done(work, result_of(work))
    work = queue.take(0)
    queue.close()
    assert queue.closed
    assert not work.wanted()
    queue.done(work, result_of(work))
    assert len(heard.answers["a"]) == 1
    assert queue.take() is None
    with pytest.raises(RuntimeError, match="closed"):
        queue.put("a", heard.job("a"))


# ---------------------------------------------------------------------------------------------------- threads


def workers_of(queue, run, count=2):
    threads = [threading.Thread(target=serve, args=(queue, run), daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def ended(queue, threads):
    queue.close()
    for thread in threads:
        thread.join(10)
    return not any(thread.is_alive() for thread in threads)


def test_take_waits_until_there_is_something():
    queue, heard = Queue(), Heard(Clock())
    assert queue.take(0.01) is None
    later = threading.Timer(0.05, queue.put, ("a", heard.job("a")))
    later.start()
    assert queue.take(10).session == "a"
    later.join()


def test_threads():
    """Eight sessions that move while workers run: every newest move is answered in full, in order, and no other one later."""
    queue = Queue(rest=0.001)
    newest, given, wrong = {}, {}, []

    def hear(answer):
        if answer.job is not newest[answer.session]:
            wrong.append("superseded")
        for chunk in answer.chunks:
            if chunk.first != len(given[answer.job]) or chunk.result[0] != (answer.job.key, chunk.first):
                wrong.append("order")
            given[answer.job].extend(chunk.result)

    def run(work):
        for _ in range(3):
            time.sleep(0.0002)
            if not work.wanted():
                raise Unwanted
        return result_of(work)

    def moves(session):
        draw = random.Random(session)
        for number in range(30):
            job = Job((draw.randrange(4), number // 10), 200, hear)
            with queue._lock:  # nobody is answered between the two: the loop of a server, which moves and hears, needs no lock
                newest[session], given[job] = job, []
                queue.put(session, job)
            time.sleep(draw.uniform(0, 0.004))

    threads = workers_of(queue, run, 3)
    movers = [threading.Thread(target=moves, args=(session,)) for session in range(8)]
    for thread in movers:
        thread.start()
    for thread in movers:
        thread.join(60)
    until = time.monotonic() + 60
    while any(len(given[job]) < 200 for job in newest.values()) and time.monotonic() < until:
        time.sleep(0.005)
    assert all(len(given[job]) == 200 for job in newest.values())
    assert wrong == []
    assert ended(queue, threads)


def test_a_worker_survives_what_it_runs():
    queue, heard, told = Queue(), Heard(Clock()), threading.Event()

    def run(work):
        if work.job.key == "broken":
            raise ZeroDivisionError
        if work.job.key == "no bytes":
            return threading.Lock()
        return result_of(work)

    def hear(answer):
        heard.hear(answer)
        if answer.final:
            told.set()

    threads = workers_of(queue, run, 1)
    for key, error in (("broken", ZeroDivisionError), ("no bytes", TypeError), ("sound", type(None))):
        told.clear()
        queue.put(key, Job(key, 60, hear))
        assert told.wait(10)
        assert isinstance(heard.answers[key][-1][1].error, error)
    assert ended(queue, threads)
