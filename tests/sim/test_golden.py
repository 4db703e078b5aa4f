"""One run's data hashes, pinned: they must hold on every machine, Python and library version that the project supports.

A golden number can pin a mistake, so each has an oracle beside it: the other engine gives the same hash, and the counts that
can be checked by hand hold. When results change on purpose, the changelog says "Results change" and the hashes are set anew.
"""

from dataclasses import replace

import numpy as np
import pytest

from sim.runs import run
from sim.store.hashing import TableHash
from sim.store.reader import read_declaration, read_table

pytestmark = pytest.mark.portable

GOLDEN = {
    "services_monthly": "38353263700b1d2dc66485fb8fccd76ae117f186f8367a012ef91312bb921078",
    "practitioners_end": "129c397e03c2b4321c03001adc04b94ba7b82d350fb9c79303346aa463ad2a18",
}
EVENTS = {
    "services_end": "c983519a2cae9813b347c56106fbf53c6d66de3428ce64ab28ece1790a528c55",
    "trace_services": "4ad5dd004922b8ded29e680f4644e313e4e4375c40193fa99abc346da4a3f5f5",
    "practitioners_end": GOLDEN["practitioners_end"],
    "trace_practitioners": "f8414690dd096b597afe60b363a7492e4f165b27d8d16b793f2316fbc833d269",
    "summary_starts": "a57d87178864b27211f1995d2e9985b7c8b4afe9f326d6e89b2a5eb661cc3efa",
}
"""Tables with months of events, which are missing where the event never happened."""
EVENTS_WITH_ZEROS = {
    "services_end": "d0bad341b78aeeac5ca7edf73a537c1bcd30765c3a11b5865e9c865fedfec303",
    "trace_services": "06ad19476c36049908f5d370ff36419fafd2a0c2de73a63d22bcc07396f46075",
    "practitioners_end": "7a55fd9d8d026df289982ba61591202b74a25a8788d66d6c39fcb34925181cd2",
    "trace_practitioners": "88692a97525459c7784188aaebe299b30a77b90923d6ef00e189586a2433c2ec",
    "summary_starts": "b28cec85b75b67003899896b745606723373929278825271144f35535995fd03",
}
"""What they were when 0 stood for 'never': with zeros put back they must come out again, so that no other column moved."""
REPLICATES, MONTHS = 3, 84


@pytest.mark.engine
@pytest.mark.parametrize("engine", ["compiled", "mesa"])
def test_hashes_of_the_nine_services_hold_everywhere(engine, tmp_path):
    asked = {"replicates": REPLICATES, "months": MONTHS, "engine": engine, "ensemble": None, "figures": False}  # default values
    done = run("nine-services", seed=7, out=tmp_path / "run", **asked)
    found = {name: table["data_hash"] for name, table in done.manifest["tables"].items() if name in GOLDEN}
    assert found == GOLDEN
    rows = done.services_monthly
    assert len(rows) == 9 * MONTHS * REPLICATES
    # Control: another seed gives other hashes.
    other = run("nine-services", seed=8, out=tmp_path / "other", **asked)
    assert all(other.manifest["tables"][name]["data_hash"] != value for name, value in GOLDEN.items())


def hash_of(table, frame):
    """Data hash of a table's rows, from its DataFrame."""
    rows = {
        column.name: (frame[column.name].cat.codes if column.categories else frame[column.name]).to_numpy(column.dtype)
        for column in table.columns
    }
    digest = TableHash(table)
    digest.update(rows)
    return digest.digest()


@pytest.mark.engine
def test_what_never_happened_is_missing_and_no_other_column_moved(tmp_path):
    asked = {"replicates": REPLICATES, "months": MONTHS, "ensemble": None, "figures": False}  # default values
    done = run("nine-services", seed=7, out=tmp_path / "run", **asked)
    assert {name: done.manifest["tables"][name]["data_hash"] for name in EVENTS} == EVENTS
    for name in EVENTS:
        table, frame = (
            read_declaration(tmp_path / "run" / done.manifest["tables"][name]["file"]),
            read_table(tmp_path / "run", name),
        )
        months = [column.name for column in table.columns if column.unit == "month" and column.name not in table.key]
        assert frame[months].min().min() >= 1.0
        assert name == "summary_starts" or frame[months].isna().any().all()
        whole = [replace(column, dtype="i4") if column.name in months else column for column in table.columns]
        before = replace(table, columns=tuple(whole))
        zeros = frame.fillna(dict.fromkeys(months, 0))
        assert hash_of(before, zeros) == EVENTS_WITH_ZEROS[name]
        # Control: one month that is another, and the hash is another.
        other = zeros.copy()
        other.loc[0, months[0]] += 1
        assert hash_of(before, other) != EVENTS_WITH_ZEROS[name]
    ended = done.services_end
    never = ended["first_abandoned_month"].isna()
    np.testing.assert_array_equal(never, ended["months_abandoned"] == 0)
