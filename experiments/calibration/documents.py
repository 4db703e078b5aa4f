"""Keep ``docs/calibration.md`` true: its figures are those of the shipped ensemble.

``python -m experiments.calibration.documents`` writes them anew; ``--check`` exits 1 when they are out of date.
"""

import json
from collections.abc import Callable, Mapping
from csv import DictReader
from typing import Any, Final

from experiments.calibration.adopting import CONSTRAINED
from experiments.documents import ROOT, markdown_table
from experiments.patterns.documents import main
from experiments.sweeps.study import PLAUSIBLE_FILE

DOCUMENT: Final = "docs/calibration.md"


def about() -> dict[str, Any]:
    """What is known of the shipped ensemble."""
    found: dict[str, Any] = json.loads(PLAUSIBLE_FILE.with_suffix(".json").read_text(encoding="utf-8"))
    return found


def rows(name: str) -> list[dict[str, str]]:
    """Rows of a table that was adopted with the ensemble."""
    with PLAUSIBLE_FILE.with_name(f"{PLAUSIBLE_FILE.stem}-{name}.csv").open(encoding="utf-8") as stream:
        return list(DictReader(stream))


def summary() -> str:
    """The ensemble in a sentence or two."""
    one = about()
    narrow = sum(float(row["width_left"]) <= CONSTRAINED for row in rows("widths"))
    aside = ", ".join(one["set_aside"]) or "none"
    return (
        f"**{one['study']}**, made by `{one['command']}` in {one['seconds'] / 60:.0f} minutes on two processors: "
        f"{one['members']:,} vectors, effective sample size {one['effective_sample_size']:.0f}, from {one['distinct_starts']:,} "
        f"distinct draws of the prior. {len(one['required'])} statements required; set aside: {aside}. Of "
        f"{len(rows('widths'))} free parameters {narrow} are constrained (at most {CONSTRAINED:.0%} of the prior's 90 % range "
        "left) and stand as *calibrated* in the parameter table. "
        f"{one['capped']} members have the greatest weight that is allowed; "
        f"without that cap the effective sample size would be {one['effective_sample_size_uncapped']:.0f}. "
        f"Measured again with random numbers that nothing was chosen by, {one['all_again']:.0%} of the weight meets all "
        f"{len(one['required'])} required statements once more; the mean member misses {one['missed_again']:.1f} of them."
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
    return markdown_table(("wave", "vectors", "statements that hold", "vectors with all", "accepted"), table)


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
    return markdown_table(
        ("statement", "use", "target", "tolerance", "ensemble mean", "90 % of members", "members inside"), table
    )


def widths() -> str:
    """Parameters that are constrained, the most constrained first."""
    narrow = sorted(
        ((float(row["width_left"]), row) for row in rows("widths") if float(row["width_left"]) <= CONSTRAINED),
        key=lambda one: one[0],
    )
    table = [
        (f"`{row['parameter']}`", row["unit"], f"{float(row['low']):g} to {float(row['high']):g}",
         f"{float(row['q05']):.3g} to {float(row['q95']):.3g}", f"{float(row['q50']):.3g}", f"{left:.2f}")
        for left, row in narrow
    ]  # fmt: skip
    return markdown_table(("parameter", "unit", "prior, uniform", "90 % of the ensemble", "median", "width left"), table)


BLOCKS: Final[Mapping[str, Callable[[], str]]] = {
    "calibration": summary,
    "calibration-waves": waves,
    "calibration-patterns": patterns,
    "calibration-widths": widths,
}
"""What makes the text of each block."""


if __name__ == "__main__":
    raise SystemExit(main(path=ROOT / DOCUMENT, blocks=BLOCKS, module="experiments.calibration.documents"))
