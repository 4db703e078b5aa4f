"""The figures on one's own service: what was seen and what may come, policies with their hours, the parts of the description."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.kit.glance import Bar, bars
from experiments.kit.looks import SCENARIO_LOOKS, WIDTH, wrapped
from experiments.kit.words import minus
from experiments.mine.finding import Difference, Findings
from experiments.mine.observations import ARRIVES, DELIVERING, FIDELITY, IN_COURSES, LEAVES, STARTED, STAYS, WAITING, Observation
from experiments.mine.words import NAMED, leading, shown
from sim.figures.style import BLUE, EDGE, INK, USE_LOOKS, Picture, Pictures, drawing, month_axis, save, share_axis
from sim.report.answers import answer_picture
from sim.report.pages import Figure

ANSWERED: Final = ("kept_going", "operating", "given_up")
"""What the answer tells of, and the picture beside it."""

STACKED: Final = ("operating", "silent", "given_up")

_ROWS: Final = {
    DELIVERING: "posts deliver", FIDELITY: "fidelity", LEAVES: "leader", ARRIVES: "leader", STAYS: "leader",
    IN_COURSES: "in courses", STARTED: "courses begun", WAITING: "posts wait",
}  # fmt: skip
"""Line of the strip of what was seen, by kind."""


def draw_all(folder: Path, findings: Findings) -> Pictures:
    """Draw every figure.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; made if missing.
    findings : Findings
    """
    pictures = Pictures()
    with drawing():
        pictures.add("forecast", lambda: forecast(findings, folder))
        pictures.add("policies", lambda: policies(findings, folder))
        if any(one.changes for one in findings.described):
            pictures.add("descriptions", lambda: descriptions(findings, folder))
    return pictures


def _sheet(height: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    figure = Sheet(figsize=(WIDTH, height))
    FigureCanvasAgg(figure)
    return figure


# ------------------------------------------------------------------------------------------------------------------ forecast


def forecast(findings: Findings, folder: Path) -> Picture:
    """Draw what was seen above what may come: shares of operating, silent and given up, and of who has kept going."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    question = findings.question
    rows = list(dict.fromkeys(_ROWS[one.kind] for one in question.mine.observations))
    strip, panel, top, bottom, left, right = 0.24 * len(rows), 2.7, 0.42, 0.5, 1.05, 0.2
    total = top + strip + 0.16 + panel + bottom
    figure = _sheet(total)
    wide = 1.0 - (left + right) / WIDTH
    axis = figure.add_axes((left / WIDTH, bottom / total, wide, panel / total))
    _stack(axis, findings)
    if rows:
        above = figure.add_axes((left / WIDTH, (bottom + panel + 0.16) / total, wide, strip / total))
        _strip(above, question.mine.observations, rows, question.months, question.now)
    handles: list[Any] = [
        Patch(facecolor=USE_LOOKS[name][0], hatch=USE_LOOKS[name][1], label=NAMED[name], linewidth=0) for name in STACKED
    ]
    handles.append(Line2D([], [], color=INK, linewidth=1.8, label="kept going, with its 95 % interval"))
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=4, handlelength=1.8, columnspacing=1.4)
    ends = ", ".join(f"{NAMED[name]} {100 * findings.shares[name].mean[-1]:.0f} %" for name in ("kept_going", *STACKED))
    caption = (
        f"What was seen (above), and what may come. Of {findings.match.tried:,} histories {len(findings.match.kept):,} did what "
        f"was seen; after month {question.now}, which is now, each of {findings.lived:,} of them has {findings.each} futures. "
        "The height of a colour is the share in that state; what is missing to the top has not begun. The line is who has kept "
        "going: no gap of nine months so far. Its band is a 95 % interval for luck; it does not say how wrong the model may be."
    )
    return save(
        figure, folder, "forecast", title=f"What may become of {question.mine.service.name}", caption=caption,
        alternative=f"Shares over months, with a line at month {question.now}, which is now. At month {question.months}: {ends}.",
    )  # fmt: skip


def _stack(axis: Any, findings: Findings) -> None:
    question = findings.question
    months = np.arange(1, question.months + 1)
    heights = [findings.shares[name].mean for name in STACKED]
    below = np.zeros(question.months)
    for name, height in zip(STACKED, heights, strict=True):
        colour, hatch = USE_LOOKS[name]
        axis.fill_between(months, below, below + height, facecolor=colour, hatch=hatch, edgecolor=EDGE, linewidth=0)
        below = below + height
    kept = findings.shares["kept_going"]
    axis.fill_between(months, kept.low, kept.high, color="white", alpha=0.65, linewidth=0, zorder=4)
    axis.plot(months, kept.mean, color=INK, linewidth=1.8, zorder=5)
    month_axis(axis, question.months)
    share_axis(axis)
    axis.set_xlabel("months since training")
    axis.axvline(question.now, color=INK, linewidth=1.1, zorder=6)
    at_right = question.now < 0.8 * question.months
    axis.annotate(
        "now", (question.now, 0.95), xytext=(4 if at_right else -4, 0), textcoords="offset points", fontsize=9, fontweight="bold",
        ha="left" if at_right else "right", va="center", zorder=7,
        bbox={"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip


def _strip(axis: Any, observations: Sequence[Observation], rows: list[str], months: int, now: int) -> None:
    """Marks of what was seen, a line a kind."""
    for one in observations:
        height = len(rows) - 1 - rows.index(_ROWS[one.kind])
        axis.plot([one.month], [height], marker="o", markersize=4, color=BLUE, linestyle="none", clip_on=False)
        axis.annotate(
            _mark(one), (one.month, height), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8, color=INK,
            annotation_clip=False,
        )  # fmt: skip
    axis.set_xlim(0, months)
    axis.set_ylim(-0.6, len(rows) - 0.4)
    axis.set_yticks(range(len(rows)), rows[::-1])
    axis.tick_params(length=0, labelbottom=False)
    axis.axvline(now, color=INK, linewidth=1.1)
    for side in ("bottom", "left"):
        axis.spines[side].set_visible(False)
    axis.set_xticks([])


def _mark(one: Observation) -> str:
    if one.kind == STAYS:
        return "stays"
    return one.kind if one.of_leader else f"{one.value:g}"


# --------------------------------------------------------------------------------------------------------------- differences


def glance(findings: Findings) -> Figure:
    """What may come at the horizon: bars of who keeps going, operates and has given up, with their intervals."""
    question, several = findings.question, []
    for name in ANSWERED:
        share, (colour, hatch) = findings.shares[name], USE_LOOKS.get(name, (BLUE, ""))
        mean, low, high = (float(np.nan_to_num(getattr(share, side)[-1])) for side in ("mean", "low", "high"))
        sides = (max(0.0, mean - low), max(0.0, high - mean))
        several.append(Bar(NAMED[name], mean, f"{100 * mean:.0f} %", colour=colour, hatch=hatch, sides=sides))
    said = "; ".join(f"{one.name}: {one.text}" for one in several)
    return answer_picture(
        lambda: bars(
            several, label=f"share of futures, month {question.months}", highest=1.0,
            ticks=((0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")), room=0.8,
        )[0],
        caption=f"What may have become of {question.mine.service.name} by month {question.months}. Thin lines: 95 % intervals.",
        alternative=f"Bars. {said}.",
    )  # fmt: skip


def policies(findings: Findings, folder: Path) -> Picture:
    """Draw what each policy from now on would change, with its hours beside it."""
    measure = leading(findings)
    order = sorted(findings.acted, key=lambda one: one.changes[measure].value)
    lines = [(wrapped(one.title, 34, 1), one.changes[measure], f"{one.hours['support']:,.0f}") for one in order]
    question = findings.question
    figure = _dots(lines, left=2.45, label=_label(measure, question.months), heading="more hours of\nsupport a year")
    best = order[-1]
    caption = (
        f"What each policy from month {question.now} on would change in month {question.months}: the same histories and the same "
        "luck, with the policy and without. Bars are 95 % intervals. At the right: more hours a year of leaders, supervision, "
        "monitoring, covering and training together."
    )
    return save(
        figure, folder, "policies", title="Policies from now on", caption=caption,
        alternative=f"A dot for each policy. Most changes {best.title}: {100 * best.changes[measure].value:+.0f} points.",
    )  # fmt: skip


def descriptions(findings: Findings, folder: Path) -> Picture:
    """Draw what another description would change."""
    measure = leading(findings)
    told = sorted((one for one in findings.described if one.changes), key=lambda one: one.changes[measure].value)
    lines = [
        (f"{one.part.replace('_', ' ')}: {shown(one.other)}", one.changes[measure], f"{one.matched:,} of {one.tried:,}")
        for one in told
    ]  # fmt: skip
    question = findings.question
    figure = _dots(lines, left=2.2, label=_label(measure, question.months), heading="matched")
    caption = (
        "One part of the description at a time is replaced by what another of the study's nine services has; of numbers, by the "
        f"lowest and the highest. A line names what stands there instead. Histories are matched anew. The difference is in the "
        f"forecast for month {question.months}. Bars are 95 % intervals."
    )
    far = max(told, key=lambda one: abs(one.changes[measure].value))
    return save(
        figure, folder, "descriptions", title="Which parts of the description matter", caption=caption,
        alternative=f"A dot for each replacement. Farthest from 0 is {far.part}: {100 * far.changes[measure].value:+.0f}.",
    )  # fmt: skip


def _label(measure: str, months: int) -> str:
    return f"change in the share {NAMED[measure]} in month {months} (percentage points)"


def _dots(lines: Sequence[tuple[str, Difference, str]], *, left: float, label: str, heading: str) -> Any:
    """Differences in percentage points as dots with bars, a line each, from below; with a text at the right of each."""
    top, bottom, right = 0.45, 0.5, 1.1
    total = top + bottom + 0.22 * len(lines)
    figure = _sheet(total)
    axis = figure.add_axes((left / WIDTH, bottom / total, 1.0 - (left + right) / WIDTH, 0.22 * len(lines) / total))
    colour, mark, _ = SCENARIO_LOOKS[0]
    for height, (_, change, text) in enumerate(lines):
        reach = 196 * change.error
        axis.plot([100 * change.value - reach, 100 * change.value + reach], [height, height], color=colour, linewidth=1.6)
        axis.plot([100 * change.value], [height], marker=mark, markersize=5, color=colour)
        axis.annotate(
            text,
            (1.0, height),
            xycoords=("axes fraction", "data"),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axis.axvline(0.0, color=INK, linewidth=0.9, linestyle=(0, (4, 2)))
    axis.set_yticks(range(len(lines)), [name for name, _, _ in lines])
    axis.set_ylim(-0.6, len(lines) - 0.4)
    axis.set_xlabel(label)
    axis.grid(axis="x")
    axis.xaxis.set_major_formatter(lambda value, _: minus(f"{value:+g}" if value else "0"))
    axis.annotate(
        heading, (1.0, 1.0), xycoords="axes fraction", xytext=(8, 4), textcoords="offset points", va="bottom", fontsize=8,
        fontweight="bold",
    )  # fmt: skip
    return figure
