"""Instruments for what the second version of the model has to meet: turnover, no support, parts, leadership nobody works on."""

from collections.abc import Callable
from typing import Final

import numpy as np

from experiments.patterns.seen import Seen
from experiments.patterns.statistics import correlation_where, mean_where
from experiments.patterns.trials import CLIMATE_MONTHS
from sim.codes import LEADER_VACANT

DIMENSIONS: Final = ("proactive", "knowledgeable", "supportive", "perseverant")
"""Of implementation leadership, each rated from 0 to 4; the scale is their mean."""

PROVIDES: Final = 12
"""Month at which units without support are looked at."""

ENDED: Final = 12
LATER: Final = 36
"""Months at which support had ended, and two years after."""

LAST: Final = 57

# ------------------------------------------------------------------------------------------------- turnover and fidelity


def _with_turnover(seen: Seen, year: int) -> np.ndarray:
    """Correlation over teams of a year's turnover with the clinic's fidelity at its end.

    A rater scores the clinic: posts that do not deliver count against its structure. Who gives nothing has no score, and is not
    among the teams that were followed.
    """
    last = 12 * year
    before, after = (seen.services("leavers", month) for month in (last - 11, last + 1))  # a row counts who left before it
    turnover = (after - before) / seen.plan.services["posts"]
    scores = seen.services("fidelity_clinic", last)
    return correlation_where(turnover, scores, scores > 0)


def turnover_with_fidelity_1(seen: Seen) -> np.ndarray:
    """Correlation of turnover in the first year with the clinic's fidelity at its end."""
    return _with_turnover(seen, 1)


def turnover_with_fidelity_3(seen: Seen) -> np.ndarray:
    """Correlation of turnover in the third year with the clinic's fidelity at its end."""
    return _with_turnover(seen, 3)


# -------------------------------------------------------------------------------------------------------- without support


def _provide(seen: Seen) -> np.ndarray:
    return seen.services("delivering_posts", PROVIDES) > 0


def units_providing(seen: Seen) -> np.ndarray:
    """Share of units in which somebody gave a session within the delivery window."""
    return np.asarray(_provide(seen).mean(axis=1))


def fidelity_of_providers(seen: Seen) -> np.ndarray:
    """Mean fidelity of the units that provide."""
    return mean_where(seen.services("fidelity", PROVIDES), _provide(seen))


# ------------------------------------------------------------------------------------------------------------------ parts


def _people(seen: Seen) -> np.ndarray:
    """Practitioners at the end of every month; shape (n, months, posts)."""
    if seen.traces is None:
        raise ValueError("what persons do needs a trace")
    return seen.traces.practitioners


def _used(seen: Seen) -> tuple[np.ndarray, np.ndarray]:
    """Of those trained at the start who are still there two years after support: who used the practice at its end, and then.

    Each bool, shape (n, posts): use is a session within the delivery window, in whatever form.
    """
    people = _people(seen)
    there = (people["person"][:, LATER - 1] == 0) & (people["volunteer"][:, LATER - 1] == 1)
    before, then = (there & (people["delivers"][:, month - 1] == 1) for month in (ENDED, LATER))
    return before, then


def use_kept(seen: Seen) -> np.ndarray:
    """Of the trained who stay and used the practice when support ended, the share who use it two years later, in any form."""
    before, then = _used(seen)
    return mean_where(then, before)


def fidelity_of_users(seen: Seen) -> np.ndarray:
    """Mean change of the fidelity of those who use the practice at both times, in any form."""
    before, then = _used(seen)
    scores = _people(seen)["fidelity"]
    return mean_where(scores[:, LATER - 1] - scores[:, ENDED - 1], before & then)


def parts_left(seen: Seen) -> np.ndarray:
    """Of the services that once began and have nobody in full or adapted use, the share with somebody who uses parts."""
    whole = seen.services("full_use", LAST) + seen.services("planned_adaptation", LAST)
    ended = (seen.services("started", LAST) > 0) & (whole == 0)
    return mean_where(seen.services("partial_use", LAST) > 0, ended)


# -------------------------------------------------------------------------------------------------- nobody works on it


def _rated(seen: Seen, month: int) -> np.ndarray:
    """Implementation leadership as practitioners rate it, mean of its four dimensions: scale 0-4, shape (n, services)."""
    return np.asarray(np.mean([seen.services(f"perceived_{one}", month) for one in DIMENSIONS], axis=0))


def _has_raters(seen: Seen, month: int) -> np.ndarray:
    """Services with a leader to be rated and somebody trained who rates; bool."""
    return (seen.services("leader_type", month) != LEADER_VACANT) & (seen.services("trained", month) > 0)


def leadership_drift(seen: Seen) -> np.ndarray:
    """Mean change of implementation leadership as rated on its four dimensions, over two years, whoever leads then; scale 0-4.

    Over the services where there is a leader, and somebody who rates, at both times.
    """
    early, late = CLIMATE_MONTHS
    return mean_where(_rated(seen, late) - _rated(seen, early), _has_raters(seen, early) & _has_raters(seen, late))


INSTRUMENTS: Final[dict[str, Callable[[Seen], np.ndarray]]] = {
    one.__name__: one
    for one in (
        turnover_with_fidelity_1,
        turnover_with_fidelity_3,
        units_providing,
        fidelity_of_providers,
        use_kept,
        fidelity_of_users,
        parts_left,
        leadership_drift,
    )
}
