"""Leave one pattern out, and see whether the others foretell it.

The chains walk through the prior times the foretold chance that all patterns but those left out lie in their bands. The
emulators stand in for the model; their error is added to what they foretell, so that the range is that of a measurement.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.calibration import walking
from experiments.calibration.recovery import NARROWED
from experiments.patterns.reading import Pattern

LONGER: Final = 3
"""The chains through all patterns, from which the others begin, walk so many times as far."""

SEVERAL: Final = "P10"
"""Group whose statements come from different studies, and are left out one by one too."""

LIKELY: Final = 0.5
"""Chance to lie in the band that a pattern must have to be foretold."""

GAIN: Final = 0.2
"""More of that chance than draws of the prior have, at which the others say something of a pattern they do not narrow."""

FORETOLD: Final = "foretold"

DRAWS: Final = 20
"""Errors of the emulator drawn for each chain."""


@dataclass(frozen=True)
class Foretold:
    """What is foretold of a pattern.

    Attributes
    ----------
    mean, low, high : float
        Mean, and 5 % and 95 % of what would be measured.
    within : float
        Chance that it lies in the band.
    """

    mean: float
    low: float
    high: float
    within: float


@dataclass(frozen=True)
class Left:
    """A pattern, foretold without and with what was left out.

    Attributes
    ----------
    left : str
        What was left out: a group or a statement.
    pattern : Pattern
    without, fitted : Foretold
    prior : tuple of float
        5 % and 95 % of what was measured of the prior's draws.
    prior_within : float
        Share of those draws in the band.
    explained : float
        Share of the variance of vectors it has not seen that the emulator foretells.
    """

    left: str
    pattern: Pattern
    without: Foretold
    fitted: Foretold
    prior: tuple[float, float]
    prior_within: float
    explained: float

    @property
    def inside(self) -> bool:
        """Whether the mean that is foretold without it lies in the band."""
        return self.pattern.low <= self.without.mean <= self.pattern.high

    @property
    def learned(self) -> float:
        """Width of the range foretold without it as a share of the prior's."""
        wide = self.prior[1] - self.prior[0]
        return (self.without.high - self.without.low) / wide if wide > 0 else float("nan")

    @property
    def verdict(self) -> str:
        """In words."""
        if not self.inside:
            return "not foretold: the mean lies outside the tolerance"
        if self.without.within < LIKELY:
            return "mean within the tolerance, but most of the range is not"
        if not (self.learned <= NARROWED or self.without.within >= self.prior_within + GAIN):
            return "within the tolerance, but the others hardly narrow it"
        return FORETOLD


def left_out(patterns: Sequence[Pattern]) -> list[tuple[str, tuple[int, ...]]]:
    """What is left out in turn: each group of patterns, and each statement of the group of many studies."""
    groups = dict.fromkeys(one.pattern for one in patterns)
    found = [(name, tuple(k for k, one in enumerate(patterns) if one.pattern == name)) for name in groups]
    found += [(one.id, (k,)) for k, one in enumerate(patterns) if one.pattern == SEVERAL]
    return [(name, out) for name, out in found if len(out) < len(patterns)]


def foretell(target: walking.Target, chains: np.ndarray, at: int, rng: np.random.Generator) -> Foretold:
    """What the chains' vectors would give for the pattern at a place of the target."""
    one, error = target.patterns[at], target.emulators[at].error
    middle = target.emulators[at].mean(chains)
    would = middle[:, None] + error * rng.standard_normal((len(middle), DRAWS))
    low, high = np.quantile(would, (0.05, 0.95))
    return Foretold(
        float(middle.mean()), float(low), float(high), float(target.emulators[at].chance(chains, one.low, one.high).mean())
    )


def leave_out(
    target: walking.Target,
    start: np.ndarray,
    prior: np.ndarray,
    *,
    steps: int = 1_500,
    seed: int = 1,
    threads: int = 2,
) -> list[Left]:
    """Leave out each group in turn.

    Parameters
    ----------
    target : walking.Target
        Of all patterns.
    start : numpy.ndarray
        f8 in [0, 1], shape (chains, parameters): draws from the prior.
    prior : numpy.ndarray
        f8, shape (vectors, patterns): what was measured of the prior's draws.
    steps : int
        Of each chain.
    seed : int
    threads : int
        Does not matter to what comes out.
    """
    rng = np.random.default_rng([seed, 4])
    whole, _ = walking.walk(target, start, LONGER * steps, rng, threads=threads)
    jobs = left_out(target.patterns)

    def one(job: tuple[tuple[str, tuple[int, ...]], np.random.Generator]) -> list[Left]:
        (name, out), mine = job
        stay = [k for k in range(len(target.patterns)) if k not in out]
        less = walking.Target(tuple(target.patterns[k] for k in stay), tuple(target.emulators[k] for k in stay))
        chains, _ = walking.walk(less, whole, steps, mine, threads=1)
        found = []
        for k in out:
            seen = prior[np.isfinite(prior[:, k]), k]
            low, high = (float(x) for x in np.quantile(seen, (0.05, 0.95))) if len(seen) else (float("nan"), float("nan"))
            band = target.patterns[k]
            met = float(np.mean((seen >= band.low) & (seen <= band.high))) if len(seen) else 0.0
            without, fitted = (foretell(target, at, k, mine) for at in (chains, whole))
            found.append(Left(name, band, without, fitted, (low, high), met, target.emulators[k].explained))
        return found

    with ThreadPoolExecutor(threads) as pool:
        return [row for rows in pool.map(one, zip(jobs, rng.spawn(len(jobs)), strict=True)) for row in rows]
