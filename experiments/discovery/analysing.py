"""From outcomes of runs to what is said of each kind of failure: labels and their noise, region, control, tree."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from experiments.discovery import noise
from experiments.discovery.finding import Control, Region, Worlds, controlled, enough, halved, search, tree
from experiments.discovery.settings import Settings
from experiments.discovery.trees import Node
from experiments.executors.pools import Pool


@dataclass(frozen=True)
class Failure:
    """One way to fail.

    Attributes
    ----------
    name : str
    line : float
        A world fails whose mean over replicates lies below it.
    paired : bool
        Whether the outcome is the policy minus the base, else the policy alone.
    """

    name: str
    line: float
    paired: bool

    def outcomes(self, kept: np.ndarray) -> np.ndarray:
        """Outcome of every run, shape (worlds, replicates), from the shares of base and policy that kept going."""
        base, policy = kept
        return policy - base if self.paired else policy


FAILURES: Final = (Failure("level", 0.5, paired=False), Failure("effect", 0.05, paired=True))
"""Fewer than half of the services kept going to the horizon; fewer than 5 percentage points more of them than in the base."""


@dataclass(frozen=True, eq=False)
class Finding:
    """What is said of one kind of failure.

    Attributes
    ----------
    failure : Failure
    values : numpy.ndarray
        f8, shape (worlds,): the outcome's mean over replicates.
    fails : numpy.ndarray
        bool, shape (worlds,).
    misclassified : float
        Share of the worlds that chance in the runs is expected to put on the wrong side of the line.
    needed : int
        Replicates with which no more than noise.MOST_WRONG would be; 0 for very many.
    region : Region or None
        None where so few worlds fail, or do not, that none is looked for.
    control : Control or None
    tree : Node or None
    """

    failure: Failure
    values: np.ndarray
    fails: np.ndarray
    misclassified: float
    needed: int
    region: Region | None
    control: Control | None
    tree: Node | None


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything that a discovery came to.

    Attributes
    ----------
    worlds : Worlds
    members : numpy.ndarray
        int, shape (worlds,): member of the ensemble.
    outcomes : numpy.ndarray
        f8, shape (TOLD_OF_ARMS, 2, worlds, replicates), of base and policy.
    each : tuple of Finding
        In the order of FAILURES.
    """

    worlds: Worlds
    members: np.ndarray
    outcomes: np.ndarray
    each: tuple[Finding, ...]

    @property
    def replicates(self) -> int:
        """Of every world."""
        return int(self.outcomes.shape[3])


def worlds_of(settings: Settings) -> Worlds:
    """Inputs of the worlds, and the half that regions are found on."""
    return Worlds(pd.DataFrame(settings.values()), settings.known(), halved(settings.members, settings.seed), settings.offered)


def clear(outcomes: np.ndarray) -> bool:
    """Whether chance is expected to put few enough worlds on the wrong side, of every kind of failure."""
    return all(noise.misclassified(one.outcomes(outcomes[0]), one.line) <= noise.MOST_WRONG for one in FAILURES)


def analyse(
    settings: Settings, outcomes: np.ndarray, *, pool: Pool, progress: Callable[[int], None] = lambda _: None
) -> Findings:
    """Look for regions of every kind of failure.

    Parameters
    ----------
    settings : Settings
    outcomes : numpy.ndarray
        f8, shape (TOLD_OF_ARMS, 2, worlds, replicates): share of services of which each holds at the horizon, of base and policy.
        A world fails by the first of them.
    pool : Pool
        For the control.
    progress : callable
        Told of each shuffle of the control.
    """
    worlds = worlds_of(settings)
    each = [_finding(one, settings, worlds, outcomes[0], pool, progress) for one in FAILURES]
    return Findings(worlds, settings.members, outcomes, tuple(each))


def shuffles_of(settings: Settings, outcomes: np.ndarray, failures: Sequence[Failure] = FAILURES) -> int:
    """Shuffles that the control will take over all kinds of failure."""
    training = halved(settings.members, settings.seed)
    return settings.shuffles * sum(enough(one.outcomes(outcomes[0]).mean(axis=1) < one.line, training) for one in failures)


def _finding(
    failure: Failure, settings: Settings, worlds: Worlds, kept: np.ndarray, pool: Pool, progress: Callable[[int], None]
) -> Finding:
    outcomes = failure.outcomes(kept)
    values = outcomes.mean(axis=1)
    fails = values < failure.line
    wrong, needed = noise.misclassified(outcomes, failure.line), noise.needed(outcomes, failure.line)
    if not enough(fails, worlds.training):
        return Finding(failure, values, fails, wrong, needed, None, None, None)
    region = search(worlds, values, fails)
    control = controlled(worlds, values, fails, shuffles=settings.shuffles, seed=settings.seed, pool=pool, progress=progress)
    return Finding(failure, values, fails, wrong, needed, region, control, tree(worlds, region, fails))
