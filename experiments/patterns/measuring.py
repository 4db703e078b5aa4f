"""Measure the patterns for many parameter vectors, in jobs of a few vectors that are stored and never run twice."""

import hashlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from experiments.executors.pools import Pool
from experiments.kit.bench import Rows, gathered
from experiments.patterns.checking import measure_cohort
from experiments.patterns.cohorts import COHORTS
from experiments.patterns.reading import Pattern, PatternTable
from experiments.worlds.prior import Prior
from sim.columns import Column, Table
from sim.store.encoding import Part, encode, part_name
from sim.store.hashing import canonical_json
from sim.store.parts import PartStore

RUNS_JOB: Final = 2_000
"""Runs of one job of the cheapest cohort, about half a second; of dearer ones fewer."""

REPLICATES: Final[Mapping[str, int]] = {
    name: 24 if cohort.stage == 1 else 16 if name == "climate" else 8 for name, cohort in COHORTS.items()
}
"""Replicates of each vector by cohort unless told. The correlation over 19 agencies needs many: it moved by .12 from one set of
eight to another. With 16 its error is .03, a twelfth of half its band."""

TRACED: Final = 4
"""Times as much that a month of a post takes where the state of every agent is kept."""

KIND: Final = "measured"


@dataclass(frozen=True)
class Task:
    """Measure one cohort for some vectors.

    Attributes
    ----------
    name : str
    cohort : str
    instruments : tuple of str
    records : numpy.ndarray
        Parameter records, shape (vectors,).
    first : int
        Number of the first vector.
    replicates, seed : int
    """

    name: str
    cohort: str
    instruments: tuple[str, ...]
    records: np.ndarray
    first: int
    replicates: int
    seed: int


def _table(instruments: Sequence[str]) -> Table:
    key = Column("vector", "i8", "number", "Number of the parameter vector.")
    means = tuple(Column(name, "f8", "", "Mean over replicates.") for name in instruments)
    errors = tuple(Column(f"{name}_error", "f8", "", "Its Monte Carlo standard error.") for name in instruments)
    return Table(KIND, ("vector",), (key, *means, *errors), "What the emulated instruments of a cohort gave.")


def seed_of_job(seed: int, wave: int, first: int, times: int = 1) -> int:
    """Seed of a job's runs: nothing but the calibration's seed and where its vectors stand decides it."""
    return int(np.random.SeedSequence([seed, wave, first, times]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def measure_task(task: Task) -> Part:
    """Run a task: mean and Monte Carlo error of every instrument over the replicates of each vector."""
    found = measure_cohort(COHORTS[task.cohort], task.instruments, task.records, replicates=task.replicates, seed=task.seed)
    batch: dict[str, np.ndarray] = {"vector": np.arange(task.first, task.first + len(task.records), dtype=np.int64)}
    for name, values in found.items():
        batch[name], batch[f"{name}_error"] = mean_and_error(values)
    return Part(task.name, (encode(_table(task.instruments), batch),), {"failed": 0})


def mean_and_error(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over the last axis and its standard error, where something was there to measure; NaN elsewhere."""
    count = np.isfinite(values).sum(axis=-1)
    with warnings.catch_warnings():  # rows without a value, or with one
        warnings.simplefilter("ignore", RuntimeWarning)
        mean = np.nanmean(values, axis=-1)
        error = np.nanstd(values, axis=-1, ddof=1) / np.sqrt(count)
    return mean, np.where(count > 1, error, np.nan)


@dataclass(frozen=True)
class Measured:
    """What the patterns' instruments gave for parameter vectors.

    Attributes
    ----------
    patterns : tuple of Pattern
    mean, error : numpy.ndarray
        f8, shape (vectors, patterns): mean over replicates and its Monte Carlo standard error; NaN where nothing was there.
    """

    patterns: tuple[Pattern, ...]
    mean: np.ndarray
    error: np.ndarray

    def inside(self) -> np.ndarray:
        """Whether each mean lies in its band; bool, shape (vectors, patterns). What is undefined does not."""
        low, high = (np.array([getattr(one, side) for one in self.patterns]) for side in ("low", "high"))
        return np.asarray((self.mean >= low) & (self.mean <= high))

    def taken(self, chosen: np.ndarray) -> "Measured":
        """The same of some vectors."""
        return Measured(self.patterns, self.mean[chosen], self.error[chosen])

    def pooled(self, other: "Measured", times: int) -> "Measured":
        """The same with another look at so many times the replicates; what one look has nothing of is the other's."""
        share = times / (1.0 + times)
        mean = (1.0 - share) * self.mean + share * other.mean
        error = np.hypot((1.0 - share) * self.error, share * other.error)
        for here, mine, more in ((mean, self.mean, other.mean), (error, self.error, other.error)):
            lone = np.isnan(here)
            here[lone] = np.where(np.isnan(mine), more, mine)[lone]
        return Measured(self.patterns, mean, error)

    def of(self, ids: Sequence[str]) -> "Measured":
        """The same of some patterns."""
        at = [[one.id for one in self.patterns].index(name) for name in ids]
        return Measured(tuple(self.patterns[one] for one in at), self.mean[:, at], self.error[:, at])


@dataclass
class Bench:
    """Where vectors are measured: what is needed to run tasks and to keep what they gave.

    Attributes
    ----------
    prior : Prior
    table : PatternTable
    pool : Pool
    store : PartStore or None
        Where parts are kept; None keeps nothing.
    seed : int
        Of the calibration. Every job has random numbers of its own, drawn from this seed and where its vectors stand: what is
        lucky in one job is not in the next, so neither emulators nor ensemble are fitted to the luck of one set.
    replicates : mapping of str to int
        By cohort.
    progress : callable, optional
        Told the runs of each job that is finished or found.
    only_stored : bool
        Run nothing: what the store does not hold is a problem.
    """

    prior: Prior
    table: PatternTable
    pool: Pool
    store: PartStore | None = None
    seed: int = 1
    replicates: Mapping[str, int] = field(default_factory=lambda: dict(REPLICATES))
    progress: Callable[[int], None] | None = None
    only_stored: bool = False

    def patterns(self, cohorts: Sequence[str] | None = None) -> tuple[Pattern, ...]:
        """Patterns that can be measured, fitted or not, by cohort in the order of the cohorts."""
        wanted = COHORTS if cohorts is None else cohorts
        return tuple(one for name in COHORTS if name in wanted for one in self.table.of(cohort=name) if one.measured)

    def fitted(self) -> tuple[str, ...]:
        """Cohorts of the patterns that are fitted."""
        return tuple(dict.fromkeys(one.cohort for one in self.patterns() if one.fitted))

    def measure(
        self, values: np.ndarray, cohorts: Sequence[str] | None = None, *, wave: int = 0, first: int = 0, times: int = 1
    ) -> Measured:
        """Measure vectors; what the store holds of them is read instead.

        Parameters
        ----------
        values : numpy.ndarray
            f8, shape (vectors, parameters), as the prior gives them.
        cohorts : sequence of str, optional
            All unless given.
        wave, first : int
            Where these vectors stand: for the names of parts, and for their random numbers.
        times : int
            So many times the usual replicates, with other random numbers than once.

        Raises
        ------
        BadInput
            When a job failed twice over.
        """
        wanted = [name for name in COHORTS if (cohorts is None or name in cohorts) and self.patterns([name])]
        records = self.prior.records(values)
        found: dict[str, dict[str, np.ndarray]] = {}
        tasks: list[Task] = []
        for name in wanted:
            instruments = tuple(dict.fromkeys(one.instrument for one in self.patterns([name])))
            found[name] = {column: np.full(len(values), np.nan) for column in _table(instruments).names}
            tasks += self._tasks(name, instruments, records, values, wave, first, times)

        def take(task: Task, rows: Rows) -> None:
            for name, column in found[task.cohort].items():
                column[rows["vector"] - first] = rows[name]

        def done(task: Task) -> None:
            if self.progress:
                self.progress(len(task.records) * task.replicates)

        def place(task: Task) -> str:
            return f"cohort {task.cohort}, vectors from {task.first}"

        run = None if self.only_stored else measure_task
        gathered(tasks, run, self.pool, self.store, take=take, place=place, done=done)
        patterns = tuple(one for name in wanted for one in self.patterns([name]))
        columns = [(found[one.cohort][one.instrument], found[one.cohort][f"{one.instrument}_error"]) for one in patterns]
        shape = (len(values), len(patterns))
        mean, error = (np.stack([one[k] for one in columns], axis=1).reshape(shape) for k in (0, 1))
        return Measured(patterns, mean, error)

    def cost(self, cohort: str) -> int:
        """What a vector takes of a cohort, in post-months; where every agent is kept, each costs as much as some without."""
        return self.replicates[cohort] * COHORTS[cohort].post_months * (TRACED if COHORTS[cohort].traced else 1)

    @property
    def _words(self) -> list[str]:
        """What the model differs in, for the names of parts: as the store has it, since the table may have it by now."""
        return list(self.prior.structure.words) if self.store is None else self.store.identity.get("structure", [])

    def together(self, cohort: str, times: int = 1) -> int:
        """Vectors of one job, which share their random numbers."""
        return max(1, RUNS_JOB // (self.replicates[cohort] * times) // (1 if COHORTS[cohort].stage == 1 else 8))

    def _tasks(
        self,
        name: str,
        instruments: tuple[str, ...],
        records: np.ndarray,
        values: np.ndarray,
        wave: int,
        first: int,
        times: int,
    ) -> list[Task]:
        replicates, size = self.replicates[name] * times, self.together(name, times)
        tasks = []
        for at in range(0, len(records), size):
            mine = slice(at, at + size)
            seed = seed_of_job(self.seed, wave, first + at, times)
            what: dict[str, Any] = {
                "cohort": name, "instruments": instruments, "replicates": replicates, "seed": seed,
                "values": hashlib.sha256(np.ascontiguousarray(values[mine]).tobytes()).hexdigest(),
                "parameters": list(self.prior.names),
            }  # fmt: skip
            if self._words:
                what["structure"] = self._words
            key = hashlib.sha256(canonical_json(what)).hexdigest()
            label = part_name(list(COHORTS).index(name), wave, first + at, key)
            tasks.append(Task(label, name, instruments, records[mine], first + at, replicates, seed))
        return tasks
