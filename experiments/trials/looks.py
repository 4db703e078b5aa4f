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
    undefined : numpy.ndarray
        bool, same shape: there is nothing to be measured.
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
    undefined: np.ndarray
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
        asked, first = study.file.estimand, first_events(study, bank)
        self.events = {name: first[name] for name in first if getattr(asked, name) != "treatment_policy"}

    def __call__(self, month: int) -> Look:
        """Look at a month.

        Parameters
        ----------
        month : int
            Months after the randomisation.
        """
        found = self._found.get(month)
        if found is None:
            found = self._found[month] = self._look(month)
        return found

    def forget(self) -> None:
        """Give back the room of all looks; each is worked out again when it is asked for."""
        self._found.clear()

    def _look(self, month: int) -> Look:
        study, columns, measure = self.study, self.bank.columns, self.study.measure
        end = study.start + month
        read: np.ndarray | int = end
        worst = np.zeros(self.bank.shape[:3], bool)
        for name, first in self.events.items():
            strategy = getattr(study.file.estimand, name)
            if strategy == "while_before":
                read = np.maximum(np.minimum(read, first - 1), min(study.start, end))
            elif strategy == "composite":
                worst |= first <= end
        truth = measure.of(columns, self.bank.posts, read, study.start)
        undefined = np.isnan(truth)
        if study.file.estimand.no_sessions == "lowest":
            truth = np.where(undefined, measure.lowest, truth)
        return Look(
            month,
            np.where(worst, measure.lowest, truth),
            worst,
            undefined,
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


def first_events(study: Study, bank: Bank) -> dict[str, np.ndarray]:
    """First month, from the training, in which each kind of event sets in after the randomisation; NEVER where it does not.

    What was so at the randomisation already is no event of the trial: those services are randomised as they are. It is one when
    it sets in again.

    Returns
    -------
    dict of str to numpy.ndarray
        By the key of the study file; int, shape (conditions, worlds, services).
    """
    columns, start = bank.columns, study.start
    return {
        "service_gives_up": _onset(columns["given_up"] == 1, start),
        "leader_leaves": _onset(columns["vacant"] == 1, start),
        "closes_recruitment": _closing(columns["started"], start),
    }


def _onset(so: np.ndarray, start: int) -> np.ndarray:
    """First month after the start that is so while the one before was not; months are the last axis."""
    sets_in = so[..., start:] & ~so[..., start - 1 : -1]
    return np.where(sets_in.any(axis=-1), sets_in.argmax(axis=-1) + start + 1, NEVER)


def _closing(started: np.ndarray, start: int) -> np.ndarray:
    """First month by which no patient has begun for CLOSED_MONTHS months, all of them after the start.

    A service that had been closed for as long at the start is not counted.
    """
    months = started.shape[-1]
    if months < start + CLOSED_MONTHS:
        return np.full(started.shape[:-1], NEVER)
    later = started[..., start + CLOSED_MONTHS - 1 :] == started[..., start - 1 : months - CLOSED_MONTHS]
    first = np.where(later.any(axis=-1), later.argmax(axis=-1) + start + CLOSED_MONTHS, NEVER)
    before = start - CLOSED_MONTHS
    already = started[..., start - 1] == (started[..., before - 1] if before > 0 else 0)
    return np.where(already, NEVER, first)
