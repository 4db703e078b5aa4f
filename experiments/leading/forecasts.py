"""Forecasts of a game, and how good they were: Brier score of chances, coverage of ranges."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from experiments.leading.game import Game
from experiments.leading.scoring import brier, coverage
from sim.problems import BadInput, Problem

TIMES: Final = 3
"""Forecasts that are asked: at the start, and after each third of the time but the last."""

RANGE: Final = 0.8
"""How sure one is to be of a range."""


class Forecast(NamedTuple):
    """What is expected.

    Attributes
    ----------
    month : int
        Completed months when it was said.
    chance : float
        That the practice is still given at the end.
    low, high : int
        Months of the game in which the practice will have been given, with 80 %.
    """

    month: int
    chance: float
    low: int
    high: int


class Score(NamedTuple):
    """How good forecasts were.

    Attributes
    ----------
    brier : float
        Mean squared distance of the chances from what came (1 or 0): 0 is perfect, 0.25 is what 50 % always has.
    covered : int
        Ranges that hold what came.
    forecasts : int
        How many there were.
    """

    brier: float
    covered: int
    forecasts: int


def asked_at(game: Game) -> tuple[int, ...]:
    """Months from which on a forecast is asked, before the next decision.

    Examples
    --------
    Of a game from month 12 to month 84: 12, 36, 60.
    """
    return tuple(game.start + (game.months - game.start) * third // TIMES for third in range(TIMES))


def score(forecasts: Sequence[Forecast], came: bool, months: int) -> Score | None:
    """Score of forecasts; None without any.

    Parameters
    ----------
    forecasts : sequence of Forecast
    came : bool
        Whether the practice is still given at the end.
    months : int
        Months of the game in which it was given.

    Examples
    --------
    >>> score([Forecast(12, 0.5, 10, 30), Forecast(36, 0.9, 40, 72)], True, 60)
    Score(brier=0.13, covered=1, forecasts=2)
    """
    if not forecasts:
        return None
    _, chances, lows, highs = zip(*forecasts, strict=True)
    count = len(forecasts)
    held = coverage(lows, highs, [months] * count)
    return Score(brier(chances, [came] * count), round(held * count), count)


def read_forecasts(raw: object, game: Game) -> tuple[Forecast, ...]:
    """Forecasts that were given as plain values: ``[{"month": 12, "chance": 0.4, "low": 20, "high": 60}, …]``.

    Raises
    ------
    BadInput
        With every problem; places are such as ``forecasts.0.chance``.
    """
    if not isinstance(raw, Sequence) or isinstance(raw, str) or len(raw) > TIMES:
        raise BadInput([Problem("forecasts", "these are no forecasts", f"a list of at most {TIMES}")])
    found: list[Forecast] = []
    problems: list[Problem] = []
    for at, one in enumerate(raw):
        where = f"forecasts.{at}"
        if not isinstance(one, Mapping) or set(one) != set(Forecast._fields):
            problems.append(Problem(where, "this is no forecast", "a month, a chance and a range from low to high"))
            continue
        wrong = list(_wrong(one, game, found[-1].month + 1 if found else game.start, where))
        problems += wrong
        if not wrong:
            found.append(Forecast(one["month"], float(one["chance"]), one["low"], one["high"]))
    if problems:
        raise BadInput(problems)
    return tuple(found)


def _wrong(one: Mapping[str, object], game: Game, first: int, where: str) -> list[Problem]:
    """Problems of one forecast."""
    month, chance, low, high = (one[name] for name in Forecast._fields)
    found, span = [], game.months - game.start
    if not _whole(month, first, game.months - 1):
        found.append(Problem(f"{where}.month", "no forecast can be made then", f"a month from {first} to {game.months - 1}"))
    if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0 <= chance <= 1:
        found.append(Problem(f"{where}.chance", "this is no chance", "a number from 0 to 1"))
    whole = True
    for name, value in (("low", low), ("high", high)):
        if not _whole(value, 0, span):
            whole = False
            found.append(
                Problem(f"{where}.{name}", "this is no number of months of the game", f"a whole number from 0 to {span}")
            )
    if whole and low > high:  # type: ignore[operator]
        found.append(Problem(f"{where}.high", "the range ends before it begins", "at least the lower end"))
    return found


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
