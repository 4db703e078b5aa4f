"""Looks that the figures of several rooms share: colours and marks of scenarios, panels laid out in inches, axes with units."""

import textwrap
from collections.abc import Sequence
from typing import Any, Final

from experiments.kit.words import Outcome, minus
from sim.figures.files import DRAWN_WIDTH
from sim.figures.style import BLUE, GREEN, INK, ORANGE, PALE, SKY, VERMILLION

WIDTH: Final = DRAWN_WIDTH

SCENARIO_LOOKS: Final[tuple[tuple[str, str, Any], ...]] = (
    (BLUE, "o", "-"),
    (VERMILLION, "s", (0, (5, 1.5))),
    (GREEN, "^", (0, (1.2, 1.2))),
    (ORANGE, "D", (0, (6, 1.5, 1.2, 1.5))),
    (SKY, "v", "-"),
    (INK, "P", (0, (5, 1.5))),
)
"""Colour, mark and dashes of each scenario."""

MOST_LINES: Final = len(SCENARIO_LOOKS)

ERRORS: Final = 2.0
"""Monte Carlo standard errors to each side that a bar shows."""


def sheet(
    rows: int,
    columns: int,
    *,
    height: float,
    left: float = 0.62,
    right: float = 0.15,
    top: float = 0.3,
    bottom: float = 0.5,
    across: float = 0.3,
    between: float = 0.45,
) -> tuple[Any, list[list[Any]]]:
    """Figure with panels of one size.

    Parameters
    ----------
    rows, columns : int
    height : float
        Of a panel, in inches.
    left, right, top, bottom : float
        Margins, in inches.
    across, between : float
        Gaps from panel to panel across and downwards, in inches.

    Returns
    -------
    figure : matplotlib.figure.Figure
    axes : list of list of matplotlib.axes.Axes
        By row and column.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    total = top + bottom + rows * height + (rows - 1) * between
    width = (WIDTH - left - right - (columns - 1) * across) / columns
    figure = Figure(figsize=(WIDTH, total))
    FigureCanvasAgg(figure)
    axes = [
        [
            figure.add_axes(
                (
                    (left + column * (width + across)) / WIDTH,
                    (bottom + (rows - 1 - row) * (height + between)) / total,
                    width / WIDTH,
                    height / total,
                )
            )
            for column in range(columns)
        ]
        for row in range(rows)
    ]
    return figure, axes


def wrapped(text: str, room: int, lines: int = 2) -> str:
    r"""Text broken into lines; what does not fit is left out in the middle, as names often differ at their ends.

    Examples
    --------
    >>> wrapped("hours protected (hours/month)", 20)
    'hours protected\n(hours/month)'
    >>> wrapped("every-leader-and-twice-the-turnover-2", 20, 1)
    'every-leade…urnover-2'
    """
    if lines == 1:
        tail = (room - 1) // 2
        return text if len(text) <= room else f"{text[: room - tail]}…{text[-tail:]}"
    found, left = textwrap.wrap(text, room), len(text)
    while len(found) > lines:
        left -= 2
        found = textwrap.wrap(wrapped(text, left, 1), room)
    return "\n".join(found)


def untold_cell(axis: Any, x: float, y: float) -> None:
    """Hatch a cell of a map whose value cannot be told from none: colour alone would say that it is known."""
    from matplotlib.patches import Rectangle

    look: dict[str, Any] = {"facecolor": PALE, "edgecolor": "#8A8A8A", "hatch": "////", "linewidth": 0.0}
    axis.add_patch(Rectangle((x - 0.5, y - 0.5), 1.0, 1.0, zorder=2, **look))


def outcome_axis(axis: Any, outcome: Outcome, *, way: str = "y", signed: bool = False) -> None:
    """Ticks of an outcome: shares in per cent, few ticks, a sign where differences are shown."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    side = axis.yaxis if way == "y" else axis.xaxis
    side.set_major_locator(MaxNLocator(4))
    low, high = side.get_view_interval()
    whole = 100 * abs(high - low) > 4

    def told(value: float, _: int) -> str:
        sign = "+" if signed and value > 0 else ""
        if outcome.share:
            return minus(f"{sign}{100 * value:.{0 if whole else 1}f}{'' if signed else ' %'}")
        return minus(f"{sign}{value:,.6g}")

    side.set_major_formatter(FuncFormatter(told))


def spaced(places: Sequence[float], gap: float) -> list[float]:
    """Places in falling order moved apart until none is nearer to the next than a gap, all within 0 to 1.

    Examples
    --------
    >>> [round(one, 2) for one in spaced([0.5, 0.5, 0.1], 0.2)]
    [0.5, 0.3, 0.1]
    """
    found: list[float] = []
    for place in places:
        found.append(min(place, found[-1] - gap) if found else min(place, 1.0))
    return [max(place, gap * (len(found) - 1 - at)) for at, place in enumerate(found)]
