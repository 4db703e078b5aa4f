"""The small picture beside the answer of a sensitivity analysis: what does most, against what chance does."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from experiments.kit.glance import Bar, bars
from experiments.kit.words import label_of
from experiments.sensitivity.figures import scale_of, unit_of
from experiments.sensitivity.finding import Findings
from experiments.sensitivity.settings import Settings
from experiments.sensitivity.words import headline_words
from sim.figures.style import BLUE, INK, PALE
from sim.report.answers import answer_picture
from sim.report.pages import Figure

MOST_BARS: Final = 6


def glance(findings: Findings, settings: Settings) -> Figure:
    """The parameters with the largest effect on the headline against what chance does, small."""
    largest, floor = _largest_bars(findings)
    asked = headline_words(findings, settings)
    caption = (
        f"The {len(largest)} assumptions that do most to {asked}. Dashed: what chance alone does; pale: not told from chance."
    )
    if findings.indices:
        what = "share of the variance (total index)"
        caption += " Thin lines: 95 % intervals."
    else:
        what = f"effect over its whole range ({unit_of(findings.headline)})"
    told = "; ".join(f"{one.name} {one.text}" for one in largest)
    words = f"Bars, the longest first: {told}. Chance does {floor:.2g}."
    return answer_picture(lambda: _glance(largest, floor, what), caption=caption, alternative=words)


def _largest_bars(findings: Findings) -> tuple[list[Bar], float]:
    """Bars of the parameters that do most to the headline, and the noise floor in its own unit."""
    quantity = findings.headline
    if findings.indices:
        found = findings.indices[quantity]
        names, values, sure, reaches = [one.name for one in findings.survivors], found.total, found.important, found.total_reach
        scale, floor = 1.0, found.noise.floor
    else:
        screened = findings.screened[quantity]
        names, values, sure = list(findings.space.names), screened.mu_star, screened.above
        scale, floor, reaches = scale_of(quantity), screened.noise.floor, np.zeros(len(names))
    several = []
    for at in np.argsort(-np.nan_to_num(values), kind="stable")[:MOST_BARS].tolist():
        value, error = float(scale * np.nan_to_num(values[at])), float(scale * np.nan_to_num(reaches[at]))
        look: dict[str, Any] = {"colour": BLUE} if sure[at] else {"colour": PALE, "hatch": "////"}
        several.append(Bar(label_of(names[at]), max(value, 0.0), f"{value:.2g}", error=error, **look))
    return several, float(scale * np.nan_to_num(floor))


def _glance(largest: Sequence[Bar], floor: float, what: str) -> Any:
    from matplotlib.ticker import MaxNLocator

    highest = 1.02 * max(1e-9, floor, *(one.value + one.error for one in largest))
    figure, axis = bars(largest, label=what, highest=highest, ticks=(), room=0.6)
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.axvline(floor, color=INK, linewidth=1.1, linestyle=(0, (4, 2)), zorder=5)
    return figure
