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
    "services_monthly": "3b5ed99ae9cd34be012762f6e2e0975acb79f1c5892ebf69ca10795559248eb0",
    "practitioners_end": "b92f95b72dbda664cd0b768346781935a68681bbe0f7f50e470af3717d1d100f",
}
EVENTS = {
    "services_end": "3477696885979ebe0aab058ab6c75a53f99a7b1c58c1aae54644556a03ab4c41",
    "trace_services": "ec17d5f641915f8ca66d248d30f34164f2b68b68fec15330e3b8c09467c46a38",
    "practitioners_end": GOLDEN["practitioners_end"],
    "trace_practitioners": "089337ca66d3ead24776694eb7f63a4ae58d56aeb8f641f7ee581f19a6c29a20",
    "summary_starts": "7d158bb8217607090ca04613dd83720768397ab7e76cfb1e34e0fea09d03f8cb",
}
"""Tables with months of events, which are missing where the event never happened."""
EVENTS_WITH_ZEROS = {
    "services_end": "c1e41ba75dc0daf9ae0c985793666b5156ba02bc9945a8b28a12e00621d5a59a",
    "trace_services": "a18984ae911db471016bdd7554c942dde9db9201fa2b8e575a2d95adc66fd937",
    "practitioners_end": "759796c8793bbe2fcc3f8b048e73fae71cdf1c4af427f92ae5ef3d8e47e5068a",
    "trace_practitioners": "2e9d438c6f60f2e3748a3a574fcc3176688b2e60ec9b98f363f05f7214526120",
    "summary_starts": "fa434f3997ac2f0144e4a908295a69898407b88ff693066c2070515b46013e7b",
}
"""What they were when 0 stood for 'never': with zeros put back they must come out again, so that no other column moved."""
REPLICATES, MONTHS = 3, 84


@pytest.mark.engine
@pytest.mark.uncounted
@pytest.mark.parametrize("engine", ["compiled", "mesa"])
def test_hashes_of_the_nine_services_hold_everywhere(engine, tmp_path):
    asked = {"replicates": REPLICATES, "months": MONTHS, "engine": engine, "ensemble": None, "figures": False}  # default values
    done = run("nine-services", seed=7, out=tmp_path / "run", **asked)
    found = {name: table["data_hash"] for name, table in done.manifest["tables"].items() if name in GOLDEN}
    assert found == GOLDEN
    rows = done.services_monthly
    assert len(rows) == 9 * MONTHS * REPLICATES
    # Control: another seed gives other hashes, by the quicker engine.
    other = run("nine-services", seed=8, out=tmp_path / "other", **(asked | {"engine": "compiled"}))
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
