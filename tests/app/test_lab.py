"""What the pages share: worlds beside each other are the same as alone, and their results are small."""

import json

import pytest

import sim
from app.pages.asking import packed, unpacked
from app.pages.lab import KEPT, Lab


@pytest.mark.parametrize("name", ["all-passive", "high-turnover", "expansion"])
def test_a_world_beside_the_base_is_the_same_to_the_bit(name: str) -> None:
    lab, alone = Lab(), sim.prepare(name, months=84)
    found = lab.world(name)
    assert found.hash == alone.hash
    assert found.scenario == alone.scenario
    assert found.seed == alone.seed
    assert found.hash != lab.base.hash  # control


def test_worlds_hold_their_values_once_and_only_some_are_kept() -> None:
    lab = Lab()
    first = lab.world("all-passive")
    assert first.plan.parameters is lab.base.plan.parameters
    assert lab.world("high-turnover").plan.parameters is not lab.base.plan.parameters  # control: it moves one
    assert lab.world("all-passive") is first
    for months in range(12, 12 + KEPT):
        lab.world("all-active", months)
    assert lab.world("all-passive") is not first
    assert lab.world("nine-services") is lab.base


def test_a_packed_result_is_small_and_comes_back() -> None:
    rows = [{"month": month, "delivering": [0.1 * month, None], "words": "the leader leaves"} for month in range(84)]
    assert unpacked(packed(rows)) == rows
    assert len(packed(rows)) < len(json.dumps(rows)) / 4
