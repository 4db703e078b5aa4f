"""Rates as people know them: turnover a year, where the model has a chance a month."""

import math
from collections.abc import Mapping
from typing import Any, Final

from sim.parameters import ParameterTable
from sim.problems import Problem

YEARLY: Final = {"turnover": "chance_leaves", "leader_turnover": "chance_leader_leaves"}
"""Yearly shares by their names, each with the parameter, a monthly chance, that stands for it in the model."""


def monthly_chance(yearly: float) -> float:
    """Chance a month that leads to a share a year: c = 1 - (1 - T)^(1/12), to six digits.

    That is the chance, in each of twelve months, that somebody who is in post leaves, when nothing else makes people leave
    sooner or later. It is rounded so that it is the same on every machine.

    Parameters
    ----------
    yearly : float
        Share of those in post who leave within a year, from 0 to below 1.

    Examples
    --------
    >>> monthly_chance(0.2)
    0.0184235
    """
    return float(f"{-math.expm1(math.log1p(-yearly) / 12.0):.6g}")


def yearly_share(monthly: float) -> float:
    """Share a year that a chance a month leads to: T = 1 - (1 - c)^12.

    Examples
    --------
    >>> round(yearly_share(monthly_chance(0.2)), 5)
    0.2
    """
    return -math.expm1(12.0 * math.log1p(-monthly))


def from_yearly(name: str, value: Any, where: str, table: ParameterTable) -> tuple[float | None, list[Problem]]:
    """Monthly chance of a yearly share, or what is wrong with it.

    Parameters
    ----------
    name : str
        A key of ``YEARLY``.
    value : object
    where : str
    table : ParameterTable
    """
    parameter = table.parameters[YEARLY[name]]
    low, high = (yearly_share(bound) for bound in (parameter.low, parameter.high))
    bounds = f"{math.ceil(1000 * low) / 1000:g} to {math.floor(1000 * high) / 1000:g}"
    allowed = f"a share a year from {bounds}; the chance a month is {parameter.name}"
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value < 1.0:
        hint = f"write {name} = 0.2 for 20 % a year; the mechanism itself is switched off with switches.{name} = false"
        return None, [Problem(where, f"{str(value)[:40]!r} is no share of those in post who leave in a year", allowed, hint)]
    chance = monthly_chance(float(value))
    if not parameter.low <= chance <= parameter.high:
        return None, [Problem(where, f"{value:g} a year is out of bounds", allowed, f"it is {chance:.4g} a month")]
    return chance, []


def with_monthly(values: Mapping[str, Any], where: str, table: ParameterTable) -> tuple[dict[str, Any], list[Problem]]:
    """Parameters with the yearly shares among them as monthly chances.

    Parameters
    ----------
    values : mapping of str to object
    where : str
        Of the table of parameters, such as ``mine.toml: parameters``.
    table : ParameterTable

    Returns
    -------
    values : dict of str to object
        Without the shares that cannot be used.
    problems : list of Problem
    """
    given = {name: value for name, value in values.items() if name not in YEARLY}
    problems = []
    for name in (one for one in values if one in YEARLY):
        if YEARLY[name] in values:
            what = f"'{name}' and '{YEARLY[name]}' say the same"
            problems.append(Problem(f"{where}.{name}", what, "one of the two", "keep the one that you know"))
            continue
        chance, found = from_yearly(name, values[name], f"{where}.{name}", table)
        problems += found
        given |= {} if chance is None else {YEARLY[name]: chance}
    return given, problems
