"""Rows of the history's tables, unpacked from what the engines recorded."""

from collections.abc import Mapping
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


def service_rows(batch: Batch, plan: Plan) -> dict[str, np.ndarray]:
    """Rows of ``services_monthly`` for a batch.

    Returns
    -------
    dict of str to numpy.ndarray
        One array a column, of shape (replicates x services x months,).
    """
    table = declared(plan)["services_monthly"]
    _, services, months = batch.rows.shape
    parts = unpack(batch.rows, table.columns, "service_month")
    parts["replicate"], parts["service"], parts["month"] = _grid(
        batch.replicates, np.arange(services), np.arange(1, months + 1, dtype="i4")
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


def weighted_fidelity(fidelity: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean fidelity over services, weighted; NaN where there is no weight. Shapes (replicates, services, months)."""
    weight = weights.sum(axis=1)
    total = (fidelity * weights).sum(axis=1)
    return np.divide(total, weight, out=np.full(total.shape, np.nan), where=weight > 0)


def region_rows(batch: Batch, plan: Plan) -> dict[str, np.ndarray]:
    """Rows of ``region_monthly`` for a batch, of shape (replicates x months,) each."""
    table = declared(plan)["region_monthly"]
    rows = batch.rows
    count, services, months = rows.shape
    posts = int(plan.services["posts"].sum())
    state = rows["state"].astype("i1")
    parts: dict[str, np.ndarray] = {}
    for code, name in enumerate(STATES):
        parts[f"services_{name}"] = (state == code).sum(axis=1)
        parts[f"share_{name}"] = parts[f"services_{name}"] / services
    for name in STATUSES:
        parts[f"posts_{name}"] = rows[name].sum(axis=1) / posts
    parts["posts_delivering"] = rows["delivering_posts"].sum(axis=1) / posts
    for name, _ in USED_MONTHS:
        parts[f"share_{name}"] = (rows["use"] == USES.index(name)).sum(axis=1) / services
    parts["share_kept_going"] = rows["kept_going"].sum(axis=1) / services
    for name in ("operating", "kept_going"):
        parts[f"posts_{name}"] = rows[f"{name}_posts"].sum(axis=1) / posts
    parts["sessions"] = rows["sessions"].sum(axis=1)
    parts["course_patients"] = rows["course_patients"].sum(axis=1)
    weights = window_sessions(rows["sessions"], windows_of(plan, batch))
    parts["fidelity"] = weighted_fidelity(rows["fidelity"], weights)
    parts["replicate"], parts["month"] = _grid(batch.replicates, np.arange(1, months + 1, dtype="i4"))
    return _filled(table, count * months, parts)


def first_month(happened: np.ndarray) -> np.ndarray:
    """First month of something, 0 if never; the months are the last axis of ``happened`` (bool)."""
    return np.where(happened.any(axis=-1), happened.argmax(axis=-1) + 1, 0)


def _missing_at_zero(months: np.ndarray) -> np.ndarray:
    """Months as float64, NaN in the place of 0."""
    return np.where(months > 0, months, np.nan)


def end_rows(batch: Batch, plan: Plan) -> dict[str, np.ndarray]:
    """Rows of ``services_end`` for a batch, of shape (replicates x services,) each."""
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
    parts["replicate"], parts["service"] = _grid(batch.replicates, np.arange(services))
    return _filled(table, count * services, parts)


def _post_places(plan: Plan) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Service, place in the service, and name code of every post of the plan, each of shape (posts,)."""
    counts = room_of(plan.services)
    service = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(service)) - np.repeat(plan.services["first_post"], counts)
    codes_of = {name: at for at, name in enumerate(dict.fromkeys(plan.post_names))}
    return service, place, np.array([codes_of[name] for name in plan.post_names], dtype=np.int64)


def practitioner_rows(batch: Batch, plan: Plan) -> dict[str, np.ndarray]:
    """Rows of ``practitioners_end`` for a batch, of shape (replicates x posts,) each."""
    table = declared(plan)["practitioners_end"]
    count = len(batch.replicates)
    service, place, name = _post_places(plan)
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
