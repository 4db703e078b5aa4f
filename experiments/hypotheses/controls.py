"""Two controls of every run: a planted effect that must come out supported, and luck alone, which must not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.hypotheses.estimating import Effect, contrasted, estimate
from experiments.hypotheses.finding import ALWAYS, mean_and_error
from experiments.hypotheses.measuring import Bench, Wanted
from experiments.hypotheses.schema import Claim, Rule
from experiments.hypotheses.verdicts import SUPPORTED, Judged, judge, turned_knockouts
from experiments.hypotheses.worlds import Point, points_of
from sim.parameters import read_table
from sim.scenario import read_scenario

SCENARIO: Final = "all-passive"
OUTCOME: Final = "share_sustained"
PLANTED: Final = 0.1
"""Added to every run of the second arm: twice the smallest effect of interest."""

SMALLEST: Final = 0.05
SEED: Final = 7_001
OTHER_LUCK: Final = 7_002
FAR: Final = 4.0
"""Standard errors that an estimate may lie from what was planted."""


@dataclass(frozen=True)
class Controls:
    """What came of the controls.

    Attributes
    ----------
    planted, inert : Judged
    """

    planted: Judged
    inert: Judged

    @property
    def problems(self) -> tuple[str, ...]:
        """What did not come out as it must, in words; nothing when both behave."""
        found = []
        effect = self.planted.toward
        if self.planted.verdict != SUPPORTED:
            found.append(f"a planted effect of {PLANTED:g} is '{self.planted.verdict}'")
        if not abs(effect.mean - PLANTED) <= FAR * effect.error:
            found.append(f"a planted effect of {PLANTED:g} is estimated as {effect.mean:.3f} ± {effect.error:.3f}")
        if self.inert.verdict == SUPPORTED or abs(self.inert.toward.mean) >= SMALLEST:
            found.append(f"a policy that does nothing is '{self.inert.verdict}', with an effect of {self.inert.toward.mean:.3f}")
        return tuple(found)


def run_controls(bench: Bench, *, worlds: int, worlds_knockout: int, replicates: int) -> Controls:
    """Run the same scenario twice, each time with luck of its own, and judge the difference with and without a planted effect.

    Nothing is paired here: there is more noise than in any hypothesis.

    Parameters
    ----------
    bench : Bench
    worlds, worlds_knockout, replicates : int
    """
    scenario = read_scenario(SCENARIO)
    points = points_of(read_table())
    seeds = {"without": SEED, "with": OTHER_LUCK}
    wanted = [Wanted(scenario, Point(), ALWAYS, worlds, replicates, seed) for seed in seeds.values()]
    wanted += [Wanted(scenario, point, ALWAYS, worlds_knockout, replicates, seed) for point in points for seed in seeds.values()]
    measured = iter(bench.measure(wanted))
    main = {arm: next(measured)[OUTCOME] for arm in seeds}
    at = {point.name: {arm: next(measured)[OUTCOME] for arm in seeds} for point in points}
    return Controls(_judged(main, at, PLANTED), _judged(main, at, 0.0))


def _judged(main: Mapping[str, np.ndarray], at: Mapping[str, Mapping[str, np.ndarray]], planted: float) -> Judged:
    claim = Claim(
        name="control", says="a control", contrast={"with": 1.0, "without": -1.0}, outcome=OUTCOME, direction="higher",
        smallest=SMALLEST,
    )  # fmt: skip
    effect: Effect = estimate({"with": main["with"] + planted, "without": main["without"]}, claim.contrast)
    plain = contrasted(dict(at[""]), claim.contrast)
    changes = {name: mean_and_error(contrasted(dict(arms), claim.contrast) - plain) for name, arms in at.items() if name}
    forms = [name for name in changes if "=" in name]
    return judge(claim, effect, turned_knockouts(effect.mean, changes, own=(), forms=forms), Rule())
