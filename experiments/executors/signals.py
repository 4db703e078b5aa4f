"""Signals that are not lost, wherever in the program they arrive."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

STOPPED: Final = 128
"""An exit status above this one says which signal ended the command."""
INTERRUPTED: Final = STOPPED + 2

IMPORT_SECONDS: Final = 30.0
"""Longest time for which a signal waits for the end of an import."""

_NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP")
_LOOK_SECONDS: Final = 0.02

_noted: Final[dict[int, float]] = {}
"""Signals that wait for the end of an import, and when each came."""


class Stopped(SystemExit):
    """A signal asks the command to end; the exit status is 128 and its number, as shells have it."""


def stop_on_signals() -> None:
    """Let SIGINT, SIGTERM and SIGHUP end the command as an exception does, so that half-written results are removed.

    A signal that comes while something is imported is noted and acts when the import is done, after IMPORT_SECONDS at the
    latest: an exception in the middle of an import is swallowed by one library and turned into another error by the next.
    Where the system has no timers, as on Windows, it acts at once. A signal that is ignored already, as after ``nohup``,
    stays so.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        first = _noted.setdefault(number, time.monotonic())
        if hasattr(signal, "setitimer") and _importing(frame) and time.monotonic() - first < IMPORT_SECONDS:
            signal.signal(signal.SIGALRM, look_again)
            signal.setitimer(signal.ITIMER_REAL, _LOOK_SECONDS)
            return
        unheard()
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise Stopped(STOPPED + number)

    def look_again(_number: int, _frame: FrameType | None) -> None:
        for number in list(_noted)[:1]:
            signal.raise_signal(number)  # by the usual way: others may be listening too

    for name in _NAMES:  # the last is unknown to Windows
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}:
            signal.signal(number, stop)


def unheard() -> int:
    """Signal that was noted during an import and has not acted yet; 0 for none. Nothing is noted any more, and no alarm rings.

    To be asked at the end of a command. One that ends as soon as it has imported what it needs would else be ended by the alarm
    that was to look again: at its end Python gives up all handlers, and then the alarm ends the process.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)
    number = next(iter(_noted), 0)
    _noted.clear()
    return number


def _importing(frame: FrameType | None) -> bool:
    """Whether a frame is part of an import."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


@contextmanager
def not_lost() -> Iterator[Callable[[], None]]:
    """Note the signals whose handlers raise, and give a function that raises so again: it was dropped, if that is reached.

    A handler that raises, as that of Ctrl-C does, raises wherever the program is at that moment. In a finaliser, such as
    that of a future that is let go, Python prints the exception and drops it: nobody would act on the signal. What is
    given is to be called now and then. Handlers themselves are called as before. Only the main thread hears signals; in
    others this does nothing.

    Examples
    --------
    >>> with not_lost() as repeat:
    ...     try:
    ...         signal.raise_signal(signal.SIGINT)
    ...     except KeyboardInterrupt:
    ...         pass
    ...     try:
    ...         repeat()
    ...     except KeyboardInterrupt:
    ...         print("heard")
    heard
    """
    heard: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}

    def note(number: int, frame: FrameType | None) -> None:
        handler = before[number]
        try:
            if callable(handler):
                handler(number, frame)
        except BaseException:
            heard.append(number)
            raise

    def repeat() -> None:
        if heard:
            signal.raise_signal(heard.pop())

    def say(dropped: "sys.UnraisableHookArgs") -> None:
        if not issubclass(dropped.exc_type, KeyboardInterrupt | SystemExit):  # those have effect in a moment
            said_before(dropped)

    said_before = sys.unraisablehook
    noted = [number for number in numbers if callable(before[number])]  # not those that are ignored, or end the process
    try:
        sys.unraisablehook = say
        for number in noted:
            signal.signal(number, note)
        yield repeat
    finally:
        for number in noted:
            if signal.getsignal(number) is note:
                signal.signal(number, before[number])
        sys.unraisablehook = said_before
