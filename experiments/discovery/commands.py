"""The command ``sustain discover``: in which conditions a policy does not sustain the practice."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.kit.options import WHOLE, EnsembleFile, Json, Months, Quick, Restart, Workers

HELP = (
    "Ask when a policy fails: worlds of the plausible ensemble under conditions that can be known beforehand (workload, "
    "turnover, backing, patients ...) are run with and without it, and the region is looked for in which it does not sustain, "
    "or adds little (scenario discovery by PRIM and CART). Half of the worlds are kept to prove the region, and a control shows "
    "that there is none where failures are dealt out at random. What is finished is kept whatever happens. Needs the extra "
    "'analysis'."
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
    if any(one.name == "discover" for one in app.registered_commands):
        return
    app.command("discover", short_help="Ask in which conditions a policy fails.", help=HELP, epilog=EPILOG)(discover)


def discover(
    policy: Annotated[
        str | None, typer.Argument(metavar="[POLICY]", help="Scenario with the policy; all-active unless given.")
    ] = None,
    *,
    base: Annotated[
        str | None, typer.Option("--base", metavar="NAME", help="Scenario it is compared with; all-passive unless given.")
    ] = None,
    worlds: Annotated[int | None, typer.Option("--worlds", help="Worlds; 1000 unless given.", **WHOLE)] = None,
    replicates: Annotated[
        int | None,
        typer.Option("--replicates", "-n", help="Replicates of each; as many as it takes, 12 to 96, unless given.", **WHOLE),
    ] = None,
    shuffles: Annotated[int | None, typer.Option("--shuffles", help="Searches of the control; 20 unless given.", **WHOLE)] = None,
    parameters: Annotated[
        int | None,
        typer.Option(
            "--parameters", help="Parameters in a region's search at most; 12 unless given, 0: only conditions.", **WHOLE
        ),
    ] = None,
    months: Months = None,
    seed: Annotated[
        int | None, typer.Option("--seed", "-s", help="Seed of draws, halves and runs; 1 unless given.", **WHOLE)
    ] = None,
    ensemble: EnsembleFile = None,
    workers: Workers = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Results folder; results/discovery-POLICY unless given.")
    ] = None,
    quick: Quick = False,
    restart: Restart = False,
    as_json: Json = False,
) -> None:
    """Discover when a policy fails."""
    from experiments.discovery import running
    from experiments.discovery.settings import BASE, POLICY, Asked

    asked = Asked(
        policy or POLICY, base or BASE, worlds, replicates, shuffles, parameters, months, seed, ensemble, workers, quick
    )
    status = running.run(asked, out, restart=restart, as_json=as_json)
    if status:
        raise typer.Exit(status)
