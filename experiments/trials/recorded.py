"""What a bank holds of a service in a month, and the measures that are made of it.

A measure has a truth, whatever an instrument makes of it. Those of shares count members: the posts of a service.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np

from sim.codes import GIVEN_UP, LEADER_VACANT, OPERATING
from sim.columns import Column

SESSIONS_MONTHS: Final = 3
"""Months over which sessions are counted."""

CLOSED_MONTHS: Final = 6
"""Months without a patient who begins, after which a service counts as one that has closed recruitment."""

COLUMNS: Final = (
    Column("delivering", "i2", "posts", "Posts that gave a session within the delivery window."),
    Column("present", "i2", "posts", "Posts that somebody holds."),
    Column("operating", "i1", "0 or 1", "The service gave sessions within the delivery window and has not given up."),
    Column("given_up", "i1", "0 or 1", "The service has given the practice up."),
    Column("kept_going", "i1", "0 or 1", "Started, and never so long without a session that it counts as a gap."),
    Column("vacant", "i1", "0 or 1", "The leader's post is vacant."),
    Column("sessions", "i4", "sessions", "Sessions since the start."),
    Column("started", "i4", "patients", "Patients who began a course, since the start."),
    Column("ended", "i4", "patients", "Courses that ended, since the start: completed, dropped out, lost."),
    Column("fidelity", "f8", "scale 1-5", "Fidelity as a rater without error scores the clinic; undefined without sessions."),
    Column("leadership", "f8", "scale 0-4", "Implementation leadership as practitioners perceive it: mean of four dimensions."),
    Column("climate", "f8", "scale 0-4", "Implementation climate."),
    Column("gain", "f8", "IMR-scale points", "True gain over ended courses, since the start."),
    Column("hours", "f8", "hours", "Hours of support since the start: leaders, supervision, monitoring, covering, training."),
)
"""Of a service after a month."""

_LEADERSHIP: Final = tuple(f"perceived_{one}" for one in ("proactive", "knowledgeable", "supportive", "perseverant"))
_HOURS: Final = tuple(f"hours_{one}" for one in ("leader", "supervision", "monitoring", "covered", "training"))


def recorded(rows: np.ndarray, posts: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of a bank.

    Parameters
    ----------
    rows : numpy.ndarray
        SERVICE_MONTH, shape (services, months).
    posts : numpy.ndarray
        int, shape (services,): posts of each.

    Returns
    -------
    dict of str to numpy.ndarray
        By the names of COLUMNS, shape (services, months), undefined values as NaN.
    """
    fidelity = rows["fidelity_clinic"]
    there = np.zeros(rows.shape)
    for name in _LEADERSHIP:
        there += rows[name]
    found = {
        "delivering": rows["delivering_posts"],
        "present": posts[:, None] - rows["vacant"],
        "operating": rows["use"] == OPERATING,
        "given_up": rows["use"] == GIVEN_UP,
        "kept_going": rows["kept_going"],
        "vacant": rows["leader_type"] == LEADER_VACANT,
        "sessions": np.cumsum(rows["sessions"], axis=1),
        "started": rows["started"],
        "ended": rows["completed"] + rows["dropped_out"] + rows["lost"],
        "fidelity": np.where(fidelity > 0.0, fidelity, np.nan),
        "leadership": there / len(_LEADERSHIP),
        "climate": rows["climate"],
        "gain": rows["benefit_sum"],
        "hours": sum(rows[name] for name in _HOURS),
    }
    return {column.name: np.asarray(found[column.name], column.dtype) for column in COLUMNS}


Series = Mapping[str, np.ndarray]
"""Columns by name, each of shape (..., months) with month 1 first, months from the training."""


def at(series: Series, name: str, month: np.ndarray | int) -> np.ndarray:
    """Values after so many months; f8.

    Parameters
    ----------
    series : mapping
    name : str
    month : int or numpy.ndarray
        From 1, for all, or of shape (...,); 0 gives 0.
    """
    values = series[name]
    if isinstance(month, int):
        return np.asarray(values[..., month - 1], np.float64) if month > 0 else np.zeros(values.shape[:-1])
    place = np.clip(month - 1, 0, values.shape[-1] - 1)
    taken = np.take_along_axis(values, place[..., None], axis=-1)[..., 0].astype(np.float64)
    return np.where(month > 0, taken, 0.0)


def since(series: Series, name: str, month: np.ndarray | int, before: np.ndarray | int) -> np.ndarray:
    """What a running total has grown by from one month to another; f8."""
    return at(series, name, month) - at(series, name, before)


class Measure(NamedTuple):
    """What a trial can be about.

    Attributes
    ----------
    name, title, unit : str
    meaning : str
        One sentence.
    of : callable
        Series, posts of shape (...,), month and month of randomisation to values of shape (...,), f8; NaN where not defined.
    lowest : float
        Value that stands for the worst, where that is asked for.
    members : bool
        A share of the posts of a service, each with yes or no.
    binary : bool
        Yes or no, of a service or of its posts.
    needs : tuple of str
        Columns of the bank.
    """

    name: str
    title: str
    unit: str
    meaning: str
    of: Callable[[Series, np.ndarray, "np.ndarray | int", int], np.ndarray]
    lowest: float
    members: bool
    binary: bool
    needs: tuple[str, ...]


def _plain(name: str) -> Callable[[Series, np.ndarray, "np.ndarray | int", int], np.ndarray]:
    return lambda series, posts, month, start: at(series, name, month)  # noqa: ARG005  # measures have one form


def _delivering(series: Series, posts: np.ndarray, month: "np.ndarray | int", start: int) -> np.ndarray:  # noqa: ARG001
    return at(series, "delivering", month) / posts


def _sessions(series: Series, posts: np.ndarray, month: "np.ndarray | int", start: int) -> np.ndarray:  # noqa: ARG001
    before = np.maximum(month - SESSIONS_MONTHS, 0) if isinstance(month, np.ndarray) else max(month - SESSIONS_MONTHS, 0)
    return since(series, "sessions", month, before) / (SESSIONS_MONTHS * posts)


def _started(series: Series, posts: np.ndarray, month: "np.ndarray | int", start: int) -> np.ndarray:
    return since(series, "started", month, start) / posts


def _gain(series: Series, posts: np.ndarray, month: "np.ndarray | int", start: int) -> np.ndarray:  # noqa: ARG001
    ended = since(series, "ended", month, start)
    gain = since(series, "gain", month, start)
    return np.divide(gain, ended, out=np.full(np.shape(ended), np.nan), where=ended > 0)


MEASURES: Final[dict[str, Measure]] = {
    one.name: one
    for one in (
        Measure(
            "posts_delivering",
            "posts delivering",
            "share 0-1",
            "Share of the posts of a service that gave a session within the delivery window.",
            _delivering,
            0.0,
            True,
            True,
            ("delivering",),
        ),
        Measure(
            "operating",
            "services operating",
            "share 0-1",
            "The service gave sessions within the delivery window and has not given up.",
            _plain("operating"),
            0.0,
            False,
            True,
            ("operating",),
        ),
        Measure(
            "kept_going",
            "services that kept going",
            "share 0-1",
            "The service started and never had nine months without a session.",
            _plain("kept_going"),
            0.0,
            False,
            True,
            ("kept_going",),
        ),
        Measure(
            "given_up",
            "services that have given up",
            "share 0-1",
            "Nobody in the service has intended to go on for three months, or it decided so.",
            _plain("given_up"),
            1.0,
            False,
            True,
            ("given_up",),
        ),
        Measure(
            "fidelity",
            "fidelity",
            "scale 1-5",
            "Fidelity of the clinic as a rater without error scores it.",
            _plain("fidelity"),
            1.0,
            False,
            False,
            ("fidelity",),
        ),
        Measure(
            "leadership",
            "implementation leadership",
            "scale 0-4",
            "Implementation leadership as practitioners perceive it, mean of a service.",
            _plain("leadership"),
            0.0,
            False,
            False,
            ("leadership", "present"),
        ),
        Measure(
            "climate",
            "implementation climate",
            "scale 0-4",
            "Implementation climate of a service.",
            _plain("climate"),
            0.0,
            False,
            False,
            ("climate", "present"),
        ),
        Measure(
            "sessions_per_post",
            "sessions a post and month",
            "sessions/month",
            "Sessions a post and month, over the last three months.",
            _sessions,
            0.0,
            False,
            False,
            ("sessions",),
        ),
        Measure(
            "patients_started",
            "patients a post who began",
            "patients/post",
            "Patients a post who began a course since the randomisation.",
            _started,
            0.0,
            False,
            False,
            ("started",),
        ),
        Measure(
            "patient_gain",
            "gain of a course",
            "IMR-scale points",
            "Mean true gain over the courses that ended since the randomisation.",
            _gain,
            0.0,
            False,
            False,
            ("gain", "ended"),
        ),
    )
}
"""What a trial can be about, by name."""

ALWAYS: Final = ("given_up", "vacant", "started", "delivering", "present")
"""Columns that every study reads: events after randomisation, strata, losses."""
