"""The grammar of study files as Markdown tables, made from the schema so that the two cannot differ."""

from typing import Final

from pydantic import BaseModel

from experiments.sweeps.building import TAKES
from experiments.sweeps.schema import DesignTable, FactorTable, StudyFile
from sim import markdown
from sim.scenario.grammar import model_table

SECTIONS: Final[tuple[tuple[str, type[BaseModel]], ...]] = (
    ("Top of the file", StudyFile),
    ("`[design]`", DesignTable),
    ("`[factors.NAME]`", FactorTable),
)
"""Heading and model of each table of the grammar."""

_DESIGNS: Final = {
    "factorial": ("every combination of the levels", "`levels`"),
    "latin-hypercube": ("`points` points, each factor's range covered evenly", "`levels`, or `low` and `high`"),
    "sobol": ("scrambled Sobol' points, a power of two of them", "`levels`, or `low` and `high`"),
    "one-at-a-time": (
        "the scenario as it is, then each level of each factor alone",
        "`levels`, or `low` and `high` as two levels",
    ),
    "table": (
        "the rows of `file`; an empty cell leaves the factor as in the scenario",
        "a column of the file, and no table here",
    ),
}


def design_table() -> str:
    """Table of the kinds of design."""
    also = {kind: ", ".join(f"`{key}`" for key in TAKES[kind]) or "-" for kind in _DESIGNS}
    rows = [(f"`{kind}`", points, factor, also[kind]) for kind, (points, factor) in _DESIGNS.items()]
    return markdown.table(("kind", "points", "a factor has", "also takes"), rows)


def grammar() -> str:
    """All tables of the grammar, with their headings; they stand in ``experiments/studies/README.md`` between two marks."""
    parts = []
    for heading, model in SECTIONS:
        parts += [f"### {heading}", model_table(model)]
        if model is DesignTable:
            parts.append(design_table())
    return "\n\n".join(parts)
