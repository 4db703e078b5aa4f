"""Allocation: reproducible, balanced as declared, without replacement."""

import numpy as np
import pytest

from experiments.trials.designs import allocated, chosen
from tests.experiments.trials.small import ARM, CLARITY, trials_of

STRATIFIED = {"design": 'kind = "stratified"\nservices = 24\nstrata = ["setting", "posts"]'}
MATCHED = {"design": 'kind = "matched"\nservices = 24\nmatch = ["posts"]'}


def test_services_are_drawn_without_replacement_and_from_all(folder):
    rng = np.random.default_rng(1)
    found = chosen(rng, 3_000, 50, 20)
    assert all(len(set(row)) == 20 for row in found.tolist())
    counts = np.bincount(found[:, 0], minlength=50)
    assert abs(counts - 60).max() < 5 * np.sqrt(60)
    with pytest.raises(ValueError, match="cannot be drawn"):
        chosen(rng, 1, 5, 6)


@pytest.mark.parametrize("changed", [{}, STRATIFIED, MATCHED])
def test_allocation_is_reproducible_and_even(folder, changed):
    one, again = (trials_of(folder, **changed).drawn(24) for _ in range(2))
    np.testing.assert_array_equal(one.group, again.group)
    np.testing.assert_array_equal(one.services, again.services)
    assert (one.group.sum(axis=1) == 12).all()
    share = one.group.mean(axis=0)
    assert abs(share - 0.5).max() < 5 * np.sqrt(0.25 / len(one.group))


def test_strata_are_balanced_and_without_them_they_are_not(folder):
    def worst(drawn, stratum):
        gaps = []
        for level in np.unique(stratum):
            mine = stratum == level
            gaps.append(np.abs(((drawn.group == 1) & mine).sum(axis=1) - ((drawn.group == 0) & mine).sum(axis=1)))
        return np.max(gaps)

    trials = trials_of(folder, **STRATIFIED)
    drawn = trials.drawn(24)
    assert worst(drawn, drawn.stratum) <= 2
    rng = np.random.default_rng(2)
    shuffled = rng.permuted(drawn.group, axis=1)
    loose = type(drawn)(drawn.world, drawn.services, shuffled, drawn.stratum)
    assert worst(loose, drawn.stratum) > 2
    assert (trials_of(folder).drawn(24).stratum == 0).all()


def test_of_a_pair_each_arm_has_one_and_pairs_are_alike(folder):
    trials = trials_of(folder, **MATCHED)
    drawn = trials.drawn(24)
    by_pair = drawn.group.reshape(len(drawn.group), 12, 2)
    assert (by_pair.sum(axis=2) == 1).all()
    posts = np.asarray(trials.bank.plan.services["posts"])[drawn.services].reshape(-1, 12, 2)
    large = posts > np.median(np.asarray(trials.bank.plan.services["posts"]))
    assert (large[..., 0] == large[..., 1]).mean() > 0.9


def test_trials_of_fewer_services_are_part_of_those_of_more(folder):
    trials = trials_of(folder)
    few, many = trials.drawn(12), trials.drawn(48)
    np.testing.assert_array_equal(few.services, many.services[:, :12])
    np.testing.assert_array_equal(few.group, many.group[:, :12])
    np.testing.assert_array_equal(trials.seen(few, 12).value, trials.seen(many, 12).value[:, :12])


def test_factorial_has_all_four(folder):

    drawn = trials_of(folder, design='kind = "factorial"\nservices = 24', arms=ARM + CLARITY).drawn(24)
    assert (np.stack([(drawn.group == one).sum(axis=1) for one in range(4)]) == 6).all()


def test_blocks_of_any_size_differ_by_one_at_most():
    rng = np.random.default_rng(3)
    found = allocated(rng, np.zeros((500, 11), np.int64), 3)
    counts = np.stack([(found == one).sum(axis=1) for one in range(3)])
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()


@pytest.mark.parametrize("first", [0, 1_020])  # from 1,024 on it is sorted otherwise
@pytest.mark.parametrize("groups", [2, 3])
def test_allocated_in_the_order_of_strata_and_luck(groups, first):
    stratum = np.random.default_rng(3).integers(0, 4, (300, 15)) + first + (first > 0)
    found, rng = allocated(np.random.default_rng(4), stratum, groups), np.random.default_rng(4)
    turns = np.argsort(rng.random((300, -(-15 // groups), groups)), axis=2).reshape(300, -1)[:, :15]
    luck = rng.random((300, 15))
    order = np.lexsort((luck, stratum), axis=1)
    np.testing.assert_array_equal(np.take_along_axis(found, order, axis=1), turns)
    without = np.argsort(luck, axis=1)  # the control: strata do not count
    assert (np.take_along_axis(found, without, axis=1) != turns).any()
