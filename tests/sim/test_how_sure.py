"""The sentence that leads a run: what is sustained, its Monte Carlo error, and what the spread of runs holds."""

import pandas as pd
import pytest

from sim.report.run_answer import answer, how_sure_in_short

pytestmark = pytest.mark.portable


def frames(counts: dict[int, int], *, services: int = 9, mean: float = 0.4, error: float = 0.02) -> dict[str, pd.DataFrame]:
    """Tables of a run in which so many services have kept going to month 24, without a long gap, in so many runs."""
    numbers = pd.DataFrame({"services": list(counts), "replicates": list(counts.values())})
    monthly = {"group": ["region"], "outcome": ["share_kept_going"], "month": [24], "mean": [mean], "mcse": [error]}
    return {
        "summary_numbers": numbers.assign(state="kept_going", month=24),
        "summary_monthly": pd.DataFrame(monthly),
        "services_start": pd.DataFrame({"service": range(services)}),
    }


def test_worlds_and_luck_are_said_to_be_together() -> None:
    said = how_sure_in_short(frames({0: 2, 2: 40, 5: 55, 8: 3}), worlds=True)
    assert "In nine of ten runs 2 to 5 services have kept going: plausible worlds and luck together" in said
    alone = how_sure_in_short(frames({0: 2, 2: 40, 5: 55, 8: 3}), worlds=False)
    assert "luck alone, at the default values" in alone
    assert "plausible worlds" not in alone


def test_no_spread_seen_is_not_no_error() -> None:
    said = how_sure_in_short(frames({0: 100}, mean=0.0, error=0.0), worlds=False).replace("\N{NO-BREAK SPACE}", " ")
    assert "the same in all 100 runs; up to 3 % of all possible runs could still differ" in said
    assert "±" not in said


def test_few_runs_one_run_and_one_service() -> None:
    assert "In the 5 runs 2 to 8 services have kept going" in how_sure_in_short(frames({2: 1, 5: 3, 8: 1}), worlds=True)
    alone = how_sure_in_short(frames({5: 1}, error=float("nan")), worlds=True)
    assert "One run says nothing of how far runs differ" in alone
    assert "±" not in alone
    assert "A single service has kept going or not" in how_sure_in_short(frames({0: 30, 1: 20}, services=1), worlds=True)


def with_ends(counts: dict[int, int], **ends: float) -> dict[str, pd.DataFrame]:
    """Tables of such runs with what is made of the practice at month 24."""
    shares = dict.fromkeys(("operating", "silent", "given_up", "never_started"), 0.0) | ends
    states = {"group": ["region"], "month": [24]} | {f"share_{name}": [value] for name, value in shares.items()}
    return frames(counts) | {"summary_states": pd.DataFrame(states)}


def test_the_answer_leads_with_the_range_and_tells_what_is_made_of_the_practice_then() -> None:
    said = answer(with_ends({0: 2, 2: 40, 5: 55, 8: 3}, operating=0.66, silent=0.04, given_up=0.3))
    assert said.replace("\N{NO-BREAK SPACE}", " ") == (
        "2 to 5 of the 9 services have kept the practice going to month 24, without a long gap, in nine of ten runs "
        "(40 % on average); then 66 % operate and 30 % have given it up."
    )


GOING = "kept the practice going to month 24, without a long gap"


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({0: 50}, "None of the 9 services have kept the practice going to month 24, without a long gap, in nine of ten runs."),
        ({9: 50}, "All of the 9 services have kept the practice going to month 24, without a long gap, in nine of ten runs."),
        ({1: 50}, "1 of the 9 services has kept the practice going to month 24, without a long gap, in nine of ten runs."),
        ({3: 1}, "3 of the 9 services have kept the practice going to month 24, without a long gap, in the one run."),
        ({1: 2, 4: 3}, f"1 to 4 of the 9 services have {GOING}, in these 5 runs (40 % on average)."),
    ],
)
def test_answers_at_the_ends(counts: dict[int, int], said: str) -> None:
    assert answer(with_ends(counts)).replace("\N{NO-BREAK SPACE}", " ") == said
