"""Contrasts of arms as they are run: how much, which outcomes, and the effect of a claim in the predicted direction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.hypotheses.estimating import Effect, contrasted, estimate
from experiments.hypotheses.knocking import world_means
from experiments.hypotheses.measuring import Bench, Wanted
from experiments.hypotheses.outcomes import other_readings, parts_of
from experiments.hypotheses.reading import Hypothesis
from experiments.hypotheses.schema import Claim, Estimate, Rule
from experiments.hypotheses.verdicts import predicted_contrast, shift_of
from experiments.hypotheses.worlds import Point

ALWAYS: Final = (
    "share_kept_going@24", "share_kept_going@48", "share_kept_going", "share_given_up@24", "share_given_up@48", "share_given_up",
    "share_high_every_look@24", "share_high_every_look@48", "share_high_every_look", "share_high_every_look_37",
    "share_high_every_look_40", "share_high_every_look_43", "share_operating",
    "share_sustained@24", "share_sustained@48", "share_sustained", "share_drifted@24", "share_drifted@48", "share_drifted",
    "share_abandoned@24", "share_abandoned@48", "share_abandoned", "posts_delivering@24", "posts_delivering@48",
    "posts_delivering", "fidelity@24", "fidelity@48", "fidelity",
    "helped_per_post", "benefit_per_course", "waiting_months_per_post", "dilemma_months_per_post",
    "false_rejections_per_post", "true_rejections_per_post", "false_continuations_per_post", "hours_leader_per_service",
    "hours_practitioner_per_post", "hours_supervision_per_post", "hours_monitoring_per_post", "hours_covered_per_post",
    "hours_training_per_post",
)  # fmt: skip
"""Outcomes that every run gives: arms that hypotheses share are run once, and each report can say what an arm costs."""


@dataclass(frozen=True)
class Sizes:
    """How much is run, where a command says other than the file.

    Attributes
    ----------
    worlds, worlds_knockout, replicates, replicates_most, replicates_knockout : int or None
    services : int or None
        Of a cohort of a question of prediction, at most.
    draws_prior, replicates_prior : int or None
    """

    worlds: int | None = None
    worlds_knockout: int | None = None
    replicates: int | None = None
    replicates_most: int | None = None
    replicates_knockout: int | None = None
    services: int | None = None
    draws_prior: int | None = None
    replicates_prior: int | None = None

    def of(self, hypothesis: Hypothesis, name: str) -> int:
        """What holds for a hypothesis."""
        own = getattr(self, name)
        return int(getattr(hypothesis.file.budget, name) if own is None else own)

    def is_quick(self, hypothesis: Hypothesis) -> bool:
        """Whether so little is run of a hypothesis that nothing can be learnt from it: as little as QUICK is."""
        return any(self.of(hypothesis, name) <= QUICK.of(hypothesis, name) for name in ("worlds", "replicates_most"))


QUICK: Final = Sizes(
    worlds=24, worlds_knockout=20, replicates=2, replicates_most=2, replicates_knockout=2, services=45, draws_prior=24,
    replicates_prior=2,
)  # fmt: skip
"""To see that it works; nothing to learn from."""


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
    file = hypothesis.file
    asked = {*hypothesis.outcomes, *(name for one in file.claims for name in other_readings(one.outcome, file.months))}
    return (*ALWAYS, *sorted(asked - set(ALWAYS)))


def arms_at(
    hypothesis: Hypothesis, bench: Bench, point: Point, worlds: int, replicates: int, arms: Sequence[str] | None = None
) -> dict[str, dict[str, np.ndarray]]:
    """Run arms at a point; by arm and outcome, f8 of shape (worlds, replicates)."""
    names = tuple(hypothesis.arms) if arms is None else tuple(arms)
    outcomes, seed = outcomes_of(hypothesis), hypothesis.file.seed
    wanted = [Wanted(hypothesis.arms[name], point, outcomes, worlds, replicates, seed) for name in names]
    return dict(zip(names, bench.measure(wanted), strict=True))


def turned_arms(claim: Claim, values: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Values of a claim's arms and weights of the contrast, so that above zero is what was predicted."""
    contrast, shift = predicted_contrast(claim), shift_of(claim)
    arms = dict(values)
    first = next(iter(contrast))
    if shift:  # added to one arm by its weight, it is added to the contrast
        arms[first] = arms[first] + shift / contrast[first]
    return arms, contrast


def turned_effect(
    claim: Claim,
    values: Mapping[str, np.ndarray],
    rule: Rule,
    members: np.ndarray | None,
    weights: np.ndarray | None = None,
) -> tuple[Effect, np.ndarray]:
    """Effect towards the prediction, and its mean by world."""
    arms, contrast = turned_arms(claim, values)
    found = estimate(arms, contrast, members=members, level=rule.interval, weights=weights)
    return found, world_means(contrasted(arms, contrast))
