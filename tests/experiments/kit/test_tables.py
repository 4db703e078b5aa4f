"""Tables as they are written: words become codes, rows come in the order of the key, what is not defined is empty."""

import numpy as np
import pytest

from experiments.kit.tables import NO_YES, columns_of, csv_text
from sim.columns import Column, Table
from sim.store.hashing import check_batch

TABLE = Table(
    "made",
    ("place", "number"),
    (
        Column("place", "i2", "category", "Where.", ("here", "there")),
        Column("number", "i4", "number", "Which."),
        Column("so", "i1", "category", "Whether it is so.", NO_YES),
        Column("share", "f8", "share 0-1", "How much."),
    ),
    "Made up.",
)


def test_rows_become_columns_of_the_declared_types_in_the_order_of_the_key() -> None:
    rows = [
        {"place": "there", "number": 1, "so": True, "share": 0.5},
        {"place": "here", "number": 2, "so": "no", "share": np.nan},
        {"place": 0, "number": 1, "so": np.int8(1), "share": 0.25, "more": "is passed over"},
    ]
    found = columns_of(TABLE, rows)
    assert check_batch(TABLE, found) == 3
    assert found["place"].tolist() == [0, 0, 1]
    assert found["number"].tolist() == [1, 2, 1]
    assert found["so"].tolist() == [1, 0, 1]
    assert np.array_equal(found["share"], [0.25, np.nan, 0.5], equal_nan=True)
    assert check_batch(TABLE, columns_of(TABLE, [])) == 0


@pytest.mark.parametrize("row", [{"place": "nowhere", "number": 1, "so": True, "share": 0.5}, {"place": "here"}])
def test_a_word_that_is_no_category_and_a_column_that_is_missing_are_errors(row: dict[str, object]) -> None:
    with pytest.raises(KeyError):
        columns_of(TABLE, [row])


def test_csv_has_the_digits_asked_for_and_nothing_where_nothing_is_defined() -> None:
    rows = [("a, b", 1, 1234567.891, None), (True, 0, np.float64(0.1) + 0.2, np.nan)]
    assert csv_text(("w", "x", "y", "z"), rows) == 'w,x,y,z\n"a, b",1,1.23457e+06,\nTrue,0,0.3,\n'
    assert csv_text(("w", "x", "y", "z"), rows, digits=3) == 'w,x,y,z\n"a, b",1,1.23e+06,\nTrue,0,0.3,\n'
    assert csv_text(("y",), [(0.1 + 0.2,)], digits=None) == "y\n0.30000000000000004\n"
