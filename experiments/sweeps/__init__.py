"""Sweeps: a study file says which scenarios, design points, ensemble members and replicates are run."""

from typing import Final

from experiments.kit.identity import Room

ROOM: Final = Room(
    "sweeps",
    shows=(
        "areas",
        "commands",
        "figures",
        "glance",
        "grammar",
        "looks",
        "over_time",
        "panels",
        "report",
        "report_tables",
        "spread",
    ),
    judges=(
        "advising",
        "again",
        "asked",
        "digest",
        "effects",
        "foretelling",
        "gather",
        "gathering",
        "merging",
        "moments",
        "pairs",
        "precision",
        "reporting",
        "running",
        "session",
    ),
    conducts=("reporting",),
)
