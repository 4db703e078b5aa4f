"""The first screen of a run's page: what became of the practice in one sentence, how sure that is, and the picture."""

import math
from typing import TYPE_CHECKING, Any, Final

from sim.figures.style import month_axis, share_axis, support_end
from sim.figures.uses import stacked_uses
from sim.report.answers import answer_picture, small_sheet, spread_out
from sim.report.former import KEPT_GOING as LEADING
from sim.report.former import OTHER_ENDS, lead_of
from sim.report.pages import Figure
from sim.report.sentences import (
    NBSP,
    Frames,
    bound,
    count,
    every,
    joined,
    months_lasting,
    months_of,
    outcome_at,
    per_cent,
    plural,
    still_possible,
    unit_at,
)
from sim.words import words

if TYPE_CHECKING:
    import pandas as pd

NINE_OF_TEN: Final = 20
"""Runs from which on it is told between what nine of ten lie; of fewer, all are told."""

WORTH_TELLING: Final = 0.05
"""Share of services from which on the answer tells what they make of the practice at the horizon."""

LABELLED: Final = 0.07
"""Height of an area at the horizon from which on its name stands beside it."""

KEPT_GOING: Final = "kept_going"
"""What a run is told by: no gap of nine months since the first session, at any fidelity (ODD, observation)."""

_NOW: Final = {
    "operating": ("operate", "operates"),
    "silent": ("are silent", "is silent"),
    "given_up": ("have given it up", "has given it up"),
    "never_started": ("never began", "never began"),
}
"""What services make of the practice at the horizon, in the plural and of one."""


def answer(frames: Frames) -> str:
    """Who has kept the practice going to the horizon, in one sentence that leads with the range over runs."""
    month, runs = months_of(frames)[-1], _runs(frames)
    services = len(frames["services_start"])
    lead = lead_of(frames)
    share, _ = outcome_at(frames, f"share_{lead.outcome}", month)
    now = _now(frames, single=services == 1)
    if services == 1 and lead is not LEADING:
        where = f"{per_cent(share)} of the runs" if 0.0 < share < 1.0 else _none_or_all(share, runs)
        head = f"The service sustains the practice at month {month} in {where}"
    elif services == 1:
        lasting, _ = months_lasting(frames, month)
        where = f"{per_cent(share)} of the runs" if 0.0 < share < 1.0 else _none_or_all(share, runs)
        head = f"The service has kept the practice going to month {month}, without a long gap, in {where}"
        head += f", and for {lasting:.0f} months on average" if not math.isnan(lasting) else ""
    else:
        low, high = _range(frames)
        some = (
            f"{count(low)} to {count(high)}" if low < high else "none" if high == 0 else "all" if low == services else count(low)
        )
        where = "in nine of ten runs" if runs >= NINE_OF_TEN else f"in {_these(runs)}"
        mean = f" ({per_cent(share)} on average)" if low < high else ""
        has = "has" if low == high == 1 else "have"
        head = f"{some[0].upper()}{some[1:]} of the {count(services)} services "
        if lead is LEADING:
            head += f"{has} kept the practice going to month {month}, without a long gap, {where}{mean}"
        else:
            head += f"{'sustains' if low == high == 1 else 'sustain'} the practice at month {month}, {where}{mean}"
    return f"{head}; then {now}." if now else f"{head}."


def how_sure(frames: Frames, *, worlds: bool) -> list[str]:
    """Sentences on how far runs spread, what the spread holds, and how well the mean is known.

    Parameters
    ----------
    frames : mapping
        ``summary_numbers``, ``summary_monthly`` and ``services_start`` of a run.
    worlds : bool
        Whether each run has parameter values of its own. With one run a world, worlds and luck cannot be told apart.
    """
    month, runs = int(frames["summary_numbers"]["month"].max()), _runs(frames)
    lead = lead_of(frames)
    share, error = outcome_at(frames, f"share_{lead.outcome}", month)
    if runs == 1:
        kept = f"{per_cent(share)} of the services {lead.many} {lead.to} month {month}"
        return [f"One run says nothing of how far runs differ; in it {kept}."]
    spread = _spread(frames, worlds=worlds)
    if error > 0.0:
        known = (
            f"The average share that {lead.one} {lead.to} month {month}, {per_cent(share)}, has a Monte Carlo error of "
            f"{_points(error)} percentage points ({plural(runs, 'run')}). More runs make this error smaller, not the range."
        )
    else:
        known = f"The share that {lead.one} {lead.to} month {month} is {_seen_alike(share, runs)}."
    return [spread, known]


def how_sure_in_short(frames: Frames, *, worlds: bool) -> str:
    """The sentences of ``how_sure`` after what they are about, as a terminal prints them."""
    return " ".join(["How sure is that?", *how_sure(frames, worlds=worlds)])


def counted(frames: Frames) -> str:
    """In how many runs how many services have kept going to the horizon."""
    month, services, runs = months_of(frames)[-1], len(frames["services_start"]), _runs(frames)
    mine, lead = _numbers(frames), lead_of(frames)
    if services == 1:
        going = int(mine[mine["services"] == 1]["replicates"].sum())
        return f"Counted: in {count(going)} of {plural(runs, 'run')} the service {lead.one} {lead.to} month {month}."
    half = int(mine[mine["services"] * 2 < services]["replicates"].sum())
    middle = int(mine["services"][mine["replicates"].cumsum() >= 0.5 * runs].iloc[0])
    return (
        f"Counted: in {count(half)} of {plural(runs, 'run')} fewer than half of the {count(services)} services {lead.many} "
        f"{lead.to} month {month}; the typical run has {count(middle)}."
    )


def has_picture(frames: Frames) -> bool:
    """Whether the tables say what the picture beside the answer shows."""
    return lead_of(frames) is LEADING


def picture(frames: Frames) -> Figure:
    """What all services make of the practice over time, as the picture beside the answer."""
    month = months_of(frames)[-1]
    many = len(frames["services_start"]) > 1
    return answer_picture(
        lambda: _drawn(frames),
        caption=f"Share of {'services and runs' if many else 'runs'} by what is made of the practice, month by month. "
        "Silent: no session, and not given up. Line: kept going, no gap of nine months so far. "
        + ("Dashed: the outside support ends." if support_end(frames) else ""),
        alternative=f"Areas over months, stacked, and a line: shares of runs. At month {month}: {_ends_in_words(frames)}.",
    )


def _drawn(frames: Frames) -> Any:
    figure = small_sheet(left=0.6, right=1.35)
    axis = figure.axes[0]
    region = frames["summary_monthly"]
    edges = stacked_uses(axis, region[region["group"] == "region"])
    kept = edges.pop(KEPT_GOING)[0]
    months = months_of(frames)[-1]
    month_axis(axis, months, mark=support_end(frames))
    share_axis(axis)
    axis.set_xlabel("months since training")
    names = {
        f"{words(name)} {100 * (high - low):.0f} %": (max(low, kept) + high) / 2 if low < kept < high else (low + high) / 2
        for name, (low, high) in edges.items()
        if high - low >= LABELLED
    }
    names[f"kept going {100 * kept:.0f} %"] = kept
    placed = spread_out(list(names.values()))
    for text, height in zip(names, placed, strict=True):
        axis.annotate(
            text, (1, height), xycoords="axes fraction", xytext=(5, 0), textcoords="offset points", va="center",
            fontweight="bold" if text.startswith("kept") else "normal",
        )  # fmt: skip
    return figure


def _runs(frames: Frames) -> int:
    return int(_numbers(frames)["replicates"].sum())


def _numbers(frames: Frames) -> "pd.DataFrame":
    """Runs by the number of services that have kept going to the horizon."""
    table = frames["summary_numbers"]
    return table[(table["state"] == lead_of(frames).outcome) & (table["month"] == table["month"].max())].sort_values("services")


def _range(frames: Frames) -> tuple[int, int]:
    """Services that have kept going to the horizon: between what nine of ten runs lie, or all of a few."""
    mine, runs = _numbers(frames), _runs(frames)
    below = mine["replicates"].cumsum()
    sides = (0.05, 0.95) if runs >= NINE_OF_TEN else (0.0, 1.0)
    low, high = (int(mine["services"][below >= max(1, side * runs)].iloc[0]) for side in sides)
    return low, high


def _spread(frames: Frames, *, worlds: bool) -> str:
    """Range over runs, and what it holds."""
    of = "plausible worlds and luck together, as each run has a world of its own"
    if not worlds:
        of = "luck alone, at the default values; other plausible values are not looked at"
    lead = lead_of(frames)
    if len(frames["services_start"]) == 1:
        return f"A single service {lead.one} or not: the runs hold {of}."
    low, high = _range(frames)
    runs = _runs(frames)
    which = "nine of ten runs" if runs >= NINE_OF_TEN else f"the {count(runs)} runs"
    return f"In {which} {f'{count(low)} to {count(high)}' if low < high else count(low)} services {lead.many}: {of}."


def _these(runs: int) -> str:
    return "the one run" if runs == 1 else f"these {count(runs)} runs"


def _none_or_all(share: float, runs: int) -> str:
    return every(runs) if share else f"none of {plural(runs, 'run')}"


def _points(error: float) -> str:
    """Monte Carlo standard error in percentage points, signed as such, with as many digits as it needs."""
    return f"±{NBSP}{100 * error:.{1 if error < 0.0095 else 0}f}"


def _seen_alike(share: float, runs: int) -> str:
    """Share that is the same in every run, with what that leaves open."""
    open_words = f"up to {bound(still_possible(runs))} of all possible runs could still differ"
    return f"{per_cent(share)} (the same in {every(runs)}; {open_words})"


def _now(frames: Frames, *, single: bool) -> str:
    """What is made of the practice at the horizon."""
    last = unit_at(frames, months_of(frames)[-1]).iloc[0]
    uses = _NOW if lead_of(frames) is LEADING else OTHER_ENDS
    told = [(float(last[f"share_{name}"]), said[single]) for name, said in uses.items()]
    told = [(share, verb) for share, verb in told if share >= WORTH_TELLING]
    if single:
        return "it " + joined([f"{verb} in {per_cent(share)}" for share, verb in told]) if told else ""
    return joined([f"{per_cent(share)} {verb}" for share, verb in told]) if told else ""


def _ends_in_words(frames: Frames) -> str:
    last = unit_at(frames, months_of(frames)[-1]).iloc[0]
    shares = {name: float(last[f"share_{name}"]) for name in (*_NOW, KEPT_GOING)}
    return ", ".join(f"{words(name)} {per_cent(share)}" for name, share in shares.items() if not math.isnan(share))
