"""What was seen, one observation at a time, and which histories agree with it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from experiments.mine.schema import ERRORS, Leader, Seen
from sim.codes import LEADER_VACANT, LeaderType
from sim.engine import Trace
from sim.scenario.schema import Service

DELIVERING: Final = "delivering"
WAITING: Final = "waiting"
FIDELITY: Final = "fidelity"
IN_COURSES: Final = "in_courses"
STARTED: Final = "started"
LEAVES: Final = "leaves"
ARRIVES: Final = "arrives"
STAYS: Final = "stays"

FIELDS: Final = {
    DELIVERING: "delivering_posts",
    WAITING: "waiting",
    FIDELITY: "fidelity_clinic",
    IN_COURSES: "course_patients",
    STARTED: "started",
}
"""Column of a service's month that is compared, by what was seen. Who leads is read from the leader's own state: a leader who
leaves and is replaced by one of the same type within a month leaves no mark in the columns."""


class Observation(NamedTuple):
    """One thing that was seen.

    Attributes
    ----------
    kind : str
        A key of FIELDS, or LEAVES, ARRIVES or STAYS.
    month : int
        Completed months since the training.
    low, high : float
        What histories that agree have, both included, in the unit of the column; of leaders the first and the last month.
    value : float
        What was seen; NaN of leaders.
    type : int
        How the leader who arrives leads (LeaderType); -1 where it is not said.
    words : str
    """

    kind: str
    month: int
    low: float
    high: float
    value: float
    type: int
    words: str

    @property
    def of_leader(self) -> bool:
        """Whether it is about who leads."""
        return self.kind not in FIELDS


def observations_of(seen: Seen, service: Service) -> tuple[Observation, ...]:
    """Everything that was seen, one by one, in the order of the grammar.

    Parameters
    ----------
    seen : Seen
    service : Service
    """
    posts = len(service.aliases())
    found = [
        _counted(DELIVERING, one.month, one.posts, one.tolerance, f"{one.posts} of {posts} posts deliver")
        for one in seen.delivering
    ]
    for score in seen.fidelity:
        reach = ERRORS * score.error + score.tolerance
        words = f"fidelity {score.score:g} in month {score.month} (± {reach:.2g})"
        low, high = score.score - reach, score.score + reach
        found.append(Observation(FIDELITY, score.month, low, high, score.score, -1, words))
    found += [_leader(one) for one in seen.leader]
    for patients in seen.patients:
        for kind, count, words in (
            (IN_COURSES, patients.in_courses, "patients in courses"),
            (STARTED, patients.started, "patients have begun a course"),
        ):
            if count is not None:
                found.append(_counted(kind, patients.month, count, patients.tolerance, f"{count} {words}"))
    for one in seen.waiting:
        found.append(_counted(WAITING, one.month, one.posts, one.tolerance, f"{one.posts} of {posts} posts wait"))
    return tuple(found)


def _counted(kind: str, month: int, count: int, tolerance: int, words: str) -> Observation:
    about = f" (± {tolerance})" if tolerance else ""
    return Observation(kind, month, count - tolerance, count + tolerance, count, -1, f"{words} in month {month}{about}")


def _leader(one: Leader) -> Observation:
    if one.change == STAYS:
        return Observation(STAYS, one.month, 1, one.month, np.nan, -1, f"no leader left up to month {one.month}")
    kind = -1 if one.type is None else int(LeaderType[one.type.upper()])
    who = "the leader leaves" if one.change == LEAVES else f"a new leader arrives{f' ({one.type})' if one.type else ''}"
    reach = f" (± {one.months_tolerance})" if one.months_tolerance else ""
    low, high = max(1, one.month - one.months_tolerance), one.month + one.months_tolerance
    return Observation(one.change, one.month, low, high, np.nan, kind, f"{who} in month {one.month}{reach}")


def agreeing(rows: np.ndarray, observations: Sequence[Observation]) -> np.ndarray:
    """Which histories agree with which observation; with those of leaders all do.

    Parameters
    ----------
    rows : numpy.ndarray
        SERVICE_MONTH of one service, shape (histories, months).
    observations : sequence of Observation

    Returns
    -------
    numpy.ndarray
        bool, shape (histories, observations).
    """
    found = np.ones((len(rows), len(observations)), bool)
    for at, one in enumerate(observations):
        if not one.of_leader:
            values = rows[FIELDS[one.kind]][:, one.month - 1]
            found[:, at] = (values >= one.low) & (values <= one.high)
            if one.kind == FIDELITY:
                found[:, at] &= values > 0.0  # undefined without sessions
    return found


def leaders_agree(trace: Trace, vacant_at_start: bool, observations: Sequence[Observation]) -> np.ndarray:
    """Which observations of leaders one history agrees with; with the others it does.

    Parameters
    ----------
    trace : Trace
        Of one history of one service.
    vacant_at_start : bool
    observations : sequence of Observation

    Returns
    -------
    numpy.ndarray
        bool, shape (observations,).
    """
    left = np.diff(trace.services["leader_changes"][:, 0], prepend=0) > 0
    leader = trace.leaders[:, 0]
    who = np.where(leader["type"] == LEADER_VACANT, -1, leader["person"])
    came = (who >= 0) & (who != np.concatenate([[-1 if vacant_at_start else 0], who[:-1]]))
    found = np.ones(len(observations), bool)
    for at, one in enumerate(observations):
        window = slice(int(one.low) - 1, int(one.high))
        if one.kind == LEAVES:
            found[at] = left[window].any()
        elif one.kind == STAYS:
            found[at] = not left[window].any()
        elif one.kind == ARRIVES:
            found[at] = (came[window] & ((leader["type"][window] == one.type) if one.type >= 0 else True)).any()
    return found
