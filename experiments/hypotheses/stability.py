"""How stable is a verdict: the same claim over other ensembles, other weights, rival forms, months and cuts.

Nothing here decides. Each reading is judged by the rule but for its knock-outs, which are asked of the run as it is alone: what
*holds* may be supported or assumed. Months, weights and cuts with a name of their own come from the very runs that the verdict
stands on. Rival forms, and another value of what is called high, were run in the first worlds only, with the luck of the run as
it is: there the mean of all worlds is moved by the mean change, and the share of worlds with the sign is that of those worlds.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from experiments.hypotheses.estimating import Effect, summed_up
from experiments.hypotheses.knocking import left_of
from experiments.hypotheses.outcomes import CUT, at_month, cut_of, hangs_on_cut, months_of
from experiments.hypotheses.schema import Claim, Rule
from experiments.hypotheses.verdicts import SUPPORTED, stands
from experiments.hypotheses.worlds import Point
from sim.parameters import read_table
from sim.rules import CUTS

HOLDS: Final = "holds"
"""Supported or assumed: interval, size and sign are as the rule asks."""

AS_IT_IS, ENSEMBLE, WEIGHTS, FORM, MONTH, CUT_KIND = "as it is", "ensemble", "weights", "form", "month", "cut"
KINDS: Final = (AS_IT_IS, ENSEMBLE, WEIGHTS, FORM, MONTH, CUT_KIND)
"""What is otherwise in a reading, in the order in which it is shown."""

NO_CAP: Final = "without the cap"
NOT_RECORDED: Final = "not recorded: the ensemble's file has no uncapped weights"
NOT_MEASURED: Final = "not measured at that month"
NO_CUT: Final = "hangs on no cut"
ONE_ENSEMBLE: Final = "no other ensemble ships"


@dataclass(frozen=True, eq=False)
class ByWorld:
    """Effect of a claim towards its prediction, by world.

    Attributes
    ----------
    mean, variance : numpy.ndarray
        f8, shape (worlds,): mean of the runs, and its Monte Carlo variance.
    still : numpy.ndarray or None
        bool, shape (worlds,): nothing at all differed.
    members : numpy.ndarray
        int, shape (worlds,): which member of the ensemble a world has.
    runs : int
    """

    mean: np.ndarray
    variance: np.ndarray
    still: np.ndarray | None
    members: np.ndarray
    runs: int

    def effect(self, rule: Rule, weights: np.ndarray | None = None) -> Effect:
        """Effect over the worlds.

        Parameters
        ----------
        rule : Rule
        weights : numpy.ndarray, optional
            f8, shape (worlds,): how much each world counts.
        """
        return summed_up(
            self.mean, self.variance, self.members, runs=self.runs, level=rule.interval, still=self.still, weights=weights
        )


@dataclass(frozen=True)
class Reading:
    """A claim, read otherwise.

    Attributes
    ----------
    kind : str
        One of KINDS.
    name : str
        Of the ensemble, form, month or cut.
    outcome : str
        That was looked at.
    toward : Effect or None
        In the predicted direction; None where there is none.
    stands : str
        HOLDS, or a verdict of the rule; empty where there is no effect.
    note : str
        Why there is none.
    """

    kind: str
    name: str
    outcome: str
    toward: Effect | None
    stands: str
    note: str = ""


@dataclass(frozen=True)
class Sources:
    """Where the readings of a claim come from.

    Attributes
    ----------
    horizon : int
    main : ByWorld
    toward : Effect
        Of the claim as it is.
    weights : numpy.ndarray or None
        f8, shape (worlds,): how much each world would count without the cap; None where that is not recorded.
    at_outcome : callable
        Gives the claim by world on another outcome, from the runs as they are.
    ensembles : mapping of str to ByWorld
        Over every other ensemble.
    at_point : callable
        Gives the claim by world at a point in the first worlds, and how far it moves the effect there; None where it was not run.
    named : callable
        Gives the name of an outcome at a month, or None, from outcome, month and horizon.
    """

    horizon: int
    main: ByWorld
    toward: Effect
    weights: np.ndarray | None
    at_outcome: Callable[[str], ByWorld]
    ensembles: Mapping[str, ByWorld]
    at_point: Callable[[str], tuple[ByWorld, np.ndarray] | None]
    named: Callable[[str, int, int], str | None] = at_month


def cut_points(outcomes: Iterable[str]) -> tuple[Point, ...]:
    """Points that claims on some outcomes have to be run at, for cuts that no outcome is named after.

    Parameters
    ----------
    outcomes : iterable of str
    """
    usual = read_table().parameters[CUT].value
    asked = any(hangs_on_cut(one) for one in outcomes)
    return tuple(Point(f"{CUT}={cut:g}") for cut in CUTS if cut != usual) if asked else ()


def readings_of(claim: Claim, rule: Rule, sources: Sources) -> tuple[Reading, ...]:
    """Every reading of a claim, the one as it is first.

    Parameters
    ----------
    claim : Claim
    rule : Rule
    sources : Sources
    """

    def read(kind: str, name: str, toward: Effect, outcome: str = claim.outcome) -> Reading:
        word = stands(claim, toward, rule)
        return Reading(kind, name, outcome, toward, HOLDS if word == SUPPORTED else word)

    def at_outcome(kind: str, name: str, outcome: str) -> Reading:
        same = outcome == claim.outcome
        return read(kind, name, sources.toward if same else sources.at_outcome(outcome).effect(rule), outcome)

    found = [read(AS_IT_IS, AS_IT_IS, sources.toward)]
    found += [read(ENSEMBLE, name, one.effect(rule)) for name, one in sources.ensembles.items()]
    if not sources.ensembles:
        found.append(Reading(ENSEMBLE, "another ensemble", claim.outcome, None, "", ONE_ENSEMBLE))
    if sources.weights is None:
        found.append(Reading(WEIGHTS, NO_CAP, claim.outcome, None, "", NOT_RECORDED))
    else:
        found.append(read(WEIGHTS, NO_CAP, sources.main.effect(rule, sources.weights)))
    for form, one in read_table().forms.items():
        for word in one.words[1:]:
            moved = sources.at_point(f"{form}={word}")
            if moved is not None:
                found.append(read(FORM, f"{form}={word}", moved_effect(sources, moved, rule)))
    for month in months_of(sources.horizon):
        outcome = sources.named(claim.outcome, month, sources.horizon)
        missing = Reading(MONTH, f"{month}", claim.outcome, None, "", NOT_MEASURED)
        found.append(missing if outcome is None else at_outcome(MONTH, f"{month}", outcome))
    found += [_at_cut(claim, cut, sources, at_outcome, read, rule) for cut in CUTS]
    return tuple(found)


def _at_cut(
    claim: Claim,
    cut: float,
    sources: Sources,
    at_outcome: Callable[[str, str, str], Reading],
    read: Callable[[str, str, Effect], Reading],
    rule: Rule,
) -> Reading:
    """Reading of a claim under a cut of what is called high."""
    name = f"{cut:g}"
    if hangs_on_cut(claim.outcome):
        if cut == read_table().parameters[CUT].value:
            return read(CUT_KIND, name, sources.toward)
        moved = sources.at_point(f"{CUT}={name}")
        if moved is not None:
            return read(CUT_KIND, name, moved_effect(sources, moved, rule))
    named = cut_of(claim.outcome, cut, sources.horizon)
    if named is not None:
        return at_outcome(CUT_KIND, name, named)
    return Reading(CUT_KIND, name, claim.outcome, None, "", NO_CUT)


def moved_effect(sources: Sources, moved: tuple[ByWorld, np.ndarray], rule: Rule) -> Effect:
    """Effect at a point that was run in the first worlds: the mean of all, moved by the mean change there.

    The share of worlds with the sign, and how far worlds differ, are those of the first worlds.

    Parameters
    ----------
    sources : Sources
    moved : (ByWorld, numpy.ndarray)
        The claim by world there, and the change; f8, shape (first worlds,).
    rule : Rule
    """
    there, change = moved
    own, main = there.effect(rule), sources.toward
    mean, error = left_of(main, sources.main.mean, change, sources.main.members)
    if math.isnan(mean):
        return own
    if math.isnan(error):  # no two worlds differ
        error = own.error if math.isfinite(own.error) else 0.0
    reach = (main.high - main.mean) / main.error * error if main.error > 0.0 else own.high - own.mean
    return replace(own, mean=mean, error=error, low=mean - reach, high=mean + reach)


def others_of(readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Readings that can be held against the first, which is the claim as it is."""
    return tuple(one for one in readings[1:] if one.toward is not None)


def differing(readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Readings that stand otherwise than the claim as it is."""
    return tuple(one for one in others_of(readings) if one.stands != readings[0].stands)
