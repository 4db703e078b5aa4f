"""What ``sustain`` prints: problems, tables, progress. Nothing here computes results."""

import json
import sys
import time
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from sim.problems import Problem

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

QUIET_SECONDS: Final = 10.0
"""Between two lines of progress where there is no terminal to redraw."""


def show_problems(problems: Sequence[Problem]) -> None:
    """Print every problem to standard error."""
    for one in problems:
        print(str(one), file=sys.stderr)
    if len(problems) > 1:
        print(f"{len(problems)} problems", file=sys.stderr)


def show_json(value: object) -> None:
    """Print a value as JSON, for a program to read."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def show_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str = "",
    right: Iterable[int] = (),
    alarming: Container[int] = (),
) -> None:
    """Print a table, as wide as it must be where nobody looks at a terminal.

    Parameters
    ----------
    columns : sequence of str
    rows : iterable of sequence
    title : str
    right : iterable of int
        Places of the columns that hold numbers.
    alarming : container of int
        Places of rows that are shown in red where colours are shown.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    numbers = set(right)
    table = Table(title=title or None, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place in numbers else "left", overflow="fold")
    for place, row in enumerate(rows):
        # Text: a bracket in a name is no markup
        table.add_row(*(Text(str(cell)) for cell in row), style="red" if place in alarming else None)
    console = Console()
    if not console.is_terminal:
        console = Console(width=10_000, soft_wrap=True)
    console.print(table)


def show_folder(folder: Path, seconds: float) -> None:
    """Print where results and their report are, if it could be made, and how long they took."""
    print(f"Results: {folder} ({duration(seconds)})")
    if (folder / "report.html").exists():
        print(f"Report: {folder / 'report.html'} (open it in a browser)")


def duration(seconds: float) -> str:
    """Time as a person says it.

    Examples
    --------
    >>> duration(8.2), duration(75), duration(7300)
    ('8 s', '1 min 15 s', '2 h 2 min')
    """
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class ProgressShown:
    """Progress on standard error: a bar with rate and time left on a terminal, else a line every few seconds.

    Parameters
    ----------
    total : int
        What is to be done.
    what : str
    unit : str
        What is counted.
    """

    def __init__(self, total: int, what: str, *, unit: str = "replicates") -> None:
        self._total = total
        self._what = what
        self._unit = unit
        self._done = self._failed = 0
        self._said = time.monotonic()
        self._first: tuple[float, int] | None = None  # when the first were there, and how many
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Show the bar, if there is a terminal."""
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns: tuple[Any, ...] = (
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
            )  # fmt: skip
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(self._what, total=self._total, rate="")
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: int, failed: int = 0) -> None:
        """Count what is finished, and how much of it failed."""
        self._done += done
        self._failed += failed
        now = time.monotonic()
        if self._first is None:  # what comes before may hold a compilation: it tells nothing of the time left
            self._first = (now, self._done)
        began, already = self._first
        rate = (self._done - already) / (now - began) if now > began else 0.0
        lost = f", {self._failed:,} failed" if self._failed else ""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, advance=done, rate=f"{rate:,.0f}/s{lost}" if rate else lost.removeprefix(", "))
            return
        if now - self._said >= QUIET_SECONDS and self._done < self._total:
            self._said = now
            left = f", {rate:,.0f}/s, {duration((self._total - self._done) / rate)} left" if rate else ""
            print(f"{self._what}: {self._done} of {self._total} {self._unit}{lost}{left}", file=sys.stderr, flush=True)


@contextmanager
def keeping(words: str) -> Iterator[None]:
    """Say, after an interruption meanwhile, what is kept instead of "nothing was written".

    Parameters
    ----------
    words : str
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as error:
        error.add_note(words)
        raise


def interrupted(how: str, error: BaseException) -> str:
    """Last line of a command that a signal ended.

    Parameters
    ----------
    how : str
        ``interrupted`` or ``stopped``.
    error : BaseException
        What ended it.
    """
    notes: list[str] = getattr(error, "__notes__", [])
    return f"{how}: {notes[0] if notes else 'nothing was written'}"


KEPT: Final = "what is finished is kept; the same command goes on"


def say_compiling() -> None:
    """Say that the engine will be compiled, if it will."""
    from sim import cache

    if not cache.is_warm():
        print("compiling the engine: once for this version on this machine, about half a minute", file=sys.stderr, flush=True)


def note(sentence: str) -> None:
    """Tell how it goes, where progress is told."""
    print(sentence, file=sys.stderr, flush=True)


def note_lacking(name: str, parameters: Iterable[str]) -> None:
    """Tell that an ensemble has no values for some of the free parameters, if so.

    Parameters
    ----------
    name : str
        Of the ensemble.
    parameters : iterable of str
        Of which it has values.
    """
    from sim.ensembles import lacking, lacking_in_words

    others = lacking_in_words(lacking(parameters))
    if others:
        note(f"note: the ensemble {name} has {others}")
