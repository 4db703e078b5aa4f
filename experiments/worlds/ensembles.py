"""An ensemble written to a file, and what is computed from its weights."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from sim.ensembles import UNCAPPED, WEIGHT
from sim.store.folder import write_text_whole

_AT_A_TIME: Final = 256
"""Members of an ensemble whose distances to all others are held at once."""


def write_ensemble(
    place: Path,
    names: tuple[str, ...],
    values: np.ndarray,
    weights: np.ndarray,
    about: Mapping[str, Any],
    *,
    uncapped: np.ndarray | None = None,
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
    uncapped : numpy.ndarray, optional
        f8, shape (members,): what the weights would be without a cap.
    """
    columns = {WEIGHT: weights} if uncapped is None else {WEIGHT: weights, UNCAPPED: uncapped}
    heavy = np.stack([one / one.mean() for one in columns.values()], axis=1)
    lines = [",".join((*columns, *names))]
    lines += [
        ",".join((*(f"{weight:.4g}" for weight in mine), *(f"{one:.5g}" for one in row)))
        for mine, row in zip(heavy, values, strict=True)
    ]
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
