"""The kept run as plain values, for pages that only show: every text and number as the report's own words and tables have it."""

import math
from typing import Any, Final

from experiments.hypotheses.answers import answer_of, answer_of_all
from experiments.hypotheses.grids import knockout_grid
from experiments.hypotheses.outcomes import is_foretold
from experiments.hypotheses.reference import COMMAND, REFERENCE
from experiments.hypotheses.remembered import Kept, Remembered
from experiments.hypotheses.robustness import (
    former_grid,
    prior_grid,
    prior_words,
    stability_grid,
    stability_words,
)
from experiments.hypotheses.words import (
    AGAINST,
    ORDER,
    capital,
    claim_words,
    deciding,
    effect_of,
    is_area,
    level_words,
    numbered,
    proper,
    scale_of,
    share_words,
    shown_of,
    sure_words,
    title_of,
    told_of,
    unit_of,
    verdict_of,
    verdict_with_sign,
    word_of,
)
from experiments.kit.words import label_of
from sim.problems import known_name
from sim.report.tables import Grid

NOT_KNOWN: Final = "not known"
"""Stands in the place of a verdict where the kept run has none."""

WORDS: Final = (*ORDER, NOT_KNOWN)
"""Verdicts that a hypothesis can be told to have."""

_SHORT: Final = "The Monte Carlo error that was asked for was not reached for: {}."


def overview(kept: Kept) -> dict[str, Any]:
    """All hypotheses with their verdicts, and the run that they come from.

    Parameters
    ----------
    kept : Kept
    """
    found = [one.found for one in kept.every if one.found is not None]
    record = kept.record
    return {
        "answer": answer_of_all(found) if found else "",
        "notices": list(kept.notices),
        "verdicts": [word for word in WORDS if any(_word(one) == word for one in kept.every)],
        "hypotheses": [_line(one) for one in kept.every],
        "run": {
            "made": record["made"],
            "runs": record["runs"],
            "worlds": record["worlds"],
            "different_worlds": record["different_worlds"],
            "census": record["census"],
            "version": record["version"],
            "commit": record["commit"]["commit"],
            "folder": REFERENCE,
        }
        if record
        else None,
        "command": f"sustain {COMMAND}",
    }


def _word(one: Remembered) -> str:
    return NOT_KNOWN if one.found is None else verdict_of(one.found)


def _line(one: Remembered) -> dict[str, Any]:
    """A hypothesis in the list of all."""
    file, found = one.hypothesis.file, one.found
    line = {"hypothesis": file.hypothesis, "title": file.title, "question": file.question, "verdict": _word(one), "why": one.why}
    if found is None:
        return line | {"told": NOT_KNOWN, "answer": one.why, "hangs_on": [], "sign": "", "same": 0, "readings": 0}
    claim = found.claims[deciding(found)]
    readings = [two for each in found.claims for two in each.readings[1:] if two.toward is not None]
    same = sum(two.stands == each.readings[0].stands for each in found.claims for two in each.readings[1:] if two.toward)
    hangs = dict.fromkeys(label_of(name) for each in found.claims for name in each.judged.breaking)
    return line | {
        "told": verdict_with_sign(found),
        "answer": answer_of(found),
        "hangs_on": list(hangs),
        "sign": claim.sign,
        "same": same,
        "readings": len(readings),
    }


def whole(kept: Kept, number: object) -> dict[str, Any]:
    """One hypothesis with everything that stands behind its verdict.

    Parameters
    ----------
    kept : Kept
    number : object
        Such as H4.

    Raises
    ------
    BadInput
        When no hypothesis that ships has it.
    """
    every = {one.hypothesis.file.hypothesis: one for one in kept.every}
    one = every[known_name(number, every, where="hypothesis", what="hypothesis")]
    file, found = one.hypothesis.file, one.found
    told = _line(one) | {
        "prediction": file.prediction, "source": file.source, "reasoning": file.reasoning, "months": file.months,
        "command": f"sustain {COMMAND} {file.hypothesis}", "edited": one.edited, "claims": [], "sentences": [], "sure": [],
        "prior": [], "stability": [], "grids": {},
    }  # fmt: skip
    if found is None:
        return told
    short = [numbered(found, at) for at, each in enumerate(found.claims) if each.judged.claim.name in one.short]
    grids = {
        "prior": prior_grid([found], alone=True) if all(each.prior for each in found.claims) else None,
        "knockouts": knockout_grid(found) if any(each.knockouts for each in found.claims) else None,
        "stability": stability_grid(found),
        "former": former_grid(found),
    }
    return told | {
        "interval": level_words(file),
        "claims": [_claim(one, at) for at in range(len(found.claims))],
        "sentences": [numbered(found, at, claim_words(each, file)) for at, each in enumerate(found.claims)],
        "sure": [*sure_words(found), *([_SHORT.format("; ".join(short))] if short else [])],
        "prior": prior_words(found),
        "stability": stability_words(found),
        "grids": {name: plain_grid(grid) for name, grid in grids.items() if grid is not None},
    }


def _claim(one: Remembered, at: int) -> dict[str, Any]:
    """A claim with its effect, as text and in the scale in which it is drawn."""
    found, file = one.found, one.hypothesis.file
    assert found is not None
    claim = found.claims[at]
    stated, toward = claim.judged.claim, claim.judged.toward
    scale, limit = scale_of(stated.outcome, file.months), stated.smallest
    mean, low, high = (scale * value for value in effect_of(claim, file))
    signed = -limit if stated.direction == "lower" else limit
    if is_area(claim) and file.foretelling is not None:
        signed = file.foretelling.least_auc
    return {
        "says": proper(capital(stated.says)),
        "outcome": _outcome(one, at),
        "unit": unit_of(stated.outcome, file.months),
        "mean": _finite(mean),
        "low": _finite(low),
        "high": _finite(high),
        "limit": scale * signed,
        "told": list(shown_of(claim, file)),
        "share": share_words(toward),
        "verdict": word_of(claim.judged),
        "verdict_told": told_of(claim, file),
        "against": word_of(claim.judged) == AGAINST,
        "hangs_on": [label_of(name) for name in claim.judged.breaking],
    }


def _outcome(one: Remembered, at: int) -> str:
    found, months = one.found, one.hypothesis.file.months
    assert found is not None
    outcome = found.claims[at].judged.claim.outcome
    gain = is_foretold(outcome) and not is_area(found.claims[at])
    return "gain in the area under the curve" if gain else title_of(outcome, months)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def plain_grid(grid: Grid) -> dict[str, Any]:
    """A table of the report: caption, heads, and rows of cells, each a text and a smaller second line."""
    return {
        "caption": grid.caption,
        "heads": list(grid.heads),
        "rows": [{"name": name, "cells": [[cell.text, cell.small] for cell in cells]} for name, cells in grid.rows],
    }
