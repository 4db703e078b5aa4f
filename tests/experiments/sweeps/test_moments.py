"""Moments over runs: what numpy and the textbook say, and the same to the bit however the runs are cut."""

import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.sweeps.moments import Moments
from tests.strategies import WIDELY

pytestmark = pytest.mark.portable


def moments(values: np.ndarray, weights: np.ndarray | None = None, cuts: Any = ()) -> dict[str, np.ndarray]:
    """Of values of shape (points, runs, outcomes), cut before some runs."""
    runs = values.shape[1]
    weights = np.ones(runs) if weights is None else weights
    found = Moments(values.shape[0], values.shape[2])
    for at, to in zip([0, *cuts], [*cuts, runs], strict=True):
        found.add(values[:, at:to], weights[at:to])
    return found.results()


def identical(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)


def drawn(seed: int, *shape: int, undefined: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=shape) * 10.0 ** rng.integers(-6, 6, (shape[0], 1, shape[2]))
    values[rng.random(shape) < undefined] = np.nan
    return values


def test_without_weights_they_are_numpys() -> None:
    values = drawn(1, 4, 300, 5)
    found = moments(values)
    count = (~np.isnan(values)).sum(axis=1)
    assert np.array_equal(found["runs"], count)
    assert np.array_equal(found["low"], np.nanmin(values, axis=1))
    assert np.array_equal(found["high"], np.nanmax(values, axis=1))
    # numpy adds pairwise and about the mean, these one run after the other about the first value: the last digits differ
    spread = np.nanstd(values, axis=1, ddof=1)
    assert np.abs(found["mean"] - np.nanmean(values, axis=1)).max() <= 1e-12 * np.abs(values[~np.isnan(values)]).max()
    np.testing.assert_allclose(found["sd"], spread, rtol=1e-11)
    np.testing.assert_allclose(found["mcse"], spread / np.sqrt(count), rtol=1e-11)


def test_whole_numbers_are_exact() -> None:
    values = np.random.default_rng(2).integers(0, 10, (1, 64, 1)).astype(float)
    found = {name: one[0, 0] for name, one in moments(values).items()}
    every = [int(value) for value in values[0, :, 0]]
    assert found["mean"] == statistics.mean(every)
    assert found["sd"] == pytest.approx(statistics.stdev(every), rel=1e-15)  # one rounding more before the root


def test_a_small_spread_beside_a_large_mean_keeps_its_digits() -> None:
    values = 1e9 + np.random.default_rng(3).integers(0, 8, (1, 1000, 1)) / 8.0
    assert moments(values)["sd"][0, 0] == pytest.approx(np.std(values - 1e9, ddof=1), rel=1e-12)
    naive = np.sqrt((values**2).mean() - values.mean() ** 2)  # the control: squares of the values themselves lose them
    assert not 0.9 < naive / np.std(values - 1e9) < 1.1


def test_a_constant_has_no_spread_at_all() -> None:
    found = moments(np.full((1, 50, 1), 0.1))
    assert (found["mean"][0, 0], found["sd"][0, 0]) == (0.1, 0.0)
    assert np.isnan(found["mcse"][0, 0])  # that no two runs differ does not say that none ever would
    assert moments(np.array([0.1] * 49 + [0.2])[None, :, None])["mcse"][0, 0] > 0.0  # the control


def test_weights_are_those_of_a_weighted_mean() -> None:
    values, rng = drawn(4, 2, 120, 3, undefined=0.1), np.random.default_rng(5)
    weights = np.tile(rng.random(4) + 0.1, 30)
    found = moments(values, weights)
    for point in range(2):
        for at in range(3):
            known = ~np.isnan(values[point, :, at])
            x, w = values[point, known, at], weights[known]
            n = len(x)
            mean = np.average(x, weights=w)
            assert found["mean"][point, at] == pytest.approx(mean, rel=1e-9)
            error = np.sqrt(np.sum((w * (x - mean)) ** 2) * n / (n - 1)) / w.sum()
            assert found["mcse"][point, at] == pytest.approx(error, rel=1e-10)
            sd = np.sqrt(np.average((x - mean) ** 2, weights=w) * n / (n - 1))
            assert found["sd"][point, at] == pytest.approx(sd, rel=1e-10)
    same, scaled = moments(values), moments(values, np.full(120, 3.0))
    for name in same:  # weights that are all alike are none; only times three rounds otherwise than times one
        np.testing.assert_allclose(scaled[name], same[name], rtol=1e-12)
    assert not np.allclose(found["mean"], same["mean"])


@WIDELY
@given(st.integers(0, 10_000), st.lists(st.integers(0, 40), max_size=6))
def test_cuts_change_nothing(seed: int, cuts: list[int]) -> None:
    values = drawn(seed, 3, 40, 2, undefined=0.6 if seed % 2 else 0.05)
    values[0, : seed % 41, 1] = np.nan  # undefined up to some run: what distances are taken from comes late
    weights = np.tile(np.random.default_rng(seed).random(2) + 0.5, 20)
    assert identical(moments(values, weights, sorted(cuts)), moments(values, weights))


def test_points_do_not_depend_on_their_neighbours() -> None:
    values = drawn(6, 5, 30, 2)
    whole = moments(values)
    for point in range(5):
        alone = moments(values[point : point + 1])
        assert all(np.array_equal(alone[name][0], whole[name][point], equal_nan=True) for name in whole)


def test_the_order_of_runs_would_be_seen() -> None:
    # the control: sums of floats depend on their order, so equality above is not for free
    values = drawn(7, 1, 1000, 4, undefined=0.0)
    assert not identical(moments(values), moments(values[:, ::-1]))


def test_too_few_runs() -> None:
    values = np.array([[[np.nan, 2.0, 2.0], [np.nan, np.nan, 4.0]]])
    found = moments(values)
    assert found["runs"][0].tolist() == [0, 1, 2]
    assert found["mean"][0, 1:].tolist() == [2.0, 3.0]
    assert np.isnan(found["mean"][0, 0])
    for name in ("sd", "mcse"):
        assert np.isnan(found[name][0, :2]).all()
        assert found[name][0, 2] > 0.0
    assert np.isnan(found["low"][0, 0])
    assert np.isnan(found["high"][0, 0])
    nothing = moments(np.zeros((2, 0, 1)))
    assert nothing["runs"].tolist() == [[0], [0]]
    assert np.isnan(nothing["mean"]).all()
