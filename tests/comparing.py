"""The one comparison of two runs: every agent, field, month and element, to the last bit."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, NamedTuple

import numpy as np

from sim.engine import Batch, Trace, trace
from sim.model import PracticeModel
from sim.plan import Plan
from sim.state import FIELDS, SLOTS, Field, dtype_of

AGENTS = ("service", "leader", "practitioner", "patient")
_OF_TYPE = {"f8": float, "i8": int}
_PLAIN: Final[dict[str, tuple[Callable[[object], tuple[Any, ...]], list[type]]]] = {
    entity: (
        attrgetter(*(field.name for field in fields)),
        [list if field.length else _OF_TYPE[field.dtype] for field in fields],
    )
    for entity, fields in FIELDS.items()
}
"""Of each entity what takes all fields at once, and their types: looked at for every agent in every month."""
_PARTS: Final = {entity: [field for field in fields if field.length] for entity, fields in FIELDS.items()}


class Difference(NamedTuple):
    """A number that is not the same in both runs."""

    entity: str
    field: str
    month: int
    index: tuple[int, ...]
    first: float
    second: float


class Comparison(NamedTuple):
    """Differences, and how many numbers were compared."""

    differences: list[Difference]
    values: int


def different(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Where two arrays of one type differ in a bit; any NaN equals any NaN."""
    if first.dtype != second.dtype or first.shape != second.shape:
        raise ValueError(f"{first.dtype} {first.shape} against {second.dtype} {second.shape}")
    first, second = np.ascontiguousarray(first), np.ascontiguousarray(second)
    if first.dtype.kind != "f":
        return first != second
    return (first.view(np.uint64) != second.view(np.uint64)) & ~(np.isnan(first) & np.isnan(second))


def compared_records(entity: str, first: np.ndarray, second: np.ndarray, *, month_axis: int) -> Comparison:
    """Compare two structured arrays field by field.

    Parameters
    ----------
    entity : str
    first, second : numpy.ndarray
    month_axis : int
        Which axis is the month; -1 when there is none (month is then -1).
    """
    found: list[Difference] = []
    values = 0
    for name in first.dtype.names or ():
        a, b = first[name], second[name]
        values += a.size
        for place in np.argwhere(different(a, b)):
            at = tuple(int(i) for i in place)
            month = at[month_axis] if month_axis >= 0 else -1
            rest = at[:month_axis] + at[month_axis + 1 :] if month_axis >= 0 else at
            found.append(Difference(entity, name, month, rest, a[at], b[at]))
    return Comparison(found, values)


def compared(first: tuple[Batch, Trace], second: tuple[Batch, Trace]) -> Comparison:
    """Compare two traced runs: the state of every agent at every observation, the rows, the states at the end."""
    parts = [compared_records(entity, a, b, month_axis=0) for entity, a, b in zip(AGENTS, first[1], second[1], strict=True)]
    parts.append(compared_records("service_month", first[0].rows[0], second[0].rows[0], month_axis=1))
    parts.append(compared_records("practitioner at the end", first[0].ends[0], second[0].ends[0], month_axis=-1))
    differences = sorted((one for part in parts for one in part.differences), key=lambda one: (one.month < 0, one.month))
    return Comparison(differences, sum(part.values for part in parts))


def values_expected(plan: Plan) -> int:
    """How many numbers a comparison of two traced runs of a plan looks at."""
    width = {entity: sum(max(1, field.length) for field in fields) for entity, fields in FIELDS.items()}
    services, posts = len(plan.services), len(plan.posts)
    each = services * (width["service"] + width["leader"] + width["service_month"])
    each += posts * (width["practitioner"] + SLOTS * width["patient"])
    return plan.months * each + posts * width["practitioner"]


def mistyped(one: object, entity: str) -> list[str]:
    """Fields of an agent that do not hold a plain Python number of their declared type (bool is no int here)."""
    values_of, types = _PLAIN[entity]
    of_one_type = [*map(type, values_of(one))] == types
    if of_one_type and not any(_mistyped(getattr(one, field.name), field) for field in _PARTS[entity]):
        return []
    values = {field.name: getattr(one, field.name) for field in FIELDS[entity]}
    return [f"{entity}.{field.name}: {values[field.name]!r}" for field in FIELDS[entity] if _mistyped(values[field.name], field)]


def _mistyped(value: object, field: Field) -> bool:
    parts = value if field.length else [value]
    if type(parts) is not list or len(parts) != max(1, field.length):
        return True
    return any(type(part) is not _OF_TYPE[field.dtype] for part in parts)


def mistyped_agents(model: PracticeModel) -> list[str]:
    """The same over all agents of a model."""
    groups: list[tuple[str, list[Any]]] = [
        ("service", model.services),
        ("leader", model.leaders),
        ("practitioner", model.practitioners),
        ("patient", model.patients),
        ("region", [model.region]),
    ]
    return [wrong for entity, agents in groups for one in agents for wrong in mistyped(one, entity)]


def mesa_trace(plan: Plan, *, seed: int, replicate: int, shuffled: bool = False) -> tuple[Batch, Trace]:
    """One replicate on Mesa, traced; checks at every observation that values kept their Python types.

    NumPy would quietly cut a float written into a whole-number field when the state is stored, so types are looked at first.
    """
    services, posts = len(plan.services), len(plan.posts)
    rows = np.zeros((1, services, plan.months), dtype_of("service_month"))
    ends = np.zeros((1, posts), dtype_of("practitioner"))
    sizes = (services, services, posts, posts * SLOTS)
    traces = tuple(np.zeros((plan.months, n), dtype_of(entity)) for entity, n in zip(AGENTS, sizes, strict=True))
    model = PracticeModel.from_plan(plan, seed=seed, replicate=replicate, shuffled=shuffled)

    def keep(one: PracticeModel) -> None:
        wrong = mistyped_agents(one)
        assert not wrong, f"month {one.month}: values of the wrong type: {wrong[:5]}"
        one.write_rows(rows[0, :, one.month])
        one.write_state(tuple(part[one.month] for part in traces))

    model.sink = keep
    for _ in range(plan.months):
        model.step()
    model.write_practitioners(ends[0])
    one = np.array([replicate], np.int64)
    return Batch(one, rows, ends, one % len(plan.parameters)), Trace(*traces)


def twins(plan: Plan, *, seed: int = 1, replicate: int = 0, mesa_plan: Plan | None = None) -> Comparison:
    """Compare the engines over one replicate; ``mesa_plan`` is what Mesa runs instead, for controls."""
    compiled = trace(plan, seed=seed, replicate=replicate)
    readable = mesa_trace(mesa_plan or plan, seed=seed, replicate=replicate)
    found = compared(compiled, readable)
    assert found.values == values_expected(plan) > 0
    return found


def assert_same(found: Comparison) -> None:
    """Fail with the first differences."""
    assert found.values > 0, "nothing was compared"
    shown = "\n".join(str(one) for one in found.differences[:8])
    assert not found.differences, f"{len(found.differences)} of {found.values} numbers differ, the first:\n{shown}"
