"""What ``sustain trial`` is asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.kit.request import Request, as_json, ensemble_file, option, out, quick, restart, switch, threads


@dataclass(frozen=True, kw_only=True)
class Asked(Request):
    """What the command line asks for."""

    study: str | None = option(
        "A study file (TOML), or the name of a study that ships", kind=str, positional=True, metavar="STUDY"
    )
    power: bool = switch("Of the parts only the power of the trial as planned; all parts unless some are asked for")
    find_size: bool = switch("Of the parts only sizes and months: how many services, how many practitioners, how long")
    example_data: bool = switch("Of the parts only the data of one such trial, with codebook and R script")
    worlds: Any = option("Plausible worlds of the bank", otherwise="the file's", quick=8, low=8, high=4096)
    services: Any = option("Services of the bank in each world", otherwise="the file's", quick=200, low=8, high=20_000)
    trials: Any = option("Trials that are drawn for each number", otherwise="the file's", quick=400, low=100, high=1_000_000)
    ensemble: Path | None = ensemble_file()
    threads: Any = threads()
    template: bool = switch("Print a study file to begin with")
    listed: bool = switch("List the studies that ship", flag="--list")
    out: Path | None = out("results/trial-NAME")
    quick: bool = quick()
    restart: bool = restart()
    as_json: bool = as_json()
