"""Why two scenarios cannot be compared run by run: luck is addressed by service and post, and words must mean the same."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np

from sim.measures import DEFINITIONS
from sim.problems import Problem
from sim.scenario.definition import Scenario

_SHOWN: Final = 5
"""Services named in a message at most."""

MONTHS_HINT: Final = "--months gives all of them the same"
SET_HINT: Final = "--set {name}=VALUE gives all the same"


def twins(
    scenarios: Iterable[Scenario] | Mapping[str, Scenario], *, where: Callable[[str], str] = str, what: str = "scenario"
) -> list[Problem]:
    """Scenarios that say the same under two names: what is told of both would be one thing counted twice.

    Parameters
    ----------
    scenarios : iterable of Scenario, or mapping of str to Scenario
        By the names that messages give them; by their own unless given.
    where : callable
        Place of a name, for messages; the name itself unless given.
    what : str
        What has these names: ``scenario``, which can be shown side by side, or what holds one.
    """
    named = [*scenarios.items()] if isinstance(scenarios, Mapping) else [(one.name, one) for one in scenarios]
    problems = []
    seen: dict[str, str] = {}
    alike = Counter(_outline(scenario) for _, scenario in named)
    for name, scenario in named:
        if alike[_outline(scenario)] == 1:
            continue
        twin = seen.setdefault(scenario.hash, name)
        if twin == name:
            continue
        if what == "scenario":
            hint = f"`sustain diff {twin} {name}` shows what differs; with --months, what would begin later is left out"
            problems.append(Problem(where(name), f"says the same as {twin}", "scenarios that differ", hint))
        else:
            said = f"{what} '{name}' says the same as {what} '{twin}'"
            problems.append(Problem(where(name), said, f"{what}s that differ", "leave one of the two out"))
    return problems


def _outline(scenario: Scenario) -> tuple[Any, ...]:
    """What is equal in scenarios that say the same, and known at once: their hashes, which take longer, are made where it is."""
    policies = tuple((one.lever, one.start, one.dose) for one in scenario.policies)
    events = tuple((one.kind, one.month) for one in scenario.events)
    return scenario.months, scenario.replicates, scenario.seed, len(scenario.services), policies, events


def unlike(
    base: Scenario,
    other: Scenario,
    *,
    where: str = "",
    called: str = "",
    months_hint: str = MONTHS_HINT,
    set_hint: str = SET_HINT,
) -> list[Problem]:
    """Why a scenario cannot be compared with a base: another horizon, other services or posts, other definitions of outcomes.

    Parameters
    ----------
    base, other : Scenario
    where : str
        Place of the problems; the other's name unless given.
    called : str
        What messages call the base; its name unless given.
    months_hint, set_hint : str
        What to do about horizons and definitions; ``{name}`` stands for the definition.
    """
    where, called = where or other.name, called or base.name
    problems = []
    if other.months != base.months:
        what = f"has {other.months} months, {called} has {base.months}"
        problems.append(Problem(where, what, "one horizon", months_hint))
    return problems + _other_services(base, other, where, called) + _other_definitions(base, other, where, called, set_hint)


def _other_services(base: Scenario, other: Scenario, where: str, called: str) -> list[Problem]:
    left, right = ({one.name: len(one.post_table()) for one in scenario.services} for scenario in (base, other))
    allowed = f"the services of {called}, each with as many posts: luck is addressed by service and post"
    problems = []
    for words, here, there in (("lacks", left, right), ("has besides", right, left)):
        names = [name for name in here if name not in there]
        if names:
            what = f"{words} the service{'s' if len(names) > 1 else ''} {', '.join(names[:_SHOWN])}{_more(names)}"
            problems.append(Problem(where, what, allowed))
    posts = [f"{name} {right[name]}, not {left[name]}" for name in left if right.get(name, left[name]) != left[name]]
    if posts:
        problems.append(Problem(where, f"has other numbers of posts: {'; '.join(posts[:_SHOWN])}{_more(posts)}", allowed))
    return problems


def _more(names: list[str]) -> str:
    return f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""


def _other_definitions(base: Scenario, other: Scenario, where: str, called: str, hint: str) -> list[Problem]:
    """Definitions of outcomes that are not those of the base: words would be compared, not services."""
    if other.same_values(base):
        return []
    here, there = other.records(), base.records()
    problems = []
    for name in DEFINITIONS:
        if not np.array_equal(here[name], there[name]):
            values = f"{_told(here[name])}, in {called} {_told(there[name])}"
            what = f"{name} is {values}: what is called sustained or helped would differ"
            problems.append(Problem(where, what, "the same definitions", hint.format(name=name)))
    return problems


def _told(values: np.ndarray) -> str:
    return f"{values[0]:g}" if np.all(values == values[0]) else "another one in every world"


_UNREAD: Final = ("title", "question", "replicates", "seed")
"""What a scenario says that no row of a sweep depends on; its name does not count among it: it stands on the rows."""


def deciding(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """What of a scenario's machine form decides the rows.

    Parameters
    ----------
    scenario : mapping
    """
    return {key: value for key, value in scenario.items() if key not in _UNREAD}


def other_seed(seed: int) -> int:
    """Seed of the runs with other random numbers: far from any that somebody would ask for next."""
    return (seed + 2**63) % 2**64
