"""Figures of the study's framework: implementation drivers, and implementation leadership and climate."""

from pathlib import Path
from typing import Any, Final, NamedTuple

from sim.figures.drawings import Frames, caveat, last_month, legend, outcome_rows, support_words
from sim.figures.style import (
    BLUE,
    GREEN,
    SKY,
    VERMILLION,
    Picture,
    below,
    grid,
    month_axis,
    panels_of,
    pick,
    save,
    share_axis,
    support_end,
)

DASHED: Final = (0, (5, 1.5))
DOTTED: Final = (0, (1.2, 1.2))

VIEW: Final = " These are views of the simulated state: what they are made of acts in the model, they themselves do nothing."


class Line(NamedTuple):
    """One line of a figure: outcome, label, colour and dash."""

    outcome: str
    label: str
    colour: str
    dash: Any


DRIVER_LINES: Final = (
    Line("driver_leadership", "leadership", BLUE, "-"),
    Line("driver_organisation", "organisation", VERMILLION, DASHED),
    Line("driver_competency", "competency", GREEN, DOTTED),
)
SCALE_LINES: Final = (
    Line("leadership", "leadership, actual", BLUE, "-"),
    Line("perceived_leadership", "leadership as perceived", SKY, DASHED),
    Line("climate_actual", "climate, actual", VERMILLION, "-"),
    Line("climate", "climate as perceived", "#7A3400", DOTTED),
)


def _lines(frames: Frames, lines: tuple[Line, ...], label: str) -> tuple[Any, list[Any]]:
    """Means over months of a few outcomes with their Monte Carlo bands, a panel a unit."""
    from matplotlib.lines import Line2D

    panels = panels_of(frames)
    figure, axes = grid(panels)
    for axis, panel in zip(axes, panels, strict=True):
        for line in lines:
            one = pick(outcome_rows(frames, line.outcome), panel)
            month, mean = one["month"].to_numpy(), one["mean"].to_numpy()
            error = 1.96 * one["mcse"].fillna(0.0).to_numpy()
            axis.fill_between(month, mean - error, mean + error, color=line.colour, alpha=0.2, linewidth=0)
            axis.plot(month, mean, color=line.colour, linestyle=line.dash, linewidth=1.6)
        month_axis(axis, last_month(frames), mark=support_end(frames), label=axis is axes[0], label_height=0.92)
        axis.grid(axis="y")
    axes[0].set_ylabel(label)
    below(axes[1:] or axes, "months since training")
    handles = [Line2D([], [], color=line.colour, linestyle=line.dash, linewidth=1.6, label=line.label) for line in lines]
    legend(figure, handles, len(lines))
    return figure, axes


def _at_end(frames: Frames, lines: tuple[Line, ...], form: str) -> str:
    """Values of the region at the horizon, in words."""
    region = panels_of(frames)[0]
    values = {line.label: float(pick(outcome_rows(frames, line.outcome), region)["mean"].iloc[-1]) for line in lines}
    return "At the horizon: " + ", ".join(f"{label} {value:{form}}" for label, value in values.items()) + "."


def drivers(frames: Frames, folder: Path) -> Picture:
    """Draw the three implementation drivers over time."""
    figure, axes = _lines(frames, DRIVER_LINES, "share of what\nthere could be")
    for axis in axes:
        share_axis(axis)
    axes[0].set_ylabel("share of what\nthere could be")
    caption = (
        "The framework that the study asked its questions by, read off the simulated services: mean over runs of how much there "
        "is of each driver, from 0 % (nothing) to 100 % (everything). Leadership, solid: how far the leader is engaged, times "
        "how much leadership the leader has to give. Organisation, dashed: plan, meetings, time and few barriers; figures that "
        "are used; backing from above. Competency, dotted: how practitioners were chosen, how many posts are trained, and "
        "supervision. Peaks of organisation at months 6 and 12 are visits, which document fidelity to those above. As means over "
        "runs, lines move when leaders or practitioners leave in some of them." + VIEW + support_words(frames) + caveat(frames)
    )
    alternative = "Lines over months. " + _at_end(frames, DRIVER_LINES, ".0%")
    return save(figure, folder, "drivers", title="Implementation drivers", caption=caption, alternative=alternative)


def leadership(frames: Frames, folder: Path) -> Picture:
    """Draw implementation leadership and implementation climate over time, actual and as perceived."""
    figure, axes = _lines(frames, SCALE_LINES, "scale (0–4)")
    for axis in axes:
        axis.set_ylim(0, 4)
        axis.set_yticks([0, 1, 2, 3, 4])
    caption = (
        "Two scales that implementation research uses, from 0 to 4, as means over runs. Leadership is the mean of how proactive, "
        "knowledgeable, supportive and perseverant the leader is; without a leader it is 0. Climate is the mean of what is "
        "expected, supported and recognised. Solid lines: what there is. Broken lines: what practitioners perceive, each "
        "through a slant of their own and, for climate, with a lag; only this could be asked in a survey." + VIEW
        + support_words(frames) + caveat(frames)
    )  # fmt: skip
    alternative = "Lines over months. " + _at_end(frames, SCALE_LINES, ".1f")
    return save(
        figure, folder, "leadership", title="Implementation leadership and climate", caption=caption, alternative=alternative
    )
