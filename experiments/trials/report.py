"""One self-contained page on a trial that is planned."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.kit.page import quick_note, write_study_page
from experiments.trials import words
from experiments.trials.asked import Asked
from experiments.trials.figures import at_a_glance, draw_all
from experiments.trials.finding import Findings
from experiments.trials.fitting import ANTI_CONSERVATIVE, OF_MEMBERS
from sim.figures.style import Pictures
from sim.remake import FIGURES, REPORT
from sim.report.answers import answer_or_none, answer_picture
from sim.report.pages import Figure, Page, identity
from sim.report.sentences import count, per_cent
from sim.report.tables import Cell, Grid


def write_report(
    folder: Path, findings: Findings, *, manifest: Mapping[str, Any], ensemble: str, name: str, asked: Asked
) -> Pictures:
    """Write ``report.html`` and the figures.

    Parameters
    ----------
    folder : pathlib.Path
    findings : Findings
    manifest : mapping
    ensemble : str
        Name of the ensemble.
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
    study, bank = findings.study, findings.trials.bank
    drawn = draw_all(folder / FIGURES, findings)
    held = {one.name: Figure.of(one) for one in drawn}
    sizes = {"services": bank.services, "worlds": bank.worlds, "trials": findings.trials.count}
    page = Page(
        title=study.file.title,
        kind="planned trial",
        question=study.file.question,
        answer=words.answer(findings),
        picture=answer_or_none(drawn, lambda: _answer(findings)) if findings.curve else None,
        bullets=words.bullets(findings),
        sure=words.sure(findings),
        quick=quick_note(type(asked), sizes),
        size=f"{count(findings.trials.count)} trials from a bank of {count(bank.services)} services in {count(bank.worlds)} "
        f"worlds, under {len(bank.conditions)} conditions",
        census=str(manifest.get("census", "")),
        provenance=identity(manifest, ("Seed", study.file.seed), ("Ensemble", ensemble), ("Study file", study.hash[:12])),
    )
    write_study_page(
        folder / REPORT,
        page,
        "trial.html.j2",
        room=__file__,
        pictures=held,
        sizes=_sizes(findings),
        asked=_asked(findings),
        months=_months(findings),
        analyses=_analyses(findings),
        analysis_notes=_notes(findings),
        surrogates=_surrogates(findings),
        alike=_alike(findings),
        estimand=_estimand(findings),
        example=(folder / "example").is_dir(),
        folder_name=name,
    )
    return drawn


def _answer(findings: Findings) -> Figure:
    """The picture beside the answer."""
    planned = words.planned(findings)
    caption = f"Share of trials that are significant {words.when(findings)}, by services. The band holds two errors to each side."
    told = f"{planned.services} services: {100 * planned.power.value:.0f} %."
    return answer_picture(lambda: at_a_glance(findings), caption=caption, alternative=f"{caption} {told}")


def _sizes(findings: Findings) -> Grid | None:
    found = [one for one in findings.sizes if one.members is None]
    if not found:
        return None
    rows = tuple(
        (f"month {one.month}", (Cell(words.size_told(one)), Cell(per_cent(one.largest_power.value), bar=one.largest_power.value)))
        for one in found
    )
    wanted = per_cent(findings.study.file.analysis.power)
    heads = ("Looked at", f"Services for {wanted} power", f"Power of {count(found[0].largest)} services")
    note = (
        "In brackets: the least number if power were two errors more, and two errors less. More than were tried is said as such."
    )
    return Grid("sizes-table", "How many services it takes", heads, rows, note, total=False)


def _asked(findings: Findings) -> Grid | None:
    if not findings.asked:
        return None
    needed = {one.members: one for one in findings.sizes if one.month == findings.study.file.estimand.month}
    rows = tuple(
        (
            "all" if one.members is None else str(one.members),
            (
                Cell(words.power_told(one.power, one.trials), bar=one.power.value),
                Cell(words.size_told(needed[one.members]) if one.members in needed else "–"),
            ),
        )
        for one in findings.asked
    )
    heads = ("Practitioners asked at most", f"Power of {count(findings.study.file.design.services)} services", "Services needed")
    note = "Asking more practitioners of the same services helps little once they are alike; more services help."
    return Grid("asked-table", "How many practitioners of a service", heads, rows, note, total=False)


def _months(findings: Findings) -> Grid:
    study = findings.study
    heads = ["Month"]
    for column in study.column:
        heads += [f"{study.conditions[column].title}: so", "seen"]
    rows = []
    for one in findings.months:
        cells = []
        for group, column in enumerate(study.column):
            cells += [Cell(words.level_told(findings, one.true[column].value)), Cell(words.level_told(findings, one.seen[group]))]
        rows.append((str(one.month), tuple(cells)))
    note = f"{study.measure.meaning} Means over worlds; what is seen is of the services of trials that are not lost."
    return Grid("months-table", "What is so, and what is seen", tuple(heads), tuple(rows), note, total=False)


def _analyses(findings: Findings) -> Grid:
    rows = []
    for one in findings.operating:
        warned = " (warning only)" if one.analysis in ANTI_CONSERVATIVE else ""
        rows.append(
            (
                f"{words.ANALYSES[one.analysis]}{warned}",
                (
                    Cell(words.power_told(one.power, one.trials), bar=one.power.value),
                    Cell(words.power_told(one.type_one, one.trials)),
                    Cell(per_cent(one.coverage.value, one.coverage.error, runs=one.trials)),
                    Cell(words.signed_points(one.bias.value)),
                    Cell(per_cent(one.wrong_sign)),
                    Cell("–" if math.isnan(one.exaggeration) else f"× {one.exaggeration:.1f}"),
                    Cell(words.failures_told(one)),
                ),
            )
        )
    heads = ("Analysis", "Power", "Type I", "Coverage", "Bias", "Wrong sign", "Exaggeration", "Failed fits")
    note = (
        "Power counts all trials that were begun: one whose fit fails rejects nothing. Type I: the same where nothing is "
        "done in any "
        "arm. Coverage and bias are against the true effect in the trial’s world. Wrong sign and exaggeration are of the "
        "trials that "
        "reject. Errors are those of other worlds and trials."
    )
    return Grid("analyses-table", "The trial as planned", heads, tuple(rows), note, total=False)


def _notes(findings: Findings) -> list[str]:
    """What analyses target, and where that is not what the estimand asks."""
    study, found = findings.study, []
    weighting = study.file.estimand.weighting
    for one in findings.operating:
        if one.analysis == "independence":
            continue  # it weighs as the estimand asks
        own = "member" if one.analysis in OF_MEMBERS else "cluster"
        if one.analysis in OF_MEMBERS and one.analysis != "cluster_t_weighted":
            found.append(
                f"{words.ANALYSES[one.analysis]}: weighs services between equally and by practitioners. Where larger "
                "services fare "
                "otherwise, it estimates neither average; the bias column shows by how much."
            )
        elif own != weighting and one.analysis in (*OF_MEMBERS, "cluster_t", "permutation", "cluster_baseline"):
            other = "every practitioner the same" if own == "member" else "every service the same"
            found.append(f"{words.ANALYSES[one.analysis]}: weighs {other}, which is not what the estimand asks.")
    if findings.direct:
        found.append(words.DIRECT)
    if study.file.design.kind == "stratified" and any(one.analysis in OF_MEMBERS for one in findings.operating):
        found.append("Analyses of practitioners’ values leave the strata out; the t tests and the permutation test keep them.")
    if study.file.design.contamination:
        found.append("Policies that reach the other arm were simulated as a condition of its own; the truth is without them.")
    return found


def _surrogates(findings: Findings) -> Grid | None:
    if not findings.surrogates:
        return None
    rows = tuple(
        (
            f"month {one.month}",
            (
                Cell(per_cent(one.same_sign.value, runs=findings.trials.bank.worlds)),
                Cell(per_cent(one.explained)),
                Cell("–" if math.isnan(one.kept) else f"× {one.kept:.2f}"),
                Cell(per_cent(one.false_promise)),
            ),
        )
        for one in findings.surrogates
    )
    late = findings.study.file.estimand.month
    heads = ("Early month", "Worlds with one sign", "Explained of the late effect", "Late effect relative to it", "Not confirmed")
    note = (
        f"Late is month {late}. Explained: share of the differences between worlds in the late true effect that the early one "
        "explains. Not confirmed: of the trials that are significant early, those that are not late."
    )
    return Grid("surrogates-table", "Early months as surrogates", heads, rows, note, total=False)


def _alike(findings: Findings) -> Grid:
    one = findings.alike

    def told(value: float, error: float) -> str:
        return "–" if math.isnan(value) else f"{value:.2f} ± {error:.2f}"

    low, high = words.PUBLISHED
    rows = (
        ("Intracluster correlation, so", (Cell(told(one.true.value, one.true.error)), Cell(""))),
        (
            "Intracluster correlation, seen",
            (Cell(told(one.seen.value, one.seen.error)), Cell(f"{low:.2f} to {high:.2f} (D6, D7)")),
        ),
        (
            _same(findings),
            (Cell(told(one.autocorrelation.value, one.autocorrelation.error)), Cell("")),
        ),
    )
    note = "None of them was put in: they come out of the services. A dash: every service has one value, or the measure is "
    "no share of posts."
    return Grid("alike-table", "Under the usual condition", ("", "Comes out", "Published"), rows, note, total=False)


def _same(findings: Findings) -> str:
    wedge = findings.study.file.design.kind == "stepped_wedge"
    return f"Autocorrelation of services, so, {'from the last period but one' if wedge else 'since the randomisation'}"


def _estimand(findings: Findings) -> list[tuple[str, str]]:
    asked = findings.study.file.estimand
    return [
        ("Clusters", asked.clusters),
        ("Measure", findings.study.measure.meaning),
        ("Month", f"{asked.month} months after the randomisation"),
        ("Compared by", f"{asked.summary.replace('_', ' ')}, {asked.effect.replace('_', '-')}"),
        ("Weighting", "every service the same" if asked.weighting == "cluster" else "every post the same"),
        ("Service gives up", words.STRATEGIES[asked.service_gives_up]),
        ("Recruitment closes", words.STRATEGIES[asked.closes_recruitment]),
        ("Leader’s post falls vacant", words.STRATEGIES[asked.leader_leaves]),
    ]
