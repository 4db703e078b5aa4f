"""What a search is after: which services count as kept, and in which words that is told."""

from dataclasses import dataclass
from typing import Final

from sim.measures import TOLD_OF_ARMS
from sim.problems import Problem, did_you_mean


@dataclass(frozen=True)
class Aim:
    """An outcome of which there is to be as much as can be.

    Attributes
    ----------
    outcome, months_of : str
        Share of services at a month, and months so far of a service, as :mod:`sim.measures` has them.
    done : str
        What the services that count are, after "months".
    being : str
        The same after "services" and before a month.
    do : str
        The same as a verb in the plural.
    kept : str
        The same after "keep" and services.
    lasting : bool
        Whether a service that was lost once never counts again.
    """

    outcome: str
    months_of: str
    done: str
    being: str
    do: str
    kept: str
    lasting: bool = False

    @property
    def column(self) -> str:
        """Start of the names of columns."""
        return self.outcome.removeprefix("share_")

    @property
    def until(self) -> str:
        """Word before a month."""
        return self.being.rpartition(" ")[2]

    @property
    def months_column(self) -> str:
        """Name of the column of months."""
        return f"months_{self.column}"

    @property
    def beside(self) -> tuple[str, ...]:
        """Outcomes that are told beside it, the old stock last."""
        return tuple(name for name in TOLD_OF_ARMS if name != self.outcome)


KEPT_GOING: Final = Aim(
    "share_kept_going", "months_kept_going", "kept going", "kept going to", "keep going to", "going to", lasting=True
)
AIMS: Final = {
    one.outcome: one
    for one in (
        KEPT_GOING,
        Aim("share_operating", "months_operating", "operating", "operating at", "operate at", "operating at"),
        Aim(
            "share_sustained", "months_sustained", "sustained", "sustained (old stock) at", "are sustained (old stock) at",
            "sustained (old stock) at",
        ),
    )
}  # fmt: skip
"""Aims by outcome, the usual one first."""


def unknown_aim(name: str) -> list[Problem]:
    """What is wrong with the name of an outcome as an aim, if anything.

    Parameters
    ----------
    name : str
    """
    if name in AIMS:
        return []
    return [Problem("--outcome", f"'{name}' is nothing that a search can keep", ", ".join(AIMS), did_you_mean(name, AIMS))]
