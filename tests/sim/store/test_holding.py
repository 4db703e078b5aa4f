"""A lock is waited for with a word and an end; who holds it is named; nothing is left of it."""

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sim.problems import BadInput
from sim.store import holding, placing
from sim.store.holding import Holder

pytestmark = [
    pytest.mark.portable,
    pytest.mark.skipif(sys.platform == "win32", reason="nobody waits there: a lock would keep others from reading the file"),
]

HOLDER = """
import sys
from pathlib import Path
from sim.store.holding import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
DEAD = 2**22 + 1
"""More than the system's greatest number of a process."""


@contextmanager
def held(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process has the lock of a file until its input ends."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "results" / "store.json"
    found.parent.mkdir()
    found.write_text("{}", encoding="utf-8")
    return found


def files(path: Path) -> list[str]:
    return sorted(one.relative_to(path.parent).as_posix() for one in path.parent.rglob("*"))


def test_whoever_waits_is_told_at_once_for_whom_and_until_when(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "UNSAID", 0.0)
    said: list[str] = []
    with held(path) as process:

        def told(sentence: str) -> None:
            said.append(sentence)
            if len(said) == 1:  # only now: were nothing said, this would wait for ever
                assert process.stdin is not None
                process.stdin.close()

        with holding.alone(path, shown="mine", said=told):
            assert process.wait(300) == 0
    who = rf"process {process.pid} on {re.escape(socket.gethostname())} \(since \d\d:\d\d:\d\d .+ on \d{{4}}-\d\d-\d\d\)"
    assert re.fullmatch(
        rf"{who} is writing mine: waiting for it, until \d\d:\d\d:\d\d .+ on \d{{4}}-\d\d-\d\d at the latest", said[0]
    )
    assert said[1:] == ["mine is free: going on"]
    assert files(path) == ["store.json"]


def test_waiting_has_an_end_that_names_the_holder(path: Path) -> None:
    with held(path) as process:
        for patience in (0.0, 0.2):
            with pytest.raises(BadInput) as caught, holding.alone(path, patience):
                pytest.fail("two at once")
            (problem,) = caught.value.problems
            assert f"process {process.pid} on {socket.gethostname()} (since " in problem.what
            assert (problem.where, problem.allowed) == (str(path.parent), "one process at a time")
            assert problem.hint
    with holding.alone(path, 0.0):  # the control: it has been killed, so that nobody is waited for
        assert holding.holder_of(holding.note_of(path)).startswith(f"process {os.getpid()} ")
    assert files(path) == ["store.json"]


def test_what_is_free_is_not_spoken_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "UNSAID", 0.0)
    said: list[str] = []
    with holding.alone(path, said=said.append):
        pass
    assert said == []


def test_threads_take_turns(path: Path) -> None:
    within: list[int] = []

    def work() -> None:
        with holding.alone(path):
            within.append(1)
            assert sum(within) == 1
            within.append(-1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert within == [1, -1] * 8


@pytest.mark.parametrize("text", [None, "", "{", "[1]", '{"process": "many", "host": "here", "since": 0}'])
def test_a_note_that_cannot_be_read_names_nobody(path: Path, text: str | None) -> None:
    note = holding.note_of(path)
    if text is not None:
        note.parent.mkdir()
        note.write_text(text, encoding="utf-8")
    assert holding.holder_of(note) == "another process"


def test_a_lock_without_room_for_a_note_is_a_lock(path: Path) -> None:
    (path.parent / holding.PARTIAL).write_text("in the way of the folder of notes", encoding="utf-8")
    with (
        holding.alone(path),
        pytest.raises(BadInput, match="another process is at work on the same"),
        holding.alone(path, 0.0),
    ):
        pytest.fail("two at once")


def test_notes_of_the_dead_are_tidied_up_and_those_of_the_living_stay(path: Path) -> None:
    note = holding.note_of(path)
    for holder, stays in (
        (Holder(DEAD, socket.gethostname(), 0.0), False),
        (Holder(DEAD, "elsewhere", 0.0), True),
        (Holder.mine(), True),
    ):
        note.parent.mkdir(exist_ok=True)
        note.write_text(holder.text, encoding="utf-8")
        placing.remove_abandoned(path.parent)
        assert note.exists() == stays
