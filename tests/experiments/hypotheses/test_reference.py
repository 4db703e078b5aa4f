"""The full run that is kept: only one of what ships, and the document says what it says."""

import json
from functools import cache

import pytest
from PIL import Image

from experiments.hypotheses import documents, reading, reference
from experiments.hypotheses.running import BESIDE
from experiments.keeping.kept import NOT_YET
from sim.ensembles import read_ensemble
from sim.problems import BadInput
from sim.report.pages import inline


@pytest.fixture(scope="module", autouse=True)
def read_once():
    """Each shipped hypothesis is read once: none of these tests changes its file."""
    with pytest.MonkeyPatch.context() as patch:
        once = cache(reading.read_hypothesis)
        for module in (reading, reference, documents):
            patch.setattr(module, "read_hypothesis", once)
        yield


@pytest.fixture
def finished(tmp_path):
    """Folder that looks like a full run of what ships."""
    folder = tmp_path / "hypotheses"
    told = []
    for name in reading.shipped():
        one = reading.read_hypothesis(name)
        scenarios = {arm: scenario.hash for arm, scenario in one.arms.items()}
        told.append({
            "name": name, "hypothesis": one.file.hypothesis, "hash": one.hash, "scenarios": scenarios, "edited_after": "",
            "verdict": "mixed",
        })  # fmt: skip
    control = {"verdict": "supported", "may": ["supported"], "mean": 0.1, "error": 0.01}
    record = {
        "hypotheses": told, "sizes": {"worlds": None}, "ensemble": {"hash": read_ensemble().text_hash}, "runs": 9, "worlds": 200,
        "different_worlds": 170, "controls": {"planted": control, "inert": control | {"verdict": "mixed"}, "problems": []},
    }  # fmt: skip
    for name in (
        *reference.WHOLE,
        *(f"pages/{one}.html" for one in reading.shipped()),
        *(f"figures/{one}" for one in reference.PICTURES),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x\n")
    for name in reference.PICTURES:
        Image.new("RGB", (4, 4), "red").save(folder / "figures" / name)
        (folder / "figures" / name).with_suffix(".svg").write_text("<svg/>" + " " * 500)
    drawn = (folder / "figures" / next(iter(reference.PICTURES))).with_suffix(".svg")
    (folder / "report.html").write_text(f'<img src="{inline(drawn)}" alt="all claims">')
    write(folder, record)
    return folder, record


def write(folder, record) -> None:
    (folder / "hypotheses.json").write_text(json.dumps(record))


def test_a_full_run_of_what_ships_is_kept(finished, tmp_path):
    folder, record = finished
    kept = tmp_path / reference.REFERENCE
    written = reference.keep(folder, tmp_path)
    assert {*written} == {path for path in (*kept.rglob("*"), *(tmp_path / "docs").rglob("*")) if path.is_file()}
    assert json.loads((kept / "hypotheses.json").read_text()) == record
    page, before = (one.joinpath("report.html").read_text() for one in (kept, folder))
    assert page.startswith('<img src="data:image/png;base64,')
    assert page.endswith(' alt="all claims">')
    assert len(page) < len(before)
    assert len(list((kept / "pages").iterdir())) == len(reading.shipped())
    assert all((tmp_path / place).is_file() for place in reference.PICTURES.values())
    record["hypotheses"][0]["edited_after"] = f"2026{BESIDE}"  # what decides nothing may have been added
    write(folder, record)
    reference.keep(folder, tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda record: record["hypotheses"].pop(), "lacks h13"),
        (
            lambda record: record["hypotheses"][0].update(hash="other"),
            "h01-active-leadership or a scenario of its arms was edited",
        ),
        (lambda record: record["hypotheses"][0]["scenarios"].update(passive="x"), "or a scenario of its arms was edited"),
        (lambda record: record["hypotheses"][0].update(edited_after="2026"), "was edited after it had run there"),
        (lambda record: record["hypotheses"].append({"name": "mine"}), "has mine besides"),
        (lambda record: record["sizes"].update(worlds=24), "other sizes"),
        (lambda record: record["ensemble"].update(hash="x"), "another ensemble"),
        (
            lambda record: record["controls"]["problems"].append("luck is an effect"),
            "a control did not behave: luck is an effect",
        ),
    ],
)
def test_any_other_run_is_refused_and_nothing_is_written(finished, tmp_path, change, said):
    folder, record = finished
    change(record)
    write(folder, record)
    with pytest.raises(BadInput) as caught:
        reference.keep(folder, tmp_path)
    (problem,) = caught.value.problems
    assert said in problem.what
    assert not (tmp_path / "results").exists()


def test_an_unfinished_folder_is_refused(finished, tmp_path):
    folder, _ = finished
    (folder / "report.html").unlink()
    with pytest.raises(BadInput, match=r"lacks report\.html"):
        reference.keep(folder, tmp_path)
    (folder / "hypotheses.json").unlink()
    with pytest.raises(BadInput, match=r"hypotheses\.json cannot be read"):
        reference.keep(folder, tmp_path)


def test_the_document_counts_verdicts_and_controls(finished, tmp_path):
    folder, record = finished
    reference.keep(folder, tmp_path)
    assert f"Of {len(reading.shipped())} hypotheses: {len(reading.shipped())} mixed. 1 of 2 controls" in documents.summary(
        tmp_path
    )
    assert "another ensemble" not in documents.summary(tmp_path)  # the control
    write(tmp_path / reference.REFERENCE, record | {"ensemble": {"hash": "x"}})
    assert "over another ensemble than the shipped one" in documents.summary(tmp_path)
    assert documents.summary(tmp_path / "nowhere") == NOT_YET
