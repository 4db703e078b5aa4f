"""The analysis against closed forms, with controls that must fail, and against chance."""

import math
from dataclasses import replace

import numpy as np
import pytest

from experiments.sensitivity.analysing import Indices, Noise, indices, screening
from experiments.sensitivity.finding import Findings, mean_and_error, survivors_of
from experiments.sensitivity.samples import Sample, morris_sample, sobol_sample
from sim.problems import BadInput
from tests.experiments.sensitivity.known import (
    ISHIGAMI,
    ISHIGAMI_FIRST,
    ISHIGAMI_TOTAL,
    WHAT,
    Function,
    Known,
    analysed,
    ishigami,
    linear,
    space,
)  # fmt: skip

pytestmark = pytest.mark.portable

EXACT = 0.02
"""How near estimates from 2,048 base samples come to the closed forms."""


def found_of(findings: Findings, names: tuple[str, ...]) -> tuple[Indices, list[int]]:
    """Indices of the one outcome, and the places of parameters in them."""
    survivors = [one.name for one in findings.survivors]
    return findings.indices[WHAT], [survivors.index(name) for name in names]


def agrees_with_ishigami(function: Function) -> None:
    model = Known(function, ISHIGAMI)
    findings = analysed(model, ISHIGAMI, base=2048, replicates=2)
    found, at = found_of(findings, ISHIGAMI.names)
    assert found.first[at] == pytest.approx(ISHIGAMI_FIRST, abs=EXACT)
    assert found.total[at] == pytest.approx(ISHIGAMI_TOTAL, abs=EXACT)


def test_ishigami() -> None:
    agrees_with_ishigami(ishigami)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: ishigami({"x1": x["x2"], "x2": x["x1"], "x3": x["x3"]}),
        lambda x: ishigami({**x, "x3": 0.7 * x["x3"]}),
    ],
    ids=["two parameters exchanged", "one bound narrower"],
)
def test_another_function_does_not_agree_with_ishigami(wrong: Function) -> None:
    with pytest.raises(AssertionError):
        agrees_with_ishigami(wrong)


def test_closed_forms_of_ishigami_are_the_published_ones() -> None:
    assert pytest.approx((0.3139, 0.4424, 0.0), abs=1e-4) == ISHIGAMI_FIRST
    assert pytest.approx((0.5576, 0.4424, 0.2437), abs=1e-4) == ISHIGAMI_TOTAL


def test_linear_function() -> None:
    everywhere = space(a=(0.0, 1.0), b=(-2.0, 2.0), c=(10.0, 10.5), nothing=(0.0, 9.0))
    findings = analysed(Known(linear(a=3.0, b=-1.0, c=4.0), everywhere), everywhere, base=1024, replicates=2)
    screened = findings.screened[WHAT]
    assert screened.mu_star == pytest.approx([3.0, 4.0, 2.0, 0.0], abs=1e-9)  # the weight times the width
    assert screened.mu == pytest.approx([3.0, -4.0, 2.0, 0.0], abs=1e-9)
    assert screened.sigma == pytest.approx(0.0, abs=1e-9)
    assert [one.name for one in findings.survivors] == ["b", "a", "c"]
    found, at = found_of(findings, ("a", "b", "c"))
    shares = np.array([9.0, 16.0, 4.0]) / 29.0
    assert found.first[at] == pytest.approx(shares, abs=EXACT)
    assert found.total[at] == pytest.approx(shares, abs=EXACT)
    assert found.important.all()
    alone = findings.alone
    assert alone is not None
    assert alone.names == ("b", "a", "c")
    assert alone.change == pytest.approx(np.array([[2.0, -2.0], [-1.5, 1.5], [-1.0, 1.0]]))


def test_interaction_shows_in_sigma_and_in_the_total_index() -> None:
    everywhere = space(a=(-1.0, 1.0), b=(-1.0, 1.0))
    findings = analysed(Known(lambda x: np.asarray(x["a"] * x["b"]), everywhere), everywhere, base=512, replicates=2)
    screened = findings.screened[WHAT]
    assert (screened.sigma > np.abs(screened.mu)).all()
    found = findings.indices[WHAT]
    assert found.first == pytest.approx(0.0, abs=0.1)
    assert found.total == pytest.approx(1.0, abs=0.1)


# ------------------------------------------------------------------------------------------------------------------------ noise


MANY = space(planted=(0.0, 1.0), **{f"idle_{at}": (0.0, 1.0) for at in range(30)})


def noisy(replicates: int, *, seed: int = 1, own: float = 1.0, planted: float = 2.0) -> Findings:
    model = Known(linear(planted=planted), MANY, own=own, common=3.0)
    return analysed(model, MANY, trajectories=20, replicates=replicates, seed=seed, base=32)


def test_a_planted_parameter_is_found_and_idle_ones_are_not() -> None:
    findings = noisy(10)
    assert findings.survivors[0].name == "planted"
    assert findings.survivors[0].size == 1.0
    assert len(findings.passed) <= 3  # of thirty that only stir the luck
    found, (at,) = found_of(findings, ("planted",))
    assert found.important[at]
    assert not np.delete(found.important, at).any()
    silent = analysed(Known(linear(planted=2.0), MANY, common=3.0), MANY)  # luck that common random numbers cancel hides nothing
    assert [one.name for one in silent.passed] == ["planted"]


def test_without_the_planted_effect_it_is_no_more_than_the_others() -> None:
    assert all(one.name != "planted" for one in noisy(10, planted=0.0).passed)


def test_the_dummy_stays_below_the_floor_and_does_nothing_with_the_same_numbers() -> None:
    for seed in range(4):
        findings = noisy(4, seed=seed, planted=9.0)
        for one in (it[WHAT].noise for it in (findings.screened, findings.indices)):
            assert 0.0 < one.dummy < one.floor
            assert one.dummy_same == 0.0
        chance = findings.screened[WHAT].chance[1:]
        assert findings.screened[WHAT].noise.dummy == pytest.approx(chance.mean(), rel=0.5)  # both measure the same luck


def test_a_dummy_that_the_model_were_given_would_be_noticed() -> None:
    sample = morris_sample(MANY, trajectories=6, seed=1)
    model = Known(linear(planted=2.0), MANY, own=1.0)
    broken = replace(sample, place=np.roll(sample.place, 1))
    values = model("screening", MANY.names, sample.points, replicates=4)[WHAT]
    again = model("screening-again", MANY.names, sample.points[sample.again], replicates=4, again=True)[WHAT]
    assert screening(sample, values, again, seed=1).noise.dummy_same == 0.0
    assert screening(broken, values, again, seed=1).noise.dummy_same > 0.0


def test_noise_grows_when_replicates_fall() -> None:
    few, many = noisy(2, planted=9.0), noisy(32, planted=9.0)
    for stage in ("screened", "indices"):
        one, other = (getattr(findings, stage)[WHAT].noise for findings in (few, many))
        assert one.floor > 1.5 * other.floor
        assert one.share == pytest.approx(16.0 * other.share, rel=0.4)  # one over the replicates


def test_noise_that_common_random_numbers_cancel_is_in_no_floor() -> None:
    findings = analysed(Known(linear(planted=1.0), MANY, common=5.0), MANY)
    screened, found = findings.screened[WHAT], findings.indices[WHAT]
    assert screened.chance == pytest.approx(0.0, abs=1e-9)
    assert screened.noise.floor == pytest.approx(0.0, abs=1e-9)
    assert found.noise.floor == pytest.approx(0.0, abs=1e-9)
    assert found.noise.error > 1.0  # though a mean is known no better than that
    assert found.noise.halves == pytest.approx(0.0, abs=1e-9)


def test_share_of_variance_by_chance() -> None:
    everywhere = space(a=(0.0, 1.0), b=(0.0, 1.0))
    model = Known(linear(a=math.sqrt(12.0)), everywhere, own=2.0)  # variances 1 and, of a mean over four, 1
    sample = sobol_sample(everywhere, base=256, seed=1)
    values = model("indices", everywhere.names, sample.points, replicates=4)[WHAT]
    again = model("indices-again", everywhere.names, sample.points[sample.again], replicates=4, again=True)[WHAT]
    found = indices(sample, values, again, seed=1)
    assert found.noise.share == pytest.approx(0.5, abs=0.05)
    assert found.noise.dummy == pytest.approx(0.5, abs=0.1)
    assert found.chance == pytest.approx([0.5, 0.5], abs=0.1)
    assert found.total == pytest.approx([1.0, 0.5], abs=0.2)  # the second is nothing but chance
    assert found.important.tolist() == [True, False]


# --------------------------------------------------------------------------------------------------------------- odds and ends


def test_an_outcome_that_never_varies_has_no_indices() -> None:
    everywhere = space(a=(0.0, 1.0), b=(0.0, 1.0))
    findings = analysed(Known(linear(), everywhere), everywhere)
    assert findings.passed == ()
    assert findings.sample is None
    assert findings.alone is None
    sample = sobol_sample(everywhere, base=8, seed=1)
    found = indices(sample, np.ones((len(sample.points), 3)), np.ones((8, 3)), seed=1)
    assert np.isnan(found.total).all()
    assert not found.important.any()
    assert found.base_needed == 0
    assert math.isnan(found.noise.share)


def test_the_same_seed_gives_the_same_and_zero_is_a_seed() -> None:
    one, other, third = (noisy(4, seed=seed, planted=9.0) for seed in (0, 0, 3))
    for stage, arrays in (("screened", ("mu_star", "reach")), ("indices", ("total", "total_reach", "first_reach"))):
        for name in arrays:
            assert np.array_equal(getattr(getattr(one, stage)[WHAT], name), getattr(getattr(other, stage)[WHAT], name))
    assert not np.array_equal(one.screened[WHAT].mu_star, third.screened[WHAT].mu_star)


def test_no_more_than_asked_go_on_largest_first() -> None:
    everywhere = space(**{f"p{at}": (0.0, 1.0) for at in range(6)})
    findings = analysed(Known(linear(**{f"p{at}": 1.0 + at for at in range(6)}), everywhere), everywhere, keep=3)
    assert [one.name for one in findings.passed] == ["p5", "p4", "p3", "p2", "p1", "p0"]
    assert [one.name for one in findings.survivors] == ["p5", "p4", "p3"]
    sizes = [one.size for one in findings.passed]
    assert sizes == pytest.approx([1.0, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6])
    assert survivors_of(everywhere.names, findings.screened) == findings.passed


def test_stages_ask_for_what_they_need_and_no_point_twice() -> None:
    everywhere = space(a=(0.0, 1.0), b=(0.0, 1.0), c=(0.0, 1.0))
    model = Known(linear(a=1.0, b=2.0), everywhere)
    analysed(model, everywhere, trajectories=5, base=16, replicates=3, replicates_alone=7)
    stages = {stage: (points, replicates) for stage, points, replicates in model.stages}
    assert list(stages) == ["screening", "screening-again", "indices", "indices-again", "one-at-a-time"]
    assert stages["screening"][0] <= 5 * 4  # the row in which the dummy moves has the point of the row before
    assert stages["indices"] == (16 * (2 + 2), 3)
    assert stages["indices-again"] == (16, 3)
    assert stages["one-at-a-time"] == (5, 7)


def test_points_stay_within_their_bounds() -> None:
    everywhere = space(**{f"p{at}": (0.1 * at, 0.1 * at + 0.7) for at in range(1, 40)})
    for sample in (morris_sample(everywhere, trajectories=8, seed=1), sobol_sample(everywhere, base=16, seed=1)):
        assert (sample.points >= everywhere.low).all()
        assert (sample.points <= everywhere.high).all()
        assert sample.blocks * sample.size == len(sample.rows) == len(sample.place)
        rows = np.clip(sample.rows[:, :-1], everywhere.low, everywhere.high)
        assert np.array_equal(sample.points[sample.place], rows)
        assert len(np.unique(sample.points, axis=0)) == len(sample.points)


def blocks_of(sample: Sample, wanted: list[int]) -> np.ndarray:
    """Points that blocks need."""
    rows = [np.arange(at * sample.size, (at + 1) * sample.size) for at in wanted]
    return np.unique(sample.place[np.concatenate(rows)])


@pytest.mark.parametrize("kind", ["morris", "sobol"])
def test_blocks_with_a_failed_run_are_left_out(kind: str) -> None:
    everywhere = space(a=(0.0, 1.0), b=(0.0, 1.0), c=(0.0, 1.0))
    if kind == "morris":
        sample, analysis = morris_sample(space(**dict.fromkeys("abcdefgh", (0.0, 1.0))), trajectories=8, seed=2), screening
    else:
        sample, analysis = sobol_sample(everywhere, base=8, seed=2), indices
    values = np.random.default_rng(1).normal(size=(len(sample.points), 4))
    again = np.random.default_rng(2).normal(size=(sample.blocks, 4))
    values[blocks_of(sample, [3])[0], 1] = np.nan
    lost = [at for at in range(8) if np.isnan(values[blocks_of(sample, [at])]).any()]
    assert analysis(sample, values, again, seed=1).noise.blocks == 8 - len(lost) < 8
    values[:] = np.nan
    with pytest.raises(BadInput, match="only 0 of 8 are whole"):
        analysis(sample, values, again, seed=1)


def test_runs_that_always_fail_are_no_result() -> None:
    model = Known(linear(a=1.0), space(a=(0.0, 1.0)), fails=lambda points: points[:, 0] > -1.0)
    with pytest.raises(BadInput, match="trajectories: only 0 of 10"):
        analysed(model, space(a=(0.0, 1.0)))


def test_base_samples_that_an_interval_takes() -> None:
    nothing = Noise(0.0, 1.0, 0.1, 0.01, 0.01, 0.0, 0.0, 0.0, 0.01, 64)

    def needed(reach: float, index: float = 0.9) -> int:
        one = np.array([index])
        return Indices(one, np.array([0.0]), one, np.array([reach]), one * 0, 1.0, nothing, 64).base_needed

    assert needed(0.1) == 0
    assert needed(0.2) == 256  # half the error takes four times as many
    assert needed(0.25) == 512  # 400, and then the next power of two
    assert needed(0.2, index=0.15) == 0  # not told from chance: nobody asks how well it is known


def test_mean_and_error_of_few() -> None:
    assert mean_and_error(np.array([1.0, 3.0, np.nan])) == pytest.approx((2.0, 1.0))
    mean, error = mean_and_error(np.array([2.0, np.nan]))
    assert (mean, math.isnan(error)) == (2.0, True)
    assert all(math.isnan(one) for one in mean_and_error(np.array([np.nan])))


def test_what_does_nothing_is_not_important_however_low_the_dummy() -> None:
    nothing, one = np.zeros(1), Noise(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 64)
    for first, floor, important in ((0.0, -0.1, False), (0.1, -0.1, True), (0.1, 0.2, False)):
        found = Indices(np.array([first]), nothing, np.array([first]), nothing, nothing, floor, one, 64)
        assert found.first_important.tolist() == [important]
