"""Entry point of the command ``sustain``."""

import gc
import os
import sys
import threading
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from experiments.executors.signals import INTERRUPTED, STOPPED, Stopped, stop_on_signals, unheard
from experiments.kit.streams import NOT_PRINTED, outlets

OWN: Final = Path(__file__).resolve().parents[1]
"""Folder of this installation's packages."""

LAB: Final = "app"
"""Package of the lab. It stands above this one, which must not import it but by its name, where it is installed."""

ROOMS: Final = tuple(name for name in ("sim", "experiments", LAB) if (OWN / name / "__init__.py").is_file())
"""Packages that must come from one installation: results would otherwise be of neither."""

DRAWING: Final = (
    "run", "report", "compare", "sweep", "merge", "hypotheses", "discover", "search", "sensitivity", "calibrate", "recover",
    "mine", "trial",
)  # fmt: skip
"""Commands that draw figures."""

BAD_INPUT: Final = 2

NEW_OBJECTS: Final = 200_000
"""Objects made between two looks for garbage that Python's counting of references leaves: figures and tables make millions that
live as long as they are needed, and hardly any garbage of that kind. Python's own 700 cost a run a tenth of its time."""


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
    lines = []
    for name, file in places.items():
        if file is not None and Path(file).resolve() == OWN / name / "__init__.py":
            continue
        found = file or "a folder without __init__.py"
        lines.append(
            f"{name}: is taken from {found}, which hides that of the simulation\n"
            f"    allowed: {OWN / name / '__init__.py'}\n"
            "    hint: rename it, run from another folder, or take its folder out of PYTHONPATH"
        )
    return lines


def main() -> None:
    """Run ``sustain``."""
    gc.set_threshold(NEW_OBJECTS)
    with outlets() as outlet:
        status = _status()
        if number := unheard():
            status = STOPPED + number
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        if outlet is not None and outlet.sentence():
            print(outlet.sentence(), file=sys.stderr)
            status = status or NOT_PRINTED
        if status > STOPPED and _compiling():
            os._exit(status)  # everything is put away; an ordinary end would wait for the compiler
    # Python looks through all that is left for garbage before it ends: of a run with its figures, two thirds of a second. Files
    # are closed by who opens them: one left open in a circle of objects would lose what it has not written.
    gc.freeze()
    raise SystemExit(status)


def _status() -> int:
    """Run the command; gives its exit status."""
    try:
        stop_on_signals()
        specs = {name: find_spec(name) for name in ROOMS}
        problems = shadowed({name: spec.origin if spec else None for name, spec in specs.items()})
        if problems:
            print("\n".join(problems), file=sys.stderr)
            return BAD_INPUT
        app = whole_app()
        from experiments.kit.drawing import own_process

        own_process.set(True)
        app()
    except KeyboardInterrupt:  # before a command began
        return INTERRUPTED
    except Stopped as error:
        from experiments.kit.terminal import interrupted

        print(interrupted("stopped", error), file=sys.stderr)
        return int(error.code or 0)
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
            return 1
        return int(ended.code or 0)
    return 0


def whole_app() -> Any:
    """Give the command with all that it can do."""
    from experiments.calibration import commands as calibration_commands
    from experiments.calibration import recover_commands
    from experiments.comparing import commands as comparing_commands
    from experiments.discovery import commands as discovery_commands
    from experiments.hypotheses import commands as hypothesis_commands
    from experiments.kit.drawing import add_figure_options
    from experiments.mine import commands as mine_commands
    from experiments.patterns import commands as pattern_commands
    from experiments.policies import commands as policy_commands
    from experiments.runs.commands import app
    from experiments.sensitivity import commands as sensitivity_commands
    from experiments.sweeps import commands as sweep_commands
    from experiments.trials import commands as trial_commands

    sweep_commands.add_to(app)
    comparing_commands.add_to(app)
    pattern_commands.add_to(app)
    calibration_commands.add_to(app)
    recover_commands.add_to(app)
    sensitivity_commands.add_to(app)
    hypothesis_commands.add_to(app)
    discovery_commands.add_to(app)
    policy_commands.add_to(app)
    mine_commands.add_to(app)
    trial_commands.add_to(app)
    if LAB in ROOMS:
        import_module(f"{LAB}.commands").add_to(app)
    add_figure_options(app, DRAWING)
    return app


def _compiling() -> bool:
    """Say whether the engine is being compiled."""
    return any(thread.name == "compiler" for thread in threading.enumerate())


if __name__ == "__main__":
    main()
