"""Why services decide to give the practice up, and to take it up again: counted from their months, told in sentences."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.codes import RestartReason, StopReason
from sim.report.sentences import Frames, count, joined, per_cent, plural
from sim.store.reader import read_batches, read_columns
from sim.words import REASON_WORDS

if TYPE_CHECKING:
    import pandas as pd

DECIDED: Final = "service_decisions"
"""Name under which a report is given the counts; no table of a folder, but counted from one."""

_MONTHS: Final = "services_monthly"
_KINDS: Final = (("given up", "stop", StopReason), ("taken up again", "restart", RestartReason))
"""What is decided, beginning of the columns that tell of it, and its reasons."""


def decisions_of(folder: Path) -> "pd.DataFrame | None":
    """Count the decisions of a run's services by their reasons, over all months, services and replicates.

    Parameters
    ----------
    folder : pathlib.Path
        Results folder. Its months are read in pieces: there may be very many.

    Returns
    -------
    pandas.DataFrame or None
        Columns ``decision`` ("given up" or "taken up again"), ``reason`` (a name of its code) and ``count``, a row for each
        reason. None for a folder of the first version, whose services decided nothing.

    Raises
    ------
    BadInput
        When the folder is not sound.
    """
    import pandas as pd

    wanted = ["month", *(f"{column}_{what}" for _, column, _ in _KINDS for what in ("month", "reason"))]
    if not set(wanted) <= set(read_columns(folder, _MONTHS)):
        return None
    counts = {column: np.zeros(len(reasons), np.int64) for _, column, reasons in _KINDS}
    for batch in read_batches(folder, _MONTHS, wanted):
        for _, column, reasons in _KINDS:
            now = batch[f"{column}_month"] == batch["month"]  # a decision stands in the row of the month in which it was made
            counts[column] += np.bincount(batch[f"{column}_reason"][now], minlength=len(reasons))
    rows = [
        (decision, reason.name.lower(), int(counts[column][reason]))
        for decision, column, reasons in _KINDS
        for reason in reasons
        if reason
    ]
    return pd.DataFrame(rows, columns=["decision", "reason", "count"])


def why_decided(frames: Frames) -> list[str]:
    """Sentences on why services gave the practice up by decision and why they took it up again; none without the counts."""
    table = frames.get(DECIDED)
    if table is None:
        return []
    ended, again = (_by_reason(table, decision) for decision, _, _ in _KINDS)
    found = []
    if ended:
        found.append(
            f"Services decided {_times(ended)} to give the practice up (all runs together), for {_named(ended)}. A service has "
            "also given up, without any decision, when nobody has intended to go on for some months."
        )
    if again:
        found.append(
            f"Services decided {_times(again)} to take up again a practice that they had given up; what led to it was "
            f"{_named(again)}. Not every such decision comes to a session."
        )
    return found


def _by_reason(table: "pd.DataFrame", decision: str) -> list[tuple[str, int]]:
    """Reasons that came, the most frequent first."""
    mine = table[(table["decision"] == decision) & (table["count"] > 0)].sort_values("count", ascending=False, kind="stable")
    return [(str(row.reason), int(row.count_)) for row in mine.rename(columns={"count": "count_"}).itertuples()]


def _times(reasons: list[tuple[str, int]]) -> str:
    return plural(sum(number for _, number in reasons), "time")


def _named(reasons: list[tuple[str, int]]) -> str:
    whole = sum(number for _, number in reasons)
    return joined([f"{REASON_WORDS[reason]} ({count(number)}, {per_cent(number / whole)})" for reason, number in reasons])
