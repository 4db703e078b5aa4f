"""The command `sustain search`: what it prints and writes, that it goes on where it was stopped, what bad input gets."""

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import Result

from experiments import policies
from experiments.policies import running, schedules, settings
from experiments.policies.evaluating import Evaluator, Set
from experiments.policies.schedules import from_key
from sim.scenario import check_file, read_scenario, resolve
from sim.store.reader import check_folder
from sim.world import prepare
from tests.crates import DEPRECATED, issues_of
from tests.experiments.commanding import a_page_fails, drawn_again, hashes, refused, sustain

pytestmark = pytest.mark.usefixtures("unsynced", "undrawn")  # the folder that a fixture makes is drawn thoroughly

SMALL = (
    "--worlds", "2", "--replicates", "1", "--evaluations", "16", "--check-worlds", "2", "--check-replicates", "2", "--seed", "0",
)  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, drawn_in_lines: None) -> tuple[Path, Result]:
    """Folder of a small search, not to be changed, and what was printed."""
    folder = tmp_path_factory.mktemp("search") / "mine"
    done = sustain("search", *SMALL, "--out", folder)
    assert done.exit_code == 0, done.output
    return folder, done


@pytest.mark.portable
@pytest.mark.engine
def test_it_writes_a_folder_whole(written: tuple[Path, Result]) -> None:
    folder, done = written
    assert [path.name for path in folder.parent.iterdir()] == ["mine"]
    assert {path.name for path in folder.iterdir()} == {
        "settings.json", "search.json", "evaluated.jsonl", "tables", "figures", "scenarios", "report.html", "codebook.csv",
        "codebook.md", "manifest.json", "ro-crate-metadata.json",
    }  # fmt: skip
    assert check_folder(folder) == []
    assert {path.stem for path in (folder / "figures").iterdir()} == {"frontier", "ingredients", "timing"}
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["kind"] == "policy-search"
    assert set(manifest["search"]) == {"pymoo", "moocore", "scipy"}
    told = json.loads((folder / "search.json").read_text(encoding="utf-8"))
    assert told["settings"]["code"] == policies.ROOM.identity()
    assert (told["settings"]["seed"], told["settings"]["check_seed"]) == (0, 2**63)
    assert told["evaluated"] == 16
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "How sure is that?" in page.partition("<nav")[0]
    assert "sustain run mine/scenarios/frontier-1.toml" in page
    assert "//" not in re.sub(r"data:[^\"]*", "", page)  # nothing is fetched from elsewhere
    assert f"Report: {folder / 'report.html'}" in done.stdout
    assert f"writing to .mine.unfinished beside {folder}" in done.stderr


@pytest.mark.portable
@pytest.mark.engine
def test_the_tables_say_what_the_summary_says(written: tuple[Path, Result]) -> None:
    folder, _ = written
    rows = pd.read_csv(folder / "tables" / "schedules.csv")
    told = json.loads((folder / "search.json").read_text(encoding="utf-8"))
    assert len(rows) == told["evaluated_anew"]
    assert (rows["support"].diff().dropna() >= 0).all()
    assert rows["schedule"].is_unique
    frontier = rows[rows["frontier"] > 0].sort_values("frontier")
    assert frontier["schedule"].tolist() == [one["schedule"] for one in told["frontier"]]
    assert frontier["kept_going_84"].tolist() == pytest.approx([one["kept_going_84"] for one in told["frontier"]])
    for name in ("given_up_84", "high_every_look_84", "operating_84", "silent_84", "sustained_84"):  # beside what leads
        assert frontier[name].tolist() == pytest.approx([one[name] for one in told["frontier"]])
    kinds = ["leader", "supervision", "monitoring", "covered", "training", "champion"]
    assert rows[[f"hours_{one}" for one in kinds]].sum(axis=1).tolist() == pytest.approx(rows["support"].tolist(), abs=1e-4)
    assert (rows["support"] + rows["hours_delivering"]).tolist() == pytest.approx(rows["all_hours"].tolist(), abs=1e-4)
    assert (rows["answer"] == "yes").sum() == 1
    nothing = rows[rows["source"] == "nothing"].iloc[0]
    assert nothing["schedule"] == "nothing"
    assert (nothing["support"], nothing["dose_champion"]) == (0.0, "off")
    assert nothing[["start_champion", "end_champion"]].isna().all()
    champion = rows[rows["schedule"] == "champion:full:12-84"].iloc[0]
    assert (champion["dose_champion"], champion["start_champion"], champion["end_champion"]) == ("full", 12, 84)
    assert len(pd.read_csv(folder / "tables" / "timing.csv")) == 12


@pytest.mark.engine
def test_the_frontier_can_be_run_by_anybody(written: tuple[Path, Result]) -> None:
    folder, _ = written
    told = json.loads((folder / "search.json").read_text(encoding="utf-8"))
    files = sorted((folder / "scenarios").iterdir())
    assert {path.stem for path in files} == {"answer", *(one["name"] for one in told["frontier"])}
    assert [problem for path in files for problem in check_file(path)] == []
    last = told["frontier"][-1]
    plan = resolve(read_scenario(folder / "scenarios" / f"{last['name']}.toml"))
    own = Evaluator(prepare("all-passive", months=84)).world_of(from_key(last["schedule"]), Set("x", 0, 1, 1, 1))
    assert plan.calendars.tobytes() == own.plan.calendars.tobytes()
    done = sustain(
        "run", folder / "scenarios" / f"{last['name']}.toml", "-n", "2", "--out", folder.parent.parent / "run", "--no-figures"
    )
    assert done.exit_code == 0, done.output


@pytest.mark.engine
def test_its_page_is_drawn_anew(written: tuple[Path, Result], tmp_path: Path) -> None:
    drawn_again(Path(shutil.copytree(written[0], tmp_path / "mine")), table="tables/schedules.csv")


@pytest.mark.portable
@pytest.mark.engine
def test_a_page_that_fails_costs_no_table(written: tuple[Path, Result], tmp_path: Path) -> None:
    mine = Path(shutil.copytree(written[0], tmp_path / "mine"))
    a_page_fails(("search", *SMALL, "--out", mine), mine, "experiments.policies.report.write_report")


@pytest.mark.engine
def test_again_it_does_nothing_and_json_tells_the_same(written: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, done = written
    monkeypatch.setattr(running, "find", lambda *_: pytest.fail("computed again"))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    again = sustain("search", *SMALL, "--out", folder)
    assert (again.exit_code, again.stdout) == (0, done.stdout)
    told = json.loads(sustain("search", *SMALL, "--out", folder, "--json").stdout)
    assert told["folder"] == str(folder)
    assert told["reading"] in done.stdout
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert "has worlds = 2, not 3" in refused("search", *SMALL, "--worlds", "3", "--out", folder)


@pytest.mark.engine
def test_it_goes_on_where_it_was_interrupted(
    written: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("search", *SMALL, "--threads", "1", "--out", tmp_path / "mine")
    evaluate, runs = Evaluator.__call__, []

    def counted(self: Evaluator, schedule: Any, where: Any) -> Any:
        runs.append(schedule.key)
        if len(runs) in {9, 40}:  # in the search, and when evaluating anew
            raise KeyboardInterrupt
        return evaluate(self, schedule, where)

    monkeypatch.setattr(Evaluator, "__call__", counted)
    for _ in range(2):
        stopped = sustain(*words)
        assert stopped.exit_code == 130
        assert "interrupted: what is finished is kept; the same command goes on" in stopped.stderr
        assert [path.name for path in tmp_path.iterdir()] == [".mine.unfinished"]
    assert sustain(*words).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert hashes(tmp_path / "mine") == hashes(written[0])
    lines = (written[0] / "evaluated.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(runs) == len(lines) + 2

    runs[:] = ["-"] * 1000  # another question, and more evaluations, of the folder that is there
    other = sustain(*words, "--share", "0.2", "--evaluations", "17", "--json")
    assert other.exit_code == 0, other.output
    assert json.loads(other.stdout)["settings"]["share"] == 0.2
    assert len(runs) - 1000 < len(lines) / 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.engine
@pytest.mark.filterwarnings(DEPRECATED)
def test_the_folder_is_a_valid_crate(written: tuple[Path, Result], tmp_path: Path) -> None:
    assert issues_of(written[0], tmp_path) == []


# ---------------------------------------------------------------------------------------------------------------------- input


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"clarity": "autonomy"},
            [f"ingredient 'autonomy:{dose}' says the same as ingredient 'clarity:{dose}'" for dose in ("half", "full")],
        ),
        ({"clarity": None}, [f"ingredient 'clarity:{dose}' says the same as ingredient 'nothing'" for dose in ("half", "full")]),
        ({"clarity": "clarity"}, []),  # the control
    ],
)
def test_ingredients_that_say_the_same_are_refused_with_both_names(
    changed: dict[str, str | None], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    of = {one.name: one for one in schedules.INGREDIENTS}
    doses = {name: (of[other].half, of[other].full) if other else ({}, {}) for name, other in changed.items()}
    made = [replace(one, half=doses[one.name][0], full=doses[one.name][1]) if one.name in doses else one for one in of.values()]
    monkeypatch.setattr(schedules, "INGREDIENTS", tuple(made))
    if said:
        found = refused("search", *SMALL)
        assert all(one in found for one in said)
    else:
        assert settings.same_ingredients(read_scenario("all-passive", months=84)) == []


def test_bad_input_is_refused_all_at_once(tmp_path: Path) -> None:
    said = refused(
        "search", "--base", "all-activ", "--worlds", "one", "--evaluations", "0", "--share", "seven", "--worlds-share", "1",
        "--threads", "0", "--outcome", "sustained", "--ensemble-file", tmp_path / "none.csv", "--out", tmp_path / "mine",
    )  # fmt: skip
    for words in (
        "'all-activ'", "--worlds: 'one' cannot be", "--evaluations: '0'", "--share: 'seven'", "--worlds-share: '1.0'",
        "--threads", "none.csv", "--outcome: 'sustained' is nothing that a search can keep", "did you mean 'share_sustained'?",
    ):  # fmt: skip
        assert words in said
    assert "8 problems" in said
    assert not list(tmp_path.iterdir())


def test_without_pymoo_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymoo", None)
    said = refused("search", "--quick", "--worlds", "0", "--out", tmp_path / "mine")
    assert "hint: pip install 'practice-sustainment[analysis]'" in said
    assert "2 problems" in said
    assert not list(tmp_path.iterdir())


def test_help_has_examples() -> None:
    found = sustain("search", "--help")
    assert re.search(r"Examples:\n +sustain search +on all-passive, in minutes", found.stdout)
