"""The page on which a service is led: it shows what can be known, keeps the truth for the end, and its file is the game."""

import json
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from app.jobs import Unwanted
from app.pages import lead
from app.pages.lab import Lab
from app.texts import texts_of
from experiments.leading.acts import NAMES
from experiments.leading.game import SERVICES, Decision, begin, lived
from experiments.leading.seeing import SAYS
from experiments.mine.reading import TEXT_NAME
from sim.codes import LeaderType, Signal
from sim.measures.hours import HOURS
from sim.problems import BadInput

pytestmark = pytest.mark.engine

DECISIONS = [{"month": 12, "acts": ["meetings", "clarity"]}, {"month": 30, "acts": ["raising", "successors"]}]
FORECASTS = [{"month": 12, "chance": 0.5, "low": 20, "high": 60}, {"month": 36, "chance": 0.2, "low": 20, "high": 40}]
TRUTH = ('"delivering"', '"true"', '"fate"', '"chance"', '"given"', '"rated": [')


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab()


def answered(lab: Lab, **asked: Any) -> dict[str, Any]:
    ask = lead.ask({"service": "D", "luck": 1, **asked}, lab)
    return ask.told([ask.run(0, 1, lambda: True)], 1)


def test_it_begins_when_the_support_ends_and_asks_for_a_forecast(lab: Lab) -> None:
    found = answered(lab)
    assert (found["now"], found["start"], found["months"]) == (12, 12, 84)
    assert found["asked_at"] == (12, 36, 60)
    assert [one["name"] for one in found["acts"]] == list(NAMES)
    assert found["ended"] is None


def test_before_the_end_nothing_is_told_that_a_leader_cannot_know(lab: Lab) -> None:
    found = answered(lab, decisions=DECISIONS, now=45)
    said = json.dumps(found, allow_nan=False)
    assert not [one for one in TRUTH if one in said]
    later = answered(lab, decisions=[*DECISIONS, {"month": 45, "acts": ["monitoring"]}], now=48)
    assert found["seen"]["claimed"] == later["seen"]["claimed"][:45]
    assert found["seen"]["past"] == [one for one in later["seen"]["past"] if one in found["seen"]["past"]]
    over = json.dumps(answered(lab, decisions=DECISIONS, now=84), allow_nan=False)
    assert [one for one in TRUTH if one in over]  # control


def test_until_something_happens_gives_the_month(lab: Lab) -> None:
    found = answered(lab, decisions=DECISIONS, now="event")
    assert 30 < found["now"] <= 42
    assert {**answered(lab, decisions=DECISIONS, now=found["now"])} == found


def test_the_end_tells_all_and_the_file_is_the_game(lab: Lab, tmp_path: Path) -> None:
    found = answered(lab, decisions=DECISIONS, forecasts=FORECASTS, now=84)
    end = found["ended"]
    assert len(end["fate"]["chance"]) == 84
    assert end["fate"]["chance"][-1] == float(end["came"])
    assert len(end["knowing"]) == end["score"]["forecasts"] == 2
    assert set(end["own"]["spent"]) == set(HOURS)
    (tmp_path / found["file"]).write_text(found["toml"], encoding="utf-8")
    rows = sim.prepare(tmp_path / found["file"]).run([found["replicate"]]).rows[0, 3]
    game = begin(lab.world("nine-services"), "D", luck=1)
    own = lived(game, [Decision(one["month"], tuple(one["acts"])) for one in DECISIONS]).rows  # type: ignore[arg-type, unused-ignore]
    assert rows.tobytes() == own.tobytes()
    other = lab.world(found["scenario"]).with_policies(found["policies"]).only("D")  # as the pages of one life read it
    assert other.run([found["replicate"]]).rows[0, 0].tobytes() == own.tobytes()
    assert rows["delivering_posts"].tolist() == end["own"]["delivering"] != end["passive"]["delivering"]


def test_each_game_has_a_folder_of_its_own_and_no_file_of_another_page(lab: Lab) -> None:
    games = [answered(lab), answered(lab, luck=2), answered(lab, service="G"), answered(lab, decisions=DECISIONS, now=45)]
    folders = [one["command"].split()[-1] for one in games]
    assert len(set(folders)) == len(games)
    assert all(f"sustain why {folder} " in one["why"] for folder, one in zip(folders, games, strict=True))
    assert games[0]["command"] == answered(lab)["command"]  # control
    assert games[0]["file"] != f"{TEXT_NAME}.toml"


def test_a_step_and_the_end_are_quick(lab: Lab) -> None:
    answered(lab)
    started = time.process_time()
    answered(lab, decisions=DECISIONS, now=45)
    step = time.process_time() - started
    answered(lab, decisions=DECISIONS, forecasts=FORECASTS, now=84)
    assert step < 0.4
    assert time.process_time() - started < 3.4


def test_keys_tell_games_apart(lab: Lab) -> None:
    asked: list[dict[str, Any]] = [
        {}, {"luck": 2}, {"service": "G"}, {"hours": 6}, {"now": 13, "decisions": DECISIONS[:1]},
        {"now": 14, "decisions": DECISIONS[:1]},
        {"now": 14, "decisions": DECISIONS[:1], "forecasts": FORECASTS[:1]},
    ]  # fmt: skip
    keys = [lead.ask({"service": "D", "luck": 1, **one}, lab).key for one in asked]
    assert len(set(keys)) == len(keys)
    assert lead.ask({"service": "D", "luck": 1}, lab).key == keys[0]


def test_what_is_no_longer_wanted_stops(lab: Lab) -> None:
    ask = lead.ask({"decisions": DECISIONS, "now": 84}, lab)
    with pytest.raises(Unwanted):
        ask.run(0, 1, lambda: False)


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ({"service": "Z"}, ["service"]),
        ({"service": ["D"], "more": 1}, ["more", "service"]),
        ({"luck": 1e9, "hours": -1}, ["luck", "hours"]),
        ({"now": 11}, ["now"]),
        ({"now": 1000}, ["now"]),
        ({"now": "event"}, ["now"]),
        ({"now": None}, ["now"]),
        ({"now": 30, "decisions": DECISIONS}, ["now"]),
        ({"decisions": [{"month": 5, "acts": ["x"]}], "forecasts": "x"}, ["decisions.0.month", "forecasts"]),
        ({"decisions": {"month": 5}, "forecasts": [{}], "now": "later"}, ["decisions", "forecasts.0", "now"]),
    ],
)
def test_bad_messages_are_told_all_at_once(lab: Lab, asked: dict[str, Any], places: list[str]) -> None:
    with pytest.raises(BadInput) as told:
        lead.ask(asked, lab)
    assert [one.where for one in told.value.problems] == places


def test_every_word_that_the_page_needs_is_there() -> None:
    words = texts_of("lead")
    assert list(words["acts"]) == list(NAMES)
    assert set(words["services"]) == set(SERVICES)
    assert set(words["says"]) == set(SAYS.values())
    assert set(words["leaders"]) == {one.name.lower() for one in LeaderType}
    assert set(words["signals"]) == {one.name.lower() for one in Signal}
    assert set(words["kinds"]) == set(HOURS)
    assert np.all(
        [one in words for one in ("ways_own", "ways_passive", "ways_best", "rated_label", "measured_label", "true_label")]
    )


# ------------------------------------------------------------------------------------------------------- a service of one's own

OURS = (Path(__file__).resolve().parents[2] / "docs" / "services" / "half-left.toml").read_text(encoding="utf-8")


def led(lab: Lab, **asked: Any) -> dict[str, Any]:
    ask = lead.ask({"text": OURS, "luck": 1, **asked}, lab)
    found = ask.told([ask.run(0, 1, lambda: True)], 1)
    json.dumps(found, allow_nan=False)
    return found


def test_a_service_of_ones_own_is_led_and_its_file_is_the_game(lab: Lab, tmp_path: Path) -> None:
    begun = led(lab)
    assert begun["scenario"] is None
    start, months = begun["start"], begun["months"]
    decisions = [{"month": start, "acts": ["meetings", "clarity"]}, {"month": start + 6, "acts": []}]
    found = led(lab, decisions=decisions, now=months)
    assert "seen" not in tomllib.loads(found["toml"])
    (tmp_path / found["file"]).write_text(found["toml"], encoding="utf-8")
    rows = sim.prepare(tmp_path / found["file"]).run([found["replicate"]]).rows[0, 0]
    assert rows["delivering_posts"].tolist() == found["ended"]["own"]["delivering"]
    other = led(lab, decisions=[{"month": start, "acts": ["raising", "successors"]}], now=months)
    assert other["ended"]["own"]["delivering"] != found["ended"]["own"]["delivering"]  # control: decisions matter


def test_own_services_and_lucks_are_told_apart(lab: Lab) -> None:
    other = OURS.replace("staff = ", "staff = 1")
    assert other != OURS
    lives = {led(lab)["life"], led(lab, luck=2)["life"], led(lab, text=other)["life"], answered(lab)["life"]}
    assert len(lives) == 4
    assert led(lab, text=f"# a word\n{OURS}")["life"] == led(lab)["life"]  # the same service


def test_a_service_without_support_is_led_from_the_first_month_on(lab: Lab) -> None:
    text = OURS.replace("[[services]]", "[[services]]\nsupport_months = 0", 1)
    assert led(lab, text=text)["start"] == 1


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"text": 7}, "text"),
        ({"text": OURS, "service": "D"}, "text"),
        ({"text": ""}, "file"),
        ({"text": "#" * 40_001}, "file"),
        ({"text": OURS.replace("staff = ", "staff = -")}, "half-left.toml: services[1]"),
        (
            {"text": OURS.replace("months = 84", "months = 12", 1).replace("now = 18", "now = 11").split("[[seen")[0]},
            "half-left.toml: months",
        ),
        ({"text": f'services_file = "/etc/passwd"\n{OURS}'}, "half-left.toml: services_file"),
    ],
)
def test_a_file_that_cannot_be_led_is_told(lab: Lab, asked: dict[str, Any], place: str) -> None:
    with pytest.raises(BadInput) as found:
        lead.ask(asked, lab)
    assert found.value.problems[0].where.startswith(place)
