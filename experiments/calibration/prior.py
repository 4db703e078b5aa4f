"""What is not known before calibration: the free parameters and their prior, uniform between their bounds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import qmc

from sim.parameters import ParameterTable, read_table
from sim.problems import BadInput, Problem

DEFINITIONS: Final = (
    "months_delivery_window",
    "fidelity_high",
    "share_posts_sustained",
    "months_without_session",
    "months_without_anybody",
    "months_never_started",
)
"""Parameters that define outcomes: nothing that was observed can tell how we choose to count."""


@dataclass(frozen=True)
class Prior:
    """Independent uniform distributions of the free parameters; the others stay at the table's values.

    Attributes
    ----------
    names : tuple of str
        In the order of the table.
    low, high : numpy.ndarray
        f8, shape (parameters,), each in its parameter's unit.
    table : ParameterTable
    """

    names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    table: ParameterTable

    @property
    def start(self) -> np.ndarray:
        """The table's values; f8, shape (parameters,)."""
        return np.array([self.table.parameters[name].value for name in self.names])

    def values(self, shares: np.ndarray) -> np.ndarray:
        """Give the values at shares of the way from low to high, rounded to five digits as an ensemble keeps them.

        Parameters
        ----------
        shares : numpy.ndarray
            f8 in [0, 1], shape (vectors, parameters).
        """
        raw = self.low + shares * (self.high - self.low)
        return np.clip(rounded(raw), self.low, self.high)

    def shares(self, values: np.ndarray) -> np.ndarray:
        """Give the shares of the way from low to high, the reverse of ``values``."""
        return (values - self.low) / (self.high - self.low)

    def draws(self, count: int, seed: int | Iterable[int]) -> np.ndarray:
        """Latin hypercube of vectors; f8, shape (count, parameters)."""
        rng = np.random.default_rng(seed if isinstance(seed, int) else list(seed))
        return self.values(qmc.LatinHypercube(len(self.names), rng=rng).random(count))

    def records(self, values: np.ndarray) -> np.ndarray:
        """Parameter records with these values; structured, shape (vectors,)."""
        found = np.repeat(self.table.record(), len(values))
        for at, name in enumerate(self.names):
            found[name] = values[:, at]
        return found


def rounded(values: np.ndarray, digits: int = 5) -> np.ndarray:
    """Round to so many significant digits, so that a text file holds the very number that was run."""
    size = np.floor(np.log10(np.abs(values), out=np.zeros_like(values), where=values != 0.0))
    scale = 10.0 ** (digits - 1 - size)
    return np.round(values * scale) / scale


def prior_of(table: ParameterTable | None = None, *, fixed: Iterable[str] = ()) -> Prior:
    """Give the prior of a table.

    Free is every parameter that is an assumption or was calibrated before, but for the definitions of outcomes. What a
    source gives as a number (status *evidence*) stays as published: it is not for this study's patterns to correct it.

    Parameters
    ----------
    table : ParameterTable, optional
        The shipped one unless given.
    fixed : iterable of str
        Parameters to leave at the table's values beside those.

    Raises
    ------
    BadInput
        When a parameter does not exist, or none is left free.
    """
    table = table or read_table()
    kept = tuple(fixed)
    problems = [one for name in kept if name not in table.parameters for one in table.check_value(name, 0.0, "fixed")]
    held = {*DEFINITIONS, *kept}
    free = [one for name, one in table.parameters.items() if one.status != "evidence" and name not in held]
    if not free:
        problems.append(Problem("fixed", "leaves no parameter free", "at least one that is not evidence", ""))
    if problems:
        raise BadInput(problems)
    low, high = (np.array([getattr(one, side) for one in free]) for side in ("low", "high"))
    return Prior(tuple(one.name for one in free), low, high, table)
