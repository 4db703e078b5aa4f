"""What ``docs/calibration.md`` says: its figures are those of the shipped ensemble."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from experiments.calibration.adopting import CONSTRAINED
from experiments.calibration.reference import DEFAULT, FORMS, FORMS_RECORD, FORMS_TABLE, RECORD, RECOVERY
from experiments.keeping.blocks import ROOT, Blocks
from experiments.keeping.kept import NOT_YET, read_reference, read_rows
from sim import markdown
from sim.ensembles import PLAUSIBLE_FILE, about

DOCUMENT: Final = "docs/calibration.md"


def rows(name: str) -> list[dict[str, str]]:
    """Rows of a table that was adopted with the ensemble."""
    return read_rows(PLAUSIBLE_FILE.with_name(f"{PLAUSIBLE_FILE.stem}-{name}.csv"))


def summary() -> str:
    """The ensemble in a sentence or two."""
    fit = about()
    narrow = sum(float(row["width_left"]) <= CONSTRAINED for row in rows("widths"))
    aside = ", ".join(fit["set_aside"]) or "none"
    return (
        f"**{fit['study']}**, made by `{fit['command']}` in {fit['seconds'] / 60:.0f} minutes on two processors: "
        f"{fit['members']:,} vectors, effective sample size {fit['effective_sample_size']:.0f}, from {fit['distinct_starts']:,} "
        f"distinct draws of the prior. {len(fit['required'])} statements required; set aside: {aside}. Of "
        f"{len(rows('widths'))} free parameters {narrow} are constrained (at most {CONSTRAINED:.0%} of the prior's 90 % range "
        "left) and stand as *calibrated* in the parameter table. "
        f"{fit['capped']} members have the greatest weight that is allowed; "
        f"without that cap the effective sample size would be {fit['effective_sample_size_uncapped']:.0f}. "
        f"Measured again with random numbers that nothing was chosen by, {fit['all_again']:.0%} of the weight meets all "
        f"{len(fit['required'])} required statements once more; the mean member misses {fit['missed_again']:.1f} of them."
    )


def waves() -> str:
    """Waves, a line each; the rounds of the last one together."""
    every = rows("waves")
    last = every[-1]["wave"]
    table = [
        (row["wave"], f"{int(row['vectors']):,}", _percent(row["inside"]), _percent(row["all"], 2), "")
        for row in every
        if row["wave"] != last
    ]
    rounds = [row for row in every if row["wave"] == last]
    vectors = sum(int(row["vectors"]) for row in rounds)
    accepted = int(rounds[-1]["accepted"])
    inside = sum(float(row["inside"]) for row in rounds) / len(rounds)
    table.append((last, f"{vectors:,}", _percent(str(inside)), _percent(str(accepted / vectors), 2), f"{accepted:,}"))
    return markdown.table(("wave", "vectors", "statements that hold", "vectors with all", "accepted"), table)


FAR: Final = 0.5
"""Two means farther apart than this, in half tolerances, are named."""


@dataclass(frozen=True)
class Compared:
    """A statement in two calibrations, each measured with random numbers that nothing was chosen by.

    Attributes
    ----------
    name : str
    first, second : bool
        Whether the mean lies within the tolerance.
    apart : float
        Difference of the means, in half tolerances.
    """

    name: str
    first: bool
    second: bool
    apart: float


def compared(here: Mapping[str, str], there: Mapping[str, str]) -> Compared:
    """Compare two rows of the tables of patterns.

    Raises
    ------
    ValueError
        When they are of different statements.
    """
    if here["pattern"] != there["pattern"]:
        raise ValueError(f"{here['pattern']} is not {there['pattern']}")
    low, high = float(here["low"]), float(here["high"])
    means = [float(row["mean_other_seed"]) for row in (here, there)]
    first, second = (low <= mean <= high for mean in means)
    return Compared(here["pattern"], first, second, abs(means[0] - means[1]) / ((high - low) / 2.0))


def statements_compared() -> list[Compared]:
    """All statements that both calibrations measured, the farthest apart first."""
    pairs = zip(rows("patterns"), rows("second-patterns"), strict=True)
    statements = [compared(*pair) for pair in pairs if all(row["mean_other_seed"] for row in pair)]
    return sorted(statements, key=lambda statement: -statement.apart)


def _uncapped(fit: Mapping[str, Any]) -> str:
    """Effective sample size without the cap, in brackets; nothing where the calibration did not record it."""
    if "effective_sample_size_uncapped" not in fit:
        return ""
    return f" ({fit['effective_sample_size_uncapped']:.0f} without the cap, which {fit['capped']} vectors reach)"


def agreement() -> str:
    """How far a calibration with another seed agrees, statement by statement and in the widths."""
    if "second" not in about():
        return "Not shown for this ensemble: only one seed was calibrated."
    other, statements = about()["second"], statements_compared()
    same = sum(statement.first == statement.second for statement in statements)
    middle, farthest = statements[len(statements) // 2], statements[0]
    left, shifts = [], []
    for here, there in zip(rows("widths"), rows("second-widths"), strict=True):
        left.append((float(here["width_left"]), float(there["width_left"])))
        shifts.append(abs(float(here["q50"]) - float(there["q50"])) / (float(here["high"]) - float(here["low"])))
    both, either = (sum(pick(pair) <= CONSTRAINED for pair in left) for pick in (max, min))
    words = (
        f"`{other['command']}` gave {other['members']:,} vectors, "
        f"effective sample size {other['effective_sample_size']:.0f}{_uncapped(other)}, "
        f"from {other['distinct_starts']:,} distinct draws; set aside: {', '.join(other['set_aside']) or 'none'}. "
        f"{same} of {len(statements)} statements have the same verdict (within tolerance or missed, the mean of each ensemble "
        f"measured with random numbers that nothing was chosen by). The means differ by {middle.apart:.2f} of half a tolerance "
        f"in the median and by {farthest.apart:.2f} at the most ({farthest.name}). {both} parameters are constrained in "
        f"both, {either - both} in one of them. Medians of parameters differ by {sorted(shifts)[len(shifts) // 2]:.0%} of the "
        f"prior's range in the median, by {max(shifts):.0%} at the most."
    )
    table = [
        (
            statement.name,
            *("within" if yes else "missed" for yes in (statement.first, statement.second)),
            f"{statement.apart:.2f}",
        )
        for statement in statements
        if statement.first != statement.second or statement.apart > FAR
    ]
    if not table:
        return words
    head = ("statement", "this ensemble", "the other", "difference of the means, in half tolerances")
    return words + f"\n\nOtherwise judged, or more than {FAR:g} of half a tolerance apart:\n\n" + markdown.table(head, table)


def _percent(text: str, digits: int = 0) -> str:
    return f"{100 * float(text):.{digits}f} %"


def patterns() -> str:
    """Patterns over the ensemble, with random numbers that nothing was chosen by."""
    table = []
    for row in rows("patterns"):
        mean = float(row["mean_other_seed"]) if row["mean_other_seed"] else float("nan")
        missed = not float(row["low"]) <= mean <= float(row["high"])
        range_ = f"{float(row['q05']):.3g} to {float(row['q95']):.3g}" if row["q05"] else ""
        shown = f"**{mean:.3g}, missed**" if missed else f"{mean:.3g}"
        use = {"aside": "set aside"}.get(row["use"], row["use"])
        band = f"{float(row['low']):g} to {float(row['high']):g}"
        table.append((row["pattern"], use, row["target"], band, shown, range_, _percent(row["members_inside"])))
    return markdown.table(
        ("statement", "use", "target", "tolerance", "ensemble mean", "90 % of members", "members inside"), table
    )


def widths() -> str:
    """Parameters that are constrained, the most constrained first."""
    narrow = sorted(
        ((float(row["width_left"]), row) for row in rows("widths") if float(row["width_left"]) <= CONSTRAINED),
        key=itemgetter(0),
    )
    table = [
        (f"`{row['parameter']}`", row["unit"], f"{float(row['low']):g} to {float(row['high']):g}",
         f"{float(row['q05']):.3g} to {float(row['q95']):.3g}", f"{float(row['q50']):.3g}", f"{left:.2f}")
        for left, row in narrow
    ]  # fmt: skip
    return markdown.table(("parameter", "unit", "prior, uniform", "90 % of the ensemble", "median", "width left"), table)


def not_of_this(record: Mapping[str, Any]) -> str:
    """Words for results of an ensemble that is no longer shipped; nothing for those of the shipped one."""
    shipped = about()["study"]
    return "" if record["study"] == shipped else f"**These results are of {record['study']}, not of {shipped}.** "


def recovery(root: Path = ROOT) -> str:
    """What ``sustain recover`` found."""
    reference = read_reference(root / RECOVERY, RECORD)
    if reference is None:
        return NOT_YET
    record = reference.record
    table = {row["parameter"]: row for row in reference.rows("recovery")}
    fit, *controls = record["coverage"].items()

    def held(coverage: Mapping[str, Any]) -> str:
        percent = (100.0 * coverage[name] for name in ("cover50", "error50", "cover90", "error90"))
        return "{:.1f} ± {:.1f} % and {:.1f} ± {:.1f} %".format(*percent)

    fails = [name for name, control in controls if not (control["too_seldom"] or control["too_often"])]
    # a pattern of the study as a whole, but P10 by statements: each is of a study of its own
    left_out = {name.split(": ")[1]: word for name, word in record["left_out"].items() if not name.startswith("P10: ")}
    verdicts = list(left_out.values())
    off = ", which is off" if fit[1]["too_seldom"] or fit[1]["too_often"] else ", as they should within chance"
    hardly, mostly, missed = (
        sum(word in verdict for verdict in verdicts) for word in ("hardly", "most of the range", "not foretold")
    )
    words = (
        f"{not_of_this(record)}On {record['study']}, {record['parameters']} free parameters, {record['held_out']} known vectors "
        f"({record['seconds'] / 60:.0f} minutes): {len(record['identifiable'])} are identifiable, that is narrowed to 75 % of "
        f"the prior's 90 % interval or less (table). Their central 50 % and 90 % intervals held the true value in "
        f"{held(fit[1])} of the fits{off}. Of "
        f"{record['parameters']} rank histograms {record['ranks']['below_05']} have p below .05, "
        f"{record['ranks']['expected_below_05']:g} would by chance alone. Controls that must not cover: "
        + "; ".join(f"{name.removeprefix('control: ')}: {held(control)}" for name, control in controls)
        + (f"; **not noticed: {', '.join(fails)}**" if fails else "; both were noticed")
        + f". Left out (P1 to P9 each as a whole, P10 by statements) and foretold from the rest: {verdicts.count('foretold')} of "
        f"{len(verdicts)} statements; for {hardly} the mean is within but the rest hardly narrows it, for {mostly} most of "
        f"the range is outside, and {missed} are not foretold."
    )
    head = ("parameter", "width left", "50 % interval held", "90 % interval held", "p of the ranks")
    lines = [
        (f"`{name}`", f"{float(table[name]['width90']):.2f}", *(_percent(table[name][key]) for key in ("cover50", "cover90")),
         f"{float(table[name]['p_uniform']):.2f}")
        for name in sorted(record["identifiable"], key=lambda parameter: float(table[parameter]["width90"]))
    ]  # fmt: skip
    names = ", ".join(name for name, verdict in left_out.items() if "not foretold" in verdict)
    return f"{words}\n\n{markdown.table(head, lines)}\n\nNot foretold by the rest: {names or 'none'}."


def rival_forms(root: Path = ROOT) -> str:
    """Every rival form against the patterns, on the ensemble that was fitted with the default forms."""
    reference = read_reference(root / FORMS, FORMS_RECORD)
    if reference is None:
        return NOT_YET
    every = reference.rows(FORMS_TABLE)
    forms = dict.fromkeys(row["form"] for row in every)
    held = {form: {row["pattern"]: row for row in every if row["form"] == form} for form in forms}
    lines = []
    for form, mine in held.items():
        out = [row for row in mine.values() if row["inside"] == "0"]
        misses = [f"{row['pattern']} {float(row['mean']):.3g} ({row['low']} to {row['high']})" for row in out]
        moved = {
            name: abs(float(row["mean"]) - float(held[DEFAULT][name]["mean"])) / ((float(row["high"]) - float(row["low"])) / 2.0)
            for name, row in mine.items()
        }
        far = max(moved, key=lambda name: moved[name])
        most = "–" if form == DEFAULT else f"{moved[far]:.2f} ({far})"
        lines.append((f"`{form}`", f"{len(mine) - len(misses)} of {len(mine)}", "; ".join(misses) or "–", most))
    head = ("form", "statements within tolerance", "missed: mean (tolerance)", "moved most, in half tolerances")
    return not_of_this(reference.record) + markdown.table(head, lines)


def blocks(root: Path = ROOT) -> Blocks:
    """What makes the text of each block."""
    return {
        "calibration": summary,
        "calibration-waves": waves,
        "calibration-patterns": patterns,
        "calibration-agreement": agreement,
        "calibration-widths": widths,
        "calibration-recovery": partial(recovery, root),
        "calibration-forms": partial(rival_forms, root),
    }
