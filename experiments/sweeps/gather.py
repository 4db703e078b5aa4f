"""From the parts of a sweep to its small tables: read in the order of the rows, part by part, never all at once.

What is added up are whole numbers, and floats one after the other in the order of the runs, so no table depends on how the
runs were cut into jobs, who computed them, or in which order they came.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.kit.files import Pages
from experiments.kit.tables import columns_of
from experiments.sweeps.declared import (
    FIDELITY,
    MONTHLY,
    RUNS,
    SPELLS,
    SURVIVAL,
    TALLIES,
    Shape,
    filled,
    part_tables,
    points_table,
    scenario_column,
    shape_of,
)  # fmt: skip
from experiments.sweeps.jobs import run_name
from experiments.sweeps.moments import Moments
from experiments.sweeps.rows import Rows, point_values
from experiments.sweeps.study import Study
from sim.columns import Column, Table
from sim.history.tables import MEMBER, parameter_column
from sim.parameters.ensemble import Ensemble
from sim.store.hashing import TableHash
from sim.store.parts import PartStore
from sim.store.writer import TableRecord, TableWriter

STAGES: Final = ("resolve", "simulate", "measure", "job", "worker")
"""Where a run can fail: making its plan, simulating, measuring, anything else in its job, or because its worker was lost."""

POINTS_AT_A_TIME: Final = 4096

FAILURES_KEPT: Final = 10_000
"""Rows of ``failures``; of more only the number is told, in the manifest and the report."""

_SUMS: Final = {TALLIES: ("runs", "total", "squares"), FIDELITY: ("services",), SURVIVAL: SPELLS}
"""Columns that are added up over the jobs of a point."""


def summary_table(shape: Shape) -> Table:
    """Declare ``summary``: mean, Monte Carlo standard error and range of every outcome at every point."""
    columns = (
        scenario_column(shape),
        Column("point", "i4", "number", "Design point, from 0."),
        Column("outcome", "i2", "category", "Outcome of the region.", shape.outcomes),
        Column("runs", "i8", "number", "Runs in which the outcome is defined."),
        Column("mean", "f8", "unit of the outcome", "Mean over these runs; where every member is run, by the members' weights."),
        Column(
            "mcse",
            "f8",
            "unit of the outcome",
            "Monte Carlo standard error of the mean; missing where no two runs differ.",
        ),
        Column("sd", "f8", "unit of the outcome", "Standard deviation over the runs."),
        Column("low", "f8", "unit of the outcome", "Smallest value of a run."),
        Column("high", "f8", "unit of the outcome", "Largest value of a run."),
    )
    return Table("summary", ("scenario", "point", "outcome"), columns, "Outcomes of every scenario and point over its runs.")


def failures_table(shape: Shape, found: Sequence[Mapping[str, Any]]) -> Table:
    """Declare ``failures``, whose labels are what was found."""

    def labels(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one[name] for one in found))

    columns = (
        scenario_column(shape),
        Column("point", "i4", "number", "Design point, from 0."),
        Column("run", "i8", "number", "First run that failed so."),
        Column("runs", "i8", "number", "Runs that failed so."),
        Column("stage", "i1", "category", "What failed.", STAGES),
        Column("type", "i4", "category", "Kind of error.", labels("type")),
        Column("message", "i4", "category", "What the error says.", labels("message")),
        Column("settings", "i4", "category", "What the design and the ensemble set, as JSON.", labels("settings")),
        Column("command", "i4", "category", "Command that runs it again, from within the results folder.", labels("command")),
    )
    return Table("failures", ("scenario", "point", "run"), columns, "Runs that failed; they are in no other table.")


def members_table(study: Study, ensemble: Ensemble) -> Table:
    """Declare ``members``: parameter values by member, as ``runs`` names them."""
    known = study.scenarios[0].table.parameters
    columns = (
        MEMBER,
        Column("weight", "f8", "relative", "Weight of the member; mean 1 over all members of the ensemble."),
        *(parameter_column(known[name]) for name in ensemble.parameters),
    )
    text = "Parameter values of the members that runs have. What a scenario itself sets holds instead in its runs."
    return Table("members", ("member",), columns, text)


class Gathered:
    """What was gathered.

    Attributes
    ----------
    tables : list of TableRecord
        In ``tables/``, by name.
    declared : list of Table
        Their declarations.
    datasets : dict
        For each kind of part: rows, parts, and the data hash over all of them in order.
    failed : int
        Runs that failed.
    pages : Pages
        Makes figures and report, and knows what of them could not be made.
    """

    def __init__(self) -> None:
        self.tables: list[TableRecord] = []
        self.declared: list[Table] = []
        self.datasets: dict[str, dict[str, Any]] = {}
        self.failed = 0
        self.pages = Pages()


def gather(
    study: Study,
    store: PartStore,
    names: Sequence[str],
    folder: Path,
    *,
    lost: Iterable[Mapping[str, Any]] = (),
    progress: Callable[[int], None] | None = None,
) -> Gathered:
    """Write the small tables of a sweep.

    Parameters
    ----------
    study : Study
    store : PartStore
    names : sequence of str
        Finished jobs, in order.
    folder : pathlib.Path
        The tables go to ``tables/`` in it.
    lost : iterable of mapping
        Failures of whole jobs: ``scenario``, ``point``, ``run``, ``runs``, ``stage``, ``type``, ``message``, ``settings``.
    progress : callable, optional
        Told how many parts are read since the last call.

    Returns
    -------
    Gathered
    """
    return _Gathering(study, store, folder, progress).done(names, list(lost))


class _Gathering:
    def __init__(self, study: Study, store: PartStore, folder: Path, progress: Callable[[int], None] | None) -> None:
        self.study, self.store, self.folder = study, store, folder
        self.progress = progress or (lambda _: None)
        self.shape = shape_of(study)
        self.declared = part_tables(self.shape)
        self.found = Gathered()
        self.failures: list[dict[str, Any]] = []

    def _writer(self, table: Table) -> TableWriter:
        return TableWriter(self.folder, table, parameter_values=self.study.values_in_words)

    def done(self, names: Sequence[str], lost: list[Mapping[str, Any]]) -> Gathered:
        hashes = {name: TableHash(table) for name, table in self.declared.items() if name in (RUNS, MONTHLY)}
        rows = dict.fromkeys(self.declared, 0)
        with ExitStack() as stack:
            writers = {
                table.name: stack.enter_context(self._writer(table))
                for table in (
                    *([summary_table(self.shape)] if RUNS in self.declared else []),
                    *(table for name, table in self.declared.items() if name in _SUMS),
                )
            }
            self._write_members()
            self._write_points(stack.enter_context(self._writer(points_table(self.shape))))
            for (scenario, point), group in groupby(names, key=_corner):
                for name, block in self._blocks(list(group), scenario, point, hashes, rows):
                    writers[name].write(block)
            self.found.tables += [writer.close() for writer in writers.values()]
            self.found.declared += [writer.table for writer in writers.values()]
        self._write_failures(lost)
        for name, digest in hashes.items():
            self.found.datasets[name] = {"rows": rows[name], "parts": len(names), "data_hash": digest.digest()}
        self.found.tables.sort(key=lambda one: one.name)
        return self.found

    def _blocks(
        self, names: list[str], scenario: int, point: int, hashes: Mapping[str, TableHash], rows: dict[str, int]
    ) -> Iterator[tuple[str, Rows]]:
        """Gathered rows of the points of one corner: of one point, or of a few whose runs one job holds."""
        records = [self.store.record(name) for name in names]
        points = int(records[0]["about"]["points"])
        several = points > 1 and len(names) > 1  # the study has grown: the jobs' rows are not in order one after the other
        moments = Moments(points, len(self.shape.outcomes)) if RUNS in self.declared else None
        sums = {name: _Sums(self.declared[name], _SUMS[name]) for name in self.declared if name in _SUMS}
        held: dict[str, list[Rows]] = {name: [] for name in hashes}
        for name, record in zip(names, records, strict=True):
            self._note_failures(scenario, record["about"])
            for kind in self.declared:
                part = self._read(kind, name)
                rows[kind] += len(part["scenario"])
                if kind in sums:
                    sums[kind].add(part)
                elif several:
                    held[kind].append(part)
                else:
                    self._pass_on(kind, part, hashes, moments, point, int(record["about"]["first_run"]), record["about"]["runs"])
            self.progress(1)
        for kind, parts in held.items():
            if parts:
                whole = {one: np.concatenate([part[one] for part in parts]) for one in parts[0]}
                order = np.lexsort([whole[one] for one in reversed(self.declared[kind].key)])
                last = records[-1]["about"]  # jobs before it may be lost
                runs = int(last["first_run"]) + int(last["runs"])
                self._pass_on(kind, {one: values[order] for one, values in whole.items()}, hashes, moments, point, 0, runs)
        if moments is not None:
            yield "summary", self._summary_rows(moments, scenario, point)
        for kind, one in sums.items():
            yield kind, one.rows()

    def _pass_on(
        self, kind: str, part: Rows, hashes: Mapping[str, TableHash], moments: Moments | None, point: int, run: int, runs: int
    ) -> None:
        """Rows in order: into the data hash, and outcomes into the moments."""
        hashes[kind].update(part)
        if kind != RUNS or moments is None:
            return
        values = np.full((moments.points, runs, len(self.shape.outcomes)), np.nan)
        where = part["point"] - point, part["run"] - run
        for at, name in enumerate(self.shape.outcomes):
            values[(*where, at)] = part[name]
        weights = np.ones(runs)
        if self.study.ensemble is not None and self.study.every_member:  # else a member has as many worlds as its weight says
            weights = self.study.ensemble.weights[np.arange(run, run + runs) % self.study.members]
        moments.add(values, weights)

    def _summary_rows(self, moments: Moments, scenario: int, point: int) -> Rows:
        outcomes = len(self.shape.outcomes)
        keys = {
            "scenario": np.full(moments.points * outcomes, scenario),
            "point": np.repeat(np.arange(point, point + moments.points), outcomes),
            "outcome": np.tile(np.arange(outcomes), moments.points),
        }
        return filled(summary_table(self.shape), keys | {name: values.ravel() for name, values in moments.results().items()})

    def _read(self, kind: str, name: str) -> Rows:
        """Rows of a part as arrays of the declared types."""
        import pyarrow.parquet as pq

        table = self.declared[kind]
        with pq.ParquetFile(self.store.path(kind, name).absolute()) as stored:  # a data set of one file takes twice as long
            found = stored.read(use_threads=False)
        rows = {}
        for column in table.columns:
            values = found.column(column.name).combine_chunks()
            if column.categories:
                values = values.indices if not hasattr(values, "chunks") else values.chunk(0).indices
            rows[column.name] = np.asarray(values).astype(column.dtype, copy=False)
        return rows

    def _write_points(self, writer: TableWriter) -> None:
        """Write ``points``, some at a time."""
        from experiments.sweeps.jobs import part_of

        design = self.study.design
        for at, scenario in enumerate(self.study.scenarios):
            for first in range(0, design.points, POINTS_AT_A_TIME):
                part = part_of(design, first, POINTS_AT_A_TIME)
                keys = {"scenario": np.full(part.points, at), "point": np.arange(first, first + part.points)}
                writer.write(filled(writer.table, keys | point_values(part, scenario)))
        self.found.tables.append(writer.close())
        self.found.declared.append(writer.table)

    def _write_members(self) -> None:
        """Write ``members``, where there is an ensemble."""
        ensemble = self.study.ensemble
        if ensemble is None:
            return
        table = members_table(self.study, ensemble)
        mine = np.unique(self.study.worlds[: self.study.runs])
        values = dict(zip(ensemble.parameters, ensemble.values[mine].T, strict=True))
        with self._writer(table) as writer:
            writer.write(filled(table, {"member": mine, "weight": ensemble.weights[mine]} | values))
        self.found.tables.append(writer.close())
        self.found.declared.append(table)

    # --------------------------------------------------------------------------------------------------------------- failures

    def _note_failures(self, scenario: int, about: Mapping[str, Any]) -> None:
        self.found.failed += int(about["failed"])
        room = max(0, FAILURES_KEPT - len(self.failures))
        self.failures += [{"scenario": scenario, **one} for one in about["failures"][:room]]

    def _write_failures(self, lost: list[Mapping[str, Any]]) -> None:
        """Write ``failures``, if there are any."""
        self.failures += [dict(one) for one in lost]
        self.found.failed += sum(int(one["runs"]) for one in lost)
        if not self.failures:
            return
        self.failures.sort(key=lambda one: (one["scenario"], one["point"], one["run"]))
        self.failures = _joined(self.failures)
        for one in self.failures:
            one["settings"] = json.dumps(one["settings"], ensure_ascii=False)
            one["command"] = f"sustain rerun . {run_name(one['scenario'], one['point'], one['run'])}"
        table = failures_table(self.shape, self.failures)
        with self._writer(table) as writer:
            writer.write(columns_of(table, self.failures))
        self.found.tables.append(writer.close())
        self.found.declared.append(table)


def _joined(failures: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Sorted failures, those of a point that could not be made told once, however many jobs its runs were cut into."""
    found: list[dict[str, Any]] = []
    for one in failures:
        last = found[-1] if found else None
        if last and one["stage"] == "resolve" and all(last[name] == one[name] for name in one if name not in ("run", "runs")):
            last["runs"] += one["runs"]
        else:
            found.append(dict(one))
    return found


def _corner(name: str) -> tuple[int, int]:
    """Scenario and first point of a job."""
    scenario, point, _ = name.split("-", 2)
    return int(scenario), int(point)


class _Sums:
    """Rows of whole numbers, added up by key."""

    def __init__(self, table: Table, sums: tuple[str, ...]) -> None:
        self._table, self._sums = table, sums
        self._rows: Rows | None = None
        self._runs: dict[int, int] = {}

    def add(self, part: Rows) -> None:
        """Add the rows of a part."""
        if "runs" in self._sums:
            # every row of a point tells how many runs of this part were counted, also where another part has no such row
            for point, runs in set(zip(part["point"].tolist(), part["runs"].tolist(), strict=True)):
                self._runs[point] = self._runs.get(point, 0) + runs
        self._rows = part if self._rows is None else self._merged(self._rows, part)

    def _merged(self, a: Rows, b: Rows) -> Rows:
        both = {name: np.concatenate([a[name], b[name]]) for name in self._table.names}
        keys = [both[name] for name in self._table.key]
        order = np.lexsort(keys[::-1])
        new = np.zeros(len(order), bool)
        new[:1] = True
        for key in keys:
            new[1:] |= key[order][1:] != key[order][:-1]
        first = np.flatnonzero(new)
        merged = {name: both[name][order][first] for name in self._table.names}
        for name in self._sums:
            merged[name] = np.add.reduceat(both[name][order], first) if len(first) else both[name]
        return merged

    def rows(self) -> Rows:
        """Sums so far, in key order."""
        rows = self._rows if self._rows is not None else self._table.empty(0)
        if "runs" in self._sums and len(rows["runs"]):
            points, place = np.unique(rows["point"], return_inverse=True)
            rows["runs"] = np.array([self._runs[point] for point in points.tolist()], "i8")[place]
        return filled(self._table, rows)
