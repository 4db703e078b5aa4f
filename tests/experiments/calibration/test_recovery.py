"""Recovery on a model whose posterior is known: a uniform error of observation about a parameter itself."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.calibration import recovery
from experiments.calibration.emulating import Emulator
from experiments.calibration.recovery import Pooled, Size
from experiments.patterns.reading import read_patterns

PATTERN = read_patterns().patterns[0]
NAMES = ("a", "b", "c", "d")
WIDTH = 0.3
SIZE = Size(held=100, chains=39, steps=100, again=20)


def band(name, wide=WIDTH):
    return replace(PATTERN, id=name, low=0.0, high=wide, target=wide / 2)


def line(at, error=0.01):
    """Foretells parameter ``at`` itself."""
    linear = np.zeros(1 + len(NAMES))
    linear[0], linear[1 + at] = 0.5, 0.5
    return Emulator(linear, np.zeros((0, 2), np.int64), np.zeros(0), error, 1.0)


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(1)
    x = rng.random((600, 4))
    means = x[:, :2] + 0.02 * rng.standard_normal((600, 2))
    means[::7, 1] = np.nan  # some have nothing to measure
    return recovery.recover(NAMES, (band("A"), band("B")), x, means, size=SIZE, seed=2)


def test_the_posterior_is_what_is_known():
    # uniform where the data's band and the prior overlap: from 0.85 to 1 for data at 1
    states, kept = recovery.posterior(
        (band("A"),), (line(0),), np.array([1.0]), replace(SIZE, chains=400), np.random.default_rng(1)
    )
    assert 0 < kept < 1
    assert states[:, 0].min() > 0.8
    assert states[:, 0].mean() == pytest.approx(0.925, abs=4 * 0.15 / np.sqrt(12 * 400) + 0.003)
    assert states[:, 0].std() == pytest.approx(0.15 / np.sqrt(12), rel=0.15)
    assert states[:, 1].mean() == pytest.approx(0.5, abs=4 / np.sqrt(12 * 400))


def test_what_is_undefined_leaves_the_prior():
    states, _ = recovery.posterior((band("A"),), (line(0),), np.array([np.nan]), SIZE, np.random.default_rng(1))
    assert states[:, 0].std() == pytest.approx(1 / np.sqrt(12), rel=0.3)


def test_coverage_is_as_promised_and_what_is_constrained_is_identifiable(found):
    fit = found.pooled[0]
    assert fit.cover50 == pytest.approx(0.5, abs=3.5 * fit.error50)
    assert fit.cover90 == pytest.approx(0.9, abs=3.5 * fit.error90)
    assert not fit.short
    assert [one.identifiable for one in found.rows] == [True, True, False, False]
    assert all(one.covered for one in found.rows)
    off = replace(found.rows[0], cover90=0.7)  # narrowed, but too sure of itself
    assert off.identifiable
    assert not off.covered
    assert not fit.wide
    assert replace(fit, cover50=0.9).wide
    found_words = [one.verdict for one in (fit, replace(fit, cover50=0.9), replace(fit, cover50=0.1))]
    assert found_words == ["as often as promised, within chance", "too often", "too seldom"]
    assert found.rows[0].width == pytest.approx(0.29, abs=0.05)  # a band of .3, cut at the bounds of the prior
    assert found.rows[1].width > found.rows[0].width  # its pattern is undefined for one in seven
    assert found.rows[2].width == pytest.approx(1.0, abs=0.05)
    assert min(one.uniform for one in found.rows) > 0.001
    assert found.longer[0] == pytest.approx(1.0, abs=0.1)
    assert found.longer[1] < 1.5
    assert found.vectors == 500


def test_the_controls_hold_the_truth_too_seldom(found):
    _, narrow, other = found.pooled
    assert narrow.short
    assert other.short
    assert narrow.cover90 < 0.75
    assert recovery.rows_of(NAMES, found.states, np.roll(found.truths, 1, axis=0))[0].uniform < 1e-6  # the ranks notice as well


def test_data_that_do_not_stray_are_held_too_often():
    # the fit takes a uniform error for granted; data without one lie too near the truth
    rng = np.random.default_rng(3)
    truths = 0.2 + 0.6 * rng.random((60, 4))
    data = truths[:, :1]
    states, _ = recovery.posteriors((band("A"),), (line(0),), data, SIZE, rng)
    assert recovery.rows_of(NAMES, states, truths)[0].cover50 > 0.9


def test_threads_do_not_matter_and_seeds_do():
    data = np.array([[0.2], [0.6], [0.9]])
    small = Size(chains=19, steps=30)

    def draw(seed, threads):
        return recovery.posteriors((band("A"),), (line(0),), data, small, np.random.default_rng(seed), threads=threads)[0]

    assert np.array_equal(draw(1, 1), draw(1, 3))
    assert not np.array_equal(draw(1, 1), draw(2, 1))


@pytest.mark.parametrize("chains", [19, 39, 59])
def test_intervals_hold_exactly_their_share_of_all_ranks(chains):
    half, most = recovery.within(np.arange(chains + 1), chains)
    assert half.mean() == pytest.approx(0.5)
    assert most.mean() == pytest.approx(0.9)


def test_width_of_the_prior_is_one():
    states = np.random.default_rng(1).random((400, 59, 2))
    states[:, :, 1] *= 0.5
    assert recovery.widths(states).mean(axis=0) == pytest.approx([1.0, 0.5], abs=0.01)


def test_shares_of_the_variance():
    pairs = np.array([[0, 0], [1, 2]])
    one = Emulator(np.array([9.0, 3.0, 0.0, 0.0, 0.0]), pairs, np.array([np.sqrt(45 / 4), 6.0]), 1.0, 1.0)
    none = Emulator(np.zeros(5), np.zeros((0, 2), np.int64), np.zeros(0), 1.0, 0.0)
    found = recovery.constrained([one, none])
    assert found[0] == pytest.approx([4 / 8, 2 / 8, 2 / 8, 0])  # 3 + 1 of the first alone, 4 shared by the next two
    assert found[1].tolist() == [0, 0, 0, 0]
    x = 2 * np.random.default_rng(1).random((200_000, 4)) - 1
    assert one.mean((x + 1) / 2).var() == pytest.approx(8, rel=0.02)


def test_where_nothing_is_narrowed_nothing_is_said():
    states = np.random.default_rng(1).random((20, 19, 2))
    pooled = recovery.pooled_of("fit", states, states[:, 0], np.zeros(2, bool))
    assert np.isnan(pooled.cover50)
    assert not pooled.short
    assert np.isnan(recovery.compared(states, states, np.zeros(2, bool))).all()
    assert Pooled("x", 0.5, 0.8, 0.02, 0.02).short
