"""Schedules evaluated by a formula instead of the simulation, so that the front is known."""

from collections.abc import Sequence

import numpy as np

from experiments.policies.evaluating import Outcome, Set
from experiments.policies.ingredients import NAMES
from experiments.policies.schedules import Schedule
from sim.measures import TOLD_OF_ARMS
from sim.measures.hours import HOURS

SERVICES = 1000
"""So many that a share has three digits."""
GIVEN_UP = 40
"""Services of a run of which each of the other outcomes holds."""
WHERE = Set("search", 0, 2, 2, 1)

GOOD = {"champion": (3.0, 0.05, 0.20), "clarity": (10.0, 0.30, 0.10)}
"""Hours at half dose, and what half a dose adds to the services that keep going to months 48 and 84."""
USELESS = 1.0
"""Hours of half a dose of anything else."""


def outcome(schedule: Schedule, price: float, shares: Sequence[float], *, luck: float = 0.0, worlds: int = 2) -> Outcome:
    """Outcome with given numbers; with luck, the two runs of a world differ by twice that."""
    counts = np.rint(SERVICES * np.array(shares, float))[:, None, None] + SERVICES * luck * np.array([-1.0, 1.0])
    hours = np.zeros(len(HOURS))
    hours[0] = price
    counts = np.broadcast_to(counts, (2, worlds, 2)).astype(np.int64)
    last = counts[-1].sum(axis=1)
    beside = np.stack([last if name == "share_kept_going" else np.full(worlds, 2 * GIVEN_UP) for name in TOLD_OF_ARMS])
    return Outcome(schedule, counts, SERVICES, hours, np.full(worlds, price), 72.0 * shares[1], beside)


def known(schedule: Schedule, where: Set = WHERE) -> Outcome:
    """Two ingredients do something, each in proportion to its dose; all cost; time does nothing."""
    price, first, last = 0.0, 0.1, 0.1
    for name, dose in zip(NAMES, schedule.doses, strict=True):
        hours, early, late = GOOD.get(name, (USELESS, 0.0, 0.0))
        price, first, last = price + dose * hours, first + dose * early, last + dose * late
    return outcome(schedule, price, (first, last), worlds=where.worlds)


def front() -> set[tuple[float, float, float]]:
    """Price and shares of all schedules that no other beats."""
    doses = [(one, other) for one in range(3) for other in range(3)]
    every = {(3.0 * a + 10.0 * b, 0.1 + 0.05 * a + 0.3 * b, 0.1 + 0.2 * a + 0.1 * b) for a, b in doses}
    rounded = {tuple(round(one, 6) for one in values) for values in every}
    return {one for one in rounded if not any(_beats(other, one) for other in rounded)}  # type: ignore[misc,arg-type]


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and one[0] <= other[0] and all(a >= b for a, b in zip(one[1:], other[1:], strict=True))
