"""Verdicts in sentences."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from experiments.hypotheses.estimating import Effect
from experiments.hypotheses.finding import ClaimFound, Found
from experiments.hypotheses.outcomes import FORETOLD, is_foretold, parts_of
from experiments.hypotheses.schema import Claim, Estimate, HypothesisFile
from experiments.hypotheses.verdicts import (
    ASSUMED,
    MIXED,
    NOT_SUPPORTED,
    OTHER_ASSUMED,
    SIGN_ASSUMED,
    SUPPORTED,
    Judged,
    Knockout,
    least_of,
)
from experiments.kit.words import decimal, in_worlds, in_worlds_short, label_of, outcome_of
from sim.report.sentences import NBSP, count

GUIDE: Final = "no_guide"
"""Claim on the area under the curve of the first predictor alone."""

MOST_NEAR: Final = 3
"""Mechanisms that are named in a sentence."""

AGAINST: Final = "contradicted on average"
"""Word for a claim that is mixed by the rule, but has its whole interval against it. Tables say *mixed*."""

AGAINST_SIGN: Final = "against an assumed sign"
"""Said of a claim whose assumed sign most plausible worlds do not have, or not enough of them: the patterns took it away."""

ORDER: Final = (SUPPORTED, ASSUMED, MIXED, AGAINST, NOT_SUPPORTED)
"""Verdicts as readers see them, in the order in which they are shown."""


def scale_of(outcome: str, months: int) -> float:
    """What an effect is multiplied by to be told: shares are told in percentage points."""
    return 100.0 if not is_foretold(outcome) and outcome_of(parts_of(outcome)[0], months).share else 1.0


def unit_of(outcome: str, months: int) -> str:
    """Unit in which an effect is told."""
    if is_foretold(outcome):
        return "on a scale of 0 to 1"
    found = outcome_of(parts_of(outcome)[0], months)
    return "percentage points" if found.share else found.unit


def title_of(outcome: str, months: int) -> str:
    """What an outcome is called."""
    if is_foretold(outcome):
        return f"area under the curve (services that {FORETOLD[outcome.partition('@')[0]]})"
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
    """Decimal places for showing an outcome of this size, in the scale that it is shown in."""
    if is_foretold(outcome):
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
    >>> with_unit("+0.20", "kept_going", 84), with_unit("+8.9", "share_sustained", 84)
    ('+0.20 (on a scale of 0 to 1)', '+8.9 percentage points')
    """
    unit = unit_of(outcome, months)
    return f"{text} ({unit})" if any(one.isdigit() for one in unit) else f"{text} {unit}"


def effect_words(effect: Effect, what: Claim | Estimate, months: int) -> str:
    """Effect with its interval, as the contrast is written."""
    return ", ".join(effect_told(effect, what, months))


def effect_told(effect: Effect, what: Claim | Estimate, months: int) -> tuple[str, str]:
    """Effect with its unit, and its interval, as the contrast is written."""
    told = [number(one, what.outcome, months, like=effect.mean) for one in (effect.mean, effect.low, effect.high)]
    return with_unit(told[0], what.outcome, months), f"95 % interval {told[1]} to {told[2]}"


def level_words(file: HypothesisFile) -> str:
    """What the interval of a hypothesis is called."""
    return f"{100 * file.rule.interval:g}{NBSP}% interval"


def is_area(found: ClaimFound) -> bool:
    """Whether a claim is on an area under the curve itself, not on what is added to one."""
    return is_foretold(found.judged.claim.outcome) and found.judged.claim.name == GUIDE


def effect_of(found: ClaimFound, file: HypothesisFile) -> tuple[float, float, float]:
    """Mean and interval of a claim as they are told: as the contrast is written; of an area, the area itself.

    Parameters
    ----------
    found : ClaimFound
    file : HypothesisFile
        That the claim stands in.
    """
    effect = found.effect
    if not is_area(found) or file.foretelling is None:
        return effect.mean, effect.low, effect.high
    limit = file.foretelling.least_auc
    return limit - effect.mean, limit - effect.high, limit - effect.low


def shown_of(found: ClaimFound, file: HypothesisFile) -> tuple[str, str, str]:
    """Mean and interval of a claim as :func:`effect_of` gives them, told without their unit; an area has no sign."""
    outcome, months, signed = found.judged.claim.outcome, file.months, not is_area(found)
    mean, low, high = (number(one, outcome, months, sign=signed, like=found.effect.mean) for one in effect_of(found, file))
    return mean, low, high


def deciding(found: Found) -> int:
    """Place of the claim that decides a hypothesis' verdict: the first that has it."""
    return next(at for at, one in enumerate(found.claims) if one.judged.verdict == found.verdict)


def areas_of(found: Found) -> tuple[float, float]:
    """Areas under the curve of the first predictor and of both, in the cohort in which it is judged what the second adds."""
    asked = found.hypothesis.file.foretelling
    if asked is None:
        raise ValueError("no question of prediction")
    models = found.extra["cohorts"][asked.arms[-1]]["models"]
    return models[asked.predictors[0]]["auc"], models[" + ".join(asked.predictors)]["auc"]


def word_of(judged: Judged) -> str:
    """Verdict of a claim as a reader sees it: one that is mixed, with its whole interval against it, has a word of its own."""
    return word_for(judged.verdict, judged.toward)


def word_for(verdict: str, toward: Effect) -> str:
    """Verdict of a claim with such an effect, as a reader sees it."""
    return AGAINST if verdict == MIXED and toward.high < 0.0 else verdict


def verdict_of(found: Found) -> str:
    """Verdict of a hypothesis as a reader sees it: contradicted is one whose claims all are."""
    return AGAINST if all(word_of(one.judged) == AGAINST for one in found.claims) else found.verdict


def told_of(found: ClaimFound, file: HypothesisFile) -> str:
    """Verdict of a claim as a reader sees it, with what the prior had put in of its sign; the verdict's word stays as it is.

    Parameters
    ----------
    found : ClaimFound
    file : HypothesisFile
        That the claim stands in.
    """
    word, share, rule = word_of(found.judged), found.judged.toward.sign_share, file.rule
    if found.sign == SIGN_ASSUMED:
        return f"{word}, {SIGN_ASSUMED if share >= rule.sign_share else AGAINST_SIGN}"
    if found.sign == OTHER_ASSUMED:
        return f"{word}, {OTHER_ASSUMED if share <= rule.mixed_from else AGAINST_SIGN}"
    return word


def verdict_with_sign(found: Found) -> str:
    """Verdict of a hypothesis as a reader sees it, with the sign of the claim that decides it."""
    told, word = told_of(found.claims[deciding(found)], found.hypothesis.file), verdict_of(found)
    return word + told.partition(",")[1] + told.partition(",")[2]


def verdict_told(word: str, *, quick: bool) -> str:
    """Verdict with what to mind where the run was quick."""
    return f"{word} (quick run: decide nothing by it)" if quick else word


def claim_words(found: ClaimFound, file: HypothesisFile) -> str:
    """One claim in two or three short sentences."""
    judged, months = found.judged, file.months
    claim, toward = judged.claim, judged.toward
    told = shown_of(found, file)
    size = told[0] if is_foretold(claim.outcome) else with_unit(told[0], claim.outcome, months)
    title = "Area under the curve" if is_area(found) else capital(title_of(claim.outcome, months))
    title = "Gain in the area under the curve" if is_foretold(claim.outcome) and not is_area(found) else title
    held = "stays below the smallest effect that matters" if claim.direction == "no_benefit" else "predicted sign"
    said = (
        f"{proper(capital(claim.says))}: {told_of(found, file)}. {title}: {size} ({level_words(file)} {told[1]} to {told[2]}); "
    )
    return f"{said}{held} in {in_worlds(toward.sign_share, toward.sign_error, toward.members)}. {_why(found, months)}"


def _why(found: ClaimFound, months: int) -> str:
    """What decided a claim, beside its effect."""
    word = word_of(found.judged)
    if word == SUPPORTED:
        return "It holds without any other mechanism alone."
    if word == ASSUMED:
        return f"It hangs on {_listed([label_of(one) for one in found.judged.breaking])}: without, the effect is too small."
    if word == AGAINST:
        return "On average it is the other way, though not in enough worlds to be called not supported."
    return "Worlds disagree on its sign, or it is too small to have one." if word == MIXED else _failed(found, months)


def sure_words(found: Found) -> list[str]:
    """How sure the claim is that decides, what luck may decide in any, and what error was not reached."""
    at, months = deciding(found), found.hypothesis.file.months
    toward, direction = found.claims[at].judged.toward, found.claims[at].judged.claim.direction
    holds = "the effect stays below the smallest that matters" if direction == "no_benefit" else "the sign is as predicted"
    which = "" if len(found.claims) == 1 else f"Claim {at + 1}: "
    share = in_worlds(toward.sign_share, toward.sign_error, toward.members)
    said = f"{which}{capital(holds) if not which else holds} in {share}; {count(toward.worlds)} were run."
    still = f" In {100 * toward.still:.0f}{NBSP}% of them nothing at all differs." if toward.still >= 0.05 else ""
    every = [said + still, *_of_claims(found, _near)]
    late = [(at, one) for at, one in enumerate(found.claims) if not one.enough]
    if late:
        told = "; ".join(_late(found, at, one, months) for at, one in late)
        every.append(f"The Monte Carlo error that was asked for was not reached with the most runs allowed: {told}.")
    return every


def sure_of_all(every: Sequence[Found]) -> list[str]:
    """In how many plausible worlds the signs are as predicted, over the claims that decide."""
    if len(every) == 1:
        return sure_words(every[0])
    told = [(one.hypothesis.file.hypothesis, one.claims[deciding(one)].judged.toward) for one in every]
    (low_name, low), (high_name, high) = (pick(told, key=lambda one: one[1].sign_share) for pick in (min, max))
    least, most = (in_worlds(one.sign_share, one.sign_error, one.members) for one in (low, high))
    said = (
        f"Of the claims that decide, luck taken out, the sign is as predicted least often for {low_name}, in {least}, and most "
        f"often for {high_name}, in {most}. A verdict asks for more than a sign."
    )
    return [said]


def along_words(found: Found) -> list[str]:
    """With which parameters the claims' effects go along from world to world."""
    return _of_claims(found, _along)


def _of_claims(found: Found, tell: Callable[[ClaimFound], str]) -> list[str]:
    """What there is to tell of each claim, with its number where there are several."""
    told = [(at, tell(one)) for at, one in enumerate(found.claims)]
    alone = len(found.claims) == 1
    return [said if alone else f"Claim {at + 1}: {said[:1].lower()}{said[1:]}" for at, said in told if said]


def share_words(toward: Effect) -> str:
    """Share of worlds with the sign, with its error where that is known, for a cell of a table."""
    return in_worlds_short(toward.sign_share, toward.sign_error, toward.members)


def _near(found: ClaimFound) -> str:
    """Mechanisms without which luck may decide on which side of the smallest effect it falls."""
    near = [off.name for off in found.knockouts if off.near and off.counts and not off.own]
    if not near or found.judged.verdict not in (SUPPORTED, ASSUMED):
        return ""
    names = [label_of(one) for one in near]
    without = _listed(
        names if len(names) <= MOST_NEAR + 1 else [*names[:MOST_NEAR], f"{len(names) - MOST_NEAR} other mechanisms"]
    )
    return f"Without {without} the effect is so near the smallest one that luck may decide on which side it falls."


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
    if math.isnan(off.error):
        notes.append("no two worlds differ: error not known")
    if off.already:
        notes.append(f"already {off.already.replace('_', ' ')}")
    return notes


def _along(found: ClaimFound) -> str:
    if not found.correlates:
        return ""
    told = [
        f"“{label_of(one.name)}” ({'larger' if one.rank > 0 else 'smaller'} where it is high)" for one in found.correlates[:3]
    ]
    return f"From world to world the effect in the predicted direction goes along with {_listed(told)}."


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def paragraph(found: Found) -> list[str]:
    """A hypothesis in sentences, a claim each, then how sure they are and what goes along."""
    return [*claims_words(found), *sure_words(found), *along_words(found)]


def claims_words(found: Found) -> list[str]:
    """Claims of a hypothesis, each in short sentences."""
    return [numbered(found, at, claim_words(one, found.hypothesis.file)) for at, one in enumerate(found.claims)]


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
