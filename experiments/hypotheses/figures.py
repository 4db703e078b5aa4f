"""Figures of hypotheses: effects over plausible worlds, knock-outs, all claims."""

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.hypotheses.beside import balanced, curve, labels_of, parts, surface
from experiments.hypotheses.finding import ClaimFound, Found
from experiments.hypotheses.foretelling import CHANCE
from experiments.hypotheses.verdicts import ASSUMED, MIXED, NOT_SUPPORTED, SUPPORTED, least_of
from experiments.hypotheses.words import (
    AGAINST,
    capital,
    effect_of,
    is_area,
    number,
    numbered,
    proper,
    scale_of,
    toward_words,
    unit_of,
    word_of,
)
from experiments.kit.looks import WIDTH, sheet
from experiments.kit.words import in_worlds_short, label_of
from sim.figures.style import BLUE, GREEN, GREY, INK, ORANGE, PALE, SKY, VERMILLION, Picture, Pictures, save

VERDICT_LOOKS: Final = {
    SUPPORTED: (GREEN, "o"),
    ASSUMED: (ORANGE, "D"),
    MIXED: (GREY, "s"),
    AGAINST: (SKY, "v"),
    NOT_SUPPORTED: (VERMILLION, "X"),
}
"""Colour and mark of each verdict, as readers see it."""

TITLE_ROOM: Final = 52
TITLE_LINES: Final = 3
"""Room of a claim above its panel, letters and lines."""

AXIS_ROOM: Final = 58
AXIS_LINES: Final = 3
"""Room of what an effect is, below its panel."""

ERRORS: Final = 2.0
_JITTER: Final = 0.34


def draw_all(folder: Path, found: Found) -> Pictures:
    """Draw the figures of a hypothesis.

    Parameters
    ----------
    folder : pathlib.Path
    found : Found
    """
    pictures, name = Pictures(), found.hypothesis.file.name
    pictures.add(f"{name}-worlds", lambda: worlds(folder, found))
    pictures.add(f"{name}-knockouts", lambda: knockouts(folder, found))
    for at in range(len(found.hypothesis.file.curves)):
        pictures.add(f"{name}-curve-{at + 1}", partial(curve, folder, found, at))
    pictures = Pictures.joined([pictures, parts(folder, found)])
    if found.hypothesis.file.surface:
        pictures.add(f"{name}-surface", lambda: surface(folder, found))
    return pictures


def worlds(folder: Path, found: Found) -> Picture:
    """Draw the effect in every world, its mean, and the share of worlds with the predicted sign."""
    months, claims = found.hypothesis.file.months, found.claims
    figure, grid = sheet(len(claims), 2, height=0.95, left=0.35, right=0.35, across=0.55, between=1.35, top=0.65, bottom=0.78)
    for at, (row, one) in enumerate(zip(grid, claims, strict=True)):
        _cloud(row[0], one, found, at)
        _sign(row[1], one, found)
    foretelling = found.hypothesis.file.foretelling
    what = (
        "the area under the curve (0.5 is chance), then what is added to it. Each dot is a plausible world"
        if foretelling
        else "the paired difference in the predicted direction. "
        "Each dot is a plausible world, the mean of its runs with the same luck in both arms"
    )
    line, dashes = "no effect", "smallest effect of interest"
    if foretelling:
        line, dashes = "chance, or nothing added", "limit that is claimed"
    caption = (
        f"Left: {what}, so dots spread by luck as well as by world; the diamond is the mean over worlds with its 95 % interval. "
        f"Solid line: {line}; dashed: the {dashes}. Right: share of worlds in which the sign is as predicted, "
        f"corrected for luck, with two standard errors where they are known; {_limits(found)}."
    )
    if any(one.prior is not None for one in claims):
        caption += " The pale bar is the share of draws of the prior; from the short coloured line on the sign counts as assumed."
    caption += _turned(found)
    told = "; ".join(
        f"{one.judged.claim.says}: mean {number(one.judged.toward.mean, one.judged.claim.outcome, months)} "
        f"{unit_of(one.judged.claim.outcome, months)}, sign share {one.judged.toward.sign_share:.2f}, {word_of(one.judged)}"
        for one in claims
    )
    name = f"{found.hypothesis.file.name}-worlds"
    return save(figure, folder, name, title="The effect over plausible worlds", caption=caption, alternative=told)


def _turned(found: Found) -> str:
    """What the lines mean for a claim of no benefit; empty without one."""
    if all(one.judged.claim.direction != "no_benefit" for one in found.claims):
        return ""
    return " Of a claim of no benefit both lines are at zero: left of it the effect reaches the smallest one of interest."


def _limits(found: Found) -> str:
    rule = found.hypothesis.file.rule
    return f"below {rule.mixed_from:.0%} and above {rule.sign_share:.0%} (dashed) the worlds agree".replace("%", " %")


def _cloud(axis: Any, one: ClaimFound, found: Found, at: int) -> None:
    """Panel of the differences by world."""
    claim, toward, months = one.judged.claim, one.judged.toward, found.hypothesis.file.months
    values = found.worlds[claim.name]
    scale, seen = scale_of(claim.outcome, months), values[np.isfinite(values)]
    mean, low, high, least, nothing = toward.mean, toward.low, toward.high, least_of(claim), 0.0
    asked = found.hypothesis.file.foretelling
    if asked is not None and is_area(one):  # the area itself, not how far it lies below its limit
        seen, least, nothing = asked.least_auc - seen, asked.least_auc, CHANCE
        mean, low, high = effect_of(one, found.hypothesis.file)
    rng = np.random.default_rng(1)
    axis.plot(
        scale * seen, rng.uniform(-_JITTER, _JITTER, len(seen)), linestyle="", marker=".", markersize=3, color=GREY, zorder=3
    )
    colour, _ = VERDICT_LOOKS[word_of(one.judged)]
    reach = [[scale * (mean - low)], [scale * (high - mean)]]
    axis.errorbar(
        [scale * mean], [0.0], xerr=reach, marker="D", markersize=7, color=colour, markeredgecolor=INK,
        ecolor=INK, elinewidth=1.6, capsize=4, zorder=6,
    )  # fmt: skip
    axis.axvline(nothing, color=INK, linewidth=0.9, zorder=2)
    axis.axvline(scale * least, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
    axis.set_ylim(-0.6, 0.6)
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    axis.grid(visible=True, axis="x")
    _few_ticks(axis, 7)
    axis.set_title(balanced(proper(numbered(found, at)), TITLE_ROOM, TITLE_LINES))
    shown = "area under the curve" if is_area(one) else toward_words(claim, months)
    axis.set_xlabel(balanced(shown, AXIS_ROOM, AXIS_LINES), labelpad=2)


def _few_ticks(axis: Any, most: int) -> None:
    """Few ticks, with no more digits than they need and a true minus."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.xaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: proper(f"{value:g}" if abs(value) > 1e-12 else "0")))


def _sign(axis: Any, one: ClaimFound, found: Found) -> None:
    """Panel of the share of worlds with the predicted sign."""
    share, members, rule = one.judged.toward.sign_share, one.judged.toward.members, found.hypothesis.file.rule
    colour, _ = VERDICT_LOOKS[word_of(one.judged)]
    error = ERRORS * one.judged.toward.sign_error
    place, height = (0.0, 0.5) if one.prior is None else (0.22, 0.34)
    axis.barh([place], [share], height=height, color=colour, edgecolor=INK, linewidth=0.6, zorder=3)
    if one.prior is not None:
        _before(axis, one, rule.prior_share)
    if not math.isnan(error):
        axis.errorbar([share], [place], xerr=[[min(error, share)], [min(error, 1.0 - share)]], color=INK, capsize=3, zorder=5)
    for mark in (rule.mixed_from, rule.sign_share):
        axis.axvline(mark, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=4)
    axis.set_xlim(0.0, 1.0)
    axis.set_xticks([0.0, 0.2, 0.5, 0.8, 1.0], ["0 %", "20 %", "50 %", "80 %", "100 %"])
    axis.set_ylim(-0.6, 0.6)
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    held = "no benefit" if one.judged.claim.direction == "no_benefit" else "sign as predicted"
    axis.set_title(f"{capital(word_of(one.judged))}: {held} in {in_worlds_short(share, math.nan, members)}")
    beside = "" if one.prior is None else "; below: of the prior"
    axis.set_xlabel(f"share of plausible worlds{beside}", labelpad=2)


def _before(axis: Any, one: ClaimFound, least: float) -> None:
    """Share of draws of the prior with the sign, below that of the plausible worlds, and where it counts as assumed."""
    assert one.prior is not None
    share, error = one.prior.sign_share, ERRORS * one.prior.sign_error
    axis.barh([-0.26], [share], height=0.26, color=PALE, edgecolor=INK, linewidth=0.6, zorder=3)
    if not math.isnan(error):
        reach = [[min(error, share)], [min(error, 1.0 - share)]]
        axis.errorbar([share], [-0.26], xerr=reach, color=INK, capsize=2, elinewidth=0.9, zorder=5)
    axis.plot([least, least], [-0.46, -0.06], color=VERMILLION, linewidth=1.6, zorder=6)


def knockouts(folder: Path, found: Found) -> Picture:
    """Draw the effect with each mechanism switched off, and with each rival form."""
    claims = found.claims
    labels = _knockout_labels(claims)
    columns = len(claims) if len(claims) <= 3 else 2
    left = 0.35 + 0.068 * max(len(one) for one in labels)
    room = int(12.5 * (WIDTH - left - 0.25 - 0.3 * (columns - 1)) / columns)
    titles = [balanced(proper(numbered(found, at)), room, 5) for at in range(len(claims))]
    top = 0.32 + 0.15 * max(one.count("\n") for one in titles)
    figure, grid = sheet(
        -(-len(claims) // columns), columns, height=0.205 * len(labels) + 0.15, left=left, right=0.25, across=0.3, top=top,
        bottom=0.85, between=0.8 + top,
    )  # fmt: skip
    axes = [axis for row in grid for axis in row]
    for at, (axis, one) in enumerate(zip(axes, claims, strict=False)):
        _knocked(axis, one, found.hypothesis.file.months, labels if at % columns == 0 else [""] * len(labels), room)
        axis.set_title(titles[at])
    for axis in axes[len(claims) :]:
        axis.set_visible(False)
    caption = (
        "What is left of the effect, in the predicted direction, when a mechanism is switched off by itself, or an equation is "
        "written otherwise (“instead”). Bars: two standard errors of it, where worlds differ. Solid line: no effect; "
        "dashed: smallest effect of interest. Crosses: the claim, which holds otherwise, falls below it and hangs on "
        "that mechanism. Hollow marks are what the hypothesis is itself about, squares rival forms: neither decides."
    )
    caption += _turned(found)
    if any(off.near for one in claims for off in one.knockouts):
        caption += " A ring: the effect there is so near the smallest one that luck may decide on which side it falls."
    if any(off.already for one in claims for off in one.knockouts):
        caption += " *: the mechanism is off before it is switched off, in some arms or all; the table says in which."
    told = "; ".join(
        f"{one.judged.claim.says}: hangs on {', '.join(one.judged.breaking) or 'no single mechanism'}" for one in claims
    )
    return save(
        figure, folder, f"{found.hypothesis.file.name}-knockouts", title="With each mechanism switched off", caption=caption,
        alternative=told,
    )  # fmt: skip


def _knockout_labels(claims: Sequence[ClaimFound]) -> list[str]:
    """Names of the rows, the first as it is; a star where a mechanism is off before."""
    names = []
    for at, off in enumerate(claims[0].knockouts):
        before = any(one.knockouts[at].already for one in claims)
        names.append(label_of(off.name) + (" *" if before else ""))
    return ["as it is", *names]


def _knocked(axis: Any, one: ClaimFound, months: int, labels: Sequence[str], room: int) -> None:
    """Panel of a claim's knock-outs."""
    claim = one.judged.claim
    scale, least = scale_of(claim.outcome, months), least_of(claim)
    toward = one.judged.toward
    _mark(axis, 0, scale * toward.mean, scale * toward.error, ("o", INK), hollow=False)
    for place, off in enumerate(one.knockouts, 1):
        broken = off.name in one.judged.breaking
        looks = ("X", VERMILLION) if broken else ("o", BLUE) if off.counts else ("s", GREY)
        _mark(axis, place, scale * off.effect, scale * off.error, looks, hollow=off.own)
        if off.near:
            axis.plot(
                [scale * off.effect], [-place], marker="o", markersize=11, markerfacecolor="none", markeredgecolor=INK, zorder=5
            )
    axis.axvline(0.0, color=INK, linewidth=0.9, zorder=2)
    axis.axvline(scale * least, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
    axis.set_ylim(-len(labels) + 0.4, 0.6)
    axis.set_yticks([-at for at in range(len(labels))], labels)
    axis.grid(visible=True)
    _few_ticks(axis, 5)
    axis.set_xlabel(balanced(toward_words(claim, months), room, 4), labelpad=2)


def _mark(axis: Any, place: int, effect: float, error: float, looks: tuple[str, str], *, hollow: bool) -> None:
    mark, colour = looks
    axis.errorbar(
        [effect], [-place], xerr=[ERRORS * error], marker=mark, markersize=6, color=colour,
        markerfacecolor="white" if hollow else colour, elinewidth=1.2, zorder=4,
    )  # fmt: skip


def overview(folder: Path, found: Sequence[Found]) -> Picture:
    """Draw all claims with their verdicts: the effect in units of the smallest effect of interest."""
    rows = [(one, claim) for one in found for claim in one.claims]
    labels, places = labels_of([f"{one.hypothesis.file.hypothesis}  {claim.judged.claim.says}" for one, claim in rows])
    height = -places[-1] + 0.25
    figure, grid = sheet(1, 1, height=height, left=4.35, right=1.2, top=0.12, bottom=0.65)
    axis = grid[0][0]
    for place, (_, claim) in zip(places, rows, strict=True):
        unit = claim.judged.claim.smallest or 0.1
        colour, mark = VERDICT_LOOKS[word_of(claim.judged)]
        toward, least = claim.judged.toward, least_of(claim.judged.claim) / unit
        low, middle, high = (
            float(np.clip(one / unit - least + 1.0, -4.0, 6.0)) for one in (toward.low, toward.mean, toward.high)
        )
        axis.plot([low, high], [place, place], color=INK, linewidth=1.3, zorder=4)
        axis.plot([middle], [place], marker=mark, markersize=7, color=colour, markeredgecolor=INK, linestyle="", zorder=5)
        axis.annotate(
            balanced(word_of(claim.judged), 14, 2), (1.02, place), xycoords=("axes fraction", "data"), va="center", fontsize=8,
            color=INK,
        )  # fmt: skip
    axis.axvline(1.0, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
    axis.axvspan(-4.2, 1.0, color=PALE, alpha=0.45, zorder=0)
    axis.set_xlim(-4.2, 6.2)
    axis.set_ylim(-height, 0.0)
    axis.set_yticks(places, labels)
    axis.grid(visible=True, axis="x")
    _few_ticks(axis, 6)
    axis.set_xlabel("effect towards the prediction, in smallest effects\nof interest (cut at −4 and 6)", labelpad=2)
    caption = (
        "Every claim: the mean over plausible worlds with its 95 % interval, in units of the claim’s own smallest effect of "
        "interest (dashed); in the grey the effect is too small or goes the other way. Circle: supported; diamond: assumed, one "
        "other mechanism carries it; square: mixed; triangle: contradicted on average; cross: not supported. Claims of no "
        "benefit stand right of the line where the effect stays below the smallest one."
    )
    told = "; ".join(
        f"{one.hypothesis.file.hypothesis}, {claim.judged.claim.says}: {word_of(claim.judged)}" for one, claim in rows
    )
    return save(figure, folder, "overview", title="All claims", caption=caption, alternative=told)
