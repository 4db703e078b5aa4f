"""What the explorer shows, computed as ``sustain compare`` computes it: paired effects, and shares over months."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.explorer.asked import BASE, REPLICATES, Asked
from experiments.comparing import asked as comparing
from experiments.comparing.asking import Comparison, comparison_of
from experiments.comparing.finding import Findings
from experiments.comparing.measuring import measure
from experiments.mine.acting import POLICIES
from experiments.worlds.pairing import twins, unlike
from experiments.worlds.spread import over_worlds
from sim.problems import BadInput, Problem
from sim.scenario import Scenario, read_scenario
from sim.world import Pair, paired
from sim.world.stream import CHUNK

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Explored:
    """Scenarios with all that the explorer shows of them.

    Attributes
    ----------
    asked : experiments.comparing.asked.Asked
        The same comparison as ``sustain compare`` is asked for.
    findings : Findings
        Effects at the horizon; no pair is shown month by month.
    pairs : tuple of Pair
        Of each other scenario with the base: shares over months.
    """

    asked: comparing.Asked
    findings: Findings
    pairs: tuple[Pair, ...]

    @property
    def comparison(self) -> Comparison:
        """What is compared."""
        return self.findings.comparison


def compared(asked: Asked) -> tuple[comparing.Asked, Comparison]:
    """The comparison that an explorer is of.

    Parameters
    ----------
    asked : Asked

    Raises
    ------
    BadInput
        With everything that is wrong.
    """
    runs = REPLICATES if asked.replicates is None and asked.worlds is None else asked.replicates
    try:
        names = names_of(asked)
    except BadInput as error:
        problems = [*asked.wrong(), *error.problems]
        raise BadInput(dict.fromkeys(problems)) from None
    same = comparing.Asked(
        names=names, replicates=runs, worlds=asked.worlds, months=asked.months, seed=asked.seed, threads=asked.threads
    )
    if few := [problem for problem in asked.wrong() if problem not in same.wrong()]:
        raise BadInput(dict.fromkeys([*few, *same.wrong()]))
    return same, comparison_of(same)


def names_of(asked: Asked) -> list[str]:
    """Scenarios, the base first: those that are named, or one with each policy that can be joined to it.

    Raises
    ------
    BadInput
        When a single one cannot be read, or no policy changes it.
    """
    names = list(asked.names or [BASE])
    if len(names) > 1:
        return names
    base = read_scenario(names[0], months=asked.sound("months"))
    found, scenarios = [], [base]
    for policy in POLICIES:
        name = f"{names[0]}+{policy}"
        if (other := _joined(name, base, asked.sound("months"))) is not None and not twins([*scenarios, other]):
            found.append(name)
            scenarios.append(other)
    if not found:
        hint = "name the scenarios to compare it with"
        raise BadInput([Problem(names[0], "no leadership policy can be joined to it", "a scenario that policies change", hint)])
    return [names[0], *found]


def _joined(name: str, base: Scenario, months: int | None) -> Scenario | None:
    """Scenario with a policy; None where the two do not go together."""
    try:
        other = read_scenario(name, months=months)
    except BadInput:
        return None
    return None if unlike(base, other) else other


def steps(comparison: Comparison) -> int:
    """Runs that :func:`explored` tells its progress of."""
    others = len(comparison.arms) - 1
    return comparison.replicates * (len(comparison.arms) + 2 * others)


def explored(asked: comparing.Asked, comparison: Comparison, *, threads: int = 1, progress: Progress | None = None) -> Explored:
    """Run every scenario with the same worlds and luck.

    Parameters
    ----------
    asked : experiments.comparing.asked.Asked
    comparison : Comparison
    threads : int
        The result does not depend on it.
    progress : callable, optional
        Told how many runs are finished since the last call.
    """
    arms, runs = comparison.arms, comparison.replicates
    measured = tuple(
        measure(arm, comparison.units(at), replicates=runs, threads=threads, progress=progress) for at, arm in enumerate(arms)
    )
    findings = Findings(comparison, measured, comparison.units(0), ())
    pairs = []
    for arm in arms[1:]:
        seen, last = 0, None
        for last in paired(arms[0], arm, first=min(CHUNK, runs), last=runs, threads=threads):
            if progress is not None:
                progress(2 * (last.difference.replicates - seen))
            seen = last.difference.replicates
        assert last is not None  # there is at least one run
        pairs.append(last)
    return Explored(asked, findings, tuple(pairs))


@dataclass(frozen=True)
class Spread:
    """How far runs, or worlds where luck can be told apart, differ in the paired share that kept going, by month.

    Attributes
    ----------
    low, high : numpy.ndarray
        f8, shape (months,): nine of ten lie between; NaN where luck cannot be told apart as it can at the horizon.
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
    low, high = (np.array([getattr(one, side) if one.apart == apart else np.nan for one in found]) for side in ("low", "high"))
    return Spread(low, high, apart)


def services_shown(names: Sequence[str], most: int) -> list[str]:
    """Services that have their own place in the menu: all, or none of very many and of one alone."""
    return list(names) if 1 < len(names) <= most else []
