"""Tables of a study: design points and ensemble members, cell by cell."""

import math
from collections.abc import Sequence

import numpy as np

from experiments.sweeps.designs import AS_IT_IS, Design, Factor
from experiments.sweeps.factors import bounds_of, factor_of, level_of
from experiments.sweeps.schema import CELLS_MAX, POINTS_MAX
from sim.ensembles.cells import SHOWN_MAX, Cells, names_problems, numbers_of, outside_of, rest_of
from sim.parameters import ParameterTable
from sim.problems import Problem
from sim.scenario.definition import Scenario
from sim.scenario.rows import once_a_manner


def design_of(cells: Cells, *, table: ParameterTable, scenarios: Sequence[Scenario]) -> tuple[Design | None, list[Problem]]:
    """Design of a table: a column a factor, a row a point; an empty cell leaves the factor as in the scenario.

    Parameters
    ----------
    cells : Cells
    table : ParameterTable
    scenarios : sequence of Scenario
    """
    problems = names_problems(cells)
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
    return (None, once_a_manner(problems)) if problems else (Design("table", tuple(factors), tuple(values)), [])


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
    return outside_of(
        values,
        cells,
        factor.name,
        bounds=bounds_of(factor, table),
        problems_of=lambda value, where: level_of(factor, value, where, table=table, scenarios=())[1],
        whole=factor.whole,
    )


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
    return codes, problems + rest_of(wrong, cells, factor.name)
