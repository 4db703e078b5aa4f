"""A mechanism that is off is at its stated neutral."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.codes import PLANNED_ADAPTATION, POST_VACANT, STOPPED, UNTRAINED
from sim.engine import Trace, trace
from sim.parameters import read_table
from tests.comparing import compared
from tests.plans import plain_plan, shipped, with_calendar, with_values

pytestmark = [pytest.mark.engine, pytest.mark.bounds]

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
    "monitoring_burden": {"hours_monitoring": 0.0, "hours_fidelity_monitoring": 0.0, "weight_evaluation_fatigue": 0.0},
}
"""Parameters at which a mechanism does nothing: off must be the same to the bit."""


def off_and_neutral(switch: str, replicate: int) -> tuple[Any, Any, Any]:
    plan, seed = shipped("nine-services")
    # some of everything: figures, an active leader for a while, a stated expectation
    plan = with_calendar(plan, slice(20, 50), follow_up=0.6, expectation=0.9, outcome_monitoring=0.8, autonomy_support=-0.5)
    off = with_values(plan, {f"switch_{switch}": 0})
    neutral = with_values(plan, NEUTRAL[switch])
    return tuple(trace(one, seed=seed, replicate=replicate) for one in (plan, off, neutral))


@pytest.mark.parametrize("switch", NEUTRAL)
def test_off_is_the_neutral_value_to_the_bit(switch: str) -> None:
    moved = 0
    for replicate in range(3):
        on, off, neutral = off_and_neutral(switch, replicate)
        found = compared(off, neutral)
        assert not found.differences, found.differences[:5]
        moved += sum(int((on[0].rows[name] != off[0].rows[name]).sum()) for name in on[0].rows.dtype.names)
    assert moved, "the mechanism does nothing here"


def test_every_switch_is_tested_here() -> None:
    here = {"mixed_signals", "reception", "frustration", "turnover", "adaptation", "meetings_lapse"}
    beside = {"monitoring_judgement", "feedback_dropout"}  # test_checks_and_figures.py
    switches = read_table().switches
    assert set(NEUTRAL) | here | beside == {name for name, one in switches.items() if one.on}
    # those of the second version, which are off until calibrated, have tests of their own
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    for name in (name for name, one in switches.items() if not one.on):
        assert any(f'"{name}"' in text for text in texts), name


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
        gone = any((run.practitioners["status"] >= POST_VACANT).any() for run in runs)
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
