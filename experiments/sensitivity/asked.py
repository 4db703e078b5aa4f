"""What ``sustain sensitivity`` is asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.kit.request import Request, as_json, months, option, out, quick, restart, seed, switch, workers


@dataclass(frozen=True, kw_only=True)
class Asked(Request):
    """What the command line asks for."""

    scenarios: Any = option(
        "A shipped scenario or a TOML file; given twice, the second minus the first is an outcome too",
        kind=list, otherwise="all-passive and all-active", flag="--scenario", metavar="SCENARIO",
    )  # fmt: skip
    screen: Any = option("Trajectories of the screening", usual=20, quick=4, low=2, high=100_000)
    base: Any = option("Base samples of the indices, a power of two", usual=512, quick=16, low=8, high=2**20)
    replicates: Any = option("Runs of every scenario and point", usual=10, quick=2, low=2, high=1_000_000, short="-n")
    months: Any = months(quick=18)
    seed: Any = seed("Seed of samples and runs")
    keep: Any = option("Parameters that go on to the indices at most", usual=20, quick=4, low=1, high=1000)
    bounds: Path | None = option("CSV with parameter, low, high: in place of the table's bounds", kind=Path, metavar="FILE")
    ensemble: Path | None = option(
        "CSV or Parquet, a row a member, or the word plausible: what is not varied stands at its most central one",
        kind=Path, metavar="FILE",
    )  # fmt: skip
    definitions: bool = switch("Vary the definitions of outcomes too, such as what counts as high fidelity")
    workers: Any = workers()
    out: Path | None = out("results/sensitivity")
    quick: bool = quick()
    restart: bool = restart()
    as_json: bool = as_json()
