"""The model as a sensitivity analysis sees it: points in, outcomes out; every stage is a sweep that can be taken up again."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from experiments.executors.pools import Pool
from experiments.sensitivity.quantities import Quantity, joined, outcome_names
from experiments.sensitivity.settings import Settings
from experiments.sweeps.declared import RUNS
from experiments.sweeps.reading import study_of
from experiments.sweeps.running import Watcher, sweep
from experiments.sweeps.study import Study
from experiments.worlds.pairing import other_seed
from sim.problems import BadInput, Problem
from sim.store.parts import PartStore

SWEEPS: Final = "sweeps"
"""Folder of the sweeps in a results folder, one a stage."""

TITLES: Final = {
    "screening": "Screening: trajectories of Morris",
    "screening-again": "Screening: points with other random numbers",
    "indices": "Shares of variance: Saltelli's sample",
    "indices-again": "Shares of variance: points with other random numbers",
    "one-at-a-time": "One parameter at a time at its bounds",
}
"""Stages, in order, with what their sweeps are called."""


class Model(Protocol):
    """Whatever gives outcomes at points: the simulation, or a function whose indices are known."""

    quantities: tuple[Quantity, ...]

    def __call__(
        self, stage: str, names: Sequence[str], points: np.ndarray, *, replicates: int, again: bool = False
    ) -> Mapping[Quantity, np.ndarray]:
        """Outcomes at points.

        Parameters
        ----------
        stage : str
            One of TITLES.
        names : sequence of str
            Parameters.
        points : numpy.ndarray
            f8, shape (points, parameters); NaN leaves a parameter at its base value.
        replicates : int
            The first so many random numbers, the same at every point.
        again : bool
            Other random numbers instead.

        Returns
        -------
        mapping of Quantity to numpy.ndarray
            f8, shape (points, replicates); NaN where a run failed.
        """


Watch = Callable[[str], AbstractContextManager[Watcher]]
"""From the name of a stage to who is told how it gets on."""


class Simulated:
    """The simulation, every stage a sweep in a folder of its own.

    Parameters
    ----------
    settings : Settings
    folder : pathlib.Path
        Sweeps go to ``sweeps/STAGE`` in it; what is finished there is not done again.
    pool : Pool
    watch : callable

    Attributes
    ----------
    quantities : tuple of Quantity
    runs, failed : int
        Runs of all stages so far, and those that failed.
    studies : dict of str to Study
        By stage.
    """

    def __init__(self, settings: Settings, folder: Path, *, pool: Pool, watch: Watch) -> None:
        self.quantities = settings.quantities
        self.runs = self.failed = 0
        self.studies: dict[str, Study] = {}
        self._settings, self._folder, self._pool, self._watch = settings, folder, pool, watch

    def __call__(
        self, stage: str, names: Sequence[str], points: np.ndarray, *, replicates: int, again: bool = False
    ) -> Mapping[Quantity, np.ndarray]:
        """Outcomes at points; see :class:`Model`.

        Raises
        ------
        BadInput
            When the folder is of other settings, or when jobs gave no result at all.
        """
        settings = self._settings
        study = study_of(
            scenarios=settings.scenarios,
            points={name: points[:, at] for at, name in enumerate(names)},
            ensemble=None,  # what is not varied stands still
            replicates=replicates,
            seed=other_seed(settings.seed) if again else settings.seed,
            keep=["outcomes"],
            outcomes=outcome_names(settings.months),
            name=stage,
            title=TITLES[stage],
            question="What do the parameters change?",
        )
        self.studies[stage] = study
        out = self._folder / SWEEPS / stage
        with self._watch(stage) as watcher:
            done = sweep(study, out, pool=self._pool, report=False, watcher=watcher)
        self.runs += done.runs
        self.failed += done.failed
        if not done.complete:
            what = f"{done.jobs - done.finished} of {done.jobs} jobs of the stage '{stage}' gave no result"
            raise BadInput([Problem(str(out), what, "every job done", "the same command tries them again")])
        return joined(self.quantities, _values(study, out))


def _values(study: Study, folder: Path) -> dict[tuple[str, str], np.ndarray]:
    """Outcomes of a finished sweep by scenario and outcome, each of shape (points, runs), NaN where a run failed."""
    import pyarrow.parquet as pq

    shape = (study.design.points, study.runs)
    found = {(one.name, outcome): np.full(shape, np.nan) for one in study.scenarios for outcome in study.outcomes}
    store = PartStore.open(folder)
    for name in store.names():
        with pq.ParquetFile(store.path(RUNS, name).absolute()) as stored:
            rows = stored.read(columns=["point", "run", *study.outcomes], use_threads=False)
        scenario = study.scenarios[int(name.split("-", 1)[0])].name
        at = rows["point"].to_numpy(), rows["run"].to_numpy()
        for outcome in study.outcomes:
            found[scenario, outcome][at] = rows[outcome].to_numpy()
    return found
