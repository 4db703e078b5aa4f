"""One self-contained page on a scenario discovery: sentences, regions, figures, what the control says, what is not said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.discovery.analysing import Finding, Findings
from experiments.discovery.asked import Asked
from experiments.discovery.conditions import CONDITIONS, Input
from experiments.discovery.figures import glance
from experiments.discovery.finding import ALPHA, Region
from experiments.discovery.settings import Settings
from experiments.discovery.tables import levels
from experiments.discovery.trees import DEPTH, LEAST_LEAF, Node
from experiments.discovery.words import (
    chance,
    headline,
    how_sure,
    in_short,
    leaf_words,
    level_cells,
    meaning,
    per_cent,
    sentence,
    short_answer,
    title_of,
    warnings_of,
)
from experiments.discovery.workbench import LEAST_MASS, MOST_DIMENSIONS, PEELS, SIGNIFICANT
from experiments.kit.page import quick_note, write_study_page
from experiments.kit.words import label_of, outcome_of
from sim.ensembles import lacking, lacking_warnings
from sim.figures.style import Picture, Pictures
from sim.remake import REPORT
from sim.report.answers import answer_or_none
from sim.report.pages import Figure, Page, figures, libraries
from sim.report.sentences import count, plural
from sim.report.tables import Cell, Grid

_HEADINGS: Final = {"level": "Failure in level", "effect": "Failure in effect"}


@dataclass(frozen=True)
class Failing:
    """What the page says of one kind of failure."""

    name: str
    heading: str
    meaning: str
    frequency: str
    sentence: str
    sure: list[str]
    limits: Grid | None
    screened: str
    leaves: Grid | None
    pictures: list[Figure]


def write_report(
    folder: Path,
    findings: Findings,
    settings: Settings,
    pictures: Sequence[Pictures],
    *,
    about: Mapping[str, Any],
    name: str,
) -> None:
    """Write ``report.html``.

    Parameters
    ----------
    folder : pathlib.Path
    findings : Findings
    settings : Settings
    pictures : sequence of Pictures
        Of each finding; that the picture beside the answer could not be drawn is noted with the first.
    about : mapping
        What ``discovery.json`` says.
    name : str
        Of the folder.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    first, nouns = headline(findings), {one.name: one.noun for one in CONDITIONS}
    warned, sure = warnings_of(findings), how_sure(first, findings)
    page = Page(
        title=title_of(settings),
        kind="scenario discovery",
        question="In which conditions does it not keep the practice going, or hardly add anything?",
        answer=short_answer(first, settings, findings.worlds.known),
        picture=answer_or_none(pictures[0], lambda: glance(first, settings)),
        quick=quick_note(Asked, {"worlds": settings.worlds, "replicates": findings.replicates}),
        warnings=[*lacking_warnings(lacking(settings.ensemble.parameters)), *warned],
        bullets=in_short(findings, settings),
        sure=([one for one in sure if not any(one in said for said in warned)] or sure)[:2],
        size=f"{plural(len(findings.members), 'world')} with {plural(findings.replicates, 'replicate')} each of "
        f"“{settings.policy.title}” and “{settings.base.title}”, {settings.months} months from training",
        census=settings.policy.table.census(),
        provenance=_provenance(about),
    )
    write_study_page(
        folder / REPORT,
        page,
        "discovery.html.j2",
        room=__file__,
        failures=[_section(one, findings, settings, mine) for one, mine in zip(findings.each, pictures, strict=True)],
        levels=levels_table(findings, settings),
        conditions=_conditions(settings, findings),
        held="; ".join(f"{nouns[one]} ({why})" for one, why in settings.held.items()),
        how=how(settings),
        folder_name=name,
    )


def _section(finding: Finding, findings: Findings, settings: Settings, pictures: Sequence[Picture]) -> Failing:
    failed, worlds, known = int(finding.fails.sum()), len(finding.fails), findings.worlds.known
    region, text = finding.region, meaning(finding, settings)
    return Failing(
        name=finding.failure.name,
        heading=_HEADINGS[finding.failure.name],
        meaning=text[0].upper() + text[1:],
        frequency=f"So fail {count(failed)} of {plural(worlds, 'world')} ({per_cent(failed / worlds)}).",
        sentence=sentence(finding, findings, settings),
        sure=how_sure(finding, findings),
        limits=_limits(region, known, finding.failure.name) if region is not None and region.box.limits else None,
        screened=_screened(region, settings.offered),
        leaves=_leaves(finding.tree, known, finding.failure.name) if finding.tree is not None else None,
        pictures=figures(pictures),
    )


def _limits(region: Region, known: Mapping[str, Input], name: str) -> Grid:
    rows = []
    for one in region.box.limits:
        what = known[one.name]
        bounds = what.between(what.low, what.high)
        kind = "condition" if what.condition else f"parameter of the model, unknown beforehand: {what.note}"
        cells = (Cell(one.side), Cell(what.text(one.value)), Cell(bounds), Cell(chance(one.quasi_p)), Cell("", kind))
        rows.append((what.noun[0].upper() + what.noun[1:], cells))
    caption = (
        "Limits of the box, all of which hold at once. The quasi-p value is the probability of the box’s density on the half "
        "that it was found on if this limit did nothing; the search chose it, so it flatters."
    )
    return Grid(
        f"limits-{name}", caption, ("", "Side", "Limit", "Drawn between", "Quasi-p", "What it is"), tuple(rows), total=False
    )


def _screened(region: Region | None, offered: int) -> str:
    if region is None:
        return ""
    if not offered:
        return "No parameter of the ensemble was to be offered to the search: only conditions were."
    if not region.screened:
        return "No parameter of the ensemble passed the screening, so that only conditions were offered to the search."
    told = ", ".join(f"{label_of(one.name)} ({one.correlation:+.2f})" for one in region.screened)
    return f"Parameters that passed the screening, with their rank correlation with the outcome: {told}."


def _leaves(tree: Node, known: Mapping[str, Input], name: str) -> Grid:
    rows = []
    for path, leaf in tree.leaves():
        (worlds, failures), (others, theirs) = leaf.train, leaf.test
        text = leaf_words(path, known)
        own = failures / worlds if worlds else 0.0
        rows.append(
            (
                text[0].upper() + text[1:],
                (
                    Cell(count(worlds)),
                    Cell(per_cent(own), bar=own),
                    Cell(count(others)),
                    Cell(per_cent(theirs / others) if others else "–", bar=theirs / others if others else -1.0),
                ),
            )
        )
    caption = (
        "Leaves of the tree: worlds, and the share of them that fails, on the half that it was grown on and on the other half."
    )
    return Grid(
        f"leaves-{name}", caption, ("Where", "Worlds", "Fail", "Worlds, other half", "Fail there"), tuple(rows), total=False
    )


def levels_table(findings: Findings, settings: Settings) -> Grid:
    """What becomes of services in base and policy; what worlds fail by first, the old stock last."""
    rows = [
        (outcome_of(name, settings.months).heading, tuple(Cell(one) for one in level_cells(level)))
        for name, level in levels(findings).items()
    ]
    caption = (
        "What becomes of services, mean over all worlds; worlds fail by the first row. “Old stock” is what the first version of "
        "the model led with. Differences are in percentage points; ± is one standard error over worlds."
    )
    heads = ("Outcome", f"“{settings.base.title}”", f"“{settings.policy.title}”", "Difference")
    return Grid("levels", caption, heads, tuple(rows), total=False)


def _conditions(settings: Settings, findings: Findings) -> Grid:
    ways = {"field": "every service, at the start", "lever": "every service, at all times", "parameter": "the model"}
    rows = []
    for one in settings.conditions:
        what = findings.worlds.known[one.name]
        cells = (Cell(what.between(what.low, what.high)), Cell("", ways[one.kind]), Cell("", one.why))
        rows.append((what.noun[0].upper() + what.noun[1:], cells))
    heads = ("Condition", "Drawn between", "Set in", "Why these bounds")
    return Grid("conditions-table", "Conditions, their bounds, and where they are set.", heads, tuple(rows), total=False)


def how(settings: Settings) -> list[str]:
    """Sentences on the method, with its settings."""
    peels = " and ".join((", ".join(per_cent(one) for one in PEELS[:-1]), per_cent(PEELS[-1])))
    return [
        (
            "A world is a member of the plausible ensemble with a draw of the conditions. Policy and base have the same random "
            "numbers in each of its replicates; no two worlds share theirs."
        ),
        (
            "One half of the worlds, at random, is for finding and the other for proof; worlds of the same member of the "
            "ensemble stay on one side."
        ),
        "No parameter of the ensemble was offered, only conditions."
        if not settings.offered
        else (
            f"On the first half, parameters of the ensemble are screened by rank correlation with the outcome (Bonferroni, "
            f"{ALPHA:g}); the {settings.offered} strongest of those that pass are offered beside the conditions."
        ),
        (
            f"PRIM (patient rule induction) is run over all that is offered, then again over the {MOST_DIMENSIONS} inputs whose "
            f"limits were most significant, with peels of {peels}; a box holds at least {per_cent(LEAST_MASS)} of the worlds."
        ),
        (
            f"From every box the limits with a quasi-p value above {SIGNIFICANT:g} are taken away. Of all boxes the one is "
            "chosen that agrees best with the failures (phi, the correlation between lying in the box and failing)."
        ),
        (
            "Limits are rounded before anything is counted, so that the sentences say what was counted. A box holds if, on the "
            f"other half, more worlds fail in it than chance would have it (p below {ALPHA:g})."
        ),
        f"The control deals the outcomes out at random and does all of this again, {plural(settings.shuffles, 'time')}.",
        f"The tree (CART) has {DEPTH} levels of questions at most; a leaf has at least {per_cent(LEAST_LEAF)} of the first half.",
    ]


def _provenance(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    settings = about["settings"]
    return [
        ("Software", f"practice-sustainment {about['version']}"),
        ("Seed", str(settings["seed"])),
        ("Ensemble", f"{settings['ensemble']} ({settings['ensemble_hash'][:12]})"),
        ("Scenarios’ hash", settings["scenarios_hash"]),
        ("Code identity", settings["code"]),
        ("Libraries", libraries(about["libraries"])),
        ("Made", about["made"]),
    ]
