"""Every outcome of every replicate of one scenario, gathered batch by batch as the engine gives them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from experiments.comparing.quantities import unit_names
from sim.measures import outcome_vector, vector_names
from sim.measures.units import Unit
from sim.measures.values import values_of
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
    plan = world.plan
    views = {name: name.partition("@") for name in unit_names(plan.months)}
    wanted = {base for base, *_ in views.values()}
    region: dict[str, list[np.ndarray]] = {name: [] for name in vector_names(plan.months)}
    parts: dict[str, list[np.ndarray]] = {name: [] for name in views}
    counts: list[np.ndarray] = []
    for batch in world.batches(replicates, threads=threads, progress=progress):
        counts.append((batch.rows["kept_going"] == 1).sum(axis=1, dtype=np.int32))
        for name, values in outcome_vector(plan, [batch]).items():
            region[name].append(values)
        for value in values_of(plan, batch, units, wanted):
            series = value.floats()
            for name, (base, _, month) in views.items():
                if base == value.name:  # a copy: a view would keep all months in memory
                    parts[name].append(series[:, :, int(month) - 1 if month else -1].copy())
    whole, apart = ({name: np.concatenate(one) for name, one in found.items()} for found in (region, parts))
    return Measured(whole, apart, np.concatenate(counts))


def held_bytes(months: int, units: int, replicates: int) -> int:
    """Memory that the outcomes of one scenario take."""
    return replicates * (8 * (len(vector_names(months)) + units * len(unit_names(months))) + 4 * months)
