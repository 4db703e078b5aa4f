"""What ``docs/policies.md`` says of discovery: the block is that of the reference results."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from experiments.discovery.asked import Asked
from experiments.discovery.noise import ROUNDS
from experiments.discovery.reference import COMMAND, PICTURE, REFERENCE, changed_since
from experiments.discovery.running import DISCOVERY
from experiments.discovery.words import level_cells
from experiments.keeping.blocks import ROOT, Blocks
from experiments.keeping.kept import Reference, former_words, made_words, read_reference, share_words, shown, trial_words
from experiments.kit.words import outcome_of
from sim import markdown
from sim.report.sentences import count, plural

DOCUMENT: Final = "docs/policies.md"
HEADINGS: Final = {"level": "Failure in level", "effect": "Failure in effect"}
_FULL_MONTHS: Final = 84


def results(root: Path = ROOT) -> str:
    """What came out of the reference run; a sentence where there is nothing to be shown."""

    def sections(run: Reference) -> Iterator[str]:
        yield _summary(run.record)
        yield _picture(run, root)
        for name, failure in run.record["failures"].items():
            yield f"#### {HEADINGS[name]}"
            yield from _section(run, name, failure)
        yield "#### What else becomes of services"
        yield _levels(run.record)

    reference = read_reference(root / REFERENCE, DISCOVERY)
    return shown(reference, changed_since=changed_since, sections=sections, command=COMMAND)


def blocks(root: Path = ROOT) -> Blocks:
    """What makes the text of each block."""
    return {"discovery": partial(results, root)}


def _summary(record: Mapping[str, Any]) -> str:
    form = record["settings"]
    full = {"worlds": Asked.usual()["worlds"], "shuffles": Asked.usual()["shuffles"], "months": _FULL_MONTHS}
    less = [f"{name} {form[name]} instead of {usual}" for name, usual in full.items() if form[name] < usual]
    if record["replicates"] < ROUNDS[0]:
        less.append(f"replicates {record['replicates']} instead of {ROUNDS[0]} or more")
    runs = 2 * form["worlds"] * record["replicates"]
    return (
        f"{trial_words(less)}{former_words(record)}`sustain discover {form['policy']} --base {form['base']}` "
        f"({made_words(record)}; seed {record['seed']}; ensemble `{form['ensemble_hash'][:12]}`): "
        f"{plural(form['worlds'], 'world')} with {count(record['members'])} different sets of parameter values, "
        f"{plural(record['replicates'], 'replicate')} of each scenario in each, {count(runs)} runs of {form['months']} months. "
        f"The tables are in `{REFERENCE}`."
    )


def _section(run: Reference, name: str, failure: Mapping[str, Any]) -> list[str]:
    meaning = run.record["meanings"][name]
    said = [
        f"{meaning[0].upper()}{meaning[1:]}. So fail {share_words(failure['failures'], failure['worlds'])} of the worlds.",
        f"**{failure['sentence']}**",
        " ".join(failure["how_sure"]),
    ]
    region = failure["region"]
    if region is None:
        return said
    return [*said, _halves(region), _limits(run, name, region), _leaves(run, name)]


def _levels(record: Mapping[str, Any]) -> str:
    """What becomes of services in base and policy; what worlds fail by first, the old stock last."""
    form = record["settings"]
    table = [(outcome_of(name, form["months"]).title, *level_cells(level)) for name, level in record["outcomes"].items()]
    words = (
        "Means over all worlds ± one standard error over worlds; worlds fail by the first row. “Old stock” is what the first "
        "version of the model led with."
    )
    return f"{words}\n\n{markdown.table(('outcome', form['base'], form['policy'], 'difference, percentage points'), table)}"


def _halves(region: Mapping[str, Any]) -> str:
    """How the chosen box does on both halves; empty without a box."""
    if not region["limits"]:
        return ""
    table = []
    for half, words in (("test", "the other half, which counts"), ("training", "the half that it was found on")):
        score = region[half]
        both, inside, failures = score["failures_inside"], score["inside"], score["failures"]
        table.append(
            (
                words,
                share_words(inside, score["worlds"]),
                share_words(both, failures),
                share_words(both, inside),
                share_words(failures - both, score["worlds"] - inside),
            )
        )
    head = ("the chosen box on", "worlds in it", "coverage: failures in it", "density: failing in it", "failing elsewhere")
    note = (
        "In brackets 95 % intervals (Wilson). They take worlds as independent; those that share parameter values make them a "
        "little too narrow."
    )
    return f"{note}\n\n{markdown.table(head, table)}"


def _limits(run: Reference, name: str, region: Mapping[str, Any]) -> str:
    """Limits of the chosen box; empty without one."""
    rows = [row for row in run.rows("limits") if row["failure"] == name]
    if not rows:
        return ""
    table = [(row["what"], f"{row['side']} {row['limit']}", row["drawn_between"], row["kind"], row["quasi_p"]) for row in rows]
    head = ("input", "in the box where", "drawn between", "what it is", "quasi-p")
    note = "" if region["found"] else "The box does **not** hold on the other half: its limits are no finding.\n\n"
    return note + markdown.table(head, table)


def _leaves(run: Reference, name: str) -> str:
    """Leaves of the tree."""
    table = [
        (
            row["where"],
            row["test_worlds"],
            share_words(int(row["test_failures"]), int(row["test_worlds"])),
            share_words(int(row["training_failures"]), int(row["training_worlds"])),
        )
        for row in run.rows("tree")
        if row["failure"] == name
    ]
    head = ("leaf of the tree", "worlds of the other half", "failing there", "failing on the half it was grown on")
    return markdown.table(head, table) if table else ""


def _picture(run: Reference, root: Path) -> str:
    name = run.record["picture"]
    if not name or not (root / PICTURE).exists():
        return ""
    region = run.record["failures"][name]["region"]
    box = "the box is the region that was found" if region["found"] else "no box holds on the other half"
    return (
        f"![Worlds that fail and worlds that do not, over two inputs]({Path(PICTURE).relative_to('docs').as_posix()})\n\n"
        f"*A mark is a world, over the two inputs that say most, for {run.record['meanings'][name]}: crosses fail, circles do "
        f"not. Left the half that boxes were looked for on, right the half that proves them; {box}. Faint worlds are left out "
        "by other limits of the box.*"
    )
