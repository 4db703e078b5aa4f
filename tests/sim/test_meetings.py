"""Staff meetings that examine the practice last as long as somebody keeps them up."""

import numpy as np
import pytest

from sim.codes import ACTIVE, LEADER_VACANT, MENTIONED, PASSIVE_SUPPORTIVE, STRATEGIC
from sim.engine import trace
from sim.plan import Plan
from tests.comparing import assert_same, twins
from tests.plans import plain_plan, with_calendar

pytestmark = pytest.mark.portable

DECAY, MONTHS = 0.05, 40


def meeting(leader: int, meetings: int = STRATEGIC, *, off: tuple[str, ...] = (), **service: float) -> Plan:
    return plain_plan(
        (3,),
        months=MONTHS,
        service={"leader": leader, "meetings": meetings, **service},
        parameters={"rate_upkeep_decay": DECAY, "chance_leader_found": 0.0},
        off=("leader_turnover", "passive_raising", "bottom_up", *off),  # the passive raise nothing, and nobody makes them
    )


def reviews(plan: Plan) -> np.ndarray:
    found: np.ndarray = trace(plan, seed=1, replicate=0)[1].services["review"][:, 0]
    return found


@pytest.mark.engine
@pytest.mark.parametrize("leader", [PASSIVE_SUPPORTIVE, LEADER_VACANT])
def test_they_lapse_where_nobody_raises_the_practice(leader: int) -> None:
    assert reviews(meeting(leader)) == pytest.approx((1.0 - DECAY) ** np.arange(MONTHS), rel=1e-12)
    assert not reviews(meeting(leader, MENTIONED)).any()  # being mentioned does nothing, and does not become a review


@pytest.mark.engine
def test_an_active_leader_keeps_them_up_and_begins_them() -> None:
    kept, lapsed, begun = reviews(meeting(ACTIVE)), reviews(meeting(PASSIVE_SUPPORTIVE)), reviews(meeting(ACTIVE, MENTIONED))
    assert (kept[1:] > lapsed[1:]).all()
    assert begun[0] == 0.0
    assert begun[12] > 0.05
    assert (begun <= kept).all()


@pytest.mark.engine
def test_what_is_institutionalised_keeps_them_and_a_policy_holds_them() -> None:
    lapsed = reviews(meeting(PASSIVE_SUPPORTIVE))
    kept = reviews(meeting(PASSIVE_SUPPORTIVE, institutionalisation=0.9))
    assert (kept[1:] > lapsed[1:]).all()
    assert (np.diff(kept) < 0).all()
    held = reviews(with_calendar(meeting(PASSIVE_SUPPORTIVE), strategic_meetings=0.6))
    assert held == pytest.approx(np.maximum(lapsed, 0.6), rel=1e-12)


@pytest.mark.engine
@pytest.mark.parametrize("leader", [ACTIVE, PASSIVE_SUPPORTIVE, LEADER_VACANT])
def test_switched_off_they_neither_lapse_nor_begin(leader: int) -> None:
    off = {"off": ("meetings_lapse",)}
    for meetings, stays in ((STRATEGIC, 1.0), (MENTIONED, 0.0)):
        assert (reviews(meeting(leader, meetings, **off)) == stays).all()
        assert (reviews(meeting(leader, meetings))[1:] == stays).all() == (stays == 0.0 and leader != ACTIVE)  # the control


@pytest.mark.engine
def test_a_policy_holds_meetings_whatever_the_switch_says() -> None:
    start, end, dose = 10, 20, 0.6
    for off in ((), ("meetings_lapse",)):
        plan = meeting(PASSIVE_SUPPORTIVE, MENTIONED, off=off)
        held = reviews(with_calendar(plan, slice(start, end), strategic_meetings=dose))
        assert held.tolist() == [dose if start <= month < end else 0.0 for month in range(MONTHS)]
    higher = reviews(with_calendar(meeting(PASSIVE_SUPPORTIVE, off=("meetings_lapse",)), strategic_meetings=dose))
    assert (higher == 1.0).all()


@pytest.mark.engine
@pytest.mark.parametrize("off", [(), ("meetings_lapse",)])
def test_the_other_engine_says_the_same(off: tuple[str, ...]) -> None:
    for leader in (ACTIVE, PASSIVE_SUPPORTIVE):
        assert_same(twins(meeting(leader, off=off), seed=2, replicate=1))
