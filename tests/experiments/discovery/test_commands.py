"""The command `sustain discover`: what it writes and prints, that it goes on where it was, what bad input gets."""

import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import Result

from experiments.discovery import running, sampling
from experiments.discovery.asked import Asked
from experiments.discovery.settings import settings_of
from sim.engine import simulate
from sim.measures import outcome_vector
from sim.parameters.ensemble import WORLDS
from sim.problems import BadInput, Problem
from sim.scenario import resolve
from sim.store.hashing import file_hash
from sim.store.reader import check_folder
from tests.crates import DEPRECATED, issues_of
from tests.experiments.commanding import a_page_fails, by_the_code_in, copied, drawn_again, refused, sustain
from tests.experiments.discovery.planted import planted_in_what_leads

pytestmark = [pytest.mark.usefixtures("unsynced", "undrawn"), pytest.mark.engine, pytest.mark.portable]

SMALL = ("--worlds", "100", "--replicates", "2", "--months", "18", "--shuffles", "1", "--seed", "3")
"""After 18 months some worlds sustain and some do not, so that there is a region to look for."""


def test_libraries_are_loaded_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise BadInput([Problem("sustain discover", "the library is broken", "one that is whole")])

    monkeypatch.setattr(running, "load_workbench", broken)
    assert "the library is broken" in refused("discover", *SMALL, "--out", tmp_path / "mine")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(running, "load_workbench", lambda: None)
    assert "results cannot be written here" in refused("discover", *SMALL, "--out", tmp_path / ("x" * 300))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, drawn_in_lines: None) -> tuple[Path, Result]:
    """Folder of a small discovery, not to be changed, and what was printed."""
    folder = tmp_path_factory.mktemp("discovery") / "mine"
    done = sustain("discover", *SMALL, "--out", folder)
    assert done.exit_code == 0, done.output
    return folder, done


def test_it_writes_a_folder(written: tuple[Path, Result]) -> None:
    folder, done = written
    names = {path.name for path in folder.iterdir()}
    assert names >= {"discovery.json", "worlds.csv", "limits.csv", "boxes.csv", "report.html", "outcomes", "jobs", "store.json"}
    found = json.loads((folder / "discovery.json").read_text(encoding="utf-8"))
    assert found["settings"]["worlds"] == 100
    assert found["replicates"] == 2
    assert list(found["failures"]) == ["level", "effect"]
    assert found["files"] == {name: file_hash(folder / name) for name in ("worlds.csv", "limits.csv", "boxes.csv")}
    rows = pd.read_csv(folder / "worlds.csv")
    assert len(rows) == 100
    assert (rows["half"] == "training").sum() == found["training"]
    assert (rows["fails_level"] == (rows["policy"] < 0.5)).all()
    assert rows["policy"].mean() == pytest.approx(found["outcomes"]["share_kept_going"]["policy"], abs=1e-6)
    assert rows["base_sustained"].mean() == pytest.approx(found["outcomes"]["share_sustained"]["base"], abs=1e-6)
    assert (rows["fails_effect"] == ((rows["policy"] - rows["base"]).round(9) < 0.05)).all()
    page = (folder / "report.html").read_text(encoding="utf-8")
    first_screen = page.partition("<nav")[0]
    assert "How sure is that?" in first_screen
    noise = re.findall(r"\d+ replicates a world: chance in the runs is expected to put \S+ % of the worlds", first_screen)
    assert len(noise) == len(set(noise)) > 0  # each is said once, among the doubts or below them
    for name, one in found["failures"].items():
        assert one["sentence"] in done.stdout
        assert f'id="{name}"' in page
        assert one["failures"] == rows[f"fails_{name}"].sum()
        if one["region"]:
            drawn = {path.name for path in (folder / "figures").iterdir()}
            assert drawn >= {f"{name}-{what}.png" for what in ("boxes", "worlds", "tree")}
    assert any(one["region"] for one in found["failures"].values())
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_numbers_of_a_box_follow_from_the_table(written: tuple[Path, Result]) -> None:
    folder, _ = written
    found = json.loads((folder / "discovery.json").read_text(encoding="utf-8"))["failures"]
    rows = pd.read_csv(folder / "worlds.csv")
    test = rows[rows["half"] == "test"]
    for name, one in found.items():
        if not one["region"]:
            continue
        inside = np.ones(len(test), bool)
        for limit in one["region"]["limits"]:
            values = test[limit["input"]].to_numpy()
            inside &= values >= limit["value"] if limit["side"] == "above" else values <= limit["value"]
        assert one["region"]["test"]["inside"] == inside.sum()
        assert one["region"]["test"]["failures_inside"] == (inside & (test[f"fails_{name}"] == 1)).sum()


def test_commands_on_runs_say_what_it_is(written: tuple[Path, Result], tmp_path: Path) -> None:
    folder, _ = written
    for words in (("replay", folder), ("compare", folder, "all-passive", "--out", tmp_path / "x")):
        assert "this is the folder of a study (discovery)" in refused(*words)


@pytest.mark.once
def test_another_definition_of_failure_is_noticed(written: tuple[Path, Result], tmp_path: Path) -> None:
    folder, before = written
    words = ("discover", *SMALL, "--out", folder)
    rooms = copied(tmp_path)
    alike = by_the_code_in(rooms, *words)
    assert (alike.returncode, alike.stdout, alike.stderr) == (0, before.stdout, "")
    analysing = rooms / "discovery" / "analysing.py"
    text = analysing.read_text(encoding="utf-8")
    assert text.count('Failure("level", 0.5,') == 1
    analysing.write_text(text.replace('Failure("level", 0.5,', 'Failure("level", 0.99,'), encoding="utf-8")
    otherwise = by_the_code_in(rooms, *words)
    assert (otherwise.returncode, otherwise.stdout) == (2, "")
    assert "is of another version of the software" in " ".join(otherwise.stderr.split())
    assert "--restart" in otherwise.stderr


@pytest.mark.filterwarnings(DEPRECATED)
@pytest.mark.once
def test_the_folder_is_a_valid_crate(written: tuple[Path, Result], tmp_path: Path) -> None:
    assert check_folder(written[0]) == []
    assert issues_of(written[0], tmp_path) == []


def test_its_page_is_drawn_anew(written: tuple[Path, Result], tmp_path: Path) -> None:
    drawn_again(Path(shutil.copytree(written[0], tmp_path / "mine")), table="worlds.csv")


@pytest.mark.once
def test_a_page_that_fails_costs_no_table(written: tuple[Path, Result], tmp_path: Path) -> None:
    mine = Path(shutil.copytree(written[0], tmp_path / "mine"))
    a_page_fails(("discover", *SMALL, "--out", mine), mine, "experiments.discovery.report.write_report")


def test_again_it_does_nothing_and_json_tells_the_same(
    written: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder, done = written
    with monkeypatch.context() as patch:
        patch.setattr(running, "analyse", lambda *_, **__: pytest.fail("computed again"))
        again = sustain("discover", *SMALL, "--out", folder)
        assert (again.exit_code, again.stdout) == (0, done.stdout)
        told = json.loads(sustain("discover", *SMALL, "--out", folder, "--json").stdout)
    assert told["folder"] == str(folder)
    assert "seed" in refused("discover", *SMALL[:-1], "4", "--out", folder)


@pytest.mark.once
def test_the_same_seed_gives_the_same_and_stored_runs_are_not_run_again(
    written: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    words = ("discover", *SMALL, "--shuffles", "0", "--out", tmp_path / "mine")  # the control is in none of the tables
    with monkeypatch.context() as patch:
        patch.setattr(running, "analyse", stop)
        stopped = sustain(*words)
    assert stopped.exit_code == 130
    assert "what is finished is kept" in stopped.stderr
    assert not (tmp_path / "mine" / "discovery.json").exists()
    with monkeypatch.context() as patch:
        patch.setattr(sampling, "measure", lambda *_: pytest.fail("run again"))
        assert sustain(*words).exit_code == 0
    for name in ("worlds.csv", "limits.csv", "boxes.csv"):
        assert (tmp_path / "mine" / name).read_bytes() == (written[0] / name).read_bytes()


def test_a_world_is_its_member_under_its_conditions_with_luck_of_its_own() -> None:
    settings = settings_of(Asked(worlds=100, replicates=2, months=18, seed=3))
    task = next(iter(sampling.tasks(settings, range(2))))
    part = sampling.measure(task)
    assert part.files[0].rows == 2 * task.worlds
    world, inputs = 5, settings.values()
    values = {name: float(column[world]) for name, column in inputs.items()}
    scenario = sampling.placed(settings.policy, task.conditions, values)
    record = settings.policy.record()
    for name in settings.parameters:
        record[name] = values[name]
    record["chance_leader_leaves"], record["chance_leaves"] = values["leader_turnover"], values["turnover"]
    assert record[0] == task.records[1][world]
    plan = resolve(scenario)
    plan = type(plan)(**{**vars(plan), "parameters": record})
    own = [
        outcome_vector(plan, simulate(plan, seed=3, replicates=1, first=first), ["share_kept_going"])["share_kept_going"][0]
        for first in (world, world + WORLDS)
    ]
    rows = pq.read_table(io.BytesIO(part.files[0].content)).to_pandas()
    assert rows[rows["world"] == world]["policy"].tolist() == own


def test_replicates_are_added_until_chance_does_little(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[range] = []

    def stand_in(settings: object, replicates: range, *_: object, **__: object) -> np.ndarray:
        asked.append(replicates)
        dice = np.random.default_rng(len(asked))
        true = np.linspace(0.1, 0.9, 100)[None, :, None] * np.array([0.5, 1.0])[:, None, None]
        return planted_in_what_leads(true + dice.normal(0.0, 0.6, (2, 100, len(replicates))))

    monkeypatch.setattr(running, "sample", stand_in)
    found = running.sampled(settings_of(Asked(worlds=100)), None, 1)  # type: ignore[arg-type]
    assert asked[:2] == [range(12), range(12, 24)]
    assert found.shape[3] == asked[-1].stop


def test_bad_input_is_said_all_at_once(tmp_path: Path) -> None:
    said = refused("discover", "all-actve", "--base", "nothing", "--worlds", "50", "--seed", "x", "--out", tmp_path / "mine")
    assert "did you mean 'all-active'?" in said
    assert "unknown scenario 'nothing'" in said
    assert "--worlds: '50' cannot be" in said
    assert "a whole number from 100 to 4,096" in said
    assert "--seed: 'x' cannot be" in said
    assert "4 problems" in said
    assert not (tmp_path / "mine").exists()


def test_scenarios_that_are_no_pair(tmp_path: Path) -> None:
    assert "'all-active' is the policy itself" in refused("discover", "--base", "all-active", "--out", tmp_path / "mine")
    assert "--base: lacks the services" in refused("discover", "national", "--out", tmp_path / "mine")


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    refused("discover", *SMALL, "--out", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
