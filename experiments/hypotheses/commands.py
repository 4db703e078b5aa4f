"""The command ``sustain hypotheses``: test the study's hypotheses over everything that is plausible."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.kit import terminal
from experiments.kit.options import WHOLE, Json
from sim.problems import BadInput, Problem

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
    if any(one.name == "hypotheses" for one in app.registered_commands):
        return
    app.command("hypotheses", short_help="Test hypotheses over all that is plausible.", help=HELP, epilog=EPILOG)(hypotheses)


def hypotheses(
    names: Annotated[list[str] | None, typer.Argument(metavar="[HYPOTHESIS]...", help="Numbers such as H4, or files.")] = None,
    *,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Results folder.")] = None,
    ensemble_file: Annotated[
        Path | None, typer.Option("--ensemble-file", metavar="FILE", help="An ensemble of your own in place of the shipped one.")
    ] = None,
    worlds: Annotated[
        int | None, typer.Option("--worlds", help="Plausible worlds, in place of the files' number.", **WHOLE)
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Very few of everything: to see that it works.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Knock-outs in all worlds, with more runs.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Remove what the folder holds first.")] = False,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes; all processors unless given.", **WHOLE)] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the hypotheses that ship, and end.")] = False,
    template: Annotated[bool, typer.Option("--template", help="Print a file to begin your own with, and end.")] = False,
    as_json: Json = False,
) -> None:
    """Test hypotheses."""
    from experiments.hypotheses import reading

    if template:
        print((reading.STUDIES / f"{reading.TEMPLATE}.toml").read_text(encoding="utf-8"), end="")
        return
    if listed:
        show_list()
        return
    found = read_all(names or list(reading.shipped()))
    status = run(found, out, ensemble_file, sizes_of(quick=quick, full=full, worlds=worlds), quick, restart, workers, as_json)
    if status:
        raise typer.Exit(status)


def read_all(names: list[str]) -> list[Any]:
    """Read hypotheses; the problems of all of them at once.

    Raises
    ------
    BadInput
        With every problem found.
    """
    from experiments.hypotheses.reading import read_hypothesis

    found, problems = [], []
    for name in dict.fromkeys(names):
        try:
            found.append(read_hypothesis(name))
        except BadInput as error:
            problems += error.problems
    twice = [one.file.name for one in found]
    if len(set(twice)) < len(twice):
        problems.append(Problem("hypotheses", f"{max(twice, key=twice.count)} is named twice", "each once"))
    if problems:
        raise BadInput(problems)
    return found


def sizes_of(*, quick: bool, full: bool, worlds: int | str | None) -> Any:
    """How much is run.

    Raises
    ------
    BadInput
        For options that contradict each other, or worlds that cannot be.
    """
    from dataclasses import replace

    from experiments.hypotheses.finding import Sizes
    from experiments.hypotheses.running import QUICK

    if quick and full:
        raise BadInput([Problem("--full", "goes with no --quick", "one of the two")])
    if worlds is not None and not (isinstance(worlds, int) and 20 <= worlds <= 4096):
        raise BadInput([Problem("--worlds", f"'{worlds}' cannot be", "a whole number from 20 to 4096")])
    sizes = QUICK if quick else Sizes(worlds_knockout=worlds or 200, replicates_knockout=20) if full else Sizes()
    return sizes if worlds is None else replace(sizes, worlds=worlds)


def run(
    found: list[Any], out: Path | None, ensemble_file: Path | None, sizes: Any, quick: bool, restart: bool,
    workers: int | None, as_json: bool,
) -> int:  # fmt: skip
    """Run and show; the exit status: 1 when a control did not behave or a page could not be made."""
    from experiments.executors.pools import pool_of
    from experiments.hypotheses.running import RECORD, run_hypotheses
    from experiments.kit.terminal import say_compiling
    from sim.ensembles import read_ensemble

    place = out or Path("results") / ("hypotheses-quick" if quick else "hypotheses")
    ensemble = read_ensemble(ensemble_file)
    say_compiling()
    with (
        terminal.keeping(KEPT),
        pool_of("serial" if workers == 1 else "processes", workers) as pool,
        terminal.ProgressShown(foretold(found, sizes), "hypotheses (about)", unit="runs") as progress,
    ):
        ran = run_hypotheses(found, place, ensemble, pool=pool, sizes=sizes, restart=restart, say=note, progress=progress)
    if as_json:
        print((place / RECORD).read_text(encoding="utf-8"), end="")
    else:
        show(ran)
    return 1 if ran.controls.problems else ran.pages.status


def foretold(found: list[Any], sizes: Any) -> int:
    """About how many runs it takes: with as many replicates as it begins with."""
    from experiments.hypotheses.worlds import points_of
    from sim.parameters import read_table

    points = len(points_of(read_table()))
    total = 0
    for one in found:
        total += len(one.arms) * sizes.of(one, "worlds") * sizes.of(one, "replicates")
        total += points * max(1, len(one.claimed_arms)) * sizes.of(one, "worlds_knockout") * sizes.of(one, "replicates_knockout")
    return total


def note(sentence: str) -> None:
    """Tell how it goes, where progress is told."""
    print(sentence, file=sys.stderr, flush=True)


def show_list() -> None:
    """List the hypotheses that ship."""
    from experiments.hypotheses.reading import shipped
    from sim.scenario.files import parse_toml, read_text

    for path in shipped().values():
        raw = parse_toml(read_text(path, "a hypothesis file (TOML)"), path.name)
        print(f"{raw['hypothesis']:>3}  {raw['question']}")


def show(ran: Any) -> None:
    """Print the verdicts."""
    from experiments.hypotheses.words import paragraph

    for one in ran.found:
        print(f"\n{one.hypothesis.file.hypothesis}  {one.hypothesis.file.title}: {one.verdict.upper()}")
        for sentence in paragraph(one):
            print(f"  - {sentence}")
    for problem in ran.controls.problems:
        print(f"\nCONTROL FAILED: {problem}")
    for name, when in ran.edited.items():
        print(f"\n{name} was edited after it had first run here ({when}).")
    print(f"\nResults: {ran.folder} ({ran.runs:,} runs, {terminal.duration(ran.seconds)}); open {ran.folder / 'report.html'}")
