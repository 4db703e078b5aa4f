import signal
import sys
import threading

import pytest

from experiments.executors.many import run_many
from experiments.executors.pools import Pool, SerialExecutor
from experiments.executors.signals import not_lost

pytestmark = pytest.mark.portable


class LetGo:
    """Is interrupted while it is let go."""

    def __del__(self):
        signal.raise_signal(signal.SIGINT)


def work(job, let_go=()):
    if job in let_go:
        LetGo()  # what its finaliser raises, Python drops
    return job


def test_an_interrupt_that_a_finaliser_swallows_ends_the_run(capfd, monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    done = []
    pool = Pool("serial", 1, SerialExecutor)
    with pytest.raises(KeyboardInterrupt):
        run_many(lambda job: work(job, {3}), range(10), pool, finished=lambda job, _: done.append(job), failed=done.append)
    assert done == [0, 1, 2, 3]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert sys.unraisablehook is sys.__unraisablehook__
    assert capfd.readouterr() == ("", "")


def test_without_being_noted_it_would_be_lost(capfd, monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    assert work(3, {3}) == 3  # goes on
    assert "KeyboardInterrupt" in capfd.readouterr().err


def test_other_errors_of_finalisers_are_told(capfd, monkeypatch):
    class Faulty:
        def __del__(self):
            raise ValueError("of another kind")

    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    with not_lost():
        Faulty()
    assert "of another kind" in capfd.readouterr().err


def test_handlers_are_as_before_and_those_that_ignore_stay(monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    calls = []
    handler = lambda number, _: calls.append(number)  # noqa: E731 - it is compared
    try:
        signal.signal(signal.SIGTERM, handler)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with not_lost() as repeat:
            repeat()
            signal.raise_signal(signal.SIGTERM)
            repeat()  # a handler that does not raise has done its work
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert calls == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, signal.default_int_handler)


def test_other_threads_hear_nothing():
    seen = []

    def other():
        with not_lost() as repeat:
            seen.append(signal.getsignal(signal.SIGINT))
            repeat()

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
