"""From hypotheses to verdicts: arms over the worlds, enough runs, knock-outs, and what goes along with the effect."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from experiments.hypotheses.estimating import Effect, Luck, contrasted, estimate, luck_of
from experiments.hypotheses.knocking import doubtful, knockouts_of, world_means
from experiments.hypotheses.measuring import Bench, Wanted
from experiments.hypotheses.reading import Hypothesis, parts_of
from experiments.hypotheses.schema import LEAST_ERROR, Claim, Estimate, Rule
from experiments.hypotheses.verdicts import Judged, Knockout, judge, predicted_contrast, shift_of, weakest
from experiments.hypotheses.worlds import Point, points_of
from experiments.worlds.estimating import by_world, merged, moments
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
    luck : Luck
        Monte Carlo error of the effect that can be stood by.
    wanted : float
        The Monte Carlo error that was asked for.
    """

    judged: Judged
    effect: Effect
    knockouts: tuple[Knockout, ...]
    correlates: tuple[Correlate, ...]
    luck: Luck
    wanted: float

    @property
    def enough(self) -> bool:
        """Whether the Monte Carlo error that was asked for was reached, but for what two digits would not show."""
        return self.luck.meets(1.02 * self.wanted)


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
    services : int or None
        Of a cohort of a question of prediction, at most.
    """

    worlds: int | None = None
    worlds_knockout: int | None = None
    replicates: int | None = None
    replicates_most: int | None = None
    replicates_knockout: int | None = None
    services: int | None = None

    def of(self, hypothesis: Hypothesis, name: str) -> int:
        """What holds for a hypothesis."""
        own = getattr(self, name)
        return int(getattr(hypothesis.file.budget, name) if own is None else own)

    def is_quick(self, hypothesis: Hypothesis) -> bool:
        """Whether so little is run of a hypothesis that nothing can be learnt from it: as little as QUICK is."""
        return any(self.of(hypothesis, name) <= QUICK.of(hypothesis, name) for name in ("worlds", "replicates_most"))


QUICK: Final = Sizes(worlds=24, worlds_knockout=20, replicates=2, replicates_most=2, replicates_knockout=2, services=45)
"""To see that it works; nothing to learn from."""


def error_of(claim: Claim) -> float:
    """Monte Carlo error of the mean that a claim asks for."""
    return claim.error or (max(LEAST_ERROR, FINER * claim.smallest) if claim.smallest > 0.0 else math.inf)


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
    fewer, members, level = (
        min(sizes.of(hypothesis, "worlds_knockout"), worlds),
        bench.members[:worlds],
        hypothesis.file.rule.interval,
    )
    measured, replicates = enough(hypothesis, bench, sizes, worlds, say)
    points, every = points_of(read_table())[1:], hypothesis.file.claims
    changes = changes_at(hypothesis, bench, sizes, points, fewer, every)
    claims, effects = [], {}
    for claim in every:
        values = of_arms(measured, claim)
        toward, turned = turned_effect(claim, values, hypothesis.file.rule, members)
        knockouts = _knocked(hypothesis, claim, toward, turned, changes[claim.name], members)
        near = doubtful(claim, toward, knockouts, hypothesis.file.rule, worlds)
        if near:
            say(f"{hypothesis.file.hypothesis}, {claim.name}: near its limit without {', '.join(near)}: run in all worlds")
            more = changes_at(hypothesis, bench, sizes, [Point(name) for name in near], worlds, [claim])
            changes[claim.name] |= more[claim.name]
            knockouts = _knocked(hypothesis, claim, toward, turned, changes[claim.name], members)
        effects[claim.name] = turned
        claims.append(
            ClaimFound(
                judge(claim, toward, knockouts, hypothesis.file.rule),
                estimate(values, claim.contrast, members=members, level=level),
                knockouts,
                correlates_of(turned, bench, worlds),
                luck_of(values, claim.contrast, claim.outcome),
                error_of(claim),
            )
        )
    also = tuple(
        (one, estimate(of_arms(measured, one), one.contrast, members=members, level=level)) for one in hypothesis.file.also
    )
    return Found(hypothesis, tuple(claims), also, arms_table(measured), effects, replicates)


def _knocked(
    hypothesis: Hypothesis,
    claim: Claim,
    toward: Effect,
    worlds: np.ndarray,
    changes: Mapping[str, np.ndarray],
    members: np.ndarray,
) -> tuple[Knockout, ...]:
    arms = {name: hypothesis.arms[name] for name in claim.contrast}
    return knockouts_of(claim, toward, worlds, changes, members, own=hypothesis.file.about, arms=arms)


def enough(
    hypothesis: Hypothesis, bench: Bench, sizes: Sizes, worlds: int, say: Say
) -> tuple[dict[str, dict[str, np.ndarray]], int]:
    """Run all arms until the claims have the Monte Carlo error they ask for, or the most that may be run is reached."""
    most = sizes.of(hypothesis, "replicates_most")
    replicates = min(most, sizes.of(hypothesis, "replicates"))
    while True:
        measured = arms_at(hypothesis, bench, Point(), worlds, replicates)
        lucks = [(luck_of(of_arms(measured, one), one.contrast, one.outcome), error_of(one)) for one in hypothesis.file.claims]
        needed = max((luck.runs_needed(replicates, wanted) for luck, wanted in lucks), default=replicates)
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


def turned_effect(claim: Claim, values: Mapping[str, np.ndarray], rule: Rule, members: np.ndarray) -> tuple[Effect, np.ndarray]:
    """Effect towards the prediction, and its mean by world."""
    contrast, shift = predicted_contrast(claim), shift_of(claim)
    arms = dict(values)
    first = next(iter(contrast))
    if shift:  # added to one arm by its weight, it is added to the contrast
        arms[first] = arms[first] + shift / contrast[first]
    found = estimate(arms, contrast, members=members, level=rule.interval)
    return found, world_means(contrasted(arms, contrast))


def changes_at(
    hypothesis: Hypothesis, bench: Bench, sizes: Sizes, points: Sequence[Point], worlds: int, claims: Sequence[Claim]
) -> dict[str, dict[str, np.ndarray]]:
    """By claim and point: how far it moves the effect towards the prediction in each of the first worlds; f8, shape (worlds,).

    The luck is the same with and without the mechanism.
    """
    replicates = sizes.of(hypothesis, "replicates_knockout")
    arms = [name for name in hypothesis.arms if any(name in claim.contrast for claim in claims)]
    outcomes, seed = outcomes_of(hypothesis), hypothesis.file.seed
    both = (Point(), *points)
    wanted = [Wanted(hypothesis.arms[arm], point, outcomes, worlds, replicates, seed) for point in both for arm in arms]
    measured = iter(bench.measure(wanted))
    at = {point.name: {arm: next(measured) for arm in arms} for point in both}
    found: dict[str, dict[str, np.ndarray]] = {}
    for claim in claims:
        contrast = predicted_contrast(claim)
        plain = contrasted(of_arms(at[""], claim), contrast)
        found[claim.name] = {
            point.name: world_means(contrasted(of_arms(at[point.name], claim), contrast) - plain) for point in points
        }
    return found


def correlates_of(effect: np.ndarray, bench: Bench, worlds: int, most: int = 5) -> tuple[Correlate, ...]:
    """Parameters whose rank goes along with the effect from world to world, beyond what chance does over all of them."""
    from scipy.stats import rankdata, t

    one_each = merged(effect, np.zeros(len(effect)), bench.members[:worlds])
    values, seen = bench.worlds.values[one_each.first], one_each.mean
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
            all_ = moments(merged(*by_world(values)))
            found[arm][name] = (all_.mean, all_.mcse)
    return found
