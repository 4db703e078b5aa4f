"""Putting a file in its place whole: written under another name in a folder of this process, brought to disk, then renamed.

Whoever is killed, at whatever moment, leaves either nothing in the place or the whole file, and a working folder that
others can tell to be a dead process's.
"""

import errno
import itertools
import os
import re
import secrets
import shutil
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from sim.store.holding import LOCKED_BY_OTHERS, NOTE, PARTIAL, Holder, is_dead
from sim.store.holding import lock as _lock

_LOCK: Final = "lock"
_WORKING_NAME: Final = re.compile(r"(?P<host>[A-Za-z0-9_.]*)-(?P<process>\d+)-[0-9a-f]{8}")
_TRIES: Final = 100
_NO_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)

_own: set[str] = set()  # working folders of this process: where locks belong to processes, it could take its own again


def passes(step: str) -> None:
    """Do nothing, by design: tests put in its place what kills the process at a step.

    Parameters
    ----------
    step : str
        ``before write``, ``during write``, ``after write``, ``before rename``, ``after rename``, ``before record`` or
        ``after record``.
    """


class WorkingFolder:
    """Working folder of this process, made when first needed.

    While the process lives it holds a lock on a file in it; the system lets go of the lock however the process ends.
    Threads may share one object; a forked process makes a folder of its own.

    Parameters
    ----------
    folder : pathlib.Path
        Existing folder that files are put into.
    """

    def __init__(self, folder: Path) -> None:
        self._home = folder / PARTIAL
        self._guard = threading.Lock()
        self._numbers = itertools.count()
        self._place: Path | None = None
        self._lock = -1
        self._process = os.getpid()

    def place(self, target: Path, content: bytes, *, first: bool = False) -> bool:
        """Put a file in its place; folders above it, up to the store's, are made.

        Parameters
        ----------
        target : pathlib.Path
            Below the folder.
        content : bytes
        first : bool
            Only when nothing is there yet.

        Returns
        -------
        bool
            Whether it was put there; False only with ``first``, when another process was faster.

        Raises
        ------
        OSError
            When it cannot be written; nothing is left of it then.
        """
        temporary = self.entered() / f"{next(self._numbers)}.part"
        try:
            write_through(temporary, content)
            make_folder(target.parent)
            passes("before rename")
            put = _put_first(temporary, target) if first else _put(temporary, target)
            passes("after rename")
            sync_folder(target.parent)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        return put

    def entered(self) -> Path:
        """Working folder of this very process.

        Returns
        -------
        pathlib.Path
            Holds files of digits' names and ``lock``; other names are free to use.
        """
        with self._guard:
            if self._process != os.getpid():  # forked: what was made is the other process's
                self._place, self._process = None, os.getpid()
            if self._place is None:
                self._place, self._lock = _make_locked(self._home)
            return self._place

    def close(self) -> None:
        """Remove the working folder; the next file makes another one."""
        with self._guard:
            if self._place is None or self._process != os.getpid():
                return
            shutil.rmtree(self._place, ignore_errors=True)
            os.close(self._lock)
            shutil.rmtree(self._place, ignore_errors=True)  # what a file system could not remove while it was open
            _own.discard(self._place.name)
            self._place = None
            with suppress(OSError):  # others are at work
                self._home.rmdir()


def write_through(path: Path, content: bytes) -> None:
    """Write a new file and bring it to disk.

    Parameters
    ----------
    path : pathlib.Path
    content : bytes

    Raises
    ------
    OSError
        When it cannot be written.
    """
    half = len(content) // 2
    passes("before write")
    with path.open("xb") as stream:
        stream.write(content[:half])
        passes("during write")
        stream.write(content[half:])
        stream.flush()
        os.fsync(stream.fileno())
    passes("after write")


def _put(temporary: Path, target: Path) -> bool:
    """Rename over whatever is there."""
    temporary.replace(target)
    return True


def _put_first(temporary: Path, target: Path) -> bool:
    """Give the file its name unless that is taken, in one step."""
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links: two processes at the same moment could both believe to be first
        return not target.exists() and _put(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def make_folder(folder: Path) -> None:
    """Make a folder, and bring its name to disk when it is new.

    Parameters
    ----------
    folder : pathlib.Path
        The one above it exists.
    """
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to disk, where the system can.

    Parameters
    ----------
    folder : pathlib.Path
    """
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(handle)


def _make_locked(home: Path) -> tuple[Path, int]:
    """Make a working folder and lock it; again when somebody tidied it up between the two."""
    for _ in range(_TRIES):
        place = home / f"{_host()}-{os.getpid()}-{secrets.token_hex(4)}"
        with suppress(FileExistsError):  # not exist_ok: that looks again, when somebody may have removed it
            home.mkdir()
        try:
            place.mkdir()
            lock = os.open(place / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        except FileNotFoundError:
            continue
        _own.add(place.name)
        if _lock_mine(lock) and (place / _LOCK).exists():
            return place, lock
        os.close(lock)
        _own.discard(place.name)
    raise FileNotFoundError(errno.ENOENT, "working folders are removed as soon as they are made", str(home))


def _lock_mine(lock: int) -> bool:
    """Lock a new working folder; False when a process that tidies up holds it already."""
    try:
        _lock(lock)
    except LOCKED_BY_OTHERS:
        return False
    except OSError:  # a file system without locks: the number of the process must do
        pass
    return True


def _host() -> str:
    """Name of this machine as it can stand in a file's name."""
    return re.sub(r"[^A-Za-z0-9_.]", "_", socket.gethostname())[:40]


def remove_abandoned(folder: Path) -> int:
    """Remove working folders whose process has died.

    Parameters
    ----------
    folder : pathlib.Path
        The folder that files are put into.

    Returns
    -------
    int
        How many were removed. Folders that may be in use stay, as does what has another name.

    Raises
    ------
    OSError
        When one cannot be removed, as where everything is read-only.
    """
    home = folder / PARTIAL
    try:
        found = sorted(home.iterdir())
    except FileNotFoundError:
        return 0
    removed = sum(_remove_if_abandoned(place) for place in found if _WORKING_NAME.fullmatch(place.name))
    for note in found:
        holder = Holder.read(note) if note.name.endswith(NOTE) else None
        if holder is not None and holder.is_dead:
            note.unlink(missing_ok=True)
    with suppress(OSError):
        home.rmdir()
    return removed


def _remove_if_abandoned(place: Path) -> bool:
    """Remove one working folder unless its process may be alive."""
    if place.name in _own:
        return False
    try:
        lock = os.open(place / _LOCK, os.O_RDWR)
    except FileNotFoundError:  # killed before it had a lock, or about to make one: then it notices and begins again
        with suppress(OSError):
            place.rmdir()
            return True
        return False
    except PermissionError:  # another user's
        return False
    try:
        if not _is_dead(lock, place.name):
            return False
        shutil.rmtree(place, ignore_errors=True)  # while it is locked: who is about to lock it finds it gone
    finally:
        os.close(lock)
    if place.exists():  # some file systems do not remove what is open
        shutil.rmtree(place)
    return True


def _is_dead(lock: int, name: str) -> bool:
    """Whether the process of a working folder is certainly dead; this locks the folder."""
    try:
        _lock(lock)
    except LOCKED_BY_OTHERS:
        return False
    except OSError:  # a file system without locks
        return _process_is_dead(name)
    return True


def _process_is_dead(name: str) -> bool:
    """Whether the process that a working folder is named for is dead; never certain of one on another machine."""
    found = _WORKING_NAME.fullmatch(name)
    return found is not None and found["host"] == _host() and is_dead(int(found["process"]))
