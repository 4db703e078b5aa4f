"""Asking in milliseconds: a prepared world beside the engine's own time, in one run, on one thread."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sim
from sim.engine import CompiledEngine
from sim.world import World, paired, stream
from tests.bench.counting import interleaved, machine

PREPARE_GATE, LEVER_GATE, TRACE_GATE, REPLAYS_GATE, FATE_GATE = 400.0, 5.0, 0.3, 15.0, 250.0
"""Milliseconds."""
SUMMARISED_GATE = 1.15
"""Of the engine's own time."""
PICTURE_GATE, PAIRS_GATE = 0.4, 3.0
"""Seconds by the clock, of a first picture at the 95th percentile and of 500 pairs."""

LED: dict[str, Any] = {"lever": "follow_up", "dose": 1.0, "start": 12}


@pytest.fixture(scope="module")
def world() -> World:
    return sim.prepare("nine-services").warm()


def milliseconds(do: Callable[[], Any], rounds: int = 15) -> np.ndarray:
    taken = []
    for _ in range(rounds):
        before = time.thread_time()
        do()
        taken.append(1e3 * (time.thread_time() - before))
    return np.array(taken)


def told(what: str, taken: np.ndarray, gate: float) -> float:
    """Print a row of the table; gives the median."""
    middle = float(np.median(taken))
    print(f"| {what} | {middle:.2f} | {taken.min():.2f} to {taken.max():.2f} | {gate:g} |")
    return middle


def test_what_an_answer_takes(world: World) -> None:
    d, led = world.only("D"), [*world.policies, LED]
    lucks = 2**31 + np.arange(40)
    print(f"\n\n{machine()}\n\n| | ms of processor time, median | from, to | gate |\n|---|---|---|---|")
    for what, do, gate, rounds in (
        ("a scenario prepared", lambda: sim.prepare("nine-services"), PREPARE_GATE, 7),
        ("a lever changed", lambda: world.with_policies(led), LEVER_GATE, 40),
        ("one service traced", lambda: d.trace(3), TRACE_GATE, 80),
        ("64 replays of one service", lambda: [d.run([5], branch=30, others=int(luck)) for luck in range(64)], REPLAYS_GATE, 20),
        ("a fate curve, 28 x 40", lambda: [d.run(np.full(40, 5), branch=3 * i, others=lucks) for i in range(28)], FATE_GATE, 7),
    ):
        assert told(what, milliseconds(do, rounds), gate) <= gate


def test_summaries_beside_the_engine(world: World) -> None:
    engine, replicates = CompiledEngine(world.plan, world.seed), np.arange(60, dtype=np.int64)
    room, _ = engine.run(replicates)
    seconds = interleaved(
        {
            "engine": lambda: engine.run(replicates, into=room),
            "summarised": lambda: next(stream(world, first=60, last=60, threads=1)),
        },
        rounds=15,
    )
    middle = {name: float(np.median(taken)) for name, taken in seconds.items()}
    ratio = middle["summarised"] / middle["engine"]
    print(f"\n60 runs of nine services: engine {1e3 * middle['engine']:.1f} ms, summarised {ratio:.3f} x that")
    assert ratio <= SUMMARISED_GATE


def test_pairs_by_the_clock(world: World) -> None:
    first, last = [], []
    for turn in range(20):
        other = world.with_policies([*world.policies, LED | {"start": 12 + turn}])
        before = time.perf_counter()
        next(paired(world, other))
        first.append(time.perf_counter() - before)
    for _ in range(3):
        before = time.perf_counter()
        list(paired(world, other))
        last.append(time.perf_counter() - before)
    quantile = float(np.quantile(first, 0.95))
    print(f"\nfirst picture of 60 pairs: median {np.median(first):.3f} s, 95 % within {quantile:.3f} s")
    print(f"500 pairs: {np.median(last):.2f} s")
    assert quantile <= PICTURE_GATE
    assert np.median(last) <= PAIRS_GATE
