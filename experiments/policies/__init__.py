"""Which policy: what it costs to keep how many services, by multi-objective search over schedules of policies."""

from typing import Final

from experiments.kit.identity import Room

ROOM: Final = Room(
    "policies",
    shows=("commands", "documents", "figures", "reference", "report", "words"),
    conducts=("running",),
)
