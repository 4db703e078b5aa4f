"""A sweep that waits for another one says for whom and until when, at once, and goes on as soon as it can."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from sim.store import holding
from tests.experiments.commanding import MAIN, sustain
from tests.experiments.sweeps.test_sweep_killed import STUDY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nobody waits there")


@pytest.mark.engine
def test_a_sweep_says_whom_it_waits_for(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(STUDY, encoding="utf-8")
    out = tmp_path / "out"
    words = ["sweep", str(tmp_path / "small.toml"), "--no-report", "--executor", "serial", "--out", str(out)]
    assert sustain(*words, "--shard", "1/2").exit_code == 0
    with ExitStack() as stack:
        lock = stack.enter_context(ExitStack())
        lock.enter_context(holding.alone(out / "store.json"))
        process = stack.enter_context(subprocess.Popen([sys.executable, "-c", MAIN, *words], stderr=subprocess.PIPE, text=True))
        stack.callback(process.kill)
        assert process.stderr is not None
        said = next(line for line in process.stderr if "waiting" in line)  # ends when it is said, or the process has ended
        assert said.startswith(f"process {os.getpid()} on ")
        assert f" is writing {out}: waiting for it, until " in said
        assert process.poll() is None  # the control: it does wait
        lock.close()
        assert f"{out} is free: going on" in process.stderr.read()
        assert process.wait(120) == 0
