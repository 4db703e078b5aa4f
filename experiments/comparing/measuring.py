"""Every outcome of every replicate of one scenario, gathered batch by batch as the engine gives them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.comparing.quantities import unit_names
from sim.engine import Batch
from sim.measures import outcome_vector, vector_names
from sim.measures.units import Unit
from sim.measures.values import values_of
from sim.plan import Plan
from sim.world import World


@dataclass(frozen=True)
class Measured:
    """Outcomes of one scenario.

    Attributes
    ----------
    region : dict of str to numpy.ndarray
        Every member of the outcome vector, shape (replicates,), NaN where undefined.
    units : dict of str to numpy.ndarray
        The outcomes of ``unit_names``, shape (replicates, units).
    kept_going : numpy.ndarray
        Services that kept going, int32, shape (replicates, months).
    """

    region: dict[str, np.ndarray]
    units: dict[str, np.ndarray]
    kept_going: np.ndarray


def measure(
    world: World,
    units: tuple[Unit, ...],
    *,
    replicates: int,
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Measured:
    """Run a scenario and keep its outcomes.

    Parameters
    ----------
    world : World
        The scenario, prepared.
    units : tuple of Unit
        Beside the region.
    replicates : int
    threads : int
        The result does not depend on it.
    progress : callable, optional
        Told how many replicates are finished since the last call.

    Returns
    -------
    Measured
    """
    return measured_of(world.plan, units, world.batches(replicates, threads=threads, progress=progress))


def measured_of(plan: Plan, units: tuple[Unit, ...], batches: Iterable[Batch], names: Iterable[str] | None = None) -> Measured:
    """Outcomes of batches.

    Parameters
    ----------
    plan : Plan
    units : tuple of Unit
        Beside the region.
    batches : iterable of Batch
        In the order of replicates.
    names : iterable of str, optional
        Wanted ones; all unless given.
    """
    chosen = None if names is None else set(names)
    views = {name: name.partition("@") for name in unit_names(plan.months) if chosen is None or name in chosen}
    wanted = {base for base, *_ in views.values()}
    whole_names = [name for name in vector_names(plan.months) if chosen is None or name in chosen]
    region: dict[str, list[np.ndarray]] = {name: [] for name in whole_names}
    parts: dict[str, list[np.ndarray]] = {name: [] for name in views}
    counts: list[np.ndarray] = []
    for batch in batches:
        counts.append((batch.rows["kept_going"] == 1).sum(axis=1, dtype=np.int32))
        for name, values in outcome_vector(plan, [batch], whole_names).items():
            region[name].append(values)
        for value in values_of(plan, batch, units, wanted):
            series = value.floats()
            for name, (base, _, month) in views.items():
                if base == value.name:  # a copy: a view would keep all months in memory
                    parts[name].append(series[:, :, int(month) - 1 if month else -1].copy())
    whole, apart = ({name: np.concatenate(one) for name, one in found.items()} for found in (region, parts))
    return Measured(whole, apart, np.concatenate(counts))


def joined(parts: Sequence[Measured]) -> Measured:
    """Outcomes of replicates that follow each other.

    Parameters
    ----------
    parts : sequence of Measured
        One at least, all of the same outcomes and units.
    """
    first = parts[0]
    return Measured(
        {name: np.concatenate([one.region[name] for one in parts]) for name in first.region},
        {name: np.concatenate([one.units[name] for one in parts]) for name in first.units},
        np.concatenate([one.kept_going for one in parts]),
    )


def held_bytes(months: int, units: int, replicates: int) -> int:
    """Memory that the outcomes of one scenario take."""
    return replicates * (8 * (len(vector_names(months)) + units * len(unit_names(months))) + 4 * months)
