"""Run the arms of hypotheses in jobs that are stored and never run twice."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from experiments.executors.pools import Pool
from experiments.hypotheses.outcomes import FORETOLD, months_of
from experiments.hypotheses.worlds import Point, arm_in, by_world, members_of
from experiments.kit.bench import Rows, gathered
from sim.columns import Column, Table
from sim.parameters.ensemble import Ensemble, plain_bytes
from sim.scenario.definition import Scenario, from_machine_form
from sim.store.encoding import Part, encode, part_name
from sim.store.hashing import canonical_json
from sim.store.parts import PartStore

KIND: Final = "paired"
RUNS_JOB: Final = 1_600
"""Runs of a job: a second or two of the nine services."""

TYPICAL: Final = 9
"""Services of a scenario for which that holds."""

SERVICE_OUTCOMES: Final = ("fidelity", "leadership", *FORETOLD)
"""Of a service: fidelity and how far the leader raises the practice at month 12, NaN where no session was given; whether it has
kept going until the horizon, and whether it is sustained there. The last two are also given at the months that claims are read at
before, as ``kept_going@MONTH``."""

MONTH_READ: Final = 12


def service_outcomes(months: int) -> tuple[str, ...]:
    """Outcomes of a service for a horizon.

    Examples
    --------
    >>> service_outcomes(84)
    ('fidelity', 'leadership', 'kept_going', 'sustained', 'kept_going@24', 'kept_going@48', 'sustained@24', 'sustained@48')
    """
    return (*SERVICE_OUTCOMES, *(f"{name}@{month}" for name in FORETOLD for month in months_of(months)[:-1]))


@dataclass(frozen=True)
class Wanted:
    """Runs that are wanted of an arm at a point.

    Attributes
    ----------
    scenario : Scenario
    point : Point
    outcomes : tuple of str
    worlds : int
        The first so many.
    replicates : int
        Of each world.
    seed : int
    services : bool
        Of every service instead of the region: then outcomes are those of :func:`service_outcomes`.
    """

    scenario: Scenario
    point: Point
    outcomes: tuple[str, ...]
    worlds: int
    replicates: int
    seed: int
    services: bool = False

    @property
    def rows(self) -> int:
        """Rows of a run."""
        return len(self.scenario.services) if self.services else 1


@dataclass(frozen=True)
class Task:
    """A job: some replicates of every world.

    Attributes
    ----------
    name : str
    form : dict
        Machine form of the scenario.
    point : str
    outcomes : tuple of str
    worlds : Ensemble
    first, replicates : int
        First replicate of each world, and how many.
    seed : int
    services : bool
    """

    name: str
    form: dict[str, Any]
    point: str
    outcomes: tuple[str, ...]
    worlds: Ensemble
    first: int
    replicates: int
    seed: int
    services: bool


def _table(outcomes: Sequence[str]) -> Table:
    key = Column("row", "i8", "number", "Run q (world q modulo their number, random numbers of replicate q), service by service.")
    columns = tuple(Column(name, "f8", "", "Outcome of the region, or of a service.") for name in outcomes)
    return Table(KIND, ("row",), (key, *columns), "Outcomes of the runs of an arm.")


def run_task(task: Task) -> Part:
    """Run a task."""
    from sim.measures import outcome_vector

    arm = arm_in(from_machine_form(task.form), task.worlds, Point(task.point), task.seed)
    first, count = task.first * arm.worlds, task.replicates * arm.worlds
    batches = arm.batches(count, first=first)
    found = by_service(batches) if task.services else outcome_vector(arm.plan, batches, task.outcomes)
    each = len(arm.services) if task.services else 1
    rows: dict[str, np.ndarray] = {"row": np.arange(first * each, (first + count) * each, dtype=np.int64)}
    rows |= {name: found[name] for name in task.outcomes}
    return Part(task.name, (encode(_table(task.outcomes), rows),), {"failed": 0})


def by_service(batches: Iterable[Any]) -> dict[str, np.ndarray]:
    """Outcomes of every run and service, by the names that :func:`service_outcomes` gives; f8, shape (runs x services,).

    Parameters
    ----------
    batches : iterable of sim.engine.Batch
    """
    from sim.codes import ServiceState

    found: dict[str, list[np.ndarray]] = {}

    def add(name: str, values: np.ndarray) -> None:
        found.setdefault(name, []).append(values.astype(float).reshape(-1))

    for batch in batches:
        early, months = batch.rows[:, :, MONTH_READ - 1], batch.rows.shape[2]
        fidelity = early["fidelity"].astype(float)
        add("fidelity", np.where(fidelity > 0.0, fidelity, np.nan))
        add("leadership", early["raising"])
        for month in months_of(months):
            rows, mark = batch.rows[:, :, month - 1], "" if month == months else f"@{month}"
            add(f"kept_going{mark}", rows["kept_going"] == 1)
            add(f"sustained{mark}", rows["state"] == ServiceState.SUSTAINED)
    return {name: np.concatenate(parts) for name, parts in found.items()}


class Bench:
    """Where arms are run.

    Parameters
    ----------
    worlds : Ensemble
        As :func:`experiments.hypotheses.worlds.worlds_of` gives them.
    pool : Pool
    store : PartStore or None
        Where parts are kept; None keeps nothing.
    progress : callable, optional
        Told the runs of each job that is finished or found.

    Attributes
    ----------
    members : numpy.ndarray
        int, shape (worlds,): see :func:`experiments.hypotheses.worlds.members_of`.
    """

    def __init__(
        self, worlds: Ensemble, pool: Pool, store: PartStore | None = None, progress: Callable[[int], None] | None = None
    ) -> None:
        self.worlds, self.members = worlds, members_of(worlds)
        self._pool, self._store, self._progress = pool, store, progress
        self._tally = [0]

    @property
    def runs(self) -> int:
        """Runs that were asked for so far, over these worlds and others."""
        return self._tally[0]

    def over(self, worlds: Ensemble) -> "Bench":
        """The same bench over other worlds: what it runs is stored beside, and counted together.

        Parameters
        ----------
        worlds : Ensemble
        """
        other = Bench(worlds, self._pool, self._store, self._progress)
        other._tally = self._tally
        return other

    def measure(self, wanted: Iterable[Wanted]) -> list[dict[str, np.ndarray]]:
        """Run what is not stored.

        Parameters
        ----------
        wanted : iterable of Wanted

        Returns
        -------
        list of dict of str to numpy.ndarray
            For each wanted: by outcome, f8 of shape (worlds, replicates); of services (worlds, replicates, services).

        Raises
        ------
        BadInput
            When a job failed.
        """
        listed = list(wanted)
        found = [{name: np.full(one.worlds * one.replicates * one.rows, np.nan) for name in one.outcomes} for one in listed]
        owners: dict[str, list[int]] = {}
        tasks: list[Task] = []
        for at, one in enumerate(listed):
            for task in self._tasks(one):
                tasks.append(task)
                owners.setdefault(task.name, []).append(at)

        def take(task: Task, rows: Rows) -> None:
            for at in owners[task.name]:
                for name, values in found[at].items():
                    values[rows["row"]] = rows[name]

        def place(task: Task) -> str:
            return f"{task.form['name']}, {task.point or 'as it is'}"

        gathered(tasks, run_task, self._pool, self._store, take=take, place=place, done=self._done)
        return [
            {name: by_world(values, one.worlds, one.rows if one.services else 0) for name, values in mine.items()}
            for one, mine in zip(listed, found, strict=True)
        ]

    def _done(self, task: Task) -> None:
        count = task.replicates * task.worlds.members
        self._tally[0] += count
        if self._progress:
            self._progress(count)

    def _tasks(self, one: Wanted) -> list[Task]:
        """Jobs of fixed size from replicate 0 on: a longer run has those of a shorter one and more."""
        worlds = Ensemble(
            self.worlds.name, self.worlds.parameters, self.worlds.values[: one.worlds], np.ones(one.worlds), self.worlds.text_hash
        )
        size = max(1, RUNS_JOB // one.worlds * TYPICAL // max(TYPICAL, len(one.scenario.services)))
        form = one.scenario.machine_form()
        told = {key: value for key, value in form.items() if key not in ("name", "title", "question", "replicates", "seed")}
        tasks = []
        for first in range(0, one.replicates, size):
            count = min(size, one.replicates - first)
            what = {
                "scenario": told, "point": one.point.name, "outcomes": list(one.outcomes), "seed": one.seed, "first": first,
                "replicates": count, "parameters": list(worlds.parameters), "services": one.services,
                "worlds": hashlib.sha256(plain_bytes(worlds.values)).hexdigest(),
            }  # fmt: skip
            key = hashlib.sha256(canonical_json(what)).hexdigest()
            label = part_name(int(key[8:12], 16) % 1000, one.worlds, first, key)
            tasks.append(Task(label, form, one.point.name, one.outcomes, worlds, first, count, one.seed, one.services))
        return tasks
