"""Commands of the lab, which ``sustain`` adds to its own where this package is installed, and ``sustain lab`` itself."""

from importlib.util import find_spec
from typing import Final

import typer

from app.classroom import commands as classroom_commands
from app.explorer import commands as explorer_commands
from app.serving.asked import Asked
from experiments.kit.request import command
from sim.problems import BadInput, Problem

NEEDED: Final = ("segno", "starlette", "uvicorn", "websockets")

HELP = (
    "Open the lab in the browser: try policies and see what they change, lead a service, look at one practitioner, ask why. "
    "It runs on this machine alone and loads nothing from elsewhere. With --class it is open to a room: it prints a link with a "
    "code for the students, and one for the teacher. What it shows follows from assumptions; it is no evidence. "
    "Ctrl-C closes it."
)

EPILOG = """\b
Examples:
  sustain lab                   at http://127.0.0.1:8765
  sustain lab --port 0          at any port that is free
  sustain lab --no-browser      open the address yourself
  sustain lab --class           for a class: prints the room's link, and its picture for phones
  sustain lab --class --folder class-2026-11-29      the same room goes on, with what was handed in
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands, each once."""
    command(app, Asked, lab, name="lab", short_help="Open the lab in the browser.", help=HELP, epilog=EPILOG)
    classroom_commands.add_to(app)
    explorer_commands.add_to(app)


def lab(asked: Asked) -> int:
    """Open the lab."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        what = f"not installed here: {', '.join(missing)}"
        hint = 'python -m pip install "practice-sustainment[lab]", or in a clone: make lab'
        raise BadInput([Problem("sustain lab", what, "the packages of the extra 'lab'", hint)])
    if asked.classroom:
        from app.classroom.opening import run
    else:
        from app.serving.opening import run

    return run(asked)
