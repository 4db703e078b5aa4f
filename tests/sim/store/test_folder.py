"""A results folder is there whole or not at all."""

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sim.problems import BadInput
from sim.store.folder import ResultsFolder, write_text_whole

pytestmark = pytest.mark.portable


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_results_appear_at_the_end(tmp_path: Path) -> None:
    with ResultsFolder(tmp_path / "a" / "b" / "run") as working:
        (working / "x").write_text("1")
        assert not (tmp_path / "a" / "b" / "run").exists()
    assert names(tmp_path) == ["a", "a/b", "a/b/run", "a/b/run/x"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with ResultsFolder(str(tmp_path / "run")) as working:
        (working / "x").write_text("1")
    assert names(tmp_path) == ["run", "run/x"]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_nothing_stays_after_a_failure(tmp_path: Path, failure: type[BaseException]) -> None:
    (tmp_path / "kept").write_text("mine")

    def fail_half_way() -> None:
        with ResultsFolder(tmp_path / "new" / "run") as working:
            (working / "deep").mkdir()
            (working / "deep" / "x").write_text("half")
            assert len(names(tmp_path)) == 6
            raise failure

    with pytest.raises(failure):
        fail_half_way()
    assert names(tmp_path) == ["kept"]


@contextmanager
def writing(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that has half written a results folder and waits."""
    code = (
        "import sys, time\nfrom sim.store.folder import ResultsFolder\n"
        "with ResultsFolder(sys.argv[1]) as working:\n"
        "    (working / 'x').write_text('half')\n    print('ready', flush=True)\n    time.sleep(3600)\n"
    )
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_ctrl_c_in_a_process_of_its_own_leaves_nothing(tmp_path: Path) -> None:
    with writing(tmp_path / "new" / "run") as process:
        assert names(tmp_path) == ["new", "new/.run.partial", "new/.run.partial/.lock", "new/.run.partial/x"]
        process.send_signal(signal.SIGINT)
        assert process.wait(300) != 0
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_what_a_killed_process_left_is_set_aside_and_said(tmp_path: Path) -> None:
    for number in (1, 2):
        with writing(tmp_path / "run") as process:
            refuse(tmp_path / "run", f"process {process.pid} on {socket.gethostname()} (since ")  # the control: it is alive
            process.kill()
            process.wait(300)
        assert f".run.partial-{number}" not in names(tmp_path)
        if number == 1:
            with suppress(RuntimeError), (results := ResultsFolder(tmp_path / "run")):
                aside = tmp_path / ".run.partial-1"
                assert f"set aside as '{aside}' (hidden) and can be removed" in results.note
                assert "earlier" not in results.note  # the control
                raise RuntimeError
    (tmp_path / ".run.partial-7").mkdir()
    (tmp_path / ".run.partial-7" / "manifest.json").write_text("whole", encoding="utf-8")
    (tmp_path / ".run.partial-old").mkdir()
    with (results := ResultsFolder(tmp_path / "run")) as working:
        assert results.note.endswith("what an earlier one had left is removed (.run.partial-1)")
        (working / "x").write_text("whole")
    assert names(tmp_path) == [
        ".run.partial-1",
        ".run.partial-1/.lock",
        ".run.partial-1/x",
        ".run.partial-7",  # complete: its place was taken
        ".run.partial-7/manifest.json",
        ".run.partial-old",  # somebody else's
        "run",
        "run/x",
    ]
    with (results := ResultsFolder(tmp_path / "other")):
        assert results.note == ""


def test_a_folder_without_a_lock_counts_as_left_once_it_is_old(tmp_path: Path) -> None:
    (tmp_path / ".run.partial").mkdir()
    refuse(tmp_path / "run", "another process is writing these results, or was killed while it did")
    os.utime(tmp_path / ".run.partial", (1, 1))
    with (results := ResultsFolder(tmp_path / "run")):
        assert "set aside" in results.note


def refuse(path: Path | str, words: str) -> None:
    with pytest.raises(BadInput) as caught, ResultsFolder(path):
        raise AssertionError("entered")
    (problem,) = caught.value.problems
    assert words in problem.what
    assert problem.where == str(path)
    assert problem.allowed
    assert problem.hint


def test_what_cannot_be_used_is_refused_and_left_alone(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "x").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / ".taken.partial").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    before = names(tmp_path)
    refuse(tmp_path / "used", "in use already")
    refuse(tmp_path / "file", "there is a file of this name")
    refuse(tmp_path / "file" / "run", "'file' is a file, not a folder")
    refuse(tmp_path / "file" / "deep" / "run", "'file' is a file, not a folder")
    refuse(tmp_path / "taken", "another process is writing these results, or was killed while it did")
    refuse(tmp_path / "loop" / "run", "cannot be written here")
    refuse(tmp_path / ("n" * 300), "cannot be written here")
    refuse(str(tmp_path / "nul\0"), "cannot be written here")

    def no_room(self: Path, *rest: object, **named: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", no_room)
    refuse(tmp_path / "new" / "run", "cannot be written here: Permission denied")
    assert names(tmp_path) == before


def test_folders_made_above_are_removed_when_entering_fails(tmp_path: Path, monkeypatch) -> None:
    real = Path.mkdir

    def fails_at_the_end(self: Path, *rest: object, **named: object) -> None:
        if self.name.endswith(".partial"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self)

    monkeypatch.setattr(Path, "mkdir", fails_at_the_end)
    refuse(tmp_path / "a" / "b" / "run", "No space left")
    assert names(tmp_path) == []


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    def fail(number: int) -> None:
        with ResultsFolder(tmp_path / "run") as working:
            (working / "x").write_text("half")
            raise OSError(number, os.strerror(number))

    with pytest.raises(BadInput, match="no space is left"):
        fail(errno.ENOSPC)
    with pytest.raises(FileNotFoundError):  # control: another failure is not the user's
        fail(errno.ENOENT)
    assert names(tmp_path) == []


def test_complete_results_are_kept_when_the_name_was_taken_meanwhile(tmp_path: Path) -> None:
    def write() -> None:
        with ResultsFolder(tmp_path / "run") as working:
            (working / "x").write_text("whole")
            (tmp_path / "run").mkdir()
            (tmp_path / "run" / "other").write_text("other")

    with pytest.raises(BadInput, match=r"the results are complete in '\.run\.partial'"):
        write()
    assert names(tmp_path) == [".run.partial", ".run.partial/x", "run", "run/other"]


def test_a_text_is_replaced_whole_or_stays(tmp_path: Path, monkeypatch) -> None:
    write_text_whole(tmp_path / "a.json", "one\n")
    write_text_whole(tmp_path / "a.json", "two å\n")
    assert (tmp_path / "a.json").read_bytes() == "two å\n".encode()

    def interrupted(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_text_whole(tmp_path / "a.json", "three\n")
    assert names(tmp_path) == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == "two å\n".encode()
