"""Rows of the history's tables, unpacked from what the engines recorded."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from sim import codes
from sim.columns import Column, Table
from sim.engine import Batch, Trace, members_of
from sim.history.tables import STATES, STATUSES, USED_MONTHS, USES, declared, landmarks
from sim.plan import Plan, room_of
from sim.state import FIELDS, SLOTS

if TYPE_CHECKING:
    import pandas as pd

UNDEFINED_AT_ZERO: Final = ("fidelity", "fidelity_measured", "fidelity_clinic", "lowest_look")
"""Fields of a service or a post in which 0 stands for 'undefined'; the fidelity of a post is never 0."""

_BLOCK: Final = 1024
"""Rows unpacked at a time: small enough for the processor's cache, so that each row is fetched from memory once."""


def unpack(records: np.ndarray, columns: tuple[Column, ...], entity: str) -> dict[str, np.ndarray]:
    """Unpack records of an entity into the declared columns that are its fields.

    Parameters
    ----------
    records : numpy.ndarray
        Structured, any shape.
    columns : tuple of Column
        Those that are not fields of the entity are passed over.
    entity : str
        A key of ``sim.state.FIELDS``.

    Returns
    -------
    dict of str to numpy.ndarray
        One array a column, of shape (records.size,), steps as months and undefined values as NaN.

    Raises
    ------
    OverflowError
        If a value does not fit its declared type.
    """
    flat = np.ascontiguousarray(records).reshape(-1)
    wanted = {column.name: column.dtype for column in columns}
    sources: list[tuple[str, str, int]] = []
    for field in FIELDS[entity]:
        names = [(f"{field.name}_{at}", at) for at in range(field.length)] if field.length else [(field.name, -1)]
        sources += [(name, field.name, at) for name, at in names if name in wanted]
    fields = {field.name: field for field in FIELDS[entity]}
    wide = {name: np.empty(flat.size, flat.dtype[source].base) for name, source, _ in sources}
    for start in range(0, flat.size, _BLOCK):
        block = flat[start : start + _BLOCK]
        for name, source, at in sources:
            wide[name][start : start + _BLOCK] = block[source] if at < 0 else block[source][:, at]
    result: dict[str, np.ndarray] = {}
    for name, source, _ in sources:
        values = wide[name]
        if fields[source].unit == "month":
            values = _missing_at_zero(values + 1)
        if source in UNDEFINED_AT_ZERO and entity in {"service", "service_month", "practitioner"}:
            values[values == 0.0] = np.nan
        result[name] = _fit(values, wanted[name], name)
    return result


def _fit(values: np.ndarray, kind: str, name: str) -> np.ndarray:
    """Values in the declared type; refused when they do not fit, never wrapped."""
    if values.dtype == np.dtype(kind):
        return values
    limits = np.iinfo(kind)
    if values.size and (values.min() < limits.min or values.max() > limits.max):
        raise OverflowError(f"column '{name}': values from {values.min()} to {values.max()} do not fit '{kind}'")
    return values.astype(kind)


def _filled(table: Table, rows: int, parts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Parts in the declared order, broadcast to the number of rows and brought to the declared types."""
    result = {}
    for column in table.columns:
        values = np.asarray(parts[column.name])
        if values.dtype.kind in "ib" and column.dtype != "f8":
            values = _fit(values.astype("i8") if values.dtype.kind == "b" else values, column.dtype, column.name)
        flat = np.ravel(values)
        if flat.size != rows:
            raise ValueError(f"table '{table.name}': column '{column.name}' has {flat.size} values for {rows} rows")
        result[column.name] = np.ascontiguousarray(flat, dtype=column.dtype)
    return result


def _grid(*axes: np.ndarray) -> list[np.ndarray]:
    """Axes of a table's key, each repeated to full length in key order."""
    shape = tuple(len(axis) for axis in axes)
    return [
        np.broadcast_to(axis.reshape([-1 if at == place else 1 for at in range(len(axes))]), shape).ravel()
        for place, axis in enumerate(axes)
    ]


def start_rows(plan: Plan) -> dict[str, np.ndarray]:
    """Rows of ``services_start``."""
    table = declared(plan)["services_start"]
    parts = {name: plan.services[name] for name in table.names if name != "service"}
    return _filled(table, len(plan.services), {"service": np.arange(len(plan.services)), **parts})


def world_rows(replicates: np.ndarray, plan: Plan) -> dict[str, np.ndarray]:
    """Rows of ``worlds`` for replicates (int64), of shape (replicates,) each."""
    worlds = members_of(plan, replicates)
    records = plan.parameters[worlds]
    parts = {name: records[name] for name in plan.moved}
    parts |= {"replicate": replicates, "world": worlds, "member": plan.members[worlds]}
    return _filled(declared(plan)["worlds"], len(replicates), parts)


def _services_of(batch: Batch) -> np.ndarray:
    """Places in the plan of the services of a batch."""
    return np.arange(batch.places.start, batch.places.stop)


def service_rows(batch: Batch, plan: Plan) -> dict[str, np.ndarray]:
    """Rows of ``services_monthly`` for a batch, or for a block of one.

    Returns
    -------
    dict of str to numpy.ndarray
        One array a column, of shape (replicates x services x months,).
    """
    table = declared(plan)["services_monthly"]
    months = batch.rows.shape[2]
    parts = unpack(batch.rows, table.columns, "service_month")
    parts["replicate"], parts["service"], parts["month"] = _grid(
        batch.replicates, _services_of(batch), np.arange(1, months + 1, dtype="i4")
    )
    return _filled(table, batch.rows.size, parts)


def window_sessions(sessions: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Sessions within the delivery window of each replicate.

    Parameters
    ----------
    sessions : numpy.ndarray
        Integers, shape (replicates, services, months).
    windows : numpy.ndarray
        Months of the window, shape (replicates,).

    Returns
    -------
    numpy.ndarray
        int64, shape of ``sessions``.
    """
    total = np.cumsum(sessions, axis=2, dtype=np.int64)
    result = total.copy()
    for window in np.unique(windows).tolist():
        mine = windows == window
        if window < sessions.shape[2]:
            result[mine, :, window:] -= total[mine, :, :-window]
    return result


def windows_of(plan: Plan, batch: Batch) -> np.ndarray:
    """Delivery window, in months, of each replicate."""
    return np.ceil(plan.parameters["months_delivery_window"][batch.members]).astype(np.int64)


def added_on(before: np.ndarray | None, values: np.ndarray) -> np.ndarray:
    """Sum over services that goes on from those of the services before them: the same to the bit as over all of them at once.

    Floats are added service after service, as NumPy adds along an axis that is not the last one, where there are several months.

    Parameters
    ----------
    before : numpy.ndarray or None
        Shape (replicates, months).
    values : numpy.ndarray
        Shape (replicates, services, months).

    Returns
    -------
    numpy.ndarray
        Shape (replicates, months): float64, or int64 of whole numbers.
    """
    kind = np.float64 if values.dtype.kind == "f" else np.int64
    if before is None:
        return np.asarray(values.sum(axis=1, dtype=kind))
    if kind is np.int64:
        return np.asarray(before + values.sum(axis=1, dtype=kind))
    return np.asarray(np.concatenate([before[:, None], values], axis=1).sum(axis=1, dtype=kind))


class RegionRows:
    """Rows of ``region_monthly`` from batches, or from the blocks of one after the other.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._table = declared(plan)["region_monthly"]
        self._sums: dict[str, np.ndarray] = {}

    def add(self, batch: Batch) -> dict[str, np.ndarray]:
        """Add services; gives rows of shape (replicates x months,) each: none until all services are there."""
        for name, values in self._summed(batch):
            self._sums[name] = added_on(self._sums.get(name), values)
        if not batch.is_last(self._plan):
            return self._table.empty(0)
        found, self._sums = self._sums, {}
        return self._rows(batch.replicates, found)

    def _summed(self, batch: Batch) -> Iterator[tuple[str, np.ndarray]]:
        """What is added up over the services, each of shape (replicates, services, months)."""
        rows = batch.rows
        state = rows["state"].astype("i1")
        yield from ((f"services_{name}", state == code) for code, name in enumerate(STATES))
        yield from ((f"share_{name}", rows["use"] == USES.index(name)) for name, _ in USED_MONTHS)
        for name in (
            *STATUSES,
            "delivering_posts",
            "kept_going",
            "operating_posts",
            "kept_going_posts",
            "sessions",
            "course_patients",
        ):
            yield name, rows[name]
        weights = window_sessions(rows["sessions"], windows_of(self._plan, batch))
        yield "weight", weights
        yield "fidelity", rows["fidelity"] * weights

    def _rows(self, replicates: np.ndarray, sums: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        services, posts = len(self._plan.services), int(self._plan.services["posts"].sum())
        parts = {f"services_{name}": sums[f"services_{name}"] for name in STATES}
        parts |= {f"share_{name}": sums[f"services_{name}"] / services for name in STATES}
        parts |= {f"posts_{name}": sums[name] / posts for name in STATUSES}
        parts["posts_delivering"] = sums["delivering_posts"] / posts
        parts |= {f"share_{name}": sums[f"share_{name}"] / services for name, _ in USED_MONTHS}
        parts["share_kept_going"] = sums["kept_going"] / services
        parts |= {f"posts_{name}": sums[f"{name}_posts"] / posts for name in ("operating", "kept_going")}
        parts |= {name: sums[name] for name in ("sessions", "course_patients")}
        weight = sums["weight"]
        parts["fidelity"] = np.divide(sums["fidelity"], weight, out=np.full(weight.shape, np.nan), where=weight > 0)
        months = self._plan.months
        parts["replicate"], parts["month"] = _grid(replicates, np.arange(1, months + 1, dtype="i4"))
        return _filled(self._table, len(replicates) * months, parts)


def first_month(happened: np.ndarray) -> np.ndarray:
    """First month of something, 0 if never; the months are the last axis of ``happened`` (bool)."""
    return np.where(happened.any(axis=-1), happened.argmax(axis=-1) + 1, 0)


def _missing_at_zero(months: np.ndarray) -> np.ndarray:
    """Months as float64, NaN in the place of 0."""
    return np.where(months > 0, months, np.nan)


def end_rows(batch: Batch, plan: Plan) -> dict[str, np.ndarray]:
    """Rows of ``services_end`` for a batch, or for a block of one, of shape (replicates x services,) each."""
    table = declared(plan)["services_end"]
    rows = batch.rows
    count, services, _ = rows.shape
    state = rows["state"].astype("i1")
    last = rows[:, :, -1]
    parts = unpack(last, table.columns, "service_month")
    parts["first_session_month"] = _missing_at_zero(first_month(rows["sessions"] > 0))
    parts["first_abandoned_month"] = _missing_at_zero(first_month(state == codes.ABANDONED))
    for month in landmarks(plan.months, horizon=False):
        parts[f"state_month_{month}"] = state[:, :, month - 1]
    parts["state_end"] = state[:, :, -1]
    for code, name in enumerate(STATES):
        parts[f"months_{name}"] = (state == code).sum(axis=2)
    use = rows["use"].astype("i1")
    parts["first_gap_month"] = _missing_at_zero(first_month(rows["in_gap"] == 1))
    parts["first_given_up_month"] = _missing_at_zero(first_month(use == codes.GIVEN_UP))
    for month in landmarks(plan.months, horizon=False):
        parts[f"use_month_{month}"] = use[:, :, month - 1]
    parts["use_end"] = use[:, :, -1]
    for name, _ in USED_MONTHS:
        parts[f"months_{name}"] = (use == USES.index(name)).sum(axis=2)
    parts["months_kept_going"] = rows["kept_going"].sum(axis=2)
    parts["fidelity_end"] = np.where(last["fidelity"] > 0.0, last["fidelity"], np.nan)
    parts["replicate"], parts["service"] = _grid(batch.replicates, _services_of(batch))
    return _filled(table, count * services, parts)


def _post_places(plan: Plan, services: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Service, place in the service, and name code of every post of the plan or of services in a row; each of shape (posts,)."""
    every = np.arange(len(plan.services)) if services is None else services
    counts = room_of(plan.services[every])
    service = np.repeat(every, counts)
    first = plan.services["first_post"][service]
    post = np.arange(len(service)) + (first[0] if len(first) else 0)
    codes_of = {name: at for at, name in enumerate(dict.fromkeys(plan.post_names))}
    return service, post - first, np.array([codes_of[plan.post_names[at]] for at in post.tolist()], dtype=np.int64)


def practitioner_rows(batch: Batch, plan: Plan) -> dict[str, np.ndarray]:
    """Rows of ``practitioners_end`` for a batch, or for a block of one, of shape (replicates x posts,) each."""
    table = declared(plan)["practitioners_end"]
    count = len(batch.replicates)
    service, place, name = _post_places(plan, _services_of(batch))
    parts = unpack(batch.ends, table.columns, "practitioner")
    parts["replicate"] = np.repeat(batch.replicates, len(service))
    parts["service"], parts["post"], parts["post_name"] = (np.tile(one, count) for one in (service, place, name))
    return _filled(table, batch.ends.size, parts)


def trace_rows(trace: Trace, plan: Plan, replicate: int) -> dict[str, dict[str, np.ndarray]]:
    """Rows of the four trace tables for one replicate.

    Parameters
    ----------
    trace : Trace
    plan : Plan
    replicate : int

    Returns
    -------
    dict
        By table name.
    """
    tables = declared(plan)
    service, place, name = _post_places(plan)
    services = np.arange(len(plan.services))
    month = np.arange(1, len(trace.services) + 1, dtype="i4")
    places: dict[str, tuple[np.ndarray, str, dict[str, np.ndarray]]] = {
        "trace_services": (trace.services, "service", {"service": services}),
        "trace_leaders": (trace.leaders, "leader", {"service": services}),
        "trace_practitioners": (trace.practitioners, "practitioner", {"service": service, "post": place, "post_name": name}),
        "trace_patients": (trace.patients, "patient", {"service": np.repeat(service, SLOTS)}),
    }
    result = {}
    for table_name, (records, entity, at) in places.items():
        table = tables[table_name]
        parts = unpack(records, table.columns, entity)
        parts.update({key: np.tile(values, len(month)) for key, values in at.items()})
        parts["month"] = np.repeat(month, records.shape[1])
        parts["replicate"] = np.full(records.size, replicate, dtype=np.int64)
        result[table_name] = _filled(table, records.size, parts)
    return result


def to_frame(table: Table, rows: Mapping[str, np.ndarray]) -> "pd.DataFrame":
    """Rows of a declared table as a pandas DataFrame, codes as categories.

    Parameters
    ----------
    table : Table
    rows : mapping of str to numpy.ndarray

    Returns
    -------
    pandas.DataFrame
    """
    import pandas as pd

    return pd.DataFrame(
        {
            column.name: (
                pd.Categorical.from_codes(rows[column.name], categories=list(column.categories))
                if column.categories
                else rows[column.name]
            )
            for column in table.columns
        }
    )
