"""When does it fail? The region in which a policy does not keep the practice going, in words (scenario discovery)."""

from typing import Final

from experiments.kit.identity import Room

ROOM: Final = Room(
    "discovery",
    shows=("commands", "documents", "figures", "reference", "report", "words"),
    conducts=("running",),
)
