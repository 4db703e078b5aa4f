"""What ``sustain discover`` does: run what is missing, look for regions, write the results folder, print what came out."""

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.discovery import noise
from experiments.discovery.analysing import FAILURES, Findings, analyse, clear, shuffles_of
from experiments.discovery.asked import Asked
from experiments.discovery.sampling import SIDES, sample
from experiments.discovery.settings import Settings, settings_of
from experiments.discovery.tables import levels, numbers, texts
from experiments.discovery.workbench import load_workbench, need_workbench
from experiments.executors.pools import pool_of
from experiments.kit import terminal
from experiments.kit.files import RESULTS, write_json
from experiments.kit.folder import StudyFolder
from experiments.kit.options import checked, versions_of
from experiments.kit.terminal import KEPT, say_compiling
from sim import __version__
from sim.figures.style import Pictures
from sim.remake import FIGURES, REPORT
from sim.scenario.catalogue import is_file
from sim.store.folder import write_text_whole
from sim.store.hashing import file_hash
from sim.store.manifest import MANIFEST, library_versions
from sim.store.parts import PartStore

KIND: Final = "discovery"
DISCOVERY: Final = "discovery.json"
FEW_SEARCHES: Final = 6
_LIBRARIES: Final = ("ema-workbench", "scikit-learn", "scipy")


def run(asked: Asked) -> int:
    """Discover, and print what came out.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    BadInput
        With every problem.
    """
    settings = checked(need_workbench, partial(settings_of, asked))
    out = asked.out or RESULTS / f"discovery-{settings.policy.name}"
    if asked.restart or not is_file(out / MANIFEST):  # before anything is written; what is finished is told without them
        load_workbench()
    terminal.note_lacking(settings.ensemble.name, settings.ensemble.parameters)
    with (
        terminal.keeping(KEPT),
        StudyFolder(out, settings.machine_form(), kind=KIND, store=True, restart=asked.restart) as place,
    ):
        if not place.complete:
            say_compiling()
            _discover(settings, place, asked.workers)
    place.show(DISCOVERY, tell, as_json=asked.as_json)
    return place.pages.status


def _discover(settings: Settings, place: StudyFolder, workers: int | None) -> None:
    outcomes = sampled(settings, place.store, workers)
    place.lap("runs")
    total = shuffles_of(settings, outcomes)
    kind = "processes" if total > FEW_SEARCHES else "serial"  # a worker takes seconds to begin, a search about one
    with pool_of(kind, workers) as pool, terminal.ProgressShown(total, "control", unit="searches") as progress:
        findings = analyse(settings, outcomes, pool=pool, progress=progress)
    place.lap("searches")
    write_results(place, findings, settings)


def sampled(settings: Settings, store: PartStore, workers: int | None) -> np.ndarray:
    """Run the worlds, with more replicates until chance puts few enough of them on the wrong side.

    Returns
    -------
    numpy.ndarray
        f8, shape (TOLD_OF_ARMS, 2, worlds, replicates).
    """
    parts: list[np.ndarray] = []
    done = 0
    for replicates in settings.rounds:
        runs = len(SIDES) * settings.worlds * (replicates - done)
        what = f"{settings.worlds} worlds, replicates {done + 1} to {replicates}"
        with pool_of("threads", workers) as pool, terminal.ProgressShown(runs, what, unit="runs") as progress:
            parts.append(sample(settings, range(done, replicates), pool, store, progress=progress))
        done = replicates
        together = np.concatenate(parts, axis=3)
        if clear(together):
            break
        wrong = max(noise.misclassified(one.outcomes(together[0]), one.line) for one in FAILURES)
        print(
            f"{done} replicates: chance may put {100 * wrong:.0f} % of the worlds on the wrong side", file=sys.stderr, flush=True
        )
    return np.concatenate(parts, axis=3)


# ---------------------------------------------------------------------------------------------------------------- the folder


def write_results(place: StudyFolder, findings: Findings, settings: Settings) -> None:
    """Write tables, ``discovery.json``, then figures and report, and last the manifest.

    Parameters
    ----------
    place : StudyFolder
    findings : Findings
    settings : Settings
    """
    from experiments.discovery.words import title_of

    folder = place.working
    with place.alone() as left:
        if not left:
            return
        made = texts(findings)
        for name, text in made.items():
            write_text_whole(folder / name, text)
        about = summary(findings, settings) | {
            "version": __version__,
            "libraries": library_versions() | versions_of(_LIBRARIES),
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(sum(place.timing.values()), 1),
            "files": {name: file_hash(folder / name) for name in made},
        }
        write_json(folder / DISCOVERY, about)
        manifest = place.manifest(
            title=title_of(settings), scenarios=settings.scenarios, seed=settings.seed, replicates=findings.replicates,
            extra={"analysis": versions_of(_LIBRARIES)},
        )  # fmt: skip

        def report() -> Pictures:
            from experiments.discovery.figures import draw_all
            from experiments.discovery.report import write_report

            pictures = draw_all(folder / FIGURES, findings, settings)
            write_report(folder, findings, settings, pictures, about=about, name=place.name)
            return Pictures.joined(pictures)

        place.pages.make("figures and report", report)
        place.lap("report")
        place.finish(manifest, made=[*made, DISCOVERY, REPORT, FIGURES])


def summary(findings: Findings, settings: Settings) -> dict[str, Any]:
    """Everything that is said, as plain JSON; None for what is not defined."""
    from experiments.discovery.words import how_sure, sentence

    said = {
        one.failure.name: {"sentence": sentence(one, findings, settings), "how_sure": how_sure(one, findings)}
        for one in findings.each
    }
    return {
        "settings": settings.machine_form(),
        "replicates": findings.replicates,
        "training": int(findings.worlds.training.sum()),
        "outcomes": levels(findings),
        "failures": {one.failure.name: said[one.failure.name] | numbers(one) for one in findings.each},
    }


def tell(found: dict[str, Any], folder: Path) -> None:
    """Print what came out."""
    for name, one in found["failures"].items():
        print(f"{name.upper()}: {one['sentence']}")
        for text in one["how_sure"]:
            print(f"  {text}")
    terminal.show_folder(folder, found["seconds"])
