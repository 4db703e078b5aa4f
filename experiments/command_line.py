"""Entry point of the command ``sustain``."""

import os
import signal
import sys
import threading
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import Any, Final

ROOMS: Final = ("sim", "experiments")
"""Packages that must come from one installation: results would otherwise be of neither."""

BAD_INPUT: Final = 2
STOPPED: Final = 128
"""An exit status above this one says which signal ended the command."""
INTERRUPTED: Final = STOPPED + 2


def shadowed(places: dict[str, str | None]) -> list[str]:
    """Say which packages come from elsewhere, with the file that hides the simulation's own.

    Parameters
    ----------
    places : dict of str to (str or None)
        File of each package; None where there is none, as for a folder without ``__init__.py``.

    Returns
    -------
    list of str
        A line for each; empty when all come from one installation.
    """
    own = Path(__file__).resolve().parents[1]
    lines = []
    for name, file in places.items():
        if file is not None and Path(file).resolve() == own / name / "__init__.py":
            continue
        found = file or "a folder without __init__.py"
        lines.append(
            f"{name}: is taken from {found}, which hides that of the simulation\n"
            f"    allowed: {own / name / '__init__.py'}\n"
            "    hint: rename it, run from another folder, or take its folder out of PYTHONPATH"
        )
    return lines


def main() -> None:
    """Run ``sustain``."""
    specs = {name: find_spec(name) for name in ROOMS}
    problems = shadowed({name: spec.origin if spec else None for name, spec in specs.items()})
    if problems:
        print("\n".join(problems), file=sys.stderr)
        raise SystemExit(BAD_INPUT)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that lacks a letter shows a question mark in its place
            stream.reconfigure(errors="replace")
    try:
        _run()
    except SystemExit as ended:
        if isinstance(ended.code, int) and ended.code > STOPPED and _compiling():
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(ended.code)  # everything is put away; an ordinary end would wait for the compiler
        raise


def _run() -> None:
    try:
        stop_on_signals()
        whole_app()()
    except KeyboardInterrupt:  # before a command began
        raise SystemExit(INTERRUPTED) from None
    except Stopped as error:
        from experiments.kit.terminal import interrupted

        print(interrupted("stopped", error), file=sys.stderr)
        raise


def whole_app() -> Any:
    """Give the command with all that it can do."""
    from experiments.calibration import commands as calibration_commands
    from experiments.calibration import recover_commands
    from experiments.comparing import commands as comparing_commands
    from experiments.discovery import commands as discovery_commands
    from experiments.hypotheses import commands as hypothesis_commands
    from experiments.patterns import commands as pattern_commands
    from experiments.policies import commands as policy_commands
    from experiments.runs.commands import app
    from experiments.sensitivity import commands as sensitivity_commands
    from experiments.sweeps import commands as sweep_commands

    sweep_commands.add_to(app)
    comparing_commands.add_to(app)
    pattern_commands.add_to(app)
    calibration_commands.add_to(app)
    recover_commands.add_to(app)
    sensitivity_commands.add_to(app)
    hypothesis_commands.add_to(app)
    discovery_commands.add_to(app)
    policy_commands.add_to(app)
    return app


def _compiling() -> bool:
    """Say whether the engine is being compiled."""
    return any(thread.name == "compiler" for thread in threading.enumerate())


class Stopped(SystemExit):
    """A signal asks the command to end; the exit status is 128 and its number, as shells have it."""


def stop_on_signals() -> None:
    """Let SIGTERM and SIGHUP end the command as an exception does, so that half-written results are removed.

    A signal that is ignored already, as after ``nohup``, stays so.
    """

    def stop(number: int, _: FrameType | None) -> None:
        raise Stopped(STOPPED + number)

    for name in ("SIGTERM", "SIGHUP"):  # the second is unknown to Windows
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, stop)


if __name__ == "__main__":
    main()
