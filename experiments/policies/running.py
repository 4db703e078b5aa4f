"""What ``sustain search`` does: evaluate what is missing, write the results folder, print what came out."""

import math
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

from experiments.kit import terminal
from experiments.kit.files import RESULTS, write_json
from experiments.kit.folder import StudyFolder
from experiments.kit.options import checked, versions_of
from experiments.kit.terminal import KEPT, say_compiling
from experiments.kit.words import in_worlds_short
from experiments.policies import ROOM
from experiments.policies.aims import AIMS
from experiments.policies.asked import Asked
from experiments.policies.evaluating import MONTHS, Evaluator, Outcome, Set
from experiments.policies.exporting import SCENARIOS, copy_needed, write_scenario
from experiments.policies.finding import LAST, Findings, find
from experiments.policies.schedules import Schedule
from experiments.policies.searching import need_pymoo
from experiments.policies.settings import ONLY_ASKED, Settings, settings_of
from experiments.policies.stored import EVALUATED, Evaluated
from sim.figures.style import Pictures
from sim.remake import FIGURES, REPORT

KIND: Final = "policy-search"
FOLDER: Final = "search"
SEARCH: Final = "search.json"
LIBRARIES: Final = ("pymoo", "moocore", "scipy")
_TOLD: Final = {"search": "searching (1 of 3)", "check": "evaluating anew (2 of 3)", "timing": "other times (3 of 3)"}


def run(asked: Asked) -> int:
    """Search for policies and print what came out.

    Returns
    -------
    int
        Exit status: 1 when a page could not be made.

    Raises
    ------
    BadInput
        With every problem.
    """
    settings = checked(need_pymoo, partial(settings_of, asked))
    form = settings.machine_form() | {"code": ROOM.identity(), "libraries": versions_of(LIBRARIES)}
    question = {name: form[name] for name in ONLY_ASKED}
    out = asked.out or RESULTS / FOLDER
    terminal.note_lacking(settings.ensemble.name, settings.ensemble.parameters)
    with (
        terminal.keeping(KEPT),
        StudyFolder(
            out, {name: one for name, one in form.items() if name not in question}, kind=KIND, asked=question, keeps=(EVALUATED,),
            restart=asked.restart,
        ) as place,
    ):  # fmt: skip
        if not place.complete:
            with place.alone(patience=0.0) as left:
                if left:
                    _compute(settings, place, form)
    place.show(SEARCH, _tell, as_json=asked.as_json)
    return place.pages.status


def _compute(settings: Settings, place: StudyFolder, form: dict[str, Any]) -> None:
    place.announce()
    say_compiling()
    evaluated = Evaluated(place.working, Evaluator(settings.world, aim=settings.aim, threads=settings.threads))
    with ExitStack() as stack:
        findings = find(_shown(evaluated, settings, stack), settings)
    place.lap("runs")
    write_results(place, findings, settings, form)


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


def write_results(place: StudyFolder, findings: Findings, settings: Settings, form: dict[str, Any]) -> None:
    """Write tables, codebook, scenarios and summary, then figures and report, and last the manifest.

    Parameters
    ----------
    place : StudyFolder
    findings : Findings
    settings : Settings
    form : dict
        Settings with code and libraries, for the summary.
    """
    from experiments.policies import words
    from experiments.policies.tables import runs_of, summary, write_tables

    folder, runs = place.working, runs_of(findings, settings)
    records = write_tables(folder, findings, settings)
    write_scenarios(folder, findings, settings)
    found = {"settings": form, "runs": runs, "seconds": round(sum(place.timing.values()), 3)}
    write_json(folder / SEARCH, found | words.summary(findings, settings) | summary(findings, settings))
    manifest = place.manifest(
        title=words.title_of(settings), scenarios=[settings.base], seed=settings.seed, replicates=settings.check.replicates,
        tables=records, extra={"search": form["libraries"], "runs": runs},
    )  # fmt: skip

    def report() -> Pictures:
        from experiments.policies.report import write_report

        return write_report(folder, findings, settings, manifest=manifest, name=place.name)

    place.pages.make("figures and report", report)
    place.lap("report")
    place.finish(manifest, made=[SEARCH, EVALUATED, "codebook.csv", "codebook.md", SCENARIOS, REPORT, FIGURES])


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
    worlds, aim = found["settings"]["check_worlds"], AIMS[found["settings"]["outcome"]]
    rows = [
        (one["name"].removeprefix("frontier-"), f"{one['support']:,.1f}",
         *(f"{100 * one[f'{aim.column}_{month}']:.0f} %" for month in MONTHS),
         in_worlds_short(one["worlds_above"], math.nan, worlds), one["words"])
        for one in found["frontier"]
    ]  # fmt: skip
    columns = ("", "hours of support", *(f"{aim.being} {month}" for month in MONTHS), "worlds", "schedule")
    share = found["settings"]["share"]
    title = f"frontier: extra hours for a service and year; worlds: share with {100 * share:g} % of services {aim.being} {LAST}"
    terminal.show_table(columns, rows, title=title, right=range(5))
    print(found["reading"])
    print(f"Scenarios: {folder / SCENARIOS} (sustain run {folder / SCENARIOS / 'frontier-1.toml'})")
    terminal.show_folder(folder, found["seconds"])
