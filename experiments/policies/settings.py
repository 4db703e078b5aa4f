"""What a policy search is asked for, checked as a whole before anything is run."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.policies.aims import AIMS, Aim, unknown_aim
from experiments.policies.asked import Asked
from experiments.policies.evaluating import Set, with_schedule
from experiments.policies.ingredients import DOSES, INGREDIENTS, LENGTHS, STARTS
from experiments.policies.schedules import HORIZON, only
from experiments.worlds.estimating import members_of
from experiments.worlds.pairing import other_seed, twins
from sim.ensembles import read_ensemble
from sim.parameters.ensemble import WORLDS, Ensemble
from sim.problems import BadInput, Problem, tried
from sim.processors import processors
from sim.scenario import find, read_scenario
from sim.scenario.definition import Scenario
from sim.world import World, prepare

ONLY_ASKED: Final = ("evaluations", "share", "worlds_share")
"""What may be asked otherwise of a folder that is there: no evaluation hangs on it."""


@dataclass(frozen=True, eq=False)
class Settings:
    """A policy search, complete.

    Attributes
    ----------
    world : World
        What schedules are added to, prepared; of HORIZON months, with the ensemble.
    path : pathlib.Path
        Its file.
    search, check : Set
        Worlds and luck of the search, and of the evaluation afterwards.
    evaluations, seed, threads : int
    aim : Aim
        Which services count as kept.
    share, worlds_share : float
        The question: the cheapest schedule with this share of services kept, in this share of worlds.
    """

    world: World
    path: Path
    search: Set
    check: Set
    evaluations: int
    seed: int
    threads: int
    aim: Aim
    share: float
    worlds_share: float

    @property
    def base(self) -> Scenario:
        """Scenario that schedules are added to."""
        return self.world.scenario

    @property
    def ensemble(self) -> Ensemble:
        """Plausible sets of parameter values."""
        assert self.base.ensemble is not None
        return self.base.ensemble

    @property
    def seen_again(self) -> int:
        """Worlds of the check whose member of the ensemble the search had too, with other luck."""
        from sim.parameters.ensemble import order

        members = order(self.ensemble.weights)
        had = set(members[: self.search.worlds].tolist())
        return sum(one in had for one in members[self.check.first : self.check.first + self.check.worlds].tolist())

    def members(self, where: Set) -> np.ndarray:
        """Which parameter set each world of a set has, as :func:`members_of` numbers them; int, shape (worlds,)."""
        from sim.parameters.ensemble import order

        values = self.ensemble.within(self.base.set_values)[order(self.ensemble.weights)]
        return members_of(np.take(values, np.arange(where.first, where.first + where.worlds), axis=0, mode="wrap"))

    def machine_form(self) -> dict[str, Any]:
        """Everything that decides the numbers, as plain values that JSON can hold."""
        return {
            "base": self.base.name,
            "base_hash": self.base.hash,
            "base_text": self.base.text,
            "months": HORIZON,
            "worlds": self.search.worlds,
            "replicates": self.search.replicates,
            "evaluations": self.evaluations,
            "check_worlds": self.check.worlds,
            "check_replicates": self.check.replicates,
            "seed": self.seed,
            "check_seed": self.check.seed,
            "outcome": self.aim.outcome,
            "share": self.share,
            "worlds_share": self.worlds_share,
            "ensemble": self.ensemble.name,
            "ensemble_hash": self.ensemble.text_hash,
            "starts": list(STARTS),
            "lengths": list(LENGTHS),
            "ingredients": {one.name: {"half": dict(one.half), "full": dict(one.full)} for one in INGREDIENTS},
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
    problems = _wrong_numbers(asked) + unknown_aim(asked.value("outcome"))
    path = tried(partial(find, asked.value("base")), problems)
    base = None if path is None else tried(partial(read_scenario, path, months=HORIZON), problems)
    ensemble = tried(partial(read_ensemble, asked.ensemble), problems)
    problems += [] if base is None else same_ingredients(base)
    world = None if base is None or ensemble is None else tried(partial(prepare, replace(base, ensemble=ensemble)), problems)
    if problems or world is None or path is None:
        raise BadInput(problems)
    seed, worlds = asked.value("seed"), asked.value("worlds")
    return Settings(
        world=world,
        path=path,
        search=Set("search", 0, worlds, asked.value("replicates"), seed),
        check=Set("check", worlds, asked.value("check_worlds"), asked.value("check_replicates"), other_seed(seed)),
        evaluations=asked.value("evaluations"),
        seed=seed,
        threads=asked.threads or processors(),
        aim=AIMS[asked.value("outcome")],
        share=float(asked.value("share")),
        worlds_share=float(asked.value("worlds_share")),
    )


def same_ingredients(base: Scenario) -> list[Problem]:
    """Ingredients and doses that say the same under two names, or nothing beside the base: one policy would be counted twice.

    Parameters
    ----------
    base : Scenario
        Of HORIZON months.
    """
    arms = {"nothing": base} | {
        f"{ingredient.name}:{DOSES[dose]}": with_schedule(base, only(ingredient.name, dose=dose))
        for ingredient in INGREDIENTS
        for dose in range(1, len(DOSES))
    }
    return twins(arms, what="ingredient")


def _wrong_numbers(asked: Asked) -> list[Problem]:
    problems = asked.wrong()
    worlds = [asked.value(name) for name in ("worlds", "check_worlds")]
    if not problems and sum(worlds) > WORLDS:
        what = f"{sum(worlds):,} worlds together are more than there are"
        problems.append(Problem("--worlds and --check-worlds", what, f"at most {WORLDS:,} together"))
    return problems
