import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import sim
from experiments.executors.many import run_many
from experiments.executors.pools import Pool, SerialExecutor
from experiments.executors.signals import not_lost
from tests.thoroughly import some

pytestmark = pytest.mark.portable
unix = pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")


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


# -------------------------------------------------------------------------------------------------------------- during imports

SWALLOWS = """
import signal, time
try:
    signal.raise_signal(signal.{name})
    print("import goes on", flush=True)
    time.sleep({pause})
except BaseException:
    print("import broken off", flush=True)  # as libraries do that try one module after another
"""


def imported(folder, name, start, pause=0.2, then=5):
    """Import a module in which a signal comes, in a process of its own, which then waits some seconds and goes on."""
    (folder / "swallows.py").write_text(SWALLOWS.format(name=name, pause=pause))
    script = (
        "import sys, time; sys.path.insert(0, '.')\n"
        f"from experiments.executors.signals import stop_on_signals\n{start}\n"
        f"import swallows\ntime.sleep({then})\nprint('went on')"
    )
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=300, cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(sim.__file__).parents[1])},
    )  # fmt: skip


@unix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_during_an_import_waits_for_its_end(name, tmp_path):
    done = imported(tmp_path, name, "stop_on_signals()")
    assert done.stdout == "import goes on\n"
    assert done.returncode != 0
    assert "swallows.py" not in done.stderr


@unix
def test_control_it_would_be_lost(tmp_path):
    started = time.monotonic()
    done = imported(tmp_path, "SIGINT", "", then=0.3)
    assert done.stdout == "import broken off\nwent on\n"
    assert done.returncode == 0
    assert time.monotonic() - started > 0.3


@unix
def test_an_import_without_an_end_is_broken_off(tmp_path):
    short = "import experiments.executors.signals as ours; ours.IMPORT_SECONDS = 0.05; stop_on_signals()"
    assert imported(tmp_path, "SIGTERM", short, pause=60, then=0.5).stdout.splitlines()[:2] == [
        "import goes on",
        "import broken off",
    ]


MOMENTS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.2)
"""Seconds after the beginning: from the first library to the last."""


@unix
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_ended_at_any_moment_says_so(number, status, tmp_path):
    """Nothing half-written, no traceback, the exit status of the signal."""
    begun = """
import sys
from experiments import command_line
sys.argv[0], listen = "sustain", command_line.stop_on_signals
def told():
    listen()
    print("begun", flush=True)
command_line.stop_on_signals = told
command_line.main()
"""
    for at, wait in enumerate(some(MOMENTS, 1)):
        out = tmp_path / str(at)
        words = ["run", "nine-services", "-n", "100000", "--out", str(out)]
        process = subprocess.Popen(
            [sys.executable, "-c", begun, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout.readline() == "begun\n"
            time.sleep(wait)
            process.send_signal(number)
            _, errors = process.communicate(timeout=300)
        finally:
            process.kill()
        assert "Traceback" not in errors
        assert process.returncode == status, errors
        assert list(tmp_path.iterdir()) == []
