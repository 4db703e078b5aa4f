"""The parameter table: every number of the model with unit, bounds, status and source, read with full checks."""

from sim.parameters.reading import load_table, read_table, record
from sim.parameters.records import as_tuple, parameter_hash
from sim.parameters.table import (
    FORM_PREFIX,
    GONE,
    STATE_DEFINITIONS,
    STATUSES,
    SWITCH_PREFIX,
    Form,
    Parameter,
    ParameterTable,
    Source,
    Switch,
    is_finite,
    unknown,
)

__all__ = [
    "FORM_PREFIX",
    "GONE",
    "STATE_DEFINITIONS",
    "STATUSES",
    "SWITCH_PREFIX",
    "Form",
    "Parameter",
    "ParameterTable",
    "Source",
    "Switch",
    "as_tuple",
    "is_finite",
    "load_table",
    "parameter_hash",
    "read_table",
    "record",
    "unknown",
]
