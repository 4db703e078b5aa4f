"""The study's framework as views: three implementation drivers, implementation leadership and implementation climate.

The study asked its questions by Fixsen's framework: competency (selection, training, coaching), organisation (facilitative
administration, decision-support data, work with the surroundings) and leadership. Here each is read off what was recorded of a
service in a month, as a share from 0 (nothing of it) to 1 (all of it). That the parts of a driver count alike is an *assumption*.

These are views. They are computed after the run, and no rule reads them: a driver cannot make anything happen.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np

from sim.codes import Selection
from sim.engine import Batch
from sim.plan import Plan

DIMENSIONS: Final = ("proactive", "knowledgeable", "supportive", "perseverant")
"""Dimensions of implementation leadership (L1)."""

FULL_SCALE: Final = 4.0
"""Highest score of the scales of leadership and climate."""


class View(NamedTuple):
    """One view: name, unit and meaning."""

    name: str
    unit: str
    meaning: str


DRIVERS: Final = (
    View("driver_competency", "share 0-1", "competency driver: mean of selection, training and coaching, mean over services"),
    View(
        "driver_organisation",
        "share 0-1",
        "organisation driver: mean of administration, data and surroundings, mean over services",
    ),
    View(
        "driver_leadership",
        "share 0-1",
        "leadership driver: engagement times the mean of the four dimensions over 4, or who acts for the leader if that is more; "
        "mean over services",
    ),
)
"""The three drivers."""

PARTS: Final = (
    View(
        "competency_selection",
        "share 0-1",
        "how practitioners were chosen: jointly or in passing, briefed beforehand, capacity checked; mean over services",
    ),
    View("competency_training", "share 0-1", "established posts whose holder is trained, mean over services"),
    View("competency_coaching", "share 0-1", "supervision on offer, of what keeps competence up, mean over services"),
    View(
        "organisation_administration",
        "share 0-1",
        "facilitative administration: plan, strategic meetings, protected time, few barriers; mean over services",
    ),
    View(
        "organisation_data",
        "share 0-1",
        "decision-support data: outcome figures used, and fidelity figures shown by visits or believed; mean over services",
    ),
    View(
        "organisation_surroundings",
        "share 0-1",
        "work with the surroundings: backing from above, and fidelity documented to it; mean over services",
    ),
)
"""What the first two drivers are made of."""

SCALES: Final = (
    View("leadership", "scale 0-4", "implementation leadership, mean of its four dimensions; 0 without a leader"),
    *(
        View(f"leadership_{name}", "scale 0-4", f"implementation leadership: {name}, mean over services; 0 without a leader")
        for name in DIMENSIONS
    ),
    View(
        "perceived_leadership",
        "scale 0-4",
        "implementation leadership as practitioners perceive it, mean of four dimensions over trained posts; 0 without a leader",
    ),
    *(
        View(
            f"perceived_{name}",
            "scale 0-4",
            f"implementation leadership as practitioners perceive it: {name}, over trained posts",
        )
        for name in DIMENSIONS
    ),
    View(
        "climate_actual",
        "scale 0-4",
        "implementation climate of what is stated, given and recognised, mean over services; as perceived it is 'climate'",
    ),
)
"""Scales beside the drivers."""

VIEWS: Final = (*DRIVERS, *PARTS, *SCALES)
"""Every view of this module, in the order of the tables."""


class Framework:
    """Views of a batch, of every service: arrays of shape (replicates, services, months).

    Parameters
    ----------
    plan : Plan
    batch : Batch
    """

    def __init__(self, plan: Plan, batch: Batch) -> None:
        self._plan = plan
        self._starts = plan.services[batch.places]
        self._rows = batch.rows
        self._members = batch.members

    def _row(self, name: str) -> np.ndarray:
        return np.asarray(self._rows[name], np.float64)

    def _parameter(self, name: str) -> np.ndarray:
        """Values of a parameter, one a replicate, to be held against the rows."""
        return np.asarray(self._plan.parameters[name][self._members], np.float64)[:, None, None]

    def _start(self, name: str) -> np.ndarray:
        """Something that a service starts with and keeps, for every row."""
        return np.broadcast_to(np.asarray(self._starts[name], np.float64)[None, :, None], self._rows.shape)

    def selection(self) -> np.ndarray:
        """Mean of way of choosing (in passing 0, requested 1/2, jointly 1), briefing, and whether capacity was checked."""
        way = self._start("selection") / float(Selection.JOINT_DECISION)
        return (way + self._start("briefing") + self._start("capacity_checked")) / 3.0

    def training(self) -> np.ndarray:
        """Trained posts over established ones."""
        return self._row("trained") / self._start("posts")

    def coaching(self) -> np.ndarray:
        """Dose of supervision (R24): outside and own sessions a month over what is enough, at most 1."""
        sessions = self._row("support") * self._parameter("sessions_supervision_supported") + self._row("supervision")
        return np.minimum(1.0, sessions / self._parameter("sessions_supervision_enough"))

    def administration(self) -> np.ndarray:
        """Mean of plan, strategic meetings, protected time over its full amount (at most 1), and 1 / (1 + barriers)."""
        time = np.minimum(1.0, self._row("protected_time") / self._parameter("hours_protected"))
        return (self._row("plan_now") + self._row("review") + time + 1.0 / (1.0 + self._row("barriers"))) / 4.0

    def data(self) -> np.ndarray:
        """Mean of outcome figures used (dose x belief), and fidelity figures shown (outside support, or dose x belief)."""
        shown = np.maximum(self._row("support"), self._row("fidelity_monitoring") * self._row("monitoring_belief"))
        return (self._row("monitoring_use") + shown) / 2.0

    def surroundings(self) -> np.ndarray:
        """Mean of backing by organisation and municipality, and fidelity documented to them."""
        return (self._row("backing") + self._row("documentation")) / 2.0

    def scale(self, prefix: str = "leadership") -> np.ndarray:
        """Mean of the four dimensions, actual or as perceived, scale 0-4."""
        total = self._row(f"{prefix}_{DIMENSIONS[0]}")
        for name in DIMENSIONS[1:]:
            total = total + self._row(f"{prefix}_{name}")
        return total / len(DIMENSIONS)

    def competency(self) -> np.ndarray:
        """Mean of selection, training and coaching."""
        return (self.selection() + self.training() + self.coaching()) / 3.0

    def organisation(self) -> np.ndarray:
        """Mean of administration, data and surroundings."""
        return (self.administration() + self.data() + self.surroundings()) / 3.0

    def leading(self) -> np.ndarray:
        """Leader's engagement x mean dimension / 4; who acts for the leader by policy counts where that is more."""
        return np.maximum(self._row("engagement") * self.scale() / FULL_SCALE, self._row("acted_for"))

    def view(self, name: str) -> tuple[np.ndarray, bool]:
        """Values of a view, and whether a mean over services weighs them by their trained posts.

        Parameters
        ----------
        name : str
            Of VIEWS.

        Returns
        -------
        values : numpy.ndarray
            Shape (replicates, services, months).
        by_trained : bool
        """
        if name == "perceived_leadership":
            return self.scale("perceived"), True
        if name in _ROWS_OVER_SERVICES:
            return self._row(name), False
        if name in _OVER_SERVICES:
            return _OVER_SERVICES[name](self), False
        return self._row(name), True


_ROWS_OVER_SERVICES: Final = (*(f"leadership_{name}" for name in DIMENSIONS), "climate_actual")
"""Views that are recorded as they are."""

# By class, not by instance: methods kept in the object that they are of would keep its rows in memory until they are looked for.
_OVER_SERVICES: Final[Mapping[str, Callable[[Framework], np.ndarray]]] = {
    "driver_competency": Framework.competency,
    "driver_organisation": Framework.organisation,
    "driver_leadership": Framework.leading,
    "competency_selection": Framework.selection,
    "competency_training": Framework.training,
    "competency_coaching": Framework.coaching,
    "organisation_administration": Framework.administration,
    "organisation_data": Framework.data,
    "organisation_surroundings": Framework.surroundings,
    "leadership": Framework.scale,
}
"""Views that are computed; means over services, not over trained posts."""
