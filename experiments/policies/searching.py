"""The search: NSGA-II by pymoo over the genes of schedules, every schedule evaluated once."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from experiments.policies.evaluating import MONTHS, Outcome
from experiments.policies.ingredients import FULL, NAMES
from experiments.policies.schedules import MOST, Schedule, decoded, encoded
from sim.problems import BadInput, Problem

POPULATION: Final = 80
"""Schedules of a generation; fewer where fewer are to be evaluated."""
BARREN: Final = 25
"""Generations without a new schedule after which there is nothing more to be found."""
INSTALL: Final = "pip install 'practice-sustainment[analysis]'"
_USED: Final = 0.3
"""Chance that an ingredient is used in a schedule drawn for the first generation: most good ones are short."""
_OWN_TIME: Final = 0.15
"""Chance that it has a time of its own there."""


def need_pymoo() -> None:
    """Say so at once, before anything is run, when pymoo is not there.

    Raises
    ------
    BadInput
    """
    try:
        import pymoo  # noqa: F401 - seen here, so that what is missing is said before anything is run
    except ImportError as error:
        what = "pymoo, which searches, is not installed"
        raise BadInput([Problem("search", what, "an installation with the extra 'analysis'", INSTALL)]) from error


def objectives(outcomes: Sequence[Outcome], base: Outcome) -> np.ndarray:
    """What is to be as small as can be: extra hours of support, and services not kept.

    Parameters
    ----------
    outcomes : sequence of Outcome
    base : Outcome
        Of the empty schedule.

    Returns
    -------
    numpy.ndarray
        f8, shape (outcomes, 1 + months).
    """
    price = base.support.mean()
    return np.array([(one.support.mean() - price, *(-one.kept(month) for month in MONTHS)) for one in outcomes])


def non_dominated(values: np.ndarray) -> np.ndarray:
    """Rows that no other row beats: none is at most as large everywhere and smaller somewhere.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (rows, objectives), to be as small as can be.

    Returns
    -------
    numpy.ndarray
        int64, shape (rows that are not beaten,), ascending.
    """
    from pymoo.util.nds.non_dominated_sorting import find_non_dominated

    return np.asarray(find_non_dominated(values))


def worth_it(values: np.ndarray, margin: float) -> np.ndarray:
    """Rows that no other row beats, without those that cost more than one kept already and are nowhere better by a margin.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (rows, objectives), to be as small as can be; the first is the price.
    margin : float
        Of all objectives but the price, above 0.

    Returns
    -------
    numpy.ndarray
        int64, shape (rows kept,), by price.
    """
    kept: list[int] = []
    unbeaten = non_dominated(values)
    for at in unbeaten[np.lexsort((values[unbeaten, -1], values[unbeaten, 0]))].tolist():
        better = values[kept, 1:] - values[at, 1:] > margin
        if better.any(axis=1).all():
            kept.append(at)
    return np.array(kept, np.int64)


def beginning(count: int, random: np.random.Generator) -> np.ndarray:
    """Genes of the first generation: nothing, each ingredient alone, everything, and schedules drawn at random.

    Parameters
    ----------
    count : int
        At least 1.
    random : numpy.random.Generator

    Returns
    -------
    numpy.ndarray
        int64, shape (count, genes); a few less where the same schedule was drawn too often.
    """
    alone = [[FULL if at == one else 0 for at in range(len(NAMES))] for one in range(len(NAMES))]
    known = [encoded(doses) for doses in ([0] * len(NAMES), *alone, [FULL] * len(NAMES))]
    ingredients, tries = len(NAMES), 3 * count  # some are drawn twice
    drawn = random.integers(0, MOST + 1, size=(tries, len(MOST)))
    drawn[:, :ingredients] *= random.random((tries, ingredients)) < _USED
    own = random.random((tries, ingredients)) < _OWN_TIME
    drawn[:, ingredients : 2 * ingredients] *= own
    drawn[:, 2 * ingredients : 3 * ingredients] *= own
    different: dict[str, np.ndarray] = {}
    for genes in (*known, *drawn):
        different.setdefault(decoded(genes).key, genes)
    return np.array(list(different.values())[:count])


def search(evaluate: Callable[[list[Schedule]], list[Outcome]], *, evaluations: int, seed: int) -> list[Outcome]:
    """Search for schedules of which none is both dearer and worse than another.

    Parameters
    ----------
    evaluate : callable
        Outcomes of schedules, in order.
    evaluations : int
        Different schedules that are evaluated at most.
    seed : int
        Of the search; the same seed and outcomes lead the same way.

    Returns
    -------
    list of Outcome
        Of all schedules that were evaluated, in order; the empty schedule first.
    """
    algorithm = _algorithm(min(POPULATION, evaluations), seed)
    found: dict[str, Outcome] = {}
    barren = 0
    while len(found) < evaluations and barren < BARREN:
        asked = algorithm.ask()
        schedules = [decoded(genes) for genes in asked.get("X")] if asked is not None else []
        new = list({one.key: one for one in schedules if one.key not in found}.values())[: evaluations - len(found)]
        found |= {one.schedule.key: one for one in evaluate(new)}
        barren = 0 if new else barren + 1
        known = np.array([one.key in found for one in schedules], dtype=bool)
        if not known.all() or not schedules:  # the number of evaluations is used up, or mating brings nothing new
            break
        asked.set("F", objectives([found[one.key] for one in schedules], found[Schedule().key]))
        for one in asked:
            one.evaluated.add("F")
        algorithm.tell(infills=asked)
    return list(found.values())


def _algorithm(size: int, seed: int) -> Any:
    """NSGA-II with operators for genes that are places in short lists: uniform crossover, and genes drawn anew."""
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.config import Config
    from pymoo.core.duplicate import DuplicateElimination
    from pymoo.core.mutation import Mutation
    from pymoo.core.problem import Problem as Objectives
    from pymoo.core.termination import NoTermination
    from pymoo.operators.crossover.ux import UniformCrossover

    Config.warnings["not_compiled"] = False  # it prints where there is no compiled part for this machine: a matter of speed only

    class Redrawn(Mutation):
        """Some genes get another value by chance."""

        def _do(self, problem: Any, genes: np.ndarray, *_: Any, random_state: np.random.Generator, **__: Any) -> np.ndarray:
            chosen = random_state.random(genes.shape) < self.get_prob_var(problem, size=len(genes))[:, None]
            return np.where(chosen, random_state.integers(0, MOST + 1, size=genes.shape), genes)

    class SameSchedule(DuplicateElimination):
        """Genes that stand for the same schedule are the same."""

        def _do(self, population: Any, other: Any, is_duplicate: np.ndarray) -> np.ndarray:
            known = set() if other is None else {decoded(genes).key for genes in other.get("X")}
            for at, genes in enumerate(population.get("X")):
                key = decoded(genes).key
                is_duplicate[at] = key in known
                known.add(key) if other is None else None
            return is_duplicate

    random = np.random.default_rng([seed, 0])
    problem = Objectives(n_var=len(MOST), n_obj=1 + len(MONTHS), xl=np.zeros(len(MOST)), xu=MOST.astype(float), vtype=int)
    algorithm = NSGA2(
        pop_size=size, sampling=beginning(size, random), crossover=UniformCrossover(), mutation=Redrawn(prob_var=2.0 / len(MOST)),
        eliminate_duplicates=SameSchedule(),
    )  # fmt: skip
    algorithm.setup(problem, termination=NoTermination(), seed=_short(seed))
    return algorithm


def _short(seed: int) -> int:
    """Seed of pymoo's generator, of NumPy: any from 0."""
    return int(np.random.SeedSequence([seed, 1]).generate_state(1, np.uint64)[0])
