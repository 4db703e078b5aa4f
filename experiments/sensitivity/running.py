"""What ``sustain sensitivity`` does: run what is missing, write the results folder, print what came out."""

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np

from experiments.executors.pools import pool_of
from experiments.kit import terminal
from experiments.kit.folder import KIND, RESULTS, SETTINGS, SUMMARY, AnalysisFolder, stored_summary
from experiments.kit.options import checked, versions_of
from experiments.kit.terminal import KEPT, say_compiling
from experiments.sensitivity import ROOM
from experiments.sensitivity.finding import Findings, analyse
from experiments.sensitivity.samples import need_salib
from experiments.sensitivity.settings import Asked, Settings, settings_of
from experiments.sensitivity.simulated import SWEEPS, TITLES, Simulated
from experiments.sweeps.running import Watcher
from experiments.sweeps.session import Shown
from experiments.worlds.pairing import other_seed
from sim.store.folder import write_text_whole
from sim.store.hashing import canonical_json

ANALYSIS_LIBRARIES: Final = ("SALib", "scipy")


def run(asked: Asked, out: Path | None, *, restart: bool, as_json: bool) -> int:
    """Run a sensitivity analysis and print what came out.

    Parameters
    ----------
    asked : Asked
    out : pathlib.Path or None
        ``results/sensitivity`` if None.
    restart : bool
        Remove what is there first.
    as_json : bool

    Returns
    -------
    int
        Exit status: 0, or 1 when runs failed.

    Raises
    ------
    BadInput
        With every problem; or when too many runs failed to say anything.
    """
    settings = checked(need_salib, partial(settings_of, asked))
    form = settings.machine_form() | {"code": ROOM.identity(), "libraries": versions_of(ANALYSIS_LIBRARIES)}
    place = AnalysisFolder(out or RESULTS / KIND, form, restart=restart)
    shown = out or RESULTS / KIND
    if not place.complete:
        with ExitStack() as stack:
            stack.enter_context(terminal.keeping(KEPT))
            _compute(settings, place, shown, form, workers=asked.workers)
    found = stored_summary(place.out)
    if as_json:
        terminal.show_json({"folder": str(shown)} | found)
    else:
        _tell(found, shown)
    return 1 if found["failed"] else 0


def _compute(settings: Settings, place: AnalysisFolder, shown: Path, form: dict[str, Any], *, workers: int | None) -> None:
    began, started = perf_counter(), datetime.now(UTC)
    print(f"writing to {place.working.name} beside {shown}, which it becomes at the end", file=sys.stderr, flush=True)
    say_compiling()
    with pool_of("threads", workers) as pool:
        model = Simulated(settings, place.working, pool=pool, watch=_watched)
        findings = analyse(
            model,
            settings.space,
            trajectories=settings.trajectories,
            base=settings.base,
            replicates=settings.replicates,
            keep=settings.keep,
            seed=settings.seed,
            replicates_alone=settings.replicates_alone,
        )
    timing = {"runs": perf_counter() - began}
    with place.alone() as to_be_done:
        if to_be_done:
            write_results(place.working, findings, settings, model, form, started=started, timing=timing, name=shown.name)
            place.finish()


@contextmanager
def _watched(stage: str) -> Iterator[Watcher]:
    """Show how a stage gets on."""
    at = list(TITLES).index(stage) + 1
    with ExitStack() as stack:
        yield Shown(stack, f"{stage} ({at} of {len(TITLES)})")


def write_results(
    folder: Path,
    findings: Findings,
    settings: Settings,
    model: Simulated,
    form: dict[str, Any],
    *,
    started: datetime,
    timing: dict[str, float],
    name: str,
) -> None:
    """Write tables, codebook, figures, report, summary and, last, the manifest.

    Parameters
    ----------
    folder : pathlib.Path
        Where the sweeps are.
    findings : Findings
    settings : Settings
    model : Simulated
        That the findings are of.
    form : dict
        What the folder's settings say.
    started : datetime.datetime
    timing : dict of str to float
        Seconds of the runs; what this takes is added.
    name : str
        What the folder will be called.
    """
    from experiments.sensitivity.report import FIGURES, title_of, write_report
    from experiments.sensitivity.tables import summary, write_tables
    from experiments.sensitivity.words import came_out, how_sure
    from sim.parameters import parameter_hash
    from sim.report import REPORT
    from sim.store.manifest import MANIFEST, build_manifest, finish
    from sim.store.writer import write_codebook

    before = perf_counter()
    records, declared = write_tables(folder, findings)
    write_codebook(folder, declared)
    manifest = build_manifest(
        title=title_of(settings),
        scenario_name=KIND,
        scenario_text=json.dumps(form, indent=1, ensure_ascii=False),
        plan_hash=hashlib.sha256(canonical_json(form)).hexdigest(),
        parameter_hash=parameter_hash(np.concatenate([one.record() for one in settings.scenarios])),
        seed=settings.seed,
        replicates=settings.replicates,
        months=settings.months,
        engine="compiled",
        census=settings.scenarios[0].table.census(),
        tables=records,
        inputs=[SETTINGS],
        started=started,
        ended=datetime.now(UTC),
        timing=timing,
        extra={
            "kind": KIND,
            "settings": form,
            "analysis": versions_of(ANALYSIS_LIBRARIES),
            "seeds": {"samples and runs": settings.seed, "other random numbers": other_seed(settings.seed)},
            "studies": {stage: one.hash for stage, one in model.studies.items()},
            "runs": model.runs,
            "failed": model.failed,
            "survivors": [one.name for one in findings.survivors],
        },
    )
    told = {"runs": model.runs, "failed": model.failed}
    write_report(folder, findings, settings, manifest=manifest, **told, name=name)
    timing["report"] = perf_counter() - before
    timing["total"] = timing["runs"] + timing["report"]
    found = told | summary(findings)
    found |= {"came_out": came_out(findings), "how_sure": how_sure(findings, **told), "seconds": round(timing["total"], 3)}
    write_text_whole(folder / SUMMARY, json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    made = [REPORT, SUMMARY, SETTINGS, "codebook.csv", "codebook.md"]
    made += [path.relative_to(folder).as_posix() for path in (folder / FIGURES).iterdir()]
    made += [f"{SWEEPS}/{stage}/{MANIFEST}" for stage in model.studies]
    finish(folder, manifest | {"timing": timing, "files": {}}, made=made)


def _tell(found: dict[str, Any], folder: Path) -> None:
    """Print what came out."""
    rows = [
        ("" if at else outcome, one["parameter"], _number(one, "total"), _number(one, "first"))
        for outcome, listed in found["important"].items()
        for at, one in enumerate(listed[:3])
    ]
    if rows:
        columns = ("outcome", "parameter", "total index", "first order")
        title = "largest important shares of variance, ± half the 95 % interval"
        terminal.show_table(columns, rows, title=title, right=(2, 3))
    for sentence in (*found["came_out"][:3], *found["how_sure"]):
        print(sentence)
    terminal.show_folder(folder, found["seconds"])


def _number(one: dict[str, Any], name: str) -> str:
    if one[name] is None:
        return "–"
    reach = one[f"{name}_conf"]
    return f"{one[name]:.2f}" + (f" ± {reach:.2f}" if reach is not None else "")
