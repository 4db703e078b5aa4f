"""The command ``sustain patterns``: what the model gives for every pattern, and whether it lies within its tolerance."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.kit import terminal
from experiments.kit.options import WHOLE, Json, Settings, read_settings
from sim.problems import BadInput, Problem

if TYPE_CHECKING:
    from experiments.patterns.checking import PatternResult
    from experiments.patterns.predictive import Predicted


REPLICATES = 200
"""Of every cohort, unless told."""
EPILOG = """\b
Examples:
  sustain patterns                           every pattern, shipped scenario and values
  sustain patterns --stage 1 -n 1000         the nine services to month 12 only
  sustain patterns --ensemble                over the plausible ensemble: means, and where its members lie
  sustain patterns --ensemble --set forms.deciding=threshold
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
    replicates: Annotated[
        int | None, typer.Option("--replicates", "-n", help="Of every cohort; 200 unless given.", **WHOLE)
    ] = None,
    seed: Annotated[int, typer.Option("--seed", "-s", help="Seed.", **WHOLE)] = 1,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="Over the plausible ensemble instead of the default values; 8 replicates a member.")
    ] = False,
    ensemble_file: Annotated[
        str | None, typer.Option("--ensemble-file", metavar="FILE", help="Over an ensemble of your own: CSV or Parquet.")
    ] = None,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Check the patterns."""
    from experiments.patterns import checking
    from sim.scenario import read_scenario

    stages = read_stages(stage)
    if ensemble or ensemble_file is not None:
        _over_ensemble(ensemble_file, stages, replicates, seed, scenario=scenario, settings=settings, as_json=as_json)
        return
    replicates = REPLICATES if replicates is None else replicates
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


def _over_ensemble(
    file: str | None, stages: tuple[int, ...], replicates: Any, seed: Any, *, scenario: str, settings: Any, as_json: bool
) -> None:
    from experiments.executors.pools import pool_of
    from experiments.patterns import checking, predictive
    from experiments.patterns.prior import structure_of
    from sim.ensembles import read_ensemble

    where = "--ensemble" if file is None else "--ensemble-file"
    clash = []
    if scenario != "nine-services":
        clash.append(Problem("--scenario", f"cannot be joined with {where}", "one of the two", "the ensemble sets the values"))
    structure, wrong = structure_of(read_settings(settings))
    clash += wrong
    replicates = predictive.REPLICATES if replicates is None else replicates
    clash += checking.problems_of(stages, replicates, seed)
    if clash:
        raise BadInput(clash)
    members = read_ensemble(file)
    total = checking.runs_of(stages, replicates, members=members.members)
    with pool_of("threads") as pool, terminal.ProgressShown(total, "patterns", unit="runs") as progress:
        found, _ = predictive.predict(
            members, pool, stages=stages, replicates=replicates, seed=seed, structure=structure, progress=progress
        )
    failed = checking.failures([one.result for one in found])
    if as_json:
        told = {"ensemble": members.name, "members": members.members, "failed": [one.id for one in failed]}
        terminal.show_json(told | {"patterns": [one.row() for one in found]})
    else:
        title = f"{members.name}: patterns over {members.members:,} members, {replicates} replicates each, seed {seed}"
        title += "".join(f", {one}" for one in structure.words)
        show_predicted(found, title=title)
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
    terminal.show_table(columns, rows, title=title, right=(2, 3, 4), alarming=missed(results))
    _sum_up(results)


def show_predicted(found: Sequence["Predicted"], *, title: str) -> None:
    """Print what an ensemble gives for the patterns."""
    rows = [
        (
            one.result.id,
            one.result.statement,
            number(one.result.value),
            number(one.result.mcse),
            f"{number(one.low)} to {number(one.high)}" if one.result.value is not None else "–",
            number(one.result.target),
            f"{one.result.low:g} to {one.result.high:g}",
            f"{one.members_inside:.0%}",
            verdict(one.result),
        )
        for one in found
    ]
    columns = ("pattern", "statement", "mean", "error", "90 % of members", "target", "tolerance", "members within", "within")
    alarming = missed([one.result for one in found])
    terminal.show_table(columns, rows, title=title, right=(2, 3, 4, 5, 7), alarming=alarming)
    _sum_up([one.result for one in found])


def missed(results: Sequence["PatternResult"]) -> set[int]:
    """Places of the fitted patterns that are missed: they are shown in red."""
    return {place for place, one in enumerate(results) if one.measured and one.fitted and not one.inside}


def _sum_up(results: Sequence["PatternResult"]) -> None:
    """Say how many patterns hold in full, and which statements of the others do not."""
    fitted = [one for one in results if one.fitted and one.measured]
    inside = sum(one.inside for one in fitted)
    groups = list(dict.fromkeys(one.pattern for one in fitted))
    complete = [group for group in groups if all(one.inside for one in fitted if one.pattern == group)]
    print(f"{inside} of {len(fitted)} fitted statements within tolerance")
    if groups:
        print(f"{len(complete)} of {len(groups)} patterns within tolerance in full: {', '.join(complete) or 'none'}")
    missed = [one for one in fitted if not one.inside]
    if missed:
        print("missed: " + "; ".join(f"{one.id} {number(one.value)} ({one.low:g} to {one.high:g})" for one in missed))
    for one in results:
        if one.must_hold and not one.inside:
            print(f"must hold and does not: {one.id}, {number(one.value)} instead of {one.low:g} to {one.high:g}")
