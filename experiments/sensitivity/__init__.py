"""Which of the model's assumptions carry its results: screening (Morris), then shares of variance (Sobol'), by SALib."""

from typing import Final

from experiments import sweeps
from experiments.kit.identity import Room

ROOM: Final = Room(
    "sensitivity",
    shows=("commands", "documents", "figures", "glance", "reference", "report", "words"),
    conducts=("running",),
    uses=(sweeps.ROOM,),
)
