"""The figures of a policy search: the frontier, what its schedules are made of, what a later start does."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.kit.glance import LETTERS, plain_panel
from experiments.kit.looks import ERRORS, SCENARIO_LOOKS, WIDTH, sheet, spaced, wrapped
from experiments.policies.aims import Aim
from experiments.policies.evaluating import MONTHS
from experiments.policies.finding import LAST, MARGIN, Findings, Judged
from experiments.policies.ingredients import FULL, INGREDIENTS, LENGTHS, STARTS
from experiments.policies.schedules import HORIZON
from experiments.policies.settings import Settings
from experiments.policies.tables import timing_rows
from experiments.policies.words import answer_name, hours, name_of, share
from sim.figures.style import BLUE, INK, ORANGE, PALE, SKY, VERMILLION, Picture, Pictures, drawing, save, share_axis
from sim.report.answers import answer_picture
from sim.report.pages import Figure

MOST_COLUMNS: Final = 36
"""Schedules of the frontier that the map shows; of more, so many from the cheapest to the dearest."""
_COLOURS: Final = "cividis"
_PRICE: Final = "price: extra hours of support for a service and year"


def draw_all(folder: Path, findings: Findings, settings: Settings) -> Pictures:
    """Draw every figure.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; made if missing.
    findings : Findings
    settings : Settings
    """
    pictures = Pictures()
    with drawing():
        pictures.add("frontier", lambda: frontier(folder, findings, settings))
        pictures.add("ingredients", lambda: made_of(folder, findings, settings.aim))
        pictures.add("timing", lambda: timing(folder, findings, settings))
    return pictures


def _root(values: Any) -> Any:
    return np.sign(values) * np.sqrt(np.abs(values))


def _square(values: Any) -> Any:
    return np.sign(values) * np.square(values)


def _price_axis(side: Any, highest: float) -> None:
    """Axis on which an hour counts the less the more there are: cheap schedules and dear ones on one page."""
    ticks = [0, 10, 50, 100, 200, 400, 800, 1600, 3200]
    side.set_xscale("function", functions=(_root, _square))
    shown = [one for one in ticks if one <= highest]
    side.set_xticks(shown, [f"{one:,}" for one in shown])
    side.minorticks_off()


def glance_line(findings: Findings) -> list[Judged]:
    """Schedules of the small picture: those that keep most for their price, and the answer, up to twice its price."""
    line = {one.outcome.schedule.key: one for one in (findings.base, *findings.line, findings.answer)}
    every = sorted(line.values(), key=lambda one: one.price)
    room = 2.0 * findings.answer.price
    return [one for one in every if one.price <= room] if room > 0 else every


def glance(findings: Findings, settings: Settings) -> Figure:
    """Price against services kept, small: what the first hours bring, and where the answer is."""
    named = "the answer" if findings.answered else "what comes nearest"
    caption = (
        f"Each mark is the best schedule found for its price, on average over plausible worlds; ringed: {named}. "
        f"Thin lines: {ERRORS:.0f} standard errors to each side."
    )
    told = "; ".join(f"{hours(one.price)}: {share(one.outcome.kept(LAST))}" for one in glance_line(findings))
    words = f"Services of “{settings.base.title}” {settings.aim.being} month {LAST} by hours of support: {told}."
    return answer_picture(lambda: _glance(findings, settings.aim), caption=caption, alternative=words)


def _glance(findings: Findings, aim: Aim) -> Any:
    figure, axis = plain_panel(left=0.7, top=0.15)
    shown, best, base = glance_line(findings), findings.answer, findings.base
    errors = [ERRORS * one.errors[-1] for one in shown]
    prices = [one.price for one in shown]
    look: dict[str, Any] = {"color": BLUE, "marker": "o", "markersize": 4.5, "linewidth": 1.4, "elinewidth": 0.9}
    axis.errorbar(prices, [one.outcome.kept(LAST) for one in shown], yerr=errors, zorder=3, **look)
    place = best.price, best.outcome.kept(LAST)
    ring: dict[str, Any] = {"marker": "o", "markersize": 13, "markerfacecolor": "none", "markeredgewidth": 2.0}
    axis.plot(*place, markeredgecolor=VERMILLION, zorder=5, **ring)
    highest = max(1.0, *prices)
    axis.set_xlim(-0.04 * highest, 1.12 * highest)
    share_axis(axis, f"services {aim.being} month {LAST}")
    axis.set_xlabel("extra hours of support, a service and year")
    axis.locator_params(axis="x", nbins=5)
    axis.grid(visible=True)
    note: dict[str, Any] = {"textcoords": "offset points", "fontsize": LETTERS, "color": INK, "zorder": 6}
    note["bbox"] = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.0}
    named, high = "the answer" if findings.answered else "the nearest", place[1] > 0.5
    axis.annotate(
        f"{named}: {hours(best.price)},\n{share(place[1])} {aim.done}", place, xytext=(0, -40 if high else 40),
        va="top" if high else "bottom", ha="right" if place[0] > 0.6 * highest else "left", fontweight="bold",
        arrowprops={"arrowstyle": "-", "color": VERMILLION, "linewidth": 1.0, "shrinkA": 0, "shrinkB": 7, "relpos": (1.0, 0.5)},
        **note,
    )  # fmt: skip
    if best is not base:
        start = base.price, base.outcome.kept(LAST)
        axis.annotate(f"nothing added: {share(start[1])}", start, xytext=(14, 2), va="center", ha="left", **note)
    return figure


def frontier(folder: Path, findings: Findings, settings: Settings) -> Picture:
    """Draw price against services kept to the last month, coloured by those at the first."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.lines import Line2D

    aim = settings.aim
    figure, ((axis,),) = sheet(1, 1, height=4.7, left=0.7, right=1.2, top=0.38, bottom=0.5)
    shown = findings.frontier
    colours: Any = ScalarMappable(Normalize(0.0, 1.0), _COLOURS)
    others = [one for one in findings.judged if not one.frontier and one.source not in ("single", "nothing")]
    last = [one.outcome.kept(LAST) for one in others]
    axis.plot([one.price for one in others], last, linestyle="", marker=".", markersize=4, color="#C4C4C4", zorder=2)
    line = findings.line
    heights = [one.outcome.kept(LAST) for one in line]
    axis.step([one.price for one in line], heights, where="post", color=INK, linewidth=1.0, zorder=3)
    for one in shown:
        place = one.price, one.outcome.kept(LAST)
        axis.errorbar(
            *place,
            xerr=ERRORS * one.price_error,
            yerr=ERRORS * one.errors[-1],
            color="#B0B0B0",
            elinewidth=0.7,
            linestyle="",
            zorder=4,
        )
        colour = colours.to_rgba(one.outcome.kept(MONTHS[0]))
        axis.plot(*place, marker="o", markersize=6.5, color=colour, markeredgecolor=INK, markeredgewidth=0.5, zorder=5)
    best = findings.answer
    axis.plot(
        best.price, best.outcome.kept(LAST), marker="o", markersize=13, markerfacecolor="none",
        markeredgecolor=VERMILLION, markeredgewidth=1.8, zorder=6,
    )  # fmt: skip
    top = max(one.price + ERRORS * one.price_error for one in findings.judged)
    _price_axis(axis, top)
    low = min(0.0, *(one.price for one in findings.judged))
    axis.set_xlim(low - 0.6, 1.04 * top)
    share_axis(axis, f"services {aim.being} month {LAST}")
    axis.set_xlabel(_PRICE)
    axis.grid(visible=True)
    axis.axhline(settings.share, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    _name_singles(axis, findings, colours)
    bar = figure.colorbar(colours, ax=axis, cax=figure.add_axes((1 - 1.05 / WIDTH, 0.16, 0.016, 0.7)))
    bar.set_label(f"services {aim.being} month {MONTHS[0]}")
    bar.set_ticks([0, 0.25, 0.5, 0.75, 1], labels=["0 %", "", "50 %", "", "100 %"])
    look: dict[str, Any] = {"linestyle": "", "color": INK}
    handles = [
        Line2D([], [], marker="o", markersize=6, markerfacecolor=SKY, label="frontier", **look),
        Line2D([], [], marker="D", markersize=5, markerfacecolor="white", label="one ingredient, full dose", **look),
        Line2D([], [], marker=".", markersize=5, linestyle="", color="#B0B0B0", label="other schedules"),
        Line2D([], [], marker="o", markersize=9, markerfacecolor="none", markeredgecolor=VERMILLION, markeredgewidth=1.6,
               linestyle="", label="the answer" if findings.answered else "nearest to what is asked"),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=4, handlelength=1.6)
    caption = (
        "What it costs to keep how much. Each mark is a schedule: to the right its price, upwards the share of services "
        f"{aim.being} month {LAST}, its colour those {aim.until} month {MONTHS[0]} (bright: more). A schedule of the "
        f"frontier keeps more than every cheaper one on it, by over {100 * MARGIN:g} percentage points at one of the two "
        f"months; the line joins those that keep most {aim.until} month {LAST} for their price. The scale of prices is drawn "
        f"together to the right. Thin lines: {ERRORS:.0f} standard errors to each side. Dashed: the {share(settings.share)} "
        "asked for; the question asks for it in single worlds, not on average."
    )
    told = "; ".join(f"{name_of(one)} {hours(one.price)}, {share(one.outcome.kept(LAST))}" for one in line)
    return save(
        figure, folder, "frontier", title="Price and services that are kept", caption=caption,
        alternative=f"Marks of schedules by price and share {aim.done}. Along the line: {told}.",
    )  # fmt: skip


def _name_singles(axis: Any, findings: Findings, colours: Any) -> None:
    """Mark nothing and the single ingredients, with their names in the empty corner below on the right."""
    found = sorted(
        (one for one in findings.judged if one.source in ("nothing", "single")), key=lambda one: -one.outcome.kept(LAST)
    )
    low = [one for one in found if one.outcome.kept(LAST) < 0.5]
    places = spaced([0.02 + 0.047 * (len(low) - rank) for rank in range(len(low))], 0.047)
    line = {"arrowstyle": "-", "color": "#BDBDBD", "linewidth": 0.6, "shrinkA": 1, "shrinkB": 3, "relpos": (0.0, 0.5)}
    for one in found:
        place = one.price, one.outcome.kept(LAST)
        colour = colours.to_rgba(one.outcome.kept(MONTHS[0]))
        axis.plot(*place, marker="D", markersize=5.5, color=colour, markeredgecolor=INK, markeredgewidth=0.9, zorder=7)
        if one in low:
            axis.annotate(
                _title(one), place, xytext=(0.7, places[low.index(one)]), textcoords="axes fraction", va="center", fontsize=8,
                color=INK, zorder=2.5, arrowprops=line,
            )  # fmt: skip
        else:
            axis.annotate(
                _title(one), place, xytext=(14, -22), textcoords="offset points", va="center", fontsize=8, color=INK, zorder=8,
                arrowprops=line,
            )  # fmt: skip


def _title(one: Judged) -> str:
    parts = one.outcome.schedule.parts
    return INDEX_TITLES[parts[0].ingredient] if parts else "Nothing added"


INDEX_TITLES: Final = tuple(one.title for one in INGREDIENTS)


def thinned(items: Sequence[Judged], most: int, kept: Judged) -> list[Judged]:
    """Items in order, so many of them from the first to the last, one of them kept in any case.

    Parameters
    ----------
    items : sequence of Judged
    most : int
        Two or more.
    kept : Judged
    """
    if len(items) <= most:
        return list(items)
    places = {round(at * (len(items) - 1) / (most - 1)) for at in range(most)}
    if kept in items and items.index(kept) not in places:
        nearest = min(places - {0, len(items) - 1} or places, key=lambda at: abs(at - items.index(kept)))
        places = (places - {nearest}) | {items.index(kept)}
    return [items[at] for at in sorted(places)]


def made_of(folder: Path, findings: Findings, aim: Aim) -> Picture:
    """Draw which ingredients the schedules of the frontier use, from the cheapest to the dearest."""
    from matplotlib.colors import ListedColormap
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shown = thinned(findings.frontier, MOST_COLUMNS, findings.answer)
    grid = np.array([one.outcome.schedule.doses for one in shown]).T
    figure, (above, below) = _two_panels(len(INGREDIENTS))
    x = np.arange(len(shown))
    looks = ((MONTHS[0], ORANGE, "s", (0, (5, 1.5))), (LAST, BLUE, "o", "-"))
    for month, colour, mark, dash in looks:
        heights = [one.outcome.kept(month) for one in shown]
        errors = [ERRORS * one.errors[MONTHS.index(month)] for one in shown]
        above.errorbar(
            x, heights, yerr=errors, color=colour, marker=mark, markersize=4, linestyle=dash, linewidth=1.1, elinewidth=0.7,
            label=f"{aim.being} month {month}",
        )  # fmt: skip
    share_axis(above)
    above.grid(axis="y")
    above.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, handlelength=2.4)
    above.set_title(f"Services {aim.done}")
    below.imshow(grid, aspect="auto", cmap=ListedColormap(["white", SKY, BLUE]), vmin=0, vmax=FULL)
    for at, one in enumerate(shown):
        for part in one.outcome.schedule.parts:
            ink = "white" if part.dose == FULL else INK
            if part.start > STARTS[0]:
                below.plot(at - 0.18, part.ingredient, marker=">", markersize=3, color=ink, linestyle="")
            if part.end < HORIZON:
                below.plot(at + 0.18, part.ingredient, marker="|", markersize=5, color=ink, linestyle="")
    below.set_yticks(range(len(INGREDIENTS)), INDEX_TITLES)
    below.set_xticks(x, [f"{one.price:,.0f}" for one in shown], rotation=90, fontsize=7)
    below.set_xlabel("extra hours of support for a service and year, the cheapest schedule on the left")
    for axis in (above, below):
        axis.set_xlim(-0.6, len(shown) - 0.4)
    above.set_xticks([])
    below.set_xticks(x[:-1] + 0.5, minor=True)
    below.set_yticks(np.arange(len(INGREDIENTS) - 1) + 0.5, minor=True)
    below.grid(which="minor", color=PALE, linewidth=0.6)
    below.tick_params(which="both", length=0)
    if findings.answer in shown:
        at = shown.index(findings.answer)
        for axis in (above, below):
            axis.axvspan(at - 0.5, at + 0.5, facecolor="none", edgecolor=VERMILLION, linewidth=1.6, zorder=9)
    handles = [
        Patch(facecolor=BLUE, label="full dose"),
        Patch(facecolor=SKY, label="half dose"),
        Line2D([], [], marker=">", color=INK, linestyle="", markersize=4, label=f"begins after month {STARTS[0]}"),
        Line2D([], [], marker="|", color=INK, linestyle="", markersize=6, label=f"ends before month {HORIZON}"),
    ]
    named = "the answer" if findings.answered else "nearest to what is asked"
    handles += [Patch(facecolor="none", edgecolor=VERMILLION, label=named)] if findings.answer in shown else []
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=5, handlelength=1.6, columnspacing=1.4)
    every = "" if len(shown) == len(findings.frontier) else f" {len(shown)} of its {len(findings.frontier)} schedules are shown."
    off = "" if findings.answer in shown else f" Not among them: {named}, {findings.answer.outcome.schedule.words()}."
    caption = (
        "What the schedules of the frontier are made of. Each column is a schedule, the cheapest on the left; a coloured cell is "
        "an ingredient that it uses. Above, the services "
        f"{aim.done} with it, with {ERRORS:.0f} standard errors to each side.{every}{off}"
    )
    used = [(INDEX_TITLES[at], int((row > 0).sum())) for at, row in enumerate(grid)]
    told = ", ".join(f"{title} in {number} of {len(shown)}" for title, number in sorted(used, key=lambda one: -one[1]))
    return save(figure, folder, "ingredients", title="What the frontier is made of", caption=caption, alternative=f"Map. {told}.")


def _two_panels(rows: int) -> tuple[Any, tuple[Any, Any]]:
    """A low panel above a map of so many rows."""
    figure, ((above,),) = sheet(1, 1, height=1.6 + 0.35 + 0.27 * rows, left=1.75, right=0.15, top=0.62, bottom=0.66)
    place, total = above.get_position(), figure.get_size_inches()[1]
    tall = 0.27 * rows / total
    below = figure.add_axes((place.x0, place.y0, place.width, tall))
    above.set_position((place.x0, place.y0 + tall + 0.35 / total, place.width, 1.6 / total))
    return figure, (above, below)


def timing(folder: Path, findings: Findings, settings: Settings) -> Picture:
    """Draw what the answer's ingredients do by when they begin and how long they last."""
    from matplotlib.lines import Line2D

    aim = settings.aim
    rows = timing_rows(findings, aim)
    figure, ((*axes, price),) = sheet(1, 3, height=2.2, left=0.72, right=0.15, top=0.62, bottom=0.5, across=0.75)
    labels = {0: f"to month {HORIZON}", 12: "for 12 months", 24: "for 24 months"}
    for length, (colour, mark, dash) in zip(LENGTHS, SCENARIO_LOOKS, strict=False):
        own = [row for row in rows if row["length"] == length]
        starts = [row["start"] for row in own]
        look: dict[str, Any] = {"color": colour, "marker": mark, "linestyle": dash, "markersize": 5, "linewidth": 1.3}
        for axis, month in zip(axes, MONTHS, strict=True):
            errors = [100 * ERRORS * row[f"effect_{month}_error"] for row in own]
            axis.errorbar(starts, [100 * row[f"effect_{month}"] for row in own], yerr=errors, elinewidth=0.9, **look)
        price.plot(starts, [row["support"] for row in own], **look)
    for axis, month in zip(axes, MONTHS, strict=True):
        axis.set_title(f"Services {aim.being} month {month}")
        axis.set_ylabel("percentage points over the base")
    price.set_title("Price")
    price.set_ylabel("hours for a service and year")
    lowest = min(0.0, *(100 * row[f"effect_{month}"] for row in rows for month in MONTHS))
    highest = max(
        5.0, *(100 * (row[f"effect_{month}"] + ERRORS * row[f"effect_{month}_error"]) for row in rows for month in MONTHS)
    )
    for axis in axes:
        axis.set_ylim(lowest - 3, 1.05 * highest)
        axis.axhline(0.0, color=INK, linewidth=0.8)
    price.set_ylim(bottom=min(0.0, *(row["support"] for row in rows)))
    for axis in (*axes, price):
        axis.set_xticks(STARTS)
        axis.set_xlabel("first month of all ingredients")
        axis.grid(visible=True)
    handles = [
        Line2D([], [], color=colour, marker=mark, linestyle=dash, markersize=5, label=labels[length])
        for length, (colour, mark, dash) in zip(LENGTHS, SCENARIO_LOOKS, strict=False)
    ]
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=3, handlelength=2.6)
    titles = ", ".join(INDEX_TITLES[part.ingredient].lower() for part in findings.answer.outcome.schedule.parts) or "nothing"
    caption = (
        f"When to begin. The ingredients of {answer_name(findings)} at its doses ({wrapped(titles, 240, 1)}), but all "
        f"beginning in the same month and lasting to month {HORIZON}, or for 12 or 24 months. Upwards, how many more services of "
        f"“{settings.base.title}” {aim.do} these months than with nothing added, with {ERRORS:.0f} standard errors to each side. "
        + (
            "A service that has had a long gap before the start is lost here, whatever it does later."
            if aim.lasting
            else "Looking at two months alone flatters a late start: what was not so before it is not counted."
        )
    )
    told = "; ".join(f"from month {row['start']} {labels[row['length']]} {100 * row[f'effect_{LAST}']:.0f}" for row in rows)
    return save(
        figure, folder, "timing", title="When to begin", caption=caption,
        alternative=f"Lines by first month. Percentage points at month {LAST}: {told}.",
    )  # fmt: skip
