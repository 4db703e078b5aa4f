"""Expansion: posts added from the untrained staff, reserve posts that count nowhere, a promise that decays."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim import rules
from sim.codes import (
    COMMITTED,
    EXPANSION_WITHOUT_DETAIL,
    INDIVIDUAL,
    LEADER_VACANT,
    LEFT_TO_PRACTITIONERS,
    POST_VACANT,
    UNTRAINED,
)
from sim.engine import Trace, simulate, trace
from sim.measures.definitions import definition_rows
from sim.measures.summary import Summary
from sim.measures.units import units_of
from sim.measures.values import OUTCOMES, values_of
from sim.plan import Plan, room_of
from sim.problems import BadInput
from sim.scenario import read_scenario, resolve
from sim.scenario.schema import Event
from sim.state import SLOTS
from tests.comparing import assert_same, compared, different, mesa_trace, twins
from tests.plans import blank_calendar, first_version, plain_plan, shortened, with_calendar, with_values
from tests.small_scenarios import small_scenario

pytestmark = [pytest.mark.engine, pytest.mark.bounds]

COUNTS = ("full_use", "planned_adaptation", "partial_use", "waiting", "stopped", "vacant", "untrained")
OWN = {"promised", "promise", "posts", "posts_opened", "added_posts", "reserve"}
LEAVE = {"chance_leaves": 0.3, "chance_post_filled": 0.0}
OFF = {"switch.expansion": "off"}
QUIET = {"chance_expands": 0.0, "rate_promise_decay": 0.0}


def nine(*events: Event, **settings: Any) -> Plan:
    """The nine services, A with two reserve posts and F with four, unless the mechanism is off."""
    scenario = read_scenario("nine-services", overrides=settings)
    return resolve(replace(scenario, events=(*scenario.events, *events)))


def roomy(*, posts: int = 3, reserve: int = 4, months: int = 60, opened: dict[int, int] | None = None, **fields: Any) -> Plan:
    """Two services with reserve posts, of which some are opened by event."""
    calendar = blank_calendar(months)
    for month, count in (opened or {}).items():
        calendar["event_expansion"][month] = count
    start = {"reserve": reserve, "staff": posts + reserve, **fields.pop("service", {})}
    return plain_plan((posts, posts), months=months, service=start, calendar=calendar, **fields)


def states_of(plan: Plan, replicate: int = 0) -> Trace:
    return trace(plan, seed=1, replicate=replicate)[1]


def fields_that_differ(first: Plan, second: Plan, replicate: int = 0) -> set[str]:
    found = compared(trace(first, seed=1, replicate=replicate), trace(second, seed=1, replicate=replicate))
    return {one.field for one in found.differences}


# --- reserve posts that stand empty


def test_without_the_mechanism_there_is_no_room_and_nothing_moves() -> None:
    plan = nine(**OFF)
    assert (plan.services["reserve"] == 0).all()
    assert len(plan.posts) == 31
    assert not fields_that_differ(plan, with_calendar(plan, expansion=1.0, event_expansion=3))


@pytest.mark.parametrize("kind", [INDIVIDUAL, 1])
def test_reserve_posts_that_stand_empty_change_nothing_to_the_bit(kind: int) -> None:
    small = roomy(reserve=0, parameters=QUIET, service={"format": kind, "signal": EXPANSION_WITHOUT_DETAIL})
    large = roomy(reserve=4, parameters=QUIET, service={"format": kind, "signal": EXPANSION_WITHOUT_DETAIL})
    for replicate in range(3):
        one, other = states_of(small, replicate), states_of(large, replicate)
        established = np.r_[0:3, 7:10]
        slots = np.concatenate([np.arange(post * SLOTS, (post + 1) * SLOTS) for post in established])
        pairs = (
            (one.services, other.services),
            (one.leaders, other.leaders),
            (one.practitioners, other.practitioners[:, established]),
            (one.patients, other.patients[:, slots]),
        )
        for first, second in pairs:
            unlike = {name for name in first.dtype.names or () if different(first[name], second[name]).any()}
            assert unlike <= {"staff"}, unlike
        empty = np.delete(other.practitioners, established, axis=1)
        assert (empty["status"] == POST_VACANT).all()
        assert (empty["reserve"] == 1).all()


# --- posts that are opened


def test_posts_are_opened_by_event_as_far_as_there_are_any_and_taken_at_once() -> None:
    plan = roomy(opened={10: 1, 20: 2, 30: 5, 40: 1}, off=("turnover",))
    service, people = states_of(plan).services[:, 0], states_of(plan).practitioners[:, :7]
    expected = np.array([3 + (month >= 10) + 2 * (month >= 20) + (month >= 30) for month in range(60)])
    assert (service["posts"] == expected).all()
    assert (service["established"] == 3).all()
    assert (service["posts"] <= service["staff"]).all()
    for month, first, last in ((10, 3, 4), (20, 4, 6), (30, 6, 7)):
        assert (people["status"][month - 1, first:last] == POST_VACANT).all()
        assert (people["status"][month, first:last] == UNTRAINED).all()
        assert (people["reserve"][month - 1, first:last] == 1).all()
        assert (people["reserve"][month:, first:last] == 0).all()
    assert (people["volunteer"][:, 3:] == 0).all()
    # they are trained and use the practice
    assert (people["sessions"][:, 3:] > 0).any()


def test_outcomes_are_those_of_the_posts_established_at_the_start() -> None:
    plan = roomy(opened={6: 4}, parameters={"chance_added_trained": 0.6})
    rows = trace(plan, seed=1, replicate=0)[0].rows[0]
    assert (sum(rows[name].astype(int) for name in COUNTS) == 3).all()
    assert (rows["delivering_posts"] <= 3).all()
    assert (rows["trained"] <= 3).all()
    assert (rows["added_posts"][:, 6:] == 4).all()
    assert (rows["added_delivering"] <= rows["added_posts"]).all()
    assert (rows["added_trained"] <= rows["added_posts"]).all()
    assert (rows["added_delivering"] > 0).any()
    # but the patients are the service's
    people = states_of(plan).practitioners
    assert (rows["started"][0] == people["started"][:, :7].sum(axis=1)).all()
    assert people["started"][-1, 3:7].sum() > 0


def test_an_expansion_moves_nothing_elsewhere_and_nobodys_luck() -> None:
    plain = nine(chance_expands=0.0)
    event = Event(month=20, kind="expansion", posts=2, services=["A"])
    grown = nine(event, chance_expands=0.0)
    one, other = states_of(plain, 2), states_of(grown, 2)
    assert different(one.services["posts"][:, 0], other.services["posts"][:, 0]).any()
    last = int(room_of(plain.services)[0])
    for first, second in (
        (one.services[:, 1:], other.services[:, 1:]),
        (one.leaders[:, 1:], other.leaders[:, 1:]),
        (one.practitioners[:, last:], other.practitioners[:, last:]),
        (one.patients[:, last * SLOTS :], other.patients[:, last * SLOTS :]),
    ):
        assert not [name for name in first.dtype.names or () if different(first[name], second[name]).any()]
    # before it nothing at all, and of A's own posts the people who take them are the same
    assert all(not different(one.services[name][:20], other.services[name][:20]).any() for name in one.services.dtype.names or ())
    mine = (one.practitioners[:, :3], other.practitioners[:, :3])
    same = mine[0]["person"] == mine[1]["person"]
    for trait in ("commitment_trait", "other_duties", "ceiling", "leader_view"):
        assert (mine[0][trait][same] == mine[1][trait][same]).all(), trait


def test_the_lever_opens_posts_at_its_chance() -> None:
    services, chance, months = 200, 0.1, 13
    calendar = blank_calendar(months)
    calendar["expansion"] = chance
    plan = plain_plan((1,) * services, months=months, service={"reserve": 1}, calendar=calendar)
    opened = (states_of(plan).services["posts"] == 2).sum(axis=1)
    for month in (0, 5, 12):
        expected = 1 - (1 - chance) ** (month + 1)
        assert abs(opened[month] - services * expected) < 4 * math.sqrt(services * expected * (1 - expected))


# --- a service is not punished for growing


def untrained(**fields: Any) -> dict[str, Any]:
    """Posts are added in month 6, and nobody is trained for them."""
    never = {
        "chance_added_trained": 0.0,
        "chance_informal_training": 0.0,
        "chance_successor_passive": 0.0,
        "chance_successor_active": 0.0,
    }
    return {"parameters": never | fields.pop("parameters", {}), "posts": 2, "reserve": 6, **fields}


def with_and_without(*on: str, **fields: Any) -> tuple[Trace, Trace]:
    """The same services with six added posts, and without; some mechanisms beside *expansion* on."""
    plans = [with_values(roomy(opened=opened, **fields), {f"switch_{name}": 1 for name in on}) for opened in (None, {6: 6})]
    return states_of(plans[0]), states_of(plans[1])


def test_an_added_post_counts_from_the_month_in_which_somebody_trained_is_there_and_then_for_good() -> None:
    people = states_of(roomy(opened={6: 4}, parameters={"chance_leaves": 0.08, "chance_added_trained": 0.3})).practitioners
    assert (people["counted"][:, :3] == 1).all()
    added = people[:, 3:7]
    trained_so_far = np.maximum.accumulate(added["status"] < POST_VACANT, axis=0)
    assert (added["counted"] == trained_so_far).all()
    # some are untrained before, and some empty after: both are there
    assert ((added["status"] == UNTRAINED) & (added["counted"] == 0)).any()
    assert ((added["status"] == POST_VACANT) & (added["counted"] == 1)).any()


def test_added_posts_without_anybody_trained_load_no_colleague() -> None:
    for lacking in ({"off": ("turnover",)}, {"parameters": {"chance_leaves": 0.03}}):
        small, grown = with_and_without("vacancy_load", **untrained(**lacking))
        for name in ("vacancy_hours", "untrained_hours"):
            np.testing.assert_array_equal(small.services[name][:, 0], grown.services[name][:, 0])
        np.testing.assert_array_equal(small.practitioners["hours_other"][:, :2], grown.practitioners["hours_other"][:, :2])
    assert (grown.services["untrained_hours"][:, 0] > 0).any()  # the control: an established post's successor does
    # and who leaves an added post that somebody trained has held is missed like anybody
    values = {"chance_added_trained": 0.6, "chance_leaves": 0.0, "chance_post_filled": 0.0, "chance_stops": 0.0}
    plan = with_values(roomy(posts=2, reserve=6, opened={6: 6}, parameters=values), {"switch_vacancy_load": 1})
    gone = with_calendar(plan, slice(30, 31), event_post_leaves=3)
    hours = states_of(gone).services["vacancy_hours"][:, 0]
    assert (hours[:30] == 0).all()
    assert hours[31] * 7 == pytest.approx(plan.parameters["hours_vacancy"][0])


def test_added_posts_without_anybody_trained_are_no_want_of_people() -> None:
    reasons = {"chance_stops_money": 0.0, "chance_stops_priority": 0.0, "chance_stops_workforce": 0.9}
    plans = untrained(parameters=reasons, off=("turnover",), service={"support_months": 0, "months_observed": 0})
    for replicate in range(3):
        small, grown = (
            states_of(with_values(roomy(opened=opened, **plans), {"switch_service_decides": 1}), replicate)
            for opened in (None, {6: 6})
        )
        assert (small.services["stop_month"][:, 0] == -1).all()
        assert (grown.services["stop_month"][:, 0] == -1).all()
        assert grown.services["posts"][-1, 0] == 8
    # the control: people who are wanting in established posts make give up
    empty = roomy(**{**plans, "reserve": 0, "off": (), "parameters": plans["parameters"] | LEAVE})
    assert (states_of(with_values(empty, {"switch_service_decides": 1})).services["stop_month"][-1] > 0).any()


def test_added_posts_take_nothing_from_the_clinics_fidelity_or_from_how_many_colleagues_deliver() -> None:
    small, grown = with_and_without(**untrained(off=("turnover",)))
    for name in ("fidelity", "fidelity_clinic", "share_delivering", "single_carrier"):
        np.testing.assert_array_equal(small.services[name][:, 0], grown.services[name][:, 0], err_msg=name)
    assert (grown.services["fidelity_clinic"][:, 0] > 0).any()
    # trained ones count like the others: where the established posts are empty and added ones deliver, structure is not nothing
    values = {"chance_added_trained": 0.6, "chance_leaves": 0.0, "chance_post_filled": 0.0, "chance_stops": 0.0}
    plan = roomy(posts=1, reserve=3, opened={6: 3}, parameters=values, service={"pool": 300})
    plan = first_version(plan, "expansion")  # where nobody comes to parts, and no service gives up
    gone = states_of(with_calendar(plan, slice(30, 31), event_post_leaves=0)).services[36:, 0]
    there = gone[(gone["added_delivering"] == 3) & (gone["delivering_posts"] == 0)]
    assert len(there) > 0
    p = plan.parameters[0]
    lost = (there["fidelity"] - there["fidelity_clinic"]) / (4.0 * p["weight_structure"])
    assert (lost <= 0.25 + 1e-12).all()  # one post of four


# --- shares and amounts, of the same posts


def per_post(plan: Plan, replicates: int = 4) -> tuple[dict[str, np.ndarray], Any]:
    """Values of the region's outcomes by name, shape (replicates, months), and the run."""
    (batch,) = simulate(plan, seed=1, replicates=replicates, batch=replicates)
    units = units_of(plan)[:1]
    return {one.name: one.floats()[:, 0] for one in values_of(plan, batch, units)}, batch


def test_a_share_of_posts_never_exceeds_one() -> None:
    plan = roomy(opened={6: 4}, parameters={"chance_added_trained": 0.6}, service={"pool": 300})
    found, batch = per_post(plan)
    shares = [one.name for one in OUTCOMES if one.unit in {"share of posts", "share 0-1", "share of trained", "share of ended"}]
    assert len(shares) > 50
    for name in shares:
        values = found[name][~np.isnan(found[name])]
        assert (values <= 1.0 + 1e-12).all(), name
        assert (values >= -1e-12).all(), name
    uses = sum(found[f"posts_{name}"] for name in ("operating", "silent", "given_up", "never_started", "not_yet_started"))
    np.testing.assert_allclose(uses, 1.0)
    np.testing.assert_allclose(sum(found[f"posts_{name}"] for name in COUNTS), 1.0)
    # the control: posts that deliver, added ones too, over those of the start
    mixed = (batch.rows["delivering_posts"] + batch.rows["added_delivering"]).sum(axis=1) / 6.0
    assert (mixed > 1.0).any()


def test_amounts_per_post_are_of_all_posts_that_are_there() -> None:
    plan = roomy(opened={6: 4}, parameters={"chance_added_trained": 0.6}, service={"pool": 300})
    found, batch = per_post(plan)
    there = 6 + batch.rows["added_posts"].sum(axis=1)
    so_far = np.cumsum(there, axis=1) / np.arange(1, 61)
    assert there[0, -1] == 14
    for name, field, posts in (
        ("sessions_per_post", "sessions", there),
        ("patients_per_post", "course_patients", there),
        ("started_per_post", "started", so_far),
        ("leavers_per_post", "leavers", so_far),
        ("hours_practitioner_per_post", "hours_practitioner", so_far),
    ):
        total = batch.rows[field].sum(axis=1)
        np.testing.assert_allclose(found[name], total / posts, atol=2.0**-8, err_msg=name)
        # the control: of the established ones alone, where there are others too
        alone = np.abs(total / 6 - found[name])[:, posts[0] > 6]
        assert (alone > 2.0**-8).any(), name
    # sums over batches of any size are the same, and no error of a sum is lost
    whole, parts = Summary(plan), Summary(plan)
    whole.add(batch)
    for part in simulate(plan, seed=1, replicates=4, batch=1):
        parts.add(part)
    for first, second in zip(whole.means(), parts.means(), strict=True):
        np.testing.assert_array_equal(first, second)
    table = {name: rows for name, (_, rows) in whole.tables().items()}["summary_monthly"]
    assert len(table["mean"])


def test_definitions_count_amounts_per_post_that_is_there_too() -> None:
    plan = roomy(opened={6: 4}, parameters={"chance_added_trained": 0.6}, service={"pool": 300})
    found, _ = per_post(plan, 3)
    _, rows = definition_rows(plan, seed=1, replicates=3)
    for name in ("helped_per_post", "false_rejections_per_post", "posts_delivering"):
        own = rows[name][rows["bound"] == 1]
        np.testing.assert_allclose(own, found[name][:, -1].mean(), atol=1e-5, err_msg=name)


# --- what was promised


def promised(services: int = 200, **fields: Any) -> Plan:
    """Services to which an expansion was announced and which have a decision from month 3 on, and nobody who leads."""
    months = 20
    calendar = blank_calendar(months)
    calendar["clarity"] = fields.pop("plan", 1.0)
    calendar["event_signal"][3] = fields.pop("then", COMMITTED)
    start = {"leader": LEADER_VACANT, "signal": EXPANSION_WITHOUT_DETAIL, "reserve": 1, "upper_money": fields.pop("money", 1.0)}
    start["signal"] = fields.pop("signal", EXPANSION_WITHOUT_DETAIL)
    still = {"chance_expands": 0.1, "chance_signal_resolves": 0.0, "chance_leader_found": 0.0, "money_post": 0.0}
    service = {**start, "support_months": 0, "clarity": 0.0, "plan": 0.0}
    return plain_plan((1,) * services, months=months, service=service, parameters=still | fields, calendar=calendar)


def opened_in(plan: Plan) -> np.ndarray:
    return (states_of(plan).services["posts"] == 2).sum(axis=1)


def test_a_decided_expansion_with_a_plan_opens_posts_at_its_chance() -> None:
    opened = opened_in(promised())
    assert (opened[:3] == 0).all()
    for month in (3, 10, 19):
        expected = 1 - 0.9 ** (month - 2)
        assert abs(opened[month] - 200 * expected) < 4 * math.sqrt(200 * expected * (1 - expected)), month
    assert abs(opened[19] - 200 * (1 - 0.95**17)) > 4 * math.sqrt(200 * 0.25)  # the control: half the chance


def test_without_a_plan_a_decision_or_money_or_a_promise_nothing_is_opened() -> None:
    for one in ({"plan": 0.0}, {"then": EXPANSION_WITHOUT_DETAIL}, {"then": LEFT_TO_PRACTITIONERS}, {"money": 0.0}):
        assert opened_in(promised(20, **one))[-1] == 0, one
    assert opened_in(promised(20, signal=LEFT_TO_PRACTITIONERS))[-1] == 0
    assert opened_in(promised(20))[-1] > 0
    assert rules.chance_expands(0.2, 0.5, 0.5) == pytest.approx(0.05)


def test_each_post_takes_money() -> None:
    plan = roomy(opened={5: 1, 9: 3}, service={"upper_money": 0.7}, parameters={"money_post": 0.25})
    money = states_of(plan).services["upper_money"][:, 0]
    np.testing.assert_allclose(money[[4, 5, 9, -1]], [0.7, 0.45, 0.0, 0.0], atol=1e-12)


def test_a_promise_that_nobody_keeps_decays_into_uncertainty() -> None:
    values = {"rate_promise_decay": 0.05, "chance_signal_resolves": 0.0, "uncertainty_unkept": 0.95, "share_review_clears": 0.0}
    plan = roomy(service={"signal": EXPANSION_WITHOUT_DETAIL, "months_observed": 12}, parameters=values)
    service, p = states_of(plan).services[:, 0], plan.parameters[0]
    believed = np.array([0.95 ** max(0, month - 11) for month in range(60)])
    np.testing.assert_allclose(service["promise"], believed, rtol=1e-12)
    announced = p["uncertainty_expansion"]
    np.testing.assert_allclose(service["signal_level"], announced + (1 - believed) * (0.95 - announced), rtol=1e-9)
    assert rules.level_of_promise(1.0, 0.7, 0.9) == 0.7
    assert rules.level_of_promise(0.0, 0.7, 0.9) == pytest.approx(0.9)
    # off the table it is believed no more
    gone = with_calendar(plan, slice(30, 31), event_signal=LEFT_TO_PRACTITIONERS)
    assert (states_of(gone).services["promised"][30:] == 0).all()


def test_an_expansion_to_all_patients_brings_more_of_them() -> None:
    quiet = {"service": {"expansion_inflow": 1.0, "inflow": 2.0}}
    # a service without a leader is referred fewer of them (incumbent_function)
    plans = (with_values(roomy(opened=opened, **quiet), {"switch_incumbent_function": 0}) for opened in ({}, {10: 4}))
    few, many = (states_of(one).services["pool_added"][-1] for one in plans)
    np.testing.assert_allclose(many - few, 2.0 * 50, atol=1)


def test_nothing_to_expand_is_as_without_it_to_the_bit() -> None:
    plan = nine(**OFF)
    still = with_values(plan, {"switch_expansion": 1, **QUIET})
    assert fields_that_differ(plan, still) <= OWN


# --- the scenario, twins


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('\n[[changes]]\nservices = "all"\nset = { reserve_posts = 90 }\n', "reserve posts, but"),
        (
            '\n[[changes]]\nservices = "all"\nset = { staff = 1, reserve_posts = 2 }\n',
            "1 employees, but 3 trained practitioners and 2 reserve posts in service S",
        ),
        ('\n[[events]]\nmonth = 5\nkind = "expansion"\n', "missing key 'posts'"),
        ('\n[[events]]\nmonth = 5\nkind = "expansion"\nposts = 0\n', "posts"),
        ('\n[[events]]\nmonth = 5\nkind = "leader_leaves"\nposts = 2\n', "leader_leaves takes no 'posts'"),
    ],
)
def test_a_wrong_expansion_is_named(text: str, message: str, tmp_path: Any) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(small_scenario("S", scenario="wrong", title="Wrong", months=13) + text)
    with pytest.raises(BadInput, match=message):
        read_scenario(path)


def test_the_nine_services_have_room_where_an_expansion_was_promised() -> None:
    plan = nine()
    assert plan.services["reserve"].tolist() == [2, 0, 0, 0, 0, 4, 0, 0, 0]
    assert plan.services["posts"].sum() == 31
    assert len(plan.posts) == len(plan.post_names) == 37
    assert (plan.services["first_post"] == np.cumsum(room_of(plan.services)) - room_of(plan.services)).all()
    assert [name for name in plan.post_names if "reserve" in name][:2] == ["A reserve 1", "A reserve 2"]


def test_engines_agree_and_the_order_of_agents_does_not_matter() -> None:
    plan = nine(Event(month=15, kind="expansion", posts=1), Event(month=40, kind="expansion", posts=9))
    plan = with_calendar(plan, slice(20, 40), expansion=0.1)
    assert_same(twins(plan, seed=1, replicate=1))
    short = shortened(plan, 30)
    in_order = mesa_trace(short, seed=1, replicate=1)
    assert_same(compared(in_order, mesa_trace(short, seed=1, replicate=1, shuffled=True)))
