"""The small picture beside the answer of a sweep: the main outcome by the levels of the factor that the answer is about."""

from typing import Any, Final, NamedTuple

import numpy as np

from experiments.kit.glance import LETTERS, Bar, bars, plain_panel
from experiments.kit.looks import ERRORS, SCENARIO_LOOKS, outcome_axis, wrapped
from experiments.kit.words import Outcome, mean_and_error
from experiments.sweeps.digest import Digest, ShownFactor
from experiments.sweeps.effects import BY_LEVELS, leading, mean_of, slices
from sim.figures.style import share_axis
from sim.report.answers import answer_picture
from sim.report.pages import Figure

MOST_LEVELS: Final = 6
MOST_LINES: Final = 3
MOST_BARS: Final = 6
ROOM: Final = 62
"""Letters that the labels of an axis have together."""
SHARED: Final = "Runs of equal number share their luck, so differences are surer than these lines look."


class Level(NamedTuple):
    """A level of a factor, or a group of them.

    Attributes
    ----------
    text : str
    mean, mcse : numpy.ndarray
        Each of shape (scenarios,), over the points at the level; the error is the most that it can be.
    """

    text: str
    mean: np.ndarray
    mcse: np.ndarray


def glance(digest: Digest) -> Figure:
    """The main outcome by level of the factor that the answer tells of; by scenario where nothing is moved."""
    outcome = (digest.varying or digest.headlines)[0]
    errors = f"Thin lines: {ERRORS:.0f} Monte Carlo standard errors to each side."
    if not (digest.factors and digest.varying):
        return _scenarios(digest, outcome, errors)
    factor, _ = leading(digest, outcome.name)
    levels = levels_of(digest, factor, outcome)
    shown = digest.study.scenarios[:MOST_LINES]
    caption = f"{outcome.heading}, by {factor.title}"
    caption += ", averaged over the other factors. " if len(digest.factors) > 1 and digest.kind != "one-at-a-time" else ". "
    caption += "All other factors as in the scenario. " if digest.kind == "one-at-a-time" else ""
    caption += f"The first {len(shown)} of {len(digest.names)} scenarios. " if len(digest.names) > len(shown) else ""
    said = "; ".join(f"{one.text}: {mean_and_error(outcome, float(one.mean[0]))}" for one in levels)
    words = f"{outcome.heading} by {factor.title}, with “{shown[0].title}”. {said}."
    if digest.runs is not None and digest.kind in BY_LEVELS:
        errors += f" {SHARED}"
    return answer_picture(lambda: _lines(digest, factor, outcome, levels), caption=caption + errors, alternative=words)


def levels_of(digest: Digest, factor: ShownFactor, outcome: Outcome) -> list[Level]:
    """Levels of a factor that is shown, the ones of many together in groups of about equal size.

    Parameters
    ----------
    digest : Digest
    factor : ShownFactor
        The one that does most.
    outcome : Outcome
    """
    mean, mcse, _ = digest.values(outcome.name)
    if factor.labels or len(factor.levels) <= MOST_LEVELS:
        parts = [(factor.text(level), factor.values == level) for level in factor.levels[:MOST_LEVELS]]
    else:
        parts = [(one.label.removeprefix(f"{factor.title}: "), one.points) for one in slices(digest)]
    return [Level(text, mean_of(mean[:, at]), mean_of(mcse[:, at])) for text, at in parts]


def _lines(digest: Digest, factor: ShownFactor, outcome: Outcome, levels: list[Level]) -> Any:
    """Marks with their intervals, a line a scenario."""
    several = min(len(digest.names), MOST_LINES)
    label = wrapped(outcome.title if outcome.share else outcome.axis, 30, 2)
    figure, axis = plain_panel(
        left=0.8 + 0.2 * label.count("\n"), top=0.15 + (0.22 * several if several > 1 else 0.0), bottom=0.62
    )
    places = np.arange(len(levels), dtype=float)
    for at in range(several):
        colour, mark, dash = SCENARIO_LOOKS[at]
        aside = (at - (several - 1) / 2) * 0.06
        error = [ERRORS * float(np.nan_to_num(one.mcse[at])) for one in levels]
        look: dict[str, Any] = {"color": colour, "marker": mark, "linestyle": dash, "markersize": 6, "capsize": 2.5}
        title = wrapped(digest.study.scenarios[at].title, 52, 1)
        axis.errorbar(places + aside, [one.mean[at] for one in levels], yerr=error, linewidth=1.4, label=title, **look)
    axis.set_xlim(-0.4, len(levels) - 0.6)
    axis.set_xticks(places, [wrapped(one.text, max(6, ROOM // len(levels)), 2) for one in levels])
    axis.set_xlabel(wrapped(factor.axis, 58, 1))
    if outcome.share:
        share_axis(axis, label)
    else:
        outcome_axis(axis, outcome)
        axis.set_ylabel(label)
    axis.grid(axis="y")
    if several > 1:
        figure.legend(loc="upper left", bbox_to_anchor=(0.01, 1.0), fontsize=LETTERS, handlelength=2.4, labelspacing=0.25)
    return figure


def _scenarios(digest: Digest, outcome: Outcome, errors: str) -> Figure:
    """Scenarios side by side, as bars."""
    mean, mcse, _ = digest.values(outcome.name)
    several = []
    for at, one in enumerate(digest.study.scenarios[:MOST_BARS]):
        value, error = float(mean_of(mean[at])), float(mean_of(mcse[at]))
        known = float(np.nan_to_num(value))
        several.append(
            Bar(one.title, max(known, 0.0), mean_and_error(outcome, value), error=ERRORS * float(np.nan_to_num(error)))
        )
    more = len(digest.names) - len(several)
    caption = f"{outcome.heading}. {errors}" + (f" The first {len(several)} of {len(digest.names)} scenarios." if more else "")
    said = "; ".join(f"{one.name}: {one.text}" for one in several)
    highest = 1.0 if outcome.share else 1.05 * max(1e-9, *(one.value + one.error for one in several))
    ticks = ((0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")) if outcome.share else ()
    label = outcome.axis

    def draw() -> Any:
        return bars(several, label=label, highest=highest, ticks=ticks, room=0.8)[0]

    return answer_picture(draw, caption=caption, alternative=f"Bars of {outcome.title}. {said}.")
