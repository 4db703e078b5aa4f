"""Operating characteristics: errors by worlds, null trials, the bank against trials simulated by themselves, sizes."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from experiments.trials.analyses import FINE, cluster_t, permutation
from experiments.trials.analysing import estimates
from experiments.trials.direct import is_needed, joined, simulated
from experiments.trials.finding import PARTS, find
from experiments.trials.operating import operating, over_worlds, rejects, size_for, surrogate
from experiments.trials.truth import averages, by_exposure, effects
from tests.experiments.trials.small import ARM, CLARITY, MORE, WEDGE, trials_of, worlds
from tests.thoroughly import some


def test_error_is_that_of_drawing_worlds_again():
    rng = np.random.default_rng(1)
    world = np.arange(4_000) % 40
    level = rng.normal(0.5, 0.2, 40)
    values = rng.random(4_000) < np.clip(level, 0, 1)[world]
    found = over_worlds(values, world)
    means = np.array([values[world == one].mean() for one in range(40)])
    assert found.value == pytest.approx(values.mean())
    assert found.error == pytest.approx(means.std(ddof=1) / np.sqrt(40), rel=1e-9)
    again = [np.mean(rng.choice(means, 40)) for _ in range(4_000)]
    assert found.error == pytest.approx(np.std(again), rel=0.06)
    alone = np.sqrt(found.value * (1 - found.value) / 4_000)
    assert found.error > 2 * alone  # trials of one world are not independent
    assert np.isnan(over_worlds(values[:10], np.zeros(10, int)).error)
    assert np.isnan(over_worlds(np.full(3, np.nan), np.arange(3)).value)


def test_planted_bank_has_the_power_of_the_formula(folder):
    """A bank in which services are independent Gaussian values: the classical formula holds."""
    trials = trials_of(folder, count=2_000, most=24)
    rng = np.random.default_rng(2)
    effect, spread = 0.55, 1.0
    base = rng.normal(0.0, spread, (trials.bank.worlds, trials.bank.services))
    planted = np.stack([base, base + effect])
    look = replace(trials.looks(12), truth=planted, worst=np.zeros(planted.shape, bool), lost=np.zeros(planted.shape))
    trials.looks._found[12] = look
    measure = trials.study.measure._replace(members=False)
    study = replace(trials.study)
    object.__setattr__(study, "__class__", type("Planted", (type(study),), {"measure": property(lambda _: measure)}))
    trials.study = study
    trials.looks.study = study
    found = operating(trials, 24, 12, "cluster_t")
    distance = effect / (spread * np.sqrt(4 / 24))
    power = stats.nct.sf(stats.t.ppf(0.975, 22), 22, distance)
    assert found.power.value == pytest.approx(power, abs=2.58 * np.sqrt(0.25 / 2_000))
    assert found.type_one.value == pytest.approx(0.05, abs=2.58 * np.sqrt(0.0475 / 2_000))
    assert found.truth.value == pytest.approx(effect)
    assert abs(found.bias.value) < 3 * found.bias.error
    assert 0.93 < found.coverage.value < 0.97
    assert found.power.value != pytest.approx(stats.nct.sf(stats.t.ppf(0.975, 22), 22, distance / 1.5), abs=0.05)


def test_truth_is_the_mean_difference_of_both_fates(folder):
    trials = trials_of(folder)
    truth = trials.looks(12).truth
    np.testing.assert_allclose(trials.truths(12), (truth[1] - truth[0]).mean(axis=1))
    weighted = trials_of(folder, weighting="member")
    posts = trials.bank.posts
    np.testing.assert_allclose(weighted.truths(12), ((truth[1] - truth[0]) * posts).sum(axis=1) / posts.sum(axis=1))
    assert not np.allclose(trials.truths(12), weighted.truths(12))


def test_odds_ratios_are_of_the_means(folder):
    trials = trials_of(folder, estimand='summary = "odds_ratio"', primary="gee_mancl_derouen")
    means = averages(trials.study, trials.bank, trials.looks(12))
    odds = means / (1 - means)
    np.testing.assert_allclose(trials.truths(12), np.log(odds[1] / odds[0]))
    found = operating(trials, 40, 12, "gee_mancl_derouen")
    assert abs(found.bias.value) < 0.2
    assert found.power.value > found.type_one.value


def test_where_nothing_is_done_few_reject_and_where_something_is_more(folder):
    trials = trials_of(folder, count=2_000)
    for word in some(["cluster_t", "permutation", "mixed_between_within"], 1):
        found = operating(trials, 60, 12, word)
        assert found.type_one.value < 0.05 + 2.58 * np.sqrt(0.0475 / 2_000)
        assert found.power.value > 2 * found.type_one.value
        assert 0.9 < found.coverage.value <= 1.0


def test_null_trials_have_one_fate_whatever_the_allocation(folder):
    trials = trials_of(folder)
    drawn = trials.drawn(24)
    seen = trials.seen(drawn, 12, null=True)
    np.testing.assert_array_equal(seen.true, trials.looks(12).truth[0][drawn.world[:, None], drawn.services])


def test_trials_drawn_from_the_bank_are_those_simulated_by_themselves(folder):
    """Same luck, and it is the same trial to the bit; other luck, and power is the same within two errors."""
    trials, made = trials_of(folder, count=240, most=24), worlds(folder)
    apart = simulated(trials, made, 24, 240)
    drawn = trials.drawn(24)
    plan = joined([one.plan for one in made], drawn.services[3], trials.places(drawn)[0][3])
    rows = replace(made[0], plan=plan).run([int(drawn.world[3])]).rows[0]
    condition, world, service = trials.places(drawn)
    bank = trials.bank.columns["delivering"]
    np.testing.assert_array_equal(rows["delivering_posts"], bank[condition[3], world[3], service[3]])
    one, other = (operating(each, 24, 12, "cluster_t", with_null=False) for each in (trials, apart))
    assert abs(one.power.value - other.power.value) < 2 * np.hypot(one.power.error, other.power.error) + 0.02
    assert (apart.bank.columns["delivering"][0] != bank[condition, world, service]).any()
    nothing = simulated(trials, made, 24, 240, null=True)
    assert operating(nothing, 24, 12, "cluster_t", with_null=False).power.value < one.power.value + 0.05
    with pytest.raises(ValueError, match="24 services"):
        apart.drawn(12)


def test_services_that_pool_over_the_region_are_simulated_one_by_one(folder, tmp_path):
    from tests.experiments.trials.small import _banked, text_of

    text = text_of().replace("worlds = 8", 'worlds = 8\n[population.fields]\npooling = "region"')
    study, bank, made = _banked(text, tmp_path)
    assert is_needed(study)
    assert not is_needed(trials_of(folder).study)
    found = find(study, bank, made, PARTS, threads=1)
    assert found.direct
    assert not found.curve
    assert found.operating[0].type_one.value < 0.12


def test_type_s_and_m_are_of_the_trials_that_reject(folder):
    trials = trials_of(folder)
    drawn = trials.drawn(12)
    fits, found = estimates(trials, drawn, 12, "cluster_t"), operating(trials, 12, 12, "cluster_t")
    said = rejects(fits, 0.05)
    truth = trials.truths(12)[drawn.world]
    assert found.wrong_sign == pytest.approx((np.sign(fits.estimate[said]) != np.sign(truth[said])).mean())
    assert found.exaggeration > 1.0
    assert found.power.value == pytest.approx(said.mean())


def test_fits_that_fail_count_as_not_rejecting(folder):
    trials = trials_of(folder, loss="services_a_year = 0.9", design='kind = "parallel"\nservices = 4')
    found = operating(trials, 4, 12, "cluster_t")
    failed = sum(found.failures.values())
    assert failed > 0.3
    assert found.power.value <= 1 - failed
    assert found.power_fitted.value == pytest.approx(found.power.value / (1 - failed))


def test_power_rises_with_services_and_the_size_has_it(folder):
    trials = trials_of(folder, count=1_000)
    values = [operating(trials, one, 12, "cluster_t", with_null=False).power.value for one in (8, 20, 40, 60)]
    assert values == sorted(values)
    study = trials.study
    wanted = study.file.analysis.model_copy(update={"power": values[1]})
    object.__setattr__(study.file, "analysis", wanted)
    try:
        size = size_for(trials, 12, "cluster_t", 4)
        assert size.services is not None
        assert size.services <= 20
        assert size.low <= size.services <= (size.high or trials.most)
        assert operating(trials, size.services, 12, "cluster_t", with_null=False).power.value >= values[1]
        object.__setattr__(study.file, "analysis", wanted.model_copy(update={"power": 0.999}))
        assert size_for(trials, 4, "cluster_t", 4).services is None
    finally:
        object.__setattr__(study.file, "analysis", study.file.analysis.model_copy(update={"power": 0.8}))


def test_a_surrogate_of_itself_is_perfect(folder):
    trials = trials_of(folder)
    same = surrogate(trials, 12, 12, 24, "cluster_t")
    assert (same.same_sign.value, same.kept, same.slope) == (1.0, pytest.approx(1.0), pytest.approx(1.0))
    assert same.explained == pytest.approx(1.0)
    early = surrogate(trials, 6, 12, 24, "cluster_t")
    assert 0.0 <= early.explained < 1.0


def test_wedge_truth_is_averaged_over_exposures(folder):
    trials = trials_of(folder, most=24, **WEDGE)
    study, looks = trials.study, trials.looks
    delta = {}
    for sequence in (1, 2, 3):
        for period in range(sequence + 1, 5):
            now = looks(3 * period).truth
            delta[period - sequence, sequence] = (now[sequence] - now[0]).mean(axis=1)
    first = np.mean([delta[1, 1], delta[1, 2], delta[1, 3]], axis=0)
    second = np.mean([delta[2, 1], delta[2, 2]], axis=0)
    np.testing.assert_allclose(effects(study, trials.bank, looks, 6), (first + second) / 2)
    found = by_exposure(study, trials.bank, looks, 6)
    assert [len(one) for one in found] == [3, 2]
    fits = estimates(trials, trials.drawn(24), 6, "exposure_time")
    assert (fits.failed == FINE).mean() > 0.9
    assert abs(fits.estimate.mean() - trials.truths(6).mean()) < 4 * fits.estimate.std() / np.sqrt(len(fits.estimate))


def test_factorial_effect_is_the_main_effect(folder):

    trials = trials_of(folder, design='kind = "factorial"\nservices = 24', arms=ARM + CLARITY, count=800)
    truth = trials.looks(12).truth.mean(axis=2)
    np.testing.assert_allclose(trials.truths(12), ((truth[1] - truth[0]) + (truth[3] - truth[2])) / 2)
    fits = estimates(trials, trials.drawn(60), 12, "cluster_t")
    assert abs(np.nanmean(fits.estimate) - trials.truths(12).mean()) < 4 * np.nanstd(fits.estimate) / np.sqrt(800)


def test_contamination_dilutes_what_is_seen_and_not_the_truth(folder):
    plain = trials_of(folder, count=800)
    reached = trials_of(folder, count=800, design='kind = "parallel"\nservices = 24\ncontamination = 0.6')
    np.testing.assert_allclose(plain.truths(12), reached.truths(12))
    clean, diluted = (operating(one, 60, 12, "cluster_t", with_null=False) for one in (plain, reached))
    assert diluted.estimate.value < clean.estimate.value - 2 * clean.estimate.error
    assert diluted.power.value < clean.power.value


def test_baseline_adjustment_and_strata_are_used(folder):
    plain = trials_of(folder)
    drawn = plain.drawn(40)
    seen, before = plain.seen(drawn, 12).value, plain.seen(drawn, 0).value
    adjusted = estimates(plain, drawn, 12, "cluster_baseline")
    np.testing.assert_allclose(adjusted.p, cluster_t(seen, drawn.group, baseline=before).p)
    assert not np.allclose(adjusted.p, estimates(plain, drawn, 12, "cluster_t").p)
    strata = trials_of(folder, design='kind = "stratified"\nservices = 24\nstrata = ["setting"]')
    mine = strata.drawn(40)
    fits = estimates(strata, mine, 12, "cluster_t")
    np.testing.assert_allclose(fits.df, 40 - 2 - 1)


def test_a_permutation_of_two_of_three_arms_deals_these_two(folder):
    """Beside one that knows nothing of the third arm; tests/verification asks for the level."""
    trials = trials_of(folder, count=200, design='kind = "parallel"\nservices = 24', arms=ARM + MORE)
    drawn = trials.drawn(36)
    value = trials.seen(drawn, 12, null=True).value
    rng = np.random.default_rng(1)

    def apart(found):
        """Mean difference of p from that of the two arms alone, in standard errors."""
        gap = found.p - np.concatenate(alone)
        return abs(gap.mean()) / (gap.std(ddof=1) / np.sqrt(len(gap)))

    alone = []
    for one, arm in zip(value, drawn.group, strict=True):
        two = arm <= 1
        dealt = np.stack([rng.permutation(two.sum()) < 12 for _ in range(499)])
        alone.append(permutation(one[None, two], arm[None, two], dealt).p)
    assert apart(estimates(trials, drawn, 12, "permutation", null=True)) < 3
    among_all = np.stack([rng.permutation(36) < 12 for _ in range(499)])
    assert apart(permutation(value, drawn.group, among_all)) > 6  # the control: too cautious


def test_a_permutation_of_a_factorial_design_holds_the_other_factor(folder):
    trials = trials_of(folder, design='kind = "factorial"\nservices = 24', arms=ARM + CLARITY, count=200)
    by_t, dealt = (operating(trials, 40, 12, word) for word in ("cluster_t", "permutation"))
    assert abs(by_t.power.value - dealt.power.value) < 0.04
    assert dealt.type_one.value < 0.05 + 2.58 * np.sqrt(0.0475 / 200)


def test_assurance_is_power_by_world(folder):
    found = operating(trials_of(folder, count=2_000), 40, 12, "cluster_t")
    assert len(found.by_world) == 8
    assert found.by_world.mean() == pytest.approx(found.power.value, abs=0.05)
    assert found.by_world.std() > 0.0
