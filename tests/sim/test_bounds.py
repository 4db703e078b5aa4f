"""Plans that take every branch and every change of state go through the compiled engine: with bounds checking, no index strays.

Without it the engine would read past the end and say nothing; the pass of CI that has it on runs this module.
"""

import numpy as np
import pytest

from sim.engine import simulate
from sim.state import FIELDS
from tests.sim.branch_run import designed

pytestmark = [pytest.mark.engine, pytest.mark.bounds]


def test_every_branch_is_taken_and_every_value_keeps_its_bounds() -> None:
    bounds = {field.name: (field.low, field.high) for field in FIELDS["service_month"]}
    runs = 0
    for name, plan, seed in designed():
        for batch in simulate(plan, seed=seed, replicates=2):
            runs += len(batch.replicates)
            for field, (low, high) in bounds.items():
                values = batch.rows[field]
                assert np.all((values >= low) & (values <= high)), (name, seed, field)
    assert runs > 80
