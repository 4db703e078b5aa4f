"""What ``sustain sweep``, ``merge``, ``rerun`` and ``replicates`` are asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.kit.request import (
    REPLICATES_MAX,
    Request,
    as_json,
    ensemble,
    ensemble_file,
    months,
    option,
    out,
    replicates,
    restart,
    scenario_name,
    seed,
    settings,
    switch,
    workers,
)

FIRST: Final = 100
"""Replicates of the first round: fewer tell too little of the spread."""
MOST: Final = 100_000
"""Replicates at which an error is given up."""


def _report() -> Any:
    return switch("Write the report", flag="--report/--no-report", usual=True)


@dataclass(frozen=True, kw_only=True)
class AskedSweep(Request):
    """What ``sustain sweep`` is asked for."""

    study: str | None = option(
        "Name of a shipped study, or a TOML file", kind=str, positional=True, required=True, metavar="STUDY"
    )
    out: Path | None = out("results/STUDY")
    replicates: Any = replicates("Of every scenario and point", otherwise="the study's")
    months: Any = months()
    seed: Any = seed("Seed", usual=None, otherwise="the study's")
    executor: str | None = option("threads, processes or serial, on this machine", kind=str, usual="threads")
    workers: Any = workers()
    cluster: str | None = option("Dask instead: local:N, tcp://HOST:PORT, or a scheduler file", kind=str, metavar="WHERE")
    timeout: Any = option("Seconds in which the cluster must answer", kind=float, usual=20.0, low=0)
    shard: str | None = option("Only the K-th of N parts", kind=str, metavar="K/N")
    until: str | None = option("Add replicates until every point has this Monte Carlo error", kind=str, metavar="OUTCOME=ERROR")
    most: Any = option("Replicates at which --until gives up", usual=MOST, low=1, high=REPLICATES_MAX)
    fail_fast: bool = switch("Stop at the first run that fails")
    resume: bool = switch("Go on with a folder that must be there")
    restart: bool = restart()
    foretell: bool = switch("Only say how many runs, how long and how large")
    report: bool = _report()
    ensemble: bool | None = ensemble(
        "Each run with its own values of the plausible ensemble, or all with the default; else as the study says", usual=None
    )
    ensemble_file: Path | None = ensemble_file()
    every_member: bool | None = switch("Every point with every member of the ensemble", flag="--every-member", usual=None)
    as_json: bool = as_json()


@dataclass(frozen=True, kw_only=True)
class AskedMerge(Request):
    """What ``sustain merge`` is asked for."""

    folders: list[Path] | None = option(
        "Results folders of shards", kind=list, each=Path, positional=True, required=True, metavar="DIR..."
    )
    out: Path | None = out("the only DIR")
    report: bool = _report()
    as_json: bool = as_json()


@dataclass(frozen=True, kw_only=True)
class AskedRerun(Request):
    """What ``sustain rerun`` is asked for."""

    folder: Path | None = option("Results folder of a sweep", kind=Path, positional=True, required=True, metavar="DIR")
    run: str | None = option("SCENARIO:POINT:RUN", kind=str, positional=True, required=True, metavar="RUN")
    engine: str | None = option("compiled, or mesa: slow, but it shows where it fails", kind=str, usual="compiled")
    traceback: bool = switch("Show where in the code it fails")
    as_json: bool = as_json()


@dataclass(frozen=True, kw_only=True)
class AskedReplicates(Request):
    """What ``sustain replicates`` is asked for."""

    scenario: str | None = scenario_name()
    outcome: str | None = option("Outcome, such as share_kept_going or fidelity@48", kind=str, usual="share_kept_going")
    error: Any = option("Monte Carlo standard error wanted", kind=float, usual=0.01, low=0, hint="such as --error 0.01")
    settings: list[str] | None = settings()
    ensemble: bool = ensemble()
    ensemble_file: Path | None = ensemble_file()
    months: Any = months()
    seed: Any = seed("Seed", usual=None, otherwise="the scenario's")
    most: Any = option("Replicates at which it gives up", usual=MOST, low=FIRST, high=REPLICATES_MAX)
    workers: Any = workers("Threads")
    as_json: bool = as_json()
