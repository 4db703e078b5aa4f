"""Emulated cohorts: the services, posts and months of the study that a pattern comes from, as plans.

Each is built as a scenario, so that any parameter record can be put in. Cohorts of other studies are drawn from the same
distributions as the scenario ``national``, with what is known of the study put in; ``variants`` of such a cohort are
independent draws of its services, and replicate r runs variant r modulo their number, so that the spread over replicates is
that between samples. What a study's protocol fixed (nobody leaves a trial) is set in the parameter record.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np

from experiments.worlds.populations import drawn_nationally
from sim.parameters import SWITCH_PREFIX, read_table
from sim.plan import Plan
from sim.problems import BadInput, Problem
from sim.scenario import read_scenario, resolve
from sim.scenario.definition import Scenario
from sim.scenario.schema import Event, Policy, Practitioner, Service

VARIANTS: Final = 8
"""Independent draws of a cohort whose services are drawn."""

NINE: Final = "nine-services"
LETTERS: Final = tuple("ABCDEFGHI")


@dataclass(frozen=True)
class Cohort:
    """Whom an emulated study looks at.

    Attributes
    ----------
    name : str
    emulates : str
        The study, and what is assumed of it.
    stage : int
    months : int
        Horizon.
    build : callable
        Variant number to Scenario.
    variants : int
    traced : bool
        Whether its instruments need the state of every agent.
    fixed : mapping of str to float
        Fields of the parameter record that the study's protocol fixed.
    """

    name: str
    emulates: str
    stage: int
    months: int
    build: Callable[[int], Scenario]
    variants: int = 1
    traced: bool = False
    fixed: Mapping[str, float] = field(default_factory=dict)

    @property
    def post_months(self) -> int:
        """Cost of a replicate: posts times months."""
        return len(plan_of(self.name, 0).posts) * self.months

    def plan_with(self, records: np.ndarray | None = None, *, variant: int = 0, base: Scenario | Plan | None = None) -> Plan:
        """Plan of the cohort with parameter records put in.

        Parameters
        ----------
        records : numpy.ndarray, optional
            Parameter records, shape (members,); the table's values unless given.
        variant : int
        base : Scenario or Plan, optional
            Nine services other than the shipped ones; for the cohorts of the study itself.

        Returns
        -------
        Plan
            The same services and posts whatever the records.

        Raises
        ------
        BadInput
            When the base lacks one of the nine services, or ends too early.
        """
        plan = plan_of(self.name, variant) if base is None else shortened(base, self.months)
        held = np.atleast_1d(plan.parameters if records is None else records)
        if self.fixed:
            held = held.copy()
            for name, value in self.fixed.items():
                held[name] = value
        return replace(plan, parameters=np.ascontiguousarray(held))


def shortened(base: Scenario | Plan, months: int) -> Plan:
    """Plan of nine services with another horizon.

    Parameters
    ----------
    base : Scenario or Plan
        A plan can only be cut; a scenario can also go on, as it stands at its end.
    months : int

    Raises
    ------
    BadInput
        When a service of the study is missing, or a plan ends too early.
    """
    names = base.service_names
    problems = [
        Problem(
            "services", f"service '{one}' of the study is missing", ", ".join(LETTERS), "patterns are about the nine services"
        )
        for one in LETTERS
        if one not in names
    ]
    if isinstance(base, Plan) and base.months < months:
        problems.append(Problem("months", f"the plan ends after {base.months}", f"{months} or more"))
    if problems:
        raise BadInput(problems)
    if isinstance(base, Plan):
        return replace(base, months=months, calendars=np.ascontiguousarray(base.calendars[:, :months]))
    policies = tuple(one for one in base.policies if one.start < months)
    events = tuple(one for one in base.events if one.month < months)
    return resolve(replace(base, months=months, policies=policies, events=events))


# ----------------------------------------------------------------------------------------------------- how cohorts are made


def _drawn(name: str, count: int, variant: int, **known: Any) -> tuple[Service, ...]:
    """Services drawn from the national distributions, with what is known of the study put in."""
    return drawn_nationally(count, seed=1000 + variant, prefix=f"{name}-{variant}", known=known, where=f"cohort {name}")


def _scenario(
    name: str, months: int, services: tuple[Service, ...], policies: tuple[Policy, ...] = (), events: tuple[Event, ...] = ()
) -> Scenario:
    title = f"Emulated cohort: {name}"
    return Scenario(name, title, title, months, 1, 1, services, policies=policies, events=events)


def _with_people(service: Service, people: Sequence[Mapping[str, Any]]) -> Service:
    """The service with posts of which something is known, one by one."""
    posts = [Practitioner(alias=f"{service.name}-{number}", **known) for number, known in enumerate(people, 1)]
    return service.model_copy(update={"posts": None, "practitioners": posts})


def _nine(months: int) -> Callable[[int], Scenario]:
    return lambda variant: read_scenario(NINE, months=months)  # noqa: ARG005  # there is one variant


def _sites(variant: int) -> Scenario:
    known = {"posts": 3, "support_months": 24, "eligibility_checked": True, "pool": 20, "inflow": 2.0}
    return _scenario("sites", 24, _drawn("site", 53, variant, **known))


def _skills(variant: int) -> Scenario:
    quiet = {"leader": "passive_supportive", "support_months": 12, "months_observed": 18, "eligibility_checked": True}
    services = _drawn("trainee", 42, variant, posts=2, format="individual", pool=20, inflow=2.0, **quiet)
    boosted = [one.name for one in services[::2]]
    return _scenario("skills", 18, services, (Policy(lever="supervision", dose=0.6, start=12, services=boosted),))


def _programme(variant: int) -> Scenario:
    services = _drawn("clinic", 21, variant, posts=12, support_months=2, eligibility_checked=True, pool=40, inflow=5.0)
    treated = [one.name for one in services[::2]]
    event = Event(month=0, kind="leader_becomes", leader_type="active", services=treated)
    return _scenario("programme", 12, services, events=(event,))


def _climate(variant: int) -> Scenario:
    return _scenario("climate", 36, _drawn("agency", 19, variant, posts=12, support_months=0, pool=40, inflow=5.0))


def _workforce(variant: int) -> Scenario:
    known = {"posts": 3, "support_months": 12, "eligibility_checked": True, "pool": 20, "inflow": 2.0}
    return _scenario("workforce", 57, _drawn("mandated", 16, variant, **known))


def _patients(variant: int) -> Scenario:
    known: dict[str, Any] = {
        "posts": 2, "format": "group", "leader": "passive_supportive", "signal": "committed", "support_months": 26,
        "months_observed": 26, "eligibility_checked": False, "pool": 40, "inflow": 0.0, "barriers": 0.0, "staff": 12,
        "functioning_mean": 0.5, "share_demanding": 0.15,
    }  # fmt: skip
    services = _drawn("arm", 29, variant, **known)
    paid = {"lever": "workload", "dose": -30.0, "start": 0}
    return _scenario("patients", 26, services, (Policy.model_validate(paid),))


def _teams(variant: int) -> Scenario:
    known = {"posts": 8, "support_months": 36, "eligibility_checked": True, "pool": 40, "inflow": 4.0}
    return _scenario("teams", 37, _drawn("team", 13, variant, **known))


def _unsupported(variant: int) -> Scenario:
    services = _drawn("unit", 30, variant, posts=5, support_months=0)
    # whoever stands in the plan is trained, so all of them retire in the first month and untrained people follow
    nobody = [{"months_to_retirement": 0.0}] * 5
    return _scenario("unsupported", 12, tuple(_with_people(one, nobody) for one in services))


COHORTS: Final[dict[str, Cohort]] = {
    one.name: one
    for one in (
        Cohort("nine", "The study: nine services, 31 practitioners, to month 12.", 1, 12, _nine(12)),
        Cohort("nine_later", "The nine services on to month 84, where the study has no data.", 2, 84, _nine(84)),
        Cohort(
            "sites",
            "F4-F6: 53 sites supported for 24 months. Three practitioners each, national mix of services, patients enough: "
            "assumed.",
            3,
            24,
            _sites,
            VARIANTS,
        ),
        Cohort(
            "patients",
            "P1, P3, P17, P18: about 116 patients of a trial arm in 29 groups of two leaders, functioning and share for whom it "
            "is too demanding as usual. Protocol: hours are paid for, practitioners stay and give the programme as it is.",
            3,
            26,
            _patients,
            VARIANTS,
            traced=True,
            fixed={
                SWITCH_PREFIX + "turnover": 0,
                SWITCH_PREFIX + "adaptation": 0,
                "chance_stops": 0.0,
                "chance_cuts": 0.0,
                "chance_waits": 0.0,
            },
        ),
        Cohort(
            "skills",
            "W17: 21 services without and 21 with boosters (.6 sessions a month) after a year of supervision. Two practitioners "
            "each, leaders who raise nothing: assumed. Protocol: nobody leaves before the follow-up.",
            3,
            18,
            _skills,
            VARIANTS,
            fixed={SWITCH_PREFIX + "turnover": 0},
        ),
        Cohort(
            "programme",
            "L8-L12, D6-D7: 21 clinics with twelve practitioners, eleven in a leadership programme of 12 months. Its leaders "
            "become active at once; two months of outside support in both arms: assumed.",
            3,
            12,
            _programme,
            VARIANTS,
        ),
        Cohort(
            "climate",
            "L5-L6: 19 clinics with twelve practitioners, at month 12 and two years later, without outside support. National "
            "mix of services: assumed.",
            3,
            36,
            _climate,
            VARIANTS,
        ),
        Cohort(
            "workforce",
            "T1, T2, T11: practitioners over 57 months. Of 6,873 therapists 48 stand here (16 services, three each): means do "
            "not hang on the number, and the published error is nil beside the transport.",
            3,
            57,
            _workforce,
            VARIANTS,
            traced=True,
        ),
        Cohort(
            "unsupported",
            "F18, F20: units that are told to give the practice, that nobody trained and nobody supports: in each of five posts "
            "somebody untrained follows on whoever was there, from the second month. In the published units some were trained "
            "elsewhere (F18: about a fifth of the providers). 30 units, as shares do not hang on the number; national mix of "
            "services: assumed.",
            3,
            12,
            _unsupported,
            VARIANTS,
        ),
        Cohort(
            "teams",
            "W3: 13 teams with outside support for three years. Eight practitioners each, national mix, patients enough: "
            "assumed. Published: 30 % leave a year, in the first year too.",
            3,
            37,
            _teams,
            VARIANTS,
            fixed={"chance_leaves": 0.0293, "factor_first_year": 1.0},
        ),
    )
}
"""Cohorts by name."""


@lru_cache(maxsize=64)
def plan_of(name: str, variant: int) -> Plan:
    """Plan of a cohort's variant with the table's parameters."""
    plan = resolve(COHORTS[name].build(variant))
    return replace(plan, parameters=read_table().record())
