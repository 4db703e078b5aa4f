"""What is left of an effect without a mechanism, against worlds in which that is known."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.hypotheses.estimating import Luck, estimate
from experiments.hypotheses.finding import ClaimFound
from experiments.hypotheses.knocking import already_off, doubtful, knockouts_of, left_of, world_means
from experiments.hypotheses.schema import Claim, Rule
from experiments.hypotheses.verdicts import judge
from experiments.hypotheses.words import knockout_notes, share_words
from sim.report.sentences import NBSP
from sim.scenario import read_scenario
from tests.experiments.hypotheses.made_up import made_up

pytestmark = pytest.mark.portable

WORLDS, FIRST, RUNS = 200, 40, 8

CLAIM = Claim(
    name="one",
    says="it is so",
    contrast={"with": 1.0, "without": -1.0},
    outcome="share_sustained",
    direction="higher",
    smallest=0.05,
)


def world(rng, *, left: float, own: float = 0.0, spread: float = 0.1, first: int = FIRST):
    """An effect of .1 in WORLDS worlds, and what a knock-out changes in the first: share `left` of it stays, beside luck."""
    effect = 0.1 + spread * rng.standard_normal(WORLDS)
    luck = 0.05 * rng.standard_normal((WORLDS, RUNS))
    runs = effect[:, None] + luck
    off = left * effect[:first, None] + own * rng.standard_normal((first, 1)) + luck[:first]
    main = estimate({"with": runs, "without": np.zeros(runs.shape)}, CLAIM.contrast)
    return main, world_means(runs), world_means(off - runs[:first])


@pytest.mark.parametrize(("left", "own"), [(0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (1.0, 0.05)])
def test_effect_and_its_error_are_those_of_many_draws(left, own):
    rng = np.random.default_rng(1)
    found = np.array([left_of(*world(rng, left=left, own=own), None) for _ in range(150)])
    assert found[:, 0].mean() == pytest.approx(0.1 * left, abs=0.003)
    assert np.sqrt((found[:, 1] ** 2).mean()) == pytest.approx(found[:, 0].std(), rel=0.15)
    assert np.mean(np.abs(found[:, 0] - 0.1 * left) < 2.0 * found[:, 1]) > 0.9


def test_errors_of_both_parts_added_up_would_be_wrong_where_the_effect_goes():
    rng = np.random.default_rng(2)
    main, worlds, change = world(rng, left=0.0, first=WORLDS)
    effect, error = left_of(main, worlds, change, None)
    assert effect == pytest.approx(0.0, abs=0.01)
    assert error < 0.3 * np.hypot(main.error, change.std(ddof=1) / np.sqrt(WORLDS))  # the control: no covariance


@pytest.mark.parametrize("first", [FIRST, WORLDS])
def test_no_spread_without_a_mechanism_is_not_no_error(first):
    main, worlds, _ = world(np.random.default_rng(6), left=0.0, first=first)
    effect, error = left_of(main, worlds, -worlds[:first], None)
    assert np.isnan(error) == (first == WORLDS)  # of the first worlds alone, the others' effects are an error that was seen
    if first == WORLDS:
        assert effect == pytest.approx(0.0, abs=1e-12)
    one, other = worlds[0], worlds[1]
    _, control = left_of(main, worlds, np.r_[[one, other], -worlds[2:first]], None)  # two worlds that differ from the others
    assert control > 0.0
    (off,) = knockouts_of(CLAIM, main, worlds, {"turnover": -worlds}, None)
    assert not off.near
    assert "0" not in "; ".join(knockout_notes(off, claim_with(off)))
    assert knockout_notes(off, claim_with(off)) == ["no two worlds differ: error not known"]
    (off,) = knockouts_of(CLAIM, main, worlds, {"turnover": 0.1 * worlds}, None)
    assert knockout_notes(off, claim_with(off)) == []


def claim_with(off):
    """A claim that hangs on nothing, with a knock-out."""
    judged = judge(CLAIM, made_up(0.2), (), Rule())
    return ClaimFound(judged, made_up(0.2), (off,), (), Luck(0.005, seen=True), 0.001)


def test_shares_of_worlds_that_agree_are_told_by_their_number():
    agreeing = replace(made_up(0.2), sign_share=1.0, sign_error=0.08, members=20)
    assert share_words(agreeing).replace(NBSP, " ") == "all 20 (≥ 86 %)"
    assert share_words(replace(agreeing, sign_share=0.0)).replace(NBSP, " ") == "none of 20 (≤ 14 %)"
    assert share_words(replace(agreeing, sign_share=0.9)).replace(NBSP, " ") == "90 % ± 8"  # the control


def test_what_is_undefined_without_a_mechanism_is_not_alive():
    main, worlds, change = world(np.random.default_rng(3), left=1.0)
    (one,) = knockouts_of(CLAIM, main, worlds, {"turnover": np.full(FIRST, np.nan)}, None)
    assert np.isnan(one.effect)
    assert not one.near
    (two,) = knockouts_of(CLAIM, main, worlds, {"turnover": np.where(np.arange(FIRST) < 5, np.nan, change)}, None)
    assert np.isfinite(two.error)


def test_only_what_the_verdict_hangs_on_is_run_again():
    rng = np.random.default_rng(4)
    main, worlds, safe = world(rng, left=1.0)
    change = (0.05 / main.mean - 1.0) * worlds[:FIRST]
    changes = {"near": change, "safe": safe, "peers=independent": change, "own": change}
    found = {one.name: one for one in knockouts_of(CLAIM, main, worlds, changes, None, own=["own"])}
    assert [one.near for one in found.values()] == [True, False, True, True]
    assert [one.counts for one in found.values()] == [True, True, False, True]
    assert doubtful(CLAIM, main, found.values(), Rule(), WORLDS) == ("near",)
    assert doubtful(CLAIM, main, found.values(), Rule(), FIRST) == ()  # all worlds were run
    small = replace(main, mean=0.01)  # no verdict hangs on it
    assert doubtful(CLAIM, small, found.values(), Rule(), WORLDS) == ()


def test_members_that_repeat_count_once():
    main, worlds, change = world(np.random.default_rng(5), left=0.5, own=0.05)
    _, alone = left_of(main, worlds, change, None)
    members = np.arange(WORLDS)
    assert left_of(main, worlds, change, members) == pytest.approx(left_of(main, worlds, change, None))
    pairs = np.concatenate([np.arange(FIRST) // 8, np.arange(FIRST, WORLDS)])
    _, merged = left_of(main, worlds, change, pairs)
    assert merged != pytest.approx(alone, rel=0.01)


def test_what_an_arm_has_switched_off_itself_is_said():
    scenario = read_scenario("all-passive")
    off = replace(scenario, switches={"turnover": False})
    assert already_off("turnover", {"a": scenario, "b": scenario}) == ""
    assert already_off("turnover", {"a": scenario, "b": off}) == "off in b"
    assert already_off("turnover", {"a": off, "b": off}) == "off in every arm"
