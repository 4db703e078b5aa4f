"""The command ``sustain recover``: check a calibration."""

from typing import Any

import typer

from experiments.calibration.asked import AskedRecovery
from experiments.kit import terminal
from experiments.kit.request import command
from sim.problems import BadInput

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
    about = {"short_help": "Check whether a calibration would find what is known.", "help": HELP, "epilog": EPILOG}
    command(app, AskedRecovery, recover, name="recover", **about)


def recover(asked: AskedRecovery) -> int:
    """Check a calibration; 1 when it is not sound, or a page could not be made."""
    from experiments.calibration import checks
    from experiments.executors.pools import pool_of

    problems = asked.wrong()
    if problems or asked.folder is None:
        raise BadInput(problems)
    with pool_of("threads", asked.workers) as pool:
        done = checks.check(
            asked.folder, pool, amount=checks.QUICK if asked.quick else None, seed=asked.value("seed"), threads=pool.workers,
            say=terminal.note,
        )  # fmt: skip
    if asked.as_json:
        terminal.show_json(dict(checks.as_json(done)))
    else:
        show(done)
    return 1 if (not asked.quick and not checks.sound(done)) or done.pages.status else 0


def show(done: Any) -> None:
    """Print what the checks came to."""
    from experiments.calibration.checks import PAGE
    from experiments.calibration.checks_page import sentences

    for sentence in sentences(done):
        print(sentence)
    print(f"Results: {done.folder / PAGE} ({terminal.duration(done.seconds)})")
