"""What a page leads with, and the words of results that do not say who kept the practice going: those of the first version.

They are told by who sustains the practice, with the words that the first version had for it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

Frames = Mapping[str, "pd.DataFrame"]


class Lead(NamedTuple):
    """What a page leads with, in the forms that its sentences need.

    Attributes
    ----------
    outcome : str
        As tables name it, after ``share_``.
    one, many : str
        Of one service and of several.
    which : str
        Of services that did.
    past : str
        Without an auxiliary.
    to, up : str
        What stands before a month, within a sentence and where one begins.
    """

    outcome: str
    one: str
    many: str
    which: str
    past: str
    to: str
    up: str


KEPT_GOING: Final = Lead("kept_going", "has kept going", "have kept going", "that kept going", "kept going", "to", "Up to")
SUSTAINED: Final = Lead("sustained", "is sustained", "are sustained", "that are sustained", "sustained", "at", "At")

OTHER_ENDS: Final[Mapping[str, tuple[str, str]]] = {
    "shrunken": ("give it well in fewer posts", "gives it well in fewer posts"),
    "drifted": ("give it with low fidelity", "gives it with low fidelity"),
    "dormant": ("pause", "pauses"),
    "abandoned": ("have abandoned it", "has abandoned it"),
    "never_started": ("never began", "never began"),
}
"""What services do that do not sustain the practice, in the plural and of one."""

DEFINED: Final[Mapping[str, tuple[str, str]]] = {
    "months_without_session": ("after how long without a session a service is abandoned", "No session, abandoned: {} months"),
    "months_without_anybody": ("after how long without anybody a service is abandoned", "Nobody left, abandoned: {} months"),
}
"""Definitions that the first version had other words for: as part of a sentence, and at the head of a row with its bounds."""

BOUNDS_NOTE: Final = (
    "The same runs with the same chances. Only the window in which a session counts also acts on the services themselves, a "
    "little: the outside team scores fidelity over it."
)


def lead_of(frames: Frames) -> Lead:
    """What a run is told by: who kept going, unless its tables, as those of the first version, do not say that."""
    monthly = frames.get("summary_monthly")  # where it is not given, a run has just ended
    return KEPT_GOING if monthly is None or (monthly["outcome"] == f"share_{KEPT_GOING.outcome}").any() else SUSTAINED


def half_of(curve: "pd.DataFrame") -> tuple[int | None, float, int]:
    """When half are left of a survival curve, None where more are to its end; what is left there, and its month."""
    known = curve.dropna(subset=["survival"])
    below, last = known[known["survival"] <= 0.5], known.iloc[-1]
    half = int(below["since_first_session"].iloc[0]) if len(below) else None
    return half, float(last["survival"]), int(last["since_first_session"])


def first_abandoned(frames: Frames) -> str:
    """Sentence on how long it takes services that began to be abandoned for the first time."""
    table = frames["summary_survival"]
    half, left, months = half_of(table[table["group"] == "region"])
    if half is not None:
        return (
            f"Of the services that began, half had been abandoned at least once {half} "
            "months after their first session; some of them restarted later."
        )
    share = f"{100 * left:.0f}\N{NO-BREAK SPACE}%"
    return f"Of the services that began, {share} had never been abandoned {months} months after their first session."
