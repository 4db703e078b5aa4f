"""`sustain sweep --cluster` whose scheduler is killed: exit status 1, finished jobs kept, and the same command goes on.

The worker does one job and is then held up for good, so that the loss comes in the middle of the work on a machine of any speed.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sim.store.reader import check_folder
from tests.experiments.commanding import MAIN, hashes, sustain

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[3]
HELD_UP = Path(__file__).with_name("held_up.py")
PATIENT = 300
"""Seconds within which what must happen has happened, however busy the machine."""

STUDY = """
schema_version = 1
name = "small"
title = "Small"
question = "Is anything lost?"
scenarios = ["nine-services", "all-active", "all-passive", "high-turnover"]
replicates = 3
seed = 1
months = 6
keep = ["outcomes", "aggregates"]
"""


@contextmanager
def started(*words: str, **options: object) -> Iterator[subprocess.Popen[str]]:
    """A process that does not outlive the test."""
    process = subprocess.Popen([sys.executable, *words], cwd=ROOT, text=True, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def comes(path: Path, pattern: str, process: subprocess.Popen[str]) -> list[Path]:
    """Files of a pattern, when there are some; fails when there are none in the end, or their process has ended."""
    end = time.monotonic() + PATIENT
    while not (found := sorted(path.glob(pattern))):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, f"no {pattern} in {path}"
        time.sleep(0.05)
    return found


def test_a_scheduler_that_is_killed_costs_no_finished_job(tmp_path: Path) -> None:
    study, folder, scheduler_file = tmp_path / "small.toml", tmp_path / "out", tmp_path / "scheduler.json"
    study.write_text(STUDY, encoding="utf-8")
    words = ["sweep", str(study), "--no-report"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduling = ["-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1"]
    working = ["-m", "distributed.cli.dask_worker", "--no-dashboard", "--no-nanny", "--nthreads", "1"]
    with started(*scheduling, "--scheduler-file", str(scheduler_file), **quiet) as scheduler:
        comes(tmp_path, scheduler_file.name, scheduler)
        held = ["--scheduler-file", str(scheduler_file), "--preload", str(HELD_UP), "--local-directory", str(tmp_path)]
        with started(*working, *held, **quiet) as worker:
            comes(
                tmp_path, "dask-scratch-space/worker-*", worker
            )  # it is about to ask for work: the command need not wait for it
            with started(
                "-c", MAIN, *words, "--out", str(folder), "--cluster", str(scheduler_file), "--timeout", str(PATIENT / 100),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            ) as command:  # fmt: skip
                comes(folder, "jobs/*.json", command)
                scheduler.kill()
                _, said = command.communicate(timeout=PATIENT)
    assert command.returncode == 1, said
    assert "the cluster was lost in the middle of the work (" in said
    assert "no scheduler answers" in said
    assert "hint: what is finished is kept, and the same command goes on; " in said
    assert "Traceback" not in said
    kept = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (folder / "jobs").iterdir()}
    assert len(kept) == 1  # the control: the others were not done, and there are no tables
    assert not (folder / "manifest.json").exists()

    done = sustain(*words, "--out", folder, "--executor", "serial")
    assert done.exit_code == 0, done.stderr
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in kept} == kept
    assert check_folder(folder) == []
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["jobs"], one["kept"]) for one in log if one["what"] == "began"] == [(4, 0), (3, 1)]
    assert sustain(*words, "--out", tmp_path / "whole", "--executor", "serial").exit_code == 0
    assert hashes(folder) == hashes(tmp_path / "whole")
