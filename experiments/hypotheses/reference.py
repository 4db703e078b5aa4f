"""Keep a full run in the repository: ``python -m experiments.hypotheses.reference results/hypotheses``, for maintainers.

Copies report, pages, tables and record to ``results/reference/hypotheses``, with pictures that are small enough for a repository,
two of them to ``docs/images``, and writes ``docs/hypotheses.md`` anew.
"""

import base64
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from experiments.hypotheses.reading import read_hypothesis, shipped
from experiments.hypotheses.running import BESIDE, RECORD
from experiments.keeping.blocks import ROOT, small_picture
from experiments.keeping.kept import COLOURS
from sim.ensembles import PLAUSIBLE_FILE
from sim.problems import BadInput, Problem
from sim.report.pages import inline
from sim.store.folder import write_text_whole

REFERENCE: Final = ROOT / "results" / "reference" / "hypotheses"
IMAGES: Final = ROOT / "docs" / "images"
TABLES: Final = ("verdicts.csv", "effects.csv", "knockouts.csv", "arms.csv")
WHOLE: Final = (*TABLES, RECORD, "stated.json", "report.html")
FIGURES: Final = {"overview.png": "hypotheses.png", "h01-active-leadership-curve-1.png": "hypotheses-timing.png"}
"""Figures of the run, and under which name the document shows them."""


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


def keep(folder: Path, *, place: Path = REFERENCE, images: Path = IMAGES) -> None:
    """Keep a full run.

    Parameters
    ----------
    folder : pathlib.Path
        Of a finished `sustain hypotheses`.
    place, images : pathlib.Path
        Where it goes, and where figures go.

    Raises
    ------
    BadInput
        When it is no full run of what ships.
    """
    pages = [f"pages/{name}.html" for name in shipped()]
    lacking = [name for name in (*WHOLE, *pages, *(f"figures/{one}" for one in FIGURES)) if not (folder / name).is_file()]
    if RECORD in lacking:
        raise BadInput([Problem(str(folder), f"lacks {RECORD}", "the folder of a finished `sustain hypotheses`")])
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    problems = unfit(folder, record)
    if lacking and not problems:
        problems = [Problem(str(folder), f"lacks {', '.join(lacking)}", "the folder of a finished `sustain hypotheses`")]
    if problems:
        raise BadInput(problems)
    (place / "pages").mkdir(parents=True, exist_ok=True)
    small = {one.stem: small_picture(one, colours=COLOURS) for one in sorted((folder / "figures").glob("*.png"))}
    for name in (*WHOLE, *pages):
        text = (folder / name).read_text(encoding="utf-8")
        write_text_whole(place / name, with_small_pictures(text, folder / "figures", small) if name.endswith(".html") else text)
    for name, shown in FIGURES.items():
        (images / shown).write_bytes(small[Path(name).stem])


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


def main(arguments: Sequence[str]) -> int:
    """Keep the run that is asked for, and write the document anew."""
    from experiments.hypotheses import documents
    from experiments.keeping.blocks import main as write

    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    keep(Path(arguments[0]))
    return write([], path=ROOT / documents.DOCUMENT, blocks=documents.BLOCKS, module="experiments.hypotheses.documents")


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except BadInput as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
