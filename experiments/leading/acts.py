"""What a leader can do in a step: ingredients of shipped policies, with the leader's hours that the model counts for each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.policies.ingredients import INGREDIENTS, Ingredient

_BY_NAME: Final = {one.name: one for one in INGREDIENTS}

_HELD: Final = (
    "expectation", "reallocation", "clarity", "autonomy_support", "monitoring_belief", "adaptation_backing", "hiring", "champion",
    "barrier_removal",
)  # fmt: skip
"""Levers that cost the leader hours as far as they are held beyond what the service has by itself (``held_by_policy``)."""

_MONITORING: Final = ("outcome_monitoring", "fidelity_monitoring")


@dataclass(frozen=True)
class Act:
    """Something that a leader does for as long as it is chosen.

    Attributes
    ----------
    name : str
    ingredient : Ingredient
    share : float
        Of the full dose of the shipped policy.
    """

    name: str
    ingredient: Ingredient
    share: float = 1.0

    @property
    def levers(self) -> Mapping[str, float]:
        """Levers and their doses."""
        return self.ingredient.at(self.share)

    def hours(self, parameters: np.void) -> float:
        """Hours of the leader that it takes a month where the service does nothing of it by itself; else it takes fewer.

        What follows from it is not among them: a service where the practice is raised also arranges some monitoring.

        Parameters
        ----------
        parameters : numpy.void
            Parameter record of the world.
        """
        doses = self.levers
        held = sum(doses.get(lever, 0.0) for lever in _HELD)
        monitored = sum(doses.get(lever, 0.0) for lever in _MONITORING)
        return float(
            parameters["hours_leader_active"] * doses.get("follow_up", 0.0)
            + parameters["hours_leader_lever"] * held
            + parameters["hours_leader_monitoring"] * monitored
            + parameters["hours_leader_review"] * doses.get("strategic_meetings", 0.0)
        )


ACTS: Final = (
    # at half dose: at the full one it takes more than the month of a leader who has other things to do
    Act("raising", _BY_NAME["facilitator"], 0.5),
    Act("meetings", _BY_NAME["meetings"]),
    Act("clarity", _BY_NAME["clarity"]),
    Act("expectation", _BY_NAME["expectation"]),
    Act("autonomy", _BY_NAME["autonomy"]),
    Act("protected-time", _BY_NAME["protected-time"]),
    Act("monitoring", _BY_NAME["monitoring"]),
    Act("successors", _BY_NAME["successors"]),
)
"""In the order of the form. *Raising* is the lever of a facilitator: here the player raises the practice every month."""

NAMES: Final = tuple(one.name for one in ACTS)
BY_NAME: Final = {one.name: one for one in ACTS}

MOST: Final = 3
"""Acts at the same time. Assumption: nobody does well more things at once beside other work."""

HOURS: Final = 12
"""Hours a month that a leader has for them unless told otherwise. Assumption."""

HOURS_MOST: Final = 40


def hours_of(acts: Iterable[str], parameters: np.void) -> float:
    """Hours of the leader that acts take a month, at most.

    Parameters
    ----------
    acts : iterable of str
    parameters : numpy.void
    """
    return sum(BY_NAME[name].hours(parameters) for name in acts)
