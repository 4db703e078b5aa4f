"""A scenario that is read, checked and resolved once: what is changed afterwards costs what it changes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from sim.codes import POOL_REGION
from sim.engine import Batch, CompiledEngine, MesaEngine, Trace, compile_first, members_of, simulate
from sim.ensembles import PLAUSIBLE, chosen_ensemble
from sim.holds import Hold
from sim.parameters.ensemble import Ensemble
from sim.plan import Plan, cut
from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario import Scenario, plan_hash, read_scenario, resolve, resolve_beside, with_settings
from sim.scenario.schema import Policy
from sim.world.asked import Replicates, checked_policies, checked_seed, known_engine, mine_of, numbers_of, other_luck, places_of
from sim.world.rooms import Rooms


@dataclass(frozen=True, eq=False)
class World:
    """A plan with its seed, ready to be run.

    Attributes
    ----------
    scenario : Scenario
        What it was made of, as it stands after all changes.
    plan : Plan
    seed : int

    Examples
    --------
    >>> import sim
    >>> world = sim.prepare("nine-services", months=24)
    >>> led = world.with_policies([*world.policies, {"lever": "follow_up", "dose": 1.0, "start": 12}])
    >>> led.plan.calendars["follow_up"].max()
    np.float64(1.0)
    """

    scenario: Scenario
    plan: Plan
    seed: int
    _rooms: Rooms = field(default_factory=Rooms, repr=False)

    # ------------------------------------------------------------------------------------------------------ what it says

    @property
    def hash(self) -> str:
        """SHA-256 of all that the plan says."""
        return plan_hash(self.plan)

    @property
    def months(self) -> int:
        """Horizon."""
        return self.plan.months

    @property
    def services(self) -> tuple[str, ...]:
        """Names of the services, in order."""
        return self.plan.service_names

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Levers that are moved for a time."""
        return self.scenario.policies

    @property
    def worlds(self) -> int:
        """Sets of parameter values: replicate r has that of r modulo this number."""
        return len(self.plan.parameters)

    # ---------------------------------------------------------------------------------------------------- what is changed

    def with_policies(self, policies: Iterable[Policy | Mapping[str, Any]]) -> "World":
        """The same world under other policies; only calendars are resolved anew.

        Parameters
        ----------
        policies : iterable of Policy or mapping
            All of them, in the words of a scenario file: ``{"lever": "clarity", "dose": 1.0, "start": 12, "end": 60}``. Those
            that the world has are in :attr:`policies`.

        Returns
        -------
        World

        Raises
        ------
        BadInput
            With every problem of every policy.
        """
        return self.with_scenario(replace(self.scenario, policies=checked_policies(list(policies), self.scenario)))

    def with_settings(self, settings: Mapping[str, str | float | bool]) -> "World":
        """The same world with other values; what they do not touch is not resolved anew.

        Parameters
        ----------
        settings : mapping
            A parameter's name, ``switch.NAME``, ``forms.NAME`` or ``services.NAME.field``, and the value.

        Raises
        ------
        BadInput
            With every problem found.
        """
        return self.with_scenario(with_settings(self.scenario, settings))

    def with_scenario(self, scenario: Scenario) -> "World":
        """World of another scenario with the same seed; what does not differ is not resolved anew, and held once.

        Parameters
        ----------
        scenario : Scenario
            That was read, or made of another one.

        Returns
        -------
        World
            With the same sets of parameter values, where both scenarios have the same ensemble.

        Raises
        ------
        BadInput
            When it cannot be resolved.
        """
        return replace(self, scenario=scenario, plan=resolve_beside(scenario, self.scenario, self.plan))

    def with_seed(self, seed: int) -> "World":
        """The same world with other luck; nothing is resolved anew.

        Raises
        ------
        BadInput
            For what is no seed.
        """
        return replace(self, seed=checked_seed(seed))

    def among(self, worlds: np.ndarray) -> "World":
        """The same world with some of its sets of parameter values: replicate r has the r-th of them, modulo their number.

        Parameters
        ----------
        worlds : numpy.ndarray
            int64, shape (sets,): places among the :attr:`worlds` that it has; one may come several times.

        Raises
        ------
        ValueError
            For a set that there is not, or none at all.
        """
        which, plan = places_of(worlds, self.worlds, "worlds"), self.plan
        return replace(self, plan=replace(plan, parameters=plan.parameters[which], members=plan.members[which]))

    def only(self, service: str) -> "World":
        """One of the services alone, with the luck and the values that it has among all: the same to the bit.

        Parameters
        ----------
        service : str

        Raises
        ------
        BadInput
            When there is no such service, or when it sees the figures of others: alone it would not be the same.
        """
        if service not in self.services:
            what, names = f"there is no service '{service}'", ", ".join(self.services[:40])
            raise BadInput([Problem("service", what, names, did_you_mean(str(service), self.services))])
        at = self.services.index(service)
        if len(self.services) > 1 and self.plan.services["pooling"][at] == POOL_REGION:
            what = f"{service} reads the outcome figures of the whole region (pooling = region): it is another service when alone"
            raise BadInput(
                [Problem("service", what, "a service that pools its own figures or none", "run the region as a whole")]
            )
        scenario = replace(
            self.scenario,
            services=(self.scenario.services[at],),
            policies=tuple(mine_of(self.scenario.policies, service)),
            events=tuple(mine_of(self.scenario.events, service)),
        )
        return replace(self, scenario=scenario, plan=cut(self.plan, [at]))

    # -------------------------------------------------------------------------------------------------------- what is run

    def warm(self) -> "World":
        """Have the engine compiled, or read from the disk, now and not at the first run."""
        compile_first(self.plan)
        return self

    def run(
        self,
        replicates: Replicates,
        *,
        members: np.ndarray | None = None,
        branch: Replicates | None = None,
        others: Replicates | None = None,
        held: Sequence[Hold] | np.ndarray = (),
        engine: str = "compiled",
        into: Batch | None = None,
    ) -> Batch:
        """Run replicates in this thread.

        Parameters
        ----------
        replicates : int or sequence of int
            How many, from 0; or which.
        members : numpy.ndarray, optional
            int64, shape (replicates,): the world (set of parameter values) of each; replicate r has that of r modulo worlds.
        branch : int or sequence of int, optional
            Months lived through with the replicate's own luck; from then on it has that of one of ``others``. After 0 months
            everything is other luck, the people at the start too.
        others : int or sequence of int, optional
            Replicates whose luck that is.
        held : sequence of Hold, or array of HOLD
            Draws that are replaced.
        engine : str
            ``compiled`` or ``mesa``: the same to the bit.
        into : Batch, optional
            Written over, where there is room.

        Returns
        -------
        sim.engine.Batch
            Rows of every service and month; its arrays are the caller's own, or those of ``into``.
        """
        which = numbers_of(replicates)
        other = other_luck(self.plan, len(which), branch, others, held)
        known_engine(engine)
        if engine == "mesa":
            return MesaEngine(self.plan, self.seed).run(which, members=members, other=other)[0]
        return self._engine().run(which, members=members, other=other, into=into)[0]

    def batches(
        self,
        replicates: int,
        *,
        first: int = 0,
        engine: str = "compiled",
        threads: int = 1,
        progress: Callable[[int], None] | None = None,
    ) -> Iterator[Batch]:
        """Run many replicates, so many at a time that memory stays small, on as many threads as wanted.

        Parameters
        ----------
        replicates, first : int
            How many, and the first one.
        engine : str
            ``compiled`` or ``mesa``, which runs in one thread.
        threads : int
            What comes out does not depend on it.
        progress : callable, optional
            Told how many replicates are finished since the last call.

        Yields
        ------
        sim.engine.Batch
            In the order of replicates; its arrays are the caller's own.
        """
        return simulate(
            self.plan, seed=self.seed, replicates=replicates, first=first, engine=engine, threads=threads, progress=progress
        )

    def trace(
        self,
        replicate: int,
        *,
        member: int | None = None,
        branch: int | None = None,
        others: int | None = None,
        held: Sequence[Hold] | np.ndarray = (),
        engine: str = "compiled",
    ) -> tuple[Batch, Trace]:
        """Run one replicate and keep the state of every agent at every month; the arguments are those of :meth:`run`."""
        which = numbers_of([replicate])
        known_engine(engine)
        members = None if member is None else np.array([member], np.int64)
        other = other_luck(self.plan, 1, branch, others, held)
        mine: Any = MesaEngine(self.plan, self.seed) if engine == "mesa" else self._engine()
        batch, traces = mine.run(which, members=members, other=other, traced=True)
        return batch, Trace(*(one[0] for one in traces))

    def room(self, replicates: int, place: int = 0) -> Batch:
        """Room of this thread for so many replicates, which the next one to ask for the place writes over.

        Parameters
        ----------
        replicates : int
        place : int
            Rooms of different places are apart.
        """
        return self._rooms.batch(self.plan, replicates, place)

    def _engine(self) -> CompiledEngine:
        """Engine of this thread, with the work space of the last plan of this size."""
        return self._rooms.engine(self.plan, self.seed)

    def pool(self, threads: int) -> ThreadPoolExecutor:
        """Threads for one task; each finds its own engine."""
        return ThreadPoolExecutor(threads, thread_name_prefix="world")

    def members(self, replicates: Replicates) -> np.ndarray:
        """World (set of parameter values) of each replicate; int64."""
        return members_of(self.plan, numbers_of(replicates))


def prepare(
    scenario: str | Path | Scenario = "nine-services",
    *,
    seed: int | None = None,
    months: int | None = None,
    settings: Mapping[str, str | float] | None = None,
    ensemble: Ensemble | str | Path | None = PLAUSIBLE,
    members: np.ndarray | None = None,
) -> World:
    """Read, check and resolve a scenario, to run it as often as one likes.

    Parameters
    ----------
    scenario : str, pathlib.Path or Scenario
        Name of a shipped scenario, a TOML file, or one that was read; that has its own ensemble, settings and horizon.
    seed, months : int, optional
        The scenario's unless given.
    settings : mapping, optional
        New values, as :func:`sim.run` takes them.
    ensemble : str, pathlib.Path, Ensemble or None
        As :func:`sim.run` takes it.
    members : numpy.ndarray, optional
        int64, shape (worlds,): member of the ensemble of each world; as often as their weights say unless given. Without an
        ensemble there is nothing to choose.

    Returns
    -------
    World
        Its replicate r is the same to the bit as replicate r of :func:`sim.run`.

    Raises
    ------
    BadInput
        With every problem found.
    ValueError
        For a member that there is not.

    Examples
    --------
    >>> import sim
    >>> world = sim.prepare("nine-services", months=24)
    >>> d = world.only("D")
    >>> bool((d.run(3).rows[:, 0]["sessions"] == world.run(3).rows[:, 3]["sessions"]).all())
    True
    """
    if isinstance(scenario, Scenario):
        if months is not None or ensemble != PLAUSIBLE:
            what = "a scenario that was read has its own horizon and ensemble"
            raise BadInput([Problem("prepare", what, "its name or file with months and ensemble", "or leave them out")])
        found = scenario if settings is None else with_settings(scenario, settings)
    else:
        found = read_scenario(scenario, overrides=settings, months=months)
        found = replace(found, ensemble=chosen_ensemble(ensemble))
    number = checked_seed(found.seed if seed is None else seed)
    if members is not None:
        members = places_of(members, 0 if found.ensemble is None else found.ensemble.members, "members")
    return World(found, resolve(found, members=members), number)
