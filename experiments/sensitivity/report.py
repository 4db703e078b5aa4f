"""One self-contained page on a sensitivity analysis: what was varied, what came out, how sure it is, what is not said."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from experiments.kit.page import quick_note, write_study_page
from experiments.kit.words import label_of, minus
from experiments.sensitivity.asked import Asked
from experiments.sensitivity.figures import draw_all, scale_of, unit_of
from experiments.sensitivity.finding import Findings
from experiments.sensitivity.glance import glance
from experiments.sensitivity.quantities import DIFFERENCE
from experiments.sensitivity.settings import Settings
from experiments.sensitivity.words import came_out, how_sure, in_short, listed, question_of, short_answer, title_of
from sim.ensembles import lacking, lacking_warnings
from sim.figures.style import Pictures
from sim.parameters import STATE_DEFINITIONS
from sim.remake import FIGURES, REPORT
from sim.report.answers import answer_or_none
from sim.report.pages import Page, facts, figures, identity, libraries
from sim.report.sentences import NBSP, count, plural
from sim.report.tables import Cell, Grid


def write_report(
    folder: Path, findings: Findings, settings: Settings, *, manifest: Mapping[str, Any], runs: int, failed: int, name: str
) -> Pictures:
    """Write ``report.html`` and the figures.

    Parameters
    ----------
    folder : pathlib.Path
        ``report.html`` and ``figures/`` go into it.
    findings : Findings
    settings : Settings
    manifest : mapping
        As ``sim.store.manifest.build_manifest`` gives it.
    runs, failed : int
        Of all stages.
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
    pictures = draw_all(folder / FIGURES, findings)
    page = Page(
        title=title_of(),
        kind="sensitivity report",
        question=question_of(settings),
        answer=short_answer(findings),
        picture=answer_or_none(pictures, lambda: glance(findings, settings)),
        quick=quick_note(Asked, {"screen": settings.trajectories, "base": settings.base, "replicates": settings.replicates}),
        warnings=lacking_warnings(lacking(settings.medoid)) if settings.medoid else (),
        bullets=in_short(findings),
        sure=how_sure(findings, runs=runs, failed=failed),
        size=f"{plural(runs, 'run')} of {plural(len(settings.scenarios), 'scenario')}, {settings.months} months from training",
        census=str(manifest.get("census", "")),
        provenance=_provenance(manifest, settings),
    )
    write_study_page(
        folder / REPORT,
        page,
        "sensitivity.html.j2",
        room=__file__,
        varied=varied(settings),
        fixed=fixed(findings, settings),
        facts=_facts(findings, settings, runs),
        scenarios=_scenarios(settings),
        indices_table=indices_table(findings),
        noise_table=noise_table(findings),
        survivors_table=survivors_table(findings),
        pictures=figures(pictures),
        came_out=came_out(findings)[2:],
        folder_name=name,
    )
    return pictures


def _scenarios(settings: Settings) -> list[tuple[str, str]]:
    """Scenarios, and what their difference is."""
    scenarios = [(f"{one.title} ({one.name})", one.question) for one in settings.scenarios]
    if len(settings.scenarios) > 1:
        scenarios.append((DIFFERENCE, "The second scenario minus the first, run by run with the same random numbers."))
    return scenarios


def varied(settings: Settings) -> list[str]:
    """Sentences on what was varied."""
    said = [
        f"{plural(len(settings.space), 'parameter')} at once, each evenly between its bounds and independently of the others."
    ]
    if settings.narrower:
        said.append(
            f"{count(settings.narrower)} of them have the narrower bounds of the file {settings.bounds}, not the table's."
        )
    said.append(
        f"First a screening along {plural(settings.trajectories, 'trajectory', 'trajectories')} of Morris, then shares of "
        f"variance (Sobol’ indices) for at most {count(settings.keep)} parameters from {count(settings.base)} base samples of "
        f"Saltelli, with {plural(settings.replicates, 'replicate')} a point; last, one parameter at a time at its bounds."
    )
    said.append(
        "Every point has the same random numbers, so that points differ by their parameters and, as far as runs go alike, "
        "not by luck."
    )
    return said


def fixed(findings: Findings, settings: Settings) -> list[str]:
    """Sentences on what was not varied, and where it stood."""
    said = []
    if not settings.definitions:
        names = listed([label_of(one) for one in STATE_DEFINITIONS])
        said.append(f"The definitions of outcomes were not varied: {names}. --definitions includes them.")
    if settings.held:
        names = listed([label_of(one) for one in settings.held])
        said.append(f"Nor were the parameters that a scenario sets, which are what it is about: {names}.")
    left = len(settings.space) - findings.kept
    base = "the values of the scenarios and the parameter table"
    if settings.ensemble:
        base = (
            f"the values of member {settings.medoid_row + 1} of the ensemble {settings.ensemble}, the one nearest to all others, "
            "and of the table where the ensemble sets nothing"
        )
    if findings.kept:
        said.append(f"For the shares of variance the other {count(left)} parameters stood at {base}.")
    said.append("Scenarios, services and switches stayed as they are; no structure of the model was varied, only its numbers.")
    return said


def _facts(findings: Findings, settings: Settings, runs: int) -> list[tuple[str, str]]:
    found = [
        ("Parameters varied", count(len(settings.space))),
        (
            "Screening",
            f"{plural(settings.trajectories, 'trajectory', 'trajectories')}, {count(len(findings.screen.points))} points",
        ),
    ]
    if findings.sample is not None:
        points = count(len(findings.sample.points))
        found.append(("Shares of variance", f"{plural(settings.base, 'base sample')}, {points} points"))
    if findings.alone is not None:
        found.append(
            ("One at a time", f"{count(1 + 2 * len(findings.alone.names))} points, {count(findings.alone.replicates)} replicates")
        )
    found += [
        ("Replicates", f"{count(settings.replicates)} at every point"),
        ("Months", str(settings.months)),
        ("Seed", str(settings.seed)),
        ("Runs", count(runs)),
    ]
    return found


def number(value: float, reach: float = math.nan, *, digits: int = 2) -> str:
    """Number with half the width of its interval.

    Examples
    --------
    >>> number(0.4261, 0.051).replace(chr(160), " ")
    '0.43 ± 0.05'
    """
    if math.isnan(value):
        return "–"
    text = minus(f"{value:.{digits}f}")
    return text if math.isnan(reach) else f"{text}{NBSP}±{NBSP}{reach:.{digits}f}"


def indices_table(findings: Findings) -> Grid | None:
    """Total and first-order indices of the surviving parameters for every outcome; None without any."""
    if not findings.indices:
        return None
    order = np.argsort(-np.nan_to_num(findings.indices[findings.headline].total), kind="stable").tolist()
    first = [findings.headline, *(one for one in findings.quantities if one is not findings.headline)]
    rows = []
    for at in order:
        cells = []
        for quantity in first:
            found = findings.indices[quantity]
            if found.important[at]:
                small = f"first {number(found.first[at], found.first_reach[at])}"
                total = number(found.total[at], found.total_reach[at])
                cells.append(Cell(total, small, float(np.clip(found.total[at], 0.0, 1.0))))
            else:
                cells.append(Cell(number(found.total[at])))
        rows.append((label_of(findings.survivors[at].name), tuple(cells)))
    heads = ("Parameter", *(one.title[:1].upper() + one.title[1:] for one in first))
    caption = (
        "Total index. Where its interval lies above the dummy’s: with a bar, half the 95 % interval after ±, and the index of "
        "first order below. All numbers are in the table sobol."
    )
    return Grid("indices", caption, heads, tuple(rows), total=False)


def noise_table(findings: Findings) -> Grid:
    """What chance does to each outcome."""
    rows = []
    for quantity in findings.quantities:
        screened, scale = findings.screened[quantity], scale_of(quantity)
        unit = unit_of(quantity)
        cells = [
            Cell(f"{scale * screened.noise.floor:.3g} {unit}"),
            Cell(f"{scale * float(screened.mu_star.max()):.3g} {unit}"),
            Cell(count(int(screened.above.sum()))),
        ]
        if findings.indices:
            found = findings.indices[quantity]
            share = "–" if math.isnan(found.noise.share) else f"{100 * found.noise.share:.0f}{NBSP}%"
            needed = f"--base {found.base_needed}" if found.base_needed else "–"
            cells += [Cell(share), Cell(number(found.noise.dummy, found.noise.dummy_reach)), Cell(needed)]
        rows.append((quantity.title[:1].upper() + quantity.title[1:], tuple(cells)))
    heads = ["Outcome", "Noise floor of the screening", "Largest effect (μ*)", "Parameters above"]
    if findings.indices:
        heads += ["Chance in the variance", "Total index of the dummy", "For ± 0.1"]
    caption = (
        "What chance does. The dummy is a parameter that the model is not given: where it moves, other random numbers are drawn."
    )
    return Grid("noise", caption, tuple(heads), tuple(rows), total=False)


def survivors_table(findings: Findings) -> Grid | None:
    """Parameters that passed the screening; None without any."""
    if not findings.passed:
        return None
    rows = []
    for at, one in enumerate(findings.passed[: findings.kept]):
        place = findings.space.names.index(one.name)
        unit = findings.space.units[place] if findings.space.units else ""
        bounds = minus(f"{findings.space.low[place]:.4g} to {findings.space.high[place]:.4g}") + (f" {unit}" if unit else "")
        size = Cell(f"{100 * one.size:.0f}{NBSP}%", bar=one.size)
        rows.append(
            (f"{at + 1}. {label_of(one.name)}", (Cell(bounds), size, Cell("", one.quantity.title), Cell(count(one.outcomes))))
        )
    caption = "Parameters that went on to the shares of variance, the largest of the screening first."
    left = [label_of(one.name) for one in findings.passed[findings.kept :]]
    if left:
        caption += f" Also above the noise, but not among the largest: {listed(left)}."
    heads = ("Parameter", "Bounds", "Effect, of the largest on that outcome", "Outcome it does most to", "Outcomes above noise")
    return Grid("survivors", caption, heads, tuple(rows), total=False)


def _provenance(manifest: Mapping[str, Any], settings: Settings) -> list[tuple[str, str]]:
    return identity(manifest, ("Seed", settings.seed), ("Settings hash", manifest.get("plan_hash"))) + facts(
        ("Analysis", libraries(manifest.get("analysis") or {}))
    )
