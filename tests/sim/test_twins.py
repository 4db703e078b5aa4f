"""The engines are twins: every agent, field and month the same to the bit, over scenarios and over plans of all kinds."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from numba import config, njit
from numba.extending import register_jitable

from sim.agents import Practitioner
from sim.engine import trace
from sim.plan import Plan, cut
from tests.comparing import assert_same, compared, compared_records, mesa_trace, mistyped, twins
from tests.plans import (
    GROUP,
    INDIVIDUAL,
    UNLIKE,
    leaders_by_event,
    levers_at,
    plain_plan,
    shipped,
    shortened,
    with_values,
)
from tests.strategies import REPLICATES, SEEDS, plans, reached
from tests.thoroughly import THOROUGHLY, so_many, some

pytestmark = [pytest.mark.engine, pytest.mark.uncounted]

CASES = so_many(60, 220)
ELSEWHERE = ("nine-services", "national", "rival-threshold", "rival-smoothing", "supervision-boosters")
"""Repeated on another Python, beside the golden hashes: what a rule computes there is computed in these."""
NATIONAL = (0, 1, 2, 3, 4, 700, 1999)
EVERY = settings(
    max_examples=CASES,
    deadline=None,
    derandomize=True,  # the same cases in every run; tests/verification draws new ones
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def same_on_both(plan: Plan, *, seed: int, replicate: int) -> None:
    """Both engines give the same; with indices checked the compiled one runs alone: it is compared without, and Mesa has none."""
    if config.BOUNDSCHECK:
        trace(plan, seed=seed, replicate=replicate)
    else:
        assert_same(twins(plan, seed=seed, replicate=replicate))


@pytest.mark.bounds
@pytest.mark.parametrize("name", [pytest.param(one, marks=pytest.mark.portable) if one in ELSEWHERE else one for one in UNLIKE])
def test_engines_agree_on_shipped_scenarios(name: str) -> None:
    plan, seed = shipped(name)
    if len(plan.services) > 20:
        plan = cut(plan, NATIONAL)
    assert plan.months == 84
    same_on_both(plan, seed=seed, replicate=3)


@pytest.mark.bounds
def test_engines_agree_on_plans_of_all_kinds() -> None:
    seen: Counter[str] = Counter()

    @EVERY
    @given(plan=plans(), seed=SEEDS, replicate=REPLICATES)
    @example(plan=plain_plan((1,), months=1), seed=0, replicate=0)
    @example(plan=plain_plan((1,), months=30, service={"pool": 0, "inflow": 0.0}), seed=1, replicate=0)
    @example(plan=plain_plan((6, 1), months=30, service={"format": INDIVIDUAL, "pool": 1}), seed=2, replicate=1)
    # every lever at its bounds for certain; what else the bounds do is left to the draws
    @example(plan=plain_plan((2, 3), months=24, calendar=levers_at("high", 24)), seed=3, replicate=0)
    @example(plan=plain_plan((2, 3), months=24, calendar=levers_at("low", 24)), seed=4, replicate=0)
    # and every type of leader by event: which cases are drawn hangs on what else is loaded
    @example(plan=plain_plan((2,), months=24, calendar=leaders_by_event(2, 24)), seed=5, replicate=0)
    @example(plan=plain_plan((2,), months=24, calendar=leaders_by_event(3, 24)), seed=6, replicate=0)
    def agree(plan: Plan, seed: int, replicate: int) -> None:
        seen.update({"cases": 1, **reached(plan)})
        same_on_both(plan, seed=seed, replicate=replicate)

    agree()
    missing = sorted(what for what, times in seen.items() if times == 0)
    assert seen["cases"] >= so_many(50, 200)
    assert not (missing and THOROUGHLY), f"never drawn in {seen['cases']} cases: {missing}"


# --- order of the agents


def test_order_of_agents_within_a_stage_does_not_matter() -> None:
    for name in some(["nine-services", "all-active", "monitoring-believed"], 1):
        plan, seed = shipped(name)
        plan = shortened(plan, 40)
        in_order = mesa_trace(plan, seed=seed, replicate=1)
        assert_same(compared(in_order, mesa_trace(plan, seed=seed, replicate=1, shuffled=True)))


def test_a_rule_that_depends_on_the_order_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, seed = shipped("nine-services")
    plan = shortened(plan, 6)
    honest = Practitioner.practitioner_feels

    def feels_and_lends_energy(self: Practitioner) -> None:
        honest(self)
        service: Any = self.service
        service.energy += 0.125 * (self.commitment - service.energy)  # what the next in line reads

    monkeypatch.setattr(Practitioner, "practitioner_feels", feels_and_lends_energy)
    in_order = mesa_trace(plan, seed=seed, replicate=1)
    again = mesa_trace(plan, seed=seed, replicate=1)
    assert_same(compared(in_order, again))
    shuffled = mesa_trace(plan, seed=seed, replicate=1, shuffled=True)
    assert compared(in_order, shuffled).differences


# --- controls: what must be caught


def test_one_unit_in_the_last_place_of_a_parameter_is_caught() -> None:
    plan = plain_plan((6, 6, 6, 6), months=84)  # many posts: most sums round so small a difference away
    for name in some(["rate_commitment", "rate_perception", "gain_course", "autonomy_mean", "hours_capacity"], 2):
        nudged = with_values(plan, {name: np.nextafter(plan.parameters[name][0], np.inf)})
        assert twins(plan, mesa_plan=nudged).differences, name
    assert not twins(plan).differences


def test_two_parameters_that_changed_places_are_caught() -> None:
    plan = plain_plan((2, 3), months=6)
    one, other = plan.parameters["rate_commitment"][0], plan.parameters["rate_exhaustion"][0]
    swapped = with_values(plan, {"rate_commitment": other, "rate_exhaustion": one})
    found = twins(plan, mesa_plan=swapped).differences
    assert {"commitment", "exhaustion"} <= {one.field for one in found}


def test_a_rule_that_only_one_engine_follows_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Practitioner.practitioner_feels

    def feels_a_little_more(self: Practitioner) -> None:
        honest(self)
        if self.service.model.month == 5 and self.post == 1:
            self.frustration = np.nextafter(self.frustration, 2.0).item()

    monkeypatch.setattr(Practitioner, "practitioner_feels", feels_a_little_more)
    found = twins(plain_plan((2, 3), months=7)).differences
    assert (found[0].entity, found[0].field, found[0].month, found[0].index) == ("practitioner", "frustration", 5, (1,))


def test_a_float_in_a_whole_number_field_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Practitioner.practitioner_feels

    def feels_by_halves(self: Practitioner) -> None:
        honest(self)
        self.waiting_months += 0.5

    monkeypatch.setattr(Practitioner, "practitioner_feels", feels_by_halves)
    with pytest.raises(AssertionError, match=r"wrong type: \['practitioner.waiting_months: 0.5'"):
        twins(plain_plan((2,), months=3))


@register_jitable
def _float_into_whole(one: Any) -> None:
    one.months = one.months + 0.5


@register_jitable
def _counts_on(one: Any) -> None:
    one.months = one.months + 100


@register_jitable
def _not_on_every_path(one: Any) -> None:
    if one.level > 0.5:
        more = 1.0
    one.level = one.level + more


@register_jitable
def _sound(one: Any) -> None:
    one.months = one.months + 1
    one.level = one.level * 0.3


def _both(rule: Any, dtype: list[tuple[str, str]], times: int) -> tuple[Any, np.ndarray]:
    """State after some applications of a rule to an object, and to a compiled record."""
    records = np.zeros(1, dtype)
    records["level"] = 0.25

    @njit
    def step(records: np.ndarray, times: int) -> None:
        for _ in range(times):
            rule(records[0])

    step(records, times)
    one = SimpleNamespace(months=0, level=0.25)
    for _ in range(times):
        rule(one)
    return one, records


SOUND_TYPES = [("months", "i8"), ("level", "f8")]


def _agrees(one: Any, records: np.ndarray) -> bool:
    return bool(one.months == records["months"][0] and one.level == records["level"][0])


def test_traps_of_compiled_records_are_traps_and_are_caught() -> None:
    assert _agrees(*_both(_sound, SOUND_TYPES, 7))
    # Python keeps the fraction, the record drops it at each step
    assert not _agrees(*_both(_float_into_whole, SOUND_TYPES, 3))
    # Python counts on, a field too small wraps
    assert _agrees(*_both(_counts_on, SOUND_TYPES, 3))
    assert not _agrees(*_both(_counts_on, [("months", "i1"), ("level", "f8")], 3))
    # Python refuses a local that was never assigned, compiled code takes 0.0
    with pytest.raises(UnboundLocalError):
        _both(_not_on_every_path, SOUND_TYPES, 1)


def test_the_comparison_itself() -> None:
    records = np.zeros((3, 2), [("level", "f8"), ("parts", "f8", (4,)), ("count", "i8")])
    other = records.copy()
    records["level"][1, 1] = np.nan
    other["level"][1, 1] = -np.nan
    same = compared_records("service", records, other, month_axis=0)
    assert same.values == 3 * 2 * 6
    assert not same.differences
    other["parts"][2, 1, 3] = 5e-324
    other["count"][0, 1] = 1
    other["level"][1, 0] = -0.0
    found = compared_records("service", records, other, month_axis=0).differences
    assert [(one.field, one.month, one.index) for one in found] == [("level", 1, (0,)), ("parts", 2, (1, 3)), ("count", 0, (1,))]
    with pytest.raises(AssertionError, match="nothing was compared"):
        assert_same(compared_records("service", records[:0], other[:0], month_axis=0))
    with pytest.raises(ValueError, match="against"):
        compared_records("service", records, other[:2], month_axis=0)


def test_types_are_looked_at_strictly() -> None:
    plan = plain_plan((1,), months=1)
    from sim.model import PracticeModel

    leader: Any = PracticeModel.from_plan(plan).leaders[0]
    assert not mistyped(leader, "leader")
    for value in (1.0, True, np.int64(1), None):
        leader.tenure = value
        assert len(mistyped(leader, "leader")) == 1
    leader.tenure = 1
    leader.hours = np.float64(1.0)
    assert len(mistyped(leader, "leader")) == 1


def test_every_replicate_and_seed_is_another_run() -> None:
    plan = plain_plan((3,), months=4, service={"format": GROUP})
    runs = [trace(plan, seed=seed, replicate=r) for seed, r in ((0, 0), (0, 1), (7, 0), (2**32 + 7, 0))]
    for i, one in enumerate(runs):
        for other in runs[:i]:
            assert compared(one, other).differences
