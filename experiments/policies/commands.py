"""The command ``sustain search``: which policy keeps how many services, at what price."""

import typer

from experiments.kit.request import command
from experiments.policies.asked import Asked

HELP = (
    "Search for schedules of policies (which ingredients, how much, from when to when) that no other schedule beats in price and "
    "in services that keep going to months 48 and 84; evaluate them anew on other plausible worlds; answer which is the cheapest "
    "that keeps enough services in enough worlds. What is finished is kept whatever happens; the same command goes on with what "
    "is missing. Needs the extra 'analysis'."
)

EPILOG = """\b
Examples:
  sustain search                                   on all-passive, in minutes
  sustain search --quick --out results/try         does everything work? seconds, nothing to learn from
  sustain search --base nine-services --out results/nine
  sustain search --share 0.5 --worlds-share 0.9 --out results/half
  sustain search --outcome share_sustained --out results/old-stock
  sustain search --evaluations 4000 --worlds 120 --out results/finer
  sustain run results/search/scenarios/frontier-3.toml
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    short = "Search for policies: price against services that keep going."
    command(app, Asked, search, name="search", short_help=short, help=HELP, epilog=EPILOG)


def search(asked: Asked) -> int:
    """Search for policies."""
    from experiments.policies import running

    return running.run(asked)
