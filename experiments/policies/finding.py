"""From beginning to end: search, evaluate what was found anew on other worlds and luck, judge, and move the start."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.policies.evaluating import MONTHS, Outcome, Set
from experiments.policies.ingredients import LENGTHS, NAMES, STARTS
from experiments.policies.judging import Above, Regret, above, error, regrets
from experiments.policies.schedules import Schedule, only, pairs, singles, with_doses
from experiments.policies.searching import non_dominated, objectives, search, worth_it
from experiments.policies.settings import Settings

EVERYTHING: Final = only(*NAMES)
SOURCES: Final = ("nothing", "single", "pair", "everything", "search")
"""Why a schedule was evaluated anew; the first that holds."""
LAST: Final = MONTHS[-1]
MARGIN: Final = 0.02
"""Share of services: a schedule of the frontier is better by more than this, at one of the months, than any cheaper one on it."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A schedule, evaluated on worlds and luck that the search did not have.

    Attributes
    ----------
    outcome : Outcome
    source : str
        One of SOURCES.
    price, price_error : float
        Hours of support for a service and year beyond those of the base, and their standard error over worlds.
    errors : tuple of float
        Standard errors of the shares kept, by month.
    above : Above
        Worlds with the share of services that is asked for.
    regret : Regret
    searched : Outcome or None
        What the search had seen of it.
    chosen : bool
        Whether the search had it among those that no other beat.
    frontier : int
        Its number on the frontier by price, from 1; 0 if another schedule is at most as dear and at least as good, or cheaper
        and worse by no more than MARGIN.
    """

    outcome: Outcome
    source: str
    price: float
    price_error: float
    errors: tuple[float, ...]
    above: Above
    regret: Regret
    searched: Outcome | None
    chosen: bool
    frontier: int


@dataclass(frozen=True, eq=False)
class Findings:
    """What came out.

    Attributes
    ----------
    judged : tuple of Judged
        By price.
    answer : Judged
        The cheapest schedule that does what is asked; where none does, the one that does it in most worlds.
    answered : bool
        Whether it does.
    timing : tuple of Outcome
        The answer's ingredients, all from each start for each length, on the worlds of the check.
    evaluated : int
        Schedules that the search tried.
    members : numpy.ndarray
        int, shape (worlds,): which parameter set each world of the check has.
    """

    judged: tuple[Judged, ...]
    answer: Judged
    answered: bool
    timing: tuple[Outcome, ...]
    evaluated: int
    members: np.ndarray

    @property
    def base(self) -> Judged:
        """The empty schedule."""
        return next(one for one in self.judged if one.source == "nothing")

    @property
    def frontier(self) -> tuple[Judged, ...]:
        """Schedules that no other beats, by price."""
        return tuple(one for one in self.judged if one.frontier)

    @property
    def line(self) -> tuple[Judged, ...]:
        """Those of the frontier that keep more to the last month than any cheaper one."""
        found: list[Judged] = []
        for one in self.frontier:
            if not found or one.outcome.kept(LAST) > found[-1].outcome.kept(LAST):
                found.append(one)
        return tuple(found)


Evaluate = Callable[[Sequence[Schedule], Set, str], list[Outcome]]
"""Outcomes of schedules on worlds and luck; the text says what they are for."""


def find(evaluate: Evaluate, settings: Settings) -> Findings:
    """Search and judge.

    Parameters
    ----------
    evaluate : callable
    settings : Settings
    """
    tried = search(lambda asked: evaluate(asked, settings.search, "search"), evaluations=settings.evaluations, seed=settings.seed)
    values = objectives(tried, tried[0])
    chosen = {tried[at].schedule.key for at in non_dominated(values).tolist()}
    schedules = {one.key: one for one in (Schedule(), *singles(), *pairs(), EVERYTHING)}
    schedules |= {one.schedule.key: one.schedule for one in tried if one.schedule.key in chosen}
    outcomes = evaluate(list(schedules.values()), settings.check, "check")
    judged = judge(outcomes, settings, searched={one.schedule.key: one for one in tried}, chosen=chosen)
    answer, answered = answer_of(judged, settings.worlds_share)
    timing = evaluate(moved(answer.outcome.schedule), settings.check, "timing")
    return Findings(judged, answer, answered, tuple(timing), len(tried), settings.members(settings.check))


def judge(
    outcomes: Sequence[Outcome], settings: Settings, *, searched: dict[str, Outcome], chosen: set[str]
) -> tuple[Judged, ...]:
    """Judge schedules by how they did on the worlds of the check.

    Parameters
    ----------
    outcomes : sequence of Outcome
        The empty schedule among them.
    settings : Settings
    searched : dict of str to Outcome
        What the search had seen, by schedule.
    chosen : set of str
        Schedules that no other beat in it.

    Returns
    -------
    tuple of Judged
        By price.
    """
    base = next(one for one in outcomes if one.schedule == Schedule())
    values = objectives(outcomes, base)
    order = np.lexsort((values[:, 1], values[:, 0])).tolist()
    numbers = {at: number for number, at in enumerate(worth_it(values, MARGIN).tolist(), start=1)}
    members = settings.members(settings.check)
    regret = regrets(np.stack([one.shares(LAST) for one in outcomes]), values[:, 0], members)
    found = []
    for at in order:
        one = outcomes[at]
        key = one.schedule.key
        found.append(
            Judged(
                outcome=one,
                source=source_of(one.schedule),
                price=float(values[at, 0]),
                price_error=error(one.support - base.support, members),
                errors=tuple(error(one.shares(month).mean(axis=1), members) for month in MONTHS),
                above=above(one.shares(LAST), settings.share, members),
                regret=regret[at],
                searched=searched.get(key),
                chosen=key in chosen,
                frontier=numbers.get(at, 0),
            )
        )
    return tuple(found)


def source_of(schedule: Schedule) -> str:
    """Which of SOURCES a schedule is."""
    for name, known in (("nothing", [Schedule()]), ("single", singles()), ("pair", pairs()), ("everything", [EVERYTHING])):
        if schedule in known:
            return name
    return "search"


def answer_of(judged: Sequence[Judged], worlds_share: float) -> tuple[Judged, bool]:
    """The cheapest schedule that has the share of services in enough worlds; else the one that has it in most.

    Parameters
    ----------
    judged : sequence of Judged
        By price.
    worlds_share : float

    Returns
    -------
    answer : Judged
    answered : bool
        Whether it has it in enough worlds.
    """
    for one in judged:
        if one.above.normal >= worlds_share:
            return one, True
    return max(judged, key=lambda one: (one.above.normal, one.outcome.kept(LAST), -one.price)), False


def moved(schedule: Schedule) -> list[Schedule]:
    """A schedule's ingredients, all from each start for each length: starts within lengths."""
    return [with_doses(schedule.doses, start=start, length=length) for length in LENGTHS for start in STARTS]


def lost(findings: Findings, month: int) -> tuple[float, float]:
    """By how much less the chosen schedules kept anew than the search had seen, and what other worlds did to the rest.

    Parameters
    ----------
    findings : Findings
    month : int

    Returns
    -------
    chosen : float
        Mean over the schedules that no other beat in the search.
    fixed : float
        Mean over nothing, singles and everything, which nobody chose by their results; NaN when the search tried none.
    """

    def mean(which: Callable[[Judged], bool]) -> float:
        pairs_of = [(one.searched, one.outcome) for one in findings.judged if which(one)]
        gaps = [before.kept(month) - now.kept(month) for before, now in pairs_of if before is not None]
        return float(np.mean(gaps)) if gaps else float("nan")

    return mean(lambda one: one.chosen), mean(lambda one: one.source != "search")
