"""Shares of services and the spread of fidelity, added up batch by batch, without tables."""

from typing import Final, NamedTuple

import numpy as np

from sim.codes import GIVEN_UP, OPERATING, SILENT
from sim.engine import Batch
from sim.history import STATES

MEASURES: Final = (*STATES, "operating", "silent", "given_up", "kept_going", "high_every_look")
"""What services are counted by, each at the observation of a month."""

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)

_USED: Final = (OPERATING, SILENT, GIVEN_UP)


class Picture(NamedTuple):
    """What so many replicates show.

    Attributes
    ----------
    replicates : int
    shares : numpy.ndarray
        f8, shape (units, months, MEASURES): mean share of services. Unit 0 is all services together, the
        others are the services.
    errors : numpy.ndarray
        f8, same shape: Monte Carlo standard error; NaN for a single replicate, and where nothing differed there may be an error
        that was not seen: 0 is no bound.
    fidelity : numpy.ndarray
        f8, shape (quantiles, months): QUANTILES of the replicates' mean fidelity of services that deliver; NaN where none does.
    """

    replicates: int
    shares: np.ndarray
    errors: np.ndarray
    fidelity: np.ndarray

    def share(self, measure: str, *, unit: int = 0) -> np.ndarray:
        """Share of services by month, f8, shape (months,).

        Parameters
        ----------
        measure : str
            One of MEASURES.
        unit : int
        """
        return np.asarray(self.shares[unit, :, MEASURES.index(measure)])


def flags_of(rows: np.ndarray) -> np.ndarray:
    """Which measures hold; bool, shape (replicates, services, months, MEASURES).

    Parameters
    ----------
    rows : numpy.ndarray
        SERVICE_MONTH, shape (replicates, services, months).
    """
    flags = np.empty((*rows.shape, len(MEASURES)), bool)
    state, use = np.ascontiguousarray(rows["state"]), np.ascontiguousarray(rows["use"])
    for code in range(len(STATES)):
        np.equal(state, code, out=flags[..., code])
    for at, code in enumerate(_USED, start=len(STATES)):
        np.equal(use, code, out=flags[..., at])
    np.equal(rows["kept_going"], 1, out=flags[..., -2])
    np.equal(rows["high_every_look"], 1, out=flags[..., -1])
    return flags


class Shares:
    """Sums over replicates, from which means and their errors follow at any time.

    Parameters
    ----------
    services, months : int
    """

    def __init__(self, services: int, months: int) -> None:
        self.replicates = 0
        self.sums = np.zeros((services + 1, months, len(MEASURES)))
        self.squares = np.zeros_like(self.sums)
        self._fidelity: list[np.ndarray] = []

    def add(self, batch: Batch) -> np.ndarray:
        """Add a batch; gives its flags, as :func:`flags_of` does."""
        flags = flags_of(batch.rows)
        self._add_numbers(flags.sum(axis=0), flags.sum(axis=0), flags.mean(axis=1))
        fidelity = np.ascontiguousarray(batch.rows["fidelity"])
        there = (fidelity > 0.0).sum(axis=1)
        with np.errstate(invalid="ignore"):
            self._fidelity.append(fidelity.sum(axis=1) / np.where(there > 0, there, np.nan))
        return flags

    def add_differences(self, first: np.ndarray, second: np.ndarray) -> None:
        """Add the differences of two batches with the same luck, given by their flags: second less first."""
        either = (first ^ second).sum(axis=0)
        self._add_numbers(second.sum(axis=0) - first.sum(axis=0), either, second.mean(axis=1) - first.mean(axis=1))

    def _add_numbers(self, sums: np.ndarray, squares: np.ndarray, region: np.ndarray) -> None:
        """Sums and sums of squares of services, shape (services, months, measures); the region's number by replicate."""
        self.replicates += len(region)
        self.sums[1:] += sums
        self.squares[1:] += squares
        self.sums[0] += region.sum(axis=0)
        self.squares[0] += (region**2).sum(axis=0)

    def merge(self, other: "Shares") -> None:
        """Add what another one has: of replicates that come after these."""
        self.replicates += other.replicates
        self.sums += other.sums
        self.squares += other.squares
        self._fidelity += other._fidelity

    def picture(self, *, fidelity: bool = True) -> Picture:
        """What was added so far.

        Parameters
        ----------
        fidelity : bool
            Whether its spread is wanted; NaN if not.
        """
        count = self.replicates
        mean = self.sums / max(1, count)
        with np.errstate(invalid="ignore", divide="ignore"):
            variance = np.maximum(self.squares / count - mean**2, 0.0) * np.float64(count) / np.float64(count - 1)
            errors = np.sqrt(variance / count)
        if count < 2:
            errors = np.full_like(mean, np.nan)
        ribbon = self._ribbon() if fidelity else np.full((len(QUANTILES), self.sums.shape[1]), np.nan)
        return Picture(count, mean, errors, ribbon)

    def _ribbon(self) -> np.ndarray:
        if not self._fidelity:
            return np.full((len(QUANTILES), self.sums.shape[1]), np.nan)
        seen = np.concatenate(self._fidelity)
        ribbon = np.full((len(QUANTILES), seen.shape[1]), np.nan)
        for month, column in enumerate(seen.T):
            there = column[~np.isnan(column)]
            if len(there):
                ribbon[:, month] = np.quantile(there, QUANTILES)
        return ribbon
