"""The command ``sustain trial``."""

import typer

from experiments.kit.request import command
from experiments.trials.asked import Asked

HELP = (
    "Plan a cluster trial before paying for it: what would be seen, in which month, and how many services it takes. The effect, "
    "the correlation within services and the losses are not asked for: they come out of the model, over plausible worlds. A bank "
    "holds what becomes of every service in each arm with the same luck; thousands of trials are drawn from it and analysed as "
    "the field does. The results folder has a report, a protocol skeleton, tables, and on demand the data of one such trial with "
    "an R script. It shows what follows from assumptions; it is no evidence that a programme works."
)

EPILOG = """\b
Examples:
  sustain trial leadership-24               a study that ships; --list names all
  sustain trial --template > mine.toml      a study file to begin with; its name must be the file's
  sustain trial mine.toml --quick           few worlds and trials: to see that it works
  sustain trial mine.toml --power           only the power of the trial as planned
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    about = "Plan a trial: power, size, months, from both fates."
    command(app, Asked, trial, name="trial", short_help=about, help=HELP, epilog=EPILOG)


def trial(asked: Asked) -> int:
    """Plan a trial."""
    from experiments.trials import reading, running

    if asked.template:
        print((reading.STUDIES / f"{reading.TEMPLATE}.toml").read_text(encoding="utf-8"), end="")
        return 0
    if asked.listed:
        for name, title in running.listed():
            print(f"{name:<28}  {title}")
        return 0
    return running.run(asked)
