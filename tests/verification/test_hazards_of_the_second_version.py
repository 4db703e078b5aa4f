"""What is new in the second version and decided by chance, against its hazard: decisions of a service, and parts.

As in ``test_hazards.py``: the hazards come from the ODD and the state that each decision saw, and a wrong law must be refused.
"""

from collections.abc import Callable

import numpy as np
import pytest

from sim.codes import FULL_USE, PARTIAL_USE, POST_VACANT, STOPPED, WAITING, RestartReason, Signal, StopReason, Use
from sim.engine import Trace
from sim.plan import Plan
from tests.plans import shipped_first, with_calendar, with_values
from tests.verification.exact import SEED, against_hazards
from tests.verification.regimes import traces, values_of
from tests.verification.test_hazards import held

pytestmark = [pytest.mark.verification, pytest.mark.engine]


def nine(*switches: str, **values: float) -> Plan:
    """The nine services of the first version, with these mechanisms of the second one."""
    return with_values(shipped_first("nine-services", *switches)[0], values)


def by_service(plan: Plan, of_posts: np.ndarray) -> np.ndarray:
    """Sum over the posts of each service; shape (months, services)."""
    return np.add.reduceat(of_posts, plan.services["first_post"], axis=1)


def gone_up(service: np.ndarray) -> np.ndarray:
    """Whether each service had given the practice up at the end of each month."""
    return service["use"] == Use.GIVEN_UP


Law = Callable[[Trace], tuple[np.ndarray, dict[int, np.ndarray]]]
"""From a history: in which months a service is free to decide, and the hazard of each reason; shape (months - 1, services)."""


def decided(plan: Plan, law: Law, what: str) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Hazard of each reason and whether it was decided for, in all months in which services were free; shape (months,) each.

    ``what`` is "stop" or "restart": the fields of the service that hold month and reason begin with it.
    """
    found: dict[int, tuple[list[np.ndarray], list[np.ndarray]]] = {}
    step = np.arange(1, plan.months)[:, None]
    for states in traces(plan, 150, seed=SEED):
        now = states.services[1:]
        free, hazards = law(states)
        for reason, hazard in hazards.items():
            laws, truths = found.setdefault(reason, ([], []))
            laws.append(hazard[free])
            truths.append(((now[f"{what}_month"] == step) & (now[f"{what}_reason"] == reason))[free])
    return {reason: (np.concatenate(laws), np.concatenate(truths)) for reason, (laws, truths) in found.items()}


def in_thirds(law: np.ndarray) -> np.ndarray:
    """In which third of the hazards that are not nothing each is."""
    return np.searchsorted(np.quantile(law[law > 0], [0.33, 0.67]), law)


def may_begin_again(states: Trace) -> np.ndarray:
    """Where a service that has given up is free to decide, and patients are there; bool, shape (months - 1, services)."""
    before, now = states.services[:-1], states.services[1:]
    free = gone_up(before) & (before["restart_stands"] == 0) & (now["pool"] > 0) & (before["stop_month"] >= 0)
    # nobody asks patients in a service that has given up, so the pool is what the decision saw but for who withdrew
    return free & (now["withdrew"] == before["withdrew"])


def test_services_give_up_by_the_hazard_of_each_reason() -> None:
    bases = {"chance_stops_money": 0.3, "chance_stops_priority": 0.1, "chance_stops_workforce": 0.4}
    weights = {"weight_carried_kept": 0.8, "weight_expectation_kept": 0.4}
    plan = nine("service_decides", **bases, **weights, chance_budget_lost=0.015)
    p = values_of(plan)

    def law(states: Trace) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        before, now = states.services[:-1], states.services[1:]
        free = (before["first_session_month"] >= 0) & ~gone_up(before) & (before["restart_stands"] == 0) & (now["chancy"] == 1)
        supported = 1 + now["support"] * (p["factor_decisions_supported"] - 1)
        lacking = by_service(plan, (states.practitioners["status"] >= POST_VACANT).astype(float))[1:] / plan.services["posts"]
        enough = np.minimum(p["posts_carry_enough"], plan.services["posts"])
        carried, wanted = np.minimum(1, now["carriers"] / enough), before["expectation_stated"]
        nobodys = (1 - p["weight_carried_kept"] * carried) * (1 - p["weight_expectation_kept"] * wanted)
        bases = {
            StopReason.MONEY: p["chance_stops_money"] * (1 - now["budget_kept"]),
            StopReason.LACK_OF_PRIORITY: p["chance_stops_priority"] * now["signal_level"],
            StopReason.WORKFORCE: p["chance_stops_workforce"] * lacking,
        }
        return free, {int(reason): base * nobodys * supported for reason, base in bases.items()}

    found = decided(plan, law, "stop")
    assert set(found) == set(StopReason) - {StopReason.NONE}
    for reason, (hazard, truth) in found.items():
        bins = in_thirds(hazard)
        held(
            f"giving up for {StopReason(reason).name.lower()}",
            against_hazards(truth, hazard, bins),
            three_times=against_hazards(truth, 3 * hazard, bins),
        )


def champions(states: Trace, plan: Plan) -> np.ndarray:
    """Largest commitment of a champion of each service at the end of each month."""
    one = states.practitioners
    return np.maximum.reduceat(np.where(one["champion"] == 1, one["commitment"], 0.0), plan.services["first_post"], axis=1)


def test_services_take_the_practice_up_again_for_a_leader_and_for_a_mandate_by_their_hazards() -> None:
    values = {"chance_stops": 0.012, "chance_stops_priority": 0.3, "chance_restart_champion": 0.0, "chance_restart_patients": 0.0}
    more = {"chance_restart_leader": 0.5, "chance_restart_mandate": 0.1, "chance_budget_lost": 0.015, "switch_turnover": 0}
    leaders = {"chance_leader_leaves": 0.05, "share_new_leader_active": 0.6}
    # Support from outside is a mandate; it is much for some years and little then, so that the hazard is not the same for all.
    plan = with_calendar(nine("service_decides", **values, **more, **leaders), outside_support=0.5)
    plan = with_calendar(plan, slice(42, None), outside_support=0.15)
    p = values_of(plan)

    def law(states: Trace) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        before, now, led, leads = states.services[:-1], states.services[1:], states.leaders[:-1], states.leaders[1:]
        # What is new at the decision is what is left of last month's news, unless somebody came or the signal changed meanwhile.
        same = (led["person"] == leads["person"]) & (led["type"] == leads["type"]) & (before["signal"] == now["signal"])
        news = before["news"] * (1 - p["rate_news_fading"])
        mandate = np.maximum(now["support"], np.where(now["signal"] == Signal.COMMITTED, news, 0.0))
        return may_begin_again(states) & same, {
            RestartReason.NEW_LEADER_OR_GOAL: p["chance_restart_leader"] * news * led["raising"],
            RestartReason.MONEY_OR_MANDATE: p["chance_restart_mandate"] * mandate * now["budget_kept"],
        }

    for reason, (hazard, truth) in decided(plan, law, "restart").items():
        bins = in_thirds(hazard)
        held(
            f"restart for {RestartReason(reason).name.lower()}",
            against_hazards(truth, hazard, bins),
            three_times=against_hazards(truth, 3 * hazard, bins),
            same_for_all=against_hazards(truth, np.full(len(hazard), hazard.mean()), bins),
        )


def test_services_take_the_practice_up_again_for_a_champion_and_for_patients_by_their_hazards() -> None:
    values = {"chance_stops": 0.012, "chance_stops_priority": 0.3, "chance_restart_leader": 0.0, "chance_restart_mandate": 0.0}
    more = {"chance_restart_champion": 0.1, "chance_restart_patients": 0.02, "switch_turnover": 0}
    plan = nine("service_decides", **values | more)
    p = values_of(plan)

    def law(states: Trace) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        asking = np.minimum(1.0, states.services[1:]["pool"] / plan.services["posts"])
        return may_begin_again(states), {
            RestartReason.CHAMPION: p["chance_restart_champion"] * champions(states, plan)[:-1],
            RestartReason.PATIENTS_WHO_ASK: p["chance_restart_patients"] * asking,
        }

    for reason, (hazard, truth) in decided(plan, law, "restart").items():
        bins = (hazard > 0).astype(int)
        held(
            f"restart for {RestartReason(reason).name.lower()}",
            against_hazards(truth, hazard, bins),
            three_times=against_hazards(truth, 3 * hazard, bins),
        )


def test_parts_are_taken_up_by_their_hazards() -> None:
    plan = nine("parts_last")
    p = values_of(plan)
    posts_of = np.repeat(np.arange(len(plan.services)), plan.services["posts"])
    waits: list[tuple[np.ndarray, ...]] = []
    stops: list[tuple[np.ndarray, ...]] = []
    for states in traces(plan, 150, seed=SEED):
        was, one = states.practitioners[:-1], states.practitioners[1:]
        service = states.services[1:][:, posts_of]
        same = was["person"] == one["person"]
        pull = np.clip((one["belief"] - p["gain_threshold"]) / p["gain_scale"], -2, 2)
        group = service["format"] == 1
        long = np.where(
            group,
            p["hours_session_group"] * (1 - p["share_replaced_group"]) + p["hours_preparation_group"],
            p["hours_session_individual"] * (1 - p["share_replaced_individual"]) + p["hours_preparation_individual"],
        )
        fits = np.minimum(1.0, one["hours_free"] / (p["sessions_month"] * p["share_hours_adapted"] * long))
        supported = 1 + service["support"] * (p["factor_decisions_supported"] - 1)
        hazard = p["chance_parts_waiting"] * fits * np.clip(0.5 + pull / 4, 0, 1) * supported
        asked = same & (was["status"] == WAITING) & (one["status"] != FULL_USE)
        # who gives up waiting may come to parts too: told apart by the term that is kept of the decision
        direct = (one["status"] == PARTIAL_USE) & np.isclose(one["decision_terms"][..., 0], hazard, rtol=1e-12)
        waits.append((hazard[asked], direct[asked]))
        ask = np.minimum(1.0, service["pool"] / plan.services["posts"][posts_of])
        willing = np.exp(p["slope_reception"] * pull) * np.exp(p["slope_commitment"] * (one["commitment"] - 0.5))
        hazard = np.minimum(0.95, p["chance_parts_again"] * ask * willing)
        asked = same & (was["status"] == STOPPED) & (one["status"] != FULL_USE)
        stops.append((hazard[asked], (one["status"] == PARTIAL_USE)[asked]))
    for what, found in (("parts instead of waiting", waits), ("parts after stopping", stops)):
        law, truth = (np.concatenate([part[at] for part in found]) for at in range(2))
        bins = np.searchsorted(np.quantile(law[law > 0], [0.2, 0.4, 0.6, 0.8]), law)
        held(
            what,
            against_hazards(truth, law, bins),
            two_fifths_less=against_hazards(truth, 0.6 * law, bins),
            same_for_all=against_hazards(truth, np.full(len(law), law.mean()), bins),
        )
