"""Leadership policies that begin now: those of shipped scenario files, moved from the end of the outside support to now."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from sim.scenario import read_scenario
from sim.scenario.definition import Scenario
from sim.scenario.schema import Event, Policy
from sim.world import World

POLICIES: Final = (
    "follow-up",
    "facilitator",
    "goals-and-plan",
    "expectations",
    "protected-time",
    "supervision-boosters",
    "autonomy-support",
    "planned-adaptation",
    "champion",
    "successor-training",
    "monitoring-believed",
    "leadership-programme",
)
"""Shipped scenarios whose policies and events are what a leader, or an organisation, can begin with. Their sizes are theirs."""


@dataclass(frozen=True, eq=False)
class Action:
    """What could be begun now.

    Attributes
    ----------
    name, title : str
        Of the shipped scenario.
    world : World
        With it.
    """

    name: str
    title: str
    world: World


def actions_of(world: World, now: int, names: Iterable[str] = POLICIES) -> list[Action]:
    """Worlds that differ from one in a policy from now on.

    Parameters
    ----------
    world : World
        Of one service.
    now : int
        Completed months: the policies are in force from the next month on.
    names : iterable of str
        Shipped scenarios.
    """
    base = read_scenario("baseline")
    found = []
    for name in names:
        shipped = read_scenario(name)
        own = [one for one in shipped.policies if one not in base.policies]
        happening = [one for one in shipped.events if one not in base.events]
        scenario = _with(world.scenario, own, happening, now)
        found.append(Action(name, shipped.title, world.with_scenario(scenario)))
    return found


def _with(scenario: Scenario, policies: list[Policy], events: list[Event], now: int) -> Scenario:
    """Scenario with policies and events moved so that the first of them begins now."""
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
