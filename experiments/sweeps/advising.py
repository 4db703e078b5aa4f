"""What ``sustain replicates`` does and prints."""

import math
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

from experiments.executors.pools import pool_of
from experiments.kit import terminal
from experiments.kit.options import worlds_of
from experiments.kit.terminal import say_compiling
from experiments.sweeps.reading import study_of
from experiments.sweeps.study import Study
from sim.problems import BadInput, Problem


def advise(
    scenario: str,
    *,
    outcome: str,
    error: Any,
    settings: Mapping[str, str] | None,
    ensemble: bool,
    ensemble_file: Path | None,
    months: int | None,
    seed: int | None,
    most: Any,
    workers: int | None,
    as_json: bool,
) -> bool:
    """Add replicates until an error is met and print what it took; says whether it is met."""
    from experiments.sweeps.precision import FIRST, Round, ladder, rounds
    from experiments.worlds.luck import needed
    from sim.scenario import read_scenario

    problems: list[Problem] = []
    if not isinstance(error, float) or not 0.0 < error < math.inf:
        problems.append(
            Problem("--error", f"'{error}' cannot be a Monte Carlo error", "a number above 0", "such as --error 0.01")
        )
    if not isinstance(most, int) or not FIRST <= most <= 10_000_000:
        problems.append(Problem("--most", f"'{most}' cannot be", f"a whole number from {FIRST} to 10,000,000"))
    study: Study | None = None
    worlds, wrong_worlds = worlds_of(ensemble, ensemble_file)
    problems += wrong_worlds
    try:
        found = read_scenario(scenario, overrides=settings, months=months)
        study = study_of(
            scenarios=[found], replicates=FIRST, seed=found.seed if seed is None else seed, keep=["outcomes"],
            outcomes=[outcome], ensemble=worlds,
        )  # fmt: skip
    except BadInput as wrong:
        problems += wrong.problems
    if problems or study is None:
        raise BadInput(problems)
    shown: list[tuple[str, ...]] = []

    def told(one: Round) -> None:
        shown.append((f"{one.replicates:,}", f"{one.mean:.6g}", _error_words(one)))

    began = perf_counter()
    with pool_of("threads", workers) as pool, ExitStack() as stack:
        say_compiling()

        def begin(count: int) -> Any:
            return stack.enter_context(terminal.ProgressShown(count, scenario))

        every = rounds(study, error, pool=pool, most=most, told=told, began=begin)
    seconds, last = perf_counter() - began, every[-1]
    met = last.mcse <= error
    known = math.isfinite(last.mcse)
    prices = [
        {"error": one, "replicates": needed(last.replicates, last.mcse, one), "seconds": _price(every, seconds, one)}
        for one in (ladder(error) if known else ())
    ]
    if as_json:
        told_rounds = [{name: value if math.isfinite(value) else None for name, value in vars(one).items()} for one in every]
        terminal.show_json(
            {
                "outcome": outcome,
                "met": met,
                "about_error": about_error(worlds is not None),
                "rounds": told_rounds,
                "prices": prices,
            }
        )
        return met
    terminal.show_table(("replicates", f"mean {outcome}", "Monte Carlo error"), shown, right=(0, 1, 2))
    defined = "" if last.defined == last.replicates else f" (defined in {last.defined:,})"
    if not known:
        print(f"NOT met: {_why_unknown(outcome, last)}")
        return met
    words = f"{'met' if met else 'NOT met'} with {last.replicates:,} replicates{defined}"
    print(f"{words}: {_error_words(last)}, asked for {error:g}")
    if not last.seen:
        print("Hardly any run differs from the others: the error is an upper bound (95 %), and so are the numbers below.")
    most_words = "" if last.seen else "at most "
    rows = [
        (f"{one['error']:g}", f"{most_words}{one['replicates']:,}", most_words + terminal.duration(one["seconds"]))
        for one in prices
    ]
    terminal.show_table(("Monte Carlo error", "replicates", "time here"), rows, title="What it takes", right=(0, 1, 2))
    print(about_error(worlds is not None))
    print("Replicates are simulated runs: their number says how exact the simulation's mean is, not how large a trial must be.")
    return met


def about_error(ensemble: bool) -> str:
    """What the error of a mean over runs is about.

    Parameters
    ----------
    ensemble : bool
        Whether each run has parameter values of its own.
    """
    if ensemble:
        return (
            "The error is that of the mean over plausible worlds: each run has a world and luck of its own, and the error holds "
            "both together. It does not say how far worlds differ; `sustain compare --worlds 200 -n 8` does."
        )
    return "All runs have the default values: the error is that of luck alone, and says nothing of other plausible values."


def _error_words(one: Any) -> str:
    """Error of a round, as it is told."""
    if not math.isfinite(one.mcse):
        return "not known"
    return f"± {one.mcse:.2g}" if one.seen else f"at most ± {one.mcse:.2g}"


def _why_unknown(outcome: str, last: Any) -> str:
    if last.defined > 1:
        return f"no two of {last.defined:,} replicates differ in {outcome}, so that its error cannot be known"
    return f"{outcome} is defined in {last.defined:,} of {last.replicates:,} replicates, too few for an error"


def _price(every: Any, seconds: float, error: float) -> float:
    from experiments.worlds.luck import needed

    last = every[-1]
    return seconds / last.replicates * needed(last.replicates, last.mcse, error)
