"""The results folder: it appears whole, is gone on with, keeps its tables whatever a page does, and is never somebody else's."""

import json
import os
import re
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from experiments.kit.files import stored_summary, write_json
from experiments.kit.folder import SETTINGS, StudyFolder
from sim.figures import NotMade, Pictures
from sim.problems import BadInput
from sim.scenario import read_scenario
from sim.store import holding
from sim.store.reader import check_folder

pytestmark = [pytest.mark.usefixtures("unsynced"), pytest.mark.portable]

FORM = {"base": 8, "code": "a", "medoid": {"chance_leaves": 0.1}}
KIND = "sensitivity"
SUMMARY = "summary.json"


def folder(out: Path, form: dict[str, Any], **options: Any) -> StudyFolder:
    return StudyFolder(out, form, kind=KIND, **options)


def refused(out: Path, form: dict[str, Any], **options: Any) -> list[str]:
    with pytest.raises(BadInput) as found:
        folder(out, form, **options)
    assert all(one.allowed and one.hint for one in found.value.problems)
    return [one.what for one in found.value.problems]


def ended(place: StudyFolder, word: str, *, page: Any = None) -> None:
    """Write results: a table, then a page, then the manifest."""
    write_json(place.working / SUMMARY, {"word": word})
    (place.working / f"{word}.csv").write_text("a,b\n", encoding="utf-8")
    place.lap("runs")
    manifest = place.manifest(title=word, scenarios=[read_scenario("all-passive")], seed=1, replicates=2)
    place.pages.make("report.html", page or (lambda: (place.working / "report.html").write_text(word, encoding="utf-8")))
    place.finish(manifest, made=[SUMMARY, f"{word}.csv", "report.html"])


def finished(out: Path, form: dict[str, Any], word: str = "word", *, page: Any = None, **options: Any) -> StudyFolder:
    with folder(out, form, **options) as place, place.alone() as left:
        assert left
        ended(place, word, page=page)
    return place


def broken() -> None:
    raise MemoryError("no room\nat all")


BOTH = pytest.mark.parametrize("store", [False, True], ids=["another name", "store"])


@BOTH
def test_a_folder_is_finished_by_its_manifest(tmp_path: Path, store: bool) -> None:
    out = tmp_path / "deep" / "mine"
    with folder(out, FORM, store=store) as place:
        assert not place.complete
        assert out.exists() == store
        assert place.working.name == ("mine" if store else ".mine.unfinished")
    with folder(out, FORM, store=store) as again:  # the same command goes on
        assert (again.working, again.complete) == (place.working, False)
    assert finished(out, FORM, "first", store=store).complete
    assert [path.name for path in out.parent.iterdir()] == ["mine"]
    with folder(out, FORM, store=store) as again:
        assert again.complete
    assert stored_summary(out, SUMMARY) == {"word": "first"}
    assert check_folder(out) == []
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["kind"], manifest["settings"]) == (KIND, {"kind": KIND} | FORM)
    assert set(manifest["files"]) >= {SUMMARY, "first.csv", "report.html", "ro-crate-metadata.json"}
    assert manifest["ended"] >= manifest["started"]


@BOTH
def test_another_analysis_is_refused_and_says_in_what_it_differs(tmp_path: Path, store: bool) -> None:
    out = tmp_path / "mine"
    folder(out, FORM, store=store)
    assert refused(out, FORM | {"base": 16}, store=store) == ["has base = 8, not 16"]
    assert refused(out, FORM | {"code": "b"}, store=store) == ["is of another version of the software"]
    finished(out, FORM, store=store)
    assert refused(out, FORM | {"base": 16, "medoid": {}}, store=store) == [
        "has base = 8, not 16",
        'has medoid = {"chance_leaves": 0.1}, not {}',
    ]


def test_restart_replaces_what_is_there_only_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    finished(out, FORM, "first")
    place = folder(out, FORM | {"base": 16}, restart=True)
    assert not place.complete
    assert stored_summary(out, SUMMARY) == {"word": "first"}
    (place.working / "left").write_text("by a killed process", encoding="utf-8")
    finished(out, FORM | {"base": 16}, "second", restart=True)
    assert stored_summary(out, SUMMARY) == {"word": "second"}
    assert not (out / "left").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_restart_empties_a_store_and_takes_its_results_away_but_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    finished(out, FORM, "first", store=True)
    (out / "notes.txt").write_text("somebody's", encoding="utf-8")
    with folder(out, FORM | {"base": 16}, store=True, restart=True) as place:
        assert not place.complete
        assert {path.name for path in out.iterdir() if path.name != ".partial"} == {"store.json", "notes.txt"}
        assert place.store.identity["base"] == 16


def test_an_end_leaves_nothing_of_the_one_before(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    finished(out, FORM, "first", store=True, asked={"share": 1})
    (out / "notes.txt").write_text("somebody's", encoding="utf-8")
    finished(out, FORM, "second", store=True, asked={"share": 2})
    assert {path.name for path in out.iterdir()} == {
        "second.csv", "notes.txt", SUMMARY, "report.html", "store.json", "manifest.json", "ro-crate-metadata.json",
    }  # fmt: skip
    assert check_folder(out) == []


def test_another_question_takes_over_the_runs_and_leaves_the_old_answer_until_the_new_one_is_there(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    options: dict[str, Any] = {"keeps": ("runs", "lines.txt")}
    place = folder(out, FORM, asked={"share": 1}, **options)
    (place.working / "runs").mkdir()
    (place.working / "runs" / "one").write_text("run", encoding="utf-8")
    (place.working / "lines.txt").write_text("line", encoding="utf-8")
    finished(out, FORM, "first", asked={"share": 1}, **options)
    assert folder(out, FORM, asked={"share": 1}, **options).complete
    other = folder(out, FORM, asked={"share": 2}, **options)
    assert not other.complete
    assert stored_summary(out, SUMMARY) == {"word": "first"}
    assert {path.name for path in other.working.iterdir()} == {SETTINGS, "runs", "lines.txt"}
    (other.working / "lines.txt").write_text("line\nmore", encoding="utf-8")
    again = folder(out, FORM, asked={"share": 2}, **options)  # what was done since is not lost
    assert (again.working / "lines.txt").read_text(encoding="utf-8") == "line\nmore"
    finished(out, FORM, "second", asked={"share": 2}, **options)
    assert stored_summary(out, SUMMARY) == {"word": "second"}
    assert (out / "runs" / "one").exists()
    assert not (out / "first.csv").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@BOTH
def test_a_page_that_cannot_be_made_is_named_and_costs_no_table(
    tmp_path: Path, store: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine"
    place = finished(out, FORM, "first", store=store, page=broken)
    assert place.pages.status == 1
    said = capsys.readouterr().err
    failed = "report.html could not be made (MemoryError: no room)"
    assert said == f"{failed}; the tables are there, and the same command tries again\n"
    assert (out / "first.csv").exists()
    assert check_folder(out) == []
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["not_made"] == [failed]
    with folder(out, FORM, store=store) as again:
        assert not again.complete
    place = finished(out, FORM, "first", store=store)
    assert place.pages.status == 0
    assert (out / "report.html").exists()
    with folder(out, FORM, store=store) as again:
        assert again.complete


def test_figures_that_could_not_be_drawn_are_named(tmp_path: Path) -> None:
    pictures = Pictures()
    pictures.failed.append(NotMade("months", "ValueError: a formula"))
    place = finished(tmp_path / "mine", FORM, page=lambda: pictures)
    assert [one.name for one in place.pages.not_made] == ["months"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_signal_is_no_page_that_fails(tmp_path: Path, stop: type[BaseException]) -> None:
    def stopped() -> None:
        raise stop

    with pytest.raises(stop):
        finished(tmp_path / "mine", FORM, page=stopped)


def test_what_belongs_to_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "manifest.json").write_text('{"kind": "sweep"}', encoding="utf-8")
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "store.json").write_text('{"store_version": 1, "identity": {}, "about": {}}', encoding="utf-8")
    for store in (False, True):
        assert refused(tmp_path / "file", FORM, store=store) == ["there is a file of this name"]
        for restart in (False, True):
            for name in ("folder", "sweep"):
                assert refused(tmp_path / name, FORM, restart=restart, store=store) == ["the folder is in use already"]
    (tmp_path / "empty").mkdir()
    assert finished(tmp_path / "empty", FORM).complete


@BOTH
def test_a_place_that_cannot_be_is_said(tmp_path: Path, store: bool) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert refused(tmp_path / "a\0b", FORM, store=store) == ["a name cannot hold a NUL"]
    (said,) = refused(tmp_path / "file" / "mine", FORM, store=store)
    assert "cannot be written" in said


def test_a_place_that_is_taken_meanwhile_loses_nothing(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    place = folder(out, FORM)
    out.mkdir()
    (out / "other").write_text("somebody else's", encoding="utf-8")
    with pytest.raises(BadInput, match="taken or locked"):
        ended(place, "word")
    assert (place.working / SETTINGS).exists()


@BOTH
def test_whoever_comes_second_has_nothing_to_do(tmp_path: Path, store: bool) -> None:
    with folder(tmp_path / "mine", FORM, store=store) as one, folder(tmp_path / "mine", FORM, store=store) as other:
        with one.alone() as left:
            assert left
            ended(one, "word")
        with other.alone() as left:
            assert not left
    assert check_folder(tmp_path / "mine") == []


@BOTH
def test_waiting_has_a_word_and_an_end(
    tmp_path: Path, store: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(holding, "UNSAID", 0.1)
    mine = rf"process {os.getpid()} on {re.escape(socket.gethostname())} \(since [0-9:]+ .* on [0-9-]+\)"
    with folder(tmp_path / "mine", FORM, store=store) as one, folder(tmp_path / "mine", FORM, store=store) as other:
        with one.alone():
            for patience in (0.0, 0.3):
                with pytest.raises(BadInput, match=f"{mine} is at work on the same"), other.alone(patience):
                    pytest.fail("two at once")
            place = re.escape(str(tmp_path / "mine"))
            assert re.fullmatch(
                rf"{mine} is writing {place}: waiting for it, until [0-9:]+ .* at the latest\n", capsys.readouterr().err
            )
        held, free = threading.Event(), threading.Event()

        def hold() -> None:
            with one.alone():
                held.set()
                free.wait(300)

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait(300)
        threading.Timer(0.3, free.set).start()
        with other.alone() as left:
            assert left
        thread.join()


@BOTH
def test_two_at_once_are_refused_and_what_is_finished_stays_until_it_is_written_anew(tmp_path: Path, store: bool) -> None:
    out = tmp_path / "mine"
    with folder(out, FORM, store=store) as one, folder(out, FORM, store=store) as other, one.held():
        with pytest.raises(BadInput, match="is at work on the same"), other.held():
            pytest.fail("two at once")
        assert any("is at work on the same" in what for what in refused(out, FORM, store=store, restart=True))
        with one.alone() as left:  # waits for nobody: it is held already
            assert left
            ended(one, "word")
    with folder(out, FORM, store=True) if store else folder(out, FORM) as again:
        if store:
            with pytest.raises(KeyboardInterrupt), again.held():
                raise KeyboardInterrupt
        assert check_folder(out) == []  # begun again and interrupted: nothing of it is gone
        with again.held() if store else folder(tmp_path / "other", FORM).held():  # the control: let go of
            pass
    with folder(out, FORM, store=store, restart=True) as anew:
        assert not anew.complete


@BOTH
def test_damaged_files_are_said(tmp_path: Path, store: bool) -> None:
    place = folder(tmp_path / "mine", FORM, store=store)
    (place.working / ("store.json" if store else SETTINGS)).write_text("{", encoding="utf-8")
    assert refused(tmp_path / "mine", FORM, store=store) == ["cannot be read"]
    with pytest.raises(BadInput, match="cannot be read"):
        stored_summary(tmp_path, SUMMARY)
