"""The command ``sustain recover``: check a calibration."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.kit import terminal
from experiments.kit.options import WHOLE, Json

HELP = (
    "Check the calibration in a folder. Are parameters that are known found again, with intervals that hold the truth as often "
    "as they promise? Is a pattern that is left out foretold by the others? Does the ensemble reproduce each pattern? Emulators "
    "stand in for the model in the first two. Takes some minutes; tables, figures and checks.html go to DIR/checks."
)

EPILOG = """\b
Examples:
  sustain recover results/calibration
  sustain recover results/calibration --quick    fewer vectors and short chains, to see how it works
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    if any(one.name == "recover" for one in app.registered_commands):
        return
    app.command("recover", short_help="Check whether a calibration would find what is known.", help=HELP, epilog=EPILOG)(recover)


def recover(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a calibration.")],
    *,
    seed: Annotated[int, typer.Option("--seed", "-s", help="Seed of what is held out and of the chains.", **WHOLE)] = 1,
    quick: Annotated[bool, typer.Option("--quick", help="Few vectors and short chains.")] = False,
    workers: Annotated[int | None, typer.Option("--workers", help="Threads; all processors unless given.", **WHOLE)] = None,
    as_json: Json = False,
) -> None:
    """Check a calibration."""
    from experiments.calibration import checks
    from experiments.executors.pools import pool_of
    from sim.problems import BadInput, Problem

    if not isinstance(seed, int):
        raise BadInput([Problem("--seed", f"'{seed}' cannot be", "a whole number from 0 to 9223372036854775807")])
    with pool_of("threads", workers) as pool:
        done = checks.check(
            folder, pool, amount=checks.QUICK if quick else None, seed=seed, threads=pool.workers, say=note
        )  # fmt: skip
    if as_json:
        terminal.show_json(dict(checks.told(done)))
    else:
        show(done)
    if (not quick and not checks.sound(done)) or done.pages.status:
        raise typer.Exit(1)


def note(sentence: str) -> None:
    """Tell how it goes, where progress is told."""
    print(sentence, file=sys.stderr, flush=True)


def show(done: Any) -> None:
    """Print what the checks came to."""
    from experiments.calibration.checks import PAGE
    from experiments.calibration.checks_page import sentences

    for sentence in sentences(done):
        print(sentence)
    print(f"Results: {done.folder / PAGE} ({terminal.duration(done.seconds)})")
