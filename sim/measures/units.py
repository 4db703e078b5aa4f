"""Units that results are given for: the region, each service, and groups of services alike at the start."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sim.columns import Column
from sim.history import LEADERS
from sim.plan import Plan

GROUPS: Final = ("region", "service", "leader", "posts")
"""Kinds of unit: all services; one; those with one type of leader at the start; those with one number of posts (N)."""

MOST_SERVICES: Final = 60
"""With more services than these, results are given for the region and the groups, not for each service."""

REGION: Final = "all services"


@dataclass(frozen=True)
class Unit:
    """A set of services that results are given for.

    Attributes
    ----------
    group : str
        One of GROUPS.
    name : str
    services : numpy.ndarray
        Places in the plan, ascending, shape (services of the unit,).
    """

    group: str
    name: str
    services: np.ndarray

    def within(self, places: slice) -> np.ndarray:
        """Places of its services among those of a block of the plan."""
        low, high = np.searchsorted(self.services, (places.start, places.stop))
        return self.services[low:high] - places.start


def units_of(plan: Plan) -> tuple[Unit, ...]:
    """Units of a plan, the region first, in the order in which tables list them."""
    every = np.arange(len(plan.services))
    units = [Unit("region", REGION, every)]
    if len(every) <= MOST_SERVICES:
        units += [Unit("service", name, every[at : at + 1]) for at, name in enumerate(plan.service_names)]
    for group, field in (("leader", "leader"), ("posts", "posts")):
        for value in np.unique(plan.services[field]).tolist():
            name = LEADERS[value] if field == "leader" else str(value)
            units.append(Unit(group, name, np.flatnonzero(plan.services[field] == value)))
    places = {name: at for at, name in enumerate(unit_names(units))}
    return tuple(sorted(units, key=lambda unit: (GROUPS.index(unit.group), places[unit.name])))


def unit_names(units: list[Unit] | tuple[Unit, ...]) -> tuple[str, ...]:
    """Distinct names, in order of first appearance: the labels of the column ``unit``."""
    return tuple(dict.fromkeys(unit.name for unit in units))


def unit_columns(units: tuple[Unit, ...]) -> tuple[Column, Column]:
    """Columns ``group`` and ``unit`` of a summary table."""
    return (
        Column("group", "i1", "category", "Kind of unit: the region, a service, or services alike at the start.", GROUPS),
        Column("unit", "i2", "category", "Service, leader type at the start, number of posts, or all.", unit_names(units)),
    )


def unit_codes(units: tuple[Unit, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Codes of ``group`` and ``unit``, each of shape (units,)."""
    names = unit_names(units)
    group = np.array([GROUPS.index(unit.group) for unit in units], dtype="i1")
    return group, np.array([names.index(unit.name) for unit in units], dtype="i2")
