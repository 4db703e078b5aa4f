"""One self-contained page on the checks of a calibration, with a section for every pattern."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

import sim
from experiments.calibration import ROOM, recovery, waves
from experiments.calibration import checks_figures as drawn
from experiments.calibration.leaving import FORETOLD, SEVERAL, Left
from experiments.calibration.recovery import CENTRAL, ERRORS, NARROWED, Pooled
from experiments.kit.page import QUICK, write_study_page
from experiments.kit.words import label_of
from experiments.patterns.documents import meaning
from experiments.patterns.predictive import Predicted
from experiments.patterns.reading import Pattern
from sim.figures.style import Pictures, drawing
from sim.parameters import read_table
from sim.remake import FIGURES
from sim.report.answers import answer_or_none
from sim.report.pages import Figure, Page, facts, figures
from sim.report.sentences import count, plural
from sim.report.tables import Cell, Grid

if TYPE_CHECKING:
    from experiments.calibration.checks import Checked


FITTED: Final = "fitted patterns that the ensemble reproduces"
PINNED: Final = "parameters that the patterns pin down"
"""Bars of the picture beside the answer, which the answer tells too."""

CHANGED: Final = "The model has changed since this calibration: what is said here holds for the model that was calibrated."


@dataclass(frozen=True)
class Checking:
    """One pattern on the page."""

    identifier: str
    statement: str
    verdict: str
    facts: tuple[tuple[str, str], ...]
    figure: Figure | None


def write_page(folder: Path, done: "Checked") -> Pictures:
    """Write the figures and ``checks.html``.

    Parameters
    ----------
    folder : pathlib.Path
    done : Checked

    Returns
    -------
    Pictures
        Those in it, with those that could not be drawn.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    from experiments.calibration.checks import PAGE

    found, place = done.recovery, folder / FIGURES
    with drawing():
        recovered, left, spreads = Pictures(), Pictures(), Pictures()
        recovered.add("recovery", lambda: drawn.recovery(place, found))
        recovered.add("ranks", lambda: drawn.rank_panels(place, found))
        recovered.add("constrained", lambda: drawn.constrained(place, found.names, done.patterns, done.shares))
        left.add("left out", lambda: drawn.left_out(place, done.left))
        sections = [_section(folder / "patterns", done, one, spreads) for one in done.predicted]
    first, second, *technical, last = sentences(done)
    every = Pictures.joined([recovered, left, spreads])
    page = Page(
        title="Checks of a calibration",
        question="Does the ensemble reproduce what was observed, and would the fit find parameters that are known?",
        answer=short_answer(done),
        picture=answer_or_none(every, lambda: drawn.glance(counts(done))),
        quick=QUICK if is_quick(done) else "",
        warnings=() if done.stored.same_code else (CHANGED,),
        bullets=(first, second, last),
        census=read_table().census(),
        provenance=_provenance(done),
    )
    write_study_page(
        folder / PAGE,
        page,
        "checks.html.j2",
        room=__file__,
        technical=technical,
        recovery_figures=figures(recovered),
        left_figures=figures(left),
        coverage_table=coverage_table(done),
        narrowed_table=narrowed_table(done),
        left_table=left_table(done),
        patterns_table=patterns_table(done),
        patterns=sections,
        narrowed=f"{NARROWED:.0%}",
        held=len(found.truths),
        chains=found.states.shape[1],
        folder_name=done.folder.name,
    )
    return every


def is_quick(done: "Checked") -> bool:
    """Whether the checks, or the calibration, had no more chains and vectors than ``--quick`` takes."""
    held, chains = done.recovery.states.shape[:2]
    return held <= recovery.QUICK.held or chains <= recovery.QUICK.chains or done.stored.plan == waves.QUICK


def counts(done: "Checked") -> list[tuple[str, int, int]]:
    """What holds, and of how many: fitted patterns, predictions, patterns left out, parameters."""
    measured = [one.result for one in done.predicted if one.result.measured]
    fitted, others = ([one for one in measured if one.fitted == which] for which in (True, False))
    left, rows = left_alone(done.left), done.recovery.rows
    found = [
        (FITTED, sum(one.inside for one in fitted), len(fitted)),
        ("other patterns, which it was not fitted to", sum(one.inside for one in others), len(others)),
        ("patterns foretold by the others when left out", sum(one.verdict == FORETOLD for one in left), len(left)),
        (PINNED, sum(one.identifiable for one in rows), len(rows)),
    ]
    return [one for one in found if one[2]]


def left_alone(left: Sequence[Left]) -> list[Left]:
    """Patterns that were left out with their group; those of different studies one by one."""
    return [one for one in left if one.left == one.pattern.id or one.pattern.pattern != SEVERAL]


def _provenance(done: "Checked") -> list[tuple[str, str]]:
    """What identifies the checks."""
    return facts(
        ("Software", f"practice-sustainment {sim.__version__}"),
        ("Calibration", done.folder.name),
        ("Seed of the calibration", done.stored.seed),
        ("Seed of the checks", done.seed),
        ("Members", count(len(done.stored.weights))),
        ("Code identity", ROOM.identity()),
        ("Seconds", f"{done.seconds:,.0f}"),
    )


# --------------------------------------------------------------------------------------------------------------------- words


def verdict(one: Predicted) -> str:
    """Whether the ensemble reproduces a pattern, in words."""
    result = one.result
    if not result.measured:
        return "Not measured yet."
    if result.value is None:
        return "Fails: no member has anything to measure."
    if not result.inside:
        side = "below" if result.value < result.low else "above"
        return f"Fails: the ensemble’s mean lies {side} the tolerance; {one.members_inside:.0%} of the members lie within it."
    return f"Passes: the ensemble’s mean lies within the tolerance, as do {one.members_inside:.0%} of the members."


def coverage_words(one: Pooled) -> str:
    """Coverage of one fit."""
    return f"{one.cover50:.1%} ± {one.error50:.1%} and {one.cover90:.1%} ± {one.error90:.1%}"


def short_answer(done: "Checked") -> str:
    """One sentence: what the ensemble reproduces, and what of it can be known."""
    told = {name: f"{count(good)} of {count(of)}" for name, good, of in counts(done)}
    pinned = f"{told[PINNED]} parameters could be found again"
    return f"The ensemble reproduces {told[FITTED]} fitted patterns; {pinned}." if FITTED in told else f"{pinned}."


def sentences(done: "Checked") -> list[str]:
    """What came out, in short."""
    from experiments.calibration.checks import uniform

    found = done.recovery
    fit, *controls = found.pooled
    known = [f"“{label_of(one.parameter)}”" for one in found.rows if one.identifiable]
    uncovered = [f"“{label_of(one.parameter)}”" for one in found.rows if one.identifiable and not one.covered]
    narrow = sum(one.width <= NARROWED for one in found.rows)
    smallest, below = uniform(found)
    fitted = [one for one in done.predicted if one.result.fitted and one.result.measured]
    missed = [one.result.id for one in fitted if not one.result.inside]
    said = [
        f"{sum(one.result.inside for one in fitted)} of the {count(len(fitted))} fitted patterns that can be measured are "
        f"reproduced by the ensemble’s mean" + (f"; not {', '.join(missed)}." if missed else "."),
        f"Of {plural(len(found.names), 'free parameter')} {count(len(known))} are identifiable by these patterns"
        + (f": {', '.join(known)}." if known else ".")
        + (f" Of these the intervals do not hold what they promise: {', '.join(uncovered)}." if uncovered else ""),
        (
            f"Rank histograms: {below} of {count(len(found.rows))} have p below .05, and {0.05 * len(found.rows):.1f} would by "
            f"chance alone; the smallest p times the number of tests is {smallest:.2g}."
        ),
    ]
    if narrow:
        said += [
            f"Over the {plural(narrow, 'parameter')} whose interval shrinks to {NARROWED:.0%} of the prior’s or less, the "
            f"central {CENTRAL[0]:.0%} and {CENTRAL[1]:.0%} intervals held the true value in {coverage_words(fit)} of the fits: "
            + fit.verdict
            + (", so that the posterior is too sure of itself." if fit.short else "."),
            (
                f"Twice as many steps of the chains gave intervals of {found.longer[0]:.2f} times the width, and means that "
                f"differ by {found.longer[1]:.2f} standard errors (1 when there is no difference)."
            ),
        ]
        said += [
            f"{one.name.capitalize()}: {coverage_words(one)}"
            + (", noticed as too seldom." if one.short else ", not noticed: this check would not see that mistake.")
            for one in controls
        ]
    else:
        said.append("No parameter is narrowed enough for the coverage of its intervals to say anything.")
    rows = left_alone(done.left)
    good = sum(one.verdict == FORETOLD for one in rows)
    said.append(
        f"Left out of the fit, {good} of {count(len(rows))} patterns are foretold by the others: mean within the tolerance, and "
        f"more likely than not the measurement too, in a range of {NARROWED:.0%} of the prior’s or less or clearly more often "
        "than for draws of the prior."
    )
    return said


# --------------------------------------------------------------------------------------------------------------------- tables


def coverage_table(done: "Checked") -> Grid:
    """Coverage of the fit and of the controls."""
    rows = tuple(
        (
            one.name,
            (
                Cell(f"{one.cover50:.1%} ± {one.error50:.1%}"),
                Cell(f"{one.cover90:.1%} ± {one.error90:.1%}"),
                Cell(one.verdict),
            ),
        )
        for one in done.recovery.pooled
        if not np.isnan(one.cover50)
    )
    caption = f"Coverage over the narrowed parameters; errors count a vector once. Too seldom: by more than {ERRORS:g} errors."
    return Grid("coverage", caption, ("", "50 % interval", "90 % interval", "Verdict"), rows, total=False)


def narrowed_table(done: "Checked") -> Grid:
    """Parameters by the width of their posteriors."""
    rows = []
    for k in drawn.narrowest(done.recovery):
        one = done.recovery.rows[k]
        rows.append(
            (
                label_of(one.parameter),
                (
                    Cell(f"{one.width:.0%}", bar=min(1.0, one.width)),
                    Cell(f"{one.cover50:.0%} ± {one.error50:.0%}"),
                    Cell(f"{one.cover90:.0%} ± {one.error90:.1%}"),
                    Cell(f"{one.uniform:.2g}"),
                    Cell(("yes" if one.covered else "yes, coverage off") if one.identifiable else "no"),
                ),
            )
        )
    heads = (
        "Parameter",
        "Width of the 90 % interval, of the prior’s",
        "50 % holds",
        "90 % holds",
        "p of the ranks",
        "Identifiable",
    )
    caption = "The parameters that are narrowed most; all are in recovery.csv."
    return Grid("narrowed", caption, heads, tuple(rows), total=False)


def left_table(done: "Checked") -> Grid:
    """Patterns that were left out."""
    rows = [
        (
            f"{one.pattern.id} (without {one.left})",
            (
                Cell(f"{one.pattern.low:.3g} to {one.pattern.high:.3g}"),
                Cell(f"{one.without.mean:.3g} ({one.without.low:.3g} to {one.without.high:.3g})"),
                Cell(f"{one.fitted.mean:.3g} ({one.fitted.low:.3g} to {one.fitted.high:.3g})"),
                Cell("–" if np.isnan(one.learned) else f"{one.learned:.0%}"),
                Cell("", one.verdict),
            ),
        )
        for one in done.left
    ]
    heads = ("Pattern", "Tolerance", "Foretold without", "With", "Width, of the prior’s", "Verdict")
    return Grid("left", "Mean and 90 % of what would be measured.", heads, tuple(rows), total=False)


def patterns_table(done: "Checked") -> Grid:
    """Every pattern in a line."""
    rows = [
        (
            one.result.id,
            (
                Cell(f"{one.result.target:.3g}"),
                Cell(f"{one.result.low:.3g} to {one.result.high:.3g}"),
                Cell("–" if one.result.value is None else f"{one.result.value:.3g}"),
                Cell("–") if one.result.value is None else Cell(f"{one.members_inside:.0%}", bar=one.members_inside),
                Cell("", verdict(one).split(":")[0].rstrip(".")),
            ),
        )
        for one in done.predicted
    ]
    heads = ("Pattern", "Target", "Tolerance", "Ensemble’s mean", "Members inside", "Verdict")
    caption = "Every pattern; measured with random numbers that no vector was chosen by."
    return Grid("predictive", caption, heads, tuple(rows), total=False)


def _section(folder: Path, done: "Checked", one: Predicted, spreads: Pictures) -> Checking:
    pattern: Pattern = next(mine for mine in done.stored.patterns.patterns if mine.id == one.result.id)
    sources = done.stored.patterns.sources
    cited = "; ".join(sources.get(key, key) for key in pattern.source) + (f" ({pattern.locator})" if pattern.locator else "")
    use = done.uses.get(pattern.id, "prediction, not fitted" if pattern.measured else "not measured")
    about = [
        ("Target", f"{pattern.target:g} {pattern.unit}"),
        ("Tolerance", f"{pattern.low:g} to {pattern.high:g}; {pattern.reason}"),
        ("Source", cited),
        ("Measured", f"{pattern.cohort}: {meaning(pattern.instrument)}" if pattern.measured else pattern.missing),
        ("Use", use + (", must hold" if pattern.must_hold else "")),
    ]
    before = len(spreads)
    if one.result.value is not None:
        error = "" if one.result.mcse is None else f" ± {one.result.mcse:.2g}"
        about.append(("Ensemble", f"mean {one.result.value:.4g}{error}; 90 % of the members {one.low:.4g} to {one.high:.4g}"))
        at = [mine.id for mine in done.members.patterns].index(pattern.id)
        spreads.add(pattern.id, lambda: drawn.spread(folder, pattern, done.members.mean[:, at], done.stored.weights))
    if one.result.undefined and pattern.measured:
        about.append(("Undefined", f"for {plural(one.result.undefined, 'member')}, where there was nothing to measure"))
    figure = replace(Figure.of(spreads[-1]), title="", caption="") if len(spreads) > before else None
    return Checking(pattern.id, pattern.statement, verdict(one), tuple(about), figure)
