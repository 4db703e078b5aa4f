"""The document on policies says what the reference search found, and nothing where that is of another model."""

import csv
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments import policies
from experiments.documents import BAD_INPUT, main
from experiments.keeping import kept as references
from experiments.keeping.kept import MOST_BYTES, MOST_PICTURE, NOT_YET
from experiments.kit.folder import StudyFolder
from experiments.kit.options import versions_of
from experiments.policies.asked import Asked
from experiments.policies.documents import DOCUMENT, results, steps
from experiments.policies.evaluating import Outcome, Set
from experiments.policies.finding import Findings, find
from experiments.policies.reference import PICTURE, REFERENCE
from experiments.policies.running import KIND, LIBRARIES, write_results
from experiments.policies.schedules import Schedule
from experiments.policies.settings import settings_of
from sim.scenario import check_file, read_scenario
from tests.drawing import not_drawn
from tests.experiments.policies.made_up import known

pytestmark = pytest.mark.usefixtures("unsynced")

RECORD = "search.json"


def evaluate(schedules: Sequence[Schedule], where: Set, _: str) -> list[Outcome]:
    return [known(one, where) for one in schedules]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Findings]:
    """A finished folder of schedules whose worth is known, a repository with it as the reference, and what was found."""
    settings = settings_of(Asked(worlds=2, check_worlds=2, check_replicates=2, evaluations=200, seed=3))
    findings = find(evaluate, settings)
    folder = tmp_path_factory.mktemp("finished")
    form = settings.machine_form() | {"code": policies.ROOM.identity(), "libraries": versions_of(LIBRARIES)}
    with not_drawn(), StudyFolder(folder, form, kind=KIND) as place:
        write_results(place, findings, settings, form)
    root = repository(tmp_path_factory.mktemp("root"))
    assert keep(folder, root) == 0
    return folder, root, findings


def repository(root: Path) -> Path:
    """The document alone, without the text of its blocks."""
    (root / "docs").mkdir(parents=True)
    blocks = "".join(f"<!-- generated: {name} -->\n\nold\n\n<!-- end -->\n\n" for name in ("discovery", "search"))
    (root / DOCUMENT).write_text(f"# P\n\n{blocks}", encoding="utf-8")
    return root


def keep(folder: Path, root: Path, *words: str) -> int:
    return main(["keep", "policies", str(folder), *words], root=root, documents=[DOCUMENT])


def copied(made: tuple[Path, Path, Findings], to: Path) -> Path:
    return Path(shutil.copytree(made[1], to / "copy"))


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def test_the_document_is_up_to_date_and_a_stale_one_is_caught(made: tuple[Path, Path, Findings], tmp_path: Path) -> None:
    assert main(["--check"], root=made[1], documents=[DOCUMENT]) == 0
    root = copied(made, tmp_path)
    text = (root / DOCUMENT).read_text(encoding="utf-8")
    (root / DOCUMENT).write_text(text.replace("schedules tried", "schedules  tried"), encoding="utf-8")
    assert main(["--check"], root=root, documents=[DOCUMENT]) == 1
    assert main([], root=root, documents=[DOCUMENT]) == 0
    assert (root / DOCUMENT).read_text(encoding="utf-8") == text
    changed(root / REFERENCE / RECORD, lambda record: record.update(evaluated=1))
    assert main(["--check"], root=root, documents=[DOCUMENT]) == 1


def test_the_frontier_is_told_with_its_errors(made: tuple[Path, Path, Findings]) -> None:
    folder, root, findings = made
    text = results(root)
    part = text.split("The frontier, from cheap to dear")[1].split("Nothing added, and each")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")][1:]
    kept = steps([row for row in read_rows(root) if row["frontier"] != "0" or row["answer"] == "yes"])
    assert len(lines) == len(kept) > 1
    shown = {row["schedule"] for row in kept}
    assert findings.answer.outcome.schedule.key in shown
    rows = pd.read_csv(folder / "tables" / "schedules.csv")
    for one in findings.frontier:
        found = [line for line in lines if f"| {one.outcome.schedule.words()} |" in line]
        assert len(found) == (one.outcome.schedule.key in shown)
        for line in found:
            assert f"| {one.price:,.1f} ± {one.price_error:,.1f} |" in line
            assert f"{100 * one.outcome.kept(84):.1f}\N{NO-BREAK SPACE}%\N{NO-BREAK SPACE}±" in line
        assert (rows["schedule"] == one.outcome.schedule.key).sum() == 1
    assert sum("the answer**" in line for line in lines) == 1
    other = text.split("What else becomes of services")[1]
    assert "| schedule | services given up | services of high fidelity at every look | services operating |" in other
    assert other.index("services silent") < other.index("services sustained (old stock)")
    assert sum(line.count("4.0\N{NO-BREAK SPACE}%\N{NO-BREAK SPACE}± 0.0") > 0 for line in other.splitlines()) in (0, len(lines))
    told = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    assert told["reading"] in text
    assert all(one in text for one in told["how_sure"])


def test_the_table_shows_steps_of_the_frontier_and_the_answer() -> None:
    shares = {"a": 0.1, "b": 0.12, "c": 0.13, "d": 0.2, "e": 0.15, "f": 0.22, "g": 0.24}
    rows = [
        {"schedule": name, "kept_going_84": str(one), "answer": "yes" if name == "f" else "no"} for name, one in shares.items()
    ]
    assert [row["schedule"] for row in steps(rows)] == ["a", "c", "d", "f"]
    assert [row["schedule"] for row in steps([row | {"answer": "no"} for row in rows])] == ["a", "c", "d", "g"]  # the control


def read_rows(root: Path) -> list[dict[str, str]]:
    with (root / REFERENCE / "frontier.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_the_answer_is_a_scenario_that_can_be_read(made: tuple[Path, Path, Findings]) -> None:
    _, root, findings = made
    path = root / REFERENCE / "answer.toml"
    assert check_file(path) == []
    own = {(one.lever, one.dose) for one in findings.answer.outcome.schedule.policies()}
    assert own
    assert own <= {(one.lever, one.dose) for one in read_scenario(path).policies}
    assert f"sustain run {REFERENCE}/answer.toml" in results(root)


def test_the_reference_is_small_and_says_where_it_comes_from(made: tuple[Path, Path, Findings]) -> None:
    folder, root, _ = made
    files = {path.name: path for path in (root / REFERENCE).iterdir()}
    assert set(files) == {RECORD, "frontier.csv", "timing.csv", "answer.toml"}
    assert all(path.stat().st_size <= MOST_BYTES for path in files.values())
    assert 0 < (root / PICTURE).stat().st_size <= MOST_PICTURE
    assert f"]({Path(PICTURE).relative_to('docs').as_posix()})" in results(root)
    record = json.loads(files[RECORD].read_text(encoding="utf-8"))
    assert {"seed", "commit", "code", "rules", "ended"} <= set(record)
    assert f"ensemble `{references.shipped_ensemble()[:12]}`" in results(root)
    assert not any(str(place) in path.read_text(encoding="utf-8") for place in (folder, root) for path in files.values())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda record: record["settings"].update(ensemble_hash="0"), "the ensemble changed"),
        (lambda record: record["settings"].update(base_hash="0"), "the base scenario changed"),
        (lambda record: record["settings"].pop("outcome"), "what counts as kept changed"),
        (lambda record: record["settings"].update(starts=[12]), "the ingredients or their times changed"),
        (lambda record: record.update(rules="0"), "the rules changed"),
    ],
)
def test_figures_of_another_model_are_not_shown(
    made: tuple[Path, Path, Findings], tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    root = copied(made, tmp_path)
    assert not results(root).startswith(NOT_YET)
    changed(root / REFERENCE / RECORD, change)
    text = results(root)
    assert text.startswith(NOT_YET)
    assert said in text
    assert "±" not in text
    assert "images/" not in text


def test_a_smaller_run_is_called_a_trial(made: tuple[Path, Path, Findings], tmp_path: Path) -> None:
    assert f"**A trial, not the full run** (worlds 2 instead of {Asked.usual()['worlds']}" in results(made[1])
    root = copied(made, tmp_path)
    full = {name: value for name, value in Asked.usual().items() if name != "base"}
    changed(root / REFERENCE / RECORD, lambda record: record["settings"].update(full))
    assert "trial" not in results(root)


def test_without_a_reference_it_says_so(tmp_path: Path) -> None:
    assert results(repository(tmp_path)) == NOT_YET


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ensemble_hash": "0", "ensemble": "mine"}, "another ensemble (mine)"),
        ({"code": "0"}, "another version of the software"),
        ({"base": "nine-services"}, "about nine-services, not all-passive"),
        ({"share": 0.5}, "asks for other shares (0.5 in 0.8 of worlds)"),
        ({"outcome": "share_sustained"}, "counts share_sustained, not share_kept_going"),
        ({"base_hash": "0"}, "not the present state of the base scenario"),
    ],
)
def test_a_folder_of_something_else_is_refused(
    made: tuple[Path, Path, Findings],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    settings: dict[str, Any],
    said: str,
) -> None:
    folder, root = Path(shutil.copytree(made[0], tmp_path / "finished")), copied(made, tmp_path)
    changed(folder / RECORD, lambda record: record["settings"].update(settings))
    before = {path.name: path.read_bytes() for path in (root / REFERENCE).iterdir()}
    assert keep(folder, root) == BAD_INPUT
    assert said in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (root / REFERENCE).iterdir()} == before


def test_former_code_is_taken_on_demand_and_said(made: tuple[Path, Path, Findings], tmp_path: Path) -> None:
    folder, root = Path(shutil.copytree(made[0], tmp_path / "finished")), copied(made, tmp_path)
    changed(folder / RECORD, lambda record: record["settings"].update(code="0" * 64))
    assert keep(folder, root, "--former-code") == 0
    assert "earlier version of the code" in results(root)
    assert "earlier version of the code" not in results(made[1])


def test_what_is_no_finished_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert keep(tmp_path, repository(tmp_path)) == BAD_INPUT
    assert "cannot be read" in capsys.readouterr().err
    (tmp_path / "manifest.json").write_text('{"kind": "sweep"}', encoding="utf-8")
    assert keep(tmp_path, tmp_path) == BAD_INPUT
    assert "of kind sweep" in capsys.readouterr().err
