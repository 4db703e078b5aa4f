"""From a scenario file to a Scenario: read, check, take from the baseline what the file leaves out, apply changes."""

import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from sim.parameters import ParameterTable, read_table
from sim.problems import BadInput, Problem
from sim.scenario import checks
from sim.scenario.catalogue import find, is_file
from sim.scenario.definition import Scenario
from sim.scenario.files import parse_toml, read_text, services_of_csv
from sim.scenario.messages import place, problems_of, shown, tidy
from sim.scenario.overrides import (
    changed_values,
    chosen_forms,
    read_overrides,
    set_fields,
    settled_names,
    switched_off,
    with_fields,
    wrong_settings,
)
from sim.scenario.schema import MONTHS_MAX, Change, Event, Policy, ScenarioFile, Service, Synthetic
from sim.scenario.synthetic import drawn_services

_KIND: Final = "a scenario file (TOML)"
_SOURCES: Final = ("services", "services_file", "synthetic")
_PLAIN: Final = ("months", "replicates", "seed")
_TABLES: Final = ("parameters", "switches", "forms")


@dataclass
class _Parts:
    """What one file says, item by item: the items without problems, each with its place."""

    raw: dict[str, Any]
    file: str
    services: list[Service] | None = None
    service_names: list[str] = field(default_factory=list)
    changes: list[tuple[str, Change]] = field(default_factory=list)
    policies: list[tuple[str, Policy]] = field(default_factory=list)
    events: list[tuple[str, Event]] = field(default_factory=list)

    def plain(self, key: str) -> Any:
        """Value of a top-level key if it is there and valid, else the schema's default."""
        default = ScenarioFile.model_fields[key].default
        if key not in self.raw:
            return default
        try:
            found = ScenarioFile.model_validate({**_STUB, key: self.raw[key]})
        except ValidationError:
            return default
        return getattr(found, key)


_STUB: Final = {"schema_version": 1, "name": "x", "title": "x", "question": "x"}


def _items(raw: Mapping[str, Any], key: str, model: type[BaseModel], file: str) -> list[tuple[str, Any]]:
    """Valid items of a list of tables; the others are reported by the validation of the whole file."""
    found = []
    listed = raw.get(key)
    for number, item in enumerate(listed if isinstance(listed, list) else []):
        try:
            found.append((f"{file}: {place((key, number), raw)}", model.model_validate(item)))
        except ValidationError:
            continue
    return found


def _services(parts: _Parts, folder: Path) -> list[Problem]:
    """Services that the file gives itself, in one of three ways; None when it gives none."""
    raw, file = parts.raw, parts.file
    given = [key for key in _SOURCES if key in raw]
    problems = []
    if len(given) > 1:
        what = f"services are given in {len(given)} ways: {', '.join(given)}"
        problems.append(Problem(file, what, "one of: " + ", ".join(_SOURCES), "keep one and delete the others"))
    if not given:
        return problems
    parts.services = []
    if "services" in raw:
        parts.services += [one for _, one in _items(raw, "services", Service, file)]
        listed = raw["services"] if isinstance(raw["services"], list) else []
        parts.service_names += [str(one["name"]) for one in listed if isinstance(one, dict) and "name" in one]
        problems += checks.check_services(parts.services, file)
    if isinstance(raw.get("services_file"), str):
        problems += _csv(parts, folder / raw["services_file"])
    if isinstance(raw.get("synthetic"), dict):
        try:
            services, found = drawn_services(Synthetic.model_validate(raw["synthetic"]), file)
        except ValidationError:
            services, found = [], []
        parts.services += services
        problems += found
    parts.service_names += [one.name for one in parts.services if one.name not in set(parts.service_names)]
    return problems


def _csv(parts: _Parts, path: Path) -> list[Problem]:
    try:
        services, found = services_of_csv(read_text(path, "a file of services (CSV)"), path.name)
    except BadInput as error:
        where = f"{parts.file}: services_file"
        return [Problem(where, f"{shown(path.name)} {one.what}", one.allowed, one.hint) for one in error.problems]
    assert parts.services is not None
    parts.services += services
    return found


def _read_parts(path: Path) -> tuple[_Parts, list[Problem]]:
    """One file, without its baseline.

    Raises
    ------
    BadInput
        When it is not a readable TOML file at all.
    """
    file = path.name
    text = read_text(path, _KIND)
    raw = parse_toml(text, file)
    parts = _Parts(raw, file)
    problems = []
    try:
        ScenarioFile.model_validate(raw)
    except ValidationError as error:
        found = problems_of(error, file=file, model=ScenarioFile, raw=raw)
        # of single parameters, switches and forms the table can say more: their bounds and words
        problems += [one for one in found if not one.where.startswith(tuple(f"{file}: {name}." for name in _TABLES))]
    if isinstance(raw.get("name"), str) and raw["name"] != path.stem:
        what = f"the name '{raw['name']}' differs from the file's"
        problems.append(Problem(f"{file}: name", what, f"'{path.stem}'", "rename the file or the scenario"))
    problems += _services(parts, path.parent)
    parts.changes = _items(raw, "changes", Change, file)
    parts.policies = _items(raw, "policies", Policy, file)
    parts.events = _items(raw, "events", Event, file)
    return parts, problems


def _baseline_path(parts: _Parts, path: Path) -> tuple[Path | None, list[Problem]]:
    """File that this one is a difference from: beside it, else a shipped one; None for one that stands alone."""
    name = parts.raw.get("baseline", "baseline")
    if name == "" or not isinstance(name, str):
        return None, []
    beside = path.parent / f"{name}.toml"
    if is_file(beside) and "baseline" in parts.raw:
        return beside, []
    try:
        return find(name), []
    except BadInput as error:
        where = f"{parts.file}: baseline"
        return None, [Problem(where, one.what, one.allowed, one.hint) for one in error.problems]


def _baseline(parts: _Parts, path: Path) -> tuple[_Parts | None, list[Problem]]:
    base_path, problems = _baseline_path(parts, path)
    if base_path is None:
        return None, problems
    if base_path.resolve() == path.resolve():
        what = "is a difference from itself"
        return None, [Problem(f"{parts.file}: baseline", what, 'another scenario, or "" for a file that stands alone')]
    base, found = _read_parts(base_path)
    if base.raw.get("baseline", "baseline") != "":
        what = f"'{base_path.stem}' is itself a difference from a baseline"
        allowed = 'a scenario that stands alone (baseline = "")'
        return None, [Problem(f"{parts.file}: baseline", what, allowed, "differences are one level deep")]
    return base, found


def _whole(parts: _Parts, base: _Parts | None, months: int, table: ParameterTable) -> tuple[list[Any], list[Problem]]:
    """Services, policies and events after the baseline's share, with the problems between them."""
    file, problems = parts.file, []
    own_services = parts.services is not None
    if parts.raw.get("baseline") == "" and not own_services:
        problems.append(Problem(file, "holds no services", "one of: " + ", ".join(_SOURCES), "or name a baseline"))
    source = parts if own_services or base is None else base
    services = list(source.services or [])
    names = source.service_names
    # the baseline's changes, policies and events speak of the baseline's services
    inherits = base is not None and not own_services
    changes = (list(base.changes) if base and inherits else []) + parts.changes
    policies = list(base.policies) if base and inherits and parts.plain("keep_baseline_policies") else []
    events = list(base.events) if base and inherits and parts.plain("keep_baseline_events") else []
    posts: dict[str, list[str]] = {name: [] for name in names} | {
        one.name: [post.alias for post in one.post_table()] for one in services
    }
    for where, change in parts.changes:
        problems += checks.check_names(where, change.services, names)
    for where, policy in parts.policies:
        problems += checks.check_policy(policy, where, months=months, known=names)
    for where, event in parts.events:
        problems += checks.check_event(event, where, months=months, posts=posts)
    problems += checks.check_clashes(events + parts.events, names)
    values, switches, forms = (parts.raw.get(name, {}) for name in _TABLES)
    if isinstance(values, dict) and isinstance(switches, dict) and isinstance(forms, dict):
        problems += checks.check_parameters(values, switches, forms, file, table)
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
            if "staff" in values and (change.services == "all" or service.name in change.services)
            for one in checks.check_posts(service, where)
        ]
    return result, problems


def _within(items: Iterable[tuple[str, Any]], months: int, key: str) -> list[Any]:
    """Items that begin before the horizon: a shorter look at a scenario leaves out what comes later."""
    return [one for _, one in items if getattr(one, key) < months]


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
        Name of a shipped scenario, or a file.
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
    path = find(name_or_path)
    table = table or read_table()
    parts, problems = _read_parts(path)
    base, found = _baseline(parts, path)
    problems += found
    own = parts.plain("months") if "months" in parts.raw or base is None else base.plain("months")
    (services, changes, policies, events), found = _whole(parts, base, own, table)
    problems += found
    services, found = _changed(services, changes)
    problems += found
    source = parts if parts.services is not None or base is None else base
    extra, found = read_overrides(dict(overrides or {}), table, source.service_names)
    problems += found
    if months is not None and not 1 <= months <= MONTHS_MAX:
        problems.append(Problem("months", f"{months} is out of bounds", "a whole number from 1 to 1200"))
    services, found = set_fields(services, extra)
    problems += [] if problems else found
    if not problems:
        hint = "give [synthetic] another prefix" if "synthetic" in source.raw else "rename one of the two"
        problems += checks.check_keys([one.name for one in services], f"{path.name}: services", hint)
    if problems:
        raise BadInput(tidy(problems))
    horizon = months or own
    plain = {key: (parts if key in parts.raw or base is None else base).plain(key) for key in _PLAIN}
    values, switches, forms = ((base.plain(name) if base else {}) | parts.plain(name) | getattr(extra, name) for name in _TABLES)
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
        switches_off=switched_off(switches, table),
        forms=chosen_forms(forms, table),
        text=read_text(path, _KIND),
        path=path.name,
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
