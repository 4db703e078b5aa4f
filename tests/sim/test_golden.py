"""One run's data hashes, pinned: they must hold on every machine, Python and library version that the project supports.

A golden number can pin a mistake, so each has an oracle beside it: the other engine gives the same hash, and the counts that
can be checked by hand hold. When results change on purpose, the changelog says "Results change" and the hashes are set anew.
"""

from dataclasses import replace

import numpy as np
import pytest

from sim.history.tables import MISSING_UNTIL
from sim.runs import run
from sim.store.hashing import TableHash
from sim.store.reader import read_declaration, read_table

pytestmark = pytest.mark.portable

GOLDEN = {
    "services_monthly": "92d7305f2a06675a7c701721cfab9e4f9b3550e7dec4e6850455977c69c81c88",
    "practitioners_end": "c26a538c2d2a164f87da54e64ec6f39135e7493881b3ba3886f8a20f4e5c3150",
}
EVENTS = {
    "services_end": "5957673891ba87ebc5b5597ca20e86df2a3c51ce706714f1baa1632cd12af7e2",
    "trace_services": "453933f17823d2de4f7710e5d762575090d183b7aeee65a79d03b36a1edac61c",
}
"""Tables with months of events, which are missing where the event never happened."""
EVENTS_WITH_ZEROS = {
    "services_end": "6ead56516e17dac64185acf62a47cde823f8b8ccd292bd67aab348d1bb1b9805",
    "trace_services": "acd7e7e3e02808fb3716d5b0d285957b27f6a302d118cd7d4467d38bc2ef2a44",
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
        assert {0.0} == set(frame[list(MISSING_UNTIL)].fillna(0.0).min())
        assert frame[list(MISSING_UNTIL)].min().min() >= 1.0
        whole = [replace(one, dtype="i4") if one.name in MISSING_UNTIL else one for one in table.columns]
        before = replace(table, columns=tuple(whole))
        assert hash_of(before, frame.fillna(dict.fromkeys(MISSING_UNTIL, 0))) == EVENTS_WITH_ZEROS[name]
        # Control: one month that is another, and the hash is another.
        other = frame.fillna(dict.fromkeys(MISSING_UNTIL, 0))
        other.loc[0, MISSING_UNTIL[0]] += 1
        assert hash_of(before, other) != EVENTS_WITH_ZEROS[name]
    ended = done.services_end
    never = ended["first_abandoned_month"].isna()
    np.testing.assert_array_equal(never, ended["months_abandoned"] == 0)
