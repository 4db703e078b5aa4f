"""The command ``sustain sensitivity``: which assumptions carry the results."""

import typer

from experiments.kit.request import command
from experiments.sensitivity.asked import Asked

HELP = (
    "Ask which parameters the outcomes hang on: a screening of all of them (Morris), then shares of variance (Sobol' indices) "
    "for those that do more than chance, with tables, figures and a report. What is finished is kept whatever happens; the same "
    "command goes on with what is missing. Needs the extra 'analysis'."
)

EPILOG = """\b
Examples:
  sustain sensitivity                              all-passive, all-active and their difference
  sustain sensitivity --quick --out results/try    does everything work? a few seconds, nothing to learn from
  sustain sensitivity --scenario nine-services --screen 40 --out results/nine
  sustain sensitivity --bounds narrow.csv          columns parameter, low, high in place of the table's bounds
  sustain sensitivity --base 1024 --replicates 20 --out results/finer
  sustain sensitivity --json
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    short = "Ask which assumptions the outcomes hang on."
    command(app, Asked, sensitivity, name="sensitivity", short_help=short, help=HELP, epilog=EPILOG)


def sensitivity(asked: Asked) -> int:
    """Analyse the sensitivity."""
    from experiments.sensitivity import running

    return running.run(asked)
