"""Morris's measures and Sobol' indices by SALib, each beside what chance alone would give.

Chance is seen in two ways. The *dummy* is a parameter that the model is not given; where it moves, the model is run again at
the same point with other random numbers, and that change is analysed like any other, less its mean over the points: what
luck does alike everywhere is in no difference between points. And the replicates are split into *halves*: half their
difference has the size of the error in the mean of all, and is analysed like an outcome. With the same random numbers the
dummy does nothing at all, which is checked.
"""

import math
import warnings
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from experiments.sensitivity.samples import LEVELS, Sample, generator, problem_of
from sim.problems import BadInput, Problem

CONFIDENCE: Final = 0.95
MORRIS_RESAMPLES: Final = 1000
SOBOL_RESAMPLES: Final = 500

FEWEST_BLOCKS: Final = {"morris": 2, "sobol": 4}
"""Whole trajectories, or base samples, without which nothing can be said."""

WIDEST: Final = 0.1
"""Half-width of an important index above which more base samples are asked for."""

MUCH_NOISE: Final = 0.2
"""Share of variance by chance above which more replicates are asked for."""


@dataclass(frozen=True, eq=False)
class Noise:
    """What chance does to one outcome.

    Attributes
    ----------
    mean, spread : float
        Of the outcome over the points: mean, and standard deviation.
    error : float
        Monte Carlo standard error of a point's mean, root mean square over the points.
    share : float
        Variance of that error, but for what luck does alike at all points, over the variance between points: how much of the
        latter is chance. NaN where the points do not differ.
    halves : float
        The same share from halves of the replicates, as a check.
    dummy, dummy_reach : float
        Effect of the dummy run with other random numbers (mu* or total index), and half its 95 % interval.
    dummy_same : float
        Its effect with the same random numbers: 0, or the analysis is wrong.
    floor : float
        What an effect must exceed.
    blocks : int
        Trajectories or base samples that are whole.
    """

    mean: float
    spread: float
    error: float
    share: float
    halves: float
    dummy: float
    dummy_reach: float
    dummy_same: float
    floor: float
    blocks: int


@dataclass(frozen=True, eq=False)
class Screened:
    """Morris's measures of one outcome, each array of shape (parameters,), in units of the outcome over a parameter's range.

    Attributes
    ----------
    mu, mu_star, reach, sigma : numpy.ndarray
        Mean effect, mean size, half its 95 % interval, standard deviation.
    chance : numpy.ndarray
        mu* of half the difference between halves of the replicates: how large it would be by chance alone.
    dummy_sigma : float
        Standard deviation of the dummy's effects, with other random numbers.
    noise : Noise
        Its ``floor`` is the dummy's upper bound, or the most that chance gives any parameter, whichever is more: of hundreds
        of parameters that do nothing, some always look as if they did a little.
    """

    mu: np.ndarray
    mu_star: np.ndarray
    reach: np.ndarray
    sigma: np.ndarray
    chance: np.ndarray
    dummy_sigma: float
    noise: Noise

    @property
    def above(self) -> np.ndarray:
        """Whether each parameter does more than chance; bool, shape (parameters,)."""
        return self.mu_star > self.noise.floor


@dataclass(frozen=True, eq=False)
class Indices:
    """Sobol' indices of one outcome, each array of shape (parameters,); NaN where the outcome is the same at all points.

    Attributes
    ----------
    first, first_reach, total, total_reach : numpy.ndarray
        Index of first and total order, with half their 95 % intervals.
    chance : numpy.ndarray
        How much of the total index chance alone would give each parameter, from halves of the replicates.
    first_floor : float
        Upper bound of the dummy's index of first order.
    noise : Noise
        Its ``floor`` is the upper bound of the dummy's total index.
    base : int
        Base samples.
    """

    first: np.ndarray
    first_reach: np.ndarray
    total: np.ndarray
    total_reach: np.ndarray
    chance: np.ndarray
    first_floor: float
    noise: Noise
    base: int

    @property
    def first_important(self) -> np.ndarray:
        """Whether the lower bound of the first-order index is above the dummy's upper bound, and above 0; bool, (parameters,).

        The dummy's index of first order is an estimate too, and may lie below 0 with all its interval: what does nothing at all
        must not be called more than that.
        """
        return self.first - self.first_reach > max(self.first_floor, 0.0)

    @property
    def important(self) -> np.ndarray:
        """Whether the lower bound of the total index is above the dummy's upper bound; bool, shape (parameters,)."""
        return self.total - self.total_reach > self.noise.floor

    @property
    def base_needed(self) -> int:
        """Base samples, a power of two, that would bring every important index within WIDEST; 0 when they are."""
        return 2 ** math.ceil(math.log2(self.base * (self.widest / WIDEST) ** 2)) if self.widest > WIDEST else 0

    @property
    def widest(self) -> float:
        """Largest half-width of an important index; 0 where none is."""
        return float(max([*self.total_reach[self.important], *self.first_reach[self.first_important]], default=0.0))


def screening(sample: Sample, values: np.ndarray, again: np.ndarray, *, seed: int) -> Screened:
    """Morris's measures of one outcome.

    Parameters
    ----------
    sample : Sample
        Of kind ``morris``.
    values : numpy.ndarray
        f8, shape (points, replicates), two replicates or more: the outcome, NaN where a run failed.
    again : numpy.ndarray
        f8, shape (blocks, replicates): the outcome at ``sample.again`` with other random numbers.
    seed : int
        Of the bootstrap.

    Raises
    ------
    BadInput
        When too few trajectories are whole.
    """
    given = _Given(sample, values, again)
    found = _morris(given.problem, given.rows, given.means, seed)
    other = _morris(given.problem, given.rows, given.with_dummy, seed)
    chance = _morris(given.problem, given.rows, given.halves, seed)["mu_star"][:-1]
    dummy, reach = float(other["mu_star"][-1]), float(other["mu_star_conf"][-1])
    floor = max(dummy + reach, float(chance.max()))
    noise = given.noise(dummy, reach, float(found["mu_star"][-1]), floor)
    own = {name: one[:-1] for name, one in found.items()}
    return Screened(own["mu"], own["mu_star"], own["mu_star_conf"], own["sigma"], chance, float(other["sigma"][-1]), noise)


def indices(sample: Sample, values: np.ndarray, again: np.ndarray, *, seed: int) -> Indices:
    """Sobol' indices of one outcome.

    Parameters
    ----------
    sample : Sample
        Of kind ``sobol``.
    values, again, seed
        As for :func:`screening`.

    Raises
    ------
    BadInput
        When too few base samples are whole.
    """
    given = _Given(sample, values, again)
    ends = np.arange(len(given.means)) % sample.size
    ends = (ends == 0) | (ends == sample.size - 1)  # the two independent matrices, from which SALib takes the variance
    if np.ptp(given.means[ends]) <= np.finfo(float).eps * (1.0 + float(np.abs(given.means).max())):
        unknown = np.full(len(sample.space), np.nan)
        noise = given.noise(math.nan, math.nan, 0.0, math.nan)
        return Indices(unknown, unknown, unknown, unknown, unknown, math.nan, noise, given.blocks)
    found = _sobol(given.problem, given.means, seed)
    alone = {"num_vars": 1, "names": given.problem["names"][-1:], "bounds": [[0.0, 1.0]]}
    three = given.with_dummy.reshape(given.blocks, sample.size)[:, [0, sample.size - 2, sample.size - 1]].reshape(-1)
    dummy = _sobol(alone, three, seed)
    upper = dummy["ST"][0] + dummy["ST_conf"][0]
    noise = given.noise(float(dummy["ST"][0]), float(dummy["ST_conf"][0]), float(found["ST"][-1]), float(upper))
    own = {name: one[:-1] for name, one in found.items()}
    first_floor = float(dummy["S1"][0] + dummy["S1_conf"][0])
    chance = np.zeros(len(sample.space))
    if np.ptp(given.halves[ends]) > 0.0:
        ratio = float(given.halves[ends].var() / given.means[ends].var())
        chance = ratio * _sobol(given.problem, given.halves, seed, resamples=2)["ST"][:-1]
    return Indices(own["S1"], own["S1_conf"], own["ST"], own["ST_conf"], chance, first_floor, noise, given.blocks)


class _Given:
    """One outcome in the rows of whole blocks.

    Attributes
    ----------
    blocks : int
    rows : numpy.ndarray
        What SALib laid out, shape (rows, parameters + 1).
    means, halves, with_dummy : numpy.ndarray
        Shape (rows,): mean over the replicates; half the difference between the means of their halves; mean over the
        replicates, that of the other random numbers, levelled, where the dummy alone has moved.
    """

    def __init__(self, sample: Sample, values: np.ndarray, again: np.ndarray) -> None:
        self.problem = problem_of(sample.space)
        in_rows = values[sample.place]
        sound = np.isfinite(in_rows).all(axis=1).reshape(-1, sample.size).all(axis=1) & np.isfinite(again).all(axis=1)
        self.blocks = int(sound.sum())
        if self.blocks < FEWEST_BLOCKS[sample.kind]:
            raise BadInput([_too_few(sample, self.blocks)])
        kept = np.repeat(sound, sample.size)
        self.rows = sample.rows[kept]
        self.means = in_rows[kept].mean(axis=1)
        half = values.shape[1] // 2
        self.halves = (in_rows[kept, :half].mean(axis=1) - in_rows[kept, half:].mean(axis=1)) / 2.0
        moved = again.mean(axis=1)[sound]
        luck = moved - in_rows[sample.dummy_rows[sound]].mean(axis=1)
        self.with_dummy = self.means.copy()
        self.with_dummy[np.flatnonzero(np.isin(np.flatnonzero(kept), sample.dummy_rows))] = moved - luck.mean()
        self._points = values[np.unique(sample.place[kept])]

    def noise(self, dummy: float, reach: float, same: float, floor: float) -> Noise:
        """Noise of the outcome, with what the analysis gave of the dummy."""
        points = self._points
        replicates = points.shape[1]
        between = float(points.mean(axis=1).var())
        error = math.sqrt(float(points.var(axis=1, ddof=1).mean()) / replicates)
        own = float((points - points.mean(axis=0)).var(axis=1, ddof=1).mean()) / replicates
        half = replicates // 2
        halves = float(((points[:, :half].mean(axis=1) - points[:, half:].mean(axis=1)) / 2.0).var())
        share, by_halves = (own / between, halves / between) if between > 0.0 else (math.nan, math.nan)
        mean, spread = float(points.mean()), math.sqrt(between)
        return Noise(mean, spread, error, share, by_halves, dummy, reach, same, floor, self.blocks)


def _too_few(sample: Sample, whole: int) -> Problem:
    what = "trajectories" if sample.kind == "morris" else "base samples"
    hint = "the table `failures` of the sweep below `sweeps` says which runs failed and why; narrower --bounds may avoid them"
    allowed = f"{FEWEST_BLOCKS[sample.kind]} or more in which every run has an outcome"
    return Problem(what, f"only {whole} of {sample.blocks} are whole: runs failed in all others", allowed, hint)


def _morris(problem: dict[str, Any], rows: np.ndarray, values: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    from SALib.analyze import morris

    found = morris.analyze(
        problem, rows, values, num_levels=LEVELS, num_resamples=MORRIS_RESAMPLES, conf_level=CONFIDENCE,
        seed=generator(seed, "bootstrap"),
    )  # fmt: skip
    return {name: np.array(found[name], float) for name in ("mu", "mu_star", "mu_star_conf", "sigma")}  # not masked


def _sobol(problem: dict[str, Any], values: np.ndarray, seed: int, *, resamples: int = SOBOL_RESAMPLES) -> dict[str, np.ndarray]:
    from SALib.analyze import sobol

    # a resample in which nothing varies tells nothing: SALib warns of it in numbers or in words, by how its rows are drawn
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Constant values encountered", category=UserWarning)
        found = sobol.analyze(
            problem, values, calc_second_order=False, num_resamples=resamples, conf_level=CONFIDENCE,
            seed=generator(seed, "bootstrap"),
        )  # fmt: skip
    return {name: np.array(found[name], float) for name in ("S1", "S1_conf", "ST", "ST_conf")}


def replicates_needed(noise: Noise, replicates: int) -> int:
    """Replicates that would bring the share of chance down to MUCH_NOISE.

    The variance by chance falls with the replicates; the rest of the variance between points stays.

    Parameters
    ----------
    noise : Noise
        With a share below 1.
    replicates : int
        That gave it.
    """
    return math.ceil(replicates * noise.share / (1.0 - noise.share) * (1.0 - MUCH_NOISE) / MUCH_NOISE)
