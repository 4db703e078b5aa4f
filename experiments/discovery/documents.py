"""Keep ``docs/policies.md`` true: its block on discovery is that of the reference results.

``python -m experiments.discovery.documents FOLDER`` makes a finished folder of ``sustain discover`` the reference and writes the
document; without a folder the document is written anew from the reference, and ``--check`` exits 1 when it is out of date.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from experiments.discovery.asked import Asked
from experiments.discovery.noise import ROUNDS
from experiments.discovery.reference import COMMAND, PICTURE, REFERENCE, changed_since, write_reference
from experiments.discovery.running import DISCOVERY
from experiments.keeping import kept
from experiments.keeping.blocks import ROOT, markdown_table
from experiments.keeping.kept import NOT_YET, Reference, former_words, made_words, outdated, read_reference, share_words
from sim.report.sentences import count, plural

HEADINGS: Final = {"level": "Failure in level", "effect": "Failure in effect"}
_FULL_MONTHS: Final = 84


def results(root: Path = ROOT) -> str:
    """What came out of the reference run; a sentence where there is nothing to be shown."""
    found = read_reference(root / REFERENCE, DISCOVERY)
    if found is None:
        return NOT_YET
    changed = changed_since(found)
    if changed:
        return outdated(COMMAND, found.record, changed)
    parts = [_summary(found.record), _picture(found, root)]
    for name, one in found.record["failures"].items():
        parts += [f"#### {HEADINGS[name]}", *_section(found, name, one)]
    return "\n\n".join(one for one in parts if one)


def _summary(record: Mapping[str, Any]) -> str:
    form = record["settings"]
    full = {"worlds": Asked.usual()["worlds"], "shuffles": Asked.usual()["shuffles"], "months": _FULL_MONTHS}
    less = [f"{name} {form[name]} instead of {usual}" for name, usual in full.items() if form[name] < usual]
    if record["replicates"] < ROUNDS[0]:
        less.append(f"replicates {record['replicates']} instead of {ROUNDS[0]} or more")
    trial = f"**A trial, not the full run** ({', '.join(less)}): nothing is to be learned from it. " if less else ""
    runs = 2 * form["worlds"] * record["replicates"]
    return (
        f"{trial}{former_words(record)}`sustain discover {form['policy']} --base {form['base']}` ({made_words(record)}; seed "
        f"{record['seed']}; ensemble `{form['ensemble_hash'][:12]}`): {plural(form['worlds'], 'world')} with "
        f"{count(record['members'])} different sets of parameter values, {plural(record['replicates'], 'replicate')} of each "
        f"scenario in each, {count(runs)} runs of {form['months']} months. The tables are in `{REFERENCE}`."
    )


def _section(found: Reference, name: str, one: Mapping[str, Any]) -> list[str]:
    meaning = found.record["meanings"][name]
    said = [
        f"{meaning[0].upper()}{meaning[1:]}. So fail {share_words(one['failures'], one['worlds'])} of the worlds.",
        f"**{one['sentence']}**",
        " ".join(one["how_sure"]),
    ]
    region = one["region"]
    if region is None:
        return said
    return [*said, _halves(region), _limits(found, name, region), _leaves(found, name)]


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
    told = (
        "In brackets 95 % intervals (Wilson). They take worlds as independent; those that share parameter values make them a "
        "little too narrow."
    )
    return f"{told}\n\n{markdown_table(head, table)}"


def _limits(found: Reference, name: str, region: Mapping[str, Any]) -> str:
    """Limits of the chosen box; empty without one."""
    rows = [row for row in found.rows("limits") if row["failure"] == name]
    if not rows:
        return ""
    table = [(row["what"], f"{row['side']} {row['limit']}", row["drawn_between"], row["kind"], row["quasi_p"]) for row in rows]
    head = ("input", "in the box where", "drawn between", "what it is", "quasi-p")
    told = "" if region["found"] else "The box does **not** hold on the other half: its limits are no finding.\n\n"
    return told + markdown_table(head, table)


def _leaves(found: Reference, name: str) -> str:
    """Leaves of the tree."""
    table = [
        (
            row["where"],
            row["test_worlds"],
            share_words(int(row["test_failures"]), int(row["test_worlds"])),
            share_words(int(row["training_failures"]), int(row["training_worlds"])),
        )
        for row in found.rows("tree")
        if row["failure"] == name
    ]
    head = ("leaf of the tree", "worlds of the other half", "failing there", "failing on the half it was grown on")
    return markdown_table(head, table) if table else ""


def _picture(found: Reference, root: Path) -> str:
    name = found.record["picture"]
    if not name or not (root / PICTURE).exists():
        return ""
    region = found.record["failures"][name]["region"]
    box = "the box is the region that was found" if region["found"] else "no box holds on the other half"
    return (
        f"![Worlds that fail and worlds that do not, over two inputs]({Path(PICTURE).relative_to('docs').as_posix()})\n\n"
        f"*A mark is a world, over the two inputs that say most, for {found.record['meanings'][name]}: crosses fail, circles do "
        f"not. Left the half that boxes were looked for on, right the half that proves them; {box}. Faint worlds are left out "
        "by other limits of the box.*"
    )


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT) -> int:
    """Make a folder the reference, and write the document anew or check it; see :func:`experiments.keeping.kept.main`."""
    return kept.main(
        arguments,
        root=root,
        module="experiments.discovery.documents",
        command=COMMAND,
        keep=write_reference,
        blocks={"discovery": partial(results, root)},
    )


if __name__ == "__main__":
    raise SystemExit(main())
