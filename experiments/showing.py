"""What ``sustain show``, ``parameters`` and ``cite`` print."""

from dataclasses import asdict
from typing import Any, Final

from experiments import terminal
from sim import __version__
from sim.parameters import Parameter, ParameterTable, read_table
from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario import Scenario

SHOWN_SERVICES: Final = 40
"""Services listed one by one; of more only the first are shown."""

_SERVICE_COLUMNS: Final = ("setting", "format", "staff", "leader", "signal", "meetings", "selection", "pool", "inflow", "backing")

CITATION: Final = (
    "The practice-sustainment authors. practice-sustainment: a simulation of how an evidence-based practice is sustained, "
    f"drifts or is abandoned (version {__version__}) [computer software]."
)

STUDY: Final = (
    "Focus-group study of 26 practitioners in nine mental health services on the further use of illness management and recovery "
    "(trial registration ClinicalTrials.gov NCT02077829)."
)

BIBTEX: Final = f"""@software{{practice_sustainment,
  author = {{{{The practice-sustainment authors}}}},
  title = {{practice-sustainment: a simulation of how an evidence-based practice is sustained, drifts or is abandoned}},
  version = {{{__version__}}},
  license = {{MIT}},
}}

@misc{{nct02077829,
  author = {{{{The authors of the focus-group study registered as NCT02077829}}}},
  title = {{Focus-group study of 26 practitioners in nine mental health services on the further use of illness management
    and recovery}},
  note = {{Trial registration ClinicalTrials.gov NCT02077829}},
}}"""


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
    changed = [
        (name, f"{value:g}", f"{scenario.table.parameters[name].value:g}", scenario.table.parameters[name].unit)
        for name, value in scenario.parameters.items()
    ]
    changed += [(f"switch.{name}", "off", "on", "") for name in scenario.switches_off]
    if changed:
        print()
        terminal.show_table(
            ("parameter", "here", "table", "unit"), changed, title="Differs from the parameter table", right=(1, 2)
        )


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


def _chosen(name: str | None, table: ParameterTable) -> tuple[list[Parameter], list[str]]:
    """Parameters and names of switches that a word asks for."""
    if name is None:
        return list(table.parameters.values()), list(table.switches)
    plain = name.removeprefix("switch.")
    if name in table.parameters:
        return [table.parameters[name]], []
    if plain in table.switches and (name != plain or not any(name in one for one in table.parameters)):
        return [], [plain]
    parameters = [one for key, one in table.parameters.items() if name in key]
    switches = [key for key in table.switches if name in key]
    if not parameters and not switches:
        known = [*table.parameters, *table.switches]
        hint = did_you_mean(name, known) or "`sustain parameters` lists all of them"
        raise BadInput([Problem("parameters", f"nothing is named '{name}'", "a parameter or switch, or part of its name", hint)])
    return parameters, switches


def show_parameters(name: str | None, *, as_json: bool = False) -> None:
    """Print parameters and switches.

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
    parameters, switches = _chosen(name, table)
    if as_json:
        listed = {
            "census": table.census_counts(),
            "parameters": [asdict(one) for one in parameters],
            "switches": [asdict(table.switches[one]) for one in switches],
            "sources": {one.source: asdict(table.sources[one.source]) for one in parameters if one.source},
        }
        terminal.show_json(listed)
        return
    if len(parameters) + len(switches) == 1:
        _show_one(parameters, switches, table)
        return
    if parameters:
        rows = [
            (one.name, f"{one.value:g}", f"{one.low:g}", f"{one.high:g}", one.unit, one.status, one.source) for one in parameters
        ]
        columns = ("parameter", "value", "low", "high", "unit", "status", "source")
        terminal.show_table(columns, rows, right=(1, 2, 3))
        print()
    if switches:
        mechanisms = [(f"switch.{one}", table.switches[one].mechanism, table.switches[one].neutral) for one in switches]
        terminal.show_table(("switch", "mechanism", "when off"), mechanisms)
        print()
    print(table.census() + f"; {len(table.switches)} switches")


def _show_one(parameters: list[Parameter], switches: list[str], table: ParameterTable) -> None:
    for key in switches:
        switch = table.switches[key]
        print(f"switch.{key}\n  mechanism  {switch.mechanism}\n  when off   {switch.neutral}")
    for one in parameters:
        print(f"{one.name}\n  value   {one.value:g} ({one.low:g} to {one.high:g}) {one.unit}\n  status  {one.status}")
        if one.source:
            source = table.sources[one.source]
            place = f", {one.locator}" if one.locator else ""
            print(f"  source  {source.citation}{place}" + (f" https://doi.org/{source.doi}" if source.doi else ""))
        print(f"  note    {one.note}")


def show_citation(*, bibtex: bool = False) -> None:
    """Print how to cite the software and the study that it is built on."""
    print(BIBTEX if bibtex else f"{CITATION}\n\nThe study that the nine services and their mechanisms come from:\n{STUDY}")
