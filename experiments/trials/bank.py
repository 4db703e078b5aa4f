"""The bank: what becomes of every service of a population under every condition, with the same luck, in plausible worlds.

A trial is a draw from it: which services take part, and which of their fates is seen. What would have become of them otherwise is
there too, so that the truth is known exactly.
"""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from experiments.executors.pools import Pool
from experiments.kit.bench import Rows, gathered
from experiments.trials.reading import Study
from experiments.trials.recorded import ALWAYS, COLUMNS, Series, recorded
from sim.columns import Column, Table
from sim.parameters.ensemble import Ensemble
from sim.plan import Plan, cut
from sim.store.encoding import Part, encode, part_name
from sim.store.hashing import canonical_json
from sim.store.parts import PartStore
from sim.world import World, prepare

KIND: Final = "bank"

AT_A_TIME: Final = 80
"""Services that are run together where little memory is to be used: rows and work space of a service take some 150 kB."""

TABLE: Final = Table(
    KIND,
    ("service", "month"),
    (
        Column("service", "i4", "number", "Place of the service in the population, from 0."),
        Column("month", "i2", "month", "Completed months since the training."),
        *COLUMNS,
    ),
    "Every service of the bank in every month, in one world and under one condition.",
)

_HELD: Final = {"f8": "f4"}
"""How columns are held where not as they are stored: numbers with a fraction need no more digits."""


@dataclass(frozen=True)
class Task:
    """A job: all services in one world, under one condition.

    Attributes
    ----------
    name : str
    condition, world : int
    """

    name: str
    condition: int
    world: int


@dataclass(frozen=True, eq=False)
class Bank:
    """Fates of all services.

    Attributes
    ----------
    conditions : tuple of str
        Names, the usual one first.
    plan : Plan
        Of the usual condition, with one parameter record a world.
    columns : dict of str to numpy.ndarray
        Of shape (conditions, worlds, services, months), month 1 first.
    start : int
        Completed months from the training to the randomisation.
    posts : numpy.ndarray
        f8, shape (worlds, services): posts of each service.
    """

    conditions: tuple[str, ...]
    plan: Plan
    columns: Series
    start: int
    posts: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Conditions, worlds, services, months."""
        found: tuple[int, int, int, int] = next(iter(self.columns.values())).shape
        return found

    @property
    def worlds(self) -> int:
        """Plausible worlds."""
        return self.shape[1]

    @property
    def services(self) -> int:
        """Services in each world."""
        return self.shape[2]


def columns_for(study: Study) -> tuple[str, ...]:
    """Columns of the bank that a study reads.

    Parameters
    ----------
    study : Study
    """
    asked = {*ALWAYS, *study.measure.needs, "hours"}
    return tuple(column.name for column in COLUMNS if column.name in asked)


def worlds_of(study: Study, ensemble: Ensemble, beside: World | None = None) -> list[World]:
    """The population under each condition, ready to be run: replicate w of any is world w, with its luck.

    Parameters
    ----------
    study : Study
    ensemble : Ensemble
    beside : World, optional
        What does not differ from it is held once.
    """
    population, seed = replace(study.population, ensemble=ensemble), study.file.seed
    usual = prepare(population, seed=seed) if beside is None else beside.with_scenario(population).with_seed(seed)
    return [usual.with_scenario(replace(study.scenario(one), ensemble=ensemble)) for one in study.conditions]


def bank_of(
    study: Study,
    ensemble: Ensemble,
    pool: Pool,
    store: PartStore | None = None,
    *,
    done: Callable[[int], None] = lambda _: None,
) -> Bank:
    """Bank of a study: what is stored is read, the rest is run and stored.

    Parameters
    ----------
    study : Study
    ensemble : Ensemble
    pool : Pool
        Of threads: jobs share the worlds.
    store : PartStore, optional
        Where jobs are kept.
    done : callable
        Told the jobs that were read or run, one by one.

    Raises
    ------
    BadInput
        When jobs failed.
    """
    worlds = worlds_of(study, ensemble)
    count = study.file.population.worlds
    bank = blank(study, worlds[0].plan)
    shape = bank.shape

    def take(task: Task, rows: Rows) -> None:
        for name, values in bank.columns.items():
            values[task.condition, task.world] = rows[name].reshape(shape[2:])

    def run(task: Task) -> Part:
        return _run(task, worlds[task.condition])

    gathered(
        _tasks(worlds, count), run, pool, store, take=take,
        place=lambda task: f"{study.conditions[task.condition].name}, world {task.world}", done=lambda _: done(1),
    )  # fmt: skip
    return bank


def blank(study: Study, plan: Plan) -> Bank:
    """Bank in which nothing stands yet.

    Parameters
    ----------
    study : Study
    plan : Plan
        Of the usual condition.
    """
    kinds = {column.name: _HELD.get(column.dtype, column.dtype) for column in COLUMNS}
    shape = (len(study.conditions), study.file.population.worlds, len(plan.services), plan.months)
    columns = {name: np.zeros(shape, kinds[name]) for name in columns_for(study)}
    posts = np.broadcast_to(plan.services["posts"].astype(float), shape[1:3])
    return Bank(tuple(one.name for one in study.conditions), plan, columns, study.start, posts)


class Filling:
    """A bank that is filled job by job and stored nowhere.

    Parameters
    ----------
    study : Study
    ensemble : Ensemble
    beside : World, optional
        What does not differ from it is held once.

    Attributes
    ----------
    bank : Bank
        Zeros where no job has been done.
    jobs : int
    """

    def __init__(self, study: Study, ensemble: Ensemble, beside: World | None = None) -> None:
        self._worlds = worlds_of(study, ensemble, beside)
        self.bank = blank(study, self._worlds[0].plan)
        self.jobs = jobs_of(study)
        self._step = self.bank.services if study.touching else AT_A_TIME
        # every thread that runs a world has an engine of its own, with room for all its services
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="bank")

    def do(self, job: int) -> None:
        """Do one job, from 0 on, and wait for it; not after it is closed.

        Parameters
        ----------
        job : int
        """
        self._hand.submit(self._do, job).result()

    def close(self) -> None:
        """Give back what only the jobs need; the bank stays."""
        self._hand.shutdown(wait=True)
        self._worlds = []

    def _do(self, job: int) -> None:
        number, condition = divmod(job, len(self._worlds))
        world, services = self._worlds[condition], len(self.bank.plan.services)
        for first in range(0, services, self._step):
            part = range(first, min(first + self._step, services))
            # a service is the same whoever else is run beside it, unless they see each other's figures
            some = world if len(part) == services else replace(world, plan=cut(world.plan, part))
            found = recorded(some.run([number], into=some.room(1)).rows[0], some.plan.services["posts"])
            for name, values in self.bank.columns.items():
                values[condition, number, part.start : part.stop] = found[name]


def jobs_of(study: Study) -> int:
    """Jobs that a bank takes."""
    return len(study.conditions) * study.file.population.worlds


def _tasks(worlds: list[World], count: int) -> list[Task]:
    found, hashes = [], [one.hash for one in worlds]
    for world in range(count):  # a world at a time: what is there after a while are whole worlds
        for at, one in enumerate(worlds):
            key = hashlib.sha256(canonical_json({"plan": hashes[at], "seed": one.seed, "world": world})).hexdigest()
            found.append(Task(part_name(at, 0, world, key), at, world))
    return found


def _run(task: Task, world: World) -> Part:
    """Run a job."""
    rows = world.run([task.world], into=world.room(1)).rows[0]
    found = recorded(rows, world.plan.services["posts"])
    services, months = rows.shape
    content = {name: values.reshape(-1) for name, values in found.items()}
    content["service"] = np.repeat(np.arange(services, dtype="i4"), months)
    content["month"] = np.tile(np.arange(1, months + 1, dtype="i2"), services)
    return Part(task.name, (encode(TABLE, content),), {"failed": 0})
