"""Worlds whose region of failure is known."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from experiments.discovery.finding import Worlds

OUTCOMES = 6
"""Outcomes of a run, the one that leads first: kept going."""
NAMES = ("load", "turnover", "clarity", "backing", "noise_1", "noise_2")


def inputs(worlds: int, seed: int) -> pd.DataFrame:
    """Evenly drawn inputs from 0 to 1."""
    return pd.DataFrame(np.random.default_rng(seed).random((worlds, len(NAMES))), columns=list(NAMES))


def in_box(given: pd.DataFrame) -> np.ndarray:
    """The planted region: load above 0.6 and turnover below 0.5, a fifth of all worlds."""
    return (given["load"] > 0.6).to_numpy() & (given["turnover"] < 0.5).to_numpy()


def fails(given: pd.DataFrame, seed: int, *, inside: float = 0.95, outside: float = 0.05) -> np.ndarray:
    """Failures with a chance in the region and one elsewhere."""
    return np.random.default_rng(seed).random(len(given)) < np.where(in_box(given), inside, outside)


def planted_in_what_leads(kept: np.ndarray) -> np.ndarray:
    """Outcomes of runs in which what leads is given and all others are the same everywhere; kept has shape (2, worlds, runs)."""
    others = np.full((OUTCOMES - 1, *kept.shape), 0.25)
    return np.concatenate([kept[None], others])


def worlds(given: pd.DataFrame, seed: int = 1) -> "Worlds":
    """The first four inputs as conditions, the others as parameters."""
    from experiments.discovery.conditions import Input  # the adapter is tested where little else is installed
    from experiments.discovery.finding import Worlds, halved

    known = {name: Input(name, name, "", 0.0, 1.0, condition=not name.startswith("noise")) for name in NAMES}
    return Worlds(given, known, halved(np.arange(len(given)), seed))
