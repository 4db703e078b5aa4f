"""Names of outcomes: several joined by +, the same one at another month, or under another cut of what counts as high fidelity."""

from collections.abc import Iterator
from typing import Final

from sim.measures import vector_names
from sim.measures.vector import MEAN
from sim.rules import CUTS

LOOKED_AT: Final = (24, 48)
"""Months, beside the horizon, at which every claim is read."""

CUT: Final = "fidelity_high"
"""Parameter that says what is called high."""

ON_CUT: Final = ("share_sustained", "share_drifted", "share_shrunken", "months_sustained", "sustained")
"""Outcomes of the region that hang on that parameter, and have no name of their own for each cut; the last is a service's."""

KEPT_HIGH: Final = {"share_kept_going": "share_high_every_look"}
"""Outcome at any fidelity, and what it becomes where keeping going is to mean keeping it high: read under each cut."""

FORETOLD: Final = {"kept_going": "keep the practice going", "sustained": "sustain the practice"}
"""What may be foretold of a service, yes or no, and how it is said of several."""


def is_foretold(outcome: str) -> bool:
    """Whether an outcome is foretold of a service, at whatever month: told as an area under the curve.

    Examples
    --------
    >>> is_foretold("kept_going@24"), is_foretold("share_kept_going")
    (True, False)
    """
    return outcome.partition("@")[0] in FORETOLD


def parts_of(outcome: str) -> tuple[str, ...]:
    """Outcomes that are joined by +.

    Examples
    --------
    >>> parts_of("share_drifted+share_abandoned")
    ('share_drifted', 'share_abandoned')
    """
    return tuple(outcome.split("+"))


def months_of(horizon: int) -> tuple[int, ...]:
    """Months at which a claim is read.

    Parameters
    ----------
    horizon : int
    """
    return (*(month for month in LOOKED_AT if month < horizon), horizon)


def at_month(outcome: str, month: int, horizon: int) -> str | None:
    """An outcome, or several joined by +, at a month; None where not measured then. A mean over months is that to the month.

    Examples
    --------
    >>> at_month("share_drifted+share_abandoned", 48, 84), at_month("share_sustained@24", 84, 84)
    ('share_drifted@48+share_abandoned@48', 'share_sustained')
    >>> at_month("dilemma@mean", 24, 84), at_month("dilemma@mean", 84, 84), at_month("hours_leader_per_service", 24, 84)
    ('dilemma@mean24', 'dilemma@mean', None)
    """
    known, found = vector_names(horizon), []
    for part in parts_of(outcome):
        base, _, view = part.partition("@")
        mean = MEAN if view.startswith(MEAN) else ""
        mark = mean if month == horizon else f"{mean}{month}"
        name = f"{base}@{mark}" if mark else base
        if name not in known:
            return None
        found.append(name)
    return "+".join(found)


def cut_of(outcome: str, cut: float, horizon: int) -> str | None:
    """An outcome under a cut by a name of its own; None where it hangs on the parameter, or on no cut.

    What was kept going at any fidelity is read as what was high at every yearly look.

    Examples
    --------
    >>> cut_of("share_sustained", 3.7, 84) is None
    True
    >>> cut_of("share_kept_going@48", 3.7, 84)
    'share_high_every_look_37@48'
    """
    known, found = vector_names(horizon), []
    for part in parts_of(outcome):
        base, mark, view = part.partition("@")
        named = f"{KEPT_HIGH.get(base, base)}_{round(10 * cut)}{mark}{view}"
        found.append(named if named in known else part)
    return "+".join(found) if found != list(parts_of(outcome)) else None


def hangs_on_cut(outcome: str) -> bool:
    """Whether an outcome is another one with another value of the parameter.

    Examples
    --------
    >>> hangs_on_cut("share_drifted@48+share_abandoned@48"), hangs_on_cut("fidelity")
    (True, False)
    """
    return any(part.partition("@")[0] in ON_CUT for part in parts_of(outcome))


def other_readings(outcome: str, horizon: int) -> Iterator[str]:
    """Every outcome that a run has to give so that a claim on one can be read otherwise; those it stands on too.

    Parameters
    ----------
    outcome : str
    horizon : int
    """
    asked = [at_month(outcome, month, horizon) for month in months_of(horizon)]
    asked += [cut_of(outcome, cut, horizon) for cut in CUTS]
    for one in asked:
        if one is not None:
            yield from parts_of(one)
