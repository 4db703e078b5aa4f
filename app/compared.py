"""Scenarios beside a base, as plain JSON for pages: whole counts where shares are shown, so that nothing is rounded away."""

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from app.texts import CHARTS, sections
from experiments.comparing import words
from experiments.comparing.asked import Asked
from experiments.comparing.asking import Comparison
from experiments.comparing.effects import Effect, track_of_errors
from experiments.comparing.finding import Findings
from experiments.comparing.quantities import GROUPS, HOURS, KEPT_GOING, difference_unit, told_outcome
from experiments.comparing.running import command_of
from experiments.comparing.tables import plain
from experiments.worlds.spread import over_worlds
from sim.figures.style import MOST_PANELS, STATE_LOOKS, USE_LOOKS
from sim.measures import REGION
from sim.words import words as state_words
from sim.world import MEASURES, Pair, Picture

_CHARTS: Final = sections()[CHARTS]
DIFFERENCES: Final = {name: (menu, _CHARTS["does"][name]) for name, menu in _CHARTS["menu"].items()}
"""What differences are shown of: words of the menu, and words that follow "more services of 100"."""

DIGITS: Final = 6
"""Significant digits of intervals over months; effects at the horizon have all that ``sustain compare`` has."""


@dataclass(frozen=True)
class Compared:
    """Scenarios with all that a page shows of them.

    Attributes
    ----------
    asked : Asked
        The same comparison as ``sustain compare`` is asked for.
    findings : Findings
        Effects at the horizon; no pair is shown month by month.
    pairs : tuple of Pair
        Of each other scenario with the base: shares over months.
    """

    asked: Asked
    findings: Findings
    pairs: tuple[Pair, ...]

    @property
    def comparison(self) -> Comparison:
        """What is compared."""
        return self.findings.comparison


def units_shown(compared: Compared) -> list[str]:
    """Names of what has a place of its own in the menu: all services first, then each unless they are very many."""
    names = compared.comparison.base.services
    return ["all services", *(names if len(names) <= MOST_PANELS else ())] if len(names) > 1 else [names[0]]


def frame_of(compared: Compared, units: Sequence[int]) -> dict[str, Any]:
    """What stands around the arms: how much was run, words, and the base.

    Parameters
    ----------
    compared : Compared
    units : sequence of int
        Places in the menu: 0 is all services together.
    """
    comparison = compared.comparison
    return {
        "runs": comparison.replicates,
        "months": comparison.months,
        "services": len(comparison.base.services),
        "support": max(one.support_months for one in comparison.scenarios[0].services),
        "units": units_shown(compared),
        "states": {name: state_words(name) for name in STATE_LOOKS},
        "uses": {name: state_words(name) for name in USE_LOOKS},
        "differences": {name: {"menu": menu, "said": said} for name, (menu, said) in DIFFERENCES.items()},
        "unseen": _short(float(track_of_errors(np.zeros(1), np.zeros(1), comparison.replicates).reach[0])),
        "base": _scenario(compared, 0) | {"counts": counts_of(compared.pairs[0].first, units, compared)},
    }


def counts_of(picture: Picture, units: Sequence[int], compared: Compared) -> dict[str, list[list[int]]]:
    """Runs in which a measure holds, summed over services: by measure, unit and month.

    Parameters
    ----------
    picture : Picture
    units : sequence of int
        Places in the menu.
    compared : Compared
    """
    services, places = len(compared.comparison.base.services), list(units)
    sizes = np.array([1 if unit else services for unit in places])
    whole = np.rint(picture.shares[places] * (picture.replicates * sizes)[:, None, None]).astype(np.int64)
    wanted = dict.fromkeys((*STATE_LOOKS, *USE_LOOKS, *DIFFERENCES))
    return {name: whole[:, :, MEASURES.index(name)].tolist() for name in wanted}


def command_for(compared: Compared, at: int) -> str:
    """Command that compares one scenario with the base and gives the same numbers."""
    comparison = compared.comparison
    given = (comparison.given[0], comparison.given[at])
    return shlex.join(command_of(compared.asked, replace(comparison, given=given)))


def _scenario(compared: Compared, at: int) -> dict[str, Any]:
    one = compared.comparison.scenarios[at]
    return {"name": one.name, "title": one.title, "question": one.question, "hash": one.hash}


def arm_of(
    compared: Compared, at: int, units: Sequence[int], *, main: bool = True, called: tuple[str, str] | None = None
) -> dict[str, Any]:
    """A scenario beside the base.

    Parameters
    ----------
    compared : Compared
    at : int
        Its place, from 1.
    units : sequence of int
        Places in the menu.
    main : bool
        Whether every main effect is wanted, too.
    called : tuple of str, optional
        What the two are called where it is said how sure the difference is; their names unless given.
    """
    pair, findings = compared.pairs[at - 1], compared.findings
    spread = spread_of(findings, at)
    return _scenario(compared, at) | {
        "short": short_title(compared, at),
        "counts": counts_of(pair.second, units, compared),
        "reach": {name: [_reach(pair.difference, unit, name) for unit in units] for name in DIFFERENCES},
        "spread": {"low": _list(spread.low), "high": _list(spread.high), "apart": spread.apart},
        "hours": [_hours(compared, at, unit) for unit in units],
        "sure": words.spread_of(findings, at, called),
        "effects": [plain(row, findings) for row in findings.main if row.contrast == at] if main else [],
        "command": command_for(compared, at),
    }


@dataclass(frozen=True)
class Spread:
    """How far runs, or worlds where luck can be told apart, differ in the paired share that kept going, by month.

    Attributes
    ----------
    low, high : numpy.ndarray
        f8, shape (months,): nine of ten lie between; NaN where that cannot be told as it can at the horizon.
    apart : bool
        Of worlds with luck taken out; else of pairs of runs.
    """

    low: np.ndarray
    high: np.ndarray
    apart: bool


def spread_of(findings: Findings, contrast: int) -> Spread:
    """Spread of one contrast, month by month as ``sustain compare`` tells it of the horizon.

    Parameters
    ----------
    findings : Findings
    contrast : int
        Place of the other scenario, from 1.
    """
    base, other = (findings.measured[at].kept_going for at in (0, contrast))
    gaps, members = (other - base) / findings.services, findings.members
    if members is None:
        members = np.arange(len(gaps))
    found = [over_worlds(month, members) for month in gaps.T]
    apart = found[-1].apart
    low, high = (
        np.array([getattr(one, side) if one.apart == apart and one.enough else np.nan for one in found])
        for side in ("low", "high")
    )
    return Spread(low, high, apart)


def short_title(compared: Compared, at: int) -> str:
    """Title of what is joined to the base, or the whole."""
    return words.short_title([one.title for one in compared.comparison.scenarios], at)


def _reach(difference: Picture, unit: int, name: str) -> list[float | None]:
    """Half the 95 % Monte Carlo interval of a difference, by month."""
    at = MEASURES.index(name)
    track = track_of_errors(difference.shares[unit, :, at], difference.errors[unit, :, at], difference.replicates)
    return _list(track.reach)


def _hours(compared: Compared, at: int, unit: int) -> list[dict[str, str]]:
    """What a policy costs up to the horizon, in the words of ``sustain compare``."""
    months, found = compared.comparison.months, []
    for name in HOURS:
        outcome, effect = told_outcome(name, months), effect_on(compared, at, unit, name)
        text = words.difference(effect, outcome)
        found.append(
            {"title": outcome.title, "more": text, "between": words.interval(effect, outcome), "unit": difference_unit(outcome)}
        )
    return found


def effect_on(compared: Compared, at: int, unit: int, name: str = KEPT_GOING) -> Effect:
    """Effect at the horizon on a unit of the menu: 0 is all services together."""
    if unit == 0:
        return compared.findings.effect(at, name, unit=REGION)
    service = compared.comparison.base.services[unit - 1]
    return compared.findings.effect(at, name, group=GROUPS[1], unit=service)


def _list(values: Any) -> list[float | None]:
    return [_short(float(one)) for one in values]


def _short(value: float) -> float | None:
    """Number with few digits; None where there is none."""
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
