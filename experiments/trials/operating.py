"""How a trial behaves: power, type I error, bias, coverage, wrong signs, exaggeration, fits that fail.

The unit of every error is the world: trials of one world share its parameter values and the services of its bank.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.trials.analyses import FAILURES, FINE, Estimates
from experiments.trials.analyses.closed_forms import wedge_power
from experiments.trials.analysing import estimates
from experiments.trials.drawing import Trials
from experiments.worlds.estimating import merged, moments

FEWEST: Final = 30
"""Fits from which on it is told what share of intervals holds the truth."""


@dataclass(frozen=True)
class Share:
    """A mean over worlds, with its error.

    Attributes
    ----------
    value, error : float
        The error is that of drawing other worlds, with other trials in them; NaN where it is not known.
    """

    value: float
    error: float


@dataclass(frozen=True)
class Operating:
    """How trials of one size behave, analysed in one way.

    Attributes
    ----------
    services, month, trials : int
    analysis : str
    members : int or None
        Practitioners of a service who are asked at most.
    power : Share
        Trials that reject, of all that were begun: one whose fit fails rejects nothing.
    power_fitted : Share
        Of those whose fit did not fail.
    type_one : Share
        The same where nothing is done in any arm.
    truth : Share
        True effect over worlds; its error is that of drawing worlds.
    estimate : Share
        Mean estimate.
    bias : Share
        Estimate less the truth of the trial's world.
    coverage : Share
        Intervals that hold the truth of the trial's world, of those that were fitted.
    wrong_sign : float
        Of the trials that reject, those whose sign is not that of the world's truth (type S); NaN where none rejects.
    exaggeration : float
        Of the trials that reject, the mean size of the estimate over the mean size of the truth (type M).
    width : float
        Mean width of the interval.
    by_world : numpy.ndarray
        f8, shape (worlds,): power in each world, by the formula for the world's own mean estimate and standard error: the trials
        of one world are too few to count.
    failures : dict of str to float
        Share of trials by how their fit failed; classes that did not occur are left out.
    failures_null : dict of str to float
        The same where nothing is done.
    """

    services: int
    month: int
    trials: int
    analysis: str
    members: int | None
    power: Share
    power_fitted: Share
    type_one: Share
    truth: Share
    estimate: Share
    bias: Share
    coverage: Share
    wrong_sign: float
    exaggeration: float
    width: float
    by_world: np.ndarray
    failures: Mapping[str, float]
    failures_null: Mapping[str, float]


def over_worlds(values: np.ndarray, world: np.ndarray) -> Share:
    """Mean of values of trials, and its error from worlds.

    The error is that of the weighted mean of the worlds' own means: what drawing the worlds again, with their trials, would give.

    Parameters
    ----------
    values : numpy.ndarray
        f8 or bool, shape (trials,); NaN is left out.
    world : numpy.ndarray
        int, shape (trials,).
    """
    found = moments(merged(values.astype(float), np.zeros(len(values)), world))
    return Share(found.mean, found.error)


def rejects(found: Estimates, alpha: float) -> np.ndarray:
    """Which trials reject; bool, shape (trials,). One whose fit fails does not."""
    return np.asarray((found.failed == FINE) & (found.p < alpha))


def operating(
    trials: Trials,
    services: int,
    month: int,
    analysis: str,
    *,
    members: int | None = None,
    with_null: bool = True,
    null: Trials | None = None,
) -> Operating:
    """How trials of one size behave.

    Parameters
    ----------
    trials : Trials
    services : int
        Up to ``trials.most``.
    month : int
        Months after the randomisation; of a stepped wedge the longest exposure.
    analysis : str
        A word of the study file.
    members : int, optional
        Practitioners of a service who are asked at most, in place of what the study file says.
    with_null : bool
        Also where nothing is done, for the type I error.
    null : Trials, optional
        Those in which nothing is done, where they had to be run by themselves.
    """
    study, drawn = trials.study, trials.drawn(services)
    alpha, world = study.file.analysis.alpha, drawn.world
    found = estimates(trials, drawn, month, analysis, members=members)
    truth = trials.truths(month)[world]
    said, fitted = rejects(found, alpha), found.failed == FINE
    gap = found.estimate - truth
    held = np.where(fitted, (found.lower <= truth) & (truth <= found.upper), np.nan)
    held = held if fitted.sum() >= FEWEST else np.full(len(held), np.nan)
    type_one, null_failures = Share(float("nan"), float("nan")), {}
    if with_null:
        nothing = estimates(null or trials, drawn, month, analysis, members=members, null=True)
        type_one, null_failures = over_worlds(rejects(nothing, alpha), world), _classes(nothing)
    wrong = np.sign(found.estimate[said]) != np.sign(truth[said])
    size = np.abs(truth[said]).mean() if said.any() else np.nan
    return Operating(
        services=services,
        month=month,
        trials=len(world),
        analysis=analysis,
        members=members,
        power=over_worlds(said, world),
        power_fitted=over_worlds(np.where(fitted, said, np.nan), world),
        type_one=type_one,
        truth=over_worlds(trials.truths(month), np.arange(len(trials.truths(month)))),
        estimate=over_worlds(found.estimate, world),
        bias=over_worlds(gap, world),
        coverage=over_worlds(held, world),
        wrong_sign=float(wrong.mean()) if said.any() else float("nan"),
        exaggeration=float(np.abs(found.estimate[said]).mean() / size) if said.any() and size > 0 else float("nan"),
        by_world=_by_world(found, world, alpha),
        width=float(np.nanmean(found.upper - found.lower)) if fitted.any() else float("nan"),
        failures=_classes(found),
        failures_null=null_failures,
    )


def _by_world(found: Estimates, world: np.ndarray, alpha: float) -> np.ndarray:
    """Power in each world, from its mean estimate, standard error and degrees of freedom; NaN where no fit came off."""
    power = np.full(int(world.max()) + 1, np.nan)
    for one in range(len(power)):
        mine = (world == one) & (found.failed == FINE)
        if mine.any():
            error = float(np.sqrt(np.mean(found.error[mine] ** 2)))
            power[one] = wedge_power(
                float(found.estimate[mine].mean()), error**2, df=float(np.median(found.df[mine])), alpha=alpha
            )
    return power


def _classes(found: Estimates) -> dict[str, float]:
    """Share of trials by how their fit failed."""
    return {
        name: float(np.mean(found.failed == code))
        for code, name in FAILURES.items()
        if code != FINE and (found.failed == code).any()
    }


# ------------------------------------------------------------------------------------------------------------------ sizes

GRID: Final = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384)
"""Services for which power is shown."""


def grid_of(trials: Trials, least: int) -> list[int]:
    """Numbers of services for which power is shown, the study's own among them.

    Parameters
    ----------
    trials : Trials
    least : int
        Fewest that the design can have.
    """
    own = trials.study.file.design.services
    step = 2 if trials.study.file.design.kind == "matched" else 1
    return sorted({one for one in (*GRID, own) if least <= one <= trials.most and one % step == 0})


@dataclass(frozen=True)
class Size:
    """How many services are needed.

    Attributes
    ----------
    month : int
    members : int or None
    services : int or None
        Least number whose power reaches what is wanted; None where even the largest trial of the bank does not.
    low, high : int or None
        Least numbers whose power reaches it when two errors are added, or taken away.
    largest : int
        Services of the largest trial that was tried.
    largest_power : Share
    """

    month: int
    members: int | None
    services: int | None
    low: int | None
    high: int | None
    largest: int
    largest_power: Share


def size_for(trials: Trials, month: int, analysis: str, least: int, *, members: int | None = None) -> Size:
    """Least number of services for the power that is wanted, by bisection; trials of fewer services are parts of those of more.

    Parameters
    ----------
    trials : Trials
    month : int
    analysis : str
    least : int
        Fewest services of the design.
    members : int, optional
    """
    wanted = trials.study.file.analysis.power
    step = 2 if trials.study.file.design.kind in ("matched", "parallel", "stratified") else 1
    known: dict[int, Share] = {}

    def power(services: int) -> Share:
        if services not in known:
            known[services] = operating(trials, services, month, analysis, members=members, with_null=False).power
        return known[services]

    def least_with(errors: float) -> int | None:
        few, many = (least - 1) // step, trials.most // step
        if power(many * step).value + errors * _error(power(many * step)) < wanted:
            return None
        while many - few > 1:
            middle = (few + many) // 2
            one = power(max(middle * step, least))
            few, many = (few, middle) if one.value + errors * _error(one) >= wanted else (middle, many)
        return max(many * step, least)

    found = least_with(0.0), least_with(2.0), least_with(-2.0)
    most = trials.most // step * step
    return Size(month, members, *found, most, power(most))


def _error(share: Share) -> float:
    return 0.0 if np.isnan(share.error) else share.error


# ---------------------------------------------------------------------------------------------------- months and surrogates


@dataclass(frozen=True)
class Surrogate:
    """What the effect in an early month says of the effect in the month of the estimand.

    Attributes
    ----------
    month : int
    same_sign : Share
        Worlds in which both have one sign.
    explained : float
        Share of the differences between worlds in the late effect that the early one explains (R squared); NaN where worlds do
        not differ.
    slope : float
        Late effect for one unit more of the early one, between worlds.
    kept : float
        Mean late effect over the mean early one.
    false_promise : float
        Of the trials that reject early, those that do not late.
    """

    month: int
    same_sign: Share
    explained: float
    slope: float
    kept: float
    false_promise: float


def surrogate(trials: Trials, early: int, late: int, services: int, analysis: str) -> Surrogate:
    """Compare an early effect with the late one, over the worlds of the bank.

    Parameters
    ----------
    trials : Trials
    early, late : int
        Months after the randomisation.
    services : int
        Of the trials that are compared.
    analysis : str
    """
    first, second = trials.truths(early), trials.truths(late)
    spread, alpha = float(first.std()), trials.study.file.analysis.alpha
    drawn = trials.drawn(services)
    said = rejects(estimates(trials, drawn, early, analysis), alpha)
    later = rejects(estimates(trials, drawn, late, analysis), alpha)
    slope = float(np.cov(first, second)[0, 1] / first.var(ddof=1)) if spread > 0 else float("nan")
    related = spread > 0 and float(second.std()) > 0
    mean = float(first.mean())
    return Surrogate(
        month=early,
        same_sign=over_worlds(np.sign(first) == np.sign(second), np.arange(len(first))),
        explained=float(np.corrcoef(first, second)[0, 1] ** 2) if related else float("nan"),
        slope=slope,
        kept=float(second.mean()) / mean if mean else float("nan"),
        false_promise=float((~later[said]).mean()) if said.any() else float("nan"),
    )
