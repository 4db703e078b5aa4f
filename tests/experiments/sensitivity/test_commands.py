"""The command `sustain sensitivity`: what it prints and writes, that it goes on where it was stopped, what bad input gets."""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from SALib.analyze import morris
from typer.testing import Result

from experiments.sensitivity import analysing, running, simulated
from experiments.sweeps import session as sweeping
from experiments.sweeps import work
from sim.parameters import read_table
from sim.store.reader import check_folder
from tests.crates import DEPRECATED, issues_of
from tests.experiments.commanding import a_page_fails, drawn_again, hashes, refused, sustain

pytestmark = pytest.mark.usefixtures("unsynced", "undrawn")  # the folder that a fixture makes is drawn thoroughly


SCREENED = sum(read_table().acts(name) for name in read_table().parameters) - 6
"""All parameters that act but the definitions of outcomes."""
SMALL = ("--screen", "3", "--base", "8", "--replicates", "2", "--months", "13", "--keep", "3", "--seed", "0")


@pytest.fixture(scope="module", autouse=True)
def few_resamples() -> Iterator[None]:
    """Reaches of few resamples: no value of them is looked at here; test_analysing.py has as many as the command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysing, "MORRIS_RESAMPLES", 10)
        patch.setattr(morris, "norm", SimpleNamespace(ppf=cache(morris.norm.ppf)))  # asked for the same number ten thousand times
        yield


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, few_resamples: None, drawn_thoroughly: None) -> tuple[Path, Result]:
    """Folder of a small analysis, not to be changed, and what was printed."""
    folder = tmp_path_factory.mktemp("sensitivity") / "mine"
    done = sustain("sensitivity", *SMALL, "--out", folder)
    assert done.exit_code == 0, done.output
    return folder, done


@pytest.mark.portable
@pytest.mark.engine
def test_it_writes_a_folder_whole(written: tuple[Path, Result]) -> None:
    folder, done = written
    assert [path.name for path in folder.parent.iterdir()] == ["mine"]
    assert {path.name for path in folder.iterdir()} == {
        "settings.json", "summary.json", "sweeps", "tables", "figures", "report.html", "codebook.csv", "codebook.md",
        "manifest.json", "ro-crate-metadata.json",
    }  # fmt: skip
    assert check_folder(folder) == []
    morris = pd.read_csv(folder / "tables" / "morris.csv")
    assert len(morris) == 15 * (SCREENED + 1)  # seven outcomes in each scenario and the difference; the dummy beside them
    assert set(morris["scenario"]) == {"all-passive", "all-active", "difference"}
    assert len(pd.read_csv(folder / "tables" / "sobol.csv")) == 15 * 4
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["kind"] == "sensitivity"
    assert manifest["settings"]["screen"] == 3
    assert set(manifest["studies"]) == set(simulated.TITLES)
    assert set(manifest["timing"]) == {"runs", "report", "total"}
    assert set(manifest["analysis"]) == {"SALib", "scipy"}
    assert manifest["seeds"] == {"samples and runs": 0, "other random numbers": 2**63}
    assert f"{manifest['runs']:,} runs" in (folder / "report.html").read_text(encoding="utf-8")
    assert f"Report: {folder / 'report.html'}" in done.stdout
    assert f"writing to .mine.unfinished beside {folder}" in done.stderr


@pytest.mark.portable
@pytest.mark.engine
def test_the_same_random_numbers_at_every_point(written: tuple[Path, Result]) -> None:
    folder, _ = written
    noise = pd.read_csv(folder / "tables" / "noise.csv")
    assert (noise["dummy_same"] == 0.0).all()
    assert (noise["blocks"] == noise["stage"].map({"screening": 3, "indices": 8})).all()
    rows = pd.read_parquet(folder / "sweeps" / "one-at-a-time" / "runs", columns=["scenario", "point", "run", "share_kept_going"])
    base = rows[rows["point"] == 0].pivot_table(index="run", columns="scenario", values="share_kept_going", observed=True)
    alone = pd.read_csv(folder / "tables" / "alone.csv")
    assert alone["outcome"].iloc[0] - alone["change"].iloc[0] == pytest.approx((base["all-active"] - base["all-passive"]).mean())


@pytest.mark.engine
def test_its_page_is_drawn_anew(written: tuple[Path, Result], tmp_path: Path) -> None:
    drawn_again(Path(shutil.copytree(written[0], tmp_path / "mine")), table="tables/alone.csv")


@pytest.mark.portable
@pytest.mark.engine
def test_a_page_that_fails_costs_no_table(written: tuple[Path, Result], tmp_path: Path) -> None:
    mine = Path(shutil.copytree(written[0], tmp_path / "mine"))
    a_page_fails(("sensitivity", *SMALL, "--out", mine), mine, "experiments.sensitivity.report.write_report")


@pytest.mark.engine
def test_again_it_does_nothing_and_json_tells_the_same(written: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, done = written
    monkeypatch.setattr(running, "analyse", lambda *_, **__: pytest.fail("computed again"))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    again = sustain("sensitivity", *SMALL, "--out", folder)
    assert (again.exit_code, again.stdout) == (0, done.stdout)
    told = json.loads(sustain("sensitivity", *SMALL, "--out", folder, "--json").stdout)
    assert told["folder"] == str(folder)
    assert (told["parameters"], told["failed"]) == (SCREENED, 0)
    assert len(told["survivors"]) == 3
    assert list(told["important"]) == told["outcomes"]
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert "has base = 8, not 16" in refused("sensitivity", *SMALL, "--base", "16", "--out", folder)


@pytest.mark.engine
def test_it_goes_on_where_it_was_interrupted(
    written: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("sensitivity", *SMALL, "--workers", "1", "--out", tmp_path / "mine")

    def interrupted() -> None:
        stopped = sustain(*words)
        assert stopped.exit_code == 130
        assert "interrupted: what is finished is kept; the same command goes on" in stopped.stderr
        assert [path.name for path in tmp_path.iterdir()] == [".mine.unfinished"]
        assert not (tmp_path / ".mine.unfinished" / "manifest.json").exists()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:  # in the middle of the first stage
        patch.setattr(sweeping.Shown, "ran", stop)
        interrupted()
    sweep = simulated.sweep
    with monkeypatch.context() as patch:  # between two stages
        patch.setattr(simulated, "sweep", lambda study, *a, **b: stop() if study.name == "indices" else sweep(study, *a, **b))
        interrupted()
    manifest = tmp_path / ".mine.unfinished" / "sweeps" / "screening" / "manifest.json"
    before = manifest.stat().st_mtime_ns
    assert sustain(*words).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine" / "sweeps" / "screening" / "manifest.json").stat().st_mtime_ns == before  # not run again
    assert hashes(tmp_path / "mine") == hashes(written[0])


@pytest.mark.engine
@pytest.mark.filterwarnings(DEPRECATED)
def test_the_folder_is_a_valid_crate(written: tuple[Path, Result], tmp_path: Path) -> None:
    assert issues_of(written[0], tmp_path) == []


@pytest.mark.engine
def test_a_failed_run_costs_its_trajectory_and_gives_exit_status_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured, calls = work.outcome_vector, []

    def first_infinite(*given: Any) -> Any:
        found = measured(*given)
        if not calls:
            for one in found.values():
                one[:1] = float("inf")
        calls.append(given)
        return found

    monkeypatch.setattr(work, "outcome_vector", first_infinite)
    found = sustain("sensitivity", *SMALL, "--workers", "1", "--out", tmp_path / "mine", "--json")
    told = json.loads(found.stdout)
    assert (found.exit_code, told["failed"]) == (1, 1)
    assert any(one.startswith("1 run of ") and "(as few as 2 remain)" in one for one in told["how_sure"])
    noise = pd.read_csv(tmp_path / "mine" / "tables" / "noise.csv").query("stage == 'screening'").set_index("scenario")
    assert noise["blocks"].to_dict() == {"all-passive": 2, "all-active": 3, "difference": 2}


# ---------------------------------------------------------------------------------------------------------------------- input


def test_bad_input_is_refused_all_at_once(tmp_path: Path) -> None:
    bounds = tmp_path / "narrow.csv"
    bounds.write_text("parameter,low,high\nchance_leafs,0.01,0.02\n", encoding="utf-8")
    said = refused(
        "sensitivity", "--scenario", "all-activ", "--screen", "one", "--base", "100", "--keep", "0", "--bounds", bounds,
        "--workers", "0", "--out", tmp_path / "mine",
    )  # fmt: skip
    for words in (
        "'all-activ'",
        "--screen: 'one' cannot be",
        "--base: 100 is no power of two",
        "--keep",
        "chance_leafs",
        "--workers",
    ):
        assert words in said
    assert "6 problems" in said
    assert not list(tmp_path.glob(".mine*"))


def test_without_salib_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SALib", None)
    said = refused("sensitivity", "--quick", "--keep", "0", "--out", tmp_path / "mine")
    assert "hint: pip install 'practice-sustainment[analysis]'" in said
    assert "2 problems" in said
    assert not list(tmp_path.iterdir())


def test_help_has_examples() -> None:
    found = sustain("sensitivity", "--help")
    assert re.search(r"Examples:\n +sustain sensitivity +all-passive, all-active and their difference", found.stdout)
