"""What ``sustain discover`` is asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.kit.request import (
    WORLDS_MAX,
    Request,
    as_json,
    ensemble_file,
    months,
    option,
    out,
    quick,
    restart,
    seed,
    workers,
)

POLICY: Final = "all-active"
BASE: Final = "all-passive"
LEAST_WORLDS: Final = 100
MOST_PARAMETERS: Final = 12
"""Parameters that a region's search is offered beside the conditions."""


@dataclass(frozen=True, kw_only=True)
class Asked(Request):
    """What the command line asks for."""

    policy: str | None = option("Scenario with the policy", kind=str, usual=POLICY, positional=True, metavar="[POLICY]")
    base: str | None = option("Scenario it is compared with", kind=str, usual=BASE, metavar="NAME")
    worlds: Any = option(
        "Worlds", usual=1000, quick=LEAST_WORLDS, low=LEAST_WORLDS, high=WORLDS_MAX, hint="regions of fewer worlds are chance"
    )
    replicates: Any = option(
        "Replicates of each", otherwise="as many as it takes, 12 to 96,", quick=4, low=2, high=10_000, short="-n"
    )
    shuffles: Any = option("Searches of the control", usual=20, quick=3, low=0, high=1000)
    parameters: Any = option(
        "Parameters in a region's search at most, 0: only conditions", usual=MOST_PARAMETERS, low=0, high=100
    )
    months: Any = months(quick=48)
    seed: Any = seed("Seed of draws, halves and runs", high=2**63 - 1)
    ensemble: Path | None = ensemble_file()
    workers: Any = workers()
    out: Path | None = out("results/discovery-POLICY", metavar="DIR")
    quick: bool = quick()
    restart: bool = restart()
    as_json: bool = as_json()
