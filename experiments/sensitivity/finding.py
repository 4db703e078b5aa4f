"""The analysis from beginning to end: screen, choose, shares of variance, one parameter at a time."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.sensitivity.analysing import Indices, Screened, indices, screening
from experiments.sensitivity.quantities import Quantity, headline
from experiments.sensitivity.samples import Sample, morris_sample, sobol_sample
from experiments.sensitivity.simulated import Model
from experiments.sensitivity.space import Space

MOST_ALONE: Final = 15
"""Parameters that are moved one at a time."""


@dataclass(frozen=True)
class Survivor:
    """A parameter that does more than chance to some outcome.

    Attributes
    ----------
    name : str
    size : float
        Its mu* as a share of the largest mu* of the outcome to which it does most in this sense; 0 to 1.
    quantity : Quantity
        That outcome.
    outcomes : int
        Outcomes to which it does more than chance.
    """

    name: str
    size: float
    quantity: Quantity
    outcomes: int


@dataclass(frozen=True, eq=False)
class Alone:
    """One outcome with one parameter at a time at its bounds, all others at their base values.

    Attributes
    ----------
    quantity : Quantity
    names : tuple of str
        Parameters, those that move it most first.
    base, base_error : float
        With no parameter moved: mean and Monte Carlo standard error.
    change, error : numpy.ndarray
        f8, shape (parameters, 2): mean change at the low and the high bound, run by run with the same random numbers, and
        the Monte Carlo standard error of that.
    replicates : int
    """

    quantity: Quantity
    names: tuple[str, ...]
    base: float
    base_error: float
    change: np.ndarray
    error: np.ndarray
    replicates: int


@dataclass(frozen=True, eq=False)
class Findings:
    """What came out.

    Attributes
    ----------
    quantities : tuple of Quantity
    screened : dict of Quantity to Screened
    screen : Sample
    passed : tuple of Survivor
        Every parameter that does more than chance, largest first.
    kept : int
        How many of them went on.
    sample : Sample or None
        Of the indices; None when no parameter went on.
    indices : dict of Quantity to Indices
    alone : Alone or None
    replicates : int
    """

    quantities: tuple[Quantity, ...]
    screen: Sample
    screened: dict[Quantity, Screened]
    passed: tuple[Survivor, ...]
    kept: int
    sample: Sample | None
    indices: dict[Quantity, Indices]
    alone: Alone | None
    replicates: int

    @property
    def survivors(self) -> tuple[Survivor, ...]:
        """Parameters whose shares of variance were asked."""
        return self.passed[: self.kept]

    @property
    def space(self) -> Space:
        """What the screening varied."""
        return self.screen.space

    @property
    def headline(self) -> Quantity:
        """Quantity that is told first."""
        return headline(self.quantities)


def analyse(
    model: Model,
    space: Space,
    *,
    trajectories: int,
    base: int,
    replicates: int,
    keep: int,
    seed: int,
    replicates_alone: int,
) -> Findings:
    """Analyse a model's sensitivity.

    Parameters
    ----------
    model : Model
        The simulation, or any function of the parameters.
    space : Space
        What is varied, uniformly between its bounds.
    trajectories : int
        Of Morris.
    base : int
        Base samples of Saltelli, a power of two.
    replicates : int
        Runs a point, the same random numbers at all points; 2 or more.
    keep : int
        Parameters that go on from screening to shares of variance, at most.
    seed : int
    replicates_alone : int
        Runs with one parameter moved.

    Returns
    -------
    Findings

    Raises
    ------
    BadInput
        When too many runs failed.
    """
    screen = morris_sample(space, trajectories=trajectories, seed=seed)
    values = model("screening", space.names, screen.points, replicates=replicates)
    again = model("screening-again", space.names, screen.points[screen.again], replicates=replicates, again=True)
    screened = {one: screening(screen, values[one], again[one], seed=seed) for one in model.quantities}
    passed = survivors_of(space.names, screened)
    names = [one.name for one in passed[:keep]]
    found: dict[Quantity, Indices] = {}
    sample = alone = None
    if names:
        sample = sobol_sample(space.only(names), base=base, seed=seed)
        values = model("indices", names, sample.points, replicates=replicates)
        again = model("indices-again", names, sample.points[sample.again], replicates=replicates, again=True)
        found = {one: indices(sample, values[one], again[one], seed=seed) for one in model.quantities}
        alone = _moved_alone(model, sample.space, found, replicates_alone)
    return Findings(model.quantities, screen, screened, passed, len(names), sample, found, alone, replicates)


def survivors_of(names: Sequence[str], screened: Mapping[Quantity, Screened]) -> tuple[Survivor, ...]:
    """Parameters that do more than chance to any outcome, largest first.

    Outcomes have different units: an effect counts as a share of the largest on the same outcome.

    Parameters
    ----------
    names : sequence of str
    screened : mapping of Quantity to Screened

    Returns
    -------
    tuple of Survivor
    """
    found = []
    shares = {one: np.where(it.above, it.mu_star / max(it.mu_star.max(), 1e-300), 0.0) for one, it in screened.items()}
    for at, name in enumerate(names):
        sizes = {one: float(share[at]) for one, share in shares.items()}
        most = max(sizes, key=lambda one: sizes[one])
        if sizes[most] > 0.0:
            found.append(Survivor(name, sizes[most], most, sum(size > 0.0 for size in sizes.values())))
    return tuple(sorted(found, key=lambda one: (-one.size, -one.outcomes)))


def _moved_alone(model: Model, space: Space, found: Mapping[Quantity, Indices], replicates: int) -> Alone:
    """Each of the parameters with the largest total indices at its two bounds."""
    quantity = headline(found)
    order = np.argsort(-np.nan_to_num(found[quantity].total), kind="stable")[:MOST_ALONE]
    chosen = space.only([space.names[at] for at in order.tolist()])
    points = np.full((1 + 2 * len(chosen), len(chosen)), np.nan)
    for at, ends in enumerate(zip(chosen.low.tolist(), chosen.high.tolist(), strict=True)):
        points[1 + 2 * at : 3 + 2 * at, at] = ends
    values = model("one-at-a-time", chosen.names, points, replicates=replicates)[quantity]
    base = mean_and_error(values[0])
    both = [mean_and_error(one - values[0]) for one in values[1:]]
    change, error = (np.array([one[part] for one in both]).reshape(-1, 2) for part in (0, 1))
    reach = np.nan_to_num(np.abs(change)).max(axis=1)
    first = np.argsort(-reach, kind="stable")
    names = tuple(chosen.names[at] for at in first.tolist())
    return Alone(quantity, names, *base, change[first], error[first], replicates)


def mean_and_error(values: np.ndarray) -> tuple[float, float]:
    """Mean over the runs that did not fail, and its Monte Carlo standard error; NaN where there are too few.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (replicates,).
    """
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return (float(known[0]) if len(known) else math.nan), math.nan
    return float(known.mean()), float(known.std(ddof=1)) / math.sqrt(len(known))
