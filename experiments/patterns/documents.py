"""What ``docs/patterns.md`` says: its tables are made from ``patterns.toml``, the cohorts and the instruments."""

from functools import partial
from pathlib import Path
from typing import Final

from experiments.keeping.blocks import ROOT, Blocks
from experiments.patterns.cohorts import COHORTS
from experiments.patterns.instruments import INSTRUMENTS
from experiments.patterns.reading import STAGES, Pattern, read_patterns
from sim import markdown

DOCUMENT: Final = "docs/patterns.md"


def meaning(instrument: str) -> str:
    """First line of what an instrument says about itself, without the full stop."""
    return (INSTRUMENTS[instrument].__doc__ or "").strip().splitlines()[0].rstrip(".")


def _role(one: Pattern) -> str:
    if not one.measured:
        return "fitted; not measured yet"
    return "must hold" if one.must_hold else ("fitted" if one.fitted else "prediction")


def _row(one: Pattern) -> tuple[str, ...]:
    how = meaning(one.instrument) if one.measured else f"not measured: {one.missing}"
    source = ", ".join(one.source) + (f" ({one.locator})" if one.locator else "")
    return (
        one.id,
        one.statement,
        f"{one.target:g}",
        f"{one.low:g} to {one.high:g}",
        one.unit,
        one.reason,
        source,
        f"{one.cohort}: {how}",
        _role(one),
    )


def stage_table(stage: int) -> str:
    """Patterns of a stage."""
    header = ("pattern", "statement", "target", "tolerance", "unit", "why this tolerance", "source", "measured on, as", "role")
    return markdown.table(header, [_row(one) for one in read_patterns().of(stages=(stage,))])


def cohort_table() -> str:
    """Cohorts with what they emulate and cost."""
    rows = [
        (
            one.name,
            one.emulates,
            str(one.months),
            str(one.variants),
            f"{one.post_months:,}",
            "every agent" if one.traced else "monthly rows",
        )
        for one in COHORTS.values()
    ]
    return markdown.table(("cohort", "emulates", "months", "draws of services", "post-months a replicate", "keeps"), rows)


def source_list() -> str:
    """Works cited."""
    return markdown.table(("key", "source"), list(read_patterns().sources.items()))


def count() -> str:
    """How many statements there are."""
    every = read_patterns().patterns
    fitted = [one for one in every if one.fitted]
    unmeasured = [one.id for one in every if not one.measured]
    return (
        f"{len(every)} statements: {len(fitted)} fitted, of which {sum(one.must_hold for one in every)} must hold and "
        f"{len(unmeasured)} are not measured yet ({', '.join(unmeasured)}); {len(every) - len(fitted)} predictions."
    )


def blocks(_: Path = ROOT) -> Blocks:
    """What makes the text of each block."""
    return {
        "pattern-count": count,
        **{f"patterns-stage-{stage}": partial(stage_table, stage) for stage in STAGES},
        "cohorts": cohort_table,
        "pattern-sources": source_list,
    }
