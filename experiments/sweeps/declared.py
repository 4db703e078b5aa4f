"""Declared tables of a sweep's parts: what a job writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.sweeps.designs import Factor
from experiments.sweeps.study import Study
from sim.columns import Column, Table
from sim.history import LEADERS
from sim.history.tables import MEMBER, service_month_columns
from sim.measures import OUTCOMES
from sim.measures.units import GROUPS, MOST_SERVICES, REGION

RUNS: Final = "runs"
TALLIES: Final = "tallies"
FIDELITY: Final = "fidelity_counts"
SURVIVAL: Final = "survival_counts"
MONTHLY: Final = "monthly"

SPELLS: Final = ("events", "censored", "gap_events", "gap_censored", "given_up_events", "given_up_censored")
"""Columns of ``survival_counts`` that are counts."""

AS_IS: Final = "as in the scenario"
"""Label where a point leaves a word as it is, and the scenario's own is none of the factor's, or not the same everywhere."""

_POINT: Final = Column("point", "i4", "number", "Design point, from 0.")
_RUN: Final = Column("run", "i8", "number", "Run of this scenario and point; runs of equal number have equal random numbers.")
_MONTH: Final = Column("month", "i4", "month", "Completed months since training.")


@dataclass(frozen=True)
class Shape:
    """What the columns of a sweep's tables are declared from: a study without its numbers.

    Attributes
    ----------
    scenarios : tuple of str
    units : tuple of str
        Names of the units that counts are given for, over all scenarios.
    factors : tuple of Factor
    members : tuple of tuple of str
        Name and unit of every parameter that the ensemble sets, where every member is run.
    outcomes, keep : tuple of str
    """

    scenarios: tuple[str, ...]
    units: tuple[str, ...]
    factors: tuple[Factor, ...]
    members: tuple[tuple[str, str], ...]
    outcomes: tuple[str, ...]
    keep: tuple[str, ...]


def shape_of(study: Study) -> Shape:
    """Shape of a study's tables."""
    known = study.scenarios[0].table.parameters
    listed = study.ensemble.parameters if study.ensemble and study.every_member else ()
    members = tuple((name, known[name].unit) for name in listed)
    names = tuple(one.name for one in study.scenarios)
    return Shape(names, unit_labels(study), study.design.factors, members, study.outcomes, study.keep)


UNITS_POINTS: Final = 50
"""Design points up to which counts are given for services and groups too; of more only for the region: it is 15 times less."""


def unit_labels(study: Study) -> tuple[str, ...]:
    """Names of the units that counts are given for: over all scenarios, so that one table holds them all."""
    if study.design.points > UNITS_POINTS:
        return (REGION,)
    names, posts = [REGION], set()
    for scenario in study.scenarios:
        if len(scenario.services) <= MOST_SERVICES:
            names += scenario.service_names
        posts |= {len(service.post_table()) for service in scenario.services}
    return tuple(dict.fromkeys([*names, *LEADERS, *(str(number) for number in sorted(posts))]))


def scenario_column(shape: Shape) -> Column:
    """Column that names the scenario."""
    return Column("scenario", "i2", "category", "Scenario.", shape.scenarios)


def factor_columns(shape: Shape) -> tuple[Column, ...]:
    """A column for each factor; what a point leaves as it is has the scenario's own value, NaN if that is not one number."""
    columns = []
    for factor in shape.factors:
        meaning = f"Factor of the design: {factor.kind} {factor.name}."
        if factor.labels:
            columns.append(Column(factor.name, "i2", "category", meaning, (*factor.labels, AS_IS)))
        else:
            columns.append(Column(factor.name, "f8", factor.unit, meaning))
    return tuple(columns)


def member_columns(shape: Shape) -> tuple[Column, ...]:
    """A column for each parameter that the members of the ensemble set."""
    return tuple(Column(name, "f8", unit, f"Parameter {name} of the ensemble's member.") for name, unit in shape.members)


def outcome_column(name: str) -> Column:
    """Column of one of the outcome vector's names."""
    base, _, view = name.partition("@")
    if base == "months_to_first_abandonment":
        meaning = "Mean months from first session to first abandonment over started services, cut off at the horizon."
        return Column(name, "f8", "months", meaning)
    outcome = next(one for one in OUTCOMES if one.name == base)
    when = "at the horizon" if not view else "mean over all months" if view == "mean" else f"at month {view}"
    return Column(name, "f8", outcome.unit, f"{outcome.meaning[:1].upper()}{outcome.meaning[1:]}; {when}.")


def _unit_columns(shape: Shape) -> tuple[Column, Column]:
    return (
        Column("group", "i1", "category", "Kind of unit: the region, a service, or services alike at the start.", GROUPS),
        Column("unit", "i4", "category", "Service, leader type at the start, number of posts, or all.", shape.units),
    )


def points_table(shape: Shape) -> Table:
    """Declare ``points``: what every design point sets in every scenario."""
    return Table(
        "points",
        ("scenario", "point"),
        (scenario_column(shape), _POINT, *factor_columns(shape)),
        "Every design point in every scenario, with the values of its factors.",
    )


def runs_table(shape: Shape) -> Table:
    """Declare ``runs``: a row a run, with the factors' values, the member's parameters and the outcomes."""
    columns = (
        scenario_column(shape),
        _POINT,
        _RUN,
        MEMBER,
        *([Column("weight", "f8", "relative", "Weight of the member; mean 1 over the members.")] if shape.members else []),
        *factor_columns(shape),
        *member_columns(shape),
        *(outcome_column(name) for name in shape.outcomes),
    )
    return Table(RUNS, ("scenario", "point", "run"), columns, "One row for each run, with what it was run with and its outcomes.")


def tallies_table(shape: Shape) -> Table:
    """Declare ``tallies``: whole-number sums over the runs of a point; rows that would be all zero are left out."""
    from sim.tallies import MEASURES

    columns = (
        scenario_column(shape),
        _POINT,
        *_unit_columns(shape),
        _MONTH,
        Column("measure", "i1", "category", "Services in a state or with a history, or posts.", MEASURES),
        Column("runs", "i8", "number", "Runs counted."),
        Column("total", "i8", "number", "Sum over the runs of the number of services or posts; no row: 0."),
        Column("squares", "i8", "number", "Sum over the runs of that number squared."),
    )
    key = ("scenario", "point", "group", "unit", "month", "measure")
    return Table(
        TALLIES, key, columns, "Services and posts by state, status, use and history, counted over runs, every member alike."
    )


def fidelity_table(shape: Shape) -> Table:
    """Declare ``fidelity_counts``: histograms of fidelity at the landmarks."""
    columns = (
        scenario_column(shape),
        _POINT,
        *_unit_columns(shape),
        _MONTH,
        Column("bin", "i1", "number", "Bin of fidelity: 0 from 1.0 to below 1.1, and so on; 39 from 4.9 to 5.0."),
        Column("services", "i8", "number", "Services with such a fidelity, over the runs; no row: 0."),
    )
    key = ("scenario", "point", "group", "unit", "month", "bin")
    return Table(FIDELITY, key, columns, "Histogram of the fidelity of services that gave sessions, at the landmarks.")


def survival_table(shape: Shape) -> Table:
    """Declare ``survival_counts``: spells from the first session to the first abandonment, the first gap, and giving up."""
    columns = (
        scenario_column(shape),
        _POINT,
        *_unit_columns(shape),
        Column("months", "i4", "months", "Months from the first session."),
        Column("events", "i8", "number", "Services first abandoned after so many months."),
        Column("censored", "i8", "number", "Services never abandoned, observed for so many months."),
        Column("gap_events", "i8", "number", "Services with a first gap after so many months."),
        Column("gap_censored", "i8", "number", "Services without a gap, observed for so many months."),
        Column("given_up_events", "i8", "number", "Services given up for the first time after so many months."),
        Column("given_up_censored", "i8", "number", "Services never given up, observed for so many months."),
    )
    key = ("scenario", "point", "group", "unit", "months")
    return Table(SURVIVAL, key, columns, "Spells from the first session, for Kaplan-Meier estimates.")


def monthly_table(shape: Shape) -> Table:
    """Declare ``monthly``: the trajectory of every service in every run."""
    columns = (
        scenario_column(shape),
        _POINT,
        _RUN,
        Column("service", "i4", "number", "Place of the service in the scenario, from 0."),
        _MONTH,
        *service_month_columns(),
    )
    return Table(MONTHLY, ("scenario", "point", "run", "service", "month"), columns, "Every service in every month of every run.")


def part_tables(shape: Shape) -> dict[str, Table]:
    """Tables that a study's jobs write, by name."""
    declare = {
        "outcomes": (runs_table,),
        "aggregates": (tallies_table, fidelity_table, survival_table),
        "monthly": (monthly_table,),
    }
    found = [one(shape) for kind, tables in declare.items() if kind in shape.keep for one in tables]
    return {table.name: table for table in found}


def filled(table: Table, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Columns of a table in its declared types and order."""
    return {column.name: np.ascontiguousarray(values[column.name], dtype=column.dtype) for column in table.columns}
