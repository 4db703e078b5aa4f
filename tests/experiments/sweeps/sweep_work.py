"""What stands in for the work of a sweep's workers when they are to fail; importable by them."""

import os
import resource
import signal
import time
from contextlib import suppress
from pathlib import Path

from experiments.sweeps.jobs import Job
from experiments.sweeps.work import compute
from sim.store.parts import Part

PLACE = "SWEEP_WORK_PLACE"
"""Environment variable: a folder in which is noted what happened."""

PAUSE = 0.25
"""Seconds before a job that is not to hurry."""


def compute_or_die_once(job: Job) -> Part:
    """Compute; the first who comes to a certain job is killed."""
    if job.first_point == 1 and job.first_run == 3:
        try:
            (Path(os.environ[PLACE]) / "died").touch(exist_ok=False)
        except FileExistsError:
            return compute(job)
        os.kill(os.getpid(), signal.SIGKILL)
    return compute(job)


def compute_unhurried(job: Job) -> Part:
    """Compute, slowly enough for a run to be caught in the middle of it, even where its catcher waits for the processor."""
    time.sleep(PAUSE)
    return compute(job)


def compute_short_of_memory(job: Job) -> Part:
    """Compute; for the jobs of one scenario the memory is used up but for a rest."""
    if job.scenario == 0:
        return compute(job)
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**20, before[1]))
    held = []
    try:
        with suppress(MemoryError):
            while True:  # also what the process has and does not use
                held.append(bytearray(2**18))
        return compute(job)
    finally:
        held.clear()
        resource.setrlimit(resource.RLIMIT_AS, before)
