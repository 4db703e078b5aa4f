"""The figures of a sweep, chosen by its design, each drawn from the gathered tables."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.kit.looks import ERRORS, MOST_LINES, SCENARIO_LOOKS, WIDTH, outcome_axis, sheet, wrapped
from experiments.kit.words import Outcome
from experiments.sweeps import areas, over_time, spread
from experiments.sweeps.digest import Digest, ShownFactor, Values
from experiments.sweeps.effects import Levels, by_level, from_base, mean_of, strengths, strongest
from experiments.sweeps.looks import legend_room, level_ticks, only_scenarios, room_below, scenario_entries, scenario_legend
from sim.figures.style import BLUE, EDGE, GREY, INK, ORANGE, Picture, Pictures, drawing, save
from sim.report.sentences import NBSP

MOST_OUTCOMES: Final = 4
MOST_FACTORS: Final = 4
MOST_BARS: Final = 15
MOST_SCENARIOS: Final = 3
"""Scenarios that get a panel each."""
_BARS: Final = "Bars show two Monte Carlo standard errors to each side: what other random draws would change, no more."


def draw_all(folder: Path, digest: Digest) -> Pictures:
    """Draw every figure that a sweep has data for.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; made if missing.
    digest : Digest

    Returns
    -------
    list of Picture
        None at all if no run gave an outcome.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    draw: dict[str, Callable[[Digest, Path], Picture | None]] = {"scenarios": compared}
    if digest.varying and digest.kind == "factorial":
        draw |= {"effects": effects, "heat": heat}
    elif digest.varying and digest.kind == "one-at-a-time":
        draw |= {f"tornado-{at + 1}": partial(tornado, which=at) for at in range(2)}
    elif digest.varying and digest.kind:
        draw |= {f"scatter-{at + 1}": partial(spread.scatter, which=at) for at in range(2)}
    draw |= {"uses": areas.uses, "fidelity": over_time.fidelity}
    draw |= {spell.name: partial(over_time.survival, spell=spell) for spell in over_time.SPELLS[:-1]}
    draw |= {"states": areas.states, over_time.SPELLS[-1].name: partial(over_time.survival, spell=over_time.SPELLS[-1])}
    pictures = Pictures()
    with drawing():
        for name, figure in draw.items() if digest.outcomes else ():
            pictures.add(name, partial(figure, digest, folder))
    return pictures


def compared(digest: Digest, folder: Path) -> Picture | None:
    """Draw the scenarios side by side, a panel an outcome; None for one scenario."""
    shown, most = digest.headlines[:6], 12
    if len(digest.names) < 2:
        return None
    names, first = digest.called(24)[:most], _compared(digest, shown[0].name).mean
    columns = min(3, len(shown))
    height = 0.25 + 0.22 * len(names)
    figure, axes = sheet(
        -(-len(shown) // columns), columns, height=height, left=1.75, across=0.42, between=0.72, bottom=0.3, top=0.42
    )
    for at, axis in enumerate(one for row in axes for one in row):
        if at >= len(shown):
            axis.set_axis_off()
            continue
        mean, mcse, _ = _compared(digest, shown[at].name)
        for place in range(len(names)):
            colour, mark, _ = SCENARIO_LOOKS[place % MOST_LINES]
            known = mean[place][~np.isnan(mean[place])]
            if len(known) > 1:
                low, high = np.quantile(known, [0.05, 0.95])
                axis.plot([low, high], [place, place], color=GREY, linewidth=4, solid_capstyle="butt", zorder=2)
            error = ERRORS * np.nan_to_num(mean_of(mcse[place]))
            look: dict[str, Any] = {"color": colour, "marker": mark, "markersize": 5, "elinewidth": 1.2, "zorder": 4}
            axis.errorbar(mean_of(mean[place]), place, xerr=error, linestyle="", **look)
        axis.set_ylim(len(names) - 0.4, -0.6)
        axis.set_yticks(range(len(names)), [wrapped(name, 24, 1) for name in names] if at % columns == 0 else [])
        axis.margins(x=0.12)
        axis.grid(axis="x")
        axis.set_title(wrapped(shown[at].heading, 28, 2))
        outcome_axis(axis, shown[at], way="x")
    many = first.shape[1] > 1
    caption = f"The scenarios side by side. A mark is the mean over runs{' and design points' if many else ''}. {_BARS}"
    if many:
        caption += " A grey line spans nine in ten of the design points: what the factors change."
    words = "; ".join(f"{name}: {_told(shown[0], float(mean_of(one)))}" for name, one in zip(names, first, strict=False))
    return save(
        figure, folder, "scenarios", title="Scenarios compared", caption=caption + only_scenarios(digest, most),
        alternative=f"Marks with error bars, a row a scenario. Mean of {shown[0].title}: {words}.",
    )  # fmt: skip


def _compared(digest: Digest, outcome: str) -> Values:
    """Values that stand for a scenario: those of all points, or of the scenario as it is where factors are moved one by one."""
    found = digest.values(outcome)
    return Values(*(one[:, :1] for one in found)) if digest.kind == "one-at-a-time" else found


def _told(outcome: Outcome, value: float) -> str:
    if np.isnan(value):
        return "unknown"
    return f"{100 * value:.0f} %" if outcome.share else f"{value:.3g} {outcome.unit}"


def _placed(factor: ShownFactor) -> np.ndarray:
    """Where the levels of a factor stand on an axis: at their values, or one after the other for words or uneven steps."""
    levels, steps = factor.levels, np.diff(factor.levels)
    even = not factor.labels and len(levels) > 1 and steps.max() <= 4 * steps.min()
    return levels if even else np.arange(len(levels), dtype=float)


def effects(digest: Digest, folder: Path) -> Picture:
    """Draw means by level: a row an outcome, a column a factor, a line a scenario."""
    shown = digest.varying[:MOST_OUTCOMES]
    factors = strongest(digest, shown[0].name, MOST_FACTORS)
    factors = [factor for factor in digest.factors if factor in factors]
    columns = len(factors)
    room = legend_room(scenario_entries(digest))
    figure, axes = sheet(
        len(shown), columns, height=1.35, top=0.34 + room, bottom=room_below(factors, 100 // columns), across=0.22, between=0.42
    )
    for row, outcome in zip(axes, shown, strict=True):
        for axis, factor in zip(row, factors, strict=True):
            _lines(axis, digest, factor, by_level(digest, factor, outcome.name))
        _same_height(row, outcome)
        row[0].set_title(outcome.heading)
    for axis, factor in zip(axes[-1], factors, strict=True):
        level_ticks(axis, factor, _placed(factor).tolist())
        axis.set_xlabel(wrapped(factor.axis, 100 // columns, 2))
    scenario_legend(figure, digest)
    others = len(digest.factors) - columns
    caption = "What each factor does. A mark is the mean over runs"
    caption += " and over all levels of the other factors" if len(digest.factors) > 1 else ""
    caption += (
        f"; the panels of a row share their axis, so that steeper means stronger. {_BARS} They are the widest that the errors "
    )
    caption += "of points with common random numbers allow."
    caption += f" The {columns} of {len(digest.factors)} factors that do most are shown." if others else ""
    caption += " Lines only lead the eye from level to level." + only_scenarios(digest)
    first = by_level(digest, factors[0], shown[0].name)
    words = ", ".join(
        f"{factors[0].text(level)}: {_told(shown[0], value)}" for level, value in zip(first.levels, first.mean[0], strict=True)
    )
    return save(
        figure, folder, "effects", title="Means by level", caption=caption,
        alternative=f"Lines of means by level. {shown[0].title} in “{digest.called()[0]}” by {factors[0].title}: {words}.",
    )  # fmt: skip


def _lines(axis: Any, digest: Digest, factor: ShownFactor, found: Levels) -> None:
    """One line a scenario, moved apart a little so that error bars do not cover each other."""
    places = _placed(factor)
    reach = float(places[-1] - places[0]) or 1.0
    lines = min(len(digest.names), MOST_LINES)
    for at in range(lines):
        colour, mark, dash = SCENARIO_LOOKS[at]
        aside = (at - (lines - 1) / 2) * 0.012 * reach
        error = ERRORS * np.nan_to_num(found.mcse[at])
        look: dict[str, Any] = {"color": colour, "marker": mark, "linestyle": dash, "markersize": 4.5}
        axis.errorbar(places + aside, found.mean[at], yerr=error, linewidth=1.3, elinewidth=1.1, **look)
    axis.set_xlim(places[0] - 0.1 * reach, places[-1] + 0.1 * reach)
    axis.set_xticks(places, [""] * len(places))
    axis.grid(axis="y")


def _same_height(row: list[Any], outcome: Outcome) -> None:
    """One vertical axis for the panels of a row, labelled at the left."""
    low, high = min(axis.get_ylim()[0] for axis in row), max(axis.get_ylim()[1] for axis in row)
    for axis in row:
        axis.set_ylim(low, high)
        outcome_axis(axis, outcome)
        axis.tick_params(labelleft=axis is row[0])


def heat(digest: Digest, folder: Path) -> Picture | None:
    """Draw two factors against each other, a panel a scenario; None with fewer than two factors of two levels."""
    outcome = digest.varying[0]
    found = [one for one in strongest(digest, outcome.name, len(digest.factors)) if len(one.levels) > 1][:2]
    if len(found) < 2:
        return None
    across, up = sorted(found, key=lambda one: -len(one.levels))
    mean, mcse, _ = digest.values(outcome.name)
    grids, errors = (
        [
            np.array([[mean_of(one[(across.values == x) & (up.values == y)]) for x in across.levels] for y in up.levels])
            for one in array[:MOST_SCENARIOS]
        ]
        for array in (mean, mcse)
    )
    if np.all(np.isnan(grids)):
        return None
    low, high = float(np.nanmin(grids)), float(np.nanmax(grids))
    columns = len(grids)
    height = min(3.2, max(1.3, 0.45 * len(up.levels)))
    figure, (row,) = sheet(1, columns, height=height, left=1.55, right=1.15, bottom=room_below([across], 90 // columns), top=0.35)
    image = None
    numbered = len(up.levels) <= 8 and len(across.levels) * columns <= 18
    for place, (axis, grid, error) in enumerate(zip(row, grids, errors, strict=True)):
        image = axis.imshow(grid, origin="lower", aspect="auto", cmap="cividis", vmin=low, vmax=high)
        if numbered:
            _numbers(axis, grid, error, outcome, (low + high) / 2)
        level_ticks(axis, across, list(range(len(across.levels))))
        level_ticks(axis, up, list(range(len(up.levels))), way="y")
        axis.tick_params(length=0, labelleft=place == 0)
        axis.set_xlabel(wrapped(across.axis, 90 // columns, 2))
        if len(digest.names) > 1:
            axis.set_title(wrapped(digest.called(90 // columns)[place], 90 // columns, 1))
    row[0].set_ylabel(wrapped(up.axis, 26 if height > 2 else 18, 3))
    place = row[-1].get_position()
    bar = figure.colorbar(image, cax=figure.add_axes((1 - 0.95 / 9, place.y0, 0.14 / 9, place.height)))
    outcome_axis(bar.ax, outcome)
    caption = (
        f"Two factors together: {outcome.title} by {across.title} and {up.title}. Yellow is high, dark blue is low. Where "
        "the steps along a "
        "row look the same in every row, the factors do not depend on each other. All panels have one scale."
    )
    caption += _errors_of(outcome, np.array(errors), numbered=numbered)
    caption += " Each cell is the mean over the levels of the other factors." if len(digest.factors) > 2 else ""
    known = next(at for at, one in enumerate(grids) if not np.all(np.isnan(one)))
    worst, best = (np.unravel_index(one(grids[known]), grids[known].shape) for one in (np.nanargmin, np.nanargmax))
    words = " ".join(
        f"{which}: {_told(outcome, grids[known][cell])} at {across.title} {across.text(across.levels[cell[1]])} and {up.title} "
        f"{up.text(up.levels[cell[0]])}."
        for which, cell in (("Lowest", worst), ("Highest", best))
    )
    return save(
        figure, folder, "heat", title=f"Two factors together: {outcome.title}",
        caption=caption + only_scenarios(digest, MOST_SCENARIOS),
        alternative=f"Map of {outcome.title} in “{digest.called()[known]}”. {words}",
    )  # fmt: skip


def _errors_of(outcome: Outcome, errors: np.ndarray, *, numbered: bool) -> str:
    """Sentence on the errors of the cells of a map."""
    if np.all(np.isnan(errors)):
        return " How far chance moves a cell is not known."
    if numbered:
        return " ±: one Monte Carlo standard error, at most so much."
    most = float(np.nanmax(errors))
    return f" Monte Carlo standard errors of cells are {_size(outcome, most)} at most: smaller differences of colour say nothing."


def _numbers(axis: Any, grid: np.ndarray, errors: np.ndarray, outcome: Outcome, middle: float) -> None:
    """Value of every cell, with its error below it where there is one."""
    for (y, x), value in np.ndenumerate(grid):
        if np.isnan(value):
            continue
        error = float(errors[y, x])
        text = f"{100 * value:.0f} %" if outcome.share else f"{value:.3g}"
        if error > 0:
            text += f"\n±{NBSP}{100 * error:.1f}" if outcome.share else f"\n±{NBSP}{error:.1g}"
        axis.text(x, y, text, ha="center", va="center", fontsize=7.5, color=INK if value > middle else "white", linespacing=1.0)


def tornado(digest: Digest, folder: Path, which: int) -> Picture | None:
    """Draw differences from the scenario when one factor is moved alone, the strongest on top; None without that outcome."""
    from matplotlib.patches import Patch

    if which >= len(digest.varying):
        return None
    outcome = digest.varying[which]
    factors = [one for one in strongest(digest, outcome.name, MOST_BARS) if len(one.levels)]
    columns = min(len(digest.names), MOST_SCENARIOS)
    unlike = any(np.isnan(digest.own(at, one)) for one in factors for at in range(columns))
    handles = [
        Patch(facecolor=BLUE, label="below the scenario's own value"),
        Patch(facecolor=ORANGE, hatch="////", edgecolor=EDGE, linewidth=0, label="above it"),
        *([Patch(facecolor=GREY, label="words, and where services differ")] if unlike else []),
    ]
    figure, (row,) = sheet(1, columns, height=0.2 + 0.3 * len(factors), left=2.55, top=0.76, bottom=0.5, across=0.25)
    found = [from_base(digest, factor, outcome.name) for factor in factors]
    ends: list[tuple[float, int]] = []
    for scenario, axis in enumerate(row):
        for place, (factor, levels) in enumerate(zip(factors, found, strict=True)):
            ends += _bars(axis, place, factor, levels, scenario, digest.own(scenario, factor))
        axis.axvline(0, color=INK, linewidth=0.8)
        axis.set_ylim(len(factors) - 0.45, -0.55)
        axis.set_yticks(range(len(factors)), [wrapped(factor.axis, 38, 2) for factor in factors] if scenario == 0 else [])
        axis.grid(axis="x")
        base = _told(outcome, float(digest.values(outcome.name).mean[scenario, 0]))
        axis.set_title(f"{wrapped(digest.called(66 // columns)[scenario], 66 // columns, 1)}\nas it is: {base}")
    limits = _limits(ends, row[0].get_position().width * WIDTH)
    for axis in row:
        axis.set_xlim(*limits)
        outcome_axis(axis, outcome, way="x", signed=True)
        axis.set_xlabel("change in percentage points" if outcome.share else f"change ({outcome.unit})")
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=3, handlelength=1.6)
    paired = (
        "They are wider than need be: the runs that are compared share their random numbers."
        if digest.runs is None
        else "They are taken from pairs of runs of equal number, which share their random numbers."
    )
    caption = (
        f"What becomes of “{outcome.title}” when one factor is moved and all others stay as the scenario has them; the "
        "number at a bar is "
        f"the factor's value (two: the shorter bar's first). {_BARS} {paired} "
        "Moving one factor at a time says nothing of what two do together."
    )
    left_out = len(digest.factors) - len(factors)
    caption += f" The {len(factors)} of {len(digest.factors)} factors that do most are shown." if left_out > 0 else ""
    words = "; ".join(f"{one.title}: up to {_size(outcome, size)}" for one, size in
                      zip(factors[:5], sorted(strengths(digest, outcome.name), reverse=True), strict=False))  # fmt: skip
    return save(
        figure, folder, f"tornado-{which + 1}", title=f"One factor at a time: {outcome.title}",
        caption=caption + only_scenarios(digest, MOST_SCENARIOS),
        alternative=f"Bars of differences, strongest factors first. {words}.",
    )  # fmt: skip


def _size(outcome: Outcome, size: float) -> str:
    return f"{100 * size:.0f} percentage points" if outcome.share else f"{size:.3g} {outcome.unit}"


def _bars(axis: Any, place: int, factor: ShownFactor, found: Levels, scenario: int, own: float) -> list[tuple[float, int]]:
    """Bars of one factor, the longer behind; the outermost on each side are labelled: gives their places and letters."""
    change = found.mean[scenario]
    order = np.argsort(-np.abs(change), kind="stable")  # what is not known last
    ends: dict[int, list[int]] = {}
    outermost = set() if np.all(np.isnan(change)) else {int(np.nanargmin(change)), int(np.nanargmax(change))}
    for at in sorted(outermost, key=lambda one: abs(change[one])):
        ends.setdefault(1 if change[at] >= 0 else -1, []).append(at)
    for depth, at in enumerate(order.tolist()):
        if np.isnan(change[at]):
            continue
        level, error = found.levels[at], ERRORS * float(np.nan_to_num(found.mcse[scenario, at]))
        colour, hatch = (GREY, "") if np.isnan(own) else (BLUE, "") if level < own else (ORANGE, "////")
        look: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": EDGE, "linewidth": 0.0}
        axis.barh(place, change[at], height=max(0.66 - 0.14 * depth, 0.24), zorder=2 + depth, **look)
        axis.errorbar(change[at], place, xerr=error, color=INK, elinewidth=0.9, zorder=9)
    labels = []
    for side, found_there in ends.items():
        outer = float(np.nanmax(side * change + ERRORS * np.nan_to_num(found.mcse[scenario])))
        label = "; ".join(wrapped(factor.text(found.levels[at]), 22, 1) for at in found_there)
        labels.append((side * outer, len(label)))
        axis.annotate(
            label, (side * outer, place),
            xytext=(3 * side, 0), va="center", ha="left" if side > 0 else "right", textcoords="offset points", fontsize=7.5,
            color=INK, zorder=10,
        )  # fmt: skip
    return labels


def _limits(ends: list[tuple[float, int]], width: float) -> tuple[float, float]:
    """Limits of an axis that leave room for labels outside of its bars.

    Parameters
    ----------
    ends : list of tuple of float and int
        Place of each label and its letters; those left of 0 reach to the left.
    width : float
        Of the axis, in inches.
    """
    low, high = min([0.0, *(place for place, _ in ends)]), max([0.0, *(place for place, _ in ends)])
    for _ in range(12):  # a wider axis has fewer inches for its bars: soon settled
        inch = max(high - low, 1e-9) / width
        low = min([0.0, *(place - (0.064 * letters + 0.1) * inch for place, letters in ends if place < 0)])
        high = max([0.0, *(place + (0.064 * letters + 0.1) * inch for place, letters in ends if place >= 0)])
    if low == high:  # nothing is known
        return -1.0, 1.0
    return low - 0.04 * (high - low), high + 0.04 * (high - low)
