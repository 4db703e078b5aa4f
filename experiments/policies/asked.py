"""What ``sustain search`` is asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.kit.request import WORLDS_MAX, Request, as_json, ensemble_file, option, out, quick, restart, seed, threads

BASE: Final = "all-passive"
OUTCOME: Final = "share_kept_going"


@dataclass(frozen=True, kw_only=True)
class Asked(Request):
    """What the command line asks for."""

    base: str | None = option(
        "What policies are added to: a shipped scenario or a TOML file", kind=str, usual=BASE, metavar="SCENARIO"
    )
    worlds: Any = option("Worlds of the search", usual=60, quick=6, low=2, high=WORLDS_MAX)
    replicates: Any = option("Runs of a schedule in each of them", usual=2, low=1, high=10_000, short="-n")
    evaluations: Any = option("Schedules that are tried", usual=1500, quick=40, low=1, high=1_000_000)
    check_worlds: Any = option("Other worlds for the best ones", usual=200, quick=8, low=2, high=WORLDS_MAX)
    check_replicates: Any = option("Runs in each of those", usual=4, quick=2, low=2, high=10_000)
    seed: Any = seed("Seed of search and runs")
    outcome: str | None = option(
        "Services that count as kept: share_kept_going, share_operating, or share_sustained, the old stock",
        kind=str, usual=OUTCOME, metavar="NAME",
    )  # fmt: skip
    share: Any = option(
        "Share of services to be kept to month 84", kind=float, usual=0.7, low=0, high=1, hint="0.7 for seven in ten"
    )
    worlds_share: Any = option("Share of worlds that keep it", kind=float, usual=0.8, low=0, high=1, hint="0.7 for seven in ten")
    ensemble: Path | None = ensemble_file()
    threads: Any = threads()
    out: Path | None = out("results/search")
    quick: bool = quick()
    restart: bool = restart()
    as_json: bool = as_json()
