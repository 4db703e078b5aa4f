"""What ``sustain trial`` does: fill the bank, draw trials, write the results folder, print what came out."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from experiments.executors.pools import pool_of
from experiments.kit import terminal
from experiments.kit.files import RESULTS, stored_summary, write_json
from experiments.kit.folder import StudyFolder
from experiments.trials import ROOM
from experiments.trials.asked import Asked
from experiments.trials.bank import bank_of, jobs_of, worlds_of
from experiments.trials.finding import EXAMPLE, PARTS, Findings, find
from experiments.trials.reading import Study, read_study, shipped
from sim.figures.style import Pictures
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem, tried
from sim.remake import FIGURES, REPORT

KIND: Final = "trial"
FOUND: Final = "trial.json"
FILE: Final = "study.toml"
"""Copy of the study file."""

PROTOCOL: Final = "protocol.md"
DATA: Final = "example"
"""Folder of the data of one such trial."""


def run(asked: Asked) -> int:
    """Plan a trial and print what came out.

    Returns
    -------
    int
        Exit status: 1 when a page could not be made.

    Raises
    ------
    BadInput
        With every problem of the study file and the options.
    """
    from sim.processors import processors

    study, ensemble = question_of(asked)
    terminal.note_lacking(ensemble.name, ensemble.parameters)
    terminal.say_compiling()
    count = asked.threads or processors()
    out = asked.out or RESULTS / f"trial-{study.file.name}"
    parts = parts_of(asked)
    identity = {"code": ROOM.runs_identity(), "ensemble": ensemble.text_hash}
    about = {"study": study.hash, "parts": list(parts), "trials": study.file.trials} | study.file.population.model_dump(
        mode="json", include={"services", "worlds"}
    )
    folder = StudyFolder(out, identity, kind=KIND, store=True, asked=about, restart=asked.restart)
    with terminal.keeping(terminal.KEPT), folder as place, place.held():
        place.announce()
        with pool_of("threads", count) as pool, terminal.ProgressShown(jobs_of(study), "bank", unit="jobs") as bar:
            bank = bank_of(study, ensemble, pool, place.store, done=bar)
        place.lap("bank")
        worlds = worlds_of(study, ensemble)
        findings = find(study, bank, worlds, parts, threads=count, told=terminal.note)
        place.lap("trials")
        with place.alone(again=True):
            write_results(place, findings, asked, ensemble)
        if asked.as_json:
            terminal.show_json({"folder": str(out)} | stored_summary(place.out, FOUND))
        else:
            from experiments.trials import telling

            telling.tell(findings, out, sum(place.timing.values()))
        return place.pages.status


def question_of(asked: Asked) -> tuple[Study, Ensemble]:
    """What is asked, checked as a whole.

    Raises
    ------
    BadInput
        With every problem.
    """
    from sim.ensembles import read_ensemble

    problems: list[Problem] = asked.wrong()
    if asked.study is None:
        names = ", ".join(shipped())
        problems.append(
            Problem("STUDY", "is missing", f"a study file, or one of {names}", "`sustain trial --template` prints one")
        )
    sizes = {name: asked.sound(name) for name in ("services", "worlds", "trials")}
    study = None if asked.study is None else tried(partial(read_study, asked.study, **sizes), problems)
    ensemble = tried(partial(read_ensemble, asked.ensemble), problems)
    if problems or study is None or ensemble is None:
        raise BadInput(problems)
    return study, ensemble


def parts_of(asked: Asked) -> tuple[str, ...]:
    """Parts that are asked for; all but the example data where none is named."""
    named = tuple(one for one in PARTS if getattr(asked, one))
    return named or PARTS


def listed() -> Iterator[tuple[str, str]]:
    """Names and titles of the studies that ship."""
    for name, path in shipped().items():
        yield name, read_study(path).file.title


def write_results(place: StudyFolder, findings: Findings, asked: Asked, ensemble: Ensemble) -> None:
    """Write tables, protocol, example data and summary, then figures and report, and last the manifest.

    Parameters
    ----------
    place : StudyFolder
    findings : Findings
    asked : Asked
    ensemble : Ensemble
    """
    from experiments.trials import plain
    from experiments.trials.example import write_example
    from experiments.trials.protocol import protocol
    from experiments.trials.tables import write_tables
    from sim.store.folder import write_text_whole

    folder, study = place.working, findings.study
    records = write_tables(folder, findings)
    write_text_whole(folder / FILE, study.text)
    write_text_whole(folder / PROTOCOL, protocol(findings, ensemble.name))
    made = [FOUND, FILE, PROTOCOL, "codebook.csv", "codebook.md", REPORT, FIGURES]
    if EXAMPLE in parts_of(asked):
        write_example(folder / DATA, findings)
        made.append(DATA)
    write_json(folder / FOUND, plain.summary(findings, ensemble.name))
    manifest = place.manifest(
        title=study.file.title, scenarios=[study.population], seed=study.file.seed, replicates=study.file.population.worlds,
        tables=records, extra={"study": study.hash, "parts": list(parts_of(asked))},
    )  # fmt: skip

    def report() -> Pictures:
        from experiments.trials.report import write_report

        return write_report(folder, findings, manifest=manifest, ensemble=ensemble.name, name=place.name, asked=asked)

    place.pages.make("figures and report", report)
    place.lap("report")
    place.finish(manifest, made=made)
