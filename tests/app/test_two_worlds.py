"""The page of two worlds: its numbers are those of ``sustain compare``, and its file says what it asked for."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from app.jobs import Unwanted
from app.pages import two_worlds
from app.pages.lab import Lab
from app.queue import FIRST
from app.texts import texts_of
from experiments.policies import bars
from experiments.policies.bars import TEACHING
from sim.problems import BadInput
from tests.experiments.commanding import sustain

BARS = [{"act": "protected-time", "start": 12, "end": 60, "dose": 0.7}, {"act": "champion", "start": 20}]


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab()


def wanted() -> bool:
    return True


def answered(lab: Lab, *ends: int, **asked: Any) -> dict[str, Any]:
    """Answer made of chunks that end at these replicates."""
    ask = two_worlds.ask({"scenario": "all-active", "bars": BARS, **asked}, lab)
    starts = (0, *ends[:-1])
    return ask.told([ask.run(first, last, wanted) for first, last in zip(starts, ends, strict=True)], ends[-1])


@pytest.mark.engine
@pytest.mark.usefixtures("undrawn")
def test_it_says_what_compare_says_to_the_last_digit(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = answered(lab, 12, 30)
    monkeypatch.chdir(tmp_path)
    (tmp_path / found["file"]).write_text(found["toml"], encoding="utf-8")
    words = found["command"].split()
    assert words[:4] == ["sustain", "compare", "all-active", "world-b.toml"]
    said = json.loads(sustain(*words[1:], "--json").stdout)
    same = [one for one in said["effects"] if one["outcome"] == "share_kept_going"]
    assert found["effect"] == same[0]
    assert found["effect"]["difference"] != 0.0
    other = answered(lab, 12, 30, bars=BARS[:1])["effect"]
    assert other != found["effect"]  # control: the bars matter


@pytest.mark.engine
@pytest.mark.parametrize("pairs", [8, 40])
def test_how_sure_is_said_of_the_two_worlds_by_their_titles(lab: Lab, pairs: int) -> None:
    said = " ".join(answered(lab, pairs)["arm"]["sure"])
    assert said.startswith("World B minus World A, services that kept going to month 84")
    assert "world-b" not in said
    assert "all-active" not in said


@pytest.mark.engine
def test_chunks_are_what_all_at_once_is(lab: Lab) -> None:
    assert answered(lab, 4, 10, 20, unit="D") == answered(lab, 20, unit="D")
    assert answered(lab, 20, unit="D") != answered(lab, 19, unit="D")


@pytest.mark.engine
def test_keys_tell_apart_what_gives_other_results(lab: Lab) -> None:
    one, same, other, world = (
        two_worlds.ask(asked, lab).key
        for asked in ({"bars": BARS}, {"bars": BARS, "unit": "D"}, {"bars": BARS[:1]}, {"bars": BARS, "scenario": "all-active"})
    )
    assert one == same  # the same runs, told of another service
    assert len({one, other, world}) == 3


@pytest.mark.engine
def test_what_nobody_wants_is_not_run_to_the_end(lab: Lab) -> None:
    ask = two_worlds.ask({}, lab)
    with pytest.raises(Unwanted):
        ask.run(0, 12, lambda: False)


@pytest.mark.engine
def test_a_move_takes_little_of_the_processor(lab: Lab) -> None:
    """Of several the one that was disturbed least: the others say how busy the machine is. Milliseconds, the thread's own."""
    taken = []
    for start in range(12, 19):
        before = time.thread_time()
        ask = two_worlds.ask({"bars": [{"act": "clarity", "start": start}]}, lab)
        json.dumps(ask.told([ask.run(0, FIRST, wanted)], FIRST))
        taken.append(1e3 * (time.thread_time() - before))
    assert min(taken) <= 150.0


def test_every_problem_is_told_by_its_field(lab: Lab) -> None:
    asked = {
        "scenario": "nine-services",
        "unit": "Z",
        "file": "/etc/passwd",
        "bars": [{"act": "magic", "start": 12}, {"act": "clarity", "start": 99}],
    }
    with pytest.raises(BadInput) as found:
        two_worlds.ask(asked, lab)
    assert sorted(one.where for one in found.value.problems) == ["bars.0.act", "bars.1.start", "file", "unit"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "national", "", 7, None, ["nine-services"], {"a": 1}, "nine-services\0"])
def test_only_worlds_of_the_menu(lab: Lab, name: Any) -> None:
    with pytest.raises(BadInput, match="not in the menu"):
        two_worlds.ask({"scenario": name}, lab)


HOSTILE_BARS = [
    "x",
    {"a": 1},
    [None],
    [{"act": ["clarity"], "start": 1}],
    [{"act": "clarity", "start": 10**400}],
    [{"act": "clarity"}] * 25,
]


@pytest.mark.parametrize("given", HOSTILE_BARS)
def test_hostile_bars_are_refused(lab: Lab, given: Any) -> None:
    with pytest.raises(BadInput):
        two_worlds.ask({"bars": given}, lab)


def test_the_menus_have_words() -> None:
    words = texts_of(two_worlds.NAME)
    assert tuple(words["acts"]) == TEACHING
    assert tuple(words["presets"]) == two_worlds.PRESETS
    for name in TEACHING:
        assert words["acts"][name]["title"] == bars.Bar(act=name, start=0).ingredient.title


def test_no_word_hides_behind_a_method() -> None:
    """Templates say ``t.name``: a word called as a method of a mapping would not be found."""
    for name in (two_worlds.NAME, "home", "said"):
        assert not set(texts_of(name)) & set(dir(dict))
