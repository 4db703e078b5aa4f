"""The document on sensitivity says what the reference run found, and nothing where that is of another model."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments import sensitivity
from experiments.documents import BAD_INPUT, main
from experiments.keeping.blocks import ROOT
from experiments.keeping.kept import MOST_PICTURE, NOT_YET
from experiments.sensitivity import reference
from experiments.sensitivity.analysing import WIDEST, Indices
from experiments.sensitivity.asked import Asked
from experiments.sensitivity.documents import DOCUMENT, results
from experiments.sensitivity.figures import heat, tornado
from experiments.sensitivity.finding import Findings
from experiments.sensitivity.settings import settings_of
from experiments.sensitivity.tables import summary, write_tables
from sim.figures.style import drawing, words
from sim.parameters import parameter_hash
from tests.experiments.sensitivity.known import several

COMMIT = "165e824b" * 5
TITLES = {one.name: one.title for one in settings_of(Asked()).quantities}


def finished(folder: Path, findings: Findings) -> Path:
    """Folder as `sustain sensitivity` leaves it, as far as the document reads it, but for the figures."""
    usual = settings_of(Asked())
    write_tables(folder, findings)
    (folder / "summary.json").write_text(json.dumps(summary(findings)), encoding="utf-8")
    manifest = {
        "kind": "sensitivity", "seed": 1, "code": {"commit": COMMIT, "dirty": False}, "runs": 12_345, "failed": 0,
        "settings": usual.machine_form() | {"code": sensitivity.ROOM.identity()}, "ended": "2026-11-26T01:02:03+00:00",
        "parameter_hash": parameter_hash(np.concatenate([one.record() for one in usual.scenarios])),
        "versions": {"python": "3.11"}, "analysis": {"SALib": "1.6.0"},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def findings() -> Findings:
    return several()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, findings: Findings) -> tuple[Path, Path]:
    """A finished folder, and a repository with it as the reference; neither to be changed."""
    folder = finished(tmp_path_factory.mktemp("finished"), findings)
    with drawing():
        tornado(findings, folder / "figures", [one for one in findings.quantities if one.outcome.name == "share_kept_going"])
        heat(findings, folder / "figures")
    root = repository(tmp_path_factory.mktemp("root"))
    assert keep(folder, root) == 0
    return folder, root


def repository(root: Path) -> Path:
    """The document alone, without its block's text."""
    (root / "docs").mkdir()
    (root / DOCUMENT).write_text("# S\n\n<!-- generated: sensitivity -->\n\nold\n\n<!-- end -->\n", encoding="utf-8")
    return root


def keep(folder: Path, root: Path, *words: str) -> int:
    return main(["keep", "sensitivity", str(folder), *words], root=root, documents=[DOCUMENT])


def copied(made: tuple[Path, Path], to: Path) -> Path:
    return Path(shutil.copytree(made[1], to / "copy"))


def changed(root: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """The repository with another record of the reference."""
    path = root / reference.REFERENCE / "sensitivity.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")
    return root


def rows(root: Path, name: str) -> list[dict[str, str]]:
    with (root / reference.REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_document_is_up_to_date_and_a_stale_one_is_caught(made: tuple[Path, Path], tmp_path: Path) -> None:
    assert main(["--check"], root=made[1], documents=[DOCUMENT]) == 0
    root = copied(made, tmp_path)
    text = (root / DOCUMENT).read_text(encoding="utf-8")
    (root / DOCUMENT).write_text(text.replace("12,345 runs", "12,346 runs"), encoding="utf-8")
    assert main(["--check"], root=root, documents=[DOCUMENT]) == 1
    assert main([], root=root, documents=[DOCUMENT]) == 0
    assert (root / DOCUMENT).read_text(encoding="utf-8") == text
    changed(root, lambda record: record.update(runs=1))
    assert main(["--check"], root=root, documents=[DOCUMENT]) == 1


def test_the_document_has_the_block_and_what_it_shows_is_there() -> None:
    text = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    assert re.findall(r"<!-- generated: (\S+) -->", text) == ["sensitivity"]
    for place in re.findall(r"\]\((images/[^)]+)\)", text):
        assert (ROOT / "docs" / place).stat().st_size <= MOST_PICTURE


def test_every_important_index_is_told_with_its_interval(made: tuple[Path, Path], findings: Findings) -> None:
    text = results(made[1])
    part = text.split("### Important shares of variance")[1].split("### Screening")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")][1:]
    told = sum(
        int((it.important | it.first_important).sum()) or 1  # an outcome without any says so in a line
        for it in findings.indices.values()
    )
    assert len(lines) == told
    one = findings.headline
    found = findings.indices[one]
    at = int(np.argmax(found.total))
    total, reach = float(found.total[at]), float(found.total_reach[at])
    line = lines[next(place for place, line in enumerate(lines) if line.startswith(f"| {TITLES[one.name]} |"))]
    assert (
        f"| {words(findings.survivors[at].name)} | {total:.2f} ± {reach:.3f} ({total - reach:.2f} to {total + reach:.2f})" in line
    )
    assert f"{found.chance[at]:.2f}" in line.split("|")[5]
    for quantity, it in findings.indices.items():
        row = next(
            line for line in text.splitlines() if line.startswith(f"| {TITLES[quantity.name]} | {100 * it.noise.share:.0f} %")
        )
        cells = [cell.strip() for cell in row.split("|")]
        assert cells[3:6] == [f"{it.noise.dummy:.2f}", f"{it.noise.floor:.2f}", str(int(it.important.sum()))]


def test_the_widest_interval_is_held_against_what_was_asked(made: tuple[Path, Path], findings: Findings) -> None:
    most = max(it.widest for it in findings.indices.values())
    needed = max(it.base_needed for it in findings.indices.values())
    text = results(made[1])
    assert f"over all outcomes, is ± {most:.3f}" in text
    assert ("**not met**" in text) == (most > WIDEST)
    assert (f"`--base {needed}`" in text) == (needed > 0)


@pytest.mark.parametrize(("factor", "floor"), [(0.1, None), (10.0, -100.0), (10.0, None)])
def test_wider_intervals_turn_the_answer(findings: Findings, tmp_path: Path, factor: float, floor: float | None) -> None:
    def scaled(one: Indices) -> Indices:
        wider = replace(one, total_reach=factor * one.total_reach, first_reach=factor * one.first_reach)
        return wider if floor is None else replace(wider, first_floor=floor, noise=replace(one.noise, floor=floor))

    indices = {quantity: scaled(one) for quantity, one in findings.indices.items()}
    root = repository(tmp_path)
    assert keep(finished(tmp_path / "finished", replace(findings, indices=indices)), root) == 0
    text, most = results(root), max(one.widest for one in indices.values())
    assert most > WIDEST or factor < 1.0 or floor is None
    assert (f"is ± {most:.3f}" in text) == (most > 0.0)
    assert ("**not met**" in text) == (most > WIDEST)
    assert (f"`--base {max(one.base_needed for one in indices.values())}`" in text) == (most > WIDEST)
    assert ("No index of any outcome is told from chance" in text) == (most == 0.0)


def test_the_screening_is_counted(made: tuple[Path, Path], findings: Findings) -> None:
    said = results(made[1]).split("### Screening")[1]
    assert f"Of {settings_of(Asked()).machine_form()['parameters']} parameters {len(findings.passed)} are above" in said
    for one, it in findings.screened.items():
        assert re.search(rf"\| {re.escape(TITLES[one.name])} \| [^|]+ \| {int(it.above.sum())} \|", said)


def test_the_reference_is_small_and_holds_what_the_run_was(made: tuple[Path, Path], findings: Findings) -> None:
    folder, root = made
    files = list((root / reference.REFERENCE).iterdir())
    assert {path.name for path in files} == {
        "sensitivity.json",
        "sobol.csv",
        "noise.csv",
        "alone.csv",
        "survivors.csv",
        "morris.csv",
    }
    for name in ("sobol", "noise", "alone", "survivors"):
        assert (root / reference.REFERENCE / f"{name}.csv").read_bytes() == (folder / "tables" / f"{name}.csv").read_bytes()
    screened = rows(root, "morris")
    assert len(screened) == len(findings.quantities) * (min(reference.MOST_SCREENED, len(findings.space)) + 1)
    for place in reference.PICTURES.values():
        assert 0 < (root / place).stat().st_size <= MOST_PICTURE
        assert f"]({Path(place).relative_to('docs').as_posix()})" in results(root)
    assert f"26 November 2026, commit `{COMMIT[:12]}`, code `{sensitivity.ROOM.identity()[:12]}`; seed 1" in results(root)
    assert str(root) not in (root / reference.REFERENCE / "sensitivity.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda record: record.update(parameter_hash="0"), "the default values changed"),
        (lambda record: record["settings"].update(scenarios_hash="0"), "the scenarios changed"),
        (lambda record: record["settings"].update(bounds_hash="0"), "the bounds changed"),
        (lambda record: record["settings"].pop("outcomes"), "the outcomes changed"),
        (lambda record: record.update(rules="0", parameter_hash="0"), "the default values, the rules changed"),
    ],
)
def test_figures_of_another_model_are_not_shown(
    made: tuple[Path, Path], tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    text = results(changed(copied(made, tmp_path), change))
    assert text.startswith(NOT_YET)
    assert said in text
    assert "|" not in text
    assert "±" not in text


def test_a_smaller_run_is_called_a_trial(made: tuple[Path, Path], tmp_path: Path) -> None:
    assert "trial" not in results(made[1])
    text = results(changed(copied(made, tmp_path), lambda record: record["settings"].update(base=16)))
    assert "**A trial, not the full run** (base 16 instead of 512)" in text


def test_without_a_reference_it_says_so(tmp_path: Path) -> None:
    assert results(repository(tmp_path)) == NOT_YET


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"code": "0"}, "another version of the software"),
        ({"bounds": "narrow.csv"}, "bounds of narrow.csv"),
        ({"ensemble": "plausible"}, "ensemble plausible"),
        ({"definitions": True}, "varies the definitions"),
        ({"scenarios": ["nine-services"]}, "scenarios nine-services"),
        ({"scenarios_hash": "0"}, "other values, scenarios or bounds"),
    ],
)
def test_a_folder_of_something_else_is_refused(
    made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: dict[str, Any], said: str
) -> None:
    folder = Path(shutil.copytree(made[0], tmp_path / "finished"))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["settings"] |= settings
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    root = copied(made, tmp_path)
    before = {path.name: path.read_bytes() for path in (root / reference.REFERENCE).iterdir()}
    assert keep(folder, root) == BAD_INPUT
    assert said in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (root / reference.REFERENCE).iterdir()} == before


def test_former_code_is_taken_on_demand_and_said(made: tuple[Path, Path], tmp_path: Path) -> None:
    folder, root = Path(shutil.copytree(made[0], tmp_path / "finished")), copied(made, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["settings"]["code"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert keep(folder, root) == BAD_INPUT
    assert keep(folder, root, "--former-code") == 0
    assert "earlier version of the code" in results(root)
    assert "earlier version of the code" not in results(made[1])


def test_what_is_no_finished_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert keep(tmp_path, repository(tmp_path)) == BAD_INPUT
    assert "manifest.json cannot be read" in capsys.readouterr().err
    (tmp_path / "manifest.json").write_text('{"kind": "sweep"}', encoding="utf-8")
    assert keep(tmp_path, tmp_path) == BAD_INPUT
    assert "of kind sweep" in capsys.readouterr().err
