"""The compiled engine beside that of the first version of the model: one run, one processor, in turn.

The first version is taken from this repository's history, so that a clone with its history is needed.
"""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from tests.bench.counting import machine, ratio, spread

FIRST_VERSION: Final = "4fd5f52"
"""The last commit before anything of the second version."""

GATE: Final = 1.15
ROUNDS: Final = 41
EACH: Final = 64
"""Replicates of a round: a whole batch of ``simulate``, about a tenth of a second."""

ROOT: Final = Path(__file__).resolve().parents[2]

PROGRAM: Final = """
import sys
from time import thread_time

import numpy as np

from sim.engine import CompiledEngine
from sim.scenario.reader import read_scenario
from sim.scenario.resolve import resolve

engine, replicates = CompiledEngine(resolve(read_scenario("nine-services")), 1), np.arange(int(sys.argv[1]), dtype=np.int64)
room, _ = engine.run(replicates)
print("ready", flush=True)
for _ in sys.stdin:
    began = thread_time()
    engine.run(replicates, into=room)  # fresh memory would be the system's time, not the engine's
    print(thread_time() - began, flush=True)
"""
WAIT: Final = 600.0
"""Seconds that an engine may take to compile."""


def source_of(commit: str, folder: Path) -> Path:
    """Unpack the sources of a commit."""
    packed = subprocess.run(
        ["git", "archive", commit, "sim", "scenarios"], check=False, cwd=ROOT, capture_output=True, timeout=60
    )
    if packed.returncode:
        pytest.fail(f"the first version is not in this clone's history: {packed.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder


class Version:
    """A process that runs replicates when it is asked to, and says how long it took."""

    def __init__(self, source: Path, cache: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(source), "SUSTAIN_CACHE_DIR": str(cache)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(EACH)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=source,
            env=environment,
        )  # fmt: skip

    def __enter__(self) -> "Version":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(30)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def line(self) -> str:
        """Next line that it writes; the timeout of the tests ends a wait that lasts."""
        assert self._process.stdout is not None
        told = self._process.stdout.readline().strip()
        if not told:
            pytest.fail(f"an engine ended with {self._process.wait(30)}")
        return told

    def seconds(self) -> float:
        """Of a replicate, on one processor."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self.line()) / EACH


@pytest.fixture
def versions(tmp_path: Path) -> Iterator[dict[str, Version]]:
    """Both versions, compiled; the first one twice, as the control."""
    first = source_of(FIRST_VERSION, tmp_path / "first")
    sources = {"first version": first, "second version": ROOT, "first version again": first}
    with ExitStack() as stack:
        started = {}
        for name, source in sources.items():  # one after the other: they compile
            started[name] = stack.enter_context(Version(source, tmp_path / f"cache {name}"))
            assert started[name].line() == "ready"
        yield started


@pytest.mark.timeout(3 * WAIT)
def test_a_replicate_of_the_nine_services_takes_hardly_longer_than_in_the_first_version(versions: dict[str, Version]) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in versions}
    for _ in range(ROUNDS):
        for name, one in versions.items():
            seconds[name].append(one.seconds())
    print(f"\n\n{machine()}; nine services as each ships them, {ROUNDS} rounds of {EACH} replicates in turn, one processor\n")
    print("| engine | ms / replicate | noise | of the first version's time |")
    print("|---|---:|---:|---:|")
    for name, times in seconds.items():
        slower, noise = ratio(times, seconds["first version"])
        print(f"| {name} | {np.median(times) * 1e3:.2f} | {spread(times):.0%} | {slower:.2f} ± {noise:.2f} |")
    again, _ = ratio(seconds["first version again"], seconds["first version"])
    assert 0.95 <= again <= 1.05, "the machine is too restless: the first version differs from itself"
    assert ratio(seconds["second version"], seconds["first version"])[0] <= GATE
