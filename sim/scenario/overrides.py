"""What is set from outside a scenario file, as ``--set NAME=VALUE`` does: parameters, switches, fields of services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from sim.parameters import ParameterTable
from sim.problems import Problem, did_you_mean
from sim.scenario.files import convert
from sim.scenario.messages import number_hint, number_of, problems_of
from sim.scenario.schema import Service, ServiceChange

_ON: Final = {"on": True, "true": True, "1": True, "yes": True, "off": False, "false": False, "0": False, "no": False}


@dataclass
class Overrides:
    """Overrides by what they change.

    Attributes
    ----------
    parameters : dict of str to float
    switches : dict of str to bool
    services : dict of str to dict
        New values by service name (``all`` for every service) and field.
    """

    parameters: dict[str, float] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)


def _service_override(name: str, value: Any, known: Sequence[str], into: Overrides) -> list[Problem]:
    where = f"--set {name}"
    service, _, key = name.removeprefix("services.").rpartition(".")
    fields = ServiceChange.model_fields
    if not service or (service != "all" and service not in known):
        shown = ", ".join(list(known)[:12]) + (", ..." if len(known) > 12 else "")
        hint = did_you_mean(service, known) or "write services.NAME.field=VALUE"
        return [Problem(where, f"unknown service '{service or key}'", f"all, {shown}", hint)]
    if key not in fields:
        return [Problem(where, f"unknown key '{key}'", ", ".join(fields), did_you_mean(key, fields))]
    typed = convert(value.strip(), fields[key]) if isinstance(value, str) else value
    try:
        ServiceChange.model_validate({key: typed})
    except ValidationError as error:
        found = problems_of(error, file=where, model=ServiceChange, raw={key: typed})
        return [Problem(where, one.what, one.allowed, one.hint) for one in found]
    into.services.setdefault(service, {})[key] = typed
    return []


def read_overrides(given: Mapping[str, Any], table: ParameterTable, known: Sequence[str]) -> tuple[Overrides, list[Problem]]:
    """Sort and check overrides.

    Parameters
    ----------
    given : mapping of str to str or number
        A parameter's name, ``switch.NAME`` or ``services.NAME.field``, and the value.
    table : ParameterTable
    known : sequence of str
        Names of the services.

    Returns
    -------
    overrides : Overrides
        Those without problems.
    problems : list of Problem
    """
    into, problems = Overrides(), []
    for name, value in given.items():
        where = f"--set {name}"
        if name.startswith("services."):
            problems += _service_override(name, value, known, into)
        elif name.startswith("switch."):
            switch = name.removeprefix("switch.")
            on = _ON.get(str(value).strip().lower())
            found = table.check_switch(switch, where)
            if on is None:
                found.append(Problem(where, f"'{value}' is neither on nor off", "on, off"))
            else:
                into.switches[switch] = on
            problems += found
        else:
            number = _number(value)
            found = table.check_value(name, number, where)
            if isinstance(number, str) and name in table.parameters:
                hint = number_hint(number)
                found = [Problem(where, f"'{number}' is not a number" if hint else one.what, one.allowed, hint) for one in found]
            if name not in table.parameters and name in table.switches:
                found = [Problem(where, f"'{name}' is a switch", "parameters", f"write switch.{name}=off")]
            problems += found
            if not found:
                into.parameters[name] = float(number)
    return into, problems


def _number(value: Any) -> Any:
    try:
        return number_of(value.strip()) if isinstance(value, str) else value
    except ValueError:
        return value


def with_fields(service: Service, values: Mapping[str, Any]) -> Service:
    """Service with some fields replaced, checked again.

    Raises
    ------
    pydantic.ValidationError
        When a value does not fit its field.
    """
    return Service.model_validate({**service.model_dump(exclude_unset=True), **values}) if values else service
