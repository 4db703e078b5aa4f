"""Factors and their levels, checked: that there is such a parameter, switch, form or field, and that it takes the value."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from experiments.sweeps.designs import Factor, Range, Taken
from experiments.sweeps.schema import FactorTable
from sim.ensembles.cells import SHOWN_MAX
from sim.parameters import ParameterTable
from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario.definition import Scenario
from sim.scenario.messages import _unwrap, allowed_of, shown, unit_of, words_of
from sim.scenario.overrides import read_overrides, with_settings
from sim.scenario.rates import YEARLY, monthly_chance
from sim.scenario.schema import ServiceChange, ServiceFields

SWITCH: Final = "switch."
FORMS: Final = "forms."
SERVICES: Final = "services."
_OFF_ON: Final = ("off", "on")
_FALSE_TRUE: Final = ("false", "true")
_SPREAD: Final = ("latin-hypercube", "sobol")


def moved(problems: Iterable[Problem], where: str) -> list[Problem]:
    """Problems said of another place."""
    return [Problem(where, one.what, one.allowed, one.hint) for one in problems]


def factor_of(
    name: str, where: str, *, table: ParameterTable, scenarios: Sequence[Scenario]
) -> tuple[Factor | None, list[Problem]]:
    """Factor of a name, or what is wrong with the name.

    Parameters
    ----------
    name : str
    where : str
        Place to name in a problem.
    table : ParameterTable
    scenarios : sequence of Scenario
        All of them must have the service that the name speaks of.
    """
    if name.startswith(SERVICES):
        return _service_factor(name, where, scenarios)
    if name.startswith(SWITCH):
        problems = table.check_switch(name.removeprefix(SWITCH), where)
        return (None, problems) if problems else (Factor(name, "switch", "category", _OFF_ON), [])
    if name.startswith(FORMS):
        form = name.removeprefix(FORMS)
        if form in table.forms:
            return Factor(name, "form", "category", table.forms[form].words), []
        return None, table.check_form(form, where, "")
    if name in table.parameters:
        return Factor(name, "parameter", table.parameters[name].unit), []
    if name in YEARLY:
        return None, [_yearly(name, where, table)]
    if name in table.switches:
        return None, [Problem(where, f"'{name}' is a switch", "parameters", f"write {SWITCH}{name}")]
    if name in table.forms:
        return None, [Problem(where, f"'{name}' is a form", "parameters", f"write {FORMS}{name}")]
    if name in ServiceChange.model_fields:
        hint = f"write {SERVICES}all.{name}"
        return None, [Problem(where, f"'{name}' is a field of services", "services.NAME.field, services.all.field", hint)]
    problems = table.check_value(name, 0.0, where)
    return None, problems


def _yearly(name: str, where: str, table: ParameterTable) -> Problem:
    """A share a year is no factor, but the chance a month that stands for it is: levels of both would say the same twice."""
    chance = YEARLY[name]
    months = " and ".join(f"{yearly:g} a year is {chance} = {monthly_chance(yearly):g}" for yearly in (0.1, 0.2))
    switch = f"; on and off is {SWITCH}{name}" if name in table.switches else ""
    return Problem(where, f"'{name}' is a share a year, and a factor is a chance a month", chance, f"{months}{switch}")


def _service_factor(name: str, where: str, scenarios: Sequence[Scenario]) -> tuple[Factor | None, list[Problem]]:
    service, _, key = name.removeprefix(SERVICES).rpartition(".")
    fields = ServiceFields.model_fields
    without = [one for one in scenarios if service != "all" and service not in one.service_names]
    problems = []
    if not service:
        problems.append(Problem(where, f"'{name}' names no field of a service", "services.NAME.field, services.all.field"))
    elif without:
        names = without[0].service_names
        listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
        every = f" in scenario {', '.join(one.name for one in without)}" if len(without) < len(scenarios) else ""
        hint = did_you_mean(service, names) or ("a factor applies to every scenario of the study" if every else "")
        problems.append(Problem(where, f"unknown service '{service}'{every}", f"all, {listed}", hint))
    if service and key not in fields:
        problems.append(Problem(where, f"unknown key '{key}'", ", ".join(fields), did_you_mean(key, fields)))
    if problems:
        return None, problems
    kinds = _unwrap(fields[key].annotation)
    labels = _FALSE_TRUE if bool in kinds else tuple(words_of(fields[key]))
    return Factor(name, "service", "category" if labels else unit_of(fields[key]), labels, int in kinds), []


def bounds_of(factor: Factor, table: ParameterTable) -> tuple[float, float]:
    """Bounds of a factor of numbers: the parameter table's, or those of the field."""
    if factor.kind == "parameter":
        one = table.parameters[factor.name]
        return one.low, one.high
    found: dict[str, float] = {}
    for one in ServiceFields.model_fields[factor.name.rpartition(".")[2]].metadata:
        found |= {key: getattr(one, key) for key in ("ge", "le") if getattr(one, key, None) is not None}
    return float(found.get("ge", -np.inf)), float(found.get("le", np.inf))


def level_of(
    factor: Factor, value: Any, where: str, *, table: ParameterTable, scenarios: Sequence[Scenario]
) -> tuple[float, list[Problem]]:
    """Number of a level, or the code of its word, with what is wrong with it in any of the scenarios.

    Parameters
    ----------
    factor : Factor
    value : object
    where : str
    table : ParameterTable
    scenarios : sequence of Scenario
    """
    problems: list[Problem] = []
    if factor.kind == "parameter":
        problems = table.check_value(factor.name, value, where)
        return (np.nan, problems) if problems else (float(value), [])
    info = ServiceFields.model_fields.get(factor.name.rpartition(".")[2])
    if not factor.labels and isinstance(value, str | bool) and info is not None:
        what = f"{shown(value)} is no number"
        return np.nan, [Problem(where, what, allowed_of(info), "write a number, without quotation marks")]
    if factor.whole and isinstance(value, float) and value.is_integer():
        value = int(value)
    service = factor.name.removeprefix(SERVICES).rpartition(".")[0]
    into, problems = read_overrides({factor.name: value}, table, [service])
    if problems:
        return np.nan, moved(problems, where)
    if factor.kind == "switch":
        return float(into.switches[factor.name.removeprefix(SWITCH)]), []
    if factor.kind == "form":
        return float(factor.labels.index(into.forms[factor.name.removeprefix(FORMS)])), []
    ((typed,),) = (tuple(fields.values()) for fields in into.services.values())
    text = str(typed).lower() if isinstance(typed, bool) else typed
    code = float(factor.labels.index(text)) if factor.labels else float(typed)
    return code, _refused(factor, typed, where, scenarios)


def _refused(factor: Factor, value: Any, where: str, scenarios: Sequence[Scenario]) -> list[Problem]:
    """Problems that a value of a service's field has in single scenarios: fewer staff than posts."""
    problems = []
    for scenario in scenarios:
        try:
            with_settings(scenario, {factor.name: value})
        except BadInput as error:
            first, more = error.problems[0], len(error.problems) - 1
            also = f", and {more:,} more like it" if more else ""
            what = f"{first.what}, in scenario {scenario.name}: {first.where}{also}"
            problems.append(Problem(where, what, first.allowed, first.hint))
    return problems


def taken_of(
    factor: Factor, given: FactorTable, where: str, *, kind: str, table: ParameterTable, scenarios: Sequence[Scenario]
) -> tuple[Taken | None, list[Problem]]:
    """What a factor takes in a design of a kind: its levels, or a range.

    Parameters
    ----------
    factor : Factor
    given : FactorTable
    where : str
        Such as ``mine.toml: factors.chance_leaves``.
    kind : str
        Of the design.
    table : ParameterTable
    scenarios : sequence of Scenario
    """
    asked = given.model_fields_set
    ranged = [key for key in ("low", "high", "scale") if key in asked]
    if given.levels is not None:
        problems = [
            Problem(f"{where}.{key}", f"'{key}' beside 'levels'", "levels, or low and high", f"delete '{key}' or the levels")
            for key in ranged
        ]
        array, found = _levels(factor, given.levels, f"{where}.levels", table=table, scenarios=scenarios)
        return array, problems + found
    if factor.labels:
        words = ", ".join(factor.labels)
        listed = ", ".join(f'"{one}"' for one in factor.labels)
        return None, [Problem(where, "missing key 'levels'", f"a list of {words}", f"levels = [{listed}]")]
    if kind == "factorial":
        low, high = bounds_of(factor, table)
        hint = f"for instance levels = [{low:g}, {high:g}]" if factor.kind == "parameter" else ""
        return None, [Problem(where, "missing key 'levels', which a factorial design needs", "a list of numbers", hint)]
    return _range(factor, given, where, kind=kind, table=table, scenarios=scenarios)


def _levels(
    factor: Factor, levels: Sequence[Any], where: str, *, table: ParameterTable, scenarios: Sequence[Scenario]
) -> tuple[np.ndarray, list[Problem]]:
    wrong: list[list[Problem]] = []
    codes: list[float] = []
    for number, value in enumerate(levels, 1):
        code, found = level_of(factor, value, f"{where}[{number}]", table=table, scenarios=scenarios)
        if not found and code in codes:
            what = f"{shown(value)} is level {codes.index(code) + 1} too"
            found = [Problem(f"{where}[{number}]", what, "every level once", "delete one of the two")]
        wrong += [found] if found else []
        codes.append(code)
    problems = [one for found in wrong[:SHOWN_MAX] for one in found]
    if len(wrong) > SHOWN_MAX:
        what = f"and {len(wrong) - SHOWN_MAX:,} more levels that cannot be used"
        problems.append(Problem(where, what, "levels within the bounds", "mend these first"))
    return (np.zeros(0), problems) if problems else (np.array(codes, "i2" if factor.labels else "f8"), [])


def _range(
    factor: Factor, given: FactorTable, where: str, *, kind: str, table: ParameterTable, scenarios: Sequence[Scenario]
) -> tuple[Taken | None, list[Problem]]:
    low, high = bounds_of(factor, table)
    problems: list[Problem] = []
    for key in ("low", "high"):
        value = getattr(given, key)
        if value is not None:
            problems += level_of(factor, value, f"{where}.{key}", table=table, scenarios=scenarios)[1]
        elif factor.kind == "service":  # a field's bounds say what can be, not what is plausible
            what = f"missing key '{key}'"
            problems.append(Problem(where, what, f"a number from {low:g} to {high:g} ({factor.unit})", "or give levels"))
    low, high = low if given.low is None else given.low, high if given.high is None else given.high
    if not problems and low >= high:
        problems.append(Problem(where, f"low ({low:g}) is not below high ({high:g})", "low < high"))
    if given.scale == "log" and low <= 0 and not problems:
        hint = 'give a low above 0, or leave scale = "log" out'
        problems.append(Problem(f"{where}.scale", f"a logarithm of low ({low:g})", "a low above 0", hint))
    if "scale" in given.model_fields_set and kind not in _SPREAD:
        problems.append(Problem(f"{where}.scale", f"{kind} takes no 'scale'", "levels, or low and high", "delete it"))
    if problems:
        return None, problems
    return (Range(low, high, given.scale == "log") if kind in _SPREAD else np.array([low, high])), []
