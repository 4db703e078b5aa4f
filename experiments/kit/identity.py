"""Identity of a study's code: every file of its room decides numbers unless it stands in a named list of what does not.

A room gives the lists in its ``__init__``, as ``ROOM``. What is forgotten there decides: that costs a run made again, while a
module that is wrongly left out would let an old answer be printed as a new one.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

EXPERIMENTS: Final = Path(__file__).resolve().parents[1]
"""Folder of the rooms."""

LISTS: Final = "__init__.py"
"""Where a room gives its lists, and nothing else: what stands in them is told by the files that count."""


@dataclass(frozen=True)
class Room:
    """What of a room decides numbers.

    Attributes
    ----------
    name : str
        Of the package within ``experiments``.
    shows : tuple of str
        Modules that only show: commands, words, figures, pages, documents. What decides imports none of them.
    asks : tuple of str
        Folders of files that are asked like those of a user: each has a hash of its own in what came of it.
    judges : tuple of str
        Modules that decide numbers but no stored run: what they give is made anew from the runs each time. Stored runs outlive a
        change of them.
    conducts : tuple of str
        Of the modules that decide, those that call what shows, within functions, when the numbers are there.
    uses : tuple of Room
        Rooms whose runs the numbers are made of.
    """

    name: str
    shows: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    conducts: tuple[str, ...] = ()
    uses: tuple["Room", ...] = ()

    def identity(self) -> str:
        """Hash of the code that decides any number of the room: the simulation's, that of the rooms below, its own."""
        return _identity(self, judged=True)

    def runs_identity(self) -> str:
        """Hash of the code that decides stored runs: that of everything but the modules that judge."""
        return _identity(self, judged=False)

    def sources(self, root: Path = EXPERIMENTS, *, judged: bool = True) -> dict[str, Path]:
        """Files that decide, in this room and below, by their name within ``experiments``.

        Parameters
        ----------
        root : pathlib.Path
            Folder of the rooms.
        judged : bool
            With those that judge.
        """
        found: dict[str, Path] = {}
        for below in (*self.uses, *(() if self in BELOW else BELOW)):
            found |= below.sources(root, judged=False)
        for name, path in self.files(root).items():
            if not (self.is_shown(name) or self.is_asked(name) or (self.is_judging(name) and not judged)):
                found[f"{self.name}/{name}"] = path
        return found

    def files(self, root: Path = EXPERIMENTS) -> dict[str, Path]:
        """Every file of code and data of the room but its lists, by its name within the room."""
        from sim.store.hashing import CODE_SUFFIXES

        folder = root / self.name
        every = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix in CODE_SUFFIXES}
        return {name: path for name, path in every.items() if name != LISTS and path.is_file()}

    def is_shown(self, name: str) -> bool:
        """Whether a file only shows."""
        return name.removesuffix(".py") in self.shows

    def is_asked(self, name: str) -> bool:
        """Whether a file is asked like a user's."""
        return name.split("/", 1)[0] in self.asks

    def is_judging(self, name: str) -> bool:
        """Whether a file decides numbers but no run."""
        return name.removesuffix(".py") in self.judges


BELOW: Final = (
    Room("worlds"),
    # who runs a job, and how it is watched, is in no number
    Room("executors", shows=("clusters", "many", "pools", "signals")),
    Room(
        "kit",
        shows=(
            "drawing",
            "files",
            "folder",
            "glance",
            "identity",
            "looks",
            "options",
            "page",
            "request",
            "streams",
            "terminal",
            "words",
        ),
    ),
)
"""Rooms below all studies."""


@cache
def _identity(room: Room, *, judged: bool) -> str:
    """Identity of the code as it is installed; read once a process."""
    from sim.store.hashing import code_identity, identity_with

    return identity_with(code_identity(), room.sources(judged=judged))
