"""A mechanism that is off is at its stated neutral."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.codes import PLANNED_ADAPTATION, POST_VACANT, STOPPED, UNTRAINED
from sim.engine import Trace, trace
from sim.parameters import read_table
from sim.rulebook import SECOND_VERSION
from sim.scenario import read_scenario
from tests.comparing import compared
from tests.plans import first_settings, plain_plan, shipped, with_calendar, with_services, with_values

pytestmark = [pytest.mark.engine, pytest.mark.bounds]

ROUTINES = ("expectation", "consideration", "monitoring", "selection", "backing", "autonomy")
NEUTRAL: dict[str, dict[str, float]] = {
    "fading": {"rate_consideration_fading": 0.0},
    "hesitation": {"weight_hesitation": 0.0},
    "directive_pull": {"weight_directive_pull": 0.0},
    "reactance": {"weight_reactance": 0.0},
    "over_weighting": {"weight_few_patients": 1.0},
    "competence_decay": {"months_half_life": math.inf},
    "peer_influence": {"weight_energy": 0.0, "weight_peers": 0.0},
    "exhaustion": {"odds_leaving_exhausted": 1.0},
    "leader_turnover": {"chance_leader_leaves": 0.0},
    "selective_recruiting": {"share_selective": 0.0},
    "institutionalisation": {"rate_institutionalisation": 0.0},
    "willing_selected": {"commitment_joint": 0.0, "commitment_in_passing": 0.0},
    "monitoring_burden": {
        "hours_monitoring": 0.0, "minutes_figure": 0.0, "hours_fidelity_monitoring": 0.0, "weight_evaluation_fatigue": 0.0,
    },
    "passive_raising": {"share_raised_passive": 0.0},
    "routines": dict.fromkeys((f"routine_{name}" for name in ROUTINES), 0.0),
    "leadership_programme": {
        "lift_programme": 0.0, "engagement_programme": 0.0, "share_programme_meetings": 0.0, "hours_programme_protected": 0.0,
        "hours_leader_programme": 0.0,
    },
    "leadership_declines": {"rate_leadership_declines": 0.0},
    "vacancy_load": {"hours_vacancy": 0.0},
    "incumbent_function": {
        "hours_schedule_vacant": 0.0, "share_referrals_vacant": 0.0, "ratio_recruiting_vacant": 0.0,
        "share_supervision_vacant": 0.0, "share_permission_vacant": 0.0,
    },
    "critical_mass": {
        "share_absence_covered": 0.0, "hours_lone_leader": 0.0, "weight_lone_leader": 0.0, "share_voice": 0.0,
    },
    "upper_level": {"chance_decision_sought": 0.0, "chance_upper_withdraws": 0.0},
    "bottom_up": {"share_voiced": 0.0, "weight_pessimism": 0.0, "hours_justifying": 0.0},
    "check_room": {"share_check_decides": 0.0},
    "check_known": {"share_load_known": 0.0},
    "feedback": {"effect_feedback": 0.0, "effect_feedback_off_track": 0.0},
    "expansion": {"chance_expands": 0.0, "rate_promise_decay": 0.0},
}  # fmt: skip
"""Parameters at which a mechanism does nothing: off must be the same to the bit."""

BESIDE = {"leadership_programme": {"switch_leadership_declines": 0}}
"""What else a mechanism acts on that is no value of its own: a programme holds the decline of leadership off."""

OWN: dict[str, set[str]] = {
    "leadership_programme": {"gained", "programme"},
    "leadership_declines": {"unattended", "declined"},
    "incumbent_function": {"leader_lack"},
    "upper_level": {
        "upper_attention", "upper_money", "upper_delay", "sought", "decisions_granted", "decisions_withdrawn",
        "backing_withdrawn", "money_withdrawn", "budget_withdrawn",
    },
    "bottom_up": {"voice", "moved", "unheard"},
    "expansion": {"promised", "promise"},
}  # fmt: skip
"""State that a mechanism keeps for itself, and that it may keep where it does nothing else."""


ELSEWHERE = {
    "monitoring_judgement": "test_checks_and_figures.py",
    "feedback_dropout": "test_checks_and_figures.py",
    "check_selects": "test_checks_and_figures.py",
    "agreed_core": "test_checks_and_figures.py",
    "monitoring_minutes": "test_checks_and_figures.py",
    "monitoring_untiring": "test_checks_and_figures.py",
    "successors_taught": "test_changing_hands.py",
    "living_practice": "test_changing_hands.py",
    "newcomers_alike": "test_changing_hands.py",
    "service_decides": "test_practice_as_a_whole.py",
    "parts_last": "test_practice_as_a_whole.py",
}
"""Mechanisms without a value at which they do nothing, or with one that hangs on another parameter, and where they are tested."""


def off_and_neutral(switch: str, replicate: int) -> tuple[Any, Any, Any]:
    plan, seed = shipped("nine-services")
    # some of everything: figures, an active leader for a while, a stated expectation, and a check and a programme
    doses = {"follow_up": 0.6, "expectation": 0.9, "outcome_monitoring": 0.8, "monitoring_belief": 0.8, "autonomy_support": -0.5}
    plan = with_services(with_calendar(plan, slice(20, 50), **doses, leadership_programme=0.6), capacity_checked=1)
    plan = with_values(plan, BESIDE.get(switch, {}))
    off = with_values(plan, {f"switch_{switch}": 0})
    neutral = with_values(plan, NEUTRAL[switch])
    return tuple(trace(one, seed=seed, replicate=replicate) for one in (plan, off, neutral))


@pytest.mark.parametrize("switch", NEUTRAL)
def test_off_is_the_neutral_value_to_the_bit(switch: str) -> None:
    moved = 0
    for replicate in range(3):
        on, off, neutral = off_and_neutral(switch, replicate)
        found = compared(off, neutral)
        assert {one.field for one in found.differences} <= OWN.get(switch, set()), found.differences[:5]
        moved += sum(int((on[0].rows[name] != off[0].rows[name]).sum()) for name in on[0].rows.dtype.names)
    assert moved, "the mechanism does nothing here"


def test_every_switch_is_tested_here() -> None:
    here = {"mixed_signals", "reception", "frustration", "turnover", "adaptation", "meetings_lapse"}
    assert here | set(NEUTRAL) | set(ELSEWHERE) == set(read_table().switches)
    for name, file in ELSEWHERE.items():
        assert f'"{name}"' in Path(__file__).with_name(file).read_text(encoding="utf-8"), name
    this = Path(__file__).read_text(encoding="utf-8")
    assert all(f"def test_off_{name.split('_')[0]}" in this for name in here)


def test_every_mechanism_is_on_as_shipped_and_those_of_the_second_version_can_be_left_out() -> None:
    usual = read_scenario("nine-services")
    assert usual.switches_on == set(read_table().switches)
    for name in SECOND_VERSION:
        without = read_scenario("nine-services", overrides={f"switch.{name}": "off"})
        assert usual.switches_on - without.switches_on == {name}
    assert read_scenario("nine-services", overrides=first_settings()).switches_on == usual.switches_on - set(SECOND_VERSION)


SHOWN_BY = {
    # what a mechanism needs to be seen, where the nine services as they are do not have it
    "leadership_programme": "programme-ends", "agreed_core": "cuts-planned", "monitoring_untiring": "monitoring-imposed",
    "feedback": "monitoring-believed", "upper_level": "upper-level-grants",
}  # fmt: skip


@pytest.mark.parametrize("switch", SECOND_VERSION)
def test_each_mechanism_of_the_second_version_moves_something_beside_all_the_others(switch: str) -> None:
    name = SHOWN_BY.get(switch, "nine-services")
    plan, seed = shipped(name)
    plan = with_services(plan, capacity_checked=1)
    found: set[str] = set()
    for replicate in range(3):
        runs = [trace(one, seed=seed, replicate=replicate) for one in (plan, with_values(plan, {f"switch_{switch}": 0}))]
        found |= {one.field for one in compared(*runs).differences}
        if found - OWN.get(switch, set()):
            return
    pytest.fail(f"{switch} moves nothing but its own: {found}")


def with_switch(switch: str, state: int, replicate: int, name: str = "nine-services") -> Trace:
    plan, seed = shipped(name)
    return trace(with_values(plan, {f"switch_{switch}": state}), seed=seed, replicate=replicate)[1]


def test_off_mixed_signals_leave_uncertainty_at_its_resolved_value() -> None:
    plan, _ = shipped("nine-services")
    for state in (0, 1):
        one = with_switch("mixed_signals", state, 0).practitioners
        present = one["status"] != POST_VACANT
        assert (one["uncertainty"][present] == plan.parameters["uncertainty_committed"][0]).all() == (state == 0)


def test_off_reception_leaves_belief_at_its_prior_and_decisions_untilted() -> None:
    for state in (0, 1):
        untilted, unmoved = True, True
        for replicate in range(5):
            one = with_switch("reception", state, replicate).practitioners
            same_person = np.diff(one["person"], axis=0) == 0
            unmoved &= bool((one["belief"][1:] == one["belief"][:-1])[same_person].all())
            decided = one["decided_month"] >= 0
            assert decided.any()
            untilted &= bool((one["decision_terms"][..., 1][decided & (one["status"] == STOPPED)] == 1.0).all())
        assert unmoved == untilted == (state == 0)


def test_off_reception_still_learns_whom_to_ask() -> None:
    plan, seed = shipped("nine-services")
    _, off = trace(with_values(plan, {"switch_reception": 0}), seed=seed, replicate=0)
    _, on = trace(plan, seed=seed, replicate=0)
    assert off.practitioners["seen_patients"].max() > 1
    # a patient counts once, however often progress is looked at
    begun = int(on.services["started"][-1].sum())
    leads = on.practitioners["seen_patients"][-1].sum()
    assert 0 < leads <= 2 * begun


def test_off_frustration_nobody_is_frustrated() -> None:
    for state in (0, 1):
        one = with_switch("frustration", state, 0).practitioners
        present = one["status"] != POST_VACANT
        assert (one["frustration"][present] == 0).all() == (state == 0)


def test_off_turnover_nobody_leaves() -> None:
    for state in (0, 1):
        runs = [with_switch("turnover", state, replicate) for replicate in range(3)]
        left = sum(int(run.services["leavers"][-1].sum()) for run in runs)
        gone = any(((run.practitioners["status"] >= POST_VACANT) & (run.practitioners["reserve"] == 0)).any() for run in runs)
        assert (left == 0) == (not gone) == (state == 0)
    plan = with_calendar(plain_plan((2,), months=6, off=("turnover",)), slice(3, 4), event_post_leaves=1)
    assert trace(plan, seed=1, replicate=0)[1].practitioners["status"][4].tolist()[1] in {
        POST_VACANT,
        UNTRAINED,
    }  # dated events still act


def test_off_adaptation_there_is_no_backing_and_no_planned_adaptation() -> None:
    for state in (0, 1):
        runs = [with_switch("adaptation", state, replicate, "all-active") for replicate in range(3)]
        backed = any((run.services["adaptation_backing"] > 0).any() for run in runs)
        adapted = any((run.practitioners["status"] == PLANNED_ADAPTATION).any() for run in runs)
        assert backed == adapted == (state == 1)


def test_off_meetings_stay_as_they_stood_at_the_start() -> None:
    for state in (0, 1):
        review = with_switch("meetings_lapse", state, 0).services["review"]
        assert sorted(set(review[0].tolist())) == [0.0, 1.0]  # some services have such meetings, others have none
        assert (review == review[0]).all() == (state == 0)
