"""One self-contained page on one's own service: what may come, how sure it is, policies, the description, what was seen."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.kit.page import quick_note, write_study_page
from experiments.mine import words
from experiments.mine.asked import Asked
from experiments.mine.figures import draw_all, glance
from experiments.mine.finding import Findings
from experiments.mine.forecasting import TOLD
from sim.figures.style import Pictures
from sim.remake import FIGURES, REPORT
from sim.report.answers import answer_or_none
from sim.report.pages import Page, figures, identity
from sim.report.sentences import count
from sim.report.tables import Cell, Grid


def write_report(folder: Path, findings: Findings, *, manifest: Mapping[str, Any], name: str, asked: Asked) -> Pictures:
    """Write ``report.html`` and the figures.

    Parameters
    ----------
    folder : pathlib.Path
    findings : Findings
    manifest : mapping
    name : str
        What the folder will be called.
    asked : Asked

    Returns
    -------
    Pictures
        Those in it, with those that could not be drawn.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    question, found = findings.question, words.summary(findings)
    pictures = draw_all(folder / FIGURES, findings)
    page = Page(
        title=words.title_of(question),
        kind="my service",
        question=question.mine.scenario.question,
        answer=words.answer(findings),
        picture=answer_or_none(pictures, lambda: glance(findings)),
        bullets=[one for one in found["reading"] if one not in (words.answer(findings), words.luck(findings), words.ASSUMED)],
        sure=words.how_sure(findings),
        quick=quick_note(type(asked), {"histories": question.histories, "futures": question.futures}),
        size=f"{count(findings.match.tried)} histories, of which {count(len(findings.match.kept))} match; "
        f"{question.months} months from training",
        census=str(manifest.get("census", "")),
        provenance=identity(
            manifest, ("Seed", question.seed), ("Ensemble", question.ensemble.name), ("Horizon", f"{question.months} months")
        ),
    )
    write_study_page(
        folder / REPORT,
        page,
        "mine.html.j2",
        room=__file__,
        meanings=words.measures_in_words(),
        seen=_seen(found),
        forecast=_forecast(found),
        policies=_policies(found),
        descriptions=_descriptions(found),
        pictures={one.name: one for one in figures(pictures)},
        folder_name=name,
    )
    return pictures


def _seen(found: Mapping[str, Any]) -> Grid | None:
    if not found["seen"]:
        return None
    rows = tuple(
        (
            one["observation"],
            (Cell(f"{100 * one['agree_alone']:.2g} %", bar=one["agree_alone"]), Cell(count(one["matched_without"]))),
        )
        for one in found["seen"]
    )
    heads = ("What was seen", "Histories that agree with it alone", "Histories that would match without it")
    return Grid("seen-table", "What was seen, and how many histories agree", heads, rows, total=False)


def _forecast(found: Mapping[str, Any]) -> Grid:
    rows = tuple(
        (str(one["month"]), tuple(Cell(words.interval(one[name]), bar=one[name]["mean"]) for name in TOLD))
        for one in found["forecast"]
    )
    heads = ("Month", *(words.NAMED[name].capitalize() for name in TOLD))
    note = "Share of the futures of the kept histories, with its 95 % interval. The first row is now."
    return Grid("forecast-table", "What may come", heads, rows, note, total=False)


def _policies(found: Mapping[str, Any]) -> Grid:
    rows = tuple(
        (
            one["title"],
            (Cell(words.points(one["kept_going"])), Cell(words.points(one["operating"])),
             *(Cell(words.signed(one["hours_a_year"][kind])) for kind in ("support", "leader", "supervision", "practitioner"))),
        )
        for one in found["policies"]
    )  # fmt: skip
    heads = (
        "Policy from now on",
        "Kept going",
        "Operating",
        "Hours of support",
        "of them leaders’",
        "of them supervision",
        "Practitioners’ hours",
    )
    note = (
        "Changes in percentage points at the horizon, with 95 % intervals: the same histories and the same luck with the policy "
        "and without. Hours are more hours a year. A champion’s are among the practitioners’. What workshops and coaching of a "
        "leadership programme take is not counted by the runs: its file among the shipped scenarios says more."
    )
    return Grid("policies-table", "What policies from now on would change", heads, rows, note, total=False)


def _descriptions(found: Mapping[str, Any]) -> Grid | None:
    if not found["descriptions"]:
        return None
    rows = tuple(
        (
            one["part"].replace("_", " "),
            (Cell(words.shown(one["own"])), Cell(words.shown(one["other"])), Cell(f"{one['matched']:,} of {one['tried']:,}"),
             Cell(words.points(one["kept_going"])), Cell(words.points(one["operating"]))),
        )
        for one in found["descriptions"]
    )  # fmt: skip
    heads = ("Part", "Described", "Instead", "Matched", "Kept going", "Operating")
    note = (
        "One part at a time is replaced by what another of the study’s nine services has, and histories are matched anew. "
        "Changes are in percentage points at the horizon, with 95 % intervals. A dash: too few histories match."
    )
    return Grid("descriptions-table", "The service described otherwise", heads, rows, note, total=False)
