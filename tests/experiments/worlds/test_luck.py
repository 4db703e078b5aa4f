"""No spread seen is not "no error": what is told then is a bound, or that it is not known."""

import math
import re

import numpy as np
import pytest

from experiments.comparing.effects import effect_of, track_of
from experiments.sweeps.precision import round_of
from experiments.worlds.luck import LEAST, RARE, error_of, limits_of, needed, share_below, unseen_error
from sim.measures import OUTCOMES
from tests.experiments.commanding import sustain
from tests.small_scenarios import small_scenario

RUNS = 100
SETS = 4_000
UNIT = (0.0, 1.0)


def drawn(chance, runs=RUNS, sets=SETS):
    return (np.random.default_rng(11).random((sets, runs)) < chance).astype(float)


@pytest.mark.parametrize("chance", [0.002, 0.01, 0.05])
def test_the_error_told_of_a_rare_event_is_seldom_too_small(chance):
    true = math.sqrt(chance * (1 - chance) / RUNS)
    seen = drawn(chance)
    told = np.array([error_of(values, values.std(ddof=1) / math.sqrt(RUNS), UNIT)[0] for values in seen])
    assert np.mean(told >= true * 0.999) >= 0.95 - 0.01
    naive = seen.std(axis=1, ddof=1) / math.sqrt(RUNS)
    assert np.mean(naive >= true * 0.999) < 0.9  # the control: by the spread seen alone it is too small, or even 0


@pytest.mark.parametrize(("part", "whole"), [(0, 10), (0, 100), (3, 60)])
def test_the_bound_of_a_share_covers(part, whole):
    bound = share_below(part, whole)
    found = np.random.default_rng(3).binomial(whole, bound, 40_000)
    assert np.mean(found <= part) == pytest.approx(0.05, abs=0.005)
    assert share_below(0, whole) == pytest.approx(1 - 0.05 ** (1 / whole))


def test_the_interval_of_pairs_that_are_all_alike_covers():
    chance, pairs = 0.01, 60
    gaps = drawn(chance, pairs, 2_000)
    effects = [effect_of(np.zeros(pairs), values, share=True) for values in gaps]
    alike = [one for one in effects if one.differing == 0]
    assert len(alike) > 800
    assert all(one.low <= chance <= one.high and math.isnan(one.mcse) and one.needed is None for one in alike)


def test_of_an_outcome_without_limits_nothing_is_known():
    error, seen = error_of(np.full(RUNS, 7.0), 0.0, None)
    assert math.isnan(error)
    assert not seen
    assert round_of(np.full(RUNS, 7.0), None).mcse == math.inf
    values = np.random.default_rng(1).normal(size=RUNS)
    assert error_of(values, 0.1, None) == (0.1, True)  # the control


def test_enough_runs_that_differ_are_believed():
    values = np.zeros(RUNS)
    values[: RARE - 1] = 1.0
    assert not error_of(values, 0.01, UNIT)[1]
    values[:RARE] = 1.0
    assert error_of(values, 0.01, UNIT) == (0.01, True)


def test_limits_are_those_of_the_unit():
    assert limits_of("share_sustained@24") == UNIT
    assert limits_of("fidelity") == (1.0, 5.0)
    assert limits_of("leadership_gap@mean") == (-1.0, 1.0)
    assert limits_of("sessions_per_post") is None
    assert limits_of("nothing") is None
    assert {outcome.unit for outcome in OUTCOMES if limits_of(outcome.name)} >= {"share 0-1", "share of posts", "scale 1-5"}
    assert unseen_error(RUNS, 4.0, (1.0, 5.0)) > unseen_error(RUNS, 3.0, (1.0, 5.0)) > 0.0
    assert math.isnan(unseen_error(1, 0.0, UNIT))


def test_months_in_which_all_are_alike_have_a_width():
    counts = np.zeros((50, 2), int)
    counts[0, 1] = 1
    track = track_of(counts, 9)
    assert (track.reach > 0.0).all()


TINY = small_scenario("Ours", scenario="tiny", months=24)


@pytest.mark.engine
def test_replicates_of_an_event_that_hardly_ever_happens(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    asked = ("replicates", path, "--outcome", "share_never_started", "--no-ensemble")
    found = sustain(*asked, "--error", "0.005", "--json")
    assert found.exit_code == 0
    said = sustain(*asked, "--error", "0.005").stdout
    first = said.splitlines()[1]
    assert re.match(r" +100 +0 +at most ± 0\.017$", first), first  # the chance is .0019: the error of 100 runs is .0043
    assert "an upper bound (95 %)" in said
    needed_runs = int(re.search(r" 0\.0005 +at most ([\d,]+)", said).group(1).replace(",", ""))
    assert needed_runs > 0.0019 / 0.0005**2  # what it really takes; it said 2
    assert "not how large a trial must be" in said
    given_up = sustain(*asked, "--error", "0.00001", "--most", "200")
    assert given_up.exit_code == 1
    assert "NOT met with 200 replicates" in given_up.stdout


@pytest.mark.engine
def test_until_is_not_met_by_runs_that_are_all_alike(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8")
    (tmp_path / "alike.toml").write_text(
        'schema_version = 1\nname = "alike"\ntitle = "Alike"\nquestion = "Is no spread no error?"\nscenarios = ["tiny.toml"]\n'
        f'replicates = {LEAST}\noutcomes = ["share_abandoned@12"]\nkeep = ["outcomes"]\n',
        encoding="utf-8",
    )
    asked = ("sweep", "alike.toml", "--no-report", "--out", "alike", "--until", "share_abandoned@12=0.01")
    done = sustain(*asked)
    assert done.exit_code == 0, done.stderr
    assert "no two runs differ there, so that it is an upper bound" in done.stderr
    rounds = [int(found.replace(",", "")) for found in re.findall(r"^([\d,]+) replicates: largest", done.stderr, re.MULTILINE)]
    assert rounds[0] == LEAST
    assert rounds[-1] > LEAST  # thirty runs that are alike leave more possible than that
    assert needed(100, 0.02, 0.01) == 400
