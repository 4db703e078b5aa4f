"""What ``sustain compare`` prints: for a reader the main effects and how sure they are, for a program everything."""

from pathlib import Path
from typing import Any

from experiments.comparing import words
from experiments.comparing.finding import Findings
from experiments.comparing.quantities import difference_unit, main_names, told_outcome
from experiments.comparing.tables import plain
from experiments.kit import terminal
from sim.report import REPORT
from sim.report.sentences import plural


def plain_form(findings: Findings, manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What came out as plain JSON, for a program to read."""
    keys = ("scenarios", "seed", "replicates", "months", "ensemble", "notes", "pairs_shown", "over_worlds", "needed", "seconds")
    return {
        "folder": str(folder),
        "report": str(folder / REPORT),
        **{key: manifest[key] for key in keys},
        "effects": [plain(row, findings) for row in findings.main],
        "how_sure_in_short": [words.how_sure_in_short(findings, at) for at in findings.contrasts],
        "came_out": words.came_out(findings),
        "how_sure": words.how_sure(findings),
    }


def tell(findings: Findings) -> None:
    """Print the main effects of each contrast and how sure they are."""
    months = findings.comparison.months
    size = f"{plural(findings.comparison.replicates, 'pair')}, {plural(months, 'month')}"
    for contrast in findings.contrasts:
        print(words.how_sure_in_short(findings, contrast))
    print()
    for contrast in findings.contrasts:
        other = findings.comparison.names[contrast]
        rows = []
        for name in main_names(months):
            effect, outcome = findings.effect(contrast, name), told_outcome(name, months)
            unit = "%-points" if outcome.share else difference_unit(outcome)
            rows.append(
                (
                    outcome.title, words.value(effect, outcome, "base"), words.value(effect, outcome, "other"),
                    words.difference(effect, outcome), unit, words.interval(effect, outcome), words.error(effect, outcome),
                    words.times(effect), words.needed(effect),
                )
            )  # fmt: skip
        columns = ("outcome", findings.base, other, "difference", "", "95 % interval", "error", "pairing", "simulated runs")
        title = f"{other} minus {findings.base}: {size}"
        terminal.show_table(columns, rows, title=title, right=(1, 2, 3, 5, 6, 7, 8))
        print()
    print("error: Monte Carlo standard error of the difference; pairing: times as many runs it would take without pairs;")
    print("simulated runs: for a Monte Carlo error of 0.5 percentage points, or of 1 % of the outcome's standard deviation;")
    print("they say how exact the simulation's mean is and are not a sample size of a trial.")
    print(words.about_worlds(findings))
    print(f"{findings.comparison.scenarios[0].table.census()}. What comes out is what these say, not a finding of the study.")
