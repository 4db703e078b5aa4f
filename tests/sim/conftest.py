"""Plans and batches made by hand, so that results can be checked against numbers worked out on paper."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from sim.codes import StopReason
from sim.engine import Batch, Trace
from sim.parameters import record
from sim.plan import CALENDAR, POST_START, SERVICE_START, Plan
from sim.state import SLOTS, blank, dtype_of


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder, so that checks can leave it out where it is not repeated."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("model")


def make_plan(
    names: Sequence[str] = ("North", "South"), posts: Sequence[int] = (2, 1), months: int = 24, leaders: Sequence[int] = (0, 1)
) -> Plan:
    services = np.zeros(len(names), SERVICE_START)
    services["posts"] = posts
    services["first_post"] = np.cumsum([0, *posts])[:-1]
    services["leader"] = leaders
    services["support_months"] = 12
    total = int(sum(posts))
    return Plan(
        months=months,
        services=services,
        posts=np.zeros(total, POST_START),
        calendars=np.zeros((1, months), CALENDAR),
        parameters=record(),
        service_names=tuple(names),
        post_names=tuple(f"{name} {at + 1}" for name, count in zip(names, posts, strict=True) for at in range(count)),
    )


def make_batch(plan: Plan, count: int, first: int = 0) -> Batch:
    rows = np.zeros((count, len(plan.services), plan.months), dtype_of("service_month"))
    rows["state"] = 6
    ends = np.stack([blank("practitioner", len(plan.posts)) for _ in range(count)])
    replicates = np.arange(first, first + count, dtype=np.int64)
    return Batch(replicates, rows, ends, replicates % len(plan.parameters))


def make_random(plan: Plan, count: int, seed: int = 5) -> Batch:
    """Fill a batch with noise that keeps to the rules: statuses sum to N, fidelity only with sessions."""
    rng = np.random.default_rng(seed)
    batch = make_batch(plan, count)
    rows = batch.rows
    for name in rows.dtype.names or ():
        kind = rows.dtype[name]
        rows[name] = rng.random(rows.shape) if kind == np.float64 else rng.integers(0, 5, rows.shape)
    rows["stop_reason"] = np.minimum(rows["stop_reason"], len(StopReason) - 1)
    begun = np.cumsum(rows["sessions"], axis=2) > 0
    rows["state"] = np.where(begun, rng.integers(0, 5, rows.shape), rng.integers(5, 7, rows.shape))
    # operating, silent or given up; before the first session never started, or not yet
    rows["use"] = np.where(begun, rng.integers(0, 3, rows.shape), rng.integers(3, 5, rows.shape))
    rows["in_gap"] = np.where(begun, rng.integers(0, 2, rows.shape), 0)
    rows["leader_type"] = rng.integers(0, 6, rows.shape)
    rows["restarted"] = rng.integers(0, 2, rows.shape)
    rows["single_carrier"] = 0
    rows["fidelity"] = np.where(rows["sessions"] > 0, 1 + 4 * rng.random(rows.shape), 0.0)
    statuses = ("full_use", "planned_adaptation", "partial_use", "waiting", "stopped", "vacant", "untrained")
    for service, posts in enumerate(plan.services["posts"].tolist()):
        drawn = rng.multinomial(posts, [1 / 7] * 7, size=(count, plan.months))
        for at, name in enumerate(statuses):
            rows[name][:, service] = drawn[..., at]
        rows["trained"][:, service] = drawn[..., :5].sum(axis=-1)
        rows["delivering_posts"][:, service] = np.minimum(rows["delivering_posts"][:, service], posts)
        rows["in_dilemma"][:, service] = np.minimum(rows["in_dilemma"][:, service], rows["trained"][:, service])
    batch.ends["status"] = rng.integers(0, 7, batch.ends.shape)
    batch.ends["tipped"] = rng.integers(0, 2048, batch.ends.shape)
    batch.ends["decided_month"] = rng.integers(-1, plan.months, batch.ends.shape)
    return batch


def make_trace(plan: Plan) -> Trace:
    def months_of(entity: str, agents: int) -> np.ndarray:
        return np.stack([blank(entity, agents) for _ in range(plan.months)])

    services, posts = len(plan.services), len(plan.posts)
    trace = Trace(
        months_of("service", services),
        months_of("leader", services),
        months_of("practitioner", posts),
        months_of("patient", posts * SLOTS),
    )
    first = np.concatenate([np.arange(count) for count in plan.services["posts"]])
    trace.practitioners["post"] = first
    trace.patients["post"] = np.repeat(first, SLOTS)
    trace.patients["slot"] = np.tile(np.arange(SLOTS), posts)
    trace.practitioners["status"][plan.months // 2 :] = 3
    trace.practitioners["person"][plan.months // 2 :] = 1
    return trace


@pytest.fixture
def plan() -> Plan:
    return make_plan()


@pytest.fixture
def plan_of() -> Callable[..., Plan]:
    return make_plan


@pytest.fixture
def batch_of() -> Callable[..., Batch]:
    return make_batch


@pytest.fixture
def random_batch() -> Callable[..., Batch]:
    return make_random


@pytest.fixture
def trace_of() -> Callable[[Plan], Trace]:
    return make_trace


@pytest.fixture
def frames_of() -> Callable[..., dict]:
    """Tables of a run of a plan as figures and the report take them."""
    from sim import history
    from sim.measures import Summary

    def frames(plan: Plan, count: int = 6, *, traced: bool = True) -> dict:
        summary = Summary(plan)
        summary.add(make_random(plan, count))
        found = {name: history.to_frame(table, rows) for name, (table, rows) in summary.tables().items()}
        tables = history.declared(plan)
        found["services_start"] = history.to_frame(tables["services_start"], history.start_rows(plan))
        if traced:
            rows = history.trace_rows(make_trace(plan), plan, summary.typical)["trace_practitioners"]
            found["trace_practitioners"] = history.to_frame(tables["trace_practitioners"], rows)
        return found

    return frames
