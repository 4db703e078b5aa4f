"""The command ``sustain calibrate``: find the parameter vectors that reproduce what was observed."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.kit import terminal
from experiments.kit.options import WHOLE, Json, Settings, read_settings
from sim.problems import BadInput

HELP = (
    "Find the plausible ensemble: parameter vectors, drawn across their bounds, that reproduce every fitted pattern within its "
    "tolerance. Takes about half an hour on two processors; the same command goes on after an interruption."
)

EPILOG = """\b
Examples:
  sustain calibrate                          into results/calibration
  sustain calibrate --quick                  a minute, to see how it works; too few vectors to be used
  sustain calibrate --seed 2 --out results/other-seed
  sustain calibrate --set forms.deciding=threshold --out results/threshold
  sustain calibrate --leave-out P5.patients  fit without a pattern, and see whether it is predicted
"""

KEPT = "what is measured is kept; the same command goes on"


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    if any(one.name == "calibrate" for one in app.registered_commands):
        return
    app.command("calibrate", short_help="Find the parameter values that reproduce the patterns.", help=HELP, epilog=EPILOG)(
        calibrate
    )


def calibrate(
    *,
    seed: Annotated[int, typer.Option("--seed", "-s", help="Seed of draws and runs.", **WHOLE)] = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Results folder.")] = None,
    leave_out: Annotated[
        list[str] | None, typer.Option("--leave-out", metavar="PATTERN", help="Do not require this pattern. Can be repeated.")
    ] = None,
    fixed: Annotated[
        list[str] | None, typer.Option("--fixed", metavar="PARAMETER", help="Leave at its value. Can be repeated.")
    ] = None,
    settings: Settings = None,
    quick: Annotated[bool, typer.Option("--quick", help="The study's own patterns only, few vectors, one wave.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Remove what the folder holds first.")] = False,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes; all processors unless given.", **WHOLE)] = None,
    as_json: Json = False,
) -> None:
    """Calibrate."""
    from experiments.calibration import calibrating, waves
    from experiments.executors.pools import pool_of
    from experiments.kit.terminal import say_compiling
    from experiments.patterns.prior import structure_of

    structure, problems = structure_of(read_settings(settings))
    if problems:
        raise BadInput(problems)

    plan = waves.QUICK if quick else waves.Plan()
    place = out or Path("results") / ("calibration-quick" if quick else "calibration")
    say_compiling()
    most = calibrating.most_runs(plan)
    with (
        terminal.keeping(KEPT),
        pool_of("processes", workers) as pool,
        terminal.ProgressShown(most, "calibration (at most)", unit="runs") as progress,
    ):
        done = calibrating.calibrate(
            place, pool, plan=plan, seed=seed, leave_out=leave_out or (), fixed=fixed or (), structure=structure,
            restart=restart, say=note,
            progress=progress,
        )  # fmt: skip
    if as_json:
        terminal.show_json(dict(calibrating.told(done)))
    else:
        show(done)
    if (done.short and not quick) or done.pages.status:
        raise typer.Exit(1)


def note(sentence: str) -> None:
    """Tell how it goes, where progress is told."""
    print(sentence, file=sys.stderr, flush=True)


def show(done: Any) -> None:
    """Print what a calibration came to."""
    found = done.found
    print(f"{len(found.values):,} plausible vectors; effective sample size {done.effective:.0f}; from {done.starts:,} starts")
    print(f"{len(found.required)} patterns required, each of them met by every vector")
    if found.aside:
        print("set aside, since fewer than 1 in 1,000 draws of the prior met them: " + ", ".join(found.aside))
    if done.short:
        print(f"NOT enough to rely on: {'; '.join(done.short)}")
    print(f"Results: {done.folder} ({terminal.duration(done.seconds)})")
    print(f"`sustain patterns --ensemble-file {done.folder / 'ensemble.csv'}` measures it anew")
