"""Scores of forecasts, by their definitions."""

import pytest

from experiments.leading.scoring import brier, coverage


def test_scores_are_those_of_their_definitions() -> None:
    assert brier([0.7, 0.2], [1, 0]) == pytest.approx((0.09 + 0.04) / 2)
    assert coverage([0, 0, 0], [1, 1, 1], [1.0, 0.0, 1.01]) == pytest.approx(2 / 3)
    for wrong in (lambda: brier([], []), lambda: brier([1.1], [1]), lambda: brier([0.5], [0.5]), lambda: brier([0.5], [1, 0])):
        with pytest.raises(ValueError, match=r"forecasts|chances|happened|range"):
            wrong()
    for wrong in (lambda: coverage([1], [0], [0]), lambda: coverage([0], [1], [float("nan")])):
        with pytest.raises(ValueError, match=r"forecasts|chances|happened|range"):
            wrong()
