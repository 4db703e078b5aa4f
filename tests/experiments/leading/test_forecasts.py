import pytest

from experiments.leading.forecasts import Forecast, Score, asked_at, read_forecasts, score
from experiments.leading.game import Game
from sim.problems import BadInput


def test_scores_by_hand() -> None:
    assert score([], True, 3) is None
    assert score([Forecast(12, 1.0, 0, 72)], True, 72) == Score(0.0, 1, 1)
    assert score([Forecast(12, 1.0, 0, 71)], False, 72) == Score(1.0, 0, 1)
    found = score([Forecast(12, 0.2, 5, 10), Forecast(36, 0.6, 10, 10)], False, 10)
    assert found == Score(pytest.approx((0.04 + 0.36) / 2), 2, 2)


@pytest.mark.engine
def test_they_are_asked_at_the_start_and_after_each_third(game: Game) -> None:
    assert asked_at(game) == (12, 36, 60)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"month": 11}, ["month"]),
        ({"chance": 1.5}, ["chance"]),
        ({"chance": True}, ["chance"]),
        ({"chance": float("nan")}, ["chance"]),
        ({"low": 3.5}, ["low"]),
        ({"low": 50, "high": 40}, ["high"]),
        ({"high": 73, "low": -1}, ["low", "high"]),
        ({"month": None, "chance": "x", "low": None, "high": {}}, ["month", "chance", "low", "high"]),
    ],
)
def test_bad_forecasts_are_told_all_at_once(game: Game, change: dict[str, object], places: list[str]) -> None:
    good = {"month": 12, "chance": 0.4, "low": 20, "high": 60}
    assert read_forecasts([good], game) == (Forecast(12, 0.4, 20, 60),)
    with pytest.raises(BadInput) as told:
        read_forecasts([good | change], game)
    assert [one.where for one in told.value.problems] == [f"forecasts.0.{name}" for name in places]


@pytest.mark.engine
@pytest.mark.parametrize("raw", [None, "x", [1], [{}], [{"month": 12, "chance": 0.4, "low": 0, "high": 1, "more": 1}]])
def test_what_is_no_forecast(game: Game, raw: object) -> None:
    with pytest.raises(BadInput):
        read_forecasts(raw, game)
