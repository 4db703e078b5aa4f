"""What comes of a schedule: services sustained and hours, over worlds and replicates, with the same luck for all schedules."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from experiments.policies.prices import HOURS, SUPPORT_ENDS, hours_of, support
from experiments.policies.schedules import HORIZON, Schedule
from sim.codes import SUSTAINED
from sim.engine import simulate
from sim.measures import outcome_vector
from sim.plan import Plan
from sim.scenario import resolve
from sim.scenario.definition import Scenario

MONTHS: Final = (48, 84)
"""Months at which the services sustained are counted."""
_NAMES: Final = {48: "share_sustained@48", 84: "share_sustained"}
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
        int64, shape (months, worlds, replicates): services sustained at MONTHS.
    services : int
        Services of the region.
    hours : numpy.ndarray
        f8, shape (kinds of hours,): hours for a service and year, mean over worlds.
    support : numpy.ndarray
        f8, shape (worlds,): hours of support for a service and year.
    months : float
        Months sustained after the outside support, for a service: two months alone could hide what lies between them.
    """

    schedule: Schedule
    counts: np.ndarray
    services: int
    hours: np.ndarray
    support: np.ndarray
    months: float

    def shares(self, month: int) -> np.ndarray:
        """Share of services sustained at a month of MONTHS; f8, shape (worlds, replicates)."""
        return np.asarray(self.counts[MONTHS.index(month)] / self.services)

    def sustained(self, month: int) -> float:
        """The same, mean over worlds and replicates."""
        return float(self.counts[MONTHS.index(month)].sum() / (self.counts[0].size * self.services))

    def machine_form(self) -> dict[str, Any]:
        """Plain values that JSON can hold; :func:`from_machine_form` reads them back, the same to the bit."""
        return {
            "schedule": self.schedule.key,
            **{f"sustained_{month}": self.counts[at].tolist() for at, month in enumerate(MONTHS)},
            "services": self.services,
            "hours": self.hours.tolist(),
            "support": self.support.tolist(),
            "months": self.months,
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
    counts = np.array([form[f"sustained_{month}"] for month in MONTHS], np.int64)
    hours, hours_of_support = (np.array(form[name], float) for name in ("hours", "support"))
    if counts.ndim != 3 or hours.shape != (len(HOURS),) or hours_of_support.shape != counts.shape[1:2]:
        raise ValueError("numbers are missing")
    return Outcome(schedule, counts, int(form["services"]), hours, hours_of_support, float(form["months"]))


class Evaluator:
    """Runs schedules on top of a scenario.

    Parameters
    ----------
    base : Scenario
        Of HORIZON months; with an ensemble, each world has its own values.
    threads : int
        The results do not depend on it.
    """

    def __init__(self, base: Scenario, *, threads: int = 1) -> None:
        self._base = replace(base, ensemble=None)
        self._records = base.records()
        self._threads = threads

    def plan_of(self, schedule: Schedule, where: Set) -> Plan:
        """Plan of the base with a schedule, with the parameters of the worlds.

        Parameters
        ----------
        schedule : Schedule
        where : Set
        """
        whole = with_schedule(self._base, schedule)
        worlds = np.arange(where.first, where.first + where.worlds) % len(self._records)
        return replace(resolve(whole), parameters=self._records[worlds])

    def __call__(self, schedule: Schedule, where: Set) -> Outcome:
        """Run a schedule.

        Parameters
        ----------
        schedule : Schedule
        where : Set
            Run r has world r mod worlds and random numbers r, the same for all schedules.
        """
        plan = self.plan_of(schedule, where)
        services = len(plan.services)
        hours = np.empty((where.runs, len(HOURS)))
        counts = np.empty((len(MONTHS), where.runs), np.int64)
        months = 0
        for batch in simulate(plan, seed=where.seed, replicates=where.runs, threads=self._threads):
            hours[batch.replicates] = hours_of(plan, batch)
            shares = outcome_vector(plan, [batch], _NAMES.values())
            for at, month in enumerate(MONTHS):
                counts[at, batch.replicates] = np.rint(services * shares[_NAMES[month]])
            months += int((batch.rows["state"][:, :, SUPPORT_ENDS:] == SUSTAINED).sum())
        by_world = hours.reshape(where.replicates, where.worlds, len(HOURS)).mean(axis=0)
        return Outcome(
            schedule,
            counts.reshape(len(MONTHS), where.replicates, where.worlds).swapaxes(1, 2).copy(),
            services,
            by_world.mean(axis=0).round(_DIGITS),
            support(by_world).round(_DIGITS),
            months / (where.runs * services),
        )


def with_schedule(base: Scenario, schedule: Schedule) -> Scenario:
    """Scenario with the policies of a schedule beside its own.

    Parameters
    ----------
    base : Scenario
    schedule : Schedule
    """
    assert base.months == HORIZON
    return replace(base, policies=(*base.policies, *schedule.policies()))
