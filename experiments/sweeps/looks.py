"""Looks that the figures of a sweep share: scenarios' colours and marks, panels laid out in inches, axes with units."""

import textwrap
from typing import Any, Final

from experiments.sweeps.digest import Digest, Outcome, ShownFactor, minus
from sim.figures.style import BLUE, GREEN, INK, ORANGE, SKY, VERMILLION

WIDTH: Final = 9.0
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


def scenario_legend(figure: Any, digest: Digest) -> None:
    """Legend of the scenarios on top; nothing for a single one."""
    from matplotlib.lines import Line2D

    if len(digest.names) < 2:
        return
    handles = [
        Line2D([], [], color=colour, marker=mark, linestyle=dash, markersize=5, linewidth=1.4, label=wrapped(name, 30, 1))
        for name, (colour, mark, dash) in zip(digest.names, SCENARIO_LOOKS, strict=False)
    ]
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=min(len(handles), 4), handlelength=2.6,
        columnspacing=1.6,
    )  # fmt: skip


def legend_room(entries: int) -> float:
    """Inches that a legend of so many entries takes on top."""
    return 0.0 if entries == 0 else 0.1 + 0.2 * -(-entries // 4)


def scenario_entries(digest: Digest) -> int:
    """Entries of the legend that are scenarios."""
    return min(len(digest.names), MOST_LINES) if len(digest.names) > 1 else 0


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


def level_ticks(axis: Any, factor: ShownFactor, places: list[float], *, way: str = "x") -> None:
    """Ticks at the levels of a factor, thinned where they would run into each other."""
    levels = factor.levels
    step = max(1, -(-len(levels) // 6))
    labels = [wrapped(factor.text(level), 12, 2) if at % step == 0 else "" for at, level in enumerate(levels)]
    (axis.set_xticks if way == "x" else axis.set_yticks)(places, labels)


def room_below(factors: list[ShownFactor], room: int) -> float:
    """Inches that the ticks and the label of a horizontal axis of factors take, the label broken after so many characters."""
    words = any(one.labels for one in factors)
    return 0.32 + (0.3 if words else 0.15) + 0.14 * max(wrapped(one.axis, room, 2).count("\n") for one in factors)


def only_scenarios(digest: Digest, most: int = MOST_LINES) -> str:
    """Sentence that says which scenarios a figure leaves out; empty if none."""
    count = len(digest.names)
    return f" The first {most} of {count} scenarios are shown." if count > most else ""
