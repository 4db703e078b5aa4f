"""How many worlds chance puts on the wrong side: the estimate meets the truth where that is known."""

import numpy as np
import pytest

from experiments.discovery.noise import misclassified, needed

pytestmark = pytest.mark.portable


def runs(replicates: int, *, seed: int = 1, worlds: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """True chances of worlds, and outcomes of nine services each that have that chance."""
    dice = np.random.default_rng(seed)
    true = dice.beta(3.0, 3.0, worlds)
    return true, dice.binomial(9, true[:, None], (worlds, replicates)) / 9


@pytest.mark.parametrize("replicates", [3, 12])
def test_it_meets_the_truth(replicates: int) -> None:
    true, found = runs(replicates)
    wrong = float(np.mean((found.mean(axis=1) < 0.4) != (true < 0.4)))
    assert misclassified(found, 0.4) == pytest.approx(wrong, rel=0.2)


def test_more_replicates_are_less_wrong_and_as_many_as_needed_do() -> None:
    _, few = runs(2)
    asked = needed(few, 0.4, wrong=0.05)
    assert asked in {8, 16, 32}
    assert misclassified(runs(asked)[1], 0.4) <= 0.06
    assert misclassified(runs(asked // 4)[1], 0.4) > 0.05
    assert needed(few, 0.4, wrong=0.9) == 2


def test_pure_chance_is_half_wrong_and_certainty_never() -> None:
    dice = np.random.default_rng(2)
    assert misclassified(dice.normal(0.5, 1.0, (4000, 8)), 0.5) == pytest.approx(0.5, abs=0.1)
    assert needed(dice.normal(0.5, 1.0, (4000, 8)), 0.5) == 0
    certain = np.repeat(dice.random((50, 1)), 4, axis=1)
    assert misclassified(certain, 0.5) == 0.0
    assert needed(certain, 0.5) == 4
