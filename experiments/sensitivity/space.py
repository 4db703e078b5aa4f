"""What is varied: parameters with their bounds, and the values at which the others stand."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from experiments.worlds import ensembles
from sim.ensembles import ensemble_file, ensemble_of
from sim.ensembles.cells import Cells, numbers_of, read_cells
from sim.parameters import STATE_DEFINITIONS, ParameterTable
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem, did_you_mean

COLUMNS: Final = ("parameter", "low", "high")

DUMMY: Final = "dummy"
"""Name of the parameter that the model is not given."""


@dataclass(frozen=True, eq=False)
class Space:
    """Parameters and their bounds.

    Attributes
    ----------
    names : tuple of str
    low, high : numpy.ndarray
        f8, shape (parameters,), each in its parameter's unit; low < high.
    units : tuple of str
    """

    names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    units: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def only(self, names: Sequence[str]) -> "Space":
        """Space of some of the parameters, in the order given.

        Parameters
        ----------
        names : sequence of str
        """
        at = [self.names.index(name) for name in names]
        units = tuple(self.units[one] for one in at) if self.units else ()
        return Space(tuple(names), self.low[at], self.high[at], units)


def space_of(
    table: ParameterTable, *, definitions: bool = False, held: Collection[str] = (), on: Sequence[Collection[str]] = ()
) -> Space:
    """Space of the whole table, but for what does nothing in any scenario, since a mechanism is off or has taken its place.

    Parameters
    ----------
    table : ParameterTable
    definitions : bool
        Whether the parameters that define outcomes are varied too.
    held : collection of str
        Parameters that a scenario sets: they are what the scenario is about.
    on : sequence of collection of str
        Mechanisms that are on, of each scenario; none is a scenario that has them as the table does.
    """
    left_out = {*held, *(() if definitions else STATE_DEFINITIONS)}
    everywhere = on or (table.switched_on(),)
    left_out |= {name for name in table.parameters if not any(table.acts_with(name, each) for each in everywhere)}
    varied = [one for one in table.parameters.values() if one.low < one.high and one.name not in left_out]
    return Space(
        tuple(one.name for one in varied),
        np.array([one.low for one in varied]),
        np.array([one.high for one in varied]),
        tuple(one.unit for one in varied),
    )


def narrowed(space: Space, path: Path, *, table: ParameterTable, held: Collection[str] = ()) -> Space:
    """Space with the bounds of a file in place of the table's, for the parameters that the file lists.

    Parameters
    ----------
    space : Space
    path : pathlib.Path
        CSV or Parquet with the columns ``parameter``, ``low`` and ``high``.
    table : ParameterTable
    held : collection of str
        As for :func:`space_of`.

    Raises
    ------
    BadInput
        With every problem of the file.
    """
    cells = read_cells(path, "--bounds")
    problems = _wrong_columns(cells)
    if problems:
        raise BadInput(problems)
    names = [str(one) for one in cells.columns[cells.names.index("parameter")]]
    ends = {}
    for end in ("low", "high"):
        ends[end], found = numbers_of(cells, cells.names.index(end))
        problems += found
    for row, name in enumerate(names):
        known = _wrong_name(name, names[:row], space, table, held, cells.where("parameter", row))
        problems += known or _wrong_bounds(name, ends["low"][row], ends["high"][row], table, cells, row)
    if not names:
        problems.append(Problem(cells.file, "holds no rows", "a row below the header"))
    if problems:
        raise BadInput(list(dict.fromkeys(problems)))
    low, high = space.low.copy(), space.high.copy()
    places = [space.names.index(name) for name in names]
    low[places], high[places] = ends["low"], ends["high"]
    return Space(space.names, low, high, space.units)


def _wrong_columns(cells: Cells) -> list[Problem]:
    allowed = ", ".join(COLUMNS)
    problems = [
        Problem(cells.where(name), f"unknown column '{name}'", allowed, did_you_mean(name, COLUMNS))
        for name in cells.names
        if name not in COLUMNS
    ]
    twice = [name for name in COLUMNS if cells.names.count(name) > 1]
    problems += [Problem(cells.where(name), f"column '{name}' stands more than once", "every column once") for name in twice]
    missing = [name for name in COLUMNS if name not in cells.names]
    return problems + [Problem(cells.file, f"has no column '{name}'", allowed) for name in missing]


def _wrong_name(
    name: str, before: Sequence[str], space: Space, table: ParameterTable, held: Collection[str], where: str
) -> list[Problem]:
    if name in before:
        return [Problem(where, f"'{name}' stands twice", "every parameter once", "delete one of the two")]
    if name in space.names:
        return []
    if name not in table.parameters:
        return table.check_value(name, 0.0, where)  # names the nearest one that there is
    why, hint = "has no width in the table", "delete the row"
    if name in held:
        why = "is set by a scenario"
    elif name in STATE_DEFINITIONS:
        why, hint = "defines an outcome", "add --definitions, or delete the row"
    return [Problem(where, f"'{name}' {why} and is not varied", "parameters that are varied", hint)]


def _wrong_bounds(name: str, low: float, high: float, table: ParameterTable, cells: Cells, row: int) -> list[Problem]:
    problems: list[Problem] = []
    for end, value in (("low", low), ("high", high)):
        where = cells.where(end, row)
        if np.isnan(value):
            problems.append(Problem(where, "no number", f"a number for the {end} bound of {name}"))
        else:
            problems += table.check_value(name, float(value), where)
    if not problems and low >= high:
        what = f"low ({low:g}) is not below high ({high:g})"
        problems.append(Problem(cells.where("low", row), what, "low < high", "leave the parameter's row out to use the table's"))
    return problems


def read_ensemble(path: Path, *, table: ParameterTable) -> Ensemble:
    """Ensemble of a file: a row a member, a column a parameter.

    Parameters
    ----------
    path : pathlib.Path
        A file, or the word *plausible* for the shipped ensemble.
    table : ParameterTable

    Raises
    ------
    BadInput
        With every problem of the file.
    """
    path = ensemble_file(Path(), str(path))
    ensemble, problems = ensemble_of(read_cells(path, "--ensemble"), path.stem, table=table)
    if ensemble is None:
        raise BadInput(problems)
    return ensemble


def medoid(ensemble: Ensemble, table: ParameterTable) -> tuple[int, dict[str, float]]:
    """Member of an ensemble that lies nearest to all others: one that is plausible as a whole, as a mean need not be.

    Parameters
    ----------
    ensemble : Ensemble
    table : ParameterTable
        Distances are Euclidean over values in shares of the table's bounds; members count by their weights.

    Returns
    -------
    row : int
        Place of the member, from 0; the first of several.
    values : dict of str to float
        Its value of each parameter, in the parameter's unit.
    """
    known = [table.parameters[name] for name in ensemble.parameters]
    low, high = (np.array([getattr(one, end) for one in known]) for end in ("low", "high"))
    width = np.where(high > low, high - low, 1.0)
    row = ensembles.medoid((ensemble.values - low) / width, ensemble.weights)
    return row, dict(zip(ensemble.parameters, ensemble.values[row].tolist(), strict=True))
