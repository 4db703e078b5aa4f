"""Sheets with panels that several figures of a run are drawn on, one after the other: making panels takes a third of the time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

Sheet = tuple[Any, list[Any]]
"""A ``matplotlib.figure.Figure``, and its panels in order."""


class _Sheets:
    """Sheets that have been given back, by their kind, and the kinds of those that are being drawn on."""

    def __init__(self) -> None:
        self.free: dict[object, Sheet] = {}
        self.taken: dict[Any, object] = {}


_sheets: Final[ContextVar[_Sheets | None]] = ContextVar("sheets that are drawn on again", default=None)


@contextmanager
def sheets_again() -> Iterator[None]:
    """Draw figures with the same panels on one sheet.

    All of them must label the same axes. A sheet is given back when its figure is saved, so that two figures can be begun at
    once; that of a figure which fails is not used again.
    """
    token = _sheets.set(_Sheets())
    try:
        yield
    finally:
        _sheets.reset(token)


def sheet(kind: object, make: Callable[[], Sheet]) -> Sheet:
    """Sheet to draw on: one that was given back, otherwise a new one.

    Parameters
    ----------
    kind : object
        Equal for sheets of equal panels, headings and sizes.
    make : callable
        Makes a new one.
    """
    sheets = _sheets.get()
    if sheets is None:
        return make()
    figure, axes = sheets.free.pop(kind) if kind in sheets.free else make()
    sheets.taken[figure] = kind
    return figure, axes


def give_back(figure: Any) -> None:
    """Take everything off a sheet but its panels, their headings and their months, for the next figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        That is saved. Any other than a sheet stays as it is.
    """
    from matplotlib.ticker import ScalarFormatter

    sheets = _sheets.get()
    if sheets is None or figure not in sheets.taken:
        return
    for legend in list(figure.legends):
        legend.remove()
    for axis in figure.axes:
        for artist in (*axis.collections, *axis.lines, *axis.patches, *axis.texts):
            artist.remove()
        axis.grid(visible=False)
        axis.yaxis.set_major_formatter(ScalarFormatter())  # named ticks have a formatter of their own
    sheets.free[sheets.taken.pop(figure)] = figure, list(figure.axes)
