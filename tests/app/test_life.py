"""The pages of one life: their numbers are those of ``sustain why``, and what is hostile is refused."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.pages import life, walk, why
from app.pages.lab import Lab
from app.pages.life import FILE, RUNS, life_of
from app.standalone import STATIC
from app.texts import texts_of
from sim.codes import LeaderType, PractitionerStatus
from sim.figures.explained_looks import LEADER_LOOKS
from sim.figures.style import STATUS_LOOKS, USE_LOOKS
from sim.problems import BadInput
from sim.why.outcomes import OUTCOMES
from sim.why.people import TERMS
from sim.why.prevented import ANY, NOTHING, ONE, TOGETHER
from sim.why.story import plain_rows, story
from tests.experiments.commanding import sustain

ASKED: dict[str, Any] = {"scenario": "nine-services", "service": "D", "replicate": 2}
BARS = [{"act": "champion", "start": 20, "dose": 0.5}]


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab()


@pytest.fixture(scope="module", autouse=True)
def few() -> Iterator[None]:
    """A run of few histories."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (life, why):
            patch.setattr(module, "RUNS", 40)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where both commands of a page are carried out."""
    place = tmp_path_factory.mktemp("life")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        yield place


def wanted() -> bool:
    return True


def answered(page: Any, lab: Lab, *ends: int, **asked: Any) -> dict[str, Any]:
    """Answer made of chunks that end at these replicates, as a browser gets it."""
    ask = page.ask(ASKED | asked, lab)
    ends = ends or (ask.last,)
    results = [ask.run(first, last, wanted) for first, last in zip((0, *ends[:-1]), ends, strict=True)]
    return json.loads(json.dumps(ask.told(results, ends[-1]), allow_nan=False))


def carried_out(found: dict[str, Any]) -> dict[str, Any]:
    """What the page's command gives, run and all."""
    if found["toml"]:
        Path(found["file"]).write_text(found["toml"], encoding="utf-8")
    first, second = (one.split() for one in found["command"].split(" && "))
    if not Path(second[2]).exists():  # of the same world
        assert sustain(*first[1:], "--threads", "1").exit_code == 0
    done = sustain(*second[1:], "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.engine
def test_pages_say_what_why_says_to_the_last_digit(lab: Lab, folder: Path) -> None:
    walked = answered(walk, lab, post=2, patient=1, bars=BARS)
    said = carried_out(walked)
    assert walked["file"] == f"{FILE}.toml"
    assert walked["walk"] == {name: value for name, value in said.items() if name != "what_if"}
    assert walked["what_if"] == said["what_if"]
    assert walked["sham"]["apart"] == -1
    plain = answered(walk, lab, post=2, patient=1)
    assert plain["walk"] != walked["walk"]  # control: the bars matter
    explained = answered(why, lab, 60, 100, bars=BARS)
    said = carried_out(explained)
    assert explained["fate"] == said["fate"]
    assert explained["story"] == said["story"]
    assert all(explained["explained"][name] == said[name] for name in ("remove", "help", "chance", "replicate"))


@pytest.mark.engine
def test_the_first_answer_has_all_but_the_better_curve(lab: Lab) -> None:
    first, last = answered(why, lab, 12), answered(why, lab, 12, 72, 100)
    assert first["fate"]["lucks"] < last["fate"]["lucks"]
    assert {name: value for name, value in first.items() if name != "fate"} == {
        name: value for name, value in last.items() if name != "fate"
    }


@pytest.mark.engine
def test_a_life_that_did_not_come_to_it_has_its_story(lab: Lab) -> None:
    world = lab.world("all-active").only("A")
    kept = int(np.flatnonzero(~OUTCOMES["given-up"].holds(world.run(20)))[0])
    found = answered(why, lab, 60, scenario="all-active", service="A", replicate=kept)
    assert found["explained"] is None
    assert "nothing to explain" in found["headline"]
    assert found["story"]
    typical = answered(why, lab, 60, replicate=None)
    assert typical["explained"]["typical"]
    assert "a typical one" in typical["headline"]


@pytest.mark.engine
def test_policies_of_a_link_are_those_of_its_bars(lab: Lab) -> None:
    of_bars = life_of(ASKED | {"bars": BARS}, lab)
    added = of_bars.region.policies[: -len(lab.world("nine-services").policies) or None]
    raw = [one.model_dump(exclude_defaults=True) for one in added]
    assert life_of(ASKED | {"policies": raw}, lab).world.hash == of_bars.world.hash
    assert life_of(ASKED, lab).world.hash != of_bars.world.hash


@pytest.mark.engine
def test_another_world_is_run_into_another_folder(lab: Lab) -> None:
    one, again = life_of(ASKED | {"bars": BARS}, lab), life_of(ASKED | {"bars": BARS, "service": "A", "replicate": 3}, lab)
    other, shipped = life_of(ASKED | {"bars": [BARS[0] | {"start": 21}]}, lab), life_of(ASKED, lab)
    assert one.command == again.command
    assert len({each.folder for each in (one, other, shipped)}) == 3
    for each in (one, other, shipped):
        assert each.command.endswith(f"--out {each.folder}")
        assert f"sustain why {each.folder} " in each.why(2)


HOSTILE: list[dict[str, Any]] = [
    {"scenario": "../../etc/passwd"},
    {"scenario": 7},
    {"service": "Z"},
    {"service": ["D"]},
    {"replicate": RUNS},
    {"replicate": -1},
    {"replicate": True},
    {"replicate": 10**400},
    {"bars": "x"},
    {"bars": [{"act": "magic", "start": 1}]},
    {"policies": [{"lever": "magic", "dose": 1.0, "start": 12}]},
    {"policies": [7]},
    {"policies": [{}] * 201},
    {"file": "/etc/passwd"},
]


@pytest.mark.parametrize("given", HOSTILE)
def test_hostile_lives_are_refused(lab: Lab, given: dict[str, Any]) -> None:
    for page in (walk, why):
        with pytest.raises(BadInput):
            page.ask(ASKED | given, lab)


@pytest.mark.parametrize(
    "given", [{"post": 9}, {"post": "<b>"}, {"post": None}, {"patient": 0}, {"patient": "1"}, {"post": True}]
)
def test_hostile_walks_are_refused(lab: Lab, given: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        walk.ask(ASKED | given, lab)


@pytest.mark.engine
def test_every_problem_is_told_at_once(lab: Lab) -> None:
    with pytest.raises(BadInput) as found:
        why.ask({"scenario": "nine-services", "service": "Z", "replicate": 999, "bars": 3, "file": "x"}, lab)
    assert sorted(one.where for one in found.value.problems) == ["bars", "file", "replicate", "service"]
    with pytest.raises(BadInput, match="no such outcome"):
        why.ask(ASKED | {"outcome": "happiness"}, lab)
    with pytest.raises(BadInput, match="no patient 999"):
        answered(walk, lab, patient=999)


@pytest.mark.engine
def test_rows_are_those_of_the_history(lab: Lab) -> None:
    told = story(lab.world("nine-services"), 2, "D")
    rows = plain_rows(told)["rows"]
    assert [row["name"] for row in rows] == [*told.post_names, "leader", "the practice"]
    for row, codes in zip(rows, told.statuses, strict=False):
        assert [PractitionerStatus[name.upper()] for name in row["values"]] == codes.tolist()
    assert [LeaderType[name.upper()] for name in rows[-2]["values"]] == told.leaders.tolist()


def test_colours_and_hatches_are_those_of_the_figures() -> None:
    text = (STATIC / "people.js").read_text(encoding="utf-8")
    found = {}
    for kind, inside in re.findall(r"^  (\w+): \{\n(.*?)^  \},$", text, re.MULTILINE | re.DOTALL):
        looks = re.findall(r'^    (\w+): \["(#\w+)", ("[^"]*")\],$', inside, re.MULTILINE)
        found[kind] = {name: (colour, json.loads(hatch)) for name, colour, hatch in looks}
    assert found == {"status": dict(STATUS_LOOKS), "leader": dict(LEADER_LOOKS), "use": dict(USE_LOOKS)}


def test_every_name_has_words() -> None:
    assert set(texts_of("walk")["terms"]) == {*TERMS, "news"} - {"hazard"}
    assert set(texts_of("why")["outcomes"]) == set(OUTCOMES)
    assert set(texts_of("why")["endings"]) == {ONE, ANY, TOGETHER, NOTHING}
    for name in ("walk", "why"):
        words = texts_of(name)
        assert not set(words) & set(dir(dict))
        used = set(re.findall(r"\bt\.(\w+)", (STATIC / f"{name}.js").read_text(encoding="utf-8")))
        used |= set(re.findall(r"\bt\.(\w+)", (STATIC / "life.js").read_text(encoding="utf-8")))
        used |= set(re.findall(r"\bt\.(\w+)", (STATIC.parent / "templates" / f"{name}.html.j2").read_text(encoding="utf-8")))
        assert used <= set(words) | {"share", "not_known"}, used - set(words)
