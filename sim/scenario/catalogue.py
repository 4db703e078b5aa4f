"""Where scenarios are found: the user's path, the folder beside the code, the copy inside the installed package."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from sim.problems import BadInput, Problem, did_you_mean, read_each
from sim.scenario.fence import beside
from sim.scenario.files import parse_toml, read_text

JOINT: Final = "+"
"""Between the names of scenarios that are combined."""


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
    shipped = {entry.name: entry.path for entry in catalogue()}
    return file_named(name_or_path, shipped, what="scenario", hint="`sustain scenarios` lists them")


def file_named(name_or_path: str | Path, shipped: Mapping[str, Path], *, what: str, hint: str = "", known: str = "") -> Path:
    """File of something that ships under a name, or of the user's.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
    shipped : mapping of str to pathlib.Path
    what : str
        What it is, such as "study".
    hint : str
        Where no name is alike.
    known : str
        Words for the names that ship; all of them unless given.

    Raises
    ------
    BadInput
        When there is neither.
    """
    if not isinstance(name_or_path, str | Path):
        wrong = f"'{name_or_path}' is neither a name nor a path"
        raise BadInput([Problem(what, wrong, "a text or a path", hint)])
    path, text, names = Path(name_or_path), str(name_or_path), known or ", ".join(shipped)
    if is_file(path):
        return path
    if text in shipped:
        return shipped[text]
    if text and _is_there(path):  # a folder, a pipe: the reader says so
        return path
    near = did_you_mean(path.stem if path.suffix == ".toml" else text, shipped) or hint
    if path.suffix or len(path.parts) > 1:
        raise BadInput([Problem(text, "no such file", f"a {what} file (TOML), or one of: {names}", near)])
    raise BadInput([Problem(text or what, f"unknown {what} '{text}'", f"{names}, or a path to a TOML file", near)])


def names_in(name_or_path: str | Path) -> tuple[str | Path, ...]:
    """Names and paths of the parts of a combination, in order; one for a single scenario, and for a file whose path has a ``+``.

    Parameters
    ----------
    name_or_path : str or pathlib.Path

    Raises
    ------
    BadInput
        When nothing stands on one side of a ``+``.
    """
    text = str(name_or_path)
    if JOINT not in text or is_file(Path(text)):
        return (name_or_path,)
    names = tuple(one.strip() for one in text.split(JOINT))
    if not all(names):
        what = f"nothing stands on one side of a '{JOINT}'"
        raise BadInput([Problem(text, what, "scenarios joined by it, such as all-passive+expectations", "write both names")])
    return names


def find_all(name_or_path: str | Path) -> tuple[Path, ...]:
    """Files of a scenario, or of several joined by ``+``.

    Parameters
    ----------
    name_or_path : str or pathlib.Path

    Raises
    ------
    BadInput
        When there is no file for one of them; every such part is named.
    """
    return tuple(read_each(find, names_in(name_or_path)))


def stem_of(name_or_path: str | Path) -> str:
    """Name of a scenario, or of a combination, as far as its path tells it.

    Examples
    --------
    >>> stem_of("mine/first.toml"), stem_of("all-passive+mine/first.toml")
    ('first', 'all-passive+first')
    """
    return JOINT.join(Path(one).stem for one in names_in(name_or_path))


def files_named(name: str, folder: Path, *, file: str = "") -> tuple[Path, ...]:
    """Files of a scenario that another file names, or of several joined by ``+``: TOML files beside it, else those that ship.

    Parameters
    ----------
    name : str
    folder : pathlib.Path
        Of the file that names it.
    file : str
        Its own name, which is not offered as a hint.

    Raises
    ------
    BadInput
        When one is neither, or lies outside the folder and that is not allowed.
    """
    if name.endswith(".toml") and is_file(beside(folder, name, name)):
        return (folder / name,)
    return tuple(read_each(lambda one: _file_named(str(one), folder, file), names_in(name)))


def _file_named(name: str, folder: Path, file: str) -> Path:
    shipped = {entry.name: entry.path for entry in catalogue()}
    if name.endswith(".toml"):
        if is_file(beside(folder, name, name)):
            return folder / name
        hint = did_you_mean(name, [one.name for one in folder.glob("*.toml") if one.name != file])
        allowed = f"a file beside this one, or one of: {', '.join(shipped)}"
        raise BadInput([Problem(name, f"no such file: '{name}'", allowed, hint or "it is looked for beside this file")])
    if name in shipped:
        return shipped[name]
    written = f"{name}.toml"
    try:
        there = is_file(beside(folder, written, name))
    except BadInput:  # whether there is such a file is not told
        there = False
    hint = f'for a file beside this one write "{written}"' if there else did_you_mean(name, shipped)
    allowed = f"{', '.join(shipped)}, or a .toml file beside this one"
    raise BadInput([Problem(name, f"unknown scenario '{name[:100]}'", allowed, hint)])
