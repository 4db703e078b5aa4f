"""What ``sustain compare`` is asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.kit.request import (
    REPLICATES_MAX,
    WORLDS_MAX,
    Request,
    as_json,
    ensemble,
    ensemble_file,
    months,
    option,
    out,
    replicates,
    seed,
    settings,
    threads,
)

REPLICATES: Final = 1000
RUNS_A_WORLD: Final = 8
"""Runs in each world where a number of worlds is given and no number of runs."""


@dataclass(frozen=True, kw_only=True)
class Asked(Request):
    """What the command line asks for."""

    names: list[str] | None = option(
        "Shipped scenarios, TOML files or results folders; others minus the first",
        kind=list, positional=True, required=True, metavar="BASE OTHER [OTHER...]",
    )  # fmt: skip
    replicates: Any = replicates("Runs of every scenario", otherwise=f"{REPLICATES}, or {RUNS_A_WORLD} in each of --worlds,")
    worlds: Any = option(
        "So many plausible worlds, each with several runs: luck is taken out",
        low=2, high=WORLDS_MAX, hint="such as --worlds 200",
    )  # fmt: skip
    months: Any = months()
    seed: Any = seed("Seed of all scenarios", usual=None, otherwise="the first one's")
    settings: list[str] | None = settings()
    ensemble: bool = ensemble()
    ensemble_file: Path | None = ensemble_file()
    replicate: Any = option(
        "Pair to show month by month", otherwise="that of the median difference",
        high=REPLICATES_MAX, hint="leave it out for the median pair",
    )  # fmt: skip
    out: Path | None = out("results/compare-BASE-OTHER-NUMBER", meaning="Results folder, not used yet")
    threads: Any = threads()
    as_json: bool = as_json()
