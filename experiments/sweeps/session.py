"""What ``sustain sweep``, ``merge``, ``rerun`` and ``replicates`` do and print."""

import math
import re
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.filesize import decimal

from experiments.executors.pools import KINDS, Pool, cluster_pool, pool_of
from experiments.kit import terminal
from experiments.kit.files import RESULTS
from experiments.kit.terminal import KEPT, say_compiling
from experiments.kit.words import Outcome, mean_and_error, outcome_of
from experiments.sweeps.asked import AskedMerge, AskedRerun, AskedSweep
from experiments.sweeps.gathering import stored_replicates, stored_study
from experiments.sweeps.merging import merge
from experiments.sweeps.reading import read_study
from experiments.sweeps.running import Swept, Watcher, sweep
from experiments.sweeps.schema import NO_ENSEMBLE
from experiments.sweeps.study import Study
from experiments.worlds.luck import LEAST, limits_of, unseen_error
from sim.ensembles import PLAUSIBLE
from sim.problems import BadInput, Problem, did_you_mean, tried

ROUNDS_MAX: Final = 12


@dataclass(frozen=True)
class Until:
    """Precision that is asked for."""

    outcome: str
    error: float


class Shown(Watcher):
    """Shows how a sweep gets on.

    Parameters
    ----------
    stack : contextlib.ExitStack
        Takes the progress away at its end.
    name : str
        What gets on.
    """

    def __init__(self, stack: ExitStack, name: str) -> None:
        self._stack, self._name = stack, name
        self._progress: terminal.ProgressShown | None = None

    def began(self, runs: int, kept: int) -> None:
        """Show progress from here on."""
        if kept:
            self.said(f"{kept:,} runs are there already, {runs:,} to go")
        self._progress = self._stack.enter_context(terminal.ProgressShown(runs, self._name, unit="runs"))

    def ran(self, runs: int, failed: int) -> None:
        """Count what is done."""
        if self._progress is not None:
            self._progress(runs, failed)

    def said(self, sentence: str) -> None:
        """Print it."""
        terminal.note(sentence)


def run(asked: AskedSweep) -> int:
    """Run a study.

    Returns
    -------
    int
        Exit status: 0 when all is there, 1 when runs failed, jobs are missing, a page could not be made, or the precision asked
        for is not met.

    Raises
    ------
    BadInput
        With every problem.
    """
    from experiments.executors.many import FailedFast

    study, shard, until = _checked(asked)
    met = True
    out = asked.out or RESULTS / study.name
    _check_folder(out, asked)
    if until is not None and not asked.restart:  # what an earlier try added is gone on from
        study = replace(study, replicates=max(study.replicates, stored_replicates(out)))
    with ExitStack() as stack:
        pool = stack.enter_context(_pool(asked))
        stack.enter_context(terminal.keeping(KEPT))
        options: dict[str, Any] = {"pool": pool, "shard": shard, "fail_fast": asked.fail_fast, "report": asked.report}
        print(f"writing to {out}: {told_size(study)}", file=sys.stderr, flush=True)
        print(values_told(study), file=sys.stderr, flush=True)
        say_compiling()
        try:
            done = _once(study, out, restart=asked.restart, **options)
            if until is not None:
                study, done, met = _until(study, out, until, asked.value("most"), done, options)
        except FailedFast as error:
            one = error.failure
            what = f"a run failed ({one.stage}): {one.type}: {one.message}"
            allowed = "runs that do not fail, as --fail-fast asks"
            raise BadInput(
                [Problem(f"job {one.job.name}", what, allowed, "leave --fail-fast out to go on with the others")]
            ) from None
    _tell(done, study, shard, as_json=asked.as_json)
    return 0 if done.failed == 0 and met and (done.complete or shard != (1, 1)) and not done.pages.status else 1


def _once(study: Study, out: Path, **options: Any) -> Swept:
    with ExitStack() as stack:
        return sweep(study, out, watcher=Shown(stack, study.name), **options)


def _until(study: Study, out: Path, until: Until, most: int, done: Swept, options: dict[str, Any]) -> tuple[Study, Swept, bool]:
    """Add replicates until every scenario and point has the error; says at last whether they have it."""
    from experiments.sweeps.precision import HOPELESS, next_round

    for _ in range(ROUNDS_MAX):
        if not done.complete:
            break
        worst, where = _worst(out, until.outcome)
        words = f"{study.replicates:,} replicates: largest Monte Carlo error of {until.outcome} {worst:.2g} ({where})"
        print(words, file=sys.stderr, flush=True)
        if worst <= until.error:
            return study, done, True
        if study.replicates >= most or (math.isinf(worst) and study.replicates >= HOPELESS):
            break
        study = replace(study, replicates=next_round(study.replicates, worst, until.error, most))
        done = _once(study, out, **options)
    print(f"NOT met: {until.outcome} ± {until.error:g}", file=sys.stderr, flush=True)
    return study, done, False


def _worst(out: Path, outcome: str) -> tuple[float, str]:
    """Largest Monte Carlo error of an outcome, and where."""
    import pandas as pd

    found = pd.read_parquet((out / "tables" / "summary.parquet").absolute())
    mine = found[(found["outcome"] == outcome) & (found["runs"] > 0)]
    if mine.empty:
        return math.inf, "no run defines it"
    limits = limits_of(outcome)
    bounds = [unseen_error(int(runs), float(mean), limits) for runs, mean in zip(mine["runs"], mine["mean"], strict=True)]
    error = mine["mcse"].fillna(pd.Series(bounds, index=mine.index)).fillna(math.inf)
    error[mine["runs"] < LEAST] = math.inf
    row = mine.loc[error.idxmax()]
    never = int(((found["outcome"] == outcome) & (found["runs"] == 0)).sum())
    nowhere = f"; at {never} other points no run defines it" if never else ""
    same = "; no two runs differ there, so that it is an upper bound or not known" if math.isnan(row["mcse"]) else ""
    return float(error.max()), f"{row['scenario']}, point {row['point']}{same}{nowhere}"


def _checked(asked: AskedSweep) -> tuple[Study, tuple[int, int], Until | None]:
    """Everything that can be checked before a pool is started; all problems at once."""
    problems = asked.wrong()
    if asked.ensemble_file is not None and asked.ensemble is False:
        problems.append(Problem("--ensemble-file", "cannot be joined with --no-ensemble", "one of the two", "leave one out"))
    words = {True: PLAUSIBLE, False: NO_ENSEMBLE, None: None}
    ensemble = words[asked.ensemble] if asked.ensemble_file is None else asked.ensemble_file
    numbers = {name: asked.sound(name) for name in ("replicates", "seed", "months")}
    given = partial(read_study, asked.study or "", ensemble=ensemble, every_member=asked.every_member, **numbers)
    study = tried(given, problems)
    shard = _shard(asked.shard, problems)
    until = _until_of(asked.until, study, problems)
    executor = asked.value("executor")
    if asked.cluster is None and executor not in KINDS:
        hint = did_you_mean(executor, KINDS) or "--cluster for Dask"
        problems.append(Problem("--executor", f"there is no '{executor}'", ", ".join(KINDS), hint))
    if asked.resume and asked.restart:
        problems.append(Problem("--resume", "contradicts --restart", "one of the two"))
    if asked.until and asked.shard:
        problems.append(Problem("--until", "needs all shards", "one of --until and --shard"))
    if problems or study is None:
        raise BadInput(problems)
    return study, shard, until


def _shard(text: str | None, problems: list[Problem]) -> tuple[int, int]:
    """Read K/N."""
    if text is None:
        return 1, 1
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text.strip())
    shard = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= shard[0] <= shard[1]:
        problems.append(Problem(f"--shard {text}", "is not a part of a whole", "K/N with K from 1 to N", "such as --shard 3/10"))
    return shard


def _until_of(text: str | None, study: Study | None, problems: list[Problem]) -> Until | None:
    """Read OUTCOME=ERROR."""
    from experiments.kit.options import number

    if text is None:
        return None
    name, _, value = (part.strip() for part in text.partition("="))
    error = number(value)
    if not isinstance(error, float) or not 0.0 < error < math.inf:
        hint = "such as --until share_kept_going=0.01"
        problems.append(Problem(f"--until {text}", "is not OUTCOME=ERROR", "an outcome and a number above 0", hint))
        return None
    if study is not None and ("outcomes" not in study.keep or name not in study.outcomes):
        known = study.outcomes if "outcomes" in study.keep else ()
        hint = did_you_mean(name, known) or "add it to the study's outcomes"
        problems.append(
            Problem(f"--until {text}", f"the study does not keep '{name}'", ", ".join(known) or "keep outcomes", hint)
        )
    return Until(name, error)


def _check_folder(out: Path, asked: AskedSweep) -> None:
    from sim.store.parts import STORE

    if asked.resume and not (out / STORE).exists():
        hint = "leave --resume out to begin"
        raise BadInput([Problem(str(out), "there is nothing to go on with", "the results folder of a sweep", hint)])


def _pool(asked: AskedSweep) -> Pool:
    if asked.cluster is not None:
        return cluster_pool(asked.cluster, timeout=asked.value("timeout"))
    return pool_of(asked.value("executor"), asked.workers)


# --------------------------------------------------------------------------------------------------------------------- telling


def told_size(study: Study) -> str:
    """Say how much a study is."""
    count, points, members = len(study.scenarios), study.design.points, study.members
    parts = [f"{count} scenario{'s' * (count > 1)}", f"{points:,} point{'s' * (points > 1)}"]
    parts += [f"{members:,} members"] if members > 1 else []
    return f"{' x '.join(parts)} x {study.replicates:,} replicates = {study.total:,} runs"


def values_told(study: Study) -> str:
    """Say which parameter values the runs have, and which of the ensemble's the factors set instead."""
    names = study.overridden
    instead = f"; the factors set {', '.join(names[:6])}{', ...' if len(names) > 6 else ''} instead" if names else ""
    return f"parameter values: {study.values_in_words}{instead}"


def foretell(asked: AskedSweep) -> None:
    """Say how many runs and jobs a study is, how long it takes and how large it gets."""
    from experiments.sweeps.foretelling import foretold

    study, _, _ = _checked(asked)
    with _pool(asked) as pool:
        found = foretold(study, pool.workers)
    if asked.as_json:
        terminal.show_json(found)
        return
    print(told_size(study))
    print(values_told(study))
    print(f"{found['jobs']:,} jobs, {found['service_years']:,.0f} service-years")
    print(f"about {terminal.duration(found['seconds'])} on {found['workers']} processors, measured now on this machine")
    print(f"about {decimal(int(found['bytes']))}")


def _tell(done: Swept, study: Study, shard: tuple[int, int], *, as_json: bool) -> None:
    if as_json:
        words = {"folder": str(done.folder), "complete": done.complete, "jobs": done.jobs, "finished": done.finished}
        terminal.show_json(
            words | {"runs": done.runs, "failed": done.failed, "lost": done.lost, "seconds": round(done.seconds, 3)}
        )
        return
    if done.complete and shard == (1, 1) and "outcomes" in study.keep:
        _show_outcomes(done.folder, study)
    if done.failed:
        print(f"{done.failed:,} of {done.runs:,} runs failed: see tables/failures.parquet and the report")
    if not done.complete:
        print(f"{done.finished:,} of {done.jobs:,} jobs are finished: {_what_next(done, shard)}")
    print(f"Results: {done.folder} ({terminal.duration(done.seconds)})")
    if (done.folder / "report.html").exists() and done.complete:
        print(f"Report: {done.folder / 'report.html'} (open it in a browser)")


def _what_next(done: Swept, shard: tuple[int, int]) -> str:
    if shard != (1, 1):
        return f"run the other shards, then `sustain merge {done.folder}`"
    return "the same command does the rest"


def _show_outcomes(folder: Path, study: Study) -> None:
    """Show the first outcomes: per point when there are few, else over the points."""
    import pandas as pd

    found = pd.read_parquet((folder / "tables" / "summary.parquet").absolute())
    months = max(one.months for one in study.scenarios)
    shown = [outcome_of(name, months) for name in study.outcomes[:6]]
    rows = []
    few = study.design.points <= 8
    for key, group in found.groupby(["scenario", "point"] if few else ["scenario"], observed=True, sort=False):
        by = group.groupby("outcome", observed=True)
        cells = [_cell(by.get_group(one.name), one, one_point=few) if one.name in by.groups else "" for one in shown]
        rows.append((*(str(one) for one in key), *cells))
    head = ("scenario", "point") if few else ("scenario",)
    title = "mean ± Monte Carlo standard error" if few else f"mean over {study.design.points:,} points (smallest to largest)"
    heads = [one.heading for one in shown]
    terminal.show_table((*head, *heads), rows, title=title, right=range(len(head), len(head) + len(shown)))


def _cell(group: Any, outcome: Outcome, *, one_point: bool) -> str:
    """Mean as the report tells it: shares in per cent."""
    mean = group["mean"]
    if mean.isna().all():
        return "undefined"
    if one_point:
        error = float(group["mcse"].iloc[0])
        return mean_and_error(outcome, float(mean.iloc[0]), error) + ("" if math.isfinite(error) else " (no spread seen)")
    middle, low, high = (mean_and_error(outcome, float(value)) for value in (mean.mean(), mean.min(), mean.max()))
    return f"{middle} ({low} to {high})"


# ----------------------------------------------------------------------------------------------------------- the other commands


def merge_shards(asked: AskedMerge) -> bool:
    """Bring shards together; says whether nothing is missing, pages included.

    Raises
    ------
    BadInput
        When they do not belong together, or there is no telling where to.
    """
    folders = asked.folders or []
    if asked.out is None and len(folders) > 1:
        hint = "give --out a new folder, or one of them"
        raise BadInput([Problem("--out", f"{len(folders)} folders and no place to bring them", "a results folder", hint)])
    with ExitStack() as stack:
        stack.enter_context(terminal.keeping("what is brought over is kept; the same command goes on"))
        done = merge(folders, asked.out or folders[0], report=asked.report, watcher=Shown(stack, "merge"))
    _tell(done, stored_study(done.folder), (1, 1) if done.complete else (1, 2), as_json=asked.as_json)
    return done.complete and not done.pages.status


def run_again(asked: AskedRerun) -> bool:
    """Run one run of a sweep again and print what comes of it; says whether it is as in the sweep."""
    from experiments.sweeps.again import again

    found = again(asked.folder or Path(), asked.run or "", engine=asked.value("engine"))
    if asked.as_json:
        terminal.show_json({key: value for key, value in found.items() if key != "traceback" or asked.traceback})
        return bool(found["as_in_the_sweep"])
    if found["other_version"]:
        print(f"{asked.folder} {found['other_version']}: numbers differ as they must")
    terminal.show_table(("setting", "value"), list(found["settings"].items()), title=f"run {asked.run}: {found['scenario']}")
    if found["failure"]:
        print(f"fails ({found['failure']['stage']}): {found['failure']['type']}: {found['failure']['message']}")
        if asked.traceback:
            print(found["traceback"], end="")
        return False
    rows = [(key, f"{value:.10g}") for key, value in found["outcomes"].items() if value is not None]
    terminal.show_table(("outcome", "value"), rows, right=(1,))
    words = {True: "equal to the sweep's row", False: "NOT equal to the sweep's row", None: "the sweep keeps no row of it"}
    print("it failed in the sweep, and does not now" if found["failed_in_the_sweep"] else words[found["equal"]])
    return bool(found["as_in_the_sweep"])
