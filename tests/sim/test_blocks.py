"""A large region in blocks of its services is the region as a whole: tables to the byte, results to the bit."""

import gc
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim import blocks, engine
from sim.blocks import blocks_of, held_bytes, is_large, is_linked, simulate_in_blocks
from sim.codes import POOL_REGION
from sim.columns import Table
from sim.engine import Batch, in_flight, in_order, replicate_bytes, simulate
from sim.history import RegionRows, added_on, declared
from sim.measures import Summary, units_of
from sim.measures.framework import Framework
from sim.measures.values import values_of
from sim.plan import Plan, cut
from sim.produce import Job, Rows, produce
from sim.runs import run
from sim.scenario import read_scenario, resolve
from sim.store.hashing import TableHash
from tests.plans import shipped, shortened
from tests.thoroughly import some

pytestmark = [pytest.mark.engine, pytest.mark.once]

SERVICES = 60
MONTHS = 26


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region of 60 services drawn as those of the national one."""
    text = Path("scenarios/national.toml").read_text()
    found = tmp_path_factory.mktemp("scenario") / "middling.toml"
    text = text.replace('name = "national"', 'name = "middling"').replace("count = 2000", f"count = {SERVICES}")
    found.write_text(text)
    return found


@pytest.fixture(scope="module")
def region(file: Path) -> Plan:
    return resolve(read_scenario(file, months=MONTHS))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[Plan, int], None]:
    """Have a plan come in blocks of so many services; several thousand would be needed else."""

    def set_to(plan: Plan, services: int) -> None:
        monkeypatch.setattr(blocks, "LARGE", 0)
        monkeypatch.setattr(blocks, "BLOCK_BYTES", -(-services * replicate_bytes(plan) // len(plan.services)))
        assert len(blocks_of(plan)[0]) == services

    return set_to


def hashes_of(plan: Plan, *, seed: int = 3, replicates: int = 3, threads: int = 1, name: str = "compiled") -> dict[str, str]:
    """Data hash of every table, in the order in which they come."""
    found: dict[str, TableHash] = {}

    def sink(table: Table, rows: Rows) -> None:
        found.setdefault(table.name, TableHash(table)).update(rows)

    produce(Job(plan, seed, replicates, engine=name, threads=threads), sink)
    return {name: one.digest() for name, one in found.items()}


def summary_of(plan: Plan, batches: list[Batch]) -> Summary:
    summary = Summary(plan)
    for batch in batches:
        summary.add(batch)
    return summary


def files_in(folder: Path) -> dict[str, bytes]:
    """Tables and codebook as they are on the disk."""
    return {
        str(one.relative_to(folder)): one.read_bytes() for one in sorted([*folder.glob("tables/*"), *folder.glob("codebook.*")])
    }


def test_files_are_the_same_to_the_byte(file: Path, region: Plan, small: Any, tmp_path: Path) -> None:
    months = 14  # past the support's end; later months are written as these are
    asked: dict[str, Any] = {"replicates": 2, "months": months, "threads": 2, "figures": False, "csv": True}
    whole = run(file, out=tmp_path / "whole", **asked)
    small(region, 23)
    told: list[int] = []
    parted = run(file, out=tmp_path / "blocks", progress=told.append, **asked)
    assert told == [1, 1]
    found, wanted = files_in(tmp_path / "blocks"), files_in(tmp_path / "whole")
    assert len(wanted) > 30
    assert list(parted.manifest["tables"]) == list(whole.manifest["tables"])
    assert found == wanted
    # Control: other luck gives other files, all but those that say how services start and what there is.
    run(file, out=tmp_path / "other", seed=8, **(asked | {"csv": False}))
    same = {name for name, content in files_in(tmp_path / "other").items() if content == wanted[name]}
    assert "tables/services_monthly.parquet" not in same
    assert "tables/region_monthly.parquet" not in same


@pytest.mark.parametrize(
    ("name", "months", "services"), [("nine-services", 84, 4), ("nine-services", 2, 1), ("expansion", 40, 2)]
)
def test_tables_are_the_same(name: str, months: int, services: int, small: Any) -> None:
    plan = shortened(shipped(name)[0], months)
    wanted = hashes_of(plan)
    small(plan, services)
    for threads in some((1, 2), 1):
        found = hashes_of(plan, threads=threads)
        assert list(found) == list(wanted)
        assert found == wanted
    assert hashes_of(plan, seed=4)["summary_monthly"] != wanted["summary_monthly"]  # the control


def test_results_in_memory_are_the_same(region: Plan, small: Any) -> None:
    whole = summary_of(region, list(simulate(region, seed=5, replicates=4, batch=4)))
    small(region, 25)
    parts = list(simulate_in_blocks(region, seed=5, replicates=4, threads=2))
    assert [part.rows.shape[:2] for part in parts[:3]] == [(1, 25)] * 2 + [(1, 10)]
    found = summary_of(region, parts)
    assert found.replicates == 4
    for one, other in zip(
        (*whole.means(), *whole.fidelity_quantiles()), (*found.means(), *found.fidelity_quantiles()), strict=True
    ):
        assert one.tobytes() == other.tobytes()
    assert (found.typical, found.extreme) == (whole.typical, whole.extreme)
    # Control: one replicate twice in the place of another.
    again = summary_of(region, parts[:3] + parts[:3] + parts[6:])
    assert again.means()[0].tobytes() != whole.means()[0].tobytes()


def test_blocks_out_of_order_are_refused(region: Plan, small: Any) -> None:
    small(region, 20)
    first, second, third, other = list(simulate_in_blocks(region, seed=5, replicates=2))[:4]
    for wrong in ([second], [first, third], [first, first], [other, second], [first, second, other]):
        with pytest.raises(ValueError, match="blocks out of order: waited for service"):
            summary_of(region, wrong)
    summary = summary_of(region, [first, second])
    with pytest.raises(ValueError, match=r"waited for service 40 of replicates \[0\], not for service 40 of replicates \[1\]"):
        summary.add(third._replace(replicates=np.array([1])))
    assert summary.replicates == 0
    summary.add(third)
    assert summary.replicates == 1


def test_a_block_alone_has_no_outcomes_of_the_region(region: Plan, small: Any) -> None:
    small(region, 20)
    first, *_, last = simulate_in_blocks(region, seed=5, replicates=1)
    for part in (first, last):
        with pytest.raises(ValueError, match="not all services of the plan"):
            next(values_of(region, part, units_of(region)))
    none = RegionRows(region).add(first)
    assert {len(values) for values in none.values()} == {0}
    assert list(none) == list(declared(region)["region_monthly"].names)


@pytest.mark.parametrize("whole", [1, 3])
def test_sums_go_on_to_the_bit(whole: int) -> None:
    rng = np.random.default_rng(7)
    values = rng.lognormal(sigma=8.0, size=(whole, 4000, 5))
    wanted = values.sum(axis=1)

    def in_parts(step: int, add: Callable[[Any, np.ndarray], np.ndarray]) -> np.ndarray:
        total = None
        for at in range(0, values.shape[1], step):
            total = add(total, values[:, at : at + step])
        assert total is not None
        return total

    for step in (1, 333, 4000):
        assert in_parts(step, added_on).tobytes() == wanted.tobytes()
    # Control: sums of blocks, added up afterwards, are other numbers in the last places.
    apart = in_parts(333, lambda total, part: part.sum(axis=1) + (0.0 if total is None else total))
    assert apart.tobytes() != wanted.tobytes()
    assert np.array_equal(added_on(np.ones((whole, 5), np.int64), values > 1.0), (values > 1.0).sum(axis=1) + 1)


def pooled(region: Plan) -> Plan:
    services = region.services.copy()
    services["pooling"] = POOL_REGION
    return replace(region, services=services)


def test_linked_services_are_run_together(region: Plan, small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = pooled(region)
    assert is_linked(plan)
    assert not is_linked(region)
    wanted = hashes_of(plan)
    small(plan, 20)
    assert hashes_of(plan, threads=2) == wanted
    # Control: cut apart, their services come to something else.
    monkeypatch.setattr(blocks, "is_linked", lambda _: False)
    assert hashes_of(plan)["services_monthly"] != wanted["services_monthly"]


def test_the_other_engine_gives_the_same_in_blocks(small: Any) -> None:
    plan = shortened(shipped("nine-services")[0], 14)
    wanted = hashes_of(plan, replicates=2)
    small(plan, 4)
    assert hashes_of(plan, replicates=2, name="mesa") == wanted


def test_what_is_large(region: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    national = shipped("national")[0]
    assert [is_large(one) for one in (shipped("nine-services")[0], region, national)] == [False, False, True]
    monkeypatch.setattr(blocks, "LARGE", 0)
    assert is_large(region)
    assert not is_large(shortened(region, 1))
    assert not is_large(cut(region, [3]))
    every = [place for block in blocks_of(national) for place in block]
    assert every == list(range(2000))
    with pytest.raises(ValueError, match="at least one replicate"):
        list(simulate_in_blocks(region, seed=1, replicates=0))


def test_memory_does_not_grow_with_the_region() -> None:
    national = shipped("national")[0]
    ten = cut(national, list(range(2000)) * 10)
    assert held_bytes(ten, 4, 2) == held_bytes(national, 4, 2) < 200e6
    assert replicate_bytes(ten) > 1.4e9
    # Control: where services are linked, a replicate must be there, but not one for each thread.
    assert replicate_bytes(ten) < held_bytes(pooled(ten), 4, 2) < 1.5 * replicate_bytes(ten)
    assert in_flight(2, 1000) == 4
    assert in_flight(2, replicate_bytes(ten)) == in_flight(1, 1000) == 1
    assert in_flight(2, engine.IN_FLIGHT // 2) == 2


@pytest.mark.parametrize("ahead", [2, 4])
def test_no_more_are_under_way_than_asked_for(ahead: int) -> None:
    lock, begun, read, most = threading.Lock(), 0, 0, 0

    def do(task: int) -> int:
        nonlocal begun, most
        with lock:
            begun += 1
            most = max(most, begun - read)
        return task

    given = []
    for one in in_order([do, do], range(40), ahead):
        until = time.monotonic() + 30
        while one == 0 and begun < ahead + 1 and time.monotonic() < until:
            time.sleep(0.001)
        given.append(one)
        with lock:
            read += 1
    assert given == list(range(40))
    assert most == ahead + 1  # with the one that is looked at; no fewer either, or threads would wait


def test_rows_are_let_go_when_they_are_measured(region: Plan) -> None:
    """Not some time later, when the collector looks for what only holds itself: by then several replicates would wait."""
    gc.collect()
    gc.disable()
    try:
        (batch,) = simulate(shortened(region, 13), seed=1, replicates=1)
        gone = weakref.ref(batch.rows)
        summary_of(shortened(region, 13), [batch])
        view = Framework(shortened(region, 13), batch)
        view.view("driver_competency")
        assert gone() is not None
        del batch
        assert gone() is not None  # the control: who still looks at them keeps them
        del view
        assert gone() is None
    finally:
        gc.enable()


def test_rows_of_the_region_from_blocks(region: Plan, small: Any) -> None:
    (whole,) = simulate(region, seed=9, replicates=1)
    small(region, 16)
    rows = RegionRows(region)
    found = [rows.add(part) for part in simulate_in_blocks(region, seed=9, replicates=1)]
    wanted = RegionRows(region).add(whole)
    assert [len(one["month"]) for one in found] == [0, 0, 0, MONTHS]
    assert all(found[-1][name].tobytes() == values.tobytes() for name, values in wanted.items())
