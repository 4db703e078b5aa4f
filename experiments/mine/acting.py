"""Leadership policies that begin now: those of shipped scenario files, moved from the end of the outside support to now."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from experiments.worlds.beginning import own_of, with_beginning
from sim.scenario import read_scenario
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
        scenario = with_beginning(world.scenario, *own_of(shipped, base), now)
        found.append(Action(name, shipped.title, world.with_scenario(scenario)))
    return found
