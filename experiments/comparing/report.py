"""One self-contained page on a comparison: what came out, how sure it is, what differs, tables, figures, where it comes from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from experiments.comparing import answer, words
from experiments.comparing.asking import changes
from experiments.comparing.figures import draw_all
from experiments.comparing.finding import Findings
from experiments.comparing.quantities import difference_unit, main_names, told_outcome, unit_names
from experiments.kit.page import write_study_page
from experiments.kit.words import decimal
from sim.figures.drawings import CAVEAT_C, published
from sim.figures.style import Pictures
from sim.remake import FIGURES, REPORT
from sim.report.answers import answer_or_none
from sim.report.pages import Page, figures, identity
from sim.report.sentences import count, plural
from sim.report.tables import Cell, Grid

MOST_CHANGES: Final = 30
"""Differences between two scenarios that are listed at most."""


def write_report(folder: Path, findings: Findings, *, manifest: Mapping[str, Any], name: str) -> Pictures:
    """Write ``report.html`` and the figures.

    Parameters
    ----------
    folder : pathlib.Path
        ``report.html`` and ``figures/`` go into it.
    findings : Findings
    manifest : mapping
        As ``compare.json`` holds it.
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
    comparison = findings.comparison
    names = comparison.base.services
    pictures = draw_all(folder / FIGURES, findings)
    page = Page(
        title=words.title_of(findings),
        kind="comparison",
        question="What would be different, with the same people and the same luck?",
        answer=answer.answer(findings),
        picture=answer_or_none(pictures, lambda: answer.picture(findings)),
        bullets=words.came_out(findings),
        sure=answer.how_sure(findings),
        size=f"{plural(comparison.replicates, 'pair')} of runs for each comparison, {plural(len(names), 'service')}, "
        f"{comparison.months} months from training",
        census=str(manifest.get("census", "")),
        provenance=provenance(manifest, findings),
    )
    study = list(names) == published()["fidelity_month_12"]["scenario_services"]
    write_study_page(
        folder / REPORT,
        page,
        "compare.html.j2",
        room=__file__,
        caveat=CAVEAT_C.replace("this figure", "this comparison") if study else "",
        notes=comparison.notes,
        read=words.how_sure(findings),
        contrasts=[_contrast(findings, at) for at in findings.contrasts],
        scenarios=_scenarios(comparison.scenarios),
        pictures=figures(pictures),
        too_large=any(one is None for one in findings.pairs),
        folder_name=name,
    )
    return pictures


def _scenarios(scenarios: Sequence[Any]) -> list[tuple[str, str]]:
    """Scenarios by name, the base first."""
    return [(f"{one.name}{'' if at else ' (base)'}", f"{one.title}: {one.question}") for at, one in enumerate(scenarios)]


def _contrast(findings: Findings, contrast: int) -> dict[str, Any]:
    """What the page shows of one contrast."""
    return {
        "title": words.minus_base(findings, contrast),
        "changes": changes_table(findings, contrast),
        "main_table": main_table(findings, contrast),
        "unit_table": unit_table(findings, contrast),
        "all_table": all_table(findings, contrast),
    }


def changes_table(findings: Findings, contrast: int) -> Grid:
    """In what two scenarios differ."""
    differing = changes(findings.comparison, contrast)
    caption = "Everything in which the two scenarios differ."
    if len(differing) > MOST_CHANGES:
        caption = f"The first {MOST_CHANGES} of {len(differing)} differences."
    rows = [(where, (Cell("", a), Cell("", b), Cell(unit))) for where, a, b, unit in differing[:MOST_CHANGES]]
    heads = ("What", words.title_at(findings, 0), words.title_at(findings, contrast), "Unit")
    return Grid(f"changes-{contrast}", caption, heads, tuple(rows), total=False)


def _heads(findings: Findings, contrast: int) -> tuple[str, ...]:
    return (
        "Outcome", words.title_at(findings, 0), words.title_at(findings, contrast), "Difference", "Error", "Correlation",
        "Pairing", "Pairs", "Simulated runs for a small error",
    )  # fmt: skip


def _cells(findings: Findings, contrast: int, name: str) -> tuple[Cell, ...]:
    effect, outcome = findings.effect(contrast, name), told_outcome(name, findings.comparison.months)
    return (
        Cell(words.value(effect, outcome, "base")),
        Cell(words.value(effect, outcome, "other")),
        Cell(f"{words.difference(effect, outcome)} {difference_unit(outcome)}", words.interval(effect, outcome)),
        Cell(words.error(effect, outcome)),
        Cell(decimal(effect.correlation, 2)),
        Cell(words.times(effect)),
        Cell(count(effect.pairs)),
        Cell(words.needed(effect)),
    )


def _grid(findings: Findings, contrast: int, names: tuple[str, ...], kind: str, caption: str) -> Grid:
    months = findings.comparison.months
    rows = tuple((_title(name, months), _cells(findings, contrast, name)) for name in names)
    return Grid(f"{kind}-{contrast}", caption, _heads(findings, contrast), rows, total=False)


def _title(name: str, months: int) -> str:
    title = told_outcome(name, months).title
    return title[:1].upper() + title[1:]


def main_table(findings: Findings, contrast: int) -> Grid:
    """Main effects on the region."""
    caption = (
        "All services together. Difference: mean over pairs, below it the 95 % interval; error: its Monte Carlo standard error "
        "in the same unit; pairing: times as many runs it would take without pairs; pairs: in which both scenarios define the "
        f"outcome. Months kept going, patients and hours are counted from the start to month {findings.comparison.months}."
    )
    return _grid(findings, contrast, main_names(findings.comparison.months), "main", caption)


def all_table(findings: Findings, contrast: int) -> Grid:
    """Effects on every outcome of the region."""
    caption = "Every outcome of all services together, in the order of the tables; columns as above."
    return _grid(findings, contrast, tuple(findings.measured[0].region), "all", caption)


def unit_table(findings: Findings, contrast: int) -> Grid | None:
    """Differences in the main outcomes by service and number of posts; None for a single service."""
    if not findings.units:
        return None
    months = findings.comparison.months
    names = unit_names(months)
    rows = []
    for unit in findings.units:
        cells = []
        for name in names:
            effect, outcome = findings.effect(contrast, name, group=unit.group, unit=unit.name), told_outcome(name, months)
            cells.append(Cell(words.difference(effect, outcome), words.interval(effect, outcome)))
        posts = f"{unit.name} post{'' if unit.name == '1' else 's'} ({plural(len(unit.services), 'service')})"
        rows.append((unit.name if unit.group == "service" else posts, tuple(cells)))
    heads = ["Services"]
    for name in names:
        outcome = told_outcome(name, months)
        heads.append(f"{_title(name, months)} ({'points' if outcome.share else outcome.unit})")
    caption = (
        "By service, and by number of posts, since “at least half of the posts deliver” is easier or harder to meet by their "
        "number alone: difference, below it the 95 % interval; points are percentage points."
    )
    return Grid(f"units-{contrast}", caption, tuple(heads), tuple(rows), total=False)


def provenance(manifest: Mapping[str, Any], findings: Findings) -> list[tuple[str, str]]:
    """Names and values that identify what a page on a comparison shows.

    Parameters
    ----------
    manifest : mapping
        As ``compare.json`` holds it.
    findings : Findings
    """
    ensemble = manifest.get("ensemble") or {}
    return identity(
        manifest,
        ("Command", " ".join(manifest.get("command", ()))),
        ("Seed", manifest.get("seed")),
        ("Replicates", count(findings.comparison.replicates)),
        (
            "Ensemble",
            f"{ensemble['name']}: {count(ensemble['members'])} members, {ensemble['hash']}"
            if ensemble
            else "none: every replicate has the default values",
        ),
        *((f"Scenario {one['name']}", one["hash"]) for one in manifest.get("scenarios", ())),
        ("Started", manifest.get("started")),
    )
