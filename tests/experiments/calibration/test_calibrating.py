"""A calibration from beginning to end, on few vectors of the nine services."""

import csv
import dataclasses
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from experiments.calibration import calibrating, waves
from experiments.calibration.stored import open_stored
from experiments.executors.pools import pool_of
from experiments.patterns import predictive
from experiments.patterns.checking import check
from experiments.patterns.measuring import Bench, mean_and_error, seed_of_job
from experiments.patterns.reading import PatternTable, read_patterns
from experiments.worlds.prior import prior_of, structure_of
from sim.ensembles import read_ensemble
from sim.parameters import read_table
from sim.problems import BadInput
from sim.store.reader import check_folder
from tests.experiments.commanding import APP, drawn_again, refused, sustain, tables_of

pytestmark = [pytest.mark.usefixtures("undrawn"), pytest.mark.portable]  # what a fixture makes is drawn thoroughly

PLAN = waves.Plan(first=60, waves=(20,), last=30, rounds=2, steps=20, last_steps=10, wanted=5)
EASY = ("P3.dilemmas", "P3.C", "P7.waiting")


def easy():
    """Few patterns, which many vectors meet."""
    table = read_patterns()
    return PatternTable(tuple(one for one in table.patterns if one.id in EASY), table.sources)


@pytest.fixture(scope="module")
def pool():
    with pool_of("threads", 2) as pool:
        yield pool


@pytest.fixture(scope="module")
def done(tmp_path_factory, pool, drawn_in_lines):
    folder = tmp_path_factory.mktemp("calibration") / "mine"
    return calibrating.calibrate(folder, pool, plan=PLAN, seed=3, patterns=easy())


def test_what_is_written(done):
    names = {path.name for path in done.folder.iterdir()}
    assert {"ensemble.csv", "ensemble.json", "patterns.csv", "waves.csv", "widths.csv", "figures", "jobs", "measured"} <= names
    assert not [name for name in names if name.endswith(".part")]
    about = json.loads((done.folder / "ensemble.json").read_text())
    found = read_ensemble(done.folder / "ensemble.csv")
    assert about["members"] == found.members == len(done.found.values)
    assert about["required"] == list(EASY)
    assert list(about["medoid_values"]) == list(prior_of().names)
    with (done.folder / "widths.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["parameter"] for row in rows] == list(prior_of().names)
    assert all(float(row["low"]) <= float(row["q05"]) <= float(row["q95"]) <= float(row["high"]) for row in rows)


@pytest.mark.once
def test_figures_are_drawn_anew_where_the_folder_says_by_what(done, tmp_path, monkeypatch):
    monkeypatch.setattr(waves, "QUICK", PLAN)
    monkeypatch.setattr(calibrating, "read_patterns", easy)
    shutil.copytree(done.folder, tmp_path / "mine")  # taken up by the command: nothing is run again
    made = sustain("calibrate", "--quick", "--seed", "3", "--workers", "1", "--out", tmp_path / "mine")
    assert made.exit_code == 0, made.output
    drawn_again(tmp_path / "mine", table="widths.csv")
    assert "the folder does not say which command made it" in refused("report", done.folder)  # the control: a program made it


def test_a_figure_that_fails_costs_no_table(done, pool, tmp_path, monkeypatch, capsys):
    folder = shutil.copytree(done.folder, tmp_path / "mine")
    monkeypatch.setattr("experiments.calibration.figures.draw", None)
    again = calibrating.calibrate(folder, pool, plan=PLAN, seed=3, patterns=easy())
    assert again.pages.status == 1
    assert "figures could not be made (TypeError: " in capsys.readouterr().err
    assert tables_of(folder) == tables_of(done.folder)
    assert check_folder(folder) == check_folder(done.folder) == []


@pytest.mark.engine
def test_every_member_meets_every_required_pattern_when_run_again(done, pool):
    bench = Bench(prior_of(), easy(), pool, None, seed=3)
    found = bench.measure(read_ensemble(done.folder / "ensemble.csv").values)
    assert found.inside().all()
    outside = bench.measure(prior_of().draws(60, [3, 0]))
    assert not outside.inside().all()  # the control: draws of the prior do not


@pytest.mark.once
def test_the_same_command_measures_nothing_twice(done, pool, monkeypatch):
    monkeypatch.setattr("experiments.patterns.measuring.measure_task", None)  # whoever is asked to run something fails
    again = calibrating.calibrate(done.folder, pool, plan=PLAN, seed=3, patterns=easy())
    assert np.array_equal(again.found.values, done.found.values)
    assert np.array_equal(again.found.measured.mean, done.found.measured.mean, equal_nan=True)


def test_another_calibration_does_not_go_on_in_the_folder(done, pool):
    with pytest.raises(BadInput, match="seed"):
        calibrating.calibrate(done.folder, pool, plan=PLAN, seed=4, patterns=easy())


def test_means_are_those_of_the_pattern_check(pool):
    bench = Bench(prior_of(), easy(), pool, None, seed=5)
    values = prior_of().draws(3, 1)
    found = bench.measure(values, ["nine"])
    for member in range(3):
        seed = seed_of_job(5, 0, 0)
        direct = check(prior_of().records(values[[member]]), stages=[1], replicates=24, seed=seed, table=easy())
        by_id = {one.id: one for one in direct}
        for k, one in enumerate(found.patterns):
            assert found.mean[member, k] == pytest.approx(by_id[one.id].value, rel=1e-12)


@pytest.mark.once
def test_every_job_has_random_numbers_of_its_own(pool):
    seeds = {seed_of_job(*one) for one in ((5, 0, 0), (6, 0, 0), (5, 1, 0), (5, 0, 83), (5, 0, 0, 3))}
    assert len(seeds) == 5
    assert seed_of_job(5, 0, 0) == seed_of_job(5, 0, 0, 1)
    bench = Bench(prior_of(), easy(), pool, None, seed=5)
    values = np.repeat(prior_of().draws(1, 1), 2 * bench.together("nine"), axis=0)
    found = bench.measure(values, ["nine"]).mean
    half = len(found) // 2
    assert (found[:half] == found[0]).all()  # the same vector with the same numbers
    assert (found[half:] == found[half]).all()
    assert not (found[0] == found[half]).all()
    assert not np.array_equal(found[0], bench.measure(values[:1], ["nine"], times=2).mean[0])


def test_a_mean_of_ones_is_one_and_within_a_tolerance_that_ends_there():
    pattern = dataclasses.replace(easy().patterns[0], low=0.5, high=1.0)
    # weights whose shares add up to a little more than 1, so that rounding alone would miss it
    drawn = (np.random.default_rng(seed).random(652) for seed in range(100))
    weights = next(one for one in drawn if (one / one.sum()) @ np.ones(652) > 1.0)
    found = predictive.predicted(pattern, np.ones(652), np.zeros(652), weights)
    assert found.result.value == 1.0
    assert found.result.inside


def test_members_that_share_their_luck_do_not_lessen_its_error():
    pattern = easy().patterns[0]
    mean, error, weights = np.full(12, 0.5), np.full(12, 0.1), np.ones(12)
    found = [predictive.predicted(pattern, mean, error, weights, together).result.mcse for together in (None, 12, 4, 1)]
    assert found == pytest.approx([0.1, 0.1, 0.1 / np.sqrt(3), 0.1 / np.sqrt(12)])


def test_prediction_over_an_ensemble(done, pool):
    members = read_ensemble(done.folder / "ensemble.csv")
    found, measured = predictive.predict(members, pool, stages=[1], replicates=4, seed=9, patterns=easy())
    assert [one.result.id for one in found] == [one.id for one in easy().patterns]
    for one in found:
        k = [pattern.id for pattern in measured.patterns].index(one.result.id)
        weighted = np.average(measured.mean[:, k], weights=members.weights)
        assert one.result.value == pytest.approx(weighted)
        assert one.low <= one.middle <= one.high


def test_nothing_plausible_is_said_and_no_ensemble_is_written(tmp_path, pool, monkeypatch):
    impossible = PatternTable(tuple(replace(one, low=7.0, high=8.0) for one in easy().patterns[:1]), {})
    monkeypatch.setattr(waves, "required_of", lambda *_: (EASY[:1], ()))
    with pytest.raises(BadInput, match="no vector reproduces"):
        calibrating.calibrate(tmp_path / "out", pool, plan=replace(PLAN, rounds=1), seed=3, patterns=impossible)
    assert not (tmp_path / "out" / "ensemble.csv").exists()
    assert "waves.csv" in {path.name for path in (tmp_path / "out").iterdir()}  # what the hint speaks of


def test_what_an_ensemble_lacks_is_said_and_patterns_must_be_left(done, tmp_path):
    assert [one.split(" ")[0] for one in done.short] == ["members", "effective", "distinct"]
    enough = {"members": 500, "effective_sample_size": 200.0, "distinct_starts": 100}
    assert calibrating.short_of(enough) == []
    assert calibrating.short_of(enough | {"effective_sample_size": 199.0}) == [
        "effective sample size 199 instead of at least 200"
    ]
    problems = calibrating.wrong_patterns(PLAN, EASY, easy())
    assert [one.what for one in problems] == ["leaves no pattern to fit"]


def test_mean_and_error_leave_out_what_is_undefined():
    mean, error = mean_and_error(np.array([[1.0, 3.0, np.nan], [np.nan, np.nan, np.nan], [2.0, np.nan, np.nan]]))
    assert mean[0] == 2.0
    assert error[0] == pytest.approx(np.sqrt(2.0) / np.sqrt(2.0))
    assert np.isnan(mean[1])
    assert mean[2] == 2.0
    assert np.isnan(error[1:]).all()


def test_bad_input_of_the_command(tmp_path):
    said = refused("calibrate", "--leave-out", "P5.patient", "--seed", "-1", "--out", tmp_path / "out")
    assert "'P5.patient' is no fitted pattern" in said
    assert "P5.patients" in said
    assert "--seed" in said
    assert "unknown parameter 'autonomy_men'" in refused("calibrate", "--fixed", "autonomy_men", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_rival_form_is_calibrated_in_a_store_of_its_own(done, tmp_path, pool):
    structure, problems = structure_of({"forms.belief": "smoothing", "switch.peer_influence": "off"})
    assert not problems
    assert structure.words == ("switch.peer_influence=off", "forms.belief=smoothing")
    values = prior_of().draws(4, 1)
    records = prior_of(structure=structure).records(values)
    assert records["form_belief"].tolist() == [1] * 4
    assert records["switch_peer_influence"].tolist() == [0] * 4
    assert prior_of().records(values)["form_belief"].tolist() == [0] * 4
    with pytest.raises(BadInput, match="structure"):
        calibrating.calibrate(done.folder, pool, plan=PLAN, seed=3, patterns=easy(), structure=structure)
    own = calibrating.calibrate(tmp_path / "own", pool, plan=PLAN, seed=3, patterns=easy(), structure=structure)
    assert json.loads((own.folder / "ensemble.json").read_text())["structure"] == list(structure.words)
    assert not np.array_equal(own.found.measured.mean, done.found.measured.mean)  # the control: it is another model
    # the table may have by now what was asked for then: the parts are still those of the store
    known = read_table()
    by_now = replace(known, switches=known.switches | {"peer_influence": replace(known.switches["peer_influence"], on=False)})
    stored = open_stored(own.folder, patterns=easy(), table=by_now)
    assert stored.prior.structure.words == ("forms.belief=smoothing",)
    assert stored.first()[1].mean.shape == (PLAN.first, len(EASY))
    stored.store.identity["structure"] = list(stored.prior.structure.words)
    with pytest.raises(BadInput, match="is not stored"):  # the control: by what differs from the table of today
        stored.first()


def test_an_ensemble_is_checked_with_a_rival_form(done):
    words = ["patterns", "--ensemble-file", str(done.folder / "ensemble.csv"), "--stage", "1", "-n", "4", "--json"]
    tables = [
        {one["id"]: one["value"] for one in json.loads(CliRunner().invoke(APP, given).stdout)["patterns"]}
        for given in (words, [*words, "--set", "forms.deciding=threshold"])
    ]
    assert tables[0].keys() == tables[1].keys()
    assert tables[0] != tables[1]


def test_bad_input_of_patterns_over_an_ensemble(tmp_path):
    words = ("--scenario", "all-active", "--set", "chance_waits=0.05", "-n", "0")
    said = refused("patterns", "--ensemble-file", tmp_path / "none.csv", *words)
    assert "cannot be joined with --ensemble-file" in said
    assert "--set chance_waits: cannot be set here" in said
    assert "replicates" in said
    assert "there is no such file" in refused("patterns", "--ensemble-file", tmp_path / "none.csv")


def test_patterns_over_an_ensemble_from_the_command_line(done):
    words = ["patterns", "--ensemble-file", str(done.folder / "ensemble.csv"), "--stage", "1", "-n", "2", "--json"]
    found = CliRunner().invoke(APP, words, catch_exceptions=False)
    told = json.loads(found.stdout)
    assert told["members"] == len(done.found.values)
    assert found.exit_code == (1 if told["failed"] else 0)
    shown = CliRunner().invoke(APP, words[:-1], catch_exceptions=False)
    assert "fitted statements within tolerance" in shown.stdout
