"""Looks that the figures of a sweep share: scenarios' colours and marks, panels laid out in inches, axes with units."""

from typing import Any

from experiments.kit.looks import MOST_LINES, SCENARIO_LOOKS, wrapped
from experiments.sweeps.digest import Digest, ShownFactor


def scenario_legend(figure: Any, digest: Digest) -> None:
    """Legend of the scenarios on top; nothing for a single one."""
    from matplotlib.lines import Line2D

    if len(digest.names) < 2:
        return
    room = {2: 52, 3: 30}.get(len(digest.names), 23)
    handles = [
        Line2D([], [], color=colour, marker=mark, linestyle=dash, markersize=5, linewidth=1.4, label=wrapped(name, room, 1))
        for name, (colour, mark, dash) in zip(digest.called(room), SCENARIO_LOOKS, strict=False)
    ]
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.005, 1.0), ncols=min(len(handles), 4), handlelength=2.6,
        columnspacing=1.6,
    )  # fmt: skip


def legend_room(entries: int) -> float:
    """Inches that a legend of so many entries takes on top."""
    return 0.0 if entries == 0 else 0.1 + 0.2 * -(-entries // 4)


def scenario_entries(digest: Digest) -> int:
    """Entries of the legend that are scenarios."""
    return min(len(digest.names), MOST_LINES) if len(digest.names) > 1 else 0


def level_ticks(axis: Any, factor: ShownFactor, places: list[float], *, way: str = "x") -> None:
    """Ticks at the levels of a factor, thinned where they would run into each other."""
    levels = factor.levels
    step = max(1, -(-len(levels) // 6))
    labels = [wrapped(factor.text(level), 12, 2) if at % step == 0 else "" for at, level in enumerate(levels)]
    (axis.set_xticks if way == "x" else axis.set_yticks)(places, labels)


def room_below(factors: list[ShownFactor], room: int) -> float:
    """Inches that the ticks and the label of a horizontal axis of factors take, the label broken after so many characters."""
    words = any(one.labels for one in factors)
    return 0.32 + (0.3 if words else 0.15) + 0.14 * max(wrapped(one.axis, room, 2).count("\n") for one in factors)


def only_scenarios(digest: Digest, most: int = MOST_LINES) -> str:
    """Sentence that says which scenarios a figure leaves out; empty if none."""
    count = len(digest.names)
    return f" The first {most} of {count} scenarios are shown." if count > most else ""
