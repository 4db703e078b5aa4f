"""Tables on the pages of hypotheses: all claims, how sure they are, knock-outs, what is beside them, cohorts."""

import math
from collections.abc import Sequence
from typing import Final

from experiments.hypotheses.finding import Found
from experiments.hypotheses.outcomes import FORETOLD, is_foretold
from experiments.hypotheses.verdicts import least_of
from experiments.hypotheses.words import (
    capital,
    effect_told,
    effect_words,
    error_words,
    knockout_notes,
    number,
    numbered,
    proper,
    share_words,
    shown_of,
    title_of,
    told_of,
    unit_of,
    with_unit,
)
from experiments.kit.words import label_of
from sim.parameters import read_table
from sim.report.tables import Cell, Grid
from sim.words import words

RECEIVED: Final = "leadership_received"
"""Outcome: how much leadership there was, whoever gave it."""

YEAR: Final = 12.0
"""Months."""


def verdict_grid(found: Sequence[Found], *, quick: bool) -> Grid:
    """Table of all claims."""
    rows = []
    for one in found:
        months = one.hypothesis.file.months
        for at, claim in enumerate(one.claims):
            judged = claim.judged
            what = judged.claim
            file = one.hypothesis.file
            told, low, high = shown_of(claim, file)
            reach = f"{low} to {high}"
            predicted = "" if is_foretold(what.outcome) else f"; predicted: {words(what.direction)}"
            cells = (
                Cell(
                    proper(numbered(one, at)),
                    f"{title_of(what.outcome, months)}, {unit_of(what.outcome, months)}{predicted}",
                ),
                Cell(told, reach),
                Cell(share_words(judged.toward), bar=min(1.0, max(0.0, judged.toward.sign_share))),
                Cell(", ".join(label_of(name) for name in judged.breaking) or "–"),
                Cell(told_of(claim, file)),
            )
            rows.append((one.hypothesis.file.hypothesis, cells))
    heads = (
        "",
        "Claim",
        "Effect, 95 % interval",
        "Worlds with the predicted sign",
        "Hangs on",
        "Verdict (quick run)" if quick else "Verdict",
    )
    caption = "Claims. The effect is the contrast as written; of an area under the curve, itself or what is added."
    return Grid("verdicts", caption, heads, tuple(rows), total=False)


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
        rows.append((numbered(found, at), cells))
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
            error = "" if math.isnan(here.error) else f" ± {number(here.error, outcome, months, sign=False, like=least)}"
            cells.append(Cell(f"{effect}{error}", "; ".join(knockout_notes(here, one))))
        rows.append((label_of(off.name), tuple(cells)))
    heads = ("Without", "What it is", *(_headed(found, at) for at in range(len(claims))))
    caption = (
        "With each mechanism switched off by itself, or an equation written otherwise: what is left of the effect in the "
        "predicted direction, ± its standard error. A claim hangs on a mechanism without which the effect "
        "falls below the smallest one of interest."
    )
    return Grid("knockouts", caption, heads, tuple(rows), total=False)


def _headed(found: Found, at: int) -> str:
    """Heading of a claim's column: its number, and what it is compared with."""
    claim, months = found.claims[at].judged.claim, found.hypothesis.file.months
    which = "Effect" if len(found.claims) == 1 else f"Claim {at + 1}"
    if claim.direction == "no_benefit":
        return f"{which} ({unit_of(claim.outcome, months)} below the smallest effect; needs 0)"
    least = number(least_of(claim), claim.outcome, months, sign=False, like=claim.smallest or 1.0)
    return f"{which} ({unit_of(claim.outcome, months)}; needs {least})"


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


def received_grid(found: Found) -> Grid | None:
    """Effects by months of leadership received, of contrasts that are stated in both; None where there are none.

    An arm that is called active may receive little of it, since leaders leave. The last column is a ratio of means, without an
    interval; it is left out where the months themselves are not told from nothing.
    """
    months, rows, stated = found.hypothesis.file.months, [], found.stated
    headline = stated[0][0].outcome
    for received, more in found.also:
        both = [one for one in stated if one[0].contrast == received.contrast and one[0].outcome == headline]
        if received.outcome != RECEIVED or not both:
            continue
        what, effect = both[0]
        known = more.low > 0.0 or more.high < 0.0
        each = with_unit(number(YEAR * effect.mean / more.mean, headline, months), headline, months) if known else "–"
        cells = (Cell(*effect_told(more, received, months)), Cell(*effect_told(effect, what, months)), Cell(each))
        rows.append((proper(received.says), cells))
    if not rows:
        return None
    heads = ("Contrast", "Leadership received more", capital(title_of(headline, months)), "For 12 months received")
    caption = (
        "By months of leadership received: the sum since the start of how far the practice was raised a month, by the leader or "
        "by somebody who acts for the leader. The last column divides one mean by the other. It is no promise that another year "
        "would bring as much: when the leadership came, and whether it lasted, matters too."
    )
    return Grid("received", caption, heads, tuple(rows), total=False)


def cohort_grid(found: Found) -> Grid:
    """Areas under the curve of every cohort and model."""
    rows, asked = [], found.hypothesis.file.foretelling
    came = FORETOLD[asked.outcome] if asked else ""
    for arm, cohort in found.extra["cohorts"].items():
        fidelity = cohort["range"]
        named = f"{found.hypothesis.arms[arm].title} (fidelity {fidelity['mean']:.2f}, SD {fidelity['sd']:.2f})"
        for label, model in cohort["models"].items():
            partial = model.get("partial_r2")
            cells = (
                Cell(" and ".join(words(one) for one in label.split(" + "))),
                Cell(f"{model['auc']:.3f} ± {model['auc_error']:.3f}", f"spread {model['auc_spread']:.3f}"),
                Cell(f"{model['r2']:.3f}"),
                Cell("–" if partial is None or math.isnan(partial) else f"{partial:.3f}"),
                Cell(f"{cohort['services']:,}", f"{100 * cohort['share']:.0f} % {came}"),
            )
            rows.append((named, cells))
    caption = (
        "Foretelling from month 12 what becomes of services until the horizon. Area under the curve within a world (mean over "
        "worlds), share of deviance "
        "explained in worlds that were not fitted to, and what each adds to the other (partial)."
    )
    heads = ("Cohort", "Known at month 12", "Area under the curve", "R² (deviance)", "Partial R²", "Services")
    return Grid("cohorts", caption, heads, tuple(rows), total=False)
