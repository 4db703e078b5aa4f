"""The figures of a sensitivity analysis."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.kit.looks import ERRORS, sheet, spaced, untold_cell, wrapped
from experiments.kit.words import label_of, minus
from experiments.sensitivity.finding import Findings
from experiments.sensitivity.quantities import MAIN, Quantity
from sim.figures.style import BLUE, EDGE, GREY, INK, ORANGE, PALE, VERMILLION, Picture, Pictures, drawing, save
from sim.report.sentences import NBSP

NAMED: Final = 5
"""Points of a panel of the screening that are named."""
MOST_COLUMNS: Final = 12
"""Outcomes that a panel of the map has room for."""


def draw_all(folder: Path, findings: Findings) -> Pictures:
    """Draw every figure that there is something for.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; made if missing.
    findings : Findings

    Returns
    -------
    list of Picture
    """
    pictures = Pictures()
    with drawing():
        pictures.add("screening", lambda: screening(findings, folder))
        if findings.indices:
            for group in by_outcome(findings):
                pictures.add(f"tornado of {group[0].outcome.name}", partial(tornado, findings, folder, group))
            pictures.add("heat", lambda: heat(findings, folder))
        if findings.alone is not None:
            pictures.add("alone", lambda: alone(findings, folder))
    return pictures


def by_outcome(findings: Findings) -> list[list[Quantity]]:
    """Quantities of one outcome each, the main outcome at the horizon first."""
    names = dict.fromkeys(one.outcome.name for one in findings.quantities)
    order = sorted(names, key=lambda name: name != MAIN)
    return [[one for one in findings.quantities if one.outcome.name == name] for name in order]


def at_the_horizon(findings: Findings) -> list[Quantity]:
    """Quantities at the horizon; all of them where there is none."""
    return [one for one in findings.quantities if "@" not in one.outcome.name] or list(findings.quantities)


def columns_of(findings: Findings) -> list[list[Quantity]]:
    """Columns of each panel of the map: all in one, or of very many a panel a scenario, the difference in the last."""
    if len(findings.quantities) <= MOST_COLUMNS:
        return [list(findings.quantities)]
    scenarios = dict.fromkeys(one.scenario for one in findings.quantities if not one.is_effect)
    panels = [[one for one in findings.quantities if one.scenario == name] for name in scenarios]
    panels[-1] += [one for one in findings.quantities if one.is_effect]
    return panels


def scale_of(quantity: Quantity) -> float:
    """What values are multiplied by to be shown: shares are told in percentage points."""
    return 100.0 if quantity.outcome.share else 1.0


def unit_of(quantity: Quantity) -> str:
    """Unit in which changes of an outcome are told."""
    return "percentage points" if quantity.outcome.share else quantity.outcome.unit


def screening(findings: Findings, folder: Path) -> Picture:
    """Draw size against spread of the elementary effects, a panel an outcome."""
    from matplotlib.lines import Line2D

    quantities, columns = at_the_horizon(findings), 2
    rows = -(-len(quantities) // columns)
    figure, grid = sheet(rows, columns, height=1.75, right=2.05, across=2.65, between=0.86, top=0.8, bottom=0.5)
    axes = [axis for row in grid for axis in row]
    for axis, quantity in zip(axes, quantities, strict=False):
        _cloud(axis, findings, quantity)
    for axis in axes[len(quantities) :]:
        axis.set_axis_off()
    look: dict[str, Any] = {"linestyle": "", "markersize": 5}
    handles = [
        Line2D([], [], color=BLUE, marker="o", label="more than chance", **look),
        Line2D([], [], color=GREY, marker=".", label="no more than chance", **look),
        Line2D([], [], color=VERMILLION, marker="X", label="dummy", **look),
        Line2D([], [], color=INK, linestyle=(0, (4, 2)), linewidth=1.0, label="noise floor"),
    ]
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=4, handlelength=1.8)
    caption = (
        "Screening. Each point is a parameter: to the right, how much an outcome changes on average when the parameter alone "
        "moves over its whole range (μ*); upwards, how differently it does so from place to place (σ), because of interactions "
        "or curvature. Left of the dashed line an effect cannot be told from chance: so much is shown by a dummy, which the "
        "model is not given, when other random numbers are drawn (upper bound), or by some parameter in the difference between "
        "two halves of the replicates, where there is nothing but chance. The largest are named."
    )
    if len(quantities) < len(findings.quantities):
        caption += " Outcomes at earlier months are in the table morris."
    one = findings.headline
    return save(
        figure, folder, "screening", title="Screening: which parameters do more than chance", caption=caption,
        alternative=f"Scatter plots of size and spread of effects. {one.title}: {_largest(findings, one)}.",
    )  # fmt: skip


def _largest(findings: Findings, quantity: Quantity) -> str:
    """Parameters with the largest effects, in words."""
    found = findings.screened[quantity]
    order = [at for at in np.argsort(-found.mu_star, kind="stable")[:NAMED].tolist() if found.above[at]]
    unit = unit_of(quantity)
    told = [f"{label_of(findings.space.names[at])} {scale_of(quantity) * found.mu_star[at]:.2g} {unit}" for at in order]
    return "; ".join(told) or "no parameter does more than chance"


def _cloud(axis: Any, findings: Findings, quantity: Quantity) -> None:
    """One panel of the screening."""
    found, scale = findings.screened[quantity], scale_of(quantity)
    size, spread, floor = scale * found.mu_star, scale * found.sigma, scale * found.noise.floor
    below, above = ~found.above, found.above
    axis.plot(size[below], spread[below], linestyle="", marker=".", markersize=3.5, color=GREY, zorder=3)
    axis.plot(size[above], spread[above], linestyle="", marker="o", markersize=4, color=BLUE, zorder=4)
    dummy = scale * found.noise.dummy, scale * found.dummy_sigma
    axis.plot(*dummy, linestyle="", marker="X", markersize=6, color=VERMILLION, zorder=6)
    axis.axvline(floor, color=INK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=5)
    right, top = max(float(size.max()), floor, 1e-9), max(float(spread.max()), dummy[1], 1e-9)
    axis.set_xlim(0.0, 1.06 * right)
    axis.set_ylim(0.0, 1.08 * top)
    axis.locator_params(nbins=4)
    axis.grid(visible=True)
    axis.set_title(wrapped(quantity.title, 46, 2))
    axis.set_xlabel(f"μ* ({unit_of(quantity)})", labelpad=2)
    axis.set_ylabel("σ", labelpad=2)
    order = [at for at in np.argsort(-size, kind="stable")[:NAMED].tolist() if above[at]]
    order.sort(key=lambda at: -spread[at])
    places = spaced([spread[at] / (1.08 * top) for at in order], 0.17)
    for at, place in zip(order, places, strict=True):
        label = wrapped(label_of(findings.space.names[at]), 38, 2)
        axis.annotate(
            label, (size[at], spread[at]), xytext=(1.05, place), textcoords="axes fraction", va="center", fontsize=7, color=INK,
            annotation_clip=False, arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.5, "shrinkA": 1, "shrinkB": 2},
        )  # fmt: skip


def drawn_as(outcome: str) -> str:
    """Name of the tornado of an outcome, without the ending of a file.

    Examples
    --------
    >>> drawn_as("share_kept_going@24")
    'tornado-share-kept-going-24'
    """
    return f"tornado-{outcome.replace('@', '-').replace('_', '-')}"


def tornado(findings: Findings, folder: Path, group: Sequence[Quantity]) -> Picture:
    """Draw total indices with those of first order beside them, a panel a scenario, for one outcome."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    names = [one.name for one in findings.survivors]
    total = np.array([np.nan_to_num(findings.indices[one].total) for one in group])
    order = np.argsort(-total.max(axis=0), kind="stable")
    figure, (row,) = sheet(1, len(group), height=0.25 + 0.27 * len(names), left=2.55, top=0.86, bottom=0.5, across=0.22)
    for at, (axis, quantity) in enumerate(zip(row, group, strict=True)):
        found = findings.indices[quantity]
        for place, which in enumerate(order.tolist()):
            colour = BLUE if found.important[which] else PALE
            _bar(axis, place - 0.19, found.total[which], found.total_reach[which], colour, "")
            colour = ORANGE if found.first_important[which] else PALE
            _bar(axis, place + 0.19, found.first[which], found.first_reach[which], colour, "////")
        if np.isfinite(found.noise.floor):
            axis.axvline(found.noise.floor, color=INK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=5)
        else:
            axis.text(0.5, 0.5, "does not vary", transform=axis.transAxes, ha="center", color=INK)
        axis.axvline(0.0, color=INK, linewidth=0.8)
        axis.set_ylim(len(names) - 0.4, -0.6)
        axis.set_yticks(range(len(names)), [wrapped(label_of(names[one]), 44, 2) for one in order] if at == 0 else [], fontsize=7)
        axis.set_xlim(*_reach(findings, group))
        axis.locator_params(axis="x", nbins=4)
        axis.grid(axis="x")
        axis.set_title(wrapped(quantity.scenario if not quantity.is_effect else "second minus first", 66 // len(group), 1))
        axis.set_xlabel("share of variance")
    handles = [
        Patch(facecolor=BLUE, label="total"),
        Patch(facecolor=ORANGE, hatch="////", edgecolor=EDGE, linewidth=0, label="first order"),
        Patch(facecolor=PALE, label="not told from chance"),
        Line2D([], [], color=INK, linestyle=(0, (4, 2)), linewidth=1.0, label="upper bound of the dummy's total"),
    ]
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=4, handlelength=1.8)
    title = group[0].outcome.title
    caption = (
        f"Shares of variance: {title}. The upper bar is the share of the variance between parameter vectors that would remain if "
        "everything but this parameter were known (total, with all interactions); the lower one the share that goes away if this "
        "parameter alone becomes known (first order). Thin lines: 95 % intervals. A bar is coloured when its interval lies above "
        "the dummy's of the same order. Bars may add up to more than one, since an interaction counts for every parameter in it."
    )
    told = "; ".join(f"{one.scenario}: {told_indices(findings, one, 3)}" for one in group)
    return save(
        figure, folder, drawn_as(group[0].outcome.name),
        title=f"Shares of variance: {title}", caption=caption, alternative=f"Bars of Sobol' indices. {told}.",
    )  # fmt: skip


def told_indices(findings: Findings, quantity: Quantity, most: int) -> str:
    """Important parameters of an outcome with their total indices, the largest first, in words."""
    found = findings.indices[quantity]
    order = [at for at in np.argsort(-np.nan_to_num(found.total), kind="stable").tolist() if found.important[at]][:most]
    told = [f"“{label_of(findings.survivors[at].name)}” {found.total[at]:.2f} ± {found.total_reach[at]:.2f}" for at in order]
    return ", ".join(told) or "none told from chance"


def _reach(findings: Findings, group: Sequence[Quantity]) -> tuple[float, float]:
    """Limits of the axis that the panels of an outcome share."""
    found = [findings.indices[one] for one in group]
    high = [np.nanmax(np.nan_to_num([one.total + one.total_reach, one.first + one.first_reach])) for one in found]
    low = [np.nanmin(np.nan_to_num([one.first - one.first_reach, one.total - one.total_reach])) for one in found]
    floors = [one.noise.floor for one in found if np.isfinite(one.noise.floor)]
    return max(min(0.0, *low, -0.02), -0.4), min(max(0.1, *high, *floors) * 1.04, 2.0)


def _bar(axis: Any, place: float, value: float, reach: float, colour: str, hatch: str) -> None:
    if not np.isfinite(value):
        return
    axis.barh(place, value, height=0.34, color=colour, hatch=hatch, edgecolor=EDGE, linewidth=0.0, zorder=2)
    axis.errorbar(value, place, xerr=np.nan_to_num(reach), color=INK, elinewidth=0.8, zorder=4)


def heat(findings: Findings, folder: Path) -> Picture:
    """Draw total indices as a map of parameters by outcomes."""
    names = [one.name for one in findings.survivors]
    order = np.argsort(-np.nan_to_num(findings.indices[findings.headline].total), kind="stable")
    panels = columns_of(findings)
    figure, rows = sheet(
        len(panels), 1, height=0.3 + 0.34 * len(names), left=2.55, right=0.95, top=1.0, bottom=0.15, between=1.05
    )  # fmt: skip
    images = []
    for (axis,), quantities in zip(rows, panels, strict=True):
        images.append(_map(axis, findings, quantities, order))
        axis.set_yticks(range(len(names)), [wrapped(label_of(names[one]), 44, 2) for one in order], fontsize=7)
        _scenario_heads(axis, quantities)
    place = rows[0][0].get_position()
    bar = figure.colorbar(images[0], cax=figure.add_axes((place.x1 + 0.012, place.y0, 0.014, place.height)))
    bar.set_label("total index (share of variance)")
    caption = (
        "Total indices of every parameter that passed the screening (rows) for every outcome (columns). Dark blue: nothing of "
        "the variance hangs on it; yellow: all of it does; ± half the 95 % interval. Hatched: not told from chance, as the "
        "interval does not lie above the dummy's. All columns have one scale."
    )
    told = "; ".join(f"{one.title}: {told_indices(findings, one, 2)}" for one in findings.quantities)
    return save(
        figure, folder, "heat", title="Which parameter matters to which outcome", caption=caption,
        alternative=f"Map of total indices. {told}.",
    )  # fmt: skip


def _map(axis: Any, findings: Findings, quantities: Sequence[Quantity], order: np.ndarray) -> Any:
    """One panel of the map: parameters in order, an outcome a column."""
    grid = np.array([findings.indices[one].total for one in quantities]).T[order]
    sure = np.array([findings.indices[one].important for one in quantities]).T[order]
    reach = np.array([findings.indices[one].total_reach for one in quantities]).T[order]
    shown = np.clip(np.nan_to_num(grid), 0.0, 1.0)
    image = axis.imshow(shown, aspect="auto", cmap="cividis", vmin=0.0, vmax=1.0)
    for (y, x), value in np.ndenumerate(grid):
        if sure[y, x]:
            text = f"{value:.2f}\n±{NBSP}{reach[y, x]:.2f}"
            axis.text(x, y, text, ha="center", va="center", fontsize=6.5, color=INK if shown[y, x] > 0.5 else "white")
        else:
            untold_cell(axis, x, y)
    axis.xaxis.tick_top()
    labels = [wrapped(one.outcome.title.split(", all-")[0] if one.is_effect else one.outcome.title, 11, 4) for one in quantities]
    axis.set_xticks(range(len(quantities)), labels, fontsize=6.5)
    axis.tick_params(length=0)
    return image


def _scenario_heads(axis: Any, quantities: Sequence[Quantity]) -> None:
    """Name the scenarios over their columns, with a line between them."""
    scenarios = [one.scenario for one in quantities]
    for name in dict.fromkeys(scenarios):
        first, count = scenarios.index(name), scenarios.count(name)
        room = max(10, 11 * count)
        axis.annotate(
            wrapped(name, room, 1), (first + (count - 1) / 2, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 50),
            textcoords="offset points", ha="center", fontsize=8.5, fontweight="bold", color=INK, annotation_clip=False,
        )  # fmt: skip
        if first:
            axis.axvline(first - 0.5, color="white", linewidth=2.5)


def alone(findings: Findings, folder: Path) -> Picture:
    """Draw the change of the headline when one parameter is put to its bounds."""
    from matplotlib.patches import Patch

    found = findings.alone
    assert found is not None
    quantity, scale = found.quantity, scale_of(found.quantity)
    count = len(found.names)
    figure, ((axis,),) = sheet(1, 1, height=0.2 + 0.3 * count, left=3.1, right=0.3, top=0.45, bottom=0.5)
    for place, name in enumerate(found.names):
        at = findings.space.names.index(name)
        bounds = (findings.space.low[at], findings.space.high[at])
        change, error = scale * found.change[place], ERRORS * scale * np.nan_to_num(found.error[place])
        for depth, side in enumerate(np.argsort(-np.abs(change), kind="stable").tolist()):
            if not np.isfinite(change[side]):
                continue
            look: dict[str, Any] = {"color": ORANGE, "hatch": "////"} if side else {"color": BLUE, "hatch": ""}
            axis.barh(place, change[side], height=0.62 - 0.24 * depth, edgecolor=EDGE, linewidth=0.0, zorder=2 + depth, **look)
            axis.errorbar(change[side], place, xerr=error[side], color=INK, elinewidth=0.9, zorder=9)
        unit = findings.space.units[at] if findings.space.units else ""
        told = f"{label_of(name)}, {minus(f'{bounds[0]:.3g}')} to {minus(f'{bounds[1]:.3g}')}"
        found_label = wrapped(f"{told} {unit}".strip(), 52, 2)
        axis.text(
            -0.015, place, found_label, transform=axis.get_yaxis_transform(), ha="right", va="center", fontsize=7.5, color=INK
        )
    axis.axvline(0.0, color=INK, linewidth=0.8)
    axis.set_ylim(count - 0.45, -0.55)
    axis.set_yticks([])
    axis.margins(x=0.08)
    axis.grid(axis="x")
    axis.set_xlabel(f"change of {wrapped(quantity.outcome.title, 70, 1)} ({unit_of(quantity)})")
    handles = [
        Patch(facecolor=BLUE, label="at the low bound"),
        Patch(facecolor=ORANGE, hatch="////", edgecolor=EDGE, linewidth=0, label="at the high bound"),
    ]
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=2, handlelength=1.8)
    unit = unit_of(quantity)
    base = f"{scale * found.base:.3g} ± {scale * found.base_error:.1g} {unit}"
    caption = (
        f"One parameter at a time: {quantity.outcome.title}. With all parameters at their base values it is {base}; a bar shows "
        f"how much that changes when one parameter is put to its low or its high bound, over {found.replicates:,} runs with the "
        "same random numbers. Thin lines show two Monte Carlo standard errors to each side. What two parameters do together is "
        "not seen here."
    )
    words_of = "; ".join(
        f"{label_of(name)}: {minus(f'{scale * low:+.2g}')} and {minus(f'{scale * high:+.2g}')}"
        for name, (low, high) in list(zip(found.names, found.change.tolist(), strict=True))[:5]
    )
    return save(
        figure, folder, "alone", title=f"One parameter at a time: {quantity.outcome.title}", caption=caption,
        alternative=f"Bars of changes at the low and the high bound, in {unit}. {words_of}.",
    )  # fmt: skip
