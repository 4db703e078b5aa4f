"""The command ``sustain mine``."""

import typer

from experiments.kit.request import command
from experiments.mine.asked import Asked

HELP = (
    "Tell what may become of one service of your own, given what has been seen of it so far. The model runs the described "
    "service 20,000 times, keeps the histories that did what was seen, and lets their luck differ from now on. The answer "
    "has the chances of keeping going, of silence and of giving up, what leadership policies would change and cost, and "
    "which parts of the description matter. With fewer than 30 matching histories it refuses (exit status 1) and says which "
    "observation is the implausible one. It shows what follows from the model's assumptions; it is no knowledge about your "
    "service."
)

EPILOG = """\b
Examples:
  sustain mine my-service.toml               `sustain new my-service --mine` asks, and writes such a file
  sustain mine my-service.toml --quick       few histories: to see that it works
  sustain mine my-service.toml --json
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    about = "Say what may come of your service, given what was seen."
    command(app, Asked, mine, name="mine", short_help=about, help=HELP, epilog=EPILOG)


def mine(asked: Asked) -> int:
    """Forecast a service of one's own."""
    from experiments.mine import running

    return running.run(asked)
