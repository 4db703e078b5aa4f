"""History matching in waves: look where emulators say that all patterns may hold, measure there, learn, look again.

Wave 0 is a Latin hypercube over the prior. In every later wave a Markov chain for each vector walks through the prior times the
chance, foretold by the emulators, that all patterns lie in their bands; its last states are measured, and the emulators are
fitted anew. The states of the last wave whose *measured* patterns all lie in their bands are the ensemble, each weighted by one
over its foretold chance: so the foretelling decides where is looked, not what counts as plausible.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.special import ndtr

from experiments.calibration.emulating import Emulator, fit
from experiments.calibration.measuring import Bench, Measured
from experiments.calibration.prior import Prior
from experiments.patterns.reading import Pattern

NOWHERE: Final = -1e9
"""Logarithm of a chance of nothing."""

FLOOR: Final = 1e-4
"""Chance of a single pattern below which the emulator is not believed: it may be wrong so far out."""

STEPS: Final = 2_500
"""Steps of a chain between two measurements."""

GROUP: Final = 250
"""Chains walked together."""

REDRAWN: Final = (1, 2, 4, 8)
"""Parameters drawn anew from the prior at one step: one of these numbers."""


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
    wanted : int
        Vectors accepted at which the last wave ends.
    """

    first: int = 4_000
    waves: tuple[int, ...] = (1_500, 1_500, 1_500)
    last: int = 1_000
    rounds: int = 60
    steps: int = STEPS
    last_steps: int = 800
    wanted: int = 600


QUICK: Final = Plan(first=400, waves=(150,), last=100, rounds=1, steps=500, last_steps=100, wanted=40)
"""For a look at the machinery: the ensemble is too small to be used."""


@dataclass(frozen=True)
class Target:
    """What the chains walk through: the emulators' chance that all patterns hold, over the uniform prior.

    Attributes
    ----------
    patterns : tuple of Pattern
    emulators : tuple of Emulator
    """

    patterns: tuple[Pattern, ...]
    emulators: tuple[Emulator, ...]
    _linear: np.ndarray = field(init=False, repr=False)
    _pairs: np.ndarray = field(init=False, repr=False)
    _weights: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        linear = np.stack([one.linear for one in self.emulators])
        pairs = np.unique(np.concatenate([one.pairs for one in self.emulators]), axis=0)
        place = {(int(a), int(b)): at for at, (a, b) in enumerate(pairs)}
        weights = np.zeros((len(self.emulators), len(pairs)))
        for row, one in zip(weights, self.emulators, strict=True):
            for (a, b), value in zip(one.pairs, one.products, strict=True):
                row[place[int(a), int(b)]] = value
        for name, value in (("_linear", linear), ("_pairs", pairs), ("_weights", weights)):
            object.__setattr__(self, name, value)

    def foretold(self, shares: np.ndarray) -> np.ndarray:
        """What the instruments would give; shape (patterns, vectors) for shares of shape (parameters, vectors)."""
        x = 2.0 * shares - 1.0
        found = self._linear[:, :1] + self._linear[:, 1:] @ x
        if len(self._pairs):
            found += self._weights @ (x[self._pairs[:, 0]] * x[self._pairs[:, 1]])
        return np.asarray(found)

    def log_chance(self, shares: np.ndarray) -> np.ndarray:
        """Logarithm of the foretold chance that all patterns lie in their bands; shape (vectors,).

        Parameters
        ----------
        shares : numpy.ndarray
            f8 in [0, 1], shape (parameters, vectors).
        """
        middle = self.foretold(shares)
        low, high = (np.array([[getattr(one, side)] for one in self.patterns]) for side in ("low", "high"))
        error = np.array([[one.error] for one in self.emulators])
        each = ndtr((high - middle) / error) - ndtr((low - middle) / error)
        return np.asarray(np.log(np.maximum(each, FLOOR)).sum(axis=0))


def walk(
    target: Target, shares: np.ndarray, steps: int, rng: np.random.Generator, *, threads: int = 2
) -> tuple[np.ndarray, float]:
    """Let chains walk: at each step some parameters are drawn anew from the prior, and kept as Metropolis and Hastings say.

    Parameters
    ----------
    target : Target
    shares : numpy.ndarray
        f8 in [0, 1], shape (chains, parameters): where they stand. Not changed.
    steps : int
    rng : numpy.random.Generator
    threads : int
        Does not matter to what comes out: chains are walked in groups of ``GROUP``, each with random numbers of its own.

    Returns
    -------
    shares : numpy.ndarray
        Where they stand afterwards.
    kept : float
        Share of the steps that were kept.
    """
    starts = range(0, len(shares), GROUP)
    with ThreadPoolExecutor(threads) as pool:
        parts = [shares[at : at + GROUP] for at in starts]
        found = list(pool.map(lambda one: _walk(target, one[0], steps, one[1]), zip(parts, rng.spawn(len(parts)), strict=True)))
    return np.concatenate([one for one, _ in found]), sum(kept for _, kept in found) / max(1, steps * len(shares))


def _walk(target: Target, shares: np.ndarray, steps: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    here = np.ascontiguousarray(shares.T)
    count, chains = here.shape
    chance = target.log_chance(here)
    kept = 0
    most = max(REDRAWN)
    columns = np.arange(chains)
    for _ in range(steps):
        many = rng.choice(REDRAWN, chains)
        which = rng.integers(0, count, (most, chains))
        drawn = rng.random((most, chains))
        there = here.copy()
        for k in range(most):
            used = many > k
            there[which[k, used], columns[used]] = drawn[k, used]
        new = target.log_chance(there)
        take = np.log(rng.random(chains)) < new - chance
        here[:, take], chance[take] = there[:, take], new[take]
        kept += int(take.sum())
    return here.T.copy(), kept


@dataclass
class Found:
    """What the waves found.

    Attributes
    ----------
    patterns : tuple of Pattern
        All that were measured.
    required : tuple of str
        Patterns that a plausible vector must meet.
    aside : tuple of str
        Fitted patterns that no vector of wave 0 met, and which are reported as missed.
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
        The last, by ``required``.
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


def required_of(first: Measured, leave_out: Sequence[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Divide the fitted patterns into those that a vector must meet and those that none of the prior's draws met."""
    met = first.inside().sum(axis=0)
    fitted = [(one.id, met[k] > 0) for k, one in enumerate(first.patterns) if one.fitted and one.id not in leave_out]
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
    shares, seen = [prior.shares(start)], [measured.of(required)]
    history = [_line(0, shares[0], seen[0], 0.0)]
    say(_told(history[-1]))
    target = _fitted(required, shares, seen)
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
        target = _fitted(required, shares[1:] if wave > 1 else shares, seen[1:] if wave > 1 else seen)
    return _last(bench, plan, target, where[: plan.last], rng, history, required, aside, say)


def _last(
    bench: Bench,
    plan: Plan,
    target: Target,
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
    for turn in range(plan.rounds):
        where, kept = walk(target, where, plan.last_steps, rng)
        at = prior.values(where)
        chosen, both, share = _through(bench, at, required, wave=wave, first=turn * plan.last)
        taken.append((at[chosen], target.log_chance(prior.shares(at[chosen]).T), chosen, both))
        total = sum(len(one[0]) for one in taken)
        line = {"wave": wave, "vectors": len(at), "inside": share, "all": float(len(chosen) / len(at)), "kept": kept}
        history.append(line | {"accepted": total})
        say(_told(history[-1]))
        if total >= plan.wanted:
            break
    values, chance, starts = (np.concatenate([one[k] for one in taken]) for k in range(3))
    measured = Measured(
        taken[0][3].patterns,
        np.concatenate([one[3].mean for one in taken]),
        np.concatenate([one[3].error for one in taken]),
    )
    weights = np.exp(chance.min() - chance) if len(chance) else chance
    weights = weights / weights.sum() if len(weights) else weights
    return Found(measured.patterns, required, aside, values, weights, starts, measured, history, target.emulators)


def _through(
    bench: Bench, values: np.ndarray, required: Sequence[str], *, wave: int, first: int
) -> tuple[np.ndarray, Measured, float]:
    """Measure vectors cohort by cohort, each time only those that have not failed yet.

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
    for cohort in bench.fitted():
        found = bench.measure(values[left], [cohort], wave=wave, first=first)
        mine = [one.id for one in found.patterns if one.id in set(required)]
        inside = found.of(mine).inside()
        held, asked = held + int(inside.sum()), asked + inside.size
        good = np.flatnonzero(inside.all(axis=1))
        parts = [one.taken(good) for one in (*parts, found)]
        left = left[good]
    patterns = tuple(one for part in parts for one in part.patterns)
    mean, error = (np.hstack([getattr(part, name) for part in parts]) for name in ("mean", "error"))
    return left, Measured(patterns, mean, error), held / asked if asked else 0.0


def _fitted(required: Sequence[str], shares: Sequence[np.ndarray], seen: Sequence[Measured]) -> Target:
    x = np.concatenate(shares)
    means = np.concatenate([one.mean for one in seen])
    return Target(seen[0].patterns, tuple(fit(x, means[:, at]) for at in range(len(required))))


def _line(wave: int, shares: np.ndarray, found: Measured, kept: float) -> dict[str, float]:
    inside = found.inside()
    whole = float(inside.all(axis=1).mean())
    return {"wave": wave, "vectors": len(shares), "inside": float(inside.mean()), "all": whole, "kept": kept}


def _told(line: dict[str, float]) -> str:
    told = f"wave {line['wave']}: {line['vectors']:,} vectors; {line['inside']:.1%} of the patterns hold"
    told += f", all of them in {line['all']:.2%}"
    return told + (f"; {line['accepted']:,} accepted" if "accepted" in line else "")
