"""From a Scenario to a Plan: words become codes, policies and events become calendars."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Final

import numpy as np

from sim import codes
from sim.addresses import service_keys
from sim.parameters import parameter_hash
from sim.plan import (
    CALENDAR,
    LEADER_EVENT_ARRIVES,
    LEADER_EVENT_BECOMES,
    LEADER_EVENT_LEAVES,
    LEVERS,
    POST_START,
    SERVICE_START,
    SUPPORT_EVENT_LEAVES,
    SUPPORT_EVENT_RETURNS,
    UPPER_EVENT_DELAYS,
    UPPER_EVENT_GRANTS,
    UPPER_EVENT_WITHDRAWS,
    Plan,
    room_of,
)
from sim.problems import BadInput, Problem
from sim.scenario.definition import Scenario
from sim.scenario.schema import Event, Policy, Practitioner, Service

WORDS: Final = {
    "setting": codes.Setting,
    "format": codes.Format,
    "selection": codes.Selection,
    "signal": codes.Signal,
    "meetings": codes.Meetings,
    "pooling": codes.Pooling,
    "leader": codes.LeaderType,
}
"""Enum of each service field that holds a word."""

_LEADER_EVENTS: Final = {
    "leader_leaves": LEADER_EVENT_LEAVES,
    "leader_arrives": LEADER_EVENT_ARRIVES,
    "leader_becomes": LEADER_EVENT_BECOMES,
}
_SUPPORT_EVENTS: Final = {"leaves_support": SUPPORT_EVENT_LEAVES, "returns_to_support": SUPPORT_EVENT_RETURNS}
_UPPER_EVENTS: Final = {"grants": UPPER_EVENT_GRANTS, "delays": UPPER_EVENT_DELAYS, "withdraws": UPPER_EVENT_WITHDRAWS}
_ELSEWHERE: Final = ("key", "posts", "reserve", "first_post", "calendar")


def code_of(enum: type[IntEnum], word: str) -> int:
    """Code of a lower-case word."""
    return int(enum[word.upper()])


def dose_by_month(policy: Policy, months: int) -> np.ndarray:
    """Dose of a policy in each month.

    Parameters
    ----------
    policy : Policy
    months : int
        Horizon.

    Returns
    -------
    numpy.ndarray
        Shape (months,): the full dose from start to end, then equal steps down to nothing over the taper.
    """
    doses = np.zeros(months)
    end = months if policy.end is None else policy.end
    doses[policy.start : end] = policy.dose
    for step in range(1, policy.taper + 1):
        if end + step - 1 < months:
            doses[end + step - 1] = policy.dose * (policy.taper + 1 - step) / (policy.taper + 1)
    return doses


def _mine(items: Iterable[Policy | Event], service: str) -> tuple[int, ...]:
    return tuple(number for number, one in enumerate(items) if one.services == "all" or service in one.services)


def _put_event(row: np.void, event: Event, aliases: Sequence[str]) -> None:
    if event.kind in _LEADER_EVENTS:
        row["event_leader"] = _LEADER_EVENTS[event.kind]
        row["event_leader_type"] = code_of(codes.LeaderType, event.leader_type) if event.leader_type else 0
    elif event.kind == "signal_changes" and event.signal:
        row["event_signal"] = code_of(codes.Signal, event.signal)
    elif event.kind in _SUPPORT_EVENTS:
        row["event_support"] = _SUPPORT_EVENTS[event.kind]
    elif event.kind == "pool_changes":
        row["event_pool"] += event.patients or 0
    elif event.kind == "practitioner_leaves" and event.post:
        row["event_post_leaves"] = aliases.index(event.post)
    elif event.kind == "upper_level" and event.upper_level:
        row["event_upper"] = _UPPER_EVENTS[event.upper_level]
    elif event.kind == "expansion":
        row["event_expansion"] = event.posts or 0


def _calendar(scenario: Scenario, policies: Iterable[int], events: Iterable[int], aliases: Sequence[str]) -> np.ndarray:
    """One calendar: doses of the same lever add up, within the lever's bounds."""
    calendar = np.zeros(scenario.months, CALENDAR)
    calendar["event_signal"] = -1
    calendar["event_post_leaves"] = -1
    doses: dict[str, list[np.ndarray]] = {}
    for number in policies:
        policy = scenario.policies[number]
        doses.setdefault(policy.lever, []).append(dose_by_month(policy, scenario.months))
    for lever in LEVERS:
        if lever.name in doses:
            # summed without rounding on the way: the order of the policies does not matter, to the bit
            total = [math.fsum(month) for month in np.transpose(doses[lever.name])]
            # adding 0.0 turns a negative zero into a plain one: a dose of zero is no policy, to the bit
            calendar[lever.name] = np.clip(total, lever.low, lever.high) + 0.0
    for number in events:
        event = scenario.events[number]
        _put_event(calendar[event.month], event, aliases)
    return calendar


def _calendars(scenario: Scenario) -> tuple[np.ndarray, list[int]]:
    """Distinct calendars, and which one each service has."""
    by_signature: dict[tuple[object, ...], int] = {}
    by_content: dict[bytes, int] = {}
    kept: list[np.ndarray] = []
    which = []
    for service in scenario.services:
        policies, events = _mine(scenario.policies, service.name), _mine(scenario.events, service.name)
        aliases = service.aliases()
        leaving = tuple(
            (event.month, aliases.index(event.post)) for event in (scenario.events[one] for one in events) if event.post
        )
        signature = (policies, events, leaving)
        if signature not in by_signature:
            calendar = _calendar(scenario, policies, events, aliases)
            content = calendar.tobytes()
            if content not in by_content:
                by_content[content] = len(kept)
                kept.append(calendar)
            by_signature[signature] = by_content[content]
        which.append(by_signature[signature])
    return np.stack(kept), which


def _put_services(rows: np.ndarray, services: Sequence[Service]) -> None:
    """Column by column: a row of a structured array costs ten times its values."""
    for name in SERVICE_START.names or ():
        if name in _ELSEWHERE:
            continue
        values = [getattr(service, name) for service in services]
        if name in WORDS:
            codes_of = {word: code_of(WORDS[name], word) for word in set(values)}
            values = [codes_of[word] for word in values]
        rows[name] = values


def _put_posts(rows: np.ndarray, flat: Sequence[tuple[Practitioner, Service]]) -> None:
    for name in POST_START.names or ():
        # what is not said of a person is said of the service
        said_of_the_person = name in Practitioner.model_fields
        values = [getattr(post if said_of_the_person else service, name) for post, service in flat]
        rows[name] = [math.nan if value is None else value for value in values]


def _decided_at_once(services: np.ndarray, calendars: np.ndarray, scenario: Scenario) -> None:
    """Signal of services for which the upper level decides in month 0: the practitioners are trained knowing it."""
    if scenario.is_on("upper_level"):
        granted = calendars["event_upper"][services["calendar"], 0] == UPPER_EVENT_GRANTS
        services["signal"][granted] = codes.COMMITTED


def _mechanisms_of_ensemble(scenario: Scenario) -> None:
    """Refuse an ensemble that was found with mechanisms on that are off here, unless the scenario itself turns them off."""
    turned_on = scenario.ensemble.turned_on if scenario.ensemble is not None else ()
    off = [name for name in turned_on if not scenario.is_on(name) and name not in scenario.switches]
    if off and scenario.ensemble is not None:
        where = f"{scenario.path or scenario.name}: ensemble {scenario.ensemble.name}"
        what = f"its values were found with mechanisms on that are off here: {', '.join(off)}"
        hint = f"--set switch.{off[0]}=on, and so on for each; or [switches] in the scenario"
        raise BadInput([Problem(where, what, "the mechanisms it was calibrated with", hint)])


def resolve(scenario: Scenario, *, members: np.ndarray | None = None) -> Plan:
    """Plan of a scenario: all that an engine needs beside seed and replicate.

    Parameters
    ----------
    scenario : Scenario
    members : numpy.ndarray, optional
        int64, shape (worlds,): member of the ensemble of each world; as often as their weights say unless given.

    Returns
    -------
    Plan
        Services in the scenario's order; services with the same policies and events share a calendar.

    Raises
    ------
    sim.problems.BadInput
        When two services' names lead to the same random numbers, or the ensemble belongs to mechanisms that are off here.
    """
    which = scenario.members() if members is None else members
    return _plan(scenario, scenario.records(which), which)


def _plan(scenario: Scenario, parameters: np.ndarray, members: np.ndarray) -> Plan:
    """Plan of a scenario with the parameter record and the member of the ensemble of each world."""
    _mechanisms_of_ensemble(scenario)
    try:
        keys = service_keys(scenario.service_names)
    except ValueError as error:
        where = f"{scenario.path or scenario.name}: services"
        raise BadInput([Problem(where, str(error), "names that lead to different random numbers")]) from None
    calendars, which = _calendars(scenario)
    tables = [service.post_table() for service in scenario.services]
    # without the mechanism there is no room for more
    expands = scenario.record()["switch_expansion"][0] == 1
    reserve = [service.reserve_posts if expands else 0 for service in scenario.services]
    rooms = [
        [*table, *(Practitioner.model_construct(alias=f"{service.name} reserve {number}") for number in range(1, more + 1))]
        for table, service, more in zip(tables, scenario.services, reserve, strict=True)
    ]
    flat = [(post, service) for room, service in zip(rooms, scenario.services, strict=True) for post in room]
    services = np.zeros(len(tables), SERVICE_START)
    posts = np.zeros(len(flat), POST_START)
    services["key"] = keys
    services["calendar"] = which
    services["posts"] = [len(table) for table in tables]
    services["reserve"] = reserve
    services["first_post"] = np.cumsum(room_of(services)) - room_of(services)
    _put_services(services, scenario.services)
    _decided_at_once(services, calendars, scenario)
    _put_posts(posts, flat)
    return Plan(
        months=scenario.months,
        services=services,
        posts=posts,
        calendars=calendars,
        parameters=parameters,
        members=members,
        moved=scenario.moved,
        service_names=scenario.service_names,
        post_names=tuple(post.alias for post, _ in flat),
    )


def with_calendars(plan: Plan, scenario: Scenario) -> Plan:
    """Plan of a scenario of which only policies and events differ from those of the plan: it shares all but the calendars.

    Parameters
    ----------
    plan : Plan
        What :func:`resolve` gave of the scenario under other policies and events.
    scenario : Scenario
    """
    calendars, which = _calendars(scenario)
    services = plan.services.copy()
    services["calendar"] = which
    # what was said before month 0 may have been decided by an event that is no longer there
    services["signal"] = [code_of(WORDS["signal"], service.signal) for service in scenario.services]
    _decided_at_once(services, calendars, scenario)
    return replace(plan, services=services, calendars=calendars)


def resolve_beside(scenario: Scenario, base: Scenario, plan: Plan) -> Plan:
    """Plan of a scenario, which shares with that of another one what does not differ: it is made once, and in memory once.

    Parameters
    ----------
    scenario : Scenario
    base : Scenario
        The other one.
    plan : Plan
        What :func:`resolve` gave of the base, with all of its worlds or with some of them.

    Returns
    -------
    Plan
        Of the same worlds where both scenarios have the same ensemble.

    Raises
    ------
    sim.problems.BadInput
        As :func:`resolve` does.
    """
    same = scenario.same_values(base)
    if same and (scenario.months, scenario.services) == (base.months, base.services):
        return with_calendars(plan, scenario)
    members = plan.members if scenario.same_ensemble(base) else scenario.members()
    return _plan(scenario, plan.parameters if same else scenario.records(members), members)


def plan_hash(plan: Plan, *, parameters: str | None = None) -> str:
    """SHA-256 of all that a plan says; hexadecimal, the same on every machine.

    Parameters
    ----------
    plan : Plan
    parameters : str, optional
        Hash of its parameter records where it is known: of a whole ensemble it takes nearly all of the time.
    """
    total = hashlib.sha256()
    for array in (plan.services, plan.posts, plan.calendars, plan.parameters):
        known = parameters if array is plan.parameters else None
        total.update(f"{array.shape}{known or parameter_hash(array)}".encode())
    total.update(repr((plan.months, plan.service_names, plan.post_names)).encode())
    return total.hexdigest()
