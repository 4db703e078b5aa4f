"""Find the region where worlds fail: screening, PRIM on one half, proof on the other, the control with shuffled labels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.discovery.asked import MOST_PARAMETERS
from experiments.discovery.conditions import Input
from experiments.discovery.trees import Node, grown
from experiments.discovery.workbench import Box, candidates
from experiments.executors.many import JobFailed, run_many
from experiments.executors.pools import Pool
from sim.problems import BadInput, Problem

if TYPE_CHECKING:
    import pandas as pd

"""Parameters of the ensemble that are offered beside the conditions."""
LEAST_FAILURES: Final = 10
"""Worlds that fail, and worlds that do not, in each half: with fewer no region is looked for."""
ALPHA: Final = 0.05
"""Probability by chance below which something is taken to hold."""


@dataclass(frozen=True)
class Score:
    """How a box does on some worlds.

    Attributes
    ----------
    worlds, failures : int
        All of them.
    inside, failures_inside : int
        In the box.
    """

    worlds: int
    failures: int
    inside: int
    failures_inside: int

    @property
    def coverage(self) -> float:
        """Share of the failures that lie in the box; NaN without failures."""
        return _ratio(self.failures_inside, self.failures)

    @property
    def density(self) -> float:
        """Share of the box's worlds that fail; NaN for an empty box."""
        return _ratio(self.failures_inside, self.inside)

    @property
    def elsewhere(self) -> float:
        """Share of the other worlds that fail; NaN without any."""
        return _ratio(self.failures - self.failures_inside, self.worlds - self.inside)

    @property
    def base(self) -> float:
        """Share of all worlds that fail."""
        return _ratio(self.failures, self.worlds)

    @property
    def agreement(self) -> float:
        """Correlation between lying in the box and failing (phi): 1 for the same worlds, 0 for a box that tells nothing.

        Unlike the mean of coverage and density it does not favour the whole space where most worlds fail.
        """
        hits, inside, failures, worlds = self.failures_inside, self.inside, self.failures, self.worlds
        scale = inside * (worlds - inside) * failures * (worlds - failures)
        return (hits * worlds - inside * failures) / scale**0.5 if scale else 0.0

    @cached_property
    def p(self) -> float:
        """Probability that as many failures or more lie in the box if the two had nothing to do with each other.

        Fisher's exact test.
        """
        from scipy.stats import hypergeom

        return float(hypergeom.sf(self.failures_inside - 1, self.worlds, self.failures, self.inside))

    @property
    def holds(self) -> bool:
        """Whether more worlds fail in the box than chance would have it."""
        return self.p < ALPHA


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def scored(inside: np.ndarray, fails: np.ndarray) -> Score:
    """Score of lying in a box, or of any other guess at which worlds fail.

    Parameters
    ----------
    inside, fails : numpy.ndarray
        bool, shape (worlds,).
    """
    return Score(len(fails), int(fails.sum()), int(inside.sum()), int((inside & fails).sum()))


@dataclass(frozen=True)
class Screened:
    """A parameter that passed the screening: its rank correlation with the outcome, and the probability of it by chance."""

    name: str
    correlation: float
    p: float


@dataclass(frozen=True)
class Region:
    """What the search came to on one set of labels.

    Attributes
    ----------
    screened : tuple of Screened
        Strongest first.
    box : Box
        The chosen one, with limits as they are told; without limits when there is none.
    train, test : Score
    steps : tuple of tuple of Score
        Of each box that was looked at, on both halves.
    chosen : int
        Place of the box among the steps; -1 when there is none.
    """

    screened: tuple[Screened, ...]
    box: Box
    train: Score
    test: Score
    steps: tuple[tuple[Score, Score], ...]
    chosen: int

    @property
    def found(self) -> bool:
        """Whether there is a box, and it holds on the half that it was not found on."""
        return bool(self.box.limits) and self.test.holds


@dataclass(frozen=True)
class Worlds:
    """What is searched.

    Attributes
    ----------
    inputs : pandas.DataFrame
        f8, a row a world: conditions, then parameters of the ensemble.
    known : mapping of str to Input
        By column.
    training : numpy.ndarray
        bool, shape (worlds,): the half on which regions are found.
    most : int
        Parameters that are offered beside the conditions at most.
    """

    inputs: "pd.DataFrame"
    known: Mapping[str, Input]
    training: np.ndarray
    most: int = MOST_PARAMETERS

    @property
    def conditions(self) -> list[str]:
        """Columns that are conditions."""
        return [name for name in self.inputs.columns if self.known[name].condition]


def halved(members: np.ndarray, seed: int) -> np.ndarray:
    """Half of the worlds, at random; worlds of one member of the ensemble stay together.

    Parameters
    ----------
    members : numpy.ndarray
        int, shape (worlds,).
    seed : int

    Returns
    -------
    numpy.ndarray
        bool, shape (worlds,): True in the training half.
    """
    names, counts = np.unique(members, return_counts=True)
    mixed = np.random.default_rng([seed, 2]).permutation(len(names))
    taken = names[mixed[np.cumsum(counts[mixed]) <= (len(members) + 1) // 2]]
    return np.isin(members, taken)


def screened(parameters: "pd.DataFrame", values: np.ndarray, *, most: int = MOST_PARAMETERS) -> tuple[Screened, ...]:
    """Parameters whose rank correlation with an outcome is more than chance, after Bonferroni; the strongest.

    Parameters
    ----------
    parameters : pandas.DataFrame
    values : numpy.ndarray
        f8, shape (worlds,).
    most : int
    """
    from scipy.stats import spearmanr

    varying = parameters.loc[:, parameters.nunique() > 1]
    if varying.shape[1] < 2 or len(np.unique(values)) < 2:
        return ()
    found = spearmanr(np.column_stack([varying.to_numpy(), values]))
    correlation, p = found.statistic[-1, :-1], found.pvalue[-1, :-1]
    order = [at for at in np.argsort(-np.abs(correlation), kind="stable") if p[at] * len(p) < ALPHA]
    return tuple(Screened(str(varying.columns[at]), float(correlation[at]), float(p[at])) for at in order[:most])


def enough(fails: np.ndarray, training: np.ndarray) -> bool:
    """Whether both halves have worlds enough that fail, and that do not."""
    return all(min(half.sum(), (~half).sum()) >= LEAST_FAILURES for half in (fails[training], fails[~training]))


def offered(worlds: Worlds, values: np.ndarray) -> tuple[tuple[Screened, ...], list[str]]:
    """Parameters that pass the screening on the training half, and all inputs that are offered."""
    rest = [name for name in worlds.inputs.columns if name not in worlds.conditions]
    passed = screened(worlds.inputs.loc[worlds.training, rest], values[worlds.training], most=worlds.most)
    return passed, [*worlds.conditions, *(one.name for one in passed)]


def search(worlds: Worlds, values: np.ndarray, fails: np.ndarray) -> Region:
    """Look for the region where worlds fail on the training half, and see on the other half whether it holds.

    The box is the one of PRIM's that agrees best with the failures of the training half (phi).

    Parameters
    ----------
    worlds : Worlds
    values : numpy.ndarray
        f8, shape (worlds,): the outcome, for the screening.
    fails : numpy.ndarray
        bool, shape (worlds,).
    """
    passed, names = offered(worlds, values)
    train, test = worlds.inputs.loc[worlds.training, names], worlds.inputs.loc[~worlds.training, names]
    mine, others = fails[worlds.training], fails[~worlds.training]
    boxes = list({one.where: one for one in (rounded(box, worlds.known) for box in candidates(train, mine))}.values())
    steps = tuple((scored(box.holds(train), mine), scored(box.holds(test), others)) for box in boxes)
    fit = [at for at, box in enumerate(boxes) if box.limits]
    chosen = max(fit, key=lambda at: steps[at][0].agreement) if fit else -1
    whole = Box()
    scores = steps[chosen] if fit else (scored(whole.holds(train), mine), scored(whole.holds(test), others))
    return Region(passed, boxes[chosen] if fit else whole, *scores, steps, chosen)


def rounded(box: Box, known: Mapping[str, Input]) -> Box:
    """Box with its limits rounded as pages show them, without those that then restrict nothing."""
    limits = []
    for one in box.limits:
        value, bounds = known[one.name].rounded(one.value), known[one.name]
        if bounds.low < value < bounds.high:
            limits.append(replace(one, value=value))
    return Box(tuple(limits))


@dataclass(frozen=True)
class Control:
    """The same search where failures were dealt out at random.

    Attributes
    ----------
    regions : tuple of Region
        One a shuffle.
    """

    regions: tuple[Region, ...]

    @property
    def held(self) -> int:
        """Shuffles whose box held on the other half."""
        return sum(one.found for one in self.regions)

    @property
    def allowed(self) -> int:
        """Most shuffles that may hold by chance, at 99 %."""
        from scipy.stats import binom

        return int(binom.ppf(0.99, len(self.regions), ALPHA)) if self.regions else 0

    @property
    def sound(self) -> bool:
        """Whether no more hold than may by chance."""
        return self.held <= self.allowed

    def as_good(self, region: Region) -> int:
        """Shuffles whose box agrees with the other half's failures as well as a region does, or better."""
        return sum(one.test.agreement >= region.test.agreement for one in self.regions)


def controlled(
    worlds: Worlds,
    values: np.ndarray,
    fails: np.ndarray,
    *,
    shuffles: int,
    seed: int,
    pool: Pool,
    progress: Callable[[int], None] = lambda _: None,
) -> Control:
    """Search with outcomes dealt out to the worlds at random, screening and all.

    Parameters
    ----------
    worlds : Worlds
    values, fails : numpy.ndarray
        Shape (worlds,).
    shuffles, seed : int
    pool : Pool
        The searches hold the interpreter: threads do not help them.
    progress : callable
        Told of each shuffle that is done.

    Raises
    ------
    BadInput
        When a search failed.
    """
    dice, jobs = np.random.default_rng([seed, 3]), list[_Shuffle]()
    while len(jobs) < shuffles:
        mixed = dice.permutation(len(fails))
        if enough(fails[mixed], worlds.training):
            jobs.append(_Shuffle(len(jobs), worlds, values[mixed], fails[mixed]))
    found: dict[int, Region] = {}
    problems: list[Problem] = []

    def finished(job: _Shuffle, region: Region) -> None:
        found[job.number] = region
        progress(1)

    def failed(failure: JobFailed[_Shuffle]) -> None:
        where = f"shuffle {failure.job.number + 1}"
        problems.append(Problem(where, f"{failure.type}: {failure.message}", "a search that does not fail", ""))

    run_many(_searched, iter(jobs), pool, finished=finished, failed=failed)
    if problems:
        raise BadInput(problems)
    return Control(tuple(found[number] for number in sorted(found)))


@dataclass(frozen=True, eq=False)
class _Shuffle:
    """One search of the control."""

    number: int
    worlds: Worlds
    values: np.ndarray
    fails: np.ndarray


def _searched(job: _Shuffle) -> Region:
    return search(job.worlds, job.values, job.fails)


def tree(worlds: Worlds, region: Region, fails: np.ndarray) -> Node:
    """Grow a tree (CART) on the training half, of the inputs that the region was offered."""
    names: Sequence[str] = [*worlds.conditions, *(one.name for one in region.screened)]
    return grown(worlds.inputs[names], fails, worlds.training, worlds.known)
