"""The explorer's page: the frame of every page, with its charts, its data and what reproduces it inside."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from app.compared import Compared, arm_of, frame_of, short_title, units_shown
from app.standalone import whole_page
from app.texts import texts_of
from experiments.comparing import answer, words
from experiments.comparing.report import provenance
from sim.figures.style import Pictures
from sim.report.answers import answer_or_none
from sim.report.pages import Page
from sim.report.sentences import plural

TEMPLATE: Final = Path(__file__).resolve().parent / "templates" / "explorer.html.j2"
MODULES: Final = ("texts", "frame", "dots", "charts", "pair", "explorer")
"""Modules in the order in which they need each other."""


def embedded(explored: Compared) -> dict[str, Any]:
    """Everything that the page's menus can show.

    Parameters
    ----------
    explored : Compared
    """
    units = range(len(units_shown(explored)))
    return frame_of(explored, units) | {"arms": [arm_of(explored, at, units) for at in explored.findings.contrasts]}


def page_of(explored: Compared, data: Mapping[str, Any], manifest: Mapping[str, Any], given: list[str]) -> str:
    """Text of the page.

    Parameters
    ----------
    explored : Compared
    data : mapping
        As :func:`embedded` gives it.
    manifest : mapping
        As :func:`experiments.comparing.running.about` gives it.
    given : list of str
        Words of the command that makes the page again.
    """
    findings, comparison = explored.findings, explored.comparison
    services, texts = len(comparison.base.services), texts_of("explorer")
    page = Page(
        title=texts["title"].format(title=comparison.scenarios[0].title),
        kind="explorer",
        question=texts["question"],
        answer=answer.answer(findings),
        picture=answer_or_none(Pictures(), lambda: answer.picture(findings)),
        sure=words.spread_of(findings, answer.best_of(findings)),
        size=f"{plural(comparison.replicates, 'pair')} of runs for each of {plural(len(findings.others), 'policy', 'policies')}, "
        f"{plural(services, 'service')}, {comparison.months} months from training",
        census=str(manifest["census"]),
        provenance=[("Command", shlex.join(given)), *provenance(manifest, findings)[1:]],
    )
    return whole_page(
        TEMPLATE,
        page,
        words="explorer",
        modules=MODULES,
        data=data,
        notes=comparison.notes,
        read=words.how_sure(findings),
        scenarios=[(short_title(explored, at), _question(explored, at)) for at in range(len(comparison.arms))],
    )


def _question(explored: Compared, at: int) -> str:
    """Question of a scenario, or of what is joined to the base."""
    base, one = (explored.comparison.scenarios[place].question for place in (0, at))
    return one.partition(base)[2].strip() or one
