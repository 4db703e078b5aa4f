"""The command ``sustain patterns``: what the model gives for every pattern, and whether it lies within its tolerance."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments import terminal
from experiments.commands import Json, Settings, read_settings, whole
from sim.problems import BadInput, Problem

if TYPE_CHECKING:
    from experiments.patterns.checking import PatternResult


def count(text: Any) -> int | str:
    """Whole number of an option, whose default comes as a number."""
    return whole(str(text))


_WHOLE: dict[str, Any] = {"parser": count, "metavar": "INTEGER"}

EPILOG = """\b
Examples:
  sustain patterns                           every pattern, shipped scenario and values
  sustain patterns --stage 1 -n 1000         the nine services to month 12 only
  sustain patterns --set chance_waits=0.06
  sustain patterns --scenario mine.toml --json
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    if any(one.name == "patterns" for one in app.registered_commands):
        return
    app.command(
        "patterns",
        short_help="Compare the model with what was observed.",
        help="Measure every pattern with its emulated instrument and compare it with its tolerance. Exit status 1 when a pattern "
        "that must hold does not.",
        epilog=EPILOG,
    )(patterns)


def read_stages(text: str) -> tuple[int, ...]:
    """Stages as an option gives them.

    Examples
    --------
    >>> read_stages("1,3")
    (1, 3)
    """
    parts = [one.strip() for one in text.split(",")]
    wrong = [one for one in parts if one not in ("1", "2", "3")]
    if wrong:
        raise BadInput([Problem("--stage", f"unknown stage '{one}'", "1, 2, 3, separated by commas") for one in wrong])
    return tuple(sorted({int(one) for one in parts}))


def patterns(
    *,
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="SCENARIO", help="Nine services: a shipped scenario's name, or a TOML file.")
    ] = "nine-services",
    stage: Annotated[
        str, typer.Option("--stage", help="1: nine services to month 12; 2: later; 3: other studies' cohorts.")
    ] = "1,2,3",
    replicates: Annotated[int, typer.Option("--replicates", "-n", help="Of every cohort.", **_WHOLE)] = 200,
    seed: Annotated[int, typer.Option("--seed", "-s", help="Seed.", **_WHOLE)] = 1,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Check the patterns."""
    from experiments.patterns import checking
    from sim.scenario import read_scenario

    stages = read_stages(stage)
    read = read_scenario(scenario, overrides=read_settings(settings))
    total = checking.runs_of(stages, replicates)
    with terminal.ProgressShown(total, "patterns", unit="runs") as progress:
        results = checking.check(read, stages=stages, replicates=replicates, seed=seed, progress=progress)
    failed = checking.failures(results)
    if as_json:
        terminal.show_json(
            {"scenario": read.name, "failed": [one.id for one in failed], "patterns": [one.row() for one in results]}
        )
    else:
        show(results, title=f"{read.name}: patterns, {replicates} replicates, seed {seed}")
    if failed:
        raise typer.Exit(1)


def verdict(one: "PatternResult") -> str:
    """Word for a pattern in the table."""
    if not one.measured:
        return "not measured"
    word = "yes" if one.inside else "MISS"
    if not one.fitted:
        return f"{'borne out' if one.inside else 'not borne out'} (not fitted)"
    return f"{word}, must hold" if one.must_hold else word


def number(value: float | None) -> str:
    """Number of the table; a dash for none.

    Examples
    --------
    >>> number(4.6123), number(None), number(0.0)
    ('4.61', '–', '0')
    """
    if value is None:
        return "–"
    return f"{value:.3g}"


def show(results: Sequence["PatternResult"], *, title: str) -> None:
    """Print the table of patterns and what it comes to."""
    rows = [
        (
            one.id,
            one.statement,
            number(one.value),
            number(one.mcse),
            number(one.target),
            f"{one.low:g} to {one.high:g}",
            one.unit,
            verdict(one),
        )
        for one in results
    ]
    columns = ("pattern", "statement", "value", "error", "target", "tolerance", "unit", "within")
    terminal.show_table(columns, rows, title=title, right=(2, 3, 4))
    fitted = [one for one in results if one.fitted and one.measured]
    inside = sum(one.inside for one in fitted)
    groups = list(dict.fromkeys(one.pattern for one in fitted))
    complete = [group for group in groups if all(one.inside for one in fitted if one.pattern == group)]
    print(
        f"{inside} of {len(fitted)} fitted statements within tolerance; of the patterns in full: {', '.join(complete) or 'none'}"
    )
    for one in results:
        if one.must_hold and not one.inside:
            print(f"must hold and does not: {one.id}, {number(one.value)} instead of {one.low:g} to {one.high:g}")
