"""History: what the engines recorded, as declared tables.

Months are counted as completed steps: what was observed at the end of step t is written as month t + 1, so that "at month 12"
is the state after twelve completed steps. Fields that hold a step (unit "month") are shifted alike, and are missing (NaN) until
what they are the month of has happened.

Every table is declared from the field table (``sim.state``) before a value is written. Codes become categories with the
lower-case names of their enum. A value that is undefined (no session, no score) is 0 in the engines and NaN here.
"""

from sim.history.rows import (
    RegionRows,
    added_on,
    end_rows,
    first_month,
    practitioner_rows,
    service_rows,
    start_rows,
    to_frame,
    trace_rows,
    unpack,
    window_sessions,
    windows_of,
    world_rows,
)
from sim.history.tables import LANDMARKS, LEADERS, STATES, STATUSES, USES, declared, landmarks

__all__ = [
    "LANDMARKS",
    "LEADERS",
    "STATES",
    "STATUSES",
    "USES",
    "RegionRows",
    "added_on",
    "declared",
    "end_rows",
    "first_month",
    "landmarks",
    "practitioner_rows",
    "service_rows",
    "start_rows",
    "to_frame",
    "trace_rows",
    "unpack",
    "window_sessions",
    "windows_of",
    "world_rows",
]
