"""What ``sustain patterns`` is asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.kit.request import Request, as_json, ensemble, ensemble_file, every_mechanism, option, replicates, seed, settings

NINE: Final = "nine-services"
REPLICATES: Final = 200
"""Of every cohort, unless told."""
REPLICATES_OF_A_MEMBER: Final = 8
REPLICATES_MAX: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Asked(Request):
    """What the command line asks for."""

    scenario: str | None = option(
        "Nine services: a shipped scenario's name, or a TOML file", kind=str, usual=NINE, metavar="SCENARIO"
    )
    stage: str | None = option("1: nine services to month 12; 2: later; 3: other studies' cohorts", kind=str, usual="1,2,3")
    replicates: Any = replicates(
        "Of every cohort", otherwise=f"{REPLICATES}, or {REPLICATES_OF_A_MEMBER} of a member,", high=REPLICATES_MAX
    )
    seed: Any = seed("Seed")
    ensemble: bool = ensemble("Over the plausible ensemble instead of the default values", flag="--ensemble", usual=False)
    ensemble_file: Path | None = ensemble_file()
    settings: list[str] | None = settings()
    every_mechanism: bool = every_mechanism()
    as_json: bool = as_json()
