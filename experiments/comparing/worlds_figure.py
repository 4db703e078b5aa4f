"""The figure of two worlds: services and posts of one pair of replicates, month by month and side by side."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.comparing.worlds import History, TwoWorlds
from experiments.kit.looks import WIDTH, wrapped
from experiments.kit.words import minus
from sim.figures.style import EDGE, INK, STATE_LOOKS, STATUS_LOOKS, Picture, month_axis, patches, save
from sim.history import STATES, STATUSES

MOST_POSTS: Final = 48
"""Posts shown at most; of more, the services in which something differs come first."""

_ROW: Final = 0.165
"""Inches of a row."""
_TOP, _MIDDLE, _BOTTOM, _LEFT, _RIGHT, _ACROSS = 0.95, 0.7, 0.5, 1.5, 0.15, 0.3


def shown_services(pair: TwoWorlds) -> list[int]:
    """Places of the services that there is room for, in the plan's order."""
    posts = pair.plan.services["posts"]
    months = pair.base.state.shape[1]
    first, part = pair.first_rows, pair.posts_part
    differs = [
        pair.services_part[at] < months or bool((part[first[at] : first[at] + posts[at]] < months).any())
        for at in range(len(posts))
    ]
    room = MOST_POSTS
    found: list[int] = []
    for at in sorted(range(len(posts)), key=lambda at: not differs[at]):
        if posts[at] <= room or not found:
            found.append(at)
            room -= int(posts[at])
    return sorted(found)


def draw_pair(pair: TwoWorlds, folder: Path, name: str) -> Picture:
    """Draw one pair of replicates: a column a scenario, services above, posts below.

    Parameters
    ----------
    pair : TwoWorlds
    folder : pathlib.Path
    name : str
        Of the file.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    services = shown_services(pair)
    first, count = pair.first_rows, pair.plan.services["posts"]
    posts = [int(first[at]) + nth for at in services for nth in range(int(count[at]))][:MOST_POSTS]
    upper, lower = _ROW * len(services), _ROW * len(posts)
    total = _TOP + upper + _MIDDLE + lower + _BOTTOM
    width = (WIDTH - _LEFT - _RIGHT - _ACROSS) / 2
    figure = Figure(figsize=(WIDTH, total))
    FigureCanvasAgg(figure)
    support = int(pair.plan.services["support_months"].max())
    for column, world in enumerate((pair.base, pair.other)):
        left = (_LEFT + column * (width + _ACROSS)) / WIDTH
        above = figure.add_axes((left, 1 - (_TOP + upper) / total, width / WIDTH, upper / total))
        below = figure.add_axes((left, _BOTTOM / total, width / WIDTH, lower / total))
        _strips(above, world.state[services], STATES, STATE_LOOKS)
        _strips(below, world.status[posts], STATUSES, STATUS_LOOKS)
        _newcomers(below, world, posts)
        _parts(above, pair.services_part[services], world.state.shape[1])
        _parts(below, pair.posts_part[posts], world.state.shape[1])
        for row in np.flatnonzero(np.isin(posts[1:], first)) + 1:  # a line above each service's first post
            below.axhline(row - 0.5, color=INK, linewidth=0.5, zorder=6)
        above.set_title(wrapped(world.name, 44, 2))
        if column == 0:
            _service_names(above, pair, services)
            _post_names(below, pair, services, posts)
        for axis in (above, below):
            month_axis(axis, world.state.shape[1], mark=support)
        below.set_xlabel("months since training")
    _legends(figure, total, upper, support=0 < support <= pair.plan.months)
    return save(
        figure, folder, name, title=f"Two worlds: “{pair.base.name}” and “{pair.other.name}”", caption=_caption(pair, services),
        alternative=_alternative(pair),
    )  # fmt: skip


def _strips(axis: Any, codes: np.ndarray, labels: Sequence[str], looks: Mapping[str, tuple[str, str]]) -> None:
    """Rows of codes over months as coloured bars; month m is drawn from m - 1 to m."""
    from matplotlib.collections import PolyCollection

    rows, months = codes.shape
    bars: dict[int, list[list[tuple[float, float]]]] = {}
    for row in range(rows):
        edges = [0, *(1 + np.flatnonzero(np.diff(codes[row]))).tolist(), months]
        for start, end in pairwise(edges):
            low, high = row - 0.39, row + 0.39
            bars.setdefault(int(codes[row, start]), []).append([(start, low), (end, low), (end, high), (start, high)])
    for code, shapes in bars.items():
        colour, hatch = looks[labels[code]]
        axis.add_collection(PolyCollection(shapes, facecolor=colour, hatch=hatch, edgecolor=EDGE, linewidth=0.0))
    axis.set_ylim(rows - 0.5, -0.5)
    axis.set_yticks([])


def _newcomers(axis: Any, world: History, posts: Sequence[int]) -> None:
    """Tick where another person takes a post."""
    row, month = np.nonzero(np.diff(world.person[posts], axis=1))
    axis.vlines(month + 1, row - 0.39, row + 0.39, color=INK, linewidth=1.4, zorder=5)


def _parts(axis: Any, part: np.ndarray, months: int) -> None:
    """Mark where the two worlds first differ."""
    rows = np.flatnonzero(part < months)
    axis.plot(
        part[rows], rows, marker="D", markersize=4.2, markerfacecolor="white", markeredgecolor=INK, markeredgewidth=0.9,
        linestyle="", zorder=8, clip_on=False,
    )  # fmt: skip


def _service_names(axis: Any, pair: TwoWorlds, services: Sequence[int]) -> None:
    axis.set_yticks(range(len(services)), [wrapped(pair.plan.service_names[at], 18, 1) for at in services])
    axis.tick_params(axis="y", length=0)


def _post_names(axis: Any, pair: TwoWorlds, services: Sequence[int], posts: Sequence[int]) -> None:
    """Names of first holders, and of the service at its first post."""
    axis.set_yticks(range(len(posts)), [_first_holder(pair.post_names[at]) for at in posts])
    axis.tick_params(axis="y", length=0, labelsize=7)
    first = {int(pair.first_rows[at]): at for at in services}
    for row, post in enumerate(posts):
        if post in first:
            axis.annotate(
                wrapped(pair.plan.service_names[first[post]], 6, 1), (-1.43, row), xycoords=(_inches(axis), "data"), va="center",
                fontsize=8, fontweight="bold", annotation_clip=False,
            )  # fmt: skip


def _first_holder(name: str) -> str:
    """Name of a post's first holder as far as there is room: what stands in brackets goes first."""
    return wrapped(name.partition(" (")[0], 12, 1)


def _inches(axis: Any) -> Any:
    """Inches from the left edge of an axis."""
    from matplotlib.transforms import ScaledTranslation

    return axis.figure.dpi_scale_trans + ScaledTranslation(axis.get_position().x0 * WIDTH, 0, axis.figure.dpi_scale_trans)


def _legends(figure: Any, total: float, upper: float, *, support: bool) -> None:
    """What the colours mean, over the services and over the posts."""
    from matplotlib.lines import Line2D

    part: dict[str, Any] = {"marker": "D", "markersize": 4.2, "markerfacecolor": "white", "markeredgecolor": INK, "linestyle": ""}
    marks = [
        Line2D([], [], label="first difference between the two", **part),
        Line2D([], [], marker="|", color=INK, linestyle="", markersize=9, markeredgewidth=1.4, label="new person in a post"),
        *([Line2D([], [], color=INK, linewidth=0.9, linestyle=(0, (4, 2)), label="support ends")] if support else []),
    ]
    look: dict[str, Any] = {"loc": "upper left", "handlelength": 1.4, "columnspacing": 0.9, "handletextpad": 0.5, "fontsize": 8}
    figure.legend(handles=marks, bbox_to_anchor=(0.005, 1.0), ncols=3, **look)
    places = ((0.28, "Services", STATE_LOOKS), (_TOP + upper + 0.32, "Posts", STATUS_LOOKS))
    for above, title, looks in places:
        figure.legend(handles=patches(looks), bbox_to_anchor=(0.08, 1 - above / total), ncols=7, **look)
        figure.text(0.012, 1 - (above + 0.17) / total, title, fontsize=8.5, fontweight="bold", va="center")


def _caption(pair: TwoWorlds, services: Sequence[int]) -> str:
    gap = minus(f"{pair.difference:+d}") if pair.difference else "0"
    middle = minus(f"{pair.median:g}")
    chosen = (
        f"asked for by its number; its difference is {gap} service-months kept going, the median of all pairs {middle}"
        if pair.chosen
        else f"the first whose difference, {gap} service-months kept going, is the (lower) median of all pairs"
    )
    text = (
        f"The same people with the same luck in two worlds that differ only in what the scenarios say: “{pair.base.name}” (left) "
        f"and “{pair.other.name}” (right), replicate {pair.replicate}, {chosen}. Above, what each service does; below, what each "
        "practitioner intends. A diamond marks the month in which a row first differs from the other world: from there on the "
        "two histories part, and what happens later can be far from what the scenario itself changes. It is one pair of many, to "
        "show how a difference comes about, not how large it is. A post keeps the name of its first holder."
    )
    if len(services) < len(pair.plan.services):
        text += f" {len(services)} of {len(pair.plan.services):,} services are shown, those in which something differs first."
    return text


def _alternative(pair: TwoWorlds) -> str:
    months = pair.base.state.shape[1]
    parted = int((pair.services_part < months).sum())
    first = min(int(pair.services_part.min()), int(pair.posts_part.min()))
    begins = f"; the first difference is in month {first + 1}" if first < months else ""
    ends = ", ".join(
        f"{int((world.state[:, -1] == STATES.index('sustained')).sum())} sustained in “{world.name}”"
        for world in (pair.base, pair.other)
    )
    return (
        f"Coloured strips for services and posts over months in two columns. {parted} of {len(pair.plan.services)} services "
        f"differ at some time{begins}. At the end {ends}."
    )
