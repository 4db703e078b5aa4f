"""Files that a file names: those in its folder, unless files elsewhere are allowed too.

Whoever runs another's scenario does not want it to read what is not meant for it; messages quote what stands in a table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from sim.problems import BadInput, Problem

FLAG: Final = "--allow-outside"
"""Option of the commands that allows files elsewhere; in Python :func:`files_outside_allowed`."""

_ALLOWED: ContextVar[bool] = ContextVar("files outside the folder are allowed", default=False)


@contextmanager
def files_outside_allowed() -> Iterator[None]:
    """Let scenarios and studies that are read within name files of any folder.

    Examples
    --------
    >>> with files_outside_allowed():
    ...     pass  # such as sim.run("mine.toml"), with services_file = "../services.csv" in it
    """
    before = _ALLOWED.set(True)
    try:
        yield
    finally:
        _ALLOWED.reset(before)


def beside(folder: Path, name: str, where: str) -> Path:
    """File in a folder, or in a folder within it, by the name that another file gives.

    Parameters
    ----------
    folder : pathlib.Path
        Of the file that names it.
    name : str
    where : str
        Key that names it.

    Raises
    ------
    BadInput
        When it lies elsewhere, also by a link, and that is not allowed; whether there is such a file is not told.
    """
    place = folder / name
    if _ALLOWED.get():
        return place
    try:
        inside = place.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a name that no file can have: the reader says so; links in a circle
        return place
    if not inside:
        hint = f"put it beside the file that names it, or allow files elsewhere with {FLAG}"
        what = f"'{name[:100]}' lies outside the folder of the file that names it"
        raise BadInput([Problem(where, what, "a file in the same folder or in one below it", hint)])
    return place
