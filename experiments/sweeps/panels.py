"""Panels of the figures over months: a scenario a row and a slice a column, with counts chosen and summed for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.kit.looks import sheet, wrapped
from experiments.sweeps.digest import Digest
from experiments.sweeps.effects import Slice, slices
from experiments.sweeps.looks import legend_room
from sim.measures import REGION

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS: Final = 4


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
        shown = [Pane(at, whole, wrapped(name, 32, 1)) for at, name in enumerate(digest.called(32)[:12])]
        return [shown[at : at + 3] for at in range(0, len(shown), 3)]
    room = 96 // len(parts)
    return [
        [Pane(at, part, _heading(name if len(digest.names) > 1 else "", part.label, room)) for part in parts]
        for at, name in enumerate(digest.called(room))
    ]


def _heading(name: str, label: str, room: int) -> str:
    return "\n".join(wrapped(line, room, 2 if line == label else 1) for line in (name, label) if line)


def kept_rows(digest: Digest, table: str) -> "pd.DataFrame | None":
    """Rows of a counts table for the whole region; None without any."""
    frame = digest.frames.get(table)
    if frame is None or frame.empty:
        return None
    whole = frame[(frame["group"] == "region") & (frame["unit"] == REGION)]
    return None if whole.empty else whole


def chosen_rows(digest: Digest, table: "pd.DataFrame", pane: Pane) -> "pd.DataFrame":
    """Rows of a counts table for a panel."""
    mask = table["scenario"] == digest.names[pane.scenario]
    if len(pane.part.points) < digest.points:
        mask &= table["point"].isin(pane.part.points)
    return table[mask]


def summed(table: "pd.DataFrame", by: str, months: int, labels: Mapping[Any, int], value: str) -> np.ndarray:
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


def canvas(rows: list[list[Pane]], *, entries: int, left: float = 0.88) -> tuple[Any, list[tuple[Pane, Any]]]:
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


def pooled_words(digest: Digest, rows: list[list[Pane]]) -> str:
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


def support_words(digest: Digest) -> str:
    """Sentence on the line that marks the end of the support; empty where there is none."""
    return f" The dashed line marks month {digest.support}, when the outside support ends." if digest.support else ""


def label_axes(rows: list[list[Pane]], found: list[tuple[Pane, Any]], upright: str, along: str) -> None:
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
