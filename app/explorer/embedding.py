"""What the explorer's page holds, as plain JSON: whole counts where shares are shown, so that nothing is rounded away."""

import math
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from app.explorer.computing import Explored, services_shown, spread_of
from app.texts import CHARTS, sections
from experiments.comparing import words
from experiments.comparing.effects import Effect, track_of_errors
from experiments.comparing.quantities import GROUPS, HOURS, KEPT_GOING, difference_unit, told_outcome
from experiments.comparing.running import command_of
from experiments.comparing.tables import plain
from sim.figures.style import MOST_PANELS, STATE_LOOKS, USE_LOOKS
from sim.measures import REGION
from sim.words import words as state_words
from sim.world import MEASURES, Picture

_CHARTS: Final = sections()[CHARTS]
DIFFERENCES: Final = {name: (menu, _CHARTS["does"][name]) for name, menu in _CHARTS["menu"].items()}
"""What differences are shown of: words of the menu, and words that follow "more services of 100"."""

DIGITS: Final = 6
"""Significant digits of intervals over months; effects at the horizon have all that ``sustain compare`` has."""


def embedded(explored: Explored) -> dict[str, Any]:
    """Everything that the page's menus can show.

    Parameters
    ----------
    explored : Explored
    """
    units = range(len(units_shown(explored)))
    return frame_of(explored, units) | {"arms": [arm_of(explored, at, units) for at in explored.findings.contrasts]}


def units_shown(explored: Explored) -> list[str]:
    """Names of what has a place of its own in the menu: all services first."""
    names = explored.comparison.base.services
    return ["all services" if len(names) > 1 else names[0], *services_shown(names, MOST_PANELS)]


def frame_of(explored: Explored, units: Sequence[int]) -> dict[str, Any]:
    """What stands around the arms: how much was run, words, and the base.

    Parameters
    ----------
    explored : Explored
    units : sequence of int
        Places in the menu: 0 is all services together.
    """
    comparison = explored.comparison
    return {
        "runs": comparison.replicates,
        "months": comparison.months,
        "services": len(comparison.base.services),
        "support": max(one.support_months for one in comparison.scenarios[0].services),
        "units": units_shown(explored),
        "states": {name: state_words(name) for name in STATE_LOOKS},
        "uses": {name: state_words(name) for name in USE_LOOKS},
        "differences": {name: {"menu": menu, "said": said} for name, (menu, said) in DIFFERENCES.items()},
        "unseen": _short(float(track_of_errors(np.zeros(1), np.zeros(1), comparison.replicates).reach[0])),
        "base": _scenario(explored, 0) | {"counts": counts_of(explored.pairs[0].first, units, explored)},
    }


def counts_of(picture: Picture, units: Sequence[int], explored: Explored) -> dict[str, list[list[int]]]:
    """Runs in which a measure holds, summed over services: by measure, unit and month.

    Parameters
    ----------
    picture : Picture
    units : sequence of int
        Places in the menu.
    explored : Explored
    """
    services, places = len(explored.comparison.base.services), list(units)
    sizes = np.array([1 if unit else services for unit in places])
    whole = np.rint(picture.shares[places] * (picture.replicates * sizes)[:, None, None]).astype(np.int64)
    wanted = dict.fromkeys((*STATE_LOOKS, *USE_LOOKS, *DIFFERENCES))
    return {name: whole[:, :, MEASURES.index(name)].tolist() for name in wanted}


def command_for(explored: Explored, at: int) -> str:
    """Command that compares one scenario with the base and gives the same numbers."""
    comparison = explored.comparison
    given = (comparison.given[0], comparison.given[at])
    return shlex.join(command_of(explored.asked, replace(comparison, given=given)))


def _scenario(explored: Explored, at: int) -> dict[str, Any]:
    one = explored.comparison.scenarios[at]
    return {"name": one.name, "title": one.title, "question": one.question, "hash": one.hash}


def arm_of(
    explored: Explored, at: int, units: Sequence[int], *, main: bool = True, called: tuple[str, str] | None = None
) -> dict[str, Any]:
    """A scenario beside the base.

    Parameters
    ----------
    explored : Explored
    at : int
        Its place, from 1.
    units : sequence of int
        Places in the menu.
    main : bool
        Whether every main effect is wanted, too.
    called : tuple of str, optional
        What the two are called where it is said how sure the difference is; their names unless given.
    """
    pair, findings = explored.pairs[at - 1], explored.findings
    spread = spread_of(findings, at)
    return _scenario(explored, at) | {
        "short": short_title(explored, at),
        "counts": counts_of(pair.second, units, explored),
        "reach": {name: [_reach(pair.difference, unit, name) for unit in units] for name in DIFFERENCES},
        "spread": {"low": _list(spread.low), "high": _list(spread.high), "apart": spread.apart},
        "hours": [_hours(explored, at, unit) for unit in units],
        "sure": words.spread_of(findings, at, called),
        "effects": [plain(row, findings) for row in findings.main if row.contrast == at] if main else [],
        "command": command_for(explored, at),
    }


def short_title(explored: Explored, at: int) -> str:
    """Title of what is joined to the base, or the whole."""
    base, one = (explored.comparison.scenarios[place].title for place in (0, at))
    return one.removeprefix(f"{base} + ") if at else base


def _reach(difference: Picture, unit: int, name: str) -> list[float | None]:
    """Half the 95 % Monte Carlo interval of a difference, by month."""
    at = MEASURES.index(name)
    track = track_of_errors(difference.shares[unit, :, at], difference.errors[unit, :, at], difference.replicates)
    return _list(track.reach)


def _hours(explored: Explored, at: int, unit: int) -> list[dict[str, str]]:
    """What a policy costs up to the horizon, in the words of ``sustain compare``."""
    months, found = explored.comparison.months, []
    for name in HOURS:
        outcome, effect = told_outcome(name, months), effect_on(explored, at, unit, name)
        text = words.difference(effect, outcome)
        found.append(
            {"title": outcome.title, "more": text, "between": words.interval(effect, outcome), "unit": difference_unit(outcome)}
        )
    return found


def effect_on(explored: Explored, at: int, unit: int, name: str = KEPT_GOING) -> Effect:
    """Effect at the horizon on a unit of the menu: 0 is all services together."""
    if unit == 0:
        return explored.findings.effect(at, name, unit=REGION)
    service = explored.comparison.base.services[unit - 1]
    return explored.findings.effect(at, name, group=GROUPS[1], unit=service)


def _list(values: Any) -> list[float | None]:
    return [_short(float(one)) for one in values]


def _short(value: float) -> float | None:
    """Number with few digits; None where there is none."""
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
