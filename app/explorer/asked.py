"""What ``sustain explore`` is asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.comparing.asked import RUNS_A_WORLD
from experiments.kit.request import WORLDS_MAX, Request, as_json, months, option, out, replicates, seed, threads

REPLICATES: Final = 200
BASE: Final = "nine-services"
FILE: Final = Path("explorer.html")


@dataclass(frozen=True, kw_only=True)
class Asked(Request):
    """What the command line asks for."""

    names: list[str] | None = option(
        "Shipped scenarios, TOML files or results folders, the first compared with each; with one alone, each leadership policy "
        "that can be joined to it",
        kind=list, positional=True, otherwise=BASE, metavar="[SCENARIO...]",
    )  # fmt: skip
    replicates: Any = replicates(
        "Runs of every scenario", otherwise=f"{REPLICATES}, or {RUNS_A_WORLD} in each of --worlds,", low=2
    )
    worlds: Any = option(
        "So many plausible worlds, each with several runs: luck is taken out",
        low=2, high=WORLDS_MAX, hint="such as --worlds 100",
    )  # fmt: skip
    months: Any = months()
    seed: Any = seed("Seed of all scenarios", usual=None, otherwise="the first one's")
    out: Path | None = out(FILE.name, meaning="File to write, not there yet", metavar="FILE")
    threads: Any = threads()
    as_json: bool = as_json()
