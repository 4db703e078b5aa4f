"""What ``docs/hypotheses.md`` says: its verdicts are those of the reference results, its grammar that of the code."""

import math
from functools import partial
from pathlib import Path
from typing import Any, Final

from experiments.hypotheses import schema
from experiments.hypotheses.estimating import Effect
from experiments.hypotheses.outcomes import is_foretold
from experiments.hypotheses.reading import read_hypothesis, shipped
from experiments.hypotheses.reference import REFERENCE
from experiments.hypotheses.running import RECORD
from experiments.hypotheses.schema import HypothesisFile
from experiments.hypotheses.verdicts import SIGN_OPEN, SUPPORTED, VERDICTS
from experiments.hypotheses.words import GUIDE, number, share_words, title_of, unit_of, word_for
from experiments.keeping.blocks import ROOT, Blocks
from experiments.keeping.kept import NOT_YET, read_reference
from experiments.kit.words import label_of
from sim import markdown
from sim.ensembles import about, read_ensemble
from sim.problems import BadInput, Problem
from sim.scenario.grammar import model_table

DOCUMENT: Final = "docs/hypotheses.md"
SECTIONS: Final = (
    ("Top of the file", schema.HypothesisFile),
    ("`[budget]`", schema.Budget),
    ("`[rule]`", schema.Rule),
    ("`[arms.NAME]`", schema.Arm),
    ("`[[claims]]` and `[[former]]`", schema.Claim),
    ("`[[also]]`", schema.Estimate),
    ("`[surface]`", schema.Surface),
    ("`[[curves]]`", schema.Curve),
    ("`[foretelling]`", schema.Prediction),
)


def summary(root: Path = ROOT) -> str:
    """The reference run in a few sentences."""
    reference = read_reference(root / REFERENCE, RECORD)
    if reference is None:
        return NOT_YET
    record = reference.record
    verdicts = [hypothesis["verdict"] for hypothesis in record["hypotheses"]]
    counted = ", ".join(f"{verdicts.count(word)} {word}" for word in VERDICTS if word in verdicts)
    controls = [control for name, control in record["controls"].items() if name != "problems"]
    planted, inert = record["controls"]["planted"], record["controls"]["inert"]
    behaved = sum(control["verdict"] in control["may"] for control in controls)
    present = read_ensemble().text_hash == record["ensemble"]["hash"]
    stale = "" if present else "**This run was over another ensemble than the shipped one.** "
    late = [hypothesis["hypothesis"] for hypothesis in record["hypotheses"] if hypothesis["edited_after"]]
    added = (
        f" After a first full run contrasts that decide nothing were added to {', '.join(late)}; claims, rule and their arms "
        "stayed as they were."
    )
    first = stale + _before_prior(record)
    return first + (
        f"`sustain hypotheses` on *{about()['study']}*: {record['runs']:,} runs in {record['worlds']} worlds "
        f"({record['different_worlds']} different parameter sets). Of {len(verdicts)} hypotheses: {counted}. {behaved} of "
        f"{len(controls)} controls came out as they must: a planted effect of 10 percentage points, unpaired, is estimated as "
        f"{100 * planted['mean']:.1f} ± {100 * planted['error']:.1f} and *{planted['verdict']}*; luck alone as "
        f"{100 * inert['mean']:+.1f} ± {100 * inert['error']:.1f} and *{inert['verdict']}*. The report, with a page for each "
        "hypothesis, is `results/reference/hypotheses/report.html`." + (added if late else "")
    ).replace("+-", "-")


def _before_prior(record: dict[str, Any]) -> str:
    """What is said of a run that was made before claims were held against the prior; empty of a later one."""
    if all("prior" in claim for hypothesis in record["hypotheses"] for claim in hypothesis.get("claims", ())):
        return ""
    return (
        "This run was made before claims were held against the prior and read otherwise: how much of it was built in, and how "
        "stable it is, the next full run will show. "
    )


def verdicts(root: Path = ROOT) -> str:
    """Table of all claims; a verdict of another text than the present file's is not shown.

    Raises
    ------
    BadInput
        When a file was edited after the reference run.
    """
    reference = read_reference(root / REFERENCE, RECORD)
    if reference is None:
        return "–"
    hypotheses = reference.record["hypotheses"]
    files = {read.file.hypothesis: read for read in (read_hypothesis(name) for name in shipped())}
    ran = {hypothesis["hypothesis"]: hypothesis["hash"] for hypothesis in hypotheses}
    edited = [name for name, read in files.items() if ran.get(name) not in (None, read.hash)]
    if edited:
        what = f"edited after the reference run: {', '.join(edited)}"
        raise BadInput([Problem(REFERENCE, what, "the wording that ran", "run `sustain hypotheses` again and keep the folder")])
    table = [
        (hypothesis["hypothesis"], *_claim(claim, files[hypothesis["hypothesis"]].file))
        for hypothesis in hypotheses
        for claim in hypothesis["claims"]
    ]
    head = ("", "claim", "outcome", "effect as written, 95 % interval", "worlds with the predicted sign", "verdict", "notes")
    return markdown.table(head, table)


def _claim(claim: dict[str, Any], file: HypothesisFile) -> tuple[str, ...]:
    """Cells of a claim; a number that is none is null in the record."""
    outcome, months = claim["outcome"], file.months
    fields: dict[str, Any] = {name: math.nan if value is None else value for name, value in claim["toward"].items()}
    toward = Effect(**fields)
    effect = [claim["effect"][name] for name in ("mean", "low", "high")]
    mean, low, high = (math.nan if value is None else value for value in effect)
    what = "gain in the area under the curve" if is_foretold(outcome) and claim["name"] != GUIDE else title_of(outcome, months)
    if is_foretold(outcome) and claim["name"] == GUIDE and file.foretelling is not None:
        # the area, not how far it is below its limit
        limit = file.foretelling.least_auc
        told = [number(limit - value, outcome, months, sign=False) for value in (mean, high, low)]
    else:
        told = [number(value, outcome, months) for value in (mean, low, high)]
    notes = [claim["sign"]] if claim.get("sign", SIGN_OPEN) != SIGN_OPEN else []
    notes += [f"hangs on {', '.join(label_of(name) for name in claim['breaking'])}"] if claim["breaking"] else []
    return (
        claim["says"],
        f"{what} ({unit_of(outcome, months)})",
        f"{told[0]} ({told[1]} to {told[2]})",
        share_words(toward),
        f"**{SUPPORTED}**" if claim["verdict"] == SUPPORTED else word_for(claim["verdict"], toward),
        "; ".join(notes) or "–",
    )


def grammar() -> str:
    """Tables of the grammar."""
    return "\n\n".join(f"### {heading}\n\n{model_table(model)}" for heading, model in SECTIONS)


def blocks(root: Path = ROOT) -> Blocks:
    """What makes the text of each block."""
    return {
        "hypotheses": partial(summary, root),
        "hypotheses-verdicts": partial(verdicts, root),
        "hypotheses-grammar": grammar,
    }
