"""What the prior makes of a sign, against signs that are planted."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.hypotheses import prior
from experiments.hypotheses.contrasts import turned_effect
from experiments.hypotheses.reading import read_hypothesis
from experiments.hypotheses.robustness import prior_words, signs_told
from experiments.hypotheses.schema import Claim, Rule
from experiments.hypotheses.verdicts import OTHER_ASSUMED, SIGN_ASSUMED, SIGN_OPEN, other_share, sign_of
from experiments.hypotheses.words import told_of
from experiments.worlds.prior import prior_of
from tests.experiments.hypotheses.made_up import found_of, made_up, prior_behaving

pytestmark = pytest.mark.portable

DRAWS, RUNS = 256, 4
CLAIM = Claim(
    name="one", says="it is so", contrast={"with": 1.0, "without": -1.0}, outcome="share_sustained", direction="higher",
    smallest=0.05,
)  # fmt: skip


def over(planted: np.ndarray, luck: float, direction: str = "higher"):
    """Effect over draws with a planted effect each, and luck in every run."""
    rng = np.random.default_rng(3)
    values = {"with": planted[:, None] + luck * rng.standard_normal((DRAWS, RUNS)), "without": np.zeros((DRAWS, RUNS))}
    return turned_effect(CLAIM.model_copy(update={"direction": direction}), values, Rule(), None)[0]


@pytest.mark.parametrize("luck", [0.0, 0.05, 0.2])
def test_an_effect_that_all_draws_have_is_assumed_however_large_the_luck(luck):
    every = over(np.full(DRAWS, 0.1), luck)
    assert sign_of(every, Rule()) == SIGN_ASSUMED
    assert (every.counted < 0.95) == (luck == 0.2)  # the control: counted signs of noisy means would not do
    assert sign_of(over(np.full(DRAWS, 0.1), luck, "lower"), Rule()) == OTHER_ASSUMED


def test_the_share_is_that_of_the_draws_with_the_sign():
    rng = np.random.default_rng(4)
    found = over(0.05 + 0.05 * rng.standard_normal(DRAWS), 0.05)
    assert found.sign_share == pytest.approx(0.841, abs=0.05)  # Phi(1)
    assert sign_of(found, Rule()) == SIGN_OPEN
    assert sign_of(found, Rule(prior_share=0.7)) == SIGN_ASSUMED  # the rule's threshold decides
    assert other_share(found) == pytest.approx(1.0 - found.sign_share)


def test_draws_in_which_nothing_happens_have_neither_sign():
    still = np.where(np.arange(DRAWS) < 0.1 * DRAWS, 0.0, 0.1)
    found = over(still, 0.0)
    assert found.sign_share == pytest.approx(0.9, abs=0.01)
    assert other_share(found) == pytest.approx(0.0, abs=0.01)
    assert sign_of(found, Rule()) == SIGN_OPEN
    assert sign_of(over(np.zeros(DRAWS), 0.0), Rule()) == SIGN_OPEN


def test_luck_alone_has_no_sign_though_its_mean_lies_somewhere():
    shares = made_up(0.001)  # a share of .97 whose interval holds zero
    assert shares.sign_share >= 0.95
    assert sign_of(shares, Rule()) == SIGN_OPEN
    assert sign_of(replace(shares, low=0.0005), Rule()) == SIGN_ASSUMED  # the control


def test_a_claim_of_no_benefit_has_the_sign_where_the_effect_stays_below_the_smallest():
    assert sign_of(over(np.full(DRAWS, 0.01), 0.05, "no_benefit"), Rule()) == SIGN_ASSUMED
    assert sign_of(over(np.full(DRAWS, 0.2), 0.05, "no_benefit"), Rule()) == OTHER_ASSUMED


def test_controls_behave_and_one_that_does_not_is_said():
    behaving = prior_behaving()
    assert behaving.problems == ()
    for case in prior.PRIOR_CASES:
        wrong = made_up(0.5) if case.must != SIGN_ASSUMED else made_up(0.0)
        (said,) = prior.PriorControls({**behaving.effects, case.name: wrong}).problems
        assert case.says in said


def test_draws_are_those_of_the_prior_of_calibration():
    one = prior.prior_worlds(20)
    assert one.parameters == prior_of().names
    assert np.array_equal(one.values, prior_of().draws(20, prior.SEED))
    assert one.text_hash != prior.prior_worlds(24).text_hash


@pytest.mark.parametrize(
    ("sign", "share", "told"),
    [
        (SIGN_OPEN, 0.97, ""), (SIGN_ASSUMED, 0.97, ", sign assumed"), (SIGN_ASSUMED, 0.5, ", against an assumed sign"),
        (OTHER_ASSUMED, 0.1, ", other sign assumed"), (OTHER_ASSUMED, 0.97, ", against an assumed sign"), ("", 0.97, ""),
    ],
)  # fmt: skip
def test_the_word_of_a_verdict_stays_and_the_sign_stands_behind_it(sign, share, told):
    found = found_of(read_hypothesis("H4"))
    one = found.claims[0]
    one = replace(one, sign=sign, judged=replace(one.judged, toward=replace(one.judged.toward, sign_share=share)))
    assert told_of(one, found.hypothesis.file) == one.judged.verdict + told


def test_it_is_told_of_how_many_claims_the_sign_was_put_in():
    found = found_of(read_hypothesis("H4"))
    assert signs_told([found]) == ""
    assert "leaves the sign open" in prior_words(found)[0]
    put_in = replace(found, claims=(replace(found.claims[0], sign=SIGN_ASSUMED), found.claims[1]))
    assert signs_told([put_in]) == "Of 2 claims the prior has the predicted sign put in for 1."
    assert "the sign was put in" in prior_words(put_in)[0]
