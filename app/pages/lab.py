"""What the pages share: worlds that are prepared once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final

from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario import catalogue
from sim.world import World, prepare

MONTHS: Final = 84
"""Horizon of the pages: seven years from the training."""

KEPT: Final = 16
"""Prepared scenarios that are kept."""


class Lab:
    """Shipped scenarios, each read, checked and resolved once; may be asked from any thread."""

    def __init__(self) -> None:
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
        names = self._names
        if not isinstance(name, str) or name not in names:
            hint = did_you_mean(name[:80], names) if isinstance(name, str) else ""
            raise BadInput([Problem(where, "there is no such scenario", "the name of a scenario that ships", hint)])
        with self._lock:
            found = self._held.get((name, months))
            if found is None:
                found = self._held[name, months] = prepare(name, months=months)
            self._held.move_to_end((name, months))
            while len(self._held) > KEPT:
                self._held.popitem(last=False)
            return found

    def kept(self, page: str, key: Hashable, make: Callable[[], Any], *, most: int) -> Any:
        """What a page makes once and asks often: those least recently asked for are forgotten.

        Parameters
        ----------
        page : str
        key : hashable
        make : callable
            Called where it is not there.
        most : int
            Of this page that are kept.
        """
        with self._lock:
            held = self._others.setdefault(page, OrderedDict())
            if key not in held:
                held[key] = make()
            held.move_to_end(key)
            while len(held) > most:
                held.popitem(last=False)
            return held[key]
