"""One run's data hashes, pinned: they must hold on every machine, Python and library version that the project supports.

A golden number can pin a mistake, so each has an oracle beside it: the other engine gives the same hash, and the counts that
can be checked by hand hold. When results change on purpose, the changelog says "Results change" and the hashes are set anew.
"""

import pytest

from sim.runs import run

GOLDEN = {
    "services_monthly": "b80eb2988bc595aa3d7e86f0bdbcea67ca814b7deec6715bbfdf1676beece3f3",
    "practitioners_end": "6680e0dde65756342b9720d42dd7d00d904bf6d5f5daa852a19a0ca152d73ee2",
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
