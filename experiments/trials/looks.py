"""What is so in a month of a trial, for every service of the bank under every condition: the truth that instruments look at.

After ICH E9(R1), what happens to a service after the randomisation (an intercurrent event) is dealt with by the strategy that the
estimand names: *treatment policy* takes what is so whatever happened, *composite* lets the event count as the worst value, *while
before* takes what was so in the month before the event.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.trials.bank import Bank
from experiments.trials.reading import Study
from experiments.trials.recorded import CLOSED_MONTHS, SESSIONS_MONTHS, Series, at, since

NEVER: Final = 10**6


@dataclass(frozen=True, eq=False)
class Look:
    """One month of a trial.

    Attributes
    ----------
    month : int
        Months after the randomisation; 0 is the month before anything begins.
    truth : numpy.ndarray
        f8, shape (conditions, worlds, services): the measure, with the estimand's strategies; NaN where it is not defined.
    worst : numpy.ndarray
        bool, same shape: an event counts as the worst value.
    lost : numpy.ndarray
        f8, same shape: chance that the service has left the study by then.
    delivering, present : numpy.ndarray
        f8, same shape: posts.
    counts : dict of str to numpy.ndarray
        f8, same shape: further numbers that instruments look at, those that the study reads: ``fidelity``, ``leadership``,
        ``climate``, ``sessions``, ``ended``, ``gain``.
    """

    month: int
    truth: np.ndarray
    worst: np.ndarray
    lost: np.ndarray
    delivering: np.ndarray
    present: np.ndarray
    counts: dict[str, np.ndarray]


class Looks:
    """Months of a trial, each worked out once.

    Parameters
    ----------
    study : Study
    bank : Bank
    """

    def __init__(self, study: Study, bank: Bank) -> None:
        self.study, self.bank = study, bank
        self._found: dict[int, Look] = {}
        self._events = _first_events(study, bank)

    def __call__(self, month: int) -> Look:
        """Look at a month.

        Parameters
        ----------
        month : int
            Months after the randomisation.
        """
        if month not in self._found:
            self._found[month] = self._look(month)
        return self._found[month]

    def _look(self, month: int) -> Look:
        study, columns, measure = self.study, self.bank.columns, self.study.measure
        end = study.start + month
        read: np.ndarray | int = end
        worst = np.zeros(self.bank.shape[:3], bool)
        for strategy, first in self._events:
            if strategy == "while_before":
                read = np.maximum(np.minimum(read, first - 1), min(study.start, end))
            elif strategy == "composite":
                worst |= first <= end
        truth = measure.of(columns, self.bank.posts, read, study.start)
        if study.file.estimand.no_sessions == "lowest":
            truth = np.where(np.isnan(truth), measure.lowest, truth)
        return Look(
            month,
            np.where(worst, measure.lowest, truth),
            worst,
            _lost(study, columns, month),
            at(columns, "delivering", read),
            at(columns, "present", read),
            _counts(columns, read, study.start),
        )


def _counts(columns: Series, read: np.ndarray | int, start: int) -> dict[str, np.ndarray]:
    found = {name: at(columns, name, read) for name in ("fidelity", "leadership", "climate") if name in columns}
    if "sessions" in columns:
        before = np.maximum(np.asarray(read) - SESSIONS_MONTHS, 0)
        found["sessions"] = since(columns, "sessions", read, before if before.ndim else int(before))
    if "gain" in columns:
        found |= {name: since(columns, name, read, start) for name in ("gain", "ended")}
    return found


def _lost(study: Study, columns: Series, month: int) -> np.ndarray:
    """Chance to have left the study, from a constant rate a month in each of two states."""
    loss = study.file.loss
    given_up = np.asarray(columns["given_up"][..., study.start : study.start + month].sum(axis=-1), np.float64)
    stay = (1.0 - loss.services_a_year) ** ((month - given_up) / 12.0) * (1.0 - loss.given_up_a_year) ** (given_up / 12.0)
    return np.asarray(1.0 - stay)


def _first_events(study: Study, bank: Bank) -> list[tuple[str, np.ndarray]]:
    """Strategy and first month, from the training, of every kind of event that is not let be; NEVER where it does not happen.

    Events before the randomisation do not count: those services are randomised as they are.
    """
    asked, columns = study.file.estimand, bank.columns
    found: list[tuple[str, np.ndarray]] = []
    for strategy, happens in (
        (asked.service_gives_up, lambda: columns["given_up"] == 1),
        (asked.leader_leaves, lambda: columns["vacant"] == 1),
        (asked.closes_recruitment, lambda: _closed(columns["started"])),
    ):
        if strategy != "treatment_policy":
            after = happens()[..., study.start :]
            first = np.where(after.any(axis=-1), after.argmax(axis=-1) + study.start + 1, NEVER)
            found.append((strategy, first))
    return found


def _closed(started: np.ndarray) -> np.ndarray:
    """Whether no patient has begun for CLOSED_MONTHS months; bool, the shape of the column."""
    found = np.zeros(started.shape, bool)
    found[..., CLOSED_MONTHS:] = started[..., CLOSED_MONTHS:] == started[..., :-CLOSED_MONTHS]
    return found
