"""What ``sustain replicates`` does and prints."""

import math
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from time import perf_counter
from typing import Any

from experiments.executors.pools import pool_of
from experiments.kit import terminal
from experiments.kit.options import read_settings, worlds_of
from experiments.kit.terminal import say_compiling
from experiments.sweeps.asked import FIRST, AskedReplicates
from experiments.sweeps.precision import Round, ladder, rounds
from experiments.sweeps.reading import study_of
from experiments.sweeps.study import Study
from experiments.worlds.luck import needed
from sim.problems import BadInput, tried


def advise(asked: AskedReplicates) -> bool:
    """Add replicates until an error is met and print what it took; says whether it is met.

    Raises
    ------
    BadInput
        With every problem.
    """
    study = _study(asked)
    if study.ensemble is not None:
        terminal.note_lacking(study.ensemble.name, study.ensemble.parameters)
    outcome, error = asked.value("outcome"), asked.value("error")
    shown: list[tuple[str, ...]] = []

    def add(one: Round) -> None:
        shown.append((f"{one.replicates:,}", f"{one.mean:.6g}", _error_words(one)))

    began = perf_counter()
    with pool_of("threads", asked.workers) as pool, ExitStack() as stack:
        say_compiling()

        def begin(count: int) -> Any:
            return stack.enter_context(terminal.ProgressShown(count, asked.scenario or ""))

        every = rounds(study, error, pool=pool, most=asked.value("most"), told=add, began=begin)
    seconds, last = perf_counter() - began, every[-1]
    prices = []
    if math.isfinite(last.mcse):
        runs = {wanted: needed(last.replicates, last.mcse, wanted) for wanted in ladder(error)}
        each = seconds / last.replicates
        prices = [{"error": wanted, "replicates": count, "seconds": each * count} for wanted, count in runs.items()]
    about = about_error(study.ensemble is not None)
    if asked.as_json:
        _show_json(outcome, error, every, prices, about)
    else:
        terminal.show_table(("replicates", f"mean {outcome}", "Monte Carlo error"), shown, right=(0, 1, 2))
        _show(outcome, error, last, prices, about)
    return last.mcse <= error


def _study(asked: AskedReplicates) -> Study:
    """The scenario as a study of one point; all problems at once."""
    problems = asked.wrong()
    settings = tried(partial(read_settings, asked.settings), problems)
    worlds, wrong_worlds = worlds_of(asked.ensemble, asked.ensemble_file)
    problems += wrong_worlds

    def read() -> Study:
        from sim.scenario import read_scenario

        scenario = read_scenario(asked.scenario or "", overrides=settings, months=asked.sound("months"))
        seed = asked.sound("seed")
        return study_of(
            scenarios=[scenario], replicates=FIRST, seed=scenario.seed if seed is None else seed, keep=["outcomes"],
            outcomes=[asked.value("outcome")], ensemble=worlds,
        )  # fmt: skip

    study = tried(read, problems)
    if problems or study is None:
        raise BadInput(problems)
    return study


def _show_json(outcome: str, error: float, every: Sequence[Round], prices: list[dict[str, Any]], about: str) -> None:
    terminal.show_json({
        "outcome": outcome,
        "met": every[-1].mcse <= error,
        "about_error": about,
        "rounds": [{name: value if math.isfinite(value) else None for name, value in vars(one).items()} for one in every],
        "prices": prices,
    })  # fmt: skip


def _show(outcome: str, error: float, last: Round, prices: list[dict[str, Any]], about: str) -> None:
    """Print whether the error is met, and what other errors take."""
    if not prices:
        print(f"NOT met: {_why_unknown(outcome, last)}")
        return
    defined = "" if last.defined == last.replicates else f" (defined in {last.defined:,})"
    met = "met" if last.mcse <= error else "NOT met"
    print(f"{met} with {last.replicates:,} replicates{defined}: {_error_words(last)}, asked for {error:g}")
    if not last.seen:
        print("Hardly any run differs from the others: the error is an upper bound (95 %), and so are the numbers below.")
    most = "" if last.seen else "at most "
    rows = [
        (f"{price['error']:g}", f"{most}{price['replicates']:,}", most + terminal.duration(price["seconds"])) for price in prices
    ]
    terminal.show_table(("Monte Carlo error", "replicates", "time here"), rows, title="What it takes", right=(0, 1, 2))
    print(about)
    print("Replicates are simulated runs: their number says how exact the simulation's mean is, not how large a trial must be.")


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
