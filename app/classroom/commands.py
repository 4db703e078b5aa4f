"""The command ``sustain class``."""

import typer

from app.classroom.asked import Asked
from experiments.kit.request import command

HELP = (
    "Gather what a class handed in, without a server: a folder of a room (`sustain lab --class`), or files that students saved "
    "and sent. It writes a page with every forecast as a dot beside what came out, scores, and who handed in; and the same as a "
    "table (CSV). Where one page was handed in twice, the later one counts."
)

EPILOG = """\b
Examples:
  sustain class class-2026-11-29                 writes class.html, class.csv, class-codebook.csv
  sustain class Downloads/sent --out monday.html
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    command(app, Asked, gather, name="class", short_help="Gather what a class handed in.", help=HELP, epilog=EPILOG)


def gather(asked: Asked) -> int:
    """Gather what was handed in."""
    from app.classroom import gathering

    return gathering.run(asked)
