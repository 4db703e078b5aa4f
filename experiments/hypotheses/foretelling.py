"""Questions of prediction, such as how well fidelity at month 12 foretells which services sustain, alone and beside leadership.

Services are ranked within a world, as somebody would who lives in one: the area under the curve (AUC) of a world is the chance
that of two of its services the one that sustains was ranked higher. Scores of several predictors come from a logistic regression
that was fitted in other worlds (ten folds), so an added predictor can lower the AUC.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from experiments.hypotheses.estimating import Effect, moments, sign_share
from experiments.hypotheses.finding import ClaimFound, Found, Sizes
from experiments.hypotheses.measuring import SERVICE_OUTCOMES, Bench, Wanted
from experiments.hypotheses.reading import Hypothesis
from experiments.hypotheses.schema import Claim
from experiments.hypotheses.verdicts import judge, turned_knockouts
from experiments.hypotheses.worlds import Point, points_of
from sim.parameters import read_table

FOLDS: Final = 10
FEWEST: Final = 3
"""Services of a world that sustain, and that do not, without which it has no AUC."""

ADDS: Final = 0.02
"""Smallest gain of interest in the area under the curve."""

BIG: Final = 100
"""Services from which on a scenario is a cohort of its own: one run of each world is enough."""


@dataclass(frozen=True)
class Cohort:
    """Services of a cohort, a row each.

    Attributes
    ----------
    world : numpy.ndarray
        int64, shape (rows,).
    predictors : dict of str to numpy.ndarray
        f8, shape (rows,).
    sustained : numpy.ndarray
        bool, shape (rows,).
    """

    world: np.ndarray
    predictors: dict[str, np.ndarray]
    sustained: np.ndarray


def cohort_of(measured: Mapping[str, np.ndarray], predictors: Sequence[str]) -> Cohort:
    """Cohort of what was measured, without services that have no score: nobody can rank them.

    Parameters
    ----------
    measured : mapping of str to numpy.ndarray
        f8, shape (worlds, replicates, services).
    predictors : sequence of str
    """
    shape = measured["sustained"].shape
    world = np.broadcast_to(np.arange(shape[0])[:, None, None], shape).reshape(-1)
    columns = {name: measured[name].reshape(-1) for name in predictors}
    there = np.all([np.isfinite(one) for one in columns.values()], axis=0)
    return Cohort(
        world[there], {name: one[there] for name, one in columns.items()}, measured["sustained"].reshape(-1)[there] > 0.5
    )


def area(score: np.ndarray, sustained: np.ndarray) -> tuple[float, float]:
    """Area under the curve and its variance (Hanley and McNeil 1982); NaN with too few of either kind.

    Parameters
    ----------
    score : numpy.ndarray
        f8, shape (services,).
    sustained : numpy.ndarray
        bool, shape (services,).
    """
    from scipy.stats import mannwhitneyu

    yes, no = int(sustained.sum()), int((~sustained).sum())
    if min(yes, no) < FEWEST:
        return math.nan, math.nan
    found = float(mannwhitneyu(score[sustained], score[~sustained]).statistic) / (yes * no)
    one, two = found / (2.0 - found), 2.0 * found**2 / (1.0 + found)
    spread = found * (1.0 - found) + (yes - 1) * (one - found**2) + (no - 1) * (two - found**2)
    return found, max(spread, 1e-12) / (yes * no)


def scores(cohort: Cohort, names: Sequence[str]) -> tuple[np.ndarray, float]:
    """Scores of the services by a regression fitted in other worlds, and its deviance there.

    Returns
    -------
    scores : numpy.ndarray
        f8, shape (rows,): log odds.
    deviance : float
        Of the predictions for worlds that the regression has not seen.
    """
    import statsmodels.api as sm

    columns = [cohort.predictors[name] for name in names]
    x = sm.add_constant(np.stack(columns, axis=1), has_constant="add") if names else np.ones((len(cohort.world), 1))
    y = cohort.sustained.astype(float)
    found = np.zeros(len(y))
    for fold in range(FOLDS):
        out = cohort.world % FOLDS == fold
        if not out.any():
            continue
        fitted = sm.GLM(y[~out], x[~out], family=sm.families.Binomial()).fit()
        found[out] = x[out] @ fitted.params
    chance = np.clip(1.0 / (1.0 + np.exp(-found)), 1e-9, 1.0 - 1e-9)
    return found, float(-2.0 * (y * np.log(chance) + (1.0 - y) * np.log(1.0 - chance)).sum())


def areas(cohort: Cohort, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Area under the curve of each world and its variance; f8, shape (worlds,), NaN where there are too few."""
    worlds = np.unique(cohort.world)
    found = [area(score[cohort.world == one], cohort.sustained[cohort.world == one]) for one in worlds]
    return np.array([one for one, _ in found]), np.array([two for _, two in found])


def effect_of(mean: np.ndarray, variance: np.ndarray, runs: int) -> Effect:
    """Effect over worlds from a value of each and its variance."""
    from scipy.stats import t

    there = np.isfinite(mean) & np.isfinite(variance)
    mu, error, mcse, spread = moments(mean[there], variance[there])
    count = int(there.sum())
    reach = float(t.ppf(0.975, max(1, count - 1))) * error
    share = sign_share(mu, spread, error) if count > 1 else math.nan
    counted = float(np.mean(mean[there] > 0.0)) if count else math.nan
    return Effect(mu, error, mcse, spread, mu - reach, mu + reach, share, math.nan, counted, count, runs, math.nan, math.nan)


def summed_up(cohort: Cohort, predictors: Sequence[str]) -> dict[str, Any]:
    """Areas under the curve and shares of deviance of a cohort, plain JSON."""
    models = {name: (name,) for name in predictors} | {" + ".join(predictors): tuple(predictors)}
    _, nothing = scores(cohort, ())
    found: dict[str, Any] = {"services": len(cohort.world), "sustained": float(cohort.sustained.mean()), "models": {}}
    deviance = {}
    for label, names in models.items():
        score, deviance[label] = scores(cohort, names)
        mean, error, _, spread = moments(*_known(*areas(cohort, score)))
        found["models"][label] = {
            "auc": mean, "auc_error": error, "auc_spread": spread, "r2": 1.0 - deviance[label] / nothing
        }  # fmt: skip
    both = " + ".join(predictors)
    for name in predictors:
        others = [one for one in predictors if one != name]
        found["models"][name]["partial_r2"] = 1.0 - deviance[both] / deviance[others[0]] if len(others) == 1 else math.nan
    values = cohort.predictors[predictors[0]]
    found["range"] = {"mean": float(values.mean()), "sd": float(values.std(ddof=1))}
    return found


def _known(mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    there = np.isfinite(mean) & np.isfinite(variance)
    return mean[there], variance[there]


def foretell(hypothesis: Hypothesis, bench: Bench, sizes: Sizes) -> Found:
    """Run a hypothesis of prediction and judge its two claims, both about the first cohort.

    Parameters
    ----------
    hypothesis : Hypothesis
    bench : Bench
    sizes : Sizes
    """
    asked = hypothesis.file.foretelling
    assert asked is not None
    worlds = min(sizes.of(hypothesis, "worlds"), bench.worlds.members)
    fewer = min(sizes.of(hypothesis, "worlds_knockout"), worlds)
    replicates, seed = sizes.of(hypothesis, "replicates"), hypothesis.file.seed
    cohorts = {}
    for arm in asked.arms:
        scenario = hypothesis.arms[arm]
        big = len(scenario.services) >= BIG
        one = Wanted(scenario, Point(), SERVICE_OUTCOMES, fewer if big else worlds, 1 if big else replicates, seed, services=True)
        cohorts[arm] = cohort_of(bench.measure([one])[0], asked.predictors)
    first = hypothesis.arms[asked.arms[0]]
    points = points_of(read_table())
    wanted = [
        Wanted(first, point, SERVICE_OUTCOMES, fewer, sizes.of(hypothesis, "replicates_knockout"), seed, services=True)
        for point in points
    ]
    knocked = {point.name: cohort_of(found, asked.predictors) for point, found in zip(points, bench.measure(wanted), strict=True)}
    claims = []
    effects = {}
    for name, says, least in _claims(asked.predictors, asked.least_auc):
        claim = Claim(
            name=name,
            says=says,
            contrast={"study": 1.0, "nothing": -1.0},
            outcome="sustained",
            direction="higher",
            smallest=least,
        )
        toward = toward_of(name, cohorts[asked.arms[0]], asked.predictors, asked.least_auc)
        effects[name] = toward[0]
        effect = effect_of(*toward, replicates)
        plain = moments(*_known(*toward_of(name, knocked[""], asked.predictors, asked.least_auc)))[0]
        changes = {}
        for point in points[1:]:
            mu, error, _, _ = moments(*_known(*toward_of(name, knocked[point.name], asked.predictors, asked.least_auc)))
            changes[point.name] = (mu - plain, error)
        forms = [point.name for point in points if point.is_form]
        knockouts = turned_knockouts(effect.mean, changes, own=hypothesis.file.about, forms=forms)
        claims.append(
            ClaimFound(judge(claim, effect, knockouts, hypothesis.file.rule), effect, knockouts, (), enough=True, wanted=math.inf)
        )
    extra = {"cohorts": {arm: summed_up(cohort, asked.predictors) for arm, cohort in cohorts.items()}}
    return Found(hypothesis, tuple(claims), (), {}, effects, replicates, extra)


def _claims(predictors: Sequence[str], least: float) -> list[tuple[str, str, float]]:
    first, second = predictors[0], predictors[-1]
    return [
        ("no_guide", f"{first} alone has an area under the curve below {least:g}", 0.0),
        ("adds", f"{second} beside {first} raises the area under the curve by at least {ADDS:g}", ADDS),
    ]


def toward_of(name: str, cohort: Cohort, predictors: Sequence[str], least: float) -> tuple[np.ndarray, np.ndarray]:
    """Value of each world towards a claim, and its variance."""
    alone, variance = areas(cohort, scores(cohort, predictors[:1])[0])
    if name == "no_guide":
        return least - alone, variance
    both, other = areas(cohort, scores(cohort, predictors)[0])
    # the same services are ranked twice: their luck is shared, so the sum of both variances is the most it can be
    return both - alone, variance + other
