"""The command ``sustain compare``: paired effects between scenarios."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.kit.options import WHOLE, EnsembleFile, Json, Months, Settings, Worlds, read_settings

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
    if any(one.name == "compare" for one in app.registered_commands):
        return
    app.command("compare", short_help="Compare scenarios pair by pair.", help=HELP, epilog=EPILOG)(compare)


def compare(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="BASE OTHER [OTHER...]", help="Shipped scenarios, TOML files or results folders; others minus the first."
        ),
    ],
    *,
    replicates: Annotated[
        int | None,
        typer.Option("--replicates", "-n", help="Runs of every scenario; 1000, or 8 in each of --worlds.", **WHOLE),
    ] = None,
    worlds: Annotated[
        int | None, typer.Option("--worlds", help="So many plausible worlds, each with several runs: luck is taken out.", **WHOLE)
    ] = None,
    months: Months = None,
    seed: Annotated[
        int | None, typer.Option("--seed", "-s", help="Seed of all scenarios; the first one's unless given.", **WHOLE)
    ] = None,
    settings: Settings = None,
    ensemble: Worlds = True,
    ensemble_file: EnsembleFile = None,
    replicate: Annotated[
        int | None,
        typer.Option("--replicate", help="Pair to show month by month; that of the median difference unless given.", **WHOLE),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Results folder, not used yet; results/compare-BASE-OTHER-NUMBER unless given."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option("--threads", help="Threads of the engine; all processors unless given.", **WHOLE)
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare scenarios."""
    from experiments.comparing import running
    from experiments.comparing.asking import Asked

    asked = Asked(
        tuple(names), replicates, months, seed, read_settings(settings), ensemble, ensemble_file, replicate, threads,
        worlds,
    )  # fmt: skip
    status = running.run(asked, out, as_json=as_json)
    if status:
        raise typer.Exit(status)
