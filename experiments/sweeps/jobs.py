"""A study as jobs: rectangles of points × runs of one scenario, told by the study alone, never by who runs them.

A job's name sorts in the order of the rows and ends in the hash of all that decides its rows, so what is finished can be
told from what is missing by looking at names.
"""

import hashlib
import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from experiments.sweeps.declared import Shape, shape_of
from experiments.sweeps.designs import Design
from experiments.sweeps.study import Study
from experiments.worlds.pairing import deciding
from sim.ensembles import read_ensemble
from sim.parameters.ensemble import Ensemble, plain_bytes
from sim.problems import BadInput, Problem
from sim.scenario.definition import Scenario
from sim.store.hashing import canonical_json

SECONDS: Final = 1.5
"""Computing time that a job aims at: long against what a job costs beside it, short against a sweep."""

SECONDS_LEAST: Final = 0.5
JOBS_LEAST: Final = 24
"""A small sweep is cut into about so many jobs a scenario, if that leaves them SECONDS_LEAST: all processors have some."""

SECONDS_PER_POST_MONTH: Final = 4.5e-7
"""As measured; only the size of jobs hangs on it."""

RUNS_MAX: Final = 2048

MONTHLY_BYTES: Final = 32 * 2**20
"""Trajectories of a job at most, beside a single run's."""

SERVICE_MONTH_BYTES: Final = 480


@dataclass(frozen=True)
class Block:
    """Size of a scenario's jobs.

    Attributes
    ----------
    points, runs : int
        Of a job at most. One of the two is 1, or ``runs`` is at least what a point has: then there is room to grow.
    """

    points: int
    runs: int


@dataclass(frozen=True)
class ShippedEnsemble:
    """The shipped ensemble, told to a worker that has it too: a megabyte less to send with every job.

    Attributes
    ----------
    text_hash : str
    without : tuple of str
        Parameters that something else sets.
    """

    text_hash: str
    without: tuple[str, ...]

    def read(self) -> Ensemble:
        """The ensemble itself.

        Raises
        ------
        BadInput
            When another one is installed here.
        """
        found = read_ensemble()
        if found.text_hash != self.text_hash:
            what = "this worker has another plausible ensemble than the computer that sent the job"
            raise BadInput([Problem("ensemble", what, "the same version of the software everywhere")])
        return found.without(self.without)


def to_send(ensemble: Ensemble | None) -> Ensemble | ShippedEnsemble | None:
    """Ensemble as a job holds it."""
    if ensemble is None:
        return None
    shipped = read_ensemble()
    without = tuple(name for name in shipped.parameters if name not in set(ensemble.parameters))
    same = shipped.without(without)
    numbers = (same.values, ensemble.values), (same.weights, ensemble.weights)
    if (same.text_hash, same.parameters) != (ensemble.text_hash, ensemble.parameters):
        return ensemble
    return ShippedEnsemble(same.text_hash, without) if all(np.array_equal(*pair) for pair in numbers) else ensemble


@dataclass(frozen=True, eq=False)
class Job:
    """What a worker needs to compute one part; small enough to send.

    Attributes
    ----------
    name : str
        ``SSS-PPPPPPPP-QQQQQQQQ-KEY``: scenario, first point, first run, hash of what decides the rows.
    shape : Shape
        What the tables' columns are declared from.
    scenario : int
        Place in the study.
    form : bytes
        The scenario's machine form, compressed.
    design : Design
        Of the job's points only.
    first_point, first_run, runs : int
        Points ``first_point`` and on; of each, runs ``first_run`` to ``first_run + runs - 1``.
    ensemble : Ensemble or ShippedEnsemble or None
    every_member : bool
    seed : int
    keep : tuple of str
    """

    name: str
    shape: Shape
    scenario: int
    form: bytes
    design: Design
    first_point: int
    first_run: int
    runs: int
    ensemble: "Ensemble | ShippedEnsemble | None"
    every_member: bool
    seed: int
    keep: tuple[str, ...]

    @property
    def total(self) -> int:
        """Runs of all its points."""
        return self.design.points * self.runs

    def about(self) -> dict[str, Any]:
        """Say where the job stands, for its record."""
        places = {"scenario": self.shape.scenarios[self.scenario], "first_point": self.first_point, "points": self.design.points}
        return places | {"first_run": self.first_run, "runs": self.runs}


def packed_form(scenario: Scenario) -> bytes:
    """Scenario as bytes to send; :func:`scenario_of_form` reads them."""
    return _packed(scenario.machine_form())


def _packed(form: Mapping[str, Any]) -> bytes:
    return zlib.compress(canonical_json(form), 6)


def blocks_of(study: Study) -> tuple[Block, ...]:
    """Size of each scenario's jobs.

    Parameters
    ----------
    study : Study

    Returns
    -------
    tuple of Block
        One a scenario.
    """
    return tuple(_block(study, one) for one in study.scenarios)


def _block(study: Study, scenario: Scenario) -> Block:
    posts = sum(len(service.post_table()) for service in scenario.services)
    each = SECONDS_PER_POST_MONTH * posts * scenario.months
    points, runs = study.design.points, study.runs
    aim = min(SECONDS / each, max(SECONDS_LEAST / each, points * runs / JOBS_LEAST))
    if "monthly" in study.keep:
        aim = min(aim, MONTHLY_BYTES / (SERVICE_MONTH_BYTES * len(scenario.services) * scenario.months))
    size = max(1, min(int(aim), RUNS_MAX))
    if size < runs:
        return Block(1, size)
    together = min(points, size // runs)
    return Block(together, max(runs, size // together))  # a study that is tried with few replicates first is not cut small


def blocks_json(blocks: Sequence[Block]) -> list[list[int]]:
    """Blocks as a store's identity holds them."""
    return [[one.points, one.runs] for one in blocks]


def job_count(study: Study, blocks: Sequence[Block]) -> int:
    """Number of jobs."""
    points, runs = study.design.points, study.runs
    return sum(math.ceil(points / one.points) * math.ceil(runs / one.runs) for one in blocks)


class Jobs:
    """Jobs in the order of their rows, made one at a time, as often as they are asked for.

    What jobs have in common is worked out once: of large scenarios it takes longer than all of their jobs.

    Parameters
    ----------
    study : Study
    blocks : sequence of Block
    code : str
        Identity of the code.
    """

    def __init__(self, study: Study, blocks: Sequence[Block], code: str) -> None:
        self.study, self.blocks = study, tuple(blocks)
        self._shape, self._ensemble = shape_of(study), to_send(study.ensemble)
        self._common = _digest(code, self._shape, study)
        self._begun: dict[int, tuple[bytes, hashlib._Hash]] = {}

    def __len__(self) -> int:
        return job_count(self.study, self.blocks)

    def __iter__(self) -> Iterator[Job]:
        study, shape, ensemble = self.study, self._shape, self._ensemble
        for at, (_, block) in enumerate(zip(study.scenarios, self.blocks, strict=True)):
            form, mine = self._of(at)
            for point in range(0, study.design.points, block.points):
                design = part_of(study.design, point, block.points)
                here = mine.copy()
                for values in design.values:
                    here.update(plain_bytes(values))
                for run in range(0, study.runs, block.runs):
                    runs = min(block.runs, study.runs - run)
                    last = here.copy()
                    last.update(f":{point}:{design.points}:{run}:{runs}".encode())
                    name = f"{at:03d}-{point:08d}-{run:08d}-{last.hexdigest()[:8]}"
                    every = study.every_member
                    yield Job(name, shape, at, form, design, point, run, runs, ensemble, every, study.seed, study.keep)

    def _of(self, at: int) -> tuple[bytes, "hashlib._Hash"]:
        """Form of a scenario as it is sent, and the hash of what decides the rows of all of its jobs."""
        if at not in self._begun:
            form, mine = self.study.scenarios[at].machine_form(), self._common.copy()
            mine.update(f"{at}:".encode() + canonical_json(deciding(form)))
            self._begun[at] = (_packed(form), mine)
        return self._begun[at]


def jobs_of(study: Study, blocks: Sequence[Block], code: str) -> Iterator[Job]:
    """Jobs in the order of their rows, one at a time, for who looks through them once; see :class:`Jobs`."""
    return iter(Jobs(study, blocks, code))


def _digest(code: str, shape: Shape, study: Study) -> "hashlib._Hash":
    """Hash of what decides the rows of every job."""
    ensemble = study.ensemble
    names = [] if ensemble is None else list(ensemble.parameters)
    members = hashlib.sha256(plain_bytes(ensemble.values)).hexdigest() if ensemble else ""
    worlds = hashlib.sha256(plain_bytes(study.worlds)).hexdigest()
    text = [code, names, members, worlds, study.seed, list(study.keep), repr(shape)]
    return hashlib.sha256(json.dumps(text).encode())


def part_of(design: Design, first: int, points: int) -> Design:
    """Some points of a design.

    Parameters
    ----------
    design : Design
    first, points : int
    """
    return Design(design.kind, design.factors, tuple(one[first : first + points].copy() for one in design.values))


def single(study: Study, scenario: int, point: int, run: int) -> Job:
    """Job of one run, as a failed one is run again.

    Parameters
    ----------
    study : Study
    scenario, point, run : int
    """
    design = part_of(study.design, point, 1)
    form = packed_form(study.scenarios[scenario])
    name = f"{scenario:03d}-{point:08d}-{run:08d}-single"
    ensemble = to_send(study.ensemble)
    return Job(name, shape_of(study), scenario, form, design, point, run, 1, ensemble, study.every_member, study.seed, study.keep)


def run_name(scenario: int, point: int, run: int) -> str:
    """Name of a run, as commands take it.

    Examples
    --------
    >>> run_name(0, 12, 5)
    '0:12:5'
    """
    return f"{scenario}:{point}:{run}"
