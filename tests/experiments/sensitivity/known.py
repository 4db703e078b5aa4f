"""Functions whose indices are known, as the analysis sees a model: points in, outcomes out."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from experiments.kit.words import Outcome, outcome_of
from experiments.sensitivity.finding import Findings, analyse
from experiments.sensitivity.quantities import Quantity
from experiments.sensitivity.space import Space

Function = Callable[[Mapping[str, np.ndarray]], np.ndarray]

WHAT: Final = Quantity("known", Outcome("share_kept_going", "known", "", share=True))

A, B = 7.0, 0.1
"""Constants of Ishigami's function."""

_BY_ALL: Final = 0.5 + A**2 / 8 + B * math.pi**4 / 5 + B**2 * math.pi**8 / 18
_BY_FIRST: Final = 0.5 * (1 + B * math.pi**4 / 5) ** 2
_BY_BOTH: Final = 8 * B**2 * math.pi**8 / 225
ISHIGAMI_FIRST: Final = (_BY_FIRST / _BY_ALL, A**2 / 8 / _BY_ALL, 0.0)
ISHIGAMI_TOTAL: Final = ((_BY_FIRST + _BY_BOTH) / _BY_ALL, A**2 / 8 / _BY_ALL, _BY_BOTH / _BY_ALL)
"""Closed forms (Ishigami and Homma 1990): variances by x1, x2 and by x1 with x3, over all."""


def ishigami(x: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.asarray(np.sin(x["x1"]) + A * np.sin(x["x2"]) ** 2 + B * x["x3"] ** 4 * np.sin(x["x1"]))


def linear(**weights: float) -> Function:
    """Weighted sum of some parameters; the others do nothing."""

    def function(x: Mapping[str, np.ndarray]) -> np.ndarray:
        nothing = np.zeros_like(next(iter(x.values())))
        return np.asarray(sum((weight * x[name] for name, weight in weights.items()), nothing))

    return function


def space(**bounds: tuple[float, float]) -> Space:
    low, high = (np.array([one[end] for one in bounds.values()]) for end in (0, 1))
    return Space(tuple(bounds), low, high, ("unit",) * len(bounds))


ISHIGAMI: Final = space(x1=(-math.pi, math.pi), x2=(-math.pi, math.pi), x3=(-math.pi, math.pi))


class Known:
    """A function with noise.

    Parameters
    ----------
    function : callable
    everywhere : Space
        Parameters that are not asked for stand in the middle.
    common : float
        Standard deviation of noise that is the same at all points: common random numbers cancel it.
    own : float
        That of noise of every point's own, which they do not cancel, as where one change makes all later luck another.
    fails : callable, optional
        From points, shape (points, parameters), to which of them fail.
    """

    def __init__(
        self,
        function: Function,
        everywhere: Space,
        *,
        common: float = 0.0,
        own: float = 0.0,
        fails: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self.quantities = (WHAT,)
        self.stages: list[tuple[str, int, int]] = []
        self._function, self._space, self._common, self._own, self._fails = function, everywhere, common, own, fails

    def __call__(
        self, stage: str, names: Sequence[str], points: np.ndarray, *, replicates: int, again: bool = False
    ) -> dict[Quantity, np.ndarray]:
        self.stages.append((stage, len(points), replicates))
        middle = dict(zip(self._space.names, (self._space.low + self._space.high) / 2.0, strict=True))
        x = {name: np.full(len(points), value) for name, value in middle.items()}
        x |= {name: np.where(np.isnan(points[:, at]), middle[name], points[:, at]) for at, name in enumerate(names)}
        found = np.repeat(self._function(x)[:, None], replicates, axis=1)
        found += self._common * np.random.default_rng([7, again]).normal(size=replicates)
        if self._own:
            for at in range(len(points)):
                key = hashlib.sha256(np.array([one[at] for one in x.values()]).tobytes()).digest()[:8]
                luck = np.random.default_rng([int.from_bytes(key, "little"), again])
                found[at] += self._own * luck.normal(size=replicates)
        if self._fails is not None:
            found[self._fails(points)] = np.nan
        return {WHAT: found}


def analysed(model: Known, everywhere: Space, **given: Any) -> Findings:
    usual: dict[str, Any] = {"trajectories": 10, "base": 64, "replicates": 4, "keep": 20, "seed": 1, "replicates_alone": 8}
    return analyse(model, everywhere, **(usual | given))


SOME: Final = ("share_kept_going@24", "share_kept_going@48", "share_kept_going", "share_given_up", "share_sustained")


def several(quantities: int = 11, parameters: int = 20, names: Sequence[str] = SOME) -> Findings:
    """Findings with many outcomes, as the pair of scenarios has, of functions that never ran anything."""
    everywhere = space(**{f"weight_of_number_{at}": (0.0, 1.0 + at) for at in range(parameters)})
    asked = [Quantity(scenario, outcome_of(name, 84)) for scenario in ("all-passive", "all-active") for name in names]
    difference = Outcome("share_kept_going", "services that kept going, the second minus the first", "", share=True)
    asked.append(Quantity("difference", difference))
    chosen = tuple(asked[:quantities])

    class Many(Known):
        def __call__(self, *given: Any, **options: Any) -> dict[Quantity, np.ndarray]:
            one = super().__call__(*given, **options)[WHAT]
            return {quantity: (-1.0) ** at * one + at for at, quantity in enumerate(self.quantities)}

    weights = {name: 0.02 * (at % 5) for at, name in enumerate(everywhere.names)}
    model = Many(linear(**weights), everywhere, own=0.1)
    model.quantities = chosen
    return analysed(model, everywhere, keep=12)
