"""What ``sustain show`` and ``sustain parameters`` print."""

from dataclasses import asdict
from typing import Any, Final

from experiments.kit import terminal
from sim.parameters import Form, Parameter, ParameterTable, Switch, read_table
from sim.plan import LEVERS, Lever
from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario import Scenario, from_table

SHOWN_SERVICES: Final = 40
"""Services listed one by one; of more only the first are shown."""

_SERVICE_COLUMNS: Final = ("setting", "format", "staff", "leader", "signal", "meetings", "selection", "pool", "inflow", "backing")


def _service_words(value: Any) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def show_scenario(scenario: Scenario) -> None:
    """Print a scenario: services, policies, events, what differs from the parameter table.

    Parameters
    ----------
    scenario : Scenario
    """
    print(f"{scenario.name}: {scenario.title}\n{scenario.question}\n")
    print(f"{scenario.months} months, {scenario.replicates} replicates, seed {scenario.seed}; {scenario.table.census()}\n")
    shown = scenario.services[:SHOWN_SERVICES]
    rows = [(one.name, len(one.post_table()), *(_plain(getattr(one, name)) for name in _SERVICE_COLUMNS)) for one in shown]
    numbers = [
        at
        for at, name in enumerate(("service", "posts", *_SERVICE_COLUMNS))
        if name in ("posts", "staff", "pool", "inflow", "backing")
    ]
    terminal.show_table(("service", "posts", *_SERVICE_COLUMNS), rows, title="Services", right=numbers)
    if len(scenario.services) > len(shown):
        print(f"... and {len(scenario.services) - len(shown)} more")
    if scenario.policies:
        rows = [
            (
                one.lever,
                f"{one.dose:g}",
                one.start,
                scenario.months if one.end is None else one.end,
                one.taper,
                _service_words(one.services),
            )
            for one in scenario.policies
        ]
        print()
        terminal.show_table(("lever", "dose", "start", "end", "taper", "services"), rows, title="Policies", right=(1, 2, 3, 4))
    if scenario.events:
        rows = [
            (one.month, one.kind, one.leader_type or one.signal or one.post or _plain(one.patients), _service_words(one.services))
            for one in scenario.events
        ]
        print()
        terminal.show_table(("month", "event", "what", "services"), rows, title="Events", right=(0,))
    changed = [(row.where, row.b, row.a, row.unit) for row in from_table(scenario)]
    if changed:
        print()
        heads = ("parameter", "here", "table", "unit")
        terminal.show_table(heads, changed, title="Differs from the parameter table", right=(1, 2))


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, float) else str(value)


def order_rows() -> list[dict[str, str]]:
    """Stages of the month as plain dictionaries."""
    from sim.order import ORDER

    return [stage._asdict() for stage in ORDER]


def show_order() -> None:
    """Print the order of the month, the one list that both engines follow."""
    rows = [(at, one["entity"], one["meaning"], one["function"]) for at, one in enumerate(order_rows(), start=1)]
    print()
    terminal.show_table(("", "for each", "what happens", "function"), rows, title="Order of the month", right=(0,))


_SWITCH: Final = "switch."
_FORM: Final = "forms."
_LEVER: Final = "lever."

Shown = Parameter | Switch | Form | Lever


def _chosen(name: str | None, table: ParameterTable) -> tuple[list[Parameter], list[Switch], list[Form], list[Lever]]:
    """Parameters, switches, forms and levers that a word asks for."""
    parameters, switches, forms = list(table.parameters.values()), list(table.switches.values()), list(table.forms.values())
    levers = list(LEVERS)
    if name is None:
        return parameters, switches, forms, levers
    if name in table.parameters:
        return [table.parameters[name]], [], [], []
    if name in (f"{_LEVER}{one.name}" for one in levers):
        return [], [], [], [one for one in levers if name == f"{_LEVER}{one.name}"]
    part_of_a_parameter = any(name in one.name for one in parameters)
    switch, form = name.removeprefix(_SWITCH), name.removeprefix(_FORM)
    if switch in table.switches and (name != switch or not part_of_a_parameter):
        return [], [table.switches[switch]], [], []
    if form in table.forms and (name != form or not part_of_a_parameter):
        return [], [], [table.forms[form]], []
    parameters = [one for one in parameters if name in one.name]
    switches = [one for one in switches if name in one.name]
    forms = [one for one in forms if name in _FORM + one.name]
    levers = [one for one in levers if name in _LEVER + one.name]
    if not parameters and not switches and not forms and not levers:
        known = [*table.parameters, *table.switches, *table.forms, *(one.name for one in LEVERS)]
        hint = did_you_mean(name, known) or "`sustain parameters` lists all of them"
        allowed = "a parameter, switch, form or lever, or part of its name"
        raise BadInput([Problem("parameters", f"nothing is named '{name}'", allowed, hint)])
    return parameters, switches, forms, levers


def show_parameters(name: str | None, *, as_json: bool = False) -> None:
    """Print parameters, switches, forms and the levers of policies.

    Parameters
    ----------
    name : str or None
        A name, or part of one; all if None.
    as_json : bool

    Raises
    ------
    BadInput
        When nothing has such a name.
    """
    table = read_table()
    parameters, switches, forms, levers = _chosen(name, table)
    if as_json:
        cited = [*(one.source for one in parameters), *(one.source for one in forms)]
        listed = {
            "census": table.census_counts(),
            "parameters": [asdict(one) for one in parameters],
            "switches": [asdict(one) for one in switches],
            "forms": [asdict(one) for one in forms],
            "levers": [one._asdict() for one in levers],
            "sources": {key: asdict(table.sources[key]) for key in cited if key in table.sources},
        }
        terminal.show_json(listed)
        return
    every: list[Shown] = [*parameters, *switches, *forms, *levers]
    if len(every) == 1:
        _show_one(every[0], table)
        return
    if parameters:
        rows = [
            (one.name, one.label, f"{one.value:g}", f"{one.low:g}", f"{one.high:g}", one.unit, one.status, one.source)
            for one in parameters
        ]
        columns = ("parameter", "what it is", "value", "low", "high", "unit", "status", "source")
        terminal.show_table(columns, rows, right=(2, 3, 4))
        print()
    if switches:
        mechanisms = [(f"{_SWITCH}{one.name}", one.mechanism, one.neutral, "on" if one.on else "off") for one in switches]
        terminal.show_table(("switch", "mechanism", "when off", "usually"), mechanisms)
        print()
    if forms:
        words = [(f"{_FORM}{one.name}", one.question, ", ".join(one.words)) for one in forms]
        terminal.show_table(("form", "question", "options, the default first"), words)
        print()
    if levers:
        pulled = [(f"{_LEVER}{one.name}", one.meaning, f"{one.low:g}", f"{one.high:g}", one.unit) for one in levers]
        terminal.show_table(("lever of policies", "what it does", "least dose", "most", "unit"), pulled, right=(2, 3))
        print()
    waiting = sum(not table.acts(one) for one in table.parameters)
    more = f"; {waiting} more do nothing unless a mechanism is turned on or off" if waiting else ""
    print(table.census() + f"; {len(table.switches)} switches, {len(table.forms)} forms, {len(LEVERS)} levers{more}")


def _show_one(one: Shown, table: ParameterTable) -> None:
    if isinstance(one, Lever):
        print(f"{_LEVER}{one.name}\n  {one.meaning}\n  dose  {one.low:g} to {one.high:g} {one.unit}; 0 changes nothing")
        return
    if isinstance(one, Switch):
        usually = "on" if one.on else "off"
        print(f"{_SWITCH}{one.name}\n  mechanism  {one.mechanism}\n  when off   {one.neutral}\n  usually    {usually}")
        return
    if isinstance(one, Form):
        print(f"{_FORM}{one.name}\n  {one.question}")
        width = max(len(word) for word in one.options)
        for word, says in one.options.items():
            print(f"  {word:{width}}  {says}" + (" (default)" if word == one.default else ""))
    else:
        print(
            f"{one.name}: {one.label}\n  value   {one.value:g} ({one.low:g} to {one.high:g}) {one.unit}\n  status  {one.status}",
            end="",
        )
        print(f" ({one.study})" if one.study else "")
    if one.source in table.sources:
        source = table.sources[one.source]
        place = f", {one.locator}" if one.locator else ""
        print(f"  source  {source.citation}{place}" + (f" https://doi.org/{source.doi}" if source.doi else ""))
    elif one.source:
        print(f"  source  {one.source}")
    if isinstance(one, Parameter):
        print(f"  note    {one.note}")
        if one.switch or one.replaced_by:
            how = f"switch.{one.switch} is on" if one.switch else f"switch.{one.replaced_by} is off"
            print(f"  acts    only where {how}" + (f"; else {', '.join(one.instead)}" if one.instead else ""))
