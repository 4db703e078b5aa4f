"""What ``docs/sensitivity.md`` says: its figures are those of the reference results.

What the reference run was made with is compared with what is here now: figures of other default values are not shown.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Final

from experiments.keeping.blocks import ROOT, Blocks
from experiments.keeping.kept import former_words, made_words, shown, trial_words
from experiments.kit.words import label_of, minus
from experiments.sensitivity.analysing import WIDEST
from experiments.sensitivity.asked import Asked
from experiments.sensitivity.reference import COMMAND, PICTURES, REFERENCE, Reference, changed_since, key_of, read_reference
from experiments.sensitivity.settings import settings_of
from experiments.sensitivity.words import listed
from sim import markdown
from sim.report.sentences import count, plural

DOCUMENT: Final = "docs/sensitivity.md"
NOTHING: Final = "–"
IMPORTANT: Final = (
    "Every index whose lower bound is above the dummy’s upper bound of the same order. How much of a total index chance alone "
    "would give, from halves of the replicates, stands in the last column."
)


def results(root: Path = ROOT) -> str:
    """What came out of the reference run, in sections; a sentence where there is nothing to be shown."""

    def sections(run: Reference) -> Iterator[str]:
        yield summary(run)
        yield "### Is it sure enough?"
        yield precision(run)
        yield outcomes(run)
        yield "### Important shares of variance"
        yield IMPORTANT
        yield pictures(run, root)
        yield shares(run)
        yield "### Screening"
        yield screening(run)
        yield "### One at a time"
        yield alone(run)

    return shown(read_reference(root / REFERENCE), changed_since=changed_since, sections=sections, command=COMMAND)


def blocks(root: Path = ROOT) -> Blocks:
    """What makes the text of each block."""
    return {"sensitivity": partial(results, root)}


def summary(run: Reference) -> str:
    """What was run, and when, in a few sentences."""
    record, settings = run.record, run.record["settings"]
    full = {name: Asked.usual()[name] for name in ("screen", "base", "replicates", "keep")} | {
        "months": settings_of(Asked()).months
    }
    less = [f"{name} {settings[name]} instead of {most}" for name, most in full.items() if settings[name] < most]
    failed = f"{plural(record['failed'], 'run')} of them failed" if record["failed"] else "none failed"
    return (
        f"{trial_words(less)}{former_words(record)}`sustain sensitivity` on {' and '.join(settings['scenarios'])} "
        f"({made_words(record)}; seed {record['seed']}): "
        f"{count(record['runs'])} runs of {settings['months']} months, {failed}. "
        f"{plural(settings['parameters'], 'parameter')} along {plural(settings['screen'], 'trajectory', 'trajectories')}, "
        f"{plural(len(record['survivors']), 'parameter')} in {count(settings['base'])} base samples, "
        f"{plural(settings['replicates'], 'replicate')} a point. What did not vary stood at the default values "
        f"`{record['parameter_hash'][:12]}`, shipped with the calibration *{record['calibration']}* (ensemble "
        f"`{record['ensemble_hash'][:12]}`). The tables are in `{REFERENCE}`."
    )


def precision(run: Reference) -> str:
    """Whether the important indices are known as well as was asked, what is chance, and how many base samples would do."""
    important = [
        (float(row[f"{order}_conf"]), order, row)
        for row in run.rows("sobol")
        for order, flag in (("total", "important"), ("first", "first_important"))
        if row[flag] == "yes"
    ]
    if not important:
        return "No index of any outcome is told from chance, so that there is none whose interval could be too wide."
    reach, order, row = max(important, key=itemgetter(0))
    wide = sum(half > WIDEST for half, _, _ in important)
    what = "total index" if order == "total" else "index of first order"
    base = run.record["settings"]["base"]
    said = (
        f"The widest interval of an important index, over all outcomes, is ± {reach:.3f}: the {what} of "
        f"“{label_of(row['parameter'])}” for *{run.title(row)}*. The stated ± {WIDEST:g} is "
    )
    if not wide:
        said += f"met by all {count(len(important))} important indices with {count(base)} base samples."
    else:
        needed = max(int(row["base_needed"]) for row in run.noise("indices"))
        said += (
            f"**not met**: {count(wide)} of {count(len(important))} important indices are known less well with {count(base)} "
            f"base samples. As the error falls with the square root of their number, about `--base {needed}` would do."
        )
    shares = [(float(row["noise_share"]), row) for row in run.noise("indices") if row["noise_share"]]
    if shares:
        least, most = min(shares, key=itemgetter(0)), max(shares, key=itemgetter(0))
        said += (
            f" Between {100 * least[0]:.0f} % (*{run.title(least[1])}*) and {100 * most[0]:.0f} % (*{run.title(most[1])}*) "
            "of an outcome's variance between points is chance."
        )
    return said


def outcomes(run: Reference) -> str:
    """What chance does to each outcome, and how wide the widest important interval is."""
    table = []
    for noise in run.noise("indices"):
        rows = [row for row in run.rows("sobol") if _same(row, noise)]
        reaches = [float(row["total_conf"]) for row in rows if row["important"] == "yes"]
        reaches += [float(row["first_conf"]) for row in rows if row["first_important"] == "yes"]
        needed = int(noise["base_needed"])
        table.append(
            (
                run.title(noise),
                f"{100 * float(noise['noise_share']):.0f} %" if noise["noise_share"] else "does not vary",
                _number(noise["dummy"]),
                _number(noise["floor"]),
                str(sum(row["important"] == "yes" for row in rows)),
                f"± {max(reaches):.3f}" if reaches else NOTHING,
                count(needed) if needed else "enough" if reaches else NOTHING,
            )
        )
    head = ("outcome", "chance in the variance", "the dummy's total", "its upper bound", "important", "widest interval of these",
            f"base samples for ± {WIDEST:g}")  # fmt: skip
    return markdown.table(head, table) if table else NOTHING


def shares(run: Reference) -> str:
    """Every index that is called important, the outcomes one after the other, the largest total first."""
    table = []
    for noise in run.noise("indices"):
        rows = [row for row in run.rows("sobol") if _same(row, noise) and "yes" in (row["important"], row["first_important"])]
        rows.sort(key=lambda row: -float(row["total"]))
        for at, row in enumerate(rows):
            total = _interval(row, "total") if row["important"] == "yes" else _untold(row, "total")
            first = _interval(row, "first") if row["first_important"] == "yes" else _untold(row, "first")
            table.append((run.title(noise) if not at else "", label_of(row["parameter"]), total, first, _number(row["chance"])))
        if not rows:
            table.append((run.title(noise), "none told from chance", NOTHING, NOTHING, NOTHING))
    head = ("outcome", "parameter", "total ± half-width (95 % interval)", "first order ± half-width (95 % interval)",
            "chance in the total")  # fmt: skip
    return markdown.table(head, table) if table else NOTHING


def screening(run: Reference) -> str:
    """How many parameters do more than chance, outcome by outcome."""
    record = run.record
    passed, kept = len(record["passed"]), len(record["survivors"])
    left = listed([label_of(name) for name in record["passed"][kept:]])
    said = (
        f"Of {plural(record['settings']['parameters'], 'parameter')} {count(passed)} "
        f"{'is' if passed == 1 else 'are'} above the noise floor on some outcome"
    )
    if left:
        said += f"; the {count(kept)} largest went on. Above the floor, but in no share of variance: {left}"
    table = []
    for noise in run.noise("screening"):
        rows = [row for row in run.rows("morris") if _same(row, noise) and row["above"] == "yes"]
        name = key_of(noise)
        largest = [f"“{label_of(row['parameter'])}” {run.shown(name, row['mu_star'], '.3g')}" for row in rows[:3]]
        floor = f"{run.shown(name, noise['floor'], '.3g')} {run.unit(name)}"
        table.append((run.title(noise), floor, str(record["above"][name]), "; ".join(largest) or NOTHING))
    return f"{said}.\n\n" + markdown.table(("outcome", "floor", "parameters above", "largest μ\\*"), table)


def alone(run: Reference) -> str:
    """Each of the parameters that matter most at its two bounds."""
    rows = run.rows("alone")
    if not rows:
        return NOTHING
    name = run.record["headline"]

    def cells(row: Mapping[str, str]) -> tuple[str, str]:
        change, error = run.shown(name, row["change"], "+.1f"), run.shown(name, row["change_mcse"], ".1f")
        return minus(f"{float(row['value']):.3g}"), f"{change} ± {error}"

    table = [(label_of(low["parameter"]), *cells(low), *cells(high)) for low, high in zip(rows[::2], rows[1::2], strict=True)]
    said = (
        f"*{run.record['outcomes'][name]['title']}*, in {run.unit(name)}, with one parameter at its bound and all others at "
        f"the default values ({count(int(rows[0]['replicates']))} runs, ± one Monte Carlo standard error):\n\n"
    )
    return said + markdown.table(("parameter", "low bound", "change there", "high bound", "change there"), table)


def pictures(run: Reference, root: Path) -> str:
    """The figures, with what they show."""
    rows = [row for row in run.rows("sobol") if row["important"] == "yes"]
    largest_of_each = "; ".join(
        f"{run.title(noise)}: {largest}"
        for noise in run.noise("indices")
        if (largest := _largest([row for row in rows if _same(row, noise)]))
    )
    captions = {
        "tornado": "*Services that kept going to the horizon. Upper bar: share of variance that would remain if all but this "
        "parameter were known (total). Lower, hatched: share that would go if this alone were known (first order). Thin lines: "
        "95 % intervals; pale: not told from the dummy, whose upper bound is the dashed line.*",
        "heat": "*Total indices of all parameters that went on, for every outcome; no number where the interval does not lie "
        "above the dummy’s upper bound.*",
    }
    said = []
    for name, place in PICTURES.items():
        if (root / place).exists():
            said.append(
                f"![Largest total indices. {largest_of_each}]({Path(place).relative_to('docs').as_posix()})\n\n{captions[name]}"
            )
    return "\n\n".join(said)


def _largest(rows: Sequence[Mapping[str, str]]) -> str:
    first = sorted(rows, key=lambda row: -float(row["total"]))[:2]
    return ", ".join(f"“{label_of(row['parameter'])}” {_number(row['total'])}" for row in first)


def _same(row: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return key_of(row) == key_of(other)


def _number(text: str, digits: int = 2) -> str:
    value = float(text) if text else math.nan
    return minus(f"{value:.{digits}f}") if math.isfinite(value) else NOTHING


def _interval(row: Mapping[str, str], name: str) -> str:
    value, reach = float(row[name]), float(row[f"{name}_conf"])
    low, high = (minus(f"{end:.2f}") for end in (value - reach, value + reach))
    return f"{_number(row[name])} ± {reach:.3f} ({low} to {high})"


def _untold(row: Mapping[str, str], name: str) -> str:
    return f"{_number(row[name])}, not told from chance"
