"""Everything that chance decides with a known hazard, against that hazard.

Rate of false alarms: ALPHA for each comparison, with a seed that nobody has looked at (VERIFICATION_SEED). Every closed form
has a control, a hazard or a law that is wrong, which the same comparison must refuse at the level CLEAR.
"""

import math
from typing import Any

import numpy as np
import pytest

from sim.codes import FULL_USE, IN_COURSE, LEADER_VACANT, PARTIAL_USE, PLANNED_ADAPTATION, RECRUITED, STOPPED, WAITING
from sim.engine import Trace, simulate
from sim.plan import Plan
from sim.state import SLOTS
from tests.plans import shipped_first
from tests.verification.exact import SEED, Verdict, against_counts, against_hazards, survival_chances
from tests.verification.regimes import ALIKE, BUSY, LONG, NO_RETIREMENT, plan_of, traces, values_of

pytestmark = [pytest.mark.verification, pytest.mark.engine]


def held(what: str, right: Verdict, **wrong: Verdict) -> None:
    """Assert that the closed form agrees and that every control is refused; print what was seen."""
    controls = ", ".join(f"{name} {one.chance:.1e}" for name, one in wrong.items())
    print(f"{what}: chi2 {right.statistic:.1f} on {right.freedom}, p {right.chance:.3f}, {right.cases} cases; {controls}")
    assert right.agrees
    for name, one in wrong.items():
        assert one.refused, f"control {name} was not refused"


# --- who leaves


def first_leaving(plan: Plan, replicates: int) -> np.ndarray:
    """Counts of posts whose first holder left in month 1, 2, ... or stayed throughout; services of one post each."""
    found = np.zeros(plan.months)
    for batch in simulate(plan, seed=SEED, replicates=replicates):
        gone = batch.rows["leavers"] > 0  # who leaves at the end of a month is counted in the next row
        first = np.where(gone.any(axis=2), gone.argmax(axis=2), plan.months)
        found += np.bincount(np.minimum(first - 1, plan.months - 1).ravel(), minlength=plan.months)
    return found


def test_practitioners_leave_geometrically_and_volunteers_later() -> None:
    values = {"chance_leaves": 0.02, "factor_first_year": 0.2}
    plan = plan_of(1500, 1, months=84, parameters=values, post={"months_to_retirement": NO_RETIREMENT}, off=("exhaustion",))
    p = values_of(plan)
    months = np.arange(1, plan.months)

    def chances(hazard: float, first_year: float) -> np.ndarray:
        return survival_chances(hazard * np.where(months <= 12, first_year, 1.0))

    observed = first_leaving(plan, 4)
    base, protected = p["chance_leaves"], p["factor_first_year"]
    held(
        "practitioner turnover",
        against_counts(observed, chances(base, protected)),
        hazard_fifth_lower=against_counts(observed, chances(0.8 * base, protected)),
        no_first_year=against_counts(observed, chances(base, 1.0)),
    )


def test_exhausted_practitioners_leave_by_the_odds() -> None:
    """Duties beyond capacity drive everybody's exhaustion to 1 at a known rate, and with it the hazard."""
    values = {"hours_capacity": 130.0, "hours_duties_mean": 150.0, "weight_workload": 5.0, "chance_leaves": 0.0069}
    # far enough to go, slowly enough, and leavers enough on the way for its pace to be seen
    values |= {"exhaustion_mean": 0.35, "rate_exhaustion": 0.1, "factor_first_year": 0.2}
    plan = plan_of(1500, 1, months=84, post={"months_to_retirement": NO_RETIREMENT}, parameters={**ALIKE, **values})
    p = values_of(plan)
    months = np.arange(1, plan.months)
    exhaustion = 1 - (1 - p["exhaustion_mean"]) * (1 - p["rate_exhaustion"]) ** months
    first_year = np.where(months <= 12, p["factor_first_year"], 1.0)
    raised = p["odds_leaving_exhausted"] ** ((exhaustion - p["exhaustion_mean"]) / 0.25)
    observed = first_leaving(plan, 8)
    held(
        "turnover under exhaustion",
        against_counts(observed, survival_chances(p["chance_leaves"] * first_year * raised)),
        at_mean_exhaustion=against_counts(observed, survival_chances(p["chance_leaves"] * first_year)),
        exhausted_at_once=against_counts(observed, survival_chances(p["chance_leaves"] * first_year * raised[-1])),
    )


def test_vacant_posts_are_filled_geometrically() -> None:
    values = {**LONG, "chance_leaves": 0.0293, "chance_post_filled": 0.1}
    plan = plan_of(1500, 1, months=120, parameters=values, off=("exhaustion",), post={"months_to_retirement": NO_RETIREMENT})
    longest = 24
    counts = np.zeros(longest + 1)
    for batch in simulate(plan, seed=SEED, replicates=2):
        left = batch.rows["leavers"]
        vacant = batch.rows["vacant"] == 1
        for month in range(1, plan.months - longest):
            new = left[:, :, month] > left[:, :, month - 1]
            lasts = np.cumprod(vacant[:, :, month : month + longest], axis=2).sum(axis=2)
            counts += np.bincount(lasts[new], minlength=longest + 1)
    held(
        "filling of posts",
        against_counts(counts, survival_chances(np.full(longest, 0.1))),
        hazard_fifth_higher=against_counts(counts, survival_chances(np.full(longest, 0.12))),
    )


def test_leaders_leave_geometrically_and_are_followed_as_the_table_says() -> None:
    # newcomers of a distribution of their own, as in the first version; those who are like incumbents: test_changing_hands.py
    service = {"leader": "passive_supportive", "leader_informed": 0.5, "months_observed": 0}
    # leaving often enough to be counted, vacancies of some months, every type among the newcomers
    values = {
        "chance_leader_leaves": 0.03,
        "chance_leader_found": 0.25,
        "share_new_leader_active": 0.1,
        "share_new_leader_controlling": 0.05,
        "share_new_leader_unsupportive": 0.05,
        "share_new_leader_unavailable": 0.1,
    }
    plan = plan_of(500, 1, months=84, service=service, parameters=values, off=("newcomers_alike",))
    p = values_of(plan)
    longest = 24
    leaving, vacancy = np.zeros(plan.months), np.zeros(longest + 1)
    types = np.zeros(6)
    for states in traces(plan, 6, seed=SEED):
        gone = states.services["leader_changes"] > 0
        kind = states.leaders["type"]
        first = np.where(gone.any(axis=0), gone.argmax(axis=0), plan.months)
        leaving += np.bincount(np.minimum(first - 1, plan.months - 1), minlength=plan.months)
        for service, month in enumerate(first.tolist()):
            if month > plan.months - longest:
                continue
            empty = kind[month : month + longest, service] == LEADER_VACANT
            lasts = int(np.cumprod(empty).sum())
            vacancy[lasts] += 1
            if lasts < longest:
                types[kind[month + lasts, service]] += 1
    base, found = p["chance_leader_leaves"], p["chance_leader_found"]
    months = plan.months - 1
    held(
        "leader turnover",
        against_counts(leaving, survival_chances(np.full(months, base))),
        hazard_half_higher=against_counts(leaving, survival_chances(np.full(months, 1.5 * base))),
    )
    held(
        "leader vacancy",
        against_counts(vacancy, survival_chances(np.full(longest, found))),
        hazard_half_higher=against_counts(vacancy, survival_chances(np.full(longest, 1.5 * found))),
    )
    active, controlling, unsupportive, unavailable = (
        p[f"share_new_leader_{name}"] for name in ("active", "controlling", "unsupportive", "unavailable")
    )
    passive = 1 - active - controlling - unsupportive - unavailable
    shares = np.array([active, passive, unsupportive, unavailable, 0.0, controlling])
    held(
        "types of newcomers",
        against_counts(types, shares),
        a_tenth_more_active=against_counts(types, shares + np.array([0.1, -0.1, 0, 0, 0, 0])),
    )


# --- what patients do


def patient_plan() -> Plan:
    return plan_of(
        60,
        4,
        months=48,
        service={"pool": 500},
        parameters={
            **BUSY,
            # some wait for their course for a while, and courses last for most of a year
            "chance_course_start": 0.5,
            "sessions_month": 3.7,
            "sessions_course": 33.0,
            # of everything that may happen to a patient enough to be counted
            "chance_withdraws": 0.05,
            "chance_dropout": 0.03,
            "chance_relapse": 0.05,
            "attendance_low": 0.2,
            "share_never_attends": 0.18,
        },
        off=("turnover",),
    )


def patient_months(plan: Plan, states: Trace) -> dict[str, np.ndarray]:
    """Patient-months in courses, from month 1 on: what was known before chance spoke, and what it said; shape (trials,) each."""
    p = values_of(plan)
    now, before = states.patients[1:], states.patients[:-1]
    posts = np.repeat(np.arange(len(plan.posts)), SLOTS)
    status = states.practitioners["status"][:-1][:, posts]
    given = states.practitioners["sessions_each"][1:][:, posts]
    here = (now["state"] == IN_COURSE) | (now["ended"] == 1) | (now["ended"] == 2)
    same = (now["person"] == before["person"]) & (before["state"] == IN_COURSE)
    here &= same | (now["months"] == 1)
    length = p["sessions_course"] * np.where(status == PARTIAL_USE, p["share_modules_partial"], 1.0)
    over = (now["sessions_offered"] >= length) | (now["months"] >= p["months_course_maximum"])
    came = now["sessions_attended"] - np.where(same, before["sessions_attended"], 0)
    found = {
        "engagement": now["engagement"],
        "given": given,
        "came": came,
        "over": over,
        "left": now["ended"] == 2,
        "relapsed": now["relapsed"] == 1,
    }
    return {name: values[here] for name, values in found.items()}


@pytest.fixture(scope="module")
def patients() -> tuple[dict[str, float], dict[str, np.ndarray], dict[str, int]]:
    """Parameter values, patient-months, and counts of those asked and of those who wait, over some replicates."""
    plan = patient_plan()
    parts = []
    counts = dict.fromkeys(("asked", "refused", "waited", "withdrew"), 0)
    posts = np.repeat(np.arange(len(plan.posts)), SLOTS)
    for states in traces(plan, 16, seed=SEED):
        parts.append(patient_months(plan, states))
        counts["asked"] += int(states.services["asked"][-1].sum())
        counts["refused"] += int(states.services["refused"][-1].sum())
        going = states.practitioners["status"][:-1][:, posts] < STOPPED
        withdrew = (states.patients["ended"][1:] == 4) & going
        counts["withdrew"] += int(withdrew.sum())
        counts["waited"] += int((withdrew | ((states.patients["state"][1:] == RECRUITED) & going)).sum())
    return values_of(plan), {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, counts


Patients = tuple[dict[str, float], dict[str, np.ndarray], dict[str, int]]


def test_dropout_goes_by_the_tendency_to_attend(patients: Patients) -> None:
    p, found, _ = patients
    trials = ~found["over"]
    engagement, left = found["engagement"][trials], found["left"][trials]
    hazard = p["chance_dropout"] * 2 * (1 - engagement)
    bins = np.where(engagement == 0, 0, 1 + np.floor(engagement * 5)).astype(int)
    even = np.full(len(hazard), hazard.mean())
    held(
        "dropout",
        against_hazards(left, hazard, bins),
        hazard_third_lower=against_hazards(left, hazard * 2 / 3, bins),
        same_for_all=against_hazards(left, even, bins),
    )


def test_attendance_is_a_whole_number_with_the_right_mean(patients: Patients) -> None:
    _, found, _ = patients
    mean = found["given"] * found["engagement"]
    whole = np.floor(mean)
    more = found["came"] - whole
    assert set(more.astype(int).tolist()) == {0, 1}
    assert (found["came"] <= found["given"]).all()
    rest = mean - whole
    some = rest > 0
    bins = np.floor(10 * rest[some]).astype(int)
    held(
        "attendance",
        against_hazards(more[some] == 1, rest[some], bins),
        rounded_evenly=against_hazards(more[some] == 1, np.full(int(some.sum()), 0.5), bins),
        a_tenth_less=against_hazards(more[some] == 1, 0.9 * rest[some], bins),
    )


def test_relapse_acceptance_and_withdrawal_are_even_chances(patients: Patients) -> None:
    p, found, counts = patients
    relapsed = found["relapsed"]

    def even(happened: int, trials: int, chance: float) -> Verdict:
        events = np.arange(trials) < happened
        return against_hazards(events, np.full(trials, chance), np.zeros(trials, int))

    agreed = counts["asked"] - counts["refused"]
    for what, happened, trials, chance in (
        ("relapse", int(relapsed.sum()), len(relapsed), p["chance_relapse"]),
        ("acceptance", agreed, counts["asked"], p["chance_accepts"]),
        ("withdrawal", counts["withdrew"], counts["waited"], p["chance_withdraws"]),
    ):
        wrong = chance * (1.25 if chance > 0.3 else 1.6)
        held(what, even(happened, trials, chance), wrong_chance=even(happened, trials, wrong))


def test_who_never_comes_and_how_others_attend_is_drawn_as_the_table_says() -> None:
    """Engagement of people in courses in their first month: none with the share of P1, else uniform from attendance_low."""
    plan = patient_plan()
    p = values_of(plan)
    seen = []
    for states in traces(plan, 4, seed=SEED):
        first = (states.patients["months"] == 1) & (states.patients["state"] == IN_COURSE)
        seen.append(states.patients["engagement"][first])
    engagement = np.concatenate(seen)
    never, low = p["share_never_attends"], p["attendance_low"]
    edges = np.linspace(low, 1.0, 11)
    counts = np.concatenate([[(engagement == 0).sum()], np.histogram(engagement[engagement > 0], edges)[0]])
    # some leave in their first month already, each with 2 d (1 - e)
    middle = np.concatenate([[0.0], (edges[:-1] + edges[1:]) / 2])
    shares = np.concatenate([[never], np.full(10, (1 - never) / 10)])
    stay = shares * (1 - p["chance_dropout"] * 2 * (1 - middle))
    other = np.concatenate([[0.5 * never], np.full(10, (1 - 0.5 * never) / 10)])
    held("engagement", against_counts(counts, stay / stay.sum()), half_as_many_never=against_counts(counts, other))


# --- what practitioners decide


def decision_months(states: Trace, posts_of: np.ndarray) -> tuple[np.ndarray, ...]:
    """Posts in use at the start of a month whose holder is still there at its observation, with their service."""
    now, before = states.practitioners[1:], states.practitioners[:-1]
    using = (before["status"] <= PARTIAL_USE) & (now["person"] == before["person"]) & (now["status"] <= STOPPED)
    service = states.services[1:][:, posts_of]
    return before["status"][using], now[using], service[using]


def test_decisions_of_the_nine_services_follow_their_hazards() -> None:
    """Stopping, waiting and cutting in the shipped scenario: hazards from the state that each decision saw.

    In the first version, where nobody comes to parts otherwise and no service decides; these hazards are in
    ``test_hazards_of_the_second_version.py``.
    """
    plan, _ = shipped_first("nine-services")
    p = values_of(plan)
    posts_of = np.repeat(np.arange(len(plan.services)), plan.services["posts"])
    parts = [decision_months(states, posts_of) for states in traces(plan, 180, seed=SEED)]
    status, one, service = (np.concatenate([part[at] for part in parts]) for at in range(3))
    pull = np.clip((one["belief"] - p["gain_threshold"]) / p["gain_scale"], -2, 2)
    reception = np.exp(-p["slope_reception"] * pull)
    commitment = np.exp(-p["slope_commitment"] * (one["commitment"] - 0.5))
    strain = 1 + p["slope_dilemma"] * one["dilemma"]
    ended = np.where(one["course_ended"] == 1, p["factor_course_end"], 1.0)
    supported = 1 + service["support"] * (p["factor_decisions_supported"] - 1)
    u, x, h = one["uncertainty"], one["expectation"], one["hesitation"]
    stops = p["chance_stops"] * reception * commitment * strain * ended * supported
    waits = p["chance_waits"] * u * (1 - x) * (1 + h) * ended * supported
    backing = service["adaptation_backing"]
    adapts = np.where(status == PLANNED_ADAPTATION, 0.0, p["chance_adapts"] * backing * reception * strain * ended)
    kept = np.where(status == PLANNED_ADAPTATION, 1 - backing, 1.0)
    cuts = p["chance_cuts"] * kept * reception * commitment * strain * ended * supported
    for what, hazard, happened, asked, left_out in (
        ("stopping", stops, one["status"] == STOPPED, np.full(len(status), True), ended),
        ("waiting", waits, one["status"] == WAITING, one["status"] != STOPPED, ended),
        ("adapting", adapts, (one["status"] == PLANNED_ADAPTATION), (one["status"] < WAITING) & (status != 1), ended),
        (
            "cutting",
            cuts,
            one["status"] == PARTIAL_USE,
            (one["status"] < WAITING)
            & ((status == FULL_USE) | (status == PLANNED_ADAPTATION))
            & ~((status == FULL_USE) & (one["status"] == PLANNED_ADAPTATION)),
            ended,
        ),
    ):
        law, truth, trials = np.minimum(hazard, 0.95), happened[asked], asked
        # bins: course ended or not, by fifths of the hazard
        fifth = np.searchsorted(np.quantile(law[trials], [0.2, 0.4, 0.6, 0.8]), law[trials])
        bins = fifth + 5 * (left_out[trials] > 1)
        held(
            what,
            against_hazards(truth, law[trials], bins),
            course_end_ignored=against_hazards(truth, (law / left_out)[trials], bins),
        )


def test_the_comparisons_refuse_what_is_not_so() -> None:
    """The yardstick itself: draws of a known law pass as often as they should, of another they do not."""
    rng = np.random.default_rng(SEED)
    chances = survival_chances(np.full(40, 0.05))
    p_values = [against_counts(rng.multinomial(2000, chances), chances).chance for _ in range(400)]
    assert 0.4 < float(np.mean(p_values)) < 0.6
    assert np.mean(np.array(p_values) < 0.05) < 0.1
    assert against_counts(rng.multinomial(2000, survival_chances(np.full(40, 0.065))), chances).refused
    hazard = rng.uniform(0, 0.1, 4000)
    bins = np.floor(hazard * 50).astype(int)
    many: list[Any] = [against_hazards(rng.random(4000) < hazard, hazard, bins).chance for _ in range(400)]
    assert 0.4 < float(np.mean(many)) < 0.6
    assert against_hazards(rng.random(4000) < 2 * hazard, hazard, bins).refused
    assert math.isclose(chances.sum(), 1.0)
