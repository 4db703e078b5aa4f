"""One run's data hashes, pinned: they must hold on every machine, Python and library version that the project supports.

A golden number can pin a mistake, so each has an oracle beside it: the other engine gives the same hash, and the counts that
can be checked by hand hold. When results change on purpose, the changelog says "Results change" and the hashes are set anew.
"""

import pytest

from sim.runs import run

GOLDEN = {
    "services_monthly": "92d7305f2a06675a7c701721cfab9e4f9b3550e7dec4e6850455977c69c81c88",
    "practitioners_end": "c26a538c2d2a164f87da54e64ec6f39135e7493881b3ba3886f8a20f4e5c3150",
}
REPLICATES, MONTHS = 3, 84


@pytest.mark.engine
@pytest.mark.parametrize("engine", ["compiled", "mesa"])
def test_hashes_of_the_nine_services_hold_everywhere(engine, tmp_path):
    done = run("nine-services", replicates=REPLICATES, months=MONTHS, seed=7, engine=engine, out=tmp_path / "run", figures=False)
    found = {name: table["data_hash"] for name, table in done.manifest["tables"].items() if name in GOLDEN}
    assert found == GOLDEN
    rows = done.services_monthly
    assert len(rows) == 9 * MONTHS * REPLICATES
    # Control: another seed gives other hashes.
    other = run(
        "nine-services", replicates=REPLICATES, months=MONTHS, seed=8, engine=engine, out=tmp_path / "other", figures=False
    )
    assert all(other.manifest["tables"][name]["data_hash"] != value for name, value in GOLDEN.items())
