"""Posterior predictive checks: what the whole ensemble gives for every pattern."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from experiments.executors.pools import Pool
from experiments.patterns.asked import REPLICATES_OF_A_MEMBER
from experiments.patterns.checking import PatternResult
from experiments.patterns.cohorts import COHORTS
from experiments.patterns.measuring import Bench, Measured
from experiments.patterns.reading import STAGES, Pattern, PatternTable, read_patterns
from experiments.worlds.ensembles import quantiles
from experiments.worlds.prior import Prior, Structure
from sim.parameters import ParameterTable, read_table
from sim.parameters.ensemble import Ensemble

RANGE: Final = (0.05, 0.5, 0.95)
"""Quantiles over the members that are told."""


CHECK: Final = 1_000
"""Wave of these measurements: no calibration has so many, so that its random numbers are none that anything was chosen by."""


@dataclass(frozen=True)
class Predicted:
    """What an ensemble gives for a pattern.

    Attributes
    ----------
    result : PatternResult
        Of the weighted mean over the members.
    low, middle, high : float
        5 %, 50 % and 95 % of the members' means lie below; NaN where a member has nothing to measure.
    members_inside : float
        Share of the members, by weight, whose mean lies in the band.
    """

    result: PatternResult
    low: float
    middle: float
    high: float
    members_inside: float

    def row(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        spread = {"q05": self.low, "q50": self.middle, "q95": self.high, "members_inside": self.members_inside}
        return self.result.row() | {name: None if np.isnan(value) else value for name, value in spread.items()}


def predict(
    ensemble: Ensemble,
    pool: Pool,
    *,
    stages: Iterable[int] = STAGES,
    replicates: int = REPLICATES_OF_A_MEMBER,
    seed: int = 1,
    patterns: PatternTable | None = None,
    table: ParameterTable | None = None,
    structure: Structure | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[list[Predicted], Measured]:
    """Measure every pattern over an ensemble.

    Parameters
    ----------
    ensemble : Ensemble
    pool : Pool
    stages : iterable of int
    replicates : int
        Of every member and cohort; the members of a job share their random numbers.
    seed : int
    patterns : PatternTable, optional
    table : ParameterTable, optional
    structure : Structure, optional
        Rival forms and mechanisms that are off.
    progress : callable, optional
        Called with the number of runs finished since the last call.
    """
    known = table or read_table()
    at = [list(known.parameters).index(name) for name in ensemble.parameters]
    low, high = (np.array([getattr(one, side) for one in known.parameters.values()])[at] for side in ("low", "high"))
    structure = structure or Structure()
    wanted = (patterns or read_patterns()).where(every=structure.complete(known))
    counts = dict.fromkeys(COHORTS, replicates)
    bench = Bench(Prior(ensemble.parameters, low, high, known, structure), wanted, pool, None, seed, counts, progress)
    cohorts = [name for name, cohort in COHORTS.items() if cohort.stage in tuple(stages)]
    measured = bench.measure(ensemble.values, cohorts, wave=CHECK)
    results = {
        one.id: predicted(one, measured.mean[:, k], measured.error[:, k], ensemble.weights, bench.together(one.cohort))
        for k, one in enumerate(measured.patterns)
    }
    nothing = np.full(ensemble.members, np.nan)
    return [
        results.get(one.id) or predicted(one, nothing, nothing, ensemble.weights) for one in wanted.of(stages=stages)
    ], measured


def predicted(
    pattern: Pattern, mean: np.ndarray, error: np.ndarray, weights: np.ndarray, together: int | None = None
) -> Predicted:
    """Sum up the members' means of one pattern.

    Members that share their random numbers do not lessen the Monte Carlo error of their mean: it is taken as the mean of
    theirs, at most what it can be. Errors of members with other random numbers are independent.

    Parameters
    ----------
    pattern : Pattern
    mean, error, weights : numpy.ndarray
        f8, shape (members,).
    together : int, optional
        So many neighbours share their random numbers; all unless given.
    """
    there = np.isfinite(mean)
    value = mcse = None
    share, spread = 0.0, np.full(len(RANGE), np.nan)
    if there.any():
        mine = weights[there] / weights[there].sum()
        # of numbers that are all 1 the mean is 1: rounded to a little more, it would lie outside a tolerance that ends there
        value = float(np.clip(mine @ mean[there], mean[there].min(), mean[there].max()))
        if np.isfinite(error[there]).all():
            jobs = np.flatnonzero(there) // (together or len(mean))
            mcse = float(np.sqrt((np.bincount(jobs, mine * error[there]) ** 2).sum())) or None
        share = float(weights[there & (mean >= pattern.low) & (mean <= pattern.high)].sum() / weights.sum())
        spread = quantiles(mean[there][:, None], weights[there], RANGE)[:, 0]
    result = PatternResult(
        id=pattern.id, pattern=pattern.pattern, statement=pattern.statement, unit=pattern.unit, stage=pattern.stage,
        value=value, mcse=mcse, target=pattern.target, low=pattern.low, high=pattern.high,
        inside=value is not None and pattern.low <= value <= pattern.high,
        must_hold=pattern.must_hold, fitted=pattern.fitted, measured=pattern.measured, undefined=int((~there).sum()),
    )  # fmt: skip
    return Predicted(result, float(spread[0]), float(spread[1]), float(spread[2]), share)
