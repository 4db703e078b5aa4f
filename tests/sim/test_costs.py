"""What a policy costs in hours, against what can be worked out by hand."""

import numpy as np
import pytest

from sim.codes import ACTIVE, LEADER_VACANT, PASSIVE_SUPPORTIVE, WAITING
from sim.engine import Trace, trace
from sim.plan import Plan
from tests.comparing import assert_same, twins
from tests.plans import plain_first, plain_plan, with_calendar

pytestmark = pytest.mark.portable

MONTHS, POSTS = 36, 3
PRICED = (
    "expectation", "clarity", "reallocation", "autonomy_support", "monitoring_belief", "adaptation_backing", "hiring", "champion",
    "barrier_removal",
)  # fmt: skip
"""Levers that cost leader hours at ``hours_leader_lever``."""

FREE = ("signal", "backing", "workload", "inflow", "functioning", "demanding_share", "outside_support", "budget_cut")
"""Levers that are not the leader's to give."""


def plan_with(leader: int = PASSIVE_SUPPORTIVE, posts: int = POSTS, **service: float) -> Plan:
    return plain_plan(
        (posts,),
        months=MONTHS,
        service={"leader": leader, "clarity": 0.0, "plan": 0.0, **service},
        parameters={
            "hours_leader_lever": 1.5,
            "hours_champion": 2.0,
            "hours_training": 30.0,
            "chance_leader_found": 0.0,
            "chance_budget_lost": 0.0,
        },
        # what is institutionalised keeps meetings, which cost hours of their own
        off=("leader_turnover", "institutionalisation"),
    )


def traced(plan: Plan) -> Trace:
    return trace(plan, seed=3, replicate=0)[1]


def leader_hours(plan: Plan) -> float:
    return float(traced(plan).services["hours_leader"][-1, 0])


@pytest.mark.engine
@pytest.mark.parametrize("lever", PRICED)
def test_a_lever_costs_its_dose_in_leader_hours_each_month(lever: str) -> None:
    # a vacant post raises nothing and answers nothing: what is left are the lever's own hours
    plain = plan_with(LEADER_VACANT)
    for dose in (0.5, 1.0):
        more = leader_hours(with_calendar(plain, **{lever: dose})) - leader_hours(plain)
        assert more == pytest.approx(1.5 * dose * MONTHS, rel=1e-12)
    assert leader_hours(with_calendar(plain, **{lever: 0.0})) == leader_hours(plain)


@pytest.mark.engine
@pytest.mark.parametrize("lever", FREE)
def test_what_is_not_the_leaders_to_give_costs_the_leader_nothing(lever: str) -> None:
    plain = plan_with(LEADER_VACANT)
    assert leader_hours(with_calendar(plain, **{lever: 0.5})) == leader_hours(plain)


OWN = {
    "expectation": lambda found: found.leaders["raising"][:, 0],
    "reallocation": lambda found: found.services["reallocation"][:, 0],
    "clarity": lambda found: np.minimum(found.services["clarity"][:, 0], found.services["plan"][:, 0]),
    "hiring": lambda found: found.leaders["raising"][:, 0],
}
"""What a service under an active leader has of a lever by itself, month by month."""


@pytest.mark.engine
@pytest.mark.parametrize("lever", OWN)
def test_what_the_service_has_by_itself_is_not_paid_twice(lever: str) -> None:
    plain = plan_with(ACTIVE, leader_informed=1.0, reallocation=0.3)
    for dose in (0.2, 1.0):
        run = traced(with_calendar(plain, **{lever: dose}))
        own = OWN[lever](run)
        assert own.max() > 0.2
        # what else the policy changes (barriers, figures) costs the leader nothing here: monitoring and meetings are the same
        more = run.services["hours_leader"][-1, 0] - traced(plain).services["hours_leader"][-1, 0]
        assert more == pytest.approx(1.5 * np.maximum(0.0, dose - own).sum(), abs=1e-6)
    assert more > 0.0  # the control: the full dose costs something


@pytest.mark.engine
def test_taking_autonomy_support_away_costs_nothing() -> None:
    plain = plan_with(LEADER_VACANT)
    assert leader_hours(with_calendar(plain, autonomy_support=-0.5)) == leader_hours(plain)


@pytest.mark.engine
def test_protected_time_is_paid_by_colleagues_as_far_as_it_is_used() -> None:
    plain = plan_with(LEADER_VACANT)
    for budget_cut, granted in ((0.0, 3.0), (0.5, 1.5)):
        found = traced(with_calendar(plain, protected_time=6.0, reallocation=0.5, budget_cut=budget_cut))
        posts = found.practitioners
        assert found.services["protected_time"][-1, 0] == pytest.approx(granted)
        used = np.where(posts["status"] <= WAITING, np.minimum(granted, posts["hours_given"]), 0.0).sum(axis=1)
        covered = np.diff(found.services["hours_covered"][:, 0], prepend=0.0)
        assert (posts["status"] > WAITING).any()  # some have stopped: nothing is covered for them
        same = covered == pytest.approx(used)
        assert same or np.isclose(covered, used).mean() > 0.9  # who decides this month is counted by what he did before
        assert covered.sum() > 50.0
    # without anybody who takes it over, goodwill costs nobody anything
    nobody = traced(with_calendar(plain, protected_time=6.0))
    assert nobody.services["hours_covered"][-1, 0] == 0.0


@pytest.mark.engine
def test_a_champion_costs_practitioner_hours_once_appointed_or_not() -> None:
    def hours(plan: Plan) -> np.ndarray:
        found = traced(plan).services["hours_practitioner"][:, 0]
        return np.diff(found, prepend=0.0)

    plain = plan_with(LEADER_VACANT)
    appointed = hours(with_calendar(plain, champion=0.5))
    assert appointed[0] - hours(plain)[0] == pytest.approx(1.0)  # before championing moves anybody
    own = plain_plan(
        (POSTS,),
        months=MONTHS,
        service={"leader": LEADER_VACANT},
        post={"champion": 1},
        parameters={"hours_champion": 2.0, "chance_leader_found": 0.0},
        off=("leader_turnover",),
    )
    none = plain_plan(
        (POSTS,),
        months=MONTHS,
        service={"leader": LEADER_VACANT},
        post={"champion": 1},
        parameters={"hours_champion": 0.0, "chance_leader_found": 0.0},
        off=("leader_turnover",),
    )
    assert hours(own)[0] - hours(none)[0] == pytest.approx(2.0)
    assert hours(with_calendar(own, champion=0.5))[0] == pytest.approx(hours(own)[0])  # not twice


@pytest.mark.engine
def test_training_a_successor_costs_its_hours_and_informal_training_none() -> None:
    def trained(chance: float) -> tuple[float, int]:
        plan = plain_first(  # in which training goes on where nobody carries the practice
            (6,),
            months=84,
            service={"leader": LEADER_VACANT},
            parameters={
                "hours_training": 30.0, "chance_leaves": 0.05, "chance_informal_training": 0.3, "chance_leader_found": 0.0,
            },
        )  # fmt: skip
        found = traced(with_calendar(plan, successor_training=chance)).services
        return float(found["hours_training"][-1, 0]), int(found["successors_trained"][-1, 0])

    hours, count = trained(1.0)
    assert count > 3
    assert hours == 30.0 * count
    hours, count = trained(0.0)
    assert count > 3
    assert hours == 0.0


@pytest.mark.engine
def test_the_other_engine_says_the_same() -> None:
    plan = with_calendar(plan_with(), champion=0.5, expectation=0.7, protected_time=4.0, reallocation=0.5, successor_training=0.4)
    assert_same(twins(plan, seed=2, replicate=1))
