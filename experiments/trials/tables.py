"""The tables of a trial that is planned: true effects, what is seen, operating characteristics, sizes, months, checks."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.kit.tables import NO_YES, columns_of
from experiments.trials.finding import Findings
from experiments.trials.fitting import ANTI_CONSERVATIVE, groups_of
from experiments.trials.operating import Operating, Share
from sim.columns import Column, Table
from sim.store.writer import TableRecord, write_codebook, write_table

ALL: Final = 0
"""Practitioners asked: all of them."""


def write_tables(folder: Path, findings: Findings) -> list[TableRecord]:
    """Write every table and the codebook.

    Parameters
    ----------
    folder : pathlib.Path
    findings : Findings
    """
    found = [effects_of(findings), months_of(findings), operating_of(findings), failures_of(findings), power_of(findings)]
    found += [worlds_of(findings), sizes_of(findings), surrogates_of(findings)]
    tables = [(table, columns_of(table, rows)) for table, rows in found if rows]
    records = [write_table(folder, table, columns, csv=True) for table, columns in tables]
    write_codebook(folder, [table for table, _ in tables])
    return records


Found = tuple[Table, list[dict[str, Any]]]

MONTH: Final = Column("month", "i4", "month", "Months after the randomisation; of a stepped wedge the longest exposure.")
ASKED: Final = Column("practitioners", "i4", "posts", "Practitioners of a service who are asked at most; 0: all of them.")


def effects_of(findings: Findings) -> Found:
    """True effect in every world."""
    unit = "log odds ratio" if findings.study.file.estimand.summary == "odds_ratio" else findings.study.measure.unit
    table = Table(
        "effects",
        ("month", "world"),
        (
            MONTH,
            Column("world", "i4", "number", "World of the ensemble."),
            Column("effect", "f8", unit, "True effect of the second arm against the first, over all services of the world."),
        ),
        "What the policies of the second arm change in truth: the same services with the same luck in both arms.",
    )
    rows = [
        {"month": one.month, "world": world, "effect": float(effect)}
        for one in findings.months
        for world, effect in enumerate(one.effects)
        if not np.isnan(one.effects).all()
    ]
    return table, rows


def months_of(findings: Findings) -> Found:
    """What is so and what is seen, by month and group."""
    study = findings.study
    names = tuple(study.conditions[at].name for at in study.column)
    table = Table(
        "months",
        ("month", "group"),
        (
            Column("month", "i4", "month", "Months after the randomisation."),
            Column("group", "i2", "category", "Arm, sequence or combination that services are allocated to.", names),
            Column("true", "f8", study.measure.unit, "Mean of the measure over all services of the bank, and over worlds."),
            Column("true_error", "f8", study.measure.unit, "Its standard error from the worlds."),
            Column("seen", "f8", study.measure.unit, "Mean of what the instrument shows of the services of the trials."),
            Column("unseen", "f8", "share 0-1", "Services of which nothing is seen: lost, or nobody answers."),
        ),
        "What is so and what a trialist sees of it.",
    )
    rows = []
    for one in findings.months:
        for group, column in enumerate(study.column):
            true = one.true[column]
            rows.append(
                {
                    "month": one.month,
                    "group": names[group],
                    "true": true.value,
                    "true_error": true.error,
                    "seen": one.seen[group],
                    "unseen": one.unseen[group],
                }
            )
    assert len(names) == groups_of(study.file)
    return table, rows


def _shares() -> list[Column]:
    about = {
        "power": "Trials that reject, of all that were begun: one whose fit fails rejects nothing.",
        "power_fitted": "The same of the trials whose fit did not fail.",
        "type_one": "Trials that reject where nothing is done in any arm.",
        "coverage": "Intervals that hold the true effect in the trial's world.",
    }
    found = []
    for name, meaning in about.items():
        found += [Column(name, "f8", "share 0-1", meaning), Column(f"{name}_error", "f8", "share 0-1", "Its error, by worlds.")]
    return found


def _with_error(name: str, share: Share) -> dict[str, float]:
    return {name: share.value, f"{name}_error": share.error}


def operating_of(findings: Findings) -> Found:
    """How the trial behaves as planned, by analysis."""
    names = tuple(one.analysis for one in findings.operating)
    table = Table(
        "operating",
        ("analysis",),
        (
            Column("analysis", "i2", "category", "Analysis, the primary one first.", names),
            Column(
                "warning_only",
                "i1",
                "category",
                "Whether it is shown as a warning: it rejects too often, or estimates something else.",
                NO_YES,
            ),
            Column("services", "i4", "services", "Services of a trial."),
            MONTH,
            Column("trials", "i4", "trials", "Trials that were drawn."),
            *_shares(),
            Column("truth", "f8", "unit of the measure", "True effect, mean over worlds; of odds the logarithm of their ratio."),
            Column("truth_error", "f8", "unit of the measure", "Its error, by worlds."),
            Column("bias", "f8", "unit of the measure", "Mean of estimate less truth."),
            Column("bias_error", "f8", "unit of the measure", "Its error, by worlds."),
            Column("wrong_sign", "f8", "share 0-1", "Of the trials that reject, those with the wrong sign (type S)."),
            Column("exaggeration", "f8", "ratio", "Of the trials that reject, estimates relative to the truth (type M)."),
            Column("width", "f8", "unit of the measure", "Mean width of the interval."),
        ),
        "How the trial as planned behaves, analysed in several ways.",
    )
    rows = [
        {
            "analysis": one.analysis,
            "warning_only": one.analysis in ANTI_CONSERVATIVE,
            "services": one.services,
            "month": one.month,
            "trials": one.trials,
            **_with_error("power", one.power),
            **_with_error("power_fitted", one.power_fitted),
            **_with_error("type_one", one.type_one),
            **_with_error("coverage", one.coverage),
            **_with_error("truth", one.truth),
            **_with_error("bias", one.bias),
            "wrong_sign": one.wrong_sign,
            "exaggeration": one.exaggeration,
            "width": one.width,
        }
        for one in findings.operating
    ]
    return table, rows


def failures_of(findings: Findings) -> Found:
    """Fits that fail, by analysis and class."""
    from experiments.trials.analyses import FAILURES

    names, classes = tuple(one.analysis for one in findings.operating), tuple(FAILURES.values())
    table = Table(
        "failures",
        ("analysis", "nothing_done", "failure"),
        (
            Column("analysis", "i2", "category", "Analysis.", names),
            Column("nothing_done", "i1", "category", "Whether nothing was done in any arm.", NO_YES),
            Column("failure", "i2", "category", "How the fit ended; those that were fitted are among them.", classes),
            Column("share", "f8", "share 0-1", "Share of trials."),
        ),
        "How the fits of the trial as planned end. None is dropped: what fails rejects nothing.",
    )
    rows = []
    for one in findings.operating:
        for nothing, found in ((False, one.failures), (True, one.failures_null)):
            whole = {classes[0]: 1.0 - sum(found.values())} | dict(found)
            rows += [
                {"analysis": one.analysis, "nothing_done": nothing, "failure": name, "share": value}
                for name, value in whole.items()
            ]
    return table, rows


def power_of(findings: Findings) -> Found:
    """Power by services, months and practitioners."""
    table = Table(
        "power",
        ("month", "practitioners", "services"),
        (
            MONTH,
            ASKED,
            Column("services", "i4", "services", "Services of a trial."),
            Column("power", "f8", "share 0-1", "Trials that reject, by the primary analysis."),
            Column("power_error", "f8", "share 0-1", "Its error, by worlds."),
        ),
        "Power of the primary analysis for other sizes and months.",
    )
    found: dict[tuple[int, int, int], Operating] = {}
    for one in _every(findings):
        found.setdefault((one.month, one.members or ALL, one.services), one)
    rows = [
        {"month": month, "practitioners": asked, "services": services, **_with_error("power", one.power)}
        for (month, asked, services), one in found.items()
    ]
    return table, rows


def _every(findings: Findings) -> Iterable[Operating]:
    yield findings.operating[0]
    yield from (*findings.curve, *findings.map, *findings.asked)


def worlds_of(findings: Findings) -> Found:
    """Power of the trial as planned in every world."""
    table = Table(
        "assurance",
        ("world",),
        (
            Column("world", "i4", "number", "World of the ensemble."),
            Column(
                "power",
                "f8",
                "share 0-1",
                "Power in this world by the formula, for its mean estimate and standard error; undefined if no fit came off.",
            ),
        ),
        "How power differs between plausible worlds: the trial happens in one of them, and nobody knows in which.",
    )
    rows = [{"world": at, "power": float(power)} for at, power in enumerate(findings.operating[0].by_world)]
    return table, rows


def sizes_of(findings: Findings) -> Found:
    """Services that are needed."""
    table = Table(
        "sizes",
        ("month", "practitioners"),
        (
            MONTH,
            ASKED,
            Column(
                "services", "f8", "services", "Least number with the power that is wanted; undefined if more than were tried."
            ),
            Column("services_low", "f8", "services", "The same if power were two errors more."),
            Column("services_high", "f8", "services", "The same if power were two errors less."),
            Column("largest", "i4", "services", "Largest trial that was tried."),
            Column("largest_power", "f8", "share 0-1", "Its power."),
        ),
        "How many services it takes, by the primary analysis.",
    )
    rows = [
        {
            "month": one.month,
            "practitioners": one.members or ALL,
            "services": _known(one.services),
            "services_low": _known(one.low),
            "services_high": _known(one.high),
            "largest": one.largest,
            "largest_power": one.largest_power.value,
        }
        for one in findings.sizes
    ]
    return table, rows


def _known(number: int | None) -> float:
    return float("nan") if number is None else float(number)


def surrogates_of(findings: Findings) -> Found:
    """What an early effect says of the late one."""
    table = Table(
        "surrogates",
        ("month",),
        (
            Column("month", "i4", "month", "Early month, after the randomisation."),
            Column("same_sign", "f8", "share 0-1", "Worlds in which the early and the late true effect have one sign."),
            Column(
                "explained",
                "f8",
                "share 0-1",
                "Share of the differences between worlds in the late effect that the early one explains.",
            ),
            Column("slope", "f8", "ratio", "Late effect for one more of the early one, between worlds."),
            Column("kept", "f8", "ratio", "Mean late effect relative to the mean early one."),
            Column(
                "not_confirmed",
                "f8",
                "share 0-1",
                "Of the trials that reject early, those that do not in the month of the estimand.",
            ),
        ),
        "Whether an early month stands for the month of the estimand.",
    )
    rows = [
        {
            "month": one.month,
            "same_sign": one.same_sign.value,
            "explained": one.explained,
            "slope": one.slope,
            "kept": one.kept,
            "not_confirmed": one.false_promise,
        }
        for one in findings.surrogates
    ]
    return table, rows
