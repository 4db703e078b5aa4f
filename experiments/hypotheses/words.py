"""Verdicts in sentences."""

import math
from typing import Final

from experiments.hypotheses.estimating import Effect
from experiments.hypotheses.finding import ClaimFound, Found
from experiments.hypotheses.reading import parts_of
from experiments.hypotheses.schema import Claim, Estimate
from experiments.hypotheses.verdicts import ASSUMED, MIXED, SUPPORTED
from experiments.sweeps.digest import minus, outcome_of
from sim.figures.style import words

LEAST_SHOWN: Final = 5e-5


def scale_of(outcome: str, months: int) -> float:
    """What an effect is multiplied by to be told: shares are told in percentage points."""
    return 100.0 if outcome == "sustained" or outcome_of(parts_of(outcome)[0], months).share else 1.0


def unit_of(outcome: str, months: int) -> str:
    """Unit in which an effect is told."""
    if outcome == "sustained":  # areas under the curve
        return "points of a hundred"
    found = outcome_of(parts_of(outcome)[0], months)
    return "percentage points" if found.share else found.unit


def title_of(outcome: str, months: int) -> str:
    """What an outcome is called."""
    if outcome == "sustained":
        return "area under the curve"
    return " plus ".join(outcome_of(one, months).title for one in parts_of(outcome))


def number(value: float, outcome: str, months: int, *, sign: bool = True) -> str:
    """One effect, in its unit's scale.

    Examples
    --------
    >>> number(0.0512, "share_sustained", 84), number(-2.345, "waiting_months_per_post", 84)
    ('+5.1', '−2.35')
    """
    if math.isnan(value):
        return "–"
    scaled = scale_of(outcome, months) * value
    digits = 1 if scale_of(outcome, months) == 100.0 else (0 if abs(scaled) >= 100.0 else 2 if abs(scaled) >= 0.1 else 3)
    return minus(f"{scaled:+.{digits}f}" if sign else f"{scaled:.{digits}f}")


def effect_words(effect: Effect, what: Claim | Estimate, months: int) -> str:
    """Effect with its interval, as the contrast is written."""
    told = [number(one, what.outcome, months) for one in (effect.mean, effect.low, effect.high)]
    return f"{told[0]} {unit_of(what.outcome, months)} (interval {told[1]} to {told[2]})"


def claim_words(found: ClaimFound, months: int) -> str:
    """One claim in two or three sentences."""
    judged, effect = found.judged, found.effect
    claim = judged.claim
    said = f"{claim.says[:1].upper()}{claim.says[1:]}: {judged.verdict}. "
    said += f"{title_of(claim.outcome, months)[:1].upper()}{title_of(claim.outcome, months)[1:]} "
    said += f"changes by {effect_words(effect, claim, months)}; " if claim.outcome != "sustained" else ""
    if claim.outcome == "sustained":
        toward = judged.toward
        said += (
            f"lies {number(toward.mean, claim.outcome, months, sign=False)} {unit_of(claim.outcome, months)} towards the claim "
        )
        said += f"({number(toward.low, claim.outcome, months)} to {number(toward.high, claim.outcome, months)}); "
    held = "it stays below the smallest effect of interest" if claim.direction == "no_benefit" else "the predicted sign holds"
    said += f"{held} in {100 * judged.toward.sign_share:.0f} % of the plausible worlds."
    if judged.verdict == SUPPORTED:
        said += " It survives every mechanism that is switched off by itself, other than those it is about."
    elif judged.verdict == ASSUMED:
        said += (
            f" But it hangs on {_listed([words(one) for one in judged.breaking])}: without, it falls below the smallest effect."
        )
    elif judged.verdict == MIXED:
        said += " Plausible worlds disagree on its sign, or it is too small to have one."
    else:
        said += f" {_failed(found, months)}"
    return said + _along(found)


def _failed(found: ClaimFound, months: int) -> str:
    judged = found.judged
    toward, claim = judged.toward, judged.claim
    if toward.high < 0.0:
        return "It does reach it." if claim.direction == "no_benefit" else "The effect goes the other way."
    if toward.mean < claim.smallest and toward.low > 0.0:
        least = number(claim.smallest, claim.outcome, months, sign=False)
        return f"The effect is smaller than {least} {unit_of(claim.outcome, months)}."
    return "The rule is not met: " + "; ".join(one.removeprefix("not: ") for one in judged.reasons) + " does not hold."


def _along(found: ClaimFound) -> str:
    if not found.correlates:
        return ""
    told = [f"{words(one.name)} ({'larger' if one.rank > 0 else 'smaller'} where it is high)" for one in found.correlates[:3]]
    return f" From world to world the effect in the predicted direction goes along with {_listed(told)}."


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def paragraph(found: Found) -> list[str]:
    """A hypothesis in sentences, a claim each."""
    months = found.hypothesis.file.months
    said = [claim_words(one, months) for one in found.claims]
    late = [one for one in found.claims if not one.enough]
    if late:
        said.append(
            "The Monte Carlo error that was asked for was not reached with the most runs allowed: "
            + "; ".join(
                f"{one.judged.claim.name} has {number(one.judged.toward.mcse, one.judged.claim.outcome, months, sign=False)} "
                f"instead of {number(one.wanted, one.judged.claim.outcome, months, sign=False)}"
                for one in late
            )
            + "."
        )
    return said
