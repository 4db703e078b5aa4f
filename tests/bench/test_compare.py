"""Comparing two scenarios: how long somebody waits, figures and report included."""

from pathlib import Path
from typing import Final

from tests.bench.test_start_up import head, row, sustain

GATE: Final = 8.0
"""Seconds for 1,000 pairs of the nine services on two processors, compiled before."""


def test_two_scenarios_a_thousand_times(tmp_path: Path) -> None:
    def compare(name: str, count: int) -> dict[str, float]:
        return sustain("compare", "all-passive", "all-active", "-n", str(count), "--out", tmp_path / name, cache=tmp_path / "c")

    compare("first", 2)  # compiles
    warm = sorted((compare(f"warm-{turn}", 1000) for turn in range(3)), key=lambda one: one["seconds"])[1]
    head()
    row("compare two scenarios x 1,000 pairs, figures and report (median of 3)", warm, GATE)
    assert warm["seconds"] < GATE
