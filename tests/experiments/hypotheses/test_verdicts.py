"""The rule, case by case."""

import numpy as np
import pytest

from experiments.hypotheses.estimating import Effect, estimate
from experiments.hypotheses.schema import Claim, Rule
from experiments.hypotheses.verdicts import (
    ASSUMED,
    MIXED,
    NOT_SUPPORTED,
    SUPPORTED,
    Knockout,
    judge,
    predicted_contrast,
    shift_of,
    weakest,
)

pytestmark = pytest.mark.portable


def claim(direction: str = "higher", smallest: float = 0.05) -> Claim:
    return Claim(
        name="one", says="it is so", contrast={"with": 1.0, "without": -1.0}, outcome="share_sustained",
        direction=direction, smallest=smallest,
    )  # fmt: skip


def effect(mean: float, low: float, high: float, share: float) -> Effect:
    return Effect(mean, 0.01, 0.01, 0.05, low, high, share, 0.01, share, 0.0, 200, 170, 8, 0.5, 2.0)


ALIVE = (Knockout("turnover", 0.08, 0.01), Knockout("frustration", 0.06, 0.01))


@pytest.mark.parametrize(
    ("found", "knockouts", "verdict"),
    [
        (effect(0.08, 0.06, 0.10, 0.95), ALIVE, SUPPORTED),
        (effect(0.08, 0.06, 0.10, 0.95), (*ALIVE, Knockout("turnover", 0.04, 0.01)), ASSUMED),
        (effect(0.08, 0.06, 0.10, 0.95), (*ALIVE, Knockout("hesitation", 0.0, 0.01, own=True)), SUPPORTED),
        (effect(0.08, 0.06, 0.10, 0.95), (*ALIVE, Knockout("belief=smoothing", 0.0, 0.01, counts=False)), SUPPORTED),
        (effect(0.08, 0.06, 0.10, 0.79), ALIVE, MIXED),  # the sign in too few worlds
        (effect(0.04, 0.03, 0.05, 0.95), ALIVE, NOT_SUPPORTED),  # too small
        (effect(0.08, -0.01, 0.17, 0.85), ALIVE, NOT_SUPPORTED),  # the interval reaches zero
        (effect(-0.08, -0.1, -0.06, 0.05), ALIVE, NOT_SUPPORTED),  # the other way
        (effect(0.0, -0.01, 0.01, 0.5), ALIVE, MIXED),
    ],
)
def test_each_case_has_its_verdict(found, knockouts, verdict):
    judged = judge(claim(), found, knockouts, Rule())
    assert judged.verdict == verdict
    assert bool(judged.breaking) == (verdict == ASSUMED)
    assert judged.reasons


def test_of_several_claims_the_weakest_counts():
    assert weakest([SUPPORTED, ASSUMED]) == ASSUMED
    assert weakest([SUPPORTED, MIXED, ASSUMED]) == MIXED
    assert weakest([NOT_SUPPORTED, MIXED]) == NOT_SUPPORTED


@pytest.mark.parametrize(("true", "verdict"), [(0.0, SUPPORTED), (-0.05, SUPPORTED), (0.15, NOT_SUPPORTED)])
def test_a_claim_of_no_benefit_holds_below_the_smallest_effect(true, verdict):
    one, rng = claim("no_benefit"), np.random.default_rng(1)
    values = {"with": true + 0.05 * rng.standard_normal((200, 8)), "without": 0.05 * rng.standard_normal((200, 8))}
    contrast = predicted_contrast(one)
    values["with"] = values["with"] + shift_of(one) / contrast["with"]
    assert judge(one, estimate(values, contrast), (), Rule()).verdict == verdict


def test_lower_is_turned():
    assert predicted_contrast(claim("lower")) == {"with": -1.0, "without": 1.0}
    assert predicted_contrast(claim("higher")) == {"with": 1.0, "without": -1.0}


def test_a_knockout_that_is_near_its_limit_is_said_to_be():
    sure = effect(0.08, 0.06, 0.10, 0.95)
    alive = judge(claim(), sure, (Knockout("turnover", 0.06, 0.01, near=True),), Rule())
    assert alive.verdict == SUPPORTED
    assert "alive without turnover, but within two errors" in alive.reasons[-1]
    assert "within two errors" not in judge(claim(), sure, ALIVE, Rule()).reasons[-1]  # the control
    dead = judge(claim(), sure, (Knockout("turnover", 0.04, 0.01, near=True), Knockout("frustration", 0.0, 0.01)), Rule())
    assert dead.verdict == ASSUMED
    assert "hangs on turnover (within two errors), frustration:" in dead.reasons[-1]
