"""What ``sustain search`` does: evaluate what is missing, write the results folder, print what came out."""

import hashlib
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from experiments.kit import terminal
from experiments.kit.folder import RESULTS, SETTINGS, AnalysisFolder, stored_summary
from experiments.kit.options import checked, versions_of
from experiments.kit.terminal import KEPT, say_compiling
from experiments.policies import ROOM
from experiments.policies.evaluating import Evaluator, Outcome, Set
from experiments.policies.exporting import SCENARIOS, copy_needed, write_scenario
from experiments.policies.finding import LAST, Findings, find
from experiments.policies.schedules import Schedule
from experiments.policies.searching import need_pymoo
from experiments.policies.settings import ONLY_ASKED, Asked, Settings, settings_of
from experiments.policies.stored import EVALUATED, Evaluated
from sim.store.folder import write_text_whole
from sim.store.hashing import canonical_json

KIND: Final = "policy-search"
FOLDER: Final = "search"
SEARCH: Final = "search.json"
LIBRARIES: Final = ("pymoo", "moocore", "scipy")
_TOLD: Final = {"search": "searching (1 of 3)", "check": "evaluating anew (2 of 3)", "timing": "other times (3 of 3)"}


def run(asked: Asked, out: Path | None, *, restart: bool, as_json: bool) -> None:
    """Search for policies and print what came out.

    Parameters
    ----------
    asked : Asked
    out : pathlib.Path or None
        ``results/search`` if None.
    restart : bool
        Remove what is there first.
    as_json : bool

    Raises
    ------
    BadInput
        With every problem.
    """
    settings = checked(need_pymoo, partial(settings_of, asked))
    form = settings.machine_form() | {"code": ROOM.identity(), "libraries": versions_of(LIBRARIES)}
    shown = out or RESULTS / FOLDER
    place = _place(shown, form, restart=restart)
    if not place.complete:
        with ExitStack() as stack:
            stack.enter_context(terminal.keeping(KEPT))
            if stack.enter_context(place.alone()):
                _compute(settings, place, shown, form)
    found = stored_summary(place.out, SEARCH)
    if as_json:
        terminal.show_json({"folder": str(shown)} | found)
    else:
        _tell(found, shown)


def _place(shown: Path, form: dict[str, Any], *, restart: bool) -> AnalysisFolder:
    """Folder of a search; one that is finished but for another question is begun anew with all its evaluations."""
    identity = {name: value for name, value in form.items() if name not in ONLY_ASKED}
    place = AnalysisFolder(shown, identity, restart=restart, kind=KIND)
    if place.complete:
        there = stored_summary(place.out, SEARCH)["settings"]
        if any(there.get(name) != form[name] for name in ONLY_ASKED):
            evaluated = _most_evaluated(place)
            place = AnalysisFolder(shown, identity, restart=True, kind=KIND)
            (place.working / EVALUATED).write_bytes(evaluated)
    return place


def _most_evaluated(place: AnalysisFolder) -> bytes:
    """Evaluations of a finished search, or of one that was going on with it and was interrupted."""
    folders = [place.out]
    unfinished = place.working / SETTINGS
    if unfinished.exists() and unfinished.read_bytes() == (place.out / SETTINGS).read_bytes():
        folders.append(place.working)
    return max(((one / EVALUATED).read_bytes() for one in folders if (one / EVALUATED).exists()), key=len)


def _compute(settings: Settings, place: AnalysisFolder, shown: Path, form: dict[str, Any]) -> None:
    began, started = perf_counter(), datetime.now(UTC)
    print(f"writing to {place.working.name} beside {shown}, which it becomes at the end", file=sys.stderr, flush=True)
    say_compiling()
    evaluated = Evaluated(place.working, Evaluator(settings.base, threads=settings.threads))
    with ExitStack() as stack:
        findings = find(_shown(evaluated, settings, stack), settings)
    write_results(place.working, findings, settings, form, started=started, seconds=perf_counter() - began, name=shown.name)
    place.finish()


def _shown(evaluated: Evaluated, settings: Settings, stack: ExitStack) -> Any:
    """Evaluation that shows how it gets on, a bar a stage."""
    bars: dict[str, terminal.ProgressShown] = {}

    def evaluate(schedules: Sequence[Schedule], where: Set, stage: str) -> list[Outcome]:
        if stage not in bars:
            stack.pop_all().close()  # of the stage before
            left = settings.evaluations - evaluated.count(where) if stage == "search" else evaluated.missing(schedules, where)
            bars[stage] = stack.enter_context(terminal.ProgressShown(max(left, 1), _TOLD[stage], unit="schedules"))
        return evaluated(schedules, where, progress=bars[stage])

    return evaluate


def write_results(
    folder: Path, findings: Findings, settings: Settings, form: dict[str, Any], *, started: datetime, seconds: float, name: str
) -> None:
    """Write tables, codebook, scenarios, figures, report, summary and, last, the manifest.

    Parameters
    ----------
    folder : pathlib.Path
    findings : Findings
    settings : Settings
    form : dict
        What the folder's settings say.
    started : datetime.datetime
    seconds : float
        That the runs took.
    name : str
        What the folder will be called.
    """
    from experiments.policies import words
    from experiments.policies.figures import FIGURES
    from experiments.policies.report import runs_of, title_of, write_report
    from experiments.policies.tables import summary, write_tables
    from sim.parameters import parameter_hash
    from sim.report import REPORT
    from sim.store.manifest import build_manifest, finish

    before = perf_counter()
    records = write_tables(folder, findings, settings)
    scenarios = write_scenarios(folder, findings, settings)
    ended, runs = datetime.now(UTC), runs_of(findings, settings)
    manifest = build_manifest(
        title=title_of(settings),
        scenario_name=settings.base.name,
        scenario_text=settings.base.text,
        plan_hash=hashlib.sha256(canonical_json(form)).hexdigest(),
        parameter_hash=parameter_hash(settings.base.records()),
        seed=settings.seed,
        replicates=settings.check.replicates,
        months=settings.base.months,
        engine="compiled",
        census=settings.base.table.census(),
        tables=records,
        inputs=[SETTINGS],
        started=started,
        ended=ended,
        timing={"runs": seconds},
        extra={"kind": KIND, "settings": form, "search": form["libraries"], "runs": runs},
    )
    write_report(folder, findings, settings, manifest=manifest, name=name)
    timing = {"runs": seconds, "report": perf_counter() - before}
    found = (
        {"settings": form, "runs": runs, "seconds": round(sum(timing.values()), 3)}
        | words.summary(findings, settings)
        | summary(findings)
    )
    write_text_whole(folder / SEARCH, json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    made = [REPORT, SEARCH, SETTINGS, EVALUATED, "codebook.csv", "codebook.md"]
    made += [path.relative_to(folder).as_posix() for path in (*(folder / FIGURES).iterdir(), *scenarios)]
    finish(folder, manifest | {"timing": {one: round(value, 3) for one, value in timing.items()}, "files": {}}, made=made)


def write_scenarios(folder: Path, findings: Findings, settings: Settings) -> list[Path]:
    """Write every schedule of the frontier, and the answer, as scenarios that can be run.

    Parameters
    ----------
    folder : pathlib.Path
        They go to ``scenarios/`` in it.
    findings : Findings
    settings : Settings

    Returns
    -------
    list of pathlib.Path
    """
    place = folder / SCENARIOS
    place.mkdir(exist_ok=True)
    copies = copy_needed(place, settings.path)
    named = {f"frontier-{one.frontier}": one for one in findings.frontier} | {"answer": findings.answer}
    for name, one in named.items():
        title = f"{name}: {one.price:.0f} hours a service and year"
        copies.append(write_scenario(place, name, settings.base, one.outcome.schedule, title=title[:1].upper() + title[1:]))
    return copies


def _tell(found: dict[str, Any], folder: Path) -> None:
    """Print what came out."""
    rows = [
        (one["name"].removeprefix("frontier-"), f"{one['support']:,.1f}", f"{100 * one['sustained_48']:.0f} %",
         f"{100 * one[f'sustained_{LAST}']:.0f} %", f"{100 * one['worlds_above']:.0f} %", one["words"])
        for one in found["frontier"]
    ]  # fmt: skip
    columns = ("", "hours of support", "sustained at 48", f"sustained at {LAST}", "worlds", "schedule")
    share = found["settings"]["share"]
    title = f"frontier: extra hours for a service and year; worlds: share with {100 * share:g} % of services sustained at {LAST}"
    terminal.show_table(columns, rows, title=title, right=range(5))
    print(found["reading"])
    print(f"Scenarios: {folder / SCENARIOS} (sustain run {folder / SCENARIOS / 'frontier-1.toml'})")
    terminal.show_folder(folder, found["seconds"])
