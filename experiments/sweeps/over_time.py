"""Fidelity over the months of a sweep, and survival, from counts."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.kit.looks import wrapped
from experiments.sweeps.digest import Digest
from experiments.sweeps.effects import slices
from experiments.sweeps.panels import Pane, canvas, chosen_rows, kept_rows, label_axes, panes, pooled_words, summed, support_words
from sim.figures.style import BLUE, INK, SKY, VERMILLION, Picture, month_axis, save, share_axis
from sim.measures import Survival, kaplan_meier

if TYPE_CHECKING:
    import pandas as pd

BIN_WIDTH: Final = 0.1
_LINES: Final[tuple[tuple[str, Any], ...]] = (
    (BLUE, "-"), (VERMILLION, (0, (5, 1.5))), (SKY, (0, (6, 1.5, 1.2, 1.5))), (INK, (0, (1.2, 1.2))),
)  # fmt: skip


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

    table = kept_rows(digest, "fidelity_counts")
    if table is None or not table["services"].any():
        return None
    labels = {place: place for place in range(int(table["bin"].max()) + 1)}
    rows = panes(digest)
    figure, found = canvas(rows, entries=4)
    bands = []
    for pane, _ in found:
        months = int(digest.study.scenarios[pane.scenario].months)
        counts = summed(chosen_rows(digest, table, pane), "bin", months, labels, "services")
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
    label_axes(rows, found, "fidelity (1–5)", "months since training")
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
        "read this together with who goes on." + pooled_words(digest, rows) + support_words(digest)
    )
    return save(
        figure, folder, "fidelity", title="Fidelity over time", caption=caption,
        alternative=f"Bars of fidelity at some months. At the horizon {'; '.join(ends)}.",
    )  # fmt: skip


@dataclass(frozen=True)
class Spell:
    """What a service is followed to, from its first session.

    Attributes
    ----------
    name : str
        Of the picture.
    columns : tuple of str
        Events and censored, in ``survival_counts``.
    axis, title, ends : str
        Words of the vertical axis, of the picture, and of those to whom it has not happened.
    caption : str
        What is shown.
    """

    name: str
    columns: tuple[str, str]
    axis: str
    title: str
    ends: str
    caption: str


SPELLS: Final = (
    Spell(
        "survival", ("given_up_events", "given_up_censored"), "not yet\ngiven up", "Survival to giving up", "Not yet given up",
        "How long it lasts before the practice is given up for the first time, counted from a service's first session "
        "(Kaplan–Meier). Who later takes it up again stays counted as once given up",
    ),
    Spell(
        "survival-gap", ("gap_events", "gap_censored"), "no gap\nyet", "Survival to the first gap", "Without a gap",
        "How long sessions go on before the first gap that is so long that it counts as one, counted from a service's first "
        "session (Kaplan–Meier). Who comes back stays counted as once silent",
    ),
    Spell(
        "survival-abandoned", ("events", "censored"), "not yet\nabandoned", "Survival to first abandonment (old stock)",
        "Not yet abandoned",
        "How long the practice lasts before it is abandoned for the first time, in the old sense in which a long silence counts "
        "too, from a service's first session (Kaplan–Meier). A service that later restarts stays counted as once abandoned",
    ),
)  # fmt: skip
"""Pictures of survival: what leads first, the old stock last."""


def survival(digest: Digest, folder: Path, spell: Spell) -> Picture | None:
    """Draw Kaplan-Meier curves, a panel a scenario and a line a slice; None without counts."""
    from matplotlib.lines import Line2D

    table = kept_rows(digest, "survival_counts")
    if table is None or not set(spell.columns) <= set(table.columns) or not table[list(spell.columns)].any(axis=None):
        return None
    parts = slices(digest)
    shown = [Pane(at, parts[0], wrapped(name, 32, 1)) for at, name in enumerate(digest.called(32)[:12])]
    columns = 2 if len(shown) in (2, 4) else 3
    rows = [shown[at : at + columns] for at in range(0, len(shown), columns)]
    entries = len(parts) if len(parts) > 1 else 0
    figure, found = canvas(rows, entries=2 * entries)
    ends = []
    for pane, axis in found:
        months = int(digest.study.scenarios[pane.scenario].months)
        for part, (colour, dash) in zip(parts, _LINES, strict=False):
            curve = _curve(chosen_rows(digest, table, Pane(pane.scenario, part, "")), spell, months)
            axis.step(curve.months, curve.survival, where="post", color=colour, linestyle=dash, linewidth=1.6)
            known = curve.survival[~np.isnan(curve.survival)]
            if len(known):
                ends.append(f"{' '.join((digest.names[pane.scenario], part.label)).strip()} {known[-1]:.0%}")
        month_axis(axis, months)
        share_axis(axis)
        axis.grid(axis="y")
    label_axes(rows, found, spell.axis, "months since the first session")
    if entries:
        handles = [
            Line2D([], [], color=colour, linestyle=dash, linewidth=1.6, label=wrapped(part.label, 50, 1))
            for part, (colour, dash) in zip(parts, _LINES, strict=False)
        ]
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=2, handlelength=2.8)
    caption = (
        f"{spell.caption}; services that never gave a session are not in the curves. No band is drawn: the services of a run, "
        "and runs that share random numbers, are not independent of each other."
        + pooled_words(digest, [[Pane(0, part, "")] for part in parts]).replace("panels go", "lines go")
    )
    return save(
        figure, folder, spell.name, title=spell.title, caption=caption,
        alternative=f"Survival curves. {spell.ends} at the end: {'; '.join(ends)}.",
    )  # fmt: skip


def _curve(rows: "pd.DataFrame", spell: Spell, months: int) -> Survival:
    """Kaplan-Meier curve of counted spells."""
    events, censored = (np.zeros(months + 1, np.int64) for _ in range(2))
    for counts, column in zip((events, censored), spell.columns, strict=True):
        np.add.at(counts, rows["months"].to_numpy(), rows[column].to_numpy())
    return kaplan_meier(events, censored)
