"""Virtual trials: a trial that is planned is drawn thousands of times from services whose both fates are known."""

from typing import Final

from experiments.kit.identity import Room

ROOM: Final = Room(
    "trials",
    shows=("commands", "documents", "example", "figures", "plain", "protocol", "report", "tables", "telling", "words"),
    asks=("studies",),
    judges=(
        "analyses/__init__",
        "analyses/closed_forms",
        "analyses/clustering",
        "analyses/clusters",
        "analyses/estimates",
        "analyses/gee",
        "analyses/mixed",
        "analyses/wedge",
        "analysing",
        "designs",
        "direct",
        "drawing",
        "finding",
        "instruments",
        "looks",
        "operating",
        "running",
        "truth",
        "viewing",
    ),
    conducts=("running",),
)
