"""What becomes of services over the months of a sweep, from counts: states, fidelity, survival."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.kit.looks import sheet, wrapped
from experiments.sweeps.digest import Digest
from experiments.sweeps.effects import Slice, slices
from experiments.sweeps.looks import legend_room
from sim.figures.style import (
    BLUE,
    INK,
    SKY,
    STATE_LOOKS,
    VERMILLION,
    Picture,
    month_axis,
    save,
    share_axis,
    words,
)
from sim.measures import REGION, kaplan_meier

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS: Final = 4
BIN_WIDTH: Final = 0.1
_LINES: Final[tuple[tuple[str, Any], ...]] = (
    (BLUE, "-"), (VERMILLION, (0, (5, 1.5))), (SKY, (0, (6, 1.5, 1.2, 1.5))), (INK, (0, (1.2, 1.2))),
)  # fmt: skip
_EDGE: Final = "#5B5B5B"


@dataclass(frozen=True)
class Pane:
    """One panel: some points of a scenario.

    Attributes
    ----------
    scenario : int
        Place in ``Digest.names``.
    part : Slice
    heading : str
    """

    scenario: int
    part: Slice
    heading: str


def panes(digest: Digest) -> list[list[Pane]]:
    """Panels by row: a scenario a row and a slice a column; many scenarios fill rows of three with all their points."""
    parts = slices(digest)
    if len(digest.names) > MOST_ROWS or len(parts) == 1:
        whole = Slice("", parts[0].points if len(parts) == 1 else np.arange(digest.points))
        shown = [Pane(at, whole, wrapped(name, 40, 1)) for at, name in enumerate(digest.called(40)[:12])]
        return [shown[at : at + 3] for at in range(0, len(shown), 3)]
    room = 96 // len(parts)
    return [
        [Pane(at, part, _heading(name if len(digest.names) > 1 else "", part.label, room)) for part in parts]
        for at, name in enumerate(digest.called(room))
    ]


def _heading(name: str, label: str, room: int) -> str:
    return "\n".join(wrapped(line, room, 2 if line == label else 1) for line in (name, label) if line)


def _kept(digest: Digest, table: str) -> "pd.DataFrame | None":
    """Rows of a counts table for the whole region; None without any."""
    frame = digest.frames.get(table)
    if frame is None or frame.empty:
        return None
    whole = frame[(frame["group"] == "region") & (frame["unit"] == REGION)]
    return None if whole.empty else whole


def _chosen(digest: Digest, table: "pd.DataFrame", pane: Pane) -> "pd.DataFrame":
    mask = table["scenario"] == digest.names[pane.scenario]
    if len(pane.part.points) < digest.points:
        mask &= table["point"].isin(pane.part.points)
    return table[mask]


def _summed(table: "pd.DataFrame", by: str, months: int, labels: Mapping[Any, int], value: str) -> np.ndarray:
    """Counts summed over points: shape (labels, months), the first column being month 1."""
    counts = np.zeros((len(labels), months))
    sums = table.groupby([by, "month"], observed=True)[value].sum()
    for (label, month), count in sums.items():
        if label in labels and 1 <= month <= months:
            counts[labels[label], int(month) - 1] += count
    return counts


def _room_for_headings(rows: list[list[Pane]]) -> float:
    """Inches that the tallest heading takes."""
    return 0.17 * max(pane.heading.count("\n") + 1 for row in rows for pane in row) + 0.1


def _canvas(rows: list[list[Pane]], *, entries: int, left: float = 0.88) -> tuple[Any, list[tuple[Pane, Any]]]:
    """Figure with an axis a pane, with headings, and the axes of places without a pane removed."""
    head = _room_for_headings(rows)
    figure, axes = sheet(
        len(rows), max(len(row) for row in rows), height=1.5, top=head + legend_room(entries), bottom=0.5, between=head + 0.3,
        across=0.2, left=left,
    )  # fmt: skip
    found = []
    for panes_row, axes_row in zip(rows, axes, strict=True):
        for at, axis in enumerate(axes_row):
            if at >= len(panes_row):
                axis.set_axis_off()
                continue
            axis.set_title(panes_row[at].heading)
            axis.tick_params(labelleft=at == 0)
            found.append((panes_row[at], axis))
    return figure, found


def _pooled(digest: Digest, rows: list[list[Pane]]) -> str:
    """Sentence that says what the panels are, and over what they are pooled."""
    many = any(len(pane.part.points) > 1 for row in rows for pane in row)
    parts = rows[0][0].part.label != ""
    told = ""
    if digest.kind == "one-at-a-time" and parts:
        told = " The scenario as it is, and with the factor that does most at its lowest and highest value."
    elif many and parts:
        told = " The panels go along the factor that does most; each takes together all design points with such a value."
    elif many:
        told = f" All {digest.points:,} design points are taken together."
    elif digest.kind == "one-at-a-time" and digest.points > 1:
        told = " The scenarios are shown as they are, with no factor moved."
    of = max(pane.part.of for row in rows for pane in row)
    if of:
        shown = len({pane.part.label for row in rows for pane in row if pane.part.of})
        which = f"{shown}" if digest.kind == "one-at-a-time" else f"the first {shown}"
        told += f" Only {which} of the {of} words of the factor are shown."
    if digest.unweighted:
        told += " Counts are over all runs alike (members unweighted), whatever the weights of the ensemble's members."
    if len(digest.names) > 12:
        told += f" The first 12 of {len(digest.names)} scenarios are shown."
    return told


def _support(digest: Digest) -> str:
    return f" The dashed line marks month {digest.support}, when the outside support ends." if digest.support else ""


def states(digest: Digest, folder: Path) -> Picture | None:
    """Draw the stacked shares of states over time; None without tallies."""
    from matplotlib.patches import Patch

    table = _kept(digest, "tallies")
    if table is None:
        return None
    labels = {name: at for at, name in enumerate(STATE_LOOKS)}
    table = table[table["measure"].isin(list(labels))]
    rows = panes(digest)
    figure, found = _canvas(rows, entries=4)
    ends = []
    for at, (pane, axis) in enumerate(found):
        months = int(digest.study.scenarios[pane.scenario].months)
        counts = _summed(_chosen(digest, table, pane), "measure", months, labels, "total")
        every = counts.sum(axis=0)
        shares = np.divide(counts, every, out=np.zeros_like(counts), where=every > 0)
        # training is month 0: nobody has started yet
        begin = np.array([[1.0 if name == "not_yet_started" else 0.0] for name in labels])
        tops = np.cumsum(np.concatenate([begin, shares], axis=1), axis=0)
        for place, (colour, hatch) in enumerate(STATE_LOOKS.values()):
            floor = tops[place - 1] if place else np.zeros(months + 1)
            look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": _EDGE, "linewidth": 0.0}
            axis.fill_between(range(months + 1), floor, tops[place], **look)
        month_axis(axis, months, mark=digest.support, label=at == 0)
        share_axis(axis)
        ends.append(f"{pane.heading or 'all'}: {shares[labels['sustained'], -1]:.0%} sustained, "
                    f"{shares[labels['abandoned'], -1]:.0%} abandoned".replace("\n", ", "))  # fmt: skip
    _label(rows, found, "share of services\nand runs", "months since training")
    handles = [
        Patch(facecolor=colour, hatch=hatch, edgecolor=_EDGE, linewidth=0.3, label=words(name))
        for name, (colour, hatch) in STATE_LOOKS.items()
    ]
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=7, handlelength=1.5, columnspacing=1.3)
    caption = (
        "What becomes of the practice. The height of a colour is the share of services and runs in that state: green, at "
        "least half of a "
        "service's posts deliver with high fidelity; light blue, fewer posts do; orange, sessions are given but fidelity has "
        "drifted below "
        "the mark; yellow, a pause; red, abandoned." + _pooled(digest, rows) + _support(digest)
    )
    return save(
        figure, folder, "states", title="States over time", caption=caption,
        alternative=f"Stacked areas over months. At the horizon {'; '.join(ends)}.",
    )  # fmt: skip


def _label(rows: list[list[Pane]], found: list[tuple[Pane, Any]], upright: str, along: str) -> None:
    """Label the vertical axis of each row's first panel, and the horizontal one of panels with nothing below."""
    at = 0
    for place, row in enumerate(rows):
        below = len(rows[place + 1]) if place + 1 < len(rows) else 0
        for column in range(len(row)):
            axis = found[at][1]
            if column == 0:
                axis.set_ylabel(upright)
            if column >= below:
                axis.set_xlabel(along)
            at += 1


def quantiles(counts: np.ndarray, wanted: tuple[float, ...]) -> np.ndarray:
    """Quantiles of fidelity from counts in bins, evenly spread within a bin.

    Parameters
    ----------
    counts : numpy.ndarray
        Shape (bins, months): services in bins of 0.1 from 1 upwards.
    wanted : tuple of float

    Returns
    -------
    numpy.ndarray
        Shape (wanted, months), scale 1 to 5; NaN in months without any service.

    Examples
    --------
    >>> one = np.zeros((40, 1)); one[30] = 10
    >>> quantiles(one, (0.5,)).round(2).tolist()
    [[4.05]]
    """
    upper = np.cumsum(counts, axis=0)
    total = upper[-1]
    found = np.full((len(wanted), counts.shape[1]), np.nan)
    for month in np.flatnonzero(total > 0):
        goal = np.array(wanted) * total[month]
        at = np.searchsorted(upper[:, month], goal, side="left")
        before = upper[at, month] - counts[at, month]
        within = np.divide(goal - before, counts[at, month], out=np.zeros(len(goal)), where=counts[at, month] > 0)
        found[:, month] = np.minimum(1.0 + BIN_WIDTH * (at + within), 5.0)
    return found


def fidelity(digest: Digest, folder: Path) -> Picture | None:
    """Draw the spread of fidelity at the months at which it is counted; None without its counts."""
    from matplotlib.lines import Line2D

    table = _kept(digest, "fidelity_counts")
    if table is None or not table["services"].any():
        return None
    labels = {place: place for place in range(int(table["bin"].max()) + 1)}
    rows = panes(digest)
    figure, found = _canvas(rows, entries=4)
    bands = []
    for pane, _ in found:
        months = int(digest.study.scenarios[pane.scenario].months)
        counts = _summed(_chosen(digest, table, pane), "bin", months, labels, "services")
        bands.append(quantiles(counts, (0.05, 0.25, 0.5, 0.75, 0.95)))
    least = min((float(np.nanmin(band)) for band in bands if not np.all(np.isnan(band))), default=3.0)
    lowest = min(3.0, np.floor(2 * least) / 2)
    ends = []
    for at, ((pane, axis), band) in enumerate(zip(found, bands, strict=True)):
        month = 1 + np.flatnonzero(~np.isnan(band[2]))
        low, lower, middle, upper, high = band[:, month - 1]
        axis.plot(month, middle, color=BLUE, linewidth=1.0, linestyle=(0, (2, 2)), zorder=2)
        axis.vlines(month, low, high, color=BLUE, linewidth=1.2, zorder=3)
        axis.vlines(month, lower, upper, color=SKY, linewidth=7, zorder=4)
        axis.plot(month, middle, color=INK, marker="_", linestyle="", markersize=8, markeredgewidth=2, zorder=5)
        month_axis(axis, band.shape[1], mark=digest.support, label=at == 0)
        axis.set_xlim(0, 1.03 * band.shape[1])  # room for the last bar
        axis.set_ylim(lowest, 5)
        axis.set_yticks([tick for tick in (1, 2, 3, 4, 5) if tick >= lowest])
        axis.grid(axis="y")
        last = float(band[2, -1])
        told = "no sessions" if np.isnan(last) else f"median {last:.2f}"
        ends.append(f"{pane.heading or 'all'}: {told}".replace("\n", ", "))
    _label(rows, found, "fidelity (1–5)", "months since training")
    handles = [
        Line2D([], [], color=INK, marker="_", linestyle="", markersize=8, markeredgewidth=2, label="median"),
        Line2D([], [], color=SKY, linewidth=7, label="middle half"),
        Line2D([], [], color=BLUE, linewidth=1.2, label="5–95 %"),
    ]
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=3, handlelength=1.8)
    caption = (
        "How closely the practice is followed where it is still given. At the months at which fidelity is counted, half of "
        "the services and "
        "runs lie in the wide bar and nine in ten on the thin one; counted in steps of 0.1. Services without a session in "
        "the last "
        "months have no fidelity and are not counted: "
        "read this together with the states." + _pooled(digest, rows) + _support(digest)
    )
    return save(
        figure, folder, "fidelity", title="Fidelity over time", caption=caption,
        alternative=f"Bars of fidelity at some months. At the horizon {'; '.join(ends)}.",
    )  # fmt: skip


def survival(digest: Digest, folder: Path) -> Picture | None:
    """Draw Kaplan-Meier curves, a panel a scenario and a line a slice; None without counts."""
    from matplotlib.lines import Line2D

    table = _kept(digest, "survival_counts")
    if table is None or not (table["events"].any() or table["censored"].any()):
        return None
    parts = slices(digest)
    shown = [Pane(at, parts[0], wrapped(name, 40, 1)) for at, name in enumerate(digest.called(40)[:12])]
    columns = 2 if len(shown) in (2, 4) else 3
    rows = [shown[at : at + columns] for at in range(0, len(shown), columns)]
    entries = len(parts) if len(parts) > 1 else 0
    figure, found = _canvas(rows, entries=2 * entries)
    ends = []
    for pane, axis in found:
        months = int(digest.study.scenarios[pane.scenario].months)
        for part, (colour, dash) in zip(parts, _LINES, strict=False):
            one = _chosen(digest, table, Pane(pane.scenario, part, ""))
            events, censored = (np.zeros(months + 1, np.int64) for _ in range(2))
            np.add.at(events, one["months"].to_numpy(), one["events"].to_numpy())
            np.add.at(censored, one["months"].to_numpy(), one["censored"].to_numpy())
            curve = kaplan_meier(events, censored)
            axis.step(curve.months, curve.survival, where="post", color=colour, linestyle=dash, linewidth=1.6)
            known = curve.survival[~np.isnan(curve.survival)]
            if len(known):
                ends.append(f"{' '.join((digest.names[pane.scenario], part.label)).strip()} {known[-1]:.0%}")
        month_axis(axis, months)
        share_axis(axis)
        axis.grid(axis="y")
    _label(rows, found, "not yet\nabandoned", "months since the first session")
    if entries:
        handles = [
            Line2D([], [], color=colour, linestyle=dash, linewidth=1.6, label=wrapped(part.label, 50, 1))
            for part, (colour, dash) in zip(parts, _LINES, strict=False)
        ]
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=2, handlelength=2.8)
    caption = (
        "How long the practice lasts before it is abandoned for the first time, counted from a service's first session "
        "(Kaplan–Meier). "
        "A service that later restarts stays counted as once abandoned; services that never gave a session are not in the "
        "curves. No band "
        "is drawn: the services of a run, and runs that share random numbers, are not independent of each other."
        + _pooled(digest, [[Pane(0, part, "")] for part in parts]).replace("panels go", "lines go")
    )
    return save(
        figure, folder, "survival", title="Survival to first abandonment", caption=caption,
        alternative=f"Survival curves. Not yet abandoned at the end: {'; '.join(ends)}.",
    )  # fmt: skip
