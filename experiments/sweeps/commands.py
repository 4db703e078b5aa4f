"""The commands of ``sustain`` for many runs: sweep a study, bring shards together, run one again, ask how many runs it takes."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.kit.options import NUMBER, WHOLE, EnsembleFile, Json, Months, Settings, Worlds, read_settings

SWEEP_EPILOG = """\b
Examples:
  sustain sweep protected-time                       run a study; again: go on with what is missing
  sustain sweep mine.toml -n 50 --out results/mine
  sustain sweep mine.toml --no-ensemble              all runs with the default values
  sustain sweep mine.toml --foretell                 how many runs, how long, how large
  sustain sweep mine.toml --until share_sustained=0.01
  sustain sweep mine.toml --cluster local:4
  sustain sweep mine.toml --shard 3/10               the third of ten parts, for array jobs; then: sustain merge
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands, once."""
    if any(one.name == "sweep" for one in app.registered_commands):
        return
    app.command("sweep", short_help="Run a study: scenarios x settings x replicates.", help=SWEEP_HELP, epilog=SWEEP_EPILOG)(
        sweep
    )
    app.command(
        "merge",
        short_help="Bring the shards of a sweep together.",
        help="Bring the shards of a sweep together and write tables and report when nothing is missing.",
        epilog="\b\nExamples:\n  sustain merge results/mine\n  sustain merge shard-1 shard-2 shard-3 --out results/mine",
    )(merge)
    app.command(
        "rerun",
        short_help="Run a single run of a sweep again.",
        help="Run a single run of a sweep again: its outcomes, or how it fails. RUN is SCENARIO:POINT:RUN, all from 0. "
        "Exit status: 0 as in the sweep, 1 not, or failed.",
        epilog="\b\nExamples:\n  sustain rerun results/mine 0:12:5\n"
        "  sustain rerun results/mine 0:12:5 --engine mesa --traceback",
    )(rerun)
    app.command(
        "replicates",
        short_help="Find how many replicates a precision takes.",
        help="Add replicates until the Monte Carlo standard error of an outcome is met; say what other ones would take.",
        epilog="\b\nExamples:\n  sustain replicates nine-services --outcome share_sustained --error 0.005\n"
        "  sustain replicates all-active --outcome fidelity@48 --error 0.01 --json",
    )(replicates)


SWEEP_HELP = (
    "Run a study and write a results folder: one row a run, tables, manifest and report. What is finished is kept whatever "
    "happens; the same command goes on with what is missing."
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Results folder of a sweep.")]


def sweep(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="Name of a shipped study, or a TOML file.")],
    *,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Results folder; results/STUDY unless given.")] = None,
    replicates: Annotated[
        int | None,
        typer.Option("--replicates", "-n", help="Of every scenario and point; the study's unless given.", **WHOLE),
    ] = None,
    months: Months = None,
    seed: Annotated[int | None, typer.Option("--seed", "-s", help="Seed; the study's unless given.", **WHOLE)] = None,
    executor: Annotated[str, typer.Option("--executor", help="threads, processes or serial, on this machine.")] = "threads",
    workers: Annotated[
        int | None, typer.Option("--workers", help="Jobs at a time; one a processor unless given.", **WHOLE)
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", metavar="WHERE", help="Dask instead: local:N, tcp://HOST:PORT, or a scheduler file."),
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds in which the cluster must answer.", **NUMBER)] = 20.0,
    shard: Annotated[str | None, typer.Option("--shard", metavar="K/N", help="Only the K-th of N parts.")] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="OUTCOME=ERROR", help="Add replicates until every point has this Monte Carlo error."),
    ] = None,
    most: Annotated[int, typer.Option("--most", help="Replicates at which --until gives up.", **WHOLE)] = 100_000,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first run that fails.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a folder that must be there.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Remove what is there and compute everything again.")] = False,
    foretell: Annotated[bool, typer.Option("--foretell", help="Only say how many runs, how long and how large.")] = False,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write the report.")] = True,
    ensemble: Annotated[
        bool | None,
        typer.Option(
            "--ensemble/--no-ensemble",
            help="Each run with its own values of the plausible ensemble, or all with the default; else as the study says.",
        ),
    ] = None,
    ensemble_file: EnsembleFile = None,
    every_member: Annotated[
        bool | None, typer.Option("--every-member", help="Every point with every member of the ensemble.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a study."""
    from experiments.sweeps import session as sweeping

    asked = sweeping.Asked(
        study, out, replicates, months, seed, executor, workers, cluster, timeout, shard, until, most, fail_fast, resume, restart,
        report, ensemble, ensemble_file, every_member,
    )  # fmt: skip
    if foretell:
        sweeping.foretell(asked, as_json=as_json)
        return
    status = sweeping.run(asked, as_json=as_json)
    if status:
        raise typer.Exit(status)


def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Results folders of shards.")],
    *,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Results folder; the only DIR unless given.")] = None,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write the report.")] = True,
    as_json: Json = False,
) -> None:
    """Merge shards."""
    from experiments.sweeps import session as sweeping

    if not sweeping.merge_shards(folders, out, report=report, as_json=as_json):
        raise typer.Exit(1)


def rerun(
    folder: Folder,
    run: Annotated[str, typer.Argument(metavar="RUN", help="SCENARIO:POINT:RUN.")],
    *,
    engine: Annotated[str, typer.Option("--engine", help="compiled, or mesa: slow, but it shows where it fails.")] = "compiled",
    traceback: Annotated[bool, typer.Option("--traceback", help="Show where in the code it fails.")] = False,
    as_json: Json = False,
) -> None:
    """Run one again."""
    from experiments.sweeps import session as sweeping

    if not sweeping.run_again(folder, run, engine=engine, traced=traceback, as_json=as_json):
        raise typer.Exit(1)


def replicates(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="Name of a shipped scenario, or a TOML file.")],
    *,
    outcome: Annotated[
        str, typer.Option("--outcome", help="Outcome, such as share_sustained or fidelity@48.")
    ] = "share_sustained",
    error: Annotated[float, typer.Option("--error", help="Monte Carlo standard error wanted.", **NUMBER)] = 0.01,
    settings: Settings = None,
    ensemble: Worlds = True,
    ensemble_file: EnsembleFile = None,
    months: Months = None,
    seed: Annotated[int | None, typer.Option("--seed", "-s", help="Seed; the scenario's unless given.", **WHOLE)] = None,
    most: Annotated[int, typer.Option("--most", help="Replicates at which it gives up.", **WHOLE)] = 100_000,
    workers: Annotated[int | None, typer.Option("--workers", help="Threads; one a processor unless given.", **WHOLE)] = None,
    as_json: Json = False,
) -> None:
    """Advise on replicates."""
    from experiments.sweeps import advising

    met = advising.advise(
        scenario, outcome=outcome, error=error, settings=read_settings(settings), ensemble=ensemble,
        ensemble_file=ensemble_file, months=months, seed=seed, most=most, workers=workers, as_json=as_json,
    )  # fmt: skip
    if not met:
        raise typer.Exit(1)
