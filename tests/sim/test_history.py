import math

import numpy as np
import pytest

from sim import history
from sim.codes import ABANDONED, SUSTAINED
from sim.measures.tables import starts_table
from sim.measures.units import units_of
from sim.state import FIELDS, SLOTS
from sim.store.hashing import TableHash, check_batch, check_declaration

pytestmark = pytest.mark.portable


def all_rows(plan, batch, trace):
    return {
        "services_start": history.start_rows(plan),
        "worlds": history.world_rows(batch.replicates, plan),
        "services_monthly": history.service_rows(batch, plan),
        "services_end": history.end_rows(batch, plan),
        "region_monthly": history.RegionRows(plan).add(batch),
        "practitioners_end": history.practitioner_rows(batch, plan),
        **history.trace_rows(trace, plan, 7),
    }


def test_every_table_has_its_declared_types_and_key_order(plan, random_batch, trace_of):
    tables = history.declared(plan)
    rows = all_rows(plan, random_batch(plan, 3), trace_of(plan))
    assert set(rows) == set(tables)
    for name, table in tables.items():
        check_declaration(table)
        TableHash(table).update(rows[name])  # refuses other names, types, codes and orders
    count, services, posts = 3, len(plan.services), len(plan.posts)
    sizes = {name: check_batch(table, rows[name]) for name, table in tables.items()}
    assert sizes["services_monthly"] == count * services * plan.months
    assert sizes["services_end"] == count * services
    assert sizes["region_monthly"] == count * plan.months
    assert sizes["practitioners_end"] == count * posts
    assert sizes["trace_patients"] == plan.months * posts * SLOTS


def test_another_type_would_be_refused(plan, random_batch):
    rows = history.service_rows(random_batch(plan, 1), plan)
    rows["waiting"] = rows["waiting"].astype("f8")
    with pytest.raises(TypeError, match="waiting"):
        check_batch(history.declared(plan)["services_monthly"], rows)


def test_every_recorded_field_has_a_column(plan):
    names = set(history.declared(plan)["services_monthly"].names)
    assert {field.name for field in FIELDS["service_month"]} == names - {"replicate", "service", "month"}


def test_step_t_is_month_t_plus_1(plan, batch_of):
    batch = batch_of(plan, 1)
    batch.rows["sessions"][0, 0, 0] = 3
    batch.rows["state"][0, 0, 11] = SUSTAINED
    batch.rows["state"][0, 1, 4:] = ABANDONED
    batch.ends["decided_month"][0] = [11, -1, 0]
    monthly = history.service_rows(batch, plan)
    assert monthly["month"][:3].tolist() == [1, 2, 3]
    end = history.end_rows(batch, plan)
    np.testing.assert_array_equal(end["first_session_month"], [1, math.nan])
    assert end["state_month_12"].tolist() == [SUSTAINED, ABANDONED]
    np.testing.assert_array_equal(end["first_abandoned_month"], [math.nan, 5])
    np.testing.assert_array_equal(history.practitioner_rows(batch, plan)["decided_month"], [12, math.nan, 1])


def test_no_month_says_never_with_a_number(plan):
    tables = [*history.declared(plan).values(), starts_table(units_of(plan))]
    months = {
        column.name: column
        for table in tables
        for column in table.columns
        if column.unit == "month" and column.name not in table.key
    }
    events = {"first_session_month", "first_abandoned_month", "first_gap_month", "first_given_up_month"}
    decided = {"decided_month", "stop_month", "restart_month"}
    assert set(months) == {*events, *decided, "median_first_session"}
    for column in months.values():
        assert column.dtype == "f8"
        assert "; missing " in column.meaning


def test_zero_fidelity_is_undefined_but_other_zeros_are_not(plan, batch_of):
    batch = batch_of(plan, 1)
    batch.rows["fidelity"][0, 0, 1] = 4.25
    rows = history.service_rows(batch, plan)
    assert math.isnan(rows["fidelity"][0])
    assert rows["fidelity"][1] == 4.25
    assert rows["competence"][0] == 0.0


def test_a_value_that_does_not_fit_is_refused_not_wrapped(plan, batch_of):
    batch = batch_of(plan, 1)
    batch.rows["waiting"][0, 0, 0] = 40_000
    with pytest.raises(OverflowError, match="waiting"):
        history.service_rows(batch, plan)


def test_sessions_of_the_window():
    sessions = np.array([[[1, 2, 3, 4, 5]], [[1, 2, 3, 4, 5]]])
    found = history.window_sessions(sessions, np.array([3, 9]))
    assert found.tolist() == [[[1, 3, 6, 9, 12]], [[1, 3, 6, 10, 15]]]


def test_region_fidelity_is_weighted_by_sessions(plan, batch_of):
    batch = batch_of(plan, 1)
    batch.rows["sessions"][0, :, 0] = [3, 1]
    batch.rows["fidelity"][0, :, 0] = [4.0, 5.0]
    rows = history.RegionRows(plan).add(batch)
    assert rows["fidelity"][0] == pytest.approx(4.25)
    window = int(plan.parameters["months_delivery_window"][0])
    assert math.isnan(rows["fidelity"][window])
    assert rows["sessions"][:2].tolist() == [4, 0]


def test_states_and_posts_are_conserved(plan, random_batch):
    batch = random_batch(plan, 4)
    region, end = history.RegionRows(plan).add(batch), history.end_rows(batch, plan)
    assert np.allclose(sum(region[f"share_{name}"] for name in history.STATES), 1.0)
    assert np.allclose(sum(region[f"posts_{name}"] for name in history.STATUSES), 1.0)
    assert set(sum(region[f"services_{name}"] for name in history.STATES)) == {2}
    assert set(sum(end[f"months_{name}"] for name in history.STATES)) == {plan.months}


def test_frames_carry_words(plan, random_batch):
    frame = history.to_frame(history.declared(plan)["services_monthly"], history.service_rows(random_batch(plan, 2), plan))
    assert frame["service"].cat.categories.tolist() == ["North", "South"]
    assert set(frame["state"].astype(str)) <= set(history.STATES)


@pytest.mark.parametrize("months", [1, 5, 40])
def test_any_horizon(plan_of, random_batch, trace_of, months):
    plan = plan_of(months=months)
    rows = all_rows(plan, random_batch(plan, 1), trace_of(plan))
    for name, table in history.declared(plan).items():
        TableHash(table).update(rows[name])


def test_landmarks():
    assert history.landmarks(84) == (12, 24, 36, 48, 60, 84)
    assert history.landmarks(7) == (7,)
    assert history.landmarks(7, horizon=False) == ()
