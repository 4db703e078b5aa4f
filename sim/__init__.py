"""How an evidence-based practice is sustained, drifts or is abandoned after outside support ends: model, engines, results.

Three lines in a notebook::

    import sim
    run = sim.run("nine-services", replicates=50)
    run.region_monthly
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.problems import BadInput, Problem
    from sim.proof import Replay, replay
    from sim.result import Run
    from sim.runs import run
    from sim.scenario import read_scenario
    from sim.world import World, prepare

__version__ = "0.1.0"

__all__ = ["BadInput", "Problem", "Replay", "Run", "World", "__version__", "prepare", "read_scenario", "replay", "run"]

_PLACES = {
    "BadInput": "sim.problems",
    "Problem": "sim.problems",
    "Replay": "sim.proof",
    "Run": "sim.result",
    "World": "sim.world",
    "prepare": "sim.world",
    "read_scenario": "sim.scenario",
    "replay": "sim.proof",
    "run": "sim.runs",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: ``import sim`` itself costs next to nothing."""
    if name not in _PLACES:
        raise AttributeError(f"module 'sim' has no attribute '{name}'")
    found = getattr(import_module(_PLACES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
