"""Compile the engine and what counts beside it once, before several processes would each do it: ``python -m tests.compiling``."""

from sim import cache

cache.prepare()  # first of all: compiled code is found by where it is looked for

import numpy as np  # noqa: E402

from sim.engine import CompiledEngine, simulate  # noqa: E402
from sim.tallies import Tally  # noqa: E402
from tests.plans import plain_plan  # noqa: E402


def compile_all() -> None:
    """Run every compiled function once; what is kept already is only loaded."""
    plan = plain_plan((1,), months=1)
    tally = Tally(plan)
    for batch in simulate(plan, seed=1, replicates=1):
        tally.add(batch)
    tally.run(CompiledEngine(plan, 1), np.zeros(1, np.int64))


if __name__ == "__main__":
    compile_all()
