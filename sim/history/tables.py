"""Declared tables of the history, made from the field table before a value is written.

Codes become categories with the lower-case names of their enum; integers get the smallest type that holds their bounds.
"""

from enum import IntEnum
from functools import lru_cache
from typing import Final

import numpy as np

from sim import codes
from sim.columns import Column, Table
from sim.parameters import Parameter, read_table
from sim.plan import Plan
from sim.state import FIELDS, Field

LANDMARKS: Final = (12, 24, 36, 48, 60, 84)
"""Months at which results are tabulated, beside the horizon."""

STATES: Final = tuple(state.name.lower() for state in codes.ServiceState)
STATUSES: Final = tuple(status.name.lower() for status in codes.PractitionerStatus)
USES: Final = tuple(use.name.lower() for use in codes.Use)
LEADERS: Final = tuple(kind.name.lower() for kind in codes.LeaderType)

_POST_COUNTS: Final = {
    "delivering_posts", "trained", "full_use", "planned_adaptation", "partial_use", "waiting", "stopped", "vacant", "untrained",
    "in_dilemma", "posts", "added_posts", "added_trained", "added_delivering",
    "post", "slot", "course_patients", "operating_posts", "silent_posts", "given_up_posts",
    "never_started_posts", "kept_going_posts", "in_gap_posts", "restarted_gap_posts", "restarted_given_up_posts",
    "high_look_posts", "high_look_posts_37", "high_look_posts_40", "high_look_posts_43",
}  # fmt: skip
"""Counts that the largest service bounds (1,024 posts of six slots): two bytes are enough."""

MEMBER: Final = Column("member", "i4", "number", "Member of the ensemble whose parameter values hold, from 0; -1 without one.")

_REPLICATE: Final = Column("replicate", "i8", "number", "Replicate: the run of the region with its own random numbers.")
_MONTH: Final = Column("month", "i4", "month", "Completed months since training; at month m means after m months.")
_POST: Final = Column("post", "i2", "number", "Place of the post in its service, from 0.")


def _labels(kind: str) -> tuple[str, ...]:
    """Lower-case names of a code's enum."""
    found: type[IntEnum] = getattr(codes, kind)
    return tuple(one.name.lower() for one in found)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


@lru_cache
def _column(field: Field, position: int = -1) -> Column:
    """Column of a field, or of one place of an array field."""
    name = field.name if position < 0 else f"{field.name}_{position}"
    meaning = field.meaning if position < 0 else f"{field.meaning} (place {position})"
    if field.unit == "month":
        meaning = f"{meaning.partition(';')[0]}, in completed months; missing until then"
        return Column(name, "f8", field.unit, _sentence(meaning))
    if field.unit.startswith("code ("):
        labels = _labels(field.unit.removeprefix("code (").removesuffix(")"))
        return Column(name, "i1", "category", _sentence(meaning), labels)
    return Column(name, _compact(field), field.unit, _sentence(meaning))


def _compact(field: Field) -> str:
    """Smallest type that holds every value the field can take; open-ended counts get four bytes."""
    if field.dtype == "f8":
        return "f8"
    if field.unit == "0 or 1":
        return "i1"
    if field.name in _POST_COUNTS:
        return "i2"
    if field.high == float("inf"):
        return "i4"
    return next(kind for kind in ("i1", "i2", "i4", "i8") if np.iinfo(kind).max >= field.high and np.iinfo(kind).min <= field.low)


@lru_cache
def _columns(entity: str, skip: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """Columns of all fields of an entity, array fields place by place."""
    found: list[Column] = []
    for field in FIELDS[entity]:
        if field.name in skip:
            continue
        found += [_column(field, position) for position in range(field.length)] if field.length else [_column(field)]
    return tuple(found)


def _service_column(plan: Plan) -> Column:
    kind = "i2" if len(plan.service_names) <= np.iinfo("i2").max else "i4"
    return Column("service", kind, "category", "Service.", tuple(plan.service_names))


def _post_name_column(plan: Plan) -> Column:
    names = tuple(dict.fromkeys(plan.post_names))
    kind = "i2" if len(names) <= np.iinfo("i2").max else "i4"
    return Column("post_name", kind, "category", "Who held the post at the start.", names)


@lru_cache(maxsize=1024)
def parameter_column(parameter: Parameter) -> Column:
    """Column of a parameter's values."""
    meaning = parameter.note or parameter.name.replace("_", " ")
    return Column(parameter.name, "f8", parameter.unit, f"Parameter: {meaning.rstrip('.')}.")


def _worlds(plan: Plan) -> Table:
    known = read_table().parameters
    world = Column("world", "i4", "number", "World of the replicate: the same world has the same parameter values.")
    values = (parameter_column(known[name]) for name in plan.moved)
    text = "What each replicate was run with: its member of the ensemble, with the values of all parameters that members set."
    return Table("worlds", ("replicate",), (_REPLICATE, world, MEMBER, *values), text)


def service_month_columns() -> tuple[Column, ...]:
    """Columns of what is recorded of a service every month."""
    return _columns("service_month")


def declared(plan: Plan) -> dict[str, Table]:
    """Tables that a run of a plan can write, by name.

    Parameters
    ----------
    plan : Plan
        Gives the labels of the services and posts.

    Returns
    -------
    dict
        ``services_start``, ``worlds``, ``services_monthly``, ``services_end``, ``region_monthly``, ``practitioners_end`` and
        ``trace_services``, ``trace_leaders``, ``trace_practitioners``, ``trace_patients``.
    """
    service, name = _service_column(plan), _post_name_column(plan)
    by_service = ("replicate", "month", "service")
    tables = (
        Table("services_start", ("service",), (service, *START_COLUMNS), "How each service starts, as the scenario says."),
        _worlds(plan),
        Table(
            "services_monthly",
            ("replicate", "service", "month"),
            (_REPLICATE, service, _MONTH, *_columns("service_month")),
            "Every service at every month of every replicate. Means are over posts whose holder is trained.",
        ),
        Table(
            "services_end",
            ("replicate", "service"),
            (_REPLICATE, service, *_end_columns(plan)),
            "Every service at the horizon of every replicate: when it began and abandoned, its state on the way, its totals.",
        ),
        Table("region_monthly", ("replicate", "month"), (_REPLICATE, _MONTH, *REGION_COLUMNS), "All services together."),
        Table(
            "practitioners_end",
            ("replicate", "service", "post"),
            (_REPLICATE, service, _POST, name, *_columns("practitioner", ("post",))),
            "Every post after the last month of every replicate, after that month's leaving and training.",
        ),
        Table(
            "trace_services",
            by_service,
            (_REPLICATE, _MONTH, service, *_columns("service", ("index",))),
            "Full state of the services of the traced replicates.",
        ),
        Table(
            "trace_leaders",
            by_service,
            (_REPLICATE, _MONTH, service, *_columns("leader")),
            "Full state of the leaders of the traced replicates.",
        ),
        Table(
            "trace_practitioners",
            (*by_service, "post"),
            (_REPLICATE, _MONTH, service, _POST, name, *_columns("practitioner", ("post",))),
            "Full state of the posts of the traced replicates.",
        ),
        Table(
            "trace_patients",
            (*by_service, "post", "slot"),
            (_REPLICATE, _MONTH, service, *_columns("patient")),
            "Full state of the patient slots of the traced replicates.",
        ),
    )
    return {table.name: table for table in tables}


START_COLUMNS: Final = (
    Column("posts", "i2", "posts", "Trained-practitioner posts established at the start (N)."),
    Column("leader", "i1", "category", "Leader at the start.", LEADERS),
    Column("signal", "i1", "category", "What had been said about the future.", _labels("Signal")),
    Column("selection", "i1", "category", "How practitioners were selected for training.", _labels("Selection")),
    Column("meetings", "i1", "category", "What staff meetings are used for.", _labels("Meetings")),
    Column("setting", "i1", "category", "Primary or specialised care.", _labels("Setting")),
    Column("format", "i1", "category", "Individual or group courses.", _labels("Format")),
    Column("staff", "i4", "employees", "Employees of the service."),
    Column("support_months", "i4", "months", "Months of outside support on offer from the start."),
)

USED_MONTHS: Final = (("operating", "operating"), ("silent", "silent"), ("given_up", "given up"))
"""What services that started can make of the practice; the months of the others are those of their states."""
HISTORY_FLAGS: Final = ("kept_going", "restarted_gap", "restarted_given_up", "lowest_look", "high_every_look")
"""Fields of a service's history, as they stand at the horizon."""

REGION_COLUMNS: Final = (
    *(Column(f"services_{state}", "i4", "services", f"Services {state.replace('_', ' ')}.") for state in STATES),
    *(Column(f"share_{state}", "f8", "share 0-1", f"Share of services {state.replace('_', ' ')}.") for state in STATES),
    *(Column(f"posts_{one}", "f8", "share 0-1", f"Share of posts: {one.replace('_', ' ')}.") for one in STATUSES),
    Column("posts_delivering", "f8", "share 0-1", "Share of posts that gave a session within the delivery window."),
    Column("sessions", "i4", "sessions", "Sessions given this month."),
    Column("course_patients", "i4", "patients", "Patients in running courses."),
    Column("fidelity", "f8", "scale 1-5", "Fidelity, weighted by the window's sessions; undefined without sessions."),
    *(Column(f"share_{use}", "f8", "share 0-1", f"Share of services {words}.") for use, words in USED_MONTHS),
    Column("share_kept_going", "f8", "share 0-1", "Share of services that started and never had a gap."),
    Column("posts_operating", "f8", "share 0-1", "Share of posts operating."),
    Column("posts_kept_going", "f8", "share 0-1", "Share of posts that started and never had a gap."),
)


def _end_columns(plan: Plan) -> tuple[Column, ...]:
    cumulative = [_column(field) for field in FIELDS["service_month"] if "since the start" in field.meaning]
    return (
        Column("first_session_month", "f8", "month", "Month of the first session; missing without one."),
        Column("first_abandoned_month", "f8", "month", "Month at which the service was first abandoned; missing if never."),
        *(
            Column(f"state_month_{month}", "i1", "category", f"State at month {month}.", STATES)
            for month in landmarks(plan.months, horizon=False)
        ),
        Column("state_end", "i1", "category", "State at the horizon.", STATES),
        *(Column(f"months_{state}", "i4", "months", f"Months spent {state.replace('_', ' ')}.") for state in STATES),
        Column("restarted", "i1", "0 or 1", "A session was given again after an abandonment."),
        Column("fidelity_end", "f8", "scale 1-5", "Fidelity at the horizon; undefined without sessions in the window."),
        *cumulative,
        Column("first_gap_month", "f8", "month", "Month at which the first gap was there; missing if never."),
        Column("first_given_up_month", "f8", "month", "Month at which the practice was first given up; missing if never."),
        *(
            Column(f"use_month_{month}", "i1", "category", f"What was made of the practice at month {month}.", USES)
            for month in landmarks(plan.months, horizon=False)
        ),
        Column("use_end", "i1", "category", "What was made of the practice at the horizon.", USES),
        *(Column(f"months_{use}", "i4", "months", f"Months {words}.") for use, words in USED_MONTHS),
        Column("months_kept_going", "i4", "months", "Months from the first session to the first gap or the horizon."),
        *(_column(field) for field in FIELDS["service_month"] if field.name in HISTORY_FLAGS),
    )


def landmarks(months: int, *, horizon: bool = True) -> tuple[int, ...]:
    """Landmark months within a horizon, the horizon itself at the end unless it is left out.

    Examples
    --------
    >>> landmarks(40)
    (12, 24, 36, 40)
    >>> landmarks(36, horizon=False)
    (12, 24, 36)
    """
    within = tuple(month for month in LANDMARKS if month <= months)
    return within if not horizon or months in within else (*within, months)
