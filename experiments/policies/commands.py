"""The command ``sustain search``: which policy keeps how many services, at what price."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.kit.options import NUMBER, WHOLE, EnsembleFile, Json, Quick, Restart

HELP = (
    "Search for schedules of policies (which ingredients, how much, from when to when) that no other schedule beats in price and "
    "in services sustained at months 48 and 84; evaluate them anew on other plausible worlds; answer which is the cheapest that "
    "keeps enough services in enough worlds. What is finished is kept whatever happens; the same command goes on with what is "
    "missing. Needs the extra 'analysis'."
)

EPILOG = """\b
Examples:
  sustain search                                   on all-passive, in minutes
  sustain search --quick --out results/try         does everything work? seconds, nothing to learn from
  sustain search --base nine-services --out results/nine
  sustain search --share 0.5 --worlds-share 0.9 --out results/half
  sustain search --evaluations 4000 --worlds 120 --out results/finer
  sustain run results/search/scenarios/frontier-3.toml
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    if any(one.name == "search" for one in app.registered_commands):
        return
    app.command("search", short_help="Search for policies: price against services sustained.", help=HELP, epilog=EPILOG)(search)


def search(
    *,
    base: Annotated[
        str | None,
        typer.Option(
            "--base",
            metavar="SCENARIO",
            help="What policies are added to: a shipped scenario or a TOML file; all-passive unless given.",
        ),
    ] = None,
    worlds: Annotated[int | None, typer.Option("--worlds", help="Worlds of the search; 60 unless given.", **WHOLE)] = None,
    replicates: Annotated[
        int | None, typer.Option("--replicates", "-n", help="Runs of a schedule in each of them; 2 unless given.", **WHOLE)
    ] = None,
    evaluations: Annotated[
        int | None, typer.Option("--evaluations", help="Schedules that are tried; 1500 unless given.", **WHOLE)
    ] = None,
    check_worlds: Annotated[
        int | None,
        typer.Option("--check-worlds", help="Other worlds for the best ones; 200 unless given.", **WHOLE),
    ] = None,
    check_replicates: Annotated[
        int | None, typer.Option("--check-replicates", help="Runs in each of those; 4 unless given.", **WHOLE)
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", "-s", help="Seed of search and runs; 1 unless given.", **WHOLE)] = None,
    share: Annotated[
        float | None,
        typer.Option("--share", help="Share of services to be sustained at month 84; 0.7 unless given.", **NUMBER),
    ] = None,
    worlds_share: Annotated[
        float | None, typer.Option("--worlds-share", help="Share of worlds that keep it; 0.8 unless given.", **NUMBER)
    ] = None,
    ensemble: EnsembleFile = None,
    threads: Annotated[
        int | None, typer.Option("--threads", help="Threads of the compiled engine; all processors unless given.", **WHOLE)
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Results folder; results/search unless given.")] = None,
    quick: Quick = False,
    restart: Restart = False,
    as_json: Json = False,
) -> None:
    """Search for policies."""
    from experiments.policies import running
    from experiments.policies.settings import Asked

    asked = Asked(
        base, worlds, replicates, evaluations, check_worlds, check_replicates, seed, share, worlds_share, ensemble, threads, quick
    )  # fmt: skip
    status = running.run(asked, out, restart=restart, as_json=as_json)
    if status:
        raise typer.Exit(status)
