"""What ``sustain compare`` does: run the scenarios with the same worlds and luck, write the folder, print what came out."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from experiments.comparing import ROOM
from experiments.comparing.asked import Asked
from experiments.comparing.asking import Comparison, comparison_of
from experiments.comparing.finding import Findings, compare
from experiments.comparing.quantities import main_names
from experiments.kit import terminal
from experiments.kit.files import Pages, finish_manifest, manifest_of, named_or_free, write_json
from experiments.kit.options import read_settings
from experiments.kit.terminal import say_compiling
from sim import __version__
from sim.figures.style import Pictures
from sim.processors import processors
from sim.remake import FIGURES, REPORT
from sim.store.folder import ResultsFolder

KIND: Final = "compare"
COMPARISON: Final = "compare.json"
SCENARIOS: Final = "scenarios"
"""Folder of the scenarios' machine forms."""
MADE: Final = (SCENARIOS, COMPARISON, "codebook.csv", "codebook.md")
"""What is in a folder beside tables, before its pages."""


def run(asked: Asked) -> int:
    """Compare, write the results folder and print what came out.

    Returns
    -------
    int
        Exit status: 1 when a page could not be made.

    Raises
    ------
    BadInput
        With everything that is wrong; nothing has been written then.
    """
    comparison = comparison_of(asked)
    began, started = perf_counter(), datetime.now(UTC)
    with named_or_free(asked.out, folder_name(comparison)) as folder:
        again = f"`sustain report {folder}` makes the figures and the report"
        pages = Pages(again)
        with (results := ResultsFolder(folder)) as working:
            if results.note:
                print(f"note: {results.note}", file=sys.stderr, flush=True)
            print(f"writing to {folder}", file=sys.stderr, flush=True)
            for note in comparison.notes:
                print(f"note: {note}", file=sys.stderr, flush=True)
            say_compiling()
            total = comparison.replicates * len(comparison.scenarios)
            with terminal.ProgressShown(total, KIND, unit="runs") as progress:
                findings = compare(
                    comparison, threads=asked.threads or processors(), replicate=asked.replicate, progress=progress
                )
            seconds = {"simulation": perf_counter() - began}
            found, manifest = write_results(working, findings, asked, started=started, seconds=seconds)
        with terminal.keeping(f"the tables are complete in {folder}; {again}"):
            add_pages(folder, findings, found, manifest, pages, seconds=seconds)
    from experiments.comparing.telling import plain_form, tell

    if asked.as_json:
        terminal.show_json(plain_form(findings, found, folder))
    else:
        tell(findings)
        terminal.show_folder(folder, found["seconds"]["total"])
    return pages.status


def folder_name(comparison: Comparison) -> str:
    """Name of a folder by the scenarios in it.

    Parameters
    ----------
    comparison : Comparison
    """
    names = [name.replace(".", "-") for name in comparison.names]  # what follows a dot would be taken for an ending
    return "-".join((KIND, *names[:2])) + (f"-and-{len(names) - 2}-more" if len(names) > 2 else "")


def write_results(
    folder: Path, findings: Findings, asked: Asked, *, started: datetime, seconds: dict[str, float]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write tables, ``compare.json`` and, last, the manifest.

    Parameters
    ----------
    folder : pathlib.Path
        Working folder.
    findings : Findings
    asked : Asked
    started : datetime.datetime
    seconds : dict of str to float
        Of the simulation; those of what follows are added.

    Returns
    -------
    dict, dict
        What ``compare.json`` says, and the manifest.
    """
    from experiments.comparing.tables import write_tables
    from experiments.comparing.words import title_of
    from sim.store.manifest import utc_text

    comparison, before = findings.comparison, perf_counter()
    (folder / SCENARIOS).mkdir()
    for one in comparison.scenarios:
        write_json(folder / SCENARIOS / f"{one.name}.json", one.machine_form())
    records = write_tables(folder, findings)
    seconds["tables"] = perf_counter() - before
    told = {name: round(one, 3) for name, one in {**seconds, "total": sum(seconds.values())}.items()}
    found = about(findings, asked) | {"started": utc_text(started), "seconds": told}
    write_json(folder / COMPARISON, found)
    manifest = manifest_of(
        {name: found[name] for name in ("command", "scenarios", "ensemble", "settings")},
        kind=KIND,
        title=title_of(findings),
        scenarios=comparison.scenarios,
        seed=comparison.seed,
        replicates=comparison.replicates,
        tables=records,
        inputs=[f"{SCENARIOS}/{one.name}.json" for one in comparison.scenarios],
        started=started,
        timing=seconds,
        extra={},
    )

    finish_manifest(folder, manifest, MADE, timing=seconds, pages=Pages.not_tried("figures and report"))
    return found, manifest


def add_pages(
    folder: Path, findings: Findings, found: dict[str, Any], manifest: dict[str, Any], pages: Pages, *, seconds: dict[str, float]
) -> None:
    """Make figures and report in a folder whose tables are in their place, and put them into its manifest.

    Parameters
    ----------
    folder : pathlib.Path
    findings : Findings
    found, manifest : dict
        As :func:`write_results` gives them.
    pages : Pages
        Knows what could not be made, for want of room too: the manifest stays as it was then.
    seconds : dict of str to float
        By stage; that of the pages is added.
    """

    def report() -> Pictures:
        from experiments.comparing.report import write_report

        return write_report(folder, findings, manifest=found, name=folder.resolve().name)

    before = perf_counter()
    pages.make("figures and report", report)
    seconds["report"] = perf_counter() - before
    made = [*MADE, REPORT, FIGURES]
    pages.make("list of figures and report", lambda: finish_manifest(folder, manifest, made, timing=seconds, pages=pages))


def about(findings: Findings, asked: Asked) -> dict[str, Any]:
    """What was compared and by what, as plain JSON."""
    from experiments.comparing.tables import plain_over_worlds
    from sim.store.hashing import code_identity
    from sim.store.manifest import SOFTWARE, commit, library_versions, machine

    comparison = findings.comparison
    ensemble = comparison.ensemble
    scenarios = zip(comparison.given, comparison.scenarios, comparison.arms, strict=True)
    return {
        "kind": KIND,
        "software": {"name": SOFTWARE, "version": __version__},
        "code": {"identity": code_identity(), "comparison": ROOM.identity(), **commit()},
        "versions": library_versions(),
        "platform": machine(),
        "command": command_of(asked, comparison),
        "scenarios": [
            {"name": one.name, "given": given, "title": one.title, "hash": one.hash, "plan_hash": arm.hash}
            for given, one, arm in scenarios
        ],
        "seed": comparison.seed,
        "replicates": comparison.replicates,
        "months": comparison.months,
        "ensemble": None if ensemble is None else {
            "name": ensemble.name, "members": ensemble.members, "hash": ensemble.text_hash, "worlds": comparison.worlds
        },
        "settings": read_settings(asked.settings),
        "notes": list(comparison.notes),
        "census": comparison.scenarios[0].table.census(),
        "pairs_shown": {one.other.name: one.replicate for one in findings.pairs if one is not None},
        "over_worlds": {
            other: {name: plain_over_worlds(findings, at, name) for name in main_names(comparison.months)}
            for at, other in enumerate(findings.others, start=1)
        },
        "needed": {
            other: {name: findings.effect(at, name).needed for name in main_names(comparison.months)}
            for at, other in enumerate(findings.others, start=1)
        },
    }  # fmt: skip


def command_of(asked: Asked, comparison: Comparison) -> list[str]:
    """Words of the command that gives the same again, whatever the scenarios' own seeds and horizons are."""
    each = comparison.replicates // (asked.worlds or 1)
    found = ["sustain", KIND, *comparison.given, "-n", str(each), "--months", str(comparison.months)]
    if asked.worlds is not None:
        found += ["--worlds", str(asked.worlds)]
    found += ["--seed", str(comparison.seed)]
    for setting in asked.settings or []:
        found += ["--set", setting]
    if asked.ensemble_file is not None:
        found += ["--ensemble-file", str(asked.ensemble_file)]
    elif not asked.ensemble:
        found.append("--no-ensemble")
    return found if asked.replicate is None else [*found, "--replicate", str(asked.replicate)]
