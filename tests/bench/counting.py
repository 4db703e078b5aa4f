"""What the measurements share: counting agents, interleaving, and saying what machine it was."""

import platform
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from time import thread_time
from typing import Any

import numpy as np

from sim.codes import LeaderType, PractitionerStatus, SlotState
from sim.engine import trace


def agent_months(plan: Any, *, replicates: int = 10, seed: int = 1) -> float:
    """Agent-months of a replicate, mean over a few: occupied posts of leaders and practitioners and occupied slots only."""
    total = 0
    for replicate in range(replicates):
        _, state = trace(plan, seed=seed, replicate=replicate)
        total += int((state.leaders["type"] != LeaderType.VACANT).sum())
        total += int((state.practitioners["status"] != PractitionerStatus.VACANT).sum())
        total += int((state.patients["state"] != SlotState.EMPTY).sum())
    return total / replicates


def interleaved(
    runs: Mapping[str, Callable[[], object]], *, rounds: int, clock: Callable[[], float] = thread_time
) -> dict[str, list[float]]:
    """Seconds of each run, taken in turn so that a disturbance of the machine meets all of them; one round first to warm up.

    Parameters
    ----------
    runs : mapping of str to callable
    rounds : int
    clock : callable
        Of this thread's processor time unless given.

    Returns
    -------
    dict of str to list of float
        One number a round, in the same order for all, so that ratios are taken within a round.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            before = clock()
            run()
            if turn:
                seconds[name].append(clock() - before)
    return seconds


def ratio(slow: list[float], fast: list[float]) -> tuple[float, float]:
    """Median over the rounds of slow / fast, and half the distance between the quartiles."""
    each = np.array(slow) / np.array(fast)
    low, middle, high = np.quantile(each, (0.25, 0.5, 0.75))
    return float(middle), float(high - low) / 2.0


def machine() -> str:
    """Processor and Python, for the head of a table."""
    name = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        found = re.search(r"model name\s*:\s*(.+)", information.read_text(encoding="utf-8"))
        name = found.group(1) if found else name
    return f"{name}, Python {platform.python_version()}, NumPy {np.__version__}"


def spread(seconds: list[float]) -> float:
    """Distance between the quartiles over the median: the noise of the machine during the measurement."""
    low, middle, high = np.quantile(np.array(seconds), (0.25, 0.5, 0.75))
    return float((high - low) / middle)
