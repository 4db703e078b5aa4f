"""Effects over worlds against worlds whose effects are known."""

import math

import numpy as np
import pytest

from experiments.hypotheses.estimating import contrasted, estimate, luck_of, luck_of_worlds, pairing
from experiments.worlds.estimating import by_world, merged, moments, sign_share

pytestmark = pytest.mark.portable

CONTRAST = {"with": 1.0, "without": -1.0}


def arms(mean: float, spread: float, luck: float, *, worlds: int = 300, runs: int = 6, shared: float = 0.0, seed: int = 1):
    """Two arms whose difference in world w is N(mean, spread^2), with luck a run, part of which both share."""
    rng = np.random.default_rng(seed)
    effect = mean + spread * rng.standard_normal((worlds, 1))
    common = shared * rng.standard_normal((worlds, runs))
    one, two = (luck * rng.standard_normal((worlds, runs)) for _ in range(2))
    return {"with": effect + common + one, "without": common + two}


@pytest.mark.parametrize(("mean", "spread", "luck"), [(0.05, 0.0, 0.1), (0.05, 0.1, 0.2), (0.0, 0.05, 0.1), (-0.1, 0.05, 0.05)])
def test_mean_spread_and_share_of_signs_are_those_of_the_worlds(mean, spread, luck):
    found = [estimate(arms(mean, spread, luck, seed=seed), CONTRAST) for seed in range(40)]
    truth = 1.0 if spread == 0.0 else sign_share(mean, spread, 0.0)
    assert np.mean([one.mean for one in found]) == pytest.approx(mean, abs=0.006)
    assert np.mean([one.spread**2 for one in found]) == pytest.approx(spread**2, abs=0.0015)
    assert np.mean([one.sign_share for one in found]) == pytest.approx(truth, abs=0.04)
    held = np.mean([one.low <= mean <= one.high for one in found])
    assert held >= 0.85  # 95 % intervals, 40 of them
    assert np.mean([one.mcse for one in found]) == pytest.approx(luck * math.sqrt(2 / 6 / 300), rel=0.05)


def test_counted_signs_would_call_a_certain_effect_doubtful():
    # the figure of the rule: five runs a world, the same effect in every world, and noise of four times its size a run
    found = estimate(arms(0.05, 0.0, 0.2 / math.sqrt(2), runs=5, worlds=2000), CONTRAST)
    assert found.counted == pytest.approx(0.71, abs=0.03)
    assert found.sign_share > 0.97


def test_nothing_at_all_has_no_sign():
    zero = {"with": np.zeros((30, 4)), "without": np.zeros((30, 4))}
    found = estimate(zero, CONTRAST)
    assert (found.mean, found.error, found.sign_share) == (0.0, 0.0, 0.5)
    assert math.isnan(found.reduction)
    shares = [estimate(arms(0.0, 0.0, 0.2, seed=seed), CONTRAST).sign_share for seed in range(200)]
    assert 0.4 < np.mean(shares) < 0.6
    assert np.mean([share > 0.8 for share in shares]) < 0.3  # an unknown effect is rarely called certain


def test_luck_that_is_shared_is_worth_what_it_takes_away():
    paired, apart = (arms(0.05, 0.0, 0.1, shared=one, worlds=500, runs=20) for one in (0.3, 0.0))
    correlation, reduction = pairing(paired, CONTRAST)
    assert correlation == pytest.approx(0.09 / 0.10, abs=0.02)
    assert reduction == pytest.approx(0.1 / 0.01, rel=0.06)
    correlation, reduction = pairing(apart, CONTRAST)  # the control: nothing is shared
    assert correlation == pytest.approx(0.0, abs=0.03)
    assert reduction == pytest.approx(1.0, abs=0.05)


def test_runs_are_as_many_as_the_error_asks_for():
    values = arms(0.05, 0.1, 0.2, worlds=200, runs=8)
    luck = luck_of(values, CONTRAST, "waiting_months_per_post")
    assert luck.seen
    assert luck.error == estimate(values, CONTRAST).mcse
    needed = luck.runs_needed(8, 0.004)
    assert needed == pytest.approx(2 * 0.04 / 200 / 0.004**2, rel=0.1)
    assert estimate(arms(0.05, 0.1, 0.2, worlds=200, runs=needed), CONTRAST).mcse == pytest.approx(0.004, rel=0.05)


@pytest.mark.parametrize("constant", [0.0, 0.4])
def test_an_error_of_nothing_seen_is_not_met(constant):
    """Worlds may differ as they like: without a run that differs from the others of its world, nothing is known of luck."""
    values = {"with": np.full((9, 3), constant) + np.linspace(0.0, 0.1, 9)[:, None], "without": np.zeros((9, 3))}
    assert estimate(values, CONTRAST).mcse == pytest.approx(0.0, abs=1e-15)
    bounded = luck_of(values, CONTRAST, "share_sustained")
    assert not bounded.seen
    assert bounded.error > 0.05
    assert not bounded.meets(0.005)
    assert bounded.runs_needed(3, 0.005) == 6  # nothing is derived from it
    unbounded = luck_of(values, CONTRAST, "waiting_months_per_post")
    assert math.isnan(unbounded.error)
    assert not unbounded.meets(1.0)
    assert unbounded.meets(math.inf)  # nothing is asked
    many = {arm: np.tile(one, (20, 40)) for arm, one in values.items()}
    assert luck_of(many, CONTRAST, "share_sustained").meets(0.005)  # the control: of 21,600 runs that agree something is known
    values["with"] += [0.1, 0.0, -0.1]
    assert luck_of(values, CONTRAST, "share_sustained").seen  # the control


def test_the_bound_holds_what_was_not_seen():
    """Where one run in fifty goes the whole way, runs in which none did leave that possible."""
    chance, runs = 0.02, 60
    truth = 1.0 * math.sqrt(chance * (1.0 - chance) / runs)
    quiet = {"with": np.zeros((20, 3)), "without": np.zeros((20, 3))}
    assert luck_of(quiet, CONTRAST, "share_sustained").error > truth
    few = np.full(20, np.nan)
    few[:15] = 0.0
    assert luck_of_worlds(few, 0.0, (-1.0, 1.0)).error > 0.05
    few[:15] = 0.01
    assert luck_of_worlds(few, 0.02, (-1.0, 1.0)).error == 0.02  # the control
    assert math.isnan(luck_of_worlds(np.array([np.nan, 0.1]), math.nan, (-1.0, 1.0)).error)


def test_what_is_undefined_is_left_out_run_by_run():
    values = arms(0.1, 0.0, 0.1, worlds=50, runs=6)
    values["with"][0] = np.nan  # a world without anything
    values["without"][1, 2:] = np.nan
    mean, variance = by_world(contrasted(values, CONTRAST))
    assert math.isnan(mean[0])
    assert math.isnan(variance[0])
    assert mean[1] == pytest.approx((values["with"][1, :2] - values["without"][1, :2]).mean())
    assert (variance[1:] > 0.0).all()
    found = estimate(values, CONTRAST)
    assert found.worlds == found.members == 49
    assert math.isfinite(found.mean)
    assert math.isfinite(found.reduction)


def test_weights_of_several_arms():
    values = {name: np.full((5, 3), value) for name, value in {"a": 4.0, "b": 2.0, "c": 1.0}.items()}
    assert (contrasted(values, {"a": 1.0, "b": -1.0, "c": -1.0}) == 1.0).all()


def repeated(mean: float, spread: float, luck: float, *, seed: int):
    """Worlds of 40 members, some of which stand there once and some nine times."""
    rng = np.random.default_rng(seed)
    members = np.repeat(np.arange(40), np.where(np.arange(40) < 30, 1, 9))
    effect = (mean + spread * rng.standard_normal(40))[members][:, None]
    values = {"with": effect + luck * rng.standard_normal((len(members), 6)), "without": np.zeros((len(members), 6))}
    order = rng.permutation(len(members))
    return {name: one[order] for name, one in values.items()}, members[order]


def test_worlds_that_repeat_a_member_tell_of_one_world_only():
    held = {"merged": [], "as if they were others": []}
    spreads = []
    for seed in range(120):
        values, members = repeated(0.05, 0.1, 0.1, seed=seed)
        found = estimate(values, CONTRAST, members=members)
        assert (found.worlds, found.members) == (120, 40)
        spreads.append(found.spread**2)
        alone = estimate(values, CONTRAST)
        assert alone.mean == pytest.approx(found.mean)
        assert alone.mcse == pytest.approx(found.mcse)
        for name, one in (("merged", found), ("as if they were others", alone)):
            held[name].append(one.low <= 0.05 <= one.high)
    assert np.mean(spreads) == pytest.approx(0.01, rel=0.1)
    assert np.mean(held["merged"]) > 0.91
    assert np.mean(held["as if they were others"]) < 0.8  # the control


def test_members_that_all_stand_there_once_are_worlds():
    values = arms(0.05, 0.1, 0.2, worlds=50)
    assert estimate(values, CONTRAST) == estimate(values, CONTRAST, members=np.arange(50))


def test_shares_against_the_same_rows_written_out():
    mean, variance = np.array([1.0, 2.0, 4.0]), np.array([0.1, 0.2, 0.3])
    seen = merged(np.array([1.0, 2.0, 4.0, 4.0]), np.array([0.1, 0.2, 0.6, 0.6]), np.array([7, 3, 5, 5]))
    order = np.argsort(seen.first)
    assert seen.mean[order].tolist() == mean.tolist()
    assert seen.variance[order] == pytest.approx(variance)
    assert seen.share[order].tolist() == [0.25, 0.25, 0.5]
    found = moments(seen)
    assert found.mean == 2.75
    assert found.worth == pytest.approx(1.0 / (2 * 0.0625 + 0.25))
    assert math.isnan(moments(merged(np.array([1.0]), np.array([0.1]))).error)


def test_the_error_of_the_share_of_signs_is_that_of_other_worlds():
    found = [estimate(arms(0.03, 0.05, 0.1, worlds=60, seed=seed), CONTRAST) for seed in range(200)]
    assert np.mean([one.sign_error for one in found]) == pytest.approx(np.std([one.sign_share for one in found]), rel=0.15)


def some(part: float, *, seed: int, worlds: int = 200):
    """An effect of .1, give or take .03, in a part of the worlds; in the others nothing ever differs."""
    rng = np.random.default_rng(seed)
    happens = rng.random((worlds, 1)) < part
    effect = 0.1 + 0.03 * rng.standard_normal((worlds, 1)) + 0.1 * rng.standard_normal((worlds, 8))
    base = rng.standard_normal((worlds, 8))
    return {"with": base + np.where(happens, effect, 0.0), "without": base}


@pytest.mark.parametrize("part", [0.7, 0.3, 0.0])
def test_worlds_in_which_nothing_happens_have_no_sign(part):
    found = [estimate(some(part, seed=seed), CONTRAST) for seed in range(60)]
    assert np.mean([one.still for one in found]) == pytest.approx(1.0 - part, abs=0.02)
    if part == 0.0:
        assert {one.sign_share for one in found} == {0.5}
        return
    assert np.mean([one.sign_share for one in found]) == pytest.approx(part, abs=0.02)
    assert np.mean([one.sign_error for one in found]) == pytest.approx(np.std([one.sign_share for one in found]), rel=0.35)
    normal = np.mean(
        [sign_share(one.mean, one.spread, one.error) for one in found]
    )  # the control: one normal distribution for all
    assert normal > part + 0.15
