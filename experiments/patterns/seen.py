"""What an emulated instrument may look at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast

import numpy as np

from sim.engine import Batch, Trace
from sim.plan import Plan

Found = TypeVar("Found")


@dataclass(frozen=True)
class Seen:
    """Replicates of a cohort, and with which parameters they ran.

    Attributes
    ----------
    plan : Plan
    batch : Batch
        Of n replicates.
    traces : Trace or None
        Of shape (n, months, agents), for cohorts that keep every agent.
    seed : int
        Of the runs; raters' errors come from it too.
    kept : dict
        What several instruments need, worked out once.
    """

    plan: Plan
    batch: Batch
    traces: Trace | None = None
    seed: int = 0
    kept: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    def once(self, name: str, work: Callable[[], Found]) -> Found:
        """Result of work that is done at most once."""
        if name not in self.kept:
            self.kept[name] = work()
        return cast("Found", self.kept[name])

    def services(self, name: str, month: int, places: np.ndarray | None = None) -> np.ndarray:
        """Field of the services' rows at a month.

        Parameters
        ----------
        name : str
            Of the field.
        month : int
            After so many completed steps, from 1.
        places : numpy.ndarray, optional
            int64: which services; all unless given.

        Returns
        -------
        numpy.ndarray
            f8, shape (n, services).
        """
        found = self.batch.rows[name][:, :, month - 1]
        return np.asarray(found if places is None else found[:, places], np.float64)

    def ends(self, name: str, posts: np.ndarray | None = None) -> np.ndarray:
        """Field of the practitioners after the last month; shape (n, posts)."""
        found = self.batch.ends[name]
        return found if posts is None else found[:, posts]

    def parameter(self, name: str) -> np.ndarray:
        """Value of a parameter in each replicate; f8, shape (n, 1)."""
        return np.asarray(self.plan.parameters[name], np.float64)[self.batch.members][:, None]

    def places(self, names: str) -> np.ndarray:
        """Places of the services of the study with these letters; int64."""
        return np.array([self.plan.service_names.index(one) for one in names], np.int64)

    def posts_of(self, places: np.ndarray) -> np.ndarray:
        """Places of the posts of some services, in order; int64."""
        services = self.plan.services[places]
        return np.concatenate([np.arange(one["first_post"], one["first_post"] + one["posts"]) for one in services])

    def firsts(self) -> np.ndarray:
        """Where the posts of each service begin; int64, shape (services,)."""
        return np.asarray(self.plan.services["first_post"], np.int64)
