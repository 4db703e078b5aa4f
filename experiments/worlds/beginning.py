"""Policies and events of one scenario, begun in another one in a month of choice."""

from collections.abc import Sequence
from dataclasses import replace

from sim.scenario.definition import Scenario
from sim.scenario.schema import Event, Policy


def own_of(scenario: Scenario, base: Scenario) -> tuple[list[Policy], list[Event]]:
    """Policies and events that a scenario has and its baseline has not.

    Parameters
    ----------
    scenario, base : Scenario
    """
    policies = [one for one in scenario.policies if one not in base.policies]
    return policies, [one for one in scenario.events if one not in base.events]


def with_beginning(scenario: Scenario, policies: Sequence[Policy], events: Sequence[Event], now: int) -> Scenario:
    """Scenario with policies and events for all its services, moved so that the first of them begins now.

    What would begin at the horizon or later is left out.

    Parameters
    ----------
    scenario : Scenario
    policies, events : sequence of Policy, sequence of Event
        One of them at least.
    now : int
        Completed months: they are in force from the next month on.
    """
    later = now - min([one.start for one in policies] + [one.month for one in events])
    moved = [
        one.model_copy(update={"start": one.start + later, "end": _end(one.end, later), "services": "all"}) for one in policies
    ]
    dated = [one.model_copy(update={"month": one.month + later, "services": "all"}) for one in events]
    return replace(
        scenario,
        policies=(*scenario.policies, *(one for one in moved if one.start < scenario.months)),
        events=(*scenario.events, *(one for one in dated if one.month < scenario.months)),
    )


def _end(end: int | None, later: int) -> int | None:
    return None if end is None else end + later
