"""Pages that only read: hypotheses and numbers. They say what the kept results say, and refuse what is not there."""

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from app.pages import hypotheses, numbers
from app.pages.asking import Page
from app.pages.lab import Lab
from app.texts import texts_of
from experiments.hypotheses.remembered import remembered
from experiments.hypotheses.retold import WORDS, overview, whole
from experiments.keeping.blocks import ROOT
from experiments.keeping.kept import PACKAGED
from experiments.runs.moved import CURRENT, MISSING, OLD, kept_runs
from experiments.runs.numbers import KINDS, entries, found
from sim.parameters import STATUSES
from sim.problems import BadInput
from tests.experiments.commanding import sustain

LAB = Lab()
MOST_BYTES = 60_000


def answered(page: Page, **asked: Any) -> dict[str, Any]:
    ask = page.ask(asked, LAB)
    assert ask.last == 1
    assert hash(ask.key) is not None
    told = ask.told([ask.run(0, 1, lambda: True)], 1)
    text = json.dumps(told, allow_nan=False)
    assert len(text) < MOST_BYTES
    return dict(json.loads(text))


def test_the_page_of_hypotheses_tells_the_kept_run() -> None:
    told = answered(hypotheses.PAGE)
    assert told["all"] == json.loads(json.dumps(overview(remembered())))
    assert (told["one"], told["command"]) == (None, "sustain hypotheses")
    one = answered(hypotheses.PAGE, hypothesis="H10")
    assert one["one"] == json.loads(json.dumps(whole(remembered(), "H10")))
    assert one["command"] == "sustain hypotheses H10"
    assert one["one"] != answered(hypotheses.PAGE, hypothesis="H9")["one"]  # control


def test_its_commands_are_understood() -> None:
    listed = sustain("hypotheses", "--list").stdout
    assert all(one["hypothesis"] in listed for one in answered(hypotheses.PAGE)["all"]["hypotheses"])


@pytest.mark.parametrize("asked", [{"hypothesis": "H99"}, {"hypothesis": ["H1"]}, {"hypothesis": {}}, {"file": "/etc/passwd"}])
def test_hypotheses_that_are_not_there_are_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refused:
        hypotheses.ask(asked, LAB)
    assert [one.where for one in refused.value.problems] == [next(iter(asked))]


def test_the_page_of_numbers_finds_what_the_search_finds() -> None:
    told = answered(numbers.PAGE, words="leader turnover", kind="parameter")
    assert [one["name"] for one in told["rows"]] == [one.name for one in found("leader turnover", kinds=["parameter"])]
    assert told["count"] == len(told["rows"])
    some, every = answered(numbers.PAGE), answered(numbers.PAGE, status="evidence", all=True)
    assert (len(some["rows"]), some["count"]) == (numbers.FEW, len(entries()))
    assert every["count"] == len(every["rows"]) == len(found(statuses=["evidence"]))
    assert answered(numbers.PAGE, words="xyzzy")["rows"] == []
    assert answered(numbers.PAGE, words="leadr turnover")["near"]


def test_all_of_them_fit_into_an_answer() -> None:
    ask = numbers.ask({"all": True}, LAB)
    assert len(json.dumps(ask.told([ask.run(0, 1, lambda: True)], 1), allow_nan=False)) < 2 * MOST_BYTES


@pytest.mark.parametrize("name", ["chance_leader_leaves", "switch.fading", "forms.belief", "protected_time"])
def test_one_number_is_told_with_the_command_that_tells_the_same(name: str) -> None:
    told = answered(numbers.PAGE, one=name)
    one = told["one"]
    said = sustain(*told["command"].split()[1:]).stdout
    assert one["note"] in " ".join(said.split())
    if one["value"] is not None:
        assert f"{one['value']:g} ({one['low']:g} to {one['high']:g}) {one['unit']}" in said
        assert one["status"] in said


HOSTILE = [
    {"words": 3},
    {"words": "x" * 201},
    {"status": "gospel"},
    {"status": ["evidence"]},
    {"kind": "magic"},
    {"all": "yes"},
    {"one": "nonsense"},
    {"one": ["belief_mean"]},
    {"one": 10**400},
    {"path": "../../etc/passwd"},
]


@pytest.mark.parametrize("asked", HOSTILE)
def test_hostile_searches_are_refused_by_their_field(asked: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refused:
        numbers.ask(asked, LAB)
    assert [one.where for one in refused.value.problems] == [next(iter(asked))]


def test_all_problems_come_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        numbers.ask({name: [0] for name in ("words", "status", "kind", "one")}, LAB)
    assert [one.where for one in refused.value.problems] == ["words", "status", "kind", "one"]


def test_every_code_has_words() -> None:
    words = texts_of(hypotheses.NAME)
    assert tuple(words["marks"]) == WORDS
    assert len(set(words["marks"].values())) == len(WORDS)
    words = texts_of(numbers.NAME)
    assert tuple(words["statuses"]) == tuple(words["rests"]) == STATUSES
    assert tuple(words["kinds"]) == KINDS
    assert set(words["marks"]) == {*STATUSES, *KINDS} - {"parameter"}
    assert set(words["states"]) == {MISSING, OLD}
    assert CURRENT not in words["states"]
    assert set(words["runs_of"]) == set(kept_runs().states)
    for name in (hypotheses.NAME, numbers.NAME):
        assert not set(texts_of(name)) & set(dir(dict))


def test_what_the_pages_read_is_packaged(tmp_path: Path) -> None:
    """What the package takes of the kept results, and nothing else, is enough to read them."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    packaged = PACKAGED.relative_to(ROOT).as_posix()
    for source, target in build["targets"]["wheel"]["force-include"].items():
        if target.startswith(packaged):
            assert target == f"{packaged}/{source}"
            place = tmp_path / source
            place.parent.mkdir(parents=True, exist_ok=True)
            copied = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copied(ROOT / source, place)
    there = remembered(tmp_path)
    assert [one.why for one in there.every] == [""] * 13
    assert there.notices == ()
    assert set(kept_runs(tmp_path).states.values()) == {CURRENT}
    assert overview(there) == overview(remembered())
    shutil.rmtree(tmp_path / "results/reference/knobs")
    kept_runs.cache_clear()
    assert kept_runs(tmp_path).states["knobs"] == MISSING  # control
