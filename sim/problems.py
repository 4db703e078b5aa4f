"""What is wrong with a user's input, said so that it can be mended: where, what, what is allowed, and a hint."""

import difflib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Final, TypeVar

Given = TypeVar("Given")
Found = TypeVar("Found")

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:[/\\]")
"""Beginning of an address, such as ``s3://`` or ``file:/``; a single letter is a drive of Windows."""

BAD_INPUT: Final = 2
"""Exit status of a command that cannot use what it was given."""

INCOMPLETE: Final = 1
"""Exit status of a command that could not do all that was asked of it."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes
    ----------
    where : str
        File and place in it, such as ``all-active.toml: policies[2].dose``.
    what : str
        What is wrong, with the value found.
    allowed : str
        What would have been accepted.
    hint : str
        What to do about it.
    """

    where: str
    what: str
    allowed: str = ""
    hint: str = ""

    def __str__(self) -> str:
        """Return the problem as the lines that a terminal shows."""
        lines = [f"{self.where}: {self.what}"]
        if self.allowed:
            lines.append(f"    allowed: {self.allowed}")
        if self.hint:
            lines.append(f"    hint: {self.hint}")
        return "\n".join(lines)


class BadInput(Exception):
    """Input that cannot be used; carries every problem found, not only the first.

    Parameters
    ----------
    problems : iterable of Problem
        At least one.

    Attributes
    ----------
    status : int
        Exit status of a command that ends so.
    """

    status: ClassVar[int] = BAD_INPUT

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(one) for one in self.problems))

    def as_rows(self) -> list[dict[str, str]]:
        """Problems as plain dictionaries, for ``--json``."""
        return [asdict(one) for one in self.problems]


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


def read_each(read: Callable[[Given], Found], given: Iterable[Given]) -> list[Found]:
    """What a reader gives of each, in their order.

    Parameters
    ----------
    read : callable
    given : iterable

    Raises
    ------
    BadInput
        With the problems of all of them.
    """
    problems: list[Problem] = []
    found = [one for one in (tried(partial(read, each), problems) for each in given) if one is not None]
    if problems:
        raise BadInput(problems)
    return found


def known_name(name: object, known: Iterable[str], *, where: str, what: str, allowed: str = "") -> str:
    """A name that must be one of those that there are, as a message may have it.

    Parameters
    ----------
    name : object
    known : iterable of str
    where : str
        Field that names it.
    what : str
        What it is the name of, such as "study".
    allowed : str
        Words for the names; all of them unless given.

    Raises
    ------
    BadInput
        For what is none of them.
    """
    names = tuple(known)
    if not isinstance(name, str) or name not in names:
        near = did_you_mean(name[:80], names) if isinstance(name, str) else ""
        raise BadInput([Problem(where, f"there is no such {what}", allowed or ", ".join(names), near)])
    return name


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Hint that names the nearest known word, or the empty string when none is near.

    Parameters
    ----------
    word : str
        What was written.
    known : iterable of str
        What could have been meant.
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.55)
    return f"did you mean '{near[0]}'?" if near else ""


def path_of(given: object, where: str) -> Path:
    """Path that a program gives.

    Parameters
    ----------
    given : object
    where : str
        Name of the argument, for the message.

    Raises
    ------
    BadInput
        For what is neither a text nor a path, or is an address such as ``s3://bucket/run``.
    """
    if isinstance(given, str | os.PathLike):
        text = os.fspath(given)
        if isinstance(text, str) and _ADDRESS.match(text):
            hint = f"for a folder that is called so, write its whole path: {Path.cwd() / text}"
            raise BadInput([Problem(text, "is an address, not a folder of this machine", "a folder of this machine", hint)])
        return Path(given)
    raise BadInput([Problem(where, f"'{given}' is no path", "a text or a path", "give the folder that a run wrote")])
