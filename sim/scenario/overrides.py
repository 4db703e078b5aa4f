"""What is set from outside a scenario file, as ``--set NAME=VALUE`` does: parameters, switches, forms, fields of services."""

import numbers
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import ValidationError

from sim.parameters import ParameterTable
from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario import checks
from sim.scenario.definition import Scenario
from sim.scenario.files import BITS_MAX, convert
from sim.scenario.messages import kind_of, problems_of, shown, tidy
from sim.scenario.rates import YEARLY, from_yearly
from sim.scenario.schema import Service, ServiceChange
from sim.scenario.values import YES_NO, folded, number_hint, number_of

_ON: Final = {"on": True, "off": False} | YES_NO


@dataclass
class Overrides:
    """Overrides by what they change.

    Attributes
    ----------
    parameters : dict of str to float
    switches : dict of str to bool
    forms : dict of str to str
    services : dict of str to dict
        New values by service name (``all`` for every service) and field.
    """

    parameters: dict[str, float] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)


def _service_override(name: str, value: Any, known: Sequence[str], into: Overrides) -> list[Problem]:
    where = f"--set {name}"
    service, _, key = name.removeprefix("services.").rpartition(".")
    fields = ServiceChange.model_fields
    if not service or (service != "all" and service not in known):
        shown = ", ".join(list(known)[:12]) + (", ..." if len(known) > 12 else "")
        hint = did_you_mean(service, known) or "write services.NAME.field=VALUE"
        if isinstance(value, str) and "=" in value:
            hint = """a name with an equals sign stands in quotation marks: 'services."A=B".staff=12'"""
        plain = service.replace("\\", "")
        if plain != service and plain in known:
            hint = f"""quotation marks in a name stay as they are: 'services."{plain}".{key}=VALUE'"""
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
        A parameter's name, ``switch.NAME``, ``forms.NAME`` or ``services.NAME.field``, and the value.
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
            on = _ON.get(folded(str(value)))
            found = table.check_switch(switch, where)
            if on is None:
                found.append(Problem(where, f"'{value}' is neither on nor off", "on, off"))
            else:
                into.switches[switch] = on
            problems += found
        elif name.startswith("forms."):
            form, word = name.removeprefix("forms."), value.strip() if isinstance(value, str) else value
            found = table.check_form(form, where, word)
            if not found:
                into.forms[form] = word
            problems += found
        elif name in YEARLY and folded(str(value)) not in _ON.keys() - {"0", "1"}:  # a word speaks of the switch
            chance, found = from_yearly(name, _number(value), where, table)
            if YEARLY[name] in given:
                found = [Problem(where, f"'{YEARLY[name]}' says the same", "one of the two", "keep the one that you know")]
            problems += found
            if chance is not None and not found:
                into.parameters[YEARLY[name]] = chance
        else:
            number = _number(value)
            found = table.check_value(name, number, where)
            if isinstance(number, str) and name in table.parameters:
                hint = number_hint(number)
                found = [Problem(where, f"'{number}' is not a number" if hint else one.what, one.allowed, hint) for one in found]
            if name not in table.parameters and name in table.switches:
                found = [Problem(where, f"'{name}' is a switch", "parameters", f"write switch.{name}=off")]
            elif name not in table.parameters and name.removeprefix("form.") in table.forms:
                form = name.removeprefix("form.")
                found = [Problem(where, f"'{name}' is a form", "parameters", f"write forms.{form}={table.forms[form].words[1]}")]
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


def wrong_settings(given: object) -> list[Problem]:
    """Problems of settings that are not even of the right kind, as a program may give them.

    Parameters
    ----------
    given : object
        None, or what should be a mapping from names to values.
    """
    if given is None:
        return []
    if not isinstance(given, Mapping):
        what, allowed = f"is {kind_of(given)}, not names with values", "a mapping from names to values"
        return [Problem("settings", what, allowed, 'such as {"switch.turnover": "off"}')]
    problems = []
    for name, value in given.items():
        if not isinstance(name, str):
            allowed = "a parameter, switch.NAME, forms.NAME or services.NAME.field, as text"
            problems.append(Problem(f"settings[{shown(name)}]", "the name is not a text", allowed, "put it in quotation marks"))
        elif not isinstance(value, str | numbers.Real):
            what = f"the value is {kind_of(value)}"
            problems.append(Problem(f"settings[{shown(name)}]", what, "a number or a text", "give one value a name"))
        elif isinstance(value, int) and value.bit_length() > BITS_MAX:
            what = "a number of more digits than can be used"
            problems.append(Problem(f"settings[{shown(name)}]", what, "numbers of a few digits"))
    return problems


def set_fields(services: Iterable[Service], extra: Overrides) -> tuple[list[Service], list[Problem]]:
    """Services with the fields that overrides set: those of ``all``, then those of each by its name.

    Parameters
    ----------
    services : iterable of Service
    extra : Overrides

    Returns
    -------
    services : list of Service
    problems : list of Problem
        Of posts that the new values no longer fit.
    """
    changed = [with_fields(one, extra.services.get("all", {}) | extra.services.get(one.name, {})) for one in services]
    if not extra.services:
        return changed, []
    return changed, [one for service in changed for one in checks.check_posts(service, f"services ({service.name})")]


def changed_values(values: Mapping[str, Any], table: ParameterTable) -> dict[str, float]:
    """Parameters whose values differ from the table's."""
    return {name: float(value) for name, value in values.items() if float(value) != table.parameters[name].value}


def settled_names(values: Mapping[str, Any], table: ParameterTable) -> tuple[str, ...]:
    """Parameters that are set to the table's own value: an ensemble does not move them."""
    return tuple(name for name, value in values.items() if float(value) == table.parameters[name].value)


def chosen_forms(forms: Mapping[str, str], table: ParameterTable) -> dict[str, str]:
    """Options that are not the default, in the order of the table."""
    return {name: forms[name] for name, one in table.forms.items() if forms.get(name, one.default) != one.default}


def with_settings(scenario: Scenario, settings: Mapping[str, str | float | bool]) -> Scenario:
    """Scenario with overrides applied: the same as reading its file with them.

    But numbers that do nothing, since a mechanism has taken their place, are let through: points of designs and members of
    ensembles have them.

    Parameters
    ----------
    scenario : sim.scenario.definition.Scenario
    settings : mapping
        A parameter's name, ``switch.NAME``, ``forms.NAME`` or ``services.NAME.field``, and the value.

    Returns
    -------
    sim.scenario.definition.Scenario

    Raises
    ------
    BadInput
        With every problem found.
    """
    problems = wrong_settings(settings)
    if problems:
        raise BadInput(problems)
    table = scenario.table
    extra, problems = read_overrides(settings, table, scenario.service_names)
    services, found = set_fields(scenario.services, extra)
    problems += [] if problems else found
    if problems:
        raise BadInput(tidy(problems))
    values = scenario.set_values | extra.parameters
    return replace(
        scenario,
        services=tuple(services),
        parameters=changed_values(values, table),
        settled=settled_names(values, table),
        switches=table.turned(scenario.switches | extra.switches),
        forms=chosen_forms(scenario.forms | extra.forms, table),
        overrides=scenario.overrides | {name: str(value) for name, value in settings.items()},
    )
