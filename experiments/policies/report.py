"""One self-contained page on a policy search: what came out, what was asked, how sure it is, what is not said."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.kit.page import quick_note, write_study_page
from experiments.kit.words import in_worlds_short, minus
from experiments.policies.aims import Aim
from experiments.policies.asked import Asked
from experiments.policies.evaluating import MONTHS
from experiments.policies.figures import draw_all, glance
from experiments.policies.finding import LAST, Findings, Judged
from experiments.policies.ingredients import INGREDIENTS
from experiments.policies.prices import MEANINGS
from experiments.policies.settings import Settings
from experiments.policies.tables import beside, costs, runs_of
from experiments.policies.words import (
    answer,
    came_out,
    cost_words,
    how_sure,
    in_short,
    name_of,
    share,
    short_answer,
    spread_words,
    title_of,
    told_outcome,
)
from sim.ensembles import lacking, lacking_warnings
from sim.figures.style import Pictures
from sim.measures.hours import HOURS
from sim.remake import FIGURES, REPORT
from sim.report.answers import answer_or_none
from sim.report.pages import Page, facts, figures, identity, libraries
from sim.report.sentences import count, plural
from sim.report.tables import Cell, Grid
from sim.words import words


def write_report(folder: Path, findings: Findings, settings: Settings, *, manifest: Mapping[str, Any], name: str) -> Pictures:
    """Write ``report.html`` and the figures.

    Parameters
    ----------
    folder : pathlib.Path
        ``report.html`` and ``figures/`` go into it.
    findings : Findings
    settings : Settings
    manifest : mapping
        As ``sim.store.manifest.build_manifest`` gives it.
    name : str
        What the folder will be called.

    Returns
    -------
    Pictures
        Those in it, with those that could not be drawn.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    pictures = draw_all(folder / FIGURES, findings, settings)
    page = Page(
        title=title_of(settings),
        kind="policy search",
        question="Which policies, begun when and for how long, keep how many services, and what do they cost?",
        answer=short_answer(findings, settings),
        picture=answer_or_none(pictures, lambda: glance(findings, settings)),
        quick=quick_note(Asked, sizes_of(settings)),
        warnings=lacking_warnings(lacking(settings.ensemble.parameters)),
        bullets=in_short(findings, settings),
        sure=[spread_words(findings)],
        size=f"{plural(findings.evaluated, 'schedule')} tried, {count(len(findings.judged))} evaluated anew on "
        f"{plural(settings.check.worlds, 'plausible world')}",
        census=str(manifest.get("census", "")),
        provenance=_provenance(manifest, settings),
    )
    write_study_page(
        folder / REPORT,
        page,
        "policies.html.j2",
        room=__file__,
        frontier_table=frontier_table(findings, settings.aim),
        singles_table=singles_table(findings, settings.aim),
        beside_table=beside_table(findings, settings.aim),
        ingredient_table=ingredient_table(),
        pictures=figures(pictures),
        reading=[answer(findings, settings), *came_out(findings, settings)],
        sure=how_sure(findings, settings),
        hours=[(name, MEANINGS[name] + ("; not part of the price." if name == "delivering" else ".")) for name in HOURS],
        facts=_facts(findings, settings),
        base=settings.base,
        aim=settings.aim,
        months=MONTHS,
        asked=share(settings.share),
        folder_name=name,
    )
    return pictures


def sizes_of(settings: Settings) -> dict[str, float]:
    """Sizes of a search that make it quick, by the name of their option."""
    return {"evaluations": settings.evaluations, "worlds": settings.search.worlds, "check_worlds": settings.check.worlds}


def ingredient_table() -> Grid:
    """Ingredients with their doses."""
    rows = [(one.title, (Cell("", _doses(one.half)), Cell("", _doses(one.full)), Cell("", one.why))) for one in INGREDIENTS]
    caption = "Ingredients, with the doses of the levers that they move."
    return Grid("ingredients", caption, ("Ingredient", "Half dose", "Full dose", "Why so"), tuple(rows), total=False)


def _doses(levers: Mapping[str, float]) -> str:
    return ", ".join(f"{words(lever)} {dose:g}" for lever, dose in levers.items())


def _cells(findings: Findings, one: Judged) -> tuple[Cell, ...]:
    all_hours = sum(costs(findings, one).values())
    return (
        Cell(minus(f"{one.price:,.1f}"), cost_words(findings, one)),
        Cell(minus(f"{all_hours:,.0f}")),
        *(Cell(share(one.outcome.kept(month), error), bar=one.outcome.kept(month))
          for month, error in zip(MONTHS, one.errors, strict=True)),
        Cell(f"{one.outcome.months:.0f}"),
        Cell(in_worlds_short(one.above.normal, one.above.error, one.above.members), f"beta-binomial {share(one.above.beta)}"),
        Cell(f"{100 * one.regret.mean:.1f}", f"up to {100 * one.regret.tail:.0f}"),
    )  # fmt: skip


def _heads(aim: Aim) -> tuple[str, ...]:
    kept = (f"{aim.being[:1].upper()}{aim.being[1:]} {month}" for month in MONTHS)
    return (
        "Schedule", "Extra hours of support", "All extra hours", *kept, f"Months {aim.done}", "Worlds with the share asked for",
        "Regret",
    )  # fmt: skip


def _units(aim: Aim) -> str:
    return (
        f"Hours are for a service and year, beyond those of the base; months {aim.done} are those after month 12, of 72; regret "
        "is in percentage points, its mean and, small, what it is up to in nine worlds of ten; ± is one standard error over "
        "worlds."
    )


def frontier_table(findings: Findings, aim: Aim) -> Grid:
    """The schedules of the frontier, by price."""
    rows = []
    for one in findings.frontier:
        mark = " (the answer)" if one is findings.answer and findings.answered else ""
        rows.append((f"{one.frontier}{mark}: {one.outcome.schedule.words()}", _cells(findings, one)))
    if not findings.answer.frontier:
        what = "the answer" if findings.answered else "nearest to what is asked"
        rows.append((f"Off the frontier, {what}: {findings.answer.outcome.schedule.words()}", _cells(findings, findings.answer)))
    return Grid("frontier", f"The frontier. {_units(aim)}", _heads(aim), tuple(rows), total=False)


def beside_table(findings: Findings, aim: Aim) -> Grid:
    """What else becomes of services under the schedules of the frontier and with nothing added; the old stock last."""
    shown = list({id(one): one for one in (findings.base, *findings.frontier, findings.answer)}.values())
    rows = []
    for one in shown:
        cells = [Cell(share(value, error), bar=value) for value, error in (beside(findings, one, name) for name in aim.beside)]
        rows.append((name_of(one), tuple(cells)))
    heads = ("Schedule", *(f"{title[:1].upper()}{title[1:]}" for title in map(told_outcome, aim.beside)))
    caption = (
        f"What else becomes of services, at month {LAST}: with the base, the schedules of the frontier and the answer. The "
        "search does not ask for it. “Old stock” is what the first version of the model led with; ± is one standard error over "
        "worlds."
    )
    return Grid("beside", caption, heads, tuple(rows), total=False)


def singles_table(findings: Findings, aim: Aim) -> Grid:
    """Nothing, each ingredient alone, and the five best pairs."""
    found = [one for one in findings.judged if one.source in ("nothing", "single", "everything")]
    found += sorted((one for one in findings.judged if one.source == "pair"), key=lambda one: -one.outcome.kept(LAST))[:5]
    rows = []
    for one in found:
        made_of = one.outcome.schedule.words() if one.source != "everything" else "everything from month 12"
        rows.append((f"{made_of}{f' ({name_of(one)})' if one.frontier else ''}", _cells(findings, one)))
    caption = f"Each ingredient alone, everything, and the five pairs that keep most {aim.until} month {LAST}. {_units(aim)}"
    return Grid("singles", caption, _heads(aim), tuple(rows), total=False)


def _facts(findings: Findings, settings: Settings) -> list[tuple[str, str]]:
    return [
        ("Schedules tried", f"{count(findings.evaluated)}, by NSGA-II on price and the services kept to both months"),
        ("What counts as kept", f"{settings.aim.outcome}: services {settings.aim.being} a month"),
        ("Worlds of the search", f"{count(settings.search.worlds)}, {plural(settings.search.replicates, 'run')} in each"),
        ("Worlds of the check", f"{count(settings.check.worlds)}, {plural(settings.check.replicates, 'run')} in each"),
        ("Runs", count(runs_of(findings, settings))),
        ("Seeds", f"{settings.seed} of the search, {settings.check.seed} of the check"),
    ]


def _provenance(manifest: Mapping[str, Any], settings: Settings) -> list[tuple[str, str]]:
    return identity(
        manifest,
        ("Ensemble", f"{settings.ensemble.name} ({settings.ensemble.text_hash[:12]})"),
        ("Settings hash", manifest.get("plan_hash")),
    ) + facts(("Search", libraries(manifest.get("search") or {})))
