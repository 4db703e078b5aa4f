"""Hypotheses: main contrasts at their stated precision, and knock-outs, against the time that they may take on two processors.

``SUSTAIN_BENCH_HYPOTHESES=all`` runs all thirteen as they are (some twenty minutes); unless told, two of them, scaled by arms.
"""

import os
import time
from pathlib import Path
from typing import Final

from experiments.executors.pools import pool_of
from experiments.hypotheses.contrasts import Sizes
from experiments.hypotheses.finding import changes_at, enough
from experiments.hypotheses.foretelling import foretell
from experiments.hypotheses.measuring import Bench
from experiments.hypotheses.reading import Hypothesis, read_hypothesis, shipped
from experiments.hypotheses.running import identity_of
from experiments.hypotheses.worlds import points_of, worlds_of
from sim.ensembles import read_ensemble
from sim.parameters import read_table
from sim.store.parts import PartStore
from tests.bench.counting import machine

GATE_MAIN: Final = 10 * 60.0
GATE_KNOCKOUTS: Final = 15 * 60.0
SOME: Final = ("H4", "H13")


def arms(hypotheses: list[Hypothesis], *, claimed: bool) -> int:
    """Arms to be run: all, or those that claims stand on."""
    return sum(len(one.claimed_arms if claimed else one.arms) for one in hypotheses)


def test_main_contrasts_and_knock_outs(tmp_path: Path) -> None:
    every = [read_hypothesis(name) for name in shipped()]
    chosen = every if os.environ.get("SUSTAIN_BENCH_HYPOTHESES") == "all" else [read_hypothesis(name) for name in SOME]
    worlds = worlds_of(read_ensemble(), 200)
    with pool_of("processes", 2) as pool, PartStore.create_or_open(tmp_path / "h", identity_of(worlds)) as store:
        bench = Bench(worlds, pool, store)
        enough(chosen[0], bench, Sizes(replicates=2, replicates_most=2), 20, lambda _: None)  # workers have compiled
        began = time.perf_counter()
        for one in chosen:
            if one.file.claims:
                enough(one, bench, Sizes(), 200, lambda _: None)
            else:
                foretell(one, bench, Sizes())
        main = time.perf_counter() - began
        began = time.perf_counter()
        for one in chosen:
            if one.file.claims:
                fewer = Sizes().of(one, "worlds_knockout")
                changes_at(one, bench, Sizes(), points_of(read_table())[1:], fewer, one.file.claims)
        knockouts = time.perf_counter() - began
    contrasts = [one for one in chosen if one.file.claims]
    whole = [one for one in every if one.file.claims]
    first, second = (seconds * arms(whole, claimed=flag) / arms(contrasts, claimed=flag)
                     for seconds, flag in ((main, False), (knockouts, True)))  # fmt: skip
    print(f"\n\n{machine()}; load {os.getloadavg()[0]:.1f}")
    print(f"{', '.join(one.file.hypothesis for one in chosen)}: main contrasts {main:.0f} s, knock-outs {knockouts:.0f} s")
    print(f"all thirteen, {'' if chosen is every else 'about '}{first:.0f} s (gate {GATE_MAIN:.0f}) "
          f"and {second:.0f} s (gate {GATE_KNOCKOUTS:.0f})")  # fmt: skip
    assert first < GATE_MAIN
    assert second < GATE_KNOCKOUTS
