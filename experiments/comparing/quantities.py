"""What is compared: every outcome of the region, the main ones of each service, and how a reader is told of them."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from experiments.kit.words import Outcome, outcome_of
from sim.measures.units import Unit, units_of
from sim.plan import Plan

MARKS: Final = (24, 48)
"""Months before the horizon at which the share of services that kept going is a main outcome too."""

HOURS: Final = (
    "hours_leader_per_service", "hours_practitioner_per_post", "hours_supervision_per_post", "hours_monitoring_per_post",
    "hours_covered_per_post", "hours_training_per_post",
)  # fmt: skip

KEPT_GOING: Final = "share_kept_going"
SERVICE_MONTHS: Final = "months_kept_going"
GROUPS: Final = ("region", "service", "posts")
"""Units compared: all services, each service, and services with the same number of posts (N) together."""

_BLOCKS: Final = (
    ("share_operating", "share_given_up", "share_high_every_look", "share_sustained", "posts_delivering"),
    (SERVICE_MONTHS,),
    ("fidelity",),
    ("started_per_post", "helped_per_post"),
    HOURS,
)
"""Main outcomes of the region beside the share that kept going, those that share an axis together."""

_OF_UNITS: Final = ("share_given_up", "share_sustained", "posts_delivering", "fidelity", "started_per_post")
"""Outcomes of each service, beside the share that kept going."""

_TITLES: Final[Mapping[str, str]] = {
    "share_high_every_look": "services high at every yearly look",
    "months_kept_going": "months kept going per service",
    "hours_leader_per_service": "leader hours per service",
    "started_per_post": "patients started per post",
    "helped_per_post": "patients helped per post",
    "hours_practitioner_per_post": "practitioner hours per post",
    "hours_supervision_per_post": "supervision hours per post",
    "hours_monitoring_per_post": "monitoring hours per post",
    "hours_covered_per_post": "hours covered by colleagues per post",
    "hours_training_per_post": "hours of training successors per post",
}


def kept_going_names(months: int) -> tuple[str, ...]:
    """Share of services that kept going, at the marks and the horizon.

    Examples
    --------
    >>> kept_going_names(48)
    ('share_kept_going@24', 'share_kept_going')
    """
    return (*(f"{KEPT_GOING}@{mark}" for mark in MARKS if mark < months), KEPT_GOING)


def blocks(months: int) -> tuple[tuple[str, ...], ...]:
    """Main outcomes of the region in groups of one unit.

    Parameters
    ----------
    months : int
        Horizon.
    """
    return ((*kept_going_names(months), *_BLOCKS[0]), *_BLOCKS[1:])


def main_names(months: int) -> tuple[str, ...]:
    """Main outcomes of the region, in the order in which they are told."""
    return tuple(name for block in blocks(months) for name in block)


def unit_names(months: int) -> tuple[str, ...]:
    """Outcomes of each service, and of services with the same number of posts."""
    return (*kept_going_names(months), *_OF_UNITS, *HOURS)


def told_outcome(name: str, months: int) -> Outcome:
    """Words and unit of an outcome; without a month where it is counted from the start to the horizon.

    Examples
    --------
    >>> told_outcome("started_per_post", 84).title
    'patients started per post'
    """
    found = outcome_of(name, months)
    return found._replace(title=_TITLES.get(name, found.title))


def scale_of(outcome: Outcome) -> float:
    """What values are multiplied by to be shown: shares are told in per cent, their differences in percentage points."""
    return 100.0 if outcome.share else 1.0


def difference_unit(outcome: Outcome) -> str:
    """Unit of a difference."""
    return "percentage points" if outcome.share else outcome.unit.replace("scale\N{NO-BREAK SPACE}1–5", "points of 1–5")


def digits_of(error: float, *, share: bool = False) -> int:
    """Places after the point that a number with this standard error deserves: the last one is worth half of it or less.

    Examples
    --------
    >>> digits_of(6.2), digits_of(1.4), digits_of(0.037), digits_of(0.0), digits_of(0.0, share=True)
    (0, 1, 2, 2, 1)
    """
    if not np.isfinite(error) or error <= 0.0:
        return 1 if share else 2
    return int(np.clip(np.ceil(0.3 - np.log10(error)), 0, 4))


def units_compared(plan: Plan) -> tuple[Unit, ...]:
    """Units of a plan beside the region, in the order of the tables; of very many services only the groups by posts."""
    return tuple(unit for unit in units_of(plan) if unit.group in GROUPS[1:])


def same_units(units: tuple[Unit, ...], plan: Plan, other: Plan) -> tuple[Unit, ...]:
    """Units of a plan found again, by the services' names, in another plan of the same services."""
    places = {name: at for at, name in enumerate(other.service_names)}
    return tuple(
        Unit(one.group, one.name, np.array([places[plan.service_names[at]] for at in one.services], np.int64)) for one in units
    )
