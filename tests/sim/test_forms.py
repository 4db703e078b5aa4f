"""Rival forms: each is what it says, moves an outcome, and leaves the luck of everything else where it was."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim import codes
from sim.agents import set_start
from sim.codes import FULL_USE, PARTIAL_USE, POST_VACANT, STOPPED, UNTRAINED, WAITING
from sim.engine import Trace, simulate, trace
from sim.measures import outcome_vector
from sim.months.deciding import practitioner_decides
from sim.parameters import FORM_PREFIX, as_tuple, read_table, record
from sim.plan import Plan, room_of
from sim.rulebook import SECOND_VERSION
from sim.rules import kalman_gain, level_of_tipping, progress_seen, progress_shifted, smoothing_weight
from sim.scenario import diff, read_scenario
from tests.comparing import assert_same, compared, twins
from tests.plans import INDIVIDUAL, plain_first, plain_plan, shipped, shipped_first, with_calendar, with_posts, with_values

pytestmark = pytest.mark.bounds

CODES = {
    "deciding": {"hazard": codes.BY_HAZARD, "threshold": codes.BY_THRESHOLD},
    "belief": {"bayes": codes.BY_BAYES, "smoothing": codes.BY_SMOOTHING},
    "peers": {"linked": codes.LINKED, "independent": codes.INDEPENDENT},
    "rosy": {"shift": codes.BY_SHIFT, "ratio": codes.BY_RATIO},
    "readiness": {"proportional": codes.BY_PROPORTION, "weighing": codes.BY_WEIGHING},
}
RIVALS = [(name, word) for name, one in read_table().forms.items() for word in one.words[1:]]
SCENARIOS = {"deciding": "rival-threshold", "belief": "rival-smoothing", "peers": "rival-independent"}


def with_form(name: str, word: str, scenario: str = "nine-services", *, read: Any = shipped) -> tuple[Plan, int]:
    plan, seed = read(scenario)
    return with_values(plan, {FORM_PREFIX + name: CODES[name][word]}), seed


def traced(plan: Plan, seed: int = 1, replicate: int = 0) -> Trace:
    return trace(plan, seed=seed, replicate=replicate)[1]


def test_codes_are_the_places_of_the_options() -> None:
    forms = read_table().forms
    assert {name: list(words) for name, words in CODES.items()} == {name: list(one.words) for name, one in forms.items()}
    assert all(list(words.values()) == list(range(len(words))) for words in CODES.values())


def test_scenarios_ship_with_the_default_but_for_the_rivals() -> None:
    for name, word in RIVALS:
        if name in SCENARIOS:
            changed = diff(read_scenario("nine-services"), read_scenario(SCENARIOS[name]))
            assert [(one.where, one.a, one.b) for one in changed] == [("forms." + name, read_table().forms[name].default, word)]
    assert read_scenario("all-active").forms == {}


@pytest.mark.engine
@pytest.mark.parametrize(("name", "word"), RIVALS)
def test_each_rival_moves_outcomes(name: str, word: str) -> None:
    plan, seed = shipped("nine-services")
    rival, _ = with_form(name, word)
    found = [outcome_vector(one, simulate(one, seed=seed, replicates=40)) for one in (plan, rival, plan)]
    for outcome, often in (("commitment", 0.9), ("posts_stopped", 0.1), ("months_sustained", 0.1)):
        usual, other, again = (one[outcome] for one in found)
        assert (usual != other).mean() > often
        assert (usual == again).all()  # the control


@pytest.mark.engine
@pytest.mark.parametrize(("name", "word"), RIVALS)
def test_engines_agree_on_each_rival(name: str, word: str) -> None:
    for scenario in ("all-active", "demanding-patients"):
        plan, seed = with_form(name, word, scenario)
        assert_same(twins(plan, seed=seed, replicate=2))


@pytest.mark.engine
@pytest.mark.parametrize(("name", "word"), RIVALS)
def test_luck_elsewhere_stays_where_it_was(name: str, word: str) -> None:
    # the first version: in the second one who is trained, and who leads, hangs on what the form changes
    plan, seed = shipped_first("nine-services")
    calm = {"switch_exhaustion": 0}  # so that nobody leaves because of what the form changes
    usual, other = (with_values(one, calm) for one in (plan, with_form(name, word, read=shipped_first)[0]))
    moved = 0
    for replicate in range(3):
        a, b = traced(usual, seed, replicate), traced(other, seed, replicate)
        for field in ("person", "autonomy_trait", "commitment_trait", "leader_view", "months_to_retirement"):
            np.testing.assert_array_equal(a.practitioners[field], b.practitioners[field])
        np.testing.assert_array_equal(a.services["pool_added"], b.services["pool_added"])
        np.testing.assert_array_equal(a.leaders["type"], b.leaders["type"])
        moved += int((a.practitioners["commitment"] != b.practitioners["commitment"]).sum())
    assert moved


# --- deciding


FORCES = {
    "gain_threshold": 0.3,
    "gain_scale": 0.3,
    "slope_reception": 0.9,
    "slope_commitment": 3.0,
    "slope_dilemma": 1.5,
    "factor_course_end": 3.0,
    "factor_decisions_supported": 0.5,
    "uncertainty_committed": 0.1,
    "chance_waits": 0.04,
    "chance_resumes": 0.05,
    "weight_commitment_resumes": 0.3,
    "chance_resolved_resumes": 0.3,
    "chance_gives_up": 0.03,
    "share_gives_up_stops": 0.5,
    "chance_stops": 0.003,
    "chance_cuts": 0.006,
    "chance_adapts": 0.06,
    "chance_restores": 0.1,
    "chance_restarts": 0.02,
}
"""All that a decision hangs on besides the state; the states below are chosen to lie on either side of these thresholds."""


def decided(form: str, chance: float, *, status: int = FULL_USE, months: float = 16.0, **state: float) -> Any:
    """A practitioner of the first version after one decision, all of whose random numbers are the same."""
    one: Any = SimpleNamespace()
    set_start(one, "practitioner")
    usual = {"commitment": 0.6, "belief": 0.3, "uncertainty": 0.0, "expectation": 0.0, "dilemma": 0.0, "hesitation": 0.0}
    for name, value in {**usual, **state}.items():
        setattr(one, name, value)
    one.status = status
    service: Any = SimpleNamespace()
    set_start(service, "service")
    service.pool, service.signal_level = 5, 0.9
    first = dict.fromkeys(SECOND_VERSION, False)  # nobody comes to parts, no service decides
    p = as_tuple(record({**FORCES, "months_tipping": months}, first, {"deciding": form}))
    names = ("stops", "waits", "adapts", "cuts", "restarts", "leaves_waiting", "gives_up_waiting")
    practitioner_decides(one, service, p, 0.1, 3, SimpleNamespace(**dict.fromkeys(names, chance)), None)
    return one


def test_level_of_tipping() -> None:
    assert level_of_tipping(16.0, 0.0, 3.0) == math.log(2) / 16
    assert level_of_tipping(16.0, 0.2, 1.0) == 0.2
    assert level_of_tipping(16.0, 0.2, 3.0) == pytest.approx(0.6)
    # half of those with this hazard would have acted
    assert (1.0 - level_of_tipping(60.0, 0.0, 3.0)) ** 60 == pytest.approx(0.5, abs=0.005)


STATES = [
    (FULL_USE, {"uncertainty": 1.0, "course_ended": 1}),
    (FULL_USE, {"uncertainty": 1.0}),
    (FULL_USE, {"uncertainty": 0.6, "expectation": 0.3}),
    (FULL_USE, {"belief": -0.3, "dilemma": 0.9, "commitment": 0.1}),
    (FULL_USE, {"belief": -0.3, "dilemma": 0.9, "commitment": 0.5}),
    (FULL_USE, {}),
    (PARTIAL_USE, {"expectation": 0.9}),
    (PARTIAL_USE, {}),
    (WAITING, {"expectation": 0.9}),
    (WAITING, {"uncertainty": 0.2, "commitment": 0.2}),
    (WAITING, {"uncertainty": 1.0}),
    (STOPPED, {"expectation": 0.9, "commitment": 0.9}),
    (STOPPED, {"expectation": 0.1}),
]


def test_a_threshold_leaves_nothing_to_luck() -> None:
    luck = (0.0, 0.001, 0.01, 0.05, 0.3, 0.999)
    reached = set()
    by_luck = 0
    for status, state in STATES:
        found = {decided("threshold", chance, status=status, **state).status for chance in luck}
        assert len(found) == 1, (status, state)
        reached.add((status, *found))
        by_luck += len({decided("hazard", chance, status=status, **state).status for chance in luck}) > 1
    assert by_luck > 8  # the control
    assert {one != other for one, other in reached} == {True, False}
    assert reached >= {
        (FULL_USE, WAITING),
        (FULL_USE, STOPPED),
        (WAITING, FULL_USE),
        (STOPPED, FULL_USE),
        (PARTIAL_USE, FULL_USE),
    }


def test_both_forms_go_the_same_way_for_the_same_reasons() -> None:
    """Who acts by threshold would act by hazard with any luck below the level, and is tipped by the same forces."""
    acted = 0
    for status, state in STATES:
        one = decided("threshold", 0.5, status=status, **state)
        if one.status == status:
            continue
        level = one.decision_terms[0]
        other = decided("hazard", math.log(2) / 16, status=status, **state)
        assert (other.status, other.decision_terms) == (one.status, one.decision_terms)
        assert level > math.log(2) / 16
        acted += 1
    assert acted >= 5


def test_the_stronger_the_force_the_sooner_and_the_longer_the_months_the_weaker_it_may_be() -> None:
    for field, low, high, status in (
        ("uncertainty", 0.0, 1.0, WAITING),
        ("dilemma", 0.0, 1.0, STOPPED),
        ("belief", 0.6, -0.6, STOPPED),
        ("commitment", 1.0, 0.0, STOPPED),
    ):
        rest = {} if status == WAITING else {"belief": -0.3, "dilemma": 1.0, "commitment": 0.2}
        for months in (6.0, 16.0, 60.0):
            found = [
                decided("threshold", 0.5, months=months, **{**rest, field: value}).status == status
                for value in np.linspace(low, high, 41)
            ]
            assert found == sorted(found)
    weak = {"uncertainty": 0.4, "expectation": 0.05, "commitment": 0.1}
    assert [decided("threshold", 0.5, months=months, **weak).status for months in (6.0, 60.0)] == [FULL_USE, WAITING]


def test_nobody_goes_where_the_pull_back_is_as_strong() -> None:
    # the hazards of waiting (.036 x .7) and of leaving it (.05 x .48) both pass the level of 60 months, .012
    torn = {"uncertainty": 0.9, "expectation": 0.3, "commitment": 0.6}
    for status in (FULL_USE, WAITING):
        assert decided("threshold", 0.5, months=60.0, status=status, **torn).status == status
    # the control: less torn, one of the two goes
    waits = {**torn, "expectation": 0.01, "commitment": 0.3}
    assert decided("threshold", 0.5, months=60.0, **waits).status == WAITING


def test_the_end_of_a_course_alone_does_not_send_there_and_back() -> None:
    """Hazards that the end of a course triples for a month: who goes then has gone for more than that month."""
    ending = gone = back = 0
    for uncertainty in np.linspace(0.3, 1.0, 15):
        for expectation in np.linspace(0.0, 0.6, 13):
            torn = {"uncertainty": uncertainty, "expectation": expectation, "commitment": 0.5}
            at_end = decided("threshold", 0.5, months=60.0, course_ended=1, **torn).status
            ending += at_end == WAITING
            gone += at_end == WAITING and decided("threshold", 0.5, months=60.0, **torn).status != WAITING
            back += at_end == WAITING and decided("threshold", 0.5, months=60.0, status=WAITING, **torn).status != WAITING
    assert ending > gone > 10  # the control: some go for the end of the course alone
    assert back == 0


@pytest.mark.engine
def test_hardly_anybody_goes_to_and_fro_by_threshold() -> None:
    def share_undone(word: str) -> float:
        plan, seed = with_form("deciding", word)
        changes = undone = 0
        for replicate in range(5):
            status = traced(plan, seed, replicate).practitioners["status"]
            for post in range(status.shape[1]):
                found = status[:, post][np.r_[True, np.diff(status[:, post]) != 0]]
                changes += len(found) - 1
                undone += int(((found[2:] == found[:-2]) & (found[2:] <= STOPPED) & (found[1:-1] <= STOPPED)).sum())
        assert changes > 100
        return undone / changes

    assert share_undone("threshold") < 0.05 < share_undone("hazard")  # the control: chance undoes more


@pytest.mark.engine
def test_changes_by_threshold_pass_the_level_and_those_by_hazard_need_not() -> None:
    for word, every in (("threshold", True), ("hazard", False)):
        plan, seed = with_form("deciding", word)
        one = traced(plan, seed).practitioners
        steps = np.arange(len(one))[:, None]
        now = one["decided_month"] == steps
        assert now.sum() > 30
        passed = one["decision_terms"][now][:, 0] > math.log(2) / as_tuple(plan.parameters).months_tipping
        assert passed.all() == every


# --- belief


def test_a_look_that_counts_kappa_times_is_kappa_looks() -> None:
    assert smoothing_weight(0.08, 1.0, 1.0) == pytest.approx(0.08, rel=1e-12)
    assert smoothing_weight(0.08, 2.0, 1.0) == pytest.approx(1 - 0.92**2, rel=1e-12)
    assert smoothing_weight(0.08, 1.0, 4.0) == pytest.approx(smoothing_weight(0.08, 4.0, 1.0), rel=1e-12)
    assert 0.0 < smoothing_weight(0.3, 1e6, 12.0) <= 1.0
    # at these values as the first step of the other form, without over-weighting and with it
    alike = {
        "gain_course": 0.32,
        "slope_functioning": 1.0,
        "functioning_spread": 0.18,
        "gain_spread": 0.4,
        "noise_seen": 0.3,
        "belief_spread": 0.15,
        "weight_few_patients": 4.0,
        "rate_smoothing": 0.08,
    }
    values = as_tuple(record(alike))
    mix = values.gain_course * values.slope_functioning * values.functioning_spread
    seen = values.gain_spread**2 + mix**2 + values.noise_seen**2
    for kappa in (1.0, values.weight_few_patients):
        first = kalman_gain(values.belief_spread**2, seen, 1.0, kappa)
        assert smoothing_weight(values.rate_smoothing, 1.0, kappa) == pytest.approx(first, rel=0.1)


@pytest.mark.engine
def test_smoothed_belief_follows_from_what_was_seen() -> None:
    plan, seed = with_form("belief", "smoothing")
    values = as_tuple(plan.parameters)
    looked = 0
    of_post = np.repeat(np.arange(len(plan.services)), room_of(plan.services))
    for replicate in range(3):
        one = traced(plan, seed, replicate)
        people, services = one.practitioners, one.services
        for month, post in np.argwhere(people["seen_count"] > 0):
            if month == 0 or services["monitoring_use"][month, of_post[post]] > 0.0:
                continue
            now, before = people[month, post], people[month - 1, post]
            weight = 1 - (1 - values.rate_smoothing) ** (now["seen_count"] * values.weight_few_patients)
            told = before["belief"] + weight * (now["seen_sum"] / now["seen_count"] - before["belief"])
            assert now["belief"] == pytest.approx(told, rel=1e-12)
            looked += 1
        # nobody becomes surer, nor unsure again
        assert (people["belief_variance"][people["reserve"] == 0] == values.belief_spread**2).all()
    assert looked > 100


# --- peers


def beside(form: str, post: dict[str, float]) -> Plan:
    """Four posts, the first of them changed, that share nothing but being colleagues.

    Courses are individual, patients enough, none is handed over, no budget hangs on the fidelity of all, no leader on being
    informed by a champion, and nobody judges by the figures that all share. In the first version: in the second one colleagues
    share duties and cover, and raise the practice together, whether or not they influence each other as peers.
    """
    values = {
        "chance_handed_over": 0.0,
        "chance_budget_lost": 0.0,
        "chance_leaves": 0.029,
        "chance_informal_training": 0.06,
        "rate_informed": 0.0,
        "share_monitoring_promoted": 0.0,
    }
    start = {"format": INDIVIDUAL, "pool": 2000}
    forms = {"peers": form}
    plan = plain_first((4,), months=72, service=start, parameters=values, off=("leader_turnover",), forms=forms)
    for name, value in post.items():
        plan.posts[name][0] = value
    return plan


@pytest.mark.engine
@pytest.mark.parametrize("post", [{"commitment": 0.05}, {"champion": 1}, {"other_duties": 150.0, "experience": 60.0}])
def test_what_one_is_like_moves_nobody_else_if_all_are_independent(post: dict[str, float]) -> None:
    for form in ("independent", "linked"):
        same = True
        for replicate in range(4):
            a, b = (traced(beside(form, one), 3, replicate).practitioners[:, 1:] for one in ({}, post))
            same &= all((a[name] == b[name]).all() for name in ("commitment", "expectation", "competence", "status", "belief"))
        assert same == (form == "independent")


@pytest.mark.engine
def test_independence_is_more_than_no_peer_influence() -> None:
    plan, seed = shipped("nine-services")
    independent, off = with_form("peers", "independent")[0], with_values(plan, {"switch_peer_influence": 0})
    for replicate in range(3):
        a, b = (traced(one, seed, replicate).practitioners["commitment"] for one in (independent, off))
        assert (a != b).any()
    # without champions and informal training nothing is left of the difference
    quiet = {"chance_informal_training": 0.0}
    calm = (with_posts(with_values(one, quiet), champion=0) for one in (independent, off))
    found = compared(*(trace(one, seed=seed, replicate=0) for one in calm))
    assert not found.differences, found.differences[:5]


@pytest.mark.engine
def test_informal_training_needs_colleagues() -> None:
    values = {"chance_leaves": 0.029, "chance_informal_training": 1.0, "chance_successor_passive": 0.0}
    for word, trained in (("linked", True), ("independent", False)):
        plan = plain_plan((6,), months=72, off=("leader_turnover",), parameters=values, forms={"peers": word})
        status = traced(plan, 2).practitioners["status"]
        assert (status == UNTRAINED).any()
        came = (status[:-1] == UNTRAINED) & (status[1:] != UNTRAINED) & (status[1:] != POST_VACANT)
        assert came.any() == trained


@pytest.mark.engine
def test_an_appointed_champion_reaches_the_independent_too() -> None:
    plan = plain_plan((3,), months=12, forms={"peers": "independent"}, parameters={"spread_leader_view": 0.0})
    appointed = traced(with_calendar(plan, champion=1.0)).practitioners
    assert (appointed["expectation"][-1] > traced(plan).practitioners["expectation"][-1]).all()


# --- rosy bias


def test_the_shift_is_the_ratio_on_average_and_not_for_each() -> None:
    usual = 0.224
    paces = np.random.default_rng(1).normal(usual, 0.5, 20_000)
    ratio = np.array([progress_seen(pace, 2.0, 0.25, 0.0) for pace in paces])
    shift = np.array([progress_shifted(pace, 2.0, 0.25, usual, 0.0) for pace in paces])
    assert shift.mean() == pytest.approx(ratio.mean(), abs=0.02)
    assert shift.std() == pytest.approx(paces.std())
    assert ratio.std() == pytest.approx(1.75 * paces.std())
    assert (progress_seen(0.0, 2.0, 0.0, 0.0), progress_shifted(0.0, 2.0, 0.0, usual, 0.0)) == (0.0, usual)
    # believed figures take it away in either form
    assert progress_seen(0.3, 2.0, 1.0, 0.1) == progress_shifted(0.3, 2.0, 1.0, usual, 0.1) == 0.4


@pytest.mark.engine
def test_who_gains_nothing_is_seen_to_gain_only_by_the_shift() -> None:
    at_ease = {"hours_capacity": 165.0, "hours_duties_mean": 130.0}  # courses come to an end, so that there is something to see
    plain = {"noise_seen": 0.0, "chance_relapse": 0.0, "belief_mean": 0.3, **at_ease}
    # whoever is asked is one for whom the programme is too demanding: nobody knows whom to ask
    service = {"share_demanding": 1.0, "eligibility_checked": 0}
    values = as_tuple(record())
    for word, seen in (("ratio", 0.0), ("shift", values.gain_course * 0.5 * (1.0 + values.attendance_low))):
        # in the first version, in which nobody who is moved has outcome figures used
        off = ("selective_recruiting",)
        plan = plain_first((2,), months=36, service=service, parameters=plain, off=off, forms={"rosy": word})
        one = traced(plan).practitioners
        looks = one["seen_count"] > 0
        assert looks.any()
        np.testing.assert_allclose((one["seen_sum"][looks] / one["seen_count"][looks]), seen, atol=1e-12)
