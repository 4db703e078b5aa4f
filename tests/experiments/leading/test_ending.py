"""The end: ghosts with the same luck, the best schedule within the same hours, what was not seen, and the score."""

import time

import numpy as np
import pytest

from experiments.leading.acts import hours_of
from experiments.leading.ending import Ending, best_with, chance_of, ended, given_by_luck, known_at, schedules_within, unseen_of
from experiments.leading.forecasts import Forecast
from experiments.leading.game import Decision, Game, hours_planned, lived
from sim.codes import OPERATING
from tests.experiments.leading.conftest import LED

pytestmark = pytest.mark.engine

FORECASTS = (Forecast(12, 0.4, 10, 50), Forecast(36, 0.9, 0, 1))


@pytest.fixture(scope="module")
def ending(game: Game) -> Ending:
    return ended(game, LED, FORECASTS)


def test_ghosts_have_the_same_luck(game: Game, ending: Ending) -> None:
    assert ending.own.life.rows.tobytes() == lived(game, LED).rows.tobytes()
    assert ending.passive.life.rows.tobytes() == game.world.run([game.replicate]).rows[0, 0].tobytes()
    before = [way.life.rows[: game.start].tobytes() for way in (ending.own, ending.passive, ending.best)]
    assert len(set(before)) == 1
    assert ending.own.life.rows.tobytes() != ending.passive.life.rows.tobytes()  # control


def test_the_best_one_takes_no_more_hours_and_none_that_was_tried_is_better(game: Game, ending: Ending) -> None:
    schedules = schedules_within(game, ending.own.hours)
    assert ending.tried == len(schedules)
    assert len({tuple(one) for one in schedules}) == len(schedules)
    assert (Decision(12, ()),) in schedules
    for one in schedules:
        assert hours_planned(game, one) <= ending.own.hours
        assert hours_of(one[0].acts, game.parameters) <= game.hours
    worth = [given_by_luck(game, game.led(one), game.start, 0, 40)[:, -1].mean() for one in schedules]
    chosen = schedules.index(ending.best.decisions)
    assert worth[chosen] == max(worth)
    assert ending.best.chance.chance > ending.passive.chance.chance  # in this service something can be done


def test_without_hours_only_what_takes_none_is_left(game: Game) -> None:
    best, tried = best_with(game, 0.0)
    assert hours_planned(game, best) == 0.0
    assert tried < 5


def test_fate_ends_in_what_came(ending: Ending) -> None:
    assert ending.fate.risk[-1] == (0.0 if ending.came else 1.0)
    assert ending.months == int((ending.own.life.rows["use"][12:] == OPERATING).sum())
    assert len(ending.fate.turning) <= 3


def test_the_score_is_of_what_came(ending: Ending) -> None:
    assert ending.score is not None
    came = float(ending.came)
    assert ending.score.brier == pytest.approx(((0.4 - came) ** 2 + (0.9 - came) ** 2) / 2)
    assert ending.score.covered == (10 <= ending.months <= 50) + (ending.months <= 1)
    assert len(ending.knowing) == 2


def test_after_the_last_month_nothing_is_left_to_luck(game: Game) -> None:
    world = game.led(LED)
    found = chance_of(game, world, month=game.months)
    assert found.chance == float(lived(game, LED).operating[-1])
    assert found.low == found.high
    assert chance_of(game, world).low < chance_of(game, world).high  # control


def test_who_knows_the_model_does_not_know_what_is_decided_later(game: Game, ending: Ending) -> None:
    first, second = ending.knowing
    assert first == chance_of(game, game.led(()))  # nothing had been decided when the first forecast was made
    assert first != ending.own.chance
    assert second == known_at(game, (*LED, Decision(36, ()), Decision(50, ("autonomy",))), 36)
    assert second != known_at(game, LED[:1], 36)  # control: what was decided before is known


def test_what_was_not_seen_is_read_from_the_trace(game: Game) -> None:
    life = lived(game, ())
    found = unseen_of(life)
    assert (found.delivering <= found.claimed).all()
    assert (found.delivering < found.claimed).any()  # control: some say it and do not
    there = life.rows["fidelity"] > 0
    assert (np.isfinite(found.true) == there).all()
    assert (np.isfinite(found.rated) == (found.claimed > 0)).all()


def test_the_end_is_quick(game: Game) -> None:
    started = time.process_time()
    ended(game, LED, FORECASTS)
    assert time.process_time() - started < 3.0
    started = time.process_time()
    for _ in range(10):
        lived(game, LED)
    assert (time.process_time() - started) / 10 < 0.1


def test_work_that_is_no_longer_wanted_stops(game: Game) -> None:
    class GoneError(Exception):
        pass

    def gone() -> None:
        raise GoneError

    with pytest.raises(GoneError):
        ended(game, LED, wanted=gone)
