"""Regions: a planted one is found and proven, none is found in noise, and the proof is one that can fail."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from experiments.discovery.conditions import Input
from experiments.discovery.finding import (
    Control,
    Region,
    Score,
    Worlds,
    controlled,
    enough,
    halved,
    offered,
    rounded,
    scored,
    screened,
    search,
    tree,
)
from experiments.discovery.workbench import Box, Limit
from experiments.executors.pools import SerialExecutor, borrowed
from tests.experiments.discovery import planted

pytestmark = pytest.mark.portable

POOL = borrowed(SerialExecutor(), 1)


@dataclass(frozen=True)
class Searched:
    """Worlds with a planted region, and what the search comes to."""

    worlds: Worlds
    fails: np.ndarray
    region: Region


def searched(count: int, seed: int) -> Searched:
    given = planted.inputs(count, seed)
    fails = planted.fails(given, seed + 1)
    worlds = planted.worlds(given)
    return Searched(worlds, fails, search(worlds, fails.astype(float), fails))


@pytest.fixture(scope="module")
def many() -> Searched:
    return searched(600, seed=1)


@pytest.fixture(scope="module")
def few() -> Searched:
    return searched(240, seed=5)


def test_a_planted_region_holds_on_the_other_half(many: Searched) -> None:
    given, fails, region = many.worlds.inputs, many.fails, many.region
    assert region.found
    assert {(one.name, one.side) for one in region.box.limits} == {("load", "above"), ("turnover", "below")}
    truth = scored(planted.in_box(given), fails)
    assert region.test.coverage == pytest.approx(truth.coverage, abs=0.12)
    assert region.test.density == pytest.approx(truth.density, abs=0.12)
    assert region.test.elsewhere == pytest.approx(truth.elsewhere, abs=0.06)
    assert region.steps[region.chosen] == (region.train, region.test)
    assert max(one.agreement for one, _ in region.steps) == region.train.agreement


@pytest.mark.once
def test_noise_has_a_box_on_its_own_half_and_none_on_the_other() -> None:
    dice = np.random.default_rng(3)
    names = [f"n{at}" for at in range(24)]
    given = pd.DataFrame(dice.random((120, 24)), columns=names)
    known = {name: Input(name, name, "", 0.0, 1.0, condition=True) for name in names}
    found = []
    for seed in range(5):
        fails = np.random.default_rng(seed).random(120) < 0.4
        found.append(search(Worlds(given, known, halved(np.arange(120), seed)), fails.astype(float), fails))
    assert sum(one.found for one in found) <= 1
    # what the other half is for: judged by the half that it was found on, noise would pass
    assert sum(bool(one.box.limits) and one.train.holds for one in found) >= 2


def test_the_control_of_a_planted_region_does_not_hold(few: Searched) -> None:
    worlds, fails = few.worlds, few.fails
    told_of: list[int] = []
    options = {"shuffles": 2, "seed": 1, "pool": POOL, "progress": told_of.append}
    control = controlled(worlds, fails.astype(float), fails, **options)
    assert len(control.regions) == sum(told_of) == 2
    assert control.sound
    assert control.as_good(few.region) == 0
    again = controlled(worlds, fails.astype(float), fails, **options)
    assert [one.box for one in again.regions] == [one.box for one in control.regions]


def test_a_control_that_holds_too_often_is_not_sound(few: Searched) -> None:
    assert not Control((few.region,) * 6).sound
    assert Control(()).sound


def test_numbers_of_a_box_by_hand() -> None:
    score = scored(np.array([True, True, True, False, False]), np.array([True, True, False, True, False]))
    assert score == Score(worlds=5, failures=3, inside=3, failures_inside=2)
    assert (score.coverage, score.density, score.elsewhere, score.base) == (2 / 3, 2 / 3, 1 / 2, 3 / 5)
    assert score.agreement == pytest.approx(np.corrcoef([1, 1, 1, 0, 0], [1, 1, 0, 1, 0])[0, 1])
    assert score.p == pytest.approx(7 / 10)  # 3 of 10 ways put 1 failure among the first three, 6 put two, 1 puts three
    assert scored(np.ones(4, bool), np.array([True, False, True, True])).agreement == 0.0


def test_halves_keep_worlds_of_a_member_together() -> None:
    members = np.random.default_rng(1).integers(0, 60, 400)
    training = halved(members, seed=1)
    assert set(members[training]).isdisjoint(members[~training])
    assert 180 <= training.sum() <= 200
    assert (training == halved(members, seed=1)).all()
    assert (training != halved(members, seed=2)).any()


def test_screening_takes_what_does_more_than_chance() -> None:
    dice = np.random.default_rng(1)
    given = pd.DataFrame(dice.random((200, 100)), columns=[f"p{at}" for at in range(100)]).assign(still=0.5)
    values = given["p3"] - 0.7 * given["p7"] + 0.3 * dice.random(200)
    found = screened(given, values.to_numpy())
    assert [one.name for one in found] == ["p3", "p7"]
    assert found[0].correlation > 0 > found[1].correlation
    assert [one.name for one in screened(given, values.to_numpy(), most=1)] == ["p3"]
    assert screened(given, dice.random(200)) == ()
    assert screened(given, np.ones(200)) == ()


def test_parameters_are_screened_on_the_training_half_only() -> None:
    given = planted.inputs(300, seed=7)
    worlds = planted.worlds(given)
    values = np.where(worlds.training, 0.5, given["noise_1"])  # it shows on the other half alone
    fails = np.random.default_rng(8).random(300) < 0.5
    assert offered(worlds, values) == ((), worlds.conditions)
    found = search(worlds, given["noise_1"].to_numpy(), fails).screened
    assert [one.name for one in found] == ["noise_1"]
    assert offered(worlds, given["noise_1"].to_numpy()) == (found, [*worlds.conditions, "noise_1"])
    assert offered(replace(worlds, most=0), given["noise_1"].to_numpy()) == ((), worlds.conditions)


def test_limits_are_told_rounded_and_dropped_where_they_restrict_nothing() -> None:
    known = {"load": Input("load", "extra workload", "hours a month", 0.0, 15.0)}
    box = Box((Limit("load", "above", 0.04), Limit("load", "below", 7.349)))
    assert rounded(box, known).where == (("load", "below", 7.3),)


def test_few_failures_are_not_enough() -> None:
    training = np.arange(100) < 50
    assert enough(np.arange(100) % 4 == 0, training)
    assert not enough(np.arange(100) < 25, training)
    assert not enough(np.arange(100) % 4 != 0, np.arange(100) < 90)


def test_a_tree_asks_for_the_planted_limits(many: Searched) -> None:
    worlds, fails = many.worlds, many.fails
    root = tree(worlds, many.region, fails)
    leaves = list(root.leaves())
    assert root.depth <= 3
    assert sum(leaf.train[0] for _, leaf in leaves) == worlds.training.sum()
    assert sum(leaf.test[1] for _, leaf in leaves) == fails[~worlds.training].sum()
    path, worst = max(leaves, key=lambda one: one[1].train[1] / one[1].train[0])
    assert {("load", "above"), ("turnover", "below")} <= {(name, side) for name, side, _ in path}
    assert worst.test[1] / worst.test[0] > 0.8


def test_a_tree_of_nothing_is_a_leaf() -> None:
    worlds, score = planted.worlds(planted.inputs(60, seed=1)), Score(30, 30, 30, 30)
    root = tree(worlds, Region((), Box(), score, score, (), -1), np.ones(60, bool))
    assert (root.name, root.depth, root.train) == ("", 0, (30, 30))
