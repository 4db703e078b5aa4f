"""What a command is asked for: every option is declared once, as a field with its meaning, bounds and usual value.

From the declaration come the command's signature and ``--help``, the value where none is given (with ``--quick`` another), and
the problems of values that cannot be. Light: nothing here may slow ``sustain --help``.
"""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import GenericAlias
from typing import Annotated, Any, Final, TypeVar

import typer

from experiments.kit.options import JSON, NUMBER, WHOLE
from sim.problems import Problem

SEED_MAX: Final = 2**64 - 1
REPLICATES_MAX: Final = 10_000_000
"""As :func:`sim.runs.check_settings` has it; a test says so."""
WORKERS_MAX: Final = 1024
WORLDS_MAX: Final = 4096
"""Worlds that an ensemble is spread over at most: :data:`sim.parameters.ensemble.WORLDS`; a test says that they are equal."""

_KEY: Final = "option"


@dataclass(frozen=True)
class Option:
    """An option or argument of a command.

    Attributes
    ----------
    meaning : str
        What it is, as ``--help`` says it, without a full stop.
    kind : type
        ``int``, ``float``, ``str``, ``pathlib.Path``, ``bool``, or ``list`` for what may be repeated.
    each : type
        Of a list.
    usual, quick : object
        Value where none is given, and with ``--quick``; None where the command finds it otherwise, also of a switch.
    otherwise : str
        Words for what happens where none is given, if that is no value.
    low, high : int or float or None
        Bounds of a number, both allowed; of a float neither.
    hint : str
        For a number that cannot be.
    short : str
        Such as ``-n``.
    flag : str
        Name on the command line where it is not the field's with two hyphens; of a switch such as ``--report/--no-report``.
    metavar : str
    positional, required : bool
    """

    meaning: str
    kind: type = int
    each: type = str
    usual: Any = None
    quick: Any = None
    otherwise: str = ""
    low: float | None = None
    high: float | None = None
    hint: str = ""
    short: str = ""
    flag: str = ""
    metavar: str = ""
    positional: bool = False
    required: bool = False

    @property
    def help(self) -> str:
        """Meaning, and what holds where none is given."""
        told = self.otherwise or (f"{self.usual}" if self.usual is not None and self.kind is not bool else "")
        return f"{self.meaning}; {told} unless given." if told else f"{self.meaning}."

    def problem(self, name: str, value: Any) -> Problem | None:
        """What is wrong with a value, if anything.

        Parameters
        ----------
        name : str
            On the command line.
        value : object
            As it was given: a number that is none is still the text.
        """
        if value is None or self.kind not in (int, float):
            return None
        low, high = self._bounds
        if self.kind is int:
            sound = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        else:
            sound = isinstance(value, float | int) and math.isfinite(value) and low < value < high
        return None if sound else Problem(name, f"'{value}' cannot be", self.allowed, self.hint)

    @property
    def allowed(self) -> str:
        """Numbers that can be, in words; empty for what is no number."""
        low, high = self._bounds
        if self.kind is int:
            return f"a whole number from {low:,} to {high:,}"
        if self.kind is float:
            return f"a number between {low:g} and {high:g}" if math.isfinite(high) else f"a number above {low:g}"
        return ""

    @property
    def _bounds(self) -> tuple[float, float]:
        if self.kind is int:
            return int(self.low or 0), int(SEED_MAX if self.high is None else self.high)
        return (-math.inf if self.low is None else self.low), (math.inf if self.high is None else self.high)


def option(meaning: str, **about: Any) -> Any:
    """Field of a request; see :class:`Option`."""
    declared = Option(meaning, **about)
    return field(default=declared.usual if declared.kind is bool else None, metadata={_KEY: declared})


def switch(meaning: str, **about: Any) -> Any:
    """Field of a request that is on or off; off unless said otherwise."""
    return option(meaning, **{"kind": bool, "usual": False} | about)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a command is asked for; None where nothing was given. The fields of a command's own request are its options.

    A field called ``quick`` makes :meth:`value` give the values for a trial.
    """

    @classmethod
    def options(cls) -> dict[str, Option]:
        """Options by the name of their field, in the order of ``--help``."""
        return {one.name: one.metadata[_KEY] for one in fields(cls) if _KEY in one.metadata}

    @classmethod
    def usual(cls) -> dict[str, Any]:
        """Values where none is given, by the name of the field; switches and options without one are left out."""
        declared = cls.options().items()
        return {name: one.usual for name, one in declared if one.usual is not None and one.kind is not bool}

    def value(self, name: str) -> Any:
        """Value of an option by its field's name: what was given, else the usual one.

        Parameters
        ----------
        name : str
        """
        given, declared = getattr(self, name), self.options()[name]
        if given is not None:
            return given
        return declared.quick if getattr(self, "quick", False) and declared.quick is not None else declared.usual

    def sound(self, name: str) -> Any:
        """Value of an option by its field's name; None for a number that cannot be, which :meth:`wrong` tells."""
        value, declared = self.value(name), self.options()[name]
        return value if declared.problem(name, value) is None else None

    def wrong(self) -> list[Problem]:
        """Problems of numbers that are none, or out of bounds; all of them."""
        found = (declared.problem(flag_of(name, declared), self.value(name)) for name, declared in self.options().items())
        return [problem for problem in found if problem is not None]


def flag_of(name: str, declared: Option) -> str:
    """Name of an option on the command line.

    Parameters
    ----------
    name : str
        Of the field.
    declared : Option
    """
    return declared.flag or ("" if declared.positional else "--") + name.replace("_", "-")


Asked = TypeVar("Asked", bound=Request)


def command(
    app: typer.Typer, request: type[Asked], run: Callable[[Asked], int | None], *, name: str, short_help: str, **about: Any
) -> None:
    """Add a command whose options are those of a request, once.

    Parameters
    ----------
    app : typer.Typer
    request : type
        A dataclass derived from :class:`Request`.
    run : callable
        Does what is asked; gives the exit status.
    name, short_help : str
    **about
        ``help`` and ``epilog``, as Typer takes them.
    """
    if any(registered.name == name for registered in app.registered_commands):
        return

    def call(**given: Any) -> None:
        status = run(request(**given))
        if status:
            raise typer.Exit(status)

    call.request = request  # type: ignore[attr-defined]
    parameters = [_parameter(name, declared) for name, declared in request.options().items()]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in parameters}
    call.__doc__ = short_help
    app.command(name, short_help=short_help, **about)(call)


def requests_of(app: typer.Typer) -> dict[str, type[Request]]:
    """Requests by the name of their command; commands that were not added by :func:`command` are left out."""
    added = {str(registered.name): getattr(registered.callback, "request", None) for registered in app.registered_commands}
    return {name: request for name, request in added.items() if request is not None}


_PARSERS: Final[dict[type, Any]] = {int: WHOLE, float: NUMBER}


def _parameter(name: str, declared: Option) -> inspect.Parameter:
    """Parameter of a command's function, with what Typer needs to know."""
    about = dict(_PARSERS.get(declared.kind, {}))
    if declared.metavar:
        about["metavar"] = declared.metavar
    kind: Any = GenericAlias(list, (declared.each,)) if declared.kind is list else declared.kind
    if declared.positional:
        told: Any = typer.Argument(help=declared.help, **about)
    else:
        told = typer.Option(*filter(None, (flag_of(name, declared), declared.short)), help=declared.help, **about)
    default = inspect.Parameter.empty if declared.required else declared.usual if declared.kind is bool else None
    annotation: Any = Annotated[kind if declared.required else kind | None, told]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


# ------------------------------------------------------------------------------------------- options that several commands have


def scenario_name() -> Any:
    """Scenario that a command is about."""
    meaning = "Name of a shipped scenario, or a TOML file; several joined by + are combined"
    return option(meaning, kind=str, positional=True, required=True, metavar="SCENARIO")


def settings() -> Any:
    """Values that are set by the way."""
    meaning = "A parameter, switch.NAME=on|off, forms.NAME=WORD, or services.NAME.field; may be repeated"
    return option(meaning, kind=list, flag="--set", metavar="NAME=VALUE")


def every_mechanism() -> Any:
    """The mechanisms that the parameter table has off."""
    return switch("Also with what the parameter table has off, if anything; --set switch.NAME=off leaves a mechanism out")


def months(**about: Any) -> Any:
    """Horizon."""
    return option("Horizon in months", **{"otherwise": "the scenario's", "short": "-m", "low": 1, "high": 1200} | about)


def seed(of: str, **about: Any) -> Any:
    """Seed of what is named."""
    return option(of, **{"usual": 1, "short": "-s", "low": 0, "high": SEED_MAX} | about)


def workers(meaning: str = "Jobs at a time", **about: Any) -> Any:
    """Jobs at a time."""
    return option(meaning, **{"otherwise": "one a processor", "low": 1, "high": WORKERS_MAX} | about)


def replicates(meaning: str, **about: Any) -> Any:
    """Runs of what is named."""
    return option(meaning, **{"low": 1, "high": REPLICATES_MAX, "short": "-n"} | about)


def threads() -> Any:
    """Threads of the compiled engine."""
    return option("Threads of the compiled engine", otherwise="all processors", low=1, high=WORKERS_MAX)


def ensemble(
    meaning: str = "Each replicate with its own values of the plausible ensemble, or all with the default", **about: Any
) -> Any:
    """Whether over the ensemble."""
    return switch(meaning, **{"flag": "--ensemble/--no-ensemble", "usual": True} | about)


def ensemble_file(**about: Any) -> Any:
    """An ensemble of one's own."""
    meaning = "An ensemble of your own instead: CSV or Parquet"
    return option(meaning, **{"kind": Path, "flag": "--ensemble-file", "metavar": "FILE"} | about)


def out(otherwise: str, meaning: str = "Results folder", **about: Any) -> Any:
    """Results folder."""
    return option(meaning, **{"kind": Path, "otherwise": otherwise, "short": "-o"} | about)


def quick(meaning: str = "Very few of everything: to see that it works") -> Any:
    """Very few of everything."""
    return switch(meaning)


def restart() -> Any:
    """Begin anew."""
    return switch("Remove what is there and compute everything again")


def as_json() -> Any:
    """Print JSON."""
    return switch(JSON, flag="--json")
