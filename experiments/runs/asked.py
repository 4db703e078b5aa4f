"""What ``sustain run`` and ``sustain show`` are asked for; every option is declared here, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.kit.request import (
    Request,
    as_json,
    ensemble,
    ensemble_file,
    months,
    option,
    out,
    replicates,
    scenario_name,
    seed,
    settings,
    switch,
    threads,
)


@dataclass(frozen=True, kw_only=True)
class AskedShow(Request):
    """What ``sustain show`` is asked for."""

    scenario: str | None = scenario_name()
    order: bool = switch("Also the order of the month")
    settings: list[str] | None = settings()
    months: Any = months()
    as_json: bool = as_json()


@dataclass(frozen=True, kw_only=True)
class AskedRun(Request):
    """What ``sustain run`` is asked for."""

    scenario: str | None = scenario_name()
    replicates: Any = replicates("Number of replicates", otherwise="the scenario's")
    months: Any = months()
    seed: Any = seed("Seed", usual=None, otherwise="the scenario's")
    engine: str | None = option("compiled, or mesa: slow, readable, equal to the bit", kind=str, usual="compiled")
    settings: list[str] | None = settings()
    ensemble: bool = ensemble()
    ensemble_file: Path | None = ensemble_file()
    out: Path | None = out("results/SCENARIO-NUMBER", meaning="Results folder, not used yet")
    keep: str | None = option(
        "Agents whose every month is kept for every replicate: default (none), practitioners, patients, all",
        kind=str, usual="default",
    )  # fmt: skip
    csv: bool = switch("Also write the tables as CSV")
    figures: bool = switch("Draw figures and write the report", flag="--figures/--no-figures", usual=True)
    threads: Any = threads()
    force: bool = switch("Run also what takes long on the Mesa engine")
    as_json: bool = as_json()


@dataclass(frozen=True, kw_only=True)
class AskedWhy(Request):
    """What ``sustain why`` is asked for."""

    folder: Path | None = option("Results folder of a run", kind=Path, positional=True, required=True, metavar="FOLDER")
    service: str | None = option(
        "Name of the service",
        kind=str,
        otherwise="many lives of all services, and what prevents it over all of them",
        metavar="NAME",
    )
    lives: Any = option("Lives that are explained where no service is named", kind=int, usual=200, low=1, high=10_000)
    post: str | None = option("One of its posts, by number from 1 or by alias; the whole service unless given", kind=str)
    replicate: Any = option("Replicate of the run, from 0", kind=int, otherwise="a typical one", low=0, high=9_999_999)
    outcome: str | None = option(
        "What it came to: given-up, not-delivering, abandoned, drifted, interrupted, not-high", kind=str, usual="given-up"
    )
    fate: bool = switch("Also how likely it was, month by month")
    twin: list[str] | None = option(
        "Contrast under which the life is compared with itself, such as follow-up; may be repeated", kind=list, metavar="NAME"
    )
    interview: bool = switch("Also what the state at month 12 gives each practitioner reason to bring up, by the study's topics")
    walk: bool = switch("Instead walk through the months of one post: what its holder sees, what is true, what is decided")
    patient: Any = option(
        "With --walk: what if this patient of the post had gone well? By number from 1",
        kind=int,
        low=1,
        high=9_999,
        metavar="NUMBER",
    )
    out: Path | None = option("Also write a folder with the picture, this text and all numbers", kind=Path, short="-o")
    csv: bool = switch("With --walk: print its table as CSV")
    as_json: bool = as_json()
