"""The fate of one life: how likely it came to its outcome, given all that had happened so far, month by month.

After t months with its own luck a life goes on with other luck, many times; the share that comes to the outcome is the risk after
t months. The same other lucks are used at every month, so that the curve is smooth. Over many lives the risk is a martingale: its
mean stays what it was at the start.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from sim.holds import Hold
from sim.why.happening import DATED, Happening
from sim.why.outcomes import Outcome
from sim.why.shares import Share
from sim.why.story import Story, story
from sim.world import World
from sim.world.asked import ELSE

EVERY: Final = 3
LUCKS: Final = 100
TURNS: Final = 3
"""Turning months that are told."""

NAMED: Final = 2
"""Happenings of a turning month that its caption names, and that are withheld for the proof."""

LEAST_TURN: Final = 0.1
"""A smaller rise or fall within a month is no turn."""

NOT_NOW: Final = 1.0 - 1e-9
"""A draw with which nothing happens that is left to chance."""

_DECIDING: Final = ("waits", "gives_up_waiting", "stops", "cuts", "adapts", "restarts")

_DRAWN: Final = {
    "leaves": ("practitioner.leaves",),
    "decides": (*(f"practitioner.{name}" for name in _DECIDING), "parts.from_waiting", "parts.from_stopped"),
    "leader_leaves": ("leader.leaves",),
    "leader_arrives": ("leader.arrives",),
    "stops_by_decision": ("decision.gives_up",),
    "restarts": ("decision.takes_up",),
    "trained": ("practitioner.trained", "practitioner.trained_informally"),
    "arrives": ("practitioner.fills",),
}
"""Streams that decide whether a kind of happening comes."""


class Turning(NamedTuple):
    """A month in which the risk changed much.

    Attributes
    ----------
    month : int
        Since training, from 1: the month that begins when one fewer is over.
    rise : float
        Change of the risk by what happened in the month; below 0 it fell.
    words : str
        What happened in it.
    proof : str
        What came of it when what happened was withheld, and nothing else; empty where nothing could be withheld.
    """

    month: int
    rise: float
    words: str
    proof: str = ""


@dataclass(frozen=True)
class Fate:
    """Risk of an outcome after each month lived through.

    Attributes
    ----------
    months : numpy.ndarray
        int64: months lived through with the life's own luck; 0 is before anything, the people at the start too.
    risk, error : numpy.ndarray
        f8, same shape: share of the other lucks that come to the outcome, and its standard error.
    lucks : int
    turning : tuple of Turning
        The largest changes within a month, by month.
    """

    months: np.ndarray
    risk: np.ndarray
    error: np.ndarray
    lucks: int
    turning: tuple[Turning, ...]


def fate(
    world: World,
    replicate: int,
    outcome: Outcome,
    *,
    post: int | None = None,
    member: int | None = None,
    every: int = EVERY,
    lucks: int = LUCKS,
    told: Story | None = None,
) -> Fate:
    """Risk of an outcome, month by month of one life.

    Parameters
    ----------
    world : World
        Of one service.
    replicate : int
    outcome : Outcome
    post : int, optional
    member : int, optional
        Parameter record; the replicate's unless given.
    every : int
        Months between the points of the curve; the months of large changes are looked at one by one.
    lucks : int
        Other lucks.
    told : Story, optional
        The life's story, if it is there already.

    Returns
    -------
    Fate

    Raises
    ------
    ValueError
        For months or lucks that are too few.
    """
    if every < 1 or lucks < 2:
        raise ValueError(f"every month or fewer, and two lucks at least, are needed, not every {every} and {lucks}")
    mine = int(world.members([replicate])[0]) if member is None else member
    others = np.arange(ELSE, ELSE + lucks, dtype=np.int64)

    def risk_after(month: int) -> float:
        batch = world.run(np.full(lucks, replicate), members=np.full(lucks, mine, np.int64), branch=month, others=others)
        return float(outcome.holds(batch, post).mean())

    end = world.months
    points = {month: risk_after(month) for month in sorted({*range(0, end, every), end})}
    coarse = sorted(points)
    jumps = sorted(pairwise(coarse), key=lambda pair: -abs(points[pair[1]] - points[pair[0]]))
    for first, last in jumps[:TURNS]:
        points |= {month: risk_after(month) for month in range(first + 1, last)}
    months = np.array(sorted(points))
    risk = np.array([points[month] for month in months])
    error = np.array([0.0 if month == end else Share(value, lucks).error for month, value in zip(months, risk, strict=True)])
    steps = np.flatnonzero(np.diff(months) == 1)
    changes = np.diff(risk)
    turns = sorted(steps, key=lambda at: -abs(changes[at]))[:TURNS]
    lived = told if told is not None else story(world, replicate, world.services[0], member=mine)
    turning = tuple(
        _turning(world, replicate, mine, outcome, post, lived, int(months[at]) + 1, float(changes[at]))
        for at in sorted(turns)
        if abs(changes[at]) >= LEAST_TURN
    )
    return Fate(months, risk, error, lucks, turning)


_FOLLOWS: Final = ("state", "use", "gap")
"""Kinds that only say what became of the service. What a scenario dates is no news either: it comes with every luck."""

_FIRST: Final = ("stops_by_decision", "leader_leaves", "leaves", "decides", "leader_arrives", "restarts", "trained", "signal")
"""Kinds of happenings in the order in which a caption names them."""


def _turning(
    world: World, replicate: int, member: int, outcome: Outcome, post: int | None, told: Story, month: int, rise: float
) -> Turning:
    """Turn within a month, with what happened in it, and what comes of it without what is named."""
    here = [one for one in told.happenings if one.month == month and one.part != DATED and one.kind not in _FOLLOWS]
    people = "who was there at the start" if month == 1 else ""  # month 1 begins where not even the people are known
    if not here:
        return Turning(month, rise, people or "nothing that stands out: small things added up")
    here.sort(key=lambda one: _FIRST.index(one.kind) if one.kind in _FIRST else len(_FIRST))
    named = here[:NAMED]
    words = "; ".join([*([people] if people else []), *(one.words.rstrip(".") for one in named)])
    more = f"; and {len(here) - NAMED} more" if len(here) > NAMED else ""
    return Turning(month, rise, words + more, _proof(world, replicate, member, outcome, post, named, month))


def withheld(happenings: list[Happening], month: int) -> list[Hold]:
    """What is held so that happenings of a month (counted from 1) do not come; empty where they hang on no draw."""
    step = month - 1
    return [
        Hold(stream, NOT_NOW, post=one.post, first=step, end=step + 1)
        for one in happenings
        if one.kind != "decides" or one.terms is not None  # else it only follows from a decision of the service
        for stream in _DRAWN.get(one.kind, ())
    ]


def _proof(
    world: World, replicate: int, member: int, outcome: Outcome, post: int | None, named: list[Happening], month: int
) -> str:
    """Say what comes of the life when what is named of a month is withheld by its draws; nothing where it came all the same.

    What hangs on no draw cannot be withheld: a retirement, what a scenario dates, what follows from something else.
    """
    held = withheld(named, month)
    if not held:
        return ""
    alone = story(world, replicate, world.services[0], member=member, held=held)
    still = {(one.month, one.kind, one.post) for one in alone.happenings}
    gone = [one for one in named if (one.month, one.kind, one.post) not in still]
    if not gone:
        return ""
    members = np.array([member], np.int64)
    own = bool(outcome.holds(world.run([replicate], members=members), post)[0])
    without = bool(outcome.holds(world.run([replicate], members=members, held=held), post)[0])
    which = "without it" if len(gone) == len(named) else f"without “{gone[0].words}”"
    who = world.services[0] if post is None else world.plan.post_names[post]
    end = f"{who} comes to the same in the end" if own == without else f"{who} {outcome.instead if own else outcome.happened}"
    return f"{which}, and with the same luck otherwise, {end}"
