"""How sure is that? How far plausible worlds differ, with luck taken out where several runs have one world; numbers and words.

A run's value is its world's true value plus luck. Luck is known from runs that have the same parameter set: their variance around
the set's own mean, pooled over all sets. With it, the estimator of :mod:`experiments.worlds.estimating` gives the spread between
worlds and the share of worlds with the sign. Nine of ten worlds lie within 1.64 of sqrt(spread^2 + error^2) around the mean: the
same normal distribution that the share of worlds is of, so that the two never disagree. Where hardly any set has two runs, luck
and worlds cannot be told apart: then the interval is that of runs, which is wider, and no share of worlds is given.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.worlds.estimating import ROUNDING, members_of, merged, moments, share_above, share_above_error
from sim.parameters.ensemble import Ensemble, order

SIDES: Final = (0.05, 0.95)
"""Quantiles over worlds, or runs, that are told: nine of ten lie between."""

LEAST_REPEATS: Final = 30
"""Runs beyond the first of each parameter set, below which luck counts as unknown: its variance would be off by a quarter."""

LEAST_WORLDS: Final = 10
"""Parameter sets below which nothing is said of all worlds."""


@dataclass(frozen=True)
class Estimate:
    """A mean over plausible worlds, and how far worlds differ; NaN where it cannot be told.

    Attributes
    ----------
    mean : float
    error : float
        Its standard error: worlds and luck together.
    mcse : float
        Monte Carlo standard error: luck alone, which more runs of the same worlds would take away.
    spread : float
        Standard deviation of the true values between worlds (tau), luck taken out.
    low, high : float
        What lies between is for the kind of estimate to say.
    sign_share, sign_error : float
        Share of the worlds in which the value is above 0, luck taken out, and its standard error.
    """

    mean: float
    error: float
    mcse: float
    spread: float
    low: float
    high: float
    sign_share: float
    sign_error: float


@dataclass(frozen=True)
class OverWorlds(Estimate):
    """A value over plausible worlds: nine of ten worlds lie between low and high, or nine of ten runs unless ``apart``.

    Attributes
    ----------
    members, runs : int
        Different parameter sets, and runs of all of them together in which the value is defined.
    apart : bool
        Whether luck and worlds could be told apart; error of luck, spread and share of signs are NaN otherwise.
    """

    members: int
    runs: int
    apart: bool

    @property
    def enough(self) -> bool:
        """Whether nine of ten can be told: of worlds, or of so many runs that one lies beyond each side."""
        return self.apart or self.runs * SIDES[0] >= 1.0 - ROUNDING


def over_worlds(values: np.ndarray, members: np.ndarray, *, seed: int = 1) -> OverWorlds:
    """Sum up a value of each run over the worlds that the runs have.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (runs,); NaN where undefined.
    members : numpy.ndarray
        int, shape (runs,): parameter set of each run.
    seed : int
        Of the bootstrap.
    """
    from scipy.special import ndtri

    known = np.isfinite(values)
    values, members = values[known], members[known]
    luck = luck_of(values, members)
    seen = merged(values, np.full(len(values), 0.0 if math.isnan(luck) else luck), members)
    all_, sets = moments(seen), len(seen.mean)
    if math.isnan(luck) or sets < LEAST_WORLDS:
        sides = np.quantile(values, SIDES).tolist() if len(values) > 1 else [math.nan, math.nan]
        nothing = math.nan
        return OverWorlds(
            all_.mean, all_.error, nothing, nothing, sides[0], sides[1], nothing, nothing, sets, len(values), apart=False
        )
    reach = float(ndtri(SIDES[1])) * math.hypot(all_.spread, all_.error)
    return OverWorlds(
        all_.mean, all_.error, all_.mcse, all_.spread, all_.mean - reach, all_.mean + reach, share_above(seen),
        share_above_error(seen, seed), sets, len(values), apart=True,
    )  # fmt: skip


def luck_of(values: np.ndarray, members: np.ndarray) -> float:
    """Variance of luck in one run: around the mean of its parameter set, pooled; NaN with too few runs of one set, or none apart.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (runs,), without NaN.
    members : numpy.ndarray
        int, shape (runs,).
    """
    _, which, count = np.unique(members, return_inverse=True, return_counts=True)
    repeats = len(values) - len(count)
    if repeats < LEAST_REPEATS:
        return math.nan
    squares = float(((values - (np.bincount(which, values) / count)[which]) ** 2).sum())
    return squares / repeats if squares > 0.0 else math.nan  # no luck seen is not "no luck"


def run_members(ensemble: Ensemble, set_values: dict[str, float], runs: int, worlds: int) -> np.ndarray:
    """Parameter set of each run, run r having world r modulo their number; int, shape (runs,).

    Parameters
    ----------
    ensemble : Ensemble
    set_values : dict of str to float
        What the scenario sets itself, in every world.
    runs, worlds : int
    """
    found = members_of(ensemble.within(set_values)[order(ensemble.weights)[: min(worlds, runs)]])
    return found[np.arange(runs) % len(found)]
