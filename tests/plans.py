"""Plans for tests: plain ones built from numbers, and shipped scenarios cut to some of their services or months."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from sim.addresses import service_key
from sim.codes import GROUP, INDIVIDUAL, PASSIVE_SUPPORTIVE, REQUESTED, LeaderType
from sim.parameters import SWITCH_PREFIX, read_table
from sim.plan import CALENDAR, LEVERS, POST_START, SERVICE_START, Plan, room_of, with_values
from sim.rulebook import SECOND_VERSION
from sim.scenario import read_scenario, resolve

SERVICE_DEFAULTS: dict[str, float] = {
    "staff": 12,
    "format": GROUP,
    "selection": REQUESTED,
    "briefing": 0.2,
    "eligibility_checked": 1,
    "pool": 15,
    "inflow": 1.5,
    "functioning_mean": 0.5,
    "share_demanding": 0.15,
    "clarity": 0.25,
    "plan": 0.1,
    "signal": 3,
    "meetings": 1,
    "backing": 0.3,
    "barriers": 3.0,
    "pooling": 1,
    "leader": PASSIVE_SUPPORTIVE,
    "leader_tenure": 36,
    "leader_informed": 0.5,
    "consideration": 0.5,
    "expectation_at_start": 0.1,
    "evaluation_fatigue": 0.1,
    "support_months": 12,
}
UNLIKE = (
    "nine-services", "active-leader-leaves", "all-active", "all-controlling", "all-passive", "cuts-ad-hoc", "demanding-patients",
    "high-turnover", "joint-selection", "monitoring-believed", "monitoring-imposed", "national", "no-autonomy-support",
    "rival-independent", "rival-smoothing", "rival-threshold", "supervision-boosters", "vacancy-with-champion",
)  # fmt: skip
"""Shipped scenarios that differ in what they set in motion; the others move the same levers at other doses and dates."""

DRAWN_FIELDS = ("experience", "months_to_retirement", "other_duties", "spare_time", "autonomy", "commitment")
"""Fields of a post that NaN asks to be drawn."""


def blank_calendar(months: int) -> np.ndarray:
    """One calendar in which nothing happens, shape (months,)."""
    calendar = np.zeros(months, CALENDAR)
    calendar["event_signal"] = -1
    calendar["event_post_leaves"] = -1
    return calendar


def levers_at(bound: str, months: int) -> np.ndarray:
    """Calendar with every lever at one bound, ``low`` or ``high``, from the fourth month on."""
    calendar = blank_calendar(months)
    for lever in LEVERS:
        calendar[lever.name][3:] = getattr(lever, bound)
    return calendar


def leaders_by_event(event: int, months: int) -> np.ndarray:
    """Calendar in which every third month brings a leader of the next type, by an event that brings one (2 or 3)."""
    calendar = blank_calendar(months)
    for at, code in enumerate(LeaderType):
        calendar["event_leader"][3 * at + 2] = event
        calendar["event_leader_type"][3 * at + 2] = code
    return calendar


def plain_plan(
    posts: Sequence[int] = (2,),
    *,
    months: int = 24,
    service: Mapping[str, Any] | None = None,
    post: Mapping[str, float] | None = None,
    parameters: Mapping[str, float] | None = None,
    off: Iterable[str] = (),
    forms: Mapping[str, str] | None = None,
    calendar: np.ndarray | None = None,
) -> Plan:
    """Plan of alike services.

    Parameters
    ----------
    posts : sequence of int
        Posts of each service.
    months : int
    service, post : mapping, optional
        Fields of every SERVICE_START and POST_START that differ from the defaults; posts are drawn by default.
    parameters : mapping, optional
        Parameters that differ from the table; not held to its bounds, so that a test can ask for a limit.
    off : iterable of str
        Switches to turn off; all others are on.
    forms : mapping, optional
        Options that are not the default.
    calendar : numpy.ndarray, optional
        CALENDAR, shape (months,).
    """
    names = tuple(f"S{i}" for i in range(len(posts)))
    starts = np.zeros(len(posts), SERVICE_START)
    for name, value in {**SERVICE_DEFAULTS, **(service or {})}.items():
        starts[name] = value
    starts["key"] = [service_key(name) for name in names]
    starts["posts"] = posts
    rooms = room_of(starts)
    starts["first_post"] = np.cumsum(rooms) - rooms
    begun = np.zeros(rooms.sum(), POST_START)
    for name in DRAWN_FIELDS:
        begun[name] = np.nan
    for name, value in (post or {}).items():
        begun[name] = value
    record = read_table().record(switches=dict.fromkeys(off, False), forms=forms)
    for name, value in (parameters or {}).items():
        record[name] = value
    one = blank_calendar(months) if calendar is None else calendar
    return Plan(months, starts, begun, one[None, :].copy(), record, names, tuple(f"p{i}" for i in range(len(begun))))


def plain_first(posts: Sequence[int] = (2,), *, on: Iterable[str] = (), **said: Any) -> Plan:
    """Plan of alike services of the first version of the model, with some mechanisms of the second one: of what is tested alone.

    Parameters
    ----------
    posts : sequence of int
        Posts of each service.
    on : iterable of str
        Mechanisms of the second version that are on.
    **said
        As :func:`plain_plan` takes it.
    """
    return first_version(plain_plan(posts, **said), *on)


@cache
def shipped(name: str) -> tuple[Plan, int]:
    """Plan and seed of a shipped scenario."""
    scenario = read_scenario(name)
    return resolve(scenario), scenario.seed


@cache
def shipped_first(name: str, *on: str) -> tuple[Plan, int]:
    """Plan and seed of a shipped scenario in the first version of the model, with some mechanisms of the second one on."""
    scenario = read_scenario(name, overrides=first_settings(*on))
    return resolve(scenario), scenario.seed


def first_settings(*on: str) -> dict[str, str]:
    """Settings that turn the mechanisms of the second version off, but for some."""
    return {f"switch.{name}": "on" if name in on else "off" for name in SECOND_VERSION}


def shortened(plan: Plan, months: int) -> Plan:
    """The plan's first months."""
    return replace(plan, months=months, calendars=np.ascontiguousarray(plan.calendars[:, :months]))


def with_every_mechanism(plan: Plan) -> Plan:
    """The plan with every mechanism on, also what its scenario has off."""
    return with_values(plan, {SWITCH_PREFIX + name: 1 for name in read_table().switches})


def first_version(plan: Plan, *on: str) -> Plan:
    """The plan in the first version of the model: every mechanism of the second one off, but for those that are named."""
    return with_values(plan, {SWITCH_PREFIX + name: int(name in on) for name in SECOND_VERSION})


def with_services(plan: Plan, **fields: Any) -> Plan:
    """The plan with some fields of every service replaced."""
    starts = plan.services.copy()
    for name, value in fields.items():
        starts[name] = value
    return replace(plan, services=starts)


def with_posts(plan: Plan, **fields: Any) -> Plan:
    """The plan with some fields of every post replaced."""
    posts = plan.posts.copy()
    for name, value in fields.items():
        posts[name] = value
    return replace(plan, posts=posts)


def with_calendar(plan: Plan, months: slice = slice(None), **fields: Any) -> Plan:
    """The plan with some fields of every calendar replaced in some months."""
    calendars = plan.calendars.copy()
    for name, value in fields.items():
        calendars[name][:, months] = value
    return replace(plan, calendars=calendars)


__all__ = [
    "DRAWN_FIELDS",
    "GROUP",
    "INDIVIDUAL",
    "blank_calendar",
    "first_settings",
    "first_version",
    "levers_at",
    "plain_first",
    "plain_plan",
    "shipped",
    "shipped_first",
    "shortened",
    "with_calendar",
    "with_every_mechanism",
    "with_posts",
    "with_services",
    "with_values",
]
