"""What ``sustain hypotheses`` is asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.kit.request import WORLDS_MAX, Request, as_json, ensemble_file, option, out, quick, restart, switch, workers

LEAST_WORLDS: Final = 20


@dataclass(frozen=True, kw_only=True)
class Asked(Request):
    """What the command line asks for."""

    names: list[str] | None = option(
        "Numbers such as H4, or files", kind=list, otherwise="all that ship", positional=True, metavar="[HYPOTHESIS]..."
    )
    out: Path | None = out("results/hypotheses", metavar="DIR")
    ensemble_file: Path | None = ensemble_file()
    worlds: Any = option("Plausible worlds", otherwise="as many as the files say", low=LEAST_WORLDS, high=WORLDS_MAX)
    quick: bool = quick()
    full: bool = switch("Knock-outs in all worlds, with more runs")
    restart: bool = restart()
    workers: Any = workers("Processes", otherwise="all processors")
    listed: bool = switch("List the hypotheses that ship, and end", flag="--list")
    template: bool = switch("Print a file to begin your own with, and end")
    as_json: bool = as_json()
