"""The command ``sustain compare``: paired effects between scenarios."""

import typer

from experiments.comparing.asked import Asked
from experiments.kit.request import command

HELP = (
    "Compare scenarios pair by pair: every further one minus the first, in the same worlds and with the same luck. Writes a "
    "results folder with every effect and its interval, what the pairing is worth, figures and a report. A results folder of "
    "sustain run may stand for its scenario, which is run again."
)

EPILOG = """\b
Examples:
  sustain compare all-passive all-active           what do active leaders change, and what does it take?
  sustain compare nine-services mine.toml -n 4000
  sustain compare nine-services all-active high-turnover --months 60 --seed 7
  sustain compare all-passive all-active --set switch.leader_turnover=off
  sustain compare results/nine-services-1 results/nine-services-2
  sustain compare all-passive all-active --worlds 200 -n 8  how far do plausible worlds differ, luck taken out?
  sustain compare all-passive all-active --replicate 12     show this pair month by month
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    command(app, Asked, compare, name="compare", short_help="Compare scenarios pair by pair.", help=HELP, epilog=EPILOG)


def compare(asked: Asked) -> int:
    """Compare scenarios."""
    from experiments.comparing import running

    return running.run(asked)
