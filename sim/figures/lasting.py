"""How long the practice lasts: survival from the first session to giving up and to the first gap."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sim.figures.drawings import Frames, caveat, last_month, legend
from sim.figures.style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    Panel,
    Picture,
    below,
    grid,
    month_axis,
    panels_of,
    pick,
    save,
    share_axis,
    support_end,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Curve:
    """A curve of the figure: the ending that it runs to, its words in the legend and for those who cannot see it, its look."""

    ending: str
    label: str
    told: str
    colour: str
    dash: Any = "-"


GIVEN_UP: Final = Curve("given up", "not given up yet", "have not given up", BLUE)
FIRST_GAP: Final = Curve("first gap", "no long gap yet (keeps going)", "have had no long gap", ORANGE, (0, (4, 1.2)))
ABANDONED: Final = Curve("abandoned", "not abandoned yet", "have not been abandoned", BLUE)
"""The older reading, either of the two others: for tables of the first version, which have no other."""

_MEANT: Final = (
    "How long the practice lasts, counted from a service's first session. The solid line is the share of services that have not "
    "given up so far: nobody has intended to use the practice for some months, or the service decided so. The dashed line is the "
    "share that have kept going: no long gap without a session so far, whatever anybody intends. (How many months count is a "
    "definition, and can be set; a gap is dated when its last month is over.) A line falls whenever the ending comes for the "
    "first time: a service that gives sessions again later is not put back."
)
_MEANT_BEFORE: Final = (
    "How long the practice lasts before it is abandoned for the first time, counted from a service's first session. The "
    "curve falls whenever runs are abandoned; a service that later restarts stays counted as once abandoned."
)


def curves_of(frames: Frames) -> dict[Curve, "pd.DataFrame"]:
    """Kaplan-Meier estimates of all units, by the curve that they are drawn as.

    Parameters
    ----------
    frames : mapping
        ``summary_endings``; without it ``summary_survival`` stands in, as the first version drew it.
    """
    table = frames.get("summary_endings")
    if table is None:
        return {ABANDONED: frames["summary_survival"]}
    return {curve: table[table["ending"] == curve.ending] for curve in (GIVEN_UP, FIRST_GAP)}


def survival(frames: Frames, folder: Path) -> Picture:
    """Draw survival from the first session to giving up and to the first gap, with pointwise bands."""
    panels, curves = panels_of(frames), curves_of(frames)
    figure, axes = grid(panels)
    for axis, panel in zip(axes, panels, strict=True):
        for curve, table in curves.items():
            if panel is not panels[0]:
                whole = pick(table, panels[0])
                axis.step(
                    whole["since_first_session"], whole["survival"], where="post", color=GREY, linewidth=1.0, linestyle=curve.dash
                )
            one = pick(table, panel)
            month = one["since_first_session"].to_numpy()
            axis.fill_between(month, one["low"], one["high"], step="post", color=curve.colour, alpha=0.22, linewidth=0)
            axis.step(month, one["survival"], where="post", color=curve.colour, linewidth=1.6, linestyle=curve.dash)
        begun = pick(frames["summary_starts"], panel).iloc[0]
        mark = support_end(frames) - int(begun["median_first_session"]) if begun["started"] else 0
        month_axis(axis, last_month(frames), mark=mark if support_end(frames) else 0, label=axis is axes[0])
        share_axis(axis)
        _never_began(axis, begun, ends_high=max(_last(pick(table, panel)["survival"]) for table in curves.values()) > 0.5)
    axes[0].set_ylabel("share of those\nthat began")
    below(axes[1:] or axes, "months since the first session")
    legend(figure, _handles(curves, several=len(panels) > 1), 4, length=2.2)
    before = ABANDONED in curves
    caption = (
        f"{_MEANT_BEFORE if before else _MEANT} Services that never gave a session within the horizon are not in the figure; "
        "their share is written in the panel. The bands are the uncertainty from the number of runs only, not from what the "
        "model assumes."
    )
    if support_end(frames):
        caption += " The dashed upright line marks the end of the outside support for a service with the median start."
    caption += caveat(frames)
    title = "Survival to first abandonment" if before else "How long it lasts: survival to giving up and to the first long gap"
    return save(figure, folder, "survival", title=title, caption=caption, alternative=_in_words(curves, panels[0]))


def _never_began(axis: Any, begun: "pd.Series[Any]", *, ends_high: bool) -> None:
    """Write the share that never began into a panel, where the curves leave room."""
    never = int(begun["never_started"])
    if never:
        axis.annotate(
            f"never began: {_percent(never, never + int(begun['started']))}", (0.98, 0.05 if ends_high else 0.88),
            xycoords="axes fraction", ha="right", fontsize=8, color=INK,
            bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip


def _handles(curves: dict[Curve, "pd.DataFrame"], *, several: bool) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=curve.colour, linewidth=1.6, linestyle=curve.dash, label=curve.label) for curve in curves
    ]
    handles.append(Patch(color=GREY, alpha=0.35, linewidth=0, label="95 % band (Monte Carlo)"))
    if several:
        handles.append(Line2D([], [], color=GREY, linewidth=1.0, label="all services"))
    return handles


def _in_words(curves: dict[Curve, "pd.DataFrame"], region: Panel) -> str:
    """Where the curves of all services end, for those who cannot see the picture."""
    ends = []
    for curve, table in curves.items():
        known = pick(table, region).dropna(subset=["survival"])
        if len(known):
            last = known.iloc[-1]
            ends.append(f"After {int(last['since_first_session'])} months {last['survival']:.0%} {curve.told}.")
    return "Survival curves of the services that started. " + (" ".join(ends) or "No service started.")


def _last(values: "pd.Series[float]") -> float:
    known = values.dropna()
    return float(known.iloc[-1]) if len(known) else 0.0


def _percent(part: int, total: int) -> str:
    share = 100.0 * part / total
    return f"{share:.0f} %" if share >= 1.0 else "under 1 %"
