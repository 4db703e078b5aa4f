"""What ``sustain report`` does: the pages of a results folder anew, of a run or of a study, from what the folder holds.

A run's are drawn from its tables. A study takes its folder up again, as after an interruption: what was run is read, nothing is
run, and every table must come out as it was.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import Any, Final

from experiments.kit import terminal
from experiments.kit.command import lasting, redrawing
from sim.problems import BadInput, Problem

STUDIES: Final = {
    "hypotheses": "hypotheses", "discovery": "discover", "policy-search": "search", "sensitivity": "sensitivity",
    "calibration": "calibrate", "mine": "mine", "trial": "trial",
}  # fmt: skip
"""Command that takes a folder up again, by the kind that its manifest names."""

_PAGES: Final = ("figures", "pages")
"""Folders of what is drawn."""


def redraw(folder: Path, *, again: Callable[..., Any], figures: Mapping[str, Any]) -> int:
    """Draw figures and pages of a results folder anew.

    Parameters
    ----------
    folder : pathlib.Path
    again : callable
        Runs a command of ``sustain``, by its words.
    figures : mapping
        ``figure_format``, list of str or None, and ``figure_width``, str or None, as they were asked for.

    Returns
    -------
    int
        Exit status: 1 when something could not be made.

    Raises
    ------
    BadInput
        When the folder is damaged, or cannot be drawn anew.
    """
    from sim.store.reader import check_folder, read_manifest

    manifest = read_manifest(folder)
    drawn = {str(folder / name) for name in manifest["files"] if is_page(name)}
    problems = [problem for problem in check_folder(folder, deep=True) if problem.where not in drawn]
    if problems:
        raise BadInput(problems)
    kind = manifest.get("kind")
    if kind is None:
        from experiments.runs.actions import draw_run

        return draw_run(folder)
    if kind == "compare":
        return _compared(folder, manifest)
    words = _words(folder, manifest)
    before = _numbers(manifest)
    for name, option in (("figure_format", "--figure-format"), ("figure_width", "--figure-width")):
        given = figures.get(name) or []
        words += [word for value in ([given] if isinstance(given, str) else given) for word in (option, value)]
    with redrawing(), redirect_stdout(StringIO()):
        status = again([words[0], "--out", str(folder), *words[1:]], standalone_mode=False)
    if isinstance(status, int) and status > 1:
        print(f"{folder}: its pages are as they were", file=sys.stderr)
        return status
    return _told(folder, before, read_manifest(folder))


def is_page(name: str) -> bool:
    """Whether a file of a results folder is a page or a figure, which nothing else is made from.

    Parameters
    ----------
    name : str
        Relative, with forward slashes.
    """
    path = PurePosixPath(name)
    return path.suffix == ".html" or path.parts[0] in _PAGES


def _words(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Words of the command that takes a folder up again.

    Raises
    ------
    BadInput
        When there is none.
    """
    kind, given = manifest["kind"], manifest.get("command")
    if kind == "sweep":
        return _merging(folder)
    allowed = f"the folder of a run, or of {', '.join(['compare', 'sweep', *STUDIES.values()])}"
    if kind == "checks":
        hint = f"`sustain recover {folder.parent}` checks the calibration anew"
        raise BadInput([Problem(str(folder), "checks of a calibration hold no runs to be drawn from", allowed, hint)])
    if not isinstance(kind, str) or kind not in STUDIES:
        raise BadInput([Problem(str(folder), f"this is the folder of a study that is not known ({kind!r})", allowed)])
    words = [str(word) for word in given] if isinstance(given, list) else []
    if not words or words[0] != STUDIES[kind]:
        what = "the folder does not say which command made it: a program did, or an older version"
        hint = f"`sustain {STUDIES[kind]} --out {folder}`, asked the same as before, makes what is missing of its pages"
        raise BadInput([Problem(str(folder), what, allowed, hint)])
    return lasting(words)


def _merging(folder: Path) -> list[str]:
    """Words that make pages of a sweep of which nothing is missing.

    Raises
    ------
    BadInput
        When something is missing: its tables say so, and cannot be gathered without.
    """
    from experiments.sweeps.merging import missing_jobs

    missing = missing_jobs(folder)
    if missing:
        hint = "the same `sustain sweep` as before does them, and draws the pages"
        raise BadInput([Problem(str(folder), f"{missing} of its jobs are missing", "the folder of a whole sweep", hint)])
    return ["merge", str(folder)]


def _compared(folder: Path, manifest: Mapping[str, Any]) -> int:
    from experiments.comparing.redrawing import redraw as drawn

    total = int(manifest["replicates"]) * len(manifest["settings"]["scenarios"])
    with terminal.ProgressShown(total, "compare", unit="runs") as progress:
        pages = drawn(folder, progress=progress)
    print(f"Report: {folder / 'report.html'}")
    return pages.status


def _numbers(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Hashes of tables, those too that are written as CSV only."""
    tables = {name: table["data_hash"] for name, table in manifest["tables"].items()}
    return tables | {name: entry["hash"] for name, entry in manifest["files"].items() if name.endswith(".csv")}


def _told(folder: Path, before: Mapping[str, str], manifest: Mapping[str, Any]) -> int:
    """Say what came of it; gives the exit status."""
    now = _numbers(manifest)
    other = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    if other:
        print(f"{folder}: tables came out otherwise: {', '.join(other)}", file=sys.stderr)
    made = [path for path in (folder / "report.html", folder / "figures") if path.exists()]
    print(f"{'Report' if made[0].suffix else 'Figures'}: {made[0]}" if made else "nothing could be drawn")
    return 1 if other or not made or manifest.get("not_made") else 0
