"""Instruments for the nine services after month 12: predictions, for which the study has no data."""

from collections.abc import Callable
from typing import Final

import numpy as np

from experiments.patterns.nine import EIGHT
from experiments.patterns.seen import Seen
from experiments.patterns.statistics import area_under_curve, ratio
from sim.codes import SUSTAINED

SCORED: Final = 12
LATER: Final = 48
PASSIVE: Final = "ABDFI"
"""Services whose leader is passive-supportive at the start."""

OTHERS: Final = "ABDEFGHI"
"""All but C."""


def _protected(seen: Seen, services: str) -> np.ndarray:
    """Protected time at month 12 relative to month 1, over some services."""
    places = seen.places(services)
    return ratio(*(seen.services("protected_time", month, places).sum(axis=1) for month in (SCORED, 1)))


def protected_time_passive(seen: Seen) -> np.ndarray:
    """Protected time kept where the leader is passive-supportive."""
    return _protected(seen, PASSIVE)


def protected_time_active(seen: Seen) -> np.ndarray:
    """Protected time kept in C."""
    return _protected(seen, "C")


def fidelity_separates(seen: Seen) -> np.ndarray:
    """Area under the curve of fidelity at month 12 for being sustained at month 48."""
    places = seen.places(EIGHT)
    scores = seen.services("fidelity", SCORED, places)
    return area_under_curve(scores, seen.services("state", LATER, places) == SUSTAINED, scores > 0)


def frustration_highest_in_d(seen: Seen) -> np.ndarray:
    """1 where D is the most frustrated service at month 12."""
    found = seen.services("frustration", SCORED)
    place = seen.places("D")[0]
    return np.asarray(found[:, place] > np.delete(found, place, axis=1).max(axis=1), np.float64)


def waiting_grows(seen: Seen) -> np.ndarray:
    """Share waiting in months 13 to 24 minus at month 12, over the services other than C."""
    places = seen.places(OTHERS)
    shares = [
        ratio(seen.services("waiting", month, places).sum(axis=1), seen.services("trained", month, places).sum(axis=1))
        for month in range(SCORED, SCORED + 13)
    ]
    return np.asarray(np.mean(shares[1:], axis=0) - shares[0])


INSTRUMENTS: Final[dict[str, Callable[[Seen], np.ndarray]]] = {
    one.__name__: one
    for one in (
        protected_time_passive,
        protected_time_active,
        fidelity_separates,
        frustration_highest_in_d,
        waiting_grows,
    )
}
