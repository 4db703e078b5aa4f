"""What a worker does: a job in, the tables of its runs out, as bytes. Nothing is read or written beside that.

A run that raises is data: it is told with its stage, and the other runs of the job go on.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

import numpy as np

from experiments.sweeps.declared import MONTHLY, RUNS, filled, part_tables, runs_table
from experiments.sweeps.jobs import Job, ShippedEnsemble
from experiments.sweeps.rows import count_rows, monthly_rows, point_values, unit_places
from experiments.sweeps.study import members_by_world
from sim.columns import Table
from sim.engine import Batch, CompiledEngine, batch_size, blank_batch, compile_first
from sim.measures import REGION, outcome_vector
from sim.parameters import FORM_PREFIX, SWITCH_PREFIX
from sim.parameters.ensemble import records_with
from sim.plan import Plan
from sim.scenario import resolve
from sim.scenario.definition import Scenario, from_machine_form
from sim.scenario.overrides import with_settings
from sim.store.parts import Part, PartFile, encode

FAILURES_TOLD: Final = 1000
"""Failures of a job that are told one by one; of more only the number."""

MEMORY: Final = (MemoryError,)
"""Not the run's fault: the job as a whole is tried again, elsewhere or later."""


@dataclass
class Failure:
    """A run that raised, or a point none of whose runs could be made.

    Attributes
    ----------
    point, run : int
        ``run`` is the first of them.
    runs : int
        How many runs are lost.
    stage, type, message : str
    settings : dict
        What the design and the ensemble set.
    """

    point: int
    run: int
    runs: int
    stage: str
    type: str
    message: str
    settings: dict[str, Any]


@dataclass
class _Group:
    """Points of a job that share all of a plan but its parameters.

    Attributes
    ----------
    plan : Plan
        Its parameters are the worlds' at each point: place w among the job's worlds, of the group's point p, is record
        p x worlds + w.
    points : list of int
        Within the job.
    """

    plan: Plan
    points: list[int]


@dataclass
class _Rows:
    """Rows by table, gathered batch by batch."""

    parts: dict[str, list[Mapping[str, np.ndarray]]] = field(default_factory=dict)

    def add(self, table: str, rows: Mapping[str, np.ndarray]) -> None:
        self.parts.setdefault(table, []).append(rows)

    def encoded(self, tables: Mapping[str, Table]) -> Iterator[PartFile]:
        for name, table in tables.items():
            mine = self.parts.pop(name, [])
            empty: Mapping[str, np.ndarray] = table.empty(0)
            yield encode(table, {one: np.concatenate([part[one] for part in (mine or [empty])]) for one in table.names})


@lru_cache(maxsize=16)
def scenario_of_form(form: bytes) -> Scenario:
    """Scenario that was sent as bytes."""
    return from_machine_form(json.loads(zlib.decompress(form)))


@lru_cache(maxsize=8)
def plan_of_form(form: bytes) -> Plan:
    """Plan of a scenario that was sent as bytes; not to be changed."""
    return resolve(scenario_of_form(form))


def compute(job: Job) -> Part:
    """Compute a job.

    Parameters
    ----------
    job : Job

    Returns
    -------
    Part
        Equal to the byte whoever computes it, with the same libraries. ``about`` tells the job's place and its failures.

    Raises
    ------
    MemoryError
        When the memory is used up: nothing is said of the runs then.
    """
    return _Computing(job).part()


class _Computing:
    """One job under way."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.scenario = scenario_of_form(job.form)
        self.ensemble = job.ensemble.read() if isinstance(job.ensemble, ShippedEnsemble) else job.ensemble
        every = members_by_world(self.ensemble, every_member=job.every_member)
        self.worlds = min(len(every), job.runs)  # of this job: run q has place (q - first run) mod so many among them
        self.members = every[(job.first_run + np.arange(self.worlds)) % len(every)]
        within = self.ensemble.within(self.scenario.set_values) if self.ensemble else np.zeros((1, 0))
        self.member_values = within[self.members]
        self.rows = _Rows()
        self.failures: list[Failure] = []
        self.values = point_values(job.design, self.scenario)

    def part(self) -> Part:
        for group in self._groups():
            compile_first(group.plan)
            if {"outcomes", "monthly"} & set(self.job.keep):
                self._with_rows(group)
            else:
                self._counted_only(group)
        files = tuple(self.rows.encoded(part_tables(self.job.shape)))
        lost = sum(one.runs for one in self.failures)
        told = [vars(one) for one in self.failures[:FAILURES_TOLD]]
        return Part(self.job.name, files, self.job.about() | {"failed": lost, "failures": told})

    # ------------------------------------------------------------------------------------------------------------- the plans

    def _groups(self) -> Iterator[_Group]:
        """Points one after the other, those together that need one plan; a point whose plan cannot be made is a failure."""
        design = self.job.design
        for structure, points in groupby(range(design.points), key=design.structure):
            mine = list(points)
            try:
                changed = with_settings(self.scenario, dict(structure)) if structure else None
                plan = plan_of_form(self.job.form) if changed is None else resolve(changed)
            except MEMORY:
                raise
            except Exception as error:
                for point in mine:
                    self._failed(point, self.job.first_run, self.job.runs, "resolve", error)
                continue
            yield _Group(replace(plan, parameters=self._records(plan, mine)), mine)

    def _records(self, plan: Plan, points: list[int]) -> np.ndarray:
        """Parameter records of every point and world; what a factor sets holds in all worlds."""
        names = self.ensemble.parameters if self.ensemble else ()
        records = np.tile(records_with(plan.parameters[:1], names, self.member_values), len(points))
        for factor, values in zip(self.job.design.factors, self.job.design.values, strict=True):
            if factor.kind == "service":
                continue
            name = factor.name.replace("switch.", SWITCH_PREFIX).replace("forms.", FORM_PREFIX)
            for place, point in enumerate(points):
                value = factor.setting(values[point])
                if value is not None:
                    set_to = factor.labels.index(str(value)) if factor.labels else value  # off 0, on 1; forms in their order
                    records[name][place * self.worlds : (place + 1) * self.worlds] = set_to
        return records

    def _places(self, runs: np.ndarray) -> np.ndarray:
        """Place of each run's world among the job's."""
        return (runs - self.job.first_run) % self.worlds

    # -------------------------------------------------------------------------------------------------------------- the runs

    def _pairs(self, group: _Group) -> tuple[np.ndarray, np.ndarray]:
        """Place of the point in the group, and run, of every run, in order."""
        runs = np.arange(self.job.first_run, self.job.first_run + self.job.runs, dtype=np.int64)
        return np.repeat(np.arange(len(group.points)), len(runs)), np.tile(runs, len(group.points))

    def _with_rows(self, group: _Group) -> None:
        """Run in batches whose rows are looked at."""
        engine, size = CompiledEngine(group.plan, self.job.seed), batch_size(group.plan)
        room = blank_batch(group.plan, min(size, self.job.runs * len(group.points)))
        counter = _Counter(group.plan, self.job, self.rows) if "aggregates" in self.job.keep else None
        every, runs = self._pairs(group)
        for at in range(0, len(runs), size):
            batch, places = self._run(engine, group, every[at : at + size], runs[at : at + size], room)
            if "outcomes" in self.job.keep:
                batch, places = self._measured(batch, group, places)
            if counter:
                counter.add(batch, np.array(group.points)[places])
            if "monthly" in self.job.keep and len(places):
                points = self.job.first_point + np.array(group.points)[places]
                self.rows.add(MONTHLY, monthly_rows(self.job.shape, self.job.scenario, batch, points))
        if counter:
            counter.take()

    def _counted_only(self, group: _Group) -> None:
        """Run without keeping rows; where a run raises, the runs of its point one by one."""
        engine = CompiledEngine(group.plan, self.job.seed)
        counter = _Counter(group.plan, self.job, self.rows)
        every, runs = self._pairs(group)
        for place, point in enumerate(group.points):
            mine = runs[every == place]
            try:
                counter.run(engine, mine, place * self.worlds + self._places(mine), point)
            except MEMORY:
                raise
            except Exception:
                counter.forget()
                room = blank_batch(group.plan, 1)
                for run in mine:
                    batch, places = self._run(engine, group, np.array([place]), np.array([run]), room)
                    counter.add(batch, np.array(group.points)[places])
            counter.take()

    def _run(
        self, engine: CompiledEngine, group: _Group, places: np.ndarray, runs: np.ndarray, room: Batch
    ) -> tuple[Batch, np.ndarray]:
        """Run, and leave out what raises: the batch and the place of the point of each of its runs."""
        members = places * self.worlds + self._places(runs)
        try:
            return engine.run(runs, members=members, into=room)[0], places
        except MEMORY:
            raise
        except Exception as error:
            if len(runs) == 1:
                self._failed(group.points[int(places[0])], int(runs[0]), 1, "simulate", error)
                return room.some(slice(0)), places[:0]
        good: list[int] = []
        for at in range(len(runs)):
            slot = room.some(slice(len(good), len(good) + 1))
            done, _ = self._run(engine, group, places[at : at + 1], runs[at : at + 1], slot)
            good += [at] * len(done.replicates)
        count = len(good)
        return Batch(runs[good], room.rows[:count], room.ends[:count], members[good]), places[good]

    def _measured(self, batch: Batch, group: _Group, places: np.ndarray) -> tuple[Batch, np.ndarray]:
        """Add the rows of ``runs``; an infinite outcome is a failure."""
        names = self.job.shape.outcomes
        found = outcome_vector(group.plan, [batch], names)
        missing = np.full(len(batch.replicates), np.nan)  # an outcome of a month beyond this scenario's horizon
        outcomes = {name: found.get(name, missing) for name in names}
        sound = ~np.any([np.isinf(values) for values in outcomes.values()], axis=0)
        for at in np.flatnonzero(~sound).tolist():
            infinite = [name for name in names if np.isinf(outcomes[name][at])]
            error = ArithmeticError("infinite: " + ", ".join(infinite))
            self._failed(group.points[int(places[at])], int(batch.replicates[at]), 1, "measure", error)
        if not sound.all():
            batch, places = batch.some(sound), places[sound]
            outcomes = {name: values[sound] for name, values in outcomes.items()}
        points = np.array(group.points, np.int64)[places]
        world = self._places(batch.replicates)
        members, listed = self.members[world], self.ensemble if self.job.shape.members else None
        columns = {
            "scenario": np.full(len(points), self.job.scenario),
            "point": self.job.first_point + points,
            "run": batch.replicates,
            "member": members,
            **({"weight": listed.weights[members]} if listed else {}),
            **{name: values[points] for name, values in self.values.items()},
            **(dict(zip(listed.parameters, self.member_values[world].T, strict=True)) if listed else {}),
            **outcomes,
        }
        self.rows.add(RUNS, filled(runs_table(self.job.shape), columns))
        return batch, places

    def _failed(self, point: int, run: int, runs: int, stage: str, error: Exception) -> None:
        settings = dict(self.job.design.settings(point))
        if self.ensemble and self.job.every_member and runs == 1:
            values = self.member_values[self._places(np.array(run))].tolist()
            settings |= dict(zip(self.ensemble.parameters, values, strict=True))
        message = " ".join(str(error).split()) or type(error).__name__
        self.failures.append(Failure(self.job.first_point + point, run, runs, stage, type(error).__name__, message, settings))


class _Counter:
    """Aggregates of one plan's runs, point by point, as rows."""

    def __init__(self, plan: Plan, job: Job, rows: _Rows) -> None:
        from sim.tallies import Tally

        self._tally = Tally(plan, region_only=job.shape.units == (REGION,))
        self._job, self._rows = job, rows
        self._point: int | None = None
        self._places = unit_places(job.shape, self._tally.units)

    def add(self, batch: Batch, points: np.ndarray) -> None:
        """Count runs whose rows are there; ``points`` ascend from call to call."""
        for point in np.unique(points).tolist():
            if point != self._point:
                self.take()
            self._point = point
            mine = points == point
            self._tally.add(batch if mine.all() else batch.some(mine))

    def run(self, engine: CompiledEngine, runs: np.ndarray, members: np.ndarray, point: int) -> None:
        """Run and count."""
        self._point = point
        self._tally.run(engine, runs, members)

    def forget(self) -> None:
        """Drop what was counted of the present point."""
        self._tally.take()
        self._point = None

    def take(self) -> None:
        """Turn the counts of the present point into rows."""
        counts, runs = self._tally.take()
        if self._point is None or runs == 0:
            return
        head = {"scenario": self._job.scenario, "point": self._job.first_point + self._point}
        for name, rows in count_rows(self._job.shape, counts, runs, self._places, self._tally.landmarks, head).items():
            self._rows.add(name, rows)
        self._point = None
