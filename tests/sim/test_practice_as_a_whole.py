"""The practice in a service as a whole: given up and taken up again by decision, rests in parts, carried by few or many."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.codes import GIVEN_UP, GROUP, PARTIAL_USE, STOPPED, WAITING, RestartReason, StopReason
from sim.engine import Trace, trace
from sim.months.picking import one_of_four
from sim.months.resting import appeal, hazard_parts_again, hours_of_parts, lasting
from sim.plan import Plan, cut
from sim.rules import appeal_of_parts, hazard_by_reason, nobodys_practice
from tests.comparing import compared
from tests.plans import (
    INDIVIDUAL,
    plain_plan,
    shipped,
    shipped_first,
    shortened,
    with_calendar,
    with_services,
    with_values,
)
from tests.sim.test_changing_hands import off, on, one, rows_of, same_rows, values

pytestmark = [pytest.mark.engine, pytest.mark.bounds]

STOPS = ("chance_stops_money", "chance_stops_priority", "chance_stops_workforce")
RESTARTS = ("chance_restart_leader", "chance_restart_mandate", "chance_restart_champion", "chance_restart_patients")
NEVER = dict.fromkeys((*STOPS, *RESTARTS), 0.0)
BRITTLE = {"chance_stops": 0.05, "chance_restarts": 0.3, "chance_leaves": 0.0293, "chance_post_filled": 0.6}
"""Values with which many services are given up and many would be taken up again."""
KEPT = {"weight_carried_kept": 1.0, "weight_expectation_kept": 1.0}
"""Carriers, and a leader who expects it, hold a decision to give up back altogether."""


def brittle(**changed: float) -> tuple[Plan, int]:
    plan, seed = shipped("nine-services")
    return with_values(plan, BRITTLE | changed), seed


# --- decisions of a service


@pytest.mark.portable
def test_a_decision_has_one_reason_each_at_its_own_chance() -> None:
    assert hazard_by_reason(0.02, 0.5, 0.5) == 0.005
    assert hazard_by_reason(0.02, 0.0, 1.0) == 0.0
    count = 10_000
    drawn = np.bincount([one_of_four((i + 0.5) / count, 0.1, 0.2, 0.05, 0.3) for i in range(count)], minlength=5) / count
    np.testing.assert_allclose(drawn, [0.35, 0.1, 0.2, 0.05, 0.3], atol=1e-4)
    order = (StopReason.MONEY, StopReason.LACK_OF_PRIORITY, StopReason.WORKFORCE)
    assert order == (1, 2, 3)
    restarts = (
        RestartReason.NEW_LEADER_OR_GOAL,
        RestartReason.MONEY_OR_MANDATE,
        RestartReason.CHAMPION,
        RestartReason.PATIENTS_WHO_ASK,
    )
    assert restarts == (1, 2, 3, 4)


def sessions_after(states: Trace, s: int, month: int) -> int:
    return int(states.services["sessions"][month:, s].sum())


def given_up_months(plan: Plan, states: Trace) -> dict[int, int]:
    """Month in which each service had been without anybody for long enough for the first time after its first session."""
    nobody = states.services["months_nobody"] >= plan.parameters["months_without_anybody"][0]
    started = states.services["first_session_month"] >= 0
    away = nobody & started
    return {s: int(np.argmax(away[:, s])) for s in range(away.shape[1]) if away[:, s].any()}


def test_without_a_decision_a_service_that_gave_up_stays_so_and_trains_nobody() -> None:
    seen = again = 0
    plan, seed = brittle()
    decides, without = with_values(plan, on("service_decides") | NEVER), with_values(plan, off("service_decides"))
    for replicate in range(10):
        states = trace(decides, seed=seed, replicate=replicate)[1]
        for s, month in given_up_months(decides, states).items():
            assert sessions_after(states, s, month + 1) == 0
            assert states.services["successors_trained"][-1, s] == states.services["successors_trained"][month, s]
            seen += 1
        # Control: without the mechanism recruits and changes of mind bring it back.
        free = trace(without, seed=seed, replicate=replicate)[1]
        again += sum(sessions_after(free, s, month + 1) > 0 for s, month in given_up_months(plan, free).items())
    assert seen > 20
    assert again > 5


def test_a_restart_has_a_reason_and_a_month() -> None:
    plan, seed = brittle()
    found: set[int] = set()
    restarts = 0
    for name in ("nine-services", "active-leader-leaves", "all-active"):
        plan, seed = shipped(name)
        plan = with_values(plan, BRITTLE | on("service_decides", chance_restart_champion=0.2, chance_restart_patients=0.02))
        for replicate in range(20):
            services = trace(plan, seed=seed, replicate=replicate)[1].services
            decided = services["restart_month"] == np.arange(plan.months)[:, None]
            assert (services["restart_reason"][decided] > 0).all()
            assert (services["restart_reason"][services["restart_month"] < 0] == 0).all()
            found |= set(services["restart_reason"][decided].tolist())
            restarts += int(decided.sum())
            stands = services["restart_stands"] == 1
            assert (services["stopped_by_decision"][stands] == 0).all()
            since = np.arange(plan.months)[:, None] - services["restart_month"]
            assert (since[stands] < plan.parameters["months_decision_stands"][0]).all()
    assert restarts > 20
    assert found >= {RestartReason.NEW_LEADER_OR_GOAL, RestartReason.CHAMPION, RestartReason.PATIENTS_WHO_ASK}


def test_a_mandate_restarts_a_practice() -> None:
    plan, seed = brittle(**on("service_decides"), **NEVER | {"chance_restart_mandate": 0.9})
    calendars = plan.calendars.copy()
    calendars["event_signal"][:, 60] = 0
    mandated = with_values(plan, {"chance_restarts": 0.3})
    mandated = replace(mandated, calendars=calendars)
    decided = 0
    for replicate in range(10):
        without, with_it = (trace(one, seed=seed, replicate=replicate)[1].services for one in (plan, mandated))
        late = with_it["restart_month"][-1] >= 60
        assert (with_it["restart_reason"][-1][late] == RestartReason.MONEY_OR_MANDATE).all()
        decided += int(late.sum()) - int((without["restart_month"][-1] >= 60).sum())
    assert decided > 0


@pytest.mark.parametrize("reason", [StopReason.MONEY, StopReason.LACK_OF_PRIORITY, StopReason.WORKFORCE])
def test_a_service_gives_up_for_reasons_that_sites_name(reason: StopReason) -> None:
    plan, seed = brittle(**on("service_decides"), **NEVER | {STOPS[reason - 1]: 0.5}, chance_budget_lost=0.03)
    gave_up = 0
    for replicate in range(10):
        states = trace(plan, seed=seed, replicate=replicate)[1]
        services = states.services
        decided = services["stop_month"][-1] >= 0
        assert (services["stop_reason"][-1][decided] == reason).all()
        assert (services["stop_month"][-1][decided] >= 12).all()  # the study's services went on until then
        gave_up += int(decided.sum())
        for s in np.flatnonzero(decided):
            first = int(plan.services["first_post"][s])
            posts = states.practitioners[:, first : first + int(plan.services["posts"][s])]
            month = int(services["stop_month"][-1, s])
            # nobody begins a course any more, and by and by all have stopped
            assert (posts["status"][month:] >= WAITING).all()
            assert (np.diff(services["started"][month:, s]) == 0).all()
            assert month + 20 > plan.months or (posts["status"][month + 19] >= STOPPED).all()
    assert gave_up > 3


def test_a_running_course_is_finished_when_the_service_gives_up() -> None:
    plan, seed = brittle(**on("service_decides"), **NEVER | {"chance_stops_priority": 0.5}, chance_stops=0.0)
    after = 0
    for replicate in range(10):
        states = trace(plan, seed=seed, replicate=replicate)[1]
        services = states.services
        for s in np.flatnonzero(services["stop_month"][-1] >= 0):
            after += sessions_after(states, s, int(services["stop_month"][-1, s]))
        posts = states.practitioners
        assert (posts["status"][posts["by_service"] == 1] >= WAITING).all()
        assert ((posts["by_service"] == 1) & (posts["status"] == STOPPED)).any()
    assert after > 0


def test_in_observed_months_chance_decides_nothing_for_a_service() -> None:
    eager = NEVER | {"chance_restart_patients": 0.9, "chance_restart_champion": 0.5, "chance_stops_priority": 0.5}
    plan, seed = brittle(**on("service_decides"), **eager)
    decided = {}
    for observed in (plan.months, 0):  # the second is the control
        services = trace(with_services(plan, months_observed=observed), seed=seed, replicate=0)[1].services
        decided[observed] = [int((services[name] >= 0).any(axis=0).sum()) for name in ("restart_month", "stop_month")]
    assert decided[plan.months] == [0, 0]
    assert min(decided[0]) > 0


def decided_months(services: np.ndarray) -> np.ndarray:
    """Months in which each service decided to give the practice up; shape (months, services)."""
    return np.asarray(services["stop_month"] == np.arange(len(services))[:, None])


@pytest.mark.portable
def test_a_practice_is_nobodys_that_nobody_carries_and_no_leader_wants() -> None:
    whole = {"w_carried": 1.0, "w_wanted": 1.0}
    assert nobodys_practice(0, 2.0, wanted=0.0, **whole) == 1.0
    assert nobodys_practice(1, 2.0, wanted=0.2, **whole) == 0.4
    assert nobodys_practice(2, 2.0, wanted=0.3, **whole) == nobodys_practice(5, 2.0, wanted=0.3, **whole) == 0.0
    assert nobodys_practice(0, 2.0, wanted=1.0, **whole) == 0.0
    half = {"w_carried": 0.5, "w_wanted": 0.5}
    assert nobodys_practice(2, 2.0, wanted=0.0, **half) == nobodys_practice(0, 2.0, wanted=1.0, **half) == 0.5
    for weights in (whole, half):
        assert (np.diff([nobodys_practice(one, 3.0, wanted=0.3, **weights) for one in range(4)]) < 0.0).all()
        wanted = np.linspace(0.0, 1.0, 11)
        assert (np.diff([nobodys_practice(1, 3.0, wanted=one, **weights) for one in wanted]) < 0.0).all()
    # neither has its sign built in: without weight it holds nothing back
    assert nobodys_practice(3, 2.0, w_carried=0.0, wanted=1.0, w_wanted=0.0) == 1.0


@pytest.mark.parametrize("enough", [1.0, 2.0, 3.0])
def test_a_practice_that_enough_posts_carry_is_not_given_up_by_decision(enough: float) -> None:
    """However strong the reasons are; with fewer who carry it the same reasons have it given up."""
    certain = dict.fromkeys(STOPS, 0.95) | dict.fromkeys(RESTARTS, 0.0)
    plan, seed = brittle(**on("service_decides"), **certain, chance_budget_lost=0.015, posts_carry_enough=enough, **KEPT)
    decisions = living = 0
    for replicate in range(6):
        services = trace(plan, seed=seed, replicate=replicate)[1].services
        now, needed = decided_months(services), np.minimum(enough, services["posts"])
        assert (services["carriers"] < needed)[now].all()
        decisions += int(now.sum())
        due = (services["chancy"] == 1) & (services["stopped_by_decision"] == 0)
        living += int((due & (services["carriers"] >= needed)).sum())
    assert living > 20  # months in which the reasons were there and enough carried it
    assert decisions > 20


def test_a_leader_who_expects_it_keeps_it() -> None:
    plan, seed = brittle(**on("service_decides"), **NEVER | dict.fromkeys(STOPS, 0.3) | KEPT)
    kept = []
    for expected in (0.0, 0.6, 1.0):
        held = with_calendar(plan, expectation=expected)
        kept.append(sum(decided_months(trace(held, seed=seed, replicate=one)[1].services).sum() for one in range(6)))
    assert kept[0] > kept[1] > kept[2] == 0


def test_neither_carriers_nor_a_leader_hold_a_decision_back_where_they_have_no_weight() -> None:
    """The bounds of both weights include nothing: then what a service decides does not depend on either."""
    decided = {}
    for weight in (0.0, 1.0):  # the second is the control
        plan, seed = brittle(**on("service_decides"), **NEVER | {"chance_stops_priority": 0.1}, **dict.fromkeys(KEPT, weight))
        expected = with_calendar(plan, expectation=1.0)
        services = [trace(expected, seed=seed, replicate=one)[1].services for one in range(6)]
        decided[weight] = sum(int((decided_months(one) & (one["carriers"] >= 2)).sum()) for one in services)
    assert decided[0.0] > 5
    assert decided[1.0] == 0


def test_no_course_begins_after_a_decision_to_restart_has_lapsed() -> None:
    """Those who had taken it up again meanwhile stop; the service is as closed as before the decision."""
    often = {"chance_restart_patients": 0.2, "chance_restart_champion": 0.5, "months_decision_stands": 2.0}
    lapsed = intended = 0
    for stops in ({"chance_stops_priority": 0.2}, {}):  # given up by decision, and for want of anybody
        plan, seed = brittle(**on("service_decides"), **NEVER | stops | often)
        for replicate in range(10):
            states = trace(plan, seed=seed, replicate=replicate)[1]
            services = states.services
            stands, left = services["restart_stands"] == 1, services["use"] == GIVEN_UP
            shut = left[:-1] & ~stands[1:]
            lapses = stands[:-1] & shut
            assert (np.diff(services["started"], axis=0)[shut] == 0).all()
            lapsed += int(lapses.sum())
            for month, s in np.argwhere(lapses):
                first = int(plan.services["first_post"][s])
                status = states.practitioners["status"][:, first : first + int(plan.services["posts"][s])]
                intended += int((status[month] < WAITING).sum())
                assert (status[month + 1] >= WAITING).all()
    assert lapsed > 10
    assert intended > 5  # somebody had taken it up when it lapsed


def test_sessions_of_courses_that_ran_on_are_no_restart() -> None:
    plan, seed = brittle(**on("service_decides"), **NEVER | {"chance_stops_priority": 0.5}, chance_stops=0.0)
    ran_on = 0
    for replicate in range(10):
        services = trace(plan, seed=seed, replicate=replicate)[1].services
        for s in np.flatnonzero(services["stop_month"][-1] >= 0):
            after = services[int(services["stop_month"][-1, s]) :, s]
            ran_on += int(after["sessions"].sum())
            assert (after["use"] == GIVEN_UP).all()
            before = services["restarted_given_up"][int(services["stop_month"][-1, s]) - 1, s]
            assert (after["restarted_given_up"] == before).all()
    assert ran_on > 0


def test_a_decision_to_restart_stands_until_a_new_course_gives_a_session() -> None:
    often = {"chance_stops_priority": 0.5, "chance_restart_patients": 0.5, "chance_restart_champion": 0.9}
    plan, seed = brittle(**on("service_decides"), **NEVER | often, chance_stops=0.0, chance_restarts=0.9)
    stood = carried_out = lapsed = 0
    for replicate in range(15):
        services = trace(plan, seed=seed, replicate=replicate)[1].services
        stands, started = services["restart_stands"] == 1, services["started"]
        new = started > services["started_when_stopped"]
        decided = services["stop_month"] >= 0
        # old courses give sessions on: they neither clear the decision nor count as a restart
        stood += int((stands & (services["sessions"] > 0) & ~new & decided)[:-1].sum())
        over = stands[:-1] & ~stands[1:]
        months = np.arange(1, plan.months)[:, None] - services["restart_month"][1:]
        gone_by = months >= plan.parameters["months_decision_stands"][0]
        assert (new[:-1] & (services["sessions"][:-1] > 0))[over & ~gone_by].all()
        carried_out += int((over & ~gone_by).sum())
        lapsed += int((over & gone_by).sum())
        flagged = np.diff(services["restarted_given_up"], axis=0) == 1
        assert new[1:][flagged].all()
        left = (services["use"][:-1] == GIVEN_UP) & (services["use"][1:] != GIVEN_UP)
        assert (new & (services["sessions"] > 0))[1:][left].all()
    assert stood > 0
    assert carried_out > 10


def test_a_service_that_may_never_decide_never_does() -> None:
    plan, seed = shipped("nine-services")
    services = trace(with_values(plan, on("service_decides") | NEVER), seed=seed, replicate=0)[1].services
    assert (services["stop_month"] == -1).all()
    assert (services["restart_month"] == -1).all()


# --- parts


@pytest.mark.portable
def test_parts_appeal_that_fit_and_are_liked() -> None:
    assert appeal_of_parts(1.0, 0.0) == 0.5
    assert appeal_of_parts(0.5, 2.0) == 0.5
    assert appeal_of_parts(1.0, -2.0) == appeal_of_parts(0.0, 2.0) == 0.0
    assert appeal_of_parts(0.6, 1.0) < appeal_of_parts(0.7, 1.0) < appeal_of_parts(0.7, 1.5)


@pytest.mark.portable
def test_hours_of_a_course_in_parts() -> None:
    p = values(
        sessions_month=4.0,
        hours_session_group=1.5,
        share_replaced_group=0.5,
        hours_preparation_group=1.25,
        hours_session_individual=0.75,
        share_replaced_individual=0.8,
        hours_preparation_individual=0.5,
        share_hours_adapted=0.5,
        gain_threshold=0.2,
        gain_scale=0.1,
        switch_parts_last=1,
        share_parts_stay=0.6,
        chance_parts_again=0.02,
    )
    assert hours_of_parts(one("service", format=GROUP), p) == 4.0
    assert hours_of_parts(one("service", format=INDIVIDUAL), p) == pytest.approx(4.0 * 0.65 * 0.5)
    person = one("practitioner", hours_free=2.0, belief=0.3)
    assert appeal(person, one("service", format=GROUP), p) == pytest.approx(0.5 * 0.75)
    assert lasting(person, one("service", format=GROUP), p) == pytest.approx(1.0 - 0.6 * 0.375)
    # patients who ask, belief, commitment
    assert hazard_parts_again(one("service", posts=4, established=4, pool=2), p, 1.5, 2.0) == pytest.approx(0.02 * 0.5 * 3.0)
    assert hazard_parts_again(one("service", posts=4, established=4, pool=0), p, 1.5, 2.0) == 0.0
    assert hazard_parts_again(one("service", posts=4, established=4, pool=9), p, 1.0, 1.0) == 0.02


def ends_of_waiting(plan: Plan, seed: int, replicates: int = 30) -> dict[str, int]:
    """How often somebody went from waiting or stopping to parts, and from waiting to a stop."""
    found = {"waiting to parts": 0, "waiting to a stop": 0, "stopped to parts": 0, "months in parts": 0}
    for replicate in range(replicates):
        posts = trace(plan, seed=seed, replicate=replicate)[1].practitioners
        same = np.diff(posts["person"], axis=0) == 0
        before, after = posts["status"][:-1], posts["status"][1:]
        for name, came, went in (
            ("waiting to parts", WAITING, PARTIAL_USE),
            ("waiting to a stop", WAITING, STOPPED),
            ("stopped to parts", STOPPED, PARTIAL_USE),
        ):
            found[name] += int((same & (before == came) & (after == went)).sum())
        found["months in parts"] += int((posts["status"] == PARTIAL_USE).sum())
    return found


def test_waiting_mostly_leads_to_parts_and_who_stopped_takes_them_up() -> None:
    plan, seed = shipped_first("nine-services")  # where only practitioners end their waiting
    old, new = (ends_of_waiting(with_values(plan, change), seed) for change in (off("parts_last"), on("parts_last")))
    assert old["stopped to parts"] == 0
    assert new["stopped to parts"] > 0
    assert new["waiting to parts"] > 2 * new["waiting to a stop"]
    assert new["waiting to parts"] > old["waiting to parts"]
    assert new["months in parts"] > old["months in parts"]


def test_parts_keep_the_more_the_more_they_may() -> None:
    plan, seed = shipped("nine-services")
    kept = [
        ends_of_waiting(with_values(plan, on("parts_last", share_parts_stay=share)), seed)["months in parts"]
        for share in (0.0, 0.5, 1.0)
    ]
    assert kept[0] < kept[1] < kept[2]


def test_parts_without_any_pull_are_those_of_before() -> None:
    plan, seed = shipped("nine-services")
    plan = with_values(plan, off("parts_last"))
    share = float(plan.parameters["share_gives_up_stops"][0])
    none = {"chance_parts_waiting": 0.0, "chance_parts_again": 0.0, "share_parts_stay": 0.0, "share_waiting_stops": share}
    assert same_rows(plan, with_values(plan, on("parts_last", **none)), seed)


# --- how many carry it

ALONE = {"share_absence_covered": 0.0, "hours_lone_leader": 0.0, "weight_lone_leader": 0.0, "share_voice": 0.0}


def test_the_number_who_carry_may_not_matter() -> None:
    plan, seed = shipped("nine-services")
    plan = with_values(plan, off("critical_mass"))
    assert same_rows(plan, with_values(plan, on("critical_mass", **ALONE)), seed)
    for name, high in (
        ("share_absence_covered", 1.0),
        ("hours_lone_leader", 8.0),
        ("weight_lone_leader", 0.4),
        ("share_voice", 1.0),
    ):
        assert not same_rows(plan, with_values(plan, on("critical_mass", **ALONE | {name: high})), seed), name


def busy(posts: int, **fields: Any) -> Plan:
    """Services of which all posts go on delivering, and in which it does not matter how many there are."""
    kept = {"chance_stops": 0.0, "chance_waits": 0.0, "chance_cuts": 0.0, "share_absence": 0.15, "hours_duties_mean": 130.0}
    start = {"pool": 500, "inflow": 10.0} | fields
    missing = ("turnover", "leader_turnover", "critical_mass")
    return plain_plan((posts,) * 30, months=36, service=start, parameters=kept, off=missing)


def test_colleagues_cover_absences_the_more_the_more_there_are() -> None:
    gained = []
    for posts in (1, 2, 6):
        plan = busy(posts, format=INDIVIDUAL)
        covered = with_values(plan, on("critical_mass", **ALONE | {"share_absence_covered": 1.0}))
        first, second = (rows_of(one, 1, 3)["sessions"][..., 12:].sum() for one in (plan, covered))
        gained.append(second / first)
    assert gained[0] == 1.0  # nobody covers for a post that is alone
    assert 1.0 < gained[1] < gained[2] < 1.0 / 0.85 + 0.02


def test_who_leads_a_group_alone_prepares_alone_and_tires() -> None:
    need, tired = {}, {}
    for posts in (1, 2):
        for switched in (False, True):
            plan = busy(posts, format=GROUP)
            if switched:
                plan = with_values(plan, on("critical_mass", **ALONE | {"hours_lone_leader": 8.0, "weight_lone_leader": 0.4}))
            states = trace(plan, seed=1, replicate=0)[1]
            alone = (states.practitioners["partner"] < 0) & (states.practitioners["shared_patients"] > 0)
            assert alone.any() == (posts == 1)
            need[posts, switched] = states.practitioners["hours_need"].mean()
            tired[posts, switched] = states.practitioners["exhaustion"].mean()
    assert need[1, True] > need[1, False]
    assert tired[1, True] > tired[1, False]
    assert (need[2, True], tired[2, True]) == (need[2, False], tired[2, False])  # in pairs nobody is alone


def test_voice_keeps_consideration_up_the_more_there_are() -> None:
    heard = []
    for posts in (1, 3, 8):
        plan = with_values(busy(posts, leader=1, leader_informed=1.0), on("critical_mass", **ALONE | {"share_voice": 1.0}))
        heard.append(rows_of(plan, 1, 3)["consideration"][..., -1].mean())
    assert heard[0] < heard[1] < heard[2]
    silent = with_values(busy(8, leader=1, leader_informed=1.0), on("critical_mass", **ALONE))
    assert rows_of(silent, 1, 3)["consideration"][..., -1].mean() < heard[0]


# --- all together


def test_luck_stays_local_with_everything_on() -> None:
    plan, seed = shipped("nine-services")
    plan = shortened(plan, 60)
    fewer = cut(plan, (0, 1, 2, 4, 6, 7, 8))
    whole, part = (trace(one, seed=seed, replicate=1) for one in (plan, fewer))
    for s, name in enumerate(fewer.service_names):
        t = plan.service_names.index(name)
        for field in whole[0].rows.dtype.names:
            np.testing.assert_array_equal(whole[0].rows[field][0, t], part[0].rows[field][0, s])
    # Control: a service that starts otherwise is another.
    other = with_services(plan, pool=3)
    assert compared(whole, trace(other, seed=seed, replicate=1)).differences
