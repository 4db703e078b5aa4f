"""Instruments for an emulated patient trial: attendance, dropout, change as rated, retest. They need every patient, so a trace.

Errors of a rating scale are no part of the model: they are drawn here, for each replicate from the runs' seed and the
replicate's number, so that no value depends on how replicates are put into batches.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from experiments.patterns.seen import Seen
from experiments.patterns.statistics import correlation_where, first_of, mean_where, ratio, spread_where
from sim.codes import BY_SHIFT, COMPLETED, DROPPED_OUT, IN_COURSE, WITHDREW_BEFORE_START
from sim.rules import progress_seen, progress_shifted
from sim.state import SLOTS

ENROLLED_BY: Final = 6
"""Months within which a patient of the trial has to begin."""

ERROR_CLIENT: Final = 0.18
"""Standard error of measurement of the client version (X11), IMR-scale points."""

ERROR_CLINICIAN: Final = 0.16
"""The same of the clinician version."""

SHARE_COMPLETER: Final = 0.7
"""Attendance above which the pilot called somebody a completer (P3)."""

CLIENTS: Final = 33
CLINICIANS: Final = 36
RETESTED: Final = 111

_DRAWS: Final = 4
_STREAM: Final = 0x5043_4F48  # apart from any other use of the seed


class Courses(NamedTuple):
    """Courses of the trial; arrays of shape (n, months x slots), one cell for the month in which a course ends or is lost.

    Attributes
    ----------
    there : numpy.ndarray
        bool: a course of the trial ends here; all else counts only where it does.
    ended, attended, offered : numpy.ndarray
    recovery, start : numpy.ndarray
        True score at the end and at the start, IMR scale.
    withdrew : numpy.ndarray
        int64, shape (n,): patients who agreed and withdrew before a course.
    """

    there: np.ndarray
    ended: np.ndarray
    attended: np.ndarray
    offered: np.ndarray
    recovery: np.ndarray
    start: np.ndarray
    withdrew: np.ndarray


def courses(seen: Seen) -> Courses:
    """Courses that began within the enrolment of the trial, from the trace of the patients."""
    return seen.once("courses", lambda: _courses(seen))


def _courses(seen: Seen) -> Courses:
    if seen.traces is None:
        raise ValueError("courses need a trace")
    patients = seen.traces.patients  # (n, months, slots)
    ended, person = patients["ended"], patients["person"]
    active = (patients["state"] == IN_COURSE) | (ended == COMPLETED) | (ended == DROPPED_OUT)
    goes_on = np.zeros(active.shape, bool)
    goes_on[:, :-1] = active[:, 1:] & (person[:, 1:] == person[:, :-1])
    month = np.arange(1, active.shape[1] + 1)[None, :, None]
    began = month - patients["months"] + 1
    there = active & ~goes_on & (began <= ENROLLED_BY)
    withdrew = ((ended == WITHDREW_BEFORE_START) & (month <= ENROLLED_BY)).sum(axis=(1, 2))

    def flat(values: np.ndarray) -> np.ndarray:
        return values.reshape(len(values), -1)

    return Courses(
        flat(there),
        flat(ended),
        flat(patients["sessions_attended"]),
        flat(patients["sessions_offered"]),
        flat(patients["recovery"]),
        flat(patients["recovery_start"]),
        withdrew,
    )


def _agreed(found: Courses) -> np.ndarray:
    return np.asarray(found.there.sum(axis=1) + found.withdrew)


def never_came(seen: Seen) -> np.ndarray:
    """Share of those who agreed who came to no session; who withdrew before the course is among them."""
    found = courses(seen)
    return ratio((found.there & (found.attended == 0)).sum(axis=1) + found.withdrew, _agreed(found))


def came_to_half(seen: Seen) -> np.ndarray:
    """Share of those who agreed who came to half: of what was offered if they completed, else of a full course."""
    found = courses(seen)
    full = np.broadcast_to(seen.parameter("sessions_course"), found.offered.shape)
    needed = np.where(found.ended == COMPLETED, np.minimum(found.offered, full), full)
    return ratio((found.there & (2 * found.attended >= needed)).sum(axis=1), _agreed(found))


def dropped_out(seen: Seen) -> np.ndarray:
    """Share of the courses begun that ended in dropout."""
    found = courses(seen)
    return mean_where(found.ended == DROPPED_OUT, found.there)


def _completers(found: Courses) -> np.ndarray:
    return found.there & (found.ended == COMPLETED) & (found.attended > SHARE_COMPLETER * found.offered)


def errors(seen: Seen) -> np.ndarray:
    """Standard normal errors of ratings, addressed by seed and replicate; shape (n, 4, patients at most)."""
    return seen.once("errors", lambda: _errors(seen))


def _errors(seen: Seen) -> np.ndarray:
    shape = (_DRAWS, len(seen.plan.posts) * SLOTS)
    generators = (np.random.default_rng([_STREAM, seen.seed, one]) for one in seen.batch.replicates.tolist())
    return np.stack([one.standard_normal(shape) for one in generators])


def _error(seen: Seen, which: int, chosen: np.ndarray) -> np.ndarray:
    """Error of a rating of each chosen patient: the j-th chosen of a replicate has the j-th draw."""
    drawn = errors(seen)[:, which]
    order = np.minimum(np.maximum(np.cumsum(chosen, axis=1) - 1, 0), drawn.shape[1] - 1)
    return np.take_along_axis(drawn, order, axis=1)


def _change(seen: Seen, *, clinician: bool) -> tuple[np.ndarray, np.ndarray]:
    """Change of the first completers as rated, and who they are."""
    found = courses(seen)
    chosen = first_of(_completers(found), CLINICIANS if clinician else CLIENTS)
    noise = np.sqrt(2.0) * (ERROR_CLINICIAN if clinician else ERROR_CLIENT) * _error(seen, int(clinician), chosen)
    change = found.recovery - found.start
    if not clinician:
        return change + noise, chosen
    rosy = seen.parameter("ratio_rosy")
    # of a full course, at the mean inclination to attend of those who come, as in ``practitioner_sees``
    gained = seen.parameter("gain_course") * 0.5 * (1.0 + seen.parameter("attendance_low"))
    shifted: Any = progress_shifted(change, rosy, 0.0, gained, noise)  # type: ignore[arg-type]  # of arrays
    enlarged: Any = progress_seen(change, rosy, 0.0, noise)  # type: ignore[arg-type]
    return np.where(seen.parameter("form_rosy") == BY_SHIFT, shifted, enlarged), chosen


def change_client(seen: Seen) -> np.ndarray:
    """Mean change that completers report."""
    return mean_where(*_change(seen, clinician=False))


def change_clinician(seen: Seen) -> np.ndarray:
    """Mean change that clinicians see in completers: true change through the rosy view."""
    return mean_where(*_change(seen, clinician=True))


def spread_client(seen: Seen) -> np.ndarray:
    """Standard deviation of the change that completers report."""
    return spread_where(*_change(seen, clinician=False))


def spread_clinician(seen: Seen) -> np.ndarray:
    """Standard deviation of the change that clinicians see."""
    return spread_where(*_change(seen, clinician=True))


def effect_of_all(seen: Seen) -> np.ndarray:
    """Mean true gain over all who agreed, in standard deviations of the true score at the start."""
    found = courses(seen)
    total = np.where(found.there, found.recovery - found.start, 0.0).sum(axis=1)
    return ratio(ratio(total, _agreed(found)), spread_where(found.start, found.there))


def retest_clinician(seen: Seen) -> np.ndarray:
    """Correlation of two ratings of a state that has not changed.

    The model gives the error of a quarterly look on the scale of a course; on the scale of the score it is smaller by the
    share of a course in a quarter, and a look is the difference of two ratings.
    """
    found = courses(seen)
    chosen = first_of(found.there, RETESTED)
    quarter = 3.0 * seen.parameter("sessions_month") / seen.parameter("sessions_course")
    error = seen.parameter("noise_seen") * quarter / np.sqrt(2.0)
    first, second = (found.start + error * _error(seen, which, chosen) for which in (2, 3))
    return correlation_where(first, second, chosen)


INSTRUMENTS: Final[dict[str, Callable[[Seen], np.ndarray]]] = {
    one.__name__: one
    for one in (
        never_came,
        came_to_half,
        dropped_out,
        change_client,
        change_clinician,
        spread_client,
        spread_clinician,
        effect_of_all,
        retest_clinician,
    )
}
