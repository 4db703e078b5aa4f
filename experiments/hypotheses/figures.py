"""Figures of hypotheses: effects over plausible worlds, knock-outs, parts of an effect, surfaces."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.hypotheses.finding import ClaimFound, Found
from experiments.hypotheses.reading import surface_arms
from experiments.hypotheses.verdicts import ASSUMED, MIXED, SUPPORTED, least_of
from experiments.hypotheses.words import number, scale_of, title_of, unit_of
from experiments.sweeps.looks import sheet, wrapped
from sim.figures.style import BLUE, GREEN, GREY, INK, ORANGE, PALE, VERMILLION, Picture, save, words

VERDICT_LOOKS: Final = {SUPPORTED: (GREEN, "o"), ASSUMED: (ORANGE, "D"), MIXED: (GREY, "s"), "not supported": (VERMILLION, "X")}
"""Colour and mark of each verdict."""

ERRORS: Final = 2.0
_JITTER: Final = 0.34


def draw_all(folder: Path, found: Found) -> list[Picture]:
    """Draw the figures of a hypothesis.

    Parameters
    ----------
    folder : pathlib.Path
    found : Found
    """
    pictures = [worlds(folder, found), knockouts(folder, found)]
    if len(found.also) > 1:
        pictures += parts(folder, found)
    if found.hypothesis.file.surface:
        pictures.append(surface(folder, found))
    return pictures


def worlds(folder: Path, found: Found) -> Picture:
    """Draw the paired difference in every world, its mean, and the share of worlds with the predicted sign."""
    months, claims = found.hypothesis.file.months, found.claims
    figure, grid = sheet(len(claims), 2, height=0.95, left=0.35, right=0.35, across=0.55, between=0.82, top=0.4, bottom=0.5)
    for row, one in zip(grid, claims, strict=True):
        _cloud(row[0], one, found.worlds[one.judged.claim.name], months)
        _sign(row[1], one, found)
    caption = (
        "Left: the paired difference in the predicted direction (of a claim of no benefit, what is left to the smallest "
        "effect). Each dot is a plausible world, the mean of its runs with "
        "the same "
        "luck in both arms, so dots spread by luck as well as by world; the diamond is the mean over worlds with its 95 % "
        "interval. Solid line: no effect; dashed: the smallest effect of interest. Right: share of worlds in which the "
        "sign is as "
        "predicted, corrected for luck, with two standard errors; below .2 and above .8 the worlds agree."
    )
    told = "; ".join(
        f"{one.judged.claim.name}: mean {number(one.judged.toward.mean, one.judged.claim.outcome, months)} "
        f"{unit_of(one.judged.claim.outcome, months)}, sign share {one.judged.toward.sign_share:.2f}, {one.judged.verdict}"
        for one in claims
    )
    name = f"{found.hypothesis.file.name}-worlds"
    return save(figure, folder, name, title="The effect over plausible worlds", caption=caption, alternative=told)


def _cloud(axis: Any, one: ClaimFound, values: np.ndarray, months: int) -> None:
    """Panel of the differences by world."""
    claim, toward = one.judged.claim, one.judged.toward
    scale, seen = scale_of(claim.outcome, months), values[np.isfinite(values)]
    rng = np.random.default_rng(1)
    axis.plot(
        scale * seen, rng.uniform(-_JITTER, _JITTER, len(seen)), linestyle="", marker=".", markersize=3, color=GREY, zorder=3
    )
    colour, _ = VERDICT_LOOKS[one.judged.verdict]
    reach = [[scale * (toward.mean - toward.low)], [scale * (toward.high - toward.mean)]]
    axis.errorbar(
        [scale * toward.mean], [0.0], xerr=reach, marker="D", markersize=7, color=colour, markeredgecolor=INK,
        ecolor=INK, elinewidth=1.6, capsize=4, zorder=6,
    )  # fmt: skip
    axis.axvline(0.0, color=INK, linewidth=0.9, zorder=2)
    axis.axvline(scale * least_of(claim), color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
    axis.set_ylim(-0.6, 0.6)
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    axis.grid(visible=True, axis="x")
    axis.set_title(
        wrapped(f"{claim.name.replace('_', ' ')}: {title_of(claim.outcome, months)} ({claim.direction.replace('_', ' ')})", 62, 2)
    )
    axis.set_xlabel(f"towards the prediction ({unit_of(claim.outcome, months)})", labelpad=2)


def _sign(axis: Any, one: ClaimFound, found: Found) -> None:
    """Panel of the share of worlds with the predicted sign."""
    share, rule = one.judged.toward.sign_share, found.hypothesis.file.rule
    colour, _ = VERDICT_LOOKS[one.judged.verdict]
    error = 0.0 if np.isnan(one.judged.toward.sign_error) else ERRORS * one.judged.toward.sign_error
    axis.barh([0.0], [share], height=0.5, color=colour, edgecolor=INK, linewidth=0.6, zorder=3)
    axis.errorbar([share], [0.0], xerr=[[min(error, share)], [min(error, 1.0 - share)]], color=INK, capsize=3, zorder=5)
    for mark in (rule.mixed_from, rule.sign_share):
        axis.axvline(mark, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=4)
    axis.set_xlim(0.0, 1.0)
    axis.set_xticks([0.0, 0.2, 0.5, 0.8, 1.0], ["0 %", "20 %", "50 %", "80 %", "100 %"])
    axis.set_ylim(-0.6, 0.6)
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    axis.set_title(f"{one.judged.verdict}: sign as predicted in {100 * share:.0f} % of worlds")
    axis.set_xlabel("share of plausible worlds", labelpad=2)


def knockouts(folder: Path, found: Found) -> Picture:
    """Draw the effect with each mechanism switched off, and with each rival form."""
    months, claims = found.hypothesis.file.months, found.claims
    names = [one.name for one in claims[0].knockouts]
    figure, grid = sheet(
        1, len(claims), height=0.205 * (len(names) + 1) + 0.15, left=2.05, right=0.25, across=0.3, top=0.42, bottom=0.62
    )
    for at, (axis, one) in enumerate(zip(grid[0], claims, strict=True)):
        _knocked(axis, one, months, labelled=at == 0)
    caption = (
        "What is left of the effect, in the predicted direction, when a mechanism is switched off by itself, or an equation is "
        "written otherwise (with =). Bars: two standard errors of the change. Solid line: no effect; dashed: smallest "
        "effect of "
        "interest. Crosses fall below it, and the claim hangs on that mechanism; hollow marks are what the hypothesis is "
        "itself "
        "about, squares rival forms: neither decides."
    )
    told = "; ".join(
        f"{one.judged.claim.name} hangs on {', '.join(one.judged.breaking) or 'no single mechanism'}" for one in claims
    )
    return save(
        figure, folder, f"{found.hypothesis.file.name}-knockouts", title="With each mechanism switched off", caption=caption,
        alternative=told,
    )  # fmt: skip


def _knocked(axis: Any, one: ClaimFound, months: int, *, labelled: bool) -> None:
    claim = one.judged.claim
    scale, least = scale_of(claim.outcome, months), least_of(claim)
    rows = [("as it is", one.judged.toward.mean, one.judged.toward.error, False, True), *(
        (off.name, off.effect, off.error, off.own, off.counts) for off in one.knockouts
    )]  # fmt: skip
    for place, (name, effect, error, own, counts) in enumerate(rows):
        broken = name in one.judged.breaking
        mark = "X" if broken else "o" if counts else "s"
        colour = INK if place == 0 else VERMILLION if broken else GREY if not counts else BLUE
        axis.errorbar(
            [scale * effect], [-place], xerr=[ERRORS * scale * error], marker=mark, markersize=6, color=colour,
            markerfacecolor="white" if own else colour, elinewidth=1.2, zorder=4,
        )  # fmt: skip
    axis.axvline(0.0, color=INK, linewidth=0.9, zorder=2)
    axis.axvline(scale * least, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
    axis.set_ylim(-len(rows) + 0.4, 0.6)
    labels = [name if "=" in name else words(name) for name, *_ in rows]
    axis.set_yticks([-at for at in range(len(rows))], labels if labelled else [""] * len(rows))
    axis.grid(visible=True)
    axis.locator_params(axis="x", nbins=5)
    axis.set_title(wrapped(claim.name.replace("_", " "), 30, 2))
    axis.set_xlabel(wrapped(f"{title_of(claim.outcome, months)} ({unit_of(claim.outcome, months)})", 34, 2), labelpad=2)


def parts(folder: Path, found: Found) -> list[Picture]:
    """Draw what is reported beside the claims, a panel an outcome: rows of contrasts with their intervals."""
    months = found.hypothesis.file.months
    outcomes = list(dict.fromkeys(one.outcome for one, _ in found.also))
    pictures = []
    for outcome in outcomes:
        mine = [(one, effect) for one, effect in found.also if one.outcome == outcome]
        if len(mine) < 2:
            continue
        scale = scale_of(outcome, months)
        figure, grid = sheet(1, 1, height=0.25 * len(mine) + 0.2, left=4.3, right=0.35, top=0.5, bottom=0.5)
        axis = grid[0][0]
        for place, (_, effect) in enumerate(mine):
            colour = BLUE if effect.low > 0.0 else VERMILLION if effect.high < 0.0 else GREY
            axis.barh([-place], [scale * effect.mean], height=0.62, color=colour, edgecolor=INK, linewidth=0.4, zorder=3)
            axis.plot([scale * effect.low, scale * effect.high], [-place, -place], color=INK, linewidth=1.3, zorder=5)
        axis.axvline(0.0, color=INK, linewidth=0.9, zorder=4)
        axis.set_yticks([-at for at in range(len(mine))], [wrapped(one.says, 62, 1) for one, _ in mine])
        axis.set_ylim(-len(mine) + 0.4, 0.6)
        axis.grid(visible=True, axis="x")
        axis.set_xlabel(unit_of(outcome, months), labelpad=2)
        title = title_of(outcome, months)
        axis.set_title(f"{title[:1].upper()}{title[1:]}", x=0.0)
        caption = (
            f"Contrasts beside the claims: {title}. Bars are means over worlds, lines their 95 % intervals; blue: above "
            "zero, red: "
            "below, grey: cannot be told from none. They decide nothing."
        )
        told = "; ".join(f"{one.says}: {number(effect.mean, outcome, months)}" for one, effect in mine)
        name = f"{found.hypothesis.file.name}-also-{outcome.replace('@', '-')}"
        pictures.append(save(figure, folder, name, title=f"Beside the claims: {title}", caption=caption, alternative=told))
    return pictures


def surface(folder: Path, found: Found) -> Picture:
    """Draw the heat map of arms: the mean over worlds in every cell."""
    map_ = found.hypothesis.file.surface
    assert map_ is not None
    months = found.hypothesis.file.months
    scale = scale_of(map_.outcome, months)
    cells = {key: scale * found.arms[arm][map_.outcome][0] for key, arm in surface_arms(found.hypothesis.file).items()}
    low, high = min(cells.values()), max(cells.values())
    figure, grid = sheet(
        1, len(map_.panels), height=0.42 * len(map_.rows) + 0.35, left=1.35, right=0.3, across=0.35, top=0.75, bottom=0.72
    )
    for at, (axis, (panel, label)) in enumerate(zip(grid[0], map_.panels.items(), strict=True)):
        values = np.array([[cells[panel, row, column] for column in map_.columns] for row in map_.rows])
        axis.imshow(values, origin="lower", aspect="auto", cmap="cividis", vmin=low, vmax=high)
        for (row, column), value in np.ndenumerate(values):
            dark = value < 0.5 * (low + high)
            axis.text(
                column, row, number(value / scale, map_.outcome, months, sign=False), ha="center", va="center", fontsize=8,
                color="white" if dark else "black",
            )  # fmt: skip
        axis.set_xticks(range(len(map_.columns)), list(map_.columns.values()))
        axis.set_yticks(range(len(map_.rows)), list(map_.rows.values()) if at == 0 else [""] * len(map_.rows))
        axis.set_xlabel(map_.column_title)
        if at == 0:
            axis.set_ylabel(map_.row_title)
        axis.set_title(wrapped(label, 44, 2))
    title = title_of(map_.outcome, months)
    caption = (
        f"{map_.title}: {title} ({'per cent' if scale == 100.0 else unit_of(map_.outcome, months)}), the mean over "
        "plausible worlds; light is more. "
        "All cells have the same worlds and the same luck."
    )
    least, most = (number(one / scale, map_.outcome, months, sign=False) for one in (low, high))
    told = f"from {least} to {most}"
    return save(
        figure, folder, f"{found.hypothesis.file.name}-surface", title=map_.title, caption=caption, alternative=f"{title}: {told}"
    )  # fmt: skip


def overview(folder: Path, found: Sequence[Found]) -> Picture:
    """Draw all claims with their verdicts: the effect in units of the smallest effect of interest."""
    rows = [(one, claim) for one in found for claim in one.claims]
    figure, grid = sheet(1, 1, height=0.27 * len(rows) + 0.2, left=4.35, right=1.2, top=0.12, bottom=0.5)
    axis = grid[0][0]
    for place, (_, claim) in enumerate(rows):
        unit = claim.judged.claim.smallest or 0.1
        colour, mark = VERDICT_LOOKS[claim.judged.verdict]
        toward, least = claim.judged.toward, least_of(claim.judged.claim) / unit
        low, middle, high = (
            float(np.clip(one / unit - least + 1.0, -4.0, 6.0)) for one in (toward.low, toward.mean, toward.high)
        )
        axis.plot([low, high], [-place, -place], color=INK, linewidth=1.3, zorder=4)
        axis.plot([middle], [-place], marker=mark, markersize=7, color=colour, markeredgecolor=INK, linestyle="", zorder=5)
        axis.annotate(
            claim.judged.verdict, (1.01, -place), xycoords=("axes fraction", "data"), va="center", fontsize=8, color=INK,
        )  # fmt: skip
    axis.axvline(1.0, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
    axis.axvspan(-4.2, 1.0, color=PALE, alpha=0.45, zorder=0)
    axis.set_xlim(-4.2, 6.2)
    axis.set_ylim(-len(rows) + 0.4, 0.6)
    labels = [f"{one.hypothesis.file.hypothesis}  {wrapped(claim.judged.claim.says, 58, 1)}" for one, claim in rows]
    axis.set_yticks([-at for at in range(len(rows))], labels)
    axis.grid(visible=True, axis="x")
    axis.set_xlabel("effect towards the prediction, in smallest effects of interest (cut at −4 and 6)", labelpad=2)
    caption = (
        "Every claim: the mean over plausible worlds with its 95 % interval, in units of the claim’s own smallest effect of "
        "interest (dashed); in the grey the effect is too small or goes the other way. Circle: supported; diamond: "
        "assumed, one "
        "other mechanism carries it; square: mixed; cross: not supported. Claims of no benefit stand right of the line "
        "where the "
        "effect stays below the smallest one."
    )
    told = "; ".join(f"{one.hypothesis.file.hypothesis} {claim.judged.claim.name}: {claim.judged.verdict}" for one, claim in rows)
    return save(figure, folder, "overview", title="All claims", caption=caption, alternative=told)
