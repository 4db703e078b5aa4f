"""When does it fail? The region of conditions in which a policy does not sustain the practice, in words (scenario discovery)."""

from typing import Final

from experiments.kit.identity import Room

ROOM: Final = Room(
    "discovery",
    shows=("commands", "documents", "figures", "reference", "report", "words"),
    conducts=("running",),
)
