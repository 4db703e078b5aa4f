"""Where the model has an answer in closed form it gives it, and more of this moves that the way it should."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import rules
from sim.codes import LEADER_VACANT, POST_VACANT
from sim.engine import Trace, simulate, trace
from sim.parameters import read_table
from sim.plan import Plan
from tests.comparing import compared
from tests.plans import INDIVIDUAL, blank_calendar, plain_first, plain_plan, shipped, with_posts, with_values

pytestmark = [pytest.mark.engine, pytest.mark.bounds]

LONELY = {"leader": LEADER_VACANT, "support_months": 0}
NO_LEADER = {"chance_leader_found": 0.0}


def states_of(plan: Plan, replicate: int = 0, seed: int = 1) -> Trace:
    return trace(plan, seed=seed, replicate=replicate)[1]


# --- closed forms


def test_first_holders_leave_at_a_constant_rate() -> None:
    hazard = 0.0145
    posts = 150
    plan = plain_plan(
        (posts,),
        months=73,
        off=("exhaustion",),
        parameters={"factor_first_year": 1.0, "chance_leaves": hazard},
        post={"months_to_retirement": 700.0},
    )
    still = np.zeros(plan.months)
    replicates = 20
    for replicate in range(replicates):
        one = states_of(plan, replicate).practitioners
        still += ((one["person"] == 0) & (one["status"] != POST_VACANT)).sum(axis=1)
    people = posts * replicates
    assert still[0] == people
    for month in (1, 6, 12, 24, 48, 72):
        chance = (1 - hazard) ** month
        spread = math.sqrt(people * chance * (1 - chance))
        assert abs(still[month] - people * chance) < 4 * spread, month
    # the control: half the hazard lies far outside
    chance = (1 - hazard / 2) ** 48
    assert abs(still[48] - people * chance) > 10 * math.sqrt(people * chance * (1 - chance))


def test_volunteers_are_protected_for_a_year() -> None:
    plan = plain_plan((300,), months=14, off=("exhaustion",), parameters={"factor_first_year": 0.0, "chance_leaves": 0.05})
    plan = with_posts(plan, months_to_retirement=700.0)
    left = states_of(plan).services["leavers"][:, 0]
    assert left[12] == 0
    assert left[13] > 0


def test_retirement_comes_when_it_is_due() -> None:
    plan = plain_plan((3,), months=12, parameters={"chance_leaves": 0.0}, post={"months_to_retirement": 5.0})
    status = states_of(plan).practitioners["status"]
    assert (status[:5] != POST_VACANT).all()
    first = states_of(plan).services["leavers"][:, 0]
    assert first.tolist()[:7] == [0, 0, 0, 0, 0, 3, 3]


def test_competence_decays_with_its_half_life() -> None:
    half_life, floor, start = 8.3, 0.5, 0.9
    competence = start
    for _ in range(25):
        competence += rules.competence_unsupervised(competence, floor, half_life, 0.45, 0.0)
    exact = floor + (start - floor) * (1 - math.log(2) / half_life) ** 25
    assert competence == pytest.approx(exact, rel=1e-12)
    # a monthly step is a little faster than the continuous half-life
    assert (competence - floor) / (start - floor) == pytest.approx(0.5 ** (25 / half_life), rel=0.12)
    protected = rules.competence_unsupervised(start, floor, half_life, 0.45, 1.0)
    assert protected == pytest.approx(0.55 * rules.competence_unsupervised(start, floor, half_life, 0.45, 0.0))


def test_competence_decays_so_in_the_engine() -> None:
    months, trained = 70, 30
    calendar = blank_calendar(months)
    calendar["supervision"][:trained] = 8.0
    plan = plain_plan(
        (5,),
        months=months,
        service={**LONELY, "pool": 0, "inflow": 0.0},
        # nobody stops: who has stopped comes to no supervision
        parameters={**NO_LEADER, "chance_stops": 0.0, "chance_gives_up": 0.0},
        off=("turnover",),
        calendar=calendar,
    )
    one = states_of(plan).practitioners
    p = plan.parameters[0]
    k = one["competence"]
    assert k[trained - 1] == pytest.approx(one["ceiling"][0], abs=1e-3)
    floor = one["competence_start"][0] + p["share_skill_kept"] * (one["ceiling"][0] - one["competence_start"][0])
    kept = (k[trained - 1] - floor) * (1 - math.log(2) / p["months_half_life"]) ** (months - trained)
    assert (k[trained - 1] > floor + 0.1).all()
    assert k[-1] == pytest.approx(floor + kept, rel=1e-9)
    frozen = states_of(with_values(plan, {"switch_competence_decay": 0})).practitioners["competence"]
    assert (frozen[-1] == frozen[trained - 1]).all()


def test_belief_is_the_posterior_of_a_normal_mean() -> None:
    plan = plain_plan(
        (4, 3),
        months=60,
        service={**LONELY, "format": INDIVIDUAL, "pool": 200},
        # hours enough for courses, so that there is something to be seen
        parameters={**NO_LEADER, "belief_drift": 0.0, "hours_capacity": 165.0, "hours_duties_mean": 130.0},
        off=("turnover", "over_weighting"),
    )
    one = states_of(plan).practitioners
    p = plan.parameters[0]
    seen = one["seen_count"]
    assert (seen[0] == 0).all()
    # unaided: patients differ, in response and in functioning, and a look has its error
    mix = p["gain_course"] * p["slope_functioning"] * p["functioning_spread"]
    noise = p["gain_spread"] ** 2 + mix**2 + p["noise_seen"] ** 2
    precision = 1 / one["belief_variance"][0] + np.cumsum(seen, axis=0) / noise
    mean = (one["belief"][0] / one["belief_variance"][0] + np.cumsum(one["seen_sum"], axis=0) / noise) / precision
    assert seen.sum() > 30
    np.testing.assert_allclose(one["belief"], mean, rtol=1e-9)
    np.testing.assert_allclose(one["belief_variance"], 1 / precision, rtol=1e-9)
    hasty = states_of(with_values(plan, {"switch_over_weighting": 1})).practitioners
    assert not np.allclose(hasty["belief_variance"], 1 / precision, rtol=1e-3)
    assert (hasty["belief_variance"][-1] <= 1 / precision[-1] + 1e-12).all()


def test_drift_widens_doubt_and_nothing_else() -> None:
    plan = plain_plan((2,), months=10, service={**LONELY, "pool": 0, "inflow": 0.0}, parameters=NO_LEADER, off=("turnover",))
    one = states_of(plan).practitioners
    p = plan.parameters[0]
    grown = p["belief_spread"] ** 2 + p["belief_drift"] ** 2 * np.arange(1, 11)
    np.testing.assert_allclose(one["belief_variance"], np.repeat(grown[:, None], 2, axis=1), rtol=1e-12)
    assert (one["belief"] == one["belief"][0]).all()


def test_consideration_fades_geometrically_under_a_leader_who_raises_nothing() -> None:
    plan = plain_first(  # in which the passive raise nothing and nobody makes them
        (1,), months=40, off=("leader_turnover",), parameters={"threshold_proactive": 4.0, "chance_signal_resolves": 0.0}
    )
    leader = states_of(plan).leaders[:, 0]
    fading = plan.parameters["rate_consideration_fading"][0]
    assert (leader["raising"] == 0).all()
    np.testing.assert_allclose(leader["consideration"], 0.5 * (1 - fading) ** np.arange(1, 41), rtol=1e-12)


NOISES = {
    "autonomy_spread": 0.0,
    "commitment_spread": 0.0,
    "exhaustion_spread": 0.0,
    "belief_spread": 0.0,
    "spread_leader_view": 0.0,
    "hours_duties_spread": 0.0,
    "chance_signal_resolves": 0.0,
    "chance_budget_lost": 0.0,
    "chance_barrier": 0.0,
}


def differing(plan: Plan, entity: str, fields: tuple[str, ...], replicates: int = 6) -> list[str]:
    runs = [getattr(states_of(plan, replicate), entity) for replicate in range(replicates)]
    return [name for name in fields if any((one[name] != runs[0][name]).any() for one in runs[1:])]


def test_without_noise_replicates_do_not_differ_where_luck_has_no_part() -> None:
    leading = ("engagement", "raising", "informed", "consideration", "type", "tenure", "hours")
    service = (
        "clarity",
        "plan",
        "barriers",
        "signal_level",
        "expectation_stated",
        "institutionalisation",
        "support",
        "supervision",
    )
    traits = ("autonomy_trait", "commitment_trait", "exhaustion_trait", "leader_view", "other_duties")
    # in the first version: what practitioners say to their leader, and what they carry, hangs on what chance made of them
    quiet = plain_first((3,), months=36, parameters=NOISES, off=("turnover", "leader_turnover"))
    assert not differing(quiet, "leaders", leading)
    assert not differing(quiet, "services", service)
    assert not differing(quiet, "practitioners", traits)
    loud = plain_plan((3,), months=36)
    assert differing(loud, "practitioners", traits) == list(traits)
    assert {"barriers"} <= set(differing(loud, "services", service))


def test_with_no_patients_and_no_noise_nothing_at_all_differs() -> None:
    off = ("turnover", "leader_turnover", "adaptation")
    still = {**NOISES, "competence_ceiling_spread": 0.0, "competence_service_spread": 0.0}
    never = dict.fromkeys(("chance_stops", "chance_cuts", "chance_waits", "chance_adapts"), 0.0)
    if "competence_start_spread" in read_table().parameters:
        still["competence_start_spread"] = 0.0
    post = {"experience": 5.0, "months_to_retirement": 300.0, "spare_time": 0.0}
    # what an upper level or a service decides is left to chance too, so that nothing is decided by either
    quiet = {"chance_decision_sought": 0.0, "chance_upper_withdraws": 0.0, "chance_expands": 0.0}
    quiet |= {
        name: 0.0 for name in read_table().parameters if name.startswith(("chance_stops_", "chance_restart_", "chance_parts_"))
    }
    parameters = {**still, **never, **quiet}
    plan = plain_plan((2,), months=30, service={"pool": 0, "inflow": 0.0}, parameters=parameters, off=off, post=post)
    first = trace(plan, seed=1, replicate=0)
    for replicate in range(1, 5):
        found = compared(first, trace(plan, seed=9, replicate=replicate)).differences
        assert not [one for one in found if one.first != one.second]  # zero times a draw may be minus zero


def test_a_service_with_one_practitioner_runs_to_the_end() -> None:
    plan = plain_plan((1,), months=84)
    for replicate in range(20):
        batch, states = trace(plan, seed=1, replicate=replicate)
        assert (states.practitioners["partner"] == -1).all()
        assert (states.services["single_carrier"] == 0).all()
        assert (batch.rows["delivering_posts"] <= 1).all()


def test_without_patients_nothing_is_given_and_the_service_never_starts() -> None:
    plan = plain_plan((3,), months=24, service={"pool": 0, "inflow": 0.0})
    rows = trace(plan, seed=1, replicate=0)[0].rows[0, 0]
    assert rows["sessions"].sum() == 0
    assert set(rows["state"]) == {5, 6}


# --- more of this, more of that

share = st.floats(0, 1)
hours = st.floats(0, 200)
CHECKED = settings(derandomize=True, database=None, max_examples=200, deadline=None)


def ordered(strategy: Any) -> Any:
    return st.tuples(strategy, strategy).map(sorted)


@CHECKED
@given(need=ordered(hours), free=ordered(hours), ready=ordered(share))
def test_dilemma_and_hours(need: list[float], free: list[float], ready: list[float]) -> None:
    assert rules.dilemma(need[0], free[0]) <= rules.dilemma(need[1], free[0]) + 1e-15
    assert rules.dilemma(need[0], free[0]) >= rules.dilemma(need[0], free[1])
    assert 0 <= rules.dilemma(need[0], free[0]) <= 1
    assert rules.hours_given(need[0], free[0], ready[0]) <= rules.hours_given(need[0], free[0], ready[1])
    assert min(need[0], free[0]) <= rules.hours_given(need[0], free[0], ready[0]) <= need[0] + 1e-12 * need[0]
    assert rules.squeezed(need[0], free[0]) >= rules.squeezed(need[0], free[1])


@CHECKED
@given(base=st.floats(0, 0.2), commitment=ordered(share), slope=st.floats(1, 6), factor=ordered(st.floats(0, 5)))
def test_hazards(base: float, commitment: list[float], slope: float, factor: list[float]) -> None:
    low, high = (rules.tilt(slope, one - 0.5) for one in commitment)
    assert low >= high > 0
    hazards = [rules.hazard_drop(base, 1.0, one, 1.0, 1.0, 1.0) for one in (low, high)]
    assert 0.95 >= hazards[0] >= hazards[1] >= 0
    assert rules.hazard_drop(base, factor[0], 1.0, 1.0, 1.0, 1.0) <= rules.hazard_drop(base, factor[1], 1.0, 1.0, 1.0, 1.0)
    assert rules.hazard_waiting(base, commitment[0], 0.2, 0.1, 1.0, 1.0) <= rules.hazard_waiting(
        base, commitment[1], 0.2, 0.1, 1.0, 1.0
    )
    assert rules.hazard_waiting(base, 0.5, commitment[0], 0.1, 1.0, 1.0) >= rules.hazard_waiting(
        base, 0.5, commitment[1], 0.1, 1.0, 1.0
    )
    assert rules.hazard_resume(base, commitment[0], 0.5, 0.3, 0.0) <= rules.hazard_resume(base, commitment[1], 0.5, 0.3, 0.0)
    assert rules.tilt(slope, 0.0) == 1.0


@CHECKED
@given(base=st.floats(0, 0.03), exhaustion=ordered(share), neutral=share)
def test_exhausted_people_leave_sooner(base: float, exhaustion: list[float], neutral: float) -> None:
    low, high = (rules.chance_leaving(base, one, neutral, math.log(1.57), 1.0) for one in exhaustion)
    assert low <= high
    assert rules.chance_leaving(base, neutral, neutral, math.log(1.57), 1.0) == base
    more = rules.chance_leaving(base, neutral + 0.25, neutral, math.log(1.57), 1.0)
    assert more == pytest.approx(1.57 * base, rel=1e-12)


@CHECKED
@given(variance=st.floats(1e-4, 1), seen=st.floats(1e-3, 1), count=st.integers(1, 50), kappa=ordered(st.floats(1, 12)))
def test_weight_of_evidence(variance: float, seen: float, count: int, kappa: list[float]) -> None:
    weights = [rules.kalman_gain(variance, seen, float(count), one) for one in kappa]
    assert 0 < weights[0] <= weights[1] < 1
    assert weights[0] <= rules.kalman_gain(variance, seen, float(count + 1), kappa[0])
    assert rules.kalman_gain(variance, seen, float(count), 1.0) == pytest.approx(1 - 1 / (1 + variance * count / seen))
    assert rules.weight_of_evidence(kappa[1], 1.0) == 1.0
    assert rules.weight_of_evidence(kappa[1], 0.0) == pytest.approx(kappa[1])


@CHECKED
@given(a=share, b=share, c=share, d=share, pair=ordered(share))
def test_shares_stay_shares_and_move_the_right_way(a: float, b: float, c: float, d: float, pair: list[float]) -> None:
    low, high = pair
    for values in (
        [rules.consideration_next(a, one, 4 * b, c, d) for one in pair],
        [rules.upkeep_next(a, b, c, d, one) for one in pair],
        [rules.institutionalisation_next(a, one, b, c, 0.03 * d) for one in pair],
        [rules.uncertainty_target(one, a, b, 0.9, 0.6, 0.4) for one in pair],
        [rules.uncertainty_target(a, b, 1 - one, 0.9, 0.6, 0.4) for one in reversed([1 - one for one in pair])][::-1],
        [rules.frustration_target(1.0, one, a, b) for one in pair],
        [rules.exhaustion_target(a, 150 + 50 * one, 150.0, 2.0) for one in pair],
        [rules.supervision_dose(one, 0.6) for one in pair],
        [rules.readiness(a, one, 0.0, 0.0, b, c) for one in pair],
    ):
        assert all(0 <= one <= 1 for one in values)
    assert rules.consideration_next(a, low, 4.0, c, d) <= rules.consideration_next(a, high, 4.0, c, d) + 1e-12
    assert rules.frustration_target(1.0, low, a, b) <= rules.frustration_target(1.0, high, a, b)
    assert rules.frustration_target(1.0, a, low, b) >= rules.frustration_target(1.0, a, high, b)
    assert 1 <= rules.fidelity(a, b, c, 0.59, 0.2) <= 5
    assert rules.fidelity(low, b, c, 0.59, 0.2) <= rules.fidelity(high, b, c, 0.59, 0.2)
    assert rules.fidelity(a, low, c, 0.59, 0.2) <= rules.fidelity(a, high, c, 0.59, 0.2)
    assert rules.engagement_next(a, 4 * low, b) <= rules.engagement_next(a, 4 * high, b)


@CHECKED
@given(mean=st.floats(0, 20), draw=st.floats(0, 1, exclude_max=True))
def test_whole_numbers_have_the_mean(mean: float, draw: float) -> None:
    drawn = rules.whole_number(mean, draw)
    assert type(drawn) is int
    assert math.floor(mean) <= drawn <= math.ceil(mean) or mean == drawn
    spread = [rules.whole_number(mean, (i + 0.5) / 1000) for i in range(1000)]
    assert sum(spread) / 1000 == pytest.approx(mean, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "low", "high", "outcome", "sign"),
    [
        ("chance_leaves", 0.0069, 0.0293, "leavers", 1),
        ("chance_post_filled", 0.1, 0.6, "vacant", -1),
        ("chance_accepts", 0.35, 0.65, "started", 1),
        ("chance_dropout", 0.005, 0.08, "dropped_out", 1),
        ("hours_capacity", 130.0, 165.0, "in_dilemma", -1),
        ("chance_stops", 0.001, 0.012, "stopped", 1),
        ("chance_barrier", 0.03, 0.4, "barriers", 1),
    ],
)
def test_outcomes_move_as_they_should(name: str, low: float, high: float, outcome: str, sign: int) -> None:
    plan, seed = shipped("nine-services")
    totals = []
    for value in (low, high):
        batches = simulate(with_values(plan, {name: value}), seed=seed, replicates=30, batch=30)
        totals.append(float(next(iter(batches)).rows[outcome][:, :, 12:].sum()))
    assert sign * (totals[1] - totals[0]) > 0.1 * min(totals)
