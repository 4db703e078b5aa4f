"""Who is at work: a file that a process keeps locked while it writes, and a note that says which process that is.

The system lets go of a lock however its process ends, so a lock is never left behind. The note is for the eyes only: a killed
process may leave it, and nothing is decided by it.
"""

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, Self

from sim.problems import BadInput, Problem

LOCKED_BY_OTHERS: Final = (BlockingIOError, PermissionError)

if sys.platform == "win32":
    import msvcrt

    def lock(handle: int) -> None:
        """Lock an open file without waiting."""
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def lock(handle: int) -> None:
        """Lock an open file without waiting."""
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


PATIENCE: Final = 3600.0
"""Seconds that are waited for another process at most: gathering a large sweep takes minutes."""

UNSAID: Final = 1.0
"""Seconds of waiting that are not worth a word."""

PARTIAL: Final = ".partial"
"""Folder, inside a folder that is written to, of what is under way: on the same file system."""

NOTE: Final = ".holder"
"""Ending of the note that says who holds a lock."""

_LOOKED: Final = 0.05
"""Seconds between two looks at a lock."""

_ANOTHER: Final = "another process"


class Holder(NamedTuple):
    """Process that holds a lock.

    Attributes
    ----------
    process : int
        Its number.
    host : str
        Machine that it runs on.
    since : float
        When it got the lock, in seconds since 1970.
    """

    process: int
    host: str
    since: float

    @classmethod
    def mine(cls) -> Self:
        """Give this very process, from now on."""
        return cls(os.getpid(), socket.gethostname(), time.time())

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Give the process that a note names; None where none can be read."""
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            return cls(int(told["process"]), str(told["host"]), float(told["since"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @property
    def is_dead(self) -> bool:
        """Whether the process is certainly dead; never certain of one on another machine."""
        return self.host == socket.gethostname() and is_dead(self.process)

    @property
    def text(self) -> str:
        """Note of it, as :meth:`read` reads it."""
        return json.dumps(self._asdict())

    def __str__(self) -> str:
        """Name the process, its machine, and since when it is at work."""
        return f"process {self.process} on {self.host} (since {clock(self.since)})"


def clock(seconds: float) -> str:
    """Time of day where the reader is, with its date.

    Parameters
    ----------
    seconds : float
        Since 1970.
    """
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%H:%M:%S %Z on %Y-%m-%d")


def is_dead(process: int) -> bool:
    """Whether a process of this machine is certainly dead.

    Parameters
    ----------
    process : int
        Its number.
    """
    if sys.platform == "win32" or process <= 0:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass
    return False


def note_of(path: Path) -> Path:
    """Note of who is within :func:`alone` for a file.

    Parameters
    ----------
    path : pathlib.Path
        The file that is locked.
    """
    return path.parent / PARTIAL / f"{path.name}{NOTE}"


def holder_of(note: Path) -> str:
    """Whom a note names, in words.

    Parameters
    ----------
    note : pathlib.Path
    """
    holder = Holder.read(note)
    return _ANOTHER if holder is None else str(holder)


@contextmanager
def alone(
    path: Path, patience: float = PATIENCE, *, shown: str = "", said: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Wait until no other process is within this for the same file, but not for ever.

    Where the system or the file system has no locks to wait for, nobody waits.

    Parameters
    ----------
    path : pathlib.Path
        Of a file that can be written; it stays as it is.
    patience : float
        Seconds that are waited.
    shown : str
        What the file belongs to, as a person knows it; the folder of the file unless given.
    said : callable, optional
        Told, in a sentence, for whom it waits and until when, and again when the waiting is over.

    Raises
    ------
    BadInput
        When another process is within it all that time.
    OSError
        When it cannot be opened.
    """
    handle = os.open(path, os.O_RDWR)
    try:
        _wait_for(handle, path, patience, shown or str(path.parent), said)
        try:  # an interruption may come while it is noted
            _sign(path)
            yield
        finally:
            unsign(path)
    finally:
        os.close(handle)


def _wait_for(handle: int, path: Path, patience: float, shown: str, said: Callable[[str], None] | None) -> None:
    """Lock an open file as soon as nobody else has it locked."""
    began, is_said = time.monotonic(), False
    while not _is_mine(handle):
        waited = time.monotonic() - began
        if waited >= patience:
            what = f"{holder_of(note_of(path))} is at work on the same"
            hint = "wait until it has ended; then the same command goes on"
            raise BadInput([Problem(shown, what, "one process at a time", hint)])
        if said is not None and not is_said and waited >= UNSAID:
            is_said = True
            end = clock(time.time() + patience - waited)
            said(f"{holder_of(note_of(path))} is writing {shown}: waiting for it, until {end} at the latest")
        time.sleep(_LOOKED)
    if said is not None and is_said:
        said(f"{shown} is free: going on")


def _is_mine(handle: int) -> bool:
    """Lock an open file; whether that could be done. Where nobody can wait for a lock, it is everybody's."""
    if sys.platform == "win32":  # a lock would keep others from reading the file
        return True
    try:
        lock(handle)
    except LOCKED_BY_OTHERS:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _sign(path: Path) -> None:
    """Note that this process has the lock; where it cannot be noted, the lock must do."""
    note = note_of(path)
    with suppress(OSError):
        note.parent.mkdir(exist_ok=True)
        note.write_text(Holder.mine().text, encoding="utf-8")


def unsign(path: Path) -> None:
    """Take the note away: at the end, or before the folder gets another name.

    Parameters
    ----------
    path : pathlib.Path
        The file that is locked.
    """
    note = note_of(path)
    try:
        _take_away(note)
    except BaseException:  # interrupted: it goes all the same
        _take_away(note)
        raise


def _take_away(note: Path) -> None:
    """Remove a note and its folder, as far as they are there and can be removed."""
    with suppress(OSError):
        note.unlink(missing_ok=True)
    with suppress(OSError):  # it holds something of others, or is gone
        note.parent.rmdir()


def hold(path: Path) -> int:
    """Make a file that names this process, and lock it; the system lets go of the lock however this process ends.

    Parameters
    ----------
    path : pathlib.Path
        Of a file that does not exist yet.

    Returns
    -------
    int
        Handle of the open file; closing it lets go.

    Raises
    ------
    OSError
        When it cannot be made. Where the file system has no locks, it is made all the same.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    with suppress(OSError):  # another process looks at it, or the file system has no locks
        lock(handle)
    with suppress(OSError):  # no room: the lock must do
        os.write(handle, Holder.mine().text.encode("utf-8"))
    return handle


def is_held(path: Path) -> bool | None:
    """Whether a living process holds the lock of a file; None where there is no file, or no telling.

    Parameters
    ----------
    path : pathlib.Path
    """
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        lock(handle)
    except LOCKED_BY_OTHERS:
        return True
    except OSError:  # a file system without locks
        return None
    finally:
        os.close(handle)
    return False
