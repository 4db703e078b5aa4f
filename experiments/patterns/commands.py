"""The command ``sustain patterns``: what the model gives for every pattern, and whether it lies within its tolerance."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import typer

from experiments.kit import terminal
from experiments.kit.options import read_settings
from experiments.kit.request import command
from experiments.patterns.asked import NINE, REPLICATES, REPLICATES_OF_A_MEMBER, Asked
from sim.problems import BadInput, Problem, tried

if TYPE_CHECKING:
    from experiments.patterns.checking import PatternResult
    from experiments.patterns.predictive import Predicted
    from experiments.worlds.prior import Structure


HELP = (
    "Measure every pattern with its emulated instrument and compare it with its tolerance. Exit status 1 when a pattern "
    "that must hold does not."
)
EPILOG = """\b
Examples:
  sustain patterns                           every pattern, shipped scenario and values
  sustain patterns --stage 1 -n 1000         the nine services to month 12 only
  sustain patterns --ensemble                over the plausible ensemble: means, and where its members lie
  sustain patterns --ensemble --set forms.deciding=threshold
  sustain patterns --set chance_waits=0.06
  sustain patterns --every-mechanism         also with mechanisms that the parameter table has off, if any
  sustain patterns --scenario mine.toml --json
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    about = {"short_help": "Compare the model with what was observed.", "help": HELP, "epilog": EPILOG}
    command(app, Asked, patterns, name="patterns", **about)


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


def patterns(asked: Asked) -> int:
    """Check the patterns; 1 when one that must hold does not."""
    from experiments.patterns import checking
    from experiments.worlds.prior import NOTHING_WAITS, every_setting, waiting
    from sim.parameters import read_table
    from sim.scenario import read_scenario

    problems = asked.wrong()
    if asked.every_mechanism and not waiting(read_table()):
        terminal.note(NOTHING_WAITS)
    stages = tried(partial(read_stages, asked.value("stage")), problems) or ()
    if asked.ensemble or asked.ensemble_file is not None:
        return _over_ensemble(asked, stages, problems)
    settings = tried(partial(read_settings, asked.settings), problems)
    if asked.every_mechanism and settings is not None:
        settings = every_setting() | settings
    scenario = tried(partial(read_scenario, asked.value("scenario"), overrides=settings), problems)
    if problems or scenario is None:
        raise BadInput(problems)
    seed, replicates = asked.value("seed"), REPLICATES if asked.replicates is None else asked.replicates
    with terminal.ProgressShown(checking.runs_of(stages, replicates), "patterns", unit="runs") as progress:
        results = checking.check(scenario, stages=stages, replicates=replicates, seed=seed, progress=progress)
    failed = checking.failures(results)
    if asked.as_json:
        about = {"scenario": scenario.name, "failed": [pattern.id for pattern in failed]}
        terminal.show_json(about | {"patterns": [result.row() for result in results]})
    else:
        show(results, title=f"{scenario.name}: patterns, {replicates} replicates, seed {seed}")
    return 1 if failed else 0


def _over_ensemble(asked: Asked, stages: tuple[int, ...], problems: list[Problem]) -> int:
    from experiments.executors.pools import pool_of
    from experiments.patterns import checking, predictive
    from experiments.worlds.prior import structure_of
    from sim.ensembles import read_ensemble

    where = "--ensemble" if asked.ensemble_file is None else "--ensemble-file"
    if asked.value("scenario") != NINE:
        problems.append(Problem("--scenario", f"cannot be joined with {where}", "one of the two", "the ensemble sets the values"))
    settings = tried(partial(read_settings, asked.settings), problems) or {}
    structure, wrong = structure_of(settings, every=asked.every_mechanism)
    problems += wrong
    members = tried(partial(read_ensemble, asked.ensemble_file), problems)
    if members is not None:
        problems += not_turned_on(members.turned_on, structure, where)
    if problems or members is None:
        raise BadInput(problems)
    terminal.note_lacking(members.name, members.parameters)
    seed, replicates = asked.value("seed"), REPLICATES_OF_A_MEMBER if asked.replicates is None else asked.replicates
    total = checking.runs_of(stages, replicates, members=members.members)
    with pool_of("threads") as pool, terminal.ProgressShown(total, "patterns", unit="runs") as progress:
        predicted, _ = predictive.predict(
            members, pool, stages=stages, replicates=replicates, seed=seed, structure=structure, progress=progress
        )
    failed = checking.failures([pattern.result for pattern in predicted])
    if asked.as_json:
        about = {"ensemble": members.name, "members": members.members, "failed": [pattern.id for pattern in failed]}
        terminal.show_json(about | {"patterns": [pattern.row() for pattern in predicted]})
    else:
        title = f"{members.name}: patterns over {members.members:,} members, {replicates} replicates each, seed {seed}"
        show_predicted(predicted, title=title + "".join(f", {word}" for word in structure.said))
    return 1 if failed else 0


def not_turned_on(needed: Sequence[str], structure: "Structure", where: str) -> list[Problem]:
    """Problem of an ensemble whose values were found with mechanisms on that are off here."""
    known = dict(structure.switches)
    off = [name for name in needed if not known.get(name, False)]
    if not off:
        return []
    what = f"its values were found with mechanisms on that are off here: {', '.join(off)}"
    return [Problem(where, what, "the mechanisms it was calibrated with", "--every-mechanism, or --set switch.NAME=on")]


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
