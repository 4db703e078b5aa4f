"""Tables of hypotheses, as CSV: verdicts, effects, knock-outs, effects by world, what the arms gave."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from experiments.hypotheses.estimating import Effect
from experiments.hypotheses.finding import Found
from experiments.hypotheses.schema import Claim, Estimate
from experiments.kit.tables import csv_text
from experiments.kit.words import label_of
from sim.store.folder import write_text_whole

EFFECT: Final = (
    "mean", "error", "mcse", "spread", "low", "high", "sign_share", "sign_error", "counted", "still", "worlds", "members", "runs",
    "correlation", "reduction",
)  # fmt: skip


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
        "worlds.csv": worlds(found),
        "arms.csv": arms(found),
    }
    for name, (head, rows) in tables.items():
        write_text_whole(folder / name, csv_text(head, rows))
    return list(tables)


def _numbers(effect: Effect) -> list[Any]:
    return [getattr(effect, name) for name in EFFECT]


def verdicts(found: Sequence[Found]) -> tuple[list[str], list[list[Any]]]:
    """A row a claim, with its effect in the predicted direction."""
    head = ["hypothesis", "claim", "verdict", "outcome", "direction", "smallest", *EFFECT, "breaking", "reasons"]
    rows = [
        [
            one.hypothesis.file.hypothesis, claim.judged.claim.name, claim.judged.verdict, claim.judged.claim.outcome,
            claim.judged.claim.direction, claim.judged.claim.smallest, *_numbers(claim.judged.toward),
            " ".join(claim.judged.breaking), "; ".join(claim.judged.reasons),
        ]
        for one in found
        for claim in one.claims
    ]  # fmt: skip
    return head, rows


def effects(found: Sequence[Found]) -> tuple[list[str], list[list[Any]]]:
    """A row a contrast, as it is written: claims and what is reported beside them."""
    head = ["hypothesis", "contrast", "says", "outcome", *EFFECT]
    rows = []
    for one in found:
        number = one.hypothesis.file.hypothesis
        claims: list[tuple[Claim | Estimate, Effect]] = [(claim.judged.claim, claim.effect) for claim in one.claims]
        rows += [[number, what.name, what.says, what.outcome, *_numbers(effect)] for what, effect in [*claims, *one.also]]
    return head, rows


def knockouts(found: Sequence[Found]) -> tuple[list[str], list[list[Any]]]:
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


def worlds(found: Sequence[Found]) -> tuple[list[str], list[list[Any]]]:
    """A row a claim and world: the noisy mean of the effect there, in the predicted direction."""
    rows = [
        [one.hypothesis.file.hypothesis, name, world, float(value)]
        for one in found
        for name, values in one.worlds.items()
        for world, value in enumerate(values)
    ]
    return ["hypothesis", "claim", "world", "effect"], rows


def arms(found: Sequence[Found]) -> tuple[list[str], list[list[Any]]]:
    """A row an arm and outcome: mean over worlds and its Monte Carlo error."""
    rows = [
        [one.hypothesis.file.hypothesis, arm, outcome, mean, error]
        for one in found
        for arm, outcomes in one.arms.items()
        for outcome, (mean, error) in outcomes.items()
    ]
    return ["hypothesis", "arm", "outcome", "mean", "mcse"], rows
