"""Controls of every run: planted effects that must be found, and a policy that does nothing and luck alone, which must not be."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from experiments.hypotheses.contrasts import turned_effect
from experiments.hypotheses.estimating import contrasted
from experiments.hypotheses.knocking import knockouts_of, world_means
from experiments.hypotheses.measuring import Bench, Wanted
from experiments.hypotheses.schema import Claim, Direction, Rule
from experiments.hypotheses.verdicts import ASSUMED, MIXED, NOT_SUPPORTED, SUPPORTED, VERDICTS, Judged, judge, predicted_contrast
from experiments.hypotheses.worlds import Point, points_of
from sim.parameters import read_table
from sim.scenario import read_scenario
from sim.scenario.definition import Scenario
from sim.scenario.schema import Policy

SCENARIO: Final = "all-passive"
OUTCOME: Final = "share_kept_going"
PLANTED: Final = 0.1
"""Added to every run of the second arm: twice the smallest effect of interest."""

SMALLEST: Final = 0.05
SEED: Final = 7_001
OTHER_LUCK: Final = 7_002
FAR: Final = 4.0
"""Standard errors that an estimate may lie from what was planted."""

INERT: Final = Policy(lever="clarity", dose=0.0, start=12)
"""A policy that does nothing: nobody states any more than before."""

LEAST_REPLICATES: Final = 8
PAIRED_REPLICATES: Final = 2
"""Of the policy that does nothing with a mechanism off."""


@dataclass(frozen=True)
class Case:
    """A control.

    Attributes
    ----------
    name : str
    says : str
        What was done.
    planted : float
        Added to every run of the second arm.
    direction : str
        What is claimed.
    may : tuple of str
        Verdicts that are right.
    paired : bool
        Whether both arms have the same luck; the second arm then has a policy that does nothing.
    without : str
        Mechanism without which nothing is planted; empty for none.
    some : bool
        Planted in two of three sets of parameter values only: what a normal distribution of effects would call certain.
    """

    name: str
    says: str
    planted: float
    direction: Direction
    may: tuple[str, ...]
    paired: bool = False
    without: str = ""
    some: bool = False


NOT_AT_ALL: Final = tuple(one for one in VERDICTS if one not in (SUPPORTED, ASSUMED))

CASES: Final = (
    Case("planted", "more is planted, and more is claimed", PLANTED, "higher", (SUPPORTED,)),
    Case("planted_lower", "less is planted, and less is claimed", -PLANTED, "lower", (SUPPORTED,)),
    Case("planted_wrong_way", "less is planted, and more is claimed", -PLANTED, "higher", (NOT_SUPPORTED,)),
    Case("planted_benefit", "more is planted, and that nothing is gained is claimed", PLANTED, "no_benefit", NOT_AT_ALL),
    Case("planted_hanging", "more is planted but with one mechanism off, and more is claimed", PLANTED, "higher", (ASSUMED,),
         without="turnover"),
    Case("planted_in_some", "more is planted in two of three parameter sets, nothing changes in the third, and more is claimed",
         1.5 * PLANTED, "higher", (MIXED,), paired=True, some=True),
    Case("inert", "luck alone, and more is claimed", 0.0, "higher", NOT_AT_ALL),
    Case("inert_policy", "a policy that does nothing, with the same luck, and more is claimed", 0.0, "higher", NOT_AT_ALL,
         paired=True),
    Case("inert_no_benefit", "a policy that does nothing, with the same luck, and that nothing is gained is claimed", 0.0,
         "no_benefit", (SUPPORTED,), paired=True),
)  # fmt: skip


@dataclass(frozen=True)
class Controls:
    """What came of the controls.

    Attributes
    ----------
    judged : dict of str to Judged
        By name of the case.
    """

    judged: Mapping[str, Judged]

    @property
    def planted(self) -> Judged:
        """More is planted, and more is claimed; unpaired."""
        return self.judged["planted"]

    @property
    def inert(self) -> Judged:
        """Luck alone; unpaired."""
        return self.judged["inert"]

    @property
    def problems(self) -> tuple[str, ...]:
        """What did not come out as it must, in words; nothing when all behave."""
        found = []
        for case in CASES:
            one = self.judged[case.name]
            if one.verdict not in case.may:
                found.append(f"{case.says}: '{one.verdict}' instead of '{' or '.join(case.may)}'")
        effect, luck = self.planted.toward, self.inert.toward
        if not abs(effect.mean - PLANTED) <= FAR * effect.error:
            found.append(f"a planted effect of {PLANTED:g} is estimated as {effect.mean:.3f} ± {effect.error:.3f}")
        if not abs(luck.mean) < SMALLEST:
            found.append(f"luck alone is estimated as an effect of {luck.mean:.3f}")
        nothing = self.judged["inert_policy"].toward
        if nothing.mean != 0.0 or nothing.error != 0.0:
            found.append(f"a policy that does nothing changes something with the same luck: {nothing.mean:g} ± {nothing.error:g}")
        return tuple(found)


def run_controls(bench: Bench, *, worlds: int, worlds_knockout: int, replicates: int) -> Controls:
    """Run the same scenario twice, each time with luck of its own, and once with a policy that does nothing; judge all cases.

    Unpaired there is more noise than in any hypothesis.

    Parameters
    ----------
    bench : Bench
    worlds, worlds_knockout, replicates : int
        At least LEAST_REPLICATES of each world are run.
    """
    scenario = read_scenario(SCENARIO)
    arms: dict[str, tuple[Scenario, int]] = {
        "without": (scenario, SEED),
        "with": (scenario, OTHER_LUCK),
        "policy": (replace(scenario, policies=(*scenario.policies, INERT)), SEED),
    }
    points = points_of(read_table())
    count = max(LEAST_REPLICATES, replicates)
    wanted = [Wanted(one, Point(), (OUTCOME,), worlds, count, seed) for one, seed in arms.values()]
    # with the same luck nothing differs, however often it is asked
    runs = {"without": count, "with": count, "policy": min(count, PAIRED_REPLICATES)}
    wanted += [
        Wanted(one, point, (OUTCOME,), worlds_knockout, runs[arm], seed) for point in points for arm, (one, seed) in arms.items()
    ]
    measured = iter(bench.measure(wanted))
    main = {arm: next(measured)[OUTCOME] for arm in arms}
    at = {point.name: {arm: next(measured)[OUTCOME] for arm in arms} for point in points}
    members = bench.members[:worlds]
    return Controls({case.name: judged(case, main, at, members) for case in CASES})


def judged(case: Case, main: Mapping[str, np.ndarray], at: Mapping[str, Mapping[str, np.ndarray]], members: np.ndarray) -> Judged:
    """Judge a control by the rule, as a claim of a hypothesis is.

    Parameters
    ----------
    case : Case
    main : mapping of str to numpy.ndarray
        By arm, f8 of shape (worlds, runs).
    at : mapping
        The same at every point, in the first worlds.
    members : numpy.ndarray
        int, shape (worlds,).
    """
    second = "policy" if case.paired else "with"
    claim = Claim(
        name=case.name, says=case.says, contrast={second: 1.0, "without": -1.0}, outcome=OUTCOME, direction=case.direction,
        smallest=SMALLEST,
    )  # fmt: skip

    def pair(values: Mapping[str, np.ndarray], point: str) -> dict[str, np.ndarray]:
        where = members[: len(values["without"])] % 3 != 0 if case.some else np.ones(len(values["without"]), bool)
        planted = 0.0 if case.without and point == case.without else np.where(where, case.planted, 0.0)[:, None]
        return {second: values[second] + planted, "without": values["without"][:, : values[second].shape[1]]}

    effect, worlds = turned_effect(claim, pair(main, ""), Rule(), members)
    contrast = predicted_contrast(claim)
    plain = contrasted(pair(at[""], ""), contrast)
    changes = {name: world_means(contrasted(pair(arms, name), contrast) - plain) for name, arms in at.items() if name}
    return judge(claim, effect, knockouts_of(claim, effect, worlds, changes, members), Rule())
