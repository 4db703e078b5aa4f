"""What ``sustain sensitivity`` does: run what is missing, write the results folder, print what came out."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from experiments.executors.pools import pool_of
from experiments.kit import terminal
from experiments.kit.files import RESULTS, write_json
from experiments.kit.folder import StudyFolder
from experiments.kit.options import checked, versions_of
from experiments.kit.terminal import KEPT, say_compiling
from experiments.sensitivity import ROOM
from experiments.sensitivity.asked import Asked
from experiments.sensitivity.finding import Findings, analyse
from experiments.sensitivity.samples import need_salib
from experiments.sensitivity.settings import Settings, settings_of
from experiments.sensitivity.simulated import SWEEPS, TITLES, Simulated
from experiments.sweeps.running import Watcher
from experiments.sweeps.session import Shown
from experiments.worlds.pairing import other_seed
from sim.figures.style import Pictures
from sim.remake import FIGURES, REPORT
from sim.store.manifest import MANIFEST

KIND: Final = "sensitivity"
SUMMARY: Final = "summary.json"
ANALYSIS_LIBRARIES: Final = ("SALib", "scipy")


def run(asked: Asked) -> int:
    """Run a sensitivity analysis and print what came out.

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
    out = asked.out or RESULTS / KIND
    if settings.medoid:
        terminal.note_lacking(settings.ensemble, settings.medoid)
    with terminal.keeping(KEPT), StudyFolder(out, form, kind=KIND, keeps=(SWEEPS,), restart=asked.restart) as place:
        if not place.complete:
            _compute(settings, place, workers=asked.workers)
    found = place.show(SUMMARY, _tell, as_json=asked.as_json)
    return 1 if found["failed"] else place.pages.status


def _compute(settings: Settings, place: StudyFolder, *, workers: int | None) -> None:
    place.announce()
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
    place.lap("runs")
    with place.alone() as left:
        if left:
            write_results(place, findings, settings, model)


@contextmanager
def _watched(stage: str) -> Iterator[Watcher]:
    """Show how a stage gets on."""
    at = list(TITLES).index(stage) + 1
    with ExitStack() as stack:
        yield Shown(stack, f"{stage} ({at} of {len(TITLES)})")


def write_results(place: StudyFolder, findings: Findings, settings: Settings, model: Simulated) -> None:
    """Write tables, codebook and summary, then figures and report, and last the manifest.

    Parameters
    ----------
    place : StudyFolder
        Where the sweeps are.
    findings : Findings
    settings : Settings
    model : Simulated
        That the findings are of.
    """
    from experiments.sensitivity.tables import summary, write_tables
    from experiments.sensitivity.words import came_out, how_sure, title_of
    from sim.store.writer import write_codebook

    folder, ran = place.working, {"runs": model.runs, "failed": model.failed}
    records, declared = write_tables(folder, findings)
    write_codebook(folder, declared)
    found = ran | summary(findings)
    found |= {"came_out": came_out(findings), "how_sure": how_sure(findings, **ran)}
    write_json(folder / SUMMARY, found | {"seconds": round(sum(place.timing.values()), 3)})
    manifest = place.manifest(
        title=title_of(),
        scenarios=settings.scenarios,
        seed=settings.seed,
        replicates=settings.replicates,
        tables=records,
        extra={
            "analysis": versions_of(ANALYSIS_LIBRARIES),
            "seeds": {"samples and runs": settings.seed, "other random numbers": other_seed(settings.seed)},
            "studies": {stage: one.hash for stage, one in model.studies.items()},
            **ran,
            "survivors": [one.name for one in findings.survivors],
        },
    )

    def report() -> Pictures:
        from experiments.sensitivity.report import write_report

        return write_report(folder, findings, settings, manifest=manifest, **ran, name=place.name)

    place.pages.make("figures and report", report)
    place.lap("report")
    sweeps = [f"{SWEEPS}/{stage}/{MANIFEST}" for stage in model.studies]
    place.finish(manifest, made=[SUMMARY, "codebook.csv", "codebook.md", REPORT, FIGURES, *sweeps])


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
