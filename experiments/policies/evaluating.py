"""What comes of a schedule: services kept and hours, over worlds and replicates, with the same luck for all schedules."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from experiments.policies.aims import KEPT_GOING, Aim
from experiments.policies.prices import SUPPORT_ENDS, hours_of
from experiments.policies.schedules import HORIZON, Schedule
from sim.engine import Batch
from sim.measures import REGION, TOLD_OF_ARMS, Unit
from sim.measures.hours import HOURS, support
from sim.measures.values import values_of
from sim.plan import Plan
from sim.scenario.definition import Scenario
from sim.world import World

MONTHS: Final = (48, 84)
"""Months at which the services that are kept are counted."""
_DIGITS: Final = 6
"""Hours are kept to so many digits after the point, so that what was stored equals what was just run."""


@dataclass(frozen=True)
class Set:
    """Worlds and luck that schedules are evaluated on.

    Attributes
    ----------
    name : str
        ``search`` or ``check``.
    first, worlds : int
        Worlds, in the order of the ensemble.
    replicates : int
        Runs in each world.
    seed : int
        Of the runs.
    """

    name: str
    first: int
    worlds: int
    replicates: int
    seed: int

    @property
    def runs(self) -> int:
        """Runs that one schedule takes."""
        return self.worlds * self.replicates


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a schedule.

    Attributes
    ----------
    schedule : Schedule
    counts : numpy.ndarray
        int64, shape (months, worlds, replicates): services kept, as the search's aim has it, at MONTHS.
    services : int
        Services of the region.
    hours : numpy.ndarray
        f8, shape (kinds of hours,): hours for a service and year, mean over worlds.
    support : numpy.ndarray
        f8, shape (worlds,): hours of support for a service and year.
    months : float
        Months kept after the outside support, for a service: two months alone could hide what lies between them.
    beside : numpy.ndarray
        int64, shape (outcomes, worlds): services of which each of TOLD_OF_ARMS holds at the last month, over all replicates.
    """

    schedule: Schedule
    counts: np.ndarray
    services: int
    hours: np.ndarray
    support: np.ndarray
    months: float
    beside: np.ndarray

    def shares(self, month: int) -> np.ndarray:
        """Share of services kept at a month of MONTHS; f8, shape (worlds, replicates)."""
        return np.asarray(self.counts[MONTHS.index(month)] / self.services)

    def kept(self, month: int) -> float:
        """The same, mean over worlds and replicates."""
        return float(self.counts[MONTHS.index(month)].sum() / (self.counts[0].size * self.services))

    def others(self, name: str) -> np.ndarray:
        """Share of services of which one of TOLD_OF_ARMS holds at the last month; f8, shape (worlds,)."""
        return np.asarray(self.beside[TOLD_OF_ARMS.index(name)] / (self.counts.shape[2] * self.services))

    def machine_form(self) -> dict[str, Any]:
        """Plain values that JSON can hold; :func:`from_machine_form` reads them back, the same to the bit."""
        return {
            "schedule": self.schedule.key,
            **{f"kept_{month}": self.counts[at].tolist() for at, month in enumerate(MONTHS)},
            "services": self.services,
            "hours": self.hours.tolist(),
            "support": self.support.tolist(),
            "months": self.months,
            "beside": self.beside.tolist(),
        }


def from_machine_form(form: dict[str, Any], schedule: Schedule) -> Outcome:
    """Outcome that a machine form describes.

    Parameters
    ----------
    form : dict
    schedule : Schedule
        That its key stands for.

    Raises
    ------
    KeyError, ValueError, TypeError
        When it was edited into something that is none.
    """
    counts = np.array([form[f"kept_{month}"] for month in MONTHS], np.int64)
    hours, hours_of_support = (np.array(form[name], float) for name in ("hours", "support"))
    beside = np.array(form["beside"], np.int64)
    whole = counts.ndim == 3 and hours.shape == (len(HOURS),) and hours_of_support.shape == counts.shape[1:2]
    if not whole or beside.shape != (len(TOLD_OF_ARMS), counts.shape[1]):
        raise ValueError("numbers are missing")
    return Outcome(schedule, counts, int(form["services"]), hours, hours_of_support, float(form["months"]), beside)


class Evaluator:
    """Runs schedules on top of a scenario.

    Parameters
    ----------
    base : World
        Of HORIZON months; with an ensemble, each set of parameter values is a world.
    aim : Aim
        Which services count as kept.
    threads : int
        The results do not depend on it.
    """

    def __init__(self, base: World, *, aim: Aim = KEPT_GOING, threads: int = 1) -> None:
        self._base = base
        self._sets: dict[Set, World] = {}
        self._aim = aim
        self._threads = threads

    def world_of(self, schedule: Schedule, where: Set) -> World:
        """The base with a schedule, with the parameters of the worlds; of a schedule only the calendars are resolved.

        Parameters
        ----------
        schedule : Schedule
        where : Set
        """
        if where not in self._sets:
            worlds = np.arange(where.first, where.first + where.worlds) % self._base.worlds
            self._sets[where] = self._base.among(worlds).with_seed(where.seed)
        base = self._sets[where]
        return base.with_scenario(with_schedule(base.scenario, schedule))

    def __call__(self, schedule: Schedule, where: Set) -> Outcome:
        """Run a schedule.

        Parameters
        ----------
        schedule : Schedule
        where : Set
            Run r has world r mod worlds and random numbers r, the same for all schedules.
        """
        world = self.world_of(schedule, where)
        plan, services = world.plan, len(world.services)
        hours = np.empty((where.runs, len(HOURS)))
        counts = np.empty((len(MONTHS), where.runs), np.int64)
        beside = np.empty((len(TOLD_OF_ARMS), where.runs), np.int64)
        months = 0
        for batch in world.batches(where.runs, threads=self._threads):
            hours[batch.replicates] = hours_of(plan, batch)
            series = self._series(plan, batch)
            for at, month in enumerate(MONTHS):
                counts[at, batch.replicates] = series[self._aim.outcome][:, month - 1]
            for at, name in enumerate(TOLD_OF_ARMS):
                beside[at, batch.replicates] = series[name][:, MONTHS[-1] - 1]
            lasting = series[self._aim.months_of]
            months += int((lasting[:, -1] - lasting[:, SUPPORT_ENDS - 1]).sum())
        by_world = hours.reshape(where.replicates, where.worlds, len(HOURS)).mean(axis=0)
        return Outcome(
            schedule,
            counts.reshape(len(MONTHS), where.replicates, where.worlds).swapaxes(1, 2).copy(),
            services,
            by_world.mean(axis=0).round(_DIGITS),
            support(by_world).round(_DIGITS),
            months / (where.runs * services),
            beside.reshape(len(TOLD_OF_ARMS), where.replicates, where.worlds).sum(axis=1),
        )

    def _series(self, plan: Plan, batch: Batch) -> dict[str, np.ndarray]:
        """Services of which each outcome holds, and their months so far; int64, each of shape (replicates, months)."""
        region = (Unit("region", REGION, np.arange(len(plan.services))),)
        found = values_of(plan, batch, region, {*TOLD_OF_ARMS, self._aim.outcome, self._aim.months_of})
        return {one.name: np.asarray(one.numerator)[:, 0, :].astype(np.int64) for one in found}


def with_schedule(base: Scenario, schedule: Schedule) -> Scenario:
    """Scenario with the policies of a schedule beside its own.

    Parameters
    ----------
    base : Scenario
    schedule : Schedule
    """
    assert base.months == HORIZON
    return replace(base, policies=(*base.policies, *schedule.policies()))
