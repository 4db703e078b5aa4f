"""The plain-language summary of a report: what came out, and why one would think so, in sentences with their numbers."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from sim.measures.histories import CUT_NAMES
from sim.report.former import first_abandoned, half_of, lead_of
from sim.rules import CUTS, FIRST_LOOK
from sim.words import FORCE_WORDS, count, joined, leader_words, plural, with_article, words

if TYPE_CHECKING:
    import pandas as pd

Frames = Mapping[str, "pd.DataFrame"]

NBSP: Final = "\N{NO-BREAK SPACE}"
"""Space between a number and its unit or error: no line breaks there."""

_ENDS: Final = (
    ("waiting", "that wait"),
    ("stopped", "that have stopped"),
    ("partial_use", "that use only parts"),
    ("planned_adaptation", "with an agreed adaptation"),
)


def per_cent(share: float, error: float = math.nan, *, digits: int | None = None, runs: int | None = None) -> str:
    """Share in per cent, with its Monte Carlo standard error if there is one; spaces that do not break.

    Parameters
    ----------
    share, error : float
        NaN: not known.
    digits : int, optional
        After the point; as many as the error allows if not given. With 0, what is small but not nothing is "<1".
    runs : int, optional
        Runs that the share is taken over. Given, a share that is 0 or 1 in all of them is counted, "0 of 5": a standard error
        of zero would look like certainty.
    """
    if math.isnan(share):
        return "–"
    if runs is not None and share in (0.0, 1.0):
        return f"{count(runs if share else 0)}{NBSP}of{NBSP}{count(runs)}"
    if math.isnan(error):
        return f"{_whole(share)}{NBSP}%"
    if digits is None:
        digits = 1 if error < 0.0095 else 0
    if digits == 0:
        return f"{_whole(share)}{NBSP}%{NBSP}±{NBSP}{_whole(error)}"
    return f"{100 * share:.{digits}f}{NBSP}%{NBSP}±{NBSP}{100 * error:.{digits}f}"


def still_possible(runs: int) -> float:
    """Largest share of runs that is compatible, at 95 %, with its not having been seen once: what "0 of 5" leaves open.

    Examples
    --------
    >>> round(still_possible(5), 2), round(still_possible(1000), 4)
    (0.45, 0.003)
    """
    return 1.0 - 0.05 ** (1.0 / runs)


def counted_note(runs: int) -> str:
    """Sentence that explains a share given as a count."""
    n = count(runs)
    possible = bound(still_possible(runs))
    return f"0 of {n}, {n} of {n}: the same in every run; up to {possible} of all possible runs could still differ."


def bound(share: float) -> str:
    """Upper bound of a share in per cent, rounded upwards."""
    per = 100 * share
    text = f"{math.ceil(per)}" if per >= 1 else f"{math.ceil(per * 10) / 10:.1f}" if per >= 0.1 else "0.1"
    return f"{text}{NBSP}%"


def _whole(share: float) -> str:
    """Share in whole per cent, never rounded down to nothing or up to all."""
    if 0.0 < share < 0.005:
        return "<1"
    return ">99" if 0.995 <= share < 1.0 else f"{100 * share:.0f}"


def unit_at(frames: Frames, month: int, group: str = "region") -> "pd.DataFrame":
    """Rows of the readable table for a kind of unit at a month."""
    table = frames["summary_states"]
    return table[(table["group"] == group) & (table["month"] == month)]


def months_of(frames: Frames) -> list[int]:
    """Landmark months of a run, the horizon last."""
    return sorted(int(month) for month in frames["summary_states"]["month"].unique())


def outcome_at(frames: Frames, name: str, month: int) -> tuple[float, float]:
    """Mean and error of an outcome of the region at a month."""
    table = frames["summary_monthly"]
    row = table[(table["group"] == "region") & (table["outcome"] == name) & (table["month"] == month)]
    return (float(row["mean"].iloc[0]), float(row["mcse"].iloc[0])) if len(row) else (math.nan, math.nan)


def what_came_out(frames: Frames) -> list[str]:
    """Sentences on what became of the practice."""
    found = [*_history_sentences(frames), *_states_sentences(frames)]
    if len(frames["services_start"]) > 1:
        found += _spread_sentence(frames)
    return [*found, *_survival_sentence(frames), *_fidelity_sentence(frames)]


def months_lasting(frames: Frames, month: int) -> tuple[float, float]:
    """Months from the first session to the first gap, mean over services that began, and its Monte Carlo error; NaN for none.

    The error is that of the mean over all services, and takes the share that began as known.
    """
    lasting, error = outcome_at(frames, "months_kept_going", month)
    begun = 1.0 - sum(outcome_at(frames, f"share_{name}", month)[0] for name in ("never_started", "not_yet_started"))
    return (lasting / begun, error / begun) if begun > 0.0 else (math.nan, math.nan)


def _history_sentences(frames: Frames) -> list[str]:
    """Who has kept high fidelity at every yearly look, under three cuts, and how long services keep going."""
    month = months_of(frames)[-1]
    subject = "services" if len(frames["services_start"]) > 1 else "runs"
    high, low_cut, high_cut = (
        outcome_at(frames, f"share_high_every_look{end}", month)[0] for end in ("", f"_{CUT_NAMES[0]}", f"_{CUT_NAMES[-1]}")
    )
    found = []
    if not math.isnan(high) and month >= FIRST_LOOK:
        found.append(
            f"Of the {subject}, {per_cent(high)} had high fidelity at every yearly look from month {FIRST_LOOK} to month {month} "
            f"({per_cent(low_cut)} if {CUTS[0]} counts as high, {per_cent(high_cut)} if {CUTS[-1]} does)."
        )
    lasting, error = months_lasting(frames, month)
    if not math.isnan(lasting):
        known = f"{NBSP}±{NBSP}{error:.1f}" if error > 0.0 else ""
        found.append(
            f"A service that began keeps going for {lasting:.0f}{known} months on average, until it has its first long gap or to "
            f"month {month}."
        )
    return found


def turnover(frames: Frames) -> str:
    """Sentence on how many practitioners left a year; empty where that is not known."""
    from sim.measures.turnover import realised_turnover

    share = realised_turnover(frames["summary_monthly"])
    if math.isnan(share):
        return ""
    return (
        f"Of the practitioners in post, {per_cent(share)} left within a year, for whatever reason (mean of all months and runs)."
    )


def _states_sentences(frames: Frames) -> list[str]:
    months = months_of(frames)
    several = len(frames["services_start"]) > 1
    found = []
    first = unit_at(frames, months[0]).iloc[0]
    if len(months) > 1:
        share = _portion(first, "sustained", " of the services" if several else " of runs", several)
        never = float(first["share_never_started"])
        more = f", and {per_cent(never)} had not begun" if never >= 0.005 else ""
        found.append(f"At month {months[0]}, {share} sustained the practice with high fidelity{more}.")
    last = unit_at(frames, months[-1]).iloc[0]
    named = [("sustained", "sustain it"), ("shrunken", "give it well in fewer posts"), ("drifted", "give it with low fidelity"),
             ("dormant", "pause"), ("abandoned", "have abandoned it"), ("never_started", "never began")]  # fmt: skip
    parts = [f"{_portion(last, name, '', several)} {verb}" for name, verb in named if float(last[f"share_{name}"]) >= 0.0005]
    found.append(f"Of the {'services' if several else 'runs'} at month {months[-1]}, {joined(parts)}.")
    return found


def _portion(row: "pd.Series[float]", state: str, what: str, several: bool) -> str:
    """Share in a state, with its standard error; counted where it is nothing or all in every run."""
    share, runs = float(row[f"share_{state}"]), int(row["replicates"])
    if share not in (0.0, 1.0):
        return per_cent(share, float(row[f"share_{state}_mcse"])) + what
    if not several:
        return per_cent(share, runs=runs) + what.replace(" of runs", " runs")
    if share:
        return f"all{what} (in {every(runs)})"
    return f"none{what} (in any of {plural(runs, 'run')})"


def every(runs: int) -> str:
    """All runs, in words."""
    return "the one run" if runs == 1 else f"all {count(runs)} runs"


def _spread_sentence(frames: Frames) -> list[str]:
    """Name the units that keep going most and least."""
    month, lead = months_of(frames)[-1], lead_of(frames)
    services = unit_at(frames, month, "service")
    table = services if len(services) else unit_at(frames, month, "leader")
    if len(table) < 2:
        return []
    shares = table[f"share_{lead.outcome}"]
    if shares.min() == shares.max():
        kind = "service" if len(services) else "group of services"
        return [f"{lead.up} month {month}, no {kind} {lead.one} more often than another."]
    ends = []
    for share in (shares.max(), shares.min()):
        same = table[shares == share]
        names = [str(name) for name in same["unit"]]
        if len(services):
            name = f"service{'s' if len(names) > 1 else ''} {joined(names)}"
        else:
            name = f"services that began with {_or([with_article(leader_words(one)) for one in names])}"
        error = float(same[f"share_{lead.outcome}_mcse"].max())
        ends.append(f"{name} ({_share_of_runs(float(share), error, same, each=len(services) > 0)})")
    return [f"Most often {lead.past} {lead.to} month {month}: {ends[0]}; least often: {ends[1]}."]


def _share_of_runs(share: float, error: float, same: "pd.DataFrame", *, each: bool) -> str:
    """Share that units have in common, with the largest of their standard errors; counted where it is nothing or all."""
    runs = int(same["replicates"].iloc[0])
    if share in (0.0, 1.0) and not each:
        return f"none in any of {plural(runs, 'run')}" if share == 0.0 else f"all in {every(runs)}"
    if share in (0.0, 1.0):
        return f"{per_cent(share, runs=runs)} runs"
    return per_cent(share, error)


_LASTING: Final = {"first gap": "had a gap of nine months without a session", "given up": "given the practice up"}
"""Endings that the summary tells, and what it means that one came."""


def _survival_sentence(frames: Frames) -> list[str]:
    begun = frames["summary_starts"]
    if int(begun[begun["group"] == "region"].iloc[0]["started"]) == 0:
        return ["No service gave a session in any run."]
    if "summary_endings" not in frames:
        return [first_abandoned(frames)]
    table = frames["summary_endings"]
    region = table[table["group"] == "region"]
    ends = [_lasted(region[region["ending"] == ending], ended) for ending, ended in _LASTING.items()]
    month = months_of(frames)[-1]
    back = max(outcome_at(frames, f"share_restarted_{what}", month)[0] for what in ("gap", "given_up"))
    return [f"Of the services that began, {joined(ends)}{'; some of them came back later' if back > 0.0 else ''}."]


def _lasted(curve: "pd.DataFrame", ended: str) -> str:
    """How long it takes half of the services, or how many never come to it."""
    half, left, months = half_of(curve)
    if half is not None:
        return f"half had {ended} at least once {half} months after the first session"
    return f"{per_cent(left)} had never {ended} by {months} months after it"


def _fidelity_sentence(frames: Frames) -> list[str]:
    months = months_of(frames)
    values = [(month, float(unit_at(frames, month).iloc[0]["fidelity_50"])) for month in dict.fromkeys((months[0], months[-1]))]
    known = [(month, value) for month, value in values if not math.isnan(value)]
    if not known:
        return []
    words_of = " and ".join(f"{value:.2f} at month {month}" for month, value in known)
    return [f"Where sessions are still given, median fidelity (scale 1 to 5) is {words_of}."]


def why(frames: Frames) -> list[str]:
    """Sentences on the forces behind decisions, on dilemma and waiting, and on leadership as perceived."""
    found = [sentence for status, phrase in _ENDS for sentence in _force_sentence(frames, status, phrase)]
    last = months_of(frames)[-1]
    support = int(frames["services_start"]["support_months"].max())
    at_end = support if 0 < support < last else months_of(frames)[0]
    then, now = outcome_at(frames, "in_dilemma", at_end)[0], outcome_at(frames, "in_dilemma", last)[0]
    waits = outcome_at(frames, "waiting_months_per_post", last)[0]
    if not math.isnan(then) and at_end < last:
        found.append(
            f"At month {at_end}, {per_cent(then)} of trained practitioners had a prioritisation dilemma; at month {last}, "
            f"{per_cent(now)}. Over the whole time a post spent {waits:.1f} months waiting on average."
        )
    seen, actual = outcome_at(frames, "perceived_engagement", last)[0], outcome_at(frames, "engagement", last)[0]
    if not math.isnan(seen) and not math.isnan(actual):
        found.append(
            f"On a scale from 0 to 1, leaders' engagement in the practice is {actual:.2f} at month {last}, and "
            f"{seen:.2f} as practitioners perceive it."
        )
    return found


def _force_sentence(frames: Frames, status: str, phrase: str) -> list[str]:
    """Most frequent forces behind the last decision of the posts in one status."""
    table = frames["summary_decisions"]
    mine = table[(table["group"] == "region") & (table["status"] == status)]
    decided = int(mine["decided"].max()) if len(mine) else 0
    if decided == 0:
        return []
    alone = int(mine[mine["force"] == "no single force"]["tipped"].iloc[0])
    forces = mine[(mine["force"] != "no single force") & (mine["tipped"] > 0)].sort_values(
        "tipped", ascending=False, kind="stable"
    )
    head = f"Of the {count(decided)} posts {phrase} at the end (all runs together), "
    named = [f"{FORCE_WORDS[str(row.force)]} ({per_cent(row.tipped / decided)})" for row in forces.head(3).itertuples()]
    if not named:
        return [f"{head}no single force decided."]
    tail = f"; no single force in {per_cent(alone / decided)}" if alone else ""
    return [f"{head}what tipped the decision was {_or(named)}{tail}."]


def _or(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


__all__ = [
    "bound",
    "count",
    "every",
    "joined",
    "months_of",
    "outcome_at",
    "per_cent",
    "plural",
    "unit_at",
    "what_came_out",
    "why",
    "words",
]
