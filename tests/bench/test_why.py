"""Explaining: one life, and two hundred, by the clock on one thread after everything is loaded."""

import time

import numpy as np
import pytest

import sim
from sim.why import OUTCOMES, aggregate, as_plain, chosen, explain, read_contrasts
from sim.world import World
from tests.bench.counting import machine

ONE_GATE, MANY_GATE = 1.5, 15.0
"""Seconds."""


@pytest.fixture(scope="module")
def world() -> World:
    return sim.prepare("nine-services").warm()


def test_one_life_and_two_hundred(world: World) -> None:
    one, many = [], []
    for service in "DGB":
        before = time.perf_counter()
        as_plain(explain(world, service, replicates=1000, twin_of=("follow-up",)))
        one.append(time.perf_counter() - before)
    for kind in ("remove", "help"):
        before = time.perf_counter()
        found = aggregate(world, chosen(read_contrasts(), kind=kind), OUTCOMES["given-up"], lives=200)
        many.append(time.perf_counter() - before)
        assert found[-1].lives > 180
    print(f"\n\n{machine()}\none life, with fate and twin: {np.median(one):.2f} s (gate {ONE_GATE})")
    print(f"two hundred lives: {many[0]:.1f} s of what is undone, {many[1]:.1f} s of what is added (gate {MANY_GATE:.0f} each)")
    assert np.median(one) <= ONE_GATE
    assert max(many) <= MANY_GATE
