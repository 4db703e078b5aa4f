"""The page of numbers: a search over everything that the model is given, and one number with its source and what it moves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from app.pages.asking import Ask, Page, packed, unknown, unpacked
from app.pages.lab import Lab
from experiments.runs.moved import moved_by
from experiments.runs.numbers import KINDS, MOST_LETTERS, Entry, census, closest, entry, found
from sim.parameters import STATUSES
from sim.problems import BadInput, Problem, tried

NAME: Final = "numbers"

FEW: Final = 25
"""Entries that are listed unless all are asked for."""

_KEYS: Final = ("words", "status", "kind", "all", "one")
_LISTED: Final = ("kind", "name", "label", "value", "low", "high", "unit", "status", "usual", "key", "note")


def ask(asked: Mapping[str, Any], _lab: Lab) -> Ask:
    """Read what a message asks for: ``{"words": …, "status": …, "kind": …, "all": …, "one": …}``.

    Raises
    ------
    BadInput
        With every problem.
    """
    words, status, kind, every, one = _read(asked)
    shown = None if not one else entry(one)

    def run(_first: int, _last: int, _wanted: Callable[[], bool]) -> bytes:
        fits = found(words, statuses=[status] if status else [], kinds=[kind] if kind else [])
        answer = {
            "census": census(),
            "count": len(fits),
            "rows": [_listed(each) for each in (fits if every else fits[:FEW])],
            "near": "" if fits else closest(words),
            "one": None if shown is None else _whole(shown),
        }
        return packed(answer)

    def told(results: Sequence[bytes], _replicates: int) -> dict[str, Any]:
        return unpacked(results[-1]) | {"command": command_of(shown)}

    return Ask((NAME, words, status, kind, every, one), 1, run, told)


def _read(asked: Mapping[str, Any]) -> tuple[str, str, str, bool, str]:
    problems = unknown(asked, _KEYS)
    words, status, kind, every, one = (
        asked.get("words", ""), asked.get("status", ""), asked.get("kind", ""), asked.get("all", False), asked.get("one", "")
    )  # fmt: skip
    if not isinstance(words, str) or len(words) > MOST_LETTERS:
        problems.append(Problem("words", "is no text of a search", f"up to {MOST_LETTERS} letters"))
    for name, value, known in (("status", status, STATUSES), ("kind", kind, KINDS)):
        if not isinstance(value, str) or value not in ("", *known):
            problems.append(Problem(name, f"there is no such {name}", f"any, or one of {', '.join(known)}"))
    if not isinstance(every, bool):
        problems.append(Problem("all", "is neither true nor false", "true, false"))
    if one != "":
        tried(lambda: entry(one), problems)
    if problems:
        raise BadInput(problems)
    return words, status, kind, every, one


def command_of(shown: Entry | None) -> str:
    """Command that tells the same on a terminal."""
    if shown is None:
        return "sustain parameters"
    return f"sustain parameters {'lever.' if shown.kind == 'lever' else ''}{shown.name}"


def _listed(one: Entry) -> dict[str, Any]:
    every = asdict(one)
    return {name: every[name] for name in _LISTED}


def _whole(one: Entry) -> dict[str, Any]:
    return asdict(one) | {"moves": moved_by(one)}


PAGE: Final = Page(NAME, ask)
