"""Leaders, second version: raising by passive leaders, routines that the organisation carries, a programme that ends, decline."""

from typing import Any

import numpy as np
import pytest

from sim import rules
from sim.codes import ACTIVE, PASSIVE_SUPPORTIVE
from sim.engine import Trace, trace
from sim.plan import LEADER_EVENT_LEAVES, Plan
from sim.state import dtype_of
from tests.comparing import assert_same, compared, twins
from tests.plans import blank_calendar, plain_first, shipped, shipped_first, with_calendar, with_services, with_values

pytestmark = [pytest.mark.engine, pytest.mark.bounds]

ROUTINES = ("expectation", "consideration", "monitoring", "selection", "backing", "autonomy")


def on(plan: Plan, *switches: str, **values: float) -> Plan:
    return with_values(plan, {**{f"switch_{name}": 1 for name in switches}, **values})


def fields_that_differ(first: Plan, second: Plan, replicate: int = 0) -> set[str]:
    found = compared(trace(first, seed=1, replicate=replicate), trace(second, seed=1, replicate=replicate))
    return {one.field for one in found.differences}


def states_of(plan: Plan, replicate: int = 0) -> Trace:
    return trace(plan, seed=1, replicate=replicate)[1]


# --- leaders who are not proactive


def test_without_its_share_passive_raising_is_the_first_version_to_the_bit() -> None:
    plan, _ = shipped_first("nine-services")
    assert not fields_that_differ(plan, on(plan, "passive_raising", share_raised_passive=0.0))
    assert fields_that_differ(plan, on(plan, "passive_raising", share_raised_passive=0.3)) >= {"raising", "leadership_received"}


def test_more_proactivity_never_raises_less() -> None:
    proactive = np.linspace(0.0, 4.0, 401)
    for part in (0.0, 0.15, 0.5):
        raised = [max(rules.raising(0.8, 0.9, one, 2.4), rules.raising_passive(0.8, 0.9, one, part)) for one in proactive]
        assert (np.diff(raised) >= 0.0).all()
    assert rules.raising_passive(0.8, 0.5, 2.0, 0.3) == pytest.approx(0.3 * 0.8 * 0.5 * 0.5)


def test_leadership_received_is_the_sum_of_what_was_raised() -> None:
    plan, _ = shipped("nine-services")
    batch, states = trace(with_calendar(plan, slice(30, 50), follow_up=0.7), seed=1, replicate=0)
    raised = states.services["raised"]
    assert (raised[30:50] >= 0.7).all()
    assert (raised >= states.leaders["raising"]).all()
    np.testing.assert_allclose(states.services["leadership_received"], np.cumsum(raised, axis=0), rtol=1e-12)
    assert (states.services["leadership_received"] == batch.rows[0]["leadership_received"].T).all()


# --- routines that the organisation carries

SETTLED = {
    "clarity": 1.0,
    "plan": 1.0,
    "meetings": 2,
    "reallocation": 1.0,
    "institutionalisation": 1.0,
    "consideration": 1.0,
    "leader": ACTIVE,
    "leader_informed": 1.0,
    "barriers": 0.0,
}
"""A service in which everything that a leader builds up stands at its highest."""
STEADY = {
    # nothing decays, nobody new comes, no barrier comes up, and goodwill adds nothing to what is raised
    "rate_upkeep_decay": 0.0,
    "rate_deinstitutionalisation": 0.0,
    "rate_consideration_fading": 0.0,
    "rate_engagement_decay": 0.0,
    "chance_leader_found": 0.0,
    "chance_barrier": 0.0,
    "weight_goodwill": 0.0,
    "dose_monitoring_active": 0.5,
}
LOST = 30
OF_THE_LEADER = {"hours", "hours_leader", "raised", "raising", "leadership_received", "leader_type", "leader_changes"}
OF_THE_LEADER |= set(dtype_of("leader").names or ())
# the scale of implementation leadership rates the person, as he or she is and as perceived: nobody, where there is none
DIMENSIONS = ("proactive", "knowledgeable", "supportive", "perseverant")
OF_THE_LEADER |= {f"{view}_{name}" for view in ("leadership", "perceived") for name in DIMENSIONS}


def settled(**parts: float) -> tuple[Plan, Plan]:
    """A service that keeps its active leader, and the same one that loses the leader."""
    values = {**STEADY, **{f"routine_{name}": parts.get(name, 1.0) for name in ROUTINES}}
    months = 72
    off = ("leader_turnover",)
    plan = plain_first((4, 3), months=months, service=SETTLED, parameters=values, off=off, on=("routines",))
    calendar = blank_calendar(months)
    calendar["event_leader"][LOST] = LEADER_EVENT_LEAVES
    lost = plain_first((4, 3), months=months, service=SETTLED, parameters=values, off=off, on=("routines",), calendar=calendar)
    return plan, lost


@pytest.mark.parametrize("replicate", range(3))
def test_with_all_routines_carried_and_no_decay_a_lost_leader_costs_nothing_but_the_leader(replicate: int) -> None:
    kept, lost = settled()
    found = fields_that_differ(kept, lost, replicate)
    assert found <= OF_THE_LEADER, found - OF_THE_LEADER
    hours = [states_of(one, replicate).services["hours_leader"] for one in (kept, lost)]
    assert (hours[0][:LOST] == hours[1][:LOST]).all()
    assert (hours[0][-1] > hours[1][-1]).all()


@pytest.mark.parametrize("routine", ROUTINES)
def test_a_routine_that_is_not_carried_is_missed(routine: str) -> None:
    kept, lost = settled(**{routine: 0.0})
    assert any(fields_that_differ(kept, lost, replicate) - OF_THE_LEADER for replicate in range(3))


def test_routines_that_are_not_carried_are_the_first_version_to_the_bit() -> None:
    plan, _ = shipped_first("active-leader-leaves-institutionalised")
    none = {f"routine_{name}": 0.0 for name in ROUTINES}
    assert not fields_that_differ(plan, on(plan, "routines", **none))
    assert fields_that_differ(plan, on(plan, "routines")) - OF_THE_LEADER


def test_a_routine_decays_at_what_is_not_institutionalised() -> None:
    kept, decay = 0.75, 0.1
    level = rules.routine_next(0.0, 0.6, decay, kept)
    assert level == 0.6
    for _ in range(10):
        level = rules.routine_next(level, 0.0, decay, kept)
    assert level == pytest.approx(0.6 * (1.0 - 0.1 * 0.25) ** 10)
    assert rules.routine_next(0.6, 0.0, decay, 1.0) == 0.6
    assert rules.routine_next(0.6, 0.0, 1.0, 0.0) == 0.0


# --- a leadership programme that ends

BEGINS, ENDS = 20, 32


def taught(**values: Any) -> Plan:
    """One passive-supportive leader who takes part in a programme of a year; the dose as given, everything else at rest."""
    dose = values.pop("dose", 1.0)
    calendar = blank_calendar(72)
    calendar["leadership_programme"][BEGINS:ENDS] = dose
    return plain_first(
        (4,),
        months=72,
        service={"leader": PASSIVE_SUPPORTIVE},
        parameters={"rate_programme_forgotten": 0.1, **values},
        off=("leader_turnover",),
        on=("leadership_programme",),
        calendar=calendar,
    )


def test_a_programme_raises_the_four_dimensions_and_is_forgotten() -> None:
    plan = taught()
    p = plan.parameters[0]
    leader = states_of(plan).leaders[:, 0]
    gained = np.zeros(72)
    for month in range(BEGINS, 72):
        before = gained[month - 1]
        within = month < ENDS
        gained[month] = before + p["rate_programme"] * (1 - before) if within else before * (1 - 0.1)
    np.testing.assert_allclose(leader["gained"], gained, rtol=1e-12)
    for name in ("proactive", "knowledgeable", "supportive", "perseverant"):
        own = leader[f"{name}_own"]
        assert (own == own[0]).all()
        np.testing.assert_allclose(leader[name], np.minimum(own + p["lift_programme"] * gained, 4.0), rtol=1e-12)
    # the size of L8: at four months nearly as large as at twelve
    assert gained[BEGINS + 3] > 0.85 * gained[ENDS - 1]
    assert (leader["type"] == PASSIVE_SUPPORTIVE).all()


def test_without_forgetting_it_stays_and_a_refresher_brings_it_back() -> None:
    assert (np.diff(states_of(taught(rate_programme_forgotten=0.0)).leaders["gained"][ENDS:, 0]) == 0.0).all()
    plan = taught()
    again = with_calendar(plan, slice(50, 52), leadership_programme=0.5)
    first, second = (states_of(one).leaders["gained"][:, 0] for one in (plan, again))
    assert (first[:50] == second[:50]).all()
    assert (second[50:] > first[50:]).all()


def test_a_leader_who_leaves_takes_along_what_was_learned() -> None:
    plan = taught()
    plan.calendars["event_leader"][0, ENDS] = LEADER_EVENT_LEAVES
    leader = states_of(plan).leaders[:, 0]
    assert leader["gained"][ENDS - 1] > 0.9
    assert (leader["gained"][ENDS:] == 0.0).all()
    # whoever comes next takes part in nothing
    present = leader["tenure"][ENDS:] > 0
    assert present.any()
    assert (leader["proactive"][ENDS:][present] == leader["proactive_own"][ENDS:][present]).all()


def test_meetings_protected_time_and_hours_are_tied_to_the_programme() -> None:
    plan = with_services(taught(), reallocation=1.0)
    service = states_of(plan).services[:, 0]
    without = with_values(
        plan, {"share_programme_meetings": 0.0, "hours_programme_protected": 0.0, "hours_leader_programme": 0.0}
    )
    bare = states_of(without).services[:, 0]
    months = slice(BEGINS + 1, ENDS)
    assert (service["review"][months] >= plan.parameters["share_programme_meetings"][0]).all()
    assert (bare["review"][months] < service["review"][months]).all()
    assert (service["protected_time"][months] > bare["protected_time"][months]).all()
    assert service["hours_leader"][ENDS] > bare["hours_leader"][ENDS]
    assert (service["programme"][BEGINS:ENDS] == 1.0).all()
    assert service["programme"].sum() == ENDS - BEGINS


def test_a_programme_that_teaches_nothing_costs_hours_and_nothing_else() -> None:
    nothing = {
        "lift_programme": 0.0,
        "engagement_programme": 0.0,
        "share_programme_meetings": 0.0,
        "hours_programme_protected": 0.0,
    }
    found = fields_that_differ(taught(**nothing), taught(**nothing, dose=0.0))
    assert found == {"gained", "programme", "hours", "hours_leader"}


def test_without_a_dose_the_switch_changes_nothing_and_without_the_switch_the_dose() -> None:
    whole, _ = shipped("nine-services")
    plan = with_values(whole, {"switch_leadership_programme": 0})
    assert not fields_that_differ(plan, whole)
    assert not fields_that_differ(plan, with_calendar(plan, leadership_programme=1.0))
    assert fields_that_differ(plan, on(with_calendar(plan, leadership_programme=1.0), "leadership_programme"))


def test_leadership_declines_outside_a_programme() -> None:
    plan, _ = shipped_first("nine-services")
    assert not fields_that_differ(plan, on(plan, "leadership_declines", rate_leadership_declines=0.0))
    most = 0.5
    values = {"rate_leadership_declines": 0.01, "decline_leadership_most": most}
    found = states_of(on(with_values(plan, {"switch_leader_turnover": 0}), "leadership_declines", **values))
    stays = (found.leaders["tenure"] > 0).all(axis=0)
    assert stays.sum() >= 8
    leaders = found.leaders[:, stays]

    def lost(months: int | np.ndarray) -> float | np.ndarray:
        """R65 in closed form: it slows down, and ends at the most that can be lost."""
        return most * (1.0 - (1.0 - 0.01 / most) ** months)

    expected = np.maximum(leaders["supportive_own"] - lost(np.arange(1, 85)[:, None]), 0.0)
    np.testing.assert_allclose(leaders["supportive"], expected, atol=1e-12)
    assert 0.4 < leaders["declined"].max() < most < 0.01 * 84  # the control: without an end more would be lost
    # a programme holds it up
    held = with_values(taught(**values), {"switch_leadership_declines": 1})
    declined = states_of(held).leaders["declined"][:, 0]
    assert declined[ENDS - 1] == declined[BEGINS - 1] == pytest.approx(lost(20))
    assert declined[-1] == pytest.approx(lost(72 - 12))


# --- twins


@pytest.mark.parametrize("name", ["nine-services", "active-leader-leaves-institutionalised"])
def test_engines_agree_with_all_of_it_on(name: str) -> None:
    plan, seed = shipped(name)
    plan = with_calendar(plan, slice(14, 30), leadership_programme=0.8)
    mechanisms = ("passive_raising", "routines", "leadership_programme", "leadership_declines")
    assert_same(twins(on(plan, *mechanisms), seed=seed, replicate=2))
