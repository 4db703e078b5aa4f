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
    "services_monthly": "168d1e3af6a591f1f8ea87b50495c736bc349a27fcd8e9d7af7003071b838d78",
    "practitioners_end": "3b1c79f832fd9e6ecbe6bf02e0dd73d893daa4fcddb88a540e906a5c91b2036b",
}
EVENTS = {
    "services_end": "1fd6397f6b7ad0996cd3396ab9dd6784cc058d3c0b42e02ffd887c66dea9a108",
    "trace_services": "859c181c4072f8e6c04150a4424403b16cdb620db0a8c0d3f6a575dc6165a02b",
    "practitioners_end": GOLDEN["practitioners_end"],
    "trace_practitioners": "13ebc3b6aa2d58f2d1c8619da18762ba3302240d45dbb41a240291b3e51fe8a9",
    "summary_starts": "a57d87178864b27211f1995d2e9985b7c8b4afe9f326d6e89b2a5eb661cc3efa",
}
"""Tables with months of events, which are missing where the event never happened."""
EVENTS_WITH_ZEROS = {
    "services_end": "b91b2bcfe0b3a466ae39705363a2e562fc31f488236b39ecab50eda9b9aa677e",
    "trace_services": "97ed40a30235d7e0b60d94577f8489f8edd7103cbe10a4a84831494b97131926",
    "practitioners_end": "b5a0e2ad414f938c0584adc2d599d9c845bd4b4f8154ceaf9a20bce493d2b830",
    "trace_practitioners": "c48c5b546660d7c74d85d1992624a1c26728143b3c53f6112085e57c93f8b92b",
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
