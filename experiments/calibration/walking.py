"""Chains that walk where emulators foretell that all patterns hold."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.special import ndtr

from experiments.calibration.emulating import Emulator
from experiments.calibration.linear_algebra import one_thread
from experiments.patterns.reading import Pattern

FLOOR: Final = 1e-4
"""Chance of a single pattern below which the emulator is not believed: it may be wrong so far out."""

GROUP: Final = 250
"""Chains walked together."""

REDRAWN: Final = (1, 2, 4, 8)
"""Parameters drawn anew from the prior at one step: one of these numbers."""


@dataclass(frozen=True)
class Target:
    """What the chains walk through: the emulators' chance that all patterns hold, over the uniform prior.

    Attributes
    ----------
    patterns : tuple of Pattern
    emulators : tuple of Emulator
    wary : bool
        Errors of emulators have the tails of Student's t with three degrees of freedom instead of the normal ones: for
        weights, in which a single error that is taken for impossible would count more than all the rest.
    """

    patterns: tuple[Pattern, ...]
    emulators: tuple[Emulator, ...]
    wary: bool = False
    _linear: np.ndarray = field(init=False, repr=False)
    _strong: np.ndarray = field(init=False, repr=False)
    _forms: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        linear = np.stack([one.linear for one in self.emulators])
        # squares and products of a statement are a quadratic form in the few parameters that have any
        used = [np.unique(one.pairs) for one in self.emulators]
        most = max(len(one) for one in used)
        strong = np.zeros((len(used), most), np.int64)
        forms = np.zeros((len(used), most, most))
        for at, (mine, one) in enumerate(zip(used, self.emulators, strict=True)):
            strong[at, : len(mine)] = mine
            rows, columns = np.searchsorted(mine, one.pairs).T
            np.add.at(forms[at], (rows, columns), one.products)
        for name, value in (("_linear", linear), ("_strong", strong), ("_forms", forms)):
            object.__setattr__(self, name, value)

    def foretold(self, shares: np.ndarray) -> np.ndarray:
        """What the instruments would give; shape (patterns, vectors) for shares of shape (parameters, vectors)."""
        x = 2.0 * shares - 1.0
        found = self._linear[:, :1] + self._linear[:, 1:] @ x
        chosen = x[self._strong]  # (patterns, parameters with products, vectors)
        return np.asarray(found + np.einsum("kpv,kpv->kv", chosen, self._forms @ chosen))

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
        below = student if self.wary else ndtr
        each = below((high - middle) / error) - below((low - middle) / error)
        return np.asarray(np.log(np.maximum(each, FLOOR)).sum(axis=0))


def student(x: np.ndarray) -> np.ndarray:
    """Distribution function of Student's t with three degrees of freedom, scaled to a variance of 1."""
    return np.asarray(0.5 + (x / (1.0 + x * x) + np.arctan(x)) / np.pi)


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
    with one_thread(), ThreadPoolExecutor(threads) as pool:
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
