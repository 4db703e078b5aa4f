"""Keep ``docs/hypotheses.md`` true: its verdicts are those of the reference results, its grammar that of the code.

``python -m experiments.hypotheses.documents`` writes them anew; ``--check`` exits 1 when they are out of date.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from experiments.hypotheses import schema
from experiments.hypotheses.estimating import Effect
from experiments.hypotheses.reading import read_hypothesis, shipped
from experiments.hypotheses.reference import REFERENCE
from experiments.hypotheses.verdicts import SUPPORTED, VERDICTS
from experiments.hypotheses.words import AREA, against, knockout_words, number, share_words, title_of, unit_of
from experiments.keeping.blocks import ROOT, main, markdown_table
from sim.ensembles import about, read_ensemble
from sim.scenario.grammar import model_table

DOCUMENT: Final = "docs/hypotheses.md"
SECTIONS: Final = (
    ("Top of the file", schema.HypothesisFile),
    ("`[budget]`", schema.Budget),
    ("`[rule]`", schema.Rule),
    ("`[arms.NAME]`", schema.Arm),
    ("`[[claims]]`", schema.Claim),
    ("`[[also]]`", schema.Estimate),
    ("`[surface]`", schema.Surface),
    ("`[[curves]]`", schema.Curve),
    ("`[foretelling]`", schema.Prediction),
)


def record() -> dict[str, Any]:
    """Record of the reference run."""
    found: dict[str, Any] = json.loads((REFERENCE / "hypotheses.json").read_text(encoding="utf-8"))
    return found


def summary() -> str:
    """The reference run in a few sentences."""
    if not (REFERENCE / "hypotheses.json").exists():
        return "Not yet run in full on the shipped ensemble: there are no verdicts to tell of."
    one = record()
    verdicts = [two["verdict"] for two in one["hypotheses"]]
    counted = ", ".join(f"{verdicts.count(word)} {word}" for word in VERDICTS if word in verdicts)
    controls = [two for name, two in one["controls"].items() if name != "problems"]
    planted, inert = one["controls"]["planted"], one["controls"]["inert"]
    behaved = sum(two["verdict"] in two["may"] for two in controls)
    ensemble = read_ensemble()
    stale = (
        "" if ensemble.text_hash == one["ensemble"]["hash"] else "**This run was over another ensemble than the shipped one.** "
    )
    late = [two["hypothesis"] for two in one["hypotheses"] if two["edited_after"]]
    added = (
        f" After a first full run contrasts that decide nothing were added to {', '.join(late)}; claims, rule and their arms "
        "stayed as they were."
    )
    return stale + (
        f"`sustain hypotheses` on *{ensemble_name()}*: {one['runs']:,} runs in {one['worlds']} worlds "
        f"({one['different_worlds']} different parameter sets). Of {len(verdicts)} hypotheses: {counted}. {behaved} of "
        f"{len(controls)} controls came out as they must: a planted effect of 10 percentage points, unpaired, is estimated as "
        f"{100 * planted['mean']:.1f} ± {100 * planted['error']:.1f} and *{planted['verdict']}*; luck alone as "
        f"{100 * inert['mean']:+.1f} ± {100 * inert['error']:.1f} and *{inert['verdict']}*. The report, with a page for each "
        "hypothesis, is `results/reference/hypotheses/report.html`." + (added if late else "")
    ).replace("+-", "-")


def ensemble_name() -> str:
    """Name of the calibration that the ensemble comes from."""
    return str(about()["study"])


def verdicts() -> str:
    """Table of all claims; a verdict of another text than the present file's is not shown.

    Raises
    ------
    ValueError
        When a file was edited after the reference run.
    """
    if not (REFERENCE / "hypotheses.json").exists():
        return "–"
    files = {one.file.hypothesis: one for one in (read_hypothesis(name) for name in shipped())}
    ran = {one["hypothesis"]: one["hash"] for one in record()["hypotheses"]}
    edited = [name for name, one in files.items() if ran.get(name) not in (None, one.hash)]
    if edited:
        raise ValueError(f"edited after the reference run: {', '.join(edited)}; run `sustain hypotheses` again")
    table = []
    for one in record()["hypotheses"]:
        months = files[one["hypothesis"]].file.months
        for claim in one["claims"]:
            fields: dict[str, Any] = {name: nan(value) for name, value in claim["toward"].items()}
            outcome, toward = claim["outcome"], Effect(**fields)
            told = [number(nan(claim["effect"][name]), outcome, months) for name in ("mean", "low", "high")]
            what = "distance of the area under the curve to the claim's limit" if outcome == AREA else title_of(outcome, months)
            notes = [f"hangs on {', '.join(knockout_words(name) for name in claim['breaking'])}"] if claim["breaking"] else []
            notes += filter(None, [against(claim["verdict"], toward)])
            table.append(
                (
                    one["hypothesis"],
                    claim["says"],
                    f"{what} ({unit_of(outcome, months)})",
                    f"{told[0]} ({told[1]} to {told[2]})",
                    share_words(toward),
                    f"**{claim['verdict']}**" if claim["verdict"] == SUPPORTED else claim["verdict"],
                    "; ".join(notes) or "–",
                )
            )
    head = ("", "claim", "outcome", "effect as written, 95 % interval", "worlds with the predicted sign", "verdict", "notes")
    return markdown_table(head, table)


def nan(value: float | None) -> float:
    """Number of the record, in which what is none is null."""
    return float("nan") if value is None else value


def grammar() -> str:
    """Tables of the grammar."""
    return "\n\n".join(f"### {heading}\n\n{model_table(model)}" for heading, model in SECTIONS)


BLOCKS: Final[Mapping[str, Callable[[], str]]] = {
    "hypotheses": summary,
    "hypotheses-verdicts": verdicts,
    "hypotheses-grammar": grammar,
}
"""What makes the text of each block."""


if __name__ == "__main__":
    raise SystemExit(main(path=ROOT / DOCUMENT, blocks=BLOCKS, module="experiments.hypotheses.documents"))
