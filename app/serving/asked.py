"""What ``sustain lab`` is asked for; every option is declared here, once."""

from dataclasses import dataclass
from typing import Any, Final

from experiments.kit.request import Request, option, switch, threads

PORT: Final = 8765


@dataclass(frozen=True, kw_only=True)
class Asked(Request):
    """What the command line asks for."""

    port: Any = option("Port to listen on; 0 takes any that is free", usual=PORT, low=0, high=65_535, hint="such as --port 8766")
    show: bool = switch("Open the lab in the browser", usual=True, flag="--browser/--no-browser")
    threads: Any = threads()
