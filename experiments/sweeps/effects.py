"""What the factors of a sweep do to an outcome: means by level, differences from the scenario, rank correlations.

Points and scenarios share their random numbers, so their errors go together. The error of a mean over points is therefore
told as the mean of their errors, which is the most that it can be; the error of a difference as the root of the sum of
squares, which is more than it is.
"""

from typing import Final, NamedTuple

import numpy as np

from experiments.sweeps.digest import AS_IS, Digest, ShownFactor

MOST_SLICES: Final = 4
CHANCE: Final = 0.05
"""How often a report may say that a factor does something where none does: over all factors and scenarios together."""
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
    """Differences from point 0 at each level of a factor that is moved alone; the error is more than it is."""
    mean, mcse, _ = digest.values(outcome)
    at = by_level(digest, factor, outcome)
    return Levels(at.levels, at.mean - mean[:, :1], np.sqrt(at.mcse**2 + mcse[:, :1] ** 2))


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
    if digest.kind in {"factorial", "one-at-a-time"}:
        return _beyond_error(digest, outcome)
    chance = correlations(digest, outcome).chance
    return np.any(chance * max((~np.isnan(chance)).sum(), 1) <= CHANCE, axis=0)


def _beyond_error(digest: Digest, outcome: str) -> np.ndarray:
    """``beyond_chance`` where points differ by levels: greatest differences against Monte Carlo errors, rather too large ones."""
    from scipy.stats import t

    mean, mcse, runs = digest.values(outcome)
    free = np.where(np.isnan(mcse) | np.isnan(mean), 0, runs - 1)
    found, tests = [], 0
    for factor in digest.factors:
        at = [factor.values == level for level in factor.levels]
        if digest.kind == "one-at-a-time":
            levels = from_base(digest, factor, outcome)
            size, error = np.abs(levels.mean), float(np.nanmax(levels.mcse, initial=0.0))
            left = np.stack([np.minimum(free[:, mask].sum(axis=1), free[:, 0]) for mask in at], axis=1) if at else size
            tests += int((~np.isnan(size)).sum())
        else:
            levels = by_level(digest, factor, outcome)
            size, error = spread_of(levels)[:, None], float(np.sqrt(2) * np.nanmax(levels.mcse, initial=0.0))
            left = np.stack([free[:, mask].sum(axis=1) for mask in at], axis=1)
            left = np.where(np.isnan(levels.mean), np.inf, left).min(axis=1, keepdims=True)
            known = (~np.isnan(levels.mean)).sum(axis=1)
            tests += int((known * (known - 1) // 2).sum())
        found.append((size, error, left))
    share = CHANCE / 2 / max(tests, 1)
    # without a second run nothing is known of chance
    return np.array([
        bool(np.any((left > 0) & (size > 0) & (size > error * t.isf(share, np.maximum(left, 1))))) for size, error, left in found
    ])  # fmt: skip


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
