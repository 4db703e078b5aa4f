"""The first screen of a comparison's page: one sentence, its picture, and how sure it is."""

import math
from typing import Any, Final

import numpy as np

from experiments.comparing import words
from experiments.comparing.finding import Findings
from experiments.comparing.quantities import KEPT_GOING, told_outcome
from experiments.kit.looks import SCENARIO_LOOKS, wrapped
from experiments.kit.words import decimal, in_worlds
from sim.figures.style import month_axis, share_axis
from sim.report.answers import APART, answer_picture, small_sheet, spread_out
from sim.report.pages import Figure
from sim.report.sentences import count, per_cent, plural

MOST_LINES: Final = 4
"""Scenarios that the picture shows, the base with them."""

ROOM: Final = 18
"""Letters of a line of a name beside its line; a name has two."""


def answer(findings: Findings) -> str:
    """What differs at the horizon, in one sentence; of several scenarios, with which most keep going."""
    months = findings.comparison.months
    outcome = told_outcome(KEPT_GOING, months)
    if len(findings.others) > 1:
        return _best(findings)
    effect = findings.effect(1, KEPT_GOING)
    other, base = (f"“{findings.comparison.scenarios[at].title}”" for at in (1, 0))
    if findings.services > 1:
        instead = f"{words.value(effect, outcome, 'other')} of services keep going to month {months}"
    else:
        instead = f"the service keeps going to month {months} in {words.value(effect, outcome, 'other')} of runs"
    if effect.pairs and effect.differing == 0:
        return f"With {other}, {instead}, as many as with {base}: the same in every pair of runs."
    said = f"With {other}, {instead} instead of {words.value(effect, outcome, 'base')} with {base}"
    world = findings.over_worlds(1, KEPT_GOING)
    if world is None:
        return f"{said}, at the default values."
    if effect.difference == 0.0 or not effect.clear:
        return f"{said}; {plural(effect.pairs, 'pair')} of runs cannot tell this difference from none."
    if world.apart:
        more, share = words.sign_of(world)
        return f"{said}; {'more' if more else 'fewer'} keep going in {in_worlds(share, math.nan, world.members)}."
    if findings.services == 1:
        return f"{said}. {words.only_with_one(findings, 1)}."
    if not world.enough:
        return f"{said}. {words.too_few(effect)}"
    low, high = (decimal(100 * side, 0, signed=True) for side in (world.low, world.high))
    return f"{said}; in nine of ten pairs of runs the difference is {low} to {high} percentage points."


def _best(findings: Findings) -> str:
    """With which of several scenarios most keep going, and with how many clearly more than with the base."""
    months = findings.comparison.months
    outcome = told_outcome(KEPT_GOING, months)
    effects = {at: findings.effect(at, KEPT_GOING) for at in findings.contrasts}
    base = findings.comparison.scenarios[0].title
    most = best_of(findings)
    share = words.value(effects[most], outcome, "other")
    if effects[most].difference <= 0.0:
        own = words.value(effects[most], outcome, "base")
        return (
            f"With none of {count(len(effects))} scenarios more services keep going to month {months} than with “{base}” "
            f"({own}); “{findings.comparison.scenarios[most].title}” comes nearest ({share})."
        )
    more = sum(one.clear and one.difference > 0.0 for one in effects.values())
    seen = effects[most].pairs
    clearly = f"{plural(seen, 'pair')} of runs cannot tell this from none"
    if more:
        clearly = f"with {count(more)} of them it is clearly more"
    best, own = findings.comparison.scenarios[most].title, words.value(effects[most], outcome, "base")
    return (
        f"Of {count(len(effects))} scenarios, most services keep going to month {months} with “{best}”: {share}, against {own} "
        f"with “{base}”; {clearly}."
    )


def how_sure(findings: Findings) -> list[str]:
    """How sure the first contrasts are, a few sentences each; what holds for all of them comes last."""
    said = [one for contrast in list(findings.contrasts)[: MOST_LINES - 1] for one in words.spread_of(findings, contrast)]
    own = [one for one in said if one != words.NOT_APART]
    return [*own, words.NOT_APART] if len(own) < len(said) else own


def best_of(findings: Findings) -> int:
    """Place of the scenario with which most keep going, beside the base, at the horizon."""
    return max(findings.contrasts, key=lambda at: findings.effect(at, KEPT_GOING).difference)


def picture(findings: Findings) -> Figure:
    """Share of services that kept going over months in the first scenarios, and the one with which most do."""
    shown = _shown(findings)
    ends = ", ".join(f"{words.title_at(findings, at)} {per_cent(float(findings.tracks[at].mean[-1]))}" for at in shown)
    left = len(findings.comparison.names) - len(shown)
    return answer_picture(
        lambda: _drawn(findings, shown),
        caption="Share of all services that have kept going since their first session, month by month; who has not begun does "
        "not count as one of them. Bands are 95 % intervals for "
        "the number of runs. Dashed: the outside support ends." + (f" {count(left)} more scenarios stand below." if left else ""),
        alternative=f"Lines over months. Kept going to month {findings.comparison.months}: {ends}.",
    )


def _shown(findings: Findings) -> list[int]:
    first, best = list(range(min(MOST_LINES, len(findings.comparison.names)))), best_of(findings)
    return first if best in first else [*first[:-1], best]


def _drawn(findings: Findings, shown: list[int]) -> Any:
    figure = small_sheet(left=0.6, right=1.7)
    axis = figure.axes[0]
    months = findings.comparison.months
    names = [wrapped(words.title_at(findings, at), ROOM, 2) for at in shown]
    apart = APART * (2 if any("\n" in name for name in names) else 1)
    places = spread_out([float(findings.tracks[at].mean[-1]) for at in shown], apart=apart)
    for at, name, place, (colour, _, dash) in zip(shown, names, places, SCENARIO_LOOKS, strict=False):
        track = findings.tracks[at]
        axis.fill_between(np.arange(1, months + 1), track.low, track.high, color=colour, alpha=0.22, linewidth=0)
        axis.plot(np.arange(1, months + 1), track.mean, color=colour, linestyle=dash, linewidth=1.8)
        axis.annotate(
            name, (1, place), xycoords="axes fraction", xytext=(5, 0), textcoords="offset points", va="center", color=colour,
            fontsize=8.5, fontweight="bold",
        )  # fmt: skip
    month_axis(axis, months, mark=max(one.support_months for one in findings.comparison.scenarios[0].services))
    share_axis(axis)
    axis.set_xlabel("months since training")
    axis.grid(axis="y")
    return figure
