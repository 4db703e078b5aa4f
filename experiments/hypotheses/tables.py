"""Tables of hypotheses, as CSV: verdicts, effects, knock-outs, prior, stability, former claims, worlds, what the arms gave."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from experiments.hypotheses.estimating import Effect
from experiments.hypotheses.finding import ClaimFound, Found
from experiments.hypotheses.verdicts import other_share
from experiments.kit.tables import csv_text
from experiments.kit.words import label_of
from sim.store.folder import write_text_whole

EFFECT: Final = (
    "mean", "error", "mcse", "spread", "low", "high", "sign_share", "sign_error", "counted", "still", "worlds", "members", "runs",
    "correlation", "reduction",
)  # fmt: skip


Rows = tuple[list[str], list[list[Any]]]
"""Head of a table, and its rows."""

PAGES: Final = "pages"
"""Folder of the hypotheses' pages."""


def write_tables(folder: Path, found: Sequence[Found]) -> list[str]:
    """Write all tables; gives the names of their files.

    Parameters
    ----------
    folder : pathlib.Path
    found : sequence of Found
    """
    tables = {
        "verdicts.csv": verdicts(found),
        "effects.csv": effects(found),
        "knockouts.csv": knockouts(found),
        "prior.csv": prior(found),
        "stability.csv": stability(found),
        "former.csv": former(found),
        "worlds.csv": worlds(found),
        "arms.csv": arms(found),
    }
    for name, (head, rows) in tables.items():
        write_text_whole(folder / name, csv_text(head, rows))
    return list(tables)


def _numbers(effect: Effect) -> list[Any]:
    return [getattr(effect, name) for name in EFFECT]


def verdicts(found: Sequence[Found]) -> Rows:
    """A row a claim, with its effect in the predicted direction, and what the prior makes of its sign."""
    head, rows = _judged([(one.hypothesis.file.hypothesis, claim) for one in found for claim in one.claims])
    signs = [claim.sign for one in found for claim in one.claims]
    return [*head, "sign"], [[*row, sign] for row, sign in zip(rows, signs, strict=True)]


def former(found: Sequence[Found]) -> Rows:
    """A row a claim that was stated for other outcomes; it decides nothing."""
    return _judged([(one.hypothesis.file.hypothesis, claim) for one in found for claim in one.former])


def _judged(claims: Sequence[tuple[str, ClaimFound]]) -> Rows:
    head = ["hypothesis", "claim", "verdict", "outcome", "direction", "smallest", *EFFECT, "breaking", "reasons"]
    rows = [
        [
            number, one.judged.claim.name, one.judged.verdict, one.judged.claim.outcome, one.judged.claim.direction,
            one.judged.claim.smallest, *_numbers(one.judged.toward), " ".join(one.judged.breaking), "; ".join(one.judged.reasons),
        ]
        for number, one in claims
    ]  # fmt: skip
    return head, rows


def prior(found: Sequence[Found]) -> Rows:
    """A row a claim: its effect over draws of the prior, in the predicted direction, beside that over the ensemble."""
    head = [
        "hypothesis", "claim", "outcome", "direction", "sign", "prior_share", *EFFECT, "other_share", "ensemble_mean",
        "ensemble_low", "ensemble_high", "ensemble_sign_share",
    ]  # fmt: skip
    rows = []
    for one in found:
        for claim in one.claims:
            if claim.prior is not None:
                what, toward = claim.judged.claim, claim.judged.toward
                rows.append([
                    one.hypothesis.file.hypothesis, what.name, what.outcome, what.direction, claim.sign,
                    one.hypothesis.file.rule.prior_share, *_numbers(claim.prior), other_share(claim.prior), toward.mean,
                    toward.low, toward.high, toward.sign_share,
                ])  # fmt: skip
    return head, rows


def stability(found: Sequence[Found]) -> Rows:
    """A row a claim and reading: how it stands, and whether that is as it stands in the run as it is."""
    head = ["hypothesis", "claim", "kind", "reading", "outcome", "stands", "same", *EFFECT, "note"]
    rows = []
    for one in found:
        for claim in one.claims:
            for two in claim.readings:
                same = "" if two.toward is None else int(two.stands == claim.readings[0].stands)
                numbers = [None] * len(EFFECT) if two.toward is None else _numbers(two.toward)
                rows.append([
                    one.hypothesis.file.hypothesis, claim.judged.claim.name, two.kind, two.name, two.outcome, two.stands, same,
                    *numbers, two.note,
                ])  # fmt: skip
    return head, rows


def effects(found: Sequence[Found]) -> Rows:
    """A row a contrast, as it is written: claims and what is reported beside them."""
    head = ["hypothesis", "contrast", "says", "outcome", *EFFECT]
    rows = []
    for one in found:
        number = one.hypothesis.file.hypothesis
        rows += [[number, what.name, what.says, what.outcome, *_numbers(effect)] for what, effect in one.stated]
    return head, rows


def knockouts(found: Sequence[Found]) -> Rows:
    """A row a claim and mechanism, by name and in words: the effect without it, in the predicted direction."""
    head = ["hypothesis", "claim", "off", "label", "effect", "error", "own", "counts", "near", "already", "worlds"]
    rows = [
        [
            one.hypothesis.file.hypothesis, claim.judged.claim.name, off.name, label_of(off.name), off.effect, off.error,
            int(off.own), int(off.counts), int(off.near), off.already, off.worlds,
        ]
        for one in found
        for claim in one.claims
        for off in claim.knockouts
    ]  # fmt: skip
    return head, rows


def worlds(found: Sequence[Found]) -> Rows:
    """A row a claim and world: the noisy mean of the effect there, in the predicted direction."""
    rows = [
        [one.hypothesis.file.hypothesis, name, world, float(value)]
        for one in found
        for name, values in one.worlds.items()
        for world, value in enumerate(values)
    ]
    return ["hypothesis", "claim", "world", "effect"], rows


def arms(found: Sequence[Found]) -> Rows:
    """A row an arm and outcome: mean over worlds and its Monte Carlo error."""
    rows = [
        [one.hypothesis.file.hypothesis, arm, outcome, mean, error]
        for one in found
        for arm, outcomes in one.arms.items()
        for outcome, (mean, error) in outcomes.items()
    ]
    return ["hypothesis", "arm", "outcome", "mean", "mcse"], rows
