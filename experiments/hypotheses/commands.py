"""The command ``sustain hypotheses``: test the study's hypotheses over everything that is plausible."""

from functools import partial
from pathlib import Path
from typing import Any

import typer

from experiments.hypotheses.asked import Asked
from experiments.kit import terminal
from experiments.kit.request import command
from sim.problems import BadInput, Problem, tried

HELP = (
    "Test hypotheses that were written down beforehand: paired contrasts over the plausible worlds, enough runs for a "
    "stated Monte "
    "Carlo error, every mechanism switched off by itself, and a verdict by a rule. All that ship unless some are named. A "
    "planted "
    "effect and luck alone are part of every run. What is finished is kept; the same command goes on."
)

EPILOG = """\b
Examples:
  sustain hypotheses                         all thirteen, in results/hypotheses
  sustain hypotheses H4 H7                   two of them
  sustain hypotheses mine.toml               one of your own; see `sustain hypotheses --template`
  sustain hypotheses --quick --out results/try
  sustain hypotheses --full                  knock-outs in all worlds, with more runs; overnight, can be interrupted
  sustain hypotheses --list
"""

KEPT = "what has run is kept; the same command goes on"


def add_to(app: typer.Typer) -> None:
    """Add the command, once."""
    about = {"short_help": "Test hypotheses over all that is plausible.", "help": HELP, "epilog": EPILOG}
    command(app, Asked, hypotheses, name="hypotheses", **about)


def hypotheses(asked: Asked) -> int:
    """Test hypotheses; 1 when a control did not behave or a page could not be made."""
    from experiments.hypotheses import reading

    if asked.template:
        print((reading.STUDIES / f"{reading.TEMPLATE}.toml").read_text(encoding="utf-8"), end="")
        return 0
    if asked.listed:
        show_list()
        return 0
    problems = asked.wrong()
    if asked.quick and asked.full:
        problems.append(Problem("--full", "goes with no --quick", "one of the two"))
    read = tried(partial(read_all, asked.names or list(reading.shipped())), problems)
    if problems or read is None:
        raise BadInput(problems)
    return run(read, asked)


def read_all(names: list[str]) -> list[Any]:
    """Read hypotheses; the problems of all of them at once.

    Raises
    ------
    BadInput
        With every problem found.
    """
    from experiments.hypotheses.reading import read_hypothesis

    problems: list[Problem] = []
    read = (tried(partial(read_hypothesis, name), problems) for name in dict.fromkeys(names))
    found = [one for one in read if one is not None]
    twice = [one.file.name for one in found]
    if len(set(twice)) < len(twice):
        problems.append(Problem("hypotheses", f"{max(twice, key=twice.count)} is named twice", "each once"))
    if problems:
        raise BadInput(problems)
    return found


def sizes_of(asked: Asked) -> Any:
    """How much is run."""
    from dataclasses import replace

    from experiments.hypotheses.contrasts import QUICK, Sizes

    worlds = asked.worlds
    sizes = QUICK if asked.quick else Sizes(worlds_knockout=worlds or 200, replicates_knockout=20) if asked.full else Sizes()
    return sizes if worlds is None else replace(sizes, worlds=worlds)


def run(read: list[Any], asked: Asked) -> int:
    """Run and show; the exit status: 1 when a control did not behave or a page could not be made."""
    from experiments.executors.pools import pool_of
    from experiments.hypotheses.running import RECORD, run_hypotheses
    from experiments.kit.terminal import say_compiling
    from sim.ensembles import read_ensemble

    place = asked.out or Path("results") / ("hypotheses-quick" if asked.quick else "hypotheses")
    ensemble, sizes = read_ensemble(asked.ensemble_file), sizes_of(asked)
    terminal.note_lacking(ensemble.name, ensemble.parameters)
    say_compiling()
    with (
        terminal.keeping(KEPT),
        pool_of("serial" if asked.workers == 1 else "processes", asked.workers) as pool,
        terminal.ProgressShown(foretold(read, sizes), "hypotheses (about)", unit="runs") as progress,
    ):
        ran = run_hypotheses(
            read, place, ensemble, pool=pool, sizes=sizes, restart=asked.restart, say=terminal.note, progress=progress
        )
    if asked.as_json:
        print((place / RECORD).read_text(encoding="utf-8"), end="")
    else:
        show(ran)
    return 1 if ran.problems else ran.pages.status


def foretold(found: list[Any], sizes: Any) -> int:
    """About how many runs it takes: with as many replicates as it begins with."""
    from experiments.hypotheses.worlds import points_of
    from sim.parameters import read_table

    points = len(points_of(read_table()))
    total = 0
    for one in found:
        total += len(one.arms) * sizes.of(one, "worlds") * sizes.of(one, "replicates")
        arms = max(1, len(one.arms_of(one.file.judged)))
        total += points * arms * sizes.of(one, "worlds_knockout") * sizes.of(one, "replicates_knockout")
        total += max(1, len(one.claimed_arms)) * sizes.of(one, "draws_prior") * sizes.of(one, "replicates_prior")
    return total


def show_list() -> None:
    """List the hypotheses that ship."""
    from experiments.hypotheses.reading import shipped
    from sim.scenario.files import parse_toml, read_text

    for path in shipped().values():
        raw = parse_toml(read_text(path, "a hypothesis file (TOML)"), path.name)
        print(f"{raw['hypothesis']:>3}  {raw['question']}")


def show(ran: Any) -> None:
    """Print the verdicts."""
    from experiments.hypotheses.robustness import prior_words, stability_words
    from experiments.hypotheses.words import paragraph, verdict_told, verdict_with_sign

    for one in ran.found:
        verdict = verdict_told(verdict_with_sign(one).upper(), quick=ran.sizes.is_quick(one.hypothesis))
        print(f"\n{one.hypothesis.file.hypothesis}  {one.hypothesis.file.title}: {verdict}")
        for sentence in (*paragraph(one), *prior_words(one), *stability_words(one)):
            print(f"  - {sentence}")
    for problem in ran.problems:
        print(f"\nCONTROL FAILED: {problem}")
    for name, when in ran.edited.items():
        print(f"\n{name} was edited after it had first run here ({when}).")
    print(f"\nResults: {ran.folder} ({ran.runs:,} runs, {terminal.duration(ran.seconds)}); open {ran.folder / 'report.html'}")
