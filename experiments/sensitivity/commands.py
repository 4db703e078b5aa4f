"""The command ``sustain sensitivity``: which assumptions carry the results."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.kit.options import WHOLE, Json, Months, Quick, Restart, Workers

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
    if any(one.name == "sensitivity" for one in app.registered_commands):
        return
    app.command("sensitivity", short_help="Ask which assumptions the outcomes hang on.", help=HELP, epilog=EPILOG)(sensitivity)


def sensitivity(
    *,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            metavar="SCENARIO",
            help="A shipped scenario or a TOML file; given twice, the second minus the first is an outcome too. "
            "all-passive and all-active unless given.",
        ),
    ] = None,
    screen: Annotated[
        int | None, typer.Option("--screen", help="Trajectories of the screening; 20 unless given.", **WHOLE)
    ] = None,
    base: Annotated[
        int | None, typer.Option("--base", help="Base samples of the indices, a power of two; 512 unless given.", **WHOLE)
    ] = None,
    replicates: Annotated[
        int | None, typer.Option("--replicates", "-n", help="Runs of every scenario and point; 10 unless given.", **WHOLE)
    ] = None,
    months: Months = None,
    seed: Annotated[int | None, typer.Option("--seed", "-s", help="Seed of samples and runs; 1 unless given.", **WHOLE)] = None,
    keep: Annotated[
        int | None, typer.Option("--keep", help="Parameters that go on to the indices at most; 20 unless given.", **WHOLE)
    ] = None,
    bounds: Annotated[
        Path | None,
        typer.Option("--bounds", metavar="FILE", help="CSV with parameter, low, high: in place of the table's bounds."),
    ] = None,
    ensemble: Annotated[
        Path | None,
        typer.Option(
            "--ensemble",
            metavar="FILE",
            help="CSV or Parquet, a row a member, or the word plausible: what is not varied stands at its most central one.",
        ),
    ] = None,
    definitions: Annotated[
        bool, typer.Option("--definitions", help="Vary the definitions of outcomes too, such as what counts as high fidelity.")
    ] = False,
    workers: Workers = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Results folder; results/sensitivity unless given.")] = None,
    quick: Quick = False,
    restart: Restart = False,
    as_json: Json = False,
) -> None:
    """Analyse the sensitivity."""
    from experiments.sensitivity import running
    from experiments.sensitivity.settings import Asked

    asked = Asked(
        tuple(scenario or ()), screen, base, replicates, months, seed, keep, bounds, ensemble, definitions, workers, quick
    )  # fmt: skip
    status = running.run(asked, out, restart=restart, as_json=as_json)
    if status:
        raise typer.Exit(status)
