"""Tables of a study: design points and ensemble members, cell by cell."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from experiments.sweeps.cells import SHOWN_MAX, Cells
from experiments.sweeps.designs import AS_IT_IS, Design, Factor
from experiments.sweeps.factors import bounds_of, factor_of, level_of
from experiments.sweeps.schema import CELLS_MAX, POINTS_MAX
from sim.parameters import ParameterTable
from sim.parameters.ensemble import Ensemble
from sim.problems import Problem, did_you_mean
from sim.scenario.definition import Scenario
from sim.scenario.messages import number_hint, number_of, shown

WEIGHT: Final = "weight"


def numbers_of(cells: Cells, at: int) -> tuple[np.ndarray, list[Problem]]:
    """Numbers of a column, NaN for empty cells, with the cells that hold none.

    Parameters
    ----------
    cells : Cells
    at : int
        Which column.
    """
    column, name = cells.columns[at], cells.names[at]
    if isinstance(column, np.ndarray):
        return column, _few(
            [(row, f"{column[row]} is not a finite number", "") for row in np.flatnonzero(np.isinf(column)).tolist()], cells, name
        )
    values, wrong = np.full(len(column), np.nan), []
    for row, text in enumerate(column):
        try:
            values[row] = number_of(text) if text else np.nan
            refused = text and not np.isfinite(values[row])
        except ValueError:
            refused = True
        if refused:
            wrong.append((row, f"{shown(text)} is not a number", number_hint(text)))
    return values, _few(wrong, cells, name)


def _few(wrong: Sequence[tuple[int, str, str]], cells: Cells, name: str, allowed: str = "a number") -> list[Problem]:
    """Problems of a column's cells: the first ones one by one, the rest as their number."""
    problems = [Problem(cells.where(name, row), what, allowed, hint) for row, what, hint in wrong[:SHOWN_MAX]]
    return problems + _rest(len(wrong), cells, name)


def _rest(count: int, cells: Cells, name: str) -> list[Problem]:
    more = count - SHOWN_MAX
    return (
        [Problem(cells.where(name), f"and {more:,} more cells that cannot be used", "", "mend these first")] if more > 0 else []
    )


def _names(cells: Cells) -> list[Problem]:
    problems = [
        Problem(cells.where(name), f"column '{name}' stands more than once", "every column once")
        for name in dict.fromkeys(cells.names)
        if cells.names.count(name) > 1
    ]
    if not len(cells.lines):
        problems.append(Problem(cells.file, "holds no rows", "a row below the header"))
    return problems


def design_of(cells: Cells, *, table: ParameterTable, scenarios: Sequence[Scenario]) -> tuple[Design | None, list[Problem]]:
    """Design of a table: a column a factor, a row a point; an empty cell leaves the factor as in the scenario.

    Parameters
    ----------
    cells : Cells
    table : ParameterTable
    scenarios : sequence of Scenario
    """
    problems = _names(cells)
    if len(cells.lines) > POINTS_MAX or len(cells.lines) * len(cells.names) > CELLS_MAX:
        problems.append(Problem(cells.file, f"holds {len(cells.lines):,} points", f"at most {POINTS_MAX:,} points"))
        return None, problems
    factors, values = [], []
    for at, name in enumerate(cells.names):
        factor, found = factor_of(name, cells.where(name), table=table, scenarios=scenarios)
        problems += found
        if factor is not None:
            read = _words if factor.labels else _numbers
            array, found = read(factor, cells, at, table=table, scenarios=scenarios)
            problems += found
            factors.append(factor)
            values.append(array)
    return (None, problems) if problems else (Design("table", tuple(factors), tuple(values)), [])


def _numbers(
    factor: Factor, cells: Cells, at: int, *, table: ParameterTable, scenarios: Sequence[Scenario]
) -> tuple[np.ndarray, list[Problem]]:
    values, problems = numbers_of(cells, at)
    problems = problems + outside(factor, values, cells, table=table)
    if not problems and not np.all(np.isnan(values)):
        for row in {int(np.nanargmin(values)), int(np.nanargmax(values))}:  # what a scenario refuses lies at the ends
            where = cells.where(factor.name, row)
            problems += level_of(factor, float(values[row]), where, table=table, scenarios=scenarios)[1]
    return values.copy(), problems


def outside(factor: Factor, values: np.ndarray, cells: Cells, *, table: ParameterTable) -> list[Problem]:
    """Problems of numbers that a factor cannot take: out of bounds, or not whole.

    Parameters
    ----------
    factor : Factor
    values : numpy.ndarray
        Shape (rows,); NaN is passed over.
    cells : Cells
    table : ParameterTable
    """
    low, high = bounds_of(factor, table)
    given = np.isfinite(values)
    bad = given & ((values < low) | (values > high))
    if factor.whole:
        bad |= given & (values != np.rint(values))
    rows = np.flatnonzero(bad)
    problems = []
    for row in rows[:SHOWN_MAX]:
        where = cells.where(factor.name, int(row))
        problems += level_of(factor, float(values[row]), where, table=table, scenarios=())[1]
    return problems + _rest(len(rows), cells, factor.name)


def _words(
    factor: Factor, cells: Cells, at: int, *, table: ParameterTable, scenarios: Sequence[Scenario]
) -> tuple[np.ndarray, list[Problem]]:
    column = cells.columns[at]
    texts = column if isinstance(column, list) else ["" if math.isnan(one) else f"{one:g}" for one in column.tolist()]
    known: dict[str, int] = {"": AS_IT_IS}
    codes, problems, wrong = np.full(len(texts), AS_IT_IS, "i2"), [], 0
    for row, text in enumerate(texts):
        if text not in known:
            where = cells.where(factor.name, row)
            code, found = level_of(factor, text, where, table=table, scenarios=scenarios)
            wrong += bool(found)
            problems += found if wrong <= SHOWN_MAX else []
            if found:
                continue
            known[text] = int(code)
        codes[row] = known[text]
    return codes, problems + _rest(wrong, cells, factor.name)


def ensemble_of(cells: Cells, name: str, *, table: ParameterTable) -> tuple[Ensemble | None, list[Problem]]:
    """Ensemble of a table: a column a parameter, a row a member; every cell is filled.

    Parameters
    ----------
    cells : Cells
    name : str
        What to call it.
    table : ParameterTable
    """
    problems = _names(cells)
    parameters, values = [], []
    weights = np.ones(len(cells.lines))
    for at, column in enumerate(cells.names):
        if column != WEIGHT and column not in table.parameters:
            hint = did_you_mean(column, table.parameters) or "`sustain parameters` lists all of them"
            problems.append(Problem(cells.where(column), f"unknown parameter '{column}'", f"parameters, {WEIGHT}", hint))
            continue
        numbers, found = numbers_of(cells, at)
        if not found:
            empty = [
                (int(row), "the cell is empty", "a member has a value for every parameter")
                for row in np.flatnonzero(np.isnan(numbers))
            ]
            found = _few(empty, cells, column)
        if column == WEIGHT:
            light = [(int(row), f"{numbers[row]:g} is no weight", "") for row in np.flatnonzero(numbers <= 0.0)]
            found = found + _few(light, cells, column, "a number above 0")
            weights = numbers
        else:
            found = found + outside(Factor(column, "parameter", ""), numbers, cells, table=table)
            parameters.append(column)
            values.append(numbers)
        problems += found
    if not parameters and not problems:
        problems.append(Problem(cells.file, "holds no parameter", "a column for each parameter that differs between members"))
    if problems:
        return None, problems
    return Ensemble(name, tuple(parameters), np.stack(values, axis=1), weights / weights.mean(), cells.hash), []
