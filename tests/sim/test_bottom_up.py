"""From below: practitioners raise the practice with their leader, are heard or not, and what it costs them."""

from typing import Any

import numpy as np
import pytest

from sim import rules
from sim.codes import LEADER_VACANT, PASSIVE_SUPPORTIVE, UNAVAILABLE, UNSUPPORTIVE_TRUSTING, WAITING
from sim.engine import Trace, trace
from sim.plan import LEADER_EVENT_LEAVES, Plan
from tests.comparing import assert_same, compared, mesa_trace, twins
from tests.plans import first_version, plain_plan, shipped, shortened, with_calendar, with_posts, with_services, with_values

pytestmark = [pytest.mark.engine, pytest.mark.bounds]

SILENT = {"share_voiced": 0.0, "weight_pessimism": 0.0, "hours_justifying": 0.0}


def below(leader: int = PASSIVE_SUPPORTIVE, *, months: int = 48, **values: Any) -> Plan:
    off = ("leader_turnover", "turnover")
    return plain_plan((4, 3), months=months, service={"leader": leader}, parameters=values, off=off)


def states_of(plan: Plan, replicate: int = 0) -> Trace:
    return trace(plan, seed=1, replicate=replicate)[1]


def fields_that_differ(first: Plan, second: Plan) -> set[str]:
    found = compared(trace(first, seed=1, replicate=0), trace(second, seed=1, replicate=0))
    return {one.field for one in found.differences}


def test_where_nobody_raises_it_it_is_as_without_it_to_the_bit() -> None:
    plan = with_values(shipped("nine-services")[0], {"switch_bottom_up": 0})
    assert not fields_that_differ(plan, with_values(plan, {"switch_bottom_up": 1, **SILENT}))
    assert {"voice", "moved", "frustration"} <= fields_that_differ(plan, with_values(plan, {"switch_bottom_up": 1}))


def test_pessimism_and_justification_move_nothing_without_the_switch() -> None:
    plan = with_values(shipped("nine-services")[0], {"switch_bottom_up": 0})
    other = with_posts(with_services(plan, justification=0.0), pessimism=0.0)
    assert fields_that_differ(plan, other) <= {"justification", "pessimism"}
    assert fields_that_differ(*(with_values(one, {"switch_bottom_up": 1}) for one in (plan, other))) > {
        "justification",
        "pessimism",
    }


def test_a_service_is_heard_as_far_as_somebody_speaks() -> None:
    service, practitioners = states_of(below()).services[:, 0], states_of(below()).practitioners[:, :4]
    np.testing.assert_allclose(service["voice"], 1 - np.prod(1 - practitioners["voice"], axis=1), atol=1e-12)
    silent = practitioners["status"] > WAITING
    assert (practitioners["voice"][1:][silent[1:] & silent[:-1]] == 0.0).all()
    assert rules.voice(0.4, 0.5, 0.8, 0.25) == pytest.approx(0.12)
    assert rules.voice(0.4, 0.5, 0.0, 0.25) == rules.voice(0.4, 0.5, 0.8, 1.0) == 0.0


def test_a_positive_leader_is_moved_for_a_while_and_one_who_cannot_be_reached_is_not() -> None:
    moved = {
        leader: states_of(below(leader)).leaders["moved"] for leader in (PASSIVE_SUPPORTIVE, UNSUPPORTIVE_TRUSTING, UNAVAILABLE)
    }
    assert (moved[UNAVAILABLE] == 0.0).all()
    assert (moved[PASSIVE_SUPPORTIVE][3:12] > moved[UNSUPPORTIVE_TRUSTING][3:12]).all()
    assert (moved[UNSUPPORTIVE_TRUSTING][3:12] > 0.0).all()
    alone = first_version(below(), "bottom_up")  # passive leaders raise nothing by themselves
    states = states_of(alone)
    p = alone.parameters[0]
    assert (states.leaders["raising"] == p["raising_moved"] * states.leaders["moved"]).all()
    # it fades once nobody speaks: all have left the practice at once
    gone = with_values(alone, {"chance_stops": 10.0, "chance_restarts": 0.0})
    fading = states_of(gone).leaders["moved"][:, 0]
    silent = states_of(gone).services["voice"][:, 0] == 0.0
    assert silent[-20:].all()
    np.testing.assert_allclose(fading[-10:], fading[-11:-1] * (1 - p["rate_moved_fades"]), rtol=1e-9)


def test_raising_it_in_vain_frustrates_and_being_heard_does_not() -> None:
    deaf = below(UNAVAILABLE)
    calm = states_of(with_values(deaf, {"weight_unheard": 0.0})).practitioners["frustration"]
    upset = states_of(with_values(deaf, {"weight_unheard": 0.5})).practitioners["frustration"]
    assert upset[11].mean() > calm[11].mean() + 0.02
    heard = with_calendar(deaf, follow_up=1.0)
    assert not fields_that_differ(heard, with_values(heard, {"weight_unheard": 0.0}))


def test_being_unheard_makes_pessimistic_and_being_heard_hopeful() -> None:
    deaf = with_posts(below(UNAVAILABLE, rate_pessimism=0.4), pessimism=0.3)
    pessimism = states_of(deaf).practitioners["pessimism"]
    assert (np.diff(pessimism, axis=0) >= 0.0).all()
    assert (pessimism[-1] > 0.3).all()
    heard = states_of(with_calendar(deaf, follow_up=1.0)).practitioners["pessimism"]
    assert (np.diff(heard, axis=0) <= 0.0).all()
    assert (heard[11] < 0.3).all()
    # who is pessimistic is less committed
    light = states_of(with_values(deaf, {"weight_pessimism": 0.0})).practitioners["commitment"][:6].mean()
    heavy = states_of(with_values(deaf, {"weight_pessimism": 0.4})).practitioners["commitment"][:6].mean()
    assert heavy < light


def test_having_to_justify_costs_hours_until_the_leader_goes() -> None:
    free = below(UNSUPPORTIVE_TRUSTING)
    bound = with_services(free, justification=1.0)
    first = [states_of(one).practitioners for one in (free, bound)]
    busy = first[0]["hours_need"][0] > 0.0
    extra = free.parameters["hours_justifying"][0]
    np.testing.assert_allclose(first[1]["hours_need"][0][busy], first[0]["hours_need"][0][busy] + extra, rtol=1e-12)
    assert (first[1]["voice"][0] >= first[0]["voice"][0]).all()
    leaves = with_calendar(bound, slice(10, 11), event_leader=LEADER_EVENT_LEAVES)
    service = states_of(leaves).services
    assert (service["justification"][9] == 1.0).all()
    assert (service["justification"][10:] == 0.0).all()
    assert (states_of(leaves).leaders["type"][10] == LEADER_VACANT).all()


def test_engines_agree_and_the_order_of_agents_does_not_matter() -> None:
    plan, seed = shipped("nine-services")
    plan = with_values(plan, {"switch_bottom_up": 1, "share_voiced": 0.9})
    assert_same(twins(plan, seed=seed, replicate=1))
    short = shortened(plan, 24)
    in_order = mesa_trace(short, seed=seed, replicate=1)
    assert_same(compared(in_order, mesa_trace(short, seed=seed, replicate=1, shuffled=True)))
