"""From hypotheses to verdicts: arms over the worlds, enough runs, knock-outs, what was built in, and how stable it is."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from experiments.hypotheses.contrasts import Sizes, arms_at, of_arms, outcomes_of, turned_arms, turned_effect
from experiments.hypotheses.estimating import Effect, Luck, contrasted, estimate, luck_of
from experiments.hypotheses.knocking import doubtful, knockouts_of, world_means
from experiments.hypotheses.measuring import Bench, Wanted
from experiments.hypotheses.prior import over_prior
from experiments.hypotheses.reading import Hypothesis
from experiments.hypotheses.schema import LEAST_ERROR, Claim, Estimate
from experiments.hypotheses.stability import ByWorld, Reading, Sources, cut_points, readings_of
from experiments.hypotheses.verdicts import Judged, Knockout, judge, predicted_contrast, sign_of, weakest
from experiments.hypotheses.worlds import Point, points_of
from experiments.worlds.estimating import by_world, merged, moments, still_worlds
from sim.parameters import read_table
from sim.parameters.ensemble import Ensemble

FINER: Final = 0.1
"""Monte Carlo error of a mean effect, as a part of the smallest effect of interest, unless a file says otherwise."""

ODDS: Final = 0.05
"""Chance that a correlate is named though none of the parameters goes along with the effect."""

Say = Callable[[str], None]

Measured = Mapping[str, Mapping[str, np.ndarray]]
"""By arm and outcome, f8 of shape (worlds, runs)."""


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
    prior : Effect or None
        Over draws of the prior, in the predicted direction; None of a former claim.
    sign : str
        What the prior makes of the sign; see :func:`experiments.hypotheses.verdicts.sign_of`. Empty where that was not asked.
    readings : tuple of Reading
        The claim as it is, then read otherwise; empty of a former claim.
    """

    judged: Judged
    effect: Effect
    knockouts: tuple[Knockout, ...]
    correlates: tuple[Correlate, ...]
    luck: Luck
    wanted: float
    prior: Effect | None = None
    sign: str = ""
    readings: tuple[Reading, ...] = ()

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
    former : tuple of ClaimFound
        Claims as they were stated for other outcomes; they decide nothing.
    """

    hypothesis: Hypothesis
    claims: tuple[ClaimFound, ...]
    also: tuple[tuple[Estimate, Effect], ...]
    arms: dict[str, dict[str, tuple[float, float]]]
    worlds: dict[str, np.ndarray]
    replicates: int
    extra: dict[str, Any] = field(default_factory=dict)
    former: tuple[ClaimFound, ...] = ()

    @property
    def verdict(self) -> str:
        """Verdict of the hypothesis: the weakest of its claims'."""
        return weakest([one.judged.verdict for one in self.claims])

    @property
    def stated(self) -> tuple[tuple[Claim | Estimate, Effect], ...]:
        """Every contrast with its effect as it is written: the claims, then what is reported beside them."""
        return (*((one.judged.claim, one.effect) for one in self.claims), *self.also)


def error_of(claim: Claim) -> float:
    """Monte Carlo error of the mean that a claim asks for."""
    return claim.error or (max(LEAST_ERROR, FINER * claim.smallest) if claim.smallest > 0.0 else math.inf)


def find(
    hypothesis: Hypothesis, bench: Bench, sizes: Sizes, *, others: Sequence[Ensemble] = (), say: Say = lambda _: None
) -> Found:
    """Run a hypothesis of contrasts and judge its claims.

    Parameters
    ----------
    hypothesis : Hypothesis
    bench : Bench
        With at least as many worlds as are asked for.
    sizes : Sizes
    others : sequence of Ensemble
        Worlds of other ensembles, over which the claims are read too.
    say : callable
        Told a sentence now and then.
    """
    file = hypothesis.file
    worlds = min(sizes.of(hypothesis, "worlds"), bench.worlds.members)
    fewer, members, level = min(sizes.of(hypothesis, "worlds_knockout"), worlds), bench.members[:worlds], file.rule.interval
    measured, replicates = enough(hypothesis, bench, sizes, worlds, say)
    points, cuts = points_of(read_table())[1:], cut_points(one.outcome for one in file.claims)
    at = points_at(hypothesis, bench, sizes, (*points, *cuts), fewer, file.judged)
    changes = changes_of(at, file.judged, (*points, *cuts))
    prior, elsewhere = over_prior(hypothesis, bench, sizes), _elsewhere(hypothesis, bench, sizes, others)
    found, effects = {}, {}
    for claim in file.judged:
        decides, values = claim in file.claims, of_arms(measured, claim)
        toward, turned = turned_effect(claim, values, file.rule, members)
        moved = {point.name: changes[claim.name][point.name] for point in points}
        knockouts = _knocked(hypothesis, claim, toward, turned, moved, members)
        near = doubtful(claim, toward, knockouts, file.rule, worlds) if decides else ()
        if near:
            say(f"{file.hypothesis}, {claim.name}: near its limit without {', '.join(near)}: run in all worlds")
            more = changes_at(hypothesis, bench, sizes, [Point(name) for name in near], worlds, [claim])
            moved |= more[claim.name]
            knockouts = _knocked(hypothesis, claim, toward, turned, moved, members)
        one = ClaimFound(
            judge(claim, toward, knockouts, file.rule),
            estimate(values, claim.contrast, members=members, level=level),
            knockouts,
            correlates_of(turned, bench, worlds),
            luck_of(values, claim.contrast, claim.outcome),
            error_of(claim),
        )
        if decides:
            effects[claim.name] = turned
            sources = _sources(claim, measured, members, toward, at, changes[claim.name], bench, elsewhere, file.months)
            before = prior[claim.name]
            readings = readings_of(claim, file.rule, sources)
            one = replace(one, prior=before, sign=sign_of(before, file.rule), readings=readings)
        found[claim.name] = one
    also = tuple((one, estimate(of_arms(measured, one), one.contrast, members=members, level=level)) for one in file.also)
    claims, former = (tuple(found[one.name] for one in some) for some in (file.claims, file.former))
    return Found(hypothesis, claims, also, arms_table(measured), effects, replicates, former=former)


def claim_by_world(claim: Claim, measured: Measured, members: np.ndarray) -> ByWorld:
    """A claim by world, towards its prediction.

    Parameters
    ----------
    claim : Claim
    measured : mapping
        By arm and outcome, f8 of shape (worlds, runs).
    members : numpy.ndarray
        int, shape (worlds,).
    """
    runs = contrasted(*turned_arms(claim, of_arms(measured, claim)))
    return ByWorld(*by_world(runs), still_worlds(runs), members, runs.shape[1])


def _elsewhere(
    hypothesis: Hypothesis, bench: Bench, sizes: Sizes, others: Sequence[Ensemble]
) -> dict[str, tuple[Measured, np.ndarray]]:
    """By ensemble: arms of the claims in its worlds, and the worlds' members."""
    found: dict[str, tuple[Measured, np.ndarray]] = {}
    for worlds in others:
        mine = bench.over(worlds)
        count = min(sizes.of(hypothesis, "worlds"), worlds.members)
        replicates = min(sizes.of(hypothesis, name) for name in ("replicates", "replicates_most"))
        measured = arms_at(hypothesis, mine, Point(), count, replicates, hypothesis.claimed_arms)
        found[worlds.name] = (measured, mine.members[:count])
    return found


def _sources(
    claim: Claim,
    measured: Measured,
    members: np.ndarray,
    toward: Effect,
    at: Mapping[str, Measured],
    changes: Mapping[str, np.ndarray],
    bench: Bench,
    elsewhere: Mapping[str, tuple[Measured, np.ndarray]],
    months: int,
) -> Sources:
    """Where the readings of a claim come from."""

    def at_outcome(outcome: str) -> ByWorld:
        return claim_by_world(claim.model_copy(update={"outcome": outcome}), measured, members)

    def at_point(name: str) -> tuple[ByWorld, np.ndarray] | None:
        if name not in at:
            return None
        return claim_by_world(claim, at[name], members[: len(changes[name])]), changes[name]

    uncapped = bench.worlds.uncapped
    return Sources(
        horizon=months, main=claim_by_world(claim, measured, members), toward=toward,
        weights=None if uncapped is None else uncapped[: len(members)], at_outcome=at_outcome, at_point=at_point,
        ensembles={name: claim_by_world(claim, *there) for name, there in elsewhere.items()},
    )  # fmt: skip


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


def points_at(
    hypothesis: Hypothesis, bench: Bench, sizes: Sizes, points: Sequence[Point], worlds: int, claims: Sequence[Claim]
) -> dict[str, Measured]:
    """Arms of some claims at points, and as they are, with the same luck; by point, arm and outcome."""
    replicates, arms = sizes.of(hypothesis, "replicates_knockout"), hypothesis.arms_of(claims)
    outcomes, seed = outcomes_of(hypothesis), hypothesis.file.seed
    both = (Point(), *points)
    wanted = [Wanted(hypothesis.arms[arm], point, outcomes, worlds, replicates, seed) for point in both for arm in arms]
    measured = iter(bench.measure(wanted))
    return {point.name: {arm: next(measured) for arm in arms} for point in both}


def changes_of(at: Mapping[str, Measured], claims: Sequence[Claim], points: Sequence[Point]) -> dict[str, dict[str, np.ndarray]]:
    """By claim and point: how far it moves the effect towards the prediction in each of the first worlds; f8, shape (worlds,).

    The luck is the same with and without the mechanism.
    """
    found: dict[str, dict[str, np.ndarray]] = {}
    for claim in claims:
        contrast = predicted_contrast(claim)
        plain = contrasted(of_arms(at[""], claim), contrast)
        found[claim.name] = {
            point.name: world_means(contrasted(of_arms(at[point.name], claim), contrast) - plain) for point in points
        }
    return found


def changes_at(
    hypothesis: Hypothesis, bench: Bench, sizes: Sizes, points: Sequence[Point], worlds: int, claims: Sequence[Claim]
) -> dict[str, dict[str, np.ndarray]]:
    """Run the arms of some claims at points, and give :func:`changes_of` them."""
    return changes_of(points_at(hypothesis, bench, sizes, points, worlds, claims), claims, points)


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
