"""The patients of one practitioner, and what would be otherwise if one of them had gone well.

One patient's draws are held at their addresses, from the month in which the patient was asked until the course is over, and the
life is lived again. All other luck stays, that of the patients who have the slot before and afterwards too. The sham holds the
same draws at what they were: then nothing may change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from sim.codes import EMPTY, IN_COURSE, NOT_ENDED, CourseEnd
from sim.engine import Batch, Trace
from sim.holds import Hold
from sim.problems import BadInput, Problem
from sim.state import SLOTS
from sim.tape import Tape
from sim.why.fate import NOT_NOW
from sim.why.outcomes import USUAL, months_operating, outcome_of
from sim.why.twin import Twin, compared
from sim.words import words
from sim.world import World

AS_GOOD: Final = 0.95
"""How well a patient goes who goes well: as one in twenty does, in response and in coming. Assumption, for teaching."""

_START: Final = {"response": AS_GOOD, "engagement": AS_GOOD, "demanding": NOT_NOW}
_MONTHLY: Final = {"relapse": NOT_NOW, "dropout": NOT_NOW}
"""Draws that are held, of the set ``intake`` once and of the set ``patient`` each month, and at what at least where it goes well.
The patient's functioning at the start stays, and the error with which progress is seen."""

HOW: Final = ("well", "sham")

FURTHER: Final = "handed over or lost"
"""How a course ended that ended after the observation of its month: with the practitioner."""


class Look(NamedTuple):
    """One look at a patient's progress.

    Attributes
    ----------
    month : int
        Since training, from 1.
    true : float
        Progress since the last look, on the scale of a course: IMR-scale points/course.
    error : float
        Error with which it is seen, same unit.
    """

    month: int
    true: float
    error: float


class Course(NamedTuple):
    """One patient of a post, from being asked to the end.

    Attributes
    ----------
    number : int
        From 1, by the month of being asked; of this post's own patients.
    slot : int
    person : int
        How many had the slot, this one included.
    asked, begun, ended : int
        Months since training, from 1; -1 where it did not come to it. ``ended`` is the last month in which the patient was there.
    end : str
        How it ended; empty where it goes on at the horizon.
    response : float
        What a full course in standard form would gain this patient: IMR-scale points.
    gained : float
        What was truly gained: IMR-scale points; NaN without a course.
    attended, offered : int
        Sessions.
    looks : tuple of Look
    """

    number: int
    slot: int
    person: int
    asked: int
    begun: int
    ended: int
    end: str
    response: float
    gained: float
    attended: int
    offered: int
    looks: tuple[Look, ...]


class End(NamedTuple):
    """What a life came to at the horizon.

    Attributes
    ----------
    status : int
        PractitionerStatus of the post.
    use, state : int
        Use and ServiceState of the service.
    operating : int
        Months in which the service gave the practice.
    gained : float
        What the patient gained; NaN where he or she never had a course.
    """

    status: int
    use: int
    state: int
    operating: int
    gained: float


@dataclass(frozen=True)
class WhatIf:
    """A life, and the same life with one patient's luck held.

    Attributes
    ----------
    service : str
    replicate, post : int
    how : str
        One of HOW.
    course : Course
        The patient in the life as it was.
    held : tuple of Hold
    twin : Twin
        Months that are alike, and what differs first.
    ends : (End, End)
    statuses : numpy.ndarray
        PractitionerStatus of the post, i8, shape (2, months): as it was, and with the patient's other luck.
    """

    service: str
    replicate: int
    post: int
    how: str
    course: Course
    held: tuple[Hold, ...]
    twin: Twin
    ends: tuple[End, End]
    statuses: np.ndarray


def courses_of(trace: Trace, post: int) -> tuple[Course, ...]:
    """Patients of a post who accepted, by the month in which they were asked.

    Parameters
    ----------
    trace : Trace
        Of one service.
    post : int
    """
    found = []
    for slot in range(SLOTS):
        records = trace.patients[:, post * SLOTS + slot]
        for person in np.unique(records["person"][records["person"] > 0]).tolist():
            found += list(_course(records, slot, person))
    found.sort(key=lambda one: (one.asked, one.slot))
    return tuple(one._replace(number=number) for number, one in enumerate(found, start=1))


def _course(records: np.ndarray, slot: int, person: int) -> Iterator[Course]:
    """Course of one person who has a slot; nothing where somebody moved there and was gone by the observation."""
    there = (records["person"] == person) & ((records["state"] != EMPTY) | (records["ended"] != NOT_ENDED))
    steps = np.flatnonzero(there)
    if not len(steps):
        return
    first, last = int(steps[0]), int(steps[-1])
    own = records[first : last + 1]
    course = own[(own["state"] == IN_COURSE) | (own["months"] > 0)]
    code = int(own["ended"][-1])
    goes_on = code == NOT_ENDED and last == len(records) - 1
    end = "" if goes_on else FURTHER if code == NOT_ENDED else words(CourseEnd(code).name.lower())
    looked = own["seen_now"] == 1
    newest = own[-1]
    yield Course(
        number=0,
        slot=slot,
        person=person,
        asked=first + 1,
        begun=last + 2 - len(course) if len(course) else -1,
        ended=-1 if goes_on else last + 1,
        end=end,
        response=float(newest["response"]),
        gained=float(newest["recovery"] - newest["recovery_start"]) if len(course) else float("nan"),
        attended=int(newest["sessions_attended"]),
        offered=int(newest["sessions_offered"]),
        looks=tuple(
            Look(first + 1 + int(at), float(own["seen_pace"][at]), float(own["seen_noise"][at])) for at in np.flatnonzero(looked)
        ),
    )


def what_if(
    world: World, replicate: int, service: str, post: int, patient: int, *, how: str = "well", member: int | None = None
) -> WhatIf:
    """Live a life again in which one patient had other luck, and nobody else.

    Parameters
    ----------
    world : World
    replicate : int
    service : str
    post : int
        Place of the post, from 0.
    patient : int
        Number of the patient, as :func:`courses_of` has it.
    how : str
        ``well``: response and coming at least as good as those of one in twenty, a programme that is not too demanding, no
        relapse, no dropout. ``sham``: every one of these draws is held at what it was.
    member : int, optional
        Set of parameter values; that of the replicate unless given.

    Raises
    ------
    BadInput
        For a service or patient that there is not.
    ValueError
        For another ``how``.

    Examples
    --------
    >>> import sim
    >>> from sim.why.courses import what_if
    >>> what_if(sim.prepare("nine-services"), 0, "D", 0, 1, how="sham").twin.apart
    -1
    """
    if how not in HOW:
        raise ValueError(f"how is one of {', '.join(HOW)}, not {how!r}")
    mine = world if world.services == (service,) else world.only(service)
    own = mine.trace(replicate, member=member)
    known = courses_of(own[1], post)
    if not 1 <= patient <= len(known):
        what, allowed = f"there is no patient {patient} of this post", f"a number from 1 to {len(known)}"
        raise BadInput([Problem("patient", what, allowed if known else "a post that had a patient")])
    course = known[patient - 1]
    held = _held(mine, replicate, post, course, mine.months, how)
    other = mine.trace(replicate, member=member, held=held)
    there = _again(other[1], post, course)
    if 0 < there.ended < mine.months:  # whoever has the slot next has luck of their own
        held = _held(mine, replicate, post, course, there.ended, how)
        other = mine.trace(replicate, member=member, held=held)
    twin = compared(mine, own, other, outcome_of(USUAL))
    return WhatIf(
        service=service,
        replicate=replicate,
        post=post,
        how=how,
        course=course,
        held=held,
        twin=twin,
        ends=(_end(own, post, course), _end(other, post, _again(other[1], post, course))),
        statuses=np.array([trace.practitioners["status"][:, post] for _, trace in (own, other)], "i8"),
    )


def _held(world: World, replicate: int, post: int, course: Course, end: int, how: str) -> tuple[Hold, ...]:
    """Draws of a patient, held from the month of being asked until a month is over."""
    tape, key = Tape(world.seed, replicate), int(world.plan.services["key"][0])
    first = course.asked - 1

    def drawn(name: str, stream: str, step: int) -> float:
        return float(getattr(tape.draws(name, key, post, course.slot, step + 1), stream))

    def hold(name: str, stream: str, value: float, begin: int, over: int) -> Hold:
        return Hold(f"{name}.{stream}", value, world.services[0], post, course.slot, begin, over)

    held = []
    for stream, good in _START.items():
        value = drawn("intake", stream, first)
        held.append(hold("intake", stream, value if how == "sham" else max(good, value), first, first + 1))
    for stream, good in _MONTHLY.items():
        if how == "sham":
            held += [hold("patient", stream, drawn("patient", stream, step), step, step + 1) for step in range(first, end)]
        else:
            held.append(hold("patient", stream, good, first, end))
    return tuple(held)


def _again(trace: Trace, post: int, course: Course) -> Course:
    """The same patient in another life: up to being asked both are alike."""
    return next(one for one in courses_of(trace, post) if (one.slot, one.person) == (course.slot, course.person))


def _end(life: tuple[Batch, Trace], post: int, course: Course) -> End:
    batch, trace = life
    rows = batch.rows[0, 0]
    return End(
        status=int(trace.practitioners["status"][-1, post]),
        use=int(rows["use"][-1]),
        state=int(rows["state"][-1]),
        operating=int(months_operating(batch)[0]),
        gained=course.gained,
    )
