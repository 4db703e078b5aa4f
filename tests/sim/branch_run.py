"""Run Mesa over plans that together take every branch and every change of state; not a test, but run by ``test_branches.py``.

With the word ``few``, only over those named in FEW; with ``every``, over all of them. Prints as JSON how often each change of a
state was seen: entity, from, to.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from sim import agents, model
from sim.codes import CONTROLLING, LEADER_VACANT
from sim.plan import Plan, cut
from sim.state import dtype_of
from tests.plans import (
    GROUP,
    INDIVIDUAL,
    blank_calendar,
    plain_first,
    plain_plan,
    shipped,
    shipped_first,
    shortened,
)

WATCHED = {"Service": "state", "Leader": "type", "Practitioner": "status", "Patient": "state"}
CHANGES: Counter[tuple[str, int, int]] = Counter()


class Watched:
    """An agent's state, which counts its changes; every other attribute is as quick as it is without."""

    def __init__(self, entity: str, field: str) -> None:
        self.entity, self.field = entity, field

    def __get__(self, one: Any, kind: type[Any] | None = None) -> Any:
        return one.__dict__[self.field]

    def __set__(self, one: Any, value: Any) -> None:
        before = one.__dict__.get(self.field)
        if before is not None and before != value and "begun" in one.__dict__:
            CHANGES[self.entity, before, value] += 1
        one.__dict__[self.field] = value


def watching(kind: type[Any]) -> type[Any]:
    """Class of agents that count the changes of their state."""
    field = WATCHED[kind.__name__]
    return type(kind.__name__, (kind,), {field: Watched(kind.__name__.lower(), field)})


def dated(months: int) -> np.ndarray:
    """A calendar in which every kind of event happens, most of them twice."""
    calendar = blank_calendar(months)
    for month in range(5, months, 11):
        calendar["event_leader"][month] = 1 + (month // 11) % 3
        calendar["event_leader_type"][month] = (
            (month // 11) % 6 if calendar["event_leader"][month] == 3 else (0, 5, 2, 3, 1)[month % 5]
        )
    calendar["event_signal"][8::9] = [i % 4 for i in range(len(calendar["event_signal"][8::9]))]
    calendar["event_support"][6::12] = 1
    calendar["event_support"][9::12] = 2
    calendar["event_pool"][7::13] = -1000
    calendar["event_pool"][10::13] = 25
    calendar["event_post_leaves"][12::10] = 0
    calendar["event_post_leaves"][15::14] = 1
    return calendar


RESTLESS = {
    "chance_stops": 0.05,
    "chance_cuts": 0.08,
    "chance_adapts": 0.2,
    "chance_waits": 0.12,
    "chance_gives_up": 0.06,
    "chance_restores": 0.3,
    "chance_restarts": 0.3,
    "chance_leader_leaves": 0.08,
    "chance_leader_found": 0.4,
    "chance_signal_resolves": 0.1,
    "chance_leaves": 0.029,
    "chance_budget_lost": 0.05,
    "chance_post_filled": 0.5,
}
"""Values, some beyond the table's bounds, with which rare things happen within a few years."""
SWITCHES = (
    "fading", "hesitation", "directive_pull", "reactance", "mixed_signals", "reception", "over_weighting", "competence_decay",
    "peer_influence", "frustration", "exhaustion", "turnover", "leader_turnover", "adaptation", "selective_recruiting",
    "institutionalisation", "willing_selected", "monitoring_burden", "monitoring_judgement", "feedback_dropout",
)  # fmt: skip
LEADERSHIP = ("passive_raising", "routines", "leadership_programme", "leadership_declines")
SECOND = (
    "successors_taught", "vacancy_load", "living_practice", "service_decides", "newcomers_alike", "incumbent_function",
    "parts_last", "critical_mass",
)  # fmt: skip
"""Mechanisms of posts that change hands, of services and of parts."""
DECISIVE = {
    "chance_stops_money": 0.05, "chance_stops_priority": 0.03, "chance_stops_workforce": 0.08, "chance_restart_leader": 0.8,
    "chance_restart_mandate": 0.6, "chance_restart_champion": 0.2, "chance_restart_patients": 0.02, "months_decision_stands": 3.0,
    "chance_parts_waiting": 0.05, "chance_parts_again": 0.05,
}  # fmt: skip
"""Values with which services often decide."""
PRACTICE = (
    "check_selects", "check_room", "check_known", "agreed_core", "monitoring_minutes", "monitoring_untiring", "feedback",
)  # fmt: skip
"""Mechanisms of selection, adaptation and monitoring."""
SHIPPED = (
    "nine-services", "all-controlling", "all-passive", "cuts-ad-hoc", "high-turnover", "national", "rival-independent",
    "rival-smoothing", "rival-threshold",
)  # fmt: skip
"""Shipped scenarios with which each branch and change is taken in three plans, or in as many as with all of the shipped ones."""
FEW: Final = {
    "high-turnover": {0}, "national": {0}, "everything off": {0}, "every rival form": {0}, "restless, all of it": {0, 5},
    "leaders": {0, 2, 3, 5}, "second version": {1}, "upper level and from below": {0}, "expansion where services decide": {0},
    "poor, and late to begin": {0},
}  # fmt: skip
"""Names of plans, and which of each name: cheap ones that take every branch and change by themselves, as the rules are now. Where
something is missing, the test runs all plans, so that this list decides nothing but the time."""
RIVALS = {"deciding": "threshold", "belief": "smoothing", "peers": "independent", "rosy": "ratio", "readiness": "weighing"}


def designed() -> Iterator[tuple[str, Plan, int]]:
    """Plans with their seeds: shipped scenarios in short, with every mechanism, then special ones, with some of them."""
    for name in SHIPPED:
        plan, seed = shipped(name)
        yield name, shortened(cut(plan, (0, 4, 7)) if len(plan.services) > 20 else plan, 48), seed
    yield "first version", shortened(shipped_first("nine-services")[0], 48), 1
    yield "everything off", plain_first((3, 1), months=30, off=SWITCHES), 1
    post = {"champion": 1, "commitment": 0.4, "other_duties": 148.0}
    for seed in (1, 2):
        yield "every rival form", plain_first((4, 3), months=72, post=post, parameters=RESTLESS, forms=RIVALS), seed
    for kind in (GROUP, INDIVIDUAL):
        for pooling in range(3):
            events = dated(72)
            events["adaptation_backing"][30:] = 0.8
            events["monitoring_belief"][20:60] = 0.9
            events["outcome_monitoring"][20:60] = 0.9
            events["fidelity_monitoring"][30:60] = 0.9
            events["successor_training"][10:] = 0.3
            events["expectation"][40:50] = 0.9
            events["champion"][50:60] = 0.9
            events["workload"][15:25] = 20.0
            start = {"format": kind, "pooling": pooling, "signal": 1 + pooling, "selection": pooling, "meetings": 2}
            for seed in (1, 2, 3):
                yield "restless", plain_first((4, 3, 1), months=72, service=start, parameters=RESTLESS, calendar=events), seed
            yield "restless, all of it", plain_plan((4, 3, 1), months=72, service=start, parameters=RESTLESS, calendar=events), 4
    for leader in range(6):
        start = {"leader": leader, "signal": leader % 4, "capacity_checked": 1, "eligibility_checked": 0, "pool": 40}
        post = {"champion": leader % 2, "dilemma_free": leader % 2, "months_to_retirement": 20.0, "autonomy": 0.9}
        events = blank_calendar(48)
        events["event_leader"][[10, 20, 30]] = 3
        events["event_leader_type"][[10, 20, 30]] = ((leader + 1) % 6, (leader + 3) % 6, 4)
        events["signal"][5:15] = 0.6
        yield "leaders", plain_first((4,), months=48, service=start, post={**post, "experience": 40.0}, calendar=events), 5
    events = dated(72)
    events["leadership_programme"][12:24] = 1.0
    events["leadership_programme"][40:42] = 0.5
    events["follow_up"][60:66] = 0.6
    for leader in (0, 1):
        start = {"leader": leader, "institutionalisation": 0.6, "reallocation": 0.5}
        second = {"service": start, "parameters": RESTLESS, "on": LEADERSHIP, "calendar": events}
        yield "leadership, second version", plain_first((4, 3), months=72, **second), 6
    for kind in (GROUP, INDIVIDUAL):
        for seed in (1, 2, 3):
            events = dated(84)
            events["successor_training"][20:] = 0.3
            start = {"format": kind, "signal": seed, "leader": (1, 3, 4)[seed - 1], "pool": 30}
            many, post = RESTLESS | DECISIVE | {"share_incumbent_controlling": 0.1}, {"champion": seed % 2}
            yield (
                "second version",
                plain_first((4, 3, 1), months=84, service=start, post=post, parameters=many, on=SECOND, calendar=events),
                seed,
            )
    few = {"chance_post_filled": 0.05, "chance_leaves": 0.2, "chance_stops_workforce": 0.08, "chance_restart_champion": 0.2}
    yield "nobody left", plain_first((2, 1, 1), months=84, parameters=few, on=SECOND, service={"pool": 40}), 1
    for signal in range(4):
        events = dated(72)
        events["event_upper"][9::7] = [1 + i % 3 for i in range(len(events["event_upper"][9::7]))]
        events["upper_attention"][40:] = 0.8
        start = {"leader": signal, "signal": signal, "justification": 0.5, "backing": 0.6, "upper_money": 0.6}
        values = {**RESTLESS, "chance_decision_sought": 1.0, "chance_upper_withdraws": 0.1, "months_upper_delay": 2.0}
        second = {"service": start, "post": {"pessimism": 0.3}, "parameters": values, "on": ("upper_level", "bottom_up")}
        yield "upper level and from below", plain_first((3, 2), months=72, calendar=events, **second), 3
    for kind in (GROUP, INDIVIDUAL):
        events = dated(60)
        events["adaptation_backing"][10:] = 0.8
        events["outcome_monitoring"][10:] = 0.9
        events["fidelity_monitoring"][20:] = 0.9
        events["monitoring_belief"][10:] = 0.9
        events["successor_training"][10:] = 0.3
        start = {"format": kind, "capacity_checked": 1, "pool": 60}
        for seed in (1, 2):
            plan = plain_first((4, 3), months=60, service=start, parameters=RESTLESS, calendar=events, on=PRACTICE)
            yield "checks, agreements and figures", plan, seed
    for signal in range(4):
        events = dated(72)
        events["event_expansion"][[20, 50]] = (1, 9)
        events["expansion"][30:40] = 0.3
        start = {
            "leader": signal,
            "signal": signal,
            "reserve": 2 + signal,
            "expansion_inflow": 0.5,
            "upper_money": 1.0,
            "plan": 0.9,
        }
        values = {**RESTLESS, "chance_expands": 0.5, "chance_decision_sought": 1.0, "chance_added_trained": 0.6}
        second = {"service": start, "parameters": values, "on": ("upper_level", "expansion")}
        yield "expansion", plain_first((3, 1), months=72, calendar=events, **second), 3
        slow = {"parameters": values | DECISIVE | {"chance_added_trained": 0.1}, "on": (*SECOND, *second["on"])}
        yield "expansion where services decide", plain_first((3, 1), months=72, calendar=events, **second | slow), 4
    yield "not worth it", plain_first((4,), months=48, parameters={"gain_course": 0.0}), 1
    poor = {"competence_start_mean": 0.05, "competence_ceiling_mean": 0.3, "rate_learning": 0.01, "rate_erosion": 0.12}
    for seed in range(4):
        start = {"support_months": 0, "format": INDIVIDUAL}
        yield (
            "poor from the start",
            plain_first((3, 1), months=24, service=start, parameters=poor, post={"other_duties": 150.0}),
            seed,
        )
    late = {"pool": 0, "inflow": 0.3, "format": INDIVIDUAL, "support_months": 0}
    yield "poor, and late to begin", plain_first((3,) * 8, months=40, service=late, parameters=poor), 1
    yield "nobody to ask", plain_first((2,), months=24, service={"pool": 0, "inflow": 0.0}), 1
    yield "few to ask", plain_first((5,), months=48, service={"pool": 3, "inflow": 0.2, "format": INDIVIDUAL}), 1
    post = {"other_duties": 160.0, "spare_time": 0.0, "commitment": 0.3}
    yield "no time", plain_first((4,), months=36, post=post), 1
    yield "time", plain_first((4,), months=36, post={"other_duties": 60.0, "spare_time": 20.0, "commitment": 0.9}), 1
    shaky = {**RESTLESS, "chance_stops": 0.15, "chance_restarts": 0.9, "chance_accepts": 0.65, "months_without_session": 6.0}
    start = {"format": INDIVIDUAL, "leader": CONTROLLING, "expectation_at_start": 0.9, "pool": 200, "inflow": 5.0}
    for seed in range(2):
        yield "on and off", plain_first((3, 2, 1, 1), months=84, service=start, parameters=shaky), seed
    yield "on and off", plain_first((2, 2), months=84, service={**start, "leader": LEADER_VACANT}, parameters=shaky), 9


def few() -> Iterator[tuple[str, Plan, int]]:
    """Those of the plans that are named in FEW."""
    seen: Counter[str] = Counter()
    for name, plan, seed in designed():
        if seen[name] in FEW.get(name, ()):
            yield name, plan, seed
        seen[name] += 1


def main(plans: Iterator[tuple[str, Plan, int]]) -> None:
    """Run plans on Mesa and print the changes seen."""
    for name in WATCHED:
        setattr(model.PracticeModel, f"{name.lower()}_class", watching(getattr(agents, name)))
    for _, plan, seed in plans:
        one = model.PracticeModel.from_plan(plan, seed=seed)
        for agent in [*one.services, *one.leaders, *one.practitioners, *one.patients]:
            agent.__dict__["begun"] = True
        rows = np.zeros(len(plan.services), dtype_of("service_month"))
        one.sink = lambda running, rows=rows: running.write_rows(rows)
        for _ in range(plan.months):
            one.step()
    print(json.dumps([[*change, times] for change, times in sorted(CHANGES.items())]))


if __name__ == "__main__":
    main({"few": few, "every": designed}[sys.argv[1]]())
