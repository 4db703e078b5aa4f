"""What ``sustain mine`` is asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.kit.request import Request, as_json, ensemble_file, option, out, quick, restart, seed, threads

HISTORIES: Final = 20_000
FUTURES: Final = 2_000


@dataclass(frozen=True, kw_only=True)
class Asked(Request):
    """What the command line asks for."""

    file: str | None = option(
        "A TOML file: one service, and in [seen] what has been seen of it", kind=str, positional=True, required=True,
        metavar="FILE",
    )  # fmt: skip
    histories: Any = option(
        "Histories of the model that are tried", usual=HISTORIES, quick=4_000, low=100, high=1_000_000, short="-n"
    )
    futures: Any = option("Futures of the kept histories, all together", usual=FUTURES, quick=400, low=100, high=1_000_000)
    seed: Any = seed("Seed of histories and futures", usual=None, otherwise="the file's")
    ensemble: Path | None = ensemble_file()
    threads: Any = threads()
    out: Path | None = out("results/mine-NAME")
    quick: bool = quick()
    restart: bool = restart()
    as_json: bool = as_json()
