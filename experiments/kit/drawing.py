"""Options of all commands that draw: in which formats, and how wide. Declared once, heard by every figure of the command.

And whether a second process helps with the figures of a run.
"""

import inspect
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Annotated, Any, Final

import typer

from sim.processors import processors

_ADDED: Final = "figure_options_added"

own_process: Final[ContextVar[bool]] = ContextVar("the process is the command's own", default=False)
"""Set where ``sustain`` is a process of its own, which may begin another; not where a program calls its commands."""

FigureFormat = Annotated[
    list[str] | None,
    typer.Option(
        "--figure-format",
        metavar="FORMAT",
        help="Files of figures: svg, png, pdf, several joined by commas; svg,png unless given. Pages hold their own pictures.",
    ),
]

FigureWidth = Annotated[
    str | None,
    typer.Option(
        "--figure-width",
        metavar="WIDTH",
        help="Width of these files in cm, or with a unit: 17.4cm, 174mm, 6.85in. Figures are scaled as a whole, from 22.9 cm.",
    ),
]


def add_figure_options(app: typer.Typer, names: Collection[str]) -> None:
    """Give commands the options of figures, once.

    Parameters
    ----------
    app : typer.Typer
    names : collection of str
        Commands that draw.
    """
    for registered in app.registered_commands:
        command = registered.callback
        name = registered.name or getattr(command, "__name__", "")
        if command is not None and name in names and not hasattr(command, _ADDED):
            registered.callback = _drawing(command)


def _drawing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Command with the options of figures."""

    @wraps(command)
    def drawing(*args: Any, figure_format: list[str] | None = None, figure_width: str | None = None, **options: Any) -> Any:
        from sim.figures.files import figure_files, read_files

        files = read_files(figure_format, figure_width)
        if files.note:
            print(files.note, file=sys.stderr, flush=True)
        with figure_files(files):
            return command(*args, **options)

    more = {"figure_format": FigureFormat, "figure_width": FigureWidth}
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind) for name, kind in more.items()
    ]
    signature = inspect.signature(command)
    drawing.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), *added]
    )
    drawing.__annotations__ = {**command.__annotations__, **more}
    setattr(drawing, _ADDED, True)
    return drawing


@contextmanager
def two_drawing(*, wanted: bool = True) -> Iterator[None]:
    """Have a second process draw some figures of a run, where there is a processor for it; say if it was lost.

    Parameters
    ----------
    wanted : bool
        Whether there will be figures.
    """
    if not wanted or not own_process.get() or processors() < 2:
        yield
        return
    from sim.figures.beside import drawn_beside

    with drawn_beside() as helper:
        yield
        if helper.note:
            print(helper.note, file=sys.stderr, flush=True)
