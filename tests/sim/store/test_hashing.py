"""The data hash tells equal data from unequal data and nothing else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.columns import Column, Table
from sim.store.hashing import SCHEMA_VERSION, TableHash, canonical_json, check_declaration, code_identity, file_hash, text_hash

pytestmark = pytest.mark.portable

Rows = dict[str, np.ndarray]


def hash_of(table: Table, rows: Rows, *, size: int | None = None) -> str:
    running = TableHash(table)
    count = len(next(iter(rows.values())))
    for start in range(0, count, size or max(count, 1)):
        running.update({name: array[start : start + (size or count)] for name, array in rows.items()})
    return running.digest()


def with_column(table: Table, index: int, **changes: object) -> Table:
    columns = list(table.columns)
    columns[index] = replace(columns[index], **changes)
    return replace(table, columns=tuple(columns))


@pytest.mark.parametrize("size", [1, 3, 14, 69, 70])
def test_hash_does_not_depend_on_batches(table: Table, rows: Rows, size: int) -> None:
    assert hash_of(table, rows, size=size) == hash_of(table, rows)


def test_hash_does_not_depend_on_memory_layout_or_order_of_the_mapping(table: Table, rows: Rows) -> None:
    strided = {name: np.repeat(array, 2)[::2] for name, array in reversed(rows.items())}
    assert not strided["fidelity"].flags.c_contiguous
    assert hash_of(table, strided) == hash_of(table, rows)


def test_hash_of_a_known_table_by_hand() -> None:
    import hashlib
    import json
    import struct

    table = Table("t", ("k",), (Column("k", "i2", "", ""), Column("x", "f8", "", ""), Column("c", "i1", "", "", ("a", "b"))), "")
    rows = {"k": np.array([1, 258], "i2"), "x": np.array([-0.0, np.nan]), "c": np.array([1, 0], "i1")}
    values = [struct.pack("<hh", 1, 258), struct.pack("<dQ", 0.0, 0x7FF8000000000000), b"\x01\x00"]
    columns = [
        {"name": name, "type": kind, "categories": labels, "values": hashlib.sha256(content).hexdigest()}
        for (name, kind, labels), content in zip([("k", "i2", []), ("x", "f8", []), ("c", "i1", ["a", "b"])], values, strict=True)
    ]
    header = {"columns": columns, "schema": SCHEMA_VERSION, "table": "t"}
    expected = hashlib.sha256(json.dumps(header, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    assert expected == hash_of(table, rows)


@pytest.mark.parametrize("name", ["status", "fidelity", "month"])
def test_hash_sees_the_least_change_of_a_value(table: Table, rows: Rows, name: str) -> None:
    changed = rows[name].copy()
    if name == "fidelity":
        changed[40] = np.nextafter(changed[40], 9)
    elif name == "status":
        changed[40] = (changed[40] + 1) % 3
    else:
        changed[69] += 1
    assert hash_of(table, rows | {name: changed}) != hash_of(table, rows)


@pytest.mark.parametrize(
    "changes",
    [{"name": "fidelity_mean"}, {"dtype": "i8"}, {"categories": ("full use", "stopped", "waiting")}],
    ids=["renamed", "int8 against int64", "labels exchanged"],
)
def test_hash_sees_a_changed_declaration(table: Table, rows: Rows, changes: dict) -> None:
    index = 4 if "name" in changes else 3
    changed = with_column(table, index, **changes)
    other = {column.name: rows[old].astype(column.dtype) for column, old in zip(changed.columns, table.names, strict=True)}
    assert hash_of(changed, other) != hash_of(table, rows)


def test_hash_sees_the_tables_name_but_not_what_is_said_of_it(table: Table, rows: Rows) -> None:
    assert hash_of(replace(table, name="other"), rows) != hash_of(table, rows)
    reworded = with_column(replace(table, meaning="Said better."), 4, unit="points", meaning="Said better.")
    assert hash_of(reworded, rows) == hash_of(table, rows)


def test_zeros_and_unknowns_are_normalised_and_infinities_are_not(table: Table, rows: Rows) -> None:
    def with_values(*values: float) -> str:
        changed = rows["fidelity"].copy()
        changed[: len(values)] = values
        return hash_of(table, rows | {"fidelity": changed})

    other_nan, signalling = np.array([0xFFF8000000000123, 0x7FF0000000000001], "u8").view("f8")
    assert with_values(-0.0, other_nan, signalling) == with_values(0.0, np.nan, np.nan)
    assert with_values(0.0) != with_values(np.nextafter(0, 1))
    assert with_values(np.inf) != with_values(-np.inf)
    assert with_values(np.inf) != with_values(np.nan)


def test_updating_changes_nothing_in_the_callers_arrays(table: Table, rows: Rows) -> None:
    rows["fidelity"][0] = -0.0
    before = rows["fidelity"].tobytes()
    hash_of(table, rows)
    assert before == rows["fidelity"].tobytes()


def test_an_empty_table_has_a_hash_of_its_own(table: Table, rows: Rows) -> None:
    running = TableHash(table)
    assert running.digest() != hash_of(table, rows)
    running.update(table.empty(0))
    assert running.digest() == TableHash(table).digest()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: replace(t, name="Service Months"), "lower case"),
        (lambda t: replace(t, columns=()), "no columns"),
        (lambda t: replace(t, key=()), "no key"),
        (lambda t: replace(t, key=("week",)), "'week' is not a column"),
        (lambda t: replace(t, key=("fidelity",)), "is a float"),
        (lambda t: replace(t, columns=(*t.columns, t.columns[0])), "declared twice"),
        (lambda t: with_column(t, 4, dtype="f4"), "not one of i1"),
        (lambda t: with_column(t, 4, categories=("a",)), "has categories but is a float"),
        (lambda t: with_column(t, 3, categories=("a", "a")), "a category twice"),
        (lambda t: with_column(t, 3, categories=tuple(map(str, range(129)))), "too many for 'i1'"),
    ],
)
def test_faulty_declarations_are_refused(table: Table, change, message: str) -> None:
    check_declaration(table)
    with pytest.raises(ValueError, match=message):
        check_declaration(change(table))


def test_code_identity_follows_sources_and_parameters_only(tmp_path: Path) -> None:
    package = tmp_path / "one" / "sim"
    (package / "months").mkdir(parents=True)
    (package / "rules.py").write_bytes(b"a = 1\nb = 2\n")
    (package / "parameters.toml").write_bytes(b"x = 1\n")
    (package / "months" / "leader.py").write_bytes(b"c = 3\n")
    first = code_identity(package)
    (package / "report.html.j2").write_bytes(b"<p>")
    for folder in ("__pycache__", "_scenarios"):
        (package / folder).mkdir()
        (package / folder / "left_out.py").write_bytes(b"d = 4\n")
    (package / "rules.py").write_bytes(b"a = 1\r\nb = 2\r\n")
    assert code_identity(package) == first
    moved = tmp_path / "__pycache__" / "two"
    package.rename(moved.parent.mkdir() or moved)
    assert code_identity(moved) == first
    for name, content in [("rules.py", b"a = 1\nb = 3\n"), ("parameters.toml", b"x = 2\n"), ("new.py", b"")]:
        old = (moved / name).read_bytes() if (moved / name).exists() else None
        (moved / name).write_bytes(content)
        assert code_identity(moved) != first, name
        (moved / name).unlink() if old is None else (moved / name).write_bytes(old)
    (moved / "months" / "leader.py").rename(moved / "leader.py")
    assert code_identity(moved) != first


def test_code_identity_of_this_package_is_stable() -> None:
    assert code_identity() == code_identity()
    assert len(code_identity()) == 64


def test_texts_and_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x\ny")
    assert file_hash(tmp_path / "a") == text_hash("x\r\ny") == text_hash("x\ny")
    assert text_hash("x\n\ny") != text_hash("x\ny")


def test_canonical_json_has_one_form_and_no_nan() -> None:
    assert canonical_json({"b": 1, "a": "å"}) == canonical_json({"a": "å", "b": 1}) == '{"a":"å","b":1}'.encode()
    with pytest.raises(ValueError, match="Out of range float"):
        canonical_json({"a": float("nan")})
