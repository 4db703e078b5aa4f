"""The document on policies says what the reference discovery found, and nothing where that is of another model."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.discovery import reference
from experiments.discovery.analysing import analyse
from experiments.discovery.asked import Asked
from experiments.discovery.documents import DOCUMENT, results
from experiments.discovery.reference import PICTURE, REFERENCE
from experiments.discovery.running import KIND, write_results
from experiments.discovery.settings import settings_of
from experiments.documents import BAD_INPUT, main
from experiments.executors.pools import pool_of
from experiments.keeping import kept as references
from experiments.keeping.blocks import ROOT
from experiments.keeping.kept import MOST_BYTES, MOST_PICTURE, NOT_YET, share_words, small_picture
from experiments.kit.folder import StudyFolder
from tests.drawing import PIXEL, not_drawn
from tests.experiments.discovery.planted import planted_in_what_leads

LINE = 9.0
"""Hours of extra workload above which hardly anything keeps going in the made-up worlds."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished folder, whose worlds fail where workload is high, and a repository with it as the reference."""
    settings = settings_of(Asked(worlds=100, replicates=2, shuffles=1))
    policy = np.where(settings.values()["workload"] > LINE, 0.1, 0.9)
    outcomes = planted_in_what_leads(np.stack([policy - 0.1, policy])[:, :, None] + np.zeros(2))
    with pool_of("serial") as pool:
        findings = analyse(settings, outcomes, pool=pool)
    folder = tmp_path_factory.mktemp("finished")
    with not_drawn(), StudyFolder(folder, settings.machine_form(), kind=KIND, store=True) as place:
        write_results(place, findings, settings)
    root = repository(tmp_path_factory.mktemp("root"))
    assert keep(folder, root) == 0
    return folder, root


def repository(root: Path) -> Path:
    """The document alone, without the text of its blocks."""
    (root / "docs").mkdir(parents=True)
    blocks = "".join(f"<!-- generated: {name} -->\n\nold\n\n<!-- end -->\n\n" for name in ("discovery", "search"))
    (root / DOCUMENT).write_text(f"# P\n\n{blocks}", encoding="utf-8")
    return root


def keep(folder: Path, root: Path, *words: str) -> int:
    return main(["keep", "discovery", str(folder), *words], root=root, documents=[DOCUMENT])


def copied(made: tuple[Path, Path], to: Path) -> Path:
    return Path(shutil.copytree(made[1], to / "copy"))


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def test_the_document_is_up_to_date_and_a_stale_one_is_caught(made: tuple[Path, Path], tmp_path: Path) -> None:
    assert main(["--check"], root=made[1], documents=[DOCUMENT]) == 0
    root = copied(made, tmp_path)
    text = (root / DOCUMENT).read_text(encoding="utf-8")
    (root / DOCUMENT).write_text(text.replace("100 worlds", "101 worlds"), encoding="utf-8")
    assert main(["--check"], root=root, documents=[DOCUMENT]) == 1
    assert main([], root=root, documents=[DOCUMENT]) == 0
    assert (root / DOCUMENT).read_text(encoding="utf-8") == text
    changed(root / REFERENCE / "discovery.json", lambda record: record.update(members=1))
    assert main(["--check"], root=root, documents=[DOCUMENT]) == 1


def test_the_document_has_its_blocks_and_the_pictures_it_shows() -> None:
    text = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    assert re.findall(r"<!-- generated: (\S+) -->", text) == ["discovery", "search"]
    for place in re.findall(r"\]\((images/[^)]+)\)", text):
        assert (ROOT / "docs" / place).stat().st_size <= MOST_PICTURE


def test_the_region_is_told_with_intervals_that_follow_from_the_worlds(made: tuple[Path, Path]) -> None:
    folder, root = made
    text = results(root)
    found = json.loads((folder / "discovery.json").read_text(encoding="utf-8"))["failures"]
    assert f"**{found['level']['sentence']}**" in text
    assert found["level"]["region"]["found"]
    limit = next(one for one in found["level"]["region"]["limits"] if one["input"] == "workload")
    assert f"| extra workload | above {limit['value']:.1f} hours a month | 0.0 to 15.0 hours a month | condition |" in text
    rows = pd.read_csv(folder / "worlds.csv")
    test = rows[rows["half"] == "test"]
    fails = test["fails_level"] == 1
    inside = np.ones(len(test), bool)
    for one in found["level"]["region"]["limits"]:
        column = test[one["input"]]
        inside &= (column >= one["value"] if one["side"] == "above" else column <= one["value"]).to_numpy()
    told = [share_words(int((inside & fails).sum()), whole) for whole in (int(fails.sum()), int(inside.sum()))]
    assert f"| {told[0]} | {told[1]} |" in text
    assert f"So fail {share_words(int(rows['fails_level'].sum()), len(rows))} of the worlds" in text
    assert found["effect"]["sentence"] in text


def test_what_leads_stands_first_and_the_old_stock_last(made: tuple[Path, Path]) -> None:
    folder, root = made
    found = json.loads((folder / "discovery.json").read_text(encoding="utf-8"))
    assert list(found["outcomes"]) == [
        "share_kept_going", "share_given_up", "share_high_every_look", "share_operating", "share_silent", "share_sustained",
    ]  # fmt: skip
    assert found["settings"]["outcome"] == "share_kept_going"
    policy = np.where(settings_of(Asked(worlds=100)).values()["workload"] > LINE, 0.1, 0.9)
    kept = found["outcomes"]["share_kept_going"]
    assert kept["policy"] == pytest.approx(policy.mean())
    assert kept["difference"] == pytest.approx(0.1)
    assert kept["difference_error"] == pytest.approx(0.0, abs=1e-6)
    assert kept["policy_error"] > 0.0
    text = results(root).replace("\N{NO-BREAK SPACE}", " ")
    told = text[text.index("#### What else becomes of services") :]
    assert f"| services that kept going, month 84 | {100 * kept['base']:.1f} % ± {100 * kept['base_error']:.1f} |" in told
    assert told.index("services given up") < told.index("services sustained (old stock), month 84")
    assert "| +10.0 ± 0.0 |" in told


def test_the_tree_is_that_of_the_page(made: tuple[Path, Path]) -> None:
    folder, root = made
    rows = references.read_rows(root / REFERENCE / "tree.csv")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert len(rows) >= 2
    for row in rows:
        assert row["where"][1:] in page
    worlds = pd.read_csv(folder / "worlds.csv")
    for half in ("training", "test"):
        own = worlds[worlds["half"] == half]
        assert sum(int(row[f"{half}_worlds"]) for row in rows) == len(own)
        assert sum(int(row[f"{half}_failures"]) for row in rows) == own["fails_level"].sum()


def test_the_reference_is_small_and_says_where_it_comes_from(made: tuple[Path, Path]) -> None:
    folder, root = made
    files = {path.name: path for path in (root / REFERENCE).iterdir()}
    assert set(files) == {"discovery.json", "summary.csv", "limits.csv", "tree.csv", "boxes.csv"}
    assert all(path.stat().st_size <= MOST_BYTES for path in files.values())
    assert 0 < (root / PICTURE).stat().st_size <= MOST_PICTURE
    assert f"]({Path(PICTURE).relative_to('docs').as_posix()})" in results(root)
    record = json.loads(files["discovery.json"].read_text(encoding="utf-8"))
    assert {"seed", "commit", "code", "rules", "ended"} <= set(record)
    assert f"ensemble `{references.shipped_ensemble()[:12]}`" in results(root)
    assert not any(str(place) in path.read_text(encoding="utf-8") for place in made for path in files.values())
    (half, other) = references.read_rows(files["summary.csv"])[:2]
    assert (half["half"], other["half"]) == ("training", "test")
    assert float(other["density_low"]) < float(other["density"]) <= float(other["density_high"])
    assert (folder / "boxes.csv").read_bytes() == files["boxes.csv"].read_bytes()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda record: record["settings"].update(ensemble_hash="0"), "the ensemble changed"),
        (lambda record: record["settings"].update(scenarios_hash="0"), "the scenarios changed"),
        (lambda record: record["settings"].pop("outcome"), "the outcome by which a world fails changed"),
        (lambda record: record["settings"].update(conditions=["workload"]), "the conditions changed"),
        (lambda record: record.update(rules="0"), "the rules changed"),
    ],
)
def test_figures_of_another_model_are_not_shown(
    made: tuple[Path, Path], tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    root = copied(made, tmp_path)
    assert not results(root).startswith(NOT_YET)
    changed(root / REFERENCE / "discovery.json", change)
    text = results(root)
    assert text.startswith(NOT_YET)
    assert said in text
    assert "|" not in text
    assert "images/" not in text


def test_a_smaller_run_is_called_a_trial(made: tuple[Path, Path], tmp_path: Path) -> None:
    assert f"**A trial, not the full run** (worlds 100 instead of {Asked.usual()['worlds']}" in results(made[1])
    root = copied(made, tmp_path)

    def full(record: dict[str, Any]) -> None:
        record["settings"] |= {name: Asked.usual()[name] for name in ("worlds", "shuffles")}
        record["replicates"] = 24

    changed(root / REFERENCE / "discovery.json", full)
    assert "trial" not in results(root)


def test_without_a_reference_it_says_so(tmp_path: Path) -> None:
    assert results(repository(tmp_path)) == NOT_YET


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ensemble_hash": "0", "ensemble": "mine"}, "another ensemble (mine)"),
        ({"code": "0"}, "another version of the software"),
        ({"policy": "all-controlling"}, "about all-controlling against all-passive"),
        ({"scenarios_hash": "0"}, "other scenarios or values"),
        ({"seed": 2}, "other worlds than its settings draw"),
    ],
)
def test_a_folder_of_something_else_is_refused(
    made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: dict[str, Any], said: str
) -> None:
    folder, root = Path(shutil.copytree(made[0], tmp_path / "finished")), copied(made, tmp_path)
    changed(folder / "discovery.json", lambda record: record["settings"].update(settings))
    before = {path.name: path.read_bytes() for path in (root / REFERENCE).iterdir()}
    assert keep(folder, root) == BAD_INPUT
    assert said in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (root / REFERENCE).iterdir()} == before


def test_former_code_is_taken_on_demand_and_said(made: tuple[Path, Path], tmp_path: Path) -> None:
    folder, root = Path(shutil.copytree(made[0], tmp_path / "finished")), copied(made, tmp_path)
    changed(folder / "discovery.json", lambda record: record["settings"].update(code="0" * 64))
    assert keep(folder, root, "--former-code") == 0
    text = results(root)
    assert "earlier version of the code" in text
    assert "no commit known" in text
    assert "earlier version of the code" not in results(made[1])


def test_what_is_no_finished_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert keep(tmp_path, repository(tmp_path)) == BAD_INPUT
    assert "cannot be read" in capsys.readouterr().err


def test_what_is_too_large_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reference.write_rows(tmp_path / "small.csv", ["a"], [{"a": "x", "b": "left out"}]).read_text() == "a\nx\n"
    with pytest.raises(ValueError, match="100,000 are allowed"):
        reference.write_rows(tmp_path / "large.csv", ["a"], [{"a": "x" * MOST_BYTES}])
    drawn, kept = tmp_path / "drawn.png", tmp_path / "kept.png"
    drawn.write_bytes(PIXEL)
    assert references.keep_picture(drawn, kept) == [kept]
    with monkeypatch.context() as patch:
        patch.setattr(references, "MOST_PICTURE", 1)
        with pytest.raises(ValueError, match="1 are allowed"):
            references.keep_picture(drawn, kept)
    assert references.keep_picture(None, kept) == []
    assert not kept.exists()


def test_a_mark_that_stands_once_keeps_its_colour(tmp_path: Path) -> None:
    from PIL import Image

    red, drawn, kept = np.array([213, 94, 0]), tmp_path / "drawn.png", tmp_path / "kept.png"
    across, down = np.meshgrid(np.arange(200) // 16 * 16, np.arange(200) // 16 * 16)
    pixels = np.stack([down, down, across], axis=2).astype(np.uint8)  # many colours, as the scale of a frontier has
    pixels[90:94, 90:94] = red
    Image.fromarray(pixels).save(drawn)

    def off(place: Path) -> int:
        return int(np.abs(np.asarray(Image.open(place).convert("RGB")).astype(int)[91, 91] - red).max())

    references.keep_picture(drawn, kept)
    assert off(kept) < 5
    kept.write_bytes(small_picture(drawn, colours=8))  # the control
    assert off(kept) > 20
