"""How much of a report hangs on the definitions of its outcomes: one sentence or two, and three small tables."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from sim.report.former import BOUNDS_NOTE, DEFINED, KEPT_GOING, lead_of
from sim.report.sentences import NBSP, count, per_cent, plural
from sim.report.tables import Cell, Grid, number

if TYPE_CHECKING:
    import pandas as pd

Frames = Mapping[str, "pd.DataFrame"]

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "months_delivery_window": (
        "how long ago a delivering post's last session may be",
        "Post delivers: a session in {} months",
    ),
    "fidelity_high": ("what counts as high fidelity", "High fidelity: {}"),
    "share_posts_sustained": ("how many posts have to deliver", "Share of posts that deliver: {}"),
    "months_without_session": ("how long a service may be without a session", "No session: not kept going after {} months"),
    "months_without_anybody": ("after how long without anybody a service has given up", "Nobody left: given up after {} months"),
    "months_never_started": ("when a service counts as never started", "No session, never started: month {}"),
}
"""Definitions of states: as part of a sentence, and at the head of a row with its bounds."""

_BENEFIT: Final = "gain_worthwhile"
_ERRORS: Final = ("false_rejections", "true_rejections", "false_continuations")


def how_much_hangs(frames: Frames) -> str:
    """Say what moving the definitions does to the share that kept going; why there is nothing to say, if there is not."""
    table = frames.get("summary_definitions")
    if table is None or table.empty:
        return (
            "Replicates of this run were not run again with other definitions: where the region is too large for that, run a "
            "smaller one to see how much hangs on them."
        )
    states = table[table["definition"].astype(str).isin(_WORDS)]
    own = states[states["bound"] == "run"].iloc[0]
    again = "1 was" if int(own["replicates"]) == 1 else f"{count(int(own['replicates']))} were"
    begin = f"Of these runs {again} made again with one definition at a time at its bounds: at month {int(own['month'])} "
    lead = lead_of(frames)
    shares = states[f"share_{lead.outcome}"]
    low, high = float(shares.min()), float(shares.max())
    if low == high:
        return begin + f"the share of services {lead.which} stays at {per_cent(low)} whichever is moved."
    top = states.loc[states[f"change_{lead.outcome}"].abs().idxmax()]
    return begin + (
        f"between {per_cent(low)} and {per_cent(high)} of services then count as {lead.past}, against "
        f"{per_cent(float(own[f'share_{lead.outcome}']))} as defined above; "
        f"{_words_of(frames)[str(top['definition'])][0]} matters most for that. "
        "Most of such a difference is one of words, not of what happened in the services."
    )


def _words_of(frames: Frames) -> Mapping[str, tuple[str, str]]:
    """Definitions in the words that go with what the tables say."""
    return _WORDS if lead_of(frames) is KEPT_GOING else {**_WORDS, **DEFINED}


def bound_tables(frames: Frames) -> list[Grid]:
    """Tables of the definitions of states, and one of the minimal worthwhile benefit; none where nothing was run again."""
    table = frames.get("summary_definitions")
    if table is None or table.empty:
        return []
    by = table.assign(definition=table["definition"].astype(str), bound=table["bound"].astype(str)).set_index(
        ["definition", "bound"]
    )
    month, runs = int(table["month"].iloc[0]), plural(int(table["replicates"].iloc[0]), "run")
    caption = (
        f"Services at month {month} with one definition at its low or high bound: mean over {runs}, and below it the change "
        "in percentage points against the definitions of this report, in the same runs, ± Monte Carlo standard error."
    )
    note = (
        "The same runs with the same chances. Two definitions also act on the services themselves, a little. The window in which "
        "a session counts says over what the outside team scores fidelity, and who carries the practice: so who can teach, and "
        "how readily the service gives up. A service that nobody is left in for as long as is asked for takes the practice up "
        "again by its own decision only."
    )
    words = _words_of(frames)
    if lead_of(frames) is not KEPT_GOING:
        shown = {"sustained": "Sustained", "abandoned": "Abandoned"}
        return [_of_states(by, words, "bounds", shown, caption, BOUNDS_NOTE), _benefit(by, month, runs)]
    return [
        _of_states(by, words, "bounds", {"kept_going": "Kept going", "given_up": "Given up"}, caption, note),
        _of_states(
            by, words, "bounds-high", {"high_every_look": "High at every look", "sustained": "Sustained (old stock)"}, caption
        ),
        _benefit(by, month, runs),
    ]


def _of_states(
    by: "pd.DataFrame",
    said: Mapping[str, tuple[str, str]],
    name: str,
    shown: Mapping[str, str],
    caption: str,
    note: str = "",
) -> Grid:
    """Table of some outcomes, each with one definition at its low and at its high bound."""
    rows = []
    for definition, (_, head) in said.items():
        values = [float(by.loc[(definition, bound), "value"]) for bound in ("low", "run", "high")]
        cells = [_moved(by.loc[(definition, bound)], which) for which in shown for bound in ("low", "high")]
        rows.append((head.format(_between(values)), tuple(cells)))
    heads = ("Definition", *(f"{words}, at {bound}" for words in shown.values() for bound in ("low", "high")))
    return Grid(name, caption, heads, tuple(rows), note, total=False)


def _moved(row: "pd.Series", which: str) -> Cell:
    """Share with its change; a dash below it where nothing changed."""
    change, error = float(row[f"change_{which}"]), float(row[f"change_{which}_mcse"])
    if change == 0.0 and not error > 0.0:
        return Cell(per_cent(float(row[f"share_{which}"])), "no change")
    small = f"{100 * change:+.1f}".replace("-", "\N{MINUS SIGN}")
    if not math.isnan(error):
        small += f"{NBSP}±{NBSP}{100 * error:.1f}"
    return Cell(per_cent(float(row[f"share_{which}"])), small)


def _between(values: list[float]) -> str:
    """Bounds with the value of the run, if there is one."""
    low, own, high = values
    return f"{low:g} to {high:g}" if math.isnan(own) else f"{low:g} to {high:g} (here {own:g})"


def _benefit(by: "pd.DataFrame", month: int, runs: str) -> Grid:
    """Table of what counts as helped and as a wrong decision, at each bound of the minimal worthwhile benefit."""
    rows = []
    for bound in ("low", "run", "high"):
        row = by.loc[(_BENEFIT, bound)]
        value = float(row["value"])
        cells = [number(float(row["helped_per_post"]), math.nan, "2")]
        cells += [number(100.0 * float(row[f"{name}_per_post"]), math.nan, "1") for name in _ERRORS]
        named = "as this run has it" if math.isnan(value) else f"{value:g} points{' (here)' if bound == 'run' else ''}"
        rows.append((named, tuple(Cell(cell) for cell in cells)))
    heads = (
        "Worthwhile from", "Helped, per post", "False rejections per 100 posts", "True rejections per 100 posts",
        "False continuations per 100 posts",
    )  # fmt: skip
    caption = f"What counts as helped and as a wrong decision, up to month {month}, by the least gain that is worthwhile; {runs}."
    note = "The decisions are the same in each row; what counts as worthwhile only says which of them were right."
    return Grid("benefit", caption, heads, tuple(rows), note, total=False)
