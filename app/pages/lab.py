"""What the pages share: worlds that are prepared once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from experiments.policies.exporting import scenario_text
from sim.problems import known_name
from sim.scenario import catalogue, read_scenario
from sim.scenario.schema import NAME_MAX, Policy
from sim.world import World, prepare

MONTHS: Final = 84
"""Horizon of the pages: seven years from the training."""

BASE: Final = "nine-services"
"""Scenario beside which the others are resolved: most have its sets of parameter values, 11 MB, and its threads' work space."""

KEPT: Final = 6
"""Prepared scenarios that are kept beside it."""


class Lab:
    """Shipped scenarios, each read, checked and resolved once; may be asked from any thread."""

    def __init__(self) -> None:
        self._base: World | None = None
        self._held: OrderedDict[tuple[str, int], World] = OrderedDict()
        self._others: dict[str, OrderedDict[Hashable, Any]] = {}
        self._lock = threading.Lock()
        self._names = tuple(entry.name for entry in catalogue())

    def world(self, name: object, months: int = MONTHS, *, where: str = "scenario") -> World:
        """A shipped scenario, prepared over the plausible worlds.

        Parameters
        ----------
        name : object
            As a message has it: never a path.
        months : int
        where : str
            Field that names it.

        Raises
        ------
        BadInput
            For what is no name of a shipped scenario.
        """
        name = known_name(name, self._names, where=where, what="scenario", allowed="the name of a scenario that ships")
        with self._lock:
            base = self._base = self._base or prepare(BASE, months=MONTHS)
            if (name, months) == (BASE, MONTHS):
                return base
            found = self._held.get((name, months)) or _beside(base, name, months)
            return _newest(self._held, (name, months), found, KEPT)

    @property
    def base(self) -> World:
        """The world beside which others are resolved."""
        return self.world(BASE)

    def kept(
        self, page: str, key: Hashable, make: Callable[[], Any], *, most: int, busy: Callable[[Any], bool] = lambda _: False
    ) -> Any:
        """What a page makes once and asks often: those least recently asked for are forgotten.

        Parameters
        ----------
        page : str
        key : hashable
        make : callable
            Called where it is not there.
        most : int
            Of this page that are kept.
        busy : callable, optional
            Whether somebody is at work on one: it stays for as long.
        """
        with self._lock:
            held = self._others.setdefault(page, OrderedDict())
            found = held[key] if key in held else make()
            return _newest(held, key, found, most, busy)

    def known(self, page: str, key: Hashable) -> Any:
        """What a page keeps, or None; it counts as asked for."""
        with self._lock:
            held = self._others.get(page, OrderedDict())
            if key not in held:
                return None
            held.move_to_end(key)
            return held[key]


def with_added(
    base: World, policies: Sequence[Policy | Mapping[str, Any]], *, told: str, count: int, name: str
) -> tuple[World, str]:
    """A shipped scenario with policies added, called by what is told of them; and its scenario file.

    Parameters
    ----------
    base : World
    policies : sequence of Policy or mapping
        They come before its own.
    told : str
        What is done, as a person says it.
    count : int
        Things that are done, for a title where that is too long.
    name : str
        Of the file.

    Raises
    ------
    BadInput
        With every problem of every policy.
    """
    world = base.with_policies([*policies, *base.policies])
    title = f"{told[:1].upper()}{told[1:]}" if len(told) <= NAME_MAX else f"{count} policies together"
    question = f"What becomes of {base.scenario.name} with: {told}?"
    text = scenario_text(
        base.scenario, world.policies[: len(policies)], name=name, title=title, question=question, months=base.months,
        maker="sustain lab",
    )  # fmt: skip
    return world.with_scenario(replace(world.scenario, name=name, title=title, question=question)), text


def _beside(base: World, name: str, months: int) -> World:
    """A shipped scenario, as :func:`sim.world.prepare` gives it; what does not differ from the base is held once."""
    scenario = replace(read_scenario(name, months=months), ensemble=base.scenario.ensemble)
    return base.with_scenario(scenario).with_seed(scenario.seed)


def _newest(
    held: OrderedDict[Any, Any], key: Hashable, one: Any, most: int, busy: Callable[[Any], bool] = lambda _: False
) -> Any:
    """Keep one as the newest; the oldest go that nobody is at work on."""
    held[key] = one
    held.move_to_end(key)
    for old in [place for place, each in held.items() if place != key and not busy(each)][: max(0, len(held) - most)]:
        del held[old]
    return one
