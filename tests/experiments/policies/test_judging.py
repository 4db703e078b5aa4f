"""Judgements against known truths: luck is taken out of the share of worlds and of the regret."""

import math

import numpy as np
import pytest

from experiments.policies.judging import above, error, regrets
from experiments.worlds.luck import unseen_error

pytestmark = pytest.mark.portable

SERVICES = 9


def seen(truth: np.ndarray, replicates: int, random: np.random.Generator) -> np.ndarray:
    """Shares of services in runs of worlds with a known share; shape (worlds, replicates)."""
    return random.binomial(SERVICES, np.clip(truth, 0, 1)[:, None], size=(len(truth), replicates)) / SERVICES


def test_luck_is_taken_out_of_the_share_of_worlds() -> None:
    """Nearly all worlds lie just above the threshold; counting what is seen of them takes luck for worlds below."""
    random = np.random.default_rng(5)
    truth = random.normal(0.76, 0.03, size=3000)
    shares = seen(truth, 2, random)
    known = float(np.mean(truth >= 0.7))
    found = above(shares, 0.7)
    assert known > 0.95
    assert found.normal == pytest.approx(known, abs=0.04)
    assert found.beta == pytest.approx(known, abs=0.04)
    assert found.mean == pytest.approx(0.76, abs=0.01)
    assert found.between == pytest.approx(0.03, abs=0.02)
    assert found.luck == pytest.approx(math.sqrt(0.76 * 0.24 / SERVICES / 2), abs=0.005)
    assert np.mean(shares.mean(axis=1) >= 0.7) < known - 0.15  # control: counted as seen


def test_both_models_agree_where_worlds_differ_much() -> None:
    random = np.random.default_rng(6)
    truth = random.beta(2.0, 2.0, size=2000)
    found = above(seen(truth, 6, random), 0.7)
    known = float(np.mean(truth >= 0.7))
    assert found.beta == pytest.approx(known, abs=0.03)
    assert found.normal == pytest.approx(known, abs=0.06)


def test_the_error_falls_with_the_worlds() -> None:
    random = np.random.default_rng(7)
    shares = seen(random.normal(0.7, 0.1, size=1600), 4, random)
    few, many = above(shares[:100], 0.7).error, above(shares, 0.7).error
    assert few == pytest.approx(4 * many, rel=0.4)
    assert above(shares, 0.7) == above(shares, 0.7)


@pytest.mark.parametrize(("share", "expected"), [(0.8, 1.0), (0.7, 1.0), (0.6, 0.0)])
def test_worlds_that_are_alike(share: float, expected: float) -> None:
    found = above(np.full((5, 3), share), 0.7)
    assert (found.normal, found.beta, found.luck) == (expected, expected, 0.0)
    assert found.error == pytest.approx(unseen_error(5, expected, (0.0, 1.0)))  # agreeing worlds are not all worlds


def test_all_or_nothing_is_no_error() -> None:
    for share in (0.0, 1.0):
        found = above(np.full((5, 3), share), 0.7)
        assert found.normal == found.beta == share


def test_regret_of_what_is_alike_is_luck_only() -> None:
    random = np.random.default_rng(8)
    shares = np.stack([seen(np.full(400, 0.6), 4, random) for _ in range(12)])
    found = regrets(shares, np.arange(12.0))
    assert found[0].mean == found[0].most == found[0].luck == 0.0  # nothing is cheaper
    assert found[-1].mean < 0.02
    assert found[-1].most > 0.1  # control: as seen, luck makes a best
    assert found[-1].luck > 0.05


def test_a_better_rival_of_at_most_the_price_is_regretted() -> None:
    shares = np.stack([np.full((6, 2), share) for share in (0.3, 0.5, 0.4, 0.9)])
    found = regrets(shares, np.array([1.0, 2.0, 2.0, 3.0]))
    assert [round(one.mean, 9) for one in found] == [0.0, 0.0, 0.1, 0.0]
    assert [round(one.tail, 9) for one in found] == [0.0, 0.0, 0.1, 0.0]


def test_a_rival_that_is_better_in_some_worlds_is_regretted_there() -> None:
    random = np.random.default_rng(9)
    own = np.full(1000, 0.5)
    rival = np.where(np.arange(1000) < 200, 0.9, 0.2)
    found = regrets(np.stack([seen(rival, 8, random), seen(own, 8, random)]), np.array([1.0, 2.0]))
    assert found[1].mean == pytest.approx(0.2 * 0.4, abs=0.015)
    assert found[1].tail == pytest.approx(0.4, abs=0.05)


def test_error_is_that_of_a_mean() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert error(values) == pytest.approx(values.std(ddof=1) / 2)


def test_worlds_that_repeat_a_member_are_merged() -> None:
    """40 members, each in 10 worlds: the error is that of 40, and meets the scatter of studies; unmerged it is far too small."""
    members = np.repeat(np.arange(40), 10)
    studies = []
    for seed in range(60):
        random = np.random.default_rng([10, seed])
        shares = seen(random.normal(0.6, 0.15, size=40)[members], 4, random)
        mean = shares.mean(axis=1)
        studies.append((mean.mean(), error(mean, members), error(mean), above(shares, 0.7, members), above(shares, 0.7)))
    scatter = np.std([one[0] for one in studies], ddof=1)
    assert np.mean([one[1] for one in studies]) == pytest.approx(scatter, rel=0.2)
    assert np.mean([one[2] for one in studies]) < 0.5 * scatter  # control: worlds taken for members
    scatter = np.std([one[3].normal for one in studies], ddof=1)
    assert np.mean([one[3].error for one in studies]) == pytest.approx(scatter, rel=0.25)
    assert np.mean([one[4].error for one in studies]) < 0.5 * scatter  # control


def test_members_in_one_world_each_are_what_is_taken_unless_told() -> None:
    random = np.random.default_rng(11)
    shares = np.stack([seen(random.normal(0.6, 0.1, size=50), 3, random) for _ in range(3)])
    every = np.arange(50)
    assert above(shares[0], 0.7, every) == above(shares[0], 0.7)
    assert regrets(shares, np.arange(3.0), every) == regrets(shares, np.arange(3.0))
    assert error(shares[0, :, 0], every) == error(shares[0, :, 0])
