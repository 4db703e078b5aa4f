"""Conditions: what a reader can know about a place beforehand, the bounds they are drawn between, and how each is set."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from experiments.kit.words import label_of, minus
from sim.parameters import ParameterTable
from sim.scenario.definition import Scenario
from sim.scenario.overrides import with_settings
from sim.scenario.schema import Policy

FIELD: Final = "field"
LEVER: Final = "lever"
PARAMETER: Final = "parameter"

_STEPS: Final = 16
"""Steps at least into which rounding cuts the range of a limit: finer ones would promise what few worlds cannot say."""


@dataclass(frozen=True)
class Input:
    """Something that a region can be described by: a condition, or a parameter of the ensemble.

    Attributes
    ----------
    name : str
    noun : str
        As it stands in a sentence.
    unit : str
        After a number; empty for a pure number. ``per cent`` and ``per cent a month`` show shares in per cent.
    low, high : float
        Bounds between which it is drawn.
    condition : bool
        Whether a reader can know it beforehand.
    note : str
        What a parameter is, as its table has it.
    """

    name: str
    noun: str
    unit: str
    low: float
    high: float
    condition: bool = False
    note: str = ""

    @property
    def label(self) -> str:
        """What it is in words, by itself."""
        return self.noun if self.condition else label_of(self.name)

    @property
    def decimals(self) -> int:
        """Decimals to which limits are rounded."""
        return max(0, math.ceil(-math.log10((self.high - self.low) / _STEPS)))

    def rounded(self, value: float) -> float:
        """Limit as it is told: what the words say is what was counted."""
        return round(value, self.decimals)

    def text(self, value: float) -> str:
        """Value with its unit.

        Examples
        --------
        >>> Input("chance", "leader turnover", "per cent a month", 0.003, 0.04).text(0.029)
        '2.9 % a month'
        >>> Input("load", "extra workload", "hours a month", 0.0, 15.0).text(6.1)
        '6.1 hours a month'
        """
        if self.unit.startswith("per cent"):
            rest = self.unit.removeprefix("per cent")
            return f"{100 * value:.{max(0, self.decimals - 2)}f} %{rest}"
        return f"{minus(f'{value:.{self.decimals}f}')} {self.unit}".strip()

    def between(self, low: float, high: float) -> str:
        """Two values, with their unit once.

        Examples
        --------
        >>> Input("chance", "leader turnover", "per cent a month", 0.003, 0.04).between(0.01, 0.029)
        '1.0 to 2.9 % a month'
        """
        first, last = self.text(low), self.text(high)
        unit = self.unit.replace("per cent", "%")
        return f"{first.removesuffix(unit).strip()} to {last}"

    @property
    def axis(self) -> str:
        """Label of an axis; numbers on it stand as they are, shares in per cent."""
        unit = self.unit.replace("per cent", "%") if self.unit else "number"
        return f"{self.noun} ({unit})"

    @property
    def scale(self) -> float:
        """What numbers on an axis are multiplied with."""
        return 100.0 if self.unit.startswith("per cent") else 1.0


@dataclass(frozen=True)
class Condition:
    """One condition.

    Attributes
    ----------
    name, noun, unit : str
        As in :class:`Input`.
    low, high : float
        Bounds; NaN for those of the parameter.
    kind : str
        FIELD: set in every service at the start; LEVER: a dose in every service for the whole horizon; PARAMETER.
    target : str
        Name of the field, lever or parameter.
    less : float
        Taken from the value to give a lever's dose.
    why : str
        Where the bounds come from.
    """

    name: str
    noun: str
    unit: str
    low: float
    high: float
    kind: str
    target: str
    less: float = 0.0
    why: str = ""

    def as_input(self, table: ParameterTable) -> Input:
        """The condition with its bounds."""
        low, high = self.low, self.high
        if self.kind == PARAMETER:
            low, high = table.parameters[self.target].low, table.parameters[self.target].high
        return Input(self.name, self.noun, self.unit, low, high, condition=True)


_BOUNDS: Final = "the parameter's bounds"
_SHARE: Final = "on a scale from 0 to 1"

CONDITIONS: Final = (
    Condition(
        "demanding", "the share of patients for whom the programme is too demanding", "per cent", 0.0, 0.6, FIELD,
        "share_demanding", why="the nine services have 10 to 35 %",
    ),
    Condition(
        "functioning", "the mean functioning of patients", _SHARE, 0.25, 0.75, FIELD, "functioning_mean",
        why="the nine services have 0.35 to 0.55",
    ),
    Condition(
        "inflow", "the inflow of patients", "times the study's", 0.3, 2.0, LEVER, "inflow", less=1.0,
        why="from less than a third of what each service has to twice as much",
    ),
    Condition(
        "workload", "extra workload", "hours a month", 0.0, 15.0, LEVER, "workload", why="up to two working days a month",
    ),
    Condition(
        "backing", "backing from above", _SHARE, 0.0, 0.8, FIELD, "backing", why="the nine services have 0.1 to 0.8",
    ),
    Condition(
        "barriers", "the number of barriers at the start", "", 0.0, 8.0, FIELD, "barriers", why="the nine services have 3 to 6",
    ),
    Condition(
        "leader_turnover", "leader turnover", "per cent a month", math.nan, math.nan, PARAMETER, "chance_leader_leaves",
        why=_BOUNDS,
    ),
    Condition(
        "turnover", "practitioner turnover", "per cent a month", math.nan, math.nan, PARAMETER, "chance_leaves", why=_BOUNDS,
    ),
    Condition(
        "clarity", "the clarity of goals at the start", _SHARE, 0.0, 0.9, FIELD, "clarity",
        why="the nine services have 0.1 to 0.9",
    ),
    Condition(
        "reallocation", "the share of protected work that colleagues really take over", "per cent", 0.0, 0.8, FIELD,
        "reallocation", why="the nine services have 10 to 70 %, or the default of none",
    ),
)  # fmt: skip
"""Every condition, in the order of the tables."""


def parameter_input(name: str, table: ParameterTable) -> Input:
    """Parameter of the ensemble as something that a region can be described by."""
    one = table.parameters[name]
    unit = "" if one.unit in ("share", "ratio") else f"on a {one.unit}" if one.unit.startswith("scale") else one.unit
    return Input(name, f"the parameter “{label_of(name)}”", unit, one.low, one.high, note=one.note)


def held(conditions: Sequence[Condition], scenarios: Sequence[Scenario]) -> dict[str, str]:
    """Conditions that are what a scenario is about, and so are not varied, with the reason.

    Parameters
    ----------
    conditions : sequence of Condition
    scenarios : sequence of Scenario
        All that are compared.

    Returns
    -------
    dict of str to str
        Reason by name of the condition.
    """
    found = {}
    for one in conditions:
        if one.kind == PARAMETER and any(one.target in scenario.set_values for scenario in scenarios):
            found[one.name] = "a scenario sets it"
        elif one.kind == LEVER and any(policy.lever == one.target for scenario in scenarios for policy in scenario.policies):
            found[one.name] = "a policy of a scenario moves it"
        elif one.kind == FIELD and len({tuple(_field(scenario, one.target)) for scenario in scenarios}) > 1:
            found[one.name] = "the scenarios differ in it"
    return found


def _field(scenario: Scenario, name: str) -> list[float]:
    return [getattr(service, name) for service in scenario.services]


def draws(worlds: int, seed: int, table: ParameterTable) -> dict[str, np.ndarray]:
    """Draw every condition by Latin hypercube, one draw a world.

    Parameters
    ----------
    worlds, seed : int
    table : ParameterTable

    Returns
    -------
    dict of str to numpy.ndarray
        f8, shape (worlds,), by name; those that are held too, so that the others do not depend on what is held.
    """
    from scipy.stats import qmc

    shares = qmc.LatinHypercube(len(CONDITIONS), rng=np.random.default_rng([seed, 1])).random(worlds)
    inputs = [one.as_input(table) for one in CONDITIONS]
    return {one.name: one.low + shares[:, at] * (one.high - one.low) for at, one in enumerate(inputs)}


def placed(scenario: Scenario, conditions: Sequence[Condition], values: Mapping[str, float]) -> Scenario:
    """Scenario under conditions that are fields or levers; parameters are set in the record.

    Parameters
    ----------
    scenario : Scenario
    conditions : sequence of Condition
    values : mapping of str to float
        By name of the condition.

    Raises
    ------
    sim.problems.BadInput
        When a value does not fit a service.
    """
    fields = {f"services.all.{one.target}": float(values[one.name]) for one in conditions if one.kind == FIELD}
    doses = [Policy(lever=one.target, dose=float(values[one.name]) - one.less) for one in conditions if one.kind == LEVER]
    return replace(with_settings(scenario, fields), policies=(*scenario.policies, *doses))
