"""The page on which a trial is planned: its numbers are those of ``sustain trial``, and its file says what it asked for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.jobs import Unwanted
from app.pages import trial
from app.pages.lab import Lab
from app.texts import texts_of
from experiments.trials import viewing
from sim.problems import BadInput
from tests.experiments.commanding import sustain


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Banks that are made in a moment."""
    for name, value in (("SERVICES", 80), ("WEDGE_SERVICES", 80), ("WORLDS", 8), ("TRIALS", 100)):
        monkeypatch.setattr(viewing, name, value)
    viewing._sized.cache_clear()
    yield
    viewing._sized.cache_clear()


def answered(lab: Lab, **asked: Any) -> dict[str, Any]:
    ask = trial.ask(asked, lab)
    ends = range(60, ask.last + 1, 60) if ask.last > 1 else (1,)
    results, first = [], 0
    for end in ends:
        results.append(ask.run(first, end, lambda: True))
        first = end
    found = ask.told(results, ask.last)
    json.dumps(found, allow_nan=False)
    return found


@pytest.mark.engine
@pytest.mark.usefixtures("small")
@pytest.mark.usefixtures("undrawn")
def test_it_says_what_the_command_says_to_the_last_digit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab()
    usual = answered(lab)
    found = answered(lab, services=12, month=6, given_up_a_year=0.4)
    assert found["planned"] != usual["planned"]  # control: the choices matter
    monkeypatch.chdir(tmp_path)
    (tmp_path / found["file"]).write_text(found["toml"], encoding="utf-8")
    words = found["command"].split()
    assert words[:2] == ["sustain", "trial"]
    said = json.loads(sustain(*words[1:], "--find-size", "--json").stdout)
    assert found["planned"] == said["planned"]
    assert found["curve"] == said["curve"]
    assert found["months"] == said["months"]
    assert found["intracluster_correlation"] == said["intracluster_correlation"]
    assert found["name"] == said["name"] == "leadership-24-mine"
    assert answered(lab, services=12, month=6, given_up_a_year=0.4) == found  # the bank is held, and what is known is kept


@pytest.mark.engine
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["monitoring-40", "wedge-12"])
def test_other_designs_are_looked_at(name: str) -> None:
    found = answered(Lab(), study=name)
    assert found["planned"]["power"]["value"] is not None
    assert found["sentence"].startswith(f"Your {found['month']}-month trial of {found['planned']['services']} services")
    assert found["curve"]


@pytest.mark.engine
@pytest.mark.usefixtures("small")
def test_the_making_is_told_and_can_be_left() -> None:
    lab = Lab()
    ask = trial.ask({}, lab)
    assert ask.told([ask.run(0, 60, lambda: True)], 60)["bank"] == {"done": 2, "of": 16}
    with pytest.raises(Unwanted):
        ask.run(60, 120, lambda: False)
    assert trial.ask({"services": 8}, lab).key != ask.key
    assert trial.ask({}, lab).last > 1


@pytest.mark.engine
@pytest.mark.usefixtures("small")
def test_an_answer_is_kept_when_its_bank_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "KEPT", 0)
    lab = Lab()
    first = answered(lab, services=8)
    trial.ask({"study": "monitoring-40"}, lab)  # takes the place of the bank
    assert trial.ask({"services": 12}, lab).last > 1  # control: another choice needs the bank, which is made again
    trial.ask({"study": "monitoring-40"}, lab)
    assert trial.ask({"services": 8}, lab).last == 1
    assert answered(lab, services=8) == first


@pytest.mark.engine
@pytest.mark.usefixtures("small")
def test_a_bank_that_is_being_made_stays_while_others_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "KEPT", 1)
    lab, studies = Lab(), ("leadership-24", "monitoring-40", "successors-60", "wedge-12")
    asks = [trial.ask({"study": name}, lab) for name in studies]
    held = [lab.known(trial.NAME, name) for name in studies]
    assert None not in held  # not even one of which nothing is made yet
    for ask in asks:
        ask.run(0, 60, lambda: True)
    trial.ask({"study": studies[0], "services": 8}, lab)
    assert [lab.known(trial.NAME, name) for name in studies] == held
    held[0].make(0, held[0].steps, lambda: None)
    trial.ask({"study": studies[1]}, lab)
    assert [lab.known(trial.NAME, name) for name in studies] == [None, *held[1:]]  # control: a whole one goes


def test_a_bank_on_which_somebody_works_stays() -> None:
    lab = Lab()
    for name in ("busy", "idle", "new"):
        lab.kept("page", name, lambda name=name: name, most=1, busy=lambda one: one == "busy")
    assert [lab.known("page", name) for name in ("busy", "idle", "new")] == ["busy", None, "new"]


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"study": "../../etc/passwd"}, {"study"}),
        ({"study": ["leadership-24"]}, {"study"}),
        ({"study": "template"}, {"study"}),
        ({"services": 10**9, "month": -1}, {"services", "month"}),
        ({"services": 24.0}, {"services"}),
        ({"services": True}, {"services"}),
        ({"services_a_year": 1e308, "given_up_a_year": "x"}, {"services_a_year", "given_up_a_year"}),
        ({"file": "/etc/passwd"}, {"file"}),
        ({"study": "wedge-12", "month": 4}, {"month"}),
    ],
)
def test_each_problem_is_told_by_its_field(asked: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(BadInput) as found:
        trial.ask(asked, Lab())
    assert {one.where for one in found.value.problems} == fields


def test_no_word_hides_behind_a_method() -> None:
    assert not set(texts_of(trial.NAME)) & set(dir(dict))
