"""The commands of ``sustain``: what there is, what a scenario says, run it, look at it again, prove it.

Nothing heavy is imported here: every command imports what it needs, so that ``sustain --help`` answers at once.
"""

import sys
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

import sim
from experiments.executors.signals import INTERRUPTED
from experiments.kit import terminal
from experiments.kit.command import hear, listening
from experiments.kit.options import Folder, Json, read_settings
from experiments.kit.request import command
from experiments.runs.asked import AskedRun, AskedShow, AskedWhy
from sim.problems import BAD_INPUT, BadInput, Problem, read_each, tried

EPILOG: Final = """\b
Examples:
  sustain scenarios                          what can be run
  sustain run nine-services -n 1000          run, write a results folder and its report
  sustain run nine-services --set switch.turnover=off
  sustain diff nine-services all-active      what a what-if changes
  sustain new my-service                     begin a scenario of my own
  sustain check my-service.toml              is it right?
  sustain replay results/nine-services-1     does it come out the same again?
  sustain sweep protected-time               a study: scenarios x settings x replicates

Every command has examples of its own: sustain run --help
"""


READS_FILES: Final = frozenset(
    ("new", "check", "show", "diff", "run", "sweep", "replicates", "compare", "patterns", "sensitivity", "hypotheses", "discover",
     "search", "mine", "trial", "explore", "report")
)  # fmt: skip
"""Commands that read scenarios or studies, which may name other files."""


def _allow(ctx: typer.Context, allowed: bool) -> None:
    """Let files of any folder be read while the command runs."""
    if allowed:
        from sim.scenario.fence import files_outside_allowed

        ctx.with_resource(files_outside_allowed())


@cache
def _outside() -> Any:
    """Option that the commands in READS_FILES have in common, as typer makes it for a function."""
    app = typer.Typer(add_completion=False)

    @app.command()
    def _reads(
        *,
        allow_outside: Annotated[  # the callback acts
            bool,
            typer.Option(
                "--allow-outside",
                callback=_allow,
                expose_value=False,
                help="Read files that a scenario or study names also from outside its folder.",
            ),
        ] = False,
    ) -> None:
        """Read."""

    return next(one for one in typer.main.get_command(app).params if one.name == "allow_outside")


class _Commands(TyperGroup):
    """Commands whose bad input, and what the machine refuses, is shown as problems, never as a traceback.

    Those that read files have an option in common: it holds while the command runs, wherever a file is read.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Give a command, with the option that lets files name others of any folder."""
        command = super().get_command(ctx, cmd_name)
        if command is not None and cmd_name in READS_FILES and all(one.name != "allow_outside" for one in command.params):
            command.params.append(_outside())
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; its words are noted, for the folder that it writes."""
        hear(args)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; exit 2 after bad input or when the machine refuses, 130 after Ctrl-C."""
        try:
            with listening():
                return super().invoke(ctx)
        except BadInput as error:
            terminal.show_problems(error.problems)
            raise typer.Exit(error.status) from None
        except OSError as error:
            where = str(error.filename) if error.filename is not None else "this machine"
            what = f"the system refuses: {error.strerror or error}"
            terminal.show_problems([Problem(where, what, "a disk and files that work", "see to it and run the command again")])
            raise typer.Exit(BAD_INPUT) from None
        except MemoryError:
            hint = "run fewer services, months or replicates at a time, or use fewer threads"
            terminal.show_problems([Problem("this machine", "the memory is used up", "what fits the memory", hint)])
            raise typer.Exit(BAD_INPUT) from None
        except KeyboardInterrupt as error:
            print(terminal.interrupted("interrupted", error), file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="sustain",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"sustain {sim.__version__}")
        raise typer.Exit


@app.callback(epilog=EPILOG, help="Simulate how a practice is sustained, drifts or is abandoned after training.")
def _everything(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options before the command."""


@app.command(
    help="List the scenarios that ship with the simulation.",
    epilog="\b\nExamples:\n  sustain scenarios\n  sustain scenarios --json",
)
def scenarios(*, as_json: Json = False) -> None:
    """List scenarios."""
    from sim.scenario import catalogue

    entries = catalogue()
    if as_json:
        terminal.show_json([{"name": one.name, "title": one.title, "question": one.question} for one in entries])
        return
    terminal.show_table(("scenario", "question"), [(one.name, one.question) for one in entries])


@app.command(
    short_help="Write a scenario file of your own, with comments.",
    help="Ask a few questions about a service and write a scenario file with a comment on every line; with --from, write a "
    "what-if that differs from another scenario; with --mine, also ask what has been seen so far, for sustain mine.",
    epilog="\b\nExamples:\n  sustain new my-service                     a service of your own\n"
    "  sustain new my-service --usual             the usual answers, to be edited\n"
    "  sustain new my-service --mine              with what has been seen so far, for sustain mine\n"
    "  sustain new clear-goals --from baseline    a what-if on the nine services",
)
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the scenario: lower-case words joined by hyphens.")],
    *,
    base: Annotated[
        str | None, typer.Option("--from", metavar="SCENARIO", help="Write a difference from this scenario instead.")
    ] = None,
    usual: Annotated[bool, typer.Option("--usual", help="Ask nothing: take the usual answers.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Ask too what has been seen so far, for sustain mine.")] = False,
) -> None:
    """Begin a scenario."""
    from experiments.runs import beginning

    path = beginning.begin(name, base=base, folder=Path(), ask=not usual, mine=mine)
    then = f"sustain mine {path}" if mine else f"sustain run {path} -n 200"
    print(f"{path}: written. Look it over, then: sustain check {path} && {then}")


@app.command(
    short_help="Check files of every kind.",
    help="Check scenario, study, hypothesis, record and service files (TOML), tables of services (CSV) and ensembles (CSV, "
    "Parquet); every problem is named with its place and what is allowed.",
    epilog="\b\nExamples:\n  sustain check mine.toml\n  sustain check scenarios/*.toml services.csv --json",
)
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to check.")], *, as_json: Json = False
) -> None:
    """Check files."""
    from experiments.runs.files import kind_of

    kinds = {path: kind_of(path) for path in files}
    wrong = {str(path): kind.check(path) for path, kind in kinds.items()}
    notes = {path: kind.note(path) if kind.note and not wrong[str(path)] else "" for path, kind in kinds.items()}
    if as_json:
        for path, note in notes.items():
            if note:
                terminal.note(f"{path} has {note}")
        terminal.show_json({path: BadInput(problems).as_rows() for path, problems in wrong.items()})
    else:
        for path, kind in kinds.items():
            if wrong[str(path)]:
                terminal.show_problems(wrong[str(path)])
            else:
                print(f"{path}: ok ({kind.name}{f'; it has {notes[path]}' if notes[path] else ''})")
    if any(wrong.values()):
        raise typer.Exit(BAD_INPUT)


def show(asked: AskedShow) -> None:
    """Show a scenario."""
    from experiments.runs import showing
    from sim.scenario import read_scenario

    problems = asked.wrong()
    settings = tried(partial(read_settings, asked.settings), problems)
    scenario = tried(partial(read_scenario, asked.scenario or "", overrides=settings, months=asked.sound("months")), problems)
    if problems or scenario is None:
        raise BadInput(problems)
    if asked.as_json:
        form = scenario.machine_form()
        terminal.show_json(form | {"order": showing.order_rows()} if asked.order else form)
        return
    showing.show_scenario(scenario)
    if asked.order:
        showing.show_order()


command(
    app,
    AskedShow,
    show,
    name="show",
    short_help="Show what a scenario says, resolved.",
    help="Show what a scenario says once everything is resolved: services, policies, events, changed parameters.",
    epilog="\b\nExamples:\n  sustain show nine-services\n  sustain show national --order\n"
    "  sustain show all-active --set services.A.leader=passive_supportive --json",
)


@app.command(
    help="What differs between two scenarios.",
    epilog="\b\nExamples:\n  sustain diff nine-services all-active\n  sustain diff nine-services mine.toml --json",
)
def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A scenario.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    *,
    as_json: Json = False,
) -> None:
    """Compare two scenarios."""
    from sim.scenario import diff as differences
    from sim.scenario import read_scenario

    rows = differences(*read_each(read_scenario, (a, b)))
    if as_json:
        terminal.show_json([one.as_row() for one in rows])
    elif rows:
        terminal.show_table(("what", a, b, "unit"), [(one.where, one.a, one.b, one.unit) for one in rows])
    else:
        print(f"{a} and {b} say the same")


@app.command(
    short_help="List the parameters: bounds, status, source.",
    help="List the parameters with bounds, status and source, or tell all about one.",
    epilog="\b\nExamples:\n  sustain parameters\n  sustain parameters turnover      those with 'turnover' in their name\n"
    "  sustain parameters forms.belief   what its options say\n"
    "  sustain parameters --json",
)
def parameters(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A parameter, switch or form, or part of its name.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """List parameters."""
    from experiments.runs import showing

    showing.show_parameters(name, as_json=as_json)


def run(asked: AskedRun) -> int:
    """Run a scenario."""
    from experiments.runs import actions

    return actions.run_scenario(asked)


command(
    app,
    AskedRun,
    run,
    name="run",
    short_help="Run a scenario, write a results folder.",
    help="Run a scenario and write a results folder: tables, manifest, figures and report.html.",
    epilog="\b\nExamples:\n  sustain run nine-services -n 1000\n"
    "  sustain run nine-services -n 3 --seed 7 --engine mesa --out results/twin\n"
    "  sustain run all-passive --months 36 --set switch.leader_turnover=off\n"
    "  sustain run mine.toml -n 200 --keep practitioners --csv\n"
    "  sustain run national -n 20 --no-figures --json\n"
    "  sustain run nine-services --no-ensemble    all replicates with the default values",
)


def why(asked: AskedWhy) -> int:
    """Explain what a service came to."""
    from experiments.runs import explaining

    return explaining.explain_run(asked)


command(
    app,
    AskedWhy,
    why,
    name="why",
    short_help="Why a service gave up: its story, and what would have helped.",
    help="Tell the story of one service in one replicate of a run, and replay it with the same luck: what made it come to this, "
    "and what would have helped.",
    epilog="\b\nExamples:\n  sustain why results/nine-services-1\n"
    "  sustain why results/nine-services-1 --service D\n"
    "  sustain why results/nine-services-1 --service D --replicate 17 --fate --out why-d\n"
    "  sustain why results/nine-services-1 --service A --post 2 --outcome not-delivering\n"
    "  sustain why results/nine-services-1 --service D --twin follow-up\n"
    "  sustain why results/nine-services-1 --service D --post 2 --walk --patient 1\n",
)


@app.command(
    short_help="Make figures and pages of a results folder anew.",
    help="Make the figures and pages of a results folder anew from what it holds, of a run or of a study. Its files and its "
    "manifest are checked first; no table changes.",
    epilog="\b\nExamples:\n  sustain report results/nine-services-1\n  sustain report results/discovery-all-active",
)
def report(ctx: typer.Context, folder: Folder) -> None:
    """Make the pages anew."""
    from experiments.runs import redrawing

    figures = {name: ctx.params.get(name) for name in ("figure_format", "figure_width")}
    status = redrawing.redraw(folder, again=ctx.find_root().command.main, figures=figures)
    if status:
        raise typer.Exit(status)


@app.command(
    short_help="Run a results folder again and compare.",
    help="Run a results folder's scenario again and compare the data hashes. Exit status: 0 equal, 1 different, 2 damaged.",
    epilog="\b\nExamples:\n  sustain replay results/nine-services-1\n  sustain replay results/nine-services-1 --json",
)
def replay(folder: Folder, *, as_json: Json = False) -> None:
    """Prove a run."""
    from experiments.runs import actions as running

    if not running.replay_run(folder, as_json=as_json):
        raise typer.Exit(1)


@app.command(
    short_help="How to cite the software and its study.",
    help="How to cite the software and the study that it is built on.",
    epilog="\b\nExamples:\n  sustain cite\n  sustain cite --bibtex",
)
def cite(*, bibtex: Annotated[bool, typer.Option("--bibtex", help="As BibTeX.")] = False) -> None:
    """Print a citation."""
    from experiments.runs import citing

    citing.show_citation(bibtex=bibtex)


@app.command(
    short_help="JSON Schema of a kind of file, for editors.",
    help="Print the JSON Schema of a kind of file, for editors: scenario, study, hypothesis, record, mine or trial.",
    epilog="\b\nExamples:\n  sustain schema > scenario.schema.json\n  sustain schema hypothesis > hypothesis.schema.json",
)
def schema(kind: Annotated[str, typer.Argument(metavar="[KIND]", help="scenario unless given.")] = "scenario") -> None:
    """Print the JSON Schema."""
    from experiments.runs.files import schema_of

    terminal.show_json(schema_of(kind))
