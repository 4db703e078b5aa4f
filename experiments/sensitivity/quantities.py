"""The outcomes whose sensitivity is asked: of each scenario, and the difference between the two."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.kit.words import Outcome, outcome_of
from sim.measures import LEADING, OLD_STOCKS
from sim.rules import LOOKS_EVERY
from sim.scenario.definition import Scenario

DIFFERENCE: Final = "difference"
"""What stands in the place of a scenario's name for the second scenario minus the first, with the same random numbers."""

MAIN: Final = LEADING[0]
"""Share of services that kept going."""
MARKS: Final = (24, 48)
"""Months before the horizon at which the share of services that kept going is an outcome too."""

LATE: Final = (*LEADING[1:], "false_rejections_per_post", OLD_STOCKS[0])
"""Outcomes at the horizon, beside the main one; the old stock last."""

_LOOKED: Final = "share_high_every_look"
"""Not defined before the first yearly look."""


@dataclass(frozen=True)
class Quantity:
    """One number a run, or a pair of runs, whose sensitivity is asked.

    Attributes
    ----------
    scenario : str
        Name of a scenario, or DIFFERENCE.
    outcome : Outcome
    """

    scenario: str
    outcome: Outcome

    @property
    def name(self) -> str:
        """Name for a program, such as ``all-active: share_kept_going@24``."""
        return f"{self.scenario}: {self.outcome.name}"

    @property
    def title(self) -> str:
        """Words for a reader."""
        return f"{self.scenario}: {self.outcome.title}"

    @property
    def is_effect(self) -> bool:
        """Whether it is the difference between two scenarios."""
        return self.scenario == DIFFERENCE


def outcome_names(months: int) -> tuple[str, ...]:
    """Names of the outcomes that are asked of every scenario.

    Parameters
    ----------
    months : int
        Horizon.

    Examples
    --------
    >>> outcome_names(84)
    ('share_kept_going@24', 'share_kept_going@48', 'share_kept_going', 'share_given_up', 'share_high_every_look',
     'share_operating', 'share_silent', 'false_rejections_per_post', 'share_sustained')
    """
    late = (name for name in LATE if name != _LOOKED or months >= LOOKS_EVERY)
    return (*(f"{MAIN}@{month}" for month in MARKS if month < months), MAIN, *late)


def quantities_of(scenarios: Sequence[Scenario]) -> tuple[Quantity, ...]:
    """Quantities of one scenario, or of two and their difference.

    Parameters
    ----------
    scenarios : sequence of Scenario
        One or two, of the same horizon.
    """
    months = scenarios[0].months
    found = [Quantity(scenario.name, outcome_of(name, months)) for scenario in scenarios for name in outcome_names(months)]
    if len(scenarios) == 2:
        own = outcome_of(MAIN, months)
        title = f"{own.title}, {scenarios[1].name} minus {scenarios[0].name}"
        found.append(Quantity(DIFFERENCE, Outcome(MAIN, title, own.unit, own.share)))
    return tuple(found)


def headline(quantities: Iterable[Quantity]) -> Quantity:
    """Quantity that the report speaks of first: the difference, or else the main outcome at the horizon.

    Parameters
    ----------
    quantities : iterable of Quantity
    """
    listed = list(quantities)
    effects = [one for one in listed if one.is_effect]
    main = [one for one in listed if one.outcome.name == MAIN]
    return (effects or main or listed)[0]


def joined(quantities: Sequence[Quantity], values: Mapping[tuple[str, str], np.ndarray]) -> dict[Quantity, np.ndarray]:
    """Quantities from the outcomes of the scenarios, run by run.

    Parameters
    ----------
    quantities : sequence of Quantity
    values : mapping
        For a scenario's name and an outcome's name, f8 of shape (points, replicates), NaN where there is no run.

    Returns
    -------
    dict of Quantity to numpy.ndarray
        Each of shape (points, replicates); the difference is taken within point and replicate.
    """
    scenarios = list(dict.fromkeys(one.scenario for one in quantities if not one.is_effect))
    found = {}
    for one in quantities:
        if one.is_effect:
            first, second = (values[scenario, one.outcome.name] for scenario in scenarios)
            found[one] = second - first
        else:
            found[one] = values[one.scenario, one.outcome.name]
    return found
