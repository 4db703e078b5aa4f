"""The checks of a calibration from beginning to end, on few vectors of the nine services."""

import csv
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from experiments import calibration, command_line
from experiments.calibration import calibrating, checks, checks_page, waves
from experiments.calibration.recovery import Size
from experiments.calibration.stored import open_stored
from experiments.executors.pools import pool_of
from experiments.kit.words import label_of
from experiments.patterns.predictive import predicted
from experiments.patterns.reading import PatternTable, read_patterns
from sim.problems import BadInput
from sim.store.reader import check_folder
from tests.experiments.commanding import refused

pytestmark = pytest.mark.usefixtures("undrawn")  # what a fixture makes is drawn thoroughly

app = command_line.whole_app()
PLAN = waves.Plan(first=60, waves=(20,), last=30, rounds=1, steps=20, last_steps=10, wanted=5)
EASY = ("P1.E_no_patients", "P6.correlation", "P9.monitoring")
AMOUNT = checks.Amount(Size(held=12, chains=19, steps=20, again=3), chains=10, steps=10)


def easy():
    """Few patterns, which many vectors meet; one that is not measured; and a prediction."""
    table = read_patterns()
    known = {one.id: one for one in table.patterns}
    prediction = replace(known["P2.continue"], fitted=False, must_hold=False)
    unmeasured = replace(known["P2.stopped"], measured=False, missing="no instrument", must_hold=False)
    return PatternTable((*(one for name, one in known.items() if name in EASY), unmeasured, prediction), table.sources)


@pytest.fixture(scope="module")
def pool():
    with pool_of("threads", 2) as pool:
        yield pool


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory, pool, drawn_in_lines):
    folder = tmp_path_factory.mktemp("calibration") / "mine"
    return calibrating.calibrate(folder, pool, plan=PLAN, seed=3, patterns=easy())


@pytest.fixture(scope="module")
def done(calibrated, pool):
    with pytest.MonkeyPatch.context() as patch:  # all of the nine services is in the store: whoever runs something fails
        patch.setattr("experiments.patterns.measuring.measure_task", None)
        return checks.check(calibrated.folder, pool, amount=AMOUNT, patterns=easy())


def test_checks_cannot_be_drawn_anew_and_that_is_said(done):
    said = refused("report", done.folder)
    assert "checks of a calibration hold no runs to be drawn from" in said
    assert f"hint: `sustain recover {done.folder.parent}` checks the calibration anew" in said


def rows(path):
    with path.open() as stream:
        return list(csv.DictReader(stream))


@pytest.mark.engine
def test_what_is_written(done, calibrated):
    names = {path.name for path in done.folder.iterdir()}
    assert names == {
        "recovery.csv", "coverage.csv", "constrained.csv", "left_out.csv", "predictive.csv", "checks.json", "checks.html",
        "figures", "patterns", "manifest.json", "ro-crate-metadata.json",
    }  # fmt: skip
    assert check_folder(done.folder) == []
    assert not [path for path in calibrated.folder.iterdir() if path.name.startswith(".checks")]
    assert [row["parameter"] for row in rows(done.folder / "recovery.csv")] == list(done.stored.prior.names)
    for name in ("checks/recovery.csv", "checks/constrained.csv", "widths.csv"):
        assert all(row["label"] == label_of(row["parameter"]) for row in rows(done.folder.parent / name))
    about = json.loads((done.folder / "checks.json").read_text())
    assert about["held_out"] == 12
    assert about["fitted_to"] == 48
    assert about["same_code_as_calibration"] == (calibration.ROOM.runs_identity() == done.stored.store.identity["code"])
    uses = {row["pattern"]: row["use"] for row in rows(done.folder / "predictive.csv")}
    assert uses["P6.correlation"] == "required"
    assert uses["P2.stopped"] == "not measured"
    assert uses["P2.continue"] == "prediction"


@pytest.mark.engine
def test_the_ensemble_is_that_of_the_calibration(done, calibrated):
    theirs = {row["pattern"]: row for row in rows(calibrated.folder / "patterns.csv")}
    for row in rows(done.folder / "predictive.csv"):
        if row["pattern"] in theirs:  # weights are kept with four digits
            assert float(row["mean"]) == pytest.approx(float(theirs[row["pattern"]]["mean_other_seed"]), rel=1e-3)
            assert float(row["members_inside"]) == pytest.approx(float(theirs[row["pattern"]]["members_inside"]), abs=1e-3)
    target = done.stored.target()
    assert [one.id for one in target.patterns] == list(calibrated.found.required)
    same = zip(target.emulators, calibrated.found.emulators, strict=True)
    assert all(np.array_equal(one.linear, two.linear) for one, two in same)


@pytest.mark.engine
def test_the_page_stands_alone_and_has_every_pattern(done):
    page = (done.folder / "checks.html").read_text()
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    for one in easy().patterns:
        assert f'<section class="pattern" id="{one.id}"' in page
        assert f"{one.low:g} to {one.high:g}" in page
    assert page.count("data:image/svg") == 1 + 4 + 4  # beside the answer, four figures, and the patterns that are measured
    told = checks_page.short_answer(done)
    assert re.fullmatch(r"The ensemble reproduces [0-3] of 3 fitted patterns; \d+ of \d+ parameters could be found again\.", told)
    assert f"Quick run, not to be relied on: {told}" in page
    assert "<h1>Checks of a calibration (quick run)</h1>" in page
    assert not checks_page.is_quick(replace(done, recovery=replace(done.recovery, states=np.zeros((150, 59, 1)))))
    assert re.search(r'alt="Bars\. fitted patterns that the ensemble reproduces: [0-3] of 3; ', page)
    assert "stand in for the model" in page
    assert "Not measured yet." in page
    assert "control" in page


@pytest.mark.engine
def test_checks_are_replaced_whole_and_come_out_the_same(done, calibrated, pool):
    before = (done.folder / "recovery.csv").read_text()
    (done.folder / "old").write_text("")
    again = checks.check(calibrated.folder, pool, amount=AMOUNT, patterns=easy(), threads=1)
    assert (again.folder / "recovery.csv").read_text() == before
    assert not (again.folder / "old").exists()


@pytest.mark.engine
def test_other_patterns_or_an_unfinished_calibration_are_refused(calibrated, tmp_path):
    moved = PatternTable(tuple(replace(one, low=one.low - 0.1) for one in easy().patterns), easy().sources)
    with pytest.raises(BadInput, match=r"patterns have changed since: P1\.E_no_patients"):
        open_stored(calibrated.folder, patterns=moved)
    (tmp_path / "store.json").write_text((calibrated.folder / "store.json").read_text())
    with pytest.raises(BadInput, match="not finished"):
        open_stored(tmp_path, patterns=easy())
    (tmp_path / "ensemble.csv").write_text((calibrated.folder / "ensemble.csv").read_text())
    with pytest.raises(BadInput, match="is not stored"):
        open_stored(tmp_path, patterns=easy()).first()


@pytest.mark.engine
def test_the_command(calibrated, monkeypatch):
    monkeypatch.setattr("experiments.calibration.stored.read_patterns", easy)
    monkeypatch.setattr(checks, "QUICK", AMOUNT)
    found = CliRunner().invoke(app, ["recover", str(calibrated.folder), "--quick", "--json"], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["parameters"] == len(calibrated.found.values[0])
    assert next(iter(told["coverage"])) == "fit"
    assert "leaving out a pattern at a time" in found.stderr


def test_bad_input_of_the_command(tmp_path):
    for words in (["recover", tmp_path / "none"], ["recover", tmp_path, "--seed", "-1"], ["recover", tmp_path, "--seed", "x"]):
        found = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
        assert found.exit_code == 2, found.output
        assert "Traceback" not in found.stderr


def test_verdicts_in_words():
    pattern = read_patterns().patterns[0]
    weights = np.array([0.75, 0.25])
    inside, outside = pattern.target, pattern.high + 1.0
    error = np.zeros(2)
    assert checks_page.verdict(predicted(pattern, np.array([inside, inside]), error, weights)).startswith("Passes")
    said = checks_page.verdict(predicted(pattern, np.array([inside, outside]), error, weights))
    assert said.startswith("Fails: the ensemble’s mean lies above the tolerance; 75%")
    assert "anything to measure" in checks_page.verdict(predicted(pattern, np.full(2, np.nan), error, weights))
    assert (
        checks_page.verdict(predicted(replace(pattern, measured=False), np.full(2, np.nan), error, weights))
        == "Not measured yet."
    )
