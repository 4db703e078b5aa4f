"""The command `sustain compare`: what it writes and prints, and what bad input gets."""

import csv
import errno
import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import Result

from experiments.comparing import redrawing, running
from experiments.comparing.asking import Comparison
from experiments.comparing.quantities import main_names
from sim.ensembles import read_ensemble
from sim.measures import vector_names
from sim.scenario import from_machine_form
from sim.store.folder import write_text_whole
from sim.store.hashing import file_hash
from sim.store.reader import check_folder
from tests.crates import DEPRECATED, issues_of
from tests.experiments.commanding import drawn_again, refused, sustain, tables_of
from tests.experiments.comparing.small import one_service, other

pytestmark = [
    pytest.mark.usefixtures("unsynced", "undrawn"),
    pytest.mark.portable,
]  # its folder is drawn thoroughly

SMALL = ("compare", "all-passive", "all-active", "-n", "30", "--months", "26", "--seed", "0")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, drawn_thoroughly: None) -> tuple[Path, Result]:
    """Folder of a small comparison, not to be changed, and what was printed."""
    folder = tmp_path_factory.mktemp("compare") / "mine"
    done = sustain(*SMALL, "--out", folder)
    assert done.exit_code == 0, done.output
    return folder, done


@pytest.mark.engine
def test_it_writes_a_folder_whole(written: tuple[Path, Result]) -> None:
    folder, done = written
    assert [path.name for path in folder.parent.iterdir()] == ["mine"]
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {
        "compare.json", "manifest.json", "ro-crate-metadata.json",
        "report.html", "codebook.csv", "codebook.md", "scenarios/all-passive.json", "scenarios/all-active.json",
        "tables/effects.csv", "tables/effects.parquet", "tables/months.csv", "tables/months.parquet", "tables/pairs.parquet",
        "tables/worlds.parquet",
        *(f"figures/{name}.{kind}" for name in ("differences", "months", "services", "worlds-1") for kind in ("png", "svg")),
    }  # fmt: skip
    assert f"Results: {folder}" in done.stdout
    assert f"Report: {folder / 'report.html'}" in done.stdout
    assert f"writing to {folder}" in done.stderr


@pytest.mark.engine
def test_the_manifest_says_what_was_compared_and_by_what(written: tuple[Path, Result]) -> None:
    folder, _ = written
    manifest = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
    assert manifest["kind"] == "compare"
    assert (manifest["seed"], manifest["replicates"], manifest["months"]) == (0, 30, 26)
    assert (manifest["ensemble"]["members"], manifest["ensemble"]["worlds"]) == (read_ensemble().members, 30)
    assert manifest["command"] == ["sustain", *SMALL[:3], "-n", "30", "--months", "26", "--seed", "0"]
    for one in manifest["scenarios"]:
        form = json.loads((folder / "scenarios" / f"{one['name']}.json").read_text(encoding="utf-8"))
        assert from_machine_form(form).hash == one["hash"]
    assert check_folder(folder) == []
    assert set(manifest["needed"]["all-active"]) == set(main_names(26))
    assert set(manifest["seconds"]) == {"simulation", "tables", "total"}
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["code"]["comparison"])


@pytest.mark.engine
def test_the_tables_agree_with_each_other(written: tuple[Path, Result]) -> None:
    folder, _ = written
    effects = pd.read_csv(folder / "tables" / "effects.csv", dtype={"unit": str})
    region = effects[effects["group"] == "region"].set_index("outcome")
    assert set(region.index) == set(vector_names(26))
    pairs = pd.read_parquet(folder / "tables" / "pairs.parquet")
    assert len(pairs) == 60
    assert pairs["world"].tolist() == np.repeat(np.arange(30), 2).tolist()
    worlds, shipped = pd.read_parquet(folder / "tables" / "worlds.parquet"), read_ensemble()
    assert worlds["world"].tolist() == list(range(30))
    assert worlds[list(shipped.parameters)].to_numpy().tolist() == shipped.values[worlds["member"]].tolist()
    said = pq.read_schema(folder / "tables" / "effects.parquet").metadata[b"parameter_values"].decode()
    assert said.startswith(f"ensemble plausible: each replicate has one of {shipped.members} sets")
    assert said in (folder / "codebook.md").read_text(encoding="utf-8")
    for name in main_names(26):
        wide = pairs.pivot_table(index="replicate", columns="scenario", values=name.replace("@", "_month_"), observed=True)
        gap = (wide["all-active"] - wide["all-passive"]).dropna()
        row = region.loc[name]
        assert row["difference"] == pytest.approx(gap.mean(), abs=1e-12)
        assert row["mcse"] == pytest.approx(gap.std() / math.sqrt(len(gap)), abs=1e-12)
        assert row["pairs"] == len(gap)
    months = pd.read_csv(folder / "tables" / "months.csv").set_index(["scenario", "month"])
    assert months.loc[("all-active", 24), "difference"] == pytest.approx(region.loc["share_kept_going@24", "difference"])
    assert months.loc["all-passive", "difference"].isna().all()
    assert (effects["pairs_differing"] <= effects["pairs"]).all()
    with (folder / "codebook.csv").open(encoding="utf-8", newline="") as stream:
        explained = {(row["table"], row["column"]) for row in csv.DictReader(stream)}
    assert {("effects", column) for column in effects.columns} <= explained


@pytest.mark.engine
@pytest.mark.once
def test_the_same_command_gives_the_same_tables_and_json_tells_them(written: tuple[Path, Result], tmp_path: Path) -> None:
    folder, _ = written
    found = sustain(*SMALL, "--out", tmp_path / "again", "--threads", "1", "--json")
    told = json.loads(found.stdout)
    for name in ("effects", "months", "pairs", "worlds"):
        path = f"tables/{name}.parquet"
        assert file_hash(folder / path) == file_hash(tmp_path / "again" / path)
    assert told["folder"] == str(tmp_path / "again")
    assert [one["outcome"] for one in told["effects"]] == [*main_names(26)]
    effects = pd.read_csv(folder / "tables" / "effects.csv").query("group == 'region'").set_index("outcome")
    for one in told["effects"]:
        assert one["difference"] == pytest.approx(effects.loc[one["outcome"], "difference"])
    assert told["needed"]["all-active"]["share_kept_going"] == effects.loc["share_kept_going", "replicates_needed"]


@pytest.mark.engine
def test_what_is_printed(written: tuple[Path, Result]) -> None:
    _, done = written
    assert "all-active minus all-passive: 30 pairs, 26 months" in done.stdout
    number = r"[+−]?\d+\.?\d*"
    row = rf"services that kept going, month 24 +{number} % +{number} % "
    row += rf"+{number}  %-points +{number} to {number} +{number} +{number} "
    assert re.search(row.replace(" % ", "\N{NO-BREAK SPACE}% "), done.stdout)
    assert "leader hours per service" in done.stdout
    assert "the interval is about the mean over worlds" in done.stdout
    assert "cannot be told apart from luck here: it takes several runs a world" in done.stdout
    first = done.stdout.splitlines()[0]
    assert first.startswith(
        "How sure is that? “All leaders active at the start” minus “All leaders passive-supportive at the start”, "
        "services that kept going to month 26: "
    )
    assert "plausible worlds and luck together" in first
    assert "not a sample size of a trial" in done.stdout
    assert "needed" not in done.stdout
    assert not re.search(r"\bnan\b|\binf\b", done.stdout)


def plain(html: str) -> str:
    text = re.sub(r"<style>.*?</style>|<img[^>]*>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text).replace("\N{NO-BREAK SPACE}", " "))


@pytest.mark.engine
def test_the_report_is_one_file_that_says_what_differs_and_how_sure_it_is(written: tuple[Path, Result]) -> None:
    folder, _ = written
    html = (folder / "report.html").read_text(encoding="utf-8")
    text = plain(html)
    assert "30 pairs of runs for each comparison, 9 services, 26 months from training" in text
    assert "services (all).leader passive_supportive active" in text
    assert "Service C differs from the others" in text
    assert "About one in twenty leaves its true mean out by luck alone" in text
    assert "robust" not in text
    assert html.count("<figure") == 5
    assert re.findall(r"""(?:src|href)=["'](?!data:image/svg\+xml;base64,|#)([^"']*)""", html) == []
    assert "://" not in html
    assert "<script" not in html
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(re.findall(r'id="([^"]+)"', html))
    identifiers = re.findall(r' id="([^"]+)"', html)
    assert len(identifiers) == len(set(identifiers))
    assert all(re.findall(r'<img [^>]*alt="([^"]+)"', html))


@pytest.mark.engine
def test_without_the_ensemble_with_settings_and_three_scenarios(tmp_path: Path) -> None:
    mine = other(tmp_path, "mine", "seed = 7\n\n[parameters]\nchance_leaves = 0.02")
    found = sustain(
        "compare", "nine-services", mine, "high-turnover", "-n", "3", "--months", "14", "--no-ensemble", "--set",
        "switch.frustration=off", "--replicate", "2", "--out", tmp_path / "three", "--json",
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["ensemble"] is None
    assert told["pairs_shown"] == {"mine": 2, "high-turnover": 2}
    assert told["notes"] == ["seed 1 holds for all: the same luck; mine has 7 of its own"]
    assert "note: seed 1 holds for all" in found.stderr
    assert told["how_sure"][0].startswith("All replicates have the default values")
    manifest = json.loads((tmp_path / "three" / "compare.json").read_text(encoding="utf-8"))
    assert manifest["command"][-5:] == ["--set", "switch.frustration=off", "--no-ensemble", "--replicate", "2"]
    text = plain((tmp_path / "three" / "report.html").read_text(encoding="utf-8"))
    assert ", compared with: The nine services of the study" in text


@pytest.mark.engine
def test_a_run_of_one_pair_and_one_service(tmp_path: Path) -> None:
    ours, theirs = (
        one_service(tmp_path, name, months=3, leader=leader) for name, leader in (("ours", "active"), ("b", "vacant"))
    )
    found = sustain("compare", ours, theirs, "-n", "1", "--out", tmp_path / "one")
    assert found.exit_code == 0, found.output
    assert "b minus ours: 1 pair, 3 months" in found.stdout
    assert not re.search(r"\bnan\b|\binf\b", found.stdout)
    assert "nan" not in plain((tmp_path / "one" / "report.html").read_text(encoding="utf-8"))


@pytest.mark.engine
@pytest.mark.once
def test_the_folder_is_named_by_the_scenarios(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results" / "compare-all-passive-all-active-and-1-more-1").mkdir(parents=True)
    found = sustain("compare", "all-passive", "all-active", "high-turnover", "-n", "1", "--months", "1")
    assert f"Results: {Path('results')}/compare-all-passive-all-active-and-1-more-2" in found.stdout


@pytest.mark.engine
@pytest.mark.filterwarnings(DEPRECATED)
@pytest.mark.once
def test_the_folder_is_a_valid_crate(written: tuple[Path, Result], tmp_path: Path) -> None:
    assert check_folder(written[0]) == []
    assert issues_of(written[0], tmp_path) == []


@pytest.mark.engine
def test_its_page_is_drawn_anew(written: tuple[Path, Result], tmp_path: Path) -> None:
    drawn_again(Path(shutil.copytree(written[0], tmp_path / "mine")), table="tables/effects.csv")


def with_other_luck(comparison: Comparison) -> Comparison:
    return replace(comparison, arms=tuple(one.with_seed(one.seed + 1) for one in comparison.arms))


@pytest.mark.engine
def test_pages_of_other_numbers_are_not_drawn(
    written: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Path(shutil.copytree(written[0], tmp_path / "mine"))
    before = {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()}
    usual = redrawing.compare
    monkeypatch.setattr(redrawing, "compare", lambda comparison, **options: usual(with_other_luck(comparison), **options))
    said = refused("report", mine)
    assert "its tables come out otherwise now (effects, months, pairs): this version computes other numbers" in said
    assert "hint: `sustain compare all-passive all-active -n 30 --months 26 --seed 0` compares anew" in said
    assert {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()} == before


@pytest.mark.engine
@pytest.mark.once
def test_a_page_that_fails_costs_no_table(written: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise MemoryError("planted")

    monkeypatch.setattr("experiments.comparing.report.write_report", broken)
    failed = sustain(*SMALL, "--out", tmp_path / "mine")
    assert failed.exit_code == 1
    assert "figures and report could not be made (MemoryError: planted); the tables are there" in failed.stderr
    assert tables_of(tmp_path / "mine") == tables_of(written[0])
    assert check_folder(tmp_path / "mine") == []


@pytest.mark.engine
@pytest.mark.once
def test_a_figure_that_fails_costs_no_page(written: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("planted")

    monkeypatch.setattr("experiments.comparing.figures.over_months", broken)
    failed = sustain(*SMALL, "--out", tmp_path / "mine")
    assert failed.exit_code == 1
    assert "months could not be made (ValueError: planted); the tables are there" in failed.stderr
    assert tables_of(tmp_path / "mine") == tables_of(written[0])
    assert check_folder(tmp_path / "mine") == []
    pages = [
        (folder / "report.html").read_text(encoding="utf-8").count("data:image/svg+xml")
        for folder in (tmp_path / "mine", written[0])
    ]
    assert 1 <= pages[0] == pages[1] - 1


@pytest.mark.engine
@pytest.mark.once
def test_ctrl_c_while_figures_are_drawn_keeps_the_tables(
    written: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.comparing.figures.forest", stop)
    found = sustain(*SMALL, "--out", tmp_path / "mine")
    assert found.exit_code == 130
    assert (
        f"interrupted: the tables are complete in {tmp_path / 'mine'}; `sustain report {tmp_path / 'mine'}` makes" in found.stderr
    )
    assert tables_of(tmp_path / "mine") == tables_of(written[0])
    assert check_folder(tmp_path / "mine") == []
    assert "not tried yet" in (tmp_path / "mine" / "manifest.json").read_text(encoding="utf-8")
    monkeypatch.undo()
    assert f"`sustain report {tmp_path / 'mine'}` draws" in refused(*SMALL, "--out", tmp_path / "mine")
    assert_finished_by_report(tmp_path / "mine", written[0])


def assert_finished_by_report(folder: Path, whole: Path) -> None:
    """What lacked its pages has them, and the same tables."""
    assert not (folder / "report.html").exists()  # the control
    assert sustain("report", folder).exit_code == 0
    assert {path.name for path in (folder / "figures").iterdir()} == {path.name for path in (whole / "figures").iterdir()}
    assert (folder / "report.html").exists()
    assert tables_of(folder) == tables_of(whole)
    assert check_folder(folder) == []


@pytest.mark.engine
@pytest.mark.parametrize("fills", ["experiments.comparing.report.write_report", "sim.store.manifest.write_text_whole"])
@pytest.mark.once
def test_a_disk_that_fills_while_pages_are_made_costs_no_table(
    written: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fills: str
) -> None:
    folder = tmp_path / "mine"
    usual = write_text_whole

    def full(path: Path, *rest: object, **named: object) -> None:
        if path.name == "manifest.json" and not folder.exists():  # the tables are written: there is room yet
            usual(path, str(rest[0]))
            return
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(fills, full)
    if fills.endswith("write_text_whole"):
        monkeypatch.setattr("experiments.comparing.report.write_report", lambda *_, **__: None)
    failed = sustain(*SMALL, "--out", folder)
    assert failed.exit_code == 1
    assert "No space left on device" in failed.stderr
    assert f"the tables are there, and `sustain report {folder}` makes the figures and the report" in failed.stderr
    assert "Report: " not in failed.stdout
    assert check_folder(folder) == []
    monkeypatch.undo()
    assert_finished_by_report(folder, written[0])


@pytest.mark.engine
def test_interrupted_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "write_results", stop)
    found = sustain(*SMALL, "--out", tmp_path / "mine")
    assert found.exit_code == 130
    assert "interrupted: nothing was written" in found.stderr
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------------------------------------------------------------- input


def test_bad_input_is_refused_all_at_once(tmp_path: Path) -> None:
    said = refused(
        "compare", "nine-services", "all-activ", "all-activ", "-n", "many", "--seed", "-1", "--months", "0", "--replicate", "x",
        "--threads", "none", "--no-ensemble", "--ensemble-file", "none.csv", "--out", tmp_path / "mine",
    )  # fmt: skip
    for words in (
        "--replicates: 'many'",
        "--seed: '-1'",
        "--months: '0'",
        "--threads: 'none'",
        "--ensemble-file",
        "given twice",
        "'all-activ'",
    ):
        assert words in said
    assert "8 problems" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.engine
def test_a_folder_in_use_is_refused(written: tuple[Path, Result]) -> None:
    folder, _ = written
    assert "the folder is in use already" in refused(*SMALL, "--out", folder)


def test_help_has_examples() -> None:
    found = sustain("compare", "--help")
    assert re.search(r"Examples:\n +sustain compare all-passive all-active", found.stdout)
