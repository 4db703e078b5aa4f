"""``sustain why``: what it says, what it writes, what bad input gets."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from experiments.runs.explaining import world_of
from sim.store.manifest import finish
from sim.store.reader import read_manifest
from sim.why.walk import walk
from sim.why.walked import as_plain
from tests.experiments.commanding import refused, sustain
from tests.thoroughly import some

pytestmark = pytest.mark.engine

SMALL = ("--months", "48", "-n", "60", "--seed", "3", "--threads", "1", "--no-figures")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small run; not to be changed."""
    found = tmp_path_factory.mktemp("why") / "run"
    assert sustain("run", "nine-services", *SMALL, "--out", found).exit_code == 0
    return found


@pytest.fixture(scope="module")
def told(folder: Path) -> Callable[..., str]:
    """What a question about the run is answered, which is asked but once; twice where that is the question."""

    @cache
    def said(*asked: str) -> str:
        found = sustain("why", folder, *asked)
        assert found.exit_code == 0, found.output
        return found.stdout

    return said


def test_it_tells_a_story_and_what_would_have_prevented_it(folder: Path, told: Callable[..., str]) -> None:
    said = told("--service", "D")
    for part in (
        "Why D has given the practice up",
        "of 60 replicates; this is replicate",
        "What happened",
        "What made it happen",
        "What would have helped",
        "Of lives like this one with other luck",
        "changes that should explain nothing",
        "share (Shapley)",
    ):
        assert part in " ".join(said.split()), part
    assert "How likely it was" not in said
    assert max(map(len, said.splitlines())) <= 110
    assert sustain("why", folder, "--service", "D").stdout == said


def test_fate_twin_and_post(told: Callable[..., str]) -> None:
    said = told("--service", "D", "--fate", "--twin", "follow-up")
    assert "How likely it was, given all that had happened so far" in said
    assert "the two lives part after month 12" in " ".join(said.split())
    post = told("--service", "D", "--post", "2", "--outcome", "not-delivering")
    assert post.startswith("Why Dina does not give the practice")


def test_many_lives_of_all_services(told: Callable[..., str]) -> None:
    said = " ".join(told("--lives", "6").split())
    for part in ("lives in which a service has given the practice up", "prevents it alone", "nothing here", "all services"):
        assert part in said
    plain = json.loads(told("--lives", "6", "--json"))
    assert [one["service"] for one in plain["help"]] == [*"ABCDEFGHI", "all services"]
    assert plain["help"][-1]["lives"] == sum(one["lives"] for one in plain["help"][:-1]) > 0
    for one in (*plain["remove"], *plain["help"]):
        assert set(one["came"]) == {"share", "of", "error"}
        assert all(share["of"] == one["lives"] for part in ("alone", "needed", "endings") for share in one[part].values())
    together = plain["help"][-1]
    assert 0.0 < together["came"]["error"] < 0.2
    assert all(set(value) == {"mean", "error"} for value in together["shapley"].values())


def test_json_has_every_set(folder: Path) -> None:
    plain = json.loads(sustain("why", folder, "--service", "D", "--json").stdout)
    assert len(plain["help"]["sets"]) == 256
    assert plain["fate"]["risk"][-1] == 1.0
    assert plain["remove"]["background"]["of"] == 200


def test_a_picture_is_written_with_its_numbers(folder: Path, tmp_path: Path) -> None:
    found = sustain("why", folder, "--service", "D", "--interview", "--out", tmp_path / "d")
    assert found.exit_code == 0, found.output
    assert "practitioner 1 has reason to bring up" in found.stdout
    assert (tmp_path / "d" / "why.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert json.loads((tmp_path / "d" / "why.json").read_text(encoding="utf-8"))["service"] == "D"
    assert "How likely it was" in (tmp_path / "d" / "why.txt").read_text(encoding="utf-8")
    assert sorted(one.name for one in (tmp_path / "d").iterdir()) == [
        "why-narrow.png", "why-narrow.svg", "why.json", "why.png", "why.svg", "why.txt",
    ]  # fmt: skip
    wide, narrow = (_width(tmp_path / "d" / name) for name in ("why.svg", "why-narrow.svg"))
    assert narrow < 0.6 * wide  # on a phone its letters are twice as high
    assert "the folder is in use already" in refused("why", folder, "--service", "D", "--out", tmp_path / "d")


def test_a_picture_that_fails_costs_no_answer(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("why", folder, "--service", "D", "--out")
    for error in some([ValueError("no such colour"), MemoryError()], 1):

        def fail(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        monkeypatch.setattr("matplotlib.figure.Figure.savefig", fail)
        out = tmp_path / type(error).__name__
        found = sustain(*asked, out)
        assert found.exit_code == 1, found.output
        assert found.stdout.startswith("Why D has given the practice up")
        assert f"{type(error).__name__}" in found.stderr
        assert found.stderr.count("why-narrow") == 1  # which one, by its name
        assert "Traceback" not in found.output
        assert sorted(one.name for one in out.iterdir()) == ["why.json", "why.txt"]
        assert json.loads((out / "why.json").read_text(encoding="utf-8"))["service"] == "D"
        text = (out / "why.txt").read_text(encoding="utf-8")
        assert text in found.stdout
        assert "The picture" not in text
    monkeypatch.undo()  # control
    assert sustain(*asked, tmp_path / "again").exit_code == 0
    assert "The picture" in (tmp_path / "again" / "why.txt").read_text(encoding="utf-8")


def test_nothing_or_all_of_what_was_seen_is_no_certainty(told: Callable[..., str]) -> None:
    for asked in (("--service", "D", "--fate", "--twin", "follow-up"), ("--lives", "6")):
        said = told(*asked)
        assert re.search(r"± 0(?!\.)|\+0\.00 ± 0\.00", said) is None
        assert re.search(r"\d % ± \d", said.replace(chr(160), " "))  # control: errors are told
        assert " % (at " in said or " % (at " in said.replace(chr(160), " ")


def _width(picture: Path) -> float:
    return float(picture.read_text(encoding="utf-8").partition(' width="')[2].partition("pt")[0])


def test_a_walk_has_the_same_numbers_as_text_table_and_json(folder: Path) -> None:
    asked = ("why", folder, "--service", "D", "--post", "2", "--replicate", "7", "--walk")
    text = sustain(*asked)
    assert text.exit_code == 0, text.output
    assert "Dina of D, replicate 7, month by month" in text.stdout
    plain = json.loads(sustain(*asked, "--json").stdout)
    rows = list(csv.DictReader(io.StringIO(sustain(*asked, "--csv").stdout)))
    assert len(plain["months"]) == len(rows) == 48
    places = [number["key"] for number in plain["numbers"]]
    for month, row in zip(plain["months"], rows, strict=True):
        assert [None if row[key] == "" else float(row[key]) for key in places] == month["values"]
    world, _ = world_of(folder)
    assert plain["months"] == json.loads(json.dumps(as_plain(walk(world, 7, "D", 1))))["months"]
    assert plain["what_if"] is None


def test_what_one_patient_would_have_changed(folder: Path) -> None:
    asked = ("why", folder, "--service", "D", "--post", "2", "--replicate", "7", "--walk", "--patient", "1")
    assert "The two lives are alike for" in sustain(*asked).stdout
    plain = json.loads(sustain(*asked, "--json").stdout)
    assert plain["what_if"]["apart"] == plain["patients"][0]["asked"] - 1
    assert len(plain["what_if"]["ends"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--walk",), "a walk is one of one post"),
        (("--service", "D", "--post", "2", "--walk", "--fate"), "is of no use to a walk"),
        (("--service", "D", "--post", "2", "--walk", "--patient", "99"), "no patient 99 of this post"),
        (("--service", "D", "--post", "2", "--walk", "--json", "--csv"), "one of them"),
        (("--service", "D", "--patient", "1"), "is asked of no walk"),
        (("--service", "Z"), "there is no service 'Z'"),
        (("--fate",), "is asked of no service"),
        (("--outcome", "given"), "unknown outcome 'given'"),
        (("--service", "D", "--replicate", "60"), "the run has no replicate 60"),
        (("--service", "D", "--replicate", "-1"), "--replicate: '-1' cannot be"),
        (("--service", "D", "--post", "9"), "D has no post '9'"),
        (("--service", "D", "--outcome", "given"), "unknown outcome 'given'"),
        (("--service", "D", "--twin", "followup"), "did you mean 'follow-up'"),
    ],
)
def test_bad_input(folder: Path, words: tuple[str, ...], said: str) -> None:
    assert said in refused("why", folder, *words)


def test_a_run_of_another_version_is_not_replayed(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    manifest = read_manifest(other)
    finish(other, manifest | {"code": manifest["code"] | {"rules": "0" * 64}})
    said = refused("why", other, "--service", "D")
    assert "made by another version of the model" in said
    assert "cannot be replayed" in said


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    assert "scenario.json" in refused("why", tmp_path, "--service", "D")


@pytest.mark.once
def test_the_picture_of_the_documents_is_drawn(tmp_path):
    from experiments.runs import documents

    assert documents.draw_images(tmp_path, replicates=30) == [tmp_path / documents.PICTURE]
