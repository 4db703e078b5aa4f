"""The picture beside a page's answer: small, with letters that a phone can show, and held by the page alone."""

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

from sim.figures.letters import letters_of
from sim.figures.style import Pictures, drawing, not_made
from sim.report.pages import Figure

WIDTH: Final = 4.6
HEIGHT: Final = 2.9
"""Inches: on a phone, 390 points wide, letters come out at two thirds of what is set."""

NAME: Final = "answer"

APART: Final = 0.09
"""Least distance of two names beside their lines, in parts of the axis."""


def small_sheet(*, height: float = HEIGHT, left: float = 0.75, right: float = 0.15, top: float = 0.3, bottom: float = 0.5) -> Any:
    """Figure with one panel, its margins in inches; draw on ``figure.axes[0]``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    figure = Sheet(figsize=(WIDTH, height))
    FigureCanvasAgg(figure)
    figure.add_axes((left / WIDTH, bottom / height, 1 - (left + right) / WIDTH, 1 - (top + bottom) / height))
    return figure


def answer_picture(draw: Callable[[], Any], *, caption: str, alternative: str) -> Figure:
    """Picture of an answer, as the page holds it.

    Parameters
    ----------
    draw : callable
        Gives the matplotlib figure; called with the settings of all figures.
    caption : str
        What it means, in one or two sentences.
    alternative : str
        Words for those who cannot see it.

    Returns
    -------
    Figure
    """
    stream = BytesIO()
    with drawing():
        figure = draw()
        with letters_of(figure) as (_, sentence):
            figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    address = "data:image/svg+xml;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
    return Figure(NAME, "", caption + sentence, alternative, address)


def answer_or_none(pictures: Pictures, make: Callable[[], Figure]) -> Figure | None:
    """Picture of an answer; None where it cannot be made, which costs the page nothing else.

    Parameters
    ----------
    pictures : Pictures
        What could not be made is noted there.
    make : callable
        Gives what ``answer_picture`` does.
    """
    try:
        return make()
    except Exception as error:
        pictures.failed.append(not_made(NAME, error))
        return None


def spread_out(heights: list[float], *, apart: float = APART) -> list[float]:
    """Heights for names beside lines: near their own, in the same order, and so far apart that none covers another.

    Parameters
    ----------
    heights : list of float
        Ends of lines, in parts of the axis.
    apart : float

    Examples
    --------
    >>> spread_out([0.5, 0.5, 0.9], apart=0.1)
    [0.5, 0.6, 0.9]
    """
    placed = dict.fromkeys(range(len(heights)), 0.0)
    lowest = -1.0
    for at in sorted(range(len(heights)), key=lambda place: heights[place]):
        lowest = max(heights[at], lowest + apart)
        placed[at] = lowest
    over = max(0.0, lowest - 1.0)
    return [round(placed[at] - over, 6) for at in range(len(heights))]
