"""Batches made by hand: replicate 0 as the study was, replicate 1 the control, different in the one thing that is measured."""

from dataclasses import replace

import numpy as np

from experiments.patterns.cohorts import COHORTS
from experiments.patterns.seen import Seen
from sim.engine import Batch, Trace, blank_batch
from sim.state import SLOTS, blank, dtype_of


def blank_seen(cohort: str, count: int = 2, *, months: int | None = None, traced: bool = False) -> Seen:
    """Replicates in which nothing has happened, of a cohort's first variant."""
    plan = COHORTS[cohort].plan_with()
    if months is not None:
        plan = replace(plan, months=months, calendars=plan.calendars[:, :months])
    room = blank_batch(plan, count)
    ends = np.stack([blank("practitioner", len(plan.posts)) for _ in range(count)])
    ends["volunteer"] = 1
    batch = Batch(np.arange(count, dtype=np.int64), room.rows, ends, np.zeros(count, np.int64))
    return Seen(plan, batch, blank_trace(plan, count) if traced else None, 1)


def blank_trace(plan, count: int) -> Trace:
    services, posts = len(plan.services), len(plan.posts)
    sizes = {"service": services, "leader": services, "practitioner": posts, "patient": posts * SLOTS}
    return Trace(*(np.zeros((count, plan.months, size), dtype_of(name)) for name, size in sizes.items()))


def put(seen: Seen, field: str, service: str, month: int, *values: float) -> None:
    """Set a service's field at a month, a value for each replicate."""
    place = seen.plan.service_names.index(service)
    seen.batch.rows[field][:, place, month - 1] = values


def posts(seen: Seen, service: str) -> np.ndarray:
    return seen.posts_of(np.array([seen.plan.service_names.index(service)]))
