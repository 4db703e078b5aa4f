"""The command ``sustain lab``."""

from importlib.util import find_spec
from typing import Final

import typer

from app.serving.asked import Asked
from experiments.kit.request import command
from sim.problems import BadInput, Problem

NEEDED: Final = ("starlette", "uvicorn", "websockets")

HELP = (
    "Open the lab in the browser: try policies and see what they change, lead a service, look at one practitioner, ask why. "
    "It runs on this machine alone and loads nothing from elsewhere. What it shows follows from assumptions; it is no evidence. "
    "Ctrl-C closes it."
)

EPILOG = """\b
Examples:
  sustain lab                   at http://127.0.0.1:8765
  sustain lab --port 0          at any port that is free
  sustain lab --no-browser      open the address yourself
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    command(app, Asked, lab, name="lab", short_help="Open the lab in the browser.", help=HELP, epilog=EPILOG)


def lab(asked: Asked) -> int:
    """Open the lab."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        what = f"not installed here: {', '.join(missing)}"
        hint = 'python -m pip install "practice-sustainment[lab]", or in a clone: make lab'
        raise BadInput([Problem("sustain lab", what, "the packages of the extra 'lab'", hint)])
    from app.serving.opening import run

    return run(asked)
