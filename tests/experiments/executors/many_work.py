"""Work for the tests of pools, importable by worker processes; run as a program, it does slow jobs until it is stopped."""

import os
import signal
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from experiments.executors.many import run_many
from experiments.executors.pools import cluster_pool, pool_of

PATIENT = 120.0
"""Seconds that a test waits for what must come, however busy the machine is; it takes a few."""


@dataclass(frozen=True)
class Task:
    number: int
    deed: str = "square"
    folder: str = ""


def do(task):
    """What a task says; each time it is done it leaves a line, where it has a folder."""
    times = 0
    if task.folder:
        mark = Path(task.folder) / f"{task.number}"
        with mark.open("a", encoding="utf-8") as stream:
            stream.write(f"{os.getpid()}\n")
        times = len(mark.read_text(encoding="utf-8").splitlines())
    if task.deed == "fail":
        raise ValueError(f"task {task.number} cannot be done")
    if task.deed == "die" or (task.deed == "die once" and times == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    if task.deed == "die writing once" and times == 1:
        _die_writing()
    if task.deed == "exhaust":
        return _exhaust()
    if task.deed == "short of processes":
        raise OSError(11, "no more processes")
    if task.deed == "dawdle":
        time.sleep(0.002 * (7 - task.number % 7))
    if task.deed == "unpicklable":
        return lambda: task.number
    if task.deed == "leave":
        sys.exit(3)
    if task.deed == "rest":
        time.sleep(3600)  # longer than any test may take
    return task.number * task.number


def _die_writing():
    """Begin to send a result, as the executor's worker function does, and go no further."""
    frame = sys._getframe()
    while "result_queue" not in frame.f_locals:
        frame = frame.f_back
    queue = frame.f_locals["result_queue"]
    queue._wlock.acquire()
    os.write(queue._writer.fileno(), struct.pack("!i", 1000) + b"begun")
    os.kill(os.getpid(), signal.SIGKILL)


def _exhaust():
    import resource

    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, before[1]))
    try:
        return len(bytearray(2**28))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def pool_called(name):
    return cluster_pool(name, timeout=PATIENT) if name.startswith("local:") else pool_of(name, 2)


def main(name, folder):
    """Do jobs that never end, and say 130 when interrupted, as the command line does."""
    jobs = (Task(number, "rest", folder) for number in range(100))
    try:
        with pool_called(name) as pool:
            run_many(do, jobs, pool, finished=print, failed=print)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
