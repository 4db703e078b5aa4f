"""What a scenario discovery is asked for, checked as a whole before anything is run."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from experiments.discovery import ROOM
from experiments.discovery.asked import MOST_PARAMETERS, Asked
from experiments.discovery.conditions import CONDITIONS, PARAMETER, Condition, Input, draws, held, parameter_input
from experiments.discovery.noise import ROUNDS
from experiments.discovery.outcomes import OUTCOME
from experiments.worlds.pairing import deciding, twins, unlike
from sim.ensembles import read_ensemble
from sim.parameters.ensemble import Ensemble, order
from sim.problems import BadInput, Problem, tried
from sim.scenario import read_scenario
from sim.scenario.definition import Scenario
from sim.store.hashing import canonical_json, text_hash


@dataclass(frozen=True, eq=False)
class Settings:
    """A scenario discovery, complete.

    Attributes
    ----------
    policy, base : Scenario
    ensemble : Ensemble
    worlds, shuffles, seed : int
    rounds : tuple of int
        Replicates a world after each round of runs; later rounds only when chance still puts too many on the wrong side.
    conditions : tuple of Condition
        Those that are varied.
    held : dict of str to str
        Those that are not, with the reason.
    offered : int
        Parameters that are offered beside the conditions at most.
    """

    policy: Scenario
    base: Scenario
    ensemble: Ensemble
    worlds: int
    shuffles: int
    seed: int
    rounds: tuple[int, ...]
    conditions: tuple[Condition, ...]
    held: dict[str, str]
    offered: int = MOST_PARAMETERS

    @property
    def scenarios(self) -> tuple[Scenario, Scenario]:
        """What is run of every world: the base, then the policy."""
        return self.base, self.policy

    @property
    def months(self) -> int:
        """Horizon."""
        return self.policy.months

    @property
    def members(self) -> np.ndarray:
        """Member of the ensemble by world; int, shape (worlds,)."""
        return order(self.ensemble.weights)[: self.worlds]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters that differ between worlds, beside those that are conditions, in the order of the ensemble."""
        taken = {one.target for one in self.conditions if one.kind == PARAMETER}
        taken |= {name for scenario in self.scenarios for name in scenario.set_values}
        return tuple(name for name in self.ensemble.parameters if name not in taken)

    def values(self) -> dict[str, np.ndarray]:
        """Inputs by name, each of shape (worlds,): conditions, then parameters."""
        drawn, members = draws(self.worlds, self.seed, self.policy.table), self.members
        found = {one.name: drawn[one.name] for one in self.conditions}
        columns = {name: self.ensemble.values[:, at] for at, name in enumerate(self.ensemble.parameters)}
        return found | {name: columns[name][members] for name in self.parameters}

    def known(self) -> dict[str, Input]:
        """What is known of each input, by name."""
        table = self.policy.table
        found = {one.name: one.as_input(table) for one in self.conditions}
        return found | {name: parameter_input(name, table) for name in self.parameters}

    def machine_form(self) -> dict[str, Any]:
        """Everything that decides the numbers, as plain values that JSON can hold."""
        forms = [canonical_json(deciding(one.machine_form())).decode() for one in self.scenarios]
        return {
            "kind": "discovery",
            "policy": self.policy.name,
            "base": self.base.name,
            "scenarios_hash": text_hash("\n".join(forms)),
            "months": self.months,
            "outcome": OUTCOME,
            "worlds": self.worlds,
            "rounds": list(self.rounds),
            "shuffles": self.shuffles,
            "seed": self.seed,
            "conditions": [one.name for one in self.conditions],
            "held": self.held,
            "parameters_at_most": self.offered,
            "ensemble": self.ensemble.name,
            "ensemble_hash": self.ensemble.text_hash,
            "code": ROOM.identity(),
        }


def settings_of(asked: Asked) -> Settings:
    """Settings of what was asked.

    Parameters
    ----------
    asked : Asked

    Raises
    ------
    BadInput
        With every problem found.
    """
    problems = asked.wrong()
    policy, base = (
        tried(partial(read_scenario, asked.value(name), months=asked.value("months")), problems) for name in ("policy", "base")
    )
    ensemble = tried(partial(read_ensemble, asked.ensemble), problems)
    if policy is not None and base is not None:
        problems += _no_pair(policy, base)
    if problems or policy is None or base is None or ensemble is None:
        raise BadInput(problems)
    replicates = asked.value("replicates")
    aside = held(CONDITIONS, (policy, base))
    return Settings(
        policy=policy,
        base=base,
        ensemble=ensemble,
        worlds=asked.value("worlds"),
        shuffles=asked.value("shuffles"),
        seed=asked.value("seed"),
        rounds=ROUNDS if replicates is None else (replicates,),
        conditions=tuple(one for one in CONDITIONS if one.name not in aside),
        held=aside,
        offered=asked.value("parameters"),
    )


def _no_pair(policy: Scenario, base: Scenario) -> list[Problem]:
    """Problems of two scenarios that cannot be compared service by service."""
    if policy.name == base.name:
        return [Problem("--base", f"'{base.name}' is the policy itself", "another scenario")]
    same = twins((base, policy), where=lambda _: "--base")
    return same or unlike(policy, base, where="--base", months_hint="give --months", set_hint="set {name} alike in the two files")
