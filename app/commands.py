"""Commands of the lab, which ``sustain`` adds to its own where this package is installed."""

import typer

from app.explorer import commands as explorer_commands


def add_to(app: typer.Typer) -> None:
    """Add the commands, each once."""
    explorer_commands.add_to(app)
