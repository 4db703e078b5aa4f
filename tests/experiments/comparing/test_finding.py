"""Comparisons that were run: exact zeros, what pairing is worth, independence of threads and order, the pair that is shown."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.comparing import worlds
from experiments.comparing.effects import effect_of
from experiments.comparing.finding import Findings, service_months
from experiments.comparing.measuring import held_bytes, measure
from experiments.comparing.quantities import main_names, unit_names, units_compared
from experiments.comparing.worlds import first_difference, median_replicate, two_worlds
from sim.codes import ServiceState
from sim.engine import simulate
from sim.measures import REGION, outcome_vector, vector_names
from tests.experiments.comparing.small import TWIN, asked, compared, written

pytestmark = [pytest.mark.engine, pytest.mark.portable]


@pytest.fixture(scope="module")
def found() -> Findings:
    return compared("all-passive", "all-active", "high-turnover", replicates=60, months=36)


def test_every_outcome_of_the_region_and_the_main_ones_of_each_unit_are_there(found: Findings) -> None:
    names = [(row.contrast, row.group, row.unit, row.outcome) for row in found.rows]
    assert len(names) == len(set(names))
    region = [name for contrast, group, _, name in names if (contrast, group) == (2, "region")]
    assert tuple(region) == vector_names(36)
    for group, units in (("service", "ABCDEFGHI"), ("posts", ("3", "4", "5"))):
        there = {unit for _, kind, unit, _ in names if kind == group}
        assert there == {str(unit) for unit in units}
    assert {name for _, group, _, name in names if group == "service"} == set(unit_names(36))
    assert [row.outcome for row in found.main] == [*main_names(36)] * 2
    assert "share_kept_going@24" in main_names(36)
    assert "share_kept_going@48" not in main_names(36)


def test_effects_are_those_of_the_outcome_vector(found: Findings) -> None:
    comparison = found.comparison
    base, other = (outcome_vector(one.plan, simulate(one.plan, seed=1, replicates=60)) for one in comparison.arms[:2])
    for name in ("share_kept_going", "fidelity", "hours_covered_per_post", "months_to_first_abandonment"):
        gap = other[name] - base[name]
        assert found.effect(1, name).difference == pytest.approx(np.nanmean(gap), rel=1e-12)
    services = [found.effect(1, "share_kept_going@24", group="service", unit=unit).difference for unit in "ABCDEFGHI"]
    assert np.mean(services) == pytest.approx(found.effect(1, "share_kept_going@24").difference)
    assert found.track_gaps[0].mean[23] == pytest.approx(found.effect(1, "share_kept_going@24").difference)
    assert found.tracks[1].mean[-1] == pytest.approx(found.effect(1, "share_kept_going").other)


def test_a_policy_of_dose_zero_gives_exact_zeros(tmp_path: Path) -> None:
    same = compared("nine-services", written(tmp_path, "twin", TWIN), replicates=20, months=30)
    assert all(row.effect.differing == 0 for row in same.rows)
    assert all(row.effect.difference == 0.0 for row in same.rows if row.effect.pairs)
    assert all(math.isnan(row.effect.mcse) and row.effect.needed is None for row in same.rows)
    ratios = [row.effect.variance_reduction for row in same.rows]
    assert all(math.isinf(one) or math.isnan(one) for one in ratios)
    assert any(map(math.isinf, ratios))
    assert not same.track_gaps[0].mean.any()
    (pair,) = same.pairs
    assert pair is not None
    assert (pair.replicate, pair.difference) == (0, 0)
    assert (pair.services_part == 30).all()
    assert (pair.posts_part == 30).all()
    moved = compared("nine-services", "all-active", replicates=20, months=30)  # the control
    assert any(row.effect.differing for row in moved.rows)


def test_other_luck_takes_the_worth_of_pairing_away() -> None:
    comparison = asked("nine-services", "high-turnover", replicates=400, months=36, ensemble=False)
    base, other = comparison.arms
    one = measure(base, (), replicates=400, threads=2)
    paired = measure(other, (), replicates=400, threads=2)
    apart = measure(other.with_seed(2), (), replicates=400, threads=2)
    for name in ("share_kept_going@24", "posts_delivering", "started_per_post"):
        worth = effect_of(one.region[name], paired.region[name], share=True).variance_reduction
        control = effect_of(one.region[name], apart.region[name], share=True).variance_reduction
        assert worth > 1.4
        assert control == pytest.approx(1.0, abs=0.25)


def test_the_result_depends_on_neither_threads_nor_the_order_of_services() -> None:
    world = asked("nine-services", "all-active", replicates=3, months=14).arms[1]
    units = units_compared(world.plan)
    one, two = (measure(world, units, replicates=70, threads=threads) for threads in (1, 2))
    assert all(np.array_equal(one.region[name], two.region[name], equal_nan=True) for name in one.region)
    assert all(np.array_equal(one.units[name], two.units[name], equal_nan=True) for name in one.units)
    assert np.array_equal(one.kept_going, two.kept_going)


def test_memory_is_foretold() -> None:
    world = asked("nine-services", "all-active", replicates=3, months=14).base
    units = units_compared(world.plan)
    one = measure(world, units, replicates=10)
    arrays = [*one.region.values(), *one.units.values(), one.kept_going]
    assert sum(array.nbytes for array in arrays) == held_bytes(14, len(units), 10)
    assert all(array.base is None for array in arrays)  # no view keeps all months


def test_the_pair_shown_is_the_median_one_or_the_one_asked_for(found: Findings) -> None:
    assert len(found.pairs) == 2
    for contrast, pair in enumerate(found.pairs, start=1):
        assert pair is not None
        gaps = service_months(found.comparison, found.measured, contrast)
        assert pair.difference == gaps[pair.replicate] == np.sort(gaps)[29]
        assert pair.replicate == np.flatnonzero(gaps == pair.difference)[0]
        for world, measured in ((pair.base, found.measured[0]), (pair.other, found.measured[contrast])):
            months = 9 * measured.region["months_sustained"][pair.replicate]
            assert (world.state == ServiceState.SUSTAINED).sum() == pytest.approx(months)
    asked_for = compared("all-passive", "all-active", replicates=20, months=14, replicate=7).pairs[0]
    assert asked_for is not None
    assert (asked_for.replicate, asked_for.chosen) == (7, True)


def test_where_two_worlds_part() -> None:
    unlike = np.zeros((3, 6), bool)
    unlike[0, 2:] = unlike[2, 5] = True
    assert first_difference(unlike).tolist() == [2, 6, 5]
    assert median_replicate(np.array([5, 1, 1, 9])) == 1
    assert median_replicate(np.array([3])) == 0


def test_the_pair_of_a_scenario_whose_services_stand_in_another_order(found: Findings) -> None:
    base, arm = found.comparison.arms[:2]
    other = arm.plan
    order = np.array([8, 2, 0, 1, 3, 4, 5, 6, 7])
    room = other.services["posts"] + other.services["reserve"]  # posts that are opened later stand behind those of the start
    posts = np.concatenate(
        [np.arange(other.services["first_post"][at], other.services["first_post"][at] + room[at]) for at in order]
    )
    services = other.services[order].copy()
    services["first_post"] = np.concatenate([[0], np.cumsum(room[order])[:-1]])
    turned = replace(
        other, services=services, posts=other.posts[posts], service_names=tuple(other.service_names[at] for at in order),
        post_names=tuple(other.post_names[at] for at in posts),
    )  # fmt: skip
    gaps = service_months(found.comparison, found.measured, 1)
    one = two_worlds((base, arm), gaps, replicate=4)
    two = two_worlds((base, replace(arm, plan=turned)), gaps, replicate=4)
    assert one is not None
    assert two is not None
    assert np.array_equal(one.other.state, two.other.state)
    assert np.array_equal(one.other.status, two.other.status)
    assert REGION not in turned.service_names


def test_no_pair_of_a_region_too_large_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worlds, "traces_two", lambda _: False)
    assert compared("all-passive", "all-active", replicates=2, months=2).pairs == (None,)
