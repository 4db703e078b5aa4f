"""A standard stream that is closed or full costs no result, and is said where somebody can read it."""

import errno
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from experiments.kit.streams import KEPT_BYTES, Outlet, outlets
from sim.store.reader import check_folder
from tests.experiments.commanding import MAIN
from tests.thoroughly import some

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="a shell and a device that is always full are needed")

RUN = "run nine-services -n 2 -m 3 --threads 1 --no-ensemble --no-figures --out out"


def shell(words, streams, folder, *, main=MAIN, **more):
    """Run a command with its streams as a shell has them; gives exit status, output and errors."""
    line = f'"{sys.executable}" -c "{main}" {words} {streams}'
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], cwd=folder, capture_output=True, text=True, timeout=240, check=False,
        env=os.environ | more,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


KINDS = (
    (">/dev/full", 1, "", "standard output cannot be written (No space left on device)"),
    (">&-", 1, "", "standard output cannot be written (Bad file descriptor)"),
    ("2>/dev/full", 0, "Results: out", ""),
    ("2>&-", 0, "Results: out", ""),
    ("<&-", 0, "Results: out", "writing to out"),
    (">&- 2>&- <&-", 1, "", ""),
    (">/dev/full 2>/dev/full", 1, "", ""),
    ("| head -1", 0, "", "writing to out"),
    ("2>&1 | head -1", 0, "writing to out", ""),
)
"""How a shell gives the streams; exit status, and what is said on output and errors."""


def test_results_are_kept_and_said(tmp_path):
    for streams, status, output, errors in some(KINDS, 3):
        folder = tmp_path / str(KINDS.index((streams, status, output, errors)))
        folder.mkdir()
        found = shell(RUN, streams, folder)
        assert found[0] == status, (streams, found)
        assert "Traceback" not in found[1] + found[2], (streams, found)
        assert output in found[1], (streams, found)
        assert errors in found[2], (streams, found)
        assert check_folder(folder / "out") == []
        if errors.startswith("standard output"):  # where the results are, is said after all
            assert "Results: out" in found[2], (streams, found)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("streams", [">/dev/full", "2>/dev/full", ">&-", "2>&-", "| head -1"])
def test_bad_input_stays_bad_input(streams, unbuffered, tmp_path):
    assert shell("check nowhere.toml", streams, tmp_path, PYTHONUNBUFFERED=unbuffered)[0] == 2


def test_control_ordinary_streams_fail(tmp_path):
    ordinary = "from experiments.command_line import whole_app; whole_app()()"
    status, _, errors = shell("scenarios --json", ">/dev/full", tmp_path, main=ordinary, PYTHONUNBUFFERED="1")
    assert status == 2
    assert "the system refuses" in errors


def test_no_file_takes_the_place_of_a_closed_stream(tmp_path):
    script = (
        "import os; from experiments.kit.streams import outlets\n"
        "with outlets():\n    stream = open('data', 'w')\n    os.write(2, b'of a library')\n    print(stream.fileno() > 2)\n"
    )
    status, output, _ = shell("", "2>&-", tmp_path, main=script)
    assert (status, output) == (0, "True\n")
    assert (tmp_path / "data").read_text() == ""
    bare = "import os; stream = open('data', 'w'); os.write(2, b'of a library')"  # the control
    shell("", "2>&-", tmp_path, main=bare)
    assert (tmp_path / "data").read_text() == "of a library"


def test_the_end_of_what_was_lost():
    with Path("/dev/full").open("wb", buffering=0) as full:
        outlet = Outlet(full.fileno())
        assert outlet.write(b"a" * KEPT_BYTES + b"the end\n") == KEPT_BYTES + 8
        assert outlet.failure.errno == errno.ENOSPC
        assert outlet.lost.endswith(b"aathe end\n")
        assert len(outlet.lost) == KEPT_BYTES
        assert outlet.sentence().endswith("aathe end")
    with Path(os.devnull).open("wb", buffering=0) as well:
        outlet = Outlet(well.fileno())
        outlet.write(b"all is well")
        assert outlet.sentence() == ""


def test_streams_that_are_no_files_stay(capsys, monkeypatch):
    import io

    mine = io.StringIO()
    monkeypatch.setattr(sys, "stdout", mine)
    with outlets():
        assert sys.stdout is mine
    assert sys.stdout is mine


def test_a_stream_that_somebody_redirected_stays_redirected(tmp_path, capfd):
    with (tmp_path / "said").open("w", encoding="utf-8") as stream:
        with redirect_stdout(stream), outlets() as outlet:
            print("here")
        assert outlet is not None
        assert outlet.failure is None
    assert (tmp_path / "said").read_text(encoding="utf-8") == "here\n"
    assert capfd.readouterr().out == ""
