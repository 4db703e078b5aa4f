"""Scenarios in which an answer is known: alike services, values within the table's bounds, as a scenario file could say them.

A regime sets every value that its answer leans on. What it does not set must not matter: the shipped table gives it, so that a
calibration may move it. ``VERIFICATION_VALUES=7 make verification`` draws all of it instead, anywhere within the bounds.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from sim.engine import CompiledEngine, Trace
from sim.parameters import read_table
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

AT_EASE: Final[dict[str, float]] = {
    # as many hours, and as few other duties, as the table allows: 35 hours are free
    "hours_capacity": 165.0,
    "hours_duties_mean": 130.0,
    "hours_duties_spread": 0.0,
    # barriers come faster than anybody removes them and would in the end take any number of hours: here they take none
    "hours_barrier": 0.0,
    # what nobody in the leader's function takes care of costs nothing, nor does having to justify the practice, nor to be alone
    "hours_schedule_vacant": 0.0,
    "ratio_recruiting_vacant": 0.0,
    "hours_justifying": 0.0,
    "hours_lone_leader": 0.0,
    "hours_vacancy": 0.0,
    # what is left takes 27 hours at most, whatever else holds: two individual series or one group, recruiting, outcome figures
    "hours_recruiting": 0.5,
    "hours_preparation_individual": 1.0,
    "share_replaced_individual": 0.8,
    "minutes_figure": 15.0,
    "hours_fidelity_monitoring": 0.1,
}
"""Hours enough for everything, whatever the other values are: no dilemma, no session missed."""

PATIENTS: Final[dict[str, Any]] = {"pool": 200, "share_demanding": 0.0}
"""Patients enough, for none of whom the programme is too demanding."""

BUSY: Final[dict[str, float]] = {
    **AT_EASE,
    "chance_stops": 0.001,
    "chance_waits": 0.02,
    "chance_gives_up": 0.01,
    "chance_resumes": 0.1,
    "uncertainty_left": 0.1,
    # committed people, whom neither autonomy nor fatigue moves away from it: decisions to drop the practice stay rare
    "commitment_mean": 0.8,
    "weight_autonomy_support": 0.0,
    "weight_reactance": 0.0,
    "weight_fatigue": 0.0,
    "weight_comprehensive": 0.0,
    # patients are found, and a course begins as soon as there are any; small groups do
    "chance_accepts": 0.65,
    "chance_withdraws": 0.01,
    "chance_course_start": 1.0,
    "patients_group_minimum": 2.0,
    "months_recruiting_patience": 2.0,
}
"""Practitioners who go on, so that there is something to be seen."""

LONG: Final[dict[str, float]] = {"years_career": 42.0, "years_experience_mean": 5.0}
"""Nobody who enters retires within ten years: the shortest career is 33 years, the longest experience 10."""

NO_RETIREMENT: Final = 720.0

OTHERS: Final = int(os.environ.get("VERIFICATION_VALUES") or 0)
"""Draw of the values that no regime sets; 0: the shipped table's."""


def drawn_values(draw: int) -> dict[str, float]:
    """Every value of the table, uniform within its bounds; empty for draw 0."""
    if draw == 0:
        return {}
    rng = np.random.default_rng(draw)
    return {name: float(rng.uniform(one.low, one.high)) for name, one in read_table().parameters.items()}


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
    others: int = OTHERS,
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
        Values that the regime sets.
    off : iterable of str
        Mechanisms switched off.
    policies, events : iterable of mapping
        As in a scenario file; for all services.
    others : int
        Draw of the values that are not set (``drawn_values``); 0 for the shipped table's.

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
        parameters={**drawn_values(others), **(parameters or {})},
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
