"""How much was built in: claims over draws of the prior, before any pattern was looked at, and controls of that.

A claim whose sign nearly all draws have was decided when the equations and their bounds were written down. The sign is then no
finding; size, conditions and cost may be.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from experiments.hypotheses.contrasts import Sizes, arms_at, of_arms, turned_effect
from experiments.hypotheses.estimating import Effect
from experiments.hypotheses.measuring import Bench, Wanted
from experiments.hypotheses.reading import Hypothesis
from experiments.hypotheses.schema import Claim, Rule
from experiments.hypotheses.verdicts import OTHER_ASSUMED, SIGN_ASSUMED, SIGN_OPEN, sign_of
from experiments.hypotheses.worlds import Point
from experiments.worlds.prior import Structure, prior_of
from sim.parameters.ensemble import Ensemble, plain_bytes
from sim.scenario import read_scenario
from sim.scenario.schema import Policy

NAME: Final = "prior"

SEED: Final = 9_001
"""Of the draws; no calibration draws with it."""

SCENARIO: Final = "all-passive"
OUTCOME: Final = "share_kept_going"
PLANTED: Final = 0.1
"""Added to every run of the second arm: an effect as large as the largest that hypotheses found."""

OTHER_LUCK: Final = 9_002

RUNS: Final = 4
"""Of each draw. With the same luck in both arms nothing but what is planted differs, however often it is asked."""

INERT: Final = Policy(lever="clarity", dose=0.0, start=12)
"""A policy that does nothing."""


def prior_worlds(count: int, turned_on: Sequence[str] = ()) -> Ensemble:
    """Draws of the prior as worlds, each with the same weight.

    Parameters
    ----------
    count : int
    turned_on : sequence of str
        Mechanisms that are off in the table and were on when the ensemble was found: what acts by them is drawn too.
    """
    prior = prior_of(structure=Structure(tuple((name, True) for name in turned_on)))
    values = prior.draws(count, SEED)
    return Ensemble(NAME, prior.names, values, np.ones(count), hashlib.sha256(plain_bytes(values)).hexdigest())


def over_prior(hypothesis: Hypothesis, bench: Bench, sizes: Sizes) -> dict[str, Effect]:
    """Effect of each claim over draws of the prior, in the predicted direction, by name of the claim.

    Parameters
    ----------
    hypothesis : Hypothesis
        Of contrasts.
    bench : Bench
        Its runs are stored there; its worlds are not looked at.
    sizes : Sizes
    """
    claims, file = hypothesis.file.claims, hypothesis.file
    count = sizes.of(hypothesis, "draws_prior")
    mine = bench.over(prior_worlds(count, bench.worlds.turned_on))
    replicates = sizes.of(hypothesis, "replicates_prior")
    measured = arms_at(hypothesis, mine, Point(), count, replicates, hypothesis.claimed_arms)
    return {one.name: turned_effect(one, of_arms(measured, one), file.rule, mine.members)[0] for one in claims}


# ------------------------------------------------------------------------------------------------------------------- controls


@dataclass(frozen=True)
class PriorCase:
    """A control: what is planted between two arms that are the same, and what must come of its sign.

    Attributes
    ----------
    name, says : str
    planted : float
    part : float
        Share of the draws in which it is planted.
    others : float
        What is planted in the others.
    must : str
        One of the signs.
    amid_luck : bool
        Whether the second arm has luck of its own.
    """

    name: str
    says: str
    planted: float
    part: float
    others: float
    must: str
    amid_luck: bool = False


PRIOR_CASES: Final = (
    PriorCase("prior_equal", "two arms that are the same", 0.0, 1.0, 0.0, SIGN_OPEN),
    PriorCase("prior_planted", "more is planted in every draw", PLANTED, 1.0, 0.0, SIGN_ASSUMED),
    PriorCase("prior_planted_wrong_way", "less is planted in every draw", -PLANTED, 1.0, 0.0, OTHER_ASSUMED),
    PriorCase("prior_planted_in_some", "more is planted in four of five draws, nothing in the fifth", PLANTED, 0.8, 0.0,
              SIGN_OPEN),
    PriorCase("prior_planted_both_ways", "more is planted in half of the draws, less in the others", PLANTED, 0.5, -PLANTED,
              SIGN_OPEN),
    PriorCase("prior_planted_amid_luck", "twice as much is planted in every draw, between arms with luck of their own",
              2.0 * PLANTED, 1.0, 0.0, SIGN_ASSUMED, amid_luck=True),
)  # fmt: skip


@dataclass(frozen=True)
class PriorControls:
    """What came of the controls over the prior.

    Attributes
    ----------
    effects : dict of str to Effect
        By name of the case, towards more.
    """

    effects: Mapping[str, Effect]

    def sign(self, case: PriorCase) -> str:
        """What was found of a case's sign."""
        return sign_of(self.effects[case.name], Rule())

    @property
    def problems(self) -> tuple[str, ...]:
        """What did not come out as it must, in words; nothing when all behave."""
        found = [(case, self.sign(case)) for case in PRIOR_CASES if self.sign(case) != case.must]
        return tuple(f"over the prior, {case.says}: '{sign}' instead of '{case.must}'" for case, sign in found)


def run_prior_controls(bench: Bench, draws: int) -> PriorControls:
    """Run arms that are the same over draws of the prior, with the same luck and with another, and plant what the cases say.

    Parameters
    ----------
    bench : Bench
    draws : int
    """
    mine, scenario = bench.over(prior_worlds(draws, bench.worlds.turned_on)), read_scenario(SCENARIO)
    same = replace(scenario, policies=(*scenario.policies, INERT))
    arms = ((scenario, SEED), (same, SEED), (scenario, OTHER_LUCK))
    measured = mine.measure([Wanted(one, Point(), (OUTCOME,), draws, RUNS, seed) for one, seed in arms])
    return PriorControls(prior_effects(*(one[OUTCOME] for one in measured)))


def prior_effects(without: np.ndarray, same: np.ndarray, other: np.ndarray) -> dict[str, Effect]:
    """Effect of every case.

    Parameters
    ----------
    without, same, other : numpy.ndarray
        An arm, one that is the same with the same luck, and one with luck of its own; f8, shape (draws, runs).
    """
    place = np.arange(len(without)) / len(without)
    found = {}
    for case in PRIOR_CASES:
        planted = np.where(place < case.part, case.planted, case.others)[:, None]
        claim = Claim(
            name=case.name, says=case.says, contrast={"with": 1.0, "without": -1.0}, outcome=OUTCOME, direction="higher",
            smallest=abs(case.planted),
        )  # fmt: skip
        arms = {"with": (other if case.amid_luck else same) + planted, "without": without}
        found[case.name], _ = turned_effect(claim, arms, Rule(), None)
    return found
