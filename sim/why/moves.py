"""What a practitioner could have decided in a month: the chance of every move, and the draw that it met.

The trace keeps the terms of decisions that changed a status, not the chances of those that did not come. They are found by the
model's own function: it is asked again for the month with one draw at 0 and all others at 1. Then it takes that move if it can,
and says with what chance. No rule is written here a second time.
"""

from types import SimpleNamespace
from typing import Any, Final, NamedTuple

import numpy as np

from sim.codes import (
    BY_THRESHOLD,
    NO_START_YET,
    PARTIAL_USE,
    PLANNED_ADAPTATION,
    POST_VACANT,
    STOPPED,
    WAITING,
)
from sim.holds import ReplayTape
from sim.months.deciding import practitioner_decides
from sim.state import TERM_HAZARD
from sim.streams import STREAM_SETS
from sim.why.people import TERMS, changed

_PEOPLE, _PARTS = "practitioner", "parts"

_MOVES: Final = {
    WAITING: ("practitioner.leaves_waiting", "parts.from_waiting", "practitioner.gives_up_waiting"),
    STOPPED: ("practitioner.restarts", "parts.from_stopped"),
    PARTIAL_USE: ("practitioner.stops", "practitioner.waits", "practitioner.adapts", "practitioner.restarts"),
    PLANNED_ADAPTATION: ("practitioner.stops", "practitioner.waits", "practitioner.cuts"),
}
"""Streams that a decision asks, in its order, by the status before it."""
_FULL_USE: Final = ("practitioner.stops", "practitioner.waits", "practitioner.adapts", "practitioner.cuts")

_NEVER, _ALWAYS = 1.0, 0.0


class Move(NamedTuple):
    """One thing that a practitioner could have decided in a month.

    Attributes
    ----------
    stream : str
        Set and stream of its draw, as a :class:`sim.holds.Hold` has them.
    words : str
        What it is, such as "stops".
    chance : float
        Chance that month, 0-1, given that no move before it in the list happened.
    draw : float
        The move happens if this is below the chance.
    happens : bool
    factors : dict of str to float
        What the chance was multiplied by, by TERMS: 1 neither helps nor holds back.
    """

    stream: str
    words: str
    chance: float
    draw: float
    happens: bool
    factors: dict[str, float]


def moves_of(people: np.ndarray, services: np.ndarray, step: int, post: int, p: Any, tape: ReplayTape) -> tuple[Move, ...]:
    """Moves that a post's holder could have made in a month, as far as they were asked: none follows on the one that happened.

    Parameters
    ----------
    people : numpy.ndarray
        Practitioner records of a trace, shape (months, posts).
    services : numpy.ndarray
        Service records of the same service, shape (months,).
    step : int
        Month, from 0.
    post : int
    p : named tuple
        Parameter values.
    tape : ReplayTape
        The luck of the life, with what is held of it.

    Returns
    -------
    tuple of Move
        Those with a chance above 0. Empty where nobody decides: a post that is vacant or untrained, a service that has given the
        practice up, and the form *threshold*, in which no draw decides.
    """
    now = people[step, post]
    decided = int(now["decided_month"]) == step
    status = int(now["status_before"] if decided else now["status"])
    if status >= POST_VACANT or p.form_deciding == BY_THRESHOLD:
        return ()
    # the observation, later in the month, has written what becomes of the practice
    used = int(services[step - 1]["use"]) if step else NO_START_YET
    service = loose(services[step], use=used)

    def asked(stream: str) -> SimpleNamespace:
        person = loose(now, status=status, decided_month=-1)
        practitioner_decides(person, service, p, 0.0, step, _all_but(stream, _PEOPLE), _all_but(stream, _PARTS))
        return person

    if asked("").decided_month == step:  # it follows the service, whatever is drawn
        return ()
    key = int(services[step]["key"])
    drawn = {name: tape.draws(name, key, post, 0, step + 1) for name in (_PEOPLE, _PARTS)}
    found = []
    for stream in _MOVES.get(status, _FULL_USE):
        person = asked(stream)
        if person.decided_month != step:
            continue
        chance = float(person.decision_terms[TERM_HAZARD])
        name, _, which = stream.partition(".")
        draw = float(getattr(drawn[name], which))
        words = "gives up waiting" if which == "gives_up_waiting" else changed(status, person.status)
        factors = dict(zip(TERMS[1:], map(float, person.decision_terms[1:]), strict=True))
        if status == STOPPED and which == "restarts":
            factors["news"] = factors.pop("course_end")
        found.append(Move(stream, words, chance, draw, draw < chance, factors))
        if draw < chance:
            break
    return tuple(found)


def _all_but(stream: str, name: str) -> SimpleNamespace:
    """Draws of a set, all of which let nothing happen but the one."""
    return SimpleNamespace(**{one: _ALWAYS if f"{name}.{one}" == stream else _NEVER for one in STREAM_SETS[name].names})


def loose(record: np.void, **instead: Any) -> SimpleNamespace:
    """A record by itself, as the month functions take it: plain Python numbers, arrays copied.

    Parameters
    ----------
    record : numpy.void
        Structured.
    **instead
        Fields that have other values.
    """
    names = record.dtype.names or ()
    values = [value.copy() if isinstance(value, np.ndarray) else value for value in record.item()]
    return SimpleNamespace(**dict(zip(names, values, strict=True)) | instead)
