"""What prevents it over many lives: services, replicates and, with them, plausible worlds and luck."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from sim.why.contrasts import Contrast, Variants
from sim.why.outcomes import Outcome, replicates_with
from sim.why.prevented import ANY, NOTHING, ONE, TOGETHER, ending_of, every_set, shapley, smallest_of
from sim.why.shares import Share, plain_share
from sim.world import World

ENDINGS: Final = (ONE, ANY, TOGETHER, NOTHING)


class Answer(NamedTuple):
    """Of one life: its replicate, contrasts that prevent it alone, those of a smallest set, their shares, and the ending."""

    replicate: int
    singles: np.ndarray
    needed: np.ndarray
    shapley: np.ndarray
    ending: str


@dataclass(frozen=True)
class Aggregate:
    """Answers over many lives that came to the outcome.

    Attributes
    ----------
    service : str
        Name of the service; ``all services`` for all together.
    lives : int
        Lives that came to it and were explained.
    came : Share
        Of all lives that were looked at, how many came to it.
    alone : dict of str to Share
        For each contrast, the share of these lives in which it prevents it alone.
    needed : dict of str to Share
        For each contrast, the share in which it belongs to a smallest set.
    shapley : dict of str to (float, float)
        Mean share by Shapley's formula and its standard error. Lives of several services in one replicate have one world and one
        region: errors are those of drawing replicates again.
    endings : dict of str to Share
    """

    service: str
    lives: int
    came: Share
    alone: dict[str, Share]
    needed: dict[str, Share]
    shapley: dict[str, tuple[float, float]]
    endings: dict[str, Share]


def plain_lives(one: Aggregate) -> dict[str, Any]:
    """Answers over many lives as plain values that JSON can hold; what is not known is null."""
    shares = {
        part: {name: plain_share(share) for name, share in getattr(one, part).items()} for part in ("alone", "needed", "endings")
    }
    by_formula = {
        name: {"mean": None if math.isnan(mean) else mean, "error": None if math.isnan(error) else error}
        for name, (mean, error) in one.shapley.items()
    }
    about = {"service": one.service, "lives": one.lives, "came": plain_share(one.came)}
    return about | shares | {"shapley": by_formula}


def aggregate(
    world: World,
    contrasts: Sequence[Contrast],
    outcome: Outcome,
    *,
    services: Sequence[str] | None = None,
    lives: int = 200,
    replicates: int = 1000,
    progress: Callable[[int], None] | None = None,
) -> tuple[Aggregate, ...]:
    """Explain many lives of a region's services.

    Parameters
    ----------
    world : World
    contrasts : sequence of Contrast
        Of one kind.
    outcome : Outcome
    services : sequence of str, optional
        Every service unless given.
    lives : int
        Lives that are explained at most, shared evenly over the services.
    replicates : int
        Replicates that are looked through for lives that came to it; each has a plausible world and luck of its own.
    progress : callable, optional
        Told how many lives were explained since the last call.

    Returns
    -------
    tuple of Aggregate
        One for each service, and the last for all together.
    """
    names = world.services if services is None else tuple(services)
    each = max(1, lives // len(names))
    found: list[Aggregate] = []
    everything: list[Answer] = []
    came = np.zeros(replicates)
    for name in names:
        alone = world.only(name)
        variants = Variants(alone, contrasts)
        happened, _, _ = replicates_with(alone, outcome, replicates)
        which = happened[:each]
        told = _answers(variants, which, outcome) if len(which) else []
        if progress:
            progress(len(which))
        came += np.bincount(happened, minlength=replicates)
        found.append(_summed(name, contrasts, told, Share(len(happened) / replicates, replicates)))
        everything += told
    shares = came / len(names)
    error = float(shares.std(ddof=1) / np.sqrt(replicates)) if replicates > 1 else float("nan")
    return (*found, _summed("all services", contrasts, everything, Share(float(shares.mean()), len(names) * replicates, error)))


def _answers(variants: Variants, replicates: np.ndarray, outcome: Outcome) -> list[Answer]:
    """Of each life: which contrasts prevent it alone, which belong to a smallest set, their shares, and the ending."""
    lives = every_set(variants, replicates, variants.world.members(replicates), outcome)
    undone = ~np.stack([one.happened for one in lives])  # (sets, lives)
    shares = shapley(undone.astype(float))
    found = []
    for at in range(len(replicates)):
        prevents = set(np.flatnonzero(undone[:, at]).tolist())
        smallest = smallest_of(prevents)
        places = range(len(variants.contrasts))
        singles = np.array([1 << place in prevents for place in places])
        needed = np.array([any(mask >> place & 1 for mask in smallest) for place in places])
        found.append(Answer(int(replicates[at]), singles, needed, shares[:, at], ending_of(prevents)))
    return found


def _summed(service: str, contrasts: Sequence[Contrast], told: Sequence[Answer], came: Share) -> Aggregate:
    count, names = len(told), [one.name for one in contrasts]
    replicates = np.array([one.replicate for one in told], np.int64)

    def shares(flags: Sequence[np.ndarray], of: Sequence[str]) -> dict[str, Share]:
        means, errors = _means(np.array(flags, float).reshape(count, len(of)), replicates)
        return {name: Share(float(means[at]), count, float(errors[at])) for at, name in enumerate(of)}

    means, errors = _means(np.array([one.shapley for one in told]).reshape(count, len(names)), replicates)
    return Aggregate(
        service=service,
        lives=count,
        came=came,
        alone=shares([one.singles for one in told], names),
        needed=shares([one.needed for one in told], names),
        shapley={name: (float(means[at]), float(errors[at])) for at, name in enumerate(names)},
        endings=shares([np.array([one.ending == name for name in ENDINGS]) for one in told], ENDINGS),
    )


def _means(values: np.ndarray, replicates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means over lives, and their errors when whole replicates are drawn again; f8, shape (columns,) each.

    What makes up for the estimated mean is the sandwich's G / (G - 1), G replicates. ``experiments.worlds.estimating.moments``
    has 1 / (1 - sum p^2), p the shares of worlds: the same where every replicate has as many lives, another number elsewhere.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (lives, columns).
    replicates : numpy.ndarray
        int64, shape (lives,): lives of one are not independent.
    """
    lives, columns = values.shape
    if not lives:
        return np.full(columns, np.nan), np.full(columns, np.nan)
    means = values.mean(axis=0)
    _, place = np.unique(replicates, return_inverse=True)
    groups = int(place.max()) + 1
    if groups < 2:
        return means, np.full(columns, np.nan)
    gaps = np.zeros((groups, columns))
    np.add.at(gaps, place, values - means)
    return means, np.sqrt((gaps**2).sum(axis=0) * groups / (groups - 1)) / lives
