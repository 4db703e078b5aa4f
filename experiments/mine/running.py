"""What ``sustain mine`` does: match, refuse or forecast, write the results folder, print what came out."""

from contextlib import ExitStack
from functools import partial
from typing import Any, Final

from experiments.kit import terminal
from experiments.kit.files import RESULTS, write_json
from experiments.kit.folder import StudyFolder
from experiments.mine import ROOM
from experiments.mine.acting import POLICIES
from experiments.mine.asked import Asked
from experiments.mine.finding import Findings, Question, find, matched
from experiments.mine.matching import NEEDED, Told
from experiments.mine.reading import read_mine
from sim.figures.style import Pictures
from sim.problems import INCOMPLETE, BadInput, Problem, tried
from sim.remake import FIGURES, REPORT

KIND: Final = "mine"
FOUND: Final = "mine.json"
FILE: Final = "description.toml"
"""Copy of the file that was asked about."""

BEGUN: Final = "nothing is kept; the same command begins anew"

_UNITS: Final = {"histories": "histories", "futures": "futures", "descriptions": "descriptions"}
_TOLD: Final = {
    "histories": "matching (1 of 3)", "futures": "forecast and policies (2 of 3)", "descriptions": "other descriptions (3 of 3)",
}  # fmt: skip


def run(asked: Asked) -> int:
    """Forecast a service of one's own and print what came out.

    Returns
    -------
    int
        Exit status: 1 when fewer than NEEDED histories match, for which nothing is written, or a page could not be made.

    Raises
    ------
    BadInput
        With every problem of the file and the options.
    """
    from experiments.mine import telling, words

    question = question_of(asked)
    terminal.note_lacking(question.ensemble.name, question.ensemble.parameters)
    form = form_of(question)
    out = asked.out or RESULTS / f"mine-{question.mine.scenario.name}"
    terminal.say_compiling()
    world = question.world()
    with ExitStack() as bars:
        match = matched(question, world, told=_stage(bars, "histories", question.histories))
    if len(match.kept) < NEEDED:
        found = words.refused(question, match)
        if asked.as_json:
            terminal.show_json(found)
        else:
            telling.tell_refused(found)
        return INCOMPLETE
    with terminal.keeping(BEGUN), StudyFolder(out, form, kind=KIND, restart=asked.restart) as place:
        if not place.complete:
            with place.alone(patience=0.0) as left:
                if left:
                    place.announce()
                    with ExitStack() as bars:
                        findings = find(question, world, match, stage=partial(_stage, bars))
                    place.lap("runs")
                    write_results(place, findings, asked)
        place.show(FOUND, telling.tell, as_json=asked.as_json)
        return place.pages.status


def question_of(asked: Asked) -> Question:
    """What is asked, checked as a whole.

    Raises
    ------
    BadInput
        With every problem.
    """
    from sim.ensembles import read_ensemble
    from sim.processors import processors

    problems: list[Problem] = asked.wrong()
    mine = tried(partial(read_mine, asked.file or ""), problems)
    ensemble = tried(partial(read_ensemble, asked.ensemble), problems)
    if problems or mine is None or ensemble is None:
        raise BadInput(problems)
    seed = mine.scenario.seed if asked.seed is None else asked.seed
    return Question(mine, ensemble, asked.value("histories"), asked.value("futures"), seed, asked.threads or processors())


def form_of(question: Question) -> dict[str, Any]:
    """Everything that decides the numbers, as plain JSON."""
    return {
        "scenario": question.mine.scenario.name,
        "scenario_hash": question.mine.scenario.hash,
        "seen": question.mine.seen.model_dump(mode="json", exclude_none=True),
        "histories": question.histories,
        "futures": question.futures,
        "seed": question.seed,
        "ensemble": question.ensemble.name,
        "ensemble_hash": question.ensemble.text_hash,
        "policies": list(POLICIES),
        "code": ROOM.identity(),
    }


def _stage(bars: ExitStack, name: str, total: int) -> Told:
    """Show a stage's progress, in place of that of the stage before."""
    bars.pop_all().close()
    return bars.enter_context(terminal.ProgressShown(total, _TOLD[name], unit=_UNITS[name]))


def write_results(place: StudyFolder, findings: Findings, asked: Asked) -> None:
    """Write tables and summary, then figures and report, and last the manifest.

    Parameters
    ----------
    place : StudyFolder
    findings : Findings
    asked : Asked
    """
    from experiments.mine import words
    from experiments.mine.tables import write_tables
    from experiments.mine.words import summary
    from sim.store.folder import write_text_whole

    folder, question = place.working, findings.question
    records = write_tables(folder, findings)
    write_text_whole(folder / FILE, question.mine.scenario.text)
    write_json(folder / FOUND, summary(findings) | {"seconds": round(sum(place.timing.values()), 3)})
    manifest = place.manifest(
        title=words.title_of(question), scenarios=[question.scenario], seed=question.seed,
        replicates=question.histories, tables=records,
        extra={"matched": len(findings.match.kept)},
    )  # fmt: skip

    def report() -> Pictures:
        from experiments.mine.report import write_report

        return write_report(folder, findings, manifest=manifest, name=place.name, asked=asked)

    place.pages.make("figures and report", report)
    place.lap("report")
    place.finish(manifest, made=[FOUND, FILE, "codebook.csv", "codebook.md", REPORT, FIGURES])
