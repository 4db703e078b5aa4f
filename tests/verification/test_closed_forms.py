"""The engine against exact arithmetic: belief and competence, on both engines. Scenarios stay within the table's bounds."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from sim.codes import STOPPED
from sim.engine import Trace, trace
from sim.plan import Plan
from sim.tape import Tape
from tests.plans import with_values
from tests.verification.exact import EPSILON, SEED, normal_posterior, shared, spread_seen, walking_posterior
from tests.verification.regimes import BUSY, PATIENTS, plan_of, values_of

pytestmark = [pytest.mark.verification, pytest.mark.engine]

SUPERVISED = 24
"""Months of supervision before skill is left to itself."""
BOOSTERS = ({"lever": "supervision", "dose": 8.0, "end": SUPERVISED},)
SKILLED = {
    **BUSY,
    # much is learned in those months, little of it is kept for good, and practice protects it a little
    "rate_learning": 0.3,
    "competence_start_mean": 0.4,
    "competence_ceiling_mean": 0.85,
    "share_skill_kept": 0.05,
    "months_half_life": 8.3,
    "protection_practice": 0.3,
}
"""Practitioners who go on, with skill to be lost."""


def states_of(plan: Plan, engine: str = "compiled", replicate: int = 0) -> Trace:
    return trace(plan, seed=SEED, replicate=replicate, engine=engine)[1]


# --- belief


def believing(off: tuple[str, ...] = (), parameters: dict[str, float] | None = None, **service: Any) -> Plan:
    """Two services of three posts with patients enough; nobody leaves."""
    return plan_of(
        2,
        3,
        months=60,
        service={**PATIENTS, **service},
        parameters={**BUSY, **(parameters or {})},
        off=("turnover", *off),
    )


def worst_belief(plan: Plan, states: Trace, kappa: float) -> tuple[float, float]:
    """Largest distance from the posterior with likelihood to the power ``kappa``: of the mean in its bound, of the variance.

    One update takes some twelve roundings for the gain and three for the mean; each is at most EPSILON of the largest number
    that enters, doubled by y - m. So 32 EPSILON a month with looks, and one for the start, is allowed.
    """
    p = values_of(plan)
    one = states.practitioners
    found_mean, found_variance = 0.0, 0.0
    for post in range(one.shape[1]):
        belief, variance, count, total = (one[name][:, post] for name in ("belief", "belief_variance", "seen_count", "seen_sum"))
        assert count[0] == 0, "the first month is the prior"
        weights: list[Fraction] = []
        seen: list[Fraction] = []
        for month in range(len(belief)):
            if count[month] > 0:
                weights.append(int(count[month]) * Fraction(kappa) / spread_seen(p))
                seen.append(Fraction(float(total[month])) / int(count[month]))
            mean, left = normal_posterior(float(belief[0]), float(variance[0]), weights, seen)
            scale = max([abs(float(belief[0])), *(abs(float(value)) for value in seen)])
            allowed = 32 * EPSILON * (len(seen) + 1)
            found_mean = max(found_mean, abs(belief[month] - mean) / (allowed * scale))
            found_variance = max(found_variance, abs(variance[month] - left) / (allowed * left))
    assert one["seen_count"].sum() >= 30, "too little was seen to say anything"
    return found_mean, found_variance


def test_the_prior_is_the_drawn_one() -> None:
    from scipy import stats

    plan = believing(parameters={"belief_drift": 0.0})
    p = values_of(plan)
    first = states_of(plan).practitioners[0]
    tape = Tape(SEED, 0)
    drawn = [tape.draws("person", int(one["key"]), post, 0, 0).belief for one in plan.services for post in range(3)]
    expected = p["belief_mean"] + p["belief_spread"] * stats.norm.ppf(drawn)
    np.testing.assert_allclose(first["belief"], expected, rtol=0, atol=1e-6 * p["belief_spread"])
    assert (first["belief_variance"] == p["belief_spread"] ** 2).all()
    # the control: the draw of another trait
    other = [tape.draws("person", int(one["key"]), post, 0, 0).commitment for one in plan.services for post in range(3)]
    assert not np.allclose(first["belief"], p["belief_mean"] + p["belief_spread"] * stats.norm.ppf(other), rtol=1e-2)


@pytest.mark.parametrize("engine", ["compiled", "mesa"])
@pytest.mark.parametrize("over_weighted", [False, True])
def test_belief_is_the_exact_posterior(engine: str, over_weighted: bool) -> None:
    """Without over-weighting Bayes' own, as it stands the one tempered by kappa; no doubt is added (belief_drift 0)."""
    plan = believing(off=() if over_weighted else ("over_weighting",), parameters={"belief_drift": 0.0})
    states = states_of(plan, engine)
    kappa = values_of(plan)["weight_few_patients"] if over_weighted else 1.0
    mean, variance = worst_belief(plan, states, kappa)
    print(f"belief, kappa {kappa:g}, {engine}: worst mean {mean:.3f}, variance {variance:.3f} of the allowed rounding")
    assert mean <= 1.0
    assert variance <= 1.0
    # the control: the other kappa, and one a thousandth off
    for wrong in (1.0 if over_weighted else values_of(plan)["weight_few_patients"], kappa * 1.001):
        assert min(worst_belief(plan, states, wrong)) > 1e6


def test_belief_with_growing_doubt_is_the_posterior_of_a_random_walk() -> None:
    plan = believing()
    p = values_of(plan)
    one = states_of(plan).practitioners
    step = p["belief_drift"] ** 2
    worst, apart = 0.0, 0.0
    for post in range(one.shape[1]):
        count, total = one["seen_count"][:, post], one["seen_sum"][:, post]
        assert count[0] == 0
        weights = count * p["weight_few_patients"] / float(spread_seen(p))
        seen = np.divide(total, count, out=np.zeros(len(count)), where=count > 0)
        start, spread = float(one["belief"][0, post]), p["belief_spread"] ** 2
        mean, variance = walking_posterior(start, spread, step, weights, seen)
        worst = max(worst, np.abs(one["belief"][:, post] / mean - 1).max())
        worst = max(worst, np.abs(one["belief_variance"][:, post] / variance - 1).max())
        still, _ = walking_posterior(start, spread, step / 2, weights, seen)
        apart = max(apart, np.abs(one["belief"][:, post] / still - 1).max())
    print(f"belief as a random walk: largest relative difference {worst:.1e}; with half the step {apart:.1e}")
    assert worst < 1e-9
    assert apart > 1e-3


@pytest.mark.parametrize(("pooling", "other"), [("service", "region"), ("region", "service")])
def test_believed_figures_temper_less_and_pool(pooling: str, other: str) -> None:
    # belief in the figures fades from .6 to next to nothing in these five years
    fading = {"rate_upkeep_decay": 0.05}
    plan = believing(parameters=fading, pooling=pooling, outcome_monitoring=1.0, monitoring_belief=0.6)
    p = values_of(plan)
    states = states_of(plan)
    one = states.practitioners
    worst, apart = 0.0, 0.0
    for post in range(one.shape[1]):
        use = states.services["monitoring_use"][:, post // 3]
        kappa = 1 + (p["weight_few_patients"] - 1) * (1 - use)
        noise = np.array([float(spread_seen(p, share)) for share in use])
        for asked in (pooling, other):
            count, total = shared(states, post, post // 3, asked)
            seen = np.divide(total, count, out=np.zeros(len(count)), where=count > 0)
            mean, _ = walking_posterior(
                float(one["belief"][0, post]), p["belief_spread"] ** 2, p["belief_drift"] ** 2, count * kappa / noise, seen
            )
            distance = np.abs(one["belief"][:, post] / mean - 1).max()
            if asked == pooling:
                worst = max(worst, distance)
            else:
                apart = max(apart, distance)
    assert 0 < use.min() < 0.1
    assert use.max() > 0.5
    print(f"belief pooled over {pooling}: largest relative difference {worst:.1e}; pooled otherwise {apart:.1e}")
    assert worst < 1e-9
    assert apart > 1e-2


# --- competence


def floors(p: dict[str, float], one: np.ndarray) -> np.ndarray:
    """Skill that is never lost, of every post (share), in the model's own arithmetic."""
    return np.asarray(one["competence_start"][0] + p["share_skill_kept"] * (one["ceiling"][0] - one["competence_start"][0]))


@pytest.mark.parametrize("engine", ["compiled", "mesa"])
@pytest.mark.parametrize("half_life", [6.0, 8.3, 11.0])
def test_competence_falls_by_half_in_its_half_life(half_life: float, engine: str) -> None:
    """No sessions, no supervision: exponential relaxation to the floor, to within the roundings of the steps.

    A step rounds at most 1.5 ulp of a number below 1 and earlier errors shrink by ln 2 / H a month, so never more than
    1.5 H / ln 2 ulp add up.
    """
    plan = plan_of(4, 5, months=90, parameters={**SKILLED, "months_half_life": half_life}, off=("turnover",), policies=BOOSTERS)
    one = states_of(plan, engine).practitioners
    low = floors(values_of(plan), one)
    k = one["competence"]
    at = SUPERVISED - 1
    lost = Fraction(math.log(2)) / Fraction(half_life)
    worst = 0.0
    for post in range(k.shape[1]):
        above = Fraction(float(k[at, post])) - Fraction(float(low[post]))
        if above <= 0:
            continue  # stopped before there was anything to lose
        for month in range(at, len(k)):
            exact = Fraction(float(low[post])) + above * (1 - lost) ** (month - at)
            worst = max(worst, abs(float(Fraction(float(k[month, post])) - exact)) / (2 * EPSILON))
    allowed = 1.5 * half_life / math.log(2)
    print(f"competence, half-life {half_life:g}, {engine}: worst {worst:.2f} ulp of {allowed:.0f} allowed")
    assert worst <= allowed
    left = (k - low) / (k[at] - low)
    learned = k[at] > low + 0.1
    assert learned.sum() >= 10
    # half is lost in the month in which the half-life falls
    below = (left[at:] <= 0.5).argmax(axis=0)[learned]
    assert set(below.tolist()) == {math.floor(half_life)}
    # the controls: a half-life one in ten thousand off, and no decay at all
    wrong = low + (k[at] - low) * (1 - math.log(2) / (half_life * 1.0001)) ** (len(k) - 1 - at)
    assert (np.abs(k[-1] - wrong)[learned] / (2 * EPSILON) > 1e3 * allowed).all()
    frozen = states_of(with_values(plan, {"switch_competence_decay": 0})).practitioners["competence"]
    assert (np.abs(frozen[-1] - k[-1])[learned] > 0.1).all()


def test_supervision_is_the_mirror_of_decay_and_practice_slows_it() -> None:
    plan = plan_of(10, 3, months=90, service=PATIENTS, parameters=SKILLED, off=("turnover",), policies=BOOSTERS)
    p = values_of(plan)
    one = states_of(plan).practitioners
    low = floors(p, one)
    k, ceiling, start = one["competence"], one["ceiling"][0], one["competence_start"][0]
    months = np.arange(1, SUPERVISED + 1)[:, None]
    stayed = (one["status"][:SUPERVISED] < STOPPED).all(axis=0)
    risen = ceiling - (ceiling - start) * (1 - p["rate_learning"]) ** months
    np.testing.assert_allclose(k[:SUPERVISED, stayed], risen[:, stayed], rtol=0, atol=1.5 / p["rate_learning"] * 2 * EPSILON)
    given = one["sessions"][SUPERVISED:] > 0
    rate = math.log(2) / p["months_half_life"]
    factors = {share: np.cumprod(1 - rate * (1 - share * given), axis=0) for share in (p["protection_practice"], 0.0)}
    at = SUPERVISED - 1
    gone = {share: low + (k[at] - low) * left for share, left in factors.items()}
    np.testing.assert_allclose(k[SUPERVISED:, stayed], gone[p["protection_practice"]][:, stayed], rtol=1e-12)
    # the control: practice that does not help
    assert 0.2 < given[:, stayed].mean() < 0.9
    assert np.abs(k[SUPERVISED:, stayed] - gone[0.0][:, stayed]).max() > 0.05
