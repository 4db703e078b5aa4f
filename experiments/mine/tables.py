"""The tables of one's own service: what was seen, the forecast, what policies and another description would change."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.kit.tables import columns_of
from experiments.mine.finding import LEADING, Described, Findings
from experiments.mine.forecasting import HOURS, TOLD
from sim.columns import Column, Table
from sim.store.writer import TableRecord, write_codebook, write_table

KINDS: Final = ("history", "forecast")

MEANT: Final = {
    "kept_going": "never nine months without a session since the first one",
    "high_every_look": "high fidelity at every yearly look so far",
    "operating": "gives sessions",
    "silent": "gives no session, though somebody intends to",
    "given_up": "nobody has intended to go on for three months, or it has been decided so",
}
"""What the measures mean, in the order of TOLD."""


def write_tables(folder: Path, findings: Findings) -> list[TableRecord]:
    """Write every table and the codebook.

    Parameters
    ----------
    folder : pathlib.Path
    findings : Findings
    """
    tables = (seen_of(findings), forecast_of(findings), policies_of(findings), descriptions_of(findings), kept_of(findings))
    records = [write_table(folder, table, rows, csv=table.name != "kept") for table, rows in tables]
    write_codebook(folder, [table for table, _ in tables])
    return records


def seen_of(findings: Findings) -> tuple[Table, dict[str, np.ndarray]]:
    """What was seen, and how many histories agree with it."""
    observations, match = findings.question.mine.observations, findings.match
    words = tuple(dict.fromkeys(one.words for one in observations)) or ("nothing",)
    table = Table(
        "seen",
        ("number",),
        (
            Column("number", "i4", "number", "Observations in the order of the grammar."),
            Column("observation", "i4", "category", "What was seen, with its tolerance.", words),
            Column("month", "i4", "month", "Completed months since training."),
            Column("agree_alone", "f8", "share 0-1", "Share of all histories that agree with it, taken alone."),
            Column("matched_without", "i8", "histories", "Histories that would match if this one were left out."),
        ),
        "What has been seen of the service so far, one observation a row.",
    )
    rows = [
        {"number": at + 1, "observation": one.words, "month": one.month, "agree_alone": alone, "matched_without": without}
        for at, (one, alone, without) in enumerate(zip(observations, match.alone, match.without, strict=True))
    ]
    return table, columns_of(table, rows)


def forecast_of(findings: Findings) -> tuple[Table, dict[str, np.ndarray]]:
    """Shares by month, from the first to the horizon."""
    months, now = findings.question.months, findings.question.now
    table = Table(
        "forecast",
        ("measure", "month"),
        (
            Column("measure", "i1", "category", "; ".join(f"{name}: {MEANT[name]}" for name in TOLD) + ".", TOLD),
            Column("month", "i4", "month", "Completed months since training."),
            Column("part", "i1", "category", "history: to now, of the kept histories; forecast: after now.", KINDS),
            Column("share", "f8", "share 0-1", "Share of the futures of the kept histories."),
            Column("error", "f8", "share 0-1", "Its standard error: few histories and few futures together."),
            Column("error_monte_carlo", "f8", "share 0-1", "Part of it that more futures of the same histories would take away."),
            Column("low", "f8", "share 0-1", "Lower bound of the 95 % interval."),
            Column("high", "f8", "share 0-1", "Upper bound of the interval."),
        ),
        "What may become of the service, given what was seen. Errors and intervals hold luck, not whether the model is right.",
    )
    month = np.arange(1, months + 1, dtype="i4")
    shares = [findings.shares[name] for name in TOLD]
    rows = {
        "measure": np.repeat(np.arange(len(TOLD), dtype="i1"), months),
        "month": np.tile(month, len(TOLD)),
        "part": np.tile((month > now).astype("i1"), len(TOLD)),
        "share": np.concatenate([one.mean for one in shares]),
        "error": np.concatenate([one.error for one in shares]),
        "error_monte_carlo": np.concatenate([one.monte_carlo for one in shares]),
        "low": np.concatenate([one.low for one in shares]),
        "high": np.concatenate([one.high for one in shares]),
    }
    return table, rows


def _changes() -> list[Column]:
    found = []
    for name in LEADING:
        found += [
            Column(f"share_{name}", "f8", "share 0-1", f"Share at the horizon: {MEANT[name]}; undefined if not forecast."),
            Column(f"difference_{name}", "f8", "share -1-1", "The same less that of the service as it is described."),
            Column(f"difference_{name}_error", "f8", "share 0-1", "Standard error of the difference."),
        ]
    return found


def _changed(changes: Any) -> dict[str, float]:
    found = {}
    for name in LEADING:
        value = changes.get(name)
        found[f"share_{name}"] = np.nan if value is None else value.other
        found[f"difference_{name}"] = np.nan if value is None else value.value
        found[f"difference_{name}_error"] = np.nan if value is None else value.error
    return found


def policies_of(findings: Findings) -> tuple[Table, dict[str, np.ndarray]]:
    """What each policy from now on would change, and its hours."""
    names = tuple(one.name for one in findings.acted)
    kinds = (*HOURS, "support")
    meant = {
        "practitioner": "of practitioners with the practice; those of monitoring and of a champion are part of them",
        "monitoring": "of practitioners that monitoring takes",
        "covered": "of colleagues who take over practitioners' other work",
        "leader": "of leaders and of who acts for them",
        "supervision": "of supervision",
        "training": "of training successors",
        "support": "of leaders, supervision, monitoring, covering and training together",
    }
    table = Table(
        "policies",
        ("policy",),
        (
            Column("policy", "i2", "category", "Shipped scenario whose policies begin now.", names),
            *_changes(),
            *(Column(f"hours_{one}", "f8", "hours/year", f"More hours a year from now on, {meant[one]}.") for one in kinds),
        ),
        "What each policy from now on would change: the same histories and the same luck, with the policy and without.",
    )
    rows = [
        {"policy": one.name, **_changed(one.changes), **{f"hours_{kind}": one.hours[kind] for kind in kinds}}
        for one in findings.acted
    ]
    return table, columns_of(table, rows)


def descriptions_of(findings: Findings) -> tuple[Table, dict[str, np.ndarray]]:
    """What another description would change."""
    parts = tuple(dict.fromkeys(one.part for one in findings.described)) or ("none",)
    values = tuple(dict.fromkeys(str(value) for one in findings.described for value in (one.own, one.other))) or ("none",)
    table = Table(
        "descriptions",
        ("number",),
        (
            Column("number", "i4", "number", "In the order of the grammar."),
            Column("part", "i2", "category", "Key of the service that is replaced.", parts),
            Column("own", "i2", "category", "What the file says.", values),
            Column("other", "i2", "category", "What stands there instead.", values),
            Column("matched", "i8", "histories", "Histories of the service so described that did what was seen."),
            Column("tried", "i8", "histories", "Histories that were tried for it: no more once enough matched."),
            *_changes(),
        ),
        "The service with one part of its description replaced by what another of the nine services has; matched anew.",
    )
    rows = [{"number": at, **_row(one)} for at, one in enumerate(findings.described, start=1)]
    return table, columns_of(table, rows)


def _row(one: Described) -> dict[str, Any]:
    about = {"part": one.part, "own": str(one.own), "other": str(one.other), "matched": one.matched, "tried": one.tried}
    return about | _changed(one.changes)


def kept_of(findings: Findings) -> tuple[Table, dict[str, np.ndarray]]:
    """Histories that did what was seen."""
    table = Table(
        "kept",
        ("replicate",),
        (
            Column("replicate", "i8", "number", "Replicate of the service, as `sustain run` numbers them."),
            Column("world", "i8", "number", "Place of its parameter values among the worlds of the ensemble."),
        ),
        "The histories that did what was seen.",
    )
    kept = findings.match.kept
    return table, {"replicate": kept, "world": kept % findings.question.worlds}
