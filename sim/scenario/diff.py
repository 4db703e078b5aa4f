"""What differs between two scenarios, or two parameter records, row by row."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from sim.parameters import FORM_PREFIX, SWITCH_PREFIX, read_table
from sim.scenario.definition import Scenario
from sim.scenario.messages import listed, unit_of
from sim.scenario.schema import Practitioner, Service

ABSENT: Final = "-"
"""Shown where one side has nothing; for a practitioner's field: drawn."""

_TOP: Final = {"months": "months", "replicates": "replicates", "seed": ""}


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes
    ----------
    where : str
        What differs, such as ``services (A, B).leader``.
    a, b : str
        The two values as text.
    unit : str
    """

    where: str
    a: str
    b: str
    unit: str = ""

    def as_row(self) -> dict[str, str]:
        """The difference as a plain dictionary, for tables and ``--json``."""
        return asdict(self)


def from_table(scenario: Scenario) -> list[Difference]:
    """What a scenario sets otherwise than the parameter table: ``a`` is the table's value, ``b`` the scenario's.

    Parameters
    ----------
    scenario : Scenario
    """
    table = scenario.table
    numbers = [
        Difference(name, _text(table.parameters[name].value), _text(value), table.parameters[name].unit)
        for name, value in scenario.parameters.items()
    ]
    switches = [
        Difference(f"switch.{name}", "off" if on else "on", "on" if on else "off") for name, on in scenario.switches.items()
    ]
    return (
        numbers
        + switches
        + [Difference(f"forms.{name}", table.forms[name].default, word) for name, word in scenario.forms.items()]
    )


def _text(value: Any) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _maps(prefix: str, a: Mapping[str, Any], b: Mapping[str, Any], units: Mapping[str, str]) -> list[Difference]:
    names = list(dict.fromkeys((*a, *b)))
    return [
        Difference(prefix + name, _text(a.get(name)), _text(b.get(name)), units.get(name, ""))
        for name in names
        if a.get(name) != b.get(name)
    ]


def _fields_of(service: Service) -> dict[str, Any]:
    """Fields of a service by name, those of a practitioner as ``practitioners (ALIAS).field``."""
    values = {name: getattr(service, name) for name in Service.model_fields if name not in ("name", "posts", "practitioners")}
    for post in service.post_table():
        values[f"practitioners ({post.alias})"] = "a post"
        for name in Practitioner.model_fields:
            if name != "alias":
                values[f"practitioners ({post.alias}).{name}"] = getattr(post, name)
    return values


def _services(a: Scenario, b: Scenario) -> list[Difference]:
    """Differences between services of the same name; the same difference in several services is one row."""
    left = {service.name: service for service in a.services}
    right = {service.name: service for service in b.services}
    units = {name: unit_of(info) for name, info in Service.model_fields.items() if unit_of(info) not in ("word", "true or false")}
    rows: dict[tuple[str, str, str], list[str]] = {}
    for name in dict.fromkeys((*left, *right)):
        if name not in left or name not in right:
            rows.setdefault(("", "a service" if name in left else ABSENT, "a service" if name in right else ABSENT), []).append(
                name
            )
        elif left[name] != right[name]:
            for one in _maps("", _fields_of(left[name]), _fields_of(right[name]), units):
                rows.setdefault((one.where, one.a, one.b), []).append(name)
    return [
        Difference(f"services ({listed(names, len(right))})" + (f".{field}" if field else ""), one, other, units.get(field, ""))
        for (field, one, other), names in rows.items()
    ]


def _dated(kind: str, a: list[dict[str, Any]], b: list[dict[str, Any]]) -> list[Difference]:
    """Policies or events that stand on one side only."""

    def words(one: dict[str, Any]) -> str:
        return ", ".join(f"{key} {'/'.join(value) if isinstance(value, list) else _text(value)}" for key, value in one.items())

    left, right = [words(one) for one in a], [words(one) for one in b]
    rows = [Difference(kind, one, ABSENT) for one in left if one not in right]
    return rows + [Difference(kind, ABSENT, one) for one in right if one not in left]


def _records(a: np.ndarray, b: np.ndarray) -> list[Difference]:
    table = read_table()
    units = {name: one.unit for name, one in table.parameters.items()}
    left, right = ({name: one[name][0].item() for name in one.dtype.names or ()} for one in (a.reshape(-1), b.reshape(-1)))
    units |= {SWITCH_PREFIX + name: "1 on, 0 off" for name in table.switches}
    for name, one in table.forms.items():
        units[FORM_PREFIX + name] = ", ".join(f"{code} {word}" for code, word in enumerate(one.words))
    return _maps("", left, right, units)


def diff(a: Scenario | np.ndarray, b: Scenario | np.ndarray) -> list[Difference]:
    """Differences between two scenarios, or between two parameter records.

    Parameters
    ----------
    a, b : Scenario or numpy.ndarray
        Two of a kind. Of a record with several members the first is compared.

    Returns
    -------
    list of Difference
        Empty when the two say the same.

    Raises
    ------
    TypeError
        For a scenario and a record.
    """
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return _records(a, b)
    if not isinstance(a, Scenario) or not isinstance(b, Scenario):
        raise TypeError("two scenarios or two parameter records can be compared, not one of each")
    left, right = a.machine_form(), b.machine_form()
    units = {name: one.unit for name, one in a.table.parameters.items()}
    return [
        *_maps("", {key: left[key] for key in _TOP}, {key: right[key] for key in _TOP}, _TOP),
        *_maps("parameters.", left["parameters"], right["parameters"], units),
        *_maps("switches.", left["switches"], right["switches"], {}),
        *_maps("forms.", left["forms"], right["forms"], {}),
        *_services(a, b),
        *_dated("policies", left["policies"], right["policies"]),
        *_dated("events", left["events"], right["events"]),
    ]
