"""The commands of ``sustain`` for many runs: sweep a study, bring shards together, run one again, ask how many runs it takes."""

import typer

from experiments.kit.request import command
from experiments.sweeps.asked import AskedMerge, AskedReplicates, AskedRerun, AskedSweep

SWEEP_EPILOG = """\b
Examples:
  sustain sweep protected-time                       run a study; again: go on with what is missing
  sustain sweep mine.toml -n 50 --out results/mine
  sustain sweep mine.toml --no-ensemble              all runs with the default values
  sustain sweep mine.toml --foretell                 how many runs, how long, how large
  sustain sweep mine.toml --until share_sustained=0.01
  sustain sweep mine.toml --cluster local:4
  sustain sweep mine.toml --shard 3/10               the third of ten parts, for array jobs; then: sustain merge
"""


SWEEP_HELP = (
    "Run a study and write a results folder: one row a run, tables, manifest and report. What is finished is kept whatever "
    "happens; the same command goes on with what is missing."
)


def add_to(app: typer.Typer) -> None:
    """Add the commands, once."""
    short_help = "Run a study: scenarios x settings x replicates."
    command(app, AskedSweep, sweep, name="sweep", short_help=short_help, help=SWEEP_HELP, epilog=SWEEP_EPILOG)
    command(
        app, AskedMerge, merge, name="merge",
        short_help="Bring the shards of a sweep together.",
        help="Bring the shards of a sweep together and write tables and report when nothing is missing.",
        epilog="\b\nExamples:\n  sustain merge results/mine\n  sustain merge shard-1 shard-2 shard-3 --out results/mine",
    )  # fmt: skip
    command(
        app, AskedRerun, rerun, name="rerun",
        short_help="Run a single run of a sweep again.",
        help="Run a single run of a sweep again: its outcomes, or how it fails. RUN is SCENARIO:POINT:RUN, all from 0. "
        "Exit status: 0 as in the sweep, 1 not, or failed.",
        epilog="\b\nExamples:\n  sustain rerun results/mine 0:12:5\n"
        "  sustain rerun results/mine 0:12:5 --engine mesa --traceback",
    )  # fmt: skip
    command(
        app, AskedReplicates, replicates, name="replicates",
        short_help="Find how many replicates a precision takes.",
        help="Add replicates until the Monte Carlo standard error of an outcome is met; say what other ones would take.",
        epilog="\b\nExamples:\n  sustain replicates nine-services --outcome share_given_up --error 0.005\n"
        "  sustain replicates all-active --outcome fidelity@48 --error 0.01 --json",
    )  # fmt: skip


def sweep(asked: AskedSweep) -> int:
    """Run a study, or foretell it."""
    from experiments.sweeps import session

    if asked.foretell:
        session.foretell(asked)
        return 0
    return session.run(asked)


def merge(asked: AskedMerge) -> int:
    """Merge shards; 1 when something is missing."""
    from experiments.sweeps import session

    return 0 if session.merge_shards(asked) else 1


def rerun(asked: AskedRerun) -> int:
    """Run one again; 1 when it is not as in the sweep."""
    from experiments.sweeps import session

    return 0 if session.run_again(asked) else 1


def replicates(asked: AskedReplicates) -> int:
    """Advise on replicates; 1 when the error is not met."""
    from experiments.sweeps import advising

    return 0 if advising.advise(asked) else 1
