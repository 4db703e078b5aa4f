"""Survival to the first gap, to giving up, to the first abandonment: Kaplan-Meier from counts, with pointwise bands."""

import math
from typing import Final, NamedTuple

import numpy as np

from sim.codes import ABANDONED, GIVEN_UP
from sim.engine import Batch
from sim.history import first_month

NORMAL_95: Final = 1.959963984540054
"""97.5 % point of the standard normal distribution: pointwise 95 % bands."""


ENDINGS: Final = ("first gap", "given up", "abandoned")
"""What survival runs to, always for the first time; ``abandoned`` is the older reading, either of the two others."""

RISK_MONTHS: Final = (24, 48, 72, 84)
"""Months since the first session for which risks are given, where the horizon lies beyond them: in 84 months nobody is observed
for so long after a first session."""


def endings_of(batch: Batch) -> tuple[np.ndarray, ...]:
    """Whether each ending is there, in the order of ENDINGS: bool, shape (replicates, services, months)."""
    rows = batch.rows
    return rows["in_gap"] == 1, rows["use"] == GIVEN_UP, rows["state"] == ABANDONED


class Survival(NamedTuple):
    """Kaplan-Meier estimate at every whole number of months.

    Attributes
    ----------
    months : numpy.ndarray
        0, 1, ... since the first session, shape (times,).
    at_risk, events : numpy.ndarray
        int64, shape (times,).
    survival, low, high : numpy.ndarray
        Estimate and pointwise 95 % band, shape (times,); NaN where nobody is at risk any more.
    """

    months: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    survival: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Spells:
    """Counts of services by how long they lasted from the first session to the first time of an ending.

    Parameters
    ----------
    services, months : int

    Attributes
    ----------
    events, censored : numpy.ndarray
        int64, shape (services, months + 1): spells of 0, 1, ... months that came to the ending, or were still going.
    first_sessions : numpy.ndarray
        int64, shape (services, months + 1): replicates by month of the first session; place 0: none.
    """

    def __init__(self, services: int, months: int) -> None:
        self.months = months
        self.events = np.zeros((services, months + 1), np.int64)
        self.censored = np.zeros_like(self.events)
        self.first_sessions = np.zeros_like(self.events)

    def add(self, sessions: np.ndarray, ending: np.ndarray, places: slice = slice(None)) -> None:
        """Add replicates: sessions, and whether the ending is there (bool), of shape (replicates, services, months).

        ``places`` says which services they are, unless they are all.
        """
        begun = first_month(sessions > 0)
        ended = first_month(ending)
        happened = ended > 0
        months = np.where(happened, ended, self.months) - begun
        started = begun > 0
        service = np.broadcast_to(np.arange(begun.shape[1]), begun.shape)
        for every, mask, place in (
            (self.events, started & happened, months),
            (self.censored, started & ~happened, months),
            (self.first_sessions, np.ones(begun.shape, bool), begun),
        ):
            counts = every[places]
            flat = np.ravel_multi_index((service[mask], place[mask]), counts.shape)
            np.add(counts, np.bincount(flat, minlength=counts.size).reshape(counts.shape), out=counts)


def kaplan_meier(events: np.ndarray, censored: np.ndarray) -> Survival:
    """Product-limit estimate of survival (Kaplan and Meier 1958) at every month, with its band.

    The band is pointwise, 95 %, by the log-minus-log transformation, which keeps it between 0 and 1.

    Parameters
    ----------
    events, censored : numpy.ndarray
        Counts of spells of 0, 1, ... months, shape (times,).

    Returns
    -------
    Survival
    """
    times = np.arange(len(events))
    at_risk = np.cumsum((events + censored)[::-1])[::-1]
    survival, low, high = (np.full(len(times), np.nan) for _ in range(3))
    if at_risk[0] > 0:
        value, error = _steps(events, censored)
        last = int(np.flatnonzero(at_risk > 0)[-1])
        for time in range(last + 1):
            survival[time] = value[time]
            low[time], high[time] = _band(float(value[time]), float(error[time]))
    return Survival(times, at_risk, events.copy(), survival, low, high)


def _steps(events: np.ndarray, censored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Survival and its standard error (Greenwood) at every time; between events they stay as they are."""
    risk = np.cumsum((events + censored)[::-1])[::-1].astype(float)
    rest = risk - events
    # In statsmodels' order of operations, bit for bit (a test holds both equal): to import it takes longer than the curves.
    ended = np.divide(events, risk, out=np.zeros(len(risk)), where=rest > 0)
    lasting = np.log(1.0 - ended)
    nobody_left = np.cumsum((events > 0) & (rest == 0)) > 0
    value = np.where(nobody_left, 0.0, np.exp(np.cumsum(lasting)))
    variance = np.cumsum(np.divide(events, risk * rest, out=np.zeros(len(risk)), where=rest > 0))
    return value, value * np.sqrt(variance)


def _band(survival: float, error: float) -> tuple[float, float]:
    """Pointwise 95 % band of one point of the curve; the point itself at 0 and 1, where it is not defined."""
    if not 0.0 < survival < 1.0 or not math.isfinite(error):
        return survival, survival
    log = math.log(survival)
    width = math.exp(NORMAL_95 * error / (survival * abs(log)))
    return math.exp(log * width), math.exp(log / width)
