"""Large regions in parts: the same numbers to the bit, in the memory of one replicate."""

from dataclasses import replace

import numpy as np
import pytest

from sim import parted
from sim.codes import POOL_REGION
from sim.engine import simulate
from sim.parted import batches, is_parted, pieces
from sim.produce import Job, produce
from sim.scenario import read_scenario, resolve

pytestmark = pytest.mark.engine


@pytest.fixture
def plan(monkeypatch):
    """A middling region that counts as large, in small pieces."""
    monkeypatch.setattr(parted, "LARGE", 1)
    monkeypatch.setattr(parted, "PIECE", 1_000)
    scenario = read_scenario("national", months=30)
    return resolve(replace(scenario, services=scenario.services[:130]))


def rows_of(plan, threads):
    """Every table's rows, put together."""
    found = {}

    def sink(table, rows):
        for name, values in rows.items():
            found.setdefault(table.name, {}).setdefault(name, []).append(values.copy())

    produce(Job(plan, seed=3, replicates=3, threads=threads), sink, late=False)
    return {table: {name: np.concatenate(parts) for name, parts in rows.items()} for table, rows in found.items()}


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_parts_are_the_whole_to_the_bit(plan, threads):
    assert is_parted(plan)
    whole = list(simulate(plan, seed=3, replicates=3, batch=1))
    seen = 0
    for one, mine in zip(whole, batches(plan, seed=3, replicates=3, threads=threads), strict=True):
        assert one.rows.tobytes() == mine.rows.tobytes()
        assert one.ends.tobytes() == mine.ends.tobytes()
        assert (one.replicates == mine.replicates).all()
        assert (one.members == mine.members).all()
        seen += 1
    assert seen == 3
    other = next(iter(batches(plan, seed=4, replicates=1)))
    assert other.rows.tobytes() != whole[0].rows.tobytes()  # the comparison can fail


def test_the_memory_is_that_of_one_replicate(plan):
    found = [batch.rows for batch in batches(plan, seed=3, replicates=3, threads=2)]
    assert all(np.shares_memory(found[0], one) for one in found)
    kept = [batch.rows for batch in simulate(plan, seed=3, replicates=3, batch=1)]
    assert not np.shares_memory(kept[0], kept[1])


def test_tables_of_pieces_are_those_of_the_whole(plan, monkeypatch):
    parts = rows_of(plan, 2)
    monkeypatch.setattr(parted, "LARGE", 2**40)
    assert not is_parted(plan)
    whole = rows_of(plan, 2)
    assert parts.keys() == whole.keys()
    for table, rows in whole.items():
        for name, values in rows.items():
            assert parts[table][name].tobytes() == values.tobytes(), (table, name)
    turned = parts["services_monthly"]["service"][::-1]
    assert turned.tobytes() != whole["services_monthly"]["service"].tobytes()  # another order is another table


def test_pieces_cover_every_service_once(plan):
    batch = next(iter(batches(plan, seed=3, replicates=1)))
    found = list(pieces(batch, plan))
    assert [first for first, _ in found] == list(range(0, 130, 33))
    assert sum(piece.rows.shape[1] for _, piece in found) == 130


def test_a_region_whose_services_read_each_other_is_run_as_a_whole(plan):
    services = plan.services.copy()
    services["pooling"][5] = POOL_REGION
    linked = replace(plan, services=services)
    assert not is_parted(linked)
    one, other = (next(iter(run(linked, seed=3, replicates=1))) for run in (batches, simulate))
    assert one.rows.tobytes() == other.rows.tobytes()


def test_no_replicate_is_refused(plan):
    with pytest.raises(ValueError, match="at least one"):
        next(iter(batches(plan, seed=1, replicates=0)))
