"""A leader knows what a leader can know: nothing that comes later, and nothing that nobody says."""

import numpy as np
import pytest

from experiments.leading.game import LONGEST, Decision, Game, begin, lived
from experiments.leading.seeing import CLAIMS, SAYS, SEEN, Post, last_visit, next_stop, seen
from sim.codes import PARTIAL_USE, POST_VACANT, UNTRAINED, PractitionerStatus
from sim.why.happening import DATED
from sim.world import World
from tests.experiments.leading.conftest import LED

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("month", [12, 20, 33, 45])
def test_nothing_is_known_of_what_comes_later(game: Game, month: int) -> None:
    later = (*LED, Decision(45, ("monitoring",)))
    assert seen(game, lived(game, LED), month) == seen(game, lived(game, later), month)
    others = lived(game, (Decision(12, ("raising", "successors", "autonomy")),))
    assert seen(game, lived(game, LED), 60) != seen(game, others, 60)  # control


def test_a_post_says_what_its_holder_intends_and_no_more(game: Game) -> None:
    assert Post._fields == ("post", "who", "says", "rates", "leaves")
    assert set(SAYS) == set(PractitionerStatus)
    assert SAYS[PARTIAL_USE] == SAYS[0]  # cuts are not told
    life = lived(game, ())
    for month in range(1, game.months + 1):
        people = life.trace.practitioners[month - 1]
        for one in seen(game, life, month).posts:
            assert one.says == SAYS[int(people[one.post]["status"])]
            assert (one.rates is not None) == (people[one.post]["status"] in CLAIMS)


def test_who_leaves_is_not_told_as_if_they_stayed(region: World) -> None:
    told, leaders = 0, 0
    for luck in range(6):
        game = begin(region, "D", luck=luck)
        life = lived(game, ())
        for month in range(1, game.months + 1):
            now = seen(game, life, month, since=month - 1)
            gone = {one.post for one in now.events if one.kind == "leaves"}
            assert {one.post for one in now.posts if one.leaves} == gone
            if month < game.months:
                after = life.trace.practitioners[month]
                assert all(after[post]["status"] in (POST_VACANT, UNTRAINED) for post in gone)
            told += sum(one.leaves and one.says == "uses" for one in now.posts)
            if now.leader_leaves:
                person = life.trace.leaders["person"][:, 0]
                leaders += 1
                assert month == game.months or person[month] != person[month - 1]
    assert told > 3  # control: there are months in which somebody says to use it, and leaves
    assert leaders > 0


def test_the_last_score_is_shown_and_not_the_fidelity_of_the_month(game: Game) -> None:
    life = lived(game, ())
    months = range(1, game.months + 1)
    visits = [last_visit(life, month) for month in months]
    assert visits[0] is None
    for month, found in zip(months, visits, strict=True):
        if found is not None:
            when, score = found
            assert when <= month
            assert when % 6 == 0  # twice a year
            assert life.rows["fidelity_measured"][month - 1] == score
            assert life.rows["fidelity"][when - 1] == score
    last = visits[-1]
    assert last is not None
    assert last[1] != life.rows["fidelity"][-1]  # control: what is true is not told


def test_events_are_told_once_and_only_those_that_are_seen(game: Game) -> None:
    life = lived(game, LED)
    whole = seen(game, life, game.months).events
    parts = [seen(game, life, month, since=month - 1).events for month in range(1, game.months + 1)]
    assert sorted(whole) == sorted(
        [*(one for one in whole if one.month == 0 and one.part != DATED), *(one for part in parts for one in part)]
    )
    assert {one.kind for one in whole} <= SEEN
    assert any(one.kind not in SEEN for one in life.story.happenings)  # control


def test_until_something_happens_stops_at_the_first_thing(game: Game) -> None:
    life, month, stops = lived(game, LED), game.start, 0
    while month < game.months:
        stop = next_stop(game, life, month)
        assert month < stop <= min(month + LONGEST, game.months)
        for between in range(month + 1, stop):
            now = seen(game, life, between, since=month)
            assert not now.events
            assert [one.says for one in now.posts] == [one.says for one in seen(game, life, month).posts]
        last = seen(game, life, stop, since=month)
        said = [one.says for one in last.posts] != [one.says for one in seen(game, life, month).posts]
        assert last.events or said or stop in (month + LONGEST, game.months)
        month, stops = stop, stops + 1
    assert 6 < stops < 72


def test_hours_are_those_of_the_game(game: Game) -> None:
    life = lived(game, LED)
    spent = life.rows["hours_leader"]
    now = seen(game, life, 36)
    assert now.hours_all == spent[35] - spent[11]
    assert now.hours == pytest.approx(np.diff(spent)[34], rel=1e-9)
