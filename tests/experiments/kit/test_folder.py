"""The results folder: it appears whole, is gone on with, and is never somebody else's."""

import json
from pathlib import Path
from typing import Any

import pytest

from experiments.kit.folder import SETTINGS, SUMMARY, AnalysisFolder, stored_summary
from sim.problems import BadInput

FORM = {"base": 8, "code": "a", "medoid": {"chance_leaves": 0.1}}


def refused(out: Path, form: dict[str, Any], **options: Any) -> list[str]:
    with pytest.raises(BadInput) as found:
        AnalysisFolder(out, form, **options)
    assert all(one.allowed and one.hint for one in found.value.problems)
    return [one.what for one in found.value.problems]


def finished(out: Path, form: dict[str, Any], word: str = "", **options: Any) -> AnalysisFolder:
    place = AnalysisFolder(out, form, **options)
    (place.working / SUMMARY).write_text(json.dumps({"word": word}), encoding="utf-8")
    (place.working / "manifest.json").write_text('{"kind": "sensitivity"}', encoding="utf-8")
    with place.alone() as to_be_done:
        assert to_be_done
        place.finish()
    return place


def test_a_folder_gets_its_name_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "mine"
    place = AnalysisFolder(out, FORM)
    assert not place.complete
    assert not out.exists()
    assert place.working.name == ".mine.unfinished"
    assert AnalysisFolder(out, FORM).working == place.working  # the same command goes on
    assert finished(out, FORM, "first").complete
    assert [path.name for path in out.parent.iterdir()] == ["mine"]
    assert AnalysisFolder(out, FORM).complete
    assert stored_summary(out) == {"word": "first"}


def test_another_analysis_is_refused_and_says_in_what_it_differs(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    AnalysisFolder(out, FORM)
    assert refused(out, FORM | {"base": 16}) == ["has base = 8, not 16"]
    assert refused(out, FORM | {"code": "b"}) == ["is of another version of the software"]
    finished(out, FORM)
    assert refused(out, FORM | {"base": 16, "medoid": {}}) == [
        "has base = 8, not 16",
        'has medoid = {"chance_leaves": 0.1}, not {}',
    ]


def test_restart_replaces_what_is_there_only_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    finished(out, FORM, "first")
    place = AnalysisFolder(out, FORM | {"base": 16}, restart=True)
    assert not place.complete
    assert stored_summary(out) == {"word": "first"}
    (place.working / "left").write_text("by a killed process", encoding="utf-8")
    finished(out, FORM | {"base": 16}, "second", restart=True)
    assert stored_summary(out) == {"word": "second"}
    assert not (out / "left").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_what_belongs_to_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert refused(tmp_path / "file", FORM) == ["there is a file of this name"]
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "manifest.json").write_text('{"kind": "sweep"}', encoding="utf-8")
    for restart in (False, True):
        assert refused(tmp_path / "folder", FORM, restart=restart) == ["the folder is in use already"]
    (tmp_path / "empty").mkdir()
    assert finished(tmp_path / "empty", FORM).complete


def test_a_place_that_is_taken_meanwhile_loses_nothing(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    place = AnalysisFolder(out, FORM)
    out.mkdir()
    (out / "other").write_text("somebody else's", encoding="utf-8")
    with pytest.raises(BadInput, match="taken or locked"):
        place.finish()
    assert (place.working / SETTINGS).exists()


def test_whoever_comes_second_has_nothing_to_do(tmp_path: Path) -> None:
    one = AnalysisFolder(tmp_path / "mine", FORM)
    other = AnalysisFolder(tmp_path / "mine", FORM)
    with one.alone() as to_be_done:
        assert to_be_done
        one.finish()
    with other.alone() as to_be_done:
        assert not to_be_done


def test_damaged_files_are_said(tmp_path: Path) -> None:
    place = AnalysisFolder(tmp_path / "mine", FORM)
    (place.working / SETTINGS).write_text("{", encoding="utf-8")
    assert refused(tmp_path / "mine", FORM) == ["cannot be read"]
    with pytest.raises(BadInput, match="cannot be read"):
        stored_summary(tmp_path)
