"""The story of one service in one replicate: who decided, came and went, what was said, and what became of the practice.

Everything is read from the trace and the rows of that one history; nothing is run twice and nothing is guessed. A month is
told as tables count it: month m is the m-th since training, and the state at month m is that after m months. Two things are
*late*: they come after the observation of their month, so the statuses show them from the next month on. These are what ends a
month (people leave, successors are trained, leaders leave) and what a scenario dates: its month 12 begins when twelve months are
over. What happens after the last observation shows in no state and is not told.

Every change of a post's status, and of who leads, is told by exactly one happening, which says what it becomes: the tests replay
the statuses from the happenings alone.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from sim.codes import LeaderType, PractitionerStatus, Use
from sim.engine import Trace
from sim.holds import Hold
from sim.why.around import from_outside, of_service, with_patients
from sim.why.happening import Happening
from sim.why.people import in_posts, of_leader
from sim.words import joined, words
from sim.world import World


class Story(NamedTuple):
    """One service in one replicate.

    Attributes
    ----------
    service : str
    replicate, months : int
    happenings : tuple of Happening
        In order of month and stage.
    statuses : numpy.ndarray
        PractitionerStatus, i8, shape (posts, months); column k is at month k + 1. A post that no expansion has opened is vacant.
    delivers : numpy.ndarray
        Whether the post gave a session within the delivery window, bool, shape (posts, months).
    leaders, state, use : numpy.ndarray
        LeaderType, ServiceState and Use, i8, shape (months,).
    post_names : tuple of str
        Reserve posts last.
    established : int
        Posts without the reserve posts.
    """

    service: str
    replicate: int
    months: int
    happenings: tuple[Happening, ...]
    statuses: np.ndarray
    delivers: np.ndarray
    leaders: np.ndarray
    state: np.ndarray
    use: np.ndarray
    post_names: tuple[str, ...]
    established: int


def story(
    world: World,
    replicate: int,
    service: str,
    *,
    member: int | None = None,
    branch: int | None = None,
    others: int | None = None,
    held: Sequence[Hold] | np.ndarray = (),
) -> Story:
    """Tell what happened in one service.

    Parameters
    ----------
    world : World
        It may have other services; the one is traced alone.
    replicate : int
    service : str
    member, branch, others, held
        As :meth:`sim.world.World.trace` takes them: another set of values, other luck after so many months, draws that are held.

    Raises
    ------
    BadInput
        When there is no such service, or when it sees the figures of others.

    Examples
    --------
    >>> import sim
    >>> from sim.why.story import story
    >>> one = story(sim.prepare("nine-services"), 0, "D")
    >>> [each.words for each in one.happenings][:2]
    ['Dagny is trained', 'Dina is trained']
    """
    mine = world if world.services == (service,) else world.only(service)
    batch, trace = mine.trace(replicate, member=member, branch=branch, others=others, held=held)
    return told_from(mine, replicate, batch.rows[0, 0], trace, int(batch.members[0]))


def told_from(world: World, replicate: int, rows: np.ndarray, trace: Trace, member: int) -> Story:
    """Story of a service that was traced.

    Parameters
    ----------
    world : World
        Of this service alone.
    replicate : int
    rows : numpy.ndarray
        SERVICE_MONTH, shape (months,).
    trace : Trace
    member : int
        Place of its parameter values in the plan.
    """
    plan = world.plan
    start = plan.services[0]
    calendar = plan.calendars[start["calendar"]]
    services, leaders, people = trace.services[:, 0], trace.leaders[:, 0], trace.practitioners
    hours = float(plan.parameters["hours_training"][member])
    found = [
        *in_posts(people, services, plan.post_names, int(start["posts"]), calendar, hours),
        *of_leader(leaders, int(start["leader"]), calendar),
        *from_outside(services, int(start["signal"]), calendar),
        *with_patients(services),
        *of_service(services, rows, int(start["posts"])),
    ]
    found.sort(key=lambda one: (one.month, one.part))  # what happens in the same part keeps the order of the lists above
    return Story(
        service=plan.service_names[0],
        replicate=replicate,
        months=plan.months,
        happenings=tuple(found),
        statuses=people["status"].T.astype("i8"),
        delivers=people["delivers"].T == 1,
        leaders=leaders["type"].astype("i8"),
        state=services["state"].astype("i8"),
        use=services["use"].astype("i8"),
        post_names=plan.post_names,
        established=int(start["posts"]),
    )


def told(one: Story, *, post: int | None = None) -> list[str]:
    """Tell a story in lines, one a month in which something happened.

    Parameters
    ----------
    one : Story
    post : int, optional
        Only what the holders of this post do and what is done with the post.

    Returns
    -------
    list of str
        Such as ``month  27  Dagny leaves; the leader leaves``. What tipped a decision stands behind it in brackets.
    """
    mine = [each for each in one.happenings if post is None or each.post == post]
    return [
        f"month {month:>3}  " + "; ".join(in_full(each) for each in several)
        for month, several in groupby(mine, lambda each: each.month)
    ]


def plain_rows(one: Story) -> dict[str, Any]:
    """Rows of a history as plain values, for a picture: people, the leader and the practice, each month by the name of its code.

    Parameters
    ----------
    one : Story

    Returns
    -------
    dict
        ``rows``: of each row its kind, its name, its names of codes by month, and the month from which there is a post.
        ``words``: what a reader sees for each name, by kind.
    """
    opened = {each.post: each.month for each in reversed(one.happenings) if each.kind == "arrives"}
    rows = [
        _row("status", name, PractitionerStatus, one.statuses[post])
        | {"from": 1 if post < one.established else opened.get(post, one.months + 1)}
        for post, name in enumerate(one.post_names)
    ]
    rows += [_row("leader", "leader", LeaderType, one.leaders), _row("use", "the practice", Use, one.use)]
    kinds: dict[str, Any] = {"status": PractitionerStatus, "leader": LeaderType, "use": Use}
    said = {kind: {each.name.lower(): words(each.name.lower()) for each in codes} for kind, codes in kinds.items()}
    said["leader"]["vacant"] = "nobody"
    return {"months": one.months, "rows": rows, "words": said}


def _row(kind: str, name: str, codes: Any, values: np.ndarray) -> dict[str, Any]:
    return {"kind": kind, "name": name, "values": [codes(code).name.lower() for code in values.tolist()], "from": 1}


def in_full(one: Happening) -> str:
    """Words of a happening, with what tipped a decision of a practitioner's own."""
    if one.terms is None:
        return one.words
    return f"{one.words} ({'needed: ' + joined(list(one.tipped)) if one.tipped else 'no single force was needed'})"


__all__ = ["Happening", "Story", "in_full", "plain_rows", "story", "told", "told_from"]
