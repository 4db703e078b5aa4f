"""What a report tells of the outcomes that lead: where services end, their risks, how much of it is luck, and what they mean."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from sim.measures.values import OUTCOMES
from sim.report.sentences import NBSP, Frames, bound, count, counted_note, joined, months_of, per_cent, plural, still_possible
from sim.report.tables import Cell, Grid, listed, outcome_grid, runs_of, unit_name

if TYPE_CHECKING:
    import pandas as pd

_DEFINED: Final = (
    ("share_kept_going", "Kept going"),
    ("share_high_every_look", "High at every look"),
    ("share_operating", "Operating"),
    ("share_silent", "Silent"),
    ("share_given_up", "Given up"),
    ("share_restarted_gap", "Restarted after a gap"),
    ("share_restarted_given_up", "Restarted after giving up"),
    ("share_silent_nine_months", "Long without a session"),
)
"""Outcomes that the page defines, by what it calls them; the definition is that of the outcome."""

_ENDINGS: Final = (("given up", "Given up"), ("first gap", "First long gap"))
"""Endings whose risks are shown, and the beginnings of their headings."""

_LUCKY: Final = {
    "kept going": "Whether it has kept going",
    "given up": "Whether it has given up",
    "high at every look": "Whether fidelity was high at every yearly look",
    "operating": "Whether it operates",
    "months kept going": "How many months it has kept going",
    "months operating": "How many months it has operated",
    "sustained": "Whether it is sustained (old stock)",
}
"""What of a service luck is told of, in the order of the table."""

_IN_SENTENCE: Final = (
    ("kept going", "whether it keeps going"),
    ("given up", "whether it has given up"),
    ("months kept going", "how many months it keeps going"),
)


def defined(frames: Frames) -> list[tuple[str, str]]:
    """Outcomes that lead, each with its definition as a sentence; of results of a former version those that it measured."""
    meanings = {outcome.name: outcome.meaning for outcome in OUTCOMES}
    measured = set(frames["summary_monthly"]["outcome"])
    return [(head, f"{meanings[name][0].upper()}{meanings[name][1:]}.") for name, head in _DEFINED if name in measured]


def ends_table(frames: Frames, definitions: Mapping[str, float]) -> Grid:
    """Table of what has become of the services by the horizon: what leads, restarts, and fidelity in both readings.

    Parameters
    ----------
    frames : mapping
    definitions : mapping of str to float
        What ``sim.report.definitions_of`` gives.
    """
    gap = f"{definitions['months_without_session']:g}"
    return outcome_grid(
        frames,
        "ends",
        f"What has become of the services by month {months_of(frames)[-1]}: mean over runs ± Monte Carlo standard error. "
        f"{counted_note(runs_of(frames))}",
        (
            ("share_kept_going", "Kept going", "share", 1.0),
            ("share_given_up", "Given up", "share", 1.0),
            ("share_high_every_look", "High at every look", "share", 1.0),
            ("share_operating", "Operating", "share", 1.0),
            ("share_silent", "Silent", "share", 1.0),
            ("share_silent_nine_months", f"No session for {gap} months", "share", 1.0),
            ("share_restarted_gap", "Restarted after a gap", "share", 1.0),
            ("share_restarted_given_up", "Restarted after giving up", "share", 1.0),
            ("fidelity", "Fidelity of sessions", "2", 1.0),
            ("fidelity_clinic", "Fidelity of the clinic", "2", 1.0),
        ),
        f"No session for {gap} months: what claims data would show now, whatever anybody intends. Restarted: a session was given "
        "again at some time since; shares are of all services. Fidelity, from 1 to 5, is that of services that give sessions. Of "
        "the clinic: as somebody who visits would score it; posts that give no sessions count against it.",
    )


def risks_table(frames: Frames) -> Grid | None:
    """Table of the risks of giving up and of a first long gap; None without the table, or where the horizon is too short."""
    table = frames.get("summary_risks")
    if table is None or table.empty:
        return None
    columns = ["ending", "group", "unit"]
    by = table.assign(**{name: table[name].astype(str) for name in columns}).set_index([*columns, "since_first_session"])
    months = sorted(int(month) for month in table["since_first_session"].unique())
    told = [(ending, month) for ending, _ in _ENDINGS for month in months]
    single = table[table["group"] == "service"]
    runs = int((table if single.empty else single)["at_risk"].max())
    rows = []
    for group, unit in listed(frames):
        cells = tuple(_risk(by.loc[(ending, group, unit, month)], runs) for ending, month in told)
        rows.append((unit_name(frames, group, unit), cells))
    heads = ("Services", *(f"{head} in {month} months" for _, head in _ENDINGS for month in months))
    caption = (
        f"Risk, of services that began, that it has come to this at least once within {joined([str(month) for month in months])} "
        "months of the first session; below it the 95 % band, from the number of runs only."
    )
    note = "A dash: in no run was such a service watched for so long. The curves are in the figure of how long it lasts."
    return Grid("risks", caption, heads, tuple(rows), note)


def _risk(row: "pd.Series[float]", runs: int) -> Cell:
    """Risk with its band; of services of one run, which share much, no more count than there are runs."""
    risk, watched = float(row["risk"]), int(row["at_risk"])
    if math.isnan(risk):
        return Cell("–")
    if risk == 0.0:  # a band of nothing would look like certainty
        possible = f"; at most {bound(still_possible(max(1, min(watched, runs))))}"
        return Cell(per_cent(risk), f"none of {count(watched)}{possible}", risk)
    return Cell(per_cent(risk), f"{100 * float(row['low']):.0f}–{100 * float(row['high']):.0f}{NBSP}%", risk)


def luck_table(frames: Frames) -> Grid | None:
    """Table of the share of luck in what becomes of a single service; None where that is not known."""
    table = _luck(frames)
    if table is None:
        return None
    months = sorted({month for _, month in table})
    rows = tuple(
        (head, tuple(_share_of_luck(table.get((what, month), math.nan)) for month in months)) for what, head in _LUCKY.items()
    )
    one = frames["summary_luck"].iloc[0]
    worlds, each = int(one["worlds"]), int(one["replicates"])
    of = f"{plural(worlds, 'set')} of parameter values, each run {each} times" if worlds > 1 else f"{each} runs"
    rest = [*(["services"] if len(frames["services_start"]) > 1 else []), *(["sets of values"] if worlds > 1 else [])]
    caption = f"Share of luck in what becomes of a single service, of its whole variance; {of} for this table alone."
    note = (
        "Luck is what differs between runs of the same service with the same values of all parameters; the rest is what differs "
        f"between {joined(rest)}. A dash: all are alike. Shares have an error of "
        "their own, as few runs are made for them."
    )
    return Grid("lucky", caption, ("Of a single service", *(f"Month {month}" for month in months)), rows, note, total=False)


def _share_of_luck(share: float) -> Cell:
    return Cell(per_cent(share), bar=-1.0 if math.isnan(share) else share)


def luck_sentence(frames: Frames) -> list[str]:
    """Sentence on how much of what becomes of a single service is luck; none where it is not known."""
    table = _luck(frames)
    month = max((month for _, month in table or {}), default=0)
    shares = [((table or {}).get((what, month), math.nan), words) for what, words in _IN_SENTENCE]
    parts = [f"{per_cent(share)} of {words}" for share, words in shares if not math.isnan(share)]
    if not parts:
        return []
    return [f"For a single service, luck alone decides {joined(parts)} to month {month} (share of variance)."]


def luck_meaning(frames: Frames) -> str:
    """What the shares of luck mean for a reader; empty where none is known."""
    table = _luck(frames)
    if table is None:
        return ""
    month = max(month for _, month in table)
    months = table.get(("months kept going", month), math.nan)
    ends = [table.get((what, month), math.nan) for what in ("kept going", "given up")]
    text = (
        "Nobody could foretell the part that luck decides, not even who knew all about the service and every number of the "
        "model. In the mean over many services it cancels out."
    )
    if all(months < share for share in ends):
        text += " How many months a service keeps going hangs on luck less than where it ends: read months and risks first."
    return text


def _luck(frames: Frames) -> dict[tuple[str, int], float] | None:
    """Share of luck of a single service of the region, by what is looked at and month; None where nothing is known."""
    table = frames.get("summary_luck")
    if table is None:
        return None
    region = table[table["group"] == "region"]
    found = {(str(row.what), int(row.month)): float(row.luck) for row in region.itertuples()}
    return found if any(not math.isnan(share) for share in found.values()) else None
