"""Everything that is found out about a trial that is planned: truth, what is seen of it, power, sizes, months, checks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.trials.analyses import autocorrelation, intracluster
from experiments.trials.analyses.closed_forms import two_arms_power
from experiments.trials.bank import Bank
from experiments.trials.direct import is_needed, simulated
from experiments.trials.drawing import Trials
from experiments.trials.fitting import groups_of, has_members
from experiments.trials.looks import first_events
from experiments.trials.operating import Operating, Share, Size, Surrogate, grid_of, operating, over_worlds, size_for, surrogate
from experiments.trials.reading import Study, last_month
from experiments.trials.truth import averages
from sim.world import World

SIMULATED: Final = 400
"""Trials that are simulated one by one to check those drawn from the bank."""

LARGEST: Final = 384
"""Services of the largest trial that is drawn, or a fifth of the bank: a trial is to leave most of the bank aside."""

WEDGE_LARGEST: Final = 96
"""The same of a stepped wedge: all services cross over, and few roll-outs have more."""

ASKED: Final = (1, 2, 3, 4, 6, 8)
"""Practitioners of a service who are asked, for which power is shown."""

POWER: Final = "power"
SIZE: Final = "find_size"
EXAMPLE: Final = "example_data"
PARTS: Final = (POWER, SIZE, EXAMPLE)

Told = Callable[[str], None]


@dataclass(frozen=True)
class Month:
    """What is so, and what is seen of it, in one month.

    Attributes
    ----------
    month : int
    true : tuple of Share
        Mean of the measure in each condition, over worlds.
    seen : tuple of float
        Mean of what is seen in each group of the trials; NaN where nobody is seen.
    unseen : tuple of float
        Services of each group of which nothing is seen.
    effects : numpy.ndarray
        f8, shape (worlds,): true effect in each world.
    """

    month: int
    true: tuple[Share, ...]
    seen: tuple[float, ...]
    unseen: tuple[float, ...]
    effects: np.ndarray


@dataclass(frozen=True)
class Alike:
    """How alike members of a service are, and services to themselves later; under the usual condition.

    Attributes
    ----------
    true, seen : Share
        Intracluster correlation of what is so, and of what is seen; NaN where a service has one value.
    autocorrelation : Share
        Of services' true values in the month of the estimand with those at the randomisation; of a stepped wedge in the last
        period with those in the one before.
    deviation : float
        Standard deviation of one value: of a practitioner, or of a service where there are no others.
    size, variation : float
        Practitioners seen of a service, and the coefficient of variation of that.
    """

    true: Share
    seen: Share
    autocorrelation: Share
    deviation: float
    size: float
    variation: float


@dataclass(frozen=True)
class Check:
    """Power of one design by two ways.

    Attributes
    ----------
    drawn, simulated : Share
        From the bank, and from trials that were run by themselves.
    trials : int
        That were run.
    formula : float
        What a formula says that is given the mean estimate, the spread and the correlation of what is seen; NaN where none fits.
    """

    drawn: Share
    simulated: Share
    trials: int
    formula: float


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything found out about a trial that is planned.

    Attributes
    ----------
    study : Study
    trials : Trials
    months : tuple of Month
    alike : Alike
    operating : tuple of Operating
        The trial as planned; the primary analysis first.
    curve : tuple of Operating
        By services, in the month of the estimand, primary analysis.
    map : tuple of Operating
        By services and months.
    asked : tuple of Operating
        By practitioners who are asked.
    sizes : tuple of Size
        By months, and in the month of the estimand by practitioners who are asked.
    surrogates : tuple of Surrogate
    check : Check or None
    events : dict of str to (float, float)
        Services in which each kind of event sets in by the last look: under the usual condition, and in the second arm.
    direct : bool
        Whether all trials were simulated one by one, because services touch each other.
    """

    study: Study
    trials: Trials
    months: tuple[Month, ...]
    alike: Alike
    events: dict[str, tuple[float, float]]
    operating: tuple[Operating, ...]
    curve: tuple[Operating, ...] = ()
    map: tuple[Operating, ...] = ()
    asked: tuple[Operating, ...] = ()
    sizes: tuple[Size, ...] = ()
    surrogates: tuple[Surrogate, ...] = ()
    check: Check | None = None
    direct: bool = False


def largest_of(study: Study, bank: Bank) -> int:
    """Services of the largest trial that is drawn."""
    most = WEDGE_LARGEST if study.file.design.kind == "stepped_wedge" else LARGEST
    return max(study.file.design.services, min(most, bank.services // 5))


def find(
    study: Study, bank: Bank, worlds: Sequence[World], parts: Sequence[str], *, threads: int, told: Told = lambda _: None
) -> Findings:
    """Find out everything that is asked.

    Parameters
    ----------
    study : Study
    bank : Bank
    worlds : sequence of World
        The population under each condition, ready to be run.
    parts : sequence of str
        Of PARTS.
    threads : int
    told : callable
        Told what is begun.
    """
    trials = Trials(study, bank, study.file.trials, largest_of(study, bank))
    file, wedge = study.file, study.file.design.kind == "stepped_wedge"
    words = (file.analysis.primary, *file.analysis.also)
    own, month = file.design.services, file.estimand.month
    direct = is_needed(study)
    told("what is true, and what is seen of it")
    months = tuple(month_of(trials, one) for one in file.measurement.months)
    about = {"study": study, "trials": trials, "months": months, "alike": alike_of(trials), "events": events_of(trials)}
    if direct:
        told("trials, one by one: their services touch each other")
        there, nothing = (simulated(trials, worlds, own, trials.count, null=null, threads=threads) for null in (False, True))
        found = tuple(operating(there, own, month, word, null=nothing) for word in words)
        return Findings(**about, operating=found, direct=True)  # type: ignore[arg-type]
    told("the trial as planned")
    found = tuple(operating(trials, own, month, word) for word in words)
    check = None
    if POWER in parts:
        told("the same trial simulated by itself, as a check")
        check = _check(trials, worlds, found[0], about["alike"], threads)  # type: ignore[arg-type]
    if SIZE not in parts:
        return Findings(**about, operating=found, check=check)  # type: ignore[arg-type]
    told("sizes and months")
    least = 2 * groups_of(file)
    primary, later = file.analysis.primary, [one for one in file.measurement.months if one > 0]
    grid = grid_of(trials, least)
    curve = tuple(operating(trials, one, month, primary) for one in grid)
    if wedge:
        step = file.design.step_months or 1
        alone = tuple(size_for(trials, one, primary, least) for one in range(step, month + 1, step))
        return Findings(**about, operating=found, curve=curve, sizes=alone, check=check)  # type: ignore[arg-type]
    chart: list[Operating] = []
    sizes: list[Size] = []
    for one in later:  # all of a month in turn: what was seen in it is still at hand
        chart += [operating(trials, size, one, primary, with_null=False) for size in grid]
        sizes.append(size_for(trials, one, primary, least))
    asked: list[Operating] = []
    for few in _asked(trials):
        asked.append(operating(trials, own, month, primary, members=few, with_null=False))
        sizes += [] if few is None else [size_for(trials, month, primary, least, members=few)]
    surrogates = tuple(surrogate(trials, one, month, own, primary) for one in later if one < month)
    return Findings(
        **about,  # type: ignore[arg-type]
        operating=found,
        curve=curve,
        map=tuple(chart),
        asked=tuple(asked),
        sizes=tuple(sizes),
        surrogates=surrogates,
        check=check,
    )


def month_of(trials: Trials, month: int) -> Month:
    """What is so, and what is seen of it, in one month."""
    study = trials.study
    drawn = trials.drawn(study.file.design.services)
    look, seen = trials.looks(month), trials.seen(drawn, month)
    worlds = np.arange(trials.bank.worlds)
    true = []
    for one in averages(study, trials.bank, look):
        there = ~np.isnan(one)
        error = float(one[there].std(ddof=1) / np.sqrt(there.sum())) if there.sum() > 1 else float("nan")
        true.append(Share(float(one[there].mean()) if there.any() else float("nan"), error))
    means, unseen = [], []
    posts = trials.bank.posts[drawn.world[:, None], drawn.services]
    weights = posts if study.file.estimand.weighting == "member" else np.ones_like(posts)
    for group in range(groups_of(study.file)):
        here = (drawn.group == group) & ~np.isnan(seen.value)
        unseen.append(float(np.isnan(seen.value[drawn.group == group]).mean()))
        means.append(float(np.average(seen.value[here], weights=weights[here])) if here.any() else float("nan"))
    if study.file.design.kind == "stepped_wedge":
        effects = (
            trials.truths(study.file.estimand.month)
            if month == study.file.measurement.months[-1]
            else np.full(len(worlds), np.nan)
        )
    else:
        effects = trials.truths(month)
    return Month(month, tuple(true), tuple(means), tuple(unseen), effects)


def events_of(trials: Trials) -> dict[str, tuple[float, float]]:
    """Shares of services in which each kind of event sets in, by the last month that is looked at."""
    end = trials.study.start + last_month(trials.study.file)
    found = {}
    for name, first in first_events(trials.study, trials.bank).items():
        usual, other = (float((first[condition] <= end).mean()) for condition in (0, 1))
        found[name] = (usual, other)
    return found


def alike_of(trials: Trials) -> Alike:
    """How alike what is measured is, where nothing is done, in the month of the estimand."""
    study = trials.study
    drawn = trials.drawn(trials.most)
    wedge = study.file.design.kind == "stepped_wedge"
    month = study.file.measurement.months[-1] if wedge else study.file.estimand.month
    seen = trials.seen(drawn, month, null=True)
    nowhere = Share(float("nan"), float("nan"))
    true, correlation, size, variation = nowhere, nowhere, 1.0, 0.0
    values = seen.value if seen.members is None else seen.members
    deviation = float(np.nanstd(values))
    if seen.members is not None:
        correlation = over_worlds(intracluster(seen.members), drawn.world)
        count = (~np.isnan(seen.members)).sum(axis=-1)
        count = count[count > 0]
        size, variation = float(count.mean()), float(count.std() / count.mean())
    if study.measure.members:
        true = over_worlds(_true_correlation(trials), np.arange(trials.bank.worlds))
    before = study.file.measurement.months[-2] if wedge else 0
    same = autocorrelation(trials.looks(before).truth[0], trials.looks(month).truth[0])
    return Alike(true, correlation, over_worlds(same, np.arange(len(same))), deviation, size, variation)


def _true_correlation(trials: Trials) -> np.ndarray:
    """Intracluster correlation of the posts of the whole bank in each world, under the usual condition; f8, shape (worlds,)."""
    study = trials.study
    wedge = study.file.design.kind == "stepped_wedge"
    look = trials.looks(study.file.measurement.months[-1] if wedge else study.file.estimand.month)
    posts = trials.bank.posts
    place = np.arange(int(posts.max()))
    members = np.where(place < posts[..., None], (place < look.delivering[0][..., None]).astype(float), np.nan)
    return intracluster(members)


def _asked(trials: Trials) -> tuple[int | None, ...]:
    """Numbers of practitioners who are asked, for which power is shown; the last is all."""
    study = trials.study
    if not has_members(study.file) or study.file.design.kind == "stepped_wedge":
        return ()
    most = int(trials.bank.posts.max())
    return (*(one for one in ASKED if one < most), None)


def _check(trials: Trials, worlds: Sequence[World], planned: Operating, alike: Alike, threads: int) -> Check:
    count = min(SIMULATED, trials.count)
    apart = simulated(trials, worlds, planned.services, count, threads=threads)
    by_itself = operating(apart, planned.services, planned.month, planned.analysis, with_null=False)
    return Check(planned.power, by_itself.power, count, _formula(trials, planned, alike))


def _formula(trials: Trials, planned: Operating, alike: Alike) -> float:
    """What a formula says of two parallel arms that is given what is seen on average."""
    file = trials.study.file
    if file.design.kind not in ("parallel", "stratified") or len(file.arms) != 2 or file.estimand.summary != "difference":
        return float("nan")
    correlation = 0.0 if np.isnan(alike.seen.value) else alike.seen.value
    return two_arms_power(
        planned.estimate.value, alike.deviation, planned.services, alike.size, correlation,
        variation=alike.variation, alpha=file.analysis.alpha,
    )  # fmt: skip
