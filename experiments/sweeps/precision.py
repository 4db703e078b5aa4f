"""How many replicates? Add some until the Monte Carlo error is met, and say what another error would take."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from experiments.executors.many import JobFailed, run_many
from experiments.executors.pools import Pool
from experiments.sweeps.asked import FIRST
from experiments.sweeps.declared import RUNS
from experiments.sweeps.jobs import Job, blocks_of, jobs_of
from experiments.sweeps.moments import Moments
from experiments.sweeps.study import Study
from experiments.sweeps.work import compute
from experiments.worlds.luck import error_of, limits_of, needed
from sim.problems import BadInput, Problem
from sim.store.parts import Part

SPARE: Final = 1.05
"""Replicates asked for beyond those that the spread so far would need: the spread is itself an estimate."""


HOPELESS: Final = 1_600
"""Replicates after which an outcome without limits, of which no spread was seen, is given up: its error cannot be known."""

GROWTH: Final = 16
"""Times as many replicates in the next round at most."""


@dataclass(frozen=True)
class Round:
    """What so many replicates gave.

    Attributes
    ----------
    replicates : int
    defined : int
        Of them those in which the outcome is defined.
    mean, mcse : float
        The error is infinite where it is not known.
    seen : bool
        Whether the spread behind the error was seen; else it is an upper bound, as too few runs differ from the commonest value.
    """

    replicates: int
    defined: int
    mean: float
    mcse: float
    seen: bool = True


def next_round(replicates: int, mcse: float, wanted: float, most: int) -> int:
    """Replicates to try next."""
    aim = needed(replicates, mcse, wanted) * SPARE if math.isfinite(mcse) else 4.0 * replicates
    return min(most, max(replicates + 1, math.ceil(min(aim, GROWTH * replicates))))


def rounds(
    study: Study,
    wanted: float,
    *,
    pool: Pool,
    most: int,
    told: Callable[[Round], None],
    began: Callable[[int], Any] | None = None,
) -> tuple[Round, ...]:
    """Run a study of one scenario, one point and one outcome in growing rounds; nothing is written.

    A run is done once: a round adds the runs that the rounds before have not done.

    Parameters
    ----------
    study : Study
    wanted : float
        Monte Carlo standard error.
    pool : Pool
    most : int
        Replicates at which to give up.
    told : callable
        Called with each round.
    began : callable, optional
        Called with the number of replicates of a round before it; gives what is told how many are done.

    Returns
    -------
    tuple of Round
        The last one meets the error, or has ``most`` replicates.

    Raises
    ------
    BadInput
        When a run fails: an error without it would be one of other runs.
    """
    values = np.zeros(0)
    found: list[Round] = []
    size = min(FIRST, most)
    while True:
        progress = began(size - len(values)) if began else None
        values = np.concatenate([values, _values(study, len(values), size, pool, progress)])
        found.append(round_of(values, limits_of(study.outcomes[0])))
        told(found[-1])
        last = found[-1]
        if last.mcse <= wanted or size >= most or (math.isinf(last.mcse) and last.defined > 1 and size >= HOPELESS):
            return tuple(found)
        size = next_round(size, found[-1].mcse, wanted, most)


def _values(study: Study, first: int, last: int, pool: Pool, progress: Any) -> np.ndarray:
    """Outcome of runs ``first`` to ``last - 1``, in order."""
    (name,) = study.outcomes
    grown = replace(study, replicates=last)
    blocks = blocks_of(replace(study, replicates=last - first))
    parts: dict[str, np.ndarray] = {}
    wrong: list[str] = []

    def finished(job: Job, part: Part) -> None:
        wrong.extend(f"{one['stage']}: {one['type']}: {one['message']}" for one in part.about["failures"])
        parts[job.name] = column_of(part, name)
        if progress:
            progress(job.runs)

    def failed(failure: JobFailed[Job]) -> None:
        wrong.append(f"{failure.stage}: {failure.type}: {failure.message}")

    shifted = (
        replace(job, first_run=first + job.first_run) for job in jobs_of(replace(grown, replicates=last - first), blocks, "")
    )
    run_many(compute, shifted, pool, finished=finished, failed=failed)
    if wrong:
        raise BadInput(
            [Problem(study.scenarios[0].name, f"a run failed: {wrong[0]}", "runs that can be made", "see `sustain run`")]
        )
    return np.concatenate([parts[key] for key in sorted(parts)])


def column_of(part: Part, name: str) -> np.ndarray:
    """One column of a part's runs."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    (file,) = (one for one in part.files if one.kind == RUNS)
    with pq.ParquetFile(pa.BufferReader(file.content)) as stored:
        return np.asarray(stored.read(columns=[name], use_threads=False).column(name))


def round_of(values: np.ndarray, limits: tuple[float, float] | None) -> Round:
    """What some runs gave.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (runs,); NaN where the outcome is undefined.
    limits : tuple of float or None
        Lowest and highest value of the outcome.
    """
    moments = Moments(1, 1)
    moments.add(values[None, :, None], np.ones(len(values)))
    found = {name: one[0, 0] for name, one in moments.results().items()}
    error, seen = error_of(values[~np.isnan(values)], float(found["mcse"]), limits)
    return Round(len(values), int(found["runs"]), float(found["mean"]), error if math.isfinite(error) else math.inf, seen)


def ladder(error: float) -> Sequence[float]:
    """Errors to tell the price of: half, a fifth and a tenth of one."""
    return (error, error / 2, error / 5, error / 10)
