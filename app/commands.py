"""Commands of the lab, which ``sustain`` adds to its own where this package is installed."""

import typer

from app.classroom import commands as classroom_commands
from app.explorer import commands as explorer_commands
from app.serving import commands as serving_commands


def add_to(app: typer.Typer) -> None:
    """Add the commands, each once."""
    serving_commands.add_to(app)
    classroom_commands.add_to(app)
    explorer_commands.add_to(app)
