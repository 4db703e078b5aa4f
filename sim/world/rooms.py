"""Work space that one thread uses again and again: engines and rows, by the size of what is run."""

import threading
from typing import Final, TypeVar

from sim.engine import Batch, CompiledEngine, blank_batch, compile_first
from sim.plan import Plan

Kept = TypeVar("Kept")

ENGINES: Final = 8
BATCHES: Final = 2
"""Sizes of what one thread runs for which its work space is kept, and its rows: of 60 replicates of nine services 42 MB."""


class Rooms(threading.local):
    """Engines and rows of one thread; shared by a world and all that is made of it."""

    def __init__(self) -> None:
        self._engines: dict[tuple[int, ...], CompiledEngine] = {}
        self._batches: dict[tuple[int, ...], Batch] = {}

    def batch(self, plan: Plan, replicates: int, place: int) -> Batch:
        """Room for so many replicates, which the next one to ask for the place writes over.

        Parameters
        ----------
        plan : Plan
        replicates : int
        place : int
            Rooms of different places are apart.
        """
        key = (len(plan.services), len(plan.posts), plan.months, place)
        found = self._batches.get(key)
        if found is None or len(found.rows) < replicates:
            self._batches.pop(key, None)  # not both at a time
            found = blank_batch(plan, replicates)
        return _keep(self._batches, key, found, BATCHES)

    def engine(self, plan: Plan, seed: int) -> CompiledEngine:
        """Engine with the work space of the last plan of this size.

        Parameters
        ----------
        plan : Plan
        seed : int
        """
        key = (len(plan.services), len(plan.posts), int((plan.services["posts"] + plan.services["reserve"]).max()))
        found = self._engines.get(key)
        if found is None:
            compile_first(plan)
            found = CompiledEngine(plan, seed)
        return _keep(self._engines, key, found, ENGINES).over(plan, seed)


def _keep(held: dict[tuple[int, ...], Kept], key: tuple[int, ...], one: Kept, most: int) -> Kept:
    """Keep what was just used, as the newest; the oldest goes."""
    held.pop(key, None)
    held[key] = one
    while len(held) > most:
        del held[next(iter(held))]
    return one
