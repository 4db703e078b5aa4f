"""Scatter of an outcome over the factors of a design whose values are spread out."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.kit.looks import MOST_LINES, SCENARIO_LOOKS, outcome_axis, sheet, wrapped
from experiments.kit.words import Outcome, minus
from experiments.sweeps.digest import Digest, ShownFactor
from experiments.sweeps.effects import correlations, mean_of, strongest
from experiments.sweeps.looks import legend_room, level_ticks, only_scenarios, room_below, scenario_entries, scenario_legend
from sim.figures.style import Picture, save

MOST_PANELS: Final = 6
MOST_DOTS: Final = 1500
"""Points that a panel draws, over all scenarios; the running means are over all points."""
_LEAST_A_STEP: Final = 25
_FEWEST_STEPS: Final = 5
_MOST_STEPS: Final = 20


def scatter(digest: Digest, folder: Path, which: int) -> Picture | None:
    """Draw an outcome over the factors that go with it most, with running means; None without that outcome."""
    if which >= len(digest.varying):
        return None
    outcome = digest.varying[which]
    factors = strongest(digest, outcome.name, MOST_PANELS)
    columns = len(factors) if len(factors) < 4 else 2 if len(factors) == 4 else 3
    rows = -(-len(factors) // columns)
    room, below = legend_room(scenario_entries(digest)), room_below(factors, 36)
    figure, axes = sheet(rows, columns, height=1.75, top=0.34 + room, bottom=below, between=below + 0.3, across=0.25, left=0.98)
    figure.set_dpi(200)  # dots become a picture inside the SVG: thousands of paths are slow to show
    lines = min(len(digest.names), MOST_LINES)
    drawn = _drawn(digest.points, MOST_DOTS // lines)
    value = correlations(digest, outcome.name).value
    for at, axis in enumerate(one for row in axes for one in row):
        if at >= len(factors):
            axis.set_axis_off()
            continue
        for scenario in range(lines):
            _one(axis, factors[at], digest.values(outcome.name).mean[scenario], scenario, drawn, lines)
        _finish(axis, factors[at], value[:lines, digest.factors.index(factors[at])], at % columns == 0, outcome)
    _same(axes, len(factors), outcome)
    scenario_legend(figure, digest)
    of = f", of {len(digest.factors)}" if len(factors) < len(digest.factors) else ""
    which_ones = "factor" if len(factors) == 1 else f"{len(factors)} factors"
    caption = (
        f"{outcome.title[:1].upper()}{outcome.title[1:]} over the {which_ones} that go with it most{of}. A dot is the mean "
        "over the "
        "runs of one design point; the line is the mean of neighbouring points, all other factors moving freely. Over each "
        "panel: "
        "the rank correlation, from \N{MINUS SIGN}1 to 1, in each scenario. Dots that scatter far around a line show what "
        "the other "
        "factors and chance do."
    )
    if any(not one.ordered for one in factors):
        caption += " Words without an order have a correlation ratio instead, from 0 to 1."
    if any(np.isnan(one.values).any() for one in factors):
        caption += " Points that leave a factor as it is in the scenario are not in its panel."
    if len(drawn) < digest.points:
        caption += f" {len(drawn):,} of {digest.points:,} points are drawn; lines and correlations are of all of them."
    said = "; ".join(f"{one.title} {value[0, digest.factors.index(one)]:+.2f}" for one in factors).replace("nan", "unknown")
    return save(
        figure, folder, f"scatter-{which + 1}", title=f"What goes with {outcome.title}", caption=caption + only_scenarios(digest),
        alternative=f"Dots over the strongest factors. Rank correlations in “{digest.called()[0]}”: {said}.",
    )  # fmt: skip


def _drawn(points: int, most: int) -> np.ndarray:
    """Points that are drawn, evenly over the design: the same every time."""
    return np.arange(points) if points <= most else np.linspace(0, points - 1, most).astype(np.int64)


def _one(axis: Any, factor: ShownFactor, mean: np.ndarray, scenario: int, drawn: np.ndarray, lines: int) -> None:
    """Dots and running mean of one scenario."""
    colour, mark, dash = SCENARIO_LOOKS[scenario]
    x, y = factor.places[drawn], mean[drawn]
    if (
        len(factor.levels) <= _MOST_STEPS
    ):  # a little to the side, by the golden ratio, so that dots at one level can be told apart
        steps = np.ones(1) if factor.labels else np.diff(factor.levels)
        x = x + ((np.arange(len(x)) * 0.6180339887 + scenario / lines) % 1 - 0.5) * 0.3 * (steps.min() if len(steps) else 1.0)
    size, strong = (7.0, 0.45) if len(drawn) * lines <= 600 else (3.5, 0.3)
    axis.scatter(x, y, s=size, c=colour, marker=mark, alpha=strong, linewidths=0, rasterized=True, zorder=2)
    places, level = running_mean(factor, mean)
    axis.plot(places, level, color="white", linewidth=3.4, zorder=3 + scenario)
    axis.plot(places, level, color=colour, linewidth=1.8, linestyle=dash, zorder=3 + scenario)


def running_mean(factor: ShownFactor, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean outcome of neighbouring points: at each level, or in groups of about equal size along the factor.

    Parameters
    ----------
    factor : ShownFactor
    mean : numpy.ndarray
        Shape (points,).

    Returns
    -------
    places, means : numpy.ndarray
        Shape (groups,), by ascending value of the factor.
    """
    if len(factor.levels) <= _MOST_STEPS // 2:
        return np.unique(factor.places[~np.isnan(factor.values)]), np.array(
            [mean_of(mean[factor.values == level]) for level in factor.levels]
        )
    known = np.flatnonzero(~np.isnan(factor.values) & ~np.isnan(mean))
    order = known[np.argsort(factor.values[known], kind="stable")]
    groups = np.array_split(order, min(_MOST_STEPS, max(len(order) // _LEAST_A_STEP, min(_FEWEST_STEPS, 1 + len(order) // 4))))
    return (
        np.array([factor.values[group].mean() for group in groups if len(group)]),
        np.array([mean[group].mean() for group in groups if len(group)]),
    )


def _finish(axis: Any, factor: ShownFactor, value: np.ndarray, left: bool, outcome: Outcome) -> None:
    """Labels of a panel; over it the correlation in each scenario."""
    known = value[~np.isnan(value)]
    told = [minus(f"{one:+.2f}" if factor.ordered else f"{one:.2f}") for one in (known if len(known) < 3 else np.sort(known))]
    which = "Rank correlation" if factor.ordered else "Correlation ratio"
    axis.set_title(f"{which} {f'{told[0]} to {told[-1]}' if len(told) > 2 else ', '.join(told) or 'unknown'}")
    axis.set_xlabel(wrapped(factor.axis, 36, 2))
    if factor.labels:
        level_ticks(axis, factor, list(range(len(factor.levels))))
    axis.grid(axis="y")
    axis.tick_params(labelleft=left)
    if left:
        axis.set_ylabel(wrapped(outcome.axis, 24, 3))


def _same(axes: list[list[Any]], count: int, outcome: Outcome) -> None:
    """One vertical axis for all panels."""
    every = [axis for row in axes for axis in row][:count]
    low, high = min(axis.get_ylim()[0] for axis in every), max(axis.get_ylim()[1] for axis in every)
    for axis in every:
        axis.set_ylim(low, high)
        outcome_axis(axis, outcome)
