"""Looks of the figure of one history: types of leaders, marks of events, and the legends of what occurs."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np

from sim.codes import LEADER_VACANT, LeaderType, PractitionerStatus, Use
from sim.figures.style import BLUE, INK, STATUS_LOOKS, USE_LOOKS, patches
from sim.why.story import Happening, Story
from sim.words import words

LINE: Final = 0.19
"""Inches of a line of a legend."""
LETTER: Final = 0.063
"""Inches that a small letter takes, at most, on average."""

LEADER_LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "active": (BLUE, ""),
    "passive_supportive": ("#A6C8E4", ""),
    "unsupportive_trusting": ("#A6C8E4", "\\\\\\\\"),
    "unavailable": ("#CFCFCF", "...."),
    "vacant": ("#FFFFFF", ""),
    "controlling": ("#CC79A7", "++++"),
}
"""Colour and hatch of each type of leader."""


class Mark(NamedTuple):
    """How an event is marked: its sign, its words in the legend, its size, how far aside of its month it stands, in points."""

    sign: str
    label: str
    size: float
    aside: float = 0.0


LEAVES: Final = Mark("X", "leaves", 5.5, -3.0)
COMES: Final = Mark(">", "comes", 5.0, 3.0)
TRAINED: Final = Mark("^", "is trained", 5.0)
BECOMES: Final = Mark("*", "leads otherwise", 7.0)
DECIDES: Final = Mark("s", "service decides", 5.0)
SAID: Final = Mark("D", "word from above", 4.5)

MARKS: Final[Mapping[str, Mark]] = {
    "leaves": LEAVES,
    "arrives": COMES,
    "trained": TRAINED,
    "leader_leaves": LEAVES,
    "leader_arrives": COMES,
    "leader_becomes": BECOMES,
    "stops_by_decision": DECIDES,
    "restarts": DECIDES,
    "signal": SAID,
    "upper_level": SAID,
    "budget": SAID,
    "expansion": SAID,
}
"""Events that are marked; what somebody intends is told by the colour of the row, what becomes of the practice by its own row."""


def marked(one: Happening) -> Mark | None:
    """Mark of a happening; that the first ones were trained in month 0 needs none."""
    return None if one.kind == "trained" and one.month == 0 else MARKS.get(one.kind)


def handles_of(story: Story) -> list[tuple[str, list[Any]]]:
    """Legends with what occurs in the story, each with the row or rows that it is of."""
    from matplotlib.lines import Line2D

    def seen_of(kind: Any, looks: Mapping[str, tuple[str, str]], codes: np.ndarray) -> list[Any]:
        names = {kind(code).name.lower() for code in np.unique(codes).tolist()}
        return patches({name: look for name, look in looks.items() if name in names}, partial(_label, kind))

    seen = {marked(one) for one in story.happenings}
    signs = [
        Line2D([], [], marker=one.sign, color=INK, linestyle="", markersize=one.size, markeredgecolor="white",
               markeredgewidth=0.5, label=one.label)
        for one in dict.fromkeys(MARKS.values()) if one in seen
    ]  # fmt: skip
    if any(one.kind == "support_ends" for one in story.happenings):
        signs.append(Line2D([], [], color=INK, linewidth=0.9, linestyle=(0, (4, 2)), label="support ends"))
    return [
        ("posts", seen_of(PractitionerStatus, STATUS_LOOKS, story.statuses)),
        ("leader", seen_of(LeaderType, LEADER_LOOKS, story.leaders)),
        ("practice", seen_of(Use, USE_LOOKS, story.use)),
        *([("marks", signs)] if signs else []),
    ]


def _label(kind: Any, name: str) -> str:
    return "nobody" if kind is LeaderType and LeaderType[name.upper()] == LEADER_VACANT else words(name)


def columned(group: tuple[str, list[Any]], room: float) -> tuple[tuple[str, list[Any]], int, int]:
    """Columns of a legend that there is room for, in inches, and the rows that it then has."""
    labels = [len(handle.get_label()) for handle in group[1]]
    for columns in range(len(labels), 0, -1):
        rows = -(-len(labels) // columns)
        wide = sum(max(labels[at : at + rows]) * LETTER + 0.34 for at in range(0, len(labels), rows))
        if wide <= room:
            return group, columns, rows
    return group, 1, len(labels)


def legends_of(figure: Any, legends: Sequence[tuple[tuple[str, list[Any]], int, int]], total: float) -> None:
    """One legend below the other, each with its name before it."""
    width, above = figure.get_figwidth(), 0.05
    for (name, handles), columns, rows in legends:
        y = 1 - above / total
        figure.text(0.15 / width, y - 0.005 / total, name, va="top", fontsize=8, fontweight="bold", color=INK)
        figure.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(0.85 / width, y), ncols=columns, handlelength=1.4,
            columnspacing=1.0, handletextpad=0.45, fontsize=8, borderpad=0, borderaxespad=0, labelspacing=0.42,
        )  # fmt: skip
        above += rows * LINE
