"""What ``docs/patterns.md`` says: its tables are made from ``patterns.toml``, the cohorts and the instruments."""

from functools import partial
from pathlib import Path
from typing import Final

from experiments.keeping.blocks import ROOT, Blocks
from experiments.patterns.cohorts import COHORTS
from experiments.patterns.instruments import INSTRUMENTS
from experiments.patterns.reading import STAGES, Pattern, read_patterns
from experiments.patterns.second_reading import PARAMETER, Reading, differences, first_reading, second_reading, unread
from sim import markdown

DOCUMENT: Final = "docs/patterns.md"
TRACE: Final = "docs/TRACE.md"


def meaning(instrument: str) -> str:
    """First line of what an instrument says about itself, without the full stop."""
    return (INSTRUMENTS[instrument].__doc__ or "").strip().splitlines()[0].rstrip(".")


def _role(pattern: Pattern) -> str:
    role = "must hold" if pattern.must_hold else ("fitted" if pattern.fitted else "prediction")
    if pattern.every_mechanism:
        role = "fitted with every mechanism, else prediction"
    return role if pattern.measured else f"{role}; not measured"


def _row(pattern: Pattern) -> tuple[str, ...]:
    how = meaning(pattern.instrument) if pattern.measured else f"not measured: {pattern.missing}"
    source = ", ".join(pattern.source) + (f" ({pattern.locator})" if pattern.locator else "")
    return (
        pattern.id,
        pattern.statement,
        f"{pattern.target:g}",
        f"{pattern.low:g} to {pattern.high:g}",
        pattern.unit,
        pattern.reason,
        source,
        f"{pattern.cohort}: {how}",
        _role(pattern),
    )


def stage_table(stage: int) -> str:
    """Patterns of a stage."""
    header = ("pattern", "statement", "target", "tolerance", "unit", "why this tolerance", "source", "measured on, as", "role")
    return markdown.table(header, [_row(pattern) for pattern in read_patterns().of(stages=(stage,))])


def cohort_table() -> str:
    """Cohorts with what they emulate and cost."""
    rows = [
        (
            cohort.name,
            cohort.emulates,
            str(cohort.months),
            str(cohort.variants),
            f"{cohort.post_months:,}",
            "every agent" if cohort.traced else "monthly rows",
        )
        for cohort in COHORTS.values()
    ]
    return markdown.table(("cohort", "emulates", "months", "draws of services", "post-months a replicate", "keeps"), rows)


def source_list() -> str:
    """Works cited."""
    return markdown.table(("key", "source"), list(read_patterns().sources.items()))


def count() -> str:
    """How many statements there are."""
    every = read_patterns().patterns
    fitted = [pattern for pattern in every if pattern.fitted]
    unmeasured = [pattern.id for pattern in every if not pattern.measured]
    later = [pattern.id for pattern in fitted if pattern.every_mechanism]
    return (
        f"{len(every)} statements: {len(fitted)} fitted, of which {sum(pattern.must_hold for pattern in every)} must hold; "
        f"{len(every) - len(fitted)} predictions. Not measured: {', '.join(unmeasured)}. Fitted only where every mechanism acts, "
        f"elsewhere predictions: {', '.join(later) or 'none'}."
    )


def _second(reading: Reading) -> str:
    if reading.value is None:
        return "no number"
    interval = f" ({reading.low} to {reading.high})" if reading.low is not None and reading.high is not None else ""
    return f"{reading.value}{interval}"


def _settled(readings: list[Reading]) -> str:
    first = first_reading()
    rows = [
        (
            markdown.code(one.name),
            str(first[one.kind, one.name].value),
            _second(one),
            markdown.literal(one.where),
            markdown.literal(one.remark),
            markdown.literal(one.settled),
        )
        for one in readings
    ]
    return markdown.table(("name", "first", "second", "where the second reader found it", "doubt", "how it was settled"), rows)


def second_differences() -> str:
    """Where the second reader found another number, or none."""
    return _settled([one.reading for one in differences(second_reading(), first_reading())])


def second_doubts() -> str:
    """Where both have the same number and the second reader doubts what it is of."""
    apart = {one.reading.name for one in differences(second_reading(), first_reading())}
    return _settled([one for one in second_reading() if one.settled and one.name not in apart])


def second_count() -> str:
    """How many figures were read twice, and how many agree."""
    readings, apart = second_reading(), differences(second_reading(), first_reading())
    parameters = len([one for one in readings if one.kind == PARAMETER])
    without = len([one for one in apart if one.what == "no number"])
    owed = [name for _, name in unread(readings, first_reading())]
    return (
        f"Read twice: {parameters} parameters and {len(readings) - parameters} patterns. The figures agree, but for rounding, in "
        f"{len(readings) - len(apart)}; they differ in {len(apart) - without}; in {without} patterns the second reader found "
        "words and no number." + (f" Still to be read a second time: {', '.join(owed)}." if owed else "")
    )


def trace_blocks(_: Path = ROOT) -> Blocks:
    """What makes the text of each block of TRACE."""
    return {
        "second-reading-count": second_count,
        "second-reading-differences": second_differences,
        "second-reading-doubts": second_doubts,
    }


def blocks(_: Path = ROOT) -> Blocks:
    """What makes the text of each block."""
    return {
        "pattern-count": count,
        **{f"patterns-stage-{stage}": partial(stage_table, stage) for stage in STAGES},
        "cohorts": cohort_table,
        "pattern-sources": source_list,
    }
