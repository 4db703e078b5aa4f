"""What becomes of services over the months of a sweep, as stacked areas: who goes on, and the old states."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.sweeps.digest import Digest
from experiments.sweeps.panels import canvas, chosen_rows, kept_rows, label_axes, panes, pooled_words, summed, support_words
from sim.figures.style import EDGE, STATE_LOOKS, USE_LOOKS, Picture, month_axis, patches, save, share_axis
from sim.figures.uses import KEPT_GOING
from sim.words import words

if TYPE_CHECKING:
    import pandas as pd

LINE: Final = "kept_going"
"""Count that is drawn as a line over what is made of the practice: it is no part of it."""

Shares = Mapping[str, np.ndarray]


def uses(digest: Digest, folder: Path) -> Picture | None:
    """Draw what is made of the practice, and who has kept going; None without their counts."""
    shape = (
        "Who goes on. The height of a colour is the share of services and runs: green, operating, a session was given within the "
        "delivery window; yellow, silent, no session and not given up; red, given up. The line is who has kept going: no gap "
        "between sessions so long that it counts as one. It is no part of the areas."
    )

    def told(shares: Shares) -> str:
        return f"{shares[LINE][-1]:.0%} have kept going, {shares['given_up'][-1]:.0%} have given up"

    return _stacked(digest, folder, USE_LOOKS, told, name="uses", title="Who goes on", caption=shape, line=LINE)


def states(digest: Digest, folder: Path) -> Picture | None:
    """Draw the stacked shares of the old states; None without their counts."""
    shape = (
        "The old stock: in which state services are at a month, whatever they were before. Green, at least half of a "
        "service's posts deliver with high fidelity; light blue, fewer posts do; orange, sessions are given but fidelity has "
        "drifted below the mark; yellow, a pause; red, abandoned."
    )

    def told(shares: Shares) -> str:
        return f"{shares['sustained'][-1]:.0%} sustained, {shares['abandoned'][-1]:.0%} abandoned"

    return _stacked(digest, folder, STATE_LOOKS, told, name="states", title="States over time (old stock)", caption=shape)


def _stacked(
    digest: Digest,
    folder: Path,
    looks: Mapping[str, tuple[str, str]],
    told: Callable[[Shares], str],
    *,
    name: str,
    title: str,
    caption: str,
    line: str = "",
) -> Picture | None:
    """Draw shares over months, stacked in the order of their looks, with another count as a line."""
    from matplotlib.lines import Line2D

    counted, table = [*looks, line] if line else [*looks], kept_rows(digest, "tallies")
    if table is None or not set(counted) <= set(table["measure"]):
        return None
    rows = panes(digest)
    figure, found = canvas(rows, entries=4)
    ends = []
    for at, (pane, axis) in enumerate(found):
        months = int(digest.study.scenarios[pane.scenario].months)
        shares = _shares(chosen_rows(digest, table, pane), counted, months, stacked=len(looks))
        floor = np.zeros(months + 1)
        for what, (colour, hatch) in looks.items():
            look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": EDGE, "linewidth": 0.0}
            axis.fill_between(range(months + 1), floor, floor + shares[what], **look)
            floor = floor + shares[what]
        if line:
            axis.plot(range(months + 1), shares[line], **KEPT_GOING)
        month_axis(axis, months, mark=digest.support, label=at == 0)
        share_axis(axis)
        ends.append(f"{pane.heading or 'all'}: {told(shares)}".replace("\n", ", "))
    label_axes(rows, found, "share of services\nand runs", "months since training")
    handles = patches(looks)
    handles += [Line2D([], [], **KEPT_GOING, label=words(line))] if line else []
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=7, handlelength=1.5, columnspacing=1.3)
    return save(
        figure, folder, name, title=title, caption=caption + pooled_words(digest, rows) + support_words(digest),
        alternative=f"Stacked areas over months. At the horizon {'; '.join(ends)}.",
    )  # fmt: skip


def _shares(table: "pd.DataFrame", counted: list[str], months: int, *, stacked: int) -> Shares:
    """Shares of services and runs from month 0 on, by what is counted; the first ``stacked`` add up to 1."""
    counts = summed(
        table[table["measure"].isin(counted)], "measure", months, {what: at for at, what in enumerate(counted)}, "total"
    )
    every = counts[:stacked].sum(axis=0)
    shares = np.divide(counts, every, out=np.zeros_like(counts), where=every > 0)
    # training is month 0: nobody has started yet
    begin = np.array([[1.0 if what == "not_yet_started" else 0.0] for what in counted])
    return dict(zip(counted, np.concatenate([begin, shares], axis=1), strict=True))
