"""The picture of how good the chances are, which the documents show."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.kit.looks import WIDTH
from sim.figures.style import BLUE, INK, VERMILLION, Picture, drawing, save, share_axis
from tests.experiments.mine.validating import Bin, Validation, reliability

NAME: Final = "mine-reliability"


def draw(folder: Path, validations: Mapping[str, Validation]) -> Picture:
    """Draw forecasts beside what became of the services, a panel a validation.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; made if missing.
    validations : mapping of str to Validation
        By heading.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    with drawing():
        panel, left, top, bottom, across = 2.3, 0.85, 0.75, 0.5, 0.45
        total = top + panel + bottom
        figure = Figure(figsize=(WIDTH, total))
        FigureCanvasAgg(figure)
        for at, (heading, found) in enumerate(validations.items()):
            place = ((left + at * (panel + across)) / WIDTH, bottom / total, panel / WIDTH, panel / total)
            axis = figure.add_axes(place)
            _panel(axis, found)
            axis.set_title(heading)
            axis.set_xlabel("chance that was told")
            if at:
                axis.tick_params(labelleft=False)
            else:
                axis.set_ylabel("share in which it came")
        handles = [
            Line2D([], [], color=BLUE, marker="o", linestyle="-", label="by what was seen of the service"),
            Line2D(
                [], [], color=VERMILLION, marker="s", fillstyle="none", linestyle="none", label="by what was seen of another one"
            ),
            Line2D([], [], color=INK, linestyle=(0, (4, 2)), linewidth=0.9, label="as told"),
        ]
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=3, handlelength=2.2)
        count = max(len(one.ends) for one in validations.values())
        return save(
            figure, folder, NAME, title="Are the chances right?",
            caption=f"Up to {count:,} simulated services whose future is known, in ten groups by the chance that was told; bars "
            "are 95 % intervals.",
            alternative="Dots near the diagonal: what was told with a chance came about as often. Squares lie flat.",
        )  # fmt: skip


def _panel(axis: Any, found: Validation) -> None:
    told = found.told
    axis.plot([0, 1], [0, 1], color=INK, linestyle=(0, (4, 2)), linewidth=0.9, zorder=1)
    for chances, colour, mark in ((found.shuffled, VERMILLION, "s"), (found.chances, BLUE, "o")):
        bins = reliability(chances[told], found.ends[told])
        fill = "none" if mark == "s" else "full"
        points = [one.chance for one in bins], [one.share for one in bins]
        axis.plot(*points, color=colour, marker=mark, fillstyle=fill, linestyle="none", markersize=5)
        if mark == "o":
            for one in bins:
                axis.plot([one.chance, one.chance], _bar(one), color=colour, linewidth=1.2)
    axis.set_xlim(0, 1)
    share_axis(axis)
    axis.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axis.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axis.grid()


def _bar(one: Bin) -> tuple[float, float]:
    reach = 1.96 * float(np.sqrt(one.share * (1.0 - one.share) / one.services))
    return max(0.0, one.share - reach), min(1.0, one.share + reach)
