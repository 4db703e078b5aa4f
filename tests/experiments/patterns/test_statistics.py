"""Statistics over many replicates, against textbook numbers and SciPy, with what is missing left out."""

import numpy as np
import pytest
from scipy import stats

from experiments.patterns.statistics import (
    area_under_curve,
    clustering,
    correlation_where,
    difference,
    first_of,
    mean_where,
    rank_correlation_where,
    ranks_where,
    ratio,
    spread_where,
)

pytestmark = pytest.mark.portable

RNG = np.random.default_rng(7)
VALUES = np.round(RNG.normal(size=(40, 9)), 1)  # rounded: there are ties
OTHERS = np.round(VALUES + RNG.normal(size=(40, 9)), 1)
THERE = RNG.random((40, 9)) < 0.8


def by_replicate(function, *arrays: np.ndarray) -> np.ndarray:
    return np.array([function(*(one[at][THERE[at]] for one in arrays)) for at in range(len(VALUES))])


def test_mean_and_spread_leave_out_what_is_missing() -> None:
    np.testing.assert_allclose(mean_where(VALUES, THERE), by_replicate(np.mean, VALUES), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(spread_where(VALUES, THERE), by_replicate(lambda one: one.std(ddof=1), VALUES), rtol=1e-12)
    assert not np.allclose(mean_where(VALUES, THERE), VALUES.mean(axis=1))  # control: all of it is something else
    none = np.zeros((1, 3), bool)
    assert np.isnan(mean_where(np.ones((1, 3)), none)).all()
    assert np.isnan(spread_where(np.ones((1, 3)), np.array([[True, False, False]]))).all()
    assert np.isnan(ratio(np.array([1.0]), np.array([0]))).all()


def test_correlations_equal_scipys() -> None:
    expected = by_replicate(lambda a, b: stats.pearsonr(a, b).statistic, VALUES, OTHERS)
    np.testing.assert_allclose(correlation_where(VALUES, OTHERS, THERE), expected, rtol=1e-9)
    ranked = by_replicate(lambda a, b: stats.spearmanr(a, b).statistic, VALUES, OTHERS)
    np.testing.assert_allclose(rank_correlation_where(VALUES, OTHERS, THERE), ranked, rtol=1e-9)
    assert not np.allclose(ranked, expected)  # control: the two are told apart
    same = np.ones((1, 4))
    assert np.isnan(correlation_where(same, VALUES[:1, :4], np.ones((1, 4), bool))).all()
    assert ranks_where(np.array([[2.0, 1.0, 2.0, 9.0]]), np.array([[True, True, True, False]]))[0, :3].tolist() == [2.5, 1.0, 2.5]


def test_area_under_the_curve() -> None:
    score = np.array([[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 3.0, 4.0]])
    event = np.array([[0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0]], bool)
    found = area_under_curve(score, event, np.ones(score.shape, bool))
    assert found[:3].tolist() == [1.0, 0.0, 0.5]
    assert np.isnan(found[3])


def test_difference_of_arms_in_standard_deviations() -> None:
    values = np.array([[1.0, 2.0, 3.0, 3.0, 4.0, 5.0]])
    treated = np.array([False, False, False, True, True, True])
    assert difference(values, np.ones(values.shape, bool), treated).tolist() == [2.0]  # means 4 and 2, both spreads 1
    assert difference(values, np.ones(values.shape, bool), ~treated).tolist() == [-2.0]


def test_clustering_of_a_known_table() -> None:
    # means 1, 3, 5; MSB = 2 * 8 / 2 = 8; MSW = 3 * 2 / 3 = 2; (8 - 2) / (8 + 2)
    values = np.array([[0.0, 2.0, 2.0, 4.0, 4.0, 6.0]])
    firsts, one_arm = np.array([0, 2, 4]), np.zeros(3, bool)
    there = np.ones(values.shape, bool)
    assert clustering(values, there, firsts, one_arm) == pytest.approx([0.6], abs=1e-12)
    shuffled = values[:, [0, 5, 2, 4, 1, 3]]
    assert clustering(shuffled, there, firsts, one_arm)[0] < 0.6  # control: the clusters matter


def test_clustering_takes_the_difference_of_arms_out() -> None:
    rng = np.random.default_rng(3)
    firsts, treated = np.arange(0, 240, 12), np.arange(20) % 2 == 0
    plain = np.repeat(rng.normal(0, 0.5, (50, 20)), 12, axis=1) + rng.normal(0, 1, (50, 240))
    there = np.ones(plain.shape, bool)
    shifted = plain + np.repeat(np.where(treated, 3.0, 0.0), 12)
    np.testing.assert_allclose(clustering(plain, there, firsts, treated), clustering(shifted, there, firsts, treated), atol=1e-9)
    assert abs(clustering(plain, there, firsts, treated).mean() - 0.2) < 0.03  # .25 / 1.25
    together = clustering(shifted, there, firsts, np.zeros(20, bool)).mean()
    assert together > 0.6  # control: without the arms their difference is taken for clustering


def test_the_first_so_many() -> None:
    there = np.array([[True, False, True, True]])
    assert first_of(there, 2).tolist() == [[True, False, True, False]]
