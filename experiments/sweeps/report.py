"""One self-contained page on a sweep: what was run, what came out, figures by design, how many replicates, failures."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.kit.page import write_study_page
from experiments.kit.words import Outcome, decimal, label_of, mean_and_error
from experiments.sweeps import report_tables as tables
from experiments.sweeps.digest import Digest, ShownFactor
from experiments.sweeps.effects import (
    BY_LEVELS,
    Effect,
    by_level,
    correlations,
    from_base,
    largest,
    leading,
    strengths,
    strongest,
)
from experiments.sweeps.figures import draw_all
from experiments.sweeps.glance import glance
from experiments.sweeps.pairs import Runs
from experiments.sweeps.study import from_machine_form
from experiments.worlds.spread import OverWorlds
from sim.figures.style import Pictures
from sim.remake import FIGURES, REPORT
from sim.report.answers import answer_or_none
from sim.report.pages import Page, figures, identity
from sim.report.sentences import count, plural

if TYPE_CHECKING:
    import pandas as pd


_DESIGNS: Final[Mapping[str, str]] = {
    "factorial": "full factorial: every level of each factor with every level of the others",
    "latin-hypercube": "Latin hypercube: values spread evenly over each factor’s range",
    "sobol": "Sobol’ sequence: values spread evenly over all factors together",
    "one-at-a-time": "one at a time: the scenario as it is, then each level of each factor alone",
    "table": "a table of points that the study names",
    "": "the scenarios as they are",
}


def write_sweep_report(
    folder: Path,
    *,
    study: Mapping[str, Any],
    frames: Mapping[str, "pd.DataFrame"],
    manifest: Mapping[str, Any],
    name: str,
    runs: Runs | None = None,
) -> Pictures:
    """Write ``report.html`` and the figures of a sweep into its results folder.

    Parameters
    ----------
    folder : pathlib.Path
        ``report.html`` and ``figures/`` go into it.
    study : mapping
        Machine form of the study, as ``study.json`` holds it.
    frames : mapping of str to pandas.DataFrame
        Gathered tables: ``summary``, and whichever of ``tallies``, ``survival_counts``, ``fidelity_counts`` and ``failures``
        there are. Not changed.
    manifest : mapping
        Of the sweep: ``software``, ``code``, ``versions``, ``census``, ``engine``, ``study_hash``, ``started``, ``ended``,
        ``failed``; keys that are missing are left out of the report.
    name : str
        What the folder is called.
    runs : callable, optional
        Gives the value of an outcome in every run; without it only means are known, which tell differences less well.

    Returns
    -------
    Pictures
        Those in it, with those that could not be drawn.

    Raises
    ------
    sim.problems.BadInput, KeyError, pydantic.ValidationError
        When ``study`` is no machine form of a study.
    OSError
        If a file cannot be written.
    """
    digest = Digest(from_machine_form(study), frames, failed=manifest.get("failed"), runs=runs)
    pictures = draw_all(Path(folder) / FIGURES, digest)
    answer, *more = came_out(digest)
    page = Page(
        title=title_of(digest),
        kind="sweep report",
        question=digest.study.question,
        answer=answer,
        picture=answer_or_none(pictures, lambda: glance(digest)) if digest.outcomes else None,
        bullets=more,
        sure=how_sure(digest),
        size=f"{_size(digest)}; {digest.months} months from training",
        census=str(manifest.get("census", "")),
        provenance=_provenance(digest, manifest),
    )
    content = _content(digest, pictures)
    write_study_page(Path(folder) / REPORT, page, "sweep.html.j2", room=__file__, folder_name=name, **content)
    return pictures


def title_of(digest: Digest) -> str:
    """Title of the study, with the number of runs that failed if any did."""
    if not digest.failed:
        return digest.study.title
    return f"{digest.study.title} — {count(digest.failed)} of {plural(digest.total, 'run')} failed"


def _content(digest: Digest, pictures: Pictures) -> dict[str, Any]:
    """What the sections show."""
    some = bool(digest.outcomes)
    return {
        "facts": _facts(digest),
        "scenarios": [(f"{one.title} ({one.name})", one.question) for one in digest.study.scenarios],
        "factor_table": tables.factors_table(digest),
        "main_table": tables.main_table(digest) if some else None,
        "points_table": tables.points_table(digest) if some else None,
        "correlation_tables": tables.correlation_tables(digest) if some else [],
        "pictures": figures(pictures),
        "replicates_table": tables.replicates_table(digest) if some else None,
        "runs_each": digest.study.runs,
        "members": digest.study.members,
        "worlds": digest.study.ensemble.members if digest.study.ensemble and not digest.study.every_member else 0,
        "failure_table": tables.failure_table(digest),
        "failure_kinds": tables.kinds_of_failure(digest),
        "failed": digest.failed,
        "total": digest.total,
    }


def _size(digest: Digest) -> str:
    """How many runs, and of what."""
    parts = [plural(len(digest.names), "scenario"), plural(digest.points, "design point")]
    if digest.study.members > 1:
        parts.append(plural(digest.study.members, "ensemble member"))
    parts.append(plural(digest.study.replicates, "replicate"))
    return f"{plural(digest.total, 'run')}: {' × '.join(parts)}"


def came_out(digest: Digest) -> list[str]:
    """Sentences on what came out, with their numbers, the most asked first."""
    if not digest.outcomes:
        return [f"None of {plural(digest.total, 'run')} gave an outcome."]
    outcome = (digest.varying or digest.headlines)[0]
    said = [_most(digest, outcome)] if digest.factors and digest.varying else []
    said.append(_range(digest, outcome))
    if digest.failed:
        said.append(
            f"{plural(digest.failed, 'run')} failed and {'is' if digest.failed == 1 else 'are'} in no figure and no table."
        )
    return said


def _range(digest: Digest, outcome: Outcome) -> str:
    """Lowest and highest mean of an outcome over scenarios and points."""
    mean, mcse, _ = digest.values(outcome.name)
    low, high = int(np.nanargmin(mean)), int(np.nanargmax(mean))

    def at(place: int) -> str:
        scenario, point = divmod(place, digest.points)
        where = [f"“{digest.study.scenarios[scenario].title}”"] if len(digest.names) > 1 else []
        if digest.points > 1:
            where.append(
                digest.setting(point) if len(digest.factors) <= 3 or digest.kind == "one-at-a-time" else f"point {point:,}"
            )
        # an error of 0, the same in every run, would look like certainty
        value = mean_and_error(outcome, float(mean.flat[place]), float(mcse.flat[place]) or math.nan)
        return value + (f" ({'; '.join(where)})" if where else "")

    if low == high or mean.flat[low] == mean.flat[high]:
        return f"{outcome.heading}: {at(low)}" + (" everywhere." if mean.size > 1 else ".")
    return f"{outcome.heading}: from {at(low)} to {at(high)}."


def _most(digest: Digest, outcome: Outcome) -> str:
    """Which factor does most to an outcome, or that none can be told to do more than chance."""
    factor, sure = leading(digest, outcome.name)
    if not sure:
        return _none(digest, outcome)
    first = strongest(digest, outcome.name, 1)[0]
    unsure = f" “{first.title}” seems to do more, but no more than chance could." if first is not factor else ""
    at = digest.factors.index(factor)
    if digest.kind in BY_LEVELS:
        return _by_levels(digest, outcome, factor, largest(digest, outcome.name)[at]) + unsure
    found = correlations(digest, outcome.name).value[:, at]
    low, high = f"{np.nanmin(found):+.2f}", f"{np.nanmax(found):+.2f}"
    value = (low if low == high else f"{low} to {high}").replace("-", "\N{MINUS SIGN}")
    kind = "rank correlation" if factor.ordered else "correlation ratio"
    return f"Of the factors, “{factor.title}” goes most closely with “{outcome.title}” ({kind} {value}).{unsure}"


def _none(digest: Digest, outcome: Outcome) -> str:
    """That no factor can be told to do anything, and how far that can be told at all."""
    if digest.kind not in BY_LEVELS:
        return f"No factor goes with “{outcome.title}” more closely than chance could make it."
    _, mcse, runs = digest.values(outcome.name)
    if np.all(np.isnan(mcse)) or not any(strengths(digest, outcome.name).tolist()):
        return f"Too few runs have an outcome to say which factor moves “{outcome.title}” by more than chance could."
    if digest.runs is None:
        return (
            f"No factor moves “{outcome.title}” so much that means alone tell it from chance; pairs of runs with the same luck "
            "would tell more, and none are at hand."
        )
    many = plural(int(runs.max()), "run")
    return f"No factor moves “{outcome.title}” by more than chance could, as far as {many} of each point can tell."


def _by_levels(digest: Digest, outcome: Outcome, factor: ShownFactor, found: Effect) -> str:
    """The largest sure difference between levels of a factor."""
    size = mean_and_error(outcome, found.size, found.error)
    how = size.replace(" %", " percentage points").replace("\N{NO-BREAK SPACE}%", " percentage points")
    if " ± " in how.replace("\N{NO-BREAK SPACE}", " ") and outcome.share:
        how = how.replace(" percentage points", "", 1) + " percentage points"
    how += "" if outcome.share or not outcome.unit else f" ({outcome.unit})"
    where = f", with “{digest.study.scenarios[found.scenario].title}”" if len(digest.names) > 1 else ""
    if digest.kind == "one-at-a-time":
        return f"Moved alone, “{factor.title}” does most to “{outcome.title}”: it changes it by up to {how}{where}."
    others = ", averaged over the other factors" if len(digest.factors) > 1 else ""
    means = by_level(digest, factor, outcome.name).mean[found.scenario]
    if {int(np.nanargmin(means)), int(np.nanargmax(means))} == set(found.levels):
        between = "its lowest and highest mean"
    else:
        between = " and ".join(f"“{factor.text(factor.levels[at])}”" for at in sorted(found.levels))
    return f"Of the factors, “{factor.title}” does most to “{outcome.title}”: {how} between {between}{others}{where}."


def how_sure(digest: Digest) -> list[str]:
    """How far plausible worlds differ in what the answer says, and what “±” is."""
    if not digest.outcomes:
        return []
    noise = "“±” is the Monte Carlo standard error: what other random draws and other sets of values would change."
    if digest.study.ensemble is None:
        return [
            "All runs have the default values: plausible worlds are not looked at.",
            "“±” is the Monte Carlo standard error: what other random draws would change.",
        ]
    outcome = (digest.varying or digest.headlines)[0]
    paired = digest.paired(outcome.name) if digest.kind in BY_LEVELS and digest.varying else None
    if paired is None:
        return ["Each run has one of many plausible sets of values: luck and plausible worlds are taken together.", noise]
    factor, sure = leading(digest, outcome.name)
    found = largest(digest, outcome.name)[digest.factors.index(factor)]
    if not sure or not found.levels:
        return ["So few runs do not tell how far plausible worlds differ.", noise]
    at, size = found.scenario, found.size
    if not found.levels[1:]:  # against the scenario as it is, a level may be below
        size = float(from_base(digest, factor, outcome.name).mean[at, found.levels[0]])
    return [_between_worlds(paired.over_worlds(at, factor, found.levels, size), outcome), noise]


def _between_worlds(found: OverWorlds | None, outcome: Outcome) -> str:
    """Sentence on how far worlds, or runs, differ in a difference."""
    if found is None or not found.enough:
        return "So few runs do not tell how far plausible worlds differ."
    scale, digits = (100.0, 0) if outcome.share else (1.0, 2)
    low, high = (decimal(scale * one, digits, signed=True) for one in (found.low, found.high))
    unit = "percentage points" if outcome.share else outcome.unit
    if found.apart:
        return f"Nine of ten plausible worlds lie between {low} and {high} {unit} for that difference, with luck taken out."
    return (
        f"Nine of ten runs lie between {low} and {high} {unit} for that difference: each has plausible values and luck of its "
        "own, and so few runs of the same world do not tell the two apart."
    )


def _facts(digest: Digest) -> list[tuple[str, str]]:
    """What was run, as pairs of label and text."""
    study = digest.study
    found = [
        ("Design", _DESIGNS.get(digest.kind, digest.kind)),
        ("Design points", count(digest.points)),
        (
            "Replicates",
            f"{count(study.replicates)} for each scenario{', point and member' if study.members > 1 else ' and point'}",
        ),
    ]
    values = study.values_in_words
    if study.overridden:
        values += f"; the factors set {', '.join(f'“{label_of(name)}”' for name in study.overridden)} instead"
    found.append(("Parameter values", values))
    months = sorted({one.months for one in study.scenarios})
    found += [
        ("Months", " to ".join(str(one) for one in sorted({months[0], months[-1]}))),
        ("Seed", f"{study.seed}; runs of equal number have equal random numbers in all scenarios and at all points"),
        ("Runs", count(digest.total)),
    ]
    return found


def _provenance(digest: Digest, manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What identifies a sweep."""
    return identity(
        manifest,
        ("Study", digest.study.name),
        ("Seed", digest.study.seed),
        ("Engine", manifest.get("engine")),
        ("Study hash", manifest.get("study_hash", "") or digest.study.hash),
    )
