"""Statistics of pairs, held against direct computations and known cases."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from experiments.comparing.effects import effect_of, track_of, track_of_errors

pytestmark = pytest.mark.portable


def correlated(rho: float, count: int, *, seed: int = 1, effect: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of normal deviates with a known correlation and a known mean difference."""
    rng = np.random.default_rng(seed)
    one = rng.normal(size=count)
    return one, effect + rho * one + math.sqrt(1.0 - rho * rho) * rng.normal(size=count)


def test_everything_is_as_computed_directly() -> None:
    one, two = correlated(0.7, 400)
    found = effect_of(one, two, share=False)
    gap = two - one
    test = stats.ttest_rel(two, one)
    between = test.confidence_interval(0.95)
    assert found.difference == pytest.approx(gap.mean())
    assert (found.base, found.other) == (pytest.approx(one.mean()), pytest.approx(two.mean()))
    assert found.mcse == pytest.approx(stats.sem(gap))
    assert (found.low, found.high) == (pytest.approx(between.low), pytest.approx(between.high))
    assert found.correlation == pytest.approx(np.corrcoef(one, two)[0, 1])
    assert found.variance_reduction == pytest.approx((one.var(ddof=1) + two.var(ddof=1)) / gap.var(ddof=1))
    assert (found.pairs, found.differing, found.clear) == (400, 400, True)


@pytest.mark.parametrize("rho", [0.9, 0.0, -0.5])
def test_variance_reduction_is_what_theory_says(rho: float) -> None:
    found = effect_of(*correlated(rho, 20_000), share=False)
    assert found.variance_reduction == pytest.approx(1.0 / (1.0 - rho), rel=0.05)
    shuffled = np.random.default_rng(2).permutation(20_000)  # the control: pairs torn apart
    one, two = correlated(rho, 20_000)
    assert effect_of(one, two[shuffled], share=False).variance_reduction == pytest.approx(1.0, rel=0.05)


def test_intervals_hold_the_true_mean_as_often_as_they_say() -> None:
    held = sum(
        found.low <= 0.3 <= found.high
        for found in (effect_of(*correlated(0.6, 12, seed=seed), share=False) for seed in range(1000))
    )
    assert abs(held - 950) < 4 * math.sqrt(1000 * 0.95 * 0.05)
    normal = NormalDist().inv_cdf(0.975)  # the control: too short by far for a dozen pairs
    short = [effect_of(*correlated(0.6, 12, seed=seed), share=False) for seed in range(1000)]
    assert sum(abs(one.difference - 0.3) <= 0.8 * normal * one.mcse for one in short) < 950 - 4 * math.sqrt(1000 * 0.95 * 0.05)


def test_replicates_needed_are_enough() -> None:
    one, two = (np.clip(0.5 + 0.1 * side, 0.0, 1.0) for side in correlated(0.5, 500))
    found = effect_of(one, two, share=True)
    assert found.wanted == 0.005
    assert found.needed is not None
    assert (two - one).std(ddof=1) / math.sqrt(found.needed) == pytest.approx(0.005, rel=0.01)
    other = effect_of(one, two, share=False)
    assert other.wanted == pytest.approx(0.01 * math.sqrt((one.var(ddof=1) + two.var(ddof=1)) / 2))
    assert other.needed == pytest.approx(20_000 / found.variance_reduction, abs=1.0)


def test_pairs_in_which_either_is_undefined_are_left_out_and_counted() -> None:
    one, two = np.array([1.0, np.nan, 3.0, 4.0]), np.array([2.0, 7.0, np.nan, 4.0])
    found = effect_of(one, two, share=True)
    assert (found.pairs, found.differing) == (2, 1)
    assert (found.base, found.other, found.difference) == (2.5, 3.0, 0.5)
    assert found.needed == 4 * 0.5**2 / 0.005**2  # of all replicates, since half of them have no pair
    nothing = effect_of(one, np.full(4, np.nan), share=True)
    assert (nothing.pairs, nothing.needed, nothing.clear) == (0, None, False)
    assert all(math.isnan(value) for value in (nothing.base, nothing.difference, nothing.mcse, nothing.low, nothing.correlation))


def test_the_same_in_every_pair() -> None:
    one, _ = correlated(0.5, 50)
    same = effect_of(one, one.copy(), share=True)
    assert same.difference == 0.0
    assert math.isnan(same.mcse)  # not "no error": a pair that differs may just not have been among fifty
    assert -same.low == same.high == pytest.approx(1 - 0.025 ** (1 / 50))
    assert (same.correlation, same.variance_reduction) == (pytest.approx(1.0), math.inf)
    assert (same.differing, same.clear, same.needed) == (0, False, None)
    constant = effect_of(np.full(50, 1 / 3), np.full(50, 1 / 3), share=True)
    assert math.isnan(constant.correlation)
    assert math.isnan(constant.variance_reduction)
    assert effect_of(np.full(50, 0.1), np.full(50, 0.1), share=False).needed is None


def test_rounding_is_no_spread() -> None:
    one, _ = correlated(0.5, 1000)
    shifted = effect_of(one, one + 0.1, share=False)  # each difference is 0.1 but for its last digits
    assert len(np.unique((one + 0.1) - one)) > 1
    assert (shifted.variance_reduction, shifted.clear, shifted.needed) == (math.inf, True, None)
    assert math.isnan(shifted.mcse)
    assert math.isnan(shifted.low)  # of an outcome without limits nothing is known of what was not seen
    assert effect_of(one, one + 0.1 + 1e-9 * one, share=False).mcse > 0.0  # the control


def test_one_pair_has_no_error() -> None:
    found = effect_of(np.array([0.25]), np.array([0.5]), share=True)
    assert (found.difference, found.pairs, found.needed, found.clear) == (0.25, 1, None, False)
    assert all(math.isnan(value) for value in (found.mcse, found.low, found.high, found.correlation, found.variance_reduction))


def test_tracks_are_means_with_student_intervals() -> None:
    counts = np.random.default_rng(3).integers(0, 9, size=(40, 5))
    found = track_of(counts, 9)
    for month in range(5):
        values = counts[:, month] / 9
        low, high = stats.t.interval(0.95, 39, values.mean(), stats.sem(values))
        assert (found.mean[month], found.low[month], found.high[month]) == pytest.approx((values.mean(), low, high))
    single = track_of(counts[:1], 9)
    assert single.mean.tolist() == (counts[0] / 9).tolist()
    assert np.isnan(single.reach).all()


def test_a_track_of_sums_is_that_of_counts() -> None:
    counts = np.random.default_rng(3).integers(-4, 6, size=(25, 12))
    counts[:, :2], counts[:, 2] = 0, 3  # months in which all replicates are alike
    mean, errors = counts.mean(axis=0) / 9, counts.std(axis=0, ddof=1) / 9 / math.sqrt(25)
    found, known = track_of_errors(mean, errors, 25), track_of(counts, 9)
    assert np.array_equal(found.mean, known.mean)
    assert found.reach == pytest.approx(known.reach, rel=1e-12)
    assert (known.reach[:3] > 0.0).all()
    assert np.isnan(track_of_errors(mean, errors, 1).reach).all()
    assert track_of_errors(mean, 1.01 * errors, 25).reach != pytest.approx(known.reach, rel=1e-12)  # the control
