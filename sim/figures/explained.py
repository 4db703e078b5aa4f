"""The figure of one history: people as rows, what they intend as colours, events as marks; below it the risk, month by month.

Drawn from a story (``sim.why.story``). Lengths are inches, so that it can be laid out for a narrow screen as well.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from sim.codes import LeaderType, PractitionerStatus, Use
from sim.figures.drawings import BAR, shortened
from sim.figures.explained_looks import LEADER_LOOKS, LETTER, LINE, MARKS, columned, handles_of, legends_of, marked
from sim.figures.files import DRAWN_WIDTH
from sim.figures.style import EDGE, GREY, INK, STATUS_LOOKS, USE_LOOKS, VERMILLION, Picture, drawing, month_axis, save
from sim.why.story import Happening, Story
from sim.words import plural, words

MOST_POSTS: Final = 40
"""Posts that are shown at most."""

MOST_TURNING: Final = 6
"""Turning months that are numbered at most: the first of those that are given."""

NARROW_WIDTH: Final = 4.2
"""Inches of a layout for narrow screens: letters can be read where 390 pixels are all there is."""

_ROW, _TOLD, _AXIS, _FATE, _GAP, _LEFT, _RIGHT = 0.25, 0.158, 0.5, 1.25, 0.36, 1.3, 0.2
_APART: Final = 0.14
"""Inches from one number of a turning month to the next, at least."""


Bar = tuple[tuple[str, str], list[tuple[float, float]]]
"""Colour and hatch, and corners."""


class Turning(Protocol):
    """A month in which the risk turned: what it was, and what happened in it."""

    @property
    def month(self) -> int:
        """Months since training."""

    @property
    def words(self) -> str:
        """What happened."""


class FateLike(Protocol):
    """Risk of an ending, given all that has happened so far, after each of some months."""

    @property
    def months(self) -> np.ndarray:
        """Months lived through, whole numbers, shape (n,)."""

    @property
    def risk(self) -> np.ndarray:
        """Share 0-1, shape (n,)."""

    @property
    def error(self) -> np.ndarray:
        """Monte Carlo standard error of it, shape (n,)."""

    @property
    def turning(self) -> Sequence[Turning]:
        """Turning months."""


def explained(
    story: Story, folder: Path, name: str, *, fate: FateLike | None = None, title: str, width: float = DRAWN_WIDTH
) -> Picture:
    """Draw a history and write it, the same bytes each time.

    Parameters
    ----------
    story, fate, title, width
        As for :func:`draw_explained`.
    folder : pathlib.Path
    name : str
        File name without ending.

    Raises
    ------
    OSError
        When a file cannot be written.
    """
    with drawing():
        figure = draw_explained(story, fate=fate, title=title, width=width)
        return save(figure, folder, name, title=title, caption=caption_of(story, fate), alternative=in_words(story, fate))


def draw_explained(story: Story, *, fate: FateLike | None = None, title: str, width: float = DRAWN_WIDTH) -> Any:
    """Draw a history: a row for each post, the leader and the practice; below it, if there is one, the curve of its risk.

    Parameters
    ----------
    story : Story
    fate : FateLike, optional
    title : str
        Above the rows.
    width : float
        Inches; NARROW_WIDTH for narrow screens.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with drawing():
        room = width - _LEFT - _RIGHT
        legends = [columned(handles, width - 0.9) for handles in handles_of(story)]
        heading = textwrap.wrap(title, int((width - 0.3) / 0.08), max_lines=2, placeholder=" …")
        top = sum(rows for _, _, rows in legends) * LINE + 0.18 + 0.15 * len(heading)
        upper = _ROW * (min(len(story.post_names), MOST_POSTS) + 2)
        turning = [] if fate is None else sorted(tuple(fate.turning)[:MOST_TURNING], key=lambda one: one.month)
        told = _turning_lines(turning, int((width - 0.45) / LETTER))
        lower = 0.0 if fate is None else _GAP + _FATE - 0.02 + sum(map(_height, told))
        total = top + upper + _AXIS + lower
        figure = Figure(figsize=(width, total))
        FigureCanvasAgg(figure)
        place = (_LEFT / width, 1 - (top + upper) / total, room / width, upper / total)
        axis = figure.add_axes(place)
        _rows(axis, story)
        axis.set_title("\n".join(heading), x=(0.15 - _LEFT) / room)
        support = next((one.month for one in story.happenings if one.kind == "support_ends"), 0)
        month_axis(axis, story.months, mark=support)
        legends_of(figure, legends, total)
        if fate is None:
            axis.set_xlabel("months since training")
        else:
            below = figure.add_axes((_LEFT / width, place[1] - (_GAP + _FATE) / total, room / width, _FATE / total))
            _fate(below, fate, turning, axis)
            month_axis(below, story.months, mark=support)
            below.set_xlabel("months since training")
            axis.tick_params(labelbottom=False)
            y = place[1] - (_GAP + _FATE + _AXIS - 0.04) / total
            for one in told:
                figure.text(0.15 / width, y, one, va="top", fontsize=8, color=INK, linespacing=1.25)
                y -= _height(one) / total
    return figure


# --------------------------------------------------------------------------------------------------------------------- rows


def _rows(axis: Any, story: Story) -> None:
    """Rows of the posts, of the leader and of the practice, with their bars and marks."""
    from matplotlib.collections import PolyCollection
    from matplotlib.transforms import ScaledTranslation

    bars: list[Bar] = []
    posts = min(len(story.post_names), MOST_POSTS)
    opened = {one.post: one.month - 1 for one in reversed(story.happenings) if one.kind == "arrives"}
    for post in range(posts):
        first = 0 if post < story.established else opened.get(post, story.months)
        bars += _bars(post, story.statuses[post], PractitionerStatus, STATUS_LOOKS, first)
    bars += _bars(posts, story.leaders, LeaderType, LEADER_LOOKS)
    bars += _bars(posts + 1, story.use, Use, USE_LOOKS)
    for look in dict.fromkeys(look for look, _ in bars):  # one artist a look: drawing is quicker
        shapes = [shape for one, shape in bars if one == look]
        found = PolyCollection(shapes, facecolor=look[0], hatch=look[1], edgecolor=EDGE, linewidth=0.3)
        axis.add_collection(found, autolim=False)
    rows = {post: post for post in range(posts)}
    for mark in dict.fromkeys(MARKS.values()):
        spots = [(_moment(one), _row_of(one, rows, posts)) for one in story.happenings if marked(one) is mark]
        seen = [spot for spot in spots if spot[1] is not None]
        aside = ScaledTranslation(mark.aside / 72, 0, axis.figure.dpi_scale_trans)
        axis.plot(
            [x for x, _ in seen], [y for _, y in seen], marker=mark.sign, markersize=mark.size, color=INK, linestyle="",
            markeredgecolor="white", markeredgewidth=0.7, zorder=8, clip_on=False, transform=axis.transData + aside,
        )  # fmt: skip
    names = [_in_short(name.partition(" (")[0]) for name in story.post_names[:posts]]
    axis.set_yticks(range(posts + 2), [*names, "leader", "the practice"])
    axis.tick_params(axis="y", length=0, pad=5)
    axis.set_ylim(posts + 1.5, -0.5)
    axis.axhline(posts - 0.5, color=GREY, linewidth=0.6, zorder=3)
    axis.spines["left"].set_visible(False)


def _in_short(name: str, room: int = 17) -> str:
    """A name as far as there is room for it; its end stays, by which posts of one service are told apart."""
    return name if len(name) <= room else f"{shortened(name, room - 5)}{name[-5:]}"


def _bars(row: int, codes: np.ndarray, kind: Any, looks: Mapping[str, tuple[str, str]], first: int = 0) -> Iterator[Bar]:
    """Months of equal state as bars with their looks; month m is drawn from m - 1 to m."""
    low, high = row - BAR / 2, row + BAR / 2
    edges = [first, *(at for at in (1 + np.flatnonzero(np.diff(codes))).tolist() if at > first), len(codes)]
    for start, end in pairwise(edges):
        if start < end:
            yield looks[kind(int(codes[start])).name.lower()], [(start, low), (start, high), (end, high), (end, low)]


def _moment(one: Happening) -> float:
    """Where a happening stands on the axis: at the end of its month, at its beginning, or in it if it is nobody's own."""
    return float(one.month) if one.late else one.month - 1.0 if one.becomes >= 0 else one.month - 0.5


def _row_of(one: Happening, rows: Mapping[int, int], posts: int) -> int | None:
    """Row of a happening; None for a post that there is no room for."""
    if one.post >= 0:
        return rows.get(one.post)
    return posts if one.who == "leader" else posts + 1


# --------------------------------------------------------------------------------------------------------------------- fate


def _fate(axis: Any, fate: FateLike, turning: Sequence[Turning], above: Any) -> None:
    """Curve of the risk with twice its error to each side, and the numbers of its turning months."""
    months, risk, error = (np.asarray(one, float) for one in (fate.months, fate.risk, fate.error))
    axis.fill_between(
        months, np.clip(risk - 2 * error, 0, 1), np.clip(risk + 2 * error, 0, 1), color=VERMILLION, alpha=0.22, linewidth=0
    )
    axis.plot(months, risk, color=VERMILLION, linewidth=1.6, zorder=5)
    axis.set_ylim(0, 1)
    axis.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "", "50 %", "", "100 %"])
    axis.set_ylabel("risk, by what\nhas happened")
    axis.grid(axis="y")
    inches = axis.figure.get_figwidth() * axis.get_position().width
    for number, (one, moved) in enumerate(zip(turning, _apart(turning, above.get_xlim()[1], inches), strict=True), start=1):
        for each in (axis, above):
            each.axvline(one.month, color=INK, linewidth=0.8, linestyle=(0, (1, 2)), zorder=4)
        # moved aside, a number keeps a line to its month
        shift = moved * above.get_xlim()[1] / inches
        axis.plot(
            [one.month, one.month + shift], [1.0, 1.0 + 0.09 / _FATE], color=INK, linewidth=0.6, clip_on=False, zorder=4,
            transform=axis.get_xaxis_transform(),
        )  # fmt: skip
        axis.annotate(
            str(number), (one.month + shift, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 7), ha="center",
            textcoords="offset points", fontsize=8, fontweight="bold", color=INK, annotation_clip=False,
        )  # fmt: skip


def _apart(turning: Sequence[Turning], months: float, inches: float) -> list[float]:
    """How far the number of each turning month, in their order, is moved aside so that none touches another; inches."""
    own = [one.month / months * inches for one in turning]
    places: list[float] = []
    for at in own:
        places.append(max(at, places[-1] + _APART) if places else at)
    last = inches + _APART
    for at in range(len(places) - 1, -1, -1):
        last = places[at] = min(places[at], last - _APART)
    return [place - at for place, at in zip(places, own, strict=True)]


def _height(told: str) -> float:
    """Inches of a text below the curve."""
    return _TOLD * (1 + told.count("\n")) + 0.07


def _turning_lines(turning: Sequence[Turning], letters: int) -> list[str]:
    """What happened in the turning months, with their numbers, on at most three lines each."""
    found = []
    for number, one in enumerate(turning, start=1):
        text = f"{number}  month {one.month}: {one.words or 'nothing that is told'}"
        found.append("\n".join(textwrap.wrap(text, letters, subsequent_indent="    ", max_lines=3, placeholder=" …")))
    return found


# --------------------------------------------------------------------------------------------------------------------- words


def caption_of(story: Story, fate: FateLike | None = None) -> str:
    """What the figure means, in plain language.

    Parameters
    ----------
    story : Story
    fate : FateLike, optional
    """
    found = (
        f"One history of service {story.service} (replicate {story.replicate}), out of very many that were as possible. A row is "
        "a post, with the name of its first holder: the colour is what its holder intends with the practice at the end of each "
        "month, or that the post is empty or its holder untrained. Below are the leader, and what becomes of the practice. Marks "
        "say when people left, came or were trained, when the service decided about the practice, and when word, money or posts "
        "came from above or were taken away. "
    )
    if any(one.kind == "support_ends" for one in story.happenings):
        found += "The dashed line is the end of the outside support. "
    if len(story.post_names) > MOST_POSTS:
        found += f"The first {MOST_POSTS} of {len(story.post_names)} posts are shown. "
    if fate is not None:
        found += (
            "The curve is the risk of the ending that is explained, given all that had happened by then: the share of histories "
            "with the same past and other luck from there on that came to it, with twice its Monte Carlo error to each side. It "
            "ends at 0 % or 100 %, as then it is known. "
        )
        if len(fate.turning):
            found += (
                "Numbers mark the months in which it turned most; what happened in them is written below. That it happened in "
                "the same month does not prove that it was the cause. "
            )
    return found + "It is the model's history, not that of people who were met."


def in_words(story: Story, fate: FateLike | None = None) -> str:
    """What the figure shows, for those who cannot see it.

    Parameters
    ----------
    story : Story
    fate : FateLike, optional
    """
    counts = {kind: sum(one.kind == kind for one in story.happenings) for kind in ("leaves", "leader_leaves", "decides")}
    use = words(Use(int(story.use[-1])).name.lower())
    found = (
        f"Coloured strips over {plural(story.months, 'month')} for {plural(len(story.post_names), 'post')}, the leader and the "
        f"practice. {plural(counts['decides'], 'decision')} of practitioners, {plural(counts['leaves'], 'practitioner')} and "
        f"{plural(counts['leader_leaves'], 'leader')} who left. At the end the practice is {use}."
    )
    if fate is not None and len(fate.months):
        found += f" The risk begins at {fate.risk[0]:.0%} and ends at {fate.risk[-1]:.0%}."
        found += "".join(f" Month {one.month}: {one.words}." for one in tuple(fate.turning)[:MOST_TURNING])
    return found
