"""Sweeps: what a job costs beside its work, one processor against two, Dask against threads, and very many runs.

``SUSTAIN_BENCH_RUNS=1000000`` makes the last one as large as it was meant to be (ten minutes on two processors).
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from experiments.executors.pools import Pool, cluster_pool, pool_of
from experiments.sweeps.reading import study_of
from experiments.sweeps.running import sweep
from experiments.sweeps.study import Study
from sim.engine import CompiledEngine, blank_batch
from sim.scenario import read_scenario, resolve
from tests.bench.counting import interleaved, machine, ratio, spread

OVERHEAD_GATE: Final = 1.05
"""Time of a sweep with aggregates only over that of its kernels."""
CORES_GATE: Final = 1.8
MILLION_GATE: Final = 1.15
MEMORY_GATE: Final = 1e9
ROUNDS: Final = 5
RUNS: Final = 3_000

_seeds = iter(range(1, 10_000))


def study(runs: int, **options: Any) -> Study:
    """The nine services with a seed that no sweep has had: Dask would not compute the same job twice."""
    return study_of(scenarios=["nine-services"], replicates=runs, seed=next(_seeds), **options)


def swept(pool: Pool, folder: Path, runs: int, **options: Any) -> Callable[[], Any]:
    """A sweep into a folder of its own, without the report."""
    return lambda: sweep(study(runs, **options), folder / str(next(_seeds)), pool=pool, report=False)


@contextmanager
def kernels_timed(monkeypatch: pytest.MonkeyPatch, into: list[float]) -> Any:
    """Add up the processor time that a sweep spends in the kernel that runs and counts."""
    from sim import tallies

    kernel = tallies.run_and_add

    def timed(*given: Any) -> Any:
        before = time.thread_time()
        found = kernel(*given)
        into[-1] += time.thread_time() - before
        return found

    with monkeypatch.context() as patch:
        patch.setattr(tallies, "run_and_add", timed)
        yield


def test_what_a_job_costs_beside_its_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside: list[float] = []
    with pool_of("serial") as pool, kernels_timed(monkeypatch, inside):

        def counted() -> None:
            inside.append(0.0)
            swept(pool, tmp_path, 2 * RUNS, keep=["aggregates"])()

        plan = resolve(read_scenario("nine-services"))
        engine, room = CompiledEngine(plan, 1), blank_batch(plan, 64)

        def alone() -> None:
            for first in range(0, 2 * RUNS, 64):
                engine.run(np.arange(first, min(first + 64, 2 * RUNS)), into=room)

        seconds = interleaved({"alone": alone, "aggregates": counted, "both": swept(pool, tmp_path, 2 * RUNS)}, rounds=ROUNDS)
    overhead, noise = ratio(seconds["aggregates"], inside[1:])
    print(f"\n\n{machine()}; processor time, medians of {ROUNDS} in turn, {2 * RUNS:,} runs of the nine services\n")
    print("| what | seconds | over the engine alone |\n|---|---|---|")
    for name, times in seconds.items():
        print(f"| {name} | {np.median(times):.2f} | {ratio(times, seconds['alone'])[0]:.3f} |")
    print(f"\na sweep with aggregates takes {overhead:.3f} ± {noise:.3f} times as long as its kernels (gate {OVERHEAD_GATE})")
    assert overhead <= OVERHEAD_GATE


FACTORS: Final = {"chance_leader_leaves": {"low": 0.007, "high": 0.029}, "hours_protected": {"low": 1.0, "high": 9.0}}


def test_what_many_points_cost(tmp_path: Path) -> None:
    """No gate: with few runs a point, what is done once a point shows."""
    plan = resolve(read_scenario("nine-services"))
    engine, room = CompiledEngine(plan, 1), blank_batch(plan, 64)

    def alone() -> None:
        for first in range(0, 1200, 64):
            engine.run(np.arange(first, min(first + 64, 1200)), into=room)

    with pool_of("serial") as pool:
        runs: dict[str, Callable[[], object]] = {"alone": alone}
        for keep in (["outcomes"], ["outcomes", "aggregates"]):
            for replicates in (1, 10, 40):
                design = {"kind": "latin-hypercube", "points": 1200 // replicates}
                name = f"{' and '.join(keep)}, {replicates} replicates at {1200 // replicates} points"
                runs[name] = swept(pool, tmp_path, replicates, keep=keep, design=design, factors=FACTORS)
        seconds = interleaved(runs, rounds=3)
    print(
        "\n\n1,200 runs of the nine services over a Latin hypercube, gathering included, processor time over the engine alone\n"
    )
    for name, times in seconds.items():
        print(f"| {name} | {ratio(times, seconds['alone'])[0]:.2f} |")


def test_second_processor(tmp_path: Path) -> None:
    with pool_of("threads", 1) as one, pool_of("threads", 2) as two:
        seconds = interleaved(
            {
                "one": swept(one, tmp_path, 2 * RUNS, keep=["aggregates"]),
                "two": swept(two, tmp_path, 2 * RUNS, keep=["aggregates"]),
            },
            rounds=ROUNDS,
            clock=time.perf_counter,
        )
    faster, noise = ratio(seconds["one"], seconds["two"])
    print(f"\n\ntwo workers against one, {2 * RUNS:,} runs: {faster:.2f} ± {noise:.2f} (gate {CORES_GATE}); "
          f"noise of one's time {spread(seconds['one']):.0%}")  # fmt: skip
    assert faster >= CORES_GATE


def test_executors_against_threads(tmp_path: Path) -> None:
    with pool_of("threads", 2) as threads, pool_of("processes", 2) as processes, cluster_pool("local:2") as dask:
        pools = {"threads": threads, "processes": processes, "dask": dask}
        seconds = interleaved(
            {name: swept(pool, tmp_path, 2 * RUNS) for name, pool in pools.items()}, rounds=ROUNDS, clock=time.perf_counter
        )
    print(f"\n\n{2 * RUNS:,} runs with outcomes and aggregates, two workers each, started before; wall clock\n")
    print("| workers | seconds | over threads |\n|---|---|---|")
    for name, times in seconds.items():
        print(f"| {name} | {np.median(times):.2f} | {ratio(times, seconds['threads'])[0]:.2f} |")
    assert ratio(seconds["dask"], seconds["threads"])[0] <= 1.25


CHILD: Final = """
import json, resource, sys, time
from pathlib import Path
import numpy as np
from experiments.executors.pools import pool_of
from experiments.sweeps.reading import study_of
from experiments.sweeps.running import sweep
from sim.engine import CompiledEngine, blank_batch
from sim.scenario import read_scenario, resolve

runs, workers = int(sys.argv[1]), int(sys.argv[2])
plan = resolve(read_scenario("nine-services"))
engine, room = CompiledEngine(plan, 1), blank_batch(plan, 64)
engine.run(np.arange(64), into=room)

def kernel():
    turns = []
    for turn in range(9):
        before = time.perf_counter()
        for first in range(0, 1024, 64):
            engine.run(np.arange(first, first + 64) + 1024 * turn, into=room)
        turns.append((time.perf_counter() - before) / 1024)
    return turns

first = kernel()
study = study_of(scenarios=["nine-services"], replicates=runs, keep=["aggregates"])
before = time.perf_counter()
with pool_of("threads", workers) as pool:
    done = sweep(study, Path(sys.argv[3]), pool=pool, report=False)
seconds = time.perf_counter() - before
each = float(np.median(first + kernel()))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"seconds": seconds, "kernel": each, "peak": peak, "complete": done.complete, "failed": done.failed}))
"""


def test_very_many_runs(tmp_path: Path) -> None:
    runs, workers = int(os.environ.get("SUSTAIN_BENCH_RUNS", "40000")), len(os.sched_getaffinity(0))
    command = [sys.executable, "-c", CHILD, str(runs), str(workers), str(tmp_path / "sweep")]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    ideal = found["kernel"] * runs / workers
    size = sum(path.stat().st_size for path in (tmp_path / "sweep").rglob("*") if path.is_file())
    print(f"\n\n{machine()}; {runs:,} runs of the nine services, aggregates only, {workers} threads")
    print(f"sweep {found['seconds']:.1f} s; kernel alone {found['kernel'] * 1e3:.3f} ms x {runs:,} / {workers} = {ideal:.1f} s: "
          f"{found['seconds'] / ideal:.3f} (gate {MILLION_GATE})")  # fmt: skip
    print(f"peak memory {found['peak'] / 1e6:.0f} MB (gate {MEMORY_GATE / 1e6:.0f}); folder {size / 1e6:.1f} MB")
    assert found["complete"]
    assert found["failed"] == 0
    assert found["seconds"] <= MILLION_GATE * ideal
    assert found["peak"] < MEMORY_GATE
