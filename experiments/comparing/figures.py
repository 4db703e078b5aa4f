"""The figures of a comparison: paired differences of the main outcomes, by service, and over months."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.comparing.effects import Effect
from experiments.comparing.finding import Findings
from experiments.comparing.quantities import KEPT_GOING, blocks, difference_unit, digits_of, scale_of, told_outcome
from experiments.comparing.words import title_at
from experiments.comparing.worlds import TwoWorlds
from experiments.comparing.worlds_figure import draw_pair
from experiments.kit.looks import MOST_LINES, SCENARIO_LOOKS, WIDTH, outcome_axis, sheet, wrapped
from experiments.kit.words import Outcome, decimal
from sim.figures.style import INK, Picture, Pictures, drawing, month_axis, save, share_axis
from sim.measures import REGION

MOST_CONTRASTS: Final = MOST_LINES - 1
"""Other scenarios that a figure shows at most."""

INTERVALS: Final = "Lines span 95 % intervals: how far more runs would move the mean, no more."


def draw_all(folder: Path, findings: Findings) -> Pictures:
    """Draw every figure.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; made if missing.
    findings : Findings

    Returns
    -------
    list of Picture

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    pictures = Pictures()
    with drawing():
        pictures.add("differences", lambda: forest(findings, folder))
        pictures.add("months", lambda: over_months(findings, folder))
        if findings.units:
            pictures.add("services", lambda: by_unit(findings, folder))
        pairs = [_titled(findings, one, at) for at, one in enumerate(findings.pairs, start=1) if one is not None]
        for at, pair in enumerate(pairs, start=1):
            pictures.add(f"worlds-{at}", partial(draw_pair, pair, folder, f"worlds-{at}"))
    return pictures


def _titled(findings: Findings, pair: TwoWorlds, contrast: int) -> TwoWorlds:
    """The same pair under the titles of its scenarios."""
    base, other = (title_at(findings, at) for at in (0, contrast))
    return replace(pair, base=replace(pair.base, name=base), other=replace(pair.other, name=other))


def shown_contrasts(findings: Findings) -> list[int]:
    """Places of the other scenarios that figures show."""
    return list(findings.contrasts)[:MOST_CONTRASTS]


def _left_out(findings: Findings) -> str:
    count = len(findings.others)
    return (
        f" The first {MOST_CONTRASTS} of {count} other scenarios are shown; the table effects has all."
        if (count > MOST_CONTRASTS)
        else ""
    )


def _columns(names: Sequence[str]) -> tuple[int, int]:
    """Columns of a legend, and letters that a name may have in one."""
    longest = max(map(len, names))
    columns, room = next(((many, room) for many, room in ((4, 20), (3, 30), (2, 44)) if longest <= room), (1, 92))
    return min(columns, len(names)), room


def _room(names: Sequence[str]) -> float:
    """Inches that a legend takes on top."""
    return 0.1 + 0.2 * -(-len(names) // _columns(names)[0])


def _legend(figure: Any, names: Sequence[tuple[int, str]], *, lines: bool, title: str = "") -> None:
    """Legend of scenarios on top."""
    from matplotlib.lines import Line2D

    columns, room = _columns([name for _, name in names])
    handles = []
    for at, label in names:
        colour, mark, dash = SCENARIO_LOOKS[at]
        look: dict[str, Any] = {"color": colour, "linewidth": 1.6}
        look |= {"linestyle": dash} if lines else {"marker": mark, "markersize": 5, "linestyle": "-"}
        handles.append(Line2D([], [], label=wrapped(label, room, 1), **look))
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=columns, handlelength=2.6,
        columnspacing=1.6, title=title or None, alignment="left", title_fontproperties={"size": 9, "weight": "bold"},
    )  # fmt: skip


def _minus(findings: Findings, contrast: int) -> str:
    return f"“{title_at(findings, contrast)}” minus “{title_at(findings, 0)}”"


def _titles(findings: Findings, several: Sequence[int]) -> list[tuple[int, str]]:
    """Scenarios of a legend, each with its title."""
    return [(at, title_at(findings, at)) for at in several]


# -------------------------------------------------------------------------------------------------------------------- forest


def forest(findings: Findings, folder: Path) -> Picture:
    """Draw the paired difference of each main outcome with its interval, outcomes of one unit on one axis."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    months, contrasts = findings.comparison.months, shown_contrasts(findings)
    groups = [[told_outcome(name, months) for name in block] for block in blocks(months)]
    row = 0.13 + 0.17 * len(contrasts)
    named = _titles(findings, contrasts)
    top = 0.42 + _room([title for _, title in named])
    heights = [row * len(group) + 0.12 for group in groups]
    total = top + sum(heights) + 0.52 * len(groups) + 0.05
    figure = Figure(figsize=(WIDTH, total))
    FigureCanvasAgg(figure)
    above = top
    for group, height in zip(groups, heights, strict=True):
        axis = figure.add_axes((2.75 / WIDTH, 1.0 - (above + height) / total, 4.0 / WIDTH, height / total))
        _forest_axis(axis, findings, group, contrasts)
        above += height + 0.52
    _legend(figure, named, lines=False, title=f"Difference from “{wrapped(title_at(findings, 0), 80, 1)}”")
    pairs = findings.comparison.replicates
    base = title_at(findings, 0)
    caption = (
        f"What differs from “{base}”, pair by pair. A mark is the mean of {pairs:,} differences between two runs with the "
        f"same world and the same luck; on the dashed line nothing differs. {INTERVALS} At the right the same in numbers. Months "
        f"kept going, patients and hours are counted from the start to month {months}; hours of monitoring are part of the "
        "practitioners’." + _left_out(findings)
    )
    words = "; ".join(
        f"{one.title} {_in_words(findings.effect(contrasts[0], one.name), one)}" for group in groups[:1] for one in group
    )
    return save(
        figure, folder, "differences", title="Paired differences", caption=caption,
        alternative=f"Marks with intervals, a row an outcome. {_minus(findings, contrasts[0])}: {words}.",
    )  # fmt: skip


def _forest_axis(axis: Any, findings: Findings, group: Sequence[Outcome], contrasts: Sequence[int]) -> None:
    """Rows of outcomes of one unit."""
    step = 0.64 / max(1, len(contrasts))
    for place, outcome in enumerate(group):
        scale = scale_of(outcome)
        for nth, contrast in enumerate(contrasts):
            effect = findings.effect(contrast, outcome.name)
            height = place + (nth - (len(contrasts) - 1) / 2) * step
            _dot(axis, effect, height, contrast, scale)
            across = axis.get_yaxis_transform()
            axis.text(1.045, height, told_interval(effect, outcome), transform=across, va="center", fontsize=8, color=INK)
            colour, mark, _ = SCENARIO_LOOKS[contrast]
            axis.plot(1.022, height, marker=mark, markersize=4, color=colour, transform=across, clip_on=False)
        if place:
            axis.axhline(place - 0.5, color="#EEEEEE", linewidth=0.8, zorder=1)
    axis.axvline(0.0, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
    axis.set_ylim(len(group) - 0.5, -0.5)
    axis.set_yticks(range(len(group)), [wrapped(outcome.title, 44, 1) for outcome in group])
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    axis.margins(x=0.08)
    axis.grid(axis="x")
    effects = [findings.effect(contrast, outcome.name) for contrast in contrasts for outcome in group]
    _difference_axis(axis, group[0], differing=any(one.differing for one in effects))


def _dot(axis: Any, effect: Effect, height: float, contrast: int, scale: float) -> None:
    """Mark with its interval; nothing where no pair is defined."""
    if not np.isfinite(effect.difference):
        return
    colour, mark, _ = SCENARIO_LOOKS[contrast]
    if np.isfinite(effect.low):
        axis.plot([scale * effect.low, scale * effect.high], [height, height], color=colour, linewidth=1.6, zorder=4)
    axis.plot(scale * effect.difference, height, color=colour, marker=mark, markersize=5, linestyle="", zorder=5)


def _difference_axis(axis: Any, outcome: Outcome, *, differing: bool) -> None:
    """Horizontal axis of differences, with signs and the unit; of some width also where nothing differs."""
    if not differing:
        axis.set_xlim(-1.0, 1.0)
    if outcome.share:  # drawn in percentage points, where outcome_axis would take shares
        outcome = outcome._replace(share=False)
        unit = "percentage points"
    else:
        unit = difference_unit(outcome)
    outcome_axis(axis, outcome, way="x", signed=True)
    axis.set_xlabel(unit, labelpad=1)


def told_interval(effect: Effect, outcome: Outcome) -> str:
    """Difference with its interval as text, in the unit of the axis."""
    if not np.isfinite(effect.difference):
        return "not defined in any pair"
    scale = scale_of(outcome)
    digits = digits_of(scale * effect.mcse, share=outcome.share)
    text = decimal(scale * effect.difference, digits, signed=True)
    if effect.pairs == 1:
        return f"{text} (one pair)"
    if effect.differing == 0:
        return "0, the same in every pair"
    low, high = (decimal(scale * one, digits, signed=True) for one in (effect.low, effect.high))
    return f"{text}  [{low} to {high}]"


def _in_words(effect: Effect, outcome: Outcome) -> str:
    return f"{told_interval(effect, outcome)} {difference_unit(outcome)}"


# ------------------------------------------------------------------------------------------------------------------- services


def by_unit(findings: Findings, folder: Path) -> Picture:
    """Draw the share that kept going to the horizon by service: in each scenario at the left, the differences at the right."""
    services = [unit for unit in findings.units if unit.group == "service"]
    shown = services or list(findings.units)
    contrasts = shown_contrasts(findings)
    names = [one.name if services else f"{one.name} post{'' if one.name == '1' else 's'}" for one in shown]
    every = [("region", REGION), *((unit.group, unit.name) for unit in shown)]
    row = 0.12 + 0.11 * len(contrasts)
    named = _titles(findings, (0, *contrasts))
    top = 0.4 + _room([title for _, title in named])
    figure, ((left, right),) = sheet(1, 2, height=row * len(every) + 0.1, left=1.55, top=top, bottom=0.5, across=0.4)
    step = 0.6 / max(1, len(contrasts))
    for place, (group, unit) in enumerate(every):
        for nth, contrast in enumerate(contrasts):
            effect = findings.effect(contrast, KEPT_GOING, group=group, unit=unit)
            height = place + (nth - (len(contrasts) - 1) / 2) * step
            if nth == 0:
                colour, mark, _ = SCENARIO_LOOKS[0]
                left.plot([effect.base, effect.base], [place - 0.3, place + 0.3], color=colour, linewidth=1.0, zorder=3)
                left.plot(effect.base, place, color=colour, marker=mark, markersize=5, zorder=4)
            left.plot([effect.base, effect.other], [height, height], color=SCENARIO_LOOKS[contrast][0], linewidth=0.7, zorder=2)
            colour, mark, _ = SCENARIO_LOOKS[contrast]
            left.plot(effect.other, height, color=colour, marker=mark, markersize=5, zorder=5)
            _dot(right, effect, height, contrast, 100.0)
    for axis in (left, right):
        axis.set_ylim(len(every) - 0.5, -0.5)
        axis.axhline(0.5, color=INK, linewidth=0.6)
        axis.grid(axis="x")
        axis.tick_params(axis="y", length=0)
    left.set_yticks(range(len(every)), [REGION, *(wrapped(name, 20, 1) for name in names)])
    right.set_yticks([])
    left.set_xlim(-0.02, 1.02)
    left.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    left.set_xlabel("share of runs")
    left.set_title(f"Kept going to month {findings.comparison.months}")
    right.axvline(0.0, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
    right.margins(x=0.08)
    right.set_title("Paired difference")
    effects = [findings.effect(contrast, KEPT_GOING, group=group, unit=unit) for contrast in contrasts for group, unit in every]
    _difference_axis(right, told_outcome(KEPT_GOING, findings.comparison.months), differing=any(one.differing for one in effects))
    _legend(figure, named, lines=False)
    kind = "service" if services else "group of services with as many posts"
    caption = (
        f"Where the difference comes from. Left: the share of runs in which each {kind} kept going to the horizon; right: the "
        f"difference from “{title_at(findings, 0)}”, pair by pair. {INTERVALS} A service with more posts "
        "is less likely to have a gap by luck alone." + _left_out(findings)
    )
    gaps = [findings.effect(contrasts[0], KEPT_GOING, group=one.group, unit=one.name).difference for one in shown]
    told_units = "; ".join(f"{name} {decimal(100 * gap, 0, signed=True)}" for name, gap in zip(names, gaps, strict=True))
    return save(
        figure, folder, "services", title="By service" if services else "By number of posts", caption=caption,
        alternative=f"Marks by {kind}. {_minus(findings, contrasts[0])}, percentage points: {told_units}.",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------------ over time


def over_months(findings: Findings, folder: Path) -> Picture:
    """Draw the share of services that kept going over months in every scenario, and below it the paired differences."""
    contrasts = shown_contrasts(findings)
    months = findings.comparison.months
    month = np.arange(1, months + 1)
    named = _titles(findings, (0, *contrasts))
    top = 0.4 + _room([title for _, title in named])
    figure, ((upper,), (lower,)) = sheet(2, 1, height=1.9, left=0.95, top=top, bottom=0.5, between=0.55)
    for at in (0, *contrasts):
        track, (colour, _, dash) = findings.tracks[at], SCENARIO_LOOKS[at]
        upper.fill_between(month, track.low, track.high, color=colour, alpha=0.22, linewidth=0)
        upper.plot(month, track.mean, color=colour, linestyle=dash, linewidth=1.5)
    for at in contrasts:
        gap, (colour, _, dash) = findings.track_gaps[at - 1], SCENARIO_LOOKS[at]
        lower.fill_between(month, 100 * gap.low, 100 * gap.high, color=colour, alpha=0.22, linewidth=0)
        lower.plot(month, 100 * gap.mean, color=colour, linestyle=dash, linewidth=1.5)
    ends = {one.support_months for one in findings.comparison.scenarios[0].services}
    mark = max(ends)
    month_axis(upper, months, mark=mark, label=True)
    month_axis(lower, months, mark=mark)
    share_axis(upper)
    upper.set_ylabel("services that\nkept going")
    upper.grid(axis="y")
    lower.axhline(0.0, color=INK, linewidth=0.9)
    lower.margins(y=0.08)
    lower.grid(axis="y")
    outcome_axis(lower, told_outcome(KEPT_GOING, months)._replace(share=False), signed=True)
    lower.set_ylabel("difference,\npercentage points")
    lower.set_xlabel("months since training")
    upper.set_title(f"Share of services that kept going, mean over {findings.comparison.replicates:,} runs")
    lower.set_title(f"Paired difference from “{wrapped(title_at(findings, 0), 60, 1)}”")
    _legend(figure, named, lines=True)
    base = title_at(findings, 0)
    caption = (
        "When the difference arises, and whether it lasts. Above: the share of services that kept going, mean over runs. Below: "
        f"the mean difference from “{base}” between runs with the same world and luck, which is known better than the gap "
        "between two lines with luck of their own would be. Bands are 95 % intervals for the number of runs, month by month; "
        "they say nothing of the assumptions."
    )
    caption += f" The dashed line marks month {mark}, when the outside support ends." if 0 < mark <= months else ""
    first = findings.track_gaps[0].mean
    best = int(np.argmax(np.abs(first)))
    return save(
        figure, folder, "months", title="Kept going over time", caption=caption + _left_out(findings),
        alternative=f"Lines over months. {_minus(findings, contrasts[0])} is largest at month {best + 1}, "
        f"{decimal(100 * first[best], 1, signed=True)} percentage points, and "
        f"{decimal(100 * first[-1], 1, signed=True)} at the end.",
    )  # fmt: skip
