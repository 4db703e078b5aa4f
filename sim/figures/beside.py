"""A second process that draws some figures of a run while this one draws the others.

It is begun before the run, so that it has loaded its libraries by the time that there are tables to draw from. It gets the names
of figures one after the other, and writes the same files as this process would. It decides nothing: what it cannot draw, for
whatever reason, this process draws itself, and tells what is wrong with it. It ends when its input ends, at the latest with this
process.
"""

import gc
import json
import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING, Final

from sim.figures.files import FigureFiles, asked_files, figure_files, pages_folder
from sim.figures.sheets import sheets_again
from sim.figures.style import Picture, drawing

if TYPE_CHECKING:
    import pandas as pd

LONGEST: Final = 60.0
"""Seconds that the second process may still take for its last figure when all others are drawn."""

PUT_AWAY: Final = 10.0
"""Seconds in which a process that is killed must be gone."""

_BEGIN: Final = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from sim.figures.beside import serve; serve()"
"""What the second process runs. It takes its packages from where this process does: its folder may hide them with others."""

_current: ContextVar["Beside | None"] = ContextVar("process that draws beside this one", default=None)


@dataclass(frozen=True)
class Order:
    """What the second process must know for all figures.

    Attributes
    ----------
    frames : mapping of str to pandas.DataFrame
    folder : pathlib.Path
        Of the figures.
    fidelity_high : float
        As for ``sim.figures.draw_all``.
    files : FigureFiles
        How figures are asked.
    pages : pathlib.Path or None
        Folder of the pictures that only pages hold.
    """

    frames: "Mapping[str, pd.DataFrame]"
    folder: Path
    fidelity_high: float
    files: FigureFiles = field(default_factory=asked_files)
    pages: Path | None = field(default_factory=pages_folder)


class Beside:
    """The second process.

    Parameters
    ----------
    longest : float
        Seconds that it may still take when all else is drawn.
    command : sequence of str, optional
        What it runs, instead of this module.

    Attributes
    ----------
    note : str
        Sentence on what became of it, where it was lost; otherwise empty.
    """

    def __init__(self, *, longest: float = LONGEST, command: Sequence[str] | None = None) -> None:
        self.note = ""
        self._longest = longest
        self._process: subprocess.Popen[bytes] | None = None
        command = command or (sys.executable, "-P", "-c", _BEGIN, json.dumps([str(one) for one in sys.path]))
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )  # fmt: skip
        except (OSError, ValueError) as error:  # no room for a process more, or no program to begin: everything is drawn here
            self._lost(f"could not begin ({getattr(error, 'strerror', None) or error})")

    def share(
        self, order: Order, names: Sequence[str], here: Callable[[str], None], *, first: Callable[[], object] = bool
    ) -> dict[str, Picture | None]:
        """Draw figures in both processes, each taking the next when it has finished one; the second ends with them.

        Parameters
        ----------
        order : Order
        names : sequence of str
            Of the figures; the second process begins with the last.
        here : callable
            Draws one in this process. Called for every figure that the second process did not draw.
        first : callable
            What this process has to do besides. It is done before its first figure, while the second process draws already.

        Returns
        -------
        dict of str to (Picture or None)
            What the second process drew, by name; None where there is nothing to show.
        """
        waiting, made = deque(names), dict[str, Picture | None]()
        feeder = None
        if self._process is not None and names:
            given = (self._process, order, waiting.pop(), waiting, made)  # the last is its own, however late it is ready
            feeder = Thread(target=self._feed, args=given, name="drawing beside", daemon=True)
            feeder.start()
        try:
            mine = set()
            first()
            while (name := _next(waiting.popleft)) is not None:
                mine.add(name)
                here(name)
            if feeder is not None:
                feeder.join(self._longest)
                if feeder.is_alive():
                    self._lost(f"had not finished {self._longest:g} seconds after all else")
                    self.stop()
                    feeder.join(PUT_AWAY)
        except BaseException:
            self.stop()  # nothing may be written any more into a folder that goes away
            raise
        self.stop()
        for name in names:
            if name not in mine and name not in made:
                here(name)
        return made

    def _feed(
        self,
        process: subprocess.Popen[bytes],
        order: Order,
        name: str | None,
        waiting: deque[str],
        made: dict[str, Picture | None],
    ) -> None:
        """Hand figures to the second process one after the other, in a thread of its own."""
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            _send(process.stdin, order)
            while name is not None:
                _send(process.stdin, name)
                drawn, picture = pickle.load(process.stdout)
                if drawn:
                    made[name] = picture
                name = _next(waiting.pop)
        except Exception:  # whatever comes of it, this process draws what is left
            self._lost("ended too early")

    def _lost(self, how: str) -> None:
        self.note = self.note or f"the second process for figures {how}: what is left is drawn in this one"

    def stop(self) -> None:
        """End the second process, whatever it does."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(PUT_AWAY)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def _next(take: Callable[[], str]) -> str | None:
    """Name that is taken; None where there is none left."""
    try:
        return take()
    except IndexError:
        return None


def _send(stream: IO[bytes], value: object) -> None:
    pickle.dump(value, stream, protocol=pickle.HIGHEST_PROTOCOL)
    stream.flush()


@contextmanager
def drawn_beside(*, longest: float = LONGEST, command: Sequence[str] | None = None) -> Iterator[Beside]:
    """Begin a second process, which helps whoever draws the figures of a run meanwhile; it ends with the context.

    Parameters
    ----------
    longest, command
        As for ``Beside``.
    """
    helper = Beside(longest=longest, command=command)
    token = _current.set(helper)
    try:
        yield helper
    finally:
        _current.reset(token)
        helper.stop()


def helper_of_now() -> Beside | None:
    """The second process, if there is one."""
    return _current.get()


def serve() -> None:
    """Draw what standard input asks, in the second process: an order, then names of figures, until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which ends this one
    with os.fdopen(os.dup(1), "wb") as answers, Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # whatever prints does not come between
        _serve(sys.stdin.buffer, answers)


def _serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Answer each name with the picture, and whether it was drawn."""
    from sim.figures import drawers

    gc.disable()  # it lives for a few figures
    _load()
    try:
        order: Order = pickle.load(asked)
        draws = drawers(order.folder, order.frames, fidelity_high=order.fidelity_high)
        with drawing(), sheets_again(), figure_files(order.files, pages=order.pages):
            while True:
                _send(answers, _answer(draws[pickle.load(asked)]))
    except EOFError:
        return


def _answer(draw: Callable[[], Picture | None]) -> tuple[bool, Picture | None]:
    try:
        return True, draw()
    except Exception:  # the first process draws it again, and tells what is wrong
        return False, None


def _load() -> None:
    """Load what drawing needs, before there is anything to draw."""
    for name in ("pandas", "matplotlib.figure", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"):
        import_module(name)
