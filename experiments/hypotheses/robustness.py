"""How much was built in, and how stable a verdict is, in words and tables; former claims beside."""

from collections.abc import Sequence
from typing import Final

from experiments.hypotheses.estimating import Effect
from experiments.hypotheses.finding import ClaimFound, Found
from experiments.hypotheses.outcomes import is_foretold
from experiments.hypotheses.stability import (
    AS_IT_IS,
    CUT_KIND,
    ENSEMBLE,
    FORM,
    HOLDS,
    MONTH,
    WEIGHTS,
    Reading,
    differing,
    others_of,
)
from experiments.hypotheses.verdicts import ASSUMED, OTHER_ASSUMED, SIGN_ASSUMED, SIGN_OPEN, SUPPORTED
from experiments.hypotheses.words import (
    capital,
    number,
    numbered,
    proper,
    share_words,
    shown_of,
    title_of,
    told_of,
    unit_of,
    word_for,
    word_of,
)
from experiments.kit.words import label_of
from sim.report.sentences import NBSP, count
from sim.report.tables import Cell, Grid

SIGN_TOLD: Final = {SIGN_ASSUMED: "assumed", OTHER_ASSUMED: "the other one assumed", SIGN_OPEN: "open"}
"""What the prior makes of a sign, in a cell of a table."""

TURNED: Final = "Effects are counted in the predicted direction."

READINGS: Final = (
    "“Holds” is supported or assumed: interval, size and sign are as the rule asks; what a knock-out would say is asked of the "
    "run as it is alone. Under a cut of high fidelity, services that kept going are read as services that were high at every "
    "yearly look. Where hardly any are, an effect cannot be large, and no benefit is easily shown. Nothing here decides."
)


# ------------------------------------------------------------------------------------------------------------------ built in


def prior_grid(found: Sequence[Found], *, alone: bool) -> Grid:
    """Table of the claims over draws of the prior, beside the ensemble.

    Parameters
    ----------
    found : sequence of Found
    alone : bool
        Whether it stands on the page of one hypothesis.
    """
    rows, claims = [], [(one, at, claim) for one in found for at, claim in enumerate(one.claims) if claim.prior is not None]
    for one, at, claim in claims:
        months, prior = one.hypothesis.file.months, claim.prior
        assert prior is not None
        outcome = claim.judged.claim.outcome
        what = Cell(proper(numbered(one, at)), f"{title_of(outcome, months)}, {unit_of(outcome, months)}")
        cells = (
            what,
            _effect(claim, claim.judged.toward, months),
            Cell(share_words(claim.judged.toward), bar=_bar(claim.judged.toward)),
            _effect(claim, prior, months),
            Cell(share_words(prior), bar=_bar(prior)),
            Cell(SIGN_TOLD[claim.sign]),
            Cell(told_of(claim, one.hypothesis.file)),
        )
        rows.append((one.hypothesis.file.hypothesis, cells))
    heads = ("", "Claim", "Plausible worlds: effect", "with the sign", "Prior: effect", "with the sign", "Sign", "Verdict")
    draws = max((claim.prior.worlds for _, _, claim in claims if claim.prior is not None), default=0)
    shares = sorted({one.hypothesis.file.rule.prior_share for one in found})
    caption = (
        f"How much was built in: each claim over {draws} draws of the prior, before any pattern was looked at. {TURNED} "
        f"Where {_shares(shares)} of the draws have a sign (luck taken out, the mean beyond its interval), it counts as assumed: "
        "then the sign is no finding, but size, conditions and cost may be."
    )
    return Grid("prior" if alone else "prior-all", caption, heads, tuple(rows), total=False)


def _shares(shares: Sequence[float]) -> str:
    """Least shares of draws, in words."""
    return " or ".join(f"at least {100 * one:g}{NBSP}%" for one in shares)


def _bar(effect: Effect) -> float:
    return min(1.0, max(0.0, effect.sign_share))


def _effect(claim: ClaimFound, effect: Effect, months: int) -> Cell:
    """Effect towards the prediction with its interval."""
    outcome = claim.judged.claim.outcome
    mean, low, high = (number(one, outcome, months, like=effect.mean) for one in (effect.mean, effect.low, effect.high))
    return Cell(mean, f"{low} to {high}")


def prior_words(found: Found) -> list[str]:
    """What the prior makes of the claims' signs, in sentences; nothing where that was not asked."""
    asked = [(at, one) for at, one in enumerate(found.claims) if one.prior is not None]
    said = []
    for at, one in asked:
        assert one.prior is not None
        which = "" if len(found.claims) == 1 else f"Claim {at + 1}: "
        share = f"{share_words(one.prior)} of {count(one.prior.worlds)} draws of the prior"
        said.append(f"{which}{capital(_sign_words(one, share)) if not which else _sign_words(one, share)}")
    return said


def _sign_words(one: ClaimFound, share: str) -> str:
    """What the prior makes of one claim's sign."""
    held = "keep the effect below the smallest one" if one.judged.claim.direction == "no_benefit" else "have the predicted sign"
    if one.sign == SIGN_OPEN:
        return f"before any pattern was looked at, {share} {held}: that leaves the sign open."
    if one.sign == SIGN_ASSUMED:
        if one.judged.verdict in (SUPPORTED, ASSUMED):
            return f"the sign was put in, as {share} {held}: what is found is its size, where it holds and what it costs."
        return f"the sign was put in, as {share} {held}; that it does not hold here is what patterns, size or conditions say."
    return f"the other sign was put in, as only {share} {held}."


def signs_told(found: Sequence[Found]) -> str:
    """Of how many claims the sign was put in, in a sentence; empty where of none, or that was not asked."""
    signs = [claim.sign for one in found for claim in one.claims if claim.prior is not None]
    ours, other = signs.count(SIGN_ASSUMED), signs.count(OTHER_ASSUMED)
    if not ours + other:
        return ""
    claims = "the one claim" if len(signs) == 1 else f"{count(len(signs))} claims"
    said = f"Of {claims} the prior has the predicted sign put in for {count(ours) if ours else 'none'}"
    return f"{said}, and the other sign for {count(other)}." if other else f"{said}."


# ----------------------------------------------------------------------------------------------------------------- stability


def stability_grid(found: Found) -> Grid | None:
    """Table of every reading of a hypothesis' claims; None where there are none."""
    claims = [(at, one) for at, one in enumerate(found.claims) if one.readings]
    if not claims:
        return None
    months, rows = found.hypothesis.file.months, []
    several = len({(one.kind, one.name) for one in claims[0][1].readings})
    for place in range(several):
        first = claims[0][1].readings[place]
        cells = tuple(_read(claim, claim.readings[place], months) for _, claim in claims)
        rows.append((_kind_told(first), (Cell(_name_told(first)), *cells)))
    heads = ("Read", "", *(_claim_head(found, at) for at, _ in claims))
    caption = f"How stable is this verdict? Each claim read otherwise. {TURNED} {READINGS}"
    return Grid("stability", caption, heads, tuple(rows), total=False)


def _claim_head(found: Found, at: int) -> str:
    outcome, months = found.claims[at].judged.claim.outcome, found.hypothesis.file.months
    which = "The claim" if len(found.claims) == 1 else f"Claim {at + 1}"
    return f"{which} ({unit_of(outcome, months)})"


def _kind_told(one: Reading) -> str:
    told = {AS_IT_IS: "As it is", ENSEMBLE: "Another ensemble", WEIGHTS: "Weights", FORM: "Rival form", MONTH: "Month",
            CUT_KIND: "High fidelity from"}  # fmt: skip
    return told[one.kind]


def _name_told(one: Reading) -> str:
    if one.kind == FORM:
        return label_of(one.name)
    return "" if one.kind == AS_IT_IS else capital(one.name) if one.kind in (ENSEMBLE, WEIGHTS) else one.name


def _read(claim: ClaimFound, one: Reading, months: int) -> Cell:
    """How a claim stands in a reading, with its effect."""
    if one.toward is None:
        return Cell("–", one.note)
    outcome = claim.judged.claim.outcome if is_foretold(claim.judged.claim.outcome) else one.outcome
    mean, low, high = (
        number(two, outcome, months, like=one.toward.mean) for two in (one.toward.mean, one.toward.low, one.toward.high)
    )
    word = stands_word(one)
    moved = one.stands != claim.readings[0].stands
    return Cell(f"{word} – otherwise" if moved else word, f"{mean} ({low} to {high}); sign in {share_words(one.toward)}")


def stands_word(one: Reading) -> str:
    """How a claim stands in a reading, as a reader sees it."""
    return one.stands if one.toward is None or one.stands == HOLDS else word_for(one.stands, one.toward)


def stability_overview(found: Sequence[Found]) -> Grid | None:
    """Table of all claims: how each stands, and in which readings otherwise; None where there are none."""
    rows = []
    for one in found:
        for at, claim in enumerate(one.claims):
            if claim.readings:
                cells = (Cell(proper(numbered(one, at))), Cell(stands_word(claim.readings[0])), *_kinds(claim), _counted(claim))
                rows.append((one.hypothesis.file.hypothesis, cells))
    if not rows:
        return None
    heads = (
        "",
        "Claim",
        "As it is",
        "Other ensembles",
        "No cap",
        "Rival forms",
        "Months",
        "Cuts of high fidelity",
        "Stands the same",
    )
    caption = f"How stable are these verdicts? Every claim over other ensembles and weights, forms, months and cuts. {READINGS}"
    return Grid("stability-all", caption, heads, tuple(rows), total=False)


def _kinds(claim: ClaimFound) -> tuple[Cell, ...]:
    return tuple(_of_kind(claim, kind) for kind in (ENSEMBLE, WEIGHTS, FORM, MONTH, CUT_KIND))


def _of_kind(claim: ClaimFound, kind: str) -> Cell:
    """How a claim stands in the readings of a kind: all the same, or which do not."""
    mine = [one for one in claim.readings if one.kind == kind]
    there = [one for one in mine if one.toward is not None]
    if not there:
        return Cell("–", mine[0].note if mine else "")
    first = claim.readings[0].stands
    other = [one for one in there if one.stands != first]
    few = f"{count(len(there))} of {count(len(mine))}" if len(there) < len(mine) else ""
    if not other:
        return Cell("the same" if len(there) == 1 else f"all {len(there)} the same", f"{few} measured" if few else "")
    told = "; ".join(f"{_short(one)}: {stands_word(one)}" for one in other[:3])
    more = f"; and {len(other) - 3} more" if len(other) > 3 else ""
    return Cell(f"{len(other)} of {len(there)} otherwise", f"{told}{more}")


def _short(one: Reading) -> str:
    """Reading in a few letters."""
    if one.kind == FORM:
        return label_of(one.name)
    return f"month {one.name}" if one.kind == MONTH else f"from {one.name}" if one.kind == CUT_KIND else one.name


def _counted(claim: ClaimFound) -> Cell:
    every, other = len(others_of(claim.readings)), len(differing(claim.readings))
    return Cell(f"{every - other} of {every}", bar=(every - other) / every if every else -1.0)


def stability_words(found: Found) -> list[str]:
    """How stable the claims are, in a sentence each."""
    said = []
    for at, one in enumerate(found.claims):
        every, other = others_of(one.readings), differing(one.readings)
        if not every:
            continue
        which = "It" if len(found.claims) == 1 else f"Claim {at + 1}"
        if not other:
            said.append(f"{which} stands the same in all {count(len(every))} other readings.")
            continue
        told = ", ".join(f"{_short(two)} ({stands_word(two)})" for two in other[:3])
        more = f" and {count(len(other) - 3)} more" if len(other) > 3 else ""
        said.append(f"{which} stands otherwise in {count(len(other))} of {count(len(every))} readings: {told}{more}.")
    return said


# -------------------------------------------------------------------------------------------------------------------- former


def former_grid(found: Found) -> Grid | None:
    """Table of claims that were stated for other outcomes; None where there are none."""
    if not found.former:
        return None
    file, rows = found.hypothesis.file, []
    for one in found.former:
        told, low, high = shown_of(one, file)
        claim = one.judged.claim
        cells = (
            Cell(f"{title_of(claim.outcome, file.months)}, {unit_of(claim.outcome, file.months)}"),
            Cell(told, f"{low} to {high}"),
            Cell(share_words(one.judged.toward), bar=_bar(one.judged.toward)),
            Cell(", ".join(label_of(name) for name in one.judged.breaking) or "–"),
            Cell(word_of(one.judged)),
        )
        rows.append((proper(capital(claim.says)), cells))
    caption = (
        "Former claims: as they were stated for outcomes that others have replaced. They are judged by the same rule, for "
        "comparison, and decide nothing."
    )
    heads = ("Former claim", "Outcome", "Effect, 95 % interval", "Worlds with the predicted sign", "Hangs on", "Would be")
    return Grid("former", caption, heads, tuple(rows), total=False)
