"""The command ``sustain explore``: one file with policies to choose from."""

import typer

from app.explorer.asked import Asked
from experiments.kit.request import command

HELP = (
    "Write one file for places where nothing may be installed: policies computed beforehand, with a menu of policies, a menu of "
    "services and a slider of months. It opens in any browser, from a disk or a stick, and loads nothing. Every further scenario "
    "is paired with the first one: the same worlds and the same luck."
)

EPILOG = """\b
Examples:
  sustain explore                                      the nine services under each leadership policy
  sustain explore my-service.toml --out mine.html      a service of your own under each of them
  sustain explore all-passive all-active high-turnover
  sustain explore --worlds 100 -n 4                    how far do plausible worlds differ, luck taken out?
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    command(app, Asked, explore, name="explore", short_help="Write one file to explore policies in.", help=HELP, epilog=EPILOG)


def explore(asked: Asked) -> int:
    """Write the file."""
    from app.explorer import writing

    return writing.run(asked)
