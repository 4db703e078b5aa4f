"""Waves on models whose answer is known in closed form."""

from dataclasses import replace

import numpy as np
import pytest
import threadpoolctl

from experiments.calibration import walking, waves
from experiments.calibration.emulating import Emulator, fit
from experiments.calibration.linear_algebra import one_thread
from experiments.calibration.recovery import constrained
from experiments.patterns.measuring import Measured, mean_and_error
from experiments.patterns.reading import read_patterns
from experiments.worlds import ensembles
from experiments.worlds.prior import Prior, prior_of
from sim.parameters import read_table

pytestmark = pytest.mark.portable

PATTERN = read_patterns().patterns[0]
PARAMETERS = 6


def band(name, low, high, *, fitted=True):
    return replace(PATTERN, id=name, low=low, high=high, target=(low + high) / 2, fitted=fitted)


class Analytic:
    """Stands in for the bench: instruments that are functions of the vector, with some noise."""

    def __init__(self, bands, functions, noise=0.0):
        table = read_table()
        names = tuple(list(table.parameters)[:PARAMETERS])
        self.prior = Prior(names, np.zeros(PARAMETERS), np.ones(PARAMETERS), table)
        self.bands, self.functions, self.noise = bands, functions, noise
        self.measured = 0

    def patterns(self, cohorts=None):
        return tuple(self.bands)

    def fitted(self):
        return ("nine",)

    def cost(self, cohort):
        return 1

    def measure(self, values, cohorts=None, *, wave=0, first=0, times=1):
        if cohorts is not None and "nine" not in cohorts:
            return Measured((), np.zeros((len(values), 0)), np.zeros((len(values), 0)))
        self.measured += len(values)
        rng = np.random.default_rng([wave, first, len(values), times])
        mean = np.stack([f(values) for f in self.functions], axis=1)
        return Measured(
            tuple(self.bands), mean + self.noise / np.sqrt(times) * rng.standard_normal(mean.shape), np.zeros(mean.shape)
        )


PLAN = waves.Plan(first=400, waves=(200, 200), last=400, rounds=6, steps=150, wanted=1500, last_steps=150)


def test_the_ensemble_is_the_prior_within_the_bands():
    # x0 + x1 <= 0.4 and x2 in [0.7, 0.9]: a triangle times an interval; E x0 = 0.4 / 3, E x2 = 0.8, others untouched
    bench = Analytic([band("A", 0.0, 0.4), band("B", 0.7, 0.9)], [lambda x: x[:, 0] + x[:, 1], lambda x: x[:, 2]], noise=0.01)
    found = waves.match(bench, PLAN, seed=1)
    assert found.required == ("A", "B")
    assert found.aside == ()
    assert len(found.values) >= 500
    size = ensembles.effective(found.weights)
    assert size >= 200
    mean = found.weights @ found.values
    error = 4.0 / np.sqrt(size)  # four standard errors of what has a standard deviation of one
    assert mean[0] == pytest.approx(0.4 / 3, abs=error * 0.1 + 0.01)
    assert mean[1] == pytest.approx(0.4 / 3, abs=error * 0.1 + 0.01)
    assert mean[2] == pytest.approx(0.8, abs=error * 0.06 + 0.005)
    assert mean[3:] == pytest.approx(0.5, abs=error * 0.3)
    assert found.measured.inside().all()
    assert len(np.unique(found.starts)) >= 100


def test_weights_make_good_what_the_emulator_prefers():
    # the curved band is foretold by a regression with an error, which prefers its middle; weights undo that
    bench = Analytic([band("A", 0.0, 0.3)], [lambda x: np.abs(x[:, 0] - 0.5) ** 0.5])
    found = waves.match(bench, replace(PLAN, rounds=12, wanted=3000), seed=2)
    # |x - .5|**.5 <= .3 is |x - .5| <= .09: uniform there, standard deviation .18 / sqrt(12)
    spread = np.sqrt(found.weights @ (found.values[:, 0] - 0.5) ** 2)
    assert spread == pytest.approx(0.18 / np.sqrt(12), rel=0.12)


def test_weights_are_one_over_the_chance_up_to_the_cap():
    chance = np.log(np.array([0.5, 0.25, 0.5, 1.0]))
    assert waves._weights(chance) == pytest.approx(np.array([2.0, 4.0, 2.0, 1.0]) / 9.0)
    assert len(waves._weights(np.zeros(0))) == 0
    steep = -np.random.default_rng(1).exponential(6.0, 600)
    found, raw = waves._weights(steep), np.exp(steep.min() - steep)
    assert found.sum() == pytest.approx(1.0)
    assert found.max() / found.mean() == pytest.approx(waves.CAP, rel=1e-6)
    under = found < found.max() * (1 - 1e-9)
    assert np.allclose(found[under] / raw[under], (found[under] / raw[under])[0])  # who is not capped keeps the proportion
    assert raw.max() / raw.mean() > 10 * waves.CAP  # the control: without the cap one counts for many


def test_a_pattern_that_no_draw_meets_is_set_aside_and_one_left_out_is_not_required():
    bench = Analytic(
        [band("A", 0.0, 0.5), band("never", 5.0, 6.0), band("left", 0.4, 0.6), band("free", 0.0, 0.1, fitted=False)],
        [lambda x: x[:, 0], lambda x: x[:, 1], lambda x: x[:, 2], lambda x: x[:, 3]],
    )
    found = waves.match(bench, replace(PLAN, rounds=1), seed=3, leave_out=["left"])
    assert found.required == ("A",)
    assert found.aside == ("never",)
    assert found.measured.mean.shape[1] == 4  # what is not required is measured all the same


def test_a_second_look_turns_away_who_was_lucky():
    # a band of one standard error of a single look about x0 = .5: without a second look many are in by luck
    bench = Analytic([band("A", 0.45, 0.55)], [lambda x: x[:, 0]], noise=0.1)
    spread, accepted = [], []
    for again in (0, 8):
        found = waves.match(bench, replace(PLAN, rounds=3, again=again), seed=8)
        assert found.measured.inside().all()
        spread.append(np.sqrt(found.weights @ (found.values[:, 0] - 0.5) ** 2))
        accepted.append(len(found.values))
    assert spread[1] < 0.7 * spread[0]
    assert 50 < accepted[1] < accepted[0]


def test_two_looks_are_one_of_all_their_replicates():
    rng = np.random.default_rng(1)
    values = rng.standard_normal((5, 4, 12))  # vectors, patterns, replicates
    values[0, 0] = np.nan
    values[1, 1, 3:] = np.nan
    patterns = tuple(band(name, 0.0, 1.0) for name in "ABCD")
    one, two = (Measured(patterns, *mean_and_error(values[:, :, part])) for part in (slice(0, 3), slice(3, 12)))
    found, whole = one.pooled(two, 3), mean_and_error(values)
    there = np.ones((5, 4), bool)
    there[0, 0] = there[1, 1] = False
    assert np.allclose(found.mean[there], whole[0][there])
    assert found.error[there] == pytest.approx(whole[1][there], rel=0.6)
    assert np.isnan(found.mean[0, 0])
    assert found.mean[1, 1] == one.mean[1, 1]  # the second look had nothing


def test_the_same_seed_gives_the_same_and_another_seed_another_ensemble():
    bench = Analytic([band("A", 0.0, 0.4)], [lambda x: x[:, 0]])
    small = replace(PLAN, rounds=1)
    one, two, three = (waves.match(bench, small, seed=seed) for seed in (5, 5, 6))
    assert np.array_equal(one.values, two.values)
    assert np.array_equal(one.weights, two.weights)
    assert not np.array_equal(one.values[: len(three.values)], three.values[: len(one.values)])


def test_it_ends_when_enough_are_accepted():
    bench = Analytic([band("A", 0.0, 0.9)], [lambda x: x[:, 0]])
    found = waves.match(bench, replace(PLAN, wanted=100), seed=7)
    assert len(found.values) >= 100
    assert [line["wave"] for line in found.history].count(3) == 1


def line(mean, slope, error):
    linear = np.zeros(1 + PARAMETERS)
    linear[0], linear[1] = mean, slope
    return Emulator(linear, np.zeros((0, 2), np.int64), np.zeros(0), error, 1.0)


def test_chains_visit_the_prior_in_proportion_to_the_chance():
    # chance of the band at x0: known; the chains' share below the middle against the integral
    target = walking.Target((band("A", 0.0, 2.0),), (line(0.0, 1.0, 0.5),))
    rng = np.random.default_rng(1)
    shares, kept = walking.walk(target, rng.random((2000, PARAMETERS)), 60, rng)
    grid = np.linspace(0, 1, 2001)
    at = np.full((PARAMETERS, len(grid)), 0.5)
    at[0] = grid
    density = np.exp(target.log_chance(at))
    expected = density[grid < 0.5].sum() / density.sum()
    assert 0.3 < kept < 1.0
    assert np.mean(shares[:, 0] < 0.5) == pytest.approx(expected, abs=4 * np.sqrt(0.25 / 2000))
    assert expected < 0.35  # the control: without the chance it would be a half
    assert np.mean(shares[:, 1] < 0.5) == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 2000))


def test_where_chains_are_walked_does_not_depend_on_the_number_of_threads():
    target = walking.Target((band("A", 0.0, 0.5),), (line(0.0, 1.0, 0.2),))
    start = np.random.default_rng(1).random((600, PARAMETERS))
    one, two = (walking.walk(target, start, 20, np.random.default_rng(2), threads=n)[0] for n in (1, 3))
    assert np.array_equal(one, two)


def test_the_limit_of_one_thread_ends_with_the_last_who_asked_for_it():
    def threads() -> set[int]:
        return {one["num_threads"] for one in threadpoolctl.threadpool_info() if one["user_api"] == "blas"}

    with threadpoolctl.threadpool_limits(2):
        before = threads()
        one, two = one_thread(), one_thread()
        one.__enter__()
        two.__enter__()
        one.__exit__(None, None, None)  # whoever came first leaves first, as threads do
        assert threads() == {1}
        two.__exit__(None, None, None)
        assert threads() == before != {1}


def test_target_foretells_as_its_emulators():
    rng = np.random.default_rng(1)
    x = rng.random((500, PARAMETERS))
    emulators = tuple(fit(x, f) for f in (x[:, 0] * x[:, 1] + x[:, 2], x[:, 3] ** 2))
    target = walking.Target((band("A", 0.0, 1.0), band("B", 0.0, 0.5)), emulators)
    some = rng.random((20, PARAMETERS))
    expected = np.stack([one.mean(some) for one in emulators])
    assert target.foretold(some.T) == pytest.approx(expected)
    chances = emulators[0].chance(some, 0.0, 1.0) * emulators[1].chance(some, 0.0, 0.5)
    inside = chances > walking.FLOOR
    assert np.exp(target.log_chance(some.T))[inside] == pytest.approx(chances[inside], rel=1e-3)


def test_emulator_finds_squares_and_products_and_knows_its_error():
    rng = np.random.default_rng(1)
    x = rng.random((2000, PARAMETERS))
    z = 2 * x - 1
    y = 3.0 + z[:, 0] - 2.0 * z[:, 1] + 1.5 * z[:, 0] * z[:, 1] + z[:, 2] ** 2 + 0.2 * rng.standard_normal(2000)
    found = fit(x, y)
    assert found.error == pytest.approx(0.2, rel=0.1)
    assert found.explained > 0.95
    assert set(np.flatnonzero(constrained([found])[0] > 0.01)) == {0, 1, 2}
    some = rng.random((100, PARAMETERS))
    w = 2 * some - 1
    assert found.mean(some) == pytest.approx(3 + w[:, 0] - 2 * w[:, 1] + 1.5 * w[:, 0] * w[:, 1] + w[:, 2] ** 2, abs=0.1)
    mixed = fit(x, rng.permutation(y))  # the control: where nothing is to be found it says so
    assert mixed.explained < 0.02


def test_emulator_of_what_does_not_vary():
    found = fit(np.random.default_rng(1).random((50, 3)), np.full(50, 2.0))
    assert found.mean(np.zeros((2, 3))).tolist() == [2.0, 2.0]
    assert found.chance(np.zeros((2, 3)), 1.0, 3.0).tolist() == [1.0, 1.0]
    assert not constrained([found]).any()


def test_prior_is_what_is_not_evidence_and_no_definition():
    table = read_table()
    prior = prior_of()
    assert {table.parameters[name].status for name in prior.names} <= {"assumption", "calibrated"}
    assert "months_delivery_window" not in prior.names
    assert "ratio_rosy" not in prior.names  # published
    assert prior_of(fixed=["autonomy_mean"]).names == tuple(name for name in prior.names if name != "autonomy_mean")
    draws = prior.draws(64, 3)
    assert draws.shape == (64, len(prior.names))
    assert (draws >= prior.low).all()
    assert (draws <= prior.high).all()
    strata = np.sort(np.floor(prior.shares(draws) * 64 - 1e-3).clip(0), axis=0)
    assert (np.abs(strata - np.arange(64)[:, None]) <= 1).all()  # a Latin hypercube, but for rounding
    records = prior.records(draws)
    assert records["autonomy_mean"].tolist() == draws[:, prior.names.index("autonomy_mean")].tolist()
    assert (records["ratio_rosy"] == table.parameters["ratio_rosy"].value).all()
