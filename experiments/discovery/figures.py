"""The figures of a scenario discovery: boxes that were looked at, worlds and the box, the tree."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.discovery.analysing import Finding, Findings
from experiments.discovery.conditions import Input
from experiments.discovery.finding import Region, Worlds
from experiments.discovery.settings import Settings
from experiments.discovery.trees import Node
from experiments.discovery.words import limits, meaning, per_cent, subject, trusted, verb
from experiments.kit.glance import Bar, bars
from experiments.kit.looks import WIDTH, sheet, wrapped
from experiments.worlds.luck import share_between
from sim.figures.style import BLUE, GREY, INK, ORANGE, PALE, VERMILLION, Picture, Pictures, drawing, save, share_axis
from sim.report.answers import answer_picture
from sim.report.pages import Figure

_FADED: Final = 0.25
_ROW: Final = 0.62
"""Height of a leaf of the tree, in inches."""
_LEAF: Final = 1.25
"""Its width."""


def draw_all(folder: Path, findings: Findings, settings: Settings) -> list[Pictures]:
    """Draw the figures of every kind of failure; none where no region was looked for.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; made if missing.
    findings : Findings
    settings : Settings

    Returns
    -------
    list of list of Picture
        In the order of the findings.
    """
    found = []
    with drawing():
        for one in findings.each:
            pictures, name = Pictures(), one.failure.name
            if one.region is not None and one.tree is not None:
                pictures.add(f"{name}-boxes", partial(boxes, one, one.region, folder, settings))
                pictures.add(f"{name}-worlds", partial(scatter, one, one.region, findings.worlds, folder, settings))
                pictures.add(f"{name}-tree", partial(tree, one, one.tree, findings.worlds, folder, settings))
            found.append(pictures)
    return found


def glance(finding: Finding, settings: Settings) -> Figure:
    """How often it fails in the region and outside of it, small; in all worlds where there is no region."""
    several = rates(finding)
    half = ", on the half of the worlds that the region was not looked for on" if len(several) > 1 else ""
    caption = (
        f"How often {subject(settings)} {verb(finding, settings)} up to month {settings.months}{half}. Thin lines: "
        "95 % intervals (Wilson’s) for so many worlds."
    )
    told = "; ".join(f"{name}: {per_cent(share)}" for name, share, _ in several)
    return answer_picture(
        lambda: _glance(several), caption=caption, alternative=f"Bars of the share of worlds that fail. {told}."
    )


def _glance(several: Sequence[tuple[str, float, int]]) -> Any:
    looks = ((VERMILLION, "////"), (BLUE, ""))
    drawn = [
        Bar(name, share, per_cent(share), sides=_reach(share, worlds), colour=colour, hatch=hatch)
        for (name, share, worlds), (colour, hatch) in zip(several, looks, strict=False)
    ]
    ticks = ((0, "0 %"), (0.5, "50 %"), (1, "100 %"))
    figure, axis = bars(drawn, label="worlds in which it fails", highest=1.0, ticks=ticks, room=0.7)
    axis.grid(axis="x")
    return figure


def _reach(share: float, worlds: int) -> tuple[float, float]:
    """How far the interval of a share reaches to the left and to the right."""
    low, high = share_between(round(share * worlds), worlds)
    return max(0.0, share - low), max(0.0, high - share)


def rates(finding: Finding) -> list[tuple[str, float, int]]:
    """Name, share that fails, and number of worlds of each bar of the small picture."""
    region = finding.region
    if region is None or not trusted(finding):
        return [(f"all {len(finding.fails):,} worlds", float(finding.fails.mean()), len(finding.fails))]
    test = region.test
    return [
        (f"in the region ({test.inside:,} worlds)", test.density, test.inside),
        (f"outside of it ({test.worlds - test.inside:,} worlds)", test.elsewhere, test.worlds - test.inside),
    ]


def boxes(finding: Finding, region: Region, folder: Path, settings: Settings) -> Picture:
    """Draw coverage against density of the boxes that were looked at, on both halves, and of the chosen one."""
    from matplotlib.lines import Line2D

    figure, (panels,) = sheet(1, 2, height=2.5, left=0.9, right=0.2, top=0.72, bottom=0.5, across=0.6)
    halves = (("the half that boxes are found on", BLUE, "o"), ("the other half, where they have to hold", ORANGE, "s"))
    for half, (axis, (title, colour, mark)) in enumerate(zip(panels, halves, strict=True)):
        points = np.array([(one[half].coverage, one[half].density) for one in region.steps])
        dimmed: dict[str, Any] = {"linestyle": "", "marker": mark, "markersize": 4, "color": colour, "alpha": 0.55}
        axis.plot(points[:, 0], points[:, 1], **dimmed)
        base = region.steps[0][half].base
        axis.axhline(base, color=INK, linewidth=0.9, linestyle=(0, (4, 2)))
        axis.annotate(
            "all worlds", (0.01, base), xycoords=("axes fraction", "data"), xytext=(0, -3), va="top", textcoords="offset points",
            fontsize=8, color=INK,
        )  # fmt: skip
        if region.chosen >= 0:
            x, y = points[region.chosen]
            axis.plot(
                [x], [y], marker="o", markersize=11, markerfacecolor="none", markeredgecolor=VERMILLION, markeredgewidth=1.8
            )
        axis.set_xlim(0, 1.03)
        axis.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "", "50 %", "", "100 %"])
        axis.set_xlabel("coverage: share of all failures in the box")
        axis.set_title(title)
        axis.grid()
        share_axis(axis, "density: share of the box\nthat fails" if half == 0 else "")
        axis.set_ylim(0, 1.03)
    look: dict[str, Any] = {"linestyle": "", "markerfacecolor": "none"}
    handles = [Line2D([], [], marker="o", markersize=4, label="a box", **(look | {"color": BLUE, "markerfacecolor": BLUE}))]
    if region.chosen >= 0:
        circle: dict[str, Any] = {"marker": "o", "markersize": 10, "markeredgecolor": VERMILLION, "markeredgewidth": 1.8}
        handles.append(Line2D([], [], label="the chosen box", **look, **circle))
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=2, handlelength=1.6)
    test = region.test
    caption = (
        f"Boxes that PRIM came through, for {meaning(finding, settings)}. Each mark is a box: further right it holds more of the "
        "failures, further up it holds fewer worlds that do not fail. Left they look better than they are, because they were "
        "fitted to these worlds; right is what they are worth. Circled: the chosen box. Dashed: the share of all worlds that "
        "fail, which is the density of a box that tells nothing."
    )
    if region.chosen < 0:
        caption = (
            f"No box for {meaning(finding, settings)}: PRIM came to none whose limits do anything. The mark is all worlds "
            "together, the dashed line the share of them that fails."
        )
    words = "No box was chosen."
    if region.box.limits:
        words = f"Chosen, on the other half: coverage {per_cent(test.coverage)}, density {per_cent(test.density)}."
    return save(
        figure, folder, f"{finding.failure.name}-boxes", title="Boxes: how much they hold, and how purely", caption=caption,
        alternative=f"Two panels of coverage against density. {words}",
    )  # fmt: skip


def shown_inputs(finding: Finding, region: Region, worlds: Worlds) -> tuple[str, str]:
    """The two inputs that say most: of the box the most significant, then those of the strongest rank correlation."""
    from scipy.stats import spearmanr

    best: dict[str, float] = {}
    for one in region.box.limits:
        best[one.name] = min(one.quasi_p, best.get(one.name, 1.0))
    rest = [*worlds.conditions, *(one.name for one in region.screened)]
    mine = finding.values[worlds.training]
    strength = {name: abs(float(spearmanr(worlds.inputs.loc[worlds.training, name], mine).statistic)) for name in rest}
    order = dict.fromkeys([*sorted(best, key=lambda name: best[name]), *sorted(rest, key=lambda name: -strength[name])])
    first, second, *_ = order
    return first, second


def scatter(finding: Finding, region: Region, worlds: Worlds, folder: Path, settings: Settings) -> Picture:
    """Draw the worlds over the two inputs that say most, those that fail and those that do not, and the box."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    across, up = shown_inputs(finding, region, worlds)
    one, other = worlds.known[across], worlds.known[up]
    figure, (panels,) = sheet(1, 2, height=2.9, left=0.85, right=0.2, top=0.75, bottom=0.62, across=0.35)
    titles = ("the half that boxes were looked for on", "the other half")
    near = region.box.holds(worlds.inputs, without=(across, up))
    for axis, half, title in zip(panels, (worlds.training, ~worlds.training), titles, strict=True):
        for bright in (False, True):
            for fails, colour, mark in ((False, BLUE, "o"), (True, VERMILLION, "x")):
                here = half & (near == bright) & (finding.fails == fails)
                axis.plot(
                    one.scale * worlds.inputs.loc[here, across], other.scale * worlds.inputs.loc[here, up],
                    linestyle="", marker=mark,
                    markersize=4.5, color=colour, markerfacecolor="none" if mark == "o" else colour, markeredgewidth=1.1,
                    alpha=1.0 if bright else _FADED,
                )  # fmt: skip
        if region.box.limits:
            (x, right), (y, top) = _edges(region, one), _edges(region, other)
            axis.add_patch(Rectangle((x, y), right - x, top - y, facecolor=GREY, alpha=0.16, linewidth=0, zorder=0.5))
            axis.add_patch(Rectangle((x, y), right - x, top - y, fill=False, edgecolor=INK, linewidth=1.6, zorder=5))
        axis.set_xlim(*_view(one))
        axis.set_ylim(*_view(other))
        axis.set_xlabel(wrapped(one.axis, 58, 2))
        axis.set_title(title)
        axis.tick_params(labelleft=axis is panels[0])
    panels[0].set_ylabel(wrapped(other.axis, 36, 2))
    look: dict[str, Any] = {"linestyle": "", "markersize": 5.5, "markeredgewidth": 1.2}
    handles = [
        Line2D([], [], color=VERMILLION, marker="x", label="fails", **look),
        Line2D([], [], color=BLUE, marker="o", markerfacecolor="none", label="does not fail", **look),
    ]
    if region.box.limits:
        handles.append(Line2D([], [], color=INK, linewidth=1.6, label="the box"))
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=3, handlelength=1.6)
    same = not (one.condition or other.condition)
    others = [text for text in limits(region.box, worlds.known) if not text.startswith((f"{one.noun} ", f"{other.noun} "))]
    caption = f"A mark is a world, over the two inputs that say most, for {meaning(finding, settings)}."
    if not region.box.limits:
        caption += " There is no box."
    elif not region.found:
        caption += " The box does not hold on the other half: it is no finding."
    if same:
        caption += " Both are parameters, so that worlds of one member of the ensemble lie on each other."
    if others:
        caption += f" Faint: worlds that the other limits of the box leave out (in the box {' and '.join(others)})."
    return save(
        figure, folder, f"{finding.failure.name}-worlds", title="Worlds that fail, and the box", caption=caption,
        alternative=f"Two scatter plots of worlds over {one.noun} and {other.noun}. The box: "
        f"{'; '.join(limits(region.box, worlds.known)) or 'none'}.",
    )  # fmt: skip


def _edges(region: Region, one: Input) -> tuple[float, float]:
    """Where the box ends on an axis, in the axis' unit; far out where it has no limit."""
    low, high = _view(one)
    for limit in region.box.limits:
        if limit.name == one.name and limit.side == "above":
            low = one.scale * limit.value
        elif limit.name == one.name:
            high = one.scale * limit.value
    return low, high


def _view(one: Input) -> tuple[float, float]:
    room = 0.03 * (one.high - one.low)
    return one.scale * (one.low - room), one.scale * (one.high + room)


def tree(finding: Finding, root: Node, worlds: Worlds, folder: Path, settings: Settings) -> Picture:
    """Draw the tree from left to right: questions, and at the leaves how many worlds fail."""
    leaves = len(list(root.leaves()))
    height = max(1.0, _ROW * leaves)
    figure, ((axis,),) = sheet(1, 1, height=height, left=0.1, right=0.1, top=0.12, bottom=0.12)
    axis.set_axis_off()
    axis.set_xlim(0, WIDTH - 0.2)
    axis.set_ylim(height, 0)
    _branch(axis, root, worlds, 0, (WIDTH - 0.2 - _LEAF) / max(1, root.depth), iter(range(leaves)))
    asked = ", ".join(sorted({worlds.known[node.name].noun for node in _nodes(root) if node.name})) or "nothing"
    caption = (
        f"A tree (CART) grown on one half of the worlds, for {meaning(finding, settings)}. At a leaf: the share that fails on "
        "the half that the tree was grown on, in brackets on the other half, and how many worlds of the two are there; the "
        "darker, the more fail. Few worlds at a leaf make its share a rough one."
    )
    return save(
        figure, folder, f"{finding.failure.name}-tree", title="The same as a tree of questions", caption=caption,
        alternative=f"A tree of {leaves} leaves that asks for {asked}.",
    )  # fmt: skip


def _nodes(node: Node) -> list[Node]:
    below = [one for child in (node.below, node.above) if child is not None for one in _nodes(child)]
    return [node, *below]


def _branch(axis: Any, node: Node, worlds: Worlds, depth: int, column: float, rows: Iterator[int]) -> float:
    """Draw a node and all that hangs on it; gives its height on the sheet."""
    left = depth * column
    if node.below is None or node.above is None:
        y = (next(rows) + 0.5) * _ROW
        _leaf(axis, node, left, y)
        return y
    one, fork = worlds.known[node.name], left + column - 0.55
    heights = [_branch(axis, child, worlds, depth + 1, column, rows) for child in (node.below, node.above)]
    y = sum(heights) / 2
    for height, answer, side in zip(heights, ("no", "yes"), ("bottom", "top"), strict=True):
        axis.plot(
            [left + 0.1 * (depth == 0), fork, fork + 0.2, left + column],
            [y, y, height, height],
            color="#777777",
            linewidth=1.0,
            zorder=1,
        )
        place = height + (-0.04 if answer == "no" else 0.04)
        axis.text(left + column - 0.18, place, answer, ha="center", va=side, fontsize=8, color=INK)
    text = f"{wrapped(one.noun[0].upper() + one.noun[1:], 26, 3)}\nabove {_short(one.text(node.value))}?"
    _boxed(axis, left, y, text, "white")
    return y


def _short(text: str) -> str:
    """Value without the words of its scale, which the table of conditions has."""
    return text.removesuffix(" on a scale from 0 to 1")


def _boxed(axis: Any, left: float, y: float, text: str, colour: Any) -> None:
    look = {"boxstyle": "round,pad=0.3", "facecolor": colour, "edgecolor": "#777777", "linewidth": 0.8}
    axis.text(left + 0.06, y, text, ha="left", va="center", fontsize=8, color=INK, zorder=3, bbox=look)


def _leaf(axis: Any, node: Node, left: float, y: float) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    (worlds, failures), (others, their_failures) = node.train, node.test
    share = failures / worlds if worlds else 0.0
    shade = LinearSegmentedColormap.from_list("failures", [PALE, "white", ORANGE])(0.5 + share / 2)
    there = per_cent(their_failures / others) if others else "–"
    text = f"{per_cent(share)} fail ({there})\n{worlds} and {others} worlds"
    _boxed(axis, left, y, text, shade)
