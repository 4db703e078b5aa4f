"""The plausible ensemble as a file: a weight and a value for every free parameter, a row a member."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from experiments.sweeps.cells import read_cells
from experiments.sweeps.study import PLAUSIBLE_FILE
from experiments.sweeps.tables import WEIGHT, ensemble_of
from sim.parameters import ParameterTable, read_table
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem


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
    place = Path(path) if path is not None else PLAUSIBLE_FILE
    if not place.is_file():
        hint = "`sustain calibrate` makes one" if path is None else ""
        raise BadInput([Problem(str(place), "there is no such file", "a CSV or Parquet file with a row a member", hint)])
    found, problems = ensemble_of(read_cells(place, str(place)), place.stem, table=table or read_table())
    if problems or found is None:
        raise BadInput(problems)
    return found


def records(ensemble: Ensemble, base: np.ndarray | None = None, *, table: ParameterTable | None = None) -> np.ndarray:
    """Parameter records of the members, shape (members,).

    Parameters
    ----------
    ensemble : Ensemble
    base : numpy.ndarray, optional
        Record, shape (1,), that holds what the members do not set; the table's unless given.
    table : ParameterTable, optional
    """
    found = np.repeat((table or read_table()).record() if base is None else base, ensemble.members)
    for at, name in enumerate(ensemble.parameters):
        found[name] = ensemble.values[:, at]
    return found


def write_ensemble(
    place: Path, names: tuple[str, ...], values: np.ndarray, weights: np.ndarray, about: Mapping[str, Any]
) -> None:
    """Write an ensemble and, beside it as JSON, what it was made with; each whole or not at all, the CSV last.

    Parameters
    ----------
    place : pathlib.Path
        Of the CSV file.
    names : tuple of str
    values : numpy.ndarray
        f8, shape (members, parameters), of five significant digits.
    weights : numpy.ndarray
        f8, shape (members,).
    about : mapping
        Plain JSON.
    """
    lines = [",".join((WEIGHT, *names))]
    scaled = weights / weights.mean()
    lines += [",".join((f"{weight:.4g}", *(f"{one:.5g}" for one in row))) for weight, row in zip(scaled, values, strict=True)]
    texts = {place.with_suffix(".json"): json.dumps(about, indent=1) + "\n", place: "\n".join(lines) + "\n"}
    for path, text in texts.items():
        half = path.with_name(f".{path.name}.part")
        half.write_text(text, encoding="utf-8")
        half.replace(path)


def effective(weights: np.ndarray) -> float:
    """Effective sample size by Kish: (sum w)^2 / sum w^2.

    Examples
    --------
    >>> effective(np.ones(7)), effective(np.array([1.0, 0.0]))
    (7.0, 1.0)
    """
    return float(weights.sum() ** 2 / np.sum(weights**2))


def medoid(shares: np.ndarray, weights: np.ndarray) -> int:
    """Row whose weighted mean distance to all others, on the scale of the bounds, is smallest.

    Parameters
    ----------
    shares : numpy.ndarray
        f8 in [0, 1], shape (members, parameters).
    weights : numpy.ndarray
        f8, shape (members,).
    """
    square = np.sum(shares**2, axis=1)
    distance = np.sqrt(np.maximum(square[:, None] + square[None, :] - 2.0 * shares @ shares.T, 0.0))
    return int(np.argmin(distance @ weights))


def quantiles(values: np.ndarray, weights: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
    """Weighted quantiles of each column; f8, shape (shares, columns)."""
    found = [
        np.quantile(column, shares, weights=weights, method="inverted_cdf")
        if np.isfinite(column).all()
        else np.full(len(shares), np.nan)
        for column in values.T
    ]
    return np.stack(found, axis=1)
