"""What a schedule costs: hours of support, apart from the hours in which the practice is given."""

from typing import Final

import numpy as np

from sim.engine import Batch
from sim.measures.hours import hours_spent
from sim.plan import Plan

SUPPORT_ENDS: Final = 12
"""Hours are counted from this month on: before it nothing differs, as no schedule begins earlier."""

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
    per_service_year = len(plan.services) * (plan.months - SUPPORT_ENDS) / 12
    return hours_spent(plan, batch, SUPPORT_ENDS) / per_service_year
