"""Declared tables of a run's summary."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from sim import codes
from sim.columns import Column, Table
from sim.history import STATES, STATUSES
from sim.measures.survival import ENDINGS
from sim.measures.units import Unit, unit_columns
from sim.measures.values import OUTCOME_NAMES, OUTCOMES

QUANTILE_NAMES: Final = ("fidelity_05", "fidelity_25", "fidelity_50", "fidelity_75", "fidelity_95")

WIDE_OUTCOMES: Final = (
    *(f"share_{name}" for name in STATES),
    "share_ever_abandoned",
    "share_operating",
    "share_silent",
    "share_given_up",
    "share_kept_going",
    "share_high_every_look",
    "months_kept_going",
    "posts_delivering",
    "posts_full_use",
    "posts_planned_adaptation",
    "posts_partial_use",
    "posts_waiting",
    "posts_stopped",
    "posts_vacant",
    "posts_untrained",
    "in_dilemma",
    "helped_per_post",
    "hours_practitioner_per_post",
)
"""Outcomes that the readable table ``summary_states`` shows in columns."""

DECIDED: Final = (codes.PLANNED_ADAPTATION, codes.PARTIAL_USE, codes.WAITING, codes.STOPPED)
"""Statuses that only a decision leads to."""
FORCE_BITS: Final = (*codes.FORCES, 0)
FORCE_LABELS: Final = (*codes.FORCES.values(), "no single force")

_ENDING: Final = Column("ending", "i1", "category", "What has come about for the first time.", ENDINGS)
_MONTH: Final = Column("month", "i4", "month", "Completed months since training.")

OF_WHICH_POSTS: Final = (
    "Shares of posts, and months per post, are of the posts established at the start; other amounts per post are of all posts "
    "that are there, those added by an expansion included: in this month, or, of what is since the start, on average so far."
)
"""What 'of posts' and 'per post' mean; the two differ only where an expansion adds posts."""


def filled(table: Table, parts: Mapping[str, Any]) -> tuple[Table, dict[str, np.ndarray]]:
    """Table with its rows: parts flattened and brought to the declared types."""
    rows = {column.name: np.ascontiguousarray(np.ravel(parts[column.name]), dtype=column.dtype) for column in table.columns}
    return table, rows


def monthly_table(units: tuple[Unit, ...]) -> Table:
    """Every outcome of every unit at every month, one row each."""
    meaning = "Outcome: " + "; ".join(f"{one.name} = {one.meaning} ({one.unit})" for one in OUTCOMES) + f". {OF_WHICH_POSTS}"
    return Table(
        "summary_monthly",
        ("group", "unit", "outcome", "month"),
        (
            *unit_columns(units),
            Column("outcome", "i2", "category", meaning, OUTCOME_NAMES),
            _MONTH,
            Column("mean", "f8", "as the outcome", "Mean over replicates."),
            Column("mcse", "f8", "as the outcome", "Monte Carlo standard error of the mean."),
            Column("replicates", "i8", "replicates", "Replicates in which the outcome is defined."),
        ),
        "Outcomes month by month: mean over replicates and its Monte Carlo standard error.",
    )


def states_table(units: tuple[Unit, ...]) -> Table:
    """Readable table at the landmark months."""
    meanings = {outcome.name: outcome for outcome in OUTCOMES}
    wide: list[Column] = []
    for name in WIDE_OUTCOMES:
        unit, meaning = meanings[name].unit, meanings[name].meaning
        wide.append(Column(name, "f8", unit, f"Mean over replicates of: {meaning}."))
        wide.append(Column(f"{name}_mcse", "f8", unit, f"Monte Carlo standard error of {name}."))
    return Table(
        "summary_states",
        ("group", "unit", "month"),
        (
            *unit_columns(units),
            _MONTH,
            Column("services", "i4", "services", "Services of the unit."),
            Column("replicates", "i8", "replicates", "Replicates run."),
            *wide,
            *_quantiles(),
            Column("fidelity_values", "i8", "values", "Services x replicates that gave a session in the window."),
        ),
        "What became of the practice, at the landmark months and the horizon.",
    )


def _quantiles() -> tuple[Column, ...]:
    return tuple(
        Column(name, "f8", "scale 1-5", f"{int(name[-2:])} % of services x replicates with sessions have at most this fidelity.")
        for name in QUANTILE_NAMES
    )


def fidelity_table(units: tuple[Unit, ...]) -> Table:
    """Quantiles of fidelity month by month."""
    return Table(
        "summary_fidelity",
        ("group", "unit", "month"),
        (
            *unit_columns(units),
            _MONTH,
            *_quantiles(),
            Column("values", "i8", "values", "Services x replicates that gave a session in the window."),
        ),
        "Quantiles of fidelity among services that give sessions, from a histogram with bins of 0.01.",
    )


WIDE_BINS: Final = 40
"""Bins of 0.1 on the fidelity scale from 1 to 5."""


def fidelity_bins_table(units: tuple[Unit, ...]) -> Table:
    """Distribution of fidelity at the landmarks."""
    return Table(
        "summary_fidelity_bins",
        ("group", "unit", "month", "bin"),
        (
            *unit_columns(units),
            _MONTH,
            Column("bin", "i1", "number", "Bin of fidelity: 0 from 1.0 to below 1.1, and so on; 39 from 4.9 to 5.0."),
            Column("values", "i8", "values", "Services x replicates with such a fidelity in the delivery window."),
        ),
        "Distribution of fidelity among services that give sessions, at the landmark months: nothing in it hangs on a cut.",
    )


_SINCE: Final = Column("since_first_session", "i4", "months", "Months since the service's first session.")


def _curve(at_risk: str, events: str) -> tuple[Column, ...]:
    """Columns of a Kaplan-Meier curve: who is at risk and what happens to them in words, the estimate and its band."""
    return (
        _SINCE,
        Column("at_risk", "i8", "services x replicates", at_risk),
        Column("events", "i8", "services x replicates", events),
        Column("survival", "f8", "share 0-1", "Kaplan-Meier estimate; undefined once nobody is observed."),
        Column("low", "f8", "share 0-1", "Lower end of the pointwise 95 % band (Greenwood, log-minus-log)."),
        Column("high", "f8", "share 0-1", "Upper end of the same band."),
    )


def survival_table(units: tuple[Unit, ...]) -> Table:
    """Kaplan-Meier survival to the first abandonment."""
    return Table(
        "summary_survival",
        ("group", "unit", "since_first_session"),
        (
            *unit_columns(units),
            *_curve("Not yet abandoned and still observed.", "First abandoned at this time."),
        ),
        "Survival from the first session to the first abandonment. Services that never started are not in it.",
    )


def endings_table(units: tuple[Unit, ...]) -> Table:
    """Kaplan-Meier survival to the first gap and to giving up."""
    return Table(
        "summary_endings",
        ("ending", "group", "unit", "since_first_session"),
        (
            _ENDING,
            *unit_columns(units),
            *_curve("Without the ending so far and still observed.", "With the ending for the first time at this time."),
        ),
        "Survival from the first session to the first gap and to giving up. A gap is dated when its last month is over. Services "
        "that never started are not in it. The older reading stands in summary_survival.",
    )


def risks_table(units: tuple[Unit, ...]) -> Table:
    """Risks from the first session at a few months."""
    return Table(
        "summary_risks",
        ("ending", "group", "unit", "since_first_session"),
        (
            _ENDING,
            *unit_columns(units),
            _SINCE,
            Column("at_risk", "i8", "services x replicates", "Without the ending so far and still observed."),
            Column("risk", "f8", "share 0-1", "1 minus the Kaplan-Meier estimate; undefined where nobody is observed so long."),
            Column("low", "f8", "share 0-1", "Lower end of the pointwise 95 % band."),
            Column("high", "f8", "share 0-1", "Upper end of the same band."),
        ),
        "Risk that a service which started has had a gap, given up or been abandoned so many months after its first session.",
    )


def starts_table(units: tuple[Unit, ...]) -> Table:
    """How many services started at all."""
    count = "services x replicates"
    return Table(
        "summary_starts",
        ("group", "unit"),
        (
            *unit_columns(units),
            Column("started", "i8", count, "Gave a session within the horizon."),
            Column("never_started", "i8", count, "Gave none within the horizon."),
            Column("median_first_session", "f8", "month", "Median month of the first session; missing where none started."),
            Column("abandoned", "i8", count, "Abandoned at least once within the horizon."),
        ),
        "How many services began, and how many of those were abandoned.",
    )


COUNTED: Final = (*STATES, "operating", "given_up", "kept_going")
"""What services can be counted by in a replicate."""


def numbers_table() -> Table:
    """Distribution of the number of services in a state."""
    return Table(
        "summary_numbers",
        ("state", "month", "services"),
        (
            Column("state", "i1", "category", "What is counted: a state, or what is made of the practice.", COUNTED),
            _MONTH,
            Column("services", "i4", "services", "Number of services in this state."),
            Column("replicates", "i8", "replicates", "Replicates with that number; numbers that never came are left out."),
        ),
        "In how many replicates how many services were sustained, abandoned, operating, given up, and had kept going.",
    )


def decisions_table(units: tuple[Unit, ...]) -> Table:
    """Forces behind the decisions that led to the end states."""
    return Table(
        "summary_decisions",
        ("group", "unit", "status", "force"),
        (
            *unit_columns(units),
            Column("status", "i1", "category", "Status of the post at the horizon, to which its last decision led.", STATUSES),
            Column("force", "i1", "category", "Force without which that decision had gone the other way.", FORCE_LABELS),
            Column("tipped", "i8", "posts x replicates", "Decisions that this force tipped; one decision may have several."),
            Column("decided", "i8", "posts x replicates", "All decisions of this unit that led to this status."),
        ),
        "Why posts adapt, cut, wait or have stopped at the horizon: the forces that tipped their last decision.",
    )


def replicates_table() -> Table:
    """Replicates kept in full."""
    return Table(
        "summary_replicates",
        ("kind",),
        (
            Column("kind", "i1", "category", "Why it was chosen.", ("typical", "extreme")),
            Column("replicate", "i8", "number", "Its number."),
        ),
        "Replicate whose share of sustained services runs nearest to the mean, and the one that runs farthest from it.",
    )
