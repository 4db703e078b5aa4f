"""Hours of support, apart from the hours in which the practice is given."""

from typing import Final

import numpy as np

from sim.engine import Batch
from sim.plan import Plan

HOURS: Final = ("leader", "supervision", "monitoring", "covered", "training", "champion", "delivering")
"""Kinds of hours; none is part of another."""
DELIVERING: Final = "delivering"
"""The one kind that is no support: sessions, preparation, recruiting, barriers. More of it is what one wants."""
SUPPORT: Final = tuple(name for name in HOURS if name != DELIVERING)


def hours_spent(plan: Plan, batch: Batch, since: int) -> np.ndarray:
    """Hours of each kind over all services, from a month to the horizon.

    Practitioner hours hold those of monitoring and of championing; here they are taken out of them. What a champion takes is
    known of an appointed one: a dose for every month with somebody who has neither stopped nor left. In a service that has
    a champion of its own from the start, the appointed one is priced beside that one, as ``champion``, though the simulation
    counts the hours of one of them: what is too much there is missing in ``delivering``.

    Parameters
    ----------
    plan : Plan
        Of more months than ``since``.
    batch : Batch
    since : int
        First month that is counted.

    Returns
    -------
    numpy.ndarray
        f8, shape (replicates, kinds of hours).
    """
    rows = batch.rows

    def spent(name: str) -> np.ndarray:
        total = rows[f"hours_{name}"]
        before = total[:, :, since - 1] if since else 0.0
        return np.asarray((total[:, :, -1] - before).sum(axis=1))

    found = {name: spent(name) for name in ("leader", "supervision", "monitoring", "covered", "training", "practitioner")}
    later = rows[:, :, since:]
    anybody = (later["full_use"] + later["planned_adaptation"] + later["partial_use"] + later["waiting"]) > 0
    appointed = plan.calendars["champion"][plan.services["calendar"], since:]
    found["champion"] = plan.parameters["hours_champion"][batch.members] * (anybody * appointed).sum(axis=(1, 2))
    found[DELIVERING] = found["practitioner"] - found["monitoring"] - found["champion"]
    return np.stack([found[name] for name in HOURS], axis=1)


def support(hours: np.ndarray) -> np.ndarray:
    """Hours of support: all but those of delivering.

    Parameters
    ----------
    hours : numpy.ndarray
        f8, shape (..., kinds of hours).
    """
    return np.asarray(hours[..., [HOURS.index(name) for name in SUPPORT]].sum(axis=-1))
