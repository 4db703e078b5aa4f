"""The page of one's own service: its numbers are those of ``sustain mine``, and its file says what it asked for."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.jobs import Unwanted
from app.pages import mine
from app.pages.lab import Lab
from app.texts import texts_of
from experiments.mine.forms import KINDS, SERVICE
from experiments.mine.schema import Leader
from sim.problems import BadInput
from sim.scenario.messages import words_of
from sim.scenario.schema import Service
from tests.experiments.commanding import sustain

FORM: dict[str, Any] = {
    "name": "Ours <b>", "setting": "primary", "staff": 14, "posts": 3, "leader": "passive_supportive",
    "signal": "left_to_practitioners", "selection": "in_passing", "format": "individual", "pool": 12, "inflow": 1,
    "now": 60, "delivering": [{"month": 20, "posts": 2, "tolerance": 1}],
}  # fmt: skip


def wanted() -> bool:
    return True


def answered(**asked: Any) -> dict[str, Any]:
    ask = mine.ask(asked, Lab())
    ends = range(60, ask.last + 1, 60)
    found = ask.told([ask.run(end - 60, end, wanted) for end in ends], ask.last)
    json.dumps(found, allow_nan=False)
    return found


@pytest.mark.engine
@pytest.mark.usefixtures("undrawn")
def test_it_says_what_the_command_says_to_the_last_digit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mine, "HISTORIES", 150)
    monkeypatch.setattr(mine, "FUTURES", 100)
    found = answered(form=FORM, acting=True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / found["file"]).write_text(found["toml"], encoding="utf-8")
    words = found["command"].split()
    assert words[:2] == ["sustain", "mine"]
    said = json.loads(sustain(*words[1:], "-n", "150", "--futures", "100", "--json").stdout)
    assert found["forecast"] == said["forecast"]
    assert found["seen"] == said["seen"]
    assert found["stage"] == "done"
    assert len(found["policies"]) == 12
    for one, other in zip(found["policies"], said["policies"], strict=True):
        assert {key: value for key, value in one.items() if key != "told"} == other
    again = answered(text=found["toml"], acting=False)
    assert again["forecast"] == found["forecast"]
    assert again["form_is_whole"]
    assert answered(form=FORM | {"inflow": 0.03})["forecast"] != found["forecast"]  # control


@pytest.mark.engine
def test_what_nobody_wants_is_not_run() -> None:
    with pytest.raises(Unwanted):
        mine.ask({"form": FORM}, Lab()).run(0, 60, lambda: False)


@pytest.mark.engine
def test_a_file_that_says_more_than_the_form_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mine, "HISTORIES", 100)
    text = Path("docs/services/half-left.toml").read_text("utf-8")
    ask = mine.ask({"text": text + "\n[parameters]\nchance_leader_leaves = 0.02\n"}, Lab())
    assert not ask.told([ask.run(0, 60, wanted)], 60)["form_is_whole"]


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({}, {"form"}),
        ({"form": FORM, "text": "x"}, {"form"}),
        ({"form": [1]}, {"form"}),
        ({"form": FORM, "path": "/etc/passwd"}, {"path"}),
        ({"form": FORM, "acting": 1}, {"acting"}),
        ({"form": FORM | {"staff": "many", "leader": "<script>"}}, {"staff", "leader"}),
        ({"form": FORM | {"now": 10**400}}, {"now"}),
        ({"form": FORM | {"delivering": [{"month": 1e308, "posts": -1}]}}, {"delivering.0.month", "delivering.0.posts"}),
        ({"text": "a = " + "9" * 5000}, {"my-service.toml: line 1"}),
        ({"text": "\0"}, {"my-service.toml"}),
        ({"text": "[[services]]\n" * 4000}, {"my-service.toml: services"}),
    ],
)
def test_each_problem_is_told_by_its_field(asked: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(BadInput) as found:
        mine.ask(asked, Lab())
    assert {one.where for one in found.value.problems} == fields


def test_the_menus_have_words() -> None:
    words = texts_of(mine.NAME)
    assert set(SERVICE) <= set(words)
    assert tuple(words["kinds"]) == tuple(KINDS)
    for kind, model in KINDS.items():
        assert set(words["kinds"][kind]) - {"title"} <= set(model.model_fields)
    for key, options in words["options"].items():
        field = Leader.model_fields[key] if key == "change" else Service.model_fields[key]
        assert options == words_of(field)
        assert set(options) <= set(words["words"])
    assert not set(words) & set(dir(dict))
