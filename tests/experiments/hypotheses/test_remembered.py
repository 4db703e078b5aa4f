"""The kept run read back says word for word what its own report said; what is not kept is told as missing."""

import html
import json
import re
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from experiments.hypotheses import remembered as module
from experiments.hypotheses.answers import answer_of, answer_of_all
from experiments.hypotheses.reading import shipped
from experiments.hypotheses.reference import REFERENCE
from experiments.hypotheses.remembered import LACKING, OTHER_ENSEMBLE, REWORDED, Remembered, remembered
from experiments.hypotheses.retold import NOT_KNOWN, overview, whole
from experiments.hypotheses.robustness import prior_words, stability_words
from experiments.hypotheses.words import along_words, claims_words, sure_words, verdict_with_sign
from experiments.keeping.blocks import ROOT
from experiments.keeping.kept import NOT_YET, PACKAGED, home
from sim.problems import BadInput

KEPT = cache(remembered)  # read when a test asks for it, not by whoever collects the tests


@pytest.fixture(params=shipped())
def one(request: pytest.FixtureRequest) -> Remembered:
    """Each of the kept hypotheses."""
    return next(one for one in KEPT().every if one.hypothesis.file.name == request.param)


def text_of(path: Path) -> str:
    """What a reader reads of a page, with single blanks."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8"))).split())


def plain(text: str) -> str:
    return " ".join(text.split())


def sentences(one: Remembered) -> list[str]:
    found = one.found
    assert found is not None
    every = [answer_of(found), *claims_words(found), *sure_words(found), *along_words(found), *prior_words(found)]
    return [plain(said) for said in (*every, *stability_words(found))]


def test_every_sentence_stands_on_the_kept_page(one: Remembered) -> None:
    page = text_of(ROOT / REFERENCE / "pages" / f"{one.hypothesis.file.name}.html")
    assert [said for said in sentences(one) if said not in page] == []
    others = [other for other in KEPT().every if other is not one]
    assert any(said not in page for said in sentences(others[0]))  # control: another page would be noticed


def nudged(one: Remembered, part: float) -> Remembered:
    """The same with the numbers of its tables moved by a part of themselves."""
    assert one.found is not None

    def moved(effect: Any) -> Any:
        values = {name: getattr(effect, name) * (1.0 + part) for name in ("mean", "low", "high", "sign_share", "sign_error")}
        return replace(effect, **values)

    def claim(found: Any) -> Any:
        offs = tuple(replace(off, effect=off.effect * (1.0 + part), error=off.error * (1.0 + part)) for off in found.knockouts)
        readings = tuple(two if two.toward is None else replace(two, toward=moved(two.toward)) for two in found.readings)
        return replace(found, knockouts=offs, readings=readings)

    return replace(one, found=replace(one.found, claims=tuple(claim(found) for found in one.found.claims)))


def cells(one: Remembered) -> list[str]:
    told = whole(replace(KEPT(), every=(one,)), one.hypothesis.file.hypothesis)
    assert set(told["grids"]) >= {"prior", "knockouts", "stability"}
    return [plain(text) for grid in told["grids"].values() for row in grid["rows"] for cell in row["cells"] for text in cell]


def test_every_cell_of_the_tables_stands_on_the_kept_page(one: Remembered) -> None:
    """The tables keep six digits: a number that they leave between two roundings may be told as either."""
    page = text_of(ROOT / REFERENCE / "pages" / f"{one.hypothesis.file.name}.html")
    told = zip(cells(one), cells(nudged(one, 5e-6)), cells(nudged(one, -5e-6)), strict=True)
    assert [either for either in told if not any(text in page for text in either)] == []
    assert any(text not in page for text in cells(nudged(one, 0.05)))  # control: other numbers would be noticed


def test_the_overview_is_that_of_the_report() -> None:
    report = text_of(ROOT / REFERENCE / "report.html")
    told = overview(KEPT())
    assert plain(told["answer"]) in report
    assert [one["hypothesis"] for one in told["hypotheses"]] == [f"H{number}" for number in range(1, 14)]
    found = [one.found for one in KEPT().every if one.found]
    assert [one["told"] for one in told["hypotheses"]] == [verdict_with_sign(each) for each in found]
    assert answer_of_all(found[:1]) != told["answer"]  # control
    assert told["notices"] == []


def against(claim: Any) -> bool:
    return bool(claim["verdict"] == "mixed" and claim["toward"]["high"] < 0.0)


def test_what_is_told_is_plain_json_and_of_the_kept_numbers() -> None:
    record = json.loads((ROOT / REFERENCE / "hypotheses.json").read_text(encoding="utf-8"))
    for kept in record["hypotheses"]:
        told = json.loads(json.dumps(whole(KEPT(), kept["hypothesis"]), allow_nan=False))
        assert [claim["verdict"] == "contradicted on average" or claim["verdict"] for claim in told["claims"]] == [
            (claim["verdict"] == "mixed" and claim["toward"]["high"] < 0.0) or claim["verdict"] for claim in kept["claims"]
        ]
        assert told["command"] == f"sustain hypotheses {kept['hypothesis']}"
        assert 0 < told["same"] <= told["readings"]


@pytest.mark.parametrize("number", ["H14", "", "h04", "../H1", 4, None, ["H1"]])
def test_only_hypotheses_that_ship(number: object) -> None:
    with pytest.raises(BadInput, match="no such hypothesis"):
        whole(KEPT(), number)


def copied(folder: Path) -> Path:
    """A repository with nothing in it but the kept run."""
    place = folder / REFERENCE
    place.mkdir(parents=True)
    for name in ("hypotheses.json", *(f"{table}.csv" for table in module.TABLES)):
        shutil.copy(ROOT / REFERENCE / name, place / name)
    return place


def test_what_is_not_kept_is_told_as_missing(tmp_path: Path) -> None:
    nothing = remembered(tmp_path / "empty")
    assert {one.why for one in nothing.every} == {NOT_YET}
    assert {one["told"] for one in overview(nothing)["hypotheses"]} == {NOT_KNOWN}
    assert overview(nothing)["run"] is None
    assert whole(nothing, "H4")["claims"] == []

    place = copied(tmp_path)
    record = json.loads((place / "hypotheses.json").read_text(encoding="utf-8"))
    record["hypotheses"][3]["hash"] = "0" * 64
    gone = record["hypotheses"].pop(5)
    record["ensemble"]["hash"] = "0" * 64
    record["controls"]["problems"] = ["luck alone came out supported"]
    (place / "hypotheses.json").write_text(json.dumps(record), encoding="utf-8")
    (place / "knockouts.csv").unlink()
    other = remembered(tmp_path)
    why = {one.hypothesis.file.hypothesis: one.why for one in other.every if one.why}
    assert why == {"H4": REWORDED, gone["hypothesis"]: LACKING}
    assert whole(other, "H4")["answer"] == REWORDED
    assert "knockouts" not in whole(other, "H1")["grids"]
    said = " ".join(other.notices)
    assert OTHER_ENSEMBLE in said
    assert "knockouts.csv" in said
    assert "luck alone came out supported" in said


def test_an_error_that_was_not_reached_is_told(tmp_path: Path) -> None:
    place = copied(tmp_path)
    record = json.loads((place / "hypotheses.json").read_text(encoding="utf-8"))
    record["hypotheses"][0]["claims"][0]["enough"] = False
    (place / "hypotheses.json").write_text(json.dumps(record), encoding="utf-8")
    assert "Monte Carlo error that was asked for was not reached" in whole(remembered(tmp_path), "H1")["sure"][-1]
    assert not any("was not reached" in said for said in whole(KEPT(), "H1")["sure"])  # control


def test_an_installed_package_reads_its_own_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home() == ROOT
    monkeypatch.setattr("experiments.keeping.kept.ROOT", tmp_path)
    assert home() == PACKAGED
