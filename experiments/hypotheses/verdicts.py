"""The rule: when a claim is supported, assumed, mixed or not supported. It was written before anything ran."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from experiments.hypotheses.estimating import Effect
from experiments.hypotheses.schema import Claim, Rule

SUPPORTED: Final = "supported"
ASSUMED: Final = "assumed"
MIXED: Final = "mixed"
NOT_SUPPORTED: Final = "not supported"
VERDICTS: Final = (SUPPORTED, ASSUMED, MIXED, NOT_SUPPORTED)
"""From the strongest to the weakest; a hypothesis with several claims has the weakest of theirs."""

SIGN_ASSUMED: Final = "sign assumed"
OTHER_ASSUMED: Final = "other sign assumed"
SIGN_OPEN: Final = "sign open"
SIGNS: Final = (SIGN_ASSUMED, OTHER_ASSUMED, SIGN_OPEN)
"""What the prior, before any pattern was looked at, makes of a claim's sign; it changes no verdict and is told beside it."""


@dataclass(frozen=True)
class Knockout:
    """A claim with one mechanism switched off, or one equation written otherwise.

    Attributes
    ----------
    name : str
        Of the switch, or ``FORM=WORD``.
    effect : float
        Effect in the predicted direction, the mean over worlds: that of all worlds, moved by what switching off changes in the
        worlds in which both were run.
    error : float
        Standard error of that effect, NaN where no two worlds differ; see :func:`experiments.hypotheses.knocking.left_of`.
    own : bool
        Whether the hypothesis is itself about this mechanism.
    counts : bool
        Whether the rule looks at it: rival forms are shown beside it.
    worlds : int
        Worlds in which it was run.
    near : bool
        Whether the effect is within two errors of the smallest one of interest: which side it is on may be luck.
    already : str
        Which arms have the mechanism off themselves, in words.
    """

    name: str
    effect: float
    error: float
    own: bool = False
    counts: bool = True
    worlds: int = 0
    near: bool = False
    already: str = ""


@dataclass(frozen=True)
class Judged:
    """A claim, judged.

    Attributes
    ----------
    claim : Claim
    verdict : str
        One of VERDICTS.
    toward : Effect
        Effect counted in the predicted direction: above zero is as predicted.
    reasons : tuple of str
        What decided, in words.
    breaking : tuple of str
        Mechanisms without which an effect that is else large enough falls below the smallest one of interest, the hypothesis'
        own left out.
    """

    claim: Claim
    verdict: str
    toward: Effect
    reasons: tuple[str, ...]
    breaking: tuple[str, ...]


def predicted_contrast(claim: Claim) -> dict[str, float]:
    """Contrast turned so that above zero is what was predicted."""
    sign = 1.0 if claim.direction == "higher" else -1.0
    return {arm: sign * weight for arm, weight in claim.contrast.items()}


def shift_of(claim: Claim) -> float:
    """What is added to the turned contrast: a claim of no benefit holds as far as the effect stays below the smallest one."""
    return claim.smallest if claim.direction == "no_benefit" else 0.0


def least_of(claim: Claim) -> float:
    """Least mean of the turned and shifted contrast."""
    return 0.0 if claim.direction == "no_benefit" else claim.smallest


def judge(claim: Claim, toward: Effect, knockouts: Sequence[Knockout], rule: Rule) -> Judged:
    """Judge a claim by the rule.

    Parameters
    ----------
    claim : Claim
    toward : Effect
        Of the contrast in the predicted direction, shifted for a claim of no benefit.
    knockouts : sequence of Knockout
    rule : Rule
    """
    least = least_of(claim)
    tests = {
        f"the interval [{toward.low:.4g}, {toward.high:.4g}] lies beyond zero": toward.low > 0.0,
        f"the mean {toward.mean:.4g} is at least {least:g}": toward.mean >= least,
        f"the sign holds in {toward.sign_share:.0%} of the worlds, at least {rule.sign_share:.0%}": (
            toward.sign_share >= rule.sign_share
        ),
    }
    failed = tuple(f"not: {words}" for words, holds in tests.items() if not holds)
    if not failed:
        # what is undefined without a mechanism is not alive without it
        breaking = tuple(one.name for one in knockouts if one.counts and not one.own and not one.effect >= least)
        if not breaking:
            close = tuple(one.name for one in knockouts if one.counts and not one.own and one.near)
            doubt = (f"alive without {', '.join(close)}, but within two errors of {least:g}",) if close else ()
            return Judged(claim, SUPPORTED, toward, (*tests, *doubt), ())
        near = {one.name for one in knockouts if one.near}
        named = ", ".join(f"{name} (within two errors)" if name in near else name for name in breaking)
        why = f"hangs on {named}: without it the mean falls below {least:g}"
        return Judged(claim, ASSUMED, toward, (*tests, why), breaking)
    if rule.mixed_from <= toward.sign_share <= rule.sign_share:
        return Judged(claim, MIXED, toward, failed, ())
    return Judged(claim, NOT_SUPPORTED, toward, failed, ())


def other_share(toward: Effect) -> float:
    """Share of worlds with the sign that was not predicted: those without the predicted one in which anything happens."""
    return max(0.0, 1.0 - toward.still - toward.sign_share)


def sign_of(prior: Effect, rule: Rule) -> str:
    """What draws of the prior make of a claim's sign; one of SIGNS.

    A sign counts as assumed where the rule's share of the draws have it, luck taken out, and the interval of the mean lies on its
    side: where nothing differs between draws but luck, the share by itself says only on which side of zero luck has put the mean.

    Parameters
    ----------
    prior : Effect
        Over draws of the prior, in the predicted direction, shifted for a claim of no benefit.
    rule : Rule
    """
    if prior.sign_share >= rule.prior_share and prior.low > 0.0:
        return SIGN_ASSUMED
    if other_share(prior) >= rule.prior_share and prior.high < 0.0:
        return OTHER_ASSUMED
    return SIGN_OPEN


def stands(claim: Claim, toward: Effect, rule: Rule) -> str:
    """Verdict as far as interval, size and sign go, without knock-outs: *supported* stands for *assumed* too."""
    return judge(claim, toward, (), rule).verdict


def weakest(verdicts: Sequence[str]) -> str:
    """Verdict of a hypothesis: the weakest of its claims'."""
    return max(verdicts, key=VERDICTS.index)
