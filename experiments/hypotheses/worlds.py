"""Plausible worlds: parameter sets of the ensemble, each as often as its weight says, and the arms in them."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from experiments.worlds.estimating import members_of as alike
from sim.parameters import STATE_DEFINITIONS, ParameterTable
from sim.parameters.ensemble import WORLDS, Ensemble, order
from sim.problems import BadInput, Problem
from sim.scenario.definition import Scenario
from sim.world import World, prepare

AS_IT_IS: Final = ""
"""Name of the point at which nothing is switched off."""


@dataclass(frozen=True)
class Point:
    """How the model stands: as it is, with a mechanism off, with another equation, or another definition of an outcome.

    Attributes
    ----------
    name : str
        AS_IT_IS, a switch, ``FORM=WORD``, or ``DEFINITION=VALUE`` for what defines an outcome.
    """

    name: str = AS_IT_IS

    @property
    def is_form(self) -> bool:
        """Whether it is a rival form, or another definition: nothing is switched off."""
        return "=" in self.name

    @property
    def is_definition(self) -> bool:
        """Whether it is another value of what defines an outcome."""
        return self.is_form and self.name.partition("=")[0] in STATE_DEFINITIONS

    def of(self, scenario: Scenario) -> Scenario:
        """The scenario at this point."""
        if not self.name:
            return scenario
        if self.is_definition:
            name, value = self.name.split("=", 1)
            return replace(scenario, parameters=scenario.parameters | {name: float(value)})
        if self.is_form:
            form, word = self.name.split("=", 1)
            return replace(scenario, forms=scenario.forms | {form: word})
        turned = scenario.table.turned(scenario.switches | {self.name: False})
        return replace(scenario, switches=turned)


def points_of(table: ParameterTable) -> tuple[Point, ...]:
    """The model as it is, every mechanism that is on off by itself, every rival form by itself."""
    switches = [Point(name) for name, one in table.switches.items() if one.on]
    forms = [Point(f"{name}={word}") for name, one in table.forms.items() for word in one.words if word != one.default]
    return (Point(), *switches, *forms)


def worlds_of(ensemble: Ensemble, count: int) -> Ensemble:
    """The first so many worlds of an ensemble, all of one weight: a fair mixture of its members.

    Where it is known what the members would weigh without a cap, ``uncapped`` says how much more or less each world would count.

    Parameters
    ----------
    ensemble : Ensemble
    count : int
        Up to ``sim.parameters.ensemble.WORLDS``.

    Raises
    ------
    BadInput
        For more worlds than there are.
    """
    if not 1 <= count <= WORLDS:
        raise BadInput([Problem("worlds", f"{count} cannot be", f"a whole number from 1 to {WORLDS}")])
    members = order(ensemble.weights)[:count]
    uncapped = None if ensemble.uncapped is None else (ensemble.uncapped / ensemble.weights)[members]
    return replace(ensemble, values=ensemble.values[members], weights=np.ones(count), uncapped=uncapped)


def arm_in(scenario: Scenario, worlds: Ensemble, point: Point, seed: int) -> World:
    """An arm at a point, with a parameter record a world: run q has that of world q modulo their number.

    Parameters
    ----------
    scenario : Scenario
    worlds : Ensemble
        In place of an ensemble of its own.
    point : Point
    seed : int
        Of the runs.
    """
    return prepare(point.of(replace(scenario, ensemble=worlds)), seed=seed, members=np.arange(worlds.members))


def members_of(worlds: Ensemble) -> np.ndarray:
    """Which parameter set each world has; int, shape (worlds,): worlds with the same number are alike but for luck."""
    return alike(worlds.values)


def distinct(worlds: Ensemble) -> int:
    """Different parameter sets among the worlds."""
    return len(np.unique(members_of(worlds)))


def by_world(runs: np.ndarray, worlds: int, services: int = 0) -> np.ndarray:
    """Values of runs 0, 1, 2, ... by world; f8, shape (worlds, runs of each), with services (worlds, runs, services)."""
    return np.moveaxis(runs.reshape(-1, worlds, services), 0, 1) if services else runs.reshape(-1, worlds).T
