"""What the factors of a sweep do to an outcome: means by level, differences from the scenario, rank correlations.

Points and scenarios share their random numbers, so their errors go together. The error of a mean over points is therefore
told as the mean of their errors, which is the most that it can be. The error of a difference comes from pairs of runs of equal
number (:mod:`experiments.sweeps.pairs`); where only means are known it is the root of the sum of squares, which is more than it
is: then a difference that is not told from chance may still be there.
"""

import math
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np

from experiments.sweeps.digest import AS_IS, Digest, ShownFactor

MOST_SLICES: Final = 4
CHANCE: Final = 0.05
"""How often a report may say that a factor does something where none does: over all factors and scenarios together."""
BY_LEVELS: Final = frozenset({"factorial", "one-at-a-time"})
"""Designs whose points differ by levels; the values of others are spread out."""
MOST_DIFFERENCES: Final = 200
"""Differences between levels of one factor in one scenario that are looked at, the largest."""
_FEWEST_FOR_CORRELATION: Final = 8


class Levels(NamedTuple):
    """An outcome at the levels of a factor.

    Attributes
    ----------
    levels : numpy.ndarray
        Shape (levels,), ascending.
    mean, mcse : numpy.ndarray
        Shape (scenarios, levels): over the points at each level, or a difference.
    """

    levels: np.ndarray
    mean: np.ndarray
    mcse: np.ndarray


class Effect(NamedTuple):
    """What a factor does to an outcome, at the levels and in the scenario where it does most; if it is sure, where that is sure.

    Attributes
    ----------
    size, error : float
        Difference between two levels, at least 0, or from the scenario as it is, and its standard error; NaN where not known.
    scenario : int
        Place in ``Digest.names``.
    levels : tuple of int
        Places in ``ShownFactor.levels``, the one with more first; a single one stands against the scenario as it is.
    sure : bool
        Whether it is more than chance could.
    """

    size: float
    error: float
    scenario: int
    levels: tuple[int, ...]
    sure: bool


class Slice(NamedTuple):
    """Some of a design's points, and what they have in common; the label is empty if there is only one slice.

    Attributes
    ----------
    label : str
    points : numpy.ndarray
    of : int
        Words that the factor has, where slices show only some of them; else 0.
    """

    label: str
    points: np.ndarray
    of: int = 0


class Correlations(NamedTuple):
    """Rank correlations of the factors with an outcome, each array of shape (scenarios, factors).

    Attributes
    ----------
    value : numpy.ndarray
        Spearman's; for factors whose levels have no order, the correlation ratio (0 to 1). NaN where undefined.
    error : numpy.ndarray
        Simple standard error; NaN for correlation ratios.
    size : numpy.ndarray
        From 0 to 1, less what chance alone gives: correlation ratios grow with the number of levels, and these sizes may be
        compared between factors (epsilon squared under the root). NaN where undefined.
    chance : numpy.ndarray
        How often chance alone would give as much; of correlation ratios, that of the ranks. NaN where undefined.
    """

    value: np.ndarray
    error: np.ndarray
    size: np.ndarray
    chance: np.ndarray


def mean_of(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """Mean without NaN; NaN where nothing is left, without a warning."""
    known = ~np.isnan(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)


def by_level(digest: Digest, factor: ShownFactor, outcome: str) -> Levels:
    """Means over all points at each level of a factor; the error is the most that it can be."""
    mean, mcse, _ = digest.values(outcome)
    levels = factor.levels
    at = [factor.values == level for level in levels]
    return Levels(
        levels,
        np.stack([mean_of(mean[:, mask]) for mask in at], axis=1),
        np.stack([mean_of(mcse[:, mask]) for mask in at], axis=1),
    )


def from_base(digest: Digest, factor: ShownFactor, outcome: str) -> Levels:
    """Differences from point 0 at each level of a factor that is moved alone; without pairs, the error is more than it is."""
    mean, mcse, _ = digest.values(outcome)
    at, paired = by_level(digest, factor, outcome), digest.paired(outcome)
    change = at.mean - mean[:, :1]
    if paired is None:
        return Levels(at.levels, change, np.sqrt(at.mcse**2 + mcse[:, :1] ** 2))
    error = [paired.difference(place[0], factor, place[1], None, float(one)).error for place, one in np.ndenumerate(change)]
    return Levels(at.levels, change, np.array(error).reshape(change.shape))


def correlations(digest: Digest, outcome: str) -> Correlations:
    """Rank correlation of each factor with an outcome over the points of each scenario."""
    from scipy.stats import f, rankdata

    mean = digest.values(outcome).mean
    value, error, size, chance = (np.full((len(digest.names), len(digest.factors)), np.nan) for _ in range(4))
    for row, one in enumerate(mean):
        for column, factor in enumerate(digest.factors):
            known = ~np.isnan(one) & ~np.isnan(factor.values)
            x, y, count = factor.values[known], one[known], int(known.sum())
            if count < _FEWEST_FOR_CORRELATION or x.min() == x.max() or y.min() == y.max():
                continue
            ranks = rankdata(y)
            if factor.ordered:
                found = ranked = float(np.corrcoef(rankdata(x), ranks)[0, 1])
                error[row, column] = np.sqrt(max(1.0 - found * found, 0.0) / (count - 2))
                free = 1
            else:
                found, ranked, free = _correlation_ratio(x, y), _correlation_ratio(x, ranks), len(np.unique(x)) - 1
            value[row, column] = found
            left = count - 1 - free
            if left < 1:  # a level a point: nothing is left to compare with
                continue
            size[row, column] = np.sqrt(max(1.0 - (1.0 - found * found) * (count - 1) / left, 0.0))
            rest = max(1.0 - ranked * ranked, np.finfo(float).tiny)
            chance[row, column] = f.sf(ranked * ranked / free / (rest / left), free, left)  # with free = 1, the square of t
    return Correlations(value, error, size, chance)


def _correlation_ratio(x: np.ndarray, y: np.ndarray) -> float:
    """Root of the share of the variance that lies between levels."""
    _, codes = np.unique(x, return_inverse=True)
    count = np.bincount(codes)
    middle = np.bincount(codes, weights=y) / count
    return float(np.sqrt((count * (middle - y.mean()) ** 2).sum() / ((y - y.mean()) ** 2).sum()))


def spread_of(levels: Levels) -> np.ndarray:
    """Distance between the highest and the lowest level; shape (scenarios,), NaN without two levels."""
    low = np.where(np.isnan(levels.mean), np.inf, levels.mean).min(axis=1, initial=np.inf)
    high = np.where(np.isnan(levels.mean), -np.inf, levels.mean).max(axis=1, initial=-np.inf)
    return np.where(high >= low, high - low, np.nan)


def strengths(digest: Digest, outcome: str) -> np.ndarray:
    """How much each factor does to an outcome, the most in any scenario; shape (factors,), 0 where nothing is known.

    Spread between levels where a design has few levels, ``Correlations.size`` where values are spread out.
    """
    if digest.kind == "one-at-a-time":
        rows = [np.nanmax(np.abs(from_base(digest, one, outcome).mean), axis=1, initial=0.0) for one in digest.factors]
    elif digest.kind == "factorial":
        rows = [spread_of(by_level(digest, factor, outcome)) for factor in digest.factors]
    else:
        rows = list(correlations(digest, outcome).size.T)
    return np.array([np.where(np.isnan(row), 0.0, row).max(initial=0.0) for row in rows])


def strongest(digest: Digest, outcome: str, most: int) -> list[ShownFactor]:
    """The factors that do most to an outcome, the strongest first."""
    order = np.argsort(-strengths(digest, outcome), kind="stable")
    return [digest.factors[at] for at in order[:most]]


def beyond_chance(digest: Digest, outcome: str) -> np.ndarray:
    """Whether each factor does more to an outcome than chance could, in any scenario; bool, shape (factors,).

    Where no factor does anything, one or more is said to in at most ``CHANCE`` of all sweeps: that share is split over
    everything that is compared, so the more factors, levels and scenarios, the more it takes (Bonferroni).
    """
    if digest.kind in BY_LEVELS:
        return np.array([one.sure for one in largest(digest, outcome)], bool)
    chance = correlations(digest, outcome).chance
    return np.any(chance * max((~np.isnan(chance)).sum(), 1) <= CHANCE, axis=0)


def leading(digest: Digest, outcome: str) -> tuple[ShownFactor, bool]:
    """The factor that an answer tells of, and whether it does more than chance could: the strongest of those, else of all."""
    sure = dict(zip((one.name for one in digest.factors), beyond_chance(digest, outcome).tolist(), strict=True))
    order = strongest(digest, outcome, len(digest.factors))
    found = next((one for one in order if sure[one.name]), None)
    return (order[0], False) if found is None else (found, True)


def largest(digest: Digest, outcome: str) -> list[Effect]:
    """The largest difference that each factor of a design with levels makes: one of those that chance could not, where there are.

    From pairs of runs of equal number, or from Monte Carlo errors that are rather too large where only means are known.
    """
    from scipy.stats import t

    alone, found, tests = digest.kind == "one-at-a-time", [], 0
    for factor in digest.factors:
        means = (from_base if alone else by_level)(digest, factor, outcome).mean
        known = (~np.isnan(means)).sum(axis=1)
        tests += int(known.sum() if alone else (known * (known - 1) // 2).sum())
        found.append(_differences(digest, factor, outcome, means, alone=alone))
    share = CHANCE / 2 / max(tests, 1)
    effects = []
    for several in found:
        # without a second run nothing is known of chance
        told = [
            one._replace(sure=free > 0 and one.size > 0 and bool(one.size > one.error * t.isf(share, max(free, 1.0))))
            for one, free in several
        ]
        nothing = Effect(math.nan, math.nan, 0, (), sure=False)
        effects.append(max(told, key=lambda one: (one.sure, one.size), default=nothing))
    return effects


def _differences(
    digest: Digest, factor: ShownFactor, outcome: str, means: np.ndarray, *, alone: bool
) -> list[tuple[Effect, float]]:
    """The largest differences of one factor in each scenario, and the degrees of freedom of their errors."""
    paired = digest.paired(outcome)
    error, free = _too_large(digest, factor, outcome, alone=alone) if paired is None else (math.nan, np.zeros(0))
    found = []
    for scenario, row in enumerate(means):
        known = np.flatnonzero(~np.isnan(row)).tolist()
        pairs: list[tuple[int, ...]] = [(at,) for at in known] if alone else list(combinations(known, 2))
        sizes = {pair: float(row[pair[0]] - (row[pair[1]] if pair[1:] else 0.0)) for pair in pairs}
        # all are counted, though of very many only the largest are looked at
        for pair in sorted(pairs, key=lambda one: -abs(sizes[one]))[:MOST_DIFFERENCES]:
            size, one = sizes[pair], None
            if paired is not None:
                one = paired.difference(scenario, factor, pair[0], pair[1] if pair[1:] else None, size)
            known_error, left = (error, float(free[scenario, list(pair)].min())) if one is None else (one.error, one.free)
            levels = pair if size >= 0.0 else pair[::-1]
            found.append((Effect(abs(size), known_error, scenario, levels, sure=False), left))
    return found


def _too_large(digest: Digest, factor: ShownFactor, outcome: str, *, alone: bool) -> tuple[float, np.ndarray]:
    """Error of a factor's differences as means alone tell it, the largest, and degrees of freedom, shape (scenarios, levels)."""
    mean, mcse, runs = digest.values(outcome)
    free = np.where(np.isnan(mcse) | np.isnan(mean), 0, runs - 1)
    levels = by_level(digest, factor, outcome)
    left = np.stack([free[:, factor.values == level].sum(axis=1) for level in levels.levels], axis=1)
    if alone:
        return float(np.nanmax(from_base(digest, factor, outcome).mcse, initial=0.0)), np.minimum(left, free[:, :1])
    return float(np.sqrt(2) * np.nanmax(levels.mcse, initial=0.0)), left


def slices(digest: Digest) -> list[Slice]:
    """Parts of the design that are shown side by side over time: points, or levels or thirds of the strongest factor."""
    every = np.arange(digest.points)
    if digest.points == 1 or not digest.varying:
        return [Slice("", every[:1] if digest.kind == "one-at-a-time" else every)]
    if digest.points <= MOST_SLICES:
        return [Slice(digest.setting(point), every[point : point + 1]) for point in range(digest.points)]
    factor = strongest(digest, digest.varying[0].name, 1)[0]
    base = [Slice(AS_IS, every[:1])] if digest.kind == "one-at-a-time" else []
    levels = factor.levels
    if len(levels) + len(base) <= MOST_SLICES:
        return base + [Slice(f"{factor.title}: {factor.text(level)}", every[factor.values == level]) for level in levels]
    if base:
        ends, of = levels[[0, -1]], len(levels) if factor.labels else 0
        return base + [Slice(f"{factor.title}: {factor.text(level)}", every[factor.values == level], of) for level in ends]
    if factor.labels:
        shown, of = levels[:MOST_SLICES], len(levels)
        return [Slice(f"{factor.title}: {factor.text(level)}", every[factor.values == level], of) for level in shown]
    return _thirds(factor)


def _thirds(factor: ShownFactor) -> list[Slice]:
    """Points in three groups of about equal size by the value of a factor; equal values stay together."""
    known = np.flatnonzero(~np.isnan(factor.values))
    marks = np.quantile(factor.values[known], [1 / 3, 2 / 3])
    group = np.searchsorted(marks, factor.values[known], side="left")
    found = []
    for third in range(3):
        points = known[group == third]
        if len(points):
            low, high = (factor.text(float(one), digits=3) for one in (factor.values[points].min(), factor.values[points].max()))
            found.append(Slice(f"{factor.title}: {low if low == high else f'{low} to {high}'}", points))
    return found
