"""The plausible ensemble as a file: a weight and a value for every free parameter, a row a member."""

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from sim.ensembles.cells import Cells, few_of, names_problems, numbers_of, outside_of, read_cells
from sim.parameters import GONE, ParameterTable, read_table, unknown
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario.rows import once_a_manner

PLAUSIBLE: Final = "plausible"
"""What a study calls the shipped ensemble."""

PLAUSIBLE_FILE: Final = Path(__file__).parent / "plausible.csv"


WEIGHT: Final = "weight"

SWITCH: Final = "switch."
"""Begins the name of a column of ones: a mechanism was on when the values were found, though the parameter table has it off."""

UNCAPPED: Final = "weight_uncapped"
"""Column that may be there: the weight that a member would have without the cap on the largest ones."""

_WEIGHTS: Final = (WEIGHT, UNCAPPED)


def read_ensemble(path: str | Path | None = None, *, table: ParameterTable | None = None) -> Ensemble:
    """Read an ensemble.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        CSV or Parquet file; the shipped one unless given.
    table : ParameterTable, optional

    Raises
    ------
    BadInput
        When there is no such file, or a cell cannot be used.
    """
    if path is None and (table is None or table is read_table()):
        return _shipped()
    place = Path(path) if path is not None else PLAUSIBLE_FILE
    if not place.is_file():
        hint = "`sustain calibrate` makes one" if path is None else ""
        raise BadInput([Problem(str(place), "there is no such file", "a CSV or Parquet file with a row a member", hint)])
    found, problems = ensemble_of(read_cells(place, str(place)), place.stem, table=table or read_table())
    if problems or found is None:
        raise BadInput(problems)
    return found


def shipped_files(folder: Path = PLAUSIBLE_FILE.parent) -> dict[str, Path]:
    """Every ensemble that ships, by name: files that begin with a column of weights; the one that runs use comes first.

    Parameters
    ----------
    folder : pathlib.Path
        Tables of a calibration may stand beside them.
    """
    found = {}
    for path in sorted(folder.glob("*.csv"), key=lambda one: (one.stem != PLAUSIBLE, one.stem)):
        with path.open(encoding="utf-8") as stream:
            if stream.readline().partition(",")[0].strip() == WEIGHT:
                found[path.stem] = path
    return found


@lru_cache(maxsize=1)
def _shipped() -> Ensemble:
    """The shipped ensemble with the shipped table; read once a process, and not to be written to."""
    found = read_ensemble(PLAUSIBLE_FILE)
    for array in (found.values, found.weights, found.uncapped):
        if array is not None:
            array.flags.writeable = False
    return found


def ensemble_file(folder: Path, file: str) -> Path:
    """File of an ensemble that is named: the shipped one for its name, unless a file has it.

    Parameters
    ----------
    folder : pathlib.Path
        In which the file is looked for.
    file : str
    """
    place = folder / file
    return PLAUSIBLE_FILE if file == PLAUSIBLE and not place.exists() else place


def ensemble_of(cells: Cells, name: str, *, table: ParameterTable) -> tuple[Ensemble | None, list[Problem]]:
    """Ensemble of a table: a column a parameter, a row a member; every cell is filled. Mechanisms that were on are columns too.

    Parameters
    ----------
    cells : Cells
    name : str
        What to call it.
    table : ParameterTable
    """
    cells, turned_on, wrong = _turned_on(cells, table)
    found, problems = _values_of(cells, name, table=table)
    if wrong or found is None:
        return None, once_a_manner([*problems, *wrong])
    return replace(found, turned_on=turned_on), problems


def _turned_on(cells: Cells, table: ParameterTable) -> tuple[Cells, tuple[str, ...], list[Problem]]:
    """Mechanisms that were on, as columns of ones, and the table without them."""
    names: list[str] = []
    problems: list[Problem] = []
    for at, column in enumerate(cells.names):
        if not column.startswith(SWITCH):
            continue
        name = column.removeprefix(SWITCH)
        numbers, wrong = numbers_of(cells, at)
        if name not in table.switches:
            problems.append(unknown(cells.where(column), "switch", name, table.switches, "made by another version of the model"))
        elif wrong or not bool((numbers == 1.0).all()):
            problems.append(Problem(cells.where(column), "is not 1 in every row", "1: every member has the mechanism on"))
        elif not table.switches[name].on:
            names.append(name)
    left = [at for at, column in enumerate(cells.names) if not column.startswith(SWITCH)]
    fewer = replace(cells, names=tuple(cells.names[at] for at in left), columns=tuple(cells.columns[at] for at in left))
    return fewer, tuple(names), problems


def _values_of(cells: Cells, name: str, *, table: ParameterTable) -> tuple[Ensemble | None, list[Problem]]:
    """Values and weights of a table."""
    problems = names_problems(cells)
    parameters, values = [], []
    weights: dict[str, np.ndarray] = {}
    for at, column in enumerate(cells.names):
        if column not in _WEIGHTS and column not in table.parameters:
            hint = (
                GONE.get(column)
                or did_you_mean(column, (*table.parameters, UNCAPPED))
                or "`sustain parameters` lists all of them"
            )
            allowed = f"parameters, {WEIGHT}, {UNCAPPED}"
            problems.append(Problem(cells.where(column), f"unknown parameter '{column}'", allowed, hint))
            continue
        numbers, found = numbers_of(cells, at)
        if not found:
            empty = [
                (int(row), "the cell is empty", "a member has a value for every parameter")
                for row in np.flatnonzero(np.isnan(numbers))
            ]
            found = few_of(empty, cells, column)
        if column in _WEIGHTS:
            light = [(int(row), f"{numbers[row]:g} is no weight", "") for row in np.flatnonzero(numbers <= 0.0)]
            found = found + few_of(light, cells, column, "a number above 0")
            weights[column] = numbers
        else:
            found = found + _outside(column, numbers, cells, table)
            parameters.append(column)
            values.append(numbers)
        problems += found
    if not parameters and not problems:
        problems.append(Problem(cells.file, "holds no parameter", "a column for each parameter that differs between members"))
    if problems:
        return None, once_a_manner(problems)
    scaled = {column: one / one.mean() for column, one in weights.items()}
    even = np.ones(len(cells.lines))
    found_weights, uncapped = scaled.get(WEIGHT, even), scaled.get(UNCAPPED)
    return Ensemble(name, tuple(parameters), np.stack(values, axis=1), found_weights, cells.hash, uncapped=uncapped), []


def _outside(name: str, values: np.ndarray, cells: Cells, table: ParameterTable) -> list[Problem]:
    """Problems of values out of a parameter's bounds."""
    known = table.parameters[name]
    return outside_of(
        values,
        cells,
        name,
        bounds=(known.low, known.high),
        problems_of=lambda value, where: table.check_value(name, value, where),
    )


def about() -> dict[str, Any]:
    """What is known of the shipped ensemble."""
    found: dict[str, Any] = json.loads(PLAUSIBLE_FILE.with_suffix(".json").read_text(encoding="utf-8"))
    return found
