"""What is found out about one's own service: which histories match, what may come, what policies and the description change."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from experiments.mine.acting import Action, actions_of
from experiments.mine.describing import variants_of
from experiments.mine.forecasting import HOURS, SUPPORT, TOLD, Futures, Share, chosen, futures_of, mean_of, share_of
from experiments.mine.matching import NEEDED, Match, Told, match
from experiments.mine.reading import Mine
from sim.parameters.ensemble import WORLDS, Ensemble
from sim.scenario.definition import Scenario
from sim.world import World, prepare

ENOUGH: Final = 300
"""Matching histories of a service with another description, after which no more are tried."""

LEADING: Final = ("kept_going", "operating")
"""Measures by which policies and descriptions are compared, at the horizon."""

Stage = Callable[[str, int], Told]
"""Begins a stage: its name and how much there is to do; gives what is told of it."""


@dataclass(frozen=True, eq=False)
class Question:
    """A service of one's own with how it is to be asked.

    Attributes
    ----------
    mine : Mine
    ensemble : Ensemble
    histories, futures, seed, threads : int
    """

    mine: Mine
    ensemble: Ensemble
    histories: int
    futures: int
    seed: int
    threads: int

    @property
    def now(self) -> int:
        """Completed months."""
        return self.mine.seen.now

    @property
    def months(self) -> int:
        """Horizon."""
        return self.mine.scenario.months

    @property
    def worlds(self) -> int:
        """Sets of parameter values: replicate r has that of r modulo this number."""
        return WORLDS

    @property
    def scenario(self) -> Scenario:
        """The service as it is described, over the ensemble."""
        return replace(self.mine.scenario, ensemble=self.ensemble)

    def world(self, beside: World | None = None) -> World:
        """The service as it is described, ready to be run.

        Parameters
        ----------
        beside : World, optional
            What does not differ from it is held once.
        """
        if beside is None:
            return prepare(self.scenario, seed=self.seed)
        return beside.with_scenario(self.scenario).with_seed(self.seed)


@dataclass(frozen=True)
class Difference:
    """What differs between two forecasts: a share, or a number of hours.

    Attributes
    ----------
    value, other, error : float
        Other less one; the other; standard error of the difference.
    """

    value: float
    other: float
    error: float


@dataclass(frozen=True, eq=False)
class Acted:
    """What a policy from now on would change.

    Attributes
    ----------
    name, title : str
    changes : dict of str to Difference
        By LEADING measure, at the horizon; within histories and lucks, policy less none.
    hours : dict of str to float
        More hours a year by kind, and ``support``: all kinds of support together.
    """

    name: str
    title: str
    changes: dict[str, Difference]
    hours: dict[str, float]


@dataclass(frozen=True, eq=False)
class Described:
    """What another description would change.

    Attributes
    ----------
    part : str
    own, other : object
    matched, tried : int
    changes : dict of str to Difference
        By LEADING measure, at the horizon; empty where fewer than NEEDED match.
    """

    part: str
    own: Any
    other: Any
    matched: int
    tried: int
    changes: dict[str, Difference]


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything found out about one's own service.

    Attributes
    ----------
    question : Question
    match : Match
    each : int
        Futures of each history that lives on.
    lived : int
        Histories that live on.
    shares : dict of str to Share
        By measure of TOLD; arrays of shape (months,), month 1 first.
    months_to_come : dict of str to (float, float)
        Months from now to the horizon in which LEADING measures hold, mean and standard error.
    acted : list of Acted
    described : list of Described
    """

    question: Question
    match: Match
    each: int
    lived: int
    shares: dict[str, Share]
    months_to_come: dict[str, tuple[float, float]]
    acted: list[Acted]
    described: list[Described]


def matched(question: Question, world: World, *, told: Told) -> Match:
    """Histories that did what was seen."""
    about = question.mine.observations
    return match(world, about, question.now, question.histories, threads=question.threads, told=told)


def find(question: Question, world: World, match: Match, *, stage: Stage) -> Findings:
    """Forecast, policies and descriptions.

    Parameters
    ----------
    question : Question
    world : World
        Of the question.
    match : Match
        With NEEDED histories at least.
    stage : callable
    """
    histories, each = chosen(match.kept, question.futures)
    actions = actions_of(world, question.now)
    told = stage("futures", len(histories) * each * (1 + len(actions)))
    none = lived_on(question, world, histories, each, told)
    acted = [acted_of(question, none, one, lived_on(question, one.world, histories, each, told)) for one in actions]
    return findings_of(question, match, none, acted, _described(question, world, match, stage))


def lived_on(question: Question, world: World, histories: np.ndarray, each: int, told: Told) -> Futures:
    """Futures of histories in a world, which may have another policy from now on."""
    return futures_of(world, histories, each, question.now, threads=question.threads, told=told)


def acted_of(question: Question, none: Futures, one: Action, futures: Futures) -> Acted:
    """What a policy changes, from the futures without it and with it."""
    return Acted(one.name, one.title, _within_pairs(none, futures), _hours(none, futures, question))


def findings_of(question: Question, match: Match, none: Futures, acted: list[Acted], described: list[Described]) -> Findings:
    """Everything found out, from the futures without any policy."""
    lived, each = none.flags.shape[:2]
    return Findings(
        question=question,
        match=match,
        each=each,
        lived=lived,
        shares={name: share_of(none.of(name)) for name in TOLD},
        months_to_come={name: mean_of(none.of(name)[:, :, question.now :].sum(axis=2)) for name in LEADING},
        acted=acted,
        described=described,
    )


def _within_pairs(none: Futures, other: Futures) -> dict[str, Difference]:
    found = {}
    for name in LEADING:
        before, after = none.of(name)[:, :, -1].astype(float), other.of(name)[:, :, -1].astype(float)
        value, error = mean_of(after - before)
        found[name] = Difference(value, float(after.mean()), error)
    return found


def _hours(none: Futures, other: Futures, question: Question) -> dict[str, float]:
    years = (question.months - question.now) / 12
    more = dict(zip(HOURS, ((other.hours - none.hours).mean(axis=(0, 1)) / years).tolist(), strict=True))
    return more | {"support": sum(more[name] for name in SUPPORT)}


def _described(question: Question, world: World, match: Match, stage: Stage) -> list[Described]:
    """The service described otherwise, part by part: histories are matched anew, and live on as the described one's do."""
    variants = list(variants_of(question.mine, world))
    told = stage("descriptions", max(1, len(variants)))
    histories, own = _at_the_end(question, world, match.kept)
    found = []
    for one in variants:
        about = one.mine.observations
        again = _match_again(question, one.world, about)
        changes = {}
        if len(again.kept) >= NEEDED:
            others, other = _at_the_end(question, one.world, again.kept)
            changes = {name: apart(histories, own[name], others, other[name]) for name in LEADING}
        found.append(Described(one.part, one.own, one.other, len(again.kept), again.tried, changes))
        told(1)
    return found


def _match_again(question: Question, world: World, observations: Any) -> Match:
    return match(world, observations, question.now, question.histories, threads=question.threads, enough=ENOUGH)


def _at_the_end(question: Question, world: World, kept: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Histories that live on, and the share of the futures of each in which a measure holds at the horizon."""
    histories = kept[:ENOUGH]
    each = max(2, -(-question.futures // ENOUGH))
    futures = futures_of(world, histories, each, question.now, threads=question.threads)
    return histories, {name: futures.of(name)[:, :, -1].mean(axis=1) for name in LEADING}


def apart(histories: np.ndarray, own: np.ndarray, others: np.ndarray, other: np.ndarray) -> Difference:
    """Difference of two forecasts whose histories are the same in part: these have the same luck, with either description.

    Parameters
    ----------
    histories, others : numpy.ndarray
        int64: replicates of the one and of the other, each once.
    own, other : numpy.ndarray
        f8, shapes of the histories and of the others: share of the futures of each.
    """
    _, here, there = np.intersect1d(histories, others, assume_unique=True, return_indices=True)
    freedom = np.sqrt(float(len(own) * (len(own) - 1) * len(other) * (len(other) - 1)))
    together = float(((own[here] - own.mean()) * (other[there] - other.mean())).sum()) / freedom
    variance = own.var(ddof=1) / len(own) + other.var(ddof=1) / len(other) - 2.0 * together
    return Difference(float(other.mean() - own.mean()), float(other.mean()), float(np.sqrt(max(variance, 0.0))))
