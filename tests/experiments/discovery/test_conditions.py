"""Conditions: drawn within their bounds, set where they say, and held where the comparison is about them."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.discovery.conditions import CONDITIONS, FIELD, LEVER, PARAMETER, draws, held, parameter_input, placed
from sim.parameters import read_table
from sim.plan import LEVERS
from sim.scenario import read_scenario, resolve
from sim.scenario.schema import Policy, ServiceChange

pytestmark = pytest.mark.portable

TABLE = read_table()


def test_every_condition_is_set_somewhere() -> None:
    places = {FIELD: ServiceChange.model_fields, LEVER: {one.name for one in LEVERS}, PARAMETER: TABLE.parameters}
    assert all(one.target in places[one.kind] for one in CONDITIONS)
    assert len({one.name for one in CONDITIONS}) == len(CONDITIONS) == 10
    assert all(one.why for one in CONDITIONS)


def test_draws_are_even_within_the_bounds() -> None:
    found = draws(120, 7, TABLE)
    for one in (one.as_input(TABLE) for one in CONDITIONS):
        cells = np.floor((found[one.name] - one.low) / (one.high - one.low) * 120).astype(int)
        assert sorted(cells) == list(range(120))
    again, other = draws(120, 7, TABLE), draws(120, 8, TABLE)
    assert all((found[name] == again[name]).all() for name in found)
    assert all((found[name] != other[name]).any() for name in found)
    assert abs(np.corrcoef(np.stack(list(found.values()))) - np.eye(len(found))).max() < 0.4


def test_a_scenario_under_conditions() -> None:
    scenario = read_scenario("all-active")
    values = {one.name: one.as_input(TABLE).high for one in CONDITIONS}
    there = placed(scenario, CONDITIONS, values)
    assert {one.share_demanding for one in there.services} == {0.6}
    assert {one.barriers for one in there.services} == {8.0}
    assert [(one.lever, one.dose) for one in there.policies] == [("inflow", 1.0), ("workload", 15.0)]
    assert there.parameters == scenario.parameters
    plan = resolve(there)
    assert (plan.services["backing"] == 0.8).all()


def test_what_the_comparison_is_about_is_held() -> None:
    active, passive = read_scenario("all-active"), read_scenario("all-passive")
    assert held(CONDITIONS, [active, passive]) == {}
    turned = read_scenario("all-active", overrides={"chance_leader_leaves": "0.03", "services.all.clarity": "0.8"})
    moved = replace(passive, policies=(*passive.policies, Policy(lever="workload", dose=-5.0)))
    assert held(CONDITIONS, [turned, moved]) == {
        "workload": "a policy of a scenario moves it",
        "leader_turnover": "a scenario sets it",
        "clarity": "the scenarios differ in it",
    }


@pytest.mark.parametrize(("name", "value", "text"), [
    ("commitment_mean", 0.614, "0.61"),
    ("hours_duties_mean", 142.89, "143 hours/month"),
    ("lift_leader_active", 0.761, "0.76 on a scale 0-4"),
    ("weight_hesitation", -0.1, "\N{MINUS SIGN}0.10"),
])  # fmt: skip
def test_a_parameter_in_words(name: str, value: float, text: str) -> None:
    one = parameter_input(name, TABLE)
    assert one.text(value) == text
    assert one.noun == f"the parameter “{TABLE.parameters[name].label}”"
    assert not one.condition
