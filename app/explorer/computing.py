"""What the explorer shows, computed as ``sustain compare`` computes it: paired effects, and shares over months."""

from collections.abc import Callable

from app.compared import Compared
from app.explorer.asked import BASE, REPLICATES, Asked
from experiments.comparing import asked as comparing
from experiments.comparing.asking import Comparison, comparison_of
from experiments.comparing.finding import Findings
from experiments.comparing.measuring import measure
from experiments.mine.acting import POLICIES
from experiments.worlds.pairing import twins, unlike
from sim.problems import BadInput, Problem
from sim.scenario import Scenario, read_scenario
from sim.world import paired
from sim.world.stream import CHUNK

Progress = Callable[[int], None]


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


def explored(asked: comparing.Asked, comparison: Comparison, *, threads: int = 1, progress: Progress | None = None) -> Compared:
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
    return Compared(asked, findings, tuple(pairs))
