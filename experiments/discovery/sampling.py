"""Run every world under base and policy with the same luck; what is finished is stored and never run twice."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from experiments.discovery.conditions import PARAMETER, Condition, placed
from experiments.discovery.outcomes import OUTCOME, column
from experiments.discovery.settings import Settings
from experiments.executors.pools import Pool
from experiments.kit.bench import Rows, gathered
from sim.columns import Column, Table
from sim.engine import CompiledEngine, compile_first
from sim.measures import OLD_STOCKS, TOLD_OF_ARMS, outcome_vector
from sim.measures import OUTCOMES as KNOWN
from sim.parameters.ensemble import WORLDS, plain_bytes, records_with
from sim.scenario import resolve
from sim.scenario.definition import Scenario
from sim.store.encoding import Part, encode, part_name
from sim.store.hashing import canonical_json
from sim.store.parts import PartStore

RUNS_JOB: Final = 600
"""Runs of one job, about a second."""

SIDES: Final = ("base", "policy")


def _columns(name: str) -> tuple[Column, Column]:
    """Columns of an outcome, for base and policy."""
    meaning = next(one.meaning for one in KNOWN if one.name == name)
    old = "; the old stock" if name in OLD_STOCKS else ""
    told = f"{meaning[:1].upper()}{meaning[1:]}, at the horizon in the base scenario{old}."
    same = "The same in the policy's scenario, with the same random numbers."
    return Column(column("base", name), "f8", "share 0-1", told), Column(column("policy", name), "f8", "share 0-1", same)


TABLE: Final = Table(
    "outcomes",
    ("world", "replicate"),
    (
        Column("world", "i8", "number", "World, from 0."),
        Column("replicate", "i8", "number", "Replicate within the world, from 0."),
        *(one for name in TOLD_OF_ARMS for one in _columns(name)),
    ),
    f"Outcomes of every run; a world fails by {OUTCOME}.",
)


@dataclass(frozen=True, eq=False)
class Task:
    """Some worlds, some replicates.

    Attributes
    ----------
    name : str
        Of the part.
    scenarios : tuple of Scenario
        Base and policy.
    conditions : tuple of Condition
        That are set by fields and levers.
    values : dict of str to numpy.ndarray
        Of those, by name, shape (worlds,).
    records : tuple of numpy.ndarray
        Parameter records of each scenario, shape (worlds,).
    first : int
        Number of the first world.
    replicates : range
        Within each world.
    seed : int
    """

    name: str
    scenarios: tuple[Scenario, ...]
    conditions: tuple[Condition, ...]
    values: dict[str, np.ndarray]
    records: tuple[np.ndarray, ...]
    first: int
    replicates: range
    seed: int

    @property
    def worlds(self) -> int:
        """Number of worlds."""
        return len(self.records[0])

    @property
    def runs(self) -> int:
        """Runs of both scenarios."""
        return len(SIDES) * self.worlds * len(self.replicates)


def measure(task: Task) -> Part:
    """Run a task.

    World w's replicate k has the random numbers of replicate w + WORLDS k, so that no two worlds share their luck and both
    scenarios of a world do.
    """
    found: dict[str, list[np.ndarray]] = {column(side, name): [] for name in TOLD_OF_ARMS for side in SIDES}
    for at in range(task.worlds):
        values = {name: float(column[at]) for name, column in task.values.items()}
        luck = np.array([task.first + at + WORLDS * one for one in task.replicates], np.int64)
        for side, scenario, records in zip(SIDES, task.scenarios, task.records, strict=True):
            plan = replace(resolve(placed(scenario, task.conditions, values)), parameters=records[at : at + 1])
            compile_first(plan)
            batch, _ = CompiledEngine(plan, task.seed).run(luck)
            for name, shares in outcome_vector(plan, [batch], TOLD_OF_ARMS).items():
                found[column(side, name)].append(shares)
    every = np.arange(task.first, task.first + task.worlds, dtype=np.int64)
    batch_of = {
        "world": np.repeat(every, len(task.replicates)),
        "replicate": np.tile(np.array(task.replicates, np.int64), task.worlds),
        **{name: np.concatenate(parts) for name, parts in found.items()},
    }
    return Part(task.name, (encode(TABLE, batch_of),), {"failed": 0})


def tasks(settings: Settings, replicates: range) -> Iterator[Task]:
    """Tasks of a round, in the order of the worlds."""
    inputs = settings.values()
    placing = tuple(one for one in settings.conditions if one.kind != PARAMETER)
    records = tuple(_records(settings, scenario, inputs) for scenario in settings.scenarios)
    size = max(1, RUNS_JOB // (len(SIDES) * len(replicates)))
    for first in range(0, settings.worlds, size):
        mine = slice(first, first + size)
        values = {one.name: inputs[one.name][mine] for one in placing}
        mine_records = tuple(one[mine] for one in records)
        what: dict[str, Any] = {
            "first": first,
            "replicates": [replicates.start, replicates.stop],
            "values": [hashlib.sha256(plain_bytes(one)).hexdigest() for one in values.values()],
            "records": [hashlib.sha256(one.tobytes()).hexdigest() for one in mine_records],
        }
        name = part_name(0, first, replicates.start, hashlib.sha256(canonical_json(what)).hexdigest())
        yield Task(name, settings.scenarios, placing, values, mine_records, first, replicates, settings.seed)


def _records(settings: Settings, scenario: Scenario, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Parameter records by world: the scenario's own values, the member's, and the conditions that are parameters."""
    own = settings.ensemble.within(scenario.set_values)[settings.members]
    records = records_with(scenario.record(), settings.ensemble.parameters, own)
    for one in settings.conditions:
        if one.kind == PARAMETER:
            records[one.target] = inputs[one.name]
    return records


def sample(
    settings: Settings, replicates: range, pool: Pool, store: PartStore, *, progress: Callable[[int], None] = lambda _: None
) -> np.ndarray:
    """Run what is missing of a round.

    Parameters
    ----------
    settings : Settings
    replicates : range
    pool : Pool
    store : PartStore
    progress : callable
        Told the runs of each task that is finished.

    Returns
    -------
    numpy.ndarray
        f8, shape (outcomes, 2, worlds, replicates): share of services of which each outcome holds in the base and under the
        policy; NaN where it is not defined.

    Raises
    ------
    BadInput
        When a task failed.
    """
    found = np.full((len(TOLD_OF_ARMS), len(SIDES), settings.worlds, len(replicates)), np.nan)

    def take(_: Task, rows: Rows) -> None:
        where = rows["world"], rows["replicate"] - replicates.start
        for at, name in enumerate(TOLD_OF_ARMS):
            for of, side in enumerate(SIDES):
                found[at, of][where] = rows[column(side, name)]

    gathered(
        tasks(settings, replicates), measure, pool, store, take=take, place=lambda task: f"worlds from {task.first}",
        done=lambda task: progress(task.runs),
    )  # fmt: skip
    return found
