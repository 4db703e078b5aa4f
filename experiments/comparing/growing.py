"""Two scenarios compared in parts: what is found grows with every part, and is what a comparison of all at once finds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.comparing.measuring import Measured, joined, measured_of
from sim.measures.units import Unit
from sim.world import Pair, Shares, World

AT_ONCE: Final = 20
"""Replicates whose rows are held at a time: more take more memory, and leave the processor's cache before they are counted."""


@dataclass(frozen=True)
class Part:
    """What came out of some replicates of two worlds with the same luck.

    Attributes
    ----------
    measured : tuple of Measured
        Of the first and of the second.
    shares : tuple of Shares
        Of the first, of the second, and of the difference; nobody may add to them.
    """

    measured: tuple[Measured, Measured]
    shares: tuple[Shares, Shares, Shares]

    @property
    def pair(self) -> Pair:
        """Pictures of the two, and of their difference, without the spread of fidelity."""
        return Pair(*(one.picture(fidelity=False) for one in self.shares))


def part_of(
    worlds: tuple[World, World],
    units: tuple[tuple[Unit, ...], tuple[Unit, ...]],
    replicates: np.ndarray,
    names: Iterable[str],
    *,
    go_on: Callable[[], None] = lambda: None,
) -> Part:
    """Run some replicates of two worlds in this thread.

    Parameters
    ----------
    worlds : tuple of World
        That can be paired.
    units : tuple of tuple of Unit
        Beside the region, in the plan of each.
    replicates : numpy.ndarray
        int64, shape (replicates,): which, in order.
    names : iterable of str
        Outcomes wanted.
    go_on : callable, optional
        Called before each few replicates; may raise.
    """
    wanted = tuple(names)
    services, months = len(worlds[0].services), worlds[0].months
    tallies = tuple(Shares(services, months) for _ in range(3))
    measured: tuple[list[Measured], list[Measured]] = ([], [])
    for at in range(0, len(replicates), AT_ONCE):
        some = replicates[at : at + AT_ONCE]
        flags: list[np.ndarray] = []
        for place, world in enumerate(worlds):
            go_on()
            batch = world.run(some, into=world.room(len(some)))
            flags.append(tallies[place].add(batch))
            measured[place].append(measured_of(world.plan, units[place], [batch], wanted))
        tallies[2].add_differences(*flags)
    return Part((joined(measured[0]), joined(measured[1])), (tallies[0], tallies[1], tallies[2]))


def together(parts: Sequence[Part]) -> Part:
    """All that parts have found.

    Parameters
    ----------
    parts : sequence of Part
        Of replicates that follow each other; one at least.
    """
    measured = tuple(joined([part.measured[at] for part in parts]) for at in range(2))
    services, months = (size - 1 if axis == 0 else size for axis, size in enumerate(parts[0].shares[0].sums.shape[:2]))
    tallies = tuple(Shares(services, months) for _ in range(3))
    for at, whole in enumerate(tallies):
        for part in parts:
            whole.merge(part.shares[at])
    return Part((measured[0], measured[1]), (tallies[0], tallies[1], tallies[2]))
