"""Parameter recovery and simulation-based calibration: whether the fit would find parameters that are known.

Vectors of wave 0 that were run, and that the emulators were not fitted to, stand in for reality in turn. What was measured of
one, moved within each pattern's tolerance by chance, is fitted as the study's figures are; then the posterior's intervals are
held against the values that the vector really has. The emulators stand in for the model in these fits.

Moving the data uniformly within the width of the tolerance is what makes this exact: the fit takes everything within the
tolerance for equally good, which is a uniform error of observation. If all is right, the rank of a true value among draws of its
posterior is uniform (Talts et al. 2018).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from experiments.calibration import walking
from experiments.calibration.emulating import Emulator, fit
from experiments.patterns.reading import Pattern

CENTRAL: Final = (0.5, 0.9)
"""Central intervals whose coverage is counted."""

BINS: Final = 10
"""Bars of a rank histogram."""

NARROWED: Final = 0.75
"""Share of the prior's 90 % interval below which a posterior counts as narrower."""

ERRORS: Final = 3.0
"""Binomial standard errors that a coverage may be off."""

WRONG: Final = 0.5
"""Share of the tolerances and of the emulators' errors that the control has. Errors alone would not do: where the tolerance is
the wider of the two, a smaller error changes little."""


@dataclass(frozen=True)
class Size:
    """How much is done.

    Attributes
    ----------
    held : int
        Vectors held out of the fit of the emulators, at most a fifth of all.
    chains : int
        Of each posterior; one more is divided by 20, so that both intervals hold a whole number of ranks.
    steps : int
        Of each chain, which starts from the prior.
    again : int
        Vectors whose chains are walked twice as far, to see that this makes no difference.
    """

    held: int = 150
    chains: int = 59
    steps: int = 1_500
    again: int = 20


QUICK: Final = Size(held=40, chains=19, steps=400, again=5)


@dataclass(frozen=True)
class Row:
    """What recovery came to for one parameter.

    Attributes
    ----------
    parameter : str
    uniform : float
        Chi-square p of its rank histogram.
    cover50, cover90 : float
        Share of the true values within the central intervals.
    error50, error90 : float
        Binomial standard errors of those, were they nominal.
    width : float
        Mean width of the central 90 % interval as a share of the prior's.
    identifiable : bool
        Narrowed to ``NARROWED`` of the prior's or less. Whether what is claimed of it holds is another question: ``covered``.
    """

    parameter: str
    uniform: float
    cover50: float
    cover90: float
    error50: float
    error90: float
    width: float
    identifiable: bool

    @property
    def covered(self) -> bool:
        """Whether both intervals hold the truth as often as they promise, within ``ERRORS`` errors, not more and not less."""
        both = ((self.cover50, self.error50), (self.cover90, self.error90))
        return all(abs(one - share) <= ERRORS * error for (one, error), share in zip(both, CENTRAL, strict=True))


@dataclass(frozen=True)
class Pooled:
    """Coverage over the narrowed parameters, with errors that count a vector once.

    Attributes
    ----------
    name : str
        Of the fit, or of the control.
    cover50, cover90, error50, error90 : float
    """

    name: str
    cover50: float
    cover90: float
    error50: float
    error90: float

    @property
    def short(self) -> bool:
        """Whether an interval holds the truth too seldom, by more than ``ERRORS`` errors."""
        return self.cover50 < CENTRAL[0] - ERRORS * self.error50 or self.cover90 < CENTRAL[1] - ERRORS * self.error90

    @property
    def wide(self) -> bool:
        """Whether an interval holds the truth too often: it says less than it could."""
        return self.cover50 > CENTRAL[0] + ERRORS * self.error50 or self.cover90 > CENTRAL[1] + ERRORS * self.error90

    @property
    def verdict(self) -> str:
        """In words."""
        return "too seldom" if self.short else "too often" if self.wide else "as often as promised, within chance"


@dataclass(frozen=True)
class Recovery:
    """Everything that recovery gave.

    Attributes
    ----------
    names : tuple of str
        Parameters.
    truths : numpy.ndarray
        f8 in [0, 1], shape (held, parameters).
    states : numpy.ndarray
        f8 in [0, 1], shape (held, chains, parameters): draws of the posteriors.
    rows : tuple of Row
    pooled : tuple of Pooled
        The fit; the control with tolerances and errors too small; the control with the posterior of another vector.
    longer : tuple of float
        With twice the steps: mean width of the narrowed parameters over that before, and the root mean square of the differences
        of posterior means in standard errors, which is one when there is no difference.
    kept : float
        Share of the chains' steps that were kept.
    vectors : int
        That the emulators were fitted to.
    """

    names: tuple[str, ...]
    truths: np.ndarray
    states: np.ndarray
    rows: tuple[Row, ...]
    pooled: tuple[Pooled, ...]
    longer: tuple[float, float]
    kept: float
    vectors: int


def posterior(
    patterns: Sequence[Pattern],
    emulators: Sequence[Emulator],
    data: np.ndarray,
    size: Size,
    rng: np.random.Generator,
    share: float = 1.0,
) -> tuple[np.ndarray, float]:
    """Draw from what is left of the prior by some data.

    Parameters
    ----------
    patterns : sequence of Pattern
        The widths of their bands are taken, not their places.
    emulators : sequence of Emulator
    data : numpy.ndarray
        f8, shape (patterns,); NaN is left out.
    size : Size
    rng : numpy.random.Generator
    share : float
        Of the tolerances' widths that is taken; anything but 1 is wrong.

    Returns
    -------
    states : numpy.ndarray
        f8 in [0, 1], shape (chains, parameters).
    kept : float
        Share of the steps that were kept.
    """
    start = rng.random((size.chains, len(emulators[0].linear) - 1))
    there = [k for k in range(len(patterns)) if np.isfinite(data[k])]
    if not there:
        return start, 1.0
    half = [share * (one.high - one.low) / 2 for one in patterns]
    moved = [replace(patterns[k], low=data[k] - half[k], target=data[k], high=data[k] + half[k]) for k in there]
    target = walking.Target(tuple(moved), tuple(emulators[k] for k in there))
    return walking.walk(target, start, size.steps, rng, threads=1)


def posteriors(
    patterns: Sequence[Pattern],
    emulators: Sequence[Emulator],
    data: np.ndarray,
    size: Size,
    rng: np.random.Generator,
    *,
    share: float = 1.0,
    threads: int = 2,
) -> tuple[np.ndarray, float]:
    """Draw from the posterior of every row of data; the number of threads does not matter to what comes out.

    Returns
    -------
    states : numpy.ndarray
        f8 in [0, 1], shape (rows, chains, parameters).
    kept : float
    """
    with ThreadPoolExecutor(threads) as pool:
        jobs = zip(data, rng.spawn(len(data)), strict=True)
        found = list(pool.map(lambda job: posterior(patterns, emulators, job[0], size, job[1], share), jobs))
    return np.stack([one for one, _ in found]), float(np.mean([kept for _, kept in found]))


def ranks(states: np.ndarray, truths: np.ndarray) -> np.ndarray:
    """Draws below the true value; int64, shape (held, parameters)."""
    return np.asarray((states < truths[:, None, :]).sum(axis=1))


def within(found: np.ndarray, chains: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether true values of these ranks lie in the central intervals, by ``CENTRAL``; bool, shaped as the ranks."""
    sides = [round((1.0 - share) / 2 * (chains + 1)) for share in CENTRAL]
    first, second = ((found >= side) & (found <= chains - side) for side in sides)
    return np.asarray(first), np.asarray(second)


def widths(states: np.ndarray) -> np.ndarray:
    """Widths of the central 90 % intervals as shares of the prior's; f8, shape (held, parameters)."""
    chains = states.shape[1]
    side = round((1.0 - CENTRAL[1]) / 2 * (chains + 1))
    ordered = np.sort(states, axis=1)
    return np.asarray((ordered[:, chains - side] - ordered[:, side - 1]) / CENTRAL[1])


def rows_of(names: Sequence[str], states: np.ndarray, truths: np.ndarray) -> tuple[Row, ...]:
    """Sum up each parameter."""
    held, chains = states.shape[:2]
    found = ranks(states, truths)
    errors = [float(np.sqrt(share * (1 - share) / held)) for share in CENTRAL]
    covers = [one.mean(axis=0) for one in within(found, chains)]
    wide = widths(states).mean(axis=0)
    edges = np.arange(BINS + 1) * (chains + 1) / BINS - 0.5
    rows = []
    for k, name in enumerate(names):
        both = [float(one[k]) for one in covers]
        from scipy.stats import chisquare  # heavy, and who reads what was found tests nothing

        uniform = float(chisquare(np.histogram(found[:, k], edges)[0]).pvalue)
        rows.append(Row(name, uniform, both[0], both[1], errors[0], errors[1], float(wide[k]), bool(wide[k] <= NARROWED)))
    return tuple(rows)


def pooled_of(name: str, states: np.ndarray, truths: np.ndarray, narrowed: np.ndarray) -> Pooled:
    """Coverage over the narrowed parameters together: those of one vector share its data, so that a vector counts once."""
    if not narrowed.any():
        return Pooled(name, *([float("nan")] * 4))
    each = [one[:, narrowed].mean(axis=1) for one in within(ranks(states, truths), states.shape[1])]
    errors = [float(np.std(one, ddof=1) / np.sqrt(len(one))) for one in each]
    return Pooled(name, float(each[0].mean()), float(each[1].mean()), errors[0], errors[1])


def recover(
    names: Sequence[str],
    patterns: Sequence[Pattern],
    shares: np.ndarray,
    means: np.ndarray,
    *,
    size: Size | None = None,
    seed: int = 1,
    threads: int = 2,
) -> Recovery:
    """Hold vectors out, fit emulators to the others, and fit the parameters of each as if it were reality.

    Parameters
    ----------
    names : sequence of str
        Parameters.
    patterns : sequence of Pattern
        That are fitted.
    shares : numpy.ndarray
        f8 in [0, 1], shape (vectors, parameters): independent draws from the prior.
    means : numpy.ndarray
        f8, shape (vectors, patterns): what was measured of them.
    size : Size, optional
    seed : int
    threads : int
    """
    size = size or Size()
    rng = np.random.default_rng([seed, 3])
    order = rng.permutation(len(shares))
    held = order[: min(size.held, len(shares) // 5)]
    others = np.sort(order[len(held) :])
    emulators = [fit(shares[others], means[others, k]) for k in range(len(patterns))]
    wide = np.array([one.high - one.low for one in patterns])
    data = means[held] + wide * (rng.random((len(held), len(patterns))) - 0.5)
    truths = shares[held]
    first, second, third = rng.spawn(3)
    states, kept = posteriors(patterns, emulators, data, size, first, threads=threads)
    rows = rows_of(names, states, truths)
    narrowed = np.array([one.width <= NARROWED for one in rows])
    sure = [replace(one, error=WRONG * one.error) for one in emulators]
    wrong, _ = posteriors(patterns, sure, data, size, second, share=WRONG, threads=threads)
    pooled = (
        pooled_of("fit", states, truths, narrowed),
        pooled_of("control: tolerances and errors taken half as wide", wrong, truths, narrowed),
        pooled_of("control: posterior of another vector", states, np.roll(truths, 1, axis=0), narrowed),
    )
    far, _ = posteriors(patterns, emulators, data[: size.again], replace(size, steps=2 * size.steps), third, threads=threads)
    longer = compared(states[: size.again], far, narrowed)
    return Recovery(tuple(names), truths, states, rows, pooled, longer, kept, len(others))


def compared(before: np.ndarray, after: np.ndarray, narrowed: np.ndarray) -> tuple[float, float]:
    """Compare posteriors of chains of two lengths, as ``Recovery.longer`` says."""
    if not narrowed.any():
        return float("nan"), float("nan")
    one, two = before[:, :, narrowed], after[:, :, narrowed]
    error = np.sqrt((one.var(axis=1, ddof=1) + two.var(axis=1, ddof=1)) / one.shape[1])
    off = (one.mean(axis=1) - two.mean(axis=1)) / error
    return float(widths(two).mean() / widths(one).mean()), float(np.sqrt(np.mean(off**2)))


def constrained(emulators: Sequence[Emulator]) -> np.ndarray:
    """Share of each pattern's foretold variance that is due to each parameter.

    Linear terms and squares count for their parameter, products by halves for both; a row of a pattern that is not foretold
    at all is zero.

    Returns
    -------
    numpy.ndarray
        f8, shape (patterns, parameters), each row with sum 1.
    """
    found = np.zeros((len(emulators), len(emulators[0].linear) - 1))
    for at, one in enumerate(emulators):
        weight = one.linear[1:] ** 2 / 3.0  # variance of a uniform number from -1 to 1
        for (a, b), value in zip(one.pairs, one.products, strict=True):
            part = value**2 * (4.0 / 45.0 if a == b else 1.0 / 9.0)
            weight[a] += part / 2
            weight[b] += part / 2
        if weight.sum():
            found[at] = weight / weight.sum()
    return found
