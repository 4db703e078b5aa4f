"""Codes of the states that agents can be in: plain ints for the engines, named enums at the boundary.

The month functions compare against the module-level ints (Numba folds them to constants); readers, tables and
reports use the enums, whose names in lower case are the words a user sees.
"""

from enum import IntEnum
from typing import Final

# --- what a practitioner intends to do with the practice (ODD, entities)
FULL_USE: Final = 0
PLANNED_ADAPTATION: Final = 1
PARTIAL_USE: Final = 2
WAITING: Final = 3
STOPPED: Final = 4
POST_VACANT: Final = 5
UNTRAINED: Final = 6

# --- how a leader leads
ACTIVE: Final = 0
PASSIVE_SUPPORTIVE: Final = 1
UNSUPPORTIVE_TRUSTING: Final = 2
UNAVAILABLE: Final = 3
LEADER_VACANT: Final = 4
CONTROLLING: Final = 5

# --- what has been said about the future of the practice
COMMITTED: Final = 0
EXPANSION_WITHOUT_DETAIL: Final = 1
AWAITING_PERMISSION: Final = 2
LEFT_TO_PRACTITIONERS: Final = 3

# --- what staff meetings are used for
NOT_RAISED: Final = 0
MENTIONED: Final = 1
STRATEGIC: Final = 2

# --- how practitioners were selected for training
IN_PASSING: Final = 0
REQUESTED: Final = 1
JOINT_DECISION: Final = 2

# --- course format, service setting
INDIVIDUAL: Final = 0
GROUP: Final = 1
PRIMARY: Final = 0
SPECIALISED: Final = 1

# --- whose patients an outcome figure is pooled over, once monitoring is believed in
POOL_OWN: Final = 0
POOL_SERVICE: Final = 1
POOL_REGION: Final = 2

# --- a post's part in a group this month
NO_COURSE_ROLE: Final = 0
LEADS: Final = 1
CO_LEADS: Final = 2

# --- a patient slot
EMPTY: Final = 0
RECRUITED: Final = 1
IN_COURSE: Final = 2

# --- how a patient's course ended (stored for the month in which it did)
NOT_ENDED: Final = 0
COMPLETED: Final = 1
DROPPED_OUT: Final = 2
LOST: Final = 3
WITHDREW_BEFORE_START: Final = 4

# --- a stop or a cut that reception tipped, judged by whether the practice was worth it
NOT_REJECTED: Final = 0
REJECTED_FALSELY: Final = 1
REJECTED_TRULY: Final = 2

# --- state of a service by behaviour (ODD, observation)
SUSTAINED: Final = 0
SHRUNKEN: Final = 1
DRIFTED: Final = 2
DORMANT: Final = 3
ABANDONED: Final = 4
NEVER_STARTED: Final = 5
NOT_YET_STARTED: Final = 6

# --- why a service gave the practice up by decision, and why it decided to take it up again
NO_STOP: Final = 0
STOP_MONEY: Final = 1
STOP_PRIORITY: Final = 2
STOP_WORKFORCE: Final = 3
NO_RESTART: Final = 0
RESTART_LEADER: Final = 1
RESTART_MANDATE: Final = 2
RESTART_CHAMPION: Final = 3
RESTART_PATIENTS: Final = 4

# --- what is made of the practice by a service or a post, by sessions and by who intends (ODD, observation)
OPERATING: Final = 0
SILENT: Final = 1
GIVEN_UP: Final = 2
NO_START: Final = 3
NO_START_YET: Final = 4

# --- forces whose absence alone would have reversed a status decision, one bit each
FORCE_UNCERTAINTY: Final = 1
FORCE_HESITATION: Final = 2
FORCE_EXPECTATION: Final = 4
FORCE_RECEPTION: Final = 8
FORCE_DILEMMA: Final = 16
FORCE_COMMITMENT: Final = 32
FORCE_COURSE_END: Final = 64
FORCE_BACKING: Final = 128
FORCE_NEWS: Final = 256
FORCE_CHAMPION: Final = 512
FORCE_SUPPORT: Final = 1024

# --- rival forms of parts of the model, in the order of their options in the parameter table
BY_HAZARD: Final = 0
BY_THRESHOLD: Final = 1
BY_BAYES: Final = 0
BY_SMOOTHING: Final = 1
LINKED: Final = 0
INDEPENDENT: Final = 1
BY_RATIO: Final = 1
BY_SHIFT: Final = 0
BY_PROPORTION: Final = 0
BY_WEIGHING: Final = 1


class PractitionerStatus(IntEnum):
    """What a practitioner intends, or the state of the post."""

    FULL_USE = FULL_USE
    PLANNED_ADAPTATION = PLANNED_ADAPTATION
    PARTIAL_USE = PARTIAL_USE
    WAITING = WAITING
    STOPPED = STOPPED
    VACANT = POST_VACANT
    UNTRAINED = UNTRAINED


class LeaderType(IntEnum):
    """How the leader of a service leads."""

    ACTIVE = ACTIVE
    PASSIVE_SUPPORTIVE = PASSIVE_SUPPORTIVE
    UNSUPPORTIVE_TRUSTING = UNSUPPORTIVE_TRUSTING
    UNAVAILABLE = UNAVAILABLE
    VACANT = LEADER_VACANT
    CONTROLLING = CONTROLLING


class Signal(IntEnum):
    """What has been said about the future of the practice."""

    COMMITTED = COMMITTED
    EXPANSION_WITHOUT_DETAIL = EXPANSION_WITHOUT_DETAIL
    AWAITING_PERMISSION = AWAITING_PERMISSION
    LEFT_TO_PRACTITIONERS = LEFT_TO_PRACTITIONERS


class Meetings(IntEnum):
    """What staff meetings are used for."""

    NOT_RAISED = NOT_RAISED
    MENTIONED = MENTIONED
    STRATEGIC = STRATEGIC


class Selection(IntEnum):
    """How practitioners were selected for training."""

    IN_PASSING = IN_PASSING
    REQUESTED = REQUESTED
    JOINT_DECISION = JOINT_DECISION


class Format(IntEnum):
    """Whether courses are given to one patient or to a group."""

    INDIVIDUAL = INDIVIDUAL
    GROUP = GROUP


class Setting(IntEnum):
    """Primary or specialised mental health care."""

    PRIMARY = PRIMARY
    SPECIALISED = SPECIALISED


class Pooling(IntEnum):
    """Whose patients an outcome figure is pooled over."""

    OWN = POOL_OWN
    SERVICE = POOL_SERVICE
    REGION = POOL_REGION


class CourseRole(IntEnum):
    """A post's part in a course."""

    NONE = NO_COURSE_ROLE
    LEADS = LEADS
    CO_LEADS = CO_LEADS


class SlotState(IntEnum):
    """Whether a patient slot is empty, recruited for a course, or in one."""

    EMPTY = EMPTY
    RECRUITED = RECRUITED
    IN_COURSE = IN_COURSE


class CourseEnd(IntEnum):
    """How a patient's course ended."""

    NOT_ENDED = NOT_ENDED
    COMPLETED = COMPLETED
    DROPPED_OUT = DROPPED_OUT
    LOST = LOST
    WITHDREW_BEFORE_START = WITHDREW_BEFORE_START


class Rejection(IntEnum):
    """Whether reception tipped a stop or a cut this month, and whether that was right."""

    NO = NOT_REJECTED
    FALSELY = REJECTED_FALSELY
    TRULY = REJECTED_TRULY


class ServiceState(IntEnum):
    """What a service does with the practice, by behaviour."""

    SUSTAINED = SUSTAINED
    SHRUNKEN = SHRUNKEN
    DRIFTED = DRIFTED
    DORMANT = DORMANT
    ABANDONED = ABANDONED
    NEVER_STARTED = NEVER_STARTED
    NOT_YET_STARTED = NOT_YET_STARTED


class StopReason(IntEnum):
    """Why a service gave the practice up by decision."""

    NONE = NO_STOP
    MONEY = STOP_MONEY
    LACK_OF_PRIORITY = STOP_PRIORITY
    WORKFORCE = STOP_WORKFORCE


class RestartReason(IntEnum):
    """Why a service decided to take the practice up again."""

    NONE = NO_RESTART
    NEW_LEADER_OR_GOAL = RESTART_LEADER
    MONEY_OR_MANDATE = RESTART_MANDATE
    CHAMPION = RESTART_CHAMPION
    PATIENTS_WHO_ASK = RESTART_PATIENTS


class Use(IntEnum):
    """What is made of the practice by a service or a post, by sessions and by who intends to go on."""

    OPERATING = OPERATING
    SILENT = SILENT
    GIVEN_UP = GIVEN_UP
    NEVER_STARTED = NO_START
    NOT_YET_STARTED = NO_START_YET


FORCES: Final[dict[int, str]] = {
    FORCE_UNCERTAINTY: "uncertainty",
    FORCE_HESITATION: "hesitation",
    FORCE_EXPECTATION: "expectation",
    FORCE_RECEPTION: "patient reception",
    FORCE_DILEMMA: "prioritisation dilemma",
    FORCE_COMMITMENT: "commitment",
    FORCE_COURSE_END: "end of a course",
    FORCE_BACKING: "backing for adaptation",
    FORCE_NEWS: "new leader or goal",
    FORCE_CHAMPION: "champion",
    FORCE_SUPPORT: "outside support",
}
"""Bit of each force and the words a reader sees for it."""
