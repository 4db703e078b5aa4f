"""The figures of a run, each drawn from summary tables."""

import math
import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sim.figures.files import DRAWN_WIDTH
from sim.figures.style import (
    BLUE,
    EDGE,
    INK,
    STATE_LOOKS,
    STATUS_LOOKS,
    VERMILLION,
    Picture,
    below,
    grid,
    month_axis,
    panels_of,
    patches,
    pick,
    save,
    share_axis,
    support_end,
)
from sim.words import words

if TYPE_CHECKING:
    import pandas as pd

Frames = Mapping[str, "pd.DataFrame"]
Looks = Mapping[str, tuple[str, str]]

MOST_POSTS: Final = 60
"""Posts that the status strip shows at most."""

BAR: Final = 0.78
"""Height of a bar of the status strip, in rows."""

CAVEAT_C: Final = (
    "Service C differs from the others in its leader, selection, goals, backing and meetings all at once: the study cannot "
    "separate these, and neither can this figure."
)


@lru_cache
def published() -> dict[str, Any]:
    """Published values that figures lay beside the simulated ones (``published.toml``)."""
    return tomllib.loads((Path(__file__).resolve().parents[1] / "published.toml").read_text(encoding="utf-8"))


def is_the_study(frames: Frames) -> bool:
    """Whether the services of a run are those of the study, by their names."""
    names = frames["services_start"]["service"].astype(str).tolist()
    return bool(names == published()["fidelity_month_12"]["scenario_services"])


def support_words(frames: Frames) -> str:
    """Sentence on the dashed line of the end of support, a space before it; empty without support."""
    end = support_end(frames)
    return f" The dashed line marks month {end}, when the outside support ends." if end else ""


def caveat(frames: Frames) -> str:
    """What cannot be told apart in service C, a space before it; empty where the services are not the study's."""
    return f" {CAVEAT_C}" if is_the_study(frames) else ""


def last_month(frames: Frames) -> int:
    """Horizon of a run, in months."""
    return int(frames["summary_fidelity"]["month"].max())


def legend(figure: Any, handles: list[Any], columns: int, *, length: float = 1.6) -> None:
    """Legend above the panels; handles are so many letters long."""
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.08, 1.0), ncols=columns, handlelength=length, columnspacing=1.4
    )


def outcome_rows(frames: Frames, name: str) -> "pd.DataFrame":
    """Rows of ``summary_monthly`` of one outcome."""
    monthly = frames["summary_monthly"]
    return monthly[monthly["outcome"] == name]


def states(frames: Frames, folder: Path) -> Picture:
    """Draw the stacked shares of states over time, for the region and each service."""
    figure, many = areas(frames, STATE_LOOKS, stacked_states, columns=7)
    caption = (
        "What becomes of the practice. At each month the height of a colour is the share of simulated runs in which "
        + ("a service is" if many else "the service is")
        + " in that state: green, at least half of its posts deliver with high fidelity; light blue, fewer posts do; orange, "
        "sessions are given but fidelity has drifted below the mark; yellow, a pause; red, abandoned."
        + (" The top panel is the mean over services." if many else "")
        + support_words(frames)
        + caveat(frames)
    )
    alternative = "Stacked areas over months: shares of runs in each state. " + _in_words(frames)
    return save(figure, folder, "states", title="States over time", caption=caption, alternative=alternative)


def areas(
    frames: Frames,
    looks: Looks,
    stack: Callable[[Any, "pd.DataFrame"], object],
    *,
    columns: int,
    lines: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> tuple[Any, bool]:
    """Draw shares of services over time, stacked, for the region and each service.

    Parameters
    ----------
    frames : mapping
    looks : mapping of str to (str, str)
        Colour and hatch of each area, from below.
    stack : callable
        Draws one panel: the axis, and the unit's rows of ``summary_monthly``.
    columns : int
        Of the legend.
    lines : mapping of str to mapping
        Lines over the areas, by their outcome without ``share_``, and how Matplotlib draws each.

    Returns
    -------
    figure : matplotlib.figure.Figure
    many : bool
        Whether there is more than one panel.
    """
    from matplotlib.lines import Line2D

    panels = panels_of(frames)
    figure, axes = grid(panels)
    monthly = frames["summary_monthly"]
    monthly = monthly[monthly["outcome"].isin([f"share_{name}" for name in (*lines, *looks)])]
    for axis, panel in zip(axes, panels, strict=True):
        stack(axis, pick(monthly, panel))
        month_axis(axis, last_month(frames), mark=support_end(frames), label=axis is axes[0])
        share_axis(axis)
    axes[0].set_ylabel("share of services\nand runs")
    below(axes[1:] or axes, "months since training")
    handles = patches(looks)
    handles += [Line2D([], [], **look, label=words(name)) for name, look in lines.items()]
    legend(figure, handles, columns)
    return figure, len(panels) > 1


def stacked_states(axis: Any, monthly: "pd.DataFrame", looks: Looks = STATE_LOOKS) -> dict[str, tuple[float, float]]:
    """Stack the shares of states of one unit over time.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
    monthly : pandas.DataFrame
        Rows of ``summary_monthly`` for the unit.
    looks : mapping of str to (str, str)
        Colour and hatch of each state, from below; the last is that of month 0.

    Returns
    -------
    dict of str to (float, float)
        Lower and upper edge of each state at the end.
    """
    edges: dict[str, tuple[float, float]] = {}
    floor: list[float] = []
    for name, (colour, hatch) in looks.items():
        # training is month 0: nobody has started yet
        share = [1.0 if name == "not_yet_started" else 0.0, *monthly.loc[monthly["outcome"] == f"share_{name}", "mean"]]
        floor = floor or [0.0] * len(share)
        top = [low + one for low, one in zip(floor, share, strict=True)]
        axis.fill_between(range(len(top)), floor, top, facecolor=colour, hatch=hatch, edgecolor=EDGE, linewidth=0.0)
        edges[name] = (floor[-1], top[-1])
        floor = top
    return edges


def _in_words(frames: Frames) -> str:
    """Share sustained and abandoned in the region at the landmarks, for those who cannot see the picture."""
    table = frames["summary_states"]
    region = table[table["group"] == "region"]
    return " ".join(
        f"Month {int(row.month)}: {row.share_sustained:.0%} sustained, {row.share_abandoned:.0%} abandoned."
        for row in region.itertuples()
    )


def fidelity(frames: Frames, folder: Path, *, high: float = 4.0) -> Picture:
    """Draw fidelity as quantile ribbons, with the study's scores at month 12 where the services are its own."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    panels = panels_of(frames)
    figure, axes = grid(panels)
    study = published()["fidelity_month_12"]
    least = float(frames["summary_fidelity"]["fidelity_05"].min(skipna=True))
    lowest = 3.0 if math.isnan(least) else min(3.0, math.floor(2.0 * least) / 2.0)
    overlaid = is_the_study(frames) and last_month(frames) >= study["month"]
    for axis, panel in zip(axes, panels, strict=True):
        one = pick(frames["summary_fidelity"], panel)
        month = one["month"].to_numpy()
        axis.fill_between(month, one["fidelity_05"], one["fidelity_95"], color=BLUE, alpha=0.18, linewidth=0)
        axis.fill_between(month, one["fidelity_25"], one["fidelity_75"], color=BLUE, alpha=0.38, linewidth=0)
        axis.plot(month, one["fidelity_50"], color=BLUE, linewidth=1.6)
        axis.axhline(high, color="#666666", linewidth=0.7, linestyle=":")
        if overlaid and panel.unit in study["values"]:
            score = study["values"][panel.unit]
            axis.plot(study["month"], score, marker="D", color=VERMILLION, markeredgecolor="white", markersize=6, zorder=7)
            axis.annotate(
                f"{score:.2f}", (study["month"], score), xytext=(8, 0), va="center", textcoords="offset points", fontsize=8,
                color="#7A3400", zorder=8, bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8},
            )  # fmt: skip
        elif overlaid and panel.group == "service":
            axis.annotate("no score in the study", (study["month"], 4.88), xytext=(6, 0), textcoords="offset points", fontsize=8)
        month_axis(axis, last_month(frames), mark=support_end(frames), label=axis is axes[0])
        axis.set_ylim(lowest, 5)
        axis.set_yticks([tick for tick in (1, 2, 3, 4, 5) if tick >= lowest])
        axis.grid(axis="y")
    axes[0].set_ylabel("fidelity (1–5)")
    below(axes[1:] or axes, "months since training")
    handles = [
        Line2D([], [], color=BLUE, linewidth=1.6, label="median"),
        Patch(color=BLUE, alpha=0.56, linewidth=0, label="middle half"),
        Patch(color=BLUE, alpha=0.18, linewidth=0, label="5–95 %"),
        Line2D([], [], color="#666666", linewidth=0.8, linestyle=":", label=f"high fidelity ({high:g})"),
    ]
    if overlaid:
        look: dict[str, Any] = {"marker": "D", "color": VERMILLION, "markeredgecolor": "white", "markersize": 6, "linestyle": ""}
        handles.append(Line2D([], [], label="score in the study", **look))
    legend(figure, handles, 5)
    caption = (
        "How closely the practice is followed where it is still given. Half of the runs lie in the dark band, nine in ten in the "
        "light one. Runs without a session in the last months have no fidelity and are not in the bands: read this "
        "together with the states." + support_words(frames)
    )
    if overlaid:
        caption += (
            " Diamonds are the published scores at month 12 (Table 1 of the study; E was not scored). Up to there data exist; "
            "after month 12 the study has none, and everything is the model's."
        ) + caveat(frames)
    region = pick(frames["summary_fidelity"], panels[0]).iloc[[-1]]
    middle = float(region["fidelity_50"].iloc[0])
    at_end = "no sessions are given" if math.isnan(middle) else f"the median is {middle:.2f}"
    alternative = f"Bands of fidelity over months. At the horizon {at_end}."
    return save(figure, folder, "fidelity", title="Fidelity over time", caption=caption, alternative=alternative)


def dilemma(frames: Frames, folder: Path) -> Picture:
    """Draw the share of practitioners in a dilemma and of posts waiting, over time."""
    from matplotlib.lines import Line2D

    panels = panels_of(frames)
    figure, axes = grid(panels)
    lines: tuple[tuple[str, str, str, Any], ...] = (
        ("in_dilemma", "trained practitioners in a prioritisation dilemma", BLUE, "-"),
        ("posts_waiting", "posts waiting", VERMILLION, (0, (5, 1.5))),
    )
    for axis, panel in zip(axes, panels, strict=True):
        for name, _, colour, dash in lines:
            one = pick(outcome_rows(frames, name), panel)
            month, mean = one["month"].to_numpy(), one["mean"].to_numpy()
            error = 1.96 * one["mcse"].fillna(0.0).to_numpy()
            axis.fill_between(month, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)
            axis.plot(month, mean, color=colour, linestyle=dash, linewidth=1.5)
        month_axis(axis, last_month(frames), mark=support_end(frames), label=axis is axes[0], label_height=0.9)
        share_axis(axis)
        axis.grid(axis="y")
    axes[0].set_ylabel("mean share")
    below(axes[1:] or axes, "months since training")
    legend(figure, [Line2D([], [], color=colour, linestyle=dash, label=label) for _, label, colour, dash in lines], 2)
    caption = (
        "Two signs of strain. Solid: the share of trained practitioners whose practice needs more hours this month than they "
        "have free. Dashed: the share of posts that wait, finishing what runs and starting nothing new until somebody says what "
        "is to "
        "happen. A dilemma can also fall because practitioners have fewer patients, not because it was resolved."
        + support_words(frames)
        + caveat(frames)
    )
    last = {name: float(pick(outcome_rows(frames, name), panels[0])["mean"].iloc[-1]) for name, *_ in lines}
    alternative = (
        f"Lines over months. At the horizon {last['in_dilemma']:.0%} of trained practitioners are in a dilemma and "
        f"{last['posts_waiting']:.0%} of posts wait."
    )
    return save(figure, folder, "dilemma", title="Dilemma and waiting", caption=caption, alternative=alternative)


def strip(frames: Frames, folder: Path) -> Picture | None:
    """Draw the status of every post over time in one replicate, the typical one if it was traced; None without a trace."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    trace = frames.get("trace_practitioners")
    if trace is None or trace.empty:
        return None
    kinds = dict(zip(frames["summary_replicates"]["kind"].astype(str), frames["summary_replicates"]["replicate"], strict=True))
    traced = set(trace["replicate"].unique().tolist())
    replicate = int(kinds["typical"]) if kinds["typical"] in traced else min(traced)
    mine = trace[trace["replicate"] == replicate]
    posts = list(mine.groupby(["service", "post"], observed=True, sort=True))
    shown = posts[:MOST_POSTS]
    height = 1.1 + 0.2 * len(shown)
    figure = Figure(figsize=(DRAWN_WIDTH, height))
    FigureCanvasAgg(figure)
    axis = figure.add_axes((0.235, 0.5 / height, 0.75, 1 - 1.1 / height))
    labels: list[str] = []
    _strip_rows(axis, [one for _, one in shown])
    for row, ((service, _), one) in enumerate(shown):
        if row == 0 or service != shown[row - 1][0][0]:
            _service_label(axis, row, str(service))
        labels.append(str(one["post_name"].iloc[0]))
    axis.set_yticks(range(len(shown)), [shortened(label) for label in labels])
    axis.set_ylim(len(shown) - 0.5, -0.5)
    month_axis(axis, last_month(frames), mark=support_end(frames), label=True, label_height=1 + 0.1 / (height - 1.1))
    axis.set_xlabel("months since training")
    handles = patches(STATUS_LOOKS)
    handles.append(Line2D([], [], marker="|", color=INK, linestyle="", markersize=9, markeredgewidth=1.6, label="new person"))
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.01, 1 - 0.02 / height), ncols=8, handlelength=1.4, columnspacing=0.9,
        handletextpad=0.5, fontsize=8,
    )  # fmt: skip
    kind = "typical" if replicate == kinds["typical"] else "traced"
    caption = (
        f"One {kind} run (replicate {replicate}), post by post: what each practitioner intends with the practice, month by "
        "month. It is one of many possible histories, chosen because its number of sustained services stays nearest to the "
        "average; what happens to a single person here is chance as much as cause. A post keeps the name of its first holder."
        + support_words(frames)
    )
    if len(posts) > len(shown):
        caption += f" The first {len(shown)} of {len(posts)} posts are shown."
    last = mine[mine["month"] == mine["month"].max()]["status"].astype(str).value_counts()
    counts = ", ".join(f"{count} {words(name)}" for name, count in last.items() if count)
    alternative = f"A coloured strip for each post over months. At the end: {counts}."
    return save(figure, folder, "strip", title="One typical run, post by post", caption=caption, alternative=alternative)


def shortened(label: str, room: int = 22) -> str:
    """A name as far as there is room for it, with dots for the rest."""
    return label if len(label) <= room else label[: room - 1] + "…"


def _service_label(axis: Any, row: int, service: str) -> None:
    """Name of the service at its first post, with a line above it."""
    axis.annotate(
        shortened(service, 10), (-0.3, row), xycoords=("axes fraction", "data"), va="center", fontsize=9, fontweight="bold",
        annotation_clip=False,
    )  # fmt: skip
    if row:
        across = axis.get_yaxis_transform()
        axis.plot([-0.3, 1.0], [row - 0.5, row - 0.5], transform=across, color=INK, linewidth=0.6, clip_on=False)


def _strip_rows(axis: Any, posts: "list[pd.DataFrame]") -> None:
    """Months of equal status of each post as bars, one row a post, and a tick where another person takes the post."""
    from matplotlib.collections import LineCollection, PolyCollection

    bars: dict[str, list[list[tuple[float, float]]]] = {name: [] for name in STATUS_LOOKS}
    ticks: list[tuple[float, float]] = []
    for row, one in enumerate(posts):
        status, month, person = one["status"].astype(str).tolist(), one["month"].tolist(), one["person"].to_numpy()
        low, high = row - BAR / 2, row + BAR / 2
        start = 0
        for at in range(1, len(status) + 1):
            if at == len(status) or status[at] != status[start]:
                left, right = month[start] - 1, month[at - 1]
                bars[status[start]].append([(left, low), (left, high), (right, high), (right, low)])
                start = at
        ticks += [(month[at], row) for at in (person[1:] != person[:-1]).nonzero()[0]]
    for name, (colour, hatch) in STATUS_LOOKS.items():  # one artist a status: hundreds of bars take a third of the figure's time
        look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": EDGE, "linewidth": 0.0}
        axis.add_collection(PolyCollection(bars[name], **look), autolim=False)
    segments = [[(month, row - BAR / 2), (month, row + BAR / 2)] for month, row in ticks]
    axis.add_collection(LineCollection(segments, colors=INK, linewidths=1.6, capstyle="butt", zorder=5), autolim=False)
