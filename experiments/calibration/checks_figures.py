"""Figures of the checks of a calibration."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.stats import binom

from experiments.calibration.leaving import SEVERAL, Left
from experiments.calibration.recovery import BINS, CENTRAL, ERRORS, NARROWED, Recovery, ranks
from experiments.kit.glance import Bar, bars
from experiments.kit.looks import sheet, wrapped
from experiments.kit.words import label_of
from experiments.patterns.reading import Pattern
from sim.figures.style import BLUE, GREY, INK, ORANGE, VERMILLION, Picture, save
from sim.report.answers import answer_picture
from sim.report.pages import Figure

MOST: Final = 25
"""Parameters of a figure."""

ROW: Final = 0.19
"""Inches of a line."""

PANELS: Final = (3, 4)

STANDS_IN: Final = "The emulators of wave 0 stand in for the model; the true values are of vectors that were run."


def glance(counts: Sequence[tuple[str, int, int]]) -> Figure:
    """What holds of what was asked, small: bars of shares.

    Parameters
    ----------
    counts : sequence of (str, int, int)
        What is counted, how many hold, and of how many.
    """
    several = [Bar(name, good / of, f"{good:,} of {of:,}") for name, good, of in counts]
    ticks = ((0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %"))

    def draw() -> Any:
        return bars(several, label="share that holds", highest=1.0, ticks=ticks, room=1.1)[0]

    said = "; ".join(f"{one.name}: {one.text}" for one in several)
    return answer_picture(draw, caption="What the checks came to; each is explained below.", alternative=f"Bars. {said}.")


def narrowest(found: Recovery, most: int = MOST) -> list[int]:
    """Parameters by the width of their posteriors, the narrowest first."""
    return [int(one) for one in np.argsort([row.width for row in found.rows], kind="stable")[:most]]


def recovery(folder: Path, found: Recovery) -> Picture:
    """How wide posteriors are and how often they hold the truth."""
    order = narrowest(found)
    figure, axes = sheet(1, 2, height=ROW * len(order) + 0.3, left=2.9, bottom=0.55, top=0.15)
    wide, cover = axes[0]
    for place, k in enumerate(order):
        row = found.rows[k]
        colour = BLUE if row.identifiable else GREY
        wide.plot([0, row.width], [place, place], color=colour, lw=3.2, solid_capstyle="butt")
        cover.plot([row.cover50], [place], "o", color=colour, ms=4)
        cover.plot([row.cover90], [place], "s", color=colour, ms=4)
    for share, error in zip(CENTRAL, (found.rows[0].error50, found.rows[0].error90), strict=True):
        cover.axvspan(share - ERRORS * error, share + ERRORS * error, color=GREY, alpha=0.18, lw=0)
        cover.axvline(share, color=INK, lw=0.8)
    wide.axvline(NARROWED, color=INK, lw=0.9, ls=(0, (4, 2)))
    wide.set_yticks(range(len(order)), [wrapped(label_of(found.names[k]), 46, 1) for k in order], fontsize=7.5)
    cover.set_yticks(range(len(order)), [""] * len(order))
    for axis, label in ((wide, "width of the 90 % interval (1 = prior)"), (cover, "share of true values inside")):
        axis.set_ylim(len(order) - 0.4, -0.6)
        axis.set_xlim(0, 1.05)
        axis.set_xlabel(label)
        axis.grid(axis="y", visible=False)
    return save(
        figure, folder, "recovery",
        title="What can be recovered",
        caption=f"The {len(order)} parameters that {len(found.truths)} fits to vectors with known values narrow most. Left: mean "
        f"width of the posterior's 90 % interval; only what stays below {NARROWED:.0%} (dashed) is worth calling learned. Right: "
        f"how often the central 50 % (dots) and 90 % intervals (squares) held the true value; grey bands are {ERRORS:g} binomial "
        f"errors about what they promise. Blue: identifiable. {STANDS_IN}",
        alternative="Bars of widths beside points of coverage, one line a parameter.",
    )  # fmt: skip


def rank_panels(folder: Path, found: Recovery) -> Picture:
    """Rank histograms of the parameters that are narrowed most."""
    rows, columns = PANELS
    order = narrowest(found, rows * columns)
    held, chains = found.states.shape[:2]
    edges = np.arange(BINS + 1) * (chains + 1) / BINS - 0.5
    low, high = binom.ppf([0.005, 0.995], held, 1 / BINS)
    figure, axes = sheet(rows, columns, height=1.1, left=0.6, bottom=0.5, top=0.4, between=0.55)
    for place, axis in enumerate(one for line in axes for one in line):
        if place >= len(order):
            axis.set_axis_off()
            continue
        k = order[place]
        counts = np.histogram(ranks(found.states[:, :, k : k + 1], found.truths[:, k : k + 1]), edges)[0]
        axis.axhspan(low, high, color=GREY, alpha=0.25, lw=0)
        axis.bar((edges[:-1] + edges[1:]) / 2, counts, width=0.85 * (edges[1] - edges[0]), color=BLUE)
        axis.set_title(wrapped(label_of(found.names[k]), 31, 2), fontsize=7)
        axis.set_xticks([0, chains])
        if place % columns == 0:
            axis.set_ylabel("fits")
        if place >= len(order) - columns:
            axis.set_xlabel("draws below the true value")
    return save(
        figure, folder, "ranks",
        title="Ranks of the true values",
        caption="Among how many draws of its posterior a true value came, for the parameters that are narrowed most: flat when "
        "the posterior is right, hollow when it is too narrow, a hill when it is too wide, a slope when it lies to one side. "
        f"Grey: where 99 % of the bars of a flat one lie. {STANDS_IN}",
        alternative="Twelve small bar charts.",
    )  # fmt: skip


def constrained(folder: Path, names: Sequence[str], patterns: Sequence[Pattern], shares: np.ndarray) -> Picture:
    """Which pattern says something about which parameter."""
    order = np.argsort(-shares.max(axis=0), kind="stable")[:MOST]
    order = order[np.argsort(np.argmax(shares[:, order], axis=0), kind="stable")]
    figure, axes = sheet(1, 1, height=ROW * len(patterns) + 0.2, left=2.1, right=0.9, bottom=2.3, top=0.15)
    axis = axes[0][0]
    image = axis.imshow(100 * shares[:, order], aspect="auto", cmap="Blues", vmin=0, vmax=100)
    axis.set_yticks(range(len(patterns)), [one.id for one in patterns], fontsize=7.5)
    axis.set_xticks(
        range(len(order)),
        [wrapped(label_of(names[int(k)]), 44, 1) for k in order],
        rotation=60,
        ha="right",
        rotation_mode="anchor",
        fontsize=7,
    )
    axis.grid(visible=False)
    figure.colorbar(image, ax=axis, fraction=0.03, pad=0.02, label="share of the variance (%)")
    return save(
        figure, folder, "constrained",
        title="Which pattern says something about which parameter",
        caption="Share of what an emulator foretells of a pattern, over the whole prior, that is due to each parameter; "
        f"the {len(order)} with the largest shares. A dark cell is a pattern that hangs on that parameter, a light column "
        "is a parameter that no pattern can tell. Linear terms and squares count for their parameter, products half for each.",
        alternative="A grid of cells, patterns by parameters, darker where the share is larger.",
    )  # fmt: skip


def left_out(folder: Path, rows: Sequence[Left]) -> Picture:
    """What was foretold of patterns that were left out."""
    shown = [one for one in rows if one.left == one.pattern.id or one.pattern.pattern != SEVERAL] or list(rows)
    figure, axes = sheet(1, 1, height=ROW * len(shown) + 0.3, left=2.1, right=0.3, bottom=0.55, top=0.15)
    axis = axes[0][0]
    axis.axvspan(0.0, 1.0, color=GREY, alpha=0.18, lw=0)
    for place, one in enumerate(shown):
        low, wide = one.pattern.low, one.pattern.high - one.pattern.low
        lines: Any = (
            (one.prior, None, GREY, 0.0, 1.0),
            ((one.without.low, one.without.high), one.without.mean, BLUE if one.inside else VERMILLION, -0.12, 2.2),
            ((one.fitted.low, one.fitted.high), one.fitted.mean, ORANGE, 0.24, 1.4),
        )
        for ends, mean, colour, above, thick in lines:
            axis.plot([(x - low) / wide for x in ends], [place + above] * 2, color=colour, lw=thick, solid_capstyle="butt")
            if mean is not None:
                axis.plot([(mean - low) / wide], [place + above], "o", color=colour, ms=1.8 * thick)
    axis.set_yticks(range(len(shown)), [one.pattern.id for one in shown])
    axis.set_ylim(len(shown) - 0.4, -0.6)
    axis.set_xlim(-2.0, 3.0)
    axis.set_xlabel("position within the tolerance (0 = lower end, 1 = upper end)")
    axis.grid(axis="y", visible=False)
    return save(
        figure, folder, "left_out",
        title="Patterns foretold by the others",
        caption="Each pattern when its group was left out of the fit (those of P10, which come from different studies, one by "
        "one): dot the mean, line 90 % of what would be measured; blue when the mean lies within the tolerance (grey), red when "
        "it does not. Orange: with all patterns. Thin grey: draws of the prior. Where blue is as wide as thin grey, the other "
        "patterns say nothing of this one, and a mean within the tolerance is no success. The emulators of the last wave stand "
        "in for the model; what lies beyond the edges is cut off.",
        alternative="One line a pattern, scaled so that the tolerance reaches from 0 to 1.",
    )  # fmt: skip


def spread(folder: Path, pattern: Pattern, mean: np.ndarray, weights: np.ndarray) -> Picture | None:
    """Distribution of the members' means for one pattern; None where there is none."""
    there = np.isfinite(mean)
    if not there.any():
        return None
    figure, axes = sheet(1, 1, height=1.25, left=0.7, bottom=0.5, top=0.1)
    axis = axes[0][0]
    axis.axvspan(pattern.low, pattern.high, color=GREY, alpha=0.25, lw=0)
    ends = [min(float(mean[there].min()), pattern.low), max(float(mean[there].max()), pattern.high)]
    share = 100 * weights[there] / weights[there].sum()
    axis.hist(mean[there], bins=np.linspace(ends[0], ends[1], 41), weights=share, color=BLUE)
    axis.axvline(pattern.target, color=INK, lw=1.6)
    axis.set_xlabel(pattern.unit)
    axis.set_ylabel("members (%)")
    return save(
        figure, folder, pattern.id.replace(".", "_"),
        title=pattern.id,
        caption="Members’ means by weight; grey the tolerance, upright line what was observed.",
        alternative=f"Histogram of the ensemble for {pattern.id}, with the tolerance from {pattern.low:g} to {pattern.high:g}.",
    )  # fmt: skip
