"""What ``sustain calibrate`` and ``sustain recover`` are asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.kit.request import Request, as_json, every_mechanism, option, out, quick, restart, seed, settings, workers

SEED: Final = 2**63 - 1
"""Largest seed: another one is added to it."""


@dataclass(frozen=True, kw_only=True)
class AskedCalibration(Request):
    """What ``sustain calibrate`` is asked for."""

    seed: Any = seed("Seed of draws and runs", high=SEED)
    out: Path | None = out("results/calibration", metavar="DIR")
    leave_out: list[str] | None = option("Do not require this pattern; may be repeated", kind=list, metavar="PATTERN")
    fixed: list[str] | None = option("Leave at its value; may be repeated", kind=list, metavar="PARAMETER")
    settings: list[str] | None = settings()
    every_mechanism: bool = every_mechanism()
    quick: bool = quick("The study's own patterns only, few vectors, one wave")
    restart: bool = restart()
    workers: Any = workers("Processes", otherwise="all processors")
    as_json: bool = as_json()


@dataclass(frozen=True, kw_only=True)
class AskedRecovery(Request):
    """What ``sustain recover`` is asked for."""

    folder: Path | None = option("Folder of a calibration", kind=Path, positional=True, required=True, metavar="DIR")
    seed: Any = seed("Seed of what is held out and of the chains", high=SEED)
    quick: bool = quick("Few vectors and short chains")
    workers: Any = workers("Threads", otherwise="all processors")
    as_json: bool = as_json()
