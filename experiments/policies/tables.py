"""The tables of a policy search: every schedule that was evaluated anew, and the answer at other times."""

import math
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.kit.tables import NO_YES, columns_of
from experiments.policies.aims import Aim
from experiments.policies.evaluating import MONTHS, Outcome
from experiments.policies.finding import SOURCES, Findings, Judged, lost
from experiments.policies.ingredients import DOSES, LENGTHS, NAMES, STARTS
from experiments.policies.judging import error
from experiments.policies.prices import MEANINGS
from experiments.policies.settings import Settings
from sim.columns import Column, Table
from sim.measures import OLD_STOCKS, OUTCOMES
from sim.measures.hours import HOURS
from sim.store.writer import TableRecord, write_codebook, write_table

_HOURS: Final = "hours/service/year"
_MEANINGS: Final = {one.name: one.meaning for one in OUTCOMES}


def _column(name: str) -> str:
    return name.replace("-", "_")


def schedules_table(findings: Findings, settings: Settings) -> Table:
    """Declare ``schedules``."""
    keys = tuple(one.outcome.schedule.key for one in findings.judged)
    beyond = "beyond those of the base, from month 12 to 84"
    columns = [
        Column("number", "i4", "number", "1 for the cheapest."),
        Column("schedule", "i4", "category", "Ingredient:dose:first month-end, for every ingredient.", keys),
        Column("source", "i1", "category", "Why it was evaluated anew.", SOURCES),
        Column("frontier", "i4", "number", "Number on the frontier by price; 0 if off it."),
        Column("chosen", "i1", "category", "Whether no other one beat it in the search.", NO_YES),
        Column("answer", "i1", "category", "Whether it is the answer to the question asked, or comes nearest.", NO_YES),
        *(Column(f"dose_{_column(name)}", "i1", "category", f"Dose of {name}.", DOSES) for name in NAMES),
        *(Column(f"start_{_column(name)}", "f8", "month", f"First month of {name}; missing if off.") for name in NAMES),
        *(Column(f"end_{_column(name)}", "f8", "month", f"First month without {name} again; missing if off.") for name in NAMES),
        Column("support", "f8", _HOURS, f"The price: hours of support {beyond}."),
        Column("support_error", "f8", _HOURS, "Its standard error, over worlds."),
        Column("support_low", "f8", _HOURS, "Its 10th percentile over worlds."),
        Column("support_high", "f8", _HOURS, "Its 90th percentile over worlds."),
        *(Column(f"hours_{name}", "f8", _HOURS, f"Of it {MEANINGS[name]}." if name != "delivering" else
                 f"Not of it: {MEANINGS[name]}, {beyond}.") for name in HOURS),
        Column("all_hours", "f8", _HOURS, "Hours of support and of delivering together."),
    ]  # fmt: skip
    aim = settings.aim
    for month in MONTHS:
        columns += [
            Column(f"{aim.column}_{month}", "f8", "share 0-1", f"Services {aim.being} month {month}, mean over worlds."),
            Column(f"{aim.column}_{month}_error", "f8", "share 0-1", "Its standard error over worlds, luck and worlds alike."),
            Column(f"searched_{month}", "f8", "share 0-1", "What the search had seen of it; undefined if nothing."),
            Column(f"lost_{month}", "f8", "share -1-1", "What the search had seen less what came anew."),
        ]
    threshold = f"worlds in which at least {settings.share:g} of the services {aim.do} month {MONTHS[-1]}"
    columns += [
        Column(aim.months_column, "f8", "months", f"Months {aim.done} from month 12 to 84, for a service."),
        Column("worlds_above", "f8", "share 0-1", f"Share of {threshold}: normal-normal model."),
        Column("worlds_above_error", "f8", "share 0-1", "Its standard error, of resampled members; a bound where all agree."),
        Column("worlds_above_beta", "f8", "share 0-1", f"Share of {threshold}: beta-binomial model."),
        Column("between", "f8", "share 0-1", "Standard deviation between worlds, without luck."),
        Column("luck", "f8", "share 0-1", "Standard deviation of luck in a world's mean."),
        Column("regret", "f8", "share 0-1", "Mean regret over worlds, luck taken out."),
        Column("regret_p90", "f8", "share 0-1", "90th percentile of the same over worlds."),
        Column("regret_most", "f8", "share 0-1", "Mean regret over worlds as seen, with luck: too large."),
        Column("regret_luck", "f8", "share 0-1", "Standard deviation of luck in what was seen of one world."),
        *(column for name in aim.beside for column in _beside_columns(name)),
    ]
    meaning = f"Schedules evaluated anew on {settings.check.worlds} worlds with {settings.check.replicates} runs each."
    return Table("schedules", ("number",), tuple(columns), meaning)


def beside_column(name: str) -> str:
    """Column of an outcome that is told beside the aim."""
    return f"{name.removeprefix('share_')}_{MONTHS[-1]}"


def _beside_columns(name: str) -> tuple[Column, Column]:
    meaning = _MEANINGS[name]
    old = "; the old stock" if name in OLD_STOCKS else ""
    told = f"{meaning[:1].upper()}{meaning[1:]}, month {MONTHS[-1]}{old}; mean over worlds."
    column = beside_column(name)
    return Column(column, "f8", "share 0-1", told), Column(
        f"{column}_error", "f8", "share 0-1", "Its standard error over worlds."
    )


def timing_table(aim: Aim) -> Table:
    """Declare ``timing``."""
    columns = (
        Column("length", "i4", "months", "Months in force; 0: to the horizon."),
        Column("start", "i4", "month", "First month in force."),
        Column("support", "f8", _HOURS, "Hours of support beyond those of the base."),
        *(Column(f"{aim.column}_{month}", "f8", "share 0-1", f"Services {aim.being} month {month}.") for month in MONTHS),
        *(Column(f"effect_{month}", "f8", "share -1-1", f"The same less that of the base, month {month}.") for month in MONTHS),
        *(Column(f"effect_{month}_error", "f8", "share -1-1", "Its standard error, over worlds.") for month in MONTHS),
    )
    return Table("timing", ("length", "start"), columns, "The answer's ingredients, all from one start for one length.")


def write_tables(folder: Path, findings: Findings, settings: Settings) -> list[TableRecord]:
    """Write every table as Parquet and CSV, and the codebook.

    Parameters
    ----------
    folder : pathlib.Path
        They go to ``tables/`` in it.
    findings : Findings
    settings : Settings
    """
    made = (
        (schedules_table(findings, settings), [_row(findings, settings.aim, at, one) for at, one in enumerate(findings.judged)]),
        (timing_table(settings.aim), timing_rows(findings, settings.aim)),
    )
    records = [write_table(folder, table, columns_of(table, rows), csv=True) for table, rows in made]
    write_codebook(folder, [table for table, _ in made])
    return records


def _row(findings: Findings, aim: Aim, at: int, one: Judged) -> dict[str, Any]:
    base, outcome = findings.base.outcome, one.outcome
    extra = outcome.hours - base.hours
    low, high = np.quantile(outcome.support - base.support, [0.1, 0.9]).tolist()
    row: dict[str, Any] = {"number": at + 1, "schedule": at, "source": one.source, "frontier": one.frontier}
    row |= {"chosen": one.chosen, "answer": one is findings.answer}
    parts = {NAMES[part.ingredient]: part for part in outcome.schedule.parts}
    for name in NAMES:
        part = parts.get(name)
        row[f"dose_{_column(name)}"] = part.dose if part else 0
        row[f"start_{_column(name)}"] = part.start if part else math.nan
        row[f"end_{_column(name)}"] = part.end if part else math.nan
    row |= {"support": one.price, "support_error": one.price_error, "support_low": low, "support_high": high}
    row |= {f"hours_{name}": hours for name, hours in zip(HOURS, extra.tolist(), strict=True)}
    row["all_hours"] = float(extra.sum())
    for month, uncertain in zip(MONTHS, one.errors, strict=True):
        kept = outcome.kept(month)
        searched = one.searched.kept(month) if one.searched else math.nan
        row |= {f"{aim.column}_{month}": kept, f"{aim.column}_{month}_error": uncertain}
        row |= {f"searched_{month}": searched, f"lost_{month}": searched - kept}
    row |= _beside(findings, aim, one)
    row |= {aim.months_column: outcome.months, "worlds_above": one.above.normal, "worlds_above_error": one.above.error}
    row |= {"worlds_above_beta": one.above.beta, "between": one.above.between, "luck": one.above.luck}
    regret = one.regret
    return row | {
        "regret": regret.mean, "regret_most": regret.most, "regret_p90": regret.tail, "regret_luck": regret.luck,
    }  # fmt: skip


def beside(findings: Findings, one: Judged, name: str) -> tuple[float, float]:
    """Share of services of which an outcome beside the aim holds at the last month, and its standard error over worlds."""
    by_world = one.outcome.others(name)
    return float(by_world.mean()), error(by_world, findings.members)


def _beside(findings: Findings, aim: Aim, one: Judged) -> dict[str, float]:
    found = {}
    for name in aim.beside:
        found[beside_column(name)], found[f"{beside_column(name)}_error"] = beside(findings, one, name)
    return found


def timing_rows(findings: Findings, aim: Aim) -> list[dict[str, Any]]:
    """Rows of ``timing``: lengths ascending, starts within them."""
    base = findings.base.outcome
    times = [(length, start) for length in LENGTHS for start in STARTS]
    rows = []
    for (length, start), one in zip(times, findings.timing, strict=True):
        row: dict[str, Any] = {"length": length, "start": start, "support": float((one.support - base.support).mean())}
        for month in MONTHS:
            gaps = (one.shares(month) - base.shares(month)).mean(axis=1)
            row |= {f"{aim.column}_{month}": one.kept(month), f"effect_{month}": float(gaps.mean())}
            row[f"effect_{month}_error"] = error(gaps, findings.members)
        rows.append(row)
    return rows


def runs_of(findings: Findings, settings: Settings) -> int:
    """Model runs that a whole search takes."""
    anew = {one.outcome.schedule.key for one in findings.judged} | {one.schedule.key for one in findings.timing}
    return findings.evaluated * settings.search.runs + len(anew) * settings.check.runs


def costs(findings: Findings, one: Judged) -> dict[str, float]:
    """Extra hours of a schedule by kind, for a service and year.

    Parameters
    ----------
    findings : Findings
    one : Judged
    """
    extra = one.outcome.hours - findings.base.outcome.hours
    return dict(zip(HOURS, extra.tolist(), strict=True))


def summary(findings: Findings, settings: Settings) -> dict[str, Any]:
    """Findings as plain values that JSON can hold.

    Parameters
    ----------
    findings : Findings
    settings : Settings
    """
    aim = settings.aim
    losses = {str(month): lost(findings, month) for month in MONTHS}
    return {
        "evaluated": findings.evaluated,
        "evaluated_anew": len(findings.judged),
        "answered": findings.answered,
        "answer": _plain(findings, aim, findings.answer),
        "base": _plain(findings, aim, findings.base),
        "frontier": [_plain(findings, aim, one) for one in findings.frontier],
        "lost": {
            month: {"chosen": one, "not_chosen": None if math.isnan(other) else other} for month, (one, other) in losses.items()
        },
    }


def _plain(findings: Findings, aim: Aim, one: Judged) -> dict[str, Any]:
    outcome: Outcome = one.outcome
    return {
        "name": f"frontier-{one.frontier}" if one.frontier else None,
        "schedule": outcome.schedule.key,
        "words": outcome.schedule.words(),
        "support": one.price,
        "hours": costs(findings, one),
        **{f"{aim.column}_{month}": outcome.kept(month) for month in MONTHS},
        **{f"{aim.column}_{month}_error": error for month, error in zip(MONTHS, one.errors, strict=True)},
        aim.months_column: outcome.months,
        "worlds_above": one.above.normal,
        "worlds_above_error": one.above.error,
        "worlds_above_beta": one.above.beta,
        "regret": one.regret.mean,
        "regret_most": one.regret.most,
        "regret_p90": one.regret.tail,
        **_beside(findings, aim, one),
    }
