"""Scenarios compared pair by pair: the same world, the same luck, one policy different."""

from typing import Final

from experiments.kit.identity import Room

ROOM: Final = Room(
    "comparing",
    shows=("answer", "commands", "figures", "report", "telling", "words", "worlds_figure"),
    conducts=("running",),
)
