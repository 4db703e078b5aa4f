"""History matching in waves: look where emulators say that all patterns may hold, measure there, learn, look again.

Wave 0 is a Latin hypercube over the prior. In every later wave a Markov chain for each vector walks through the prior times the
chance, foretold by the emulators, that all patterns lie in their bands; its last states are measured, and the emulators are
fitted anew. The states of the last wave whose *measured* patterns all lie in their bands, at a first look and again when a
second one is added, are the ensemble, each weighted by one over its foretold chance, up to a cap: so the foretelling decides
where is looked, not what counts as plausible.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.calibration.emulating import Emulator, fit
from experiments.calibration.walking import Target, walk
from experiments.patterns.measuring import Bench, Measured
from experiments.patterns.reading import Pattern
from experiments.worlds.ensembles import effective
from experiments.worlds.prior import Prior
from sim.problems import BadInput, Problem

NEAR: Final = 0.5
"""Where the chains' emulators look closely: what lies farther outside a band than this share of its width counts as so far."""

CAP: Final = 5.0
"""Greatest weight of a member, as a multiple of the mean: truncated importance weights, lower than Ionides' (2008) root of n."""

RARE: Final = 0.001
"""A fitted pattern that fewer of wave 0's draws meet is set aside: it is not required, and reported as missed."""


@dataclass(frozen=True)
class Plan:
    """How much is run.

    Attributes
    ----------
    first : int
        Vectors of wave 0.
    waves : tuple of int
        Vectors of each later wave but the last.
    last : int
        Chains of the last wave.
    rounds : int
        Times that the last wave's chains go on and are measured again.
    steps, last_steps : int
        Steps of a chain before each measurement, in the last wave ``last_steps``.
    again : int
        Replicates of the second look at who has passed the first, as a multiple of the usual; 0: none.
    wanted, effective : int, float
        The last wave ends with so many vectors accepted and so large an effective sample size.
    cohorts : tuple of str
        Cohorts whose patterns are used; all where none is named.
    """

    first: int = 4_000
    waves: tuple[int, ...] = (1_500, 1_500, 1_500)
    last: int = 1_000
    rounds: int = 90
    steps: int = 2_500
    last_steps: int = 800
    again: int = 3
    wanted: int = 600
    effective: float = 250.0
    cohorts: tuple[str, ...] = ()


QUICK: Final = Plan(
    first=400, waves=(200,), last=200, rounds=4, steps=500, last_steps=100, again=0, wanted=40, effective=10.0, cohorts=("nine",)
)
"""For a look at the machinery: the study's own patterns only, and an ensemble too small to be used."""


@dataclass(frozen=True)
class Found:
    """What the waves found.

    Attributes
    ----------
    patterns : tuple of Pattern
        All that were measured.
    required : tuple of str
        Patterns that a plausible vector must meet.
    aside : tuple of str
        Fitted patterns that hardly any draw of wave 0 met (``RARE``), and which are reported as missed.
    values : numpy.ndarray
        f8, shape (accepted, parameters).
    weights : numpy.ndarray
        f8, shape (accepted,), sum 1.
    starts : numpy.ndarray
        int64, shape (accepted,): from which draw of the prior the chain of each began.
    measured : Measured
        Of the accepted.
    history : list of dict
        A line for each wave.
    emulators : tuple of Emulator
        The last that chains walked by, in the order of ``required``.
    waves : tuple of list
        What the later waves measured of ``required``: vectors as shares of the way between bounds, and Measured, by wave.
    raw : numpy.ndarray
        f8, shape (accepted,), sum 1: the weights without the cap.
    uncapped : float
        Effective sample size that the weights would have without the cap.
    capped : int
        Members at the cap.
    """

    patterns: tuple[Pattern, ...]
    required: tuple[str, ...]
    aside: tuple[str, ...]
    values: np.ndarray
    weights: np.ndarray
    starts: np.ndarray
    measured: Measured
    history: list[dict[str, float]]
    emulators: tuple[Emulator, ...]
    waves: tuple[list[np.ndarray], list[Measured]]
    raw: np.ndarray
    uncapped: float
    capped: int

    def foretelling(self) -> tuple[Emulator, ...]:
        """Emulators for the whole range of what was measured, to predict patterns by, in the order of ``required``."""
        return _fitted(*self.waves, near=False).emulators


def required_of(first: Measured, leave_out: Sequence[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Divide the fitted patterns into those that a vector must meet and those that hardly any of the prior's draws met."""
    met = first.inside().mean(axis=0)
    fitted = [
        (one.id, met[k] > 0 and met[k] >= RARE) for k, one in enumerate(first.patterns) if one.fitted and one.id not in leave_out
    ]
    return tuple(name for name, yes in fitted if yes), tuple(name for name, yes in fitted if not yes)


def match(
    bench: Bench,
    plan: Plan,
    *,
    seed: int,
    leave_out: Sequence[str] = (),
    say: Callable[[str], None] = lambda _: None,
) -> Found:
    """Find the vectors that reproduce all patterns.

    Parameters
    ----------
    bench : Bench
    plan : Plan
    seed : int
        Of draws and chains; the runs' own is the bench's.
    leave_out : sequence of str
        Patterns that are not required.
    say : callable
        Told a sentence after each wave.
    """
    prior: Prior = bench.prior
    rng = np.random.default_rng([seed, 1])
    start = prior.draws(plan.first, [seed, 0])
    measured = bench.measure(start, bench.fitted(), wave=0)
    required, aside = required_of(measured, leave_out)
    if not required:
        what = f"nothing can be required: set aside, {', '.join(aside)}"
        raise BadInput(
            [Problem("patterns", what, "a pattern that one in a thousand draws of the prior meets", "leave out fewer")]
        )
    shares, seen = [prior.shares(start)], [measured.of(required)]
    history = [_line(0, shares[0], seen[0], 0.0)]
    say(_told(history[-1]))
    target = _fitted(shares, seen)
    chains = prior.shares(prior.draws(max((*plan.waves, plan.last)), [seed, 2]))
    where = chains
    for wave, count in enumerate(plan.waves, 1):
        where, kept = walk(target, where, plan.steps, rng)
        at = prior.values(where[:count])
        found = bench.measure(at, bench.fitted(), wave=wave).of(required)
        shares.append(prior.shares(at))
        seen.append(found)
        history.append(_line(wave, shares[-1], found, kept))
        say(_told(history[-1]))
        target = _fitted(shares[1:] if wave > 1 else shares, seen[1:] if wave > 1 else seen)
    later = (shares[1:], seen[1:]) if plan.waves else (shares, seen)
    return _last(bench, plan, target, later, where[: plan.last], rng, history, required, aside, say)


def _last(
    bench: Bench,
    plan: Plan,
    target: Target,
    later: tuple[list[np.ndarray], list[Measured]],
    where: np.ndarray,
    rng: np.random.Generator,
    history: list[dict[str, float]],
    required: tuple[str, ...],
    aside: tuple[str, ...],
    say: Callable[[str], None],
) -> Found:
    """Measure the last wave's chains until enough vectors are accepted; the target stays as it is."""
    prior, wave = bench.prior, len(plan.waves) + 1
    taken: list[tuple[np.ndarray, np.ndarray, np.ndarray, Measured]] = []
    weights = np.zeros(0)
    for turn in range(plan.rounds):
        where, kept = walk(target, where, plan.last_steps, rng)
        at = prior.values(where)
        chosen, both, share = _through(bench, at, required, wave=wave, first=turn * plan.last, again=plan.again)
        taken.append((at[chosen], target.log_chance(prior.shares(at[chosen]).T), chosen, both))
        total = sum(len(one[0]) for one in taken)
        line = {"wave": wave, "vectors": len(at), "inside": share, "all": float(len(chosen) / len(at)), "kept": kept}
        weights = _weights(np.concatenate([one[1] for one in taken]))
        history.append(line | {"accepted": total, "effective": effective(weights) if total else 0.0})
        say(_told(history[-1]))
        if total >= plan.wanted and effective(weights) >= plan.effective:
            break
    values, starts = (np.concatenate([one[k] for one in taken]) for k in (0, 2))
    measured = Measured(
        taken[0][3].patterns,
        np.concatenate([one[3].mean for one in taken]),
        np.concatenate([one[3].error for one in taken]),
    )
    chance = np.concatenate([one[1] for one in taken])
    raw = np.exp(chance.min() - chance) if len(chance) else chance
    most = weights.max() * (1.0 - 1e-9) if len(weights) else 0.0
    capped = int((weights >= most).sum()) if len(weights) and raw.max() / raw.mean() > CAP else 0
    uncapped = effective(raw) if len(raw) else 0.0
    return Found(
        measured.patterns, required, aside, values, weights, starts, measured, history, target.emulators, later,
        raw / raw.sum(), uncapped, capped,
    )  # fmt: skip


def _weights(chance: np.ndarray) -> np.ndarray:
    """Weights, sum 1, of vectors that were met with these chances (logarithms): one over the chance, none above ``CAP``."""
    if not len(chance):
        return chance
    found = np.exp(chance.min() - chance)
    for _ in range(100):  # capping lowers the mean
        most = CAP * found.mean()
        if found.max() <= most * (1.0 + 1e-9):
            break
        found = np.minimum(found, most)
    return np.asarray(found / found.sum())


def _through(
    bench: Bench, values: np.ndarray, required: Sequence[str], *, wave: int, first: int, again: int
) -> tuple[np.ndarray, Measured, float]:
    """Measure vectors cohort by cohort, the cheap ones first, each time only those that have not failed yet; then once more.

    A single look at some thousand vectors passes many by luck, so the second has more replicates. What counts is the mean of both
    looks.

    Returns
    -------
    chosen : numpy.ndarray
        int64: places of the vectors whose required patterns all hold.
    measured : Measured
        Of these.
    inside : float
        Mean share of the required patterns that hold, among those measured.
    """
    left = np.arange(len(values))
    parts: list[Measured] = []
    held = asked = 0
    for times in (1, again) if again else (1,):
        for k, cohort in enumerate(sorted(bench.fitted(), key=bench.cost)):
            found = bench.measure(values[left], [cohort], wave=wave, first=first, times=times)
            mine = [one.id for one in found.patterns if one.id in set(required)]
            if times > 1:
                found = parts[k].pooled(found, times)
            inside = found.of(mine).inside()
            if times == 1:
                held, asked = held + int(inside.sum()), asked + inside.size
            good = np.flatnonzero(inside.all(axis=1))
            parts = [*parts[:k], found, *parts[k + 1 :]] if times > 1 else [*parts, found]
            parts = [one.taken(good) for one in parts]
            left = left[good]
    patterns = tuple(one for part in parts for one in part.patterns)
    mean, error = (np.hstack([getattr(part, name) for part in parts]) for name in ("mean", "error"))
    return left, Measured(patterns, mean, error), held / asked if asked else 0.0


def _fitted(shares: Sequence[np.ndarray], seen: Sequence[Measured], *, near: bool = True) -> Target:
    """Fit the emulators anew; ``near``: closely about the bands, for the chains."""
    x = np.concatenate(shares)
    means = np.concatenate([one.mean for one in seen])
    if near:
        low, high = (np.array([getattr(one, side) for one in seen[0].patterns]) for side in ("low", "high"))
        means = np.clip(means, low - NEAR * (high - low), high + NEAR * (high - low))
    return Target(seen[0].patterns, tuple(fit(x, column) for column in means.T), near)


def _line(wave: int, shares: np.ndarray, found: Measured, kept: float) -> dict[str, float]:
    inside = found.inside()
    whole = float(inside.all(axis=1).mean())
    return {"wave": wave, "vectors": len(shares), "inside": float(inside.mean()), "all": whole, "kept": kept}


def _told(line: dict[str, float]) -> str:
    told = f"wave {line['wave']}: {line['vectors']:,} vectors; {line['inside']:.1%} of the patterns hold"
    told += f", all of them in {line['all']:.2%}"
    if "accepted" in line:
        told += f"; {line['accepted']:,} accepted, effective sample size {line['effective']:.0f}"
    return told
