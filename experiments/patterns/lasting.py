"""Instruments for what the second version of the model has to meet: turnover, no support, parts, leadership nobody works on."""

from collections.abc import Callable
from typing import Final

import numpy as np

from experiments.patterns.seen import Seen
from experiments.patterns.statistics import correlation_where, mean_where
from experiments.patterns.trials import CLIMATE_MONTHS, FLOOR

SCALE: Final = 4.0
"""Top of the scale of leadership and climate, which begins at 0."""

PROVIDES: Final = 12
"""Month at which units without support are looked at."""

ENDED: Final = 12
LATER: Final = 36
"""Months at which support had ended, and two years after."""

LAST: Final = 57

# ------------------------------------------------------------------------------------------------- turnover and fidelity


def _with_turnover(seen: Seen, year: int) -> np.ndarray:
    """Correlation over teams of a year's turnover with fidelity at its end; nothing given counts as the lowest score."""
    last = 12 * year
    before, after = (seen.services("leavers", month) for month in (last - 11, last + 1))  # a row counts who left before it
    turnover = (after - before) / seen.plan.services["posts"]
    scores = seen.services("fidelity", last)
    return correlation_where(turnover, np.where(scores > 0, scores, FLOOR), np.ones(scores.shape, bool))


def turnover_with_fidelity_1(seen: Seen) -> np.ndarray:
    """Correlation of turnover in the first year with fidelity at its end."""
    return _with_turnover(seen, 1)


def turnover_with_fidelity_3(seen: Seen) -> np.ndarray:
    """Correlation of turnover in the third year with fidelity at its end."""
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


def leadership_drift(seen: Seen) -> np.ndarray:
    """Change of mean implementation leadership, as practitioners perceive it, over two years; scale 0-4."""
    early, late = (seen.services("perceived_engagement", month).mean(axis=1) for month in CLIMATE_MONTHS)
    return np.asarray(SCALE * (late - early))


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
