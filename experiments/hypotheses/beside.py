"""Figures of what stands beside the claims: contrasts, curves over the number that arms stand for, surfaces."""

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.hypotheses.estimating import Effect
from experiments.hypotheses.finding import Found
from experiments.hypotheses.reading import surface_arms
from experiments.hypotheses.schema import Curve, Estimate
from experiments.hypotheses.words import capital, number, proper, scale_of, title_of, unit_of
from experiments.kit.looks import sheet, wrapped
from sim.figures.style import BLUE, GREY, INK, VERMILLION, Picture, Pictures, save
from sim.words import words

LABEL_ROOM: Final = 64
"""Characters in a line of a contrast's label."""
LABEL_LINES: Final = 3
_LEVEL_DASHES: Final[tuple[Any, ...]] = ("-", (0, (4, 2)), (0, (1.2, 1.6)))
_APART: Final = 0.115
"""Least distance of the names of two level lines, as a part of the panel's height."""
_LIT: Final = 0.18
"""Luminance of a cell from which on black is easier to read on it than white."""


def balanced(text: str, room: int, lines: int) -> str:
    r"""Text broken into as few lines as there is room for, about equally long.

    Examples
    --------
    >>> balanced("expectations stated, at low autonomy", 34, 2)
    'expectations stated,\nat low autonomy'
    """
    found = wrapped(text, room, lines)
    count = found.count("\n")
    for less in range(room - 1, 0, -1):
        tried = textwrap.wrap(text, less, break_long_words=False)
        if not count or "…" in found or len(tried) > count + 1 or max(map(len, tried)) > less:
            return found
        found = "\n".join(tried)
    return found


def labels_of(texts: Sequence[str]) -> tuple[list[str], list[float]]:
    """Labels of rows, broken into lines, and where the rows stand: each as high as its label needs.

    Parameters
    ----------
    texts : sequence of str

    Returns
    -------
    labels : list of str
    places : list of float
        From 0 downwards, in inches.
    """
    labels = [balanced(proper(one), LABEL_ROOM, LABEL_LINES) for one in texts]
    heights = [0.13 + 0.14 * (1 + one.count("\n")) for one in labels]
    places, at = [], 0.0
    for height in heights:
        places.append(at - 0.5 * height)
        at -= height
    return labels, places


def parts(folder: Path, found: Found) -> Pictures:
    """Draw what is reported beside the claims, a figure an outcome: rows of contrasts with their intervals.

    What a curve shows as a point is left out.
    """
    on_curves = drawn_on_curves(found)
    shown = [(one, effect) for one, effect in found.also if one.name not in on_curves]
    pictures = Pictures()
    for outcome in dict.fromkeys(one.outcome for one, _ in shown):
        mine = [(one, effect) for one, effect in shown if one.outcome == outcome]
        name = f"{found.hypothesis.file.name}-also-{outcome.replace('@', '-')}"
        if len(mine) > 1:
            pictures.add(name, partial(_part, folder, name, outcome, mine, found.hypothesis.file.months))
    return pictures


def _part(folder: Path, name: str, outcome: str, mine: Sequence[tuple[Estimate, Effect]], months: int) -> Picture:
    """Draw the contrasts of one outcome."""
    scale = scale_of(outcome, months)
    labels, places = labels_of([one.says for one, _ in mine])
    height = -places[-1] + 0.2
    figure, grid = sheet(1, 1, height=height, left=4.3, right=0.35, top=0.35, bottom=0.5)
    axis = grid[0][0]
    for place, (_, effect) in zip(places, mine, strict=True):
        colour = BLUE if effect.low > 0.0 else VERMILLION if effect.high < 0.0 else GREY
        axis.barh([place], [scale * effect.mean], height=0.17, color=colour, edgecolor=INK, linewidth=0.4, zorder=3)
        axis.plot([scale * effect.low, scale * effect.high], [place, place], color=INK, linewidth=1.3, zorder=5)
    axis.axvline(0.0, color=INK, linewidth=0.9, zorder=4)
    axis.set_yticks(places, labels)
    axis.set_ylim(-height, 0.0)
    axis.grid(visible=True, axis="x")
    changes = all(abs(sum(one.contrast.values())) < 1e-9 for one, _ in mine)
    title = title_of(outcome, months)
    axis.set_xlabel(f"{'change' if changes else title} ({unit_of(outcome, months)})", labelpad=2)
    axis.set_title(capital(title), x=0.0)
    kinds = "Contrasts" if changes else "Arms and contrasts"
    caption = (
        f"{kinds} beside the claims: {title}. Bars are means over plausible worlds, lines their 95 % intervals: where the "
        "line crosses zero, and the bar is grey, the effect cannot be told from none. They decide nothing."
    )
    told = "; ".join(f"{one.says}: {number(effect.mean, outcome, months)}" for one, effect in mine)
    return save(figure, folder, name, title=f"Beside the claims: {title}", caption=caption, alternative=told)


# ------------------------------------------------------------------------------------------------------------------ curves


def curve_of(found: Found, drawn: Curve) -> dict[str, list[tuple[float, Effect]]]:
    """By outcome: the numbers that arms stand for, in order, and their effects.

    What has fewer than two points is left out, and what is in another unit than the first claim.

    Parameters
    ----------
    found : Found
    drawn : Curve
    """
    lines: dict[str, list[tuple[float, Effect]]] = {}
    for arm, place in sorted(drawn.points.items(), key=lambda one: one[1]):
        for outcome, effect in _against(found, arm, drawn.against).items():
            lines.setdefault(outcome, []).append((place, effect))
    return {
        outcome: lines[outcome]
        for outcome in sorted(lines, key=_month_of)
        if len(lines[outcome]) > 1 and _in_its_unit(found, outcome)
    }


def drawn_on_curves(found: Found) -> set[str]:
    """Names of the estimates that a curve shows as a point."""
    pairs = [(one, {arm: 1.0, one.against: -1.0}) for one in found.hypothesis.file.curves for arm in one.points]
    return {
        one.name for one, _ in found.also if _in_its_unit(found, one.outcome) and any(one.contrast == pair for _, pair in pairs)
    }


def _in_its_unit(found: Found, outcome: str) -> bool:
    """Whether an outcome is in the unit of what the hypothesis is first about."""
    file = found.hypothesis.file
    return unit_of(outcome, file.months) == unit_of(file.estimates[0].outcome, file.months)


def _against(found: Found, arm: str, against: str) -> dict[str, Effect]:
    """Effects of an arm less another, by outcome, as far as they are stated."""
    return {what.outcome: effect for what, effect in found.stated if what.contrast == {arm: 1.0, against: -1.0}}


def _month_of(outcome: str) -> float:
    """Month at which an outcome is read, for the order of panels; the horizon comes last."""
    month = outcome.rpartition("@")[2]
    return float(month) if month.isdigit() else math.inf


def curve(folder: Path, found: Found, at: int) -> Picture | None:
    """Draw effects over the number that arms stand for, a panel an outcome, beside arms that have none; None without effects.

    Parameters
    ----------
    folder : pathlib.Path
    found : Found
    at : int
        Place of the curve in the file.
    """
    drawn, months = found.hypothesis.file.curves[at], found.hypothesis.file.months
    lines = curve_of(found, drawn)
    if not lines:
        return None
    figure, grid = sheet(1, len(lines), height=2.7, left=0.75, right=1.75, across=0.3, top=0.42, bottom=0.62)
    for axis, (outcome, points) in zip(grid[0], lines.items(), strict=True):
        _line(axis, points, scale_of(outcome, months))
        _references(axis, list(_levels(found, drawn, outcome).values()))
        axis.set_title(balanced(capital(title_of(outcome, months)), 44, 2))
        axis.set_xlabel(balanced(drawn.axis, 46, 2))
    _same_height(grid[0])
    _name(grid[0][-1], _levels(found, drawn, list(lines)[-1]))
    unit = unit_of(next(iter(lines)), months)
    grid[0][0].set_ylabel(balanced(f"{unit} more than: {_named(drawn)}", 36, 2))
    caption = (
        f"The paired effect against the arm “{_named(drawn)}”, mean over plausible worlds; bars are 95 % intervals, which hold "
        f"luck and the choice of worlds. {_levels_told(found, drawn, lines)} Between the marks nothing was run: the line only "
        f"leads the eye. {_warning(drawn)}"
    )
    told = "; ".join(
        f"{title_of(outcome, months)}: "
        + ", ".join(f"{place:g} gives {number(effect.mean, outcome, months)}" for place, effect in points)
        for outcome, points in lines.items()
    )
    name = f"{found.hypothesis.file.name}-curve-{at + 1}"
    return save(figure, folder, name, title=drawn.title, caption=caption, alternative=f"{capital(drawn.axis)}. {told}")


def _warning(drawn: Curve) -> str:
    """What a curve does not say: each panel is read at one month."""
    said = "Mind that each panel is the effect at one month only: it says nothing of the months before."
    if drawn.axis.startswith("month "):  # arms that begin later, not arms that last longer
        said += " Where the line rises, it does not follow that beginning later is better."
    return said


def _named(drawn: Curve) -> str:
    """What the arm that effects are taken against is called."""
    return drawn.references.get(drawn.against, words(drawn.against))


def _levels(found: Found, drawn: Curve, outcome: str) -> dict[str, float | None]:
    """Where the level lines are, in the scale of the axis, by their labels; None where no effect is stated."""
    scale, levels = scale_of(outcome, found.hypothesis.file.months), {}
    for arm, label in drawn.references.items():
        effect = _against(found, arm, drawn.against).get(outcome)
        levels[label] = 0.0 if arm == drawn.against else None if effect is None else scale * effect.mean
    return levels


def _line(axis: Any, points: Sequence[tuple[float, Effect]], scale: float) -> None:
    places = [place for place, _ in points]
    means = [scale * effect.mean for _, effect in points]
    reach = [[scale * (one.mean - one.low) for _, one in points], [scale * (one.high - one.mean) for _, one in points]]
    axis.errorbar(
        places, means, yerr=reach, color=BLUE, marker="o", markersize=6, linewidth=1.4, ecolor=INK, elinewidth=1.1, capsize=3,
        markeredgecolor=INK, markeredgewidth=0.6, zorder=5,
    )  # fmt: skip
    axis.set_xticks(places, [f"{place:g}" for place in places])
    room = 0.06 * (places[-1] - places[0])
    axis.set_xlim(places[0] - room, places[-1] + room)
    axis.grid(visible=True, axis="y")


def _same_height(axes: Sequence[Any]) -> None:
    """One scale for panels of one unit."""
    low, high = min(one.get_ylim()[0] for one in axes), max(one.get_ylim()[1] for one in axes)
    for one in axes:
        one.set_ylim(low, high)
    for one in axes[1:]:
        one.tick_params(labelleft=False)


def _references(axis: Any, levels: Sequence[float | None]) -> None:
    """Level lines, each with dashes of its own in all panels."""
    for level, dash in zip(levels, _LEVEL_DASHES * len(levels), strict=False):
        if level is not None:
            axis.axhline(level, color=INK, linewidth=1.0, linestyle=dash, zorder=3)


def _name(axis: Any, levels: Mapping[str, float | None]) -> None:
    """Names of the level lines beside the last panel, apart from each other."""
    low, high = axis.get_ylim()
    above = -math.inf
    there = [(level, label) for label, level in levels.items() if level is not None]
    for level, label in sorted(there):
        above = max((level - low) / (high - low), above + _APART)
        axis.annotate(
            wrapped(label, 24, 2), (1.02, above), xycoords="axes fraction", va="center", fontsize=8, color=INK,
            annotation_clip=False,
        )  # fmt: skip


def _levels_told(found: Found, drawn: Curve, outcomes: Iterable[str]) -> str:
    """What the arms of the level lines come to, in sentences; empty where they gave nothing."""
    months, said = found.hypothesis.file.months, []
    for outcome in outcomes:
        unit = "%" if scale_of(outcome, months) == 100.0 else unit_of(outcome, months)
        at = [
            f"{label}, {number(found.arms[arm][outcome][0], outcome, months, sign=False)} {unit}"
            for arm, label in drawn.references.items()
            if outcome in found.arms.get(arm, {})
        ]
        said += [f"{title_of(outcome, months)}: {'; '.join(at)}"] if at else []
    return f"Level lines stand for {'. For '.join(said)}." if said else ""


# ---------------------------------------------------------------------------------------------------------------- surfaces


def surface(folder: Path, found: Found) -> Picture:
    """Draw the heat map of arms: the mean over worlds in every cell."""
    map_ = found.hypothesis.file.surface
    assert map_ is not None
    months = found.hypothesis.file.months
    scale = scale_of(map_.outcome, months)
    cells = {key: scale * found.arms[arm][map_.outcome][0] for key, arm in surface_arms(found.hypothesis.file).items()}
    low, high = min(cells.values()), max(cells.values())
    digits = max(0, math.ceil(-math.log10((high - low) / 20.0))) if high > low else 2
    titles = [wrapped(proper(one), 44, 2) for one in map_.panels.values()]
    figure, grid = sheet(
        1, len(titles), height=0.42 * len(map_.rows) + 0.35, left=1.35, right=0.3, across=0.35,
        top=0.35 + 0.15 * max(one.count("\n") for one in titles), bottom=0.72,
    )  # fmt: skip
    for at, (axis, panel, title) in enumerate(zip(grid[0], map_.panels, titles, strict=True)):
        values = np.array([[cells[panel, row, column] for column in map_.columns] for row in map_.rows])
        shown = axis.imshow(values, origin="lower", aspect="auto", cmap="cividis", vmin=low, vmax=high)
        for (row, column), value in np.ndenumerate(values):
            axis.text(
                column, row, proper(f"{value:.{digits}f}"), ha="center", va="center", fontsize=8,
                color=_ink_on(shown.cmap(shown.norm(value))),
            )  # fmt: skip
        axis.set_xticks(range(len(map_.columns)), [wrapped(proper(one), 14, 2) for one in map_.columns.values()])
        rows = [wrapped(proper(one), 16, 2) for one in map_.rows.values()]
        axis.set_yticks(range(len(rows)), rows if at == 0 else [""] * len(rows))
        axis.set_xlabel(map_.column_title)
        if at == 0:
            axis.set_ylabel(wrapped(map_.row_title, 24, 3))
        axis.set_title(title)
    title = title_of(map_.outcome, months)
    unit = "per cent" if scale == 100.0 else unit_of(map_.outcome, months)
    caption = (
        f"{map_.title}: {title}. The number in a cell is the mean over plausible worlds ({unit}); the lighter, the more. All "
        "cells have the same worlds and the same luck, so neighbours can be compared."
    )
    told = f"{title}: from {low:.{digits}f} to {high:.{digits}f} {unit}"
    return save(figure, folder, f"{found.hypothesis.file.name}-surface", title=map_.title, caption=caption, alternative=told)


def _ink_on(colour: Sequence[float]) -> str:
    """Black or white, whichever is easier to read on a colour (relative luminance, as WCAG has it)."""
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour[:3])
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > _LIT else "white"
