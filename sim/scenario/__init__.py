"""Scenarios: what-ifs written as TOML differences from a baseline, read, checked and resolved into a Plan."""

from sim.scenario.catalogue import Entry, catalogue, find
from sim.scenario.definition import Scenario, from_machine_form
from sim.scenario.diff import Difference, diff, from_table
from sim.scenario.fence import files_outside_allowed
from sim.scenario.overrides import with_settings
from sim.scenario.reader import check_file, json_schema, read_scenario
from sim.scenario.resolve import plan_hash, resolve, resolve_beside, with_calendars

__all__ = [
    "Difference",
    "Entry",
    "Scenario",
    "catalogue",
    "check_file",
    "diff",
    "files_outside_allowed",
    "find",
    "from_machine_form",
    "from_table",
    "json_schema",
    "plan_hash",
    "read_scenario",
    "resolve",
    "resolve_beside",
    "with_calendars",
    "with_settings",
]
