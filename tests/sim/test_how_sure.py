"""The sentence that leads a run: what is sustained, its Monte Carlo error, and what the spread of runs holds."""

import pandas as pd
import pytest

from sim.report.sentences import how_sure_in_short

pytestmark = pytest.mark.portable


def frames(counts: dict[int, int], *, services: int = 9, mean: float = 0.4, error: float = 0.02) -> dict[str, pd.DataFrame]:
    """Tables of a run in which so many runs sustain so many services at month 24."""
    numbers = pd.DataFrame({"services": list(counts), "replicates": list(counts.values())})
    monthly = {"group": ["region"], "outcome": ["share_sustained"], "month": [24], "mean": [mean], "mcse": [error]}
    return {
        "summary_numbers": numbers.assign(state="sustained", month=24),
        "summary_monthly": pd.DataFrame(monthly),
        "services_start": pd.DataFrame({"service": range(services)}),
    }


def test_worlds_and_luck_are_said_to_be_together() -> None:
    said = how_sure_in_short(frames({0: 2, 2: 40, 5: 55, 8: 3}), worlds=True)
    assert "Nine of ten runs sustain 2 to 5 services: plausible worlds and luck together" in said
    alone = how_sure_in_short(frames({0: 2, 2: 40, 5: 55, 8: 3}), worlds=False)
    assert "luck alone, at the default values" in alone
    assert "plausible worlds" not in alone


def test_no_spread_seen_is_not_no_error() -> None:
    said = how_sure_in_short(frames({0: 100}, mean=0.0, error=0.0), worlds=False).replace("\N{NO-BREAK SPACE}", " ")
    assert "the same in all 100 runs; up to 3 % of all possible runs could still differ" in said
    assert "±" not in said


def test_few_runs_one_run_and_one_service() -> None:
    assert "The 5 runs sustain 2 to 8 services" in how_sure_in_short(frames({2: 1, 5: 3, 8: 1}), worlds=True)
    assert how_sure_in_short(frames({5: 1}, error=float("nan")), worlds=True).endswith("nothing of how far runs differ.")
    assert "A single service is sustained or not" in how_sure_in_short(frames({0: 30, 1: 20}, services=1), worlds=True)
