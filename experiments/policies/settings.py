"""What a policy search is asked for, checked as a whole before anything is run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final

from experiments.kit.options import Numbers, tried, wrong_numbers
from experiments.policies.evaluating import Set
from experiments.policies.ingredients import INGREDIENTS, LENGTHS, STARTS
from experiments.policies.schedules import HORIZON
from experiments.worlds.pairing import other_seed
from sim.ensembles import read_ensemble
from sim.parameters.ensemble import WORLDS, Ensemble
from sim.problems import BadInput, Problem
from sim.runs import processors
from sim.scenario import find, read_scenario
from sim.scenario.definition import Scenario

BASE: Final = "all-passive"
USUAL: Final[Mapping[str, Any]] = {
    "worlds": 60, "replicates": 2, "evaluations": 1500, "check-worlds": 200, "check-replicates": 4, "seed": 1, "share": 0.7,
    "worlds-share": 0.8,
}  # fmt: skip
QUICK: Final[Mapping[str, Any]] = {
    **USUAL, "worlds": 6, "evaluations": 40, "check-worlds": 8, "check-replicates": 2,
}  # fmt: skip
"""Instead of the usual numbers with --quick: to see that everything works, not to learn from."""

ONLY_ASKED: Final = ("evaluations", "share", "worlds_share")
"""What may be asked otherwise of a folder that is there: no evaluation hangs on it."""

_RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "worlds": (2, WORLDS),
    "replicates": (1, 10_000),
    "evaluations": (1, 1_000_000),
    "check-worlds": (2, WORLDS),
    "check-replicates": (2, 10_000),
    "seed": (0, 2**64 - 1),
    "threads": (1, 1024),
}


@dataclass(frozen=True)
class Asked(Numbers):
    """What the command line asks for; a number that is none is still the text that was given, None is the usual."""

    usual: ClassVar[Mapping[str, Any]] = USUAL
    usual_quick: ClassVar[Mapping[str, Any]] = QUICK
    base: str | None = None
    worlds: Any = None
    replicates: Any = None
    evaluations: Any = None
    check_worlds: Any = None
    check_replicates: Any = None
    seed: Any = None
    share: Any = None
    worlds_share: Any = None
    ensemble: Path | None = None
    threads: Any = None
    quick: bool = False


@dataclass(frozen=True, eq=False)
class Settings:
    """A policy search, complete.

    Attributes
    ----------
    base : Scenario
        What schedules are added to; of HORIZON months, with the ensemble.
    path : pathlib.Path
        Its file.
    search, check : Set
        Worlds and luck of the search, and of the evaluation afterwards.
    evaluations, seed, threads : int
    share, worlds_share : float
        The question: the cheapest schedule with this share of services sustained, in this share of worlds.
    """

    base: Scenario
    path: Path
    search: Set
    check: Set
    evaluations: int
    seed: int
    threads: int
    share: float
    worlds_share: float

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
    problems = _wrong_numbers(asked)
    path = tried(partial(find, asked.base or BASE), problems)
    base = None if path is None else tried(partial(read_scenario, path, months=HORIZON), problems)
    ensemble = tried(partial(read_ensemble, asked.ensemble), problems)
    if problems or base is None or path is None:
        raise BadInput(problems)
    seed, worlds = asked.number("seed"), asked.number("worlds")
    return Settings(
        base=replace(base, ensemble=ensemble),
        path=path,
        search=Set("search", 0, worlds, asked.number("replicates"), seed),
        check=Set("check", worlds, asked.number("check-worlds"), asked.number("check-replicates"), other_seed(seed)),
        evaluations=asked.number("evaluations"),
        seed=seed,
        threads=asked.threads or processors(),
        share=float(asked.number("share")),
        worlds_share=float(asked.number("worlds-share")),
    )


def _wrong_numbers(asked: Asked) -> list[Problem]:
    problems = wrong_numbers(asked, _RANGES)
    for name in ("share", "worlds-share"):
        value = asked.number(name)
        if not isinstance(value, float | int) or not math.isfinite(value) or not 0.0 < value < 1.0:
            problems.append(Problem(f"--{name}", f"'{value}' cannot be", "a number between 0 and 1", "0.7 for seven in ten"))
    worlds = [asked.number(name) for name in ("worlds", "check-worlds")]
    if not problems and sum(worlds) > WORLDS:
        what = f"{sum(worlds):,} worlds together are more than there are"
        problems.append(Problem("--worlds and --check-worlds", what, f"at most {WORLDS:,} together"))
    return problems
