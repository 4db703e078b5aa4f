"""How much is tried where moments, cases or plans are drawn: few in ``make test``, all of them in ``make test-all`` and .ci/run.

Every test runs in both. What is drawn is another in every run, and is printed where a test fails.
"""

import os
import random
from collections.abc import Sequence
from typing import Final, TypeVar

THOROUGHLY: Final = os.environ.get("SUSTAIN_TEST_THOROUGHLY", "") not in ("", "0")

Item = TypeVar("Item")


def so_many(few: int, all_of_them: int) -> int:
    """How many are tried.

    Parameters
    ----------
    few, all_of_them : int
    """
    return all_of_them if THOROUGHLY else few


def some(every: Sequence[Item], few: int) -> list[Item]:
    """All, or a few of them by chance, in their order.

    Parameters
    ----------
    every : sequence
    few : int
        At most so many unless everything is tried.
    """
    if THOROUGHLY or len(every) <= few:
        return [*every]
    return [every[at] for at in sorted(random.SystemRandom().sample(range(len(every)), few))]
