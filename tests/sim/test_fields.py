"""The field table, the structured types, the Mesa attributes and the stored state say the same, and values keep their bounds."""

import math
from collections.abc import Iterator
from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import given

from sim.engine import trace
from sim.model import PracticeModel, values_of
from sim.plan import Plan
from sim.state import FIELDS, SLOTS, Field, blank, dtype_of, start_value
from tests.comparing import AGENTS, mistyped_agents
from tests.plans import plain_plan, shipped, shortened
from tests.strategies import REPLICATES, SEEDS, WIDELY, plans

pytestmark = pytest.mark.bounds

LINKS = {
    "service": {"start", "leader", "practitioners", "patients", "worth", "draws", "post_draws", "decision_draws"},
    "leader": {"service", "draws"},
    "practitioner": {"service", "draws", "parts_draws"},
    "patient": {"service", "practitioner"},
    "region": set(),
}
"""What an agent carries beside its fields: links to other agents, the month's draws, and what a course is worth this month."""

OF_MESA = set(vars(mesa.Agent(mesa.Model(rng=1)))) | {"pos"}


def out_of_bounds(records: np.ndarray, entity: str) -> list[str]:
    """Fields of which a value lies outside the table's bounds, or is no number."""
    wrong = []
    for field in FIELDS[entity]:
        values = records[field.name]
        fits = (values >= field.low) & (values <= field.high) & np.isfinite(values)
        if not fits.all():
            wrong.append(f"{entity}.{field.name} {np.asarray(values)[~fits][:3]} not in [{field.low}, {field.high}]")
    return wrong


@pytest.mark.parametrize("entity", FIELDS)
def test_types_follow_the_table(entity: str) -> None:
    dtype = dtype_of(entity)
    assert dtype.names == tuple(field.name for field in FIELDS[entity])
    assert dtype.isalignedstruct
    for field in FIELDS[entity]:
        assert dtype[field.name].base == np.dtype(field.dtype)
        assert dtype[field.name].shape == ((field.length,) if field.length else ())
        assert field.dtype in {"f8", "i8"}
        assert field.low < field.high
        assert field.unit
        assert field.meaning
    assert len(set(dtype.names)) == len(dtype.names)


@pytest.mark.parametrize("entity", FIELDS)
def test_start_values_are_the_same_in_both_engines(entity: str) -> None:
    records = blank(entity, 2)
    assert len(records) == 2
    for field in FIELDS[entity]:
        value = start_value(field)
        assert records[field.name].tolist() == [value, value]
        parts = value if isinstance(value, list) else [value]
        assert all(type(part) is (float if field.dtype == "f8" else int) for part in parts)
        assert isinstance(value, list) == (field.length > 0)


def agents_of(model: PracticeModel) -> Iterator[tuple[str, Any]]:
    groups: list[tuple[str, list[Any]]] = [
        ("service", model.services),
        ("leader", model.leaders),
        ("practitioner", model.practitioners),
        ("patient", model.patients),
        ("region", [model.region]),
    ]
    for entity, agents in groups:
        for one in agents:
            yield entity, one


def test_agents_carry_the_fields_and_the_links_and_nothing_else() -> None:
    plan, seed = shipped("nine-services")
    model = PracticeModel.from_plan(plan, seed=seed)
    for _ in range(24):
        model.step()
    looked_at = 0
    for entity, one in agents_of(model):
        own = {name for name in vars(one) if name not in OF_MESA}
        fields = set(dtype_of(entity).names or ())
        assert own == fields | LINKS[entity]
        looked_at += 1
    assert looked_at == 9 * 2 + len(plan.posts) * (1 + SLOTS) + 1
    assert not mistyped_agents(model)


def test_an_attribute_outside_the_table_is_caught() -> None:
    model = PracticeModel.from_plan(plain_plan((1,), months=1))
    leader: Any = model.leaders[0]
    leader.mood = 0.5
    own = {name for name in vars(leader) if name not in OF_MESA}
    assert own - set(dtype_of("leader").names or ()) - LINKS["leader"] == {"mood"}


def test_what_is_stored_of_an_agent_is_what_it_holds() -> None:
    model = PracticeModel.from_plan(plain_plan((2, 1), months=3, service={"pool": 30}))
    for _ in range(3):
        model.step()
    for entity, one in agents_of(model):
        stored = np.zeros(1, dtype_of(entity))
        stored[0] = values_of(one, entity)
        for field in FIELDS[entity]:
            assert stored[field.name][0].tolist() == getattr(one, field.name)


@pytest.mark.engine
@WIDELY
@given(plan=plans(months_max=60), seed=SEEDS, replicate=REPLICATES)
def test_every_value_keeps_its_bounds(plan: Plan, seed: int, replicate: int) -> None:
    batch, states = trace(plan, seed=seed, replicate=replicate)
    wrong = [one for entity, records in zip(AGENTS, states, strict=True) for one in out_of_bounds(records, entity)]
    wrong += out_of_bounds(batch.rows, "service_month") + out_of_bounds(batch.ends, "practitioner")
    assert not wrong


@pytest.mark.engine
@pytest.mark.parametrize("name", ["nine-services", "high-turnover", "all-active", "monitoring-imposed"])
def test_every_value_keeps_its_bounds_in_shipped_scenarios(name: str) -> None:
    plan, seed = shipped(name)
    for replicate in range(20):
        batch, states = trace(plan, seed=seed, replicate=replicate)
        wrong = [one for entity, records in zip(AGENTS, states, strict=True) for one in out_of_bounds(records, entity)]
        assert not wrong + out_of_bounds(batch.rows, "service_month")


@pytest.mark.engine
def test_a_value_out_of_bounds_is_caught() -> None:
    plan, seed = shipped("nine-services")
    _, states = trace(shortened(plan, 3), seed=seed, replicate=0)
    practitioners = states.practitioners
    assert not out_of_bounds(practitioners, "practitioner")
    for name, value in (("commitment", 1.0000001), ("belief", math.nan), ("asks", 7), ("belief_variance", -1e-9)):
        spoilt = practitioners.copy()
        spoilt[name][1, 2] = value
        assert len(out_of_bounds(spoilt, "practitioner")) == 1


def test_bounds_of_the_table_hold_the_start() -> None:
    for entity, fields in FIELDS.items():
        for field in fields:
            assert isinstance(field, Field)
            assert field.low <= field.start <= field.high or (entity, field.name) in BEFORE_IT_BEGINS


BEFORE_IT_BEGINS: set[tuple[str, str]] = set()
