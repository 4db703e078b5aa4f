"""The commands for many runs: what they print, what they write, what bad input gets."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import sim
from experiments.kit.options import number
from experiments.sweeps.precision import FIRST, next_round
from experiments.sweeps.study import Study
from experiments.worlds.luck import needed
from sim.engine import CompiledEngine
from sim.ensembles import read_ensemble
from sim.parameters.ensemble import order
from sim.store.reader import check_folder
from tests.experiments.commanding import drawn_again, refused, sustain, tables_of
from tests.experiments.sweeps.small import data, files, manifest_of, state

pytestmark = pytest.mark.usefixtures("unsynced", "undrawn")  # the folder that a fixture makes is drawn

ROOT = Path(sim.__file__).parents[1]
STUDY = """schema_version = 1
name = "mine"
title = "Mine"
question = "What does the leader change?"
scenarios = ["nine-services", "all-active"]
replicates = 4
months = 13
keep = ["outcomes"]
outcomes = ["share_sustained", "fidelity", "benefit_gap"]
[design]
kind = "factorial"
[factors.hours_protected]
levels = [1.0, 8.0]
[factors."services.D.leader"]
levels = ["active", "vacant"]
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("study") / "mine.toml"
    path.write_text(STUDY, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a sweep; not to be changed."""
    place = tmp_path_factory.mktemp("sweep") / "mine"
    assert sustain("sweep", study, "--out", place, "--no-report").exit_code == 0
    return place


# ---------------------------------------------------------------------------------------------------------------------- sweep


def test_a_page_that_fails_costs_no_table(study: Path, folder: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(folder, tmp_path / "mine"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("experiments.sweeps.report.write_sweep_report", None)
        failed = sustain("sweep", study, "--out", mine)
    assert failed.exit_code == 1
    assert "figures and report could not be made (TypeError: " in failed.stderr
    assert tables_of(mine) == tables_of(folder)
    assert check_folder(mine) == []
    assert sustain("sweep", study, "--out", mine).exit_code == 0
    assert (mine / "report.html").exists()


def test_a_figure_that_fails_costs_no_page_and_is_tried_again(study: Path, folder: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(folder, tmp_path / "mine"))

    def broken(*_: object) -> None:
        raise TypeError("planted")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("experiments.sweeps.figures.compared", broken)
        failed = sustain("sweep", study, "--out", mine)
    assert failed.exit_code == 1
    assert "scenarios could not be made (TypeError: " in failed.stderr
    assert (mine / "report.html").exists()
    assert not (mine / "figures" / "scenarios.svg").exists()
    assert sustain("sweep", study, "--out", mine).exit_code == 0
    assert (mine / "figures" / "scenarios.svg").exists()
    assert tables_of(mine) == tables_of(folder)


def test_other_files_of_figures_are_made_when_they_are_asked(study: Path, folder: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(folder, tmp_path / "mine"))
    assert sustain("sweep", study, "--out", mine, "--figure-format", "pdf", "--figure-width", "17.4cm").exit_code == 0
    assert {path.suffix for path in (mine / "figures").iterdir()} == {".pdf"}
    assert tables_of(mine) == tables_of(folder)
    assert check_folder(mine) == []


@pytest.mark.portable
def test_sweep_writes_a_folder_with_a_report_and_again_does_nothing(study: Path, folder: Path, tmp_path: Path) -> None:
    found = sustain("sweep", study, "--out", tmp_path / "mine")
    assert found.exit_code == 0
    assert "2 scenarios x 4 points x 4 replicates = 32 runs" in found.stderr
    assert re.search(r"^nine-services +0 +[\d.]+\s%(\s±\s[\d.]+| \(no spread seen\)) ", found.stdout, re.MULTILINE)
    assert f"Results: {tmp_path / 'mine'} (" in found.stdout
    assert f"Report: {tmp_path / 'mine' / 'report.html'}" in found.stdout
    assert "Mine" in (tmp_path / "mine" / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "mine" / "study.toml").read_text(encoding="utf-8") == STUDY
    assert data(tmp_path / "mine") == data(folder)
    before = state(tmp_path / "mine")
    again = sustain("sweep", study, "--out", tmp_path / "mine")
    assert again.exit_code == 0
    assert state(tmp_path / "mine") == before
    told = {line for line in again.stdout.splitlines() if not line.startswith("Results")}
    assert told == {line for line in found.stdout.splitlines() if not line.startswith("Results")}


@pytest.mark.portable
def test_sweep_json_and_a_folder_of_its_own(study: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words in ((), ("--resume",), ("--restart",)):
        found = sustain("sweep", study, "--json", "--no-report", "--executor", "serial", *words)
        told = json.loads(found.stdout)
        assert told.pop("seconds") >= 0.0
        assert told == {
            "folder": "results/mine", "complete": True, "jobs": 2, "finished": 2, "runs": 32, "failed": 0, "lost": 0,
        }  # fmt: skip
        assert data(tmp_path / "results" / "mine") == data(folder)


@pytest.mark.portable
def test_options_stand_above_the_studys_own(study: Path, tmp_path: Path) -> None:
    words = ("--out", tmp_path / "a", "-n", "2", "--months", "2", "--seed", "9", "--no-report")
    assert sustain("sweep", study, *words).exit_code == 0
    manifest = manifest_of(tmp_path / "a")
    assert (manifest["replicates"], manifest["months"], manifest["seed"], manifest["study_runs"]) == (2, 2, 9, 16)


def command(*words: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "experiments.command_line", *map(str, words)],
        capture_output=True, text=True, check=False, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_sweep_in_a_process_of_its_own_with_a_worker(study: Path, folder: Path, tmp_path: Path) -> None:
    words = ("sweep", study, "--executor", "processes", "--workers", "1", "--no-report", "--out", "mine")
    done = command(*words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert data(tmp_path / "mine") == data(folder)


def test_foretell(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = sustain("sweep", study, "--foretell", "-n", "1000")
    assert found.exit_code == 0
    assert "2 scenarios x 4 points x 1,000 replicates = 8,000 runs" in found.stdout
    assert "78,000 service-years" in found.stdout  # 8,000 runs of nine services over 13 months
    assert re.search(r"about \d+ .*s on \d+ processors", found.stdout)
    told = json.loads(sustain("sweep", study, "--foretell", "--json", "--workers", "3").stdout)
    assert (told["runs"], told["jobs"], told["workers"]) == (32, 2, 3)
    assert told["service_years"] == pytest.approx(32 * 9 * 13 / 12)
    assert told["seconds"] > 0.0
    assert told["bytes"] > 0.0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.portable
def test_until_adds_replicates(study: Path, tmp_path: Path) -> None:
    found = sustain("sweep", study, "--out", tmp_path / "a", "--no-report", "--until", "fidelity=0.01")
    assert found.exit_code == 0
    rounds = [int(one.replace(",", "")) for one in re.findall(r"^([\d,]+) replicates: largest", found.stderr, re.MULTILINE)]
    assert rounds[0] == 4
    assert rounds == sorted(set(rounds))
    assert len(rounds) > 1
    replicates = manifest_of(tmp_path / "a")["replicates"]
    assert replicates == rounds[-1]
    summary = pd.read_parquet(tmp_path / "a" / "tables" / "summary.parquet")
    assert summary[summary["outcome"] == "fidelity"]["mcse"].max() <= 0.01
    assert sustain("sweep", study, "--out", tmp_path / "b", "--no-report", "-n", replicates).exit_code == 0
    assert data(tmp_path / "a") == data(tmp_path / "b")  # growing leaves no mark


def test_until_gives_up(study: Path, tmp_path: Path) -> None:
    found = sustain("sweep", study, "--out", tmp_path / "a", "--no-report", "--until", "benefit_gap=1e-9", "--most", "9")
    assert found.exit_code == 1
    assert "NOT met: benefit_gap ± 1e-09" in found.stderr
    assert manifest_of(tmp_path / "a")["replicates"] == 9
    assert "9 replicates: largest Monte Carlo error of benefit_gap" in found.stderr


@pytest.mark.portable
def test_shards_and_merge(study: Path, folder: Path, tmp_path: Path) -> None:
    for number_ in (1, 2):
        found = sustain("sweep", study, "--out", tmp_path / str(number_), "--shard", f"{number_}/2")
        assert found.exit_code == 0
        assert "1 of 2 jobs are finished: run the other shards, then `sustain merge" in found.stdout
    missing = sustain("rerun", tmp_path / "1", "1:0:0")  # its job is the other shard's
    assert missing.exit_code == 0
    assert "the sweep keeps no row of it" in missing.stdout
    told = sustain("merge", tmp_path / "1")
    assert told.exit_code == 1
    assert "1 of 2 jobs are finished" in told.stdout
    assert "give --out a new folder, or one of them" in refused("merge", tmp_path / "1", tmp_path / "2")
    found = sustain("merge", tmp_path / "1", tmp_path / "2", "--out", tmp_path / "whole", "--json", "--no-report")
    assert found.exit_code == 0
    assert json.loads(found.stdout)["complete"]
    assert files(tmp_path / "whole") == files(folder)
    assert sustain("merge", tmp_path / "whole").exit_code == 0
    assert (tmp_path / "whole" / "report.html").exists()
    assert "there is no such folder" in refused("merge", tmp_path / "nowhere")
    assert "no sweep's folder" in refused("merge", tmp_path)


@pytest.mark.portable
def test_a_sweep_of_another_version_of_the_model_is_told_and_stays(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed_code: Callable[..., None]
) -> None:
    mine = Path(shutil.copytree(folder, tmp_path / "mine"))
    told = "was made by another version of the model: code "
    changed_code()
    assert told not in sustain("rerun", mine, "1:0:0").stdout  # other code, and the same study
    monkeypatch.setattr(Study, "hash", property(lambda _: "f" * 64))  # with a parameter more
    before = files(mine)
    assert told in sustain("rerun", mine, "1:0:0").stdout
    for command in ("report", "merge"):
        assert told in refused(command, mine)
    assert files(mine) == before
    assert (mine / "manifest.json").exists()


# -------------------------------------------------------------------------------------------------------------- what is wrong


def test_everything_wrong_with_a_command_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(STUDY.replace("D.leader", "D.leadr"), encoding="utf-8")
    told = refused(
        "sweep", tmp_path / "mine.toml", "--shard", "4/3", "--until", "fidelity=much", "--executor", "thread", "--workers", "0",
        "--most", "few", "--timeout", "soon", "--resume", "--restart", "-n", "0", "--seed", "x",
    )  # fmt: skip
    for expected in (
        "unknown key 'leadr'", "did you mean 'leader'?", "--shard 4/3: is not a part of a whole", "such as --shard 3/10",
        "--until fidelity=much: is not OUTCOME=ERROR", "--executor: there is no 'thread'", "did you mean 'threads'?",
        "--workers: '0' cannot be", "--most: 'few' cannot be", "--timeout: 'soon' cannot be", "--resume: contradicts --restart",
        "--until: needs all shards", "--replicates: '0' cannot be", "--seed: 'x' cannot be", "11 problems",
    ):  # fmt: skip
        assert expected in told, expected
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("hours_protected", "hours_protectd", "unknown parameter 'hours_protectd'|did you mean 'hours_protected'?"),
        ("[1.0, 8.0]", "[1.0, 80.0]", "levels[2]: 80 is out of bounds|allowed: a number from 1 to 16"),
        ("[1.0, 8.0]", "[]", "levels: is an empty list"),
        ('"nine-services"', '"nine-servces"', "unknown scenario 'nine-servces'|did you mean 'nine-services'?"),
        ('"factorial"', '"factoral"', "unknown word 'factoral'|did you mean 'factorial'?"),
        ('"benefit_gap"', '"benefit_gab"', "unknown outcome 'benefit_gab'|did you mean 'benefit_gap'?"),
        (STUDY[STUDY.index("[factors") :], "", "an empty design: nothing is varied"),
        ("replicates = 4", "replicates = ", "mine.toml"),
    ],
)
def test_a_faulty_study_is_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(STUDY.replace(old, new), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != STUDY
    told = refused("sweep", path, "--out", tmp_path / "a")
    assert all(one in told for one in expected.split("|")), told
    assert not (tmp_path / "a").exists()
    assert all(one in refused("check", path) for one in expected.split("|"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--resume",), "there is nothing to go on with|leave --resume out to begin"),
        (("--shard", "0/3"), "is not a part of a whole"),
        (("--shard", "1"), "allowed: K/N with K from 1 to N"),
        (("--shard", "1/2", "--until", "fidelity=0.1"), "needs all shards"),
        (("--until", "fidelity"), "allowed: an outcome and a number above 0"),
        (("--until", "fidelty=0.1"), "the study does not keep 'fidelty'|did you mean 'fidelity'?"),
        (("--until", "fidelity=0"), "a number above 0"),
        (("--until", "fidelity=inf"), "a number above 0"),
        (("--workers", "two"), "a whole number from 1 to 1,024"),
        (("--timeout", "0"), "a number above 0"),
        (("--cluster", "tcp://127.0.0.1:1", "--timeout", "0.5"), "no scheduler answers at tcp://127.0.0.1:1 within 0.5|hint: is"),
        (("--cluster", "nowhere.json", "--timeout", "0.1"), "there is no such file, after 0.1 s|dask scheduler --scheduler-file"),
        (("--cluster", "my cluster"), "is neither an address nor a file|local:2"),
    ],
)
def test_bad_options_are_refused(study: Path, tmp_path: Path, words: tuple[str, ...], expected: str) -> None:
    told = refused("sweep", study, "--out", tmp_path / "a", *words)
    assert all(one in told for one in expected.split("|")), told
    assert not (tmp_path / "a").exists()


def test_a_folder_of_something_else_is_refused(study: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    assert "holds no sweep: 'note.txt'" in refused("sweep", study, "--out", tmp_path)
    told = refused("sweep", study, "--out", folder, "--seed", "8")
    assert "the store was made for another 'study'" in told
    assert "give --restart" in told
    assert "did you mean 'protected-time'?" in refused("sweep", "protected-tim")


# ---------------------------------------------------------------------------------------------------------------------- rerun


@pytest.mark.portable
@pytest.mark.parametrize("engine", ["compiled", "mesa"])
def test_a_run_again_is_its_row(folder: Path, engine: str) -> None:
    found = sustain("rerun", folder, "1:3:2", "--engine", engine)
    assert found.exit_code == 0
    assert "run 1:3:2: all-active" in found.stdout
    assert re.search(r"^services.D.leader +vacant", found.stdout, re.MULTILINE)
    assert "equal to the sweep's row" in found.stdout
    told = json.loads(sustain("rerun", folder, "1:3:2", "--engine", engine, "--json").stdout)
    row = pd.read_parquet(folder / "runs").query("scenario == 'all-active' and point == 3 and run == 2").iloc[0]
    for name, value in told["outcomes"].items():
        assert (value is None and np.isnan(row[name])) or value == row[name]
    assert (told["equal"], told["failure"], told["settings"]["hours_protected"]) == (True, None, 8.0)


def test_a_run_that_is_not_as_in_the_sweep_is_told(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Path(shutil.copytree(folder, tmp_path / "copy"))
    from experiments.sweeps import again

    monkeypatch.setattr(again, "_outcomes", lambda *given: dict.fromkeys(given[2].outcomes, 0.25))
    found = sustain("rerun", place, "0:0:0")
    assert found.exit_code == 1
    assert "NOT equal to the sweep's row" in found.stdout


@pytest.mark.portable
def test_a_run_that_failed_fails_again(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = CompiledEngine.run

    def raises(engine: CompiledEngine, replicates: np.ndarray, **options: Any) -> Any:
        if 2 in replicates.tolist():
            raise ZeroDivisionError("division by zero")
        return run(engine, replicates, **options)

    with monkeypatch.context() as patch:
        patch.setattr(CompiledEngine, "run", raises)
        swept = sustain("sweep", study, "--out", tmp_path / "a")
        assert swept.exit_code == 1
        assert "8 of 32 runs failed: see tables/failures.parquet and the report" in swept.stdout
        assert "8 of 32 runs failed" in (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
        again = sustain("sweep", study, "--out", tmp_path / "a")
        assert again.exit_code == 1  # failures do not go away by being told again
        assert "8 of 32 runs failed" in again.stdout
        failures = pd.read_parquet(tmp_path / "a" / "tables" / "failures.parquet")
        words = failures["command"].iloc[3].split()
        assert words == ["sustain", "rerun", ".", "0:3:2"]
        monkeypatch.chdir(tmp_path / "a")
        found = sustain(*words[1:])
        assert found.exit_code == 1
        assert "fails (simulate): ZeroDivisionError: division by zero" in found.stdout
        assert "Traceback" not in found.output
        assert "in raises" in sustain(*words[1:], "--traceback").stdout
        told = json.loads(sustain(*words[1:], "--json").stdout)
        assert told["failure"] == {"stage": "simulate", "type": "ZeroDivisionError", "message": "division by zero"}
        assert "traceback" not in told
        other = sustain("rerun", ".", "0:3:2", "--engine", "mesa")  # which shows that it is the compiled engine's
        assert "it failed in the sweep, and does not now" in other.stdout
        assert other.exit_code == 1
        fast = refused("sweep", study, "--out", tmp_path / "b", "--fail-fast")
        assert "a run failed (simulate): ZeroDivisionError: division by zero" in fast
        assert "leave --fail-fast out" in fast


def test_a_precision_is_gone_on_with(study: Path, tmp_path: Path) -> None:
    words = ("sweep", study, "--out", tmp_path / "a", "--until", "fidelity=0.01", "--no-report")
    assert sustain(*words).exit_code == 0
    there = len(pd.read_parquet(tmp_path / "a" / "runs"))
    assert there > 32
    again = sustain(*words)
    assert again.exit_code == 0
    assert len(pd.read_parquet(tmp_path / "a" / "runs")) == there


def test_fewer_replicates_than_are_there_are_refused(study: Path, folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    said = refused("sweep", study, "--out", folder, "--replicates", "2")
    assert "replicates, more than the 2 asked for" in said
    assert "--restart" in said
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_commands_of_a_run_name_those_of_a_sweep(folder: Path) -> None:
    said = refused("replay", folder)
    assert "this is the folder of a sweep" in said
    assert "sustain report" in said


@pytest.mark.engine
def test_its_page_is_drawn_anew(folder: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(folder, tmp_path / "mine"))
    drawn_again(mine, table="tables/summary.parquet")
    before = {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()}
    gone = min((mine / "jobs").iterdir())  # of a sweep that lacks a job nothing is touched
    gone.unlink()
    assert "1 of its jobs are missing" in refused("report", mine)
    assert {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()} == {
        path: content for path, content in before.items() if path != gone
    }


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("0:9:0",), "there is no point 9|up to 1:3:3"),
        (("2:4:4",), "there is no scenario 2|there is no point 4|there is no run 4|3 problems"),
        (("first",), "is not SCENARIO:POINT:RUN|such as 0:12:5"),
        (("0:0",), "is not SCENARIO:POINT:RUN"),
        (("0:0:0", "--engine", "mess"), "did you mean 'mesa'?"),
    ],
)
def test_a_run_that_is_not_there(folder: Path, words: tuple[str, ...], expected: str) -> None:
    told = refused("rerun", folder, *words)
    assert all(one in told for one in expected.split("|")), told


def test_rerun_wants_a_sweep(tmp_path: Path) -> None:
    assert "there is no such folder" in refused("rerun", tmp_path / "none", "0:0:0")
    assert "no sweep's folder" in refused("rerun", tmp_path, "0:0:0")


# ----------------------------------------------------------------------------------------------------------------- replicates


SHORT = ("nine-services", "--months", "6", "--seed", "3")


@pytest.mark.parametrize("worlds", [(), ("--no-ensemble",)], ids=["plausible", "default"])
def test_replicates_until_the_error_is_met(worlds: tuple[str, ...]) -> None:
    found = sustain("replicates", *SHORT, *worlds, "--error", "0.005")
    assert found.exit_code == 0
    assert re.search(r"^met with [\d,]+ replicates: ± 0\.00\d+, asked for 0.005$", found.stdout, re.MULTILINE)
    assert "What it takes" in found.stdout
    told = json.loads(sustain("replicates", *SHORT, *worlds, "--error", "0.005", "--json").stdout)
    assert told["met"]
    last = told["rounds"][-1]
    assert last["mcse"] <= 0.005
    assert told["rounds"][0]["replicates"] == FIRST
    ensemble = None if worlds else read_ensemble()
    alone = sim.run("nine-services", replicates=last["replicates"], months=6, seed=3, threads=1, ensemble=ensemble)
    row = alone.outcomes.query("group == 'region' and outcome == 'share_kept_going' and month == 6").iloc[0]
    assert last["mean"] == pytest.approx(row["mean"], rel=1e-12)  # added up in another order
    assert last["mcse"] == pytest.approx(row["mcse"], rel=1e-9)
    assert [one["error"] for one in told["prices"]] == [0.005, 0.0025, 0.001, 0.0005]
    assert told["prices"][1]["replicates"] == needed(last["replicates"], last["mcse"], 0.0025)
    assert [one["seconds"] for one in told["prices"]] == sorted(one["seconds"] for one in told["prices"])


def test_replicates_not_met() -> None:
    found = sustain("replicates", *SHORT, "--error", "0.0001", "--most", "150")
    assert found.exit_code == 1
    assert "NOT met with 150 replicates" in found.stdout
    told = json.loads(sustain("replicates", *SHORT, "--error", "0.0001", "--most", "150", "--json").stdout)
    assert (told["met"], told["rounds"][-1]["replicates"]) == (False, 150)


def test_replicates_of_what_is_never_defined() -> None:
    words = ("replicates", "nine-services", "--months", "1", "--outcome", "fidelity_measured", "--most", "100")
    found = sustain(*words)
    assert found.exit_code == 1
    assert "NOT met: fidelity_measured is defined in 0 of 100 replicates" in found.stdout
    told = json.loads(sustain(*words, "--json").stdout)
    assert (told["met"], told["prices"], told["rounds"][0]["mcse"]) == (False, [], None)
    assert sustain("replicates", *SHORT, "--error", "1e-320", "--most", "100").exit_code == 1


def test_replicates_refuses_bad_input_at_once() -> None:
    told = refused("replicates", "nine-servces", "--error", "0", "--most", "few")
    for expected in ("did you mean 'nine-services'?", "--error: '0.0' cannot be", "--most: 'few' cannot be", "3 problems"):
        assert expected in told
    assert "did you mean 'share_sustained'?" in refused("replicates", *SHORT, "--outcome", "share_sustaine")
    assert "--error: '0,01' cannot be" in refused("replicates", *SHORT, "--error", "0,01")


def test_rounds_grow_but_not_beyond_the_most() -> None:
    assert needed(100, 0.02, 0.01) == 400
    assert needed(100, 0.01, 0.01) == 100
    assert needed(100, 0.0, 0.01) == 2
    assert next_round(100, 0.02, 0.01, 10_000) == 420
    assert next_round(100, 1.0, 0.01, 10**9) == 1600  # no more than sixteen times
    assert next_round(100, float("inf"), 0.01, 10_000) == 400
    assert next_round(100, 0.02, 0.01, 300) == 300
    assert next_round(100, 0.01, 0.01, 300) == 105
    assert next_round(1, 0.0, 0.01, 300) == 3


# -------------------------------------------------------------------------------------------------- studies in other commands


def test_check_takes_studies_beside_scenarios(study: Path) -> None:
    scenario = ROOT / "scenarios" / "nine-services.toml"
    shipped = sorted((ROOT / "experiments" / "studies").glob("*.toml"))
    found = sustain("check", study, scenario, *shipped)
    assert found.exit_code == 0
    assert found.stdout.splitlines() == [
        f"{path}: ok ({'scenario' if path == scenario else 'study'})" for path in (study, scenario, *shipped)
    ]


def test_schema_of_studies() -> None:
    schema = json.loads(sustain("schema", "study").stdout)
    assert {"scenarios", "factors", "design", "replicates"} <= set(schema["properties"])
    assert schema != json.loads(sustain("schema").stdout)


def test_numbers_of_options() -> None:
    assert [number(text) for text in ("1", " .5", "1e-3", 20.0)] == [1.0, 0.5, 0.001, 20.0]
    assert [number(text) for text in ("1_0", "nan", "inf", "0,1", "")] == ["1_0", "nan", "inf", "0,1", ""]


@pytest.mark.parametrize(("flags", "words"), [((), "plausible worlds: each run has a world"), (("--no-ensemble",), "luck alone")])
def test_replicates_says_what_its_error_is_about(flags: tuple[str, ...], words: str) -> None:
    found = sustain("replicates", "nine-services", "--months", 13, "--outcome", "share_sustained", "--error", 0.1, *flags)
    assert words in found.stdout
    assert "not how large a trial must be" in found.stdout


# ------------------------------------------------------------------------------------------------------------ parameter values


def posts_delivering(place: Path) -> list[float]:
    found = pd.read_parquet(place / "runs")
    return found["share_sustained"].tolist() + found["fidelity"].tolist()


def test_a_sweep_says_which_values_its_runs_have(study: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("commitment_mean,hours_protected\n0.5,2\n0.9,9\n", encoding="utf-8")
    places, said = {"usual": folder}, {}
    asked = {"default": ["--no-ensemble"], "file": ["--ensemble-file", tmp_path / "two.csv"]}
    for name, options in (asked | {"every": [*asked["file"], "--every-member"]}).items():
        places[name] = tmp_path / name
        done = sustain("sweep", study, "--out", places[name], *options)
        assert done.exit_code == 0
        said[name] = done.stderr
    rows = {name: posts_delivering(place) for name, place in places.items()}
    assert len({tuple(values) for values in rows.values()}) == 4
    assert "no ensemble: every replicate has the default values" in said["default"]
    assert "ensemble two: each replicate has one of 2 sets of values for 1 parameter; it has no values for " in said["file"]
    assert "; the factors set hours_protected instead\n" in said["file"]
    assert "every point is run with each of 2 sets" in said["every"]
    assert [len(values) for values in rows.values()] == [64, 64, 64, 128]
    assert "All runs have" not in (places["file"] / "report.html").read_text()
    assert "Each run has one of 2 sets" in (places["file"] / "report.html").read_text()
    assert "no ensemble: every replicate has the default values" in (places["default"] / "report.html").read_text()
    schema = pq.read_schema(folder / "tables" / "summary.parquet")
    assert schema.metadata[b"parameter_values"].startswith(b"ensemble plausible: each replicate")
    members = pd.read_parquet(folder / "tables" / "members.parquet")
    shipped = read_ensemble()
    assert members["member"].tolist() == sorted(set(order(shipped.weights)[:4].tolist()))
    assert set(members.columns) == {"member", "weight", *shipped.parameters} - {"hours_protected"}
    assert set(pd.read_parquet(folder / "runs")["member"]) == set(members["member"])
    assert not (places["default"] / "tables" / "members.parquet").exists()
    assert sustain("rerun", folder, "0:2:1").exit_code == 0
    assert sustain("rerun", places["every"], "0:2:1", "--engine", "mesa").exit_code == 0


def test_ensembles_that_contradict(study: Path, tmp_path: Path) -> None:
    told = refused("sweep", study, "--no-ensemble", "--ensemble-file", tmp_path / "none.csv")
    assert "--ensemble-file: cannot be joined with --no-ensemble" in told
    assert "no such file" in told
    assert "every_member: there is no ensemble" in refused("sweep", study, "--no-ensemble", "--every-member")


@pytest.mark.parametrize("options", [(), ("--ensemble",), ("--no-ensemble",), ("--ensemble", "--every-member")])
def test_shipped_studies_vary_what_members_set_too(options: tuple[str, ...]) -> None:
    done = sustain("sweep", "protected-time", "--foretell", "-n", "1", *options)
    assert done.exit_code == 0
    assert "hours_protected" in done.stdout or "--no-ensemble" in options
