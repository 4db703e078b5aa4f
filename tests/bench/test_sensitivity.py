"""Sensitivity: shares of variance of twenty parameters, and what the analysis costs beside the runs.

``SUSTAIN_BENCH_BASE=512`` makes it as large as it was meant to be (some minutes on two processors).
"""

import os
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from experiments.executors.pools import pool_of
from experiments.sensitivity.analysing import indices, screening
from experiments.sensitivity.asked import Asked
from experiments.sensitivity.samples import morris_sample, sobol_sample
from experiments.sensitivity.settings import settings_of
from experiments.sensitivity.simulated import Simulated
from experiments.sweeps.running import Watcher
from tests.bench.counting import machine

BASE: Final = 512
PARAMETERS: Final = 20
REPLICATES: Final = 10
GATE: Final = 8 * 60.0
"""Seconds for BASE base samples, PARAMETERS and REPLICATES of both scenarios, on two processors."""
BESIDE_GATE: Final = 0.25
"""Share of the time that may go into anything but the sweeps."""


def test_shares_of_variance(tmp_path: Path) -> None:
    base = int(os.environ.get("SUSTAIN_BENCH_BASE", "32"))
    settings = settings_of(Asked(base=base, replicates=REPLICATES))
    names = settings.space.names[:: len(settings.space) // PARAMETERS][:PARAMETERS]
    began = time.perf_counter()
    with pool_of("threads", 2) as pool:
        model = Simulated(settings, tmp_path, pool=pool, watch=lambda _: nullcontext(Watcher()))
        sample = sobol_sample(settings.space.only(names), base=base, seed=1)
        values = model("indices", names, sample.points, replicates=REPLICATES)
        again = model("indices-again", names, sample.points[sample.again], replicates=REPLICATES, again=True)
    swept = time.perf_counter() - began
    for quantity in model.quantities:
        indices(sample, values[quantity], again[quantity], seed=1)
    seconds = time.perf_counter() - began
    whole = seconds * BASE / base
    print(f"\n\n{machine()}; load {os.getloadavg()[0]:.1f}")
    print(f"{base} base samples x {len(names)} parameters x {REPLICATES} replicates x {len(settings.scenarios)} scenarios: "
          f"{model.runs:,} runs in {seconds:.1f} s on two threads, {seconds - swept:.1f} s of them for the indices")  # fmt: skip
    print(f"with {BASE} base samples {'' if base == BASE else 'about '}{whole:.0f} s (gate {GATE:.0f} s)")
    assert model.failed == 0
    assert whole < GATE


def test_screening_beside_its_runs(tmp_path: Path) -> None:
    """Over two hundred parameters make wide tables: what reading and analysing them takes."""
    settings = settings_of(Asked(screen=4, replicates=REPLICATES))
    with pool_of("threads", 2) as pool:
        model = Simulated(settings, tmp_path, pool=pool, watch=lambda _: nullcontext(Watcher()))
        sample = morris_sample(settings.space, trajectories=4, seed=1)
        began = time.perf_counter()
        values = model("screening", settings.space.names, sample.points, replicates=REPLICATES)
        again = model("screening-again", settings.space.names, sample.points[sample.again], replicates=REPLICATES, again=True)
        swept = time.perf_counter() - began
    for quantity in model.quantities:
        screening(sample, values[quantity], again[quantity], seed=1)
    seconds = time.perf_counter() - began
    print(f"\n\n{machine()}; 4 trajectories of {len(settings.space)} parameters: {model.runs:,} runs in {seconds:.1f} s, "
          f"{seconds - swept:.1f} s of them for the measures")  # fmt: skip
    assert seconds - swept < BESIDE_GATE * seconds
