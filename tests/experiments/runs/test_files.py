"""``sustain check`` and ``sustain schema`` know every kind of file."""

import json
import shutil

import pytest

from experiments.hypotheses.reading import STUDIES as HYPOTHESES
from experiments.hypotheses.reading import shipped
from experiments.hypotheses.records import RecordFile, skeleton
from experiments.runs.files import KINDS, kind_of, schema_of
from experiments.sweeps.reading import STUDIES
from sim.ensembles import PLAUSIBLE_FILE
from sim.scenario.catalogue import find
from tests.experiments.commanding import refused, sustain
from tests.experiments.mine.small import SEEN
from tests.experiments.mine.small import SERVICE as MINE
from tests.experiments.trials.small import text_of

SERVICES = (
    "name,setting,staff,posts,leader,signal,selection,format,pool,inflow\nS,primary,14,3,active,committed,requested,group,12,1\n"
)


@pytest.fixture
def files(tmp_path):
    """A file of every kind."""
    few = PLAUSIBLE_FILE.read_text(encoding="utf-8").splitlines()[:4]
    texts = {
        "services.csv": SERVICES,
        "members.csv": "\n".join(few) + "\n",
        "record.toml": skeleton("H1", "a" * 64, "b" * 64, "mixed"),
        "ours.toml": MINE + SEEN,
        "small.toml": text_of(),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    copies = {
        "scenario": find("all-active"),
        "study": STUDIES / "protected-time.toml",
        "hypothesis": next(iter(shipped().values())),
    }
    found = {kind: shutil.copy(path, tmp_path / path.name) for kind, path in copies.items()}
    return found | {
        "services": tmp_path / "services.csv",
        "ensemble": tmp_path / "members.csv",
        "record": tmp_path / "record.toml",
        "mine": tmp_path / "ours.toml",
        "trial": tmp_path / "small.toml",
    }


def test_every_kind_is_told(files):
    assert set(files) == set(KINDS)
    assert {kind: kind_of(path).name for kind, path in files.items()} == {kind: kind for kind in KINDS}
    done = sustain("check", *files.values())
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [f"{path}: ok ({kind})" for kind, path in files.items()]


@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        ("scenario", "schema_version = 1", "schema_version = 9", "schema_version"),
        ("study", "schema_version = 1", "schema_version = 9", "schema_version"),
        ("hypothesis", 'direction = "higher"', 'direction = "upwards"', "direction"),
        ("record", 'hypothesis = "H1"', 'hypothesis = "H1"\nresults = "more"', "results"),
        ("mine", "now = 18", "now = 480", "now"),
        ("trial", "month = 12", "month = 13", "estimand.month"),
        ("services", ",14,", ",none,", "staff"),
        ("ensemble", "weight", "wait", "wait"),
    ],
)
def test_what_is_wrong_is_told_by_the_kinds_own_reader(files, kind, old, new, said):
    path = files[kind]
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert said in refused("check", path)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "broken.toml").write_text("name = ", encoding="utf-8")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    for name in ("broken.toml", "empty.csv", "missing.toml", "missing.csv"):
        assert name in refused("check", tmp_path / name)


def test_every_kind_of_toml_has_a_schema():
    named = [kind.name for kind in KINDS.values() if kind.schema is not None]
    assert set(named) == {"scenario", "study", "hypothesis", "record", "mine", "trial"}
    for name in named:
        assert json.loads(sustain("schema", name).stdout)["type"] == "object"
    assert json.loads(sustain("schema").stdout) == schema_of("scenario")
    assert schema_of("record")["properties"].keys() == RecordFile.model_fields.keys()
    assert "no schema of 'stuudy'" in refused("schema", "stuudy")
    for table in set(KINDS) - set(named):
        assert "tables have no JSON Schema: `sustain check` reads them" in refused("schema", table)
    assert "tables have" not in refused("schema", "stuudy")  # the control


def test_the_shipped_hypotheses_and_their_template_are_hypotheses():
    assert {kind_of(path).name for path in HYPOTHESES.glob("*.toml")} == {"hypothesis"}
