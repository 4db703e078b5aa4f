"""A Plan: plain numbers and arrays, all that a scenario says, resolved before the run.

No engine knows a scenario's name. A plan holds the start of every service and post, the parameter record, and one
*calendar* per distinct set of dated policies and events: for each month the doses in force and the events that fall due.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np


class Lever(NamedTuple):
    """A policy lever: what a leader, an organisation or the outside world can change for a time.

    Attributes
    ----------
    name, unit : str
    low, high : float
        Bounds of the dose; dose 0 changes nothing.
    meaning : str
    """

    name: str
    unit: str
    low: float
    high: float
    meaning: str


LEVERS: Final = (
    Lever("follow_up", "share 0-1", 0, 1, "follow-up by somebody who acts for the leader: least level of raising the practice"),
    Lever("expectation", "share 0-1", 0, 1, "explicit statement of what is expected: least level stated"),
    Lever(
        "protected_time",
        "hours/month",
        0,
        40,
        "protected time added for each practitioner; counts as far as work is really reallocated",
    ),
    Lever("reallocation", "share 0-1", 0, 1, "least share of protected work really taken over by colleagues"),
    Lever("clarity", "share 0-1", 0, 1, "clear goals and a current plan: least level of both"),
    Lever("signal", "share 0-1", 0, 1, "resolution of the signal about the future: 1 = fully committed"),
    Lever("autonomy_support", "share -1-1", -1, 1, "autonomy support added to what practitioners feel"),
    Lever("supervision", "sessions/month", 0, 8, "supervision or booster sessions added for each practitioner"),
    Lever("outside_support", "dose -1-1", -1, 1, "outside support added (or taken away) beside the implementation period's"),
    Lever("outcome_monitoring", "dose 0-1", 0, 1, "outcome monitoring added"),
    Lever("fidelity_monitoring", "dose 0-1", 0, 1, "fidelity monitoring added"),
    Lever(
        "monitoring_belief", "share 0-1", 0, 1, "promotion, explanation and resources for monitoring: least belief worked towards"
    ),
    Lever("adaptation_backing", "share 0-1", 0, 1, "agreed and reviewed adaptation: least backing"),
    Lever("successor_training", "chance/month", 0, 1, "least monthly chance that an untrained successor is trained"),
    Lever("hiring", "share 0-1", 0, 1, "faster filling of vacant posts: 1 = twice the routine chance"),
    Lever("champion", "share 0-1", 0, 1, "an appointed champion: least strength of championing"),
    Lever("barrier_removal", "share 0-1", 0, 1, "share of outstanding barriers removed a month, beside the leader's own"),
    Lever("strategic_meetings", "share 0-1", 0, 1, "regular meetings that examine barriers, progress and backing"),
    Lever("backing", "share -1-1", -1, 1, "backing by organisation and municipality added (or lost)"),
    Lever("budget_cut", "share 0-1", 0, 1, "share of protected time and own supervision taken away"),
    Lever("workload", "hours/month", -60, 60, "other duties added (or taken away) for each practitioner"),
    Lever("inflow", "relative -1-4", -1, 4, "relative change in newly eligible patients"),
    Lever("demanding_share", "share -1-1", -1, 1, "shift in the share of patients for whom the programme is too demanding"),
    Lever("functioning", "share -1-1", -1, 1, "shift in the mean functioning of eligible patients"),
    Lever(
        "expansion",
        "chance/month",
        0,
        1,
        "expansion: least monthly chance that the next reserve post is opened (switch expansion)",
    ),
    Lever(
        "upper_attention",
        "share 0-1",
        0,
        1,
        "attention of the upper level (organisation, municipality): least level (switch upper_level)",
    ),
    Lever(
        "leadership_programme",
        "dose 0-1",
        0,
        1,
        "a leadership programme in which the leader takes part: raises the four dimensions while it lasts (switch of that name)",
    ),
)
"""Levers that a dated policy can move."""

NEEDS_SWITCH: Final = {
    "expansion": "expansion",
    "upper_attention": "upper_level",
    "upper_level": "upper_level",
    "leadership_programme": "leadership_programme",
}
"""Mechanism without which a lever, or an event of a kind, does nothing, where that mechanism is off unless it is turned on."""

LEADER_EVENT_LEAVES: Final = 1
LEADER_EVENT_ARRIVES: Final = 2
LEADER_EVENT_BECOMES: Final = 3
SUPPORT_EVENT_LEAVES: Final = 1
SUPPORT_EVENT_RETURNS: Final = 2
UPPER_EVENT_GRANTS: Final = 1
UPPER_EVENT_DELAYS: Final = 2
UPPER_EVENT_WITHDRAWS: Final = 3

EVENT_FIELDS: Final = (
    ("event_leader", "i8"),  # LEADER_EVENT_…
    ("event_leader_type", "i8"),  # type that arrives or that the leader becomes
    ("event_signal", "i8"),  # -1 none, else a Signal code from now on
    ("event_support", "i8"),  # 0 none, else SUPPORT_EVENT_…
    ("event_pool", "i8"),  # eligible patients added (or removed)
    ("event_post_leaves", "i8"),  # -1 none, else the post whose holder leaves
    ("event_upper", "i8"),  # 0 none, else UPPER_EVENT_…
    ("event_expansion", "i8"),  # reserve posts that are opened
)

CALENDAR: Final = np.dtype([(lever.name, "f8") for lever in LEVERS] + list(EVENT_FIELDS), align=True)
"""One month of one calendar."""

SERVICE_START: Final = np.dtype(
    [
        ("key", "i8"),
        ("posts", "i8"),
        ("reserve", "i8"),
        ("first_post", "i8"),
        ("calendar", "i8"),
        ("setting", "i8"),
        ("staff", "i8"),
        ("format", "i8"),
        ("selection", "i8"),
        ("briefing", "f8"),
        ("eligibility_checked", "i8"),
        ("capacity_checked", "i8"),
        ("pool", "i8"),
        ("inflow", "f8"),
        ("expansion_inflow", "f8"),
        ("functioning_mean", "f8"),
        ("share_demanding", "f8"),
        ("clarity", "f8"),
        ("plan", "f8"),
        ("signal", "i8"),
        ("meetings", "i8"),
        ("reallocation", "f8"),
        ("backing", "f8"),
        ("upper_attention", "f8"),
        ("upper_money", "f8"),
        ("justification", "f8"),
        ("barriers", "f8"),
        ("institutionalisation", "f8"),
        ("outcome_monitoring", "f8"),
        ("fidelity_monitoring", "f8"),
        ("monitoring_belief", "f8"),
        ("pooling", "i8"),
        ("leader", "i8"),
        ("leader_tenure", "i8"),
        ("leader_informed", "f8"),
        ("consideration", "f8"),
        ("autonomy_support_shift", "f8"),
        ("expectation_at_start", "f8"),
        ("evaluation_fatigue", "f8"),
        ("support_months", "i8"),
        ("months_observed", "i8"),
    ],
    align=True,
)
"""Start of one service.

``support_months``: months of outside support on offer (12 in the study). ``months_observed``: months of which it is known
who led and what was said about the future; chance moves neither before they are over.
"""

POST_START: Final = np.dtype(
    [
        ("experience", "f8"),  # years; NaN = drawn
        ("months_to_retirement", "f8"),  # NaN = drawn
        ("other_duties", "f8"),  # hours/month; NaN = drawn
        ("spare_time", "f8"),  # hours/month willing to use; NaN = drawn
        ("autonomy", "f8"),  # share; NaN = drawn
        ("commitment", "f8"),  # share; NaN = drawn
        ("belief_shift", "f8"),  # IMR-scale points added to the prior belief
        ("frustration", "f8"),  # share at the start
        ("pessimism", "f8"),  # share at the start: that raising the practice moves nothing
        ("dilemma_free", "i8"),  # 1: the practice replaces usual care hour for hour
        ("champion", "i8"),
    ],
    align=True,
)
"""Start of one post; NaN asks for a draw from the population's distribution."""


def room_of(services: np.ndarray) -> np.ndarray:
    """Posts that each service has room for, reserve posts included; int64, shape (services,).

    Parameters
    ----------
    services : numpy.ndarray
        SERVICE_START, shape (services,).
    """
    return np.asarray(services["posts"] + services["reserve"])


@dataclass(frozen=True)
class Plan:
    """All that an engine needs beside the seed and the replicate.

    Attributes
    ----------
    months : int
        Horizon, at least 1.
    services : numpy.ndarray
        SERVICE_START, shape (services,).
    posts : numpy.ndarray
        POST_START, shape (posts over all services, reserve posts included); those of service s are
        ``posts[first_post : first_post + posts + reserve]``, reserve posts last.
    calendars : numpy.ndarray
        CALENDAR, shape (calendars, months).
    parameters : numpy.ndarray
        Parameter record (see ``sim.parameters``), shape (members,): member m serves the replicates
        r with r mod members = m; one member unless an ensemble is run.
    service_names, post_names : tuple of str
        For tables and figures only.
    members : numpy.ndarray
        int64, shape (members,): place in the ensemble of each parameter record, -1 without one; for tables only.
    moved : tuple of str
        Parameters that the members of the ensemble set; for tables only.
    """

    months: int
    services: np.ndarray
    posts: np.ndarray
    calendars: np.ndarray
    parameters: np.ndarray
    service_names: tuple[str, ...]
    post_names: tuple[str, ...]
    members: np.ndarray = field(default_factory=lambda: np.full(1, -1))
    moved: tuple[str, ...] = ()


def with_values(plan: Plan, values: Mapping[str, float]) -> Plan:
    """The plan with some fields of its parameter records replaced, in every one of them: switches and forms among them.

    Nothing is checked, and no scenario says it: for who turns one knob of the model by itself.

    Parameters
    ----------
    plan : Plan
    values : mapping of str to float
        By the names of the record's fields.
    """
    # as bytes: to copy records field by field takes as long as to run them
    parameters = plan.parameters.view(np.uint8).copy().view(plan.parameters.dtype)
    for name, value in values.items():
        parameters[name] = value
    return replace(plan, parameters=parameters)


def cut(plan: Plan, services: Sequence[int]) -> Plan:
    """The plan with only these of its services, in this order; their posts come along.

    Parameters
    ----------
    plan : Plan
    services : sequence of int
        Places of the services.
    """
    starts = plan.services[list(services)].copy()
    parts = [np.arange(one["first_post"], one["first_post"] + one["posts"] + one["reserve"]) for one in starts]
    starts["first_post"] = np.cumsum(room_of(starts)) - room_of(starts)
    which = np.concatenate(parts)
    return replace(
        plan,
        services=starts,
        posts=plan.posts[which],
        service_names=tuple(plan.service_names[i] for i in services),
        post_names=tuple(plan.post_names[i] for i in which),
    )
