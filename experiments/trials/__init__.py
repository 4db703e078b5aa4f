"""Virtual trials: a trial that is planned is drawn thousands of times from services whose both fates are known."""

from typing import Final

from experiments.kit.identity import Room

ROOM: Final = Room("trials")
