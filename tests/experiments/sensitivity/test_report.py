"""Tables, figures, sentences and the report, from findings of functions that take no time."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.kit.looks import spaced
from experiments.kit.words import label_of
from experiments.sensitivity.analysing import replicates_needed
from experiments.sensitivity.asked import Asked
from experiments.sensitivity.figures import MOST_COLUMNS, at_the_horizon, by_outcome, columns_of, draw_all
from experiments.sensitivity.finding import Findings
from experiments.sensitivity.quantities import outcome_names
from experiments.sensitivity.report import write_report
from experiments.sensitivity.settings import Settings, settings_of
from experiments.sensitivity.tables import summary, write_tables
from experiments.sensitivity.words import came_out, how_sure, short_answer
from tests.drawing import not_drawn
from tests.experiments.sensitivity.known import Known, analysed, linear, several, space

pytestmark = pytest.mark.portable

MANIFEST: dict[str, Any] = {
    "software": {"name": "practice-sustainment", "version": "0.1.0"},
    "code": {"identity": "5ba65df1", "commit": "165e824b", "dirty": False},
    "versions": {"python": "3.11.7"}, "analysis": {"SALib": "1.6.0"}, "census": "215 parameters: 19 evidence",
    "plan_hash": "a472cd63", "ended": "2026-01-01T00:00:00+00:00",
}  # fmt: skip


@pytest.fixture(scope="module")
def findings() -> Findings:
    return several()


@pytest.fixture(scope="module")
def settings() -> Settings:
    return settings_of(Asked())


def nothing_found() -> Findings:
    everywhere = space(a=(0.0, 1.0), b=(0.0, 1.0))
    return analysed(Known(linear(), everywhere), everywhere)


def page(folder: Path, findings: Findings, settings: Settings, **options: Any) -> str:
    told: dict[str, Any] = {"manifest": MANIFEST, "runs": 12_345, "failed": 0, "name": "mine"} | options
    write_report(folder, findings, settings, **told)
    return (folder / "report.html").read_text(encoding="utf-8")


def plain(html: str) -> str:
    text = re.sub(r"<style>.*?</style>|<img[^>]*>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text).replace("\N{NO-BREAK SPACE}", " "))


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory, findings: Findings, settings: Settings) -> str:
    with not_drawn():
        return page(tmp_path_factory.mktemp("report"), findings, settings)


def test_report_says_what_how_sure_and_what_not(html: str, findings: Findings) -> None:
    text = plain(html)
    for sentence in (*came_out(findings), *how_sure(findings)):
        assert re.sub(r"\s+", " ", sentence) in text.replace("&#39;", "'")
    assert "12,345 runs of 2 scenarios, 84 months from training" in text
    assert "The definitions of outcomes were not varied: “window in which a post counts as delivering”, “fidelity that" in text
    assert "The shares hang on the bounds." in text
    assert "SALib 1.6.0" in text
    assert html.count("<figure") == 1 + 1 + 5 + 2  # beside the answer, screening, tornados, map and one at a time


def test_the_page_leads_with_what_the_result_hangs_on(html: str, findings: Findings) -> None:
    said = short_answer(findings)
    assert said.startswith("Of ")
    assert "the result hangs most on “" in said
    assert said in plain(html)
    assert "(quick run)" not in html
    picture = re.findall(r'<div class="answer.*?alt="([^"]+)"', html, flags=re.DOTALL)[0]
    assert picture.startswith("Bars, the longest first: ")
    assert "Chance does " in picture


def test_tables_of_parameters_have_them_in_words(tmp_path: Path, findings: Findings) -> None:
    records, _ = write_tables(tmp_path, findings)
    with_parameters = {"morris", "sobol", "survivors", "alone"} & {one.name for one in records}
    assert len(with_parameters) >= 3
    for name in with_parameters:
        table = pd.read_csv(tmp_path / "tables" / f"{name}.csv")
        assert list(table.columns)[-1] == "label"
        assert [label_of(one) for one in table["parameter"]] == list(table["label"])
    assert "label" not in pd.read_csv(tmp_path / "tables" / "noise.csv").columns


def test_report_is_one_file_that_fetches_nothing(html: str) -> None:
    assert re.findall(r"""(?:src|href)=["'](?!data:image/svg\+xml;base64,|#)([^"']*)""", html) == []
    assert "://" not in html
    assert "<script" not in html
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(re.findall(r'id="([^"]+)"', html))
    assert all(re.findall(r'<img [^>]*alt="([^"]+)"', html))
    identifiers = re.findall(r' id="([^"]+)"', html)
    assert len(identifiers) == len(set(identifiers))


def test_report_when_nothing_is_told_from_chance(tmp_path: Path, settings: Settings) -> None:
    nothing = nothing_found()
    text = plain(page(tmp_path, nothing, settings))
    assert "None of 2 parameters does more to any outcome than chance" in text
    assert "Total index of the dummy" not in text
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == ["screening.png", "screening.svg"]
    records, _ = write_tables(tmp_path, nothing)
    assert {one.name: one.rows for one in records} == {"morris": 3, "noise": 1, "sobol": 0}


def test_failed_runs_and_wide_intervals_are_said(findings: Findings) -> None:
    assert how_sure(findings, runs=1000)[-1].startswith(("Every important index", "Some important indices"))
    (said,) = [one for one in how_sure(findings, runs=1000, failed=7) if "failed" in one]
    assert said.startswith("7 runs of 1,000 failed.")
    quantity = findings.headline
    one = findings.indices[quantity]
    noise = replace(one.noise, share=0.5)
    many = np.ones(findings.kept)
    wide = replace(one, noise=noise, total=0.9 * many, total_reach=0.15 * many, first_reach=0.05 * many)
    changed = replace(findings, indices=findings.indices | {quantity: wide})
    text = " ".join(how_sure(changed))
    assert "known to no better than ± 0.1" in text
    assert f"{quantity.title} ± 0.15" in text
    assert "about --base 256 would do" in text
    assert replicates_needed(noise, 4) == 16  # 0.5 / 4 = 0.125 of error beside 0.5, then 0.125 beside 0.5: a fifth
    assert f"{quantity.title} 50 %" in text
    assert "About 16 replicates would bring it to 20 %." in text


def test_figures_are_the_same_bytes_each_time(tmp_path: Path, findings: Findings) -> None:
    few = several(1, 5)
    first, second = (draw_all(tmp_path / name, few) for name in ("a", "b"))
    assert [one.name for one in first] == ["screening", "tornado-share-kept-going-24", "heat", "alone"]
    for one, other in zip(first, second, strict=True):
        assert one.svg.read_bytes() == other.svg.read_bytes()
        assert one.png.read_bytes() == other.png.read_bytes()
        assert one.caption.endswith(".")
        assert one.alternative
    groups = by_outcome(findings)
    assert [len(group) for group in groups] == [3, 2, 2, 2, 2]
    assert groups[0][0].outcome.name == "share_kept_going"


def test_all_outcomes_of_a_pair_have_room() -> None:
    """A map a scenario, and a screening of what is at the horizon; few outcomes stay together."""
    names = outcome_names(84)
    many, few = several(2 * len(names) + 1, 3, names), several(2, 3)
    panels = columns_of(many)
    assert [len(panel) for panel in panels] == [len(names), len(names) + 1]
    assert panels[-1][-1].is_effect
    assert all(len(panel) <= MOST_COLUMNS for panel in panels)
    assert len(at_the_horizon(many)) == len(many.quantities) - 4
    assert at_the_horizon(many)[0].outcome.name == "share_kept_going"
    assert columns_of(few) == [list(few.quantities)]
    assert at_the_horizon(few) == list(few.quantities)  # of which none is at the horizon


def test_labels_are_moved_apart_within_their_panel() -> None:
    found = spaced([0.99, 0.98, 0.2, 0.02, 0.01], 0.13)
    assert all(high - low >= 0.13 - 1e-9 for high, low in pairwise(found))
    assert 0.0 <= found[-1] <= found[0] <= 1.0
    assert spaced([], 0.1) == []


def test_tables_hold_what_was_found(tmp_path: Path, findings: Findings) -> None:
    records, declared = write_tables(tmp_path, findings)
    assert [one.name for one in records] == ["alone", "morris", "noise", "sobol", "survivors"]
    frames = {one.name: pd.read_csv(tmp_path / one.csv) for one in records}
    for one in records:
        assert len(frames[one.name]) == one.rows
        assert list(frames[one.name].columns) == list(next(table for table in declared if table.name == one.name).names)
    quantity = findings.headline
    morris = frames["morris"].query("scenario == 'difference'").set_index("parameter")
    screened = findings.screened[quantity]
    assert np.allclose(morris.loc[list(findings.space.names), "mu_star"], screened.mu_star)
    assert (morris.loc[list(findings.space.names), "above"] == "yes").tolist() == screened.above.tolist()
    # the reader of CSV may be off in the last digit
    assert morris.loc["dummy", "mu_star"] == pytest.approx(screened.noise.dummy, rel=1e-12)
    exact = pd.read_parquet(tmp_path / "tables" / "morris.parquet").query("scenario == 'difference'").set_index("parameter")
    assert exact.loc["dummy", "mu_star"] == screened.noise.dummy
    sobol = frames["sobol"].query("scenario == 'difference'").set_index("parameter")
    names = [one.name for one in findings.survivors]
    assert np.allclose(sobol.loc[names, "total"], findings.indices[quantity].total)
    assert frames["survivors"]["rank"].tolist() == list(range(1, 1 + len(findings.passed)))
    assert frames["survivors"]["kept"].tolist().count("yes") == findings.kept
    assert (frames["noise"]["dummy_same"] == 0.0).all()
    assert frames["noise"]["stage"].tolist() == ["screening"] * 11 + ["indices"] * 11
    alone = findings.alone
    assert alone is not None
    assert np.allclose(frames["alone"]["change"].to_numpy().reshape(-1, 2), alone.change)


def test_summary_is_plain_json(findings: Findings) -> None:
    for one in (findings, nothing_found()):
        found = json.loads(json.dumps(summary(one), allow_nan=False))
        assert found["survivors"] == [survivor.name for survivor in one.survivors]
    found = summary(findings)
    largest = found["important"][findings.headline.name]
    assert [one["total"] for one in largest] == sorted((one["total"] for one in largest), reverse=True)
