"""Calibration: which parameter vectors reproduce what was observed, and how much they leave open."""

from typing import Final

from experiments import patterns
from experiments.kit.identity import Room

ROOM: Final = Room(
    "calibration",
    shows=("asked", "checks_figures", "checks_page", "commands", "documents", "figures", "recover_commands", "reference"),
    judges=("adopting", "checks", "leaving", "recovery", "stored"),
    conducts=("calibrating", "checks"),
    uses=(patterns.ROOM,),
)
