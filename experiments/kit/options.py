"""What a command is asked for, checked as a whole: numbers of its options, and everything that is wrong at once."""

import importlib.metadata
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from sim.problems import BadInput, Problem, tried

if TYPE_CHECKING:
    from sim.parameters.ensemble import Ensemble

Found = TypeVar("Found")


def checked(need: Callable[[], None], read: Callable[[], Found]) -> Found:
    """What a reader gives, with the libraries at hand; all problems of both at once.

    Parameters
    ----------
    need : callable
        Refuses where libraries are missing.
    read : callable

    Raises
    ------
    BadInput
        With every problem.
    """
    problems: list[Problem] = []
    tried(need, problems)
    found = tried(read, problems)
    if problems or found is None:
        raise BadInput(problems)
    return found


def versions_of(libraries: Iterable[str]) -> dict[str, str]:
    """Versions of libraries that are installed."""
    return {name: importlib.metadata.version(name) for name in libraries}


JSON: Final = "Print JSON, for a program to read"

Json = Annotated[bool, typer.Option("--json", help=f"{JSON}.")]


def whole(text: Any) -> int | str:
    """Parse an option as a whole number; return the text unchanged if it is none, so that all bad options are reported together.

    Examples
    --------
    >>> whole("12"), whole(12), whole("1e3")
    (12, 12, '1e3')
    """
    shown = str(text)
    return int(shown) if re.fullmatch(r"[+-]?[0-9]{1,4000}", shown.strip()) else shown


def number(text: Any) -> float | str:
    """Number of an option; what is none stays as it is, to be refused together with everything else.

    Examples
    --------
    >>> number("0.01"), number("1e-3"), number("one")
    (0.01, 0.001, 'one')
    """
    shown = str(text).strip()  # a default comes as a number
    return float(shown) if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", shown) else shown


WHOLE: Final[Any] = {"parser": whole, "metavar": "INTEGER"}

NUMBER: Final[Any] = {"parser": number, "metavar": "NUMBER"}

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A results folder.")]


_QUOTED: Final = re.compile(r'\s*services\."(.*?)"\.([a-z_]+)\s*=(.*)', re.DOTALL)
"""Field of a service whose name stands in quotation marks, as one with an equals sign must."""


def read_settings(given: list[str] | None) -> dict[str, str]:
    """Take NAME=VALUE apart; the name of a service may stand in quotation marks: ``services."A=B".staff=12``.

    Parameters
    ----------
    given : list of str or None

    Returns
    -------
    dict of str to str

    Raises
    ------
    BadInput
        For one without an equals sign or a name, or a name that is set twice.
    """
    found: dict[str, str] = {}
    problems = []
    for text in given or []:
        if quoted := _QUOTED.fullmatch(text):
            name, equals, value = f"services.{quoted[1]}.{quoted[2]}", "=", quoted[3].strip()
        else:
            name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name or not value:
            hint = "such as --set switch.turnover=off"
            problems.append(Problem(f"--set {text}", "is not NAME=VALUE", "NAME=VALUE", hint))
        elif name in found:
            problems.append(Problem(f"--set {name}", "is set twice", "every name once", "keep one of the two"))
        found.setdefault(name, value)
    if problems:
        raise BadInput(problems)
    return found


def worlds_of(ensemble: bool, file: Path | None) -> tuple["Ensemble | None", list[Problem]]:
    """Ensemble that is asked for: a file's, the shipped one, or none.

    Parameters
    ----------
    ensemble : bool
    file : pathlib.Path or None
    """
    from sim.ensembles import read_ensemble

    if file is None and not ensemble:
        return None, []
    if not ensemble:
        return None, [Problem("--ensemble-file", "cannot be joined with --no-ensemble", "one of the two", "leave one out")]
    try:
        return read_ensemble(file), []
    except BadInput as error:
        return None, error.problems
