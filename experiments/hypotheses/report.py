"""Pages on hypotheses: one that shows all verdicts, and one for each hypothesis."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from experiments.hypotheses.controls import CASES
from experiments.hypotheses.finding import Found
from experiments.hypotheses.records import RECORDS, OnRecord, on_record
from experiments.hypotheses.running import BESIDE
from experiments.hypotheses.schema import Arm
from experiments.hypotheses.tables import PAGES
from experiments.hypotheses.verdicts import Judged, least_of
from experiments.hypotheses.words import (
    AREA,
    against,
    effect_words,
    error_words,
    knockout_notes,
    moment,
    number,
    numbered,
    paragraph,
    proper,
    share_words,
    title_of,
    unit_of,
)
from experiments.kit.page import write_study_page
from experiments.kit.words import label_of, minus
from sim.figures.style import Pictures, drawing, words
from sim.parameters import read_table
from sim.remake import FIGURES, REPORT
from sim.report.pages import Figure, Page, facts, figures, libraries
from sim.report.tables import Cell, Grid


def write_report(folder: Path, ran: Any, record: Mapping[str, Any]) -> Pictures:
    """Write ``report.html``, ``pages/`` and ``figures/``.

    Parameters
    ----------
    folder : pathlib.Path
    ran : experiments.hypotheses.running.Ran
    record : mapping
        As ``hypotheses.json`` holds it.

    Returns
    -------
    Pictures
        Those of the hypotheses' pages, with those that could not be drawn.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    from experiments.hypotheses.figures import draw_all, overview

    runs = {one["name"]: one["run"] for one in record["hypotheses"]}
    concluded = {one.hypothesis.file.name: on_record(folder, one, runs[one.hypothesis.file.name]) for one in ran.found}
    (folder / PAGES).mkdir(parents=True, exist_ok=True)
    every = []
    with drawing():
        for one in ran.found:
            name = one.hypothesis.file.name
            pictures = draw_all(folder / FIGURES, one)
            write_page_of(
                folder / PAGES / f"{name}.html",
                one,
                pictures,
                record=record,
                run=runs[name],
                edited=ran.edited,
                concluded=concluded[name],
            )
            every.append(pictures)
        whole = overview(folder / FIGURES, ran.found)
    write_front(folder / REPORT, ran, whole, record, concluded)
    return Pictures.joined(every)


def write_front(path: Path, ran: Any, picture: Any, record: Mapping[str, Any], concluded: Mapping[str, OnRecord | None]) -> None:
    """Write the page that shows all verdicts."""
    worlds, different = record["worlds"], record["different_worlds"]
    page = Page(
        title="Hypotheses of the study, tested in the model",
        question="What does the model say to the study’s hypotheses, and how far is that only what was put into it?",
        warnings=_warnings(ran),
        size=f"{record['runs']:,} runs in up to {worlds:,} plausible worlds ({different:,} different parameter sets)",
        census=record["census"],
        provenance=provenance(record),
    )
    write_study_page(
        path,
        page,
        "overview.html.j2",
        room=__file__,
        picture=replace(Figure.of(picture), title=""),
        grid=verdict_grid(ran.found),
        pages=[(one.hypothesis.file, one.verdict, concluded.get(one.hypothesis.file.name) is not None) for one in ran.found],
        controls=[control_words(case.says, case.may, ran.controls.judged[case.name]) for case in CASES],
    )


def _warnings(ran: Any) -> list[str]:
    """What to mind before any verdict."""
    warnings = [f"A control did not behave: {one}. Believe nothing here." for one in ran.controls.problems]
    warnings += [
        f"{name} was edited after it had first run here ({moment(when)}); its verdict is that of a text written knowing a result."
        for name, when in ran.edited.items()
        if not when.endswith(BESIDE)
    ]
    later = {name: when.removesuffix(BESIDE) for name, when in ran.edited.items() if when.endswith(BESIDE)}
    if later:
        when = moment(next(iter(later.values())))
        warnings.append(
            f"To {', '.join(later)} contrasts were added after a first run here ({when}). They decide nothing: claims, "
            "their arms and the rule are as they were."
        )
    claims = [claim for one in ran.found for claim in one.claims]
    late = sum(not one.enough for one in claims)
    if late:
        warnings.append(
            f"{late} of {len(claims)} claims did not reach the Monte Carlo error that they ask for with the most runs allowed: "
            "more runs may change their verdicts. Their pages say how far off they are."
        )
    return warnings


def control_words(says: str, may: Sequence[str], one: Judged) -> str:
    """A control in a sentence: what was done, what it must come to, and what it came to, towards what is claimed."""
    effect = f"{100 * one.toward.mean:+.1f} ± {100 * one.toward.error:.1f} percentage points"
    right = "as it must" if one.verdict in may else f"but must be {' or '.join(may)}"
    return minus(f"{says[0].upper()}{says[1:]}: {one.verdict}, {right} ({effect} towards the claim).")


def provenance(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where the numbers come from."""
    ensemble = record["ensemble"]
    return facts(
        ("Made", moment(record["made"])),
        ("Version", record["version"]),
        ("Code that runs", record["code"]["runs"]),
        ("Code that judges", record["code"]["verdicts"]),
        ("Ensemble", f"{ensemble['name']}, {ensemble['members']} members, {ensemble['hash']}"),
        ("Seconds", f"{record['seconds']:,.0f}"),
        ("Libraries", libraries(record["libraries"])),
    )


def verdict_grid(found: tuple[Found, ...]) -> Grid:
    """Table of all claims."""
    rows = []
    for one in found:
        months = one.hypothesis.file.months
        for at, claim in enumerate(one.claims):
            judged, effect = claim.judged, claim.effect
            what = judged.claim
            told, low, high = (
                number(value, what.outcome, months, like=effect.mean) for value in (effect.mean, effect.low, effect.high)
            )
            reach = f"{low} to {high}"
            predicted = "" if what.outcome == AREA else f"; predicted: {words(what.direction)}"
            cells = (
                Cell(
                    proper(numbered(one, at)),
                    f"{title_of(what.outcome, months)}, {unit_of(what.outcome, months)}{predicted}",
                ),
                Cell(told, reach),
                Cell(share_words(judged.toward), bar=min(1.0, max(0.0, judged.toward.sign_share))),
                Cell(", ".join(label_of(name) for name in judged.breaking) or "–"),
                Cell(judged.verdict, against(judged.verdict, judged.toward)),
            )
            rows.append((one.hypothesis.file.hypothesis, cells))
    heads = ("", "Claim", "Effect, 95 % interval", "Worlds with the predicted sign", "Hangs on", "Verdict")
    caption = "Claims. The effect is the contrast as written; of areas under the curve, the distance to the claim’s limit."
    return Grid("verdicts", caption, heads, tuple(rows), total=False)


def write_page_of(
    path: Path,
    found: Found,
    pictures: Sequence[Any],
    *,
    record: Mapping[str, Any],
    run: str,
    edited: Mapping[str, str],
    concluded: OnRecord | None,
) -> None:
    """Write the page of a hypothesis."""
    file = found.hypothesis.file
    when = edited.get(file.hypothesis, "")
    grids = [pairing_grid(found), knockout_grid(found)]
    if found.also:
        grids.append(also_grid(found))
    if "cohorts" in found.extra:
        grids.append(cohort_grid(found))
    page = Page(
        title=f"{file.hypothesis}: {file.title}",
        question=file.question,
        answer=f"Verdict: {found.verdict}",
        warnings=_edits(when),
        bullets=paragraph(found),
        census=record["census"],
        provenance=[*facts(("Hash of the file", found.hypothesis.hash), ("Hash of the run", run)), *provenance(record)],
    )
    write_study_page(
        path,
        page,
        "hypothesis.html.j2",
        room=__file__,
        file=file,
        about=", ".join(words(one) for one in file.about) or "no single mechanism",
        concluded=concluded,
        record_file=f"{RECORDS}/{file.name}.toml",
        pictures=figures(pictures),
        grids=grids,
        arms=[(name, arm_words(arm)) for name, arm in file.arms.items()],
    )


def _edits(when: str) -> list[str]:
    """What a page says of a file that was edited after it had first run; nothing if it was not."""
    if when.endswith(BESIDE):
        said = (
            f"Contrasts were added to the file after it had first run here ({moment(when.removesuffix(BESIDE))}). They decide "
            "nothing: claims, their arms and the rule are as they were."
        )
        return [said]
    if when:
        said = (
            f"The file was edited after it had first run here ({moment(when)}). The verdict is that of the present text, which "
            "was written knowing the result of another."
        )
        return [said]
    return []


def arm_words(arm: Arm) -> str:
    """An arm in words."""
    said = [arm.scenario, *(f"{name} = {value}" for name, value in arm.set.items())]
    said += [f"{one.lever} {one.dose:g} from month {one.start}" for one in arm.policies]
    return "; ".join(said)


def pairing_grid(found: Found) -> Grid:
    """How sure the claims' effects are, and what common random numbers were worth."""
    months = found.hypothesis.file.months
    rows = []
    for at, one in enumerate(found.claims):
        effect, outcome = one.effect, one.judged.claim.outcome
        spread = number(effect.spread, outcome, months, sign=False, like=effect.mean)
        cells = (
            Cell(number(effect.mean, outcome, months), unit_of(outcome, months)),
            Cell(error_words(one, months)),
            Cell(spread),
            Cell(_plain(effect.correlation)),
            Cell(_plain(effect.reduction)),
            Cell(f"{effect.worlds} × {effect.runs}"),
        )
        rows.append((numbered(found, at, words(one.judged.claim.name)), cells))
    heads = (
        "Claim",
        "Effect",
        "Monte Carlo error",
        "Spread between worlds",
        "Pairing correlation",
        "Variance reduction",
        "Worlds × runs",
    )
    caption = (
        "How sure: the Monte Carlo error is what more runs would take away; the spread is how much the true effect differs "
        "from world "
        "to world. Pairing: correlation of both arms’ luck within a world, and how many times the variance would be with "
        "luck of its own."
    )
    return Grid("pairing", caption, heads, tuple(rows), total=False)


def knockout_grid(found: Found) -> Grid:
    """What is left of each claim's effect without each mechanism, in the predicted direction."""
    months, claims, switches = found.hypothesis.file.months, found.claims, read_table().switches
    rows = []
    for at, off in enumerate(claims[0].knockouts):
        what = switches[off.name].mechanism if off.name in switches else "a rival form of an equation"
        what += "; does not decide" if not off.counts else "; what the hypothesis is about, does not decide" if off.own else ""
        cells = [Cell("", what)]
        for one in claims:
            here, outcome, least = one.knockouts[at], one.judged.claim.outcome, one.judged.claim.smallest or 1.0
            effect = number(here.effect, outcome, months, like=least)
            error = number(here.error, outcome, months, sign=False, like=least)
            cells.append(Cell(f"{effect} ± {error}", "; ".join(knockout_notes(here, one))))
        rows.append((label_of(off.name), tuple(cells)))
    heads = ("Without", "What it is", *(_headed(found, at) for at in range(len(claims))))
    caption = (
        "With each mechanism switched off by itself, or an equation written otherwise: what is left of the effect in the "
        "predicted direction, ± its standard error. A claim hangs on a mechanism without which the effect "
        "falls below the smallest one of interest."
    )
    return Grid("knockouts", caption, heads, tuple(rows), total=False)


def _headed(found: Found, at: int) -> str:
    """Heading of a claim's column: its name, and what it is compared with."""
    claim, months = found.claims[at].judged.claim, found.hypothesis.file.months
    if claim.direction == "no_benefit":
        return f"{numbered(found, at, words(claim.name))} ({unit_of(claim.outcome, months)} below the smallest effect; needs 0)"
    least = number(least_of(claim), claim.outcome, months, sign=False, like=claim.smallest or 1.0)
    return f"{numbered(found, at, words(claim.name))} ({unit_of(claim.outcome, months)}; needs {least})"


def _plain(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def also_grid(found: Found) -> Grid:
    """What is reported beside the claims."""
    months = found.hypothesis.file.months
    rows = [
        (proper(one.says), (Cell(title_of(one.outcome, months)), Cell(effect_words(effect, one, months))))
        for one, effect in found.also
    ]
    return Grid("also", "Beside the claims; it decides nothing.", ("Contrast", "Outcome", "Effect"), tuple(rows), total=False)


def cohort_grid(found: Found) -> Grid:
    """Areas under the curve of every cohort and model."""
    rows = []
    for arm, cohort in found.extra["cohorts"].items():
        for label, model in cohort["models"].items():
            partial = model.get("partial_r2")
            cells = (
                Cell(label),
                Cell(f"{model['auc']:.3f} ± {model['auc_error']:.3f}", f"spread {model['auc_spread']:.3f}"),
                Cell(f"{model['r2']:.3f}"),
                Cell("–" if partial is None or math.isnan(partial) else f"{partial:.3f}"),
                Cell(f"{cohort['services']:,}", f"{100 * cohort['sustained']:.0f} % sustained"),
            )
            rows.append((f"{arm} (fidelity {cohort['range']['mean']:.2f}, SD {cohort['range']['sd']:.2f})", cells))
    caption = (
        "Foretelling sustainment at the horizon from month 12. Area under the curve within a world (mean over worlds), "
        "share of deviance "
        "explained in worlds that were not fitted to, and what each adds to the other (partial)."
    )
    heads = ("Cohort", "Known at month 12", "Area under the curve", "R² (deviance)", "Partial R²", "Services")
    return Grid("cohorts", caption, heads, tuple(rows), total=False)


def as_json(record: Mapping[str, Any]) -> str:
    """The record as the command prints it."""
    return json.dumps(record, indent=1, allow_nan=False)
