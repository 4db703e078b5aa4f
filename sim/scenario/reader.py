"""From a scenario file to a Scenario: read, check, take from the baseline what the file leaves out, apply changes."""

import numbers
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.parameters import ParameterTable, read_table
from sim.problems import BadInput, Problem
from sim.scenario import checks
from sim.scenario.catalogue import find_all
from sim.scenario.combining import read_difference
from sim.scenario.definition import Scenario
from sim.scenario.files import read_text, services_of_csv
from sim.scenario.messages import shown, tidy
from sim.scenario.overrides import (
    Overrides,
    changed_values,
    chosen_forms,
    read_overrides,
    set_fields,
    settled_names,
    with_fields,
    wrong_settings,
)
from sim.scenario.parts import PLAIN, SOURCES, TABLES, Parts
from sim.scenario.schema import MONTHS_MAX, Change, ScenarioFile, Service


def _whole(parts: Parts, base: Parts | None, months: int) -> tuple[list[Any], list[Problem]]:
    """Services, policies and events after the baseline's share, with the problems between them."""
    problems = []
    own_services = parts.services is not None
    if parts.raw.get("baseline") == "" and not own_services:
        problems.append(Problem(parts.file, "holds no services", "one of: " + ", ".join(SOURCES), "or name a baseline"))
    source = parts if own_services or base is None else base
    services = list(source.services or [])
    names = source.service_names
    # the baseline's changes, policies and events speak of the baseline's services
    inherits = base is not None and not own_services
    changes = (list(base.changes) if base and inherits else []) + parts.changes
    policies = list(base.policies) if base and inherits and parts.plain("keep_baseline_policies") else []
    events = list(base.events) if base and inherits and parts.plain("keep_baseline_events") else []
    posts: dict[str, list[str]] = {name: [] for name in names} | {one.name: one.aliases() for one in services}
    for where, change in parts.changes:
        problems += checks.check_names(where, change.services, names)
    for where, policy in parts.policies:
        problems += checks.check_policy(policy, where, months=months, known=names)
    for where, event in parts.events:
        problems += checks.check_event(event, where, months=months, posts=posts)
    problems += checks.check_clashes(events + parts.events, names)
    return [services, changes, policies + parts.policies, events + parts.events], problems


def _changed(services: Iterable[Service], changes: Iterable[tuple[str, Change]]) -> tuple[list[Service], list[Problem]]:
    """Services after the changes, in their order."""
    result, problems = list(services), []
    for where, change in changes:
        values = change.set.model_dump(exclude_unset=True)
        for number, service in enumerate(result):
            if change.services == "all" or service.name in change.services:
                result[number] = with_fields(service, values)
        problems += [
            Problem(where, f"{one.what} in service {service.name}", one.allowed, one.hint)
            for service in result
            if ("staff" in values or "reserve_posts" in values) and (change.services == "all" or service.name in change.services)
            for one in checks.check_posts(service, where)
        ]
    return result, problems


def _within(items: Iterable[tuple[str, Any]], months: int, key: str) -> list[Any]:
    """Items that begin before the horizon: a shorter look at a scenario leaves out what comes later."""
    return [one for _, one in items if getattr(one, key) < months]


def _set_where(parts: Parts, base: Parts | None, extra: Overrides, table: ParameterTable) -> dict[str, str]:
    """Place that sets each parameter: overrides stand above the file, the file above its baseline.

    What does something in the baseline by itself is not among them where the baseline sets it: a difference may turn on what
    takes its place, and cannot take the number back.
    """
    placed = {}
    if base is not None:
        alone = table.switched_on(base.plain("switches"))
        values = [name for name in base.plain("parameters") if name in table.parameters]
        placed = {name: f"{base.file}: parameters.{name}" for name in values if not table.acts_with(name, alone)}
    placed |= {name: f"{parts.file}: parameters.{name}" for name in parts.plain("parameters")}
    return placed | {name: f"--set {name}" for name in extra.parameters}


def _wrong_months(months: object) -> list[Problem]:
    """Problem of a horizon that is not even a whole number, as a program may give it."""
    if months is None or (isinstance(months, numbers.Integral) and not isinstance(months, bool)):
        return []
    what = f"{shown(months)} is not a whole number"
    return [Problem("months", what, f"a whole number from 1 to {MONTHS_MAX}", "leave it out for the scenario's own")]


def read_scenario(
    name_or_path: str | Path,
    *,
    overrides: Mapping[str, str | float] | None = None,
    months: int | None = None,
    table: ParameterTable | None = None,
) -> Scenario:
    """Read a scenario, with all its checks.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        Name of a shipped scenario, or a file; or several joined by ``+``, differences from the same baseline.
    overrides : mapping, optional
        What ``--set`` gives: a parameter's name, ``switch.NAME``, ``forms.NAME`` or ``services.NAME.field``, and the value.
    months : int, optional
        Another horizon. Policies and events that would begin after it are left out.
    table : ParameterTable, optional
        The shipped one by default.

    Returns
    -------
    Scenario

    Raises
    ------
    BadInput
        With every problem found.
    """
    wrong = wrong_settings(overrides) + _wrong_months(months)
    if wrong:
        raise BadInput(wrong)
    return read_files(find_all(name_or_path), overrides=overrides, months=months, table=table)


def read_files(
    files: Sequence[Path],
    *,
    overrides: Mapping[str, str | float] | None = None,
    months: int | None = None,
    table: ParameterTable | None = None,
    apart: Collection[str] = (),
) -> Scenario:
    """Read the scenario that a file states, or several files together; the rest is as for :func:`read_scenario`.

    Parameters
    ----------
    files : sequence of pathlib.Path
        At least one.
    overrides : mapping, optional
    months : int, optional
    table : ParameterTable, optional
    apart : collection of str
        Keys at the top of the files that are no scenario's and that somebody else reads.
    """
    table = table or read_table()
    parts, base, problems = read_difference(files, table, apart)
    own = parts.plain("months") if "months" in parts.raw or base is None else base.plain("months")
    (services, changes, policies, events), found = _whole(parts, base, own)
    problems += found
    services, found = _changed(services, changes)
    problems += found
    source = parts if parts.services is not None or base is None else base
    extra, found = read_overrides(dict(overrides or {}), table, source.service_names)
    problems += found
    said = (base.plain("switches") if base else {}) | parts.plain("switches") | extra.switches
    problems += checks.check_mechanisms(policies, events, said, table)
    problems += checks.check_replaced(_set_where(parts, base, extra, table), table.switched_on(said), table)
    if months is not None and not 1 <= months <= MONTHS_MAX:
        problems.append(Problem("months", f"{months} is out of bounds", "a whole number from 1 to 1200"))
    services, found = set_fields(services, extra)
    problems += [] if problems else found
    if not problems:
        hint = "give [synthetic] another prefix" if "synthetic" in source.raw else "rename one of the two"
        problems += checks.check_keys([one.name for one in services], f"{parts.file}: services", hint)
    if problems:
        raise BadInput(tidy(problems))
    horizon = months or own
    plain = {key: (parts if key in parts.raw or base is None else base).plain(key) for key in PLAIN}
    values, switches, forms = ((base.plain(name) if base else {}) | parts.plain(name) | getattr(extra, name) for name in TABLES)
    return Scenario(
        name=parts.raw["name"],
        title=parts.raw["title"],
        question=parts.raw["question"],
        months=horizon,
        replicates=plain["replicates"],
        seed=plain["seed"],
        services=tuple(services),
        policies=tuple(_within(policies, horizon, "start")),
        events=tuple(_within(events, horizon, "month")),
        parameters=changed_values(values, table),
        settled=settled_names(values, table),
        switches=table.turned(switches),
        forms=chosen_forms(forms, table),
        text=parts.text,
        path=parts.file,
        overrides={name: str(value) for name, value in (overrides or {}).items()},
        table=table,
    )


def check_file(path: str | Path, *, table: ParameterTable | None = None) -> list[Problem]:
    """Problems of a scenario file, or of a CSV file of services.

    Parameters
    ----------
    path : str or pathlib.Path
    table : ParameterTable, optional

    Returns
    -------
    list of Problem
        Empty when the file can be used.
    """
    file = Path(path)
    try:
        if file.suffix.lower() == ".csv":
            services, problems = services_of_csv(read_text(file, "a file of services (CSV)"), file.name)
            if not problems:
                problems = checks.check_keys([one.name for one in services], file.name, "rename one of the two")
            return tidy(problems)
        read_scenario(file, table=table)
    except BadInput as error:
        return error.problems
    return []


def json_schema() -> dict[str, Any]:
    """JSON Schema of scenario files, for editors; with the names and words of the forms, which stand in the parameter table."""
    schema = ScenarioFile.model_json_schema()
    words = {name: {"enum": list(one.words), "description": one.question} for name, one in read_table().forms.items()}
    schema["properties"]["forms"] |= {"properties": words, "additionalProperties": False}
    return schema
