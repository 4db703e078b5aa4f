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
    "services_monthly": "cc70e3e6e4cd7cda971e1d0a9522b0c1487d88c27abb96cbfc0f3e1f5ba7f815",
    "practitioners_end": "a1529d9ed0edaa523deb375cda7e4cc791dd2acff282c6f773887f5a1242f5f9",
}
EVENTS = {
    "services_end": "12d88de5740062a2857620deda6f9d72e82618b87a4f1be7c4b2607f3d7a8599",
    "trace_services": "a9bf610ddff753039a4dc01f6fc647bebcc3924960b962014a4cad441963001a",
    "practitioners_end": GOLDEN["practitioners_end"],
    "trace_practitioners": "d1fc95aef902a5ae981c809614accba0d13f0d5c9a0082de2a78fd964ed3a7c7",
    "summary_starts": "a57d87178864b27211f1995d2e9985b7c8b4afe9f326d6e89b2a5eb661cc3efa",
}
"""Tables with months of events, which are missing where the event never happened."""
EVENTS_WITH_ZEROS = {
    "services_end": "b55948ad2f40dc587768570200ae9d651fe541c1669d0dd0e1ba079db3f3c66e",
    "trace_services": "9fc245966857393ecbf7dfa3d4143170551b210312b335d3940e5550b3aa86a6",
    "practitioners_end": "21fe72fcd72813e8a3184f7bbba10271f349dfdfa57759aa6254c7995c22eb34",
    "trace_practitioners": "e94a4bf71835412c4743fb10b581b24bf420fba173f9cebb54ebda08e37aa188",
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
