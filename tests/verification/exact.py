"""What the engine is held against: exact arithmetic, and chance with a stated rate of false alarms."""

import os
from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np

from sim.engine import Trace

ALPHA: Final = 1e-4
"""Rate of false alarms of one comparison with chance, for a seed that nobody has looked at."""

CLEAR: Final = 1e-9
"""A control must be refused at this level."""

SEED: Final = int(os.environ.get("VERIFICATION_SEED") or 1)
"""Seed of the runs; another one with VERIFICATION_SEED=number."""

EPSILON: Final = 2.0**-53
"""Largest relative error of one rounding."""


# --- belief


def normal_posterior(mean: float, variance: float, weights: Sequence[Fraction], seen: Sequence[Fraction]) -> tuple[float, float]:
    """Mean and variance of a normal mean after observations, in rational arithmetic, rounded once at the end.

    Prior N(mean, variance); the observation ``seen[i]`` counts with precision ``weights[i]``. With weights n kappa / R this
    is the posterior under the likelihood raised to the power kappa (kappa = 1: Bayes' own).
    """
    precision = 1 / Fraction(variance)
    total = Fraction(mean) * precision
    for weight, one in zip(weights, seen, strict=True):
        precision += weight
        total += weight * one
    return float(total / precision), float(1 / precision)


def walking_posterior(
    mean: float, variance: float, step: float, weights: np.ndarray, seen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior of a mean that takes a normal step of variance ``step`` after every month, by one joint normal a month.

    No recursion: for each month T the joint precision of the means of months 0 to T + 1 is written down and solved.

    Parameters
    ----------
    mean, variance, step : float
        Prior of month 0, and the variance added after each month; above 0.
    weights, seen : numpy.ndarray
        Shape (months,): precision of each month's observation (0: nothing was seen) and its value.

    Returns
    -------
    mean, variance : numpy.ndarray
        Shape (months,): of the mean after that month's step.
    """
    means, variances = np.zeros(len(weights)), np.zeros(len(weights))
    for last in range(len(weights)):
        size = last + 2
        joint = np.zeros((size, size))
        right = np.zeros(size)
        joint[0, 0], right[0] = 1 / variance, mean / variance
        for month in range(last + 1):
            joint[month, month] += weights[month] + 1 / step
            joint[month + 1, month + 1] += 1 / step
            joint[month, month + 1] = joint[month + 1, month] = -1 / step
            right[month] += weights[month] * seen[month]
        inverse = np.linalg.inv(joint)
        means[last] = (inverse @ right)[-1]
        variances[last] = inverse[-1, -1]
    return means, variances


def spread_seen(p: dict[str, float], use: float = 0.0) -> Fraction:
    """Variance of what is seen of one patient (points squared): real differences, mix of patients unless allowed for, error."""
    mix = Fraction(p["gain_course"]) * Fraction(p["slope_functioning"]) * Fraction(p["functioning_spread"])
    return Fraction(p["gain_spread"]) ** 2 + (1 - Fraction(use)) * mix**2 + Fraction(p["noise_seen"]) ** 2


def shared(states: Trace, post: int, service: int, pooling: str) -> tuple[np.ndarray, np.ndarray]:
    """Count and sum that a post's belief rests on when figures are used as far as ``monitoring_use``; shape (months,) each."""
    one, whole = states.practitioners, states.services
    use = whole["monitoring_use"][:, service]
    own_count, own_total = one["seen_count"][:, post].astype(float), one["seen_sum"][:, post]
    if pooling == "service":
        count, total = whole["seen_count"][:, service].astype(float), whole["seen_sum"][:, service]
    else:
        # the register holds last month's sums in steps of 2**-20
        count = np.concatenate([[0.0], whole["seen_count"].sum(axis=1)[:-1]])
        total = np.concatenate([[0.0], np.trunc(whole["seen_sum"] * 2.0**20).sum(axis=1)[:-1] / 2.0**20])
    return own_count + use * (count - own_count), own_total + use * (total - own_total)


# --- chance


class Verdict(NamedTuple):
    """How a comparison with chance came out.

    Attributes
    ----------
    statistic : float
    freedom : int
        Degrees of freedom.
    chance : float
        Chance of a statistic as large or larger when the closed form holds.
    cases : int
        Observations that it rests on.
    """

    statistic: float
    freedom: int
    chance: float
    cases: int

    @property
    def agrees(self) -> bool:
        return self.chance > ALPHA

    @property
    def refused(self) -> bool:
        return self.chance < CLEAR


def against_counts(observed: np.ndarray, chances: np.ndarray) -> Verdict:
    """Pearson's chi-square of counts against the chances of a closed form; bins that expect under 10 are joined."""
    from scipy import stats

    total = int(observed.sum())
    counts: list[float] = []
    expected: list[float] = []
    held, awaited = 0.0, 0.0
    for one, chance in zip(observed.tolist(), (chances * total).tolist(), strict=True):
        held, awaited = held + one, awaited + chance
        if awaited >= 10.0:
            counts.append(held)
            expected.append(awaited)
            held, awaited = 0.0, 0.0
    counts[-1] += held
    expected[-1] += awaited
    assert abs(sum(expected) / total - 1.0) < 1e-9, "the chances do not sum to one"
    statistic = float(sum((a - b) ** 2 / b for a, b in zip(counts, expected, strict=True)))
    return Verdict(statistic, len(counts) - 1, float(stats.chi2.sf(statistic, len(counts) - 1)), total)


def against_hazards(happened: np.ndarray, chances: np.ndarray, bins: np.ndarray) -> Verdict:
    """Events against chances that were known before each of them, summed within bins.

    Each trial's chance is told by what went before it, so the excess of events over chances is a martingale, with variance
    the sum of chance x (1 - chance) in each bin; bins of under 10 expected events are left out.

    Parameters
    ----------
    happened : numpy.ndarray
        bool, shape (trials,).
    chances : numpy.ndarray
        float, shape (trials,).
    bins : numpy.ndarray
        Whole numbers, shape (trials,).
    """
    from scipy import stats

    size = int(bins.max()) + 1
    excess = np.bincount(bins, happened - chances, size)
    variance = np.bincount(bins, chances * (1 - chances), size)
    kept = np.minimum(np.bincount(bins, chances, size), np.bincount(bins, 1 - chances, size)) >= 10.0
    assert kept.any(), "nothing to compare"
    statistic = float((excess[kept] ** 2 / variance[kept]).sum())
    freedom = int(kept.sum())
    return Verdict(statistic, freedom, float(stats.chi2.sf(statistic, freedom)), len(happened))


def survival_chances(hazards: np.ndarray) -> np.ndarray:
    """Chance of the first event in month 1, 2, ... and of none at all, from the hazard of each month; shape (months + 1,)."""
    still = np.cumprod(np.concatenate([[1.0], 1.0 - hazards]))
    return np.concatenate([still[:-1] * hazards, still[-1:]])
