"""One self-contained page on a comparison: what came out, how sure it is, what differs, tables, figures, where it comes from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from experiments.comparing import words
from experiments.comparing.asking import changes
from experiments.comparing.figures import draw_all
from experiments.comparing.finding import Findings
from experiments.comparing.quantities import difference_unit, main_names, told, told_outcome, unit_names
from sim.figures.drawings import CAVEAT_C, published
from sim.figures.style import Pictures
from sim.remake import FIGURES, REPORT
from sim.report.pages import environment, inline
from sim.report.sentences import count, plural
from sim.report.tables import Cell, Grid

MOST_CHANGES: Final = 30
"""Differences between two scenarios that are listed at most."""
_TEMPLATES: Final = (
    Path(__file__).resolve().parent / "templates",
    Path(__file__).resolve().parents[1] / "sweeps" / "templates",
)


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
    templates = environment(*_TEMPLATES)
    pictures = draw_all(folder / FIGURES, findings)
    comparison = findings.comparison
    names = comparison.plans[0].service_names
    context = {
        "title": words.title_of(findings),
        "size": f"{plural(comparison.replicates, 'pair')} of runs for each comparison, {plural(len(names), 'service')}, "
        f"{comparison.months} months from training",
        "came_out": words.came_out(findings),
        "sure": words.how_sure(findings),
        "caveat": CAVEAT_C.replace("this figure", "this comparison")
        if list(names) == published()["fidelity_month_12"]["scenario_services"]
        else "",
        "notes": comparison.notes,
        "contrasts": [_contrast(findings, at) for at in findings.contrasts],
        "scenarios": [(one.name, one.title, one.question) for one in comparison.scenarios],
        "pictures": [(one, inline(one.svg)) for one in pictures],
        "too_large": any(one is None for one in findings.pairs),
        "facts": _facts(manifest, findings),
        "census": str(manifest.get("census", "")),
        "folder": name,
    }
    page = templates.get_template("compare.html.j2").render(**context)
    (folder / REPORT).write_text(page, encoding="utf-8", newline="\n")
    return pictures


def _contrast(findings: Findings, contrast: int) -> dict[str, Any]:
    """What the page shows of one contrast."""
    found = changes(findings.comparison, contrast)
    return {
        "title": f"{findings.comparison.names[contrast]} minus {findings.base}",
        "changes": found[:MOST_CHANGES],
        "more_changes": max(0, len(found) - MOST_CHANGES),
        "main_table": main_table(findings, contrast),
        "unit_table": unit_table(findings, contrast),
        "all_table": all_table(findings, contrast),
    }


def _heads(findings: Findings, contrast: int) -> tuple[str, ...]:
    return (
        "Outcome", findings.base, findings.comparison.names[contrast], "Difference", "Error", "Correlation", "Pairing",
        "Pairs", "Simulated runs for a small error",
    )  # fmt: skip


def _cells(findings: Findings, contrast: int, name: str) -> tuple[Cell, ...]:
    effect, outcome = findings.effect(contrast, name), told_outcome(name, findings.comparison.months)
    return (
        Cell(words.value(effect, outcome, "base")),
        Cell(words.value(effect, outcome, "other")),
        Cell(f"{words.difference(effect, outcome)} {difference_unit(outcome)}", words.interval(effect, outcome)),
        Cell(words.error(effect, outcome)),
        Cell(told(effect.correlation, 2)),
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
        f"outcome. Months sustained, patients and hours are counted from the start to month {findings.comparison.months}."
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


def _facts(manifest: Mapping[str, Any], findings: Findings) -> list[tuple[str, str]]:
    software, code, ensemble = (manifest.get(key) or {} for key in ("software", "code", "ensemble"))
    found = [
        ("Command", " ".join(manifest.get("command", ()))),
        ("Software", f"{software.get('name', '')} {software.get('version', '')}".strip()),
        ("Seed", manifest.get("seed", "")),
        ("Replicates", count(findings.comparison.replicates)),
        ("Ensemble", f"{ensemble['name']}: {count(ensemble['members'])} members, {ensemble['hash']}" if ensemble else "none"),
        *((f"Scenario {one['name']}", one["hash"]) for one in manifest.get("scenarios", ())),
        ("Code identity", code.get("identity", "")),
        ("Commit", (code.get("commit") or "") + (" (with changes)" if code.get("dirty") else "")),
        ("Started", manifest.get("started", "")),
    ]
    return [(label, str(text)) for label, text in found if str(text) != ""]
