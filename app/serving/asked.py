"""What ``sustain lab`` is asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.kit.request import Request, option, switch, threads
from sim.problems import Problem

PORT: Final = 8765


@dataclass(frozen=True, kw_only=True)
class Asked(Request):
    """What the command line asks for."""

    port: Any = option("Port to listen on; 0 takes any that is free", usual=PORT, low=0, high=65_535, hint="such as --port 8766")
    show: bool = switch("Open the lab in the browser", usual=True, flag="--browser/--no-browser")
    classroom: bool = switch("Open it to a class, in the network that this machine is in", flag="--class")
    folder: Path | None = option(
        "With --class: folder for what is handed in; that of an earlier room goes on, with its code", kind=Path, metavar="FOLDER",
        otherwise="class-DATE",
    )  # fmt: skip
    host: str | None = option(
        "With --class: address of this machine to listen at", kind=str, metavar="ADDRESS", otherwise="its own in the network",
    )  # fmt: skip
    yes: bool = switch("With --class: do not ask whether others may reach this machine")
    threads: Any = threads()

    def wrong(self) -> list[Problem]:
        """Problems of numbers, and of what only a class has."""
        given = [f"--{name}" for name in ("folder", "host", "yes") if getattr(self, name)]
        alone = [] if self.classroom else given
        return [*super().wrong(), *(Problem(one, "is only for a class", "with --class", "add --class") for one in alone)]
