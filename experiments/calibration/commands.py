"""The command ``sustain calibrate``: find the parameter vectors that reproduce what was observed."""

from functools import partial
from pathlib import Path
from typing import Any

import typer

from experiments.calibration.asked import AskedCalibration
from experiments.kit import terminal
from experiments.kit.options import read_settings
from experiments.kit.request import command
from sim.problems import BadInput, tried

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
  sustain calibrate --every-mechanism        also with mechanisms that the parameter table has off, if any
  sustain calibrate --leave-out P5.patients  fit without a pattern, and see whether it is predicted
"""

KEPT = "what is measured is kept; the same command goes on"


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    about = {"short_help": "Find the parameter values that reproduce the patterns.", "help": HELP, "epilog": EPILOG}
    command(app, AskedCalibration, calibrate, name="calibrate", **about)


def calibrate(asked: AskedCalibration) -> int:
    """Calibrate; 1 when it came to less than can be relied on, or a page could not be made."""
    from experiments.calibration import calibrating, waves
    from experiments.executors.pools import pool_of
    from experiments.kit.terminal import say_compiling
    from experiments.worlds.prior import NOTHING_WAITS, structure_of, waiting
    from sim.parameters import read_table

    problems = asked.wrong()
    if asked.every_mechanism and not waiting(read_table()):
        terminal.note(NOTHING_WAITS)
    settings = tried(partial(read_settings, asked.settings), problems) or {}
    structure, wrong = structure_of(settings, every=asked.every_mechanism)
    plan = waves.QUICK if asked.quick else waves.Plan()
    problems += wrong + calibrating.wrong_patterns(plan, asked.leave_out or (), structure=structure)
    if problems:
        raise BadInput(problems)
    place = asked.out or Path("results") / ("calibration-quick" if asked.quick else "calibration")
    say_compiling()
    most = calibrating.most_runs(plan, structure)
    with (
        terminal.keeping(KEPT),
        pool_of("processes", asked.workers) as pool,
        terminal.ProgressShown(most, "calibration (at most)", unit="runs") as progress,
    ):
        done = calibrating.calibrate(
            place, pool, plan=plan, seed=asked.value("seed"), leave_out=asked.leave_out or (), fixed=asked.fixed or (),
            structure=structure, restart=asked.restart, say=terminal.note, progress=progress,
        )  # fmt: skip
    if asked.as_json:
        terminal.show_json(dict(calibrating.as_json(done)))
    else:
        show(done)
    return 1 if (done.short and not asked.quick) or done.pages.status else 0


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
