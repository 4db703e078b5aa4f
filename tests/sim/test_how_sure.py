"""The sentence that leads a run: what is sustained, its Monte Carlo error, and what the spread of runs holds."""

import pandas as pd
import pytest

from sim.report.run_answer import answer, how_sure_in_short

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
    alone = how_sure_in_short(frames({5: 1}, error=float("nan")), worlds=True)
    assert "One run says nothing of how far runs differ" in alone
    assert "±" not in alone
    assert "A single service is sustained or not" in how_sure_in_short(frames({0: 30, 1: 20}, services=1), worlds=True)


def with_ends(counts: dict[int, int], **ends: float) -> dict[str, pd.DataFrame]:
    """Tables of such runs with the shares of other ends at month 24."""
    shares = dict.fromkeys(("shrunken", "drifted", "dormant", "abandoned", "never_started"), 0.0) | ends
    states = {"group": ["region"], "month": [24]} | {f"share_{name}": [value] for name, value in shares.items()}
    return frames(counts) | {"summary_states": pd.DataFrame(states)}


def test_the_answer_leads_with_the_range_and_tells_the_two_commonest_other_ends() -> None:
    said = answer(with_ends({0: 2, 2: 40, 5: 55, 8: 3}, drifted=0.3, abandoned=0.2, dormant=0.1)).replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert said == (
        "At month 24, 2 to 5 of the 9 services still sustain the practice in nine of ten runs (40 % on average); "
        "30 % give it with low fidelity and 20 % have abandoned it."
    )


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({0: 50}, "none of the 9 services still sustain the practice in nine of ten runs."),
        ({9: 50}, "all of the 9 services still sustain the practice in nine of ten runs."),
        ({1: 50}, "1 of the 9 services still sustains the practice in nine of ten runs."),
        ({3: 1}, "3 of the 9 services still sustain the practice in the one run."),
        ({1: 2, 4: 3}, "1 to 4 of the 9 services still sustain the practice in these 5 runs (40 % on average)."),
    ],
)
def test_answers_at_the_ends(counts: dict[int, int], said: str) -> None:
    assert answer(with_ends(counts)).replace("\N{NO-BREAK SPACE}", " ") == f"At month 24, {said}"
