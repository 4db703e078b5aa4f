"""From hypotheses to verdicts: arms over the worlds, enough runs, knock-outs, and what goes along with the effect."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from experiments.hypotheses.estimating import Effect, by_world, contrasted, estimate, moments, runs_needed
from experiments.hypotheses.measuring import Bench, Wanted
from experiments.hypotheses.reading import Hypothesis, parts_of
from experiments.hypotheses.schema import Claim, Estimate
from experiments.hypotheses.verdicts import Judged, Knockout, judge, predicted_contrast, shift_of, turned_knockouts, weakest
from experiments.hypotheses.worlds import Point, points_of
from sim.parameters import read_table

ALWAYS: Final = (
    "share_sustained@24", "share_sustained@48", "share_sustained", "share_drifted", "share_abandoned", "posts_delivering",
    "fidelity", "helped_per_post", "benefit_per_course", "waiting_months_per_post", "dilemma_months_per_post",
    "false_rejections_per_post", "true_rejections_per_post", "false_continuations_per_post", "hours_leader_per_service",
    "hours_practitioner_per_post", "hours_supervision_per_post", "hours_monitoring_per_post", "hours_covered_per_post",
    "hours_training_per_post",
)  # fmt: skip
"""Outcomes that every run gives: arms that hypotheses share are run once, and each report can say what an arm costs."""

FINER: Final = 0.1
"""Monte Carlo error of a mean effect, as a part of the smallest effect of interest, unless a file says otherwise."""

ODDS: Final = 0.05
"""Chance that a correlate is named though none of the parameters goes along with the effect."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Correlate:
    """A parameter that goes along with an effect from world to world.

    Attributes
    ----------
    name : str
    rank : float
        Spearman's rank correlation over the worlds.
    """

    name: str
    rank: float


@dataclass(frozen=True)
class ClaimFound:
    """A claim, with what stands behind its verdict.

    Attributes
    ----------
    judged : Judged
    effect : Effect
        As the contrast is written: not turned towards the prediction.
    knockouts : tuple of Knockout
    correlates : tuple of Correlate
        The strongest first; only what is more than chance over all parameters.
    enough : bool
        Whether the Monte Carlo error that was asked for was reached.
    wanted : float
        That error.
    """

    judged: Judged
    effect: Effect
    knockouts: tuple[Knockout, ...]
    correlates: tuple[Correlate, ...]
    enough: bool
    wanted: float


@dataclass(frozen=True)
class Found:
    """What came of a hypothesis.

    Attributes
    ----------
    hypothesis : Hypothesis
    claims : tuple of ClaimFound
    also : tuple of (Estimate, Effect)
    arms : dict of str to dict of str to (float, float)
        By arm and outcome: mean over worlds and its Monte Carlo error.
    worlds : dict of str to numpy.ndarray
        For each claim the effect by world, turned towards the prediction; f8, shape (worlds,).
    replicates : int
        Runs of every arm and world.
    extra : dict of str to object
        What a hypothesis of a kind of its own found; plain JSON.
    """

    hypothesis: Hypothesis
    claims: tuple[ClaimFound, ...]
    also: tuple[tuple[Estimate, Effect], ...]
    arms: dict[str, dict[str, tuple[float, float]]]
    worlds: dict[str, np.ndarray]
    replicates: int
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """Verdict of the hypothesis: the weakest of its claims'."""
        return weakest([one.judged.verdict for one in self.claims])


@dataclass(frozen=True)
class Sizes:
    """How much is run, where a command says other than the file.

    Attributes
    ----------
    worlds, worlds_knockout, replicates, replicates_most, replicates_knockout : int or None
    """

    worlds: int | None = None
    worlds_knockout: int | None = None
    replicates: int | None = None
    replicates_most: int | None = None
    replicates_knockout: int | None = None

    def of(self, hypothesis: Hypothesis, name: str) -> int:
        """What holds for a hypothesis."""
        own = getattr(self, name)
        return int(getattr(hypothesis.file.budget, name) if own is None else own)


def error_of(claim: Claim) -> float:
    """Monte Carlo error of the mean that a claim asks for."""
    return claim.error or (FINER * claim.smallest if claim.smallest > 0.0 else math.inf)


def of_arms(measured: Mapping[str, Mapping[str, np.ndarray]], what: Claim | Estimate) -> dict[str, np.ndarray]:
    """Values of a contrast's arms; outcomes that are joined by + are added up, run by run.

    Parameters
    ----------
    measured : mapping
        By arm and outcome, f8 of shape (worlds, runs).
    what : Claim or Estimate
    """
    return {arm: sum_of(measured[arm], what.outcome) for arm in what.contrast}


def sum_of(values: Mapping[str, np.ndarray], outcome: str) -> np.ndarray:
    """Values of an outcome, or of several that are joined by +."""
    first, *others = (values[name] for name in parts_of(outcome))
    return first if not others else np.add.reduce([first, *others])


def outcomes_of(hypothesis: Hypothesis) -> tuple[str, ...]:
    """Outcomes that are kept of every run: the same for all hypotheses as far as that goes."""
    return (*ALWAYS, *sorted(set(hypothesis.outcomes) - set(ALWAYS)))


def find(hypothesis: Hypothesis, bench: Bench, sizes: Sizes, *, say: Say = lambda _: None) -> Found:
    """Run a hypothesis of contrasts and judge its claims.

    Parameters
    ----------
    hypothesis : Hypothesis
    bench : Bench
        With at least as many worlds as are asked for.
    sizes : Sizes
    say : callable
        Told a sentence now and then.
    """
    worlds = min(sizes.of(hypothesis, "worlds"), bench.worlds.members)
    measured, replicates = enough(hypothesis, bench, sizes, worlds, say)
    changes = knocked_out(hypothesis, bench, sizes, worlds)
    table = read_table()
    forms = tuple(point.name for point in points_of(table) if point.is_form)
    claims, effects, level = [], {}, hypothesis.file.rule.interval
    for claim in hypothesis.file.claims:
        values = of_arms(measured, claim)
        toward, turned = turned_effect(claim, values, hypothesis)
        knockouts = turned_knockouts(toward.mean, changes.get(claim.name, {}), own=hypothesis.file.about, forms=forms)
        effects[claim.name] = turned
        wanted = error_of(claim)
        claims.append(
            ClaimFound(
                judge(claim, toward, knockouts, hypothesis.file.rule),
                estimate(values, claim.contrast, level=level),
                knockouts,
                correlates_of(turned, bench, worlds),
                toward.mcse <= wanted * 1.02,
                wanted,
            )
        )
    also = tuple(
        (
            one,
            estimate(of_arms(measured, one), one.contrast, level=hypothesis.file.rule.interval),
        )
        for one in hypothesis.file.also
    )
    return Found(hypothesis, tuple(claims), also, arms_table(measured), effects, replicates)


def enough(
    hypothesis: Hypothesis, bench: Bench, sizes: Sizes, worlds: int, say: Say
) -> tuple[dict[str, dict[str, np.ndarray]], int]:
    """Run all arms until the claims have the Monte Carlo error they ask for, or the most that may be run is reached."""
    most = sizes.of(hypothesis, "replicates_most")
    replicates = min(most, sizes.of(hypothesis, "replicates"))
    while True:
        measured = arms_at(hypothesis, bench, Point(), worlds, replicates)
        needed = max(
            (runs_needed(of_arms(measured, one), one.contrast, error_of(one)) for one in hypothesis.file.claims),
            default=replicates,
        )
        if needed <= replicates or replicates >= most:
            return measured, replicates
        say(f"{hypothesis.file.hypothesis}: {needed} runs of each arm and world are needed, at most {most} are made")
        replicates = min(most, needed)


def arms_at(
    hypothesis: Hypothesis, bench: Bench, point: Point, worlds: int, replicates: int, arms: Sequence[str] | None = None
) -> dict[str, dict[str, np.ndarray]]:
    """Run arms at a point; by arm and outcome, f8 of shape (worlds, replicates)."""
    names = tuple(hypothesis.arms) if arms is None else tuple(arms)
    outcomes, seed = outcomes_of(hypothesis), hypothesis.file.seed
    wanted = [Wanted(hypothesis.arms[name], point, outcomes, worlds, replicates, seed) for name in names]
    return dict(zip(names, bench.measure(wanted), strict=True))


def turned_effect(claim: Claim, values: Mapping[str, np.ndarray], hypothesis: Hypothesis) -> tuple[Effect, np.ndarray]:
    """Effect towards the prediction, and its mean by world."""
    contrast, shift = predicted_contrast(claim), shift_of(claim)
    arms = dict(values)
    first = next(iter(contrast))
    if shift:  # added to one arm by its weight, it is added to the contrast
        arms[first] = arms[first] + shift / contrast[first]
    found = estimate(arms, contrast, level=hypothesis.file.rule.interval)
    runs = contrasted(arms, contrast)
    there = np.isfinite(runs)
    mean = np.where(there, runs, 0.0).sum(axis=1) / np.maximum(1, there.sum(axis=1))
    return found, np.where(there.any(axis=1), mean, np.nan)


def knocked_out(hypothesis: Hypothesis, bench: Bench, sizes: Sizes, worlds: int) -> dict[str, dict[str, tuple[float, float]]]:
    """By claim and knock-out: how far switching off moves the effect towards the prediction, and the error of that.

    The worlds and the luck are the same with and without the mechanism.
    """
    fewer, replicates = min(sizes.of(hypothesis, "worlds_knockout"), worlds), sizes.of(hypothesis, "replicates_knockout")
    arms = hypothesis.claimed_arms
    points = points_of(read_table())
    outcomes, seed = outcomes_of(hypothesis), hypothesis.file.seed
    wanted = [Wanted(hypothesis.arms[arm], point, outcomes, fewer, replicates, seed) for point in points for arm in arms]
    measured = iter(bench.measure(wanted))
    at = {point.name: {arm: next(measured) for arm in arms} for point in points}
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for claim in hypothesis.file.claims:
        contrast = predicted_contrast(claim)
        plain = contrasted(of_arms(at[""], claim), contrast)
        found[claim.name] = {}
        for point in points[1:]:
            change = contrasted(of_arms(at[point.name], claim), contrast) - plain
            found[claim.name][point.name] = mean_and_error(change)
    return found


def mean_and_error(change: np.ndarray) -> tuple[float, float]:
    """Mean over worlds and its standard error; f8 of shape (worlds, runs) in, NaN left out."""
    there = np.isfinite(change)
    count = there.sum(axis=1)
    kept = count > 0
    mean = np.where(there, change, 0.0).sum(axis=1)[kept] / count[kept]
    value, error, _, _ = moments(mean, np.zeros(len(mean)))
    return value, 0.0 if math.isnan(error) else error


def correlates_of(effect: np.ndarray, bench: Bench, worlds: int, most: int = 5) -> tuple[Correlate, ...]:
    """Parameters whose rank goes along with the effect from world to world, beyond what chance does over all of them."""
    from scipy.stats import rankdata, t

    there = np.isfinite(effect)
    values = bench.worlds.values[:worlds][there]
    seen = effect[there]
    if len(seen) < 20 or np.ptp(seen) == 0.0:
        return ()
    ranks = rankdata(seen)
    moved = [at for at in range(values.shape[1]) if np.ptp(values[:, at]) > 0.0]
    found = np.array([np.corrcoef(rankdata(values[:, at]), ranks)[0, 1] for at in moved])
    free = len(seen) - 2
    deviate = np.abs(found) * np.sqrt(free / np.maximum(1e-12, 1.0 - found**2))
    chance = 2.0 * t.sf(deviate, free) * len(moved)
    order = [at for at in np.argsort(-np.abs(found), kind="stable")[:most] if chance[at] < ODDS]
    return tuple(Correlate(bench.worlds.parameters[moved[at]], float(found[at])) for at in order)


def arms_table(measured: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, dict[str, tuple[float, float]]]:
    """By arm and outcome: mean over worlds and its Monte Carlo error."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for arm, outcomes in measured.items():
        found[arm] = {}
        for name, values in outcomes.items():
            mean, _, mcse, _ = moments(*by_world(values))
            found[arm][name] = (mean, mcse)
    return found
