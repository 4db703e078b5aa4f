"""What stands beside the answer on a study's page: a few bars in one panel, with letters that stay readable on a telephone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from experiments.kit.looks import wrapped
from sim.figures.style import BLUE, EDGE, INK
from sim.report.answers import small_sheet

LETTERS: Final = 9.0
"""Points of every letter."""

MOST_LETTERS: Final = 54
"""Letters of a bar's name that its line has room for."""

_PAPER: Final[dict[str, Any]] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.4}


@dataclass(frozen=True)
class Bar:
    """A bar with its name above it and its value in words behind it.

    Attributes
    ----------
    name : str
    value : float
    text : str
    error : float
        Half the interval that a thin line shows, in the same unit; 0 for none.
    sides : (float, float), optional
        How far the line goes to the left and to the right, where that differs.
    colour, hatch : str
        A hatch tells bars apart in black and white.
    """

    name: str
    value: float
    text: str
    error: float = 0.0
    colour: str = BLUE
    hatch: str = ""
    sides: tuple[float, float] | None = None


def plain_panel(**margins: float) -> tuple[Any, Any]:
    """Small figure with its panel, all letters of one size; margins as ``small_sheet`` takes them."""
    figure = small_sheet(**margins)
    axis = figure.axes[0]
    axis.tick_params(labelsize=LETTERS)
    axis.xaxis.label.set_size(LETTERS)
    axis.yaxis.label.set_size(LETTERS)
    return figure, axis


def bars(
    several: Sequence[Bar], *, label: str, highest: float, ticks: Sequence[tuple[float, str]], room: float = 1.4
) -> tuple[Any, Any]:
    """Draw bars one below the other, each below its name.

    Parameters
    ----------
    several : sequence of Bar
        The first on top.
    label : str
        Of the axis, with its unit.
    highest : float
        End of the axis.
    ticks : sequence of (float, str)
        Where there are none, numbers are found.
    room : float
        Inches to the right of the axis, for the text behind the longest bar.

    Returns
    -------
    figure : matplotlib.figure.Figure
    axis : matplotlib.axes.Axes
        To which marks may be added.
    """
    figure, axis = plain_panel(left=0.25, right=room, top=0.05)
    for place, one in enumerate(several):
        at = place + 0.2
        axis.barh(at, one.value, height=0.42, color=one.colour, hatch=one.hatch, edgecolor=EDGE, linewidth=0.0, zorder=2)
        left, right = one.sides or (one.error, one.error)
        if left > 0 or right > 0:
            axis.errorbar(one.value, at, xerr=[[left], [right]], color=INK, elinewidth=1.1, capsize=2.5, zorder=4)
        axis.annotate(
            wrapped(one.name, MOST_LETTERS, 1), (0.0, place - 0.04), xytext=(0, 0), textcoords="offset points", va="bottom",
            fontsize=LETTERS, color=INK, annotation_clip=False, zorder=6, bbox=_PAPER,
        )  # fmt: skip
        axis.annotate(
            one.text, (one.value + right, at), xytext=(5, 0), textcoords="offset points", va="center", fontsize=LETTERS,
            color=INK, fontweight="bold", annotation_clip=False, zorder=6, bbox=_PAPER,
        )  # fmt: skip
    axis.set_xlim(0.0, highest)
    axis.set_ylim(len(several) - 0.5, -0.5)
    axis.set_yticks([])
    if ticks:
        axis.set_xticks([at for at, _ in ticks], [text for _, text in ticks])
    axis.set_xlabel(label)
    axis.spines["left"].set_visible(False)
    axis.axvline(0.0, color=INK, linewidth=0.8, zorder=3)
    return figure, axis
