import copy
import dataclasses
import functools
import math
import types

import numpy as np
import pytest

from experiments.kit.words import outcome_of
from experiments.sweeps.digest import AS_IS, Digest, ShownFactor, Values
from experiments.sweeps.effects import by_level, correlations, from_base, leading, mean_of, slices, strengths, strongest
from experiments.sweeps.glance import SHARED, glance
from experiments.sweeps.over_time import quantiles
from experiments.sweeps.pairs import Part
from experiments.sweeps.report import came_out
from experiments.sweeps.spread import running_mean
from experiments.sweeps.study import from_machine_form
from experiments.worlds.luck import unseen_error
from sim.parameters import read_table
from tests.experiments.sweeps.made_up import made_up
from tests.thoroughly import so_many


def digest_of(kind, **given):
    study, frames, _ = made_up(kind, aggregates=False, **given)
    return Digest(from_machine_form(study), frames)


@pytest.mark.portable
def test_means_by_level_are_those_of_the_table():
    digest = digest_of("factorial", many=2)
    found = by_level(digest, digest.factors[0], "fidelity")
    table = digest.frames["summary"].query("outcome == 'fidelity' and scenario == 'all-active'").set_index("point")
    hours = digest.factors[0].values
    for at, level in enumerate(found.levels):
        rows = table.loc[np.flatnonzero(hours == level)]
        assert found.mean[1, at] == pytest.approx(rows["mean"].mean(), rel=1e-12)
        # errors of points with the same random numbers go together: no less than each alone
        assert found.mcse[1, at] == pytest.approx(rows["mcse"].mean(), rel=1e-12)
        assert found.mcse[1, at] > math.sqrt((rows["mcse"] ** 2).sum()) / len(rows)
    assert not np.allclose(found.mean[0], found.mean[1])


@pytest.mark.portable
def test_points_in_which_every_run_failed_are_left_out():
    digest = digest_of("factorial", many=1, scenarios=("nine-services",))
    table = digest.frames["summary"]
    digest.frames["summary"] = table.assign(
        mean=table["mean"].where(table["point"] != 1), mcse=table["mcse"].where(table["point"] != 1)
    )
    found = by_level(digest, digest.factors[0], "share_kept_going")
    assert np.isnan(found.mean[0]).tolist() == [False, True, False, False]
    assert np.isnan(mean_of(np.array([np.nan])))


@pytest.mark.portable
def test_a_level_that_failed_does_not_rank_its_factor_last():
    digest = digest_of("one-at-a-time", many=3)
    factor = strongest(digest, "share_kept_going", 1)[0]
    found = from_base(digest, factor, "share_kept_going").mean
    lost = np.flatnonzero(factor.values == factor.levels[int(np.abs(found[0]).argmin())])
    table = digest.frames["summary"]
    gone = digest_of("one-at-a-time", many=3)
    gone.frames["summary"] = table[~table["point"].isin(lost)]
    assert strongest(gone, "share_kept_going", 1)[0].name == factor.name
    assert strengths(gone, "share_kept_going").max() == pytest.approx(np.abs(found).max(axis=1).max(), rel=0.3)
    assert f"“{factor.title}” does most" in came_out(gone)[0]


@functools.lru_cache
def as_it_is(points):
    """What every noise has in common; not to be changed."""
    return digest_of("sobol", many=2, points=points, outcomes=("share_kept_going",))


def noise_of(kind, seed, *, real=0.0, points=512):
    """Two scenarios and 14 factors that do nothing, but for the first one."""
    random = np.random.default_rng(seed)
    digest = copy.copy(as_it_is(points))
    digest.kind, factors = kind, []
    if kind == "one-at-a-time":
        places = np.full((14, 29), np.nan)
        places[np.repeat(np.arange(14), 2), np.arange(1, 29)] = np.tile([-1.0, 1.0], 14)
    elif kind == "factorial":
        places = random.permuted(np.tile([-1.0, 0.0, 1.0], (14, 9)), axis=1)
    else:
        places = random.uniform(-1, 1, (14, points))
    for at, one in enumerate(places):
        labels = tuple("abcdef") if at >= 10 and kind == "sobol" else ()
        values = np.floor((one + 1) * 3) if labels else one
        factors.append(ShownFactor(f"factor_{at}", "parameter", "", labels, values))
    digest.factors, digest.points = tuple(factors), places.shape[1]
    spread = 0.02
    mean = 0.5 + spread * random.normal(size=(2, digest.points)) + real * spread * np.nan_to_num(places[0])
    digest._kept = {"share_kept_going": Values(mean, np.full(mean.shape, spread), np.full(mean.shape, 100))}
    return digest


@pytest.mark.parametrize(("kind", "real"), [("sobol", 0.6), ("one-at-a-time", 8.0), ("factorial", 6.0)])
def test_of_many_factors_that_do_nothing_none_is_said_to_do_most(kind, real):
    said = [came_out(noise_of(kind, seed))[0] for seed in range(so_many(60, 120))]
    assert sum(not one.startswith("No factor") for one in said) <= len(said) // 15
    control = [came_out(noise_of(kind, seed, real=real))[0] for seed in range(20)]
    assert sum("“factor 0” " in one for one in control) >= 18


@functools.lru_cache
def few_runs():
    """What every made-up run has in common; not to be changed."""
    return digest_of("sobol", many=2, points=64, outcomes=("share_kept_going",), replicates=20)


def runs_of(kind, seed, *, real=0.0, common=0.15, own=0.05, steps=27):
    """Two scenarios and 4 factors that do nothing, but for the first one; runs of equal number share their luck."""
    random = np.random.default_rng(seed)
    digest = copy.copy(few_runs())
    digest.kind, digest._paired = kind, {}
    if kind == "one-at-a-time":
        places = np.full((4, 9), np.nan)
        places[np.repeat(np.arange(4), 2), np.arange(1, 9)] = np.tile([-1.0, 1.0], 4)
    else:
        places = random.permuted(np.tile([-1.0, 0.0, 1.0], (4, 4)), axis=1)
    digest.factors = tuple(ShownFactor(f"factor_{at}", "parameter", "", (), one) for at, one in enumerate(places))
    digest.points = places.shape[1]
    luck = 0.5 + common * random.normal(size=(2, 1, 20)) + own * random.normal(size=(2, digest.points, 20))
    values = luck + real * np.nan_to_num(places[0])[None, :, None]
    values = np.round(np.clip(values, 0, 1) * steps) / steps  # shares of so many services
    mean, error = values.mean(axis=2), values.std(axis=2, ddof=1) / math.sqrt(20)
    digest._kept = {"share_kept_going": Values(mean, error, np.full(mean.shape, 20))}
    points, runs = (one.ravel() for one in np.indices(values.shape[1:]))
    digest.runs = lambda _: (Part(at, points, runs, one.ravel()) for at, one in enumerate(values))
    return digest


@pytest.mark.parametrize("kind", ["factorial", "one-at-a-time"])
def test_runs_with_the_same_luck_tell_what_their_means_cannot(kind):
    false = sum(not came_out(runs_of(kind, seed))[0].startswith("No factor") for seed in range(60))
    assert false <= 5
    told, means = 0, 0
    for seed in range(20):
        digest = runs_of(kind, seed, real=0.06)
        told += "“factor 0” does most" in came_out(digest)[0]
        digest.runs = None  # control: the same means, and nothing of their runs
        means += came_out(digest)[0].startswith("No factor moves") and "means alone" in came_out(digest)[0]
    assert told >= 18
    assert means >= 18


@pytest.mark.portable
def test_the_error_of_a_difference_is_that_of_its_pairs():
    digest = runs_of("factorial", 3, real=0.1)
    factor, mcse = digest.factors[0], digest.values("share_kept_going").mcse
    values = np.stack([one.value.reshape(digest.points, 20) for one in digest.runs("share_kept_going")])
    by_run = values[1, factor.values == 1].mean(axis=0) - values[1, factor.values == -1].mean(axis=0)
    found = digest.paired("share_kept_going").difference(1, factor, 2, 0, float(by_run.mean()))
    assert found.error == pytest.approx(by_run.std(ddof=1) / math.sqrt(20), rel=1e-9)
    assert found.free == pytest.approx(19)
    assert found.error < mcse[1].mean() / 2  # control: what each mean alone says


@pytest.mark.portable
def test_worlds_that_runs_repeat_count_once():
    digest = runs_of("factorial", 3, real=0.1)
    alone = digest.paired("share_kept_going").difference(0, digest.factors[0], 2, 0, 0.2)
    study = digest.study
    digest.study, digest._paired = types.SimpleNamespace(**{name: getattr(study, name) for name in ("runs", "replicates")}), {}
    digest.study.ensemble, digest.study.every_member, digest.study.worlds = object(), False, np.arange(20) // 4
    found = digest.paired("share_kept_going").difference(0, digest.factors[0], 2, 0, 0.2)
    assert (found.free, alone.free) == (pytest.approx(4), pytest.approx(19))
    assert found.error != pytest.approx(alone.error, rel=1e-3)


@pytest.mark.portable
def test_the_picture_is_of_the_factor_that_the_answer_names():
    for seed in range(4):
        digest = runs_of("factorial", seed, real=0.1)
        # what does most by its means, by chance, is not what the answer may tell of
        named = leading(digest, "share_kept_going")[0].title
        assert f"“{named}” does most" in came_out(digest)[0]
        assert f", by {named}" in glance(digest).caption
        assert SHARED in glance(digest).caption
    digest.runs = None
    assert SHARED not in glance(digest).caption  # control


@pytest.mark.portable
def test_a_difference_that_was_the_same_in_every_run_has_no_error_of_0():
    digest = runs_of("factorial", 3, real=0.1, common=0.0, own=0.0)
    found = digest.paired("share_kept_going").difference(0, digest.factors[0], 2, 0, 0.2)
    assert found.error == pytest.approx(unseen_error(20, 0.2, (-1.0, 1.0)))
    with_luck = runs_of("factorial", 3, real=0.1).paired("share_kept_going").difference(0, digest.factors[0], 2, 0, 0.2)
    assert with_luck.error < found.error / 2  # control


@pytest.mark.portable
def test_words_are_not_ranked_above_numbers_for_their_number():
    sizes, raw = [], []
    for seed in range(20):
        found = correlations(noise_of("sobol", seed, points=64), "share_kept_going")
        sizes.append([np.median(found.size[:, :10]), np.median(found.size[:, 10:])])
        raw.append([np.median(np.abs(found.value[:, :10])), np.median(found.value[:, 10:])])
        strong = correlations(noise_of("sobol", seed, points=64, real=2.5), "share_kept_going").size
        assert (strong[:, 1:].max(axis=1) < strong[:, 0]).all()
    raw, sizes = np.mean(raw, axis=0), np.mean(sizes, axis=0)
    assert raw[1] > 2 * raw[0]
    assert sizes[1] < sizes[0] + 0.1


@pytest.mark.portable
def test_one_run_says_nothing_of_chance():
    digest = digest_of("one-at-a-time", many=2, replicates=1)
    assert came_out(digest)[0].startswith("Too few runs")


@pytest.mark.portable
def test_differences_from_the_scenario_as_it_is():
    digest = digest_of("one-at-a-time", many=3)
    factor, (mean, mcse, _) = digest.factors[1], digest.values("share_kept_going")
    found = from_base(digest, factor, "share_kept_going")
    points = [int(np.flatnonzero(factor.values == level)[0]) for level in found.levels]
    assert found.mean.tolist() == (mean[:, points] - mean[:, :1]).tolist()
    assert found.mcse[0, 0] == math.hypot(mcse[0, points[0]], mcse[0, 0])
    assert digest.setting(0) == AS_IS
    assert digest.setting(points[0]) == "hesitation from autonomy that nobody supports = \N{MINUS SIGN}0.2"


@pytest.mark.portable
def test_rank_correlations_are_those_of_scipy():
    from scipy.stats import spearmanr

    digest = digest_of("latin-hypercube", many=3, points=64)
    found = correlations(digest, "share_kept_going")
    mean = digest.values("share_kept_going").mean
    for at in (0, 1):
        assert found.value[1, at] == pytest.approx(spearmanr(digest.factors[at].values, mean[1]).statistic, abs=1e-12)
    assert found.error[1, 0] == pytest.approx(math.sqrt((1 - found.value[1, 0] ** 2) / 62))
    # words without an order: how much lies between them, and no sign
    assert 0 < found.value[0, 2] < 1
    assert math.isnan(found.error[0, 2])
    assert strongest(digest, "share_kept_going", 1)[0].name == "hours_protected"


@pytest.mark.portable
def test_nothing_goes_with_what_does_not_vary():
    digest = digest_of("latin-hypercube", many=2, points=16)
    digest.frames["summary"] = digest.frames["summary"].assign(mean=0.5)
    assert np.isnan(correlations(digest, "share_kept_going").value).all()
    assert digest.varying == ()
    assert [one.label for one in slices(digest)] == [""]


@pytest.mark.parametrize(("kind", "given", "expected"), [
    (None, {}, [""]),
    ("factorial", {"many": 1}, ["protected time = 1", "protected time = 2", "protected time = 4", "protected time = 8"]),
    ("factorial", {"many": 2}, ["protected time: 1", "protected time: 2", "protected time: 4", "protected time: 8"]),
    ("one-at-a-time", {"many": 3}, [AS_IS, "protected time: 1", "protected time: 8"]),
])  # fmt: skip
@pytest.mark.portable
def test_slices_follow_the_strongest_factor(kind, given, expected):
    assert [one.label for one in slices(digest_of(kind, **given))] == expected


@pytest.mark.portable
def test_thirds_hold_every_point_once():
    digest = digest_of("sobol", many=2, points=64)
    parts = slices(digest)
    assert [len(one.points) for one in parts] == [22, 21, 21]
    assert sorted(np.concatenate([one.points for one in parts]).tolist()) == list(range(64))
    assert all(one.label.startswith("protected time: ") for one in parts)


@pytest.mark.portable
def test_running_means_add_up_to_the_mean():
    digest = digest_of("latin-hypercube", many=2, points=100)
    factor, mean = digest.factors[0], digest.values("share_kept_going").mean[0]
    places, level = running_mean(factor, mean)
    assert len(places) == 5
    assert level.mean() == pytest.approx(mean.mean(), rel=1e-12)
    assert (np.diff(places) > 0).all()
    turned = dataclasses.replace(factor, values=factor.values[::-1].copy())
    assert not np.allclose(running_mean(turned, mean)[1], level)


@pytest.mark.portable
def test_quantiles_of_counts():
    counts = np.zeros((40, 3))
    counts[30, 0] = 10  # all from 4.0 to 4.1
    counts[[10, 39], 1] = 5  # half near 2, half near 5
    found = quantiles(counts, (0.05, 0.5, 0.95))
    assert found[:, 0].round(3).tolist() == [4.005, 4.05, 4.095]
    assert found[:, 1].round(3).tolist() == [2.01, 2.1, 4.99]
    assert np.isnan(found[:, 2]).all()


@pytest.mark.parametrize(("name", "title", "axis"), [
    ("share_kept_going", "services that kept going, month 60", "Services that kept going, month 60"),
    ("share_ever_abandoned@24", "services ever abandoned, month 24", "Services ever abandoned, month 24"),
    ("posts_waiting@mean", "posts waiting, mean over months", "Posts waiting, mean over months"),
    ("fidelity", "fidelity, month 60", "Fidelity, month 60 (scale 1–5)"),
    ("readiness", "readiness, month 60", "Readiness, month 60 (0–1)"),
    ("months_to_first_abandonment", "months to first abandonment", "Months to first abandonment (months)"),
])  # fmt: skip
@pytest.mark.portable
def test_outcomes_in_words(name, title, axis):
    found = outcome_of(name, 60)
    assert (found.title, found.heading.replace("\N{NO-BREAK SPACE}", " ")) == (title, axis)


@pytest.mark.portable
def test_factors_in_words():
    digest = digest_of("factorial", many=3, own={"hours_protected": 6.5})
    assert [one.title for one in digest.factors] == ["protected time", "leader of all services", "turnover (switch)"]
    assert digest.own(0, digest.factors[0]) == 6.5
    assert math.isnan(digest.own(0, digest.factors[1]))
    assert digest.support == 12
    usual = digest_of("factorial", many=3)  # control
    assert usual.own(0, usual.factors[0]) == read_table().parameters["hours_protected"].value != 6.5
