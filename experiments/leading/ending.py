"""The end of a game: the service between its ghosts, its fate month by month, what the leader did not see, and the score."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np

from experiments.leading.acts import MOST, NAMES, hours_of
from experiments.leading.forecasts import RANGE, Forecast, Score, score
from experiments.leading.game import Decision, Game, Life, hours_planned, lived
from experiments.leading.seeing import CLAIMS, last_visit
from sim.codes import OPERATING
from sim.measures.hours import HOURS, hours_spent
from sim.why.fate import Fate, fate
from sim.why.outcomes import OUTCOMES
from sim.world import World
from sim.world.asked import ELSE

OUTCOME: Final = OUTCOMES["not-delivering"]
"""What the fate curve is the chance of."""

TRIED: Final = 40
"""Other lucks by which schedules are chosen."""

JUDGED: Final = 200
"""Further lucks by which the chosen one is judged: those by which it was chosen would flatter it."""

FATES: Final = 50
"""Other lucks of the fate curve."""

Wanted = Callable[[], None]
"""Is called between the pieces of the work; raises when the work is no longer wanted."""


class Chance(NamedTuple):
    """What comes of a way to lead, with other luck from the start of the game.

    Attributes
    ----------
    chance, error : float
        That the practice is given at the end, and its standard error.
    low, high : int
        Months of the game in which it is given: in 80 of 100 lives between these.
    """

    chance: float
    error: float
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Way:
    """One way to lead this service, with the luck that it had and with other luck.

    Attributes
    ----------
    decisions : tuple of Decision
    life : Life
    chance : Chance
    hours : float
        Hours of the leader that its acts take, at most.
    spent : dict of str to float
        Hours of each kind from the start of the game; see :data:`sim.measures.hours.HOURS`.
    """

    decisions: tuple[Decision, ...]
    life: Life
    chance: Chance
    hours: float
    spent: dict[str, float]


@dataclass(frozen=True, eq=False)
class Unseen:
    """What was said and measured against what was so, by month.

    Attributes
    ----------
    claimed, delivering : numpy.ndarray
        int64, shape (months,): posts whose holders say that they use the practice, and those of them that gave a session lately.
    rated, measured, true : numpy.ndarray
        f8, same shape: mean fidelity as those perceive it who say that they use it, the last score, and the service's true
        fidelity; NaN where there is none.
    """

    claimed: np.ndarray
    delivering: np.ndarray
    rated: np.ndarray
    measured: np.ndarray
    true: np.ndarray


@dataclass(frozen=True, eq=False)
class Ending:
    """All that is told at the end of a game.

    Attributes
    ----------
    own, passive, best : Way
        As it was led, without any decision, and the best of the schedules that were tried with the same hours.
    tried : int
        Schedules that were tried.
    fate : Fate
        Risk that the practice is not given at the end, of the life as it was led.
    unseen : Unseen
    came : bool
        Whether the practice is given at the end.
    months : int
        Months of the game in which it was given.
    score : Score or None
    knowing : tuple of Chance
        What one who knew the model and all that had happened would have said when each forecast was made, if what was done
        until then went on. Later decisions are not known.
    """

    own: Way
    passive: Way
    best: Way
    tried: int
    fate: Fate
    unseen: Unseen
    came: bool
    months: int
    score: Score | None
    knowing: tuple[Chance, ...]


def ended(
    game: Game, decisions: Sequence[Decision], forecasts: Sequence[Forecast] = (), *, wanted: Wanted = lambda: None
) -> Ending:
    """End a game.

    Parameters
    ----------
    game : Game
    decisions : sequence of Decision
    forecasts : sequence of Forecast
    wanted : callable
    """
    own = way_of(game, decisions)
    wanted()
    best, tried = best_with(game, own.hours, wanted)
    found = fate(own.life.world, game.replicate, OUTCOME, member=game.member, every=1, lucks=FATES, told=own.life.story)
    wanted()
    given = own.life.operating
    came, months = bool(given[-1]), int(given[game.start :].sum())
    return Ending(
        own=own,
        passive=way_of(game, ()),
        best=way_of(game, best),
        tried=tried,
        fate=found,
        unseen=unseen_of(own.life),
        came=came,
        months=months,
        score=score(forecasts, came, months),
        knowing=tuple(known_at(game, decisions, one.month) for one in forecasts),
    )


def way_of(game: Game, decisions: Sequence[Decision]) -> Way:
    """A way to lead, lived and judged."""
    life = lived(game, decisions)
    batch = life.world.run([game.replicate], members=np.array([game.member], np.int64))
    spent = hours_spent(life.world.plan, batch, game.start)[0]
    hours = hours_planned(game, decisions)
    return Way(tuple(decisions), life, chance_of(game, life.world), hours, dict(zip(HOURS, map(float, spent), strict=True)))


def given_by_luck(game: Game, world: World, month: int, first: int, lucks: int) -> np.ndarray:
    """Whether the practice is given, with other luck after a month; bool, shape (lucks, months).

    Parameters
    ----------
    game : Game
    world : World
        Of the service under decisions.
    month : int
        Completed months with the life's own luck.
    first, lucks : int
        Which other lucks.
    """
    others = np.arange(ELSE + first, ELSE + first + lucks, dtype=np.int64)
    batch = world.run(
        np.full(lucks, game.replicate),
        members=np.full(lucks, game.member, np.int64),
        branch=month,
        others=others,
        into=world.room(lucks),
    )
    return np.asarray(batch.rows["use"][:lucks, 0] == OPERATING)


def chance_of(game: Game, world: World, *, month: int | None = None) -> Chance:
    """What comes of a service under decisions, with other luck from a month on: from the start of the game unless given."""
    given = given_by_luck(game, world, game.start if month is None else month, TRIED, JUDGED)
    chance = float(given[:, -1].mean())
    error = float(np.sqrt(chance * (1.0 - chance) / JUDGED))
    outside = (1.0 - RANGE) / 2.0
    low, high = np.quantile(given[:, game.start :].sum(axis=1), [outside, 1.0 - outside], method="nearest")
    return Chance(chance, error, int(low), int(high))


def known_at(game: Game, decisions: Sequence[Decision], month: int) -> Chance:
    """What one who knows the model can say after so many months: the last decision taken by then goes on to the end.

    Parameters
    ----------
    game : Game
    decisions : sequence of Decision
        Those of the whole game; one that is taken in that month comes after the forecast, and is not known.
    month : int
        Completed months.
    """
    return chance_of(game, game.led([one for one in decisions if one.month < month]), month=month)


def schedules_within(game: Game, hours: float) -> list[tuple[Decision, ...]]:
    """Every choice of acts that a month allows, kept from the start until so many hours of the leader are used up.

    Nothing at all is among them.

    Parameters
    ----------
    game : Game
    hours : float
        Of the leader, over the whole game.
    """
    found: list[tuple[Decision, ...]] = []
    span = game.months - game.start
    for count in range(MOST + 1):
        for acts in combinations(NAMES, count):
            monthly = hours_of(acts, game.parameters)
            lasting = span if monthly * span <= hours else int(hours // monthly)
            if monthly > game.hours or lasting == 0:
                continue
            first = Decision(game.start, acts)
            found.append((first,) if lasting == span else (first, Decision(game.start + lasting, ())))
    return found


def best_with(game: Game, hours: float, wanted: Wanted = lambda: None) -> tuple[tuple[Decision, ...], int]:
    """The schedule with the highest chance that the practice is given at the end, and how many were tried.

    By :data:`TRIED` other lucks from the start of the game, the same for all; of equal ones that with more months in which it is
    given, then the one with fewer acts.

    Parameters
    ----------
    game : Game
    hours : float
        Of the leader, over the whole game, that it may take.
    wanted : callable
    """
    schedules = schedules_within(game, hours)
    best, most = schedules[0], (-1.0, -1.0)
    for one in schedules:
        wanted()
        given = given_by_luck(game, game.led(one), game.start, 0, TRIED)
        worth = float(given[:, -1].mean()), float(given.sum())
        if worth > most:
            best, most = one, worth
    return best, len(schedules)


def unseen_of(life: Life) -> Unseen:
    """What was said and measured against what was so."""
    people = life.trace.practitioners
    claims = np.isin(people["status"], CLAIMS) & (people["reserve"] == 0)
    count = claims.sum(axis=1)
    with np.errstate(invalid="ignore"):
        rated = np.where(claims, people["fidelity_self"], 0.0).sum(axis=1) / np.where(count > 0, count, np.nan)
    visits = [last_visit(life, month) for month in range(1, len(life.rows) + 1)]
    true = life.rows["fidelity"].astype("f8")
    return Unseen(
        claimed=count.astype(np.int64),
        delivering=(claims & (people["delivers"] == 1)).sum(axis=1).astype(np.int64),
        rated=rated,
        measured=np.array([np.nan if one is None else one[1] for one in visits]),
        true=np.where(true > 0.0, true, np.nan),
    )
