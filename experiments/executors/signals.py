"""Signals that are not lost, wherever in the program they arrive."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP")


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
