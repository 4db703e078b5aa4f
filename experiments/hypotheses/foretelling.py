"""Questions of prediction: how well fidelity at month 12 foretells which services keep going, alone and beside leadership.

Services are ranked within a world, as somebody would who lives in one: the area under the curve (AUC) of a world is the chance
that of two of its services the one that keeps going was ranked higher. Scores of several predictors come from a logistic
regression that was fitted in other worlds (ten folds), so an added predictor can lower the AUC. The luck in the AUC of a world is
measured by leaving out parts of its runs in turn (jackknife): the same services stand in a world again and again, and ties are
many.

That fidelity is no guide is judged in the first cohort; what leadership adds, in the last: in the study's own services leadership
is service C's, which differs in selection, goals, backing and meetings too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from experiments.hypotheses.cohorts import Cohort, by_world, cohort_of, scores
from experiments.hypotheses.contrasts import Sizes
from experiments.hypotheses.estimating import Effect, Luck, luck_of_worlds
from experiments.hypotheses.finding import FINER, ClaimFound, Found
from experiments.hypotheses.knocking import doubtful, knockouts_of
from experiments.hypotheses.measuring import Bench, Wanted, service_outcomes
from experiments.hypotheses.outcomes import FORETOLD
from experiments.hypotheses.prior import prior_worlds
from experiments.hypotheses.reading import Hypothesis
from experiments.hypotheses.schema import Claim, Prediction
from experiments.hypotheses.stability import ByWorld, Sources, cut_points, readings_of
from experiments.hypotheses.verdicts import Knockout, judge, sign_of
from experiments.hypotheses.worlds import Point, points_of
from experiments.worlds.estimating import merged, moments
from sim.parameters import read_table
from sim.parameters.ensemble import Ensemble

BIG: Final = 100
"""Services from which on a scenario is a cohort of its own: two runs of each world are enough to begin with."""

FAR: Final = {"no_guide": (-1.0, 1.0), "adds": (-2.0, 2.0)}
"""How far a claim's value may lie from what was seen: that of one area, and of the difference of two."""

CHANCE: Final = 0.5
"""Area under the curve of a score that says nothing."""


def told_of(cohort: Cohort, predictors: Sequence[str], members: np.ndarray) -> dict[str, Any]:
    """Areas under the curve and shares of deviance of a cohort, plain JSON.

    Parameters
    ----------
    cohort : Cohort
    predictors : sequence of str
    members : numpy.ndarray
        int, shape (worlds,).
    """
    both = " + ".join(predictors)
    models = {name: (name,) for name in predictors} | {both: tuple(predictors)}
    _, nothing = scores(cohort, ())
    found: dict[str, Any] = {"services": len(cohort.world), "share": float(cohort.came.mean()), "models": {}}
    deviance = {}
    for label, names in models.items():
        score, deviance[label] = scores(cohort, names)
        values, variances = by_world(cohort, [score], [1.0])
        all_ = moments(merged(values, variances, members[np.unique(cohort.world)]))
        found["models"][label] = {
            "auc": all_.mean, "auc_error": all_.error, "auc_spread": all_.spread, "r2": 1.0 - deviance[label] / nothing
        }  # fmt: skip
        found["worlds"], found["worlds_left_out"] = len(values), int(np.isnan(values).sum())
    first, second = predictors
    for name, other in ((first, second), (second, first)):
        found["models"][name]["partial_r2"] = 1.0 - deviance[both] / deviance[other]
    values = cohort.predictors[first]
    found["range"] = {"mean": float(values.mean()), "sd": float(values.std(ddof=1))}
    return found


def foretell(hypothesis: Hypothesis, bench: Bench, sizes: Sizes, *, others: Sequence[Ensemble] = ()) -> Found:
    """Run a hypothesis of prediction and judge its two claims.

    Parameters
    ----------
    hypothesis : Hypothesis
    bench : Bench
    sizes : Sizes
    others : sequence of Ensemble
        Worlds of other ensembles, over which the claims are read too.
    """
    asked = hypothesis.file.foretelling
    assert asked is not None
    worlds = min(sizes.of(hypothesis, "worlds"), bench.worlds.members)
    runs = {arm: _replicates(hypothesis, sizes, arm) for arm in asked.arms}
    measured = {arm: _measured(hypothesis, bench, sizes, arm, [Point()], worlds, runs[arm])[0] for arm in asked.arms}
    claims, former, effects = [], [], {}
    for outcome in (asked.outcome, *([asked.former] if asked.former else [])):
        for name, says, least, arm in _claims(asked, outcome):
            contrast = {arm: 1.0, "nothing": -1.0}
            claim = Claim(name=name, says=says, contrast=contrast, outcome=outcome, direction="higher", smallest=least)
            ranking = Ranking(hypothesis, bench, sizes, claim, arm)
            if outcome != asked.outcome:
                former.append(ranking.compared(measured[arm]))
                continue
            measured[arm], main, luck, wanted = ranking.enough(measured[arm], runs[arm])
            runs[arm] = main.runs
            effects[name] = main.mean
            claims.append(ranking.judged(measured[arm], main, luck, wanted, others))
    cohorts = {arm: cohort_of(found, asked.predictors, asked.outcome) for arm, found in measured.items()}
    extra = {"cohorts": {arm: told_of(cohort, asked.predictors, bench.members[:worlds]) for arm, cohort in cohorts.items()}}
    return Found(hypothesis, tuple(claims), (), {}, effects, runs[asked.arms[0]], extra, former=tuple(former))


@dataclass(frozen=True, eq=False)
class Ranking:
    """A claim of a question of prediction, and where it is run.

    Attributes
    ----------
    hypothesis : Hypothesis
    bench : Bench
    sizes : Sizes
    claim : Claim
    arm : str
        Whose services are the cohort.
    """

    hypothesis: Hypothesis
    bench: Bench
    sizes: Sizes
    claim: Claim
    arm: str

    @property
    def asked(self) -> Prediction:
        """What is foretold, and from what."""
        assert self.hypothesis.file.foretelling is not None
        return self.hypothesis.file.foretelling

    def ranked(self, measured: Mapping[str, np.ndarray], members: np.ndarray, outcome: str = "") -> ByWorld:
        """The claim by world, towards its prediction.

        Parameters
        ----------
        measured : mapping of str to numpy.ndarray
            f8, shape (worlds, replicates, services).
        members : numpy.ndarray
            int, shape (worlds,).
        outcome : str, optional
            That is foretold; the claim's unless given.
        """
        outcome = outcome or self.claim.outcome
        cohort, (worlds, runs, _) = cohort_of(measured, self.asked.predictors, outcome), measured[outcome].shape
        values, variances = (_of_worlds(one, cohort, worlds) for one in toward_of(self.claim.name, cohort, self.asked))
        return ByWorld(values, variances, None, members, runs)

    def run(self, points: Sequence[Point], worlds: int, replicates: int) -> list[dict[str, np.ndarray]]:
        """What the cohort gives at some points."""
        return _measured(self.hypothesis, self.bench, self.sizes, self.arm, points, worlds, replicates)

    def enough(self, measured: dict[str, np.ndarray], runs: int) -> tuple[dict[str, np.ndarray], ByWorld, Luck, float]:
        """Run more until the claim has the Monte Carlo error that it asks for, or the most that may be run is reached."""
        name, asked = self.claim.name, self.asked
        wanted = FINER * (asked.adds if name == "adds" else asked.least_auc - CHANCE)
        most, worlds = self.sizes.of(self.hypothesis, "replicates_most"), len(measured[self.claim.outcome])
        while True:
            main = self.ranked(measured, self.bench.members[:worlds])
            luck = luck_of_worlds(main.variance, main.effect(self.hypothesis.file.rule).mcse, FAR[name])
            if luck.meets(wanted) or runs >= most:
                return measured, main, luck, wanted
            runs = min(most, luck.runs_needed(runs, wanted))
            measured = self.run([Point()], worlds, runs)[0]

    def at_points(self, points: Sequence[Point], worlds: int) -> dict[str, ByWorld]:
        """The claim by world at points and as it is, in the first worlds, with the same luck."""
        both = (Point(), *points)
        replicates = _replicates(self.hypothesis, self.sizes, self.arm, knockout=True)
        found = self.run(both, worlds, replicates)
        members = self.bench.members[:worlds]
        return {point.name: self.ranked(one, members) for point, one in zip(both, found, strict=True)}

    def judged(
        self, measured: Mapping[str, np.ndarray], main: ByWorld, luck: Luck, wanted: float, others: Sequence[Ensemble]
    ) -> ClaimFound:
        """Judge the claim, and read it otherwise."""
        file, members, worlds = self.hypothesis.file, main.members, len(main.mean)
        effect, at, changes, knockouts = self._knocked(main)
        near = doubtful(self.claim, effect, knockouts, file.rule, worlds)
        if near:
            again = self.at_points([Point(one) for one in near], worlds)
            moved = {name: again[name].mean - again[""].mean if name in near else changes[name] for name in _mechanisms()}
            knockouts = self._knockouts(effect, main, moved)
        uncapped = self.bench.worlds.uncapped
        sources = Sources(
            horizon=file.months, main=main, toward=effect, weights=None if uncapped is None else uncapped[:worlds],
            at_outcome=lambda outcome: self.ranked(measured, members, outcome), ensembles=self._elsewhere(others),
            at_point=lambda name: (at[name], changes[name]) if name in at else None, named=service_at,
        )  # fmt: skip
        before = self._over(prior_worlds(self.sizes.of(self.hypothesis, "draws_prior"), self.bench.worlds.turned_on)).effect(
            file.rule
        )
        return ClaimFound(
            judge(self.claim, effect, knockouts, file.rule), effect, knockouts, (), luck, wanted,
            prior=before, sign=sign_of(before, file.rule), readings=readings_of(self.claim, file.rule, sources),
        )  # fmt: skip

    def compared(self, measured: Mapping[str, np.ndarray]) -> ClaimFound:
        """A former claim, judged by the same rule from what was run for the one that decides; it is read no other way."""
        shape = measured[self.claim.outcome].shape
        main = self.ranked(measured, self.bench.members[: shape[0]])
        effect, _, _, knockouts = self._knocked(main)
        luck = luck_of_worlds(main.variance, main.effect(self.hypothesis.file.rule).mcse, FAR[self.claim.name])
        return ClaimFound(judge(self.claim, effect, knockouts, self.hypothesis.file.rule), effect, knockouts, (), luck, math.inf)

    def _knocked(self, main: ByWorld) -> tuple[Effect, dict[str, ByWorld], dict[str, np.ndarray], tuple[Knockout, ...]]:
        """Effect of the claim; by point, the claim there and how far it moves; what each mechanism off does to it."""
        fewer = min(self.sizes.of(self.hypothesis, "worlds_knockout"), len(main.mean))
        points = [Point(name) for name in _mechanisms()]
        at = self.at_points([*points, *cut_points([self.claim.outcome])], fewer)
        changes = {name: one.mean - at[""].mean for name, one in at.items()}
        effect = main.effect(self.hypothesis.file.rule)
        return effect, at, changes, self._knockouts(effect, main, {point.name: changes[point.name] for point in points})

    def _knockouts(self, effect: Effect, main: ByWorld, moved: Mapping[str, np.ndarray]) -> tuple[Knockout, ...]:
        """What is left of the claim without each mechanism."""
        own, arms = self.hypothesis.file.about, {self.arm: self.hypothesis.arms[self.arm]}
        return knockouts_of(self.claim, effect, main.mean, moved, main.members, own=own, arms=arms)

    def _elsewhere(self, others: Sequence[Ensemble]) -> dict[str, ByWorld]:
        """The claim over other ensembles."""
        return {one.name: self._over(one, self.sizes.of(self.hypothesis, "worlds")) for one in others}

    def _over(self, worlds: Ensemble, most: int | None = None) -> ByWorld:
        """The claim over other worlds, with as many runs as it begins with."""
        there = replace(self, bench=self.bench.over(worlds))
        count = min(most or worlds.members, worlds.members)
        measured = there.run([Point()], count, _replicates(self.hypothesis, self.sizes, self.arm))[0]
        return there.ranked(measured, there.bench.members[:count])


def _replicates(hypothesis: Hypothesis, sizes: Sizes, arm: str, *, knockout: bool = False) -> int:
    """Runs of every world of an arm's cohort to begin with."""
    asked = hypothesis.file.foretelling
    assert asked is not None
    big = min(len(hypothesis.arms[arm].services), asked.services) >= BIG
    return 2 if big else sizes.of(hypothesis, "replicates_knockout" if knockout else "replicates")


def _measured(
    hypothesis: Hypothesis, bench: Bench, sizes: Sizes, arm: str, points: Sequence[Point], worlds: int, replicates: int
) -> list[dict[str, np.ndarray]]:
    """What the services of an arm give at some points; by outcome, f8 of shape (worlds, replicates, services)."""
    asked = hypothesis.file.foretelling
    assert asked is not None
    scenario = hypothesis.arms[arm]
    scenario = replace(scenario, services=scenario.services[: min(asked.services, sizes.services or asked.services)])
    outcomes, seed = service_outcomes(scenario.months), hypothesis.file.seed
    return bench.measure([Wanted(scenario, point, outcomes, worlds, replicates, seed, services=True) for point in points])


def _mechanisms() -> list[str]:
    """Names of the points at which a mechanism is off, or a form another."""
    return [point.name for point in points_of(read_table())[1:]]


def _claims(asked: Prediction, outcome: str) -> list[tuple[str, str, float, str]]:
    """Name, sentence, smallest effect and cohort of both claims on what is foretold."""
    first, second = asked.predictors
    which = f"which services {FORETOLD[outcome]}"
    guide = f"{first} alone foretells {which} with an area under the curve below {asked.least_auc:g}"
    adds = f"{second} beside {first} raises the area under the curve, of {which}, by at least {asked.adds:g}"
    return [("no_guide", guide, 0.0, asked.arms[0]), ("adds", adds, asked.adds, asked.arms[-1])]


def service_at(outcome: str, month: int, horizon: int) -> str | None:
    """What is foretold, at a month.

    Examples
    --------
    >>> service_at("kept_going", 24, 84), service_at("kept_going", 84, 84)
    ('kept_going@24', 'kept_going')
    """
    base = outcome.partition("@")[0]
    return base if month == horizon else f"{base}@{month}"


def _of_worlds(values: np.ndarray, cohort: Cohort, worlds: int) -> np.ndarray:
    """Values of a cohort's worlds by world, NaN for those that have none; f8, shape (worlds,)."""
    found = np.full(worlds, np.nan)
    found[np.unique(cohort.world)] = values
    return found


def toward_of(name: str, cohort: Cohort, asked: Prediction) -> tuple[np.ndarray, np.ndarray]:
    """Value of each world towards a claim, and its variance."""
    alone = scores(cohort, asked.predictors[:1])[0]
    if name == "no_guide":
        values, variances = by_world(cohort, [alone], [1.0])
        return asked.least_auc - values, variances
    return by_world(cohort, [scores(cohort, asked.predictors)[0], alone], [1.0, -1.0])
