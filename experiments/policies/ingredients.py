"""What a leadership policy can be made of: ingredients, each with the levers it moves and how far."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

STARTS: Final = (12, 18, 24, 36)
"""First month in force: when the outside support ends, or half a year, one or two years later."""
LENGTHS: Final = (0, 12, 24)
"""Months in force; 0: to the horizon."""
DOSES: Final = ("off", "half", "full")


@dataclass(frozen=True)
class Ingredient:
    """Something that can be done for the practice, at half or at full dose.

    Attributes
    ----------
    name : str
        In files and tables; lower-case words joined by hyphens.
    title : str
        In figures.
    half, full : mapping of str to float
        Doses of the levers.
    why : str
        Why these levers and doses.
    """

    name: str
    title: str
    half: Mapping[str, float]
    full: Mapping[str, float]
    why: str

    def levers(self, dose: int) -> Mapping[str, float]:
        """Levers and their doses.

        Parameters
        ----------
        dose : int
            Place in DOSES.
        """
        return (MappingProxyType({}), self.half, self.full)[dose]

    def at(self, share: float) -> dict[str, float]:
        """Levers at a share of the full dose; those that are as high at half dose are as high at any.

        Parameters
        ----------
        share : float
            Above 0, at most 1.

        Examples
        --------
        >>> INGREDIENTS[2].at(0.25)
        {'protected_time': 2.0, 'reallocation': 0.8}
        """
        return {lever: full if self.half[lever] == full else share * full for lever, full in self.full.items()}


def _of(
    name: str, title: str, full: dict[str, float], why: str, *, kept: tuple[str, ...] = (), half: dict[str, float] | None = None
) -> Ingredient:
    """Ingredient whose half dose is half of every lever but the kept ones."""
    halved = half or {lever: dose if lever in kept else dose / 2 for lever, dose in full.items()}
    return Ingredient(name, title, MappingProxyType(halved), MappingProxyType(full), why)


INGREDIENTS: Final = (
    _of(
        "meetings",
        "Follow-up meetings",
        {"strategic_meetings": 0.8, "barrier_removal": 0.3},
        "regular meetings in which barriers are examined and some of them removed at once",
    ),
    _of("expectation", "Stated expectations", {"expectation": 0.8}, "somebody says what is expected"),
    _of(
        "protected-time",
        "Protected time",
        {"protected_time": 8.0, "reallocation": 0.8},
        "a working day a month; the work is really taken over by colleagues, at half dose too, or it would be no time at all",
        kept=("reallocation",),
    ),
    _of("clarity", "Clear goals and a plan", {"clarity": 0.8}, "goals and a plan that are kept current"),
    _of("autonomy", "Autonomy support", {"autonomy_support": 0.4}, "practitioners are backed in how they go about it"),
    _of(
        "monitoring",
        "Monitoring believed in",
        {"outcome_monitoring": 1.0, "fidelity_monitoring": 1.0, "monitoring_belief": 0.8},
        "both kinds of monitoring, promoted and explained, at half dose too: monitoring that nobody believes in only tires",
        kept=("monitoring_belief",),
    ),
    _of("adaptation", "Planned adaptation", {"adaptation_backing": 0.8}, "agreed and reviewed adaptation is backed"),
    _of("successors", "Training of successors", {"successor_training": 0.3}, "an untrained successor waits three months or so"),
    _of("champion", "Appointed champion", {"champion": 0.8}, "somebody keeps the practice on the agenda"),
    _of("boosters", "Booster supervision", {"supervision": 0.6}, "about four sessions in half a year kept skill up (W17)"),
    _of("facilitator", "Facilitator", {"follow_up": 0.8}, "somebody raises the practice in the leader's place"),
)
"""Ingredients in the order of tables and figures; full doses are those of the shipped scenarios."""

NAMES: Final = tuple(one.name for one in INGREDIENTS)
FULL: Final = DOSES.index("full")
