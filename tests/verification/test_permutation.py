"""The permutation test of trials keeps its level where a design has more than two arms, and has the power of the t test."""

import numpy as np
import pytest

from experiments.trials.analyses import permutation
from experiments.trials.operating import operating
from tests.experiments.trials.small import ARM, CLARITY, MORE, trials_of

pytestmark = pytest.mark.verification


def test_two_of_three_arms(tmp_path):
    trials = trials_of(tmp_path, count=2_000, design='kind = "parallel"\nservices = 24', arms=ARM + MORE)
    found = operating(trials, 36, 12, "permutation")
    band = 2.58 * np.sqrt(0.0475 / 2_000)
    assert 0.05 - band < found.type_one.value < 0.05 + band
    by_t = operating(trials, 36, 12, "cluster_t")
    assert abs(found.power.value - by_t.power.value) < 0.03
    drawn = trials.drawn(36)
    dealt = np.stack([np.random.default_rng(at).permutation(36) < 12 for at in range(499)])  # among all three: too cautious
    wrong = permutation(trials.seen(drawn, 12, null=True).value, drawn.group, dealt)
    assert (wrong.p < 0.05).mean() < 0.05 - band


def test_a_factorial_design(tmp_path):
    trials = trials_of(tmp_path, design='kind = "factorial"\nservices = 24', arms=ARM + CLARITY, count=1_000)
    by_t, dealt = (operating(trials, 40, 12, word) for word in ("cluster_t", "permutation"))
    assert abs(by_t.power.value - dealt.power.value) < 0.04
    assert dealt.type_one.value < 0.05 + 2.58 * np.sqrt(0.0475 / 1_000)
