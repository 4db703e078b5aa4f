"""One practitioner, month by month: what this person sees, what is true, and what is decided, with the chance and the draw.

Everything is read from the trace of one history. The words and units of the numbers are those of the one field table
(``sim.state``); which of them stand beside each other is said here, in LINES. A month is told as tables count it: month m is the
m-th since training, and its numbers are those at its observation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, Final, NamedTuple

import numpy as np

from sim.codes import CO_LEADS, POST_VACANT
from sim.engine import Trace
from sim.holds import Hold, ReplayTape, holds_of
from sim.months.deciding import worth_it
from sim.parameters import as_tuple
from sim.state import COMPONENTS, FIELDS, SLOTS, Field
from sim.why.courses import Course, courses_of
from sim.why.happening import Happening
from sim.why.moves import Move, loose, moves_of
from sim.why.people import holder
from sim.why.story import told_from
from sim.world import World


class Line(NamedTuple):
    """What is seen beside what is true of the same thing: fields of ``sim.state`` as ``entity.field``, empty where there is none.

    A name without an entity is worked out from fields, see OF_MORE.
    """

    about: str
    sees: str
    true: str


LINES: Final = (
    Line("patients", "progress_seen", "progress_true"),
    Line("patients", "practitioner.belief", "gain_to_expect"),
    Line("patients", "practitioner.seen_count", "practitioner.shared_patients"),
    Line("own practice", "practitioner.fidelity_self", "practitioner.fidelity"),
    Line("own practice", "", "practitioner.competence"),
    Line("own practice", "practitioner.sessions", ""),
    Line("leader and future", "practitioner.perceived_engagement", "leader.engagement"),
    Line("leader and future", "practitioner.autonomy_support", "service.autonomy_support_given"),
    Line("leader and future", "practitioner.expectation", "service.expectation_stated"),
    Line("leader and future", "practitioner.uncertainty", "service.signal_level"),
    Line("leader and future", "service.support", ""),
    Line("colleagues", "service.share_delivering", ""),
    Line("colleagues", "service.energy", ""),
    Line("priorities", "practitioner.hours_need", ""),
    Line("priorities", "practitioner.hours_free", ""),
    Line("priorities", "practitioner.hours_other", ""),
    Line("priorities", "practitioner.hours_given", ""),
)
"""What a practitioner perceives, and what is so. Which numbers stand beside each other is an assumption of the page."""

WEIGHS: Final = (
    "practitioner.dilemma",
    "practitioner.hesitation",
    "practitioner.readiness",
    "practitioner.commitment",
    "practitioner.autonomy",
    "practitioner.frustration",
    "practitioner.exhaustion",
)
"""What a decision is weighed with."""

OF_MORE: Final = {
    "progress_seen": ("progress of the patients looked at this month as it is seen, mean", "patient.seen_pace"),
    "progress_true": (
        "true progress of the same patients since the last look, on the scale of a course, mean",
        "patient.seen_pace",
    ),
    "gain_to_expect": (
        "what a course is to gain an eligible patient, in the best mode that the service can deliver",
        "practitioner.belief",
    ),
}
"""Numbers that are worked out from fields: their meaning, and the field whose unit they have."""

SEES, TRUE, WEIGHED = "sees", "true", "weighs"


_AROUND: Final = ("leader", "service", "upper level")


class Number(NamedTuple):
    """One number of a walk.

    Attributes
    ----------
    key : str
        ``entity.field`` or a key of OF_MORE.
    column : str
        ``sees``, ``true`` or ``weighs``.
    line : int
        Place among LINES; -1 for what is weighed.
    about, meaning, unit : str
    """

    key: str
    column: str
    line: int
    about: str
    meaning: str
    unit: str


class Step(NamedTuple):
    """One month of a practitioner.

    Attributes
    ----------
    month : int
        Since training, from 1.
    holder : str
        Who holds the post; empty where nobody does.
    status : int
        PractitionerStatus after the decision.
    signal : int
        Signal: what has been said about the future.
    delivers : bool
        Gave a session within the delivery window.
    components : tuple of float
        Fidelity components kept, in the order of ``sim.state.COMPONENTS``, shares; NaN where nobody holds the post.
    moves : tuple of Move
        What could have been decided, as far as it was asked.
    happenings : tuple of Happening
        What happened to the post in this month, decisions among it, with what tipped them; and to leader and service.
    """

    month: int
    holder: str
    status: int
    signal: int
    delivers: bool
    components: tuple[float, ...]
    moves: tuple[Move, ...]
    happenings: tuple[Happening, ...]

    @property
    def decision(self) -> Happening | None:
        """What changed the status by decision; None where it stayed."""
        return next((one for one in self.happenings if one.kind == "decides" and one.post >= 0), None)


@dataclass(frozen=True)
class Walk:
    """One post of one service in one replicate, month by month.

    Attributes
    ----------
    service : str
    replicate : int
    post : int
        From 0.
    name : str
        Alias of the post.
    numbers : tuple of Number
    values : numpy.ndarray
        f8, shape (months, numbers); NaN where there is none: nobody holds the post, or nothing was looked at.
    steps : tuple of Step
        One a month.
    courses : tuple of Course
        Patients of the post.
    """

    service: str
    replicate: int
    post: int
    name: str
    numbers: tuple[Number, ...]
    values: np.ndarray
    steps: tuple[Step, ...]
    courses: tuple[Course, ...]


def numbers_of_walk() -> tuple[Number, ...]:
    """Numbers of every walk, with the words and units of the field table."""
    found = []
    for at, line in enumerate(LINES):
        found += [_number(key, column, at, line.about) for key, column in ((line.sees, SEES), (line.true, TRUE)) if key]
    return (*found, *(_number(key, WEIGHED, -1, "decision") for key in WEIGHS))


def _number(key: str, column: str, line: int, about: str) -> Number:
    if key in OF_MORE:
        meaning, same = OF_MORE[key]
        return Number(key, column, line, about, meaning, _field(same).unit)
    field = _field(key)
    return Number(key, column, line, about, field.meaning, field.unit)


def _field(key: str) -> Field:
    entity, _, name = key.partition(".")
    return next(field for field in FIELDS[entity] if field.name == name)


def walk(
    world: World,
    replicate: int,
    service: str,
    post: int,
    *,
    held: Sequence[Hold] = (),
    member: int | None = None,
    engine: str = "compiled",
) -> Walk:
    """Walk through the months of one practitioner.

    Parameters
    ----------
    world : World
        It may have other services; the one is traced alone.
    replicate : int
    service : str
    post : int
        From 0.
    held : sequence of Hold
        Draws that are replaced.
    member : int, optional
        Set of parameter values; that of the replicate unless given.
    engine : str
        ``compiled`` or ``mesa``: the same to the bit.

    Raises
    ------
    BadInput
        When there is no such service, or it sees the figures of others.
    ValueError
        When it has no such post.

    Examples
    --------
    >>> import sim
    >>> from sim.why.walk import walk
    >>> one = walk(sim.prepare("nine-services"), 0, "D", 0)
    >>> one.steps[0].holder, [move.words for move in one.steps[0].moves][:2]
    ('Dagny', ['stops', 'waits for what is to come'])
    """
    mine = world if world.services == (service,) else world.only(service)
    names = mine.plan.post_names
    if not 0 <= post < len(names):
        raise ValueError(f"{service} has the posts 0 to {len(names) - 1}, not {post}")
    batch, trace = mine.trace(replicate, member=member, held=held, engine=engine)
    record = int(batch.members[0])
    p = as_tuple(mine.plan.parameters[record])
    told = told_from(mine, replicate, batch.rows[0, 0], trace, record)
    tape = ReplayTape(mine.seed, replicate, holds=holds_of(held))
    numbers = numbers_of_walk()
    people, services = trace.practitioners[:, post], trace.services[:, 0]
    around = [one for one in told.happenings if one.post == post or one.who in _AROUND]
    steps = tuple(
        Step(
            month=step + 1,
            holder="" if status == POST_VACANT else holder(names[post], int(person), added=post >= told.established),
            status=int(status),
            signal=int(services["signal"][step]),
            delivers=bool(people["delivers"][step]),
            components=tuple(people["components"][step].tolist() if status != POST_VACANT else [nan] * len(COMPONENTS)),
            moves=moves_of(trace.practitioners, services, step, post, p, tape),
            happenings=tuple(one for one in around if one.month == step + 1),
        )
        for step, (status, person) in enumerate(zip(people["status"].tolist(), people["person"].tolist(), strict=True))
    )
    values = np.column_stack([_values(trace, one.key, post, p) for one in numbers])
    values[people["status"] == POST_VACANT] = np.nan
    return Walk(service, replicate, post, names[post], numbers, values, steps, courses_of(trace, post))


def _values(trace: Trace, key: str, post: int, p: Any) -> np.ndarray:
    """A number of every month; f8, shape (months,)."""
    people, services = trace.practitioners[:, post], trace.services[:, 0]
    if key == "progress_seen":
        return _mean(people["seen_sum"], people["seen_count"])
    if key == "progress_true":
        return _progress(trace, post)
    if key == "gain_to_expect":
        return np.array([worth_it(loose(service), p) + p.gain_worthwhile for service in services])
    entity, _, name = key.partition(".")
    records = {"practitioner": people, "service": services, "leader": trace.leaders[:, 0]}[entity]
    return records[name].astype(float)


def _progress(trace: Trace, post: int) -> np.ndarray:
    """True progress of the patients whom the post's holder looked at in each month, own or those of a group that is co-led."""
    people = trace.practitioners[:, post]
    found = np.full(len(people), np.nan)
    for step in np.flatnonzero(people["seen_count"]).tolist():
        partner = int(people["partner"][step])
        led = post if people["role"][step] != CO_LEADS or partner < 0 else partner
        records = trace.patients[step, led * SLOTS : (led + 1) * SLOTS]
        looked = records["seen_pace"][records["seen_now"] == 1]
        found[step] = looked.mean() if len(looked) else np.nan
    return found


def _mean(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
