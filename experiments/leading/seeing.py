"""What a leader can know at a moment, and nothing else: who is there, what people say, the last fidelity score, own hours."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from experiments.leading.game import LONGEST, Game, Life
from sim.codes import (
    FULL_USE,
    PARTIAL_USE,
    PLANNED_ADAPTATION,
    POST_VACANT,
    STOPPED,
    UNTRAINED,
    WAITING,
    LeaderType,
    Signal,
)
from sim.why.happening import DATED, Happening
from sim.why.people import holder

SAYS: Final = {
    FULL_USE: "uses",
    PARTIAL_USE: "uses",  # who cuts the practice down says to use it: nobody tells on cuts that were not agreed
    PLANNED_ADAPTATION: "adapted",
    WAITING: "waits",
    STOPPED: "stopped",
    UNTRAINED: "untrained",
    POST_VACANT: "away",
}
"""What is said of a post by what its holder intends. Assumption: people tell what they intend, not what they do or leave out."""

CLAIMS: Final = (FULL_USE, PARTIAL_USE, PLANNED_ADAPTATION)
"""Statuses whose holders say that they deliver."""

SEEN: Final = frozenset(
    {
        "trained", "arrives", "leaves", "leader_begins", "leader_leaves", "leader_arrives", "leader_becomes", "signal",
        "support_ends", "support_returns", "budget", "upper_level", "expansion", "stops_by_decision", "restarts",
    }
)  # fmt: skip
"""Kinds of happenings that nobody in a service overlooks. What a practitioner decides is seen by what is said afterwards."""


_GOING: Final = ("leaves", "leader_leaves")


class Post(NamedTuple):
    """A post as it is known.

    Attributes
    ----------
    post : int
        Place in the service.
    who : str
        Who holds it, or held it last.
    says : str
        One of SAYS.
    rates : float or None
        Fidelity as the holder perceives it, scale 1 to 5; None for who does not say to use the practice.
    leaves : bool
        Whether the month was the holder's last one: what is said is said in leaving.
    """

    post: int
    who: str
    says: str
    rates: float | None
    leaves: bool = False


class Seen(NamedTuple):
    """What can be known after so many months.

    Attributes
    ----------
    month : int
        Completed months.
    posts : tuple of Post
        Of those that there are.
    claimed : int
        Posts whose holders say that they use the practice.
    leader : str
        LeaderType of who leads, lower case.
    leader_leaves : bool
        Whether the month was the last one of who leads.
    signal : str
        What has been said about the future, lower case.
    visit : tuple of (int, float), or None
        Month and score of the last fidelity visit, or of the last score of one's own monitoring.
    events : tuple of Happening
        Since the month that was asked about.
    hours, hours_all : float
        Hours of the leader in the last month, and since the start of the game.
    """

    month: int
    posts: tuple[Post, ...]
    claimed: int
    leader: str
    leader_leaves: bool
    signal: str
    visit: tuple[int, float] | None
    events: tuple[Happening, ...]
    hours: float
    hours_all: float


def known_from(one: Happening) -> int:
    """Completed months from which on it is known: what a scenario dates comes when the next month begins."""
    return one.month + 1 if one.part == DATED else one.month


def seen(game: Game, life: Life, month: int, *, since: int | None = None) -> Seen:
    """What can be known after so many months of a life.

    Parameters
    ----------
    game : Game
    life : Life
    month : int
        Completed months, at least 1.
    since : int, optional
        Events after this month are told; all of them unless given.
    """
    at = month - 1
    people, services, leaders = life.trace.practitioners[at], life.trace.services[at, 0], life.trace.leaders[at, 0]
    leaving = {one.post for one in last_month(life, month) if one.kind == "leaves"}
    posts = tuple(_post(life, at, post, leaves=post in leaving) for post in range(len(people)) if not people["reserve"][post])
    spent = life.rows["hours_leader"]
    before = float(spent[game.start - 1]) if game.start else 0.0
    first = -1 if since is None else since
    return Seen(
        month=month,
        posts=posts,
        claimed=sum(one.rates is not None for one in posts),
        leader=LeaderType(int(leaders["type"])).name.lower(),
        leader_leaves=any(one.kind == "leader_leaves" for one in last_month(life, month)),
        signal=Signal(int(services["signal"])).name.lower(),
        visit=last_visit(life, month),
        events=tuple(one for one in life.story.happenings if one.kind in SEEN and first < known_from(one) <= month),
        hours=float(leaders["hours"]),
        hours_all=float(spent[at]) - before,
    )


def last_month(life: Life, month: int) -> list[Happening]:
    """Who leaves when a month ends: in the observation of the month they are still there.

    A leader whose leaving is dated goes when the next month begins, and is gone in its observation.
    """
    return [one for one in life.story.happenings if one.kind in _GOING and one.month == month and one.part != DATED]


def _post(life: Life, at: int, post: int, *, leaves: bool) -> Post:
    now = life.trace.practitioners[at, post]
    status = int(now["status"])
    who = holder(life.story.post_names[post], int(now["person"]), added=post >= life.story.established)
    return Post(post, who, SAYS[status], float(now["fidelity_self"]) if status in CLAIMS else None, leaves)


def last_visit(life: Life, month: int) -> tuple[int, float] | None:
    """Month and score of the last fidelity score up to a month; None without one.

    Two visits in a row with exactly the same score are told as one: the rows hold the score, not the visit.
    """
    scores = life.rows["fidelity_measured"][:month]
    if not month or not np.isfinite(scores[-1]) or scores[-1] <= 0.0:
        return None
    changed = np.flatnonzero(scores != scores[-1])
    return (int(changed[-1]) + 2 if len(changed) else 1), float(scores[-1])


def next_stop(game: Game, life: Life, month: int) -> int:
    """Month at which something happens next that a leader sees; after a year it stops whatever happens.

    A change of what somebody says is something, too.

    Parameters
    ----------
    game : Game
    life : Life
        With the decision that is in force now.
    month : int
        Completed months, at least 1 and fewer than the horizon.
    """
    last = min(month + LONGEST, game.months)
    told = [known_from(one) for one in life.story.happenings if one.kind in SEEN and known_from(one) > month]
    said = _said(life.trace.practitioners["status"])
    moved = np.flatnonzero((said[month:] != said[month - 1 : -1]).any(axis=1)) + month + 1
    return min([last, *told, *(int(one) for one in moved[:1])])


def _said(statuses: Sequence[int] | np.ndarray) -> np.ndarray:
    """Statuses, with those of whom the same is said made one."""
    found = np.array(statuses)
    found[found == PARTIAL_USE] = FULL_USE
    return found
