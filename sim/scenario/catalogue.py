"""Where scenarios are found: the user's path, the folder beside the code, the copy inside the installed package."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario.files import parse_toml, read_text


class Entry(NamedTuple):
    """A scenario that ships with the simulation.

    Attributes
    ----------
    name, title, question : str
    path : pathlib.Path
    """

    name: str
    title: str
    question: str
    path: Path


def folder() -> Path:
    """Folder of the shipped scenarios: ``scenarios`` beside ``sim`` in a checkout, else the packaged copy.

    Raises
    ------
    BadInput
        When neither holds a baseline.
    """
    package = Path(__file__).resolve().parents[1]
    for place in (package.parent / "scenarios", package / "_scenarios"):
        if (place / "baseline.toml").is_file():
            return place
    raise BadInput([Problem("scenarios", "the shipped scenarios are not found", "baseline.toml", "install the package again")])


@lru_cache
def catalogue() -> tuple[Entry, ...]:
    """Scenarios that ship with the simulation: the baseline first, the rest by name."""
    entries = []
    for path in sorted(folder().glob("*.toml")):
        tables = parse_toml(read_text(path, "a scenario file (TOML)"), path.name)
        entries.append(Entry(path.stem, str(tables.get("title", "")), str(tables.get("question", "")), path))
    return tuple(sorted(entries, key=lambda entry: (entry.name != "baseline", entry.name)))


def is_file(path: Path) -> bool:
    """Whether a path is a file; a name too long for the system is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _is_there(path: Path) -> bool:
    """Whether there is anything of this name."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def find(name_or_path: str | Path) -> Path:
    """File of a scenario.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        A file of the user's, or the name of a shipped scenario.

    Raises
    ------
    BadInput
        When there is neither.
    """
    if not isinstance(name_or_path, str | Path):
        what = f"'{name_or_path}' is neither a name nor a path"
        raise BadInput([Problem("scenario", what, "a text or a path", "`sustain scenarios` lists the names")])
    path = Path(name_or_path)
    if is_file(path):
        return path
    text = str(name_or_path)
    by_name = {entry.name: entry.path for entry in catalogue()}
    if text in by_name:
        return by_name[text]
    if text and _is_there(path):  # a folder, a pipe: the reader says so
        return path
    near = did_you_mean(path.stem if path.suffix == ".toml" else text, by_name) or "`sustain scenarios` lists them"
    if path.suffix or len(path.parts) > 1:
        raise BadInput([Problem(text, "no such file", "a scenario file (TOML), or one of: " + ", ".join(by_name), near)])
    what = f"unknown scenario '{text}'"
    raise BadInput([Problem(text or "scenario", what, ", ".join(by_name) + ", or a path to a TOML file", near)])
