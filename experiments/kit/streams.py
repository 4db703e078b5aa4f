"""Standard output and standard error that cost no result: what cannot be written there is noted, and the command goes on."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

KEPT_BYTES: Final = 2_000
"""Of what could not be written, the end that is said elsewhere."""

NOT_PRINTED: Final = 1
"""Exit status of a command that did its work and could not print what it had to say."""

_STANDARD: Final = 3
"""File descriptors of standard input, output and error: 0, 1 and 2."""


class Outlet(io.FileIO):
    """File that takes all that is written to it; what the system refuses is noted.

    Parameters
    ----------
    descriptor : int
    refusal : OSError, optional
        What every write is refused with, for a stream that was closed before the command began.

    Attributes
    ----------
    failure : OSError or None
        The first refusal.
    lost : bytes
        The end of what was not written.
    """

    def __init__(self, descriptor: int, refusal: OSError | None = None) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._refusal = refusal
        self.failure: OSError | None = None
        self.lost = b""

    def write(self, data: Any, /) -> int:
        """Write; once refused, nothing more is tried."""
        failure = self.failure or self._refusal
        if failure is None:
            try:
                return super().write(data)
            except BlockingIOError:
                raise
            except OSError as error:
                failure = error
        self.failure = failure
        self.lost = (self.lost + bytes(data))[-KEPT_BYTES:]
        return memoryview(data).nbytes

    @property
    def reader_left(self) -> bool:
        """Whether nobody reads any more, as after ``| head``: they had what they wanted."""
        return isinstance(self.failure, BrokenPipeError)

    def sentence(self) -> str:
        """What was refused, and the end of what is missing; empty where nothing is to be said."""
        if self.failure is None or self.reader_left:
            return ""
        end = self.lost.decode("utf-8", "replace").strip()
        return (
            f"standard output cannot be written ({self.failure.strerror}); the work is done, and what was written to files "
            f"is kept. It would have said, at its end:\n{end}"
        )


@contextmanager
def outlets() -> Iterator[Outlet | None]:
    """Put streams that cannot fail in the place of standard output and error; gives what notes the failure of the output.

    None where the streams are no files, as in a notebook or on a Windows console: they stay as they are.
    """
    closed = _reserved()
    before = sys.stdout, sys.stderr
    outlet = None
    try:
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            stream = getattr(sys, name)
            file = _file_of(stream)
            if descriptor in closed:
                raw = Outlet(descriptor, OSError(errno.EBADF, os.strerror(errno.EBADF)))
            elif isinstance(file, io.FileIO):
                raw = Outlet(file.fileno())  # another than the usual one where somebody redirected the stream
            else:
                continue
            setattr(sys, name, _text(raw, stream, hurry=name == "stderr"))
            outlet = raw if descriptor == 1 else outlet
        yield outlet
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, OSError, ValueError):
                stream.flush()
        sys.stdout, sys.stderr = before


def _reserved() -> set[int]:
    """Standard file descriptors that are closed; each is opened on nothing, or the next file would take its number.

    What a library prints to it would then stand in that file.
    """
    closed = set()
    for descriptor in range(_STANDARD):
        try:
            os.fstat(descriptor)
        except OSError:
            closed.add(descriptor)
            if os.open(os.devnull, os.O_RDWR) != descriptor:
                raise AssertionError(f"file descriptor {descriptor} was closed and is not the lowest that is free") from None
    return closed


def _file_of(stream: Any) -> object:
    """File that a stream of text writes to at last; with PYTHONUNBUFFERED there is nothing between."""
    buffer = getattr(stream, "buffer", None)
    return getattr(buffer, "raw", buffer)


def _text(raw: Outlet, former: Any, *, hurry: bool) -> io.TextIOWrapper:
    """Stream of text like the former one; a letter that its encoding lacks is a question mark."""
    encoding = getattr(former, "encoding", None) or "utf-8"
    lines = hurry or raw.isatty() or bool(getattr(former, "line_buffering", False))
    if getattr(former, "write_through", False):
        return io.TextIOWrapper(raw, encoding=encoding, errors="replace", write_through=True)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding, errors="replace", line_buffering=lines)
