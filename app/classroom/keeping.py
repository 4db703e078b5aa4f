"""The teacher's folder: a line for each hand-in, and how the room stands. What was acknowledged is on the disk.

One process writes to a folder. A line is written, flushed and synchronised before it is acknowledged: no end of the server,
however sudden, loses it. A line that was being written when the power went stays as it is; readers tell of it.
"""

import json
import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, Self

from app.classroom.handed import KEPT_BYTES, HandIn, read
from app.classroom.secret import is_code, new_code
from sim.problems import BadInput, Problem, tried
from sim.store.holding import LOCKED_BY_OTHERS, lock
from sim.store.manifest import utc_text

HANDED: Final = "handed-in.jsonl"
STATE: Final = "room.json"
LOCK: Final = ".lock"

MOST: Final = 2_000
"""Lines of a folder: 30 students, 20 of each in three lessons."""

FULL: Final = 32 * 1024 * 1024
"""Bytes of the file at most."""

_AS_IT_IS: Final = getattr(os, "O_BINARY", 0)
"""On Windows: lines end as they are written."""

_ALLOWED: Final = "a folder that does not exist yet, an empty one, or the folder of a room"


@dataclass(frozen=True)
class State:
    """How a room stands.

    Attributes
    ----------
    code : str
        Six digits, in every student's link.
    frozen, revealed, closed : bool
    sealed : int
        Hand-ins that were there when what came out was last revealed: of what they were about it is known since.
    """

    code: str
    frozen: bool = False
    revealed: bool = False
    closed: bool = False
    sealed: int = 0

    @property
    def told(self) -> dict[str, bool]:
        """What everybody may know."""
        return {"frozen": self.frozen, "revealed": self.revealed, "closed": self.closed}


class Full(Exception):
    """The folder takes no more: too many lines, or no room on the disk. The text says which."""


class Folder:
    """A room's folder, held by this process alone until :meth:`close`.

    Parameters
    ----------
    path : pathlib.Path
        Made where it is missing; the folder above it must be there.
    now : callable, optional
        Gives the time of a hand-in.

    Raises
    ------
    BadInput
        When another process writes to it, it holds something else, or it cannot be written.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path, self._now = path, now
        self._writes = threading.Lock()
        try:
            self._take()
        except (OSError, ValueError) as error:
            what = f"cannot be used: {getattr(error, 'strerror', None) or error}"
            raise BadInput([Problem(str(path), what, _ALLOWED, "choose another folder")]) from None

    def _take(self) -> None:
        """Hold the folder, and read what is there."""
        if self.path.is_dir() and not (self.path / STATE).exists() and {one.name for one in self.path.iterdir()} - {LOCK}:
            hint = "choose another folder: what is handed in stays apart from other files"
            raise BadInput([Problem(str(self.path), "holds other files, and no room", _ALLOWED, hint)])
        self.path.mkdir(mode=0o700, exist_ok=True)
        self._lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                lock(self._lock)
            except LOCKED_BY_OTHERS:
                hint = "stop the other one, or choose another folder"
                raise BadInput([Problem(str(self.path), "another lab has this room open", _ALLOWED, hint)]) from None
            except OSError:
                pass  # a file system without locks
            self.again = (self.path / STATE).exists()
            self.state = _read_state(self.path / STATE) if self.again else State(new_code())
            self._file = os.open(self.path / HANDED, os.O_RDWR | os.O_CREAT | os.O_APPEND | _AS_IT_IS, 0o600)
            _end_line(self._file)
            found = read_folder_file(self.path / HANDED)
            self.handed, self.unread = found
            self._lines = len(self.handed) + len(self.unread)
            self._keep_state()
        except BaseException:
            os.close(self._lock)
            raise

    def close(self) -> None:
        """Let go of the folder."""
        with self._writes:
            os.close(self._file)
            os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    def hand_in(self, one: HandIn) -> HandIn:
        """Keep a hand-in; when this returns, it is on the disk. The same once more is kept once.

        Forecasts of something of which what came out has been revealed, by whomever it was handed in, are marked ``again``.

        Parameters
        ----------
        one : HandIn

        Returns
        -------
        HandIn
            With the time at which it was handed in.

        Raises
        ------
        BadInput
            When it could not be read again as it is.
        Full
            When it cannot be kept. The folder is then as it was.
        """
        with self._writes:
            before = next((old for old in reversed(self.handed) if old.id == one.id), None)
            if before is not None and before == one.model_copy(update={"time": before.time, "again": before.again}):
                return before
            again = bool(one.forecasts) and one.about in {old.about for old in self.handed[: self.state.sealed]}
            kept = one.model_copy(update={"time": utc_text(self._now()), "again": again})
            line = kept.line()
            if read(line, most=KEPT_BYTES) != kept:  # what is acknowledged comes back, whatever it is
                raise BadInput([Problem("hand-in", "it could not be read again", "what the pages of the lab send")])
            self._append(f"{line}\n".encode())
            self.handed.append(kept)
            return kept

    def _append(self, line: bytes) -> None:
        size = os.fstat(self._file).st_size
        if self._lines >= MOST or size + len(line) > FULL:
            raise Full(f"this room takes no more: it holds {self._lines:,} hand-ins")
        try:
            _write_all(self._file, line)
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, size)
            raise Full(f"it could not be written: {error.strerror}") from None
        self._lines += 1

    def change(self, **states: bool) -> State:
        """Change how the room stands; when this returns, it is on the disk.

        Parameters
        ----------
        **states
            Of :class:`State`: ``frozen``, ``revealed``, ``closed``.

        Raises
        ------
        OSError
            When it cannot be written; the room stands as before then.
        """
        with self._writes:
            sealed = {"sealed": len(self.handed)} if states.get("revealed") else {}
            before, self.state = self.state, State(**(asdict(self.state) | states | sealed))
            try:
                self._keep_state()
            except OSError:
                self.state = before
                raise
            return self.state

    def _keep_state(self) -> None:
        """Write the state so that it is seen whole or as it was before, also after the power went."""
        path = self.path / STATE
        partial = path.with_name(f".{STATE}.partial")
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _AS_IT_IS, 0o600)
        try:
            _write_all(handle, json.dumps({"version": 1, **asdict(self.state)}).encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        partial.replace(path)
        _sync_folder(self.path)

    @property
    def newest(self) -> list[HandIn]:
        """Hand-ins without those that a later one of the same page replaced, in the order in which they first came."""
        return newest_of(self.handed)


def newest_of(handed: list[HandIn]) -> list[HandIn]:
    """Hand-ins without those that a later one with the same number replaces; each stands where its first one stood.

    One that was said again, after what came out was shown, replaces none that was said before.

    Parameters
    ----------
    handed : list of HandIn
    """
    return list({(one.id, one.again): one for one in handed}.values())


def read_folder_file(path: Path) -> tuple[list[HandIn], list[Problem]]:
    """Hand-ins of a file, a line each or one over several lines, and what of it cannot be read.

    Parameters
    ----------
    path : pathlib.Path

    Raises
    ------
    OSError
        When the file cannot be read.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    lines = [(f"{path.name}: line {at}", line) for at, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if path.suffix == ".json":
        lines = [(path.name, text)]
    problems: list[Problem] = []
    handed = (tried(partial(read, line, where, KEPT_BYTES), problems) for where, line in lines)
    return [one for one in handed if one is not None], problems


def _read_state(path: Path) -> State:
    """State of a room that was there before.

    Raises
    ------
    BadInput
        When it is none.
    """
    allowed = "as a lab wrote it"
    hint = f"remove {path.name} to begin with a new code; what was handed in stays"
    try:
        raw = dict(json.loads(path.read_text(encoding="utf-8")))
        if raw.pop("version") != 1:
            raise BadInput([Problem(str(path), "is of another version of the lab", "version 1", hint)])
        code, sealed = raw.pop("code"), raw.pop("sealed", 0)
        whole = isinstance(sealed, int) and not isinstance(sealed, bool) and sealed >= 0
        if not isinstance(code, str) or not is_code(code) or not whole or not all(isinstance(one, bool) for one in raw.values()):
            raise BadInput([Problem(str(path), "is no room", allowed, hint)])
        return State(code, **raw, sealed=sealed)
    except (ValueError, TypeError, KeyError):
        raise BadInput([Problem(str(path), "cannot be read", allowed, hint)]) from None


def _end_line(handle: int) -> None:
    """End a last line that a sudden stop left open, so that the next one begins anew."""
    size = os.fstat(handle).st_size
    if not size:
        return
    os.lseek(handle, size - 1, os.SEEK_SET)
    if os.read(handle, 1) != b"\n":
        _write_all(handle, b"\n")


def _write_all(handle: int, data: bytes) -> None:
    """Write everything: the system may take a part at a time."""
    while data:
        data = data[os.write(handle, data) :]


def _sync_folder(path: Path) -> None:
    """Have the names of a folder written, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
