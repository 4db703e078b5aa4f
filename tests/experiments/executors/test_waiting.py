import asyncio
import threading
from types import SimpleNamespace

import pytest

from experiments.executors import waiting
from experiments.executors.waiting import SAID, SILENCE, WORKERLESS, Pulse, within


def test_a_call_that_returns_or_raises_in_time():
    assert within(60.0, lambda: threading.current_thread() is threading.main_thread()) is False
    with pytest.raises(ZeroDivisionError):
        within(60.0, lambda: 1 // 0)


def test_a_call_that_does_not_return_is_left_behind():
    ever = threading.Event()
    try:
        with pytest.raises(TimeoutError):
            within(0.1, ever.wait)
    finally:
        ever.set()


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def pulse(monkeypatch):
    """A pulse, its clock, and a function that answers the question that is asked."""
    questions = []

    def ask(coroutine, loop):
        coroutine.close()
        questions.append(waiting.Future())
        return questions[-1]

    monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", ask)
    client = SimpleNamespace(loop=SimpleNamespace(asyncio_loop=None), nthreads=None)
    clock = Clock()
    return Pulse(client, label="--cluster here", every=5.0, clock=clock), clock, questions


def test_it_asks_again_when_it_is_time_and_not_before(pulse):
    felt, clock, questions = pulse
    for moment, asked in ((0.0, 1), (20.0, 1)):  # the first is not answered
        clock.now = 1000.0 + moment
        assert felt.feel() == ""
        assert len(questions) == asked
    questions[-1].set_result(4)
    assert felt.feel() == ""
    assert (felt.threads, len(questions)) == (4, 2)
    questions[-1].set_result(6)
    clock.now += 1.0
    assert felt.feel() == ""
    assert (felt.threads, len(questions)) == (6, 2)
    clock.now += 5.0
    assert felt.feel() == ""
    assert len(questions) == 3


def test_silence_is_told_and_ends(pulse, capsys):
    felt, clock, questions = pulse
    felt.feel()
    clock.now += SAID + 1.0
    assert (felt.feel(), felt.feel()) == ("", "")
    assert capsys.readouterr().err == "--cluster here: the scheduler has not answered for 16 s; jobs wait for 60 s at most\n"
    clock.now += SILENCE
    assert felt.feel() == "the scheduler has not answered for 76 s"
    questions[-1].set_result(1)  # it was only slow
    assert felt.feel() == ""


def test_a_question_that_fails_is_no_answer(pulse):
    felt, clock, questions = pulse
    while clock.now <= 1000.0 + SILENCE:
        assert felt.feel() == ""
        questions[-1].set_exception(OSError("refused"))
        clock.now += 5.0
    assert felt.feel().startswith("the scheduler has not answered")
    assert len(questions) > 5


def test_who_was_busy_with_something_else_does_not_take_that_for_silence(pulse):
    felt, clock, questions = pulse
    felt.feel()
    questions[-1].set_result(1)
    clock.now += 10.0 * SILENCE
    assert felt.feel() == ""
    questions[-1].set_result(1)
    clock.now += 10.0 * SILENCE
    assert felt.feel() == ""


def test_workers_that_stay_away(pulse, capsys):
    felt, clock, questions = pulse
    started = clock.now
    while clock.now <= started + WORKERLESS:
        assert felt.feel() == ""
        questions[-1].set_result(0)
        clock.now += 5.0
    clock.now += 5.0
    assert felt.feel() == f"the cluster has had no workers for {WORKERLESS + 5.0:.0f} s"
    assert capsys.readouterr().err.count("the cluster has had no workers") == 1
    questions[-1].set_result(2)
    assert felt.feel() == ""
