"""Scenarios in which an answer is known: alike services, values within the table's bounds, as a scenario file could say them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from sim.engine import CompiledEngine, Trace
from sim.plan import Plan
from sim.scenario import resolve
from sim.scenario.definition import Scenario
from sim.scenario.schema import Event, Policy, Service

SERVICE: Final[dict[str, Any]] = {
    "setting": "primary",
    "staff": 12,
    "leader": "vacant",
    "leader_tenure": 0,
    "leader_informed": 0.0,
    "signal": "left_to_practitioners",
    "selection": "requested",
    "format": "individual",
    "eligibility_checked": False,
    "pool": 0,
    "inflow": 0.0,
    "consideration": 0.0,
    "support_months": 0,
    "months_observed": 1200,  # nobody leads and nothing is said, and chance does not change it
}
"""A service without leader, patients and outside support, in which nothing moves by itself."""

ALIKE: Final[dict[str, float]] = {
    "autonomy_spread": 0.0,
    "commitment_spread": 0.0,
    "exhaustion_spread": 0.0,
    "spread_leader_view": 0.0,
    "hours_duties_spread": 0.0,
    "competence_start_spread": 0.0,
    "chance_signal_resolves": 0.0,
    "chance_budget_lost": 0.0,
}
"""Noise that the table's bounds allow to be none."""

AT_EASE: Final[dict[str, float]] = {"hours_capacity": 165.0, "hours_duties_mean": 130.0}
"""Hours enough for everything: no dilemma, no session missed."""

PATIENTS: Final[dict[str, Any]] = {"pool": 200, "share_demanding": 0.0}
"""Patients enough, for none of whom the programme is too demanding."""

BUSY: Final[dict[str, float]] = {
    **AT_EASE,
    "chance_stops": 0.001,
    "chance_waits": 0.02,
    "chance_gives_up": 0.01,
    "chance_resumes": 0.1,
    "chance_accepts": 0.65,
    "uncertainty_left": 0.1,
}
"""Practitioners who go on, so that there is something to be seen."""

LONG: Final[dict[str, float]] = {"years_career": 42.0, "years_experience_mean": 5.0}
"""Nobody who enters retires within ten years: the shortest career is 33 years, the longest experience 10."""

NO_RETIREMENT: Final = 720.0


def scenario_of(
    count: int,
    posts: int,
    *,
    months: int,
    service: Mapping[str, Any] | None = None,
    post: Mapping[str, Any] | None = None,
    parameters: Mapping[str, float] | None = None,
    off: Iterable[str] = (),
    policies: Iterable[Mapping[str, Any]] = (),
    events: Iterable[Mapping[str, Any]] = (),
) -> Scenario:
    """Scenario of alike services; fields, levers and parameters are held to their bounds, as in a file.

    Parameters
    ----------
    count, posts : int
        Services, and posts of each.
    months : int
    service, post : mapping, optional
        Fields that differ from SERVICE, and of every post; posts are drawn by default.
    parameters : mapping, optional
        Values that differ from the shipped table.
    off : iterable of str
        Mechanisms switched off.
    policies, events : iterable of mapping
        As in a scenario file; for all services.

    Raises
    ------
    sim.problems.BadInput, pydantic.ValidationError
        For what a scenario file may not say.
    """
    people = {"practitioners": [{"alias": f"p{at}", **post} for at in range(posts)]} if post else {"posts": posts}
    one = Service.model_validate({**SERVICE, **(service or {}), "name": "R-0", **people})
    scenario = Scenario(
        name="regime",
        title="A regime with a known answer",
        question="Does the engine give the known answer?",
        months=months,
        replicates=1,
        seed=1,
        services=tuple(one.model_copy(update={"name": f"R-{at}"}) for at in range(count)),
        policies=tuple(Policy.model_validate(policy) for policy in policies),
        events=tuple(Event.model_validate(event) for event in events),
        parameters=dict(parameters or {}),
        switches=dict.fromkeys(off, False),
    )
    scenario.record()
    return scenario


def plan_of(count: int, posts: int, **said: Any) -> Plan:
    """Plan of :func:`scenario_of`."""
    return resolve(scenario_of(count, posts, **said))


def values_of(plan: Plan) -> dict[str, float]:
    """Parameter values of a plan, by name, as Python numbers."""
    return dict(zip(plan.parameters.dtype.names or (), plan.parameters[0].item(), strict=True))


def traces(plan: Plan, replicates: int, *, seed: int) -> Iterable[Trace]:
    """Every agent at every observation, replicate by replicate."""
    engine = CompiledEngine(plan, seed)
    for replicate in range(replicates):
        _, found = engine.run(np.array([replicate], np.int64), traced=True)
        yield Trace(*(one[0] for one in found))
