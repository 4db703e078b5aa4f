"""The report's section on why a service gave up: made where one did, and saying what a replay says."""

import json
import shutil
from pathlib import Path

import pytest

import sim
from sim.remake import draw, stored_scenario
from sim.report.explained import explanation_of, service_to_explain, told
from sim.store.reader import read_manifest, read_table
from sim.why import explain
from tests.drawing import not_drawn

pytestmark = pytest.mark.engine

SMALL = {"replicates": 12, "seed": 3, "threads": 1, "figures": False}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("explained") / "run"
    sim.run("nine-services", out=found, **SMALL)  # type: ignore[arg-type]
    return found


def frames_of(folder: Path) -> dict:
    return {name: read_table(folder, name) for name in ("summary_states", "services_start")}


def test_it_is_the_service_that_gave_up_most_often(folder: Path) -> None:
    frames = frames_of(folder)
    name = service_to_explain(frames)
    states = frames["summary_states"]
    last = states[(states["month"] == 84) & (states["group"] == "service")]
    assert float(last.loc[last["unit"] == name, "share_given_up"].iloc[0]) == last["share_given_up"].max() > 0
    states.loc[:, "share_given_up"] = 0.0  # the control
    assert service_to_explain(frames) == ""


def test_the_page_says_what_the_replay_says(folder: Path) -> None:
    manifest, frames = read_manifest(folder), frames_of(folder)
    found = explanation_of(stored_scenario(folder), manifest, frames)
    assert found is not None
    again = explain(sim.prepare("nine-services", seed=3), found.service, replicates=12, with_fate=False)
    assert again.replicate == found.replicate
    assert again.help.smallest == found.help.smallest
    section = told(found, "mine")
    assert section.title == f"Why did {found.service} give up?"
    assert section.command == f"sustain why mine --service {found.service} --replicate {found.replicate} --fate"
    assert len(section.table.rows) == min(4, len(found.help.smallest)) + min(4, len(found.remove.smallest))
    with not_drawn():
        assert draw(folder).failed == []
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert 'id="explained"' in text
    assert section.title in text
    assert section.story[0].split("  ", 2)[-1][:20] in text


def test_nobody_waits_for_a_compiler_after_a_mesa_run(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert explanation_of(stored_scenario(folder), manifest | {"engine": "mesa"}, frames_of(folder)) is None


def test_who_reads_the_register_is_not_explained(tmp_path: Path) -> None:
    sim.run("nine-services", out=tmp_path / "run", settings={"services.all.pooling": "region"}, **SMALL)  # type: ignore[arg-type]
    with not_drawn():
        draw(tmp_path / "run")
    assert 'id="explained"' not in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))["replicates"] == 12


def test_an_explanation_that_fails_costs_the_page_its_section_only(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path(shutil.copytree(folder, tmp_path / "run", ignore=shutil.ignore_patterns("report.html", "figures")))

    def fails(*_: object) -> None:
        raise RuntimeError("no such life")

    with monkeypatch.context() as patch, not_drawn():
        patch.setattr("sim.report.explained.explanation_of", fails)
        failed = draw(own).failed
    assert [(one.name, "no such life" in str(one)) for one in failed] == [("why", True)]
    assert 'id="explained"' not in (own / "report.html").read_text(encoding="utf-8")  # the control is the page of `folder`
