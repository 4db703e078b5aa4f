"""Figures of a calibration: how the waves went, where the ensemble lies within the bands, and how wide it is."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.calibration.waves import Found
from experiments.kit.looks import sheet, wrapped
from experiments.kit.words import label_of
from experiments.patterns.measuring import Measured
from experiments.worlds.ensembles import quantiles
from experiments.worlds.prior import Prior
from sim.figures.style import BLUE, GREY, INK, ORANGE, VERMILLION, Picture, Pictures, drawing, save

NARROWER: Final = 0.75
"""Share of the prior's width below which a parameter counts as narrowed, for the figure."""

MOST: Final = 40
ROW: Final = 0.19
"""Inches of a line."""


def draw(out: Path, prior: Prior, found: Found, other: Measured) -> Pictures:
    """Draw all figures of a calibration into ``figures``."""
    pictures, folder = Pictures(), out / "figures"
    with drawing():
        pictures.add("bands", lambda: bands(folder, found, other))
        pictures.add("widths", lambda: widths(folder, prior, found))
        pictures.add("progress", lambda: progress(folder, found))
    return pictures


def bands(folder: Path, found: Found, other: Measured) -> Picture:
    """Ensemble against tolerance: every pattern on the scale of its band."""
    rows = [(k, one) for k, one in enumerate(other.patterns) if one.fitted]
    figure, axes = sheet(1, 1, height=ROW * len(rows) + 0.3, left=2.1, right=0.3, bottom=0.55, top=0.15)
    axis = axes[0][0]
    axis.axvspan(0.0, 1.0, color=GREY, alpha=0.18, lw=0)
    for place, (k, one) in enumerate(rows):
        mean = other.mean[:, k]
        there = np.isfinite(mean)
        if not there.any():
            continue
        weights = found.weights[there]
        scaled = (mean[there] - one.low) / (one.high - one.low)
        low, middle, high = quantiles(scaled[:, None], weights, (0.05, 0.5, 0.95))[:, 0]
        colour = ORANGE if one.id in found.aside else BLUE if one.id in found.required else VERMILLION
        axis.plot([low, high], [place, place], color=colour, lw=2.2, solid_capstyle="butt")
        axis.plot([middle], [place], "o", color=colour, ms=4)
        axis.plot([(one.target - one.low) / (one.high - one.low)], [place], "|", color=INK, ms=9, mew=1.6)
    axis.set_yticks(range(len(rows)), [one.id for _, one in rows])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlim(-1.0, 2.0)
    axis.set_xlabel("position within the tolerance (0 = lower end, 1 = upper end)")
    axis.grid(axis="y", visible=False)
    return save(
        figure,
        folder,
        "bands",
        title="The ensemble within the tolerances",
        caption="Where the plausible vectors lie within each pattern's tolerance (grey): dot the median, line 90 % of the "
        "members' means, upright mark the published figure. Measured with random numbers that no vector was chosen by. Blue: "
        "required; orange: set aside (met by fewer than 1 in 1,000 draws of the prior); red: left out and predicted.",
        alternative="One line a pattern, scaled so that the tolerance reaches from 0 to 1.",
    )


def widths(folder: Path, prior: Prior, found: Found) -> Picture:
    """What was learned of the parameters: 90 % intervals before and after, narrowest first."""
    shares = prior.shares(found.values)
    low, middle, high = quantiles(shares, found.weights, (0.05, 0.5, 0.95))
    left = (high - low) / 0.9
    order = [int(one) for one in np.argsort(left) if left[one] < NARROWER][:MOST] or [int(np.argmin(left))]
    figure, axes = sheet(1, 1, height=ROW * len(order) + 0.3, left=2.9, right=0.9, bottom=0.55, top=0.15)
    axis = axes[0][0]
    for place, k in enumerate(order):
        axis.plot([0, 1], [place, place], color=GREY, lw=5, alpha=0.25, solid_capstyle="butt")
        axis.plot([low[k], high[k]], [place, place], color=BLUE, lw=2.2, solid_capstyle="butt")
        axis.plot([middle[k]], [place], "o", color=BLUE, ms=4)
        axis.text(1.02, place, f"{100 * left[k]:.0f} %", va="center", fontsize=7.5, color=INK)
    axis.set_yticks(range(len(order)), [wrapped(label_of(prior.names[k]), 46, 1) for k in order], fontsize=7.5)
    axis.set_ylim(len(order) - 0.4, -0.6)
    axis.set_xlim(0, 1)
    axis.set_xlabel("position between the parameter's bounds (0 = low, 1 = high)")
    axis.grid(axis="y", visible=False)
    return save(
        figure,
        folder,
        "widths",
        title="What the patterns say about the parameters",
        caption=f"Parameters whose 90 % interval shrank to less than {NARROWER:.0%} of the prior's (grey), narrowest first, "
        f"{MOST} at most; "
        "right, what is left of the width. The other parameters keep the spread of their bounds: the patterns do not tell.",
        alternative="One line a parameter: an interval within its bounds.",
    )


def progress(folder: Path, found: Found) -> Picture:
    """Share of the patterns that hold, wave by wave; and what the rounds of the last wave added."""
    figure, axes = sheet(1, 2, height=2.4, left=0.8, bottom=0.55, top=0.15, across=0.85)
    first, second = axes[0]
    waves = sorted({line["wave"] for line in found.history})
    shares: list[Any] = [100 * np.mean([line["inside"] for line in found.history if line["wave"] == one]) for one in waves]
    first.plot(waves, shares, "o-", color=BLUE)
    first.set_xticks(waves)
    first.set_xlabel("wave")
    first.set_ylabel("patterns that hold (%)")
    first.set_ylim(0, 102)
    rounds = [line for line in found.history if "accepted" in line]
    turns = np.arange(1, len(rounds) + 1)
    second.plot(turns, [line["accepted"] for line in rounds], color=BLUE, label="vectors accepted")
    second.plot(turns, [line["effective"] for line in rounds], color=VERMILLION, ls="--", label="effective sample size")
    second.set_xlabel("round of the last wave")
    second.set_ylabel("vectors")
    second.set_ylim(0, None)
    second.legend(frameon=False, fontsize=7.5)
    return save(
        figure,
        folder,
        "waves",
        title="Waves of the calibration",
        caption="Left: mean share of the required patterns that lie within their tolerance, over the vectors measured in each "
        "wave; wave 0 is drawn from the prior. Right: what the rounds of the last wave have come to. The effective sample size "
        "falls where a vector is accepted that emulators held unlikely.",
        alternative="A rising line; and two that rise with the rounds.",
    )
