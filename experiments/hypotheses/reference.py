"""A full run that is kept with the source: report, pages, tables and record, with pictures small enough for a repository."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from experiments.hypotheses.reading import read_hypothesis, shipped
from experiments.hypotheses.running import BESIDE, RECORD
from experiments.keeping.kept import files_of, finished, keep_picture, replacing, small_picture
from sim.ensembles import PLAUSIBLE_FILE
from sim.problems import BadInput, Problem
from sim.remake import FIGURES
from sim.report.pages import inline
from sim.store.folder import write_text_whole

REFERENCE: Final = "results/reference/hypotheses"
"""The full run that the document tells of, within the repository."""
COMMAND: Final = "hypotheses"
TABLES: Final = ("verdicts.csv", "effects.csv", "knockouts.csv", "prior.csv", "stability.csv", "former.csv", "arms.csv")
WHOLE: Final = (*TABLES, RECORD, "stated.json", "report.html")
PICTURES: Final = {
    "overview.png": "docs/images/hypotheses.png",
    "h01-active-leadership-curve-1.png": "docs/images/hypotheses-timing.png",
}
"""Figures that the document shows, and where they lie."""


def unfit(folder: Path, record: dict[str, Any]) -> list[Problem]:
    """Why a run cannot be the one that the document tells of; nothing when it can.

    Parameters
    ----------
    folder : pathlib.Path
    record : dict
        As ``hypotheses.json`` holds it.
    """
    from sim.ensembles import read_ensemble

    where, problems = str(folder), []
    ran = {one["name"]: one for one in record["hypotheses"]}
    for name in shipped():
        now = read_hypothesis(name)
        one = ran.pop(name, None)
        if one is None:
            problems.append(Problem(where, f"lacks {name}", "all that ship", "run `sustain hypotheses`"))
        elif one["hash"] != now.hash or one["scenarios"] != {arm: scenario.hash for arm, scenario in now.arms.items()}:
            problems.append(Problem(where, f"{name} or a scenario of its arms was edited since", "the texts as they are"))
        elif one["edited_after"] and not one["edited_after"].endswith(BESIDE):
            problems.append(Problem(where, f"{name} was edited after it had run there", "a folder of its own for every wording"))
    problems += [Problem(where, f"has {name} besides", "those that ship") for name in ran]
    if any(record["sizes"].values()):
        problems.append(Problem(where, "was run with other sizes than the files'", "`sustain hypotheses` as it is"))
    if record["ensemble"]["hash"] != read_ensemble().text_hash:
        problems.append(Problem(where, "was run over another ensemble", f"the shipped one, {PLAUSIBLE_FILE.name}"))
    problems += [Problem(where, f"a control did not behave: {one}", "controls that do") for one in record["controls"]["problems"]]
    return problems


def keep(folder: Path, root: Path) -> list[Path]:
    """Keep a full run; see :class:`experiments.documents.Chapter`."""
    record = finished(folder, RECORD, COMMAND)
    pages = [f"pages/{name}.html" for name in shipped()]
    lacking = [name for name in (*WHOLE, *pages, *(f"figures/{figure}" for figure in PICTURES)) if not (folder / name).is_file()]
    problems = unfit(folder, record)
    if lacking and not problems:
        problems = [Problem(str(folder), f"lacks {', '.join(lacking)}", "the folder of a finished `sustain hypotheses`")]
    if problems:
        raise BadInput(problems)
    small = {drawn.stem: small_picture(drawn) for drawn in sorted((folder / FIGURES).glob("*.png"))}
    with replacing(root / REFERENCE) as place:
        (place / "pages").mkdir()
        for name in (*WHOLE, *pages):
            text = (folder / name).read_text(encoding="utf-8")
            write_text_whole(place / name, with_small_pictures(text, folder / FIGURES, small) if name.endswith(".html") else text)
    written = files_of(root / REFERENCE)
    for name, shown in PICTURES.items():
        written += keep_picture(folder / FIGURES / name, root / shown)
    return written


def with_small_pictures(page: str, figures: Path, small: Mapping[str, bytes]) -> str:
    """Page with the PNG of every figure in the place of its SVG, which takes three times the room.

    Parameters
    ----------
    page : str
    figures : pathlib.Path
        Folder of the figures, each as SVG too.
    small : mapping of str to bytes
        PNG by name of the figure.
    """
    for name, picture in small.items():
        drawn = figures / f"{name}.svg"
        if drawn.is_file():
            page = page.replace(inline(drawn), "data:image/png;base64," + base64.b64encode(picture).decode("ascii"))
    return page
