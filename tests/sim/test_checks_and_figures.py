"""Selection by checks, agreed adaptations, what figures take and what they give, and autonomy without a built-in sign."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import rules
from sim.codes import FULL_USE, GROUP, IN_COURSE, INDIVIDUAL, JOINT_DECISION, LEADER_VACANT, PLANNED_ADAPTATION, WAITING
from sim.engine import Trace, trace
from sim.parameters import as_tuple, read_table
from sim.plan import Plan
from sim.scenario import read_scenario
from sim.state import GOALS, HOMEWORK, OTHERS, STRUCTURE, TECHNIQUES
from tests.comparing import assert_same, compared, twins
from tests.plans import plain_first, plain_plan, shipped, with_calendar, with_values

pytestmark = [pytest.mark.engine, pytest.mark.bounds]

SWITCHES = (
    "check_selects", "check_room", "check_known", "agreed_core", "monitoring_minutes", "monitoring_untiring", "feedback",
)  # fmt: skip
SHARE = st.floats(0.0, 1.0)
STAYS = {"chance_stops": 0.0, "chance_waits": 0.0, "chance_cuts": 0.0, "chance_leader_found": 0.0}
"""Nobody decides anything but to adapt."""


def traced(plan: Plan, seed: int = 1, replicate: int = 0) -> Trace:
    return trace(plan, seed=seed, replicate=replicate)[1]


def turned(plan: Plan, *on: str, off: tuple[str, ...] = (), **values: float) -> Plan:
    states = dict.fromkeys((f"switch_{name}" for name in on), 1.0) | dict.fromkeys((f"switch_{name}" for name in off), 0.0)
    return with_values(plan, states | values)


def test_each_is_on_and_can_be_turned_off_by_itself() -> None:
    usual = read_scenario("nine-services").record()
    for name in SWITCHES:
        without = read_scenario("nine-services", overrides={f"switch.{name}": "off"}).record()
        moved = [field for field in usual.dtype.names or () if usual[field][0] != without[field][0]]
        assert moved == [f"switch_{name}"]
        assert (usual[moved[0]][0], without[moved[0]][0]) == (1, 0)


@pytest.mark.parametrize("name", ["nine-services", "joint-selection", "monitoring-believed", "all-active"])
def test_engines_agree_with_all_of_them_on(name: str) -> None:
    plan, seed = shipped(name)
    assert_same(twins(turned(plan, *SWITCHES), seed=seed, replicate=2))


# --- selection


def test_of_two_candidates_the_one_with_room_is_sent_and_the_mean_is_the_closed_form() -> None:
    spread = 6.0
    values = {"hours_duties_mean": 140.0, "hours_duties_spread": spread}
    plan = plain_first((6,) * 300, months=1, service={"capacity_checked": 1}, parameters=values)
    usual = traced(plan).practitioners["other_duties"][0]
    error = spread / math.sqrt(len(usual))
    for weight in (0.0, 0.5, 1.0):
        found = traced(turned(plan, "check_room", share_check_decides=weight)).practitioners["other_duties"][0]
        assert (found <= usual).all()
        assert (usual - found).mean() == pytest.approx(weight * spread / math.sqrt(math.pi), abs=4.0 * error)
        assert (found == usual).all() == (weight == 0.0)
    # nobody checked: nothing is drawn otherwise
    unchecked = plain_first((6,) * 300, months=1, parameters=values)
    same = traced(turned(unchecked, "check_room", share_check_decides=1.0)).practitioners["other_duties"][0]
    np.testing.assert_array_equal(same, usual)


def test_a_check_moves_nobodys_other_traits() -> None:
    plan = plain_plan((6, 3), months=6, service={"capacity_checked": 1})
    usual, other = traced(turned(plan, off=("check_room",))), traced(turned(plan, "check_room", share_check_decides=1.0))
    for field in ("autonomy_trait", "commitment_trait", "ceiling", "leader_view", "months_to_retirement", "exhaustion_trait"):
        np.testing.assert_array_equal(usual.practitioners[field][0], other.practitioners[field][0])
    assert (usual.practitioners["other_duties"][0] != other.practitioners["other_duties"][0]).any()


def test_a_check_that_selects_frees_nobodys_duties() -> None:
    plan = plain_first((4,), months=24, service={"capacity_checked": 1}, parameters={"share_duties_checked": 0.08})
    for on, part in ((True, 1.0), (False, 0.92)):
        found = traced(turned(plan, *(("check_selects",) if on else ()))).practitioners
        np.testing.assert_allclose(found["hours_other"], part * found["other_duties"], rtol=1e-12)


def test_successors_are_not_touched_by_a_check_before_they_came() -> None:
    plan = plain_first(
        (1,),
        months=18,
        service={"capacity_checked": 1, "pool": 0, "inflow": 0.0, "briefing": 0.0},
        parameters={"chance_post_filled": 1.0, "weight_comprehensive": 0.2, **STAYS},
        off=("turnover", "leader_turnover", "frustration"),
    )
    plan = with_calendar(with_calendar(plan, successor_training=1.0), slice(4, 5), event_post_leaves=0)
    first = turned(plan, "check_selects", "check_room", "check_known", share_check_decides=0.0, share_load_known=0.0)
    then = with_values(first, {"share_check_decides": 1.0, "share_load_known": 1.0})
    usual, other = (traced(one, seed=4).practitioners for one in (first, then))
    for field in ("other_duties", "commitment", "hours_other"):
        assert (usual["person"] == other["person"]).all()
        later = usual["person"] > 0
        assert later.any()
        assert not later.all()
        np.testing.assert_array_equal(usual[field][later], other[field][later])
        assert (usual[field][~later] != other[field][~later]).any(), field


def test_what_a_check_tells_takes_surprise_away_and_no_more() -> None:
    service = {"capacity_checked": 1, "briefing": 0.0}
    plan = plain_first((4,), months=30, service=service, parameters={"weight_comprehensive": 0.2}, off=("turnover",))
    known = {share: trace(turned(plan, "check_known", share_load_known=share), seed=1, replicate=0) for share in (0.0, 0.5, 1.0)}
    # the limits: as if it was off, and as if the load never surprised
    assert not compared(known[0.0], trace(plan, seed=1, replicate=0)).differences
    assert not compared(known[1.0], trace(with_values(plan, {"weight_comprehensive": 0.0}), seed=1, replicate=0)).differences
    levels = [known[share][1].practitioners["commitment"][5].mean() for share in (0.0, 0.5, 1.0)]
    assert levels[0] < levels[1] < levels[2]
    assert rules.load_unforeseen(0.2, 0.5) == pytest.approx(0.4)


def test_off_willing_selected_selection_leaves_commitment_as_it_is() -> None:
    for kind, sign in ((JOINT_DECISION, 1), (0, -1)):
        plan = plain_plan((6,) * 20, months=1, service={"selection": kind}, parameters={"commitment_mean": 0.6})
        on, off = (traced(one).practitioners["commitment_trait"][0] for one in (plan, turned(plan, off=("willing_selected",))))
        assert (sign * (on - off) >= 0.0).all()
        assert (on != off).mean() > 0.9


# --- planned adaptation


@given(before=SHARE, after=SHARE, agreed=SHARE, backing=SHARE)
def test_what_is_agreed_is_held_and_never_restored(before: float, after: float, agreed: float, backing: float) -> None:
    held = rules.held_to_agreement(before, after, agreed, backing)
    assert after <= held <= max(before, after) + 1e-15
    assert held <= max(agreed, after) + 1e-15
    assert rules.held_to_agreement(before, after, 0.0, backing) == after
    assert rules.held_to_agreement(before, after, agreed, 0.0) == after
    assert rules.held_to_agreement(before, after, agreed, 1.0) == pytest.approx(max(after, min(before, agreed)))


def adapted(agreed: float, backing: float = 1.0, **values: float) -> Plan:
    """Plan in which everybody adapts at once, nobody is supervised, and nobody works on components for another reason."""
    plan = plain_first(
        (4,),
        months=60,
        service={"support_months": 0, "pool": 300, "inflow": 3.0, "leader": LEADER_VACANT},
        post={"other_duties": 60.0},
        parameters={**STAYS, "chance_adapts": 0.95, "share_focus": 0.0, "rate_erosion": 0.05, "rate_planned_cut": 0.05, **values},
        off=("turnover", "leader_turnover"),
    )
    return turned(with_calendar(plan, adaptation_backing=backing), "agreed_core", level_core_agreed=agreed)


def test_an_agreed_core_rests_at_its_level_and_the_rest_goes() -> None:
    found = traced(adapted(0.8, fragility_structure=0.5)).practitioners
    assert (found["status"][6:] == PLANNED_ADAPTATION).all()
    parts = found["components"]
    assert (np.diff(parts, axis=0) <= 0.0).all()  # nothing is restored
    for part in (STRUCTURE, GOALS):
        assert parts[-1, :, part] == pytest.approx(0.8, abs=1e-9)
    assert (parts[-1][:, [HOMEWORK, OTHERS]] < 0.3).all()
    # the control: in the first version adaptation restores them all like full supervision
    first = traced(turned(adapted(0.8, fragility_structure=0.5), off=("agreed_core",))).practitioners["components"]
    assert (first[-1, :, [STRUCTURE, GOALS, TECHNIQUES, HOMEWORK]] > 0.9).all()


def test_nothing_agreed_or_nothing_backed_keeps_nothing() -> None:
    bare = traced(adapted(0.0)).practitioners
    alone = traced(turned(adapted(0.0), "agreed_core", rate_planned_cut=0.0)).practitioners["components"]
    p = as_tuple(adapted(0.0).parameters[0])
    for part, fragility in ((STRUCTURE, p.fragility_structure), (GOALS, p.fragility_goals), (TECHNIQUES, p.fragility_techniques)):
        assert alone[-1, :, part] == pytest.approx((1.0 - 0.05 * fragility) ** 60, rel=1e-9)
        np.testing.assert_array_equal(bare["components"][:, :, part], alone[:, :, part])
    levels = [traced(adapted(agreed)).practitioners["components"][-1, :, GOALS].mean() for agreed in (0.0, 0.6, 0.9)]
    assert levels == sorted(levels)
    assert levels[0] < levels[2]


def test_planned_adaptation_may_help_do_nothing_or_harm() -> None:
    table = read_table().parameters["gain_adapted"]
    assert table.low < 0.0 < table.high
    low, none, high = (rules.gain_factor(PLANNED_ADAPTATION, 0, 0.3, value, 0.4, 0.7) for value in (table.low, 0.0, table.high))
    assert low < rules.gain_factor(FULL_USE, 0, 0.3, 0.0, 0.4, 0.7) == none < high
    gains = [float(traced(adapted(0.8, gain_adapted=value)).services["benefit_sum"][-1, 0]) for value in (-0.3, 0.0, 0.5)]
    assert gains[0] < gains[1] < gains[2]
    # what is judged worth it goes with it: harm is never counted as the better of two modes
    assert rules.expected_benefit(0.3, 0.6, 0.2, 0.5, -0.3, 0.0, 1.0) == rules.expected_benefit(0.3, 0.6, 0.2, 0.5, 0.0, 0.0, 0.0)


# --- the time that monitoring takes


@pytest.mark.parametrize("kind", [GROUP, INDIVIDUAL])
def test_hours_of_figures_are_minutes_times_patients_times_frequency(kind: int) -> None:
    values = {"minutes_figure": 12.0, "times_figure_month": 2.0, "hours_fidelity_monitoring": 0.0, **STAYS}
    service = {"format": kind, "support_months": 0, "pool": 200, "outcome_monitoring": 0.5, "leader": LEADER_VACANT}
    plan = plain_plan((4,), months=36, service=service, parameters=values, post={"other_duties": 60.0}, off=("turnover",))
    found = traced(turned(plan, "monitoring_minutes"))
    spent = np.diff(found.services["hours_monitoring"][:, 0], prepend=0.0)
    # conservation: what the service counts is what its practitioners needed
    np.testing.assert_allclose(spent, found.practitioners["hours_monitoring"].sum(axis=1), atol=1e-9)
    # a figure is filled in once, whoever leads: patients who were in a course before the month and still in it at its start
    patients = (found.patients["state"] == IN_COURSE) | ((found.patients["ended"] >= 1) & (found.patients["ended"] <= 2))
    old = (patients & (found.patients["months"] > 1)).sum(axis=1)
    np.testing.assert_allclose(spent, 12.0 / 60.0 * 2.0 * 0.5 * old, atol=1e-9)
    assert spent.max() > 0.0
    twice = traced(turned(plan, "monitoring_minutes", minutes_figure=24.0))
    assert twice.services["hours_monitoring"][-1, 0] > found.services["hours_monitoring"][-1, 0]
    none = traced(turned(plan, "monitoring_minutes", off=("monitoring_burden",)))
    assert none.services["hours_monitoring"][-1, 0] == 0.0
    assert rules.hours_of_figures(30.0, 4.0, 1.0, 1.0) == 2.0


def test_hours_of_monitoring_do_not_exhaust() -> None:
    values = {"hours_monitoring": 6.0, "hours_capacity": 150.0, **STAYS}
    service = {"outcome_monitoring": 1.0, "support_months": 0, "pool": 100}
    off = ("turnover", "leader_turnover", "exhaustion")
    plan = plain_first((4,), months=24, service=service, parameters=values, post={"other_duties": 148.0}, off=off)
    usual, spared = traced(plan).practitioners, traced(turned(plan, "monitoring_untiring")).practitioners
    # nothing but exhaustion, which moves nobody here, is otherwise
    np.testing.assert_array_equal(usual["hours_given"], spared["hours_given"])
    assert (spared["exhaustion"] <= usual["exhaustion"]).all()
    assert (spared["exhaustion"][-1] < usual["exhaustion"][-1]).any()
    # the limit: without monitoring there is nothing to be spared
    quiet = turned(plan, off=("monitoring_burden",))
    at_rest = [trace(one, seed=1, replicate=0) for one in (quiet, turned(quiet, "monitoring_untiring"))]
    assert not compared(*at_rest).differences


def test_burden_and_judgement_of_figures_come_apart() -> None:
    plan, seed = shipped("nine-services")
    doses = {"outcome_monitoring": 0.8, "monitoring_belief": 0.9}
    off = ("monitoring_burden", "monitoring_judgement", "feedback")
    quiet = turned(plan, off=off, odds_dropout_feedback=1.0, dose_monitoring_active=0.0)
    without, having = (trace(one, seed=seed, replicate=1)[1] for one in (quiet, with_calendar(quiet, slice(15, 84), **doses)))
    # neither their hours nor what they show: believed figures are as good as none
    assert (having.services["monitoring_use"][60] > 0.5).all()
    for field in ("belief", "status", "commitment", "hours_given", "evaluation_fatigue"):
        np.testing.assert_array_equal(without.practitioners[field], having.practitioners[field])
    for which in ("monitoring_burden", "monitoring_judgement"):  # controls: each alone does something
        one = trace(turned(with_calendar(quiet, slice(15, 84), **doses), which), seed=seed, replicate=1)[1]
        assert (one.practitioners["belief"] != without.practitioners["belief"]).any(), which


# --- what figures give to patients


def fed_back(**values: float) -> Plan:
    """Plan in which figures are fully used from the start and move no decision."""
    service = {
        "format": INDIVIDUAL, "support_months": 0, "pool": 300, "monitoring_belief": 1.0, "outcome_monitoring": 1.0,
        "leader": LEADER_VACANT,
    }  # fmt: skip
    plan = plain_first(
        (6,),
        months=18,
        service=service,
        post={"other_duties": 60.0},
        parameters={**STAYS, "chance_relapse": 0.0, "odds_dropout_feedback": 1.0, "recovery_mean": 3.0, **values},
        off=("turnover", "reception", "monitoring_burden"),
    )
    return with_calendar(plan, monitoring_belief=1.0)


def difference(values: dict[str, float]) -> tuple[np.ndarray, np.ndarray, Any]:
    """What feedback has added to every patient in a course, share of the full course attended, and the run with it."""
    plan = fed_back(**values)
    off, on = traced(plan), traced(turned(plan, "feedback"))
    there = (on.patients["state"] == IN_COURSE) & (on.patients["recovery"] < 5.0)
    assert (on.patients["state"] == off.patients["state"]).all()
    more = (on.patients["recovery"] - off.patients["recovery"])[there]
    course = float(plan.parameters["sessions_course"][0])
    return more, (on.patients["sessions_attended"] / course)[there], on.patients[there]


def test_the_gain_by_feedback_is_the_published_effect_over_a_full_course() -> None:
    same = {"effect_feedback": 0.15, "effect_feedback_off_track": 0.15, "recovery_spread": 0.39}
    more, attended, _ = difference(same)
    np.testing.assert_allclose(more, 0.15 * 0.39 * attended, atol=1e-9)
    assert attended.max() > 0.8
    assert rules.gain_of_feedback(1.0, 0.15, 0.39, 40.0, 40.0) == pytest.approx(0.0585)
    assert rules.gain_of_feedback(0.0, 0.15, 0.39, 40.0, 40.0) == 0.0


def test_who_is_known_not_to_be_on_track_gets_the_other_effect() -> None:
    mixed = {"gain_course": 0.05, "gain_spread": 0.5}  # some gain by the practice, some lose
    more, attended, patients = difference({"effect_feedback": 0.0, "effect_feedback_off_track": 0.2, **mixed})
    never_looked = patients["looks"] == 0
    assert (more[never_looked] == 0.0).all()
    looked = (patients["looks"] > 0) & (attended > 0.3)
    behind = patients["recovery"] - patients["recovery_start"] < 0.0
    assert (looked & behind).sum() >= 3
    assert (more[looked & behind] > 0.0).mean() > 0.9
    assert (more[looked] == 0.0).any()
    assert rules.off_track(0.05, 0.4, 10.0, 40.0)
    assert not rules.off_track(0.1, 0.4, 10.0, 40.0)


@pytest.mark.parametrize("which", ["feedback", "feedback_dropout"])
def test_figures_that_nobody_believes_in_give_nothing(which: str) -> None:
    plan, seed = shipped("monitoring-imposed")
    unused = replace(plan, calendars=plan.calendars.copy())
    unused.calendars["monitoring_belief"] = 0.0
    unused.services["monitoring_belief"] = 0.0
    unused = turned(unused, off=(which,), share_monitoring_promoted=0.0)
    runs = [trace(one, seed=seed, replicate=1) for one in (unused, turned(unused, which))]
    assert not compared(*runs).differences
    # the control: where they are believed, and the odds are far from 1
    used = turned(plan, off=(which,), odds_dropout_feedback=4.0)
    used = with_calendar(used, slice(15, None), outcome_monitoring=0.8, monitoring_belief=0.9)
    assert compared(*(trace(one, seed=seed, replicate=1) for one in (used, turned(used, which)))).differences


def test_gain_and_dropout_by_feedback_come_apart() -> None:
    """What *feedback* moves is what is gained, what *feedback dropout* moves is who drops out: each alone one of the two."""
    plan = turned(fed_back(odds_dropout_feedback=4.0, chance_dropout=0.3), off=("feedback_dropout",), effect_feedback=0.2)
    off, gain, dropout = (traced(one) for one in (plan, turned(plan, "feedback"), turned(plan, "feedback_dropout")))
    assert dropout.services["dropped_out"][-1].sum() < off.services["dropped_out"][-1].sum()
    assert (gain.patients["state"] == off.patients["state"]).all()
    assert (gain.services["dropped_out"] == off.services["dropped_out"]).all()
    assert (gain.patients["recovery"] != off.patients["recovery"]).any()
    assert (dropout.patients["state"] != off.patients["state"]).any()
    # up to the month in which somebody drops out in one run and not in the other, that one included, all gain the same
    first = int(np.flatnonzero((dropout.patients["state"] != off.patients["state"]).any(axis=1))[0])
    assert first > 0
    assert (dropout.patients["recovery"][: first + 1] == off.patients["recovery"][: first + 1]).all()
    assert (gain.patients["recovery"][: first + 1] != off.patients["recovery"][: first + 1]).any()  # the control


# --- autonomy without a built-in sign


@given(c=SHARE, x=SHARE, support=SHARE, a=SHARE, b=SHARE)
def test_weighing_has_no_sign_of_autonomy_built_in(c: float, x: float, support: float, a: float, b: float) -> None:
    def ready(autonomy: float, commitment: float, expectation: float, pull: float = 0.0, h: float = 0.0) -> float:
        return rules.readiness_weighed(autonomy, commitment, h, pull, support, expectation)

    # commitment and expectation equal, or nothing expected: it moves nothing
    assert ready(a, c, c) == ready(b, c, c) == c
    assert ready(a, c, 0.0, 0.5, 0.3) == ready(b, c, 0.0, 0.5, 0.3)
    # else own judgement wins over others' expectation the more, the more autonomy: its sign is that of the difference
    assert (ready(1.0, c, x) - ready(0.0, c, x)) * (c - x) >= 0.0
    assert ready(1.0, c, x) == c
    assert min(c, x) - 1e-12 <= ready(a, c, x) <= max(c, x) + 1e-12


def test_the_default_form_has_it_built_in() -> None:
    # the control: without expectation readiness is proportional to autonomy
    assert rules.readiness(0.4, 0.6, 0.0, 0.0, 0.5, 0.0) == pytest.approx(0.24)
    assert rules.readiness(0.8, 0.6, 0.0, 0.0, 0.5, 0.0) == pytest.approx(0.48)


def test_autonomy_moves_nothing_in_a_region_where_nothing_is_expected() -> None:
    values = {"expectation_champion": 0.0, "spread_leader_view": 0.0, "weight_autonomy_support": 0.0, "share_autonomy_lost": 0.0}
    service = {"leader": LEADER_VACANT, "expectation_at_start": 0.0}
    runs = {}
    for word in ("weighing", "proportional"):
        for autonomy in (0.3, 1.0):
            plan = plain_plan(
                (4, 2), months=48, service=service, post={"autonomy": autonomy}, forms={"readiness": word},
                parameters={**values, "chance_leader_found": 0.0},
            )  # fmt: skip
            found = traced(plan).practitioners
            runs[word, autonomy] = found
            assert (found["expectation"] == 0.0).all()
    for field in ("readiness", "status", "commitment", "sessions"):
        np.testing.assert_array_equal(runs["weighing", 0.3][field], runs["weighing", 1.0][field])
    low, high = (runs["proportional", autonomy]["readiness"] for autonomy in (0.3, 1.0))
    assert (low != high).any()
    assert (runs["weighing", 1.0]["status"] <= WAITING).any()
