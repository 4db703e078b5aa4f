"""One service of one's own, as it is today: histories of the model that did what was seen, and what may come of them."""

from typing import Final

from experiments.kit.identity import Room

ROOM: Final = Room(
    "mine",
    shows=("commands", "documents", "figures", "forms", "report", "telling", "words"),
    conducts=("running",),
)
