"""A results folder appears whole or not at all: it is written under another name and renamed at the end."""

import errno
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final

from sim.problems import BadInput, Problem, path_of
from sim.store.holding import hold, holder_of, is_held

_OUT_OF_ROOM: Final = {
    errno.ENOSPC: "no space is left",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "it is read-only",
}
_HELD: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
LOCK: Final = ".lock"
"""File in a working folder that the process that writes there holds locked."""

_MANIFEST: Final = "manifest.json"
YOUNG: Final = 60.0
"""Seconds for which a working folder without such a file may be one that has just been made."""

_ALLOWED: Final = "a folder that does not exist yet, or an empty one, in a place that can be written"


class ResultsFolder:
    """Context manager that gives a working folder and makes it the results folder when all went well.

    The working folder, ``.NAME.partial`` beside the target, also keeps a second run from writing to the same target. One that a
    killed process left is set aside, and ``note`` says so; what was set aside of an earlier one goes then.

    Parameters
    ----------
    path : str or pathlib.Path
        Results folder to be; folders above it are made.

    Raises
    ------
    BadInput
        On entering, when the folder is used already or cannot be written; on leaving, when the disk is full.

    Attributes
    ----------
    note : str
        What was found and set aside on entering, in a sentence; empty when nothing was.

    Examples
    --------
    >>> import tempfile
    >>> home = Path(tempfile.mkdtemp())
    >>> with ResultsFolder(home / "run") as working:
    ...     _ = (working / "note.txt").write_text("done")
    >>> sorted(path.name for path in home.iterdir())
    ['run']
    """

    def __init__(self, path: str | Path) -> None:
        self._shown = str(path)
        self.path = path_of(path, "folder")
        self.note = ""
        self._working: Path | None = None
        self._lock = -1
        self._made: list[Path] = []

    def __enter__(self) -> Path:
        """Make the working folder.

        Returns
        -------
        pathlib.Path
            The folder to write into.
        """
        try:
            self._enter()
        except (OSError, ValueError, RuntimeError) as error:  # a NUL in the name; a loop of links
            self._remove()
            reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
            what = f"results cannot be written here: {reason}"
            raise BadInput([Problem(self._shown, what, _ALLOWED, "choose another folder")]) from error
        except BaseException:
            self._remove()
            raise
        assert self._working is not None
        return self._working

    def _enter(self) -> None:
        """Check the target and make the working folder beside it."""
        self.path = Path(self._shown).resolve()
        self._refuse_used()
        missing = []
        above = self.path.parent
        while not above.exists():
            missing.append(above)
            above = above.parent
        if not above.is_dir():
            what = f"results cannot be written here: '{above.name}' is a file, not a folder"
            raise BadInput([Problem(self._shown, what, _ALLOWED, "choose another folder")])
        for folder in reversed(missing):
            folder.mkdir()
            self._made.append(folder)
        working = self.path.with_name(f".{self.path.name}.partial")
        try:
            working.mkdir()
        except FileExistsError:
            self._set_aside(working)
            working.mkdir()
        self._working = working
        self._lock = hold(working / LOCK)

    def _set_aside(self, working: Path) -> None:
        """Give the working folder of a killed process another name.

        Raises
        ------
        BadInput
            When its process is alive, or that cannot be told.
        """
        held = is_held(working / LOCK)
        if held is None and not (working / LOCK).exists():  # killed before it had a lock, or just about to make one
            held = time.time() - working.stat().st_mtime < YOUNG
        if held is not False:
            who = holder_of(working / LOCK)
            what = f"'{working.name}' is in the way: {who} is writing these results"
            what += "" if held and (working / LOCK).exists() else ", or was killed while it did"
            hint = f"wait for it, or choose another folder (if no run is under way, remove '{working.name}')"
            raise BadInput([Problem(self._shown, what, _ALLOWED, hint)]) from None
        earlier = [path for path in working.parent.iterdir() if _is_half_written(path, working.name)]
        for path in earlier:  # whoever was told of it has begun anew since
            shutil.rmtree(path, ignore_errors=True)
        number = 1
        while (aside := working.with_name(f"{working.name}-{number}")).exists():
            number += 1
        working.rename(aside)
        self.note = f"a run that was killed had left a folder; it is set aside as '{aside}' (hidden) and can be removed"
        if earlier:
            self.note += f"; what an earlier one had left is removed ({', '.join(sorted(path.name for path in earlier))})"

    def _refuse_used(self) -> None:
        """Refuse a target that is a file or has something in it."""
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise BadInput([Problem(self._shown, "there is a file of this name", _ALLOWED, "choose another folder")])
        if any(self.path.iterdir()):
            hint = "results are never overwritten: choose another folder, or remove this one"
            if (self.path / _MANIFEST).is_file():
                hint += f"; `sustain report {self._shown}` draws its figures and report anew"
            raise BadInput([Problem(self._shown, "the folder is in use already", _ALLOWED, hint)])

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Rename the working folder; after an exception, Ctrl-C or another signal that raises one, remove it."""
        if kind is not None:
            self._remove()
            if isinstance(error, OSError) and error.errno in _OUT_OF_ROOM:
                what = f"results could not be written: {_OUT_OF_ROOM[error.errno]}"
                hint = "make room, choose another disk, or keep less (fewer replicates, fewer tables)"
                raise BadInput([Problem(self._shown, what, _ALLOWED, hint)]) from error
            return
        assert self._working is not None
        self._let_go()
        give_name(self._working, self.path, shown=self._shown, work="run", allowed=_ALLOWED)
        self._working = None

    def _let_go(self) -> None:
        """Let go of the lock, and take its file away."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        if self._working is not None:
            (self._working / LOCK).unlink(missing_ok=True)

    def _remove(self) -> None:
        """Remove the working folder and the folders made above it."""
        with _interrupts_held():
            if self._working is not None:
                self._let_go()
                shutil.rmtree(self._working, ignore_errors=True)
                self._working = None
            while self._made:
                with suppress(OSError):  # somebody else has put something there since
                    self._made.pop().rmdir()


def _is_half_written(path: Path, working: str) -> bool:
    """Whether a path is what was set aside of a killed run, and not complete: complete results have a manifest."""
    number = path.name.removeprefix(f"{working}-")
    return path.name == f"{working}-{number}" and number.isdecimal() and path.is_dir() and not (path / _MANIFEST).exists()


def give_name(working: Path, target: Path, *, shown: str, work: str, allowed: str, aside: Path | None = None) -> None:
    """Give a folder with complete results the name that it was to have.

    Parameters
    ----------
    working, target : pathlib.Path
        What it is called, and what it is to be; an empty folder of that name gives way.
    shown : str
        The target as a person named it.
    work : str
        What was under way, for messages.
    allowed : str
        What may be in the place.
    aside : pathlib.Path, optional
        Name for what is in the place.

    Raises
    ------
    BadInput
        When the place was taken meanwhile. The results, perhaps of hours, stay where they are.
    """
    try:
        if aside is not None:
            target.rename(aside)
        with suppress(FileNotFoundError):
            target.rmdir()  # empty when we began; Windows renames only to a name that is free
        working.rename(target)
    except OSError as error:
        what = f"the folder was taken or locked while the {work} was under way ({error.strerror})"
        hint = f"the results are complete in '{working.name}' beside it: rename that folder"
        raise BadInput([Problem(shown, what, allowed, hint)]) from error


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold signals back while half-written results are removed: an impatient second Ctrl-C would leave a rest."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _HELD}
    try:
        yield
    finally:
        for number, handler in before.items():  # None: a handler that Python does not know
            fallback = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, fallback if handler is None else handler)


def write_text_whole(path: Path, text: str) -> None:
    """Write a text file so that it is seen whole or as it was before.

    Parameters
    ----------
    path : pathlib.Path
    text : str
        Written as UTF-8; lines end as in the text.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(text.encode("utf-8"))
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
