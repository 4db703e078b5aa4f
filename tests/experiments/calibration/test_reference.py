"""Small results of the shipped ensemble: only its own are kept, and the document says what they say."""

import json
from shutil import copytree

import numpy as np
import pytest

from experiments.calibration import documents, reference
from experiments.calibration.adopting import TABLES
from experiments.keeping.blocks import ROOT
from experiments.keeping.kept import NOT_YET
from sim.ensembles import PLAUSIBLE_FILE
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput


@pytest.fixture
def finished(tmp_path):
    """Folder that looks like the shipped calibration after its checks."""
    folder = tmp_path / "calibration"
    (folder / "checks" / "figures").mkdir(parents=True)
    (folder / "ensemble.csv").write_bytes(PLAUSIBLE_FILE.read_bytes())
    (folder / "ensemble.json").write_bytes(PLAUSIBLE_FILE.with_suffix(".json").read_bytes())
    for name in TABLES:
        (folder / name).write_text("x\n")
    for name in (*reference.TABLES, reference.RECORD):
        (folder / "checks" / name).write_bytes((ROOT / reference.RECOVERY / name).read_bytes())
    for name in reference.PICTURES:
        (folder / "checks" / "figures" / name).write_bytes(b"a picture")
    return folder


def test_checks_of_the_shipped_ensemble_are_kept(finished, tmp_path):
    kept = tmp_path / reference.RECOVERY
    written = reference.keep(finished, tmp_path)
    assert {*written} == {*kept.iterdir(), *(tmp_path / "docs").rglob("*.png")}
    assert sorted(one.name for one in kept.iterdir()) == sorted((*reference.TABLES, reference.RECORD))
    assert json.loads((kept / reference.RECORD).read_text())["study"] == reference.study()
    assert all((tmp_path / place).is_file() for place in reference.PICTURES.values())


def test_those_of_another_and_half_done_ones_are_refused_all_at_once(finished, tmp_path):
    (finished / "ensemble.csv").write_text("weight,a\n1,2\n")
    (finished / "checks" / "left_out.csv").unlink()
    with pytest.raises(BadInput) as caught:
        reference.keep(finished, tmp_path)
    assert [one.what for one in caught.value.problems] == ["is not the calibration that is shipped", "lacks left_out.csv"]
    assert not (tmp_path / "results").exists()


def test_the_document_says_what_was_found_and_of_which_ensemble(tmp_path):
    words = documents.recovery()
    assert f"On {reference.study()}, " in words
    assert "both were noticed" in words
    kept = tmp_path / reference.RECOVERY
    copytree(ROOT / reference.RECOVERY, kept)
    record = json.loads((kept / reference.RECORD).read_text())
    record["study"] = "another-9"
    control = next(name for name in record["coverage"] if name.startswith("control"))
    record["coverage"][control] |= {"too_seldom": False, "too_often": False}
    (kept / reference.RECORD).write_text(json.dumps(record))
    words = documents.recovery(tmp_path)
    assert f"These results are of another-9, not of {reference.study()}" in words
    assert "not noticed" in words
    assert "both were noticed" not in words
    assert documents.recovery(tmp_path / "nowhere") == NOT_YET


def test_every_rival_form_is_held_against_the_patterns():
    members = Ensemble("one", ("chance_waits",), np.array([[0.06]]), np.ones(1), "0")
    rows = reference.measured_forms(members, ["peers=independent"], stages=(1,), replicates=4)
    names = [[row["pattern"] for row in rows if row["form"] == form] for form in ("default", "peers=independent")]
    assert names[0] == names[1]
    assert names[0]
    means = [[row["mean"] for row in rows if row["form"] == form] for form in ("default", "peers=independent")]
    assert means[0] != means[1]
    assert all(form.split("=")[0] in reference.read_table().forms for form in reference.rival_forms())
    with pytest.raises(BadInput):
        reference.measured_forms(members, ["peers=nothing"], stages=(1,), replicates=4)


def test_the_table_of_forms_names_what_is_missed(tmp_path):
    row = {"low": "0", "high": "1", "members_inside": "1"}
    rows = [
        row | {"form": "default", "pattern": "A", "mean": "0.5", "inside": 1},
        row | {"form": "peers=independent", "pattern": "A", "mean": "1.25", "inside": 0},
    ]
    assert documents.rival_forms(tmp_path) == NOT_YET
    reference.keep_forms(tmp_path, rows, replicates=4)
    told = documents.rival_forms(tmp_path)
    assert "| `default` | 1 of 1 | – | – |" in told
    assert "| `peers=independent` | 0 of 1 | A 1.25 (0 to 1) | 1.50 (A) |" in told
