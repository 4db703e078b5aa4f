"""Run a scenario: into memory for a notebook, or into a results folder that proves itself."""

import json
import math
import os
import warnings
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rich.filesize import decimal

from sim import cache
from sim.blocks import held_bytes
from sim.columns import Table
from sim.engine import ENGINES
from sim.ensembles import PLAUSIBLE, chosen_ensemble, lacking_in, values_in_words
from sim.figures import NotMade, Pictures, not_made
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem, did_you_mean, tried
from sim.processors import processors
from sim.produce import TRACES, Done, Job, Rows, foretell, late_tables, mesa_seconds, produce, trace_bytes
from sim.remake import FORM, draw
from sim.result import Run
from sim.scenario import Scenario, plan_hash, read_scenario, resolve
from sim.scenario.schema import MONTHS_MAX

if TYPE_CHECKING:
    from sim.store.writer import TableRecord

MEMORY: Final = 4 * 10**9
"""Bytes of tables beyond which a run without a results folder is refused."""

WRITES_WAITING: Final = 4
"""Pieces of tables that may wait to be written: about one batch."""

MESA_SECONDS: Final = 90.0
"""Time beyond which the Mesa engine is refused unless forced."""

MESA_SMALL: Final = 4_000
"""Posts x months x replicates below which nobody asks how long the Mesa engine takes: some seconds."""

Progress = Callable[[int], None]


def run(
    scenario: str | Path = "nine-services",
    *,
    replicates: int | None = None,
    seed: int | None = None,
    months: int | None = None,
    engine: str = "compiled",
    settings: Mapping[str, str | float] | None = None,
    ensemble: Ensemble | str | Path | None = PLAUSIBLE,
    out: str | Path | None = None,
    keep: str = "default",
    csv: bool = False,
    figures: bool = True,
    threads: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
    announce: Callable[[str], None] | None = None,
) -> Run:
    """Run a scenario.

    Parameters
    ----------
    scenario : str or pathlib.Path
        Name of a shipped scenario, or a TOML file.
    replicates, seed, months : int, optional
        The scenario's unless given.
    engine : str
        ``compiled`` or ``mesa``; both give the same to the bit.
    settings : mapping, optional
        New values: a parameter's name, ``switch.NAME``, ``forms.NAME``, or ``services.NAME.field``.
    ensemble : str, pathlib.Path, Ensemble or None
        Sets of parameter values: each replicate has one of them, as often as its weight says. What the scenario or ``settings``
        set holds in all. ``"plausible"`` is the shipped ensemble, another text or a path a CSV or Parquet file; None gives every
        replicate the default values.
    out : str or pathlib.Path, optional
        Results folder to write; without it everything stays in memory.
    keep : str
        Agents of which every month of every replicate is kept: ``default`` (none beyond a typical and an extreme replicate),
        ``practitioners``, ``patients`` or ``all``.
    csv : bool
        Also write the tables as CSV.
    figures : bool
        Draw the figures and write the report; only with ``out``.
    threads : int, optional
        Of the compiled engine; every processor that the process may use unless given.
    force : bool
        Run also what takes long on the Mesa engine.
    progress : callable, optional
        Told how many replicates are finished since the last call.
    announce : callable, optional
        Told, in a sentence, what will be written and how large it is foretold to be.

    Returns
    -------
    Run
        Its tables are DataFrames. Figures and report come after the tables are in their place: what of them cannot be made is
        in ``not_made``, and told to ``announce``, or as a RuntimeWarning.

    Raises
    ------
    BadInput
        With every problem found; nothing has been written then.

    Examples
    --------
    >>> import sim
    >>> monthly = sim.run("nine-services", replicates=2, months=12).region_monthly
    >>> len(monthly)
    24
    """
    problems = check_settings(replicates=replicates, seed=seed, months=months, engine=engine, keep=keep, threads=threads)
    if out is not None and not isinstance(out, str | os.PathLike):
        problems.append(Problem("out", f"'{out}' is no path", "a text or a path", "leave it out to keep the tables in memory"))
    # a horizon that cannot be is told already
    horizon = None if any(one.where == "months" for one in problems) else months
    found = tried(lambda: read_scenario(scenario, overrides=settings, months=horizon), problems)
    worlds = tried(lambda: chosen_ensemble(ensemble), problems)
    if problems or found is None:
        raise BadInput(problems)
    found = replace(found, ensemble=worlds)
    job = Job(
        plan=resolve(found),
        seed=found.seed if seed is None else seed,
        replicates=found.replicates if replicates is None else replicates,
        engine=engine,
        threads=threads or processors(),
        keep=keep,
    )
    disk, memory = foretell(job, csv=csv)
    _refuse_size(out, disk, memory)
    _refuse_batch(job)
    if out is None:
        _refuse_slow(job, force)
        return _in_memory(found, job, settings, progress)
    return _in_folder(found, job, settings, Path(out), csv, figures, force, progress, announce, disk)


def check_settings(
    *,
    replicates: int | None = None,
    seed: int | None = None,
    months: int | None = None,
    engine: str = "compiled",
    keep: str = "default",
    threads: int | None = None,
) -> list[Problem]:
    """Problems of what is asked for beside the scenario; empty when it can be done."""
    problems = []
    limits = (
        ("replicates", replicates, 1, 10_000_000, "10,000,000"),
        ("months", months, 1, MONTHS_MAX, f"{MONTHS_MAX:,}"),
        ("seed", seed, 0, 2**64 - 1, "2^64 - 1"),
        ("threads", threads, 1, 1024, "1,024"),
    )
    for name, value, low, high, shown in limits:
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            problems.append(Problem(name, f"'{value}' is not a whole number", f"a whole number from {low} to {shown}"))
        elif not low <= value <= high:
            problems.append(Problem(name, f"{value} is out of bounds", f"a whole number from {low} to {shown}"))
    for name, word, known in (("engine", engine, ENGINES), ("keep", keep, tuple(TRACES))):
        if word not in known:
            problems.append(Problem(name, f"unknown {name} '{word}'", ", ".join(known), did_you_mean(str(word), known)))
    return problems


def _refuse_size(out: str | Path | None, disk: float, memory: float) -> None:
    """Refuse tables that fit neither the memory nor the disk."""
    less = "keep less, or run fewer replicates or months"
    if out is None:
        if memory > MEMORY:
            what = f"the tables would take about {memory / 1e9:.1f} GB of memory"
            hint = "give a results folder (out=...), whose tables are written as they come; or " + less
            raise BadInput([Problem("replicates", what, f"up to {MEMORY / 1e9:.0f} GB without a results folder", hint)])
        return
    free = _free_bytes(Path(out))
    if free is not None and disk > free:
        what = f"the tables would take about {decimal(int(disk))}, and {decimal(int(free))} are free"
        raise BadInput([Problem(str(out), what, "tables that fit the disk", less + ", or choose another disk")])


def _refuse_batch(job: Job) -> None:
    """Refuse what no memory of this machine holds, though the tables are written as they come."""
    need = held_bytes(job.plan, job.replicates, job.threads if job.engine == "compiled" else 1)
    if TRACES[job.keep]:
        need = max(need, 2 * trace_bytes(job.plan))
    there = _memory_bytes()
    if there is not None and need > there:
        what = f"one batch would take about {decimal(int(need))} of memory, and this machine has {decimal(int(there))}"
        hint = "run fewer months or services, keep less, or use fewer threads"
        raise BadInput([Problem("months", what, "a batch that fits the memory", hint)])


def _memory_bytes() -> int | None:
    """Memory of this machine; None where that cannot be told."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _free_bytes(path: Path) -> int | None:
    """Free room where a folder is to be; None where that cannot be told."""
    from shutil import disk_usage

    for place in (path, *path.absolute().parents):
        try:
            return disk_usage(place).free
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            return None
    return None


def _refuse_slow(job: Job, force: bool) -> None:
    """Refuse what the Mesa engine would take long for."""
    if job.engine != "mesa" or force or job.replicates * job.plan.months * len(job.plan.posts) <= MESA_SMALL:
        return
    seconds = mesa_seconds(job)
    if seconds > MESA_SECONDS:
        time = f"{seconds / 3600:.1f} hours" if seconds >= 5400 else f"{math.ceil(seconds / 60)} minutes"
        hint = "--engine compiled gives the same to the bit; --force runs it all the same; or run fewer replicates or months"
        allowed = f"about {MESA_SECONDS:.0f} seconds unless forced"
        raise BadInput([Problem("engine", f"the Mesa engine would take about {time}", allowed, hint)])


def _settings_of(found: Scenario, job: Job, settings: Mapping[str, str | float] | None) -> dict[str, Any]:
    """What the manifest says of a run beside the tables, the same with and without a folder."""
    from sim.parameters import parameter_hash

    values = parameter_hash(job.plan.parameters)
    return {
        "title": found.title,
        "scenario_name": found.name,
        "scenario_text": found.text,
        "plan_hash": plan_hash(job.plan, parameters=values),
        "parameter_hash": values,
        "seed": job.seed,
        "replicates": job.replicates,
        "months": job.plan.months,
        "engine": job.engine,
        "census": found.table.census(),
        "extra": {
            "settings": {name: str(value) for name, value in (settings or {}).items()},
            "scenario_hash": found.hash,
            "ensemble": _about_ensemble(found),
            "keep": job.keep,
            "threads": job.threads,
        },
    }


def _about_ensemble(found: Scenario) -> dict[str, Any] | None:
    """Ensemble of a run, in short, with the number of parameters that its members decide; None without one."""
    one = found.ensemble
    if one is None:
        return None
    about = {"name": one.name, "members": one.members, "hash": one.text_hash, "parameters": len(found.moved)}
    return about | lacking_in((found,), one.parameters)


def _in_memory(found: Scenario, job: Job, settings: Mapping[str, str | float] | None, progress: Progress | None) -> Run:
    """Run and keep the tables."""
    from sim.history import to_frame
    from sim.store.manifest import build_manifest

    parts: dict[str, list[Rows]] = {}
    tables: dict[str, Table] = {}

    def sink(table: Table, rows: Rows) -> None:
        tables[table.name] = table
        parts.setdefault(table.name, []).append(rows)

    started, before = datetime.now(UTC), perf_counter()
    done = produce(job, sink, progress=progress, late=False)
    later = late_tables(job)
    about = _settings_of(found, job, settings)
    about["extra"] |= _traced(done)
    timing = done.seconds | {"total": perf_counter() - before}
    manifest = build_manifest(**about, started=started, ended=datetime.now(UTC), timing=timing, tables=())

    def load(name: str) -> Any:
        if name in later:
            return to_frame(*later[name]())
        table = tables[name]
        mine = parts.pop(name)  # the frame takes their place
        return to_frame(table, {one: np.concatenate([part[one] for part in mine]) for one in table.names})

    ends = max(at for at, name in enumerate(tables) if not name.startswith("trace_")) + 1
    names = [*tables]
    return Run(manifest, (*names[:ends], *later, *names[ends:]), load)


def _traced(done: Done) -> dict[str, int | None]:
    return {"typical_replicate": done.typical, "extreme_replicate": done.extreme}


def _in_folder(
    found: Scenario,
    job: Job,
    settings: Mapping[str, str | float] | None,
    out: Path,
    csv: bool,
    figures: bool,
    force: bool,
    progress: Progress | None,
    announce: Callable[[str], None] | None,
    disk: float,
) -> Run:
    """Run and write the results folder, whole or not at all."""
    from sim.store.folder import ResultsFolder, write_text_whole
    from sim.store.manifest import build_manifest, finish

    before = perf_counter()
    folder = ResultsFolder(out)
    with folder as working:
        _refuse_slow(job, force)
        if announce:
            if folder.note:
                announce(folder.note)
            announce(f"writing to {out}: tables of about {decimal(int(disk))}")
            if not cache.is_warm():  # a run on Mesa needs it too, for the table on the definitions
                announce("compiling the engine: once for this version on this machine, about half a minute")
        started = datetime.now(UTC)
        write_text_whole(working / "scenario.toml", found.text)
        form = json.dumps(found.machine_form(), indent=1, ensure_ascii=False, allow_nan=False)
        write_text_whole(working / FORM, form + "\n")
        done, records = _write_tables(job, working, csv, progress, values_in_words(_about_ensemble(found)))
        about = _settings_of(found, job, settings)
        about["extra"] |= _traced(done)
        timing = done.seconds | {"total": perf_counter() - before}
        inputs = ("scenario.toml", FORM)
        manifest = build_manifest(**about, started=started, ended=datetime.now(UTC), timing=timing, tables=records, inputs=inputs)
        finish(working, manifest)
    failed = _drawn(out, announce) if figures else ()
    return Run.open(out, not_made=failed)


def _drawn(out: Path, announce: Callable[[str], None] | None) -> Sequence[NotMade]:
    """Draw figures and report into a folder whose tables are in their place: nothing that fails here costs a table.

    Gives what could not be made.
    """
    again = f"the tables are complete in {out}; `sustain report {out}` makes the figures and the report"
    try:
        pictures = draw(out, timed=True)
    except (KeyboardInterrupt, SystemExit) as error:
        error.add_note(again)
        raise
    except Exception as error:  # not even the tables could be read again, for want of memory
        pictures = Pictures()
        pictures.failed.append(not_made("figures and report", error))
    sentences = [str(one) for one in pictures.failed] + ([again] if pictures.failed else [])
    if pictures.note:
        sentences.append(pictures.note)
    if announce is None and sentences:
        warnings.warn("; ".join(sentences), RuntimeWarning, stacklevel=4)
    elif announce is not None:
        for sentence in sentences:
            announce(sentence)
    return pictures.failed


def _write_tables(job: Job, working: Path, csv: bool, progress: Progress | None, values: str) -> tuple[Done, list["TableRecord"]]:
    """Write every table as its rows come; each says which parameter values its replicates have."""
    from sim.store.writer import TableWriter, write_codebook

    writers: dict[str, TableWriter] = {}
    waiting: deque[Future[None]] = deque()
    with ExitStack() as stack, ThreadPoolExecutor(1) as worker:  # the worker ends before the files are closed

        def sink(table: Table, rows: Rows) -> None:
            if table.name not in writers:
                writers[table.name] = stack.enter_context(TableWriter(working, table, csv=csv, parameter_values=values))
            # hashing and compressing go on behind the next rows; the few that may wait keep memory flat
            waiting.append(worker.submit(writers[table.name].write, rows))
            while len(waiting) > WRITES_WAITING:
                waiting.popleft().result()

        done = produce(job, sink, progress=progress)
        for one in waiting:
            one.result()
    write_codebook(working, [one.table for one in writers.values()], parameter_values=values)
    return done, [one.close() for one in writers.values()]
