"""Read what a calibration measured: the vectors follow from its seed, what they gave lies in its store."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from experiments.calibration import ROOM, walking, waves
from experiments.calibration.calibrating import ENSEMBLE, OTHER_SEED, used
from experiments.executors.pools import Pool, SerialExecutor, borrowed
from experiments.patterns.measuring import Bench, Measured
from experiments.patterns.reading import PatternTable, read_patterns
from experiments.worlds.prior import Prior, structure_of
from sim.ensembles import read_ensemble
from sim.parameters import ParameterTable, read_table
from sim.problems import BadInput, Problem
from sim.store.parts import PartStore

_AGAIN = "`sustain calibrate` with the same options goes on with what is missing"


@dataclass(frozen=True)
class Stored:
    """A calibration as it lies in its folder.

    Attributes
    ----------
    store : PartStore
    prior : Prior
    patterns : PatternTable
    plan : waves.Plan
    seed : int
    leave_out : tuple of str
    values : numpy.ndarray
        f8, shape (members, parameters).
    weights : numpy.ndarray
        f8, shape (members,), sum 1.
    same_code : bool
        Whether the model is the one that was calibrated.
    """

    store: PartStore
    prior: Prior
    patterns: PatternTable
    plan: waves.Plan
    seed: int
    leave_out: tuple[str, ...]
    values: np.ndarray
    weights: np.ndarray
    same_code: bool

    def reader(self, seed: int | None = None) -> Bench:
        """A bench that reads the store."""
        own = self.seed if seed is None else seed
        return Bench(self.prior, self.patterns, borrowed(SerialExecutor()), self.store, own, only_stored=True)

    def first(self) -> tuple[np.ndarray, Measured]:
        """Vectors of wave 0, as shares of the way between bounds, and what was measured of them."""
        reader = self.reader()
        start = self.prior.draws(self.plan.first, [self.seed, 0])
        return self.prior.shares(start), reader.measure(start, reader.fitted(), wave=0)

    def target(self, *, near: bool = True) -> walking.Target:
        """What the chains of the last wave walked through: the waves are gone through again, without running anything.

        Parameters
        ----------
        near : bool
            With the chains' own emulators; otherwise with those for the whole range, which foretell patterns left out.
        """
        found = waves.match(self.reader(), replace(self.plan, rounds=1), seed=self.seed, leave_out=self.leave_out)
        known = {one.id: one for one in found.patterns}
        emulators = found.emulators if near else found.foretelling()
        return walking.Target(tuple(known[name] for name in found.required), emulators, near)

    def members(self, pool: Pool) -> Measured:
        """What the ensemble gives with random numbers that nothing was chosen by; what is not stored is run.

        Parameters
        ----------
        pool : Pool
            For the cohorts that nothing was fitted to.
        """
        seed = self.seed + OTHER_SEED
        bench = Bench(self.prior, self.patterns, pool, None, seed)
        fitted = bench.fitted()
        try:
            stored = self.reader(seed).measure(self.values, fitted, wave=len(self.plan.waves) + 2)
        except BadInput:  # an ensemble that was put there by hand
            stored = bench.measure(self.values, fitted)
        rest = tuple(dict.fromkeys(one.cohort for one in bench.patterns() if one.cohort not in fitted))
        if not rest:
            return stored
        other = bench.measure(self.values, rest)
        return Measured(
            (*stored.patterns, *other.patterns), np.hstack([stored.mean, other.mean]), np.hstack([stored.error, other.error])
        )


def open_stored(folder: Path, *, patterns: PatternTable | None = None, table: ParameterTable | None = None) -> Stored:
    """Open the folder of a calibration.

    Parameters
    ----------
    folder : pathlib.Path
    patterns : PatternTable, optional
        The shipped ones unless given.
    table : ParameterTable, optional

    Raises
    ------
    BadInput
        When it is no calibration's, it is not finished, or patterns or parameters have changed since.
    """
    patterns, table = patterns or read_patterns(), table or read_table()
    store = PartStore.open(folder)
    what = store.identity
    if what.get("kind") != "calibration":
        raise BadInput([Problem(str(folder), "is not the folder of a calibration", "what `sustain calibrate` wrote")])
    if not (folder / ENSEMBLE).is_file():
        raise BadInput([Problem(str(folder), f"holds no {ENSEMBLE}: the calibration is not finished", "a finished one", _AGAIN)])
    names, low, high = (list(column) for column in zip(*what["prior"], strict=True))
    plan = waves.Plan(**{**what["plan"], **{name: tuple(what["plan"][name]) for name in ("waves", "cohorts")}})
    structure, _ = structure_of(dict(one.split("=", 1) for one in what.get("structure", ())), table)
    patterns = used(patterns, plan, structure)
    now = [[one.id, one.low, one.high, one.cohort, one.instrument, one.fitted, one.measured] for one in patterns.patterns]
    missing = [name for name in (*names, *what["fixed"]) if name not in table.parameters]
    moved = [name for name, value in what["fixed"].items() if name in table.parameters and table.parameters[name].value != value]
    problems = []
    if now != what["patterns"]:
        changed = [old[0] for old in what["patterns"] if old not in now] or ["one was added"]
        problems.append(Problem(str(folder), f"patterns have changed since: {', '.join(changed)}", "the same", "calibrate again"))
    if missing or moved:
        said = f"parameters have changed since: {', '.join([*missing, *moved])}"
        problems.append(Problem(str(folder), said, "the same values of what is not free", "calibrate again"))
    if problems:
        raise BadInput(problems)
    ensemble = read_ensemble(folder / ENSEMBLE, table=table)
    prior = Prior(tuple(names), np.array(low), np.array(high), table, structure)
    if set(ensemble.parameters) != set(names):
        raise BadInput([Problem(str(folder / ENSEMBLE), "has other parameters than the calibration", "its free parameters")])
    order = [ensemble.parameters.index(name) for name in names]
    weights = ensemble.weights / ensemble.weights.sum()
    same = what["code"] == ROOM.runs_identity()
    return Stored(store, prior, patterns, plan, what["seed"], tuple(what["leave_out"]), ensemble.values[:, order], weights, same)
