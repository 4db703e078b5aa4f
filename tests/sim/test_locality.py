"""Common random numbers: what happens in one place leaves the luck of every other place as it was."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.codes import POOL_OWN, POOL_REGION, POOL_SERVICE
from sim.engine import Trace, simulate, trace
from sim.model import PracticeModel
from sim.plan import EVENT_FIELDS, LEVERS, Plan, cut
from sim.scenario import read_scenario, resolve
from sim.scenario.schema import Policy
from sim.state import SLOTS
from sim.tape import Tape
from tests.comparing import compared, different, mesa_trace
from tests.plans import plain_plan, shipped, shortened, with_calendar, with_every_mechanism, with_services

pytestmark = [pytest.mark.engine, pytest.mark.bounds]

NOT_OWN = ("index",)  # place in the plan: not a property of the service
TRAITS = (
    "autonomy_trait",
    "commitment_trait",
    "exhaustion_trait",
    "other_duties",
    "spare_time",
    "ceiling",
    "competence_start",
    "leader_view",
    "experience",
    "belief",
    "months_to_retirement",
)


def of_service(plan: Plan, states: Trace, s: int) -> list[np.ndarray]:
    """State of one service over the months: service, leader, posts, slots."""
    first = int(plan.services["first_post"][s])
    last = first + int(plan.services["posts"][s])
    return [
        states.services[:, s],
        states.leaders[:, s],
        states.practitioners[:, first:last],
        states.patients[:, first * SLOTS : last * SLOTS],
    ]


def unlike(first: list[np.ndarray], second: list[np.ndarray]) -> list[str]:
    """Fields that differ anywhere between two services' states."""
    found = []
    for a, b in zip(first, second, strict=True):
        assert a.size
        found += [name for name in a.dtype.names or () if name not in NOT_OWN and different(a[name], b[name]).any()]
    return found


def changed_services(one: Plan, other: Plan, *, seed: int = 1, replicate: int = 2) -> dict[str, list[str]]:
    """Services in both plans whose state differs, with the fields that do."""
    first, second = (trace(plan, seed=seed, replicate=replicate)[1] for plan in (one, other))
    both = [name for name in one.service_names if name in other.service_names]
    assert both
    found = {}
    for name in both:
        a = of_service(one, first, one.service_names.index(name))
        b = of_service(other, second, other.service_names.index(name))
        fields = unlike(a, b)
        if fields:
            found[name] = fields
    return found


def nine(months: int = 48, **fields: Any) -> Plan:
    plan, _ = shipped("monitoring-believed")
    return with_services(shortened(plan, months), **fields)


# --- services


@pytest.mark.parametrize("pooling", [POOL_OWN, POOL_SERVICE])
def test_deleting_and_inserting_services_changes_no_other(pooling: int) -> None:
    plan = nine(pooling=pooling)
    assert not changed_services(plan, cut(plan, [0, 2, 3, 8]))
    assert not changed_services(cut(plan, [4]), plan)


@pytest.mark.parametrize("pooling", [POOL_OWN, POOL_SERVICE, POOL_REGION])
def test_order_of_services_changes_nothing(pooling: int) -> None:
    plan = nine(pooling=pooling)
    assert not changed_services(plan, cut(plan, [8, 3, 1, 0, 2, 5, 4, 7, 6]))


def test_only_readers_of_the_register_notice_who_else_reports() -> None:
    plan = nine(pooling=[POOL_REGION, POOL_OWN, POOL_SERVICE] * 3)
    changed = changed_services(plan, cut(plan, [0, 1, 2, 3, 4, 5]))
    readers = {name for name, pooling in zip(plan.service_names, plan.services["pooling"], strict=True) if pooling == POOL_REGION}
    assert changed
    assert set(changed) <= readers
    assert all("belief" in fields for fields in changed.values())


def test_a_service_under_another_name_has_other_luck() -> None:
    plan = nine(12)
    renamed = plan.services.copy()
    renamed["key"][0] += 1
    changed = changed_services(plan, replace(plan, services=renamed))
    assert set(changed) == {plan.service_names[0]}
    assert set(TRAITS) - {"experience", "other_duties", "spare_time", "months_to_retirement"} <= set(
        changed[plan.service_names[0]]
    )


def test_one_practitioner_who_leaves_changes_one_service() -> None:
    plan = nine(24, pooling=POOL_SERVICE)
    calendars = np.concatenate([plan.calendars, plan.calendars[:1]])
    calendars["event_post_leaves"][-1, 6] = 1
    services = plan.services.copy()
    services["calendar"][3] = len(calendars) - 1
    forced = replace(plan, calendars=calendars, services=services)
    assert set(changed_services(plan, forced)) == {plan.service_names[3]}
    before = [part[:6] for part in of_service(plan, trace(plan, seed=1, replicate=2)[1], 3)]
    after = [part[:6] for part in of_service(forced, trace(forced, seed=1, replicate=2)[1], 3)]
    assert not unlike(before, after)


def test_one_more_eligible_patient_is_one_more_eligible_patient() -> None:
    plan = plain_plan((2, 2), months=36, service={"pool": 300, "inflow": 1.0})
    more = plan.services.copy()
    more["pool"][0] += 1
    changed = changed_services(plan, replace(plan, services=more))
    assert changed == {"S0": ["pool", "pool_added"]}  # nobody was short of patients: nothing else moves
    scarce = plain_plan((2, 2), months=36, service={"pool": 1, "inflow": 0.3})
    more = scarce.services.copy()
    more["pool"][0] += 1
    changed = changed_services(scarce, replace(scarce, services=more))
    assert set(changed) == {"S0"}
    assert "asked" in changed["S0"]


# --- posts


def test_a_post_added_at_the_end_changes_nobodys_traits() -> None:
    for replicate in range(5):
        smaller = trace(plain_plan((3,), months=1), seed=4, replicate=replicate)[1].practitioners[0]
        larger = trace(plain_plan((4,), months=1), seed=4, replicate=replicate)[1].practitioners[0]
        for name in TRAITS:
            assert not different(smaller[name], larger[name][:3]).any(), name
        assert len(np.unique(larger["ceiling"])) == 4  # a person of their own


def test_draws_of_a_month_do_not_depend_on_what_happened_before() -> None:
    tape = Tape(5, 3)
    late = tape.draws("practitioner", 77, 2, 0, 40)
    for word in range(40):
        tape.draws("practitioner", 77, 2, 0, word)
    tape.prefetch("practitioner", [(77, 2, 0), (78, 0, 0)], 39, 4)
    assert tape.draws("practitioner", 77, 2, 0, 40) == late


# --- months


def test_a_longer_horizon_starts_with_the_same_months() -> None:
    plan, seed = shipped("nine-services")
    short, long = (trace(shortened(plan, months), seed=seed, replicate=1)[1] for months in (30, 61))
    for a, b in zip(short, long, strict=True):
        assert all(not different(a[name], b[name][:30]).any() for name in a.dtype.names or ())


# --- policies


@pytest.mark.parametrize("lever", [lever.name for lever in LEVERS])
def test_a_policy_of_dose_zero_is_no_policy(lever: str) -> None:
    scenario = read_scenario("nine-services")
    nothing = replace(scenario, policies=(*scenario.policies, Policy(lever=lever, dose=0.0, start=3, end=70, taper=5)))
    minus = replace(scenario, policies=(*scenario.policies, Policy(lever=lever, dose=-0.0)))
    base = trace(resolve(scenario), seed=1, replicate=0)
    for other in (nothing, minus):
        assert not compared(base, trace(resolve(other), seed=1, replicate=0)).differences


@pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.name)
def test_a_policy_of_full_dose_is_one_and_only_from_its_start(lever: Any) -> None:
    plan, seed = shipped("expansion" if lever.name == "expansion" else "nine-services")  # which has posts to add
    plan = with_every_mechanism(shortened(plan, 36))
    base = trace(plan, seed=seed, replicate=0)
    dosed = trace(with_calendar(plan, slice(20, 36), **{lever.name: lever.high}), seed=seed, replicate=0)
    found = compared(base, dosed).differences
    assert found
    assert min(one.month for one in found if one.month >= 0) >= 20


def test_no_event_is_no_event() -> None:
    plan = plain_plan((2,), months=3)
    assert {name for name, _ in EVENT_FIELDS} <= set(plan.calendars.dtype.names or ())
    assert (plan.calendars["event_leader_type"] == 0).all()
    other = with_calendar(plan, event_leader_type=3)  # the type of a leader who does not come
    assert not compared(trace(plan, seed=1, replicate=0), trace(other, seed=1, replicate=0)).differences


# --- seeds, replicates, batches, threads


def states_at_end(plan: Plan, **how: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    batches = list(simulate(plan, **how))
    return tuple(np.concatenate([getattr(batch, part) for batch in batches]) for part in ("replicates", "rows", "ends"))  # type: ignore[return-value]


def equal_bits(first: np.ndarray, second: np.ndarray) -> bool:
    assert first.size
    return all(not different(first[name], second[name]).any() for name in first.dtype.names or ())


def test_seeds_that_share_their_low_word_differ_and_zero_is_a_seed() -> None:
    plan = plain_plan((3,), months=24)
    runs = {seed: states_at_end(plan, seed=seed, replicates=3)[1] for seed in (0, 1, 7, 2**32 + 7, 2**64 - 1)}
    seeds = list(runs)
    for i, one in enumerate(seeds):
        assert equal_bits(runs[one], states_at_end(plan, seed=one, replicates=3)[1])
        for other in seeds[:i]:
            assert not equal_bits(runs[one], runs[other])


def test_a_replicate_is_the_same_alone_and_in_any_batch() -> None:
    plan = shortened(shipped("nine-services")[0], 40)
    numbers, rows, ends = states_at_end(plan, seed=3, replicates=12)
    assert numbers.tolist() == list(range(12))
    alone = states_at_end(plan, seed=3, replicates=1, first=5)
    assert alone[0].tolist() == [5]
    assert equal_bits(alone[1][0], rows[5])
    assert equal_bits(alone[2][0], ends[5])
    assert not equal_bits(rows[4], rows[5])
    for how in ({"batch": 1}, {"batch": 5}, {"threads": 2, "batch": 2}, {"threads": 3, "batch": 5}, {"threads": 2}):
        again = states_at_end(plan, seed=3, replicates=12, **how)
        assert again[0].tolist() == numbers.tolist()
        assert equal_bits(again[1], rows)
        assert equal_bits(again[2], ends)


def test_members_of_an_ensemble_take_turns_by_replicate() -> None:
    plan = plain_plan((2,), months=12)
    members = np.concatenate([plan.parameters] * 3)
    members["commitment_mean"] = (0.5, 0.7, 0.9)
    ensemble = replace(plan, parameters=members)
    rows = states_at_end(ensemble, seed=3, replicates=7)[1]
    for replicate in range(7):
        one = replace(plan, parameters=members[replicate % 3 : replicate % 3 + 1])
        assert equal_bits(rows[replicate], states_at_end(one, seed=3, replicates=1, first=replicate)[1][0])


# --- watching


def test_watching_consumes_no_luck() -> None:
    plan = shortened(shipped("nine-services")[0], 18)
    watched = mesa_trace(plan, seed=1, replicate=0)
    model = PracticeModel.from_plan(plan, seed=1, replicate=0)
    for _ in range(18):
        model.step()
    ends = watched[0].ends.copy()
    model.write_practitioners(ends[0])
    assert equal_bits(ends, watched[0].ends)
    traced = trace(plan, seed=1, replicate=0)[0]
    untraced = next(iter(simulate(plan, seed=1, replicates=1)))
    assert equal_bits(traced.rows, untraced.rows)
    assert equal_bits(traced.ends, untraced.ends)


def test_the_comparison_of_services_catches_a_change() -> None:
    plan = nine(6)
    services = plan.services.copy()
    services["plan"][2] = np.nextafter(services["plan"][2], 1.0)
    assert set(changed_services(plan, replace(plan, services=services))) == {plan.service_names[2]}
