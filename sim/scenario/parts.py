"""What one scenario file says, item by item, and the file that it is a difference from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from sim.parameters import ParameterTable, read_table
from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario import checks
from sim.scenario.catalogue import catalogue, is_file
from sim.scenario.fence import beside
from sim.scenario.files import parse_toml, read_text, services_of_csv
from sim.scenario.messages import place, problems_of, shown
from sim.scenario.rates import with_monthly
from sim.scenario.schema import Change, Event, Policy, ScenarioFile, Service, Synthetic
from sim.scenario.synthetic import drawn_services

SERVICES_FILE: Final = "services_file"
SOURCES: Final = ("services", SERVICES_FILE, "synthetic")
"""Keys of which one may give the services."""

PLAIN: Final = ("months", "replicates", "seed")
"""Keys that hold one number."""

TABLES: Final = ("parameters", "switches", "forms")
"""Keys that hold values by name."""

_KIND: Final = "a scenario file (TOML)"


@dataclass
class Parts:
    """What one file says, or several together, item by item: the items without problems, each with its place.

    Attributes
    ----------
    raw : dict
        Top-level keys, as they were written; yearly shares among the parameters as the monthly chances that they stand for.
    file, text : str
        Name of the file, for messages, and all that stands in it.
    services : list of Service or None
        None when the file gives none.
    service_names : list of str
        Also of services that have problems.
    changes, policies, events : list of (str, Change), (str, Policy), (str, Event)
    """

    raw: dict[str, Any]
    file: str
    text: str = ""
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


def _services(parts: Parts, folder: Path) -> list[Problem]:
    """Services that the file gives itself, in one of three ways; None when it gives none."""
    raw, file = parts.raw, parts.file
    given = [key for key in SOURCES if key in raw]
    problems = []
    if len(given) > 1:
        what = f"services are given in {len(given)} ways: {', '.join(given)}"
        problems.append(Problem(file, what, "one of: " + ", ".join(SOURCES), "keep one and delete the others"))
    if not given:
        return problems
    parts.services = []
    if "services" in raw:
        parts.services += [one for _, one in _items(raw, "services", Service, file)]
        listed = raw["services"] if isinstance(raw["services"], list) else []
        parts.service_names += [str(one["name"]) for one in listed if isinstance(one, dict) and "name" in one]
        problems += checks.check_services(parts.services, file)
    if isinstance(raw.get("services_file"), str):
        problems += _csv(parts, folder)
    if isinstance(raw.get("synthetic"), dict):
        try:
            services, found = drawn_services(Synthetic.model_validate(raw["synthetic"]), file)
        except ValidationError:
            services, found = [], []
        parts.services += services
        problems += found
    parts.service_names += [one.name for one in parts.services if one.name not in set(parts.service_names)]
    return problems


def _csv(parts: Parts, folder: Path) -> list[Problem]:
    where = f"{parts.file}: services_file"
    try:
        path = beside(folder, parts.raw["services_file"], where)
    except BadInput as error:
        return error.problems
    try:
        services, found = services_of_csv(read_text(path, "a file of services (CSV)"), path.name)
    except BadInput as error:
        return [Problem(where, f"{shown(path.name)} {one.what}", one.allowed, one.hint) for one in error.problems]
    assert parts.services is not None
    parts.services += services
    return found


def read_parts(path: Path, table: ParameterTable, apart: Collection[str] = ()) -> tuple[Parts, list[Problem]]:
    """One file, without its baseline.

    Parameters
    ----------
    path : pathlib.Path
    table : ParameterTable
    apart : collection of str
        Keys at the top that are no scenario's and that somebody else reads.

    Returns
    -------
    parts : Parts
    problems : list of Problem

    Raises
    ------
    BadInput
        When it is not a readable TOML file at all.
    """
    return _parts(path, read_text(path, _KIND), table, apart)


@lru_cache(maxsize=8)
def _remembered(path: Path, text: str) -> tuple[Parts, tuple[Problem, ...]]:
    """Parts of a file that many others are a difference from, by the shipped table: nobody changes them."""
    parts, problems = _parts(path, text, read_table(), ())
    return parts, tuple(problems)


def _parts(path: Path, text: str, table: ParameterTable, apart: Collection[str]) -> tuple[Parts, list[Problem]]:
    """As :func:`read_parts`, from the text of the file."""
    file = path.name
    raw = {key: value for key, value in parse_toml(text, file).items() if key not in apart}
    problems: list[Problem] = []
    if isinstance(raw.get("parameters"), dict):
        values, problems = with_monthly(raw["parameters"], f"{file}: parameters", table)
        raw["parameters"] = values
    parts = Parts(raw, file, text)
    try:
        ScenarioFile.model_validate(raw)
    except ValidationError as error:
        found = problems_of(error, file=file, model=ScenarioFile, raw=raw)
        # of single parameters, switches and forms the table can say more: their bounds and words
        problems += [one for one in found if not one.where.startswith(tuple(f"{file}: {name}." for name in TABLES))]
    if isinstance(raw.get("name"), str) and raw["name"] != path.stem:
        what = f"the name '{raw['name']}' differs from the file's"
        problems.append(Problem(f"{file}: name", what, f"'{path.stem}'", "rename the file or the scenario"))
    values, switches, forms = (raw.get(key, {}) for key in TABLES)
    if isinstance(values, dict) and isinstance(switches, dict) and isinstance(forms, dict):
        problems += checks.check_parameters(values, switches, forms, file, table)
    problems += _services(parts, path.parent)
    parts.changes = _items(raw, "changes", Change, file)
    parts.policies = _items(raw, "policies", Policy, file)
    parts.events = _items(raw, "events", Event, file)
    return parts, problems


def baseline_path(parts: Parts, path: Path) -> tuple[Path | None, list[Problem]]:
    """File that this one is a difference from: beside it, else a shipped one; None for one that stands alone.

    It is named with or without ``.toml``, from the folder of this file, wherever the command runs.

    Parameters
    ----------
    parts : Parts
    path : pathlib.Path
        Where the parts were read.
    """
    name = parts.raw.get("baseline", "baseline")
    if name == "" or not isinstance(name, str):
        return None, []
    where = f"{parts.file}: baseline"
    shipped = {one.name: one.path for one in catalogue()}
    try:
        found = _own_baseline(name, path, shipped.values(), where) if "baseline" in parts.raw else None
    except BadInput as error:
        return None, error.problems
    if found is None and name not in shipped:
        there = [one.stem for one in path.parent.glob("*.toml") if one.name != path.name]
        allowed = f"a file beside this one, or one of: {', '.join(shipped)}"
        hint = did_you_mean(name.removesuffix(".toml"), [*there, *shipped]) or "write the file's name, without .toml"
        return None, [Problem(where, f"no scenario '{name[:100]}'", allowed, hint)]
    found = found or shipped[name]
    if found.resolve() == path.resolve():
        return None, [Problem(where, "is a difference from itself", 'another scenario, or "" for a file that stands alone')]
    return found, []


def _own_baseline(name: str, path: Path, shipped: Collection[Path], where: str) -> Path | None:
    """File beside the one that names it, or one that ships; whether there is another outside is not told."""
    found = None
    for one in (name, f"{name}.toml"):
        if path.parent / one in shipped:
            return path.parent / one
        if one.endswith(".toml"):
            own = beside(path.parent, one, where)
            found = own if is_file(own) else found
    return found


def read_baseline(path: Path, where: str, table: ParameterTable) -> tuple[Parts | None, list[Problem]]:
    """File that others are a difference from.

    Parameters
    ----------
    path : pathlib.Path
    where : str
        Place that names it, for messages.
    table : ParameterTable
    """
    text = read_text(path, _KIND)
    if table is read_table() and SERVICES_FILE not in text:  # another file may change while this one does not
        base, kept = _remembered(path, text)
        found = list(kept)
    else:
        base, found = _parts(path, text, table, ())
    if base.raw.get("baseline", "baseline") != "":
        what = f"'{path.stem}' is itself a difference from a baseline"
        allowed = 'a scenario that stands alone (baseline = "")'
        hint = "differences are one level deep"
        if base.services is not None:
            hint += (
                f'; it has services of its own: write baseline = "" into {base.file}, or add a policy to it, {path.stem}+POLICY'
            )
        return None, [Problem(where, what, allowed, hint)]
    return base, found
