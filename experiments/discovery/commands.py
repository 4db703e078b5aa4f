"""The command ``sustain discover``: in which conditions a policy does not keep the practice going."""

import typer

from experiments.discovery.asked import Asked
from experiments.kit.request import command

HELP = (
    "Ask when a policy fails: worlds of the plausible ensemble under conditions that can be known beforehand (workload, "
    "turnover, backing, patients ...) are run with and without it, and the region is looked for in which it does not "
    "keep the practice going, or adds little (scenario discovery by PRIM and CART). Half of the worlds are kept to prove the "
    "region, and a control shows that there is none where failures are dealt out at random. What is finished is kept whatever "
    "happens. Needs the extra 'analysis'."
)

EPILOG = """\b
Examples:
  sustain discover                                 active leadership against passive support
  sustain discover --quick --out results/try       does everything work? nothing to learn from
  sustain discover supervision-boosters --base baseline
  sustain discover --worlds 3000 --out results/finer
  sustain discover --parameters 0 --out results/known-beforehand
  sustain discover --json
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    command(app, Asked, discover, name="discover", short_help="Ask in which conditions a policy fails.", help=HELP, epilog=EPILOG)


def discover(asked: Asked) -> int:
    """Discover when a policy fails."""
    from experiments.discovery import running

    return running.run(asked)
