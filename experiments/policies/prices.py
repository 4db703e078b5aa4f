"""What a schedule costs: hours of support, apart from the hours in which the practice is given."""

from typing import Final

import numpy as np

from sim.engine import Batch
from sim.plan import Plan

SUPPORT_ENDS: Final = 12
"""Hours are counted from this month on: before it nothing differs, as no schedule begins earlier."""

HOURS: Final = ("leader", "supervision", "monitoring", "covered", "training", "champion", "delivering")
"""Kinds of hours; none is part of another."""
DELIVERING: Final = "delivering"
"""The one kind that is no support: sessions, preparation, recruiting, barriers. More of it is what one wants."""
SUPPORT: Final = tuple(name for name in HOURS if name != DELIVERING)

MEANINGS: Final = {
    "leader": "hours of leaders, and of whoever acts for them",
    "supervision": "hours of practitioners in supervision",
    "monitoring": "hours of practitioners that monitoring takes",
    "covered": "hours of colleagues who do practitioners' other work while time is protected",
    "training": "hours of training successors",
    "champion": "hours of an appointed champion",
    "delivering": "all other hours of practitioners with the practice, net of usual care",
}


def hours_of(plan: Plan, batch: Batch) -> np.ndarray:
    """Hours of each kind for a service and year after the outside support.

    Practitioner hours hold those of monitoring and of championing; here they are taken out of them. What a champion takes is
    known of an appointed one: a dose for every month with somebody who has neither stopped nor left. In a service that has
    a champion of its own from the start, the appointed one is priced beside that one, as ``champion``, though the simulation
    counts the hours of one of them: what is too much there is missing in ``delivering``.

    Parameters
    ----------
    plan : Plan
        Of more than SUPPORT_ENDS months.
    batch : Batch

    Returns
    -------
    numpy.ndarray
        f8, shape (replicates, kinds of hours).
    """
    rows = batch.rows
    per_service_year = len(plan.services) * (plan.months - SUPPORT_ENDS) / 12

    def spent(name: str) -> np.ndarray:
        total = rows[f"hours_{name}"]
        return np.asarray((total[:, :, -1] - total[:, :, SUPPORT_ENDS - 1]).sum(axis=1))

    found = {name: spent(name) for name in ("leader", "supervision", "monitoring", "covered", "training", "practitioner")}
    later = rows[:, :, SUPPORT_ENDS:]
    anybody = (later["full_use"] + later["planned_adaptation"] + later["partial_use"] + later["waiting"]) > 0
    appointed = plan.calendars["champion"][plan.services["calendar"], SUPPORT_ENDS:]
    found["champion"] = plan.parameters["hours_champion"][batch.members] * (anybody * appointed).sum(axis=(1, 2))
    found["delivering"] = found["practitioner"] - found["monitoring"] - found["champion"]
    return np.stack([found[name] for name in HOURS], axis=1) / per_service_year


def support(hours: np.ndarray) -> np.ndarray:
    """Hours of support: all but those of delivering.

    Parameters
    ----------
    hours : numpy.ndarray
        f8, shape (..., kinds of hours).
    """
    return hours[..., [HOURS.index(name) for name in SUPPORT]].sum(axis=-1)
