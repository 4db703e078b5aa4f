"""What a comparison found: every paired effect, the shares that kept going over months, and one pair in full."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from experiments.comparing.asking import Comparison
from experiments.comparing.effects import Effect, Track, effect_of, track_of
from experiments.comparing.measuring import Measured, measure
from experiments.comparing.quantities import GROUPS, SERVICE_MONTHS, main_names, told_outcome
from experiments.comparing.worlds import TwoWorlds, two_worlds
from experiments.worlds.spread import OverWorlds, over_worlds
from sim.measures import REGION
from sim.measures.units import Unit

MOST_PAIRS_SHOWN: Final = 3
"""Contrasts of which one pair is shown month by month."""


@dataclass(frozen=True)
class Row:
    """Effect on one outcome of one unit in one contrast.

    Attributes
    ----------
    contrast : int
        Place of the other scenario, from 1.
    group, unit, outcome : str
    effect : Effect
    """

    contrast: int
    group: str
    unit: str
    outcome: str
    effect: Effect


@dataclass(frozen=True)
class Findings:
    """A comparison with all that was measured.

    Attributes
    ----------
    comparison : Comparison
    measured : tuple of Measured
        Of each scenario, the base first.
    units : tuple of Unit
        Beside the region.
    pairs : tuple of TwoWorlds or None
        Of the first contrasts; None where the region is too large.
    """

    comparison: Comparison
    measured: tuple[Measured, ...]
    units: tuple[Unit, ...]
    pairs: tuple[TwoWorlds | None, ...]

    @property
    def base(self) -> str:
        """Name of the base."""
        return self.comparison.names[0]

    @property
    def others(self) -> tuple[str, ...]:
        """Names of the other scenarios."""
        return self.comparison.names[1:]

    @property
    def contrasts(self) -> range:
        """Places of the other scenarios."""
        return range(1, len(self.measured))

    @property
    def services(self) -> int:
        """Number of services."""
        return len(self.comparison.base.services)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every effect: by contrast, then unit, then outcome."""
        return tuple(row for contrast in self.contrasts for row in self._of(contrast))

    @cached_property
    def _places(self) -> dict[tuple[str, str], int]:
        return {(one.group, one.name): at for at, one in enumerate(self.units)}

    @cached_property
    def _found(self) -> dict[tuple[int, str, str, str], Effect]:
        """Effects that were asked for: each takes a moment, and not everybody asks for all of them."""
        return {}

    def _of(self, contrast: int) -> list[Row]:
        base = self.measured[0]
        names = [(GROUPS[0], REGION, name) for name in base.region]
        names += [(unit.group, unit.name, name) for unit in self.units for name in base.units]
        return [
            Row(contrast, group, unit, name, self.effect(contrast, name, group=group, unit=unit)) for group, unit, name in names
        ]

    def effect(self, contrast: int, outcome: str, *, group: str = GROUPS[0], unit: str = REGION) -> Effect:
        """One effect, by default of the region."""
        place = (contrast, group, unit, outcome)
        if place not in self._found:
            base, other = self.measured[0], self.measured[contrast]
            if group == GROUPS[0]:
                first, second = base.region[outcome], other.region[outcome]
            else:
                at = self._places[group, unit]
                first, second = base.units[outcome][:, at], other.units[outcome][:, at]
            self._found[place] = effect_of(first, second, share=told_outcome(outcome, self.comparison.months).share)
        return self._found[place]

    def over_worlds(self, contrast: int, outcome: str) -> OverWorlds | None:
        """Effect on the region over plausible worlds; None without an ensemble."""
        if self.members is None:
            return None
        return over_worlds(self.measured[contrast].region[outcome] - self.measured[0].region[outcome], self.members)

    @cached_property
    def members(self) -> np.ndarray | None:
        """Parameter set of each pair, as the comparison has it, worked out once."""
        return self.comparison.members

    @property
    def main(self) -> tuple[Row, ...]:
        """Main effects on the region, by contrast."""
        return tuple(
            Row(contrast, GROUPS[0], REGION, name, self.effect(contrast, name))
            for contrast in self.contrasts
            for name in main_names(self.comparison.months)
        )

    @cached_property
    def tracks(self) -> tuple[Track, ...]:
        """Share of services that kept going over months, of each scenario."""
        return tuple(track_of(one.kept_going, self.services) for one in self.measured)

    @cached_property
    def track_gaps(self) -> tuple[Track, ...]:
        """Paired difference of that share from the base, of each other scenario."""
        base = self.measured[0].kept_going
        return tuple(track_of(one.kept_going - base, self.services) for one in self.measured[1:])


def service_months(comparison: Comparison, measured: tuple[Measured, ...], contrast: int) -> np.ndarray:
    """Service-months kept going, of every replicate, other minus base; int64."""
    services = len(comparison.base.services)
    gap = measured[contrast].region[SERVICE_MONTHS] - measured[0].region[SERVICE_MONTHS]
    return np.rint(gap * services).astype(np.int64)


def compare(
    comparison: Comparison, *, threads: int = 1, replicate: int | None = None, progress: Callable[[int], None] | None = None
) -> Findings:
    """Run every scenario with the same worlds and luck and compare.

    Parameters
    ----------
    comparison : Comparison
    threads : int
        The result does not depend on it.
    replicate : int, optional
        Pair that is kept in full; that of the median difference in service-months kept going unless given.
    progress : callable, optional
        Told how many replicates are finished since the last call.

    Returns
    -------
    Findings
    """
    arms = comparison.arms
    measured = tuple(
        measure(arm, comparison.units(at), replicates=comparison.replicates, threads=threads, progress=progress)
        for at, arm in enumerate(arms)
    )
    pairs = tuple(
        two_worlds((arms[0], arms[at]), service_months(comparison, measured, at), replicate=replicate)
        for at in range(1, min(len(arms), MOST_PAIRS_SHOWN + 1))
    )
    return Findings(comparison, measured, comparison.units(0), pairs)
