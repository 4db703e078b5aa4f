"""The twins again, over 5,000 plans that are new in every run."""

import os
import random

import pytest
from hypothesis import HealthCheck, given, seed, settings

from sim.plan import Plan
from tests.comparing import assert_same, twins
from tests.strategies import REPLICATES, SEEDS, plans

pytestmark = pytest.mark.verification

CASES = 5000
PARTS = 4  # one a worker
SEED_VARIABLE = "TWINS_SEED"


@pytest.mark.parametrize("part", range(PARTS))
def test_engines_agree_on_thousands_of_plans(part: int) -> None:
    start = int(os.environ.get(SEED_VARIABLE) or random.SystemRandom().randrange(2**32))
    print(f"to draw the same plans again: {SEED_VARIABLE}={start}")
    ran = 0

    @seed(start + part)
    @settings(
        max_examples=CASES // PARTS,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    @given(plan=plans(months_max=60), seed=SEEDS, replicate=REPLICATES)
    def agree(plan: Plan, seed: int, replicate: int) -> None:
        nonlocal ran
        ran += 1
        assert_same(twins(plan, seed=seed, replicate=replicate))

    agree()
    assert ran >= CASES // PARTS
