"""Two worlds: one pair of replicates month by month, the same people and the same luck under two scenarios."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.plan import Plan
from sim.produce import traces_two
from sim.world import World


@dataclass(frozen=True)
class History:
    """One replicate of one scenario, services and posts in the order of the base's plan.

    Attributes
    ----------
    name : str
        Of the scenario.
    state : numpy.ndarray
        Codes of the services' states, shape (services, months).
    status, person : numpy.ndarray
        Codes of the posts' statuses and how many people held the post before, shape (posts, months).
    """

    name: str
    state: np.ndarray
    status: np.ndarray
    person: np.ndarray


@dataclass(frozen=True)
class TwoWorlds:
    """A pair of replicates.

    Attributes
    ----------
    replicate : int
    chosen : bool
        Asked for by number; else the pair of the median difference.
    difference : int
        Service-months kept going in the other world minus the base.
    median : float
        Of the differences of all pairs.
    base, other : History
    plan : Plan
        Of the base, for names.
    """

    replicate: int
    chosen: bool
    difference: int
    median: float
    base: History
    other: History
    plan: Plan

    @property
    def first_rows(self) -> np.ndarray:
        """Row of each service's first post: posts that are held in reserve have none; int64, shape (services,)."""
        count = self.plan.services["posts"]
        return np.asarray(np.cumsum(count) - count)

    @property
    def post_names(self) -> list[str]:
        """Names of the posts, by their rows."""
        return [self.plan.post_names[at] for at in _established(self.plan)]

    @property
    def services_part(self) -> np.ndarray:
        """First month, counted from 0, in which each service's state differs; the number of months where none does."""
        return first_difference(self.base.state != self.other.state)

    @property
    def posts_part(self) -> np.ndarray:
        """The same for each post: another status, or another person in the post."""
        unlike = (self.base.status != self.other.status) | (self.base.person != self.other.person)
        return first_difference(unlike)


def first_difference(unlike: np.ndarray) -> np.ndarray:
    """First month in which something differs, for each row; the number of months where nothing does.

    Examples
    --------
    >>> first_difference(np.array([[False, True, False], [False, False, False]])).tolist()
    [1, 3]
    """
    return np.where(unlike.any(axis=1), unlike.argmax(axis=1), unlike.shape[1])


def median_replicate(differences: np.ndarray) -> int:
    """First replicate whose difference is the (lower) median of all.

    Parameters
    ----------
    differences : numpy.ndarray
        Shape (replicates,).

    Examples
    --------
    >>> median_replicate(np.array([9, 4, 0, 4, 5, 1]))
    1
    """
    middle = np.sort(differences)[(len(differences) - 1) // 2]
    return int(np.argmax(differences == middle))


def two_worlds(arms: tuple[World, World], differences: np.ndarray, *, replicate: int | None) -> TwoWorlds | None:
    """Run one pair again and keep what every service and post was, month by month.

    Parameters
    ----------
    arms : tuple of World
        The base and the other scenario, prepared.
    differences : numpy.ndarray
        Service-months kept going, other minus base, of every replicate.
    replicate : int or None
        That of the median difference if None.

    Returns
    -------
    TwoWorlds or None
        None for a region so large that its full state is not kept.
    """
    plan = arms[0].plan
    if not traces_two(plan):
        return None
    number = median_replicate(differences) if replicate is None else replicate
    base, other = (_history(arm, plan, number) for arm in arms)
    gap = int(differences[number])
    return TwoWorlds(number, replicate is not None, gap, float(np.median(differences)), base, other, plan)


def _established(plan: Plan, services: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
    """Places in a plan of the posts that services have from the start; of all services, in its order, unless some are given."""
    those = plan.services if services is None else plan.services[services]
    return np.concatenate([np.arange(one["first_post"], one["first_post"] + one["posts"]) for one in those])


def _history(arm: World, like: Plan, replicate: int) -> History:
    batch, state = arm.trace(replicate)
    places = {service: at for at, service in enumerate(arm.services)}
    services = np.array([places[service] for service in like.service_names])
    practitioners = state.practitioners[:, _established(arm.plan, services)]
    return History(arm.scenario.name, batch.rows["state"][0, services], practitioners["status"].T, practitioners["person"].T)
