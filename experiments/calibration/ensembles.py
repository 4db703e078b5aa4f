"""The plausible ensemble as a file: a weight and a value for every free parameter, a row a member."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.sweeps.cells import read_cells
from experiments.sweeps.study import PLAUSIBLE_FILE
from experiments.sweeps.tables import WEIGHT, ensemble_of
from sim.parameters import ParameterTable, read_table
from sim.parameters.ensemble import Ensemble
from sim.problems import BadInput, Problem
from sim.store.folder import write_text_whole

_AT_A_TIME: Final = 256
"""Members of an ensemble whose distances to all others are held at once."""


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
        write_text_whole(path, text)


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
    from scipy.spatial.distance import cdist

    starts = range(0, len(shares), _AT_A_TIME)
    return int(np.argmin(np.concatenate([cdist(shares[at : at + _AT_A_TIME], shares) @ weights for at in starts])))


def quantiles(values: np.ndarray, weights: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
    """Weighted quantiles of each column; f8, shape (shares, columns)."""
    found = [
        np.quantile(column, shares, weights=weights, method="inverted_cdf")
        if np.isfinite(column).all()
        else np.full(len(shares), np.nan)
        for column in values.T
    ]
    return np.stack(found, axis=1)
