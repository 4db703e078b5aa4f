"""Verdicts in sentences."""

import math
import re
from datetime import UTC, datetime
from typing import Final

from experiments.hypotheses.estimating import Effect
from experiments.hypotheses.finding import ClaimFound, Found
from experiments.hypotheses.reading import parts_of
from experiments.hypotheses.schema import Claim, Estimate
from experiments.hypotheses.verdicts import ASSUMED, MIXED, SUPPORTED, Knockout, least_of
from experiments.kit.words import decimal, label_of, outcome_of

AREA: Final = "sustained"
"""Outcome of a question of prediction: told as an area under the curve."""


def scale_of(outcome: str, months: int) -> float:
    """What an effect is multiplied by to be told: shares are told in percentage points."""
    return 100.0 if outcome != AREA and outcome_of(parts_of(outcome)[0], months).share else 1.0


def unit_of(outcome: str, months: int) -> str:
    """Unit in which an effect is told."""
    if outcome == AREA:
        return "on a scale of 0 to 1"
    found = outcome_of(parts_of(outcome)[0], months)
    return "percentage points" if found.share else found.unit


def title_of(outcome: str, months: int) -> str:
    """What an outcome is called."""
    if outcome == AREA:
        return "area under the curve"
    return " plus ".join(outcome_of(one, months).title for one in parts_of(outcome))


def capital(text: str) -> str:
    """Text with a capital letter in front."""
    return text[:1].upper() + text[1:]


def proper(text: str) -> str:
    """Text whose numbers have proper minus signs; hyphens between words stay.

    Examples
    --------
    >>> proper("high-fidelity services, moved by -0.6")
    'high-fidelity services, moved by −0.6'
    """
    return re.sub(r"(?<![\w-])-(?=[\d.])", "\N{MINUS SIGN}", text)


def moment(when: str) -> str:
    """A time as a person reads it.

    Examples
    --------
    >>> moment("2026-11-26T01:54:25+00:00"), moment("2026-11-26T01:54:25+00:00; scenario of with")
    ('2026-11-26, 01:54 UTC', '2026-11-26, 01:54 UTC; scenario of with')
    """
    first, mark, rest = when.partition(";")
    try:
        read = datetime.fromisoformat(first)
    except ValueError:
        return when
    return f"{read.astimezone(UTC):%Y-%m-%d, %H:%M} UTC{mark}{rest}"


def numbered(found: Found, at: int, text: str = "") -> str:
    """A claim with its number, where there are several; the claim in a sentence unless another text is given."""
    said = text or capital(found.claims[at].judged.claim.says)
    return said if len(found.claims) == 1 else f"{at + 1}. {said}"


def digits_of(outcome: str, months: int, size: float) -> int:
    """Digits after the point with which an outcome is told that is about so large, in the scale that it is told in."""
    if outcome == AREA:
        return 3
    if scale_of(outcome, months) == 100.0:
        return 1
    return 0 if size >= 100.0 else 1 if size >= 10.0 else 2 if size >= 0.1 else 3


def number(value: float, outcome: str, months: int, *, sign: bool = True, like: float | None = None) -> str:
    """One effect, in its unit's scale; with as many digits as ``like`` would have, where it stands beside others.

    Examples
    --------
    >>> number(0.0512, "share_sustained", 84), number(-2.345, "waiting_months_per_post", 84)
    ('+5.1', '−2.35')
    >>> number(0.0421, "waiting_months_per_post", 84, like=2.0)
    '+0.04'
    """
    scale = scale_of(outcome, months)
    return decimal(scale * value, digits_of(outcome, months, scale * abs(value if like is None else like)), signed=sign)


def toward_words(claim: Claim, months: int) -> str:
    """What an axis shows that counts towards a claim: of no benefit, how far the effect stays below the smallest one."""
    title, unit = title_of(claim.outcome, months), unit_of(claim.outcome, months)
    if claim.direction == "no_benefit":
        return f"{title}: how far the effect stays below the smallest one ({unit})"
    return f"effect on {title}, towards the prediction ({unit})"


def with_unit(text: str, outcome: str, months: int) -> str:
    """A number with its unit; a scale stands in brackets.

    Examples
    --------
    >>> with_unit("+0.20", AREA, 84), with_unit("+8.9", "share_sustained", 84)
    ('+0.20 (on a scale of 0 to 1)', '+8.9 percentage points')
    """
    unit = unit_of(outcome, months)
    return f"{text} ({unit})" if any(one.isdigit() for one in unit) else f"{text} {unit}"


def effect_words(effect: Effect, what: Claim | Estimate, months: int) -> str:
    """Effect with its interval, as the contrast is written."""
    told = [number(one, what.outcome, months, like=effect.mean) for one in (effect.mean, effect.low, effect.high)]
    return f"{with_unit(told[0], what.outcome, months)}, 95 % interval {told[1]} to {told[2]}"


def claim_words(found: ClaimFound, months: int) -> str:
    """One claim in two or three sentences."""
    judged, effect = found.judged, found.effect
    claim, toward = judged.claim, judged.toward
    said = f"{proper(capital(claim.says))}: {judged.verdict}. {capital(title_of(claim.outcome, months))}: "
    if claim.outcome == AREA:
        told = [number(one, claim.outcome, months) for one in (toward.mean, toward.low, toward.high)]
        said += f"{told[0]} towards the claim ({told[1]} to {told[2]}); "
    else:
        said += f"a change of {effect_words(effect, claim, months)}; "
    held = "it stays below the smallest effect of interest" if claim.direction == "no_benefit" else "the predicted sign holds"
    said += f"{held} in {share_words(toward)} of the plausible worlds."
    if toward.still >= 0.05:
        said += f" In {100 * toward.still:.0f} % of them nothing at all differs."
    if judged.verdict == SUPPORTED:
        said += " It holds with every mechanism switched off by itself, other than those it is about."
    elif judged.verdict == ASSUMED:
        hangs = _listed([label_of(one) for one in judged.breaking])
        said += f" But it hangs on {hangs}: without, it falls below the smallest effect."
    elif judged.verdict == MIXED:
        said += (
            " Its interval lies wholly against the prediction, though not in enough of the worlds to be called not supported."
            if against(judged.verdict, toward)
            else " Plausible worlds disagree on its sign, or it is too small to have one."
        )
    else:
        said += f" {_failed(found, months)}"
    return said + _near(found) + _along(found)


def share_words(toward: Effect) -> str:
    """Share of worlds with the sign, with its error where that is known."""
    error = "" if math.isnan(toward.sign_error) else f" ± {100 * toward.sign_error:.0f}"
    return f"{100 * toward.sign_share:.0f}{error} %"


def against(verdict: str, toward: Effect) -> str:
    """Whether a claim that is mixed has its whole interval against it, in words; else nothing."""
    return "interval wholly the other way" if verdict == MIXED and toward.high < 0.0 else ""


def _near(found: ClaimFound) -> str:
    """Mechanisms without which luck may decide on which side of the smallest effect it falls."""
    near = [off.name for off in found.knockouts if off.near and off.counts and not off.own]
    if not near or found.judged.verdict not in (SUPPORTED, ASSUMED):
        return ""
    without = _listed([label_of(one) for one in near])
    return f" Without {without} the effect is so near the smallest one that luck may decide on which side it falls."


def _failed(found: ClaimFound, months: int) -> str:
    """Why a claim is not supported."""
    judged = found.judged
    toward, claim = judged.toward, judged.claim
    least = least_of(claim)
    if toward.high < 0.0:
        return "It does reach it." if claim.direction == "no_benefit" else "The effect goes the other way."
    if claim.direction == "no_benefit":
        return "It cannot be told from the smallest effect of interest, or reaches it in too many worlds."
    size = with_unit(number(least, claim.outcome, months, sign=False), claim.outcome, months)
    why = [
        *(["its interval holds zero"] if toward.low <= 0.0 else []),
        *([f"its mean is smaller than {size}"] if not toward.mean >= least else []),
    ]
    return f"The effect is too small or too uncertain: {_listed(why)}." if why else "Its sign holds in too few worlds."


def knockout_notes(off: Knockout, found: ClaimFound) -> list[str]:
    """What there is to say of a knock-out: whether the claim hangs on it, and by how little, and what was off before."""
    notes = []
    if off.name in found.judged.breaking:
        notes.append("the claim hangs on it")
    if off.near:
        notes.append("within luck of the smallest effect")
    if off.already:
        notes.append(f"already {off.already}")
    return notes


def _along(found: ClaimFound) -> str:
    if not found.correlates:
        return ""
    told = [
        f"“{label_of(one.name)}” ({'larger' if one.rank > 0 else 'smaller'} where it is high)" for one in found.correlates[:3]
    ]
    return f" From world to world the effect in the predicted direction goes along with {_listed(told)}."


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def paragraph(found: Found) -> list[str]:
    """A hypothesis in sentences, a claim each."""
    months = found.hypothesis.file.months
    said = [numbered(found, at, claim_words(one, months)) for at, one in enumerate(found.claims)]
    late = [(at, one) for at, one in enumerate(found.claims) if not one.enough]
    if late:
        told = "; ".join(_late(found, at, one, months) for at, one in late)
        said.append(f"The Monte Carlo error that was asked for was not reached with the most runs allowed: {told}.")
    return said


def _late(found: Found, at: int, one: ClaimFound, months: int) -> str:
    """Monte Carlo error of a claim that should have been smaller."""
    outcome = one.judged.claim.outcome
    scale = scale_of(outcome, months)
    has, wanted = (f"{float(f'{scale * value:.2g}'):,g}" for value in (one.luck.error, one.wanted))
    which = "it" if len(found.claims) == 1 else f"claim {at + 1}"
    if math.isnan(one.luck.error):
        return f"of {which} it is not known, as no run differed from the others of its world"
    most = "" if one.luck.seen else "up to "
    return f"{which} has {with_unit(f'{most}{has} instead of {wanted}', outcome, months)}"


def error_words(found: ClaimFound, months: int) -> str:
    """Monte Carlo error of a claim's effect that can be stood by, without its unit."""
    luck, claim = found.luck, found.judged.claim
    if math.isnan(luck.error):
        return "not known"
    told = number(luck.error, claim.outcome, months, sign=False, like=found.effect.mean)
    return told if luck.seen else f"at most {told}"
