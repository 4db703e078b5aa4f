"""The kept full run read back: every hypothesis with what stands behind its verdict, as it was found, without running anything.

What the record and the tables keep is enough for all sentences and tables of the pages but those of single worlds and arms.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from experiments.hypotheses.estimating import Effect, Luck
from experiments.hypotheses.finding import ClaimFound, Correlate, Found
from experiments.hypotheses.reading import Hypothesis, read_hypothesis, shipped
from experiments.hypotheses.reference import REFERENCE
from experiments.hypotheses.running import RECORD
from experiments.hypotheses.schema import Claim
from experiments.hypotheses.stability import Reading
from experiments.hypotheses.tables import EFFECT
from experiments.hypotheses.verdicts import Judged, Knockout
from experiments.keeping.kept import NOT_YET, Reference, home, read_reference
from sim.ensembles import read_ensemble

TABLES: Final = ("verdicts", "knockouts", "stability")
"""Tables that are read beside the record."""

REWORDED: Final = "The hypothesis was reworded since the kept run. `sustain hypotheses` runs it again."
LACKING: Final = "The kept run has no such hypothesis. `sustain hypotheses` runs it."
OTHER_ENSEMBLE: Final = "The kept run was over another ensemble of plausible worlds than the shipped one."

_WHOLE: Final = ("worlds", "members", "runs")
_TOLD: Final = frozenset({
    "run", "name", "hypothesis", "title", "hash", "edited_after", "seed", "verdict", "replicates", "scenarios", "claims",
    "former", "also",
})  # fmt: skip


@dataclass(frozen=True)
class Remembered:
    """A hypothesis that ships, and what the kept run found.

    Attributes
    ----------
    hypothesis : Hypothesis
        As it is now.
    found : Found or None
        None where the kept run has nothing of the present wording. Of luck it has the error that was seen; the effects of single
        worlds and of arms are empty.
    why : str
        Why there is nothing; else empty.
    edited : str
        When and how the file was edited before that run; else empty.
    short : tuple of str
        Claims whose Monte Carlo error was larger than was asked for, by name.
    """

    hypothesis: Hypothesis
    found: Found | None
    why: str = ""
    edited: str = ""
    short: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """The kept run.

    Attributes
    ----------
    record : dict
        As ``hypotheses.json`` holds it; empty where no run is kept.
    every : tuple of Remembered
        All that ship, in order.
    notices : tuple of str
        What is to be minded of the run as a whole.
    """

    record: dict[str, Any]
    every: tuple[Remembered, ...]
    notices: tuple[str, ...]


@cache
def remembered(root: Path | None = None) -> Kept:
    """The kept full run, read once.

    Parameters
    ----------
    root : pathlib.Path, optional
        Folder within which it lies; that of the repository or of what is packaged, unless given.
    """
    reference = read_reference((root or home()) / REFERENCE, RECORD)
    hypotheses = [read_hypothesis(name) for name in shipped()]
    if reference is None:
        return Kept({}, tuple(Remembered(one, None, NOT_YET) for one in hypotheses), (NOT_YET,))
    tables = {name: reference.rows(name) for name in TABLES}
    ran = {one["name"]: one for one in reference.record["hypotheses"]}
    every = tuple(_remembered(one, ran.get(one.file.name), tables) for one in hypotheses)
    other = read_ensemble().text_hash != reference.record["ensemble"]["hash"]
    lacking = [f"{name}.csv" for name in TABLES if not tables[name]]
    notices = [OTHER_ENSEMBLE] if other else []
    notices += [f"Some tables of the kept run are not there: {', '.join(lacking)}."] if lacking else []
    return Kept(reference.record, every, (*notices, *_of_controls(reference)))


def _of_controls(reference: Reference) -> list[str]:
    """Controls of the run that did not behave."""
    return [f"A control did not behave: {one}." for one in reference.record["controls"]["problems"]]


def _remembered(
    hypothesis: Hypothesis, told: Mapping[str, Any] | None, tables: Mapping[str, Sequence[Mapping[str, str]]]
) -> Remembered:
    if told is None:
        return Remembered(hypothesis, None, LACKING)
    if told["hash"] != hypothesis.hash:
        return Remembered(hypothesis, None, REWORDED)
    file = hypothesis.file
    mine = {name: [row for row in rows if row["hypothesis"] == file.hypothesis] for name, rows in tables.items()}
    directions = {row["claim"]: row["direction"] for row in mine["verdicts"]}
    stated = {one.name: one for one in file.judged} if not file.foretelling else {}
    claims = tuple(_claim(one, stated.get(one["name"]) or _foretold(hypothesis, one, directions), mine) for one in told["claims"])
    former = tuple(_claim(one, stated.get(one["name"]) or _foretold(hypothesis, one, {}), {}) for one in told["former"])
    beside = {one.name: one for one in file.also}
    also = tuple((beside[one["name"]], effect_of(one)) for one in told["also"])
    extra = {name: value for name, value in told.items() if name not in _TOLD}
    found = Found(hypothesis, claims, also, {}, {}, told["replicates"], extra, former=former)
    short = tuple(one["name"] for one in told["claims"] if not one["enough"])
    return Remembered(hypothesis, found, edited=told["edited_after"], short=short)


def _foretold(hypothesis: Hypothesis, told: Mapping[str, Any], directions: Mapping[str, str]) -> Claim:
    """Claim of a question of prediction, which its file does not write out."""
    asked = hypothesis.file.foretelling
    contrast = {asked.arms[0] if asked else "cohort": 1.0, "nothing": -1.0}
    known = {name: told[name] for name in ("name", "says", "outcome", "smallest")}
    return Claim.model_validate({**known, "contrast": contrast, "direction": directions.get(told["name"], "higher")})


def _claim(told: Mapping[str, Any], claim: Claim, tables: Mapping[str, Sequence[Mapping[str, str]]]) -> ClaimFound:
    mine = {name: [row for row in rows if row["claim"] == claim.name] for name, rows in tables.items()}
    toward, effect = effect_of(told["toward"]), effect_of(told["effect"])
    judged = Judged(claim, told["verdict"], toward, tuple(told["reasons"]), tuple(told["breaking"]))
    return ClaimFound(
        judged,
        effect,
        tuple(_knockout(row) for row in mine.get("knockouts", ())),
        tuple(Correlate(one["name"], one["rank"]) for one in told["correlates"]),
        Luck(effect.mcse, seen=True),
        math.inf,
        prior=effect_of(told["prior"]) if "prior" in told else None,
        sign=told.get("sign", ""),
        readings=tuple(_reading(row) for row in mine.get("stability", ())),
    )


def effect_of(told: Mapping[str, Any]) -> Effect:
    """Effect of a record or of a row of a table; what is null or empty there is not known."""
    numbers = {name: math.nan if told[name] in (None, "") else float(told[name]) for name in EFFECT}
    return Effect(**{name: int(value) if name in _WHOLE else value for name, value in numbers.items()})  # type: ignore[arg-type]


def _knockout(row: Mapping[str, str]) -> Knockout:
    effect, error = (float(row[name]) if row[name] else math.nan for name in ("effect", "error"))
    own, counts, near = (row[name] == "1" for name in ("own", "counts", "near"))
    return Knockout(row["off"], effect, error, own, counts, int(row["worlds"]), near, row["already"])


def _reading(row: Mapping[str, str]) -> Reading:
    toward = effect_of(row) if row["stands"] else None
    return Reading(row["kind"], row["reading"], row["outcome"], toward, row["stands"], row["note"])
