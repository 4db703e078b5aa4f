"""A story tells every change once: the statuses can be replayed from it, and from nothing less."""

from typing import Any

import numpy as np
import pytest

import sim
from sim.codes import FORCES, LEADER_VACANT, POST_VACANT, STOPPED, UNTRAINED
from sim.holds import Hold
from sim.problems import BadInput
from sim.why.people import holder
from sim.why.story import Happening, Story, story, told, told_from
from sim.world import World
from tests.small_scenarios import small_scenario

pytestmark = pytest.mark.engine

EVENTS = """
[[events]]
month = 20
kind = "practitioner_leaves"
post = "North-2"
services = ["North"]

[[events]]
month = 30
kind = "leader_leaves"
services = ["North"]

[[events]]
month = 34
kind = "leader_arrives"
leader_type = "active"
services = ["North"]

[[events]]
month = 40
kind = "leader_becomes"
leader_type = "controlling"
services = ["North"]

[[events]]
month = 26
kind = "signal_changes"
signal = "committed"
services = ["North"]
"""


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> World:
    place = tmp_path_factory.mktemp("scenario") / "mine.toml"
    place.write_text(small_scenario("North", months=60) + EVENTS, encoding="utf-8")
    return sim.prepare(place, ensemble=None)


@pytest.fixture(scope="module")
def nine() -> World:
    return sim.prepare("nine-services")


class NotPossibleError(Exception):
    """What cannot follow on what stands there."""


NOBODY = -1
FOLLOWS: dict[str, set[int]] = {
    "trained": {UNTRAINED},
    "arrives": {POST_VACANT},
    "leaves": set(range(7)) - {POST_VACANT},
    "decides": set(range(STOPPED + 1)),
    "leader_begins": {NOBODY},
    "leader_leaves": set(range(6)) - {LEADER_VACANT},
    "leader_arrives": {LEADER_VACANT},
    "leader_becomes": set(range(6)) - {LEADER_VACANT},
}
"""What must stand before each kind; those who are trained in month 0 come to the study's posts with it."""


def line_of(happenings: list[Happening], months: int, begins: int) -> np.ndarray:
    """Replay what a post, or the leader's post, becomes: what is late shows from the next month on."""
    line, now = np.full(months + 2, begins), begins
    for one in happenings:
        follows = {POST_VACANT} if one.kind == "trained" and one.month == 0 else FOLLOWS[one.kind]
        if now not in follows or now == one.becomes:
            raise NotPossibleError(one)
        now = one.becomes
        line[one.month + one.late :] = now
    return line[1 : months + 1]


def lines_of(one: Story, happenings: tuple[Happening, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Statuses and leaders, from happenings alone."""
    of_posts = [[each for each in happenings if each.post == post] for post in range(len(one.post_names))]
    leading = [each for each in happenings if each.who == "leader"]
    statuses = [line_of(mine, one.months, POST_VACANT) for mine in of_posts]
    return np.array(statuses), line_of(leading, one.months, NOBODY)


def is_told(one: Story, happenings: tuple[Happening, ...]) -> bool:
    try:
        statuses, leaders = lines_of(one, happenings)
    except NotPossibleError:
        return False
    return bool((statuses == one.statuses).all() and (leaders == one.leaders).all())


SCENARIOS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("nine-services", {}),
    ("expansion", {}),
    ("expansion-decided", {}),
    ("upper-level-withdraws", {}),
    ("active-leader-leaves", {}),
    ("vacancy", {}),
    ("successor-training", {"settings": {"forms.deciding": "threshold"}}),
    ("high-turnover", {"settings": {"switch.service_decides": "off"}}),
)


@pytest.mark.parametrize(("name", "how"), SCENARIOS, ids=[name for name, _ in SCENARIOS])
def test_every_change_is_told_once(name: str, how: dict[str, Any]) -> None:
    world = sim.prepare(name, ensemble=None, **how)
    for service in world.services[:4]:
        alone = world.only(service)
        for replicate in range(15):
            one = story(alone, replicate, service)
            assert is_told(one, one.happenings), (service, replicate)


def test_every_change_is_told_once_where_events_are_dated(eventful: World) -> None:
    for replicate in range(30):
        one = story(eventful, replicate, "North")
        assert is_told(one, one.happenings), replicate


def test_nothing_can_be_left_out(eventful: World, nine: World) -> None:
    stories = [story(eventful, replicate, "North") for replicate in range(8)]
    stories += [story(nine, replicate, "D") for replicate in range(8)]
    for one in stories:
        for at, each in enumerate(one.happenings):
            whole = is_told(one, one.happenings[:at] + one.happenings[at + 1 :])
            assert whole == (each.becomes < 0), each


def test_counts_are_those_of_the_service(eventful: World) -> None:
    for replicate in range(20):
        batch, trace = eventful.trace(replicate)
        one, last = story(eventful, replicate, "North"), trace.services[-1, 0]

        def number(*kinds: str, one: Story = one) -> int:
            return sum(each.kind in kinds for each in one.happenings)

        assert number("leaves") == last["leavers"]
        assert number("trained") - one.established == last["successors_trained"]
        assert number("leader_leaves") == last["leader_changes"]
        assert number("arrives") == trace.practitioners["person"][-1].sum()
        decided = trace.practitioners["decided_month"]
        assert number("decides") == (decided == np.arange(one.months)[:, None]).sum()
        ends = trace.services[:, 0]["completed"] + trace.services[:, 0]["dropped_out"]
        assert [each.month for each in one.happenings if each.kind == "course_ends"] == (
            np.flatnonzero(np.diff(ends, prepend=0)) + 1
        ).tolist()
        assert number("state") == np.count_nonzero(np.diff(batch.rows[0, 0]["state"], prepend=6))
        assert (one.delivers.sum(axis=0) == batch.rows[0, 0]["delivering_posts"]).all()
        assert (one.use == batch.rows[0, 0]["use"]).all()


def test_courses_that_end_are_counted() -> None:
    from sim.why.around import with_patients

    steps = np.zeros(4, [("completed", "i8"), ("dropped_out", "i8"), ("lost", "i8")])
    steps["completed"], steps["dropped_out"], steps["lost"] = [0, 1, 3, 5], [0, 0, 1, 1], [0, 0, 0, 2]
    assert [(each.month, each.words) for each in with_patients(steps)] == [
        (2, "a patient's course is completed"),
        (3, "3 patients' courses are over: 2 completed and 1 broken off"),
        (4, "2 patients' courses are completed"),
        (3, "2 patients in a course are lost: nobody takes over"),
    ]


def test_months_are_those_that_a_reader_expects(eventful: World) -> None:
    held = [Hold("practitioner.leaves", 0.999), Hold("leader.leaves", 0.999), Hold("leader.arrives", 0.999)]
    one = story(eventful, 3, "North", held=held)
    months = {(each.kind, each.month) for each in one.happenings}
    assert {("support_ends", 12), ("signal", 26), ("leader_leaves", 30), ("leader_arrives", 34), ("leader_becomes", 40)} <= months
    # who leads from month 30 to 34 is nobody: seen at the end of month 31 first
    assert (one.leaders[:30] != LEADER_VACANT).all()
    assert (one.leaders[30:34] == LEADER_VACANT).all()
    # somebody leaves at the end of the month that begins after 20: then the status line is one of somebody for the last time
    left = next(each for each in one.happenings if each.kind == "leaves" and each.post == 1)
    assert left.month == 21
    assert left.words == "North-2 leaves, as was foreseen for this month"
    assert one.statuses[1, 20] != POST_VACANT
    assert one.statuses[1, 21] in {POST_VACANT, UNTRAINED}
    come = next(each for each in one.happenings if each.kind == "arrives" and each.post == 1)
    assert not come.late
    assert come.words == "North-2's successor comes, untrained"


def test_what_is_told_of_a_decision_is_what_it_was(nine: World) -> None:
    d, told_of = nine.only("D"), 0
    for replicate in range(20):
        one, people = story(d, replicate, "D"), d.trace(replicate)[1].practitioners
        for each in one.happenings:
            if each.kind != "decides":
                assert not each.tipped
                continue
            now = people[each.month - 1, each.post]
            assert each.who == one.post_names[each.post]
            assert now["decided_month"] == each.month - 1
            if now["by_service"]:
                assert each.terms is None
                continue
            assert each.terms is not None
            assert each.terms["hazard"] == now["decision_terms"][0]
            assert len(each.tipped) == sum(int(now["tipped"]) & bit > 0 for bit in FORCES)
            told_of += 1
    assert told_of > 30


def test_who_retires_and_who_goes_for_other_reasons(nine: World) -> None:
    d = nine.only("D")
    going = [each for r in range(10) for each in story(d, r, "D").happenings if each.kind == "leaves"]
    assert {each.words.split()[-1] for each in going} == {"leaves", "retires"}
    stays = [Hold("practitioner.leaves", 0.999)]
    going = [each for r in range(10) for each in story(d, r, "D", held=stays).happenings if each.kind == "leaves"]
    assert {each.words.split()[-1] for each in going} == {"retires"}
    nobody = d.with_settings({"switch.turnover": "off"})
    assert not [each for r in range(10) for each in story(nobody, r, "D").happenings if each.kind == "leaves"]


def test_decisions_of_the_service_have_their_reasons(nine: World) -> None:
    d = nine.only("D")
    found = [each for r in range(60) for each in story(d, r, "D").happenings if each.kind in {"stops_by_decision", "restarts"}]
    assert any(each.words == "the service decides to give the practice up, for lack of priority" for each in found)
    assert any(each.kind == "restarts" and "what led to it: " in each.words for each in found)


def test_added_posts_come_with_an_expansion() -> None:
    world = sim.prepare("expansion", ensemble=None)
    one = story(world, 0, "A")
    assert [(each.month, each.words) for each in one.happenings if each.kind == "expansion"] == [(24, "2 posts added")]
    assert one.established == 3
    assert (one.statuses[3:, :24] == POST_VACANT).all()
    new = [each for each in one.happenings if each.post >= one.established]
    assert [each.words for each in new if each.month == 25][:1] == ["somebody comes to the new post A reserve 1, untrained"]


def test_a_line_a_month(nine: World) -> None:
    one = story(nine, 0, "D")
    lines = told(one)
    assert lines[0].startswith(
        "month   0  Dagny is trained; Dina is trained; David is trained; a passive-supportive leader leads"
    )
    assert len({line[:9] for line in lines}) == len(lines)
    assert all(each.words in "\n".join(lines) for each in one.happenings)
    mine = told(one, post=1)
    assert mine
    assert not [line for line in mine if "Dagny" in line or "leader leads" in line]
    assert len(lines) > len(mine)


def test_other_luck_tells_the_same_until_it_branches(nine: World) -> None:
    d = nine.only("D")
    own, other = story(d, 5, "D"), story(d, 5, "D", branch=20, others=9)
    assert [one for one in own.happenings if one.month < 20] == [one for one in other.happenings if one.month < 20]
    assert own.happenings != other.happenings
    assert story(d, 5, "D", member=3).happenings != own.happenings


def test_both_engines_tell_the_same(eventful: World) -> None:
    batch, trace = eventful.trace(2, engine="mesa")
    assert told(told_from(eventful, 2, batch.rows[0, 0], trace, 0)) == told(story(eventful, 2, "North"))


def test_who_is_not_there_is_named(nine: World) -> None:
    with pytest.raises(BadInput, match="there is no service 'Z'"):
        story(nine, 0, "Z")


@pytest.mark.portable
def test_holders_have_names() -> None:
    names = [holder("Ann", person) for person in (0, 1, 2, 5, 11, 22)]
    successors = ("successor", "second successor", "5th successor", "11th successor", "22nd successor")
    assert names == ["Ann", *(f"Ann's {one}" for one in successors)]
    assert holder("B3 (not interviewed)", 1) == "B3's successor"
    assert holder("A reserve 1", 1, added=True) == "A reserve 1"
    assert holder("A reserve 1", 2, added=True) == "A reserve 1's successor"
