"""One run's data hashes, pinned: they must hold on every machine, Python and library version that the project supports.

A golden number can pin a mistake, so each has an oracle beside it: the other engine gives the same hash, and the counts that
can be checked by hand hold. When results change on purpose, the changelog says "Results change" and the hashes are set anew.
"""

import pytest

from sim.runs import run

GOLDEN = {
    "services_monthly": "155f3e59b9a97ae158d76bf2d400145bbd14fcc03d2a382d3aa9edfa0b38214f",
    "practitioners_end": "c91e8584cd504793677f6817957ec71b7d40e2da3d6ccdf9a79d0879795ac9be",
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
