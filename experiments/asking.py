"""What a command is asked for, checked as a whole: numbers of its options, and everything that is wrong at once."""

import importlib.metadata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from sim.problems import BadInput, Problem

Found = TypeVar("Found")


class Numbers:
    """Numbers of options: what was given, else the usual ones; a number that is none is still the text that was given.

    Attributes
    ----------
    usual, usual_quick : mapping of str to number
        By the option's name, usually and with ``--quick``.
    quick : bool
    """

    usual: ClassVar[Mapping[str, Any]] = {}
    usual_quick: ClassVar[Mapping[str, Any]] = {}
    quick: bool

    def number(self, name: str) -> Any:
        """Number of an option by its name on the command line, or the usual one; None where there is none."""
        given = getattr(self, name.replace("-", "_"))
        return (self.usual_quick if self.quick else self.usual).get(name) if given is None else given


def wrong_numbers(
    asked: Numbers, ranges: Mapping[str, tuple[int, int]], *, hints: Mapping[str, str] | None = None
) -> list[Problem]:
    """Problems of options that are no whole numbers, or lie out of range.

    Parameters
    ----------
    asked : Numbers
    ranges : mapping of str to tuple of int
        Lowest and highest value by the option's name.
    hints : mapping of str to str, optional
        By the option's name.
    """
    problems = []
    for name, (low, high) in ranges.items():
        value = asked.number(name)
        if value is not None and (not isinstance(value, int) or not low <= value <= high):
            allowed = f"a whole number from {low:,} to {high:,}"
            problems.append(Problem(f"--{name}", f"'{value}' cannot be", allowed, (hints or {}).get(name, "")))
    return problems


def tried(read: Callable[[], Found], problems: list[Problem]) -> Found | None:
    """What a reader gives; None when it refuses, with its problems added to those there are, each once.

    Parameters
    ----------
    read : callable
    problems : list of Problem
        Is added to.
    """
    try:
        return read()
    except BadInput as error:
        problems += [one for one in dict.fromkeys(error.problems) if one not in problems]
        return None


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
