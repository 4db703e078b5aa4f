"""What ``sustain trial`` prints: short sentences and small tables."""

from pathlib import Path

from experiments.kit import terminal
from experiments.trials import words
from experiments.trials.finding import Findings
from experiments.trials.fitting import ANTI_CONSERVATIVE
from sim.report.sentences import count, per_cent


def tell(findings: Findings, folder: Path, seconds: float) -> None:
    """Print what came out.

    Parameters
    ----------
    findings : Findings
    folder : pathlib.Path
    seconds : float
    """
    print(f"{findings.study.file.title}\n")
    for sentence in (words.answer(findings), *words.bullets(findings), *words.sure(findings)):
        print(words.plain_spaces(sentence))
    print()
    rows = [
        (words.ANALYSES[one.analysis] + (" (warning only)" if one.analysis in ANTI_CONSERVATIVE else ""),
         per_cent(one.power.value, one.power.error), per_cent(one.type_one.value, one.type_one.error),
         per_cent(one.coverage.value), words.failures_told(one))
        for one in findings.operating
    ]  # fmt: skip
    title = f"the trial as planned: {count(findings.study.file.design.services)} services"
    terminal.show_table(("analysis", "power", "type I", "coverage", "failed fits"), rows, title=title, right=(1, 2, 3))
    if findings.sizes:
        print()
        wanted = f"services for {per_cent(findings.study.file.analysis.power)} power"
        needed = [
            (f"month {one.month}", "all" if one.members is None else str(one.members), words.size_told(one),
             per_cent(one.largest_power.value))
            for one in findings.sizes
        ]  # fmt: skip
        columns = ("looked at", "practitioners asked", wanted, f"power of {count(findings.sizes[0].largest)}")
        terminal.show_table(columns, needed, title="sizes (two errors less and more in brackets)", right=(1, 2, 3))
    print()
    terminal.show_folder(folder, seconds)
