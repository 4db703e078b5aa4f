"""What ``docs/policies.md`` says of the policy search: the block is that of the reference results."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from experiments.keeping.blocks import ROOT, Blocks
from experiments.keeping.kept import Reference, former_words, made_words, read_reference, shown, trial_words
from experiments.kit.words import in_worlds_short, minus
from experiments.policies.aims import KEPT_GOING as AIM
from experiments.policies.asked import Asked
from experiments.policies.evaluating import MONTHS
from experiments.policies.finding import LAST
from experiments.policies.prices import SUPPORT_ENDS
from experiments.policies.reference import ANSWER, COMMAND, PICTURE, REFERENCE, changed_since
from experiments.policies.running import SEARCH
from experiments.policies.tables import beside_column
from experiments.policies.words import share, told_outcome
from sim import markdown
from sim.report.sentences import count, plural

DOCUMENT: Final = "docs/policies.md"
STEP: Final = 0.03
"""How much more of the services a schedule of the table has to keep than every cheaper one."""


def results(root: Path = ROOT) -> str:
    """What came out of the reference run; a sentence where there is nothing to be shown."""

    def sections(run: Reference) -> Iterator[str]:
        record = run.record
        yield _summary(record)
        yield record["reading"]
        yield _as_file(record)
        yield _picture(run, root)
        yield _frontier(run)
        yield _singles(run)
        yield _beside(run)
        yield "\n".join(f"- {sentence}" for sentence in record["how_sure"])

    return shown(read_reference(root / REFERENCE, SEARCH), changed_since=changed_since, sections=sections, command=COMMAND)


def blocks(root: Path = ROOT) -> Blocks:
    """What makes the text of each block."""
    return {"search": partial(results, root)}


def _summary(record: Mapping[str, Any]) -> str:
    form = record["settings"]
    usual = Asked.usual()
    names = ("worlds", "replicates", "evaluations", "check_worlds", "check_replicates")
    sizes = {name: form[name] for name in names if form[name] < usual[name]}
    less = [f"{name.replace('_', '-')} {given} instead of {usual[name]}" for name, given in sizes.items()]
    return (
        f"{trial_words(less)}{former_words(record)}`sustain search --base {form['base']}` ({made_words(record)}; "
        f"seed {record['seed']}; ensemble `{form['ensemble_hash'][:12]}`): {plural(record['evaluated'], 'schedule')} tried, "
        f"{count(record['evaluated_anew'])} evaluated anew, {count(record['runs'])} runs of {form['months']} months. The tables "
        f"are in `{REFERENCE}`."
    )


def _as_file(record: Mapping[str, Any]) -> str:
    what = "The answer" if record["answered"] else "What comes nearest"
    return f"{what} is a scenario that can be run: `sustain run {REFERENCE}/{ANSWER}`."


def _frontier(run: Reference) -> str:
    every = [row for row in run.rows("frontier") if row["frontier"] != "0" or row["answer"] == "yes"]
    rows, answered, worlds = steps(every), run.record["answered"], run.record["settings"]["check_worlds"]
    table = [
        (_number(row, answered=answered), row["words"], *_cells(row, worlds), f"{float(row[AIM.months_column]):.0f}",
         f"{100 * float(row['regret']):.1f}")
        for row in rows
    ]  # fmt: skip
    head = ("", "schedule", *_heads(run), f"months {AIM.done} of {LAST - SUPPORT_ENDS}", "regret, percentage points")
    words = (
        f"The frontier, from cheap to dear: those {len(rows)} of its {len(every)} schedules that keep at least "
        f"{100 * STEP:.0f} percentage points more services {AIM.until} month {LAST} than every cheaper one, and the answer; all "
        "are in `frontier.csv`. ± is one standard error over worlds."
    )
    return f"{words}\n\n{markdown.table(head, table)}"


def steps(rows: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Schedules that keep clearly more to the horizon than all that are cheaper, and the answer; rows come by price."""
    higher: list[Mapping[str, str]] = []
    most = -1.0
    for row in rows:
        kept = float(row[f"{AIM.column}_{LAST}"])
        if kept >= most + STEP or row["answer"] == "yes":
            higher.append(row)
            most = max(most, kept)
    return higher


def _number(row: Mapping[str, str], *, answered: bool) -> str:
    number = row["frontier"] if row["frontier"] != "0" else "–"
    return number if row["answer"] != "yes" else f"**{number}, {'the answer' if answered else 'nearest'}**"


def _singles(run: Reference) -> str:
    rows = [row for row in run.rows("frontier") if row["source"] in ("nothing", "single")]
    rows.sort(key=lambda row: -float(row[f"{AIM.column}_{LAST}"]))
    worlds = run.record["settings"]["check_worlds"]
    table = markdown.table(("schedule", *_heads(run)), [(row["words"], *_cells(row, worlds)) for row in rows])
    return f"Nothing added, and each ingredient alone at full dose from month 12 on, the best first.\n\n{table}"


def _beside(run: Reference) -> str:
    rows = [row for row in run.rows("frontier") if row["frontier"] != "0" or row["answer"] == "yes" or row["source"] == "nothing"]
    table = []
    for row in steps(rows):
        cells = [(float(row[name]), float(row[f"{name}_error"])) for name in map(beside_column, AIM.beside)]
        table.append((row["words"], *(share(*cell) for cell in cells)))
    words = (
        f"What else becomes of services, at month {LAST}, with nothing added and the schedules of the table above. The search "
        "does not ask for it. “Old stock” is what the first version of the model led with."
    )
    return f"{words}\n\n{markdown.table(('schedule', *map(told_outcome, AIM.beside)), table)}"


def _heads(run: Reference) -> tuple[str, ...]:
    above = f"worlds with {share(run.record['settings']['share'])} of services {AIM.being} month {LAST}"
    return ("extra hours of support", *(f"services {AIM.being} month {month}" for month in MONTHS), above)


def _cells(row: Mapping[str, str], worlds: int) -> tuple[str, ...]:
    price = f"{float(row['support']):,.1f} ± {float(row['support_error']):,.1f}"
    shares = [share(float(row[f"{AIM.column}_{month}"]), float(row[f"{AIM.column}_{month}_error"])) for month in MONTHS]
    above = in_worlds_short(float(row["worlds_above"]), float(row["worlds_above_error"] or "nan"), worlds)
    return (minus(price), *shares, above)


def _picture(run: Reference, root: Path) -> str:
    if not (root / PICTURE).exists():
        return ""
    form = run.record["settings"]
    circle = "the answer" if run.record["answered"] else "what comes nearest to what is asked"
    return (
        f"![Price in hours of support against the share of services {AIM.being} month {LAST}]"
        f"({Path(PICTURE).relative_to('docs').as_posix()})\n\n"
        f"*A mark is a schedule: to the right its price, upwards the services {AIM.being} month {LAST}, its colour those "
        f"{AIM.until} month {MONTHS[0]}. Round and coloured: the frontier; diamonds: one ingredient at full dose; grey: other "
        f"schedules; circled in red: {circle}. Thin lines: two standard errors to each side. Dashed: the {share(form['share'])} "
        "asked for, which the question wants in single worlds, not on average.*"
    )
