"""Hypotheses as pre-stated studies: paired contrasts over the plausible ensemble, a verdict by a rule written beforehand."""

from typing import Final

from experiments.kit.identity import Room

ROOM: Final = Room(
    "hypotheses",
    shows=(
        "answers",
        "asked",
        "beside",
        "commands",
        "documents",
        "figures",
        "grids",
        "reference",
        "remembered",
        "report",
        "retold",
        "robustness",
        "words",
    ),
    asks=("studies",),
    judges=(
        "cohorts",
        "contrasts",
        "controls",
        "estimating",
        "finding",
        "foretelling",
        "knocking",
        "prior",
        "reading",
        "records",
        "running",
        "schema",
        "stability",
        "tables",
        "verdicts",
    ),
    conducts=("running",),
)
