"""Schedules: genes, words, keys and policies say the same."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.policies.ingredients import DOSES, FULL, INGREDIENTS, NAMES
from experiments.policies.schedules import MOST, Schedule, decoded, encoded, from_key, only, pairs, schedule_of, singles
from sim.plan import LEVERS

pytestmark = pytest.mark.portable

GENES = st.tuples(*(st.integers(0, int(most)) for most in MOST))


@given(GENES)
def test_a_key_is_the_schedule(genes: tuple[int, ...]) -> None:
    schedule = decoded(genes)
    assert from_key(schedule.key) == schedule
    assert [one.lever for one in schedule.policies()] == [
        lever for one in schedule.parts for lever in INGREDIENTS[one.ingredient].levers(one.dose)
    ]
    for part in schedule.parts:
        assert 12 <= part.start < part.end <= 84
        assert part.dose > 0


def test_what_is_off_has_no_time() -> None:
    genes = encoded([0] * len(NAMES))
    for other in range(len(genes)):
        changed = genes.copy()
        changed[other] = MOST[other]
        assert (decoded(changed) == Schedule()) == (other >= len(NAMES))


def test_own_times_stand_above_the_common_one() -> None:
    genes = encoded([FULL, 1, *[0] * (len(NAMES) - 2)], start=18, length=24)
    genes[len(NAMES)] = 4  # the first ingredient's own start: month 36
    genes[2 * len(NAMES) + 1] = 1  # the second's own length: to the horizon
    assert decoded(genes).key == "meetings:full:36-60,expectation:half:18-84"


def test_months_beyond_the_horizon_are_to_the_horizon() -> None:
    assert schedule_of([("champion", 2, 36, 48)]) == schedule_of([("champion", 2, 36, 0)])


def test_policies_have_levers_doses_and_months() -> None:
    found = schedule_of([("protected-time", 1, 24, 12), ("champion", 2, 12, 0)]).policies()
    assert [(one.lever, one.dose, one.start, one.end, one.services) for one in found] == [
        ("protected_time", 4.0, 24, 36, "all"), ("reallocation", 0.8, 24, 36, "all"), ("champion", 0.8, 12, None, "all"),
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["champion", "champion:twice:12-84", "nobody:full:12-84", "champion:full:12"])
def test_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_key(key)


def test_words() -> None:
    assert Schedule().words() == "nothing"
    assert only(*NAMES).words() == "everything from month 12"
    assert only("clarity", "champion", "boosters").words() == (
        "clear goals and a plan, appointed champion and booster supervision from month 12"
    )
    assert schedule_of([("clarity", 1, 18, 24)]).words() == "clear goals and a plan, half dose, months 18 to 42"


def test_ingredients_are_levers_within_their_bounds_and_share_none() -> None:
    bounds = {one.name: (one.low, one.high) for one in LEVERS}
    for one in INGREDIENTS:
        assert one.half.keys() == one.full.keys()
        assert one.why
        for lever, dose in one.full.items():
            assert bounds[lever][0] <= one.half[lever] <= dose <= bounds[lever][1]
    for one, other in combinations(INGREDIENTS, 2):
        assert not one.full.keys() & other.full.keys()
    assert len(set(NAMES)) == len(NAMES)


def test_singles_and_pairs() -> None:
    assert np.array_equal([one.doses for one in singles()], FULL * np.eye(len(NAMES), dtype=int))
    assert len({one.key for one in pairs()}) == len(NAMES) * (len(NAMES) - 1) // 2
    assert all(len(one.parts) == 2 and {part.dose for part in one.parts} == {DOSES.index("full")} for one in pairs())
