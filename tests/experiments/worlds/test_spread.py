"""How far worlds differ, with luck taken out, against known truths; what cannot be told apart is said to be both together."""

import math

import numpy as np
import pytest

from experiments.worlds.estimating import DRAWS, merged, share_above, share_above_error
from experiments.worlds.luck import unseen_error
from experiments.worlds.spread import luck_of, over_worlds

pytestmark = pytest.mark.portable


def runs(members: int, each: int, *, seed: int, spread: float = 0.08, luck: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Values of runs, run r having member r modulo their number, and these."""
    random = np.random.default_rng(seed)
    which = np.arange(members * each) % members
    return random.normal(0.1, spread, members)[which] + random.normal(0.0, luck, members * each), which


def test_luck_is_taken_out_and_counting_runs_would_not() -> None:
    values, members = runs(400, 4, seed=1)
    found = over_worlds(values, members)
    assert (found.apart, found.members, found.runs) == (True, 400, 1600)
    assert found.spread == pytest.approx(0.08, abs=0.015)
    assert found.mcse == pytest.approx(0.2 / 40, rel=0.05)
    assert found.error == pytest.approx(math.hypot(0.08 / 20, 0.2 / 40), rel=0.1)
    assert (found.low, found.high) == (pytest.approx(0.1 - 1.645 * 0.08, abs=0.03), pytest.approx(0.1 + 1.645 * 0.08, abs=0.03))
    assert found.sign_share == pytest.approx(0.894, abs=0.03)
    assert np.mean(values > 0) < 0.75  # control: runs counted
    assert np.quantile(values, 0.05) < found.low - 0.1  # control: runs' own spread


def test_interval_and_share_of_worlds_meet_the_truth_over_many_studies() -> None:
    every = [over_worlds(*runs(60, 4, seed=seed)) for seed in range(60)]
    assert np.mean([abs(one.mean - 0.1) < 1.96 * one.error for one in every]) > 0.85
    assert np.mean([one.sign_share for one in every]) == pytest.approx(0.894, abs=0.03)
    shares = np.array([one.sign_share for one in every])
    assert np.mean([one.sign_error for one in every]) == pytest.approx(shares.std(ddof=1), rel=0.5)


def test_a_run_a_world_is_worlds_and_luck_together() -> None:
    values, members = runs(300, 1, seed=2)
    found = over_worlds(values, members)
    assert not found.apart
    assert all(math.isnan(one) for one in (found.spread, found.mcse, found.sign_share, found.sign_error))
    assert [found.low, found.high] == np.quantile(values, [0.05, 0.95]).tolist()


def test_no_luck_seen_is_not_no_luck() -> None:
    found = over_worlds(np.full(400, 0.0), np.arange(400) % 50)
    assert not found.apart
    assert math.isnan(found.sign_share)


@pytest.mark.parametrize("members", [10, 20, 200])
@pytest.mark.parametrize("effect", [0.5, -0.5])
def test_worlds_that_agree_do_not_make_their_share_certain(members: int, effect: float) -> None:
    random = np.random.default_rng(4)
    found = over_worlds(effect + random.normal(0.0, 0.01, 8 * members), np.arange(8 * members) % members)
    assert found.apart
    assert found.sign_share == (1.0 if effect > 0 else 0.0)
    possible = 1.0 - 0.05 ** (1.0 / members)
    assert found.sign_error == pytest.approx(math.sqrt(possible * (1.0 - possible) / members))
    mixed, which = runs(members, 8, seed=5, luck=0.05)
    control = over_worlds(mixed, which)  # worlds that differ: what their draws say is not touched
    assert min(control.sign_share, 1.0 - control.sign_share) > 0.01
    assert control.sign_error == pytest.approx(drawn_error(mixed, which), rel=1e-12)


def drawn_error(values: np.ndarray, members: np.ndarray) -> float:
    """Standard deviation of the share over drawn members, one draw after the other."""
    seen = merged(values, np.full(len(values), luck_of(values, members)), members)
    rows = np.random.default_rng(1).integers(0, len(seen.mean), (DRAWS, len(seen.mean)))
    return float(np.std([share_above(seen.of(row)) for row in rows], ddof=1))


@pytest.mark.parametrize("members", [2, 3, 5])
def test_a_few_equal_worlds_leave_much_possible(members: int) -> None:
    seen = merged(np.full(members, 0.2), np.zeros(members))
    assert share_above(seen) == 1.0
    assert share_above_error(seen, 1) == pytest.approx(unseen_error(members, 1.0, (0.0, 1.0)))
    assert share_above_error(seen, 1) > 0.2
    nothing = merged(np.zeros(members), np.zeros(members), still=np.ones(members, dtype=bool))
    assert share_above(nothing) == 0.5
    assert math.isnan(share_above_error(nothing, 1))


def test_undefined_runs_are_left_out() -> None:
    values, members = runs(100, 4, seed=3)
    values[::7] = np.nan
    assert over_worlds(values, members).runs == np.isfinite(values).sum()
    assert over_worlds(np.full(9, np.nan), np.arange(9)).runs == 0
