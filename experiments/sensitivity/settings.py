"""What a sensitivity analysis is asked for, checked as a whole before anything is run."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from experiments.sensitivity.asked import Asked
from experiments.sensitivity.quantities import Quantity, outcome_names, quantities_of
from experiments.sensitivity.space import Space, medoid, narrowed, read_ensemble, space_of
from experiments.worlds.pairing import deciding, twins
from sim.parameters import ParameterTable, read_table
from sim.parameters.ensemble import plain_bytes
from sim.problems import BadInput, Problem, tried
from sim.scenario import read_scenario
from sim.scenario.definition import Scenario
from sim.scenario.overrides import with_settings
from sim.store.hashing import canonical_json

PAIR: Final = ("all-passive", "all-active")
"""Scenarios unless others are named: their difference is the effect of active leadership."""

ALONE: Final = 20
"""Times the replicates with which parameters are moved one at a time: few points, shown as single bars."""


@dataclass(frozen=True, eq=False)
class Settings:
    """A sensitivity analysis, complete.

    Attributes
    ----------
    scenarios : tuple of Scenario
        One, or two whose difference is an outcome too; with the values of the ensemble's medoid, if there is one.
    space : Space
        What the screening varies.
    trajectories, base, replicates, keep, seed : int
    held : tuple of str
        Parameters that a scenario sets, and that are not varied therefore.
    definitions : bool
        Whether the parameters that define outcomes are varied.
    bounds : str
        Name of the file of bounds; empty for the table's.
    narrower : int
        Parameters whose bounds are that file's.
    ensemble : str
        Name of the ensemble; empty without one.
    medoid : dict of str to float
        Values at which its parameters stand when they are not varied.
    medoid_row : int
        Its place in the ensemble, from 0; -1 without one.
    """

    scenarios: tuple[Scenario, ...]
    space: Space
    trajectories: int
    base: int
    replicates: int
    keep: int
    seed: int
    held: tuple[str, ...] = ()
    definitions: bool = False
    bounds: str = ""
    narrower: int = 0
    ensemble: str = ""
    medoid: dict[str, float] = field(default_factory=dict)
    medoid_row: int = -1

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Outcomes whose sensitivity is asked."""
        return quantities_of(self.scenarios)

    @property
    def months(self) -> int:
        """Horizon."""
        return self.scenarios[0].months

    @property
    def replicates_alone(self) -> int:
        """Replicates with which parameters are moved one at a time."""
        return ALONE * self.replicates

    def machine_form(self) -> dict[str, Any]:
        """Everything that decides the numbers, as plain values that JSON can hold."""
        digest = hashlib.sha256()
        for one in self.scenarios:
            digest.update(canonical_json(deciding(one.machine_form())))
        bounds = hashlib.sha256(plain_bytes(self.space.low) + plain_bytes(self.space.high))
        return {
            "scenarios": [one.name for one in self.scenarios],
            "scenarios_hash": digest.hexdigest(),
            "months": self.months,
            "outcomes": list(outcome_names(self.months)),
            "screen": self.trajectories,
            "base": self.base,
            "replicates": self.replicates,
            "seed": self.seed,
            "keep": self.keep,
            "definitions": self.definitions,
            "parameters": len(self.space),
            "bounds": self.bounds,
            "bounds_hash": bounds.hexdigest(),
            "ensemble": self.ensemble,
            "medoid": self.medoid,
        }


def settings_of(asked: Asked, *, table: ParameterTable | None = None) -> Settings:
    """Settings of what was asked.

    Parameters
    ----------
    asked : Asked
    table : ParameterTable, optional
        The shipped one by default.

    Raises
    ------
    BadInput
        With every problem found.
    """
    table = table or read_table()
    problems = _wrong_numbers(asked)
    middle = None
    if asked.ensemble is not None:
        ensemble = tried(partial(read_ensemble, asked.ensemble, table=table), problems)
        middle = None if ensemble is None else medoid(ensemble, table)
    row, values = middle or (-1, dict[str, float]())
    months = asked.value("months")
    scenarios, held = _scenarios(tuple(asked.scenarios or PAIR), months, values, problems)
    on = tuple(one.switches_on for one in scenarios)
    space, narrower = space_of(table, definitions=asked.definitions, held=held, on=on), 0
    if asked.bounds is not None:
        other = tried(partial(narrowed, space, asked.bounds, table=table, held=held), problems) or space
        narrower = int(((other.low != space.low) | (other.high != space.high)).sum())
        space = other
    if problems:
        raise BadInput(problems)
    return Settings(
        scenarios=scenarios,
        space=space,
        trajectories=asked.value("screen"),
        base=asked.value("base"),
        replicates=asked.value("replicates"),
        keep=asked.value("keep"),
        seed=asked.value("seed"),
        held=held,
        definitions=asked.definitions,
        bounds=asked.bounds.name if asked.bounds else "",
        narrower=narrower,
        ensemble=asked.ensemble.stem if asked.ensemble else "",
        medoid=values,
        medoid_row=row,
    )


def _wrong_numbers(asked: Asked) -> list[Problem]:
    problems = asked.wrong()
    base = asked.value("base")
    if all(one.where != "--base" for one in problems) and base.bit_count() != 1:
        below = 1 << (base.bit_length() - 1)
        what = f"{base:,} is no power of two, which a Sobol' sequence needs to be balanced"
        problems.append(Problem("--base", what, f"a power of two, such as {below:,} or {2 * below:,}"))
    return problems


def _scenarios(
    names: Sequence[str], months: Any, values: Mapping[str, float], problems: list[Problem]
) -> tuple[tuple[Scenario, ...], tuple[str, ...]]:
    """Scenarios as far as they can be read, and the parameters that they set; what is wrong is added to the problems.

    What a scenario sets is what it is about: an ensemble's value does not stand above it.
    """
    found: list[Scenario] = []
    held: dict[str, None] = {}
    for name in names:
        try:
            own = read_scenario(name, months=months)
            held |= dict.fromkeys(own.set_values)
            others = {key: value for key, value in values.items() if key not in own.set_values}
            found.append(with_settings(own, others))  # an ensemble has values of replaced parameters too: nobody set them
        except BadInput as error:
            problems += [one for one in error.problems if one not in problems]
    if len(names) > 2:
        what = f"{len(names)} scenarios: {', '.join(names)}"
        problems.append(Problem("--scenario", what, "one, or two whose difference is asked"))
    elif len({one.name for one in found}) < len(found):
        problems.append(Problem("--scenario", f"'{found[0].name}' stands twice", "two different scenarios, or one"))
    elif twins(found):
        problems += twins(found, where=lambda _: "--scenario")
    elif len({one.months for one in found}) > 1:
        told = ", ".join(f"{one.name} {one.months}" for one in found)
        problems.append(Problem("--scenario", f"the horizons differ ({told} months)", "one horizon", "give --months"))
    return tuple(found), tuple(held)
