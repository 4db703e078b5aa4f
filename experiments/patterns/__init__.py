"""Patterns by which the model is judged: targets with tolerances as data, each measured by an emulated instrument."""

from typing import Final

from experiments.kit.identity import Room

ROOM: Final = Room(
    "patterns",
    shows=("commands", "documents"),
)
