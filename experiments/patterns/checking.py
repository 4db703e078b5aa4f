"""Measure the patterns of a scenario, a plan or parameter records, and say which lie within their tolerance."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from experiments.patterns.asked import REPLICATES, REPLICATES_MAX
from experiments.patterns.cohorts import COHORTS, Cohort
from experiments.patterns.instruments import measure
from experiments.patterns.reading import STAGES, Pattern, PatternTable, read_patterns
from experiments.patterns.seen import Seen
from experiments.worlds.prior import all_act
from sim.engine import CompiledEngine, Trace, blank_batch, compile_first
from sim.parameters import read_table
from sim.plan import Plan
from sim.problems import BadInput, Problem
from sim.scenario.definition import Scenario
from sim.state import SLOTS, dtype_of

BYTES: Final = 32 * 2**20
"""Rows and traces looked at at a time, beside a single replicate's."""


@dataclass(frozen=True)
class PatternResult:
    """What the model gives for a pattern.

    Attributes
    ----------
    id, pattern, statement, unit : str
    stage : int
    value : float or None
        Mean over replicates and records; None where it is not measured or nothing was there to measure.
    mcse : float or None
        Its Monte Carlo standard error; None with fewer than two replicates.
    target, low, high : float
    inside : bool
        Whether the value lies in the band; False without a value.
    must_hold, fitted, measured : bool
    undefined : int
        Runs, of all, without anything to measure.
    """

    id: str
    pattern: str
    statement: str
    unit: str
    stage: int
    value: float | None
    mcse: float | None
    target: float
    low: float
    high: float
    inside: bool
    must_hold: bool
    fitted: bool
    measured: bool
    undefined: int

    def row(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def chunk(plan: Plan, *, traced: bool) -> int:
    """Replicates run at a time, by the memory that their rows and traces take; at least 1."""
    services, posts = len(plan.services), len(plan.posts)
    size = services * plan.months * dtype_of("service_month").itemsize + posts * dtype_of("practitioner").itemsize
    if traced:
        each = services * (dtype_of("service").itemsize + dtype_of("leader").itemsize)
        each += posts * (dtype_of("practitioner").itemsize + SLOTS * dtype_of("patient").itemsize)
        size += plan.months * each
    return max(1, BYTES // size)


def measure_cohort(
    cohort: Cohort,
    names: Iterable[str],
    records: np.ndarray | None = None,
    *,
    replicates: int,
    seed: int,
    first: int = 0,
    base: Scenario | Plan | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[str, np.ndarray]:
    """Run a cohort with each parameter record and take the measure of every replicate.

    Parameters
    ----------
    cohort : Cohort
    names : iterable of str
        Instruments.
    records : numpy.ndarray, optional
        Parameter records, shape (members,); those of the base, else the table's, unless given.
    replicates, first : int
        Of each record: replicates ``first`` to ``first + replicates - 1``, with the same random numbers for all.
    seed : int
    base : Scenario or Plan, optional
        Nine services other than the shipped ones.
    progress : callable, optional
        Called with the number of runs finished since the last call.

    Returns
    -------
    dict of str to numpy.ndarray
        f8, shape (members, replicates) by instrument; NaN where a run has nothing to measure.
    """
    wanted = tuple(names)
    every = np.arange(first, first + replicates, dtype=np.int64)
    found: dict[str, np.ndarray] = {}
    for variant in range(cohort.variants):
        mine = np.flatnonzero(every % cohort.variants == variant)
        if not len(mine):
            continue
        plan = cohort.plan_with(records, variant=variant, base=base)
        members = len(plan.parameters)
        if not found:
            found = {name: np.full((members, replicates), np.nan) for name in wanted}
        runs, which = np.tile(mine, members), np.repeat(np.arange(members, dtype=np.int64), len(mine))
        compile_first(plan)
        engine, size = CompiledEngine(plan, seed), chunk(plan, traced=cohort.traced)
        room = blank_batch(plan, min(size, len(runs)))
        for at in range(0, len(runs), size):
            here, who = runs[at : at + size], which[at : at + size]
            batch, traces = engine.run(every[here], members=who, traced=cohort.traced, into=room)
            seen = Seen(plan, batch, Trace(*traces) if cohort.traced else None, seed)
            for name, values in measure(seen, wanted).items():
                found[name][who, here] = values
            if progress:
                progress(len(here))
    return found


def result_of(pattern: Pattern, values: np.ndarray | None) -> PatternResult:
    """Judge what was measured.

    Parameters
    ----------
    pattern : Pattern
    values : numpy.ndarray or None
        f8, shape (members, replicates); None where it is not measured.

    Returns
    -------
    PatternResult
        The Monte Carlo error is that of the mean over replicates, whose random numbers the members share.
    """
    value = error = None
    undefined = 0
    if values is not None:
        there = np.isfinite(values)
        undefined = int((~there).sum())
        count = there.sum(axis=0)
        sums = np.where(there, values, 0.0).sum(axis=0)
        if count.sum():
            value = float(sums.sum() / count.sum())
            if np.count_nonzero(count) > 1:
                off = sums - value * count  # of a ratio of sums, since not every run has something to measure
                used = np.count_nonzero(count)
                error = float(np.sqrt(used / (used - 1) * np.sum(off * off)) / count.sum())
                error = error or None  # no spread seen is not "no error": it is not known
    return PatternResult(
        id=pattern.id,
        pattern=pattern.pattern,
        statement=pattern.statement,
        unit=pattern.unit,
        stage=pattern.stage,
        value=value,
        mcse=error,
        target=pattern.target,
        low=pattern.low,
        high=pattern.high,
        inside=value is not None and pattern.low <= value <= pattern.high,
        must_hold=pattern.must_hold,
        fitted=pattern.fitted,
        measured=pattern.measured,
        undefined=undefined,
    )


def problems_of(stages: tuple[int, ...], replicates: Any, seed: Any) -> list[Problem]:
    """What cannot be used of stages, replicates and seed."""
    problems = [Problem("stages", f"unknown stage '{one}'", "1, 2, 3") for one in stages if one not in STAGES]
    if not stages:
        problems.append(Problem("stages", "none is given", "1, 2, 3"))
    if not isinstance(replicates, int) or not 1 <= replicates <= REPLICATES_MAX:
        problems.append(Problem("replicates", f"'{replicates}'", f"a whole number from 1 to {REPLICATES_MAX:,}"))
    if not isinstance(seed, int) or not 0 <= seed < 2**64:
        problems.append(Problem("seed", f"'{seed}'", "a whole number from 0 to 18446744073709551615"))
    return problems


def check(
    given: Scenario | Plan | np.ndarray | None = None,
    *,
    stages: Iterable[int] = STAGES,
    replicates: int = REPLICATES,
    seed: int = 1,
    table: PatternTable | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[PatternResult]:
    """Measure the patterns.

    Parameters
    ----------
    given : Scenario, Plan or numpy.ndarray, optional
        A scenario or plan of the nine services, whose parameters the other cohorts take too; or parameter records, shape
        (members,), such as an ensemble. The shipped scenario and values unless given.
    stages : iterable of int
    replicates : int
        Of every cohort and record.
    seed : int
    table : PatternTable, optional
        The shipped patterns unless given.
    progress : callable, optional
        Called with the number of runs finished since the last call.

    Returns
    -------
    list of PatternResult
        In the order of the file.

    Raises
    ------
    BadInput
        When the services are not the study's, or a number cannot be used.
    """
    wanted = tuple(stages)
    problems = problems_of(wanted, replicates, seed)
    if problems:
        raise BadInput(problems)
    table = table or read_patterns()
    base = given if isinstance(given, Scenario | Plan) else None
    records = given if isinstance(given, np.ndarray) else None
    if base is not None:
        records = base.record() if isinstance(base, Scenario) else base.parameters
    known = read_table()
    table = table.where(every=all_act(known.record() if records is None else records, known))
    found: dict[tuple[str, str], np.ndarray] = {}
    for cohort in COHORTS.values():
        mine = [one for one in table.of(stages=wanted, cohort=cohort.name) if one.measured]
        if mine:
            names = [one.instrument for one in mine]
            own = base if cohort.stage < 3 else None
            values = measure_cohort(cohort, names, records, replicates=replicates, seed=seed, base=own, progress=progress)
            found |= {(cohort.name, name): one for name, one in values.items()}
    return [result_of(one, found.get((one.cohort, one.instrument))) for one in table.of(stages=wanted)]


def runs_of(stages: Iterable[int], replicates: Any, *, members: int = 1) -> int:
    """Runs that :func:`check` makes; 0 where the number is none."""
    wanted = tuple(stages)
    if not isinstance(replicates, int):
        return 0
    return replicates * members * sum(cohort.stage in wanted for cohort in COHORTS.values())


def failures(results: Iterable[PatternResult]) -> list[PatternResult]:
    """Patterns that must hold and do not."""
    return [one for one in results if one.must_hold and not one.inside]
