"""``sustain mine``: what it prints and writes, and when it refuses."""

import json

import numpy as np
import pandas as pd
import pytest

from sim.store.reader import check_folder
from tests.experiments.commanding import drawn_again, hashes, refused, sustain
from tests.experiments.mine.small import SEEN, file_of

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("unsynced", "undrawn")]  # what a fixture makes is drawn thoroughly

FEW = ("--histories", "400", "--futures", "120", "--threads", "2")


@pytest.fixture(scope="module")
def answered(tmp_path_factory, drawn_thoroughly):
    folder = tmp_path_factory.mktemp("answer")
    done = sustain("mine", file_of(folder), *FEW, "--out", folder / "out")
    assert done.exit_code == 0, done.output
    return folder, done.stdout


def test_the_answer_is_told(answered):
    folder, told = answered
    found = json.loads((folder / "out" / "mine.json").read_text(encoding="utf-8"))
    assert f"{found['matched']} of 400 histories of the model did what was seen" in told
    assert "2 of 4 posts deliver in month 18" in told
    assert "follow-up" in told
    assert "What may come (month 18 is now)" in told
    assert "no ground for a decision" in told
    assert found["matched"] >= 30


def test_the_folder_is_sound(answered):
    folder, _ = answered
    assert check_folder(folder / "out", deep=True) == []
    assert set(hashes(folder / "out")) == {"seen", "forecast", "policies", "descriptions", "kept"}
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "What could be done from now on" in page
    assert page.count("<figure") == 4
    first = page.partition("<nav")[0]
    assert "<figure" in first
    assert "How sure is that?" in first
    assert "Intervals are 95 %" in first
    assert "Intervals are 95 %" not in page.partition("<nav")[2]  # once is enough
    assert "decide nothing by these" in page  # it was a quick run


def test_the_tables_say_what_is_told(answered):
    folder, _ = answered
    found = json.loads((folder / "out" / "mine.json").read_text(encoding="utf-8"))
    forecast = pd.read_parquet(folder / "out" / "tables" / "forecast.parquet")
    last = forecast[(forecast["month"] == 48) & (forecast["measure"] == "kept_going")]["share"].item()
    assert last == found["forecast"][-1]["kept_going"]["mean"]
    kept = pd.read_parquet(folder / "out" / "tables" / "kept.parquet")
    assert len(kept) == found["matched"]
    assert (np.diff(kept["replicate"]) > 0).all()


def test_asked_again_it_runs_nothing_and_prints_the_same(answered):
    folder, told = answered
    again = sustain("mine", folder / "ours.toml", *FEW, "--out", folder / "out")
    assert again.stdout == told


def test_another_question_needs_another_folder(answered):
    folder, _ = answered
    assert "has futures = 120, not 140" in refused(
        "mine", folder / "ours.toml", "--histories", "400", "--futures", "140", "--out", folder / "out"
    )


def test_the_page_is_drawn_again(answered, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    path = file_of(tmp_path)
    monkeypatch.setattr("sys.argv", ["sustain"])
    assert sustain("mine", path, *FEW, "--out", folder).exit_code == 0
    drawn_again(folder, table="tables/seen.csv")


def test_json_is_what_the_folder_holds(answered):
    folder, _ = answered
    found = json.loads(sustain("mine", folder / "ours.toml", *FEW, "--out", folder / "out", "--json").stdout)
    assert found.pop("folder") == str(folder / "out")
    assert found == json.loads((folder / "out" / "mine.json").read_text(encoding="utf-8"))


def test_too_few_matches_are_refused_and_the_implausible_one_is_named(tmp_path):
    seen = SEEN + "fidelity = [{ month = 18, score = 5.0, error = 0.01 }]\n"
    done = sustain("mine", file_of(tmp_path, seen), *FEW, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "That is too few for a forecast: 30 are needed." in done.stdout
    assert "The implausible observation: fidelity 5 in month 18" in done.stdout
    assert not (tmp_path / "out").exists()
    assert list(tmp_path.iterdir()) == [tmp_path / "ours.toml"]
    found = json.loads(sustain("mine", file_of(tmp_path, seen), *FEW, "--json").stdout)
    assert found["forecast"] is None
    assert found["implausible"].startswith("fidelity 5")
    assert found["seen"][1]["matched_without"] < 30 < found["seen"][2]["matched_without"]


def test_nothing_seen_is_the_unconditional_forecast(tmp_path):
    done = sustain("mine", file_of(tmp_path, "[seen]\nnow = 18\n"), *FEW, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "Nothing is said to have been seen: all 400 histories count" in done.stdout


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_new_writes_a_file_that_can_be_asked(here):
    from typer.testing import CliRunner

    from experiments.mine.reading import read_mine
    from experiments.runs.beginning import questions
    from tests.experiments.commanding import APP

    assert len(questions(mine=True)) == 12
    answers = "Nord" + "\n" * 13 + "20\n3\n4.1\n12\n0.2\n10\n12\n3\n-\n1\n"
    done = CliRunner().invoke(APP, ["new", "nord", "--mine"], input=answers, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    kinds = [(one.kind, one.month) for one in read_mine(here / "nord.toml").observations]
    assert kinds == [("delivering", 20), ("fidelity", 12), ("leaves", 10), ("arrives", 12), ("in_courses", 20), ("waiting", 20)]
    assert sustain("new", "usual", "--mine", "--usual").exit_code == 0
    assert read_mine(here / "usual.toml").observations == ()
    unmarked = (here / "usual.toml").read_text(encoding="utf-8")
    head, examples = unmarked.split("# Take the marks away")
    free = "\n".join(line.removeprefix("# ") for line in examples.splitlines()[1:])
    (here / "usual.toml").write_text(head + free, encoding="utf-8")
    assert len(read_mine(here / "usual.toml").observations) == 6  # what stands behind the marks can be used


def test_new_refuses_what_cannot_be(here):
    from typer.testing import CliRunner

    from tests.experiments.commanding import APP

    assert "cannot be joined with --from" in refused("new", "mine-too", "--mine", "--from", "baseline")
    done = CliRunner().invoke(APP, ["new", "nord", "--mine"], input="Nord" + "\n" * 13 + "20\n9\n" + "\n" * 8)
    assert done.exit_code == 2
    assert "9 of 4 posts is impossible" in done.stderr
    assert list(here.iterdir()) == []


def test_an_interruption_is_told(tmp_path, monkeypatch):
    def pressed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.mine.running.find", pressed)
    done = sustain("mine", file_of(tmp_path), *FEW, "--out", tmp_path / "out")
    assert done.exit_code == 130
    assert "interrupted: nothing is kept; the same command begins anew" in done.stderr
    assert not (tmp_path / "out").exists()
    monkeypatch.undo()
    assert sustain("mine", tmp_path / "ours.toml", *FEW, "--out", tmp_path / "out").exit_code == 0


@pytest.mark.usefixtures("drawn")
def test_the_documents_picture_is_drawn(tmp_path, monkeypatch):
    import shutil

    from experiments.keeping.blocks import ROOT
    from experiments.mine import documents

    monkeypatch.setattr(documents, "FUTURES", 60)
    (tmp_path / "docs" / "services").mkdir(parents=True)
    shutil.copy(ROOT / documents.EXAMPLE, tmp_path / documents.EXAMPLE)
    assert documents.draw_images(tmp_path, histories=400) == [tmp_path / documents.PICTURE]
    assert (tmp_path / documents.PICTURE).stat().st_size > 5_000
