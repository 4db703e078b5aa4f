"""Tables are written as declared, hashed on the way and described in a codebook."""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.columns import Table
from sim.store import writer as writer_module
from sim.store.hashing import TableHash, file_hash
from sim.store.reader import data_hash_of, read_declaration
from sim.store.writer import TableWriter, write_codebook, write_table

pytestmark = pytest.mark.portable

Rows = dict[str, np.ndarray]


def part(rows: Rows, start: int, stop: int) -> Rows:
    return {name: array[start:stop] for name, array in rows.items()}


def test_record_says_what_was_written(tmp_path: Path, table: Table, rows: Rows) -> None:
    running = TableHash(table)
    running.update(rows)
    record = write_table(tmp_path, table, rows)
    path = tmp_path / "tables" / "service_months.parquet"
    assert (record.name, record.rows, record.file) == ("service_months", 70, "tables/service_months.parquet")
    assert record.data_hash == running.digest() == data_hash_of(path)
    assert (record.file_hash, record.bytes) == (file_hash(path), path.stat().st_size)
    assert record.csv == record.csv_hash == ""


@pytest.mark.parametrize("group", [1, 13, 70, 1000])
def test_batches_and_row_groups_change_no_data(tmp_path: Path, table: Table, rows: Rows, monkeypatch, group: int) -> None:
    expected = write_table(tmp_path / "one", table, rows)
    monkeypatch.setattr(writer_module, "ROW_GROUP", group)
    with TableWriter(tmp_path / "two", table) as writer:
        for start in range(0, 70, 9):
            writer.write(part(rows, start, start + 9))
    record = writer.close()
    assert record.data_hash == expected.data_hash
    assert pq.read_metadata(tmp_path / "two" / record.file).num_row_groups == math.ceil(70 / group)
    changed = rows | {"fidelity": np.nextafter(rows["fidelity"], 9)}
    assert write_table(tmp_path / "three", table, changed).data_hash != expected.data_hash


def test_room_grows_with_the_rows_and_changes_no_byte(tmp_path: Path, table: Table, rows: Rows, monkeypatch) -> None:
    def written(name: str, first: int) -> tuple[object, int, int]:
        monkeypatch.setattr(writer_module, "FIRST_ROWS", first)
        with TableWriter(tmp_path / name, table) as writer:
            before = sum(one.nbytes for one in writer._buffer.values())
            for start in range(0, 70, 9):
                writer.write(part(rows, start, start + 9))
            after = sum(one.nbytes for one in writer._buffer.values())
        return writer.close(), before, after

    usual, before, after = written("usual", writer_module.FIRST_ROWS)
    assert before == after < 1_000_000
    grown, small, large = written("grown", 1)
    assert small * 70 <= large <= small * 144
    whole, at_once, _ = written("whole", writer_module.ROW_GROUP)
    assert at_once > 100 * before  # the control: as it was
    assert usual == grown == whole
    bytes_of = [(tmp_path / name / "tables" / "service_months.parquet").read_bytes() for name in ("usual", "grown", "whole")]
    assert len(set(bytes_of)) == 1


def test_same_batches_in_other_sizes_give_the_same_bytes(tmp_path: Path, table: Table, rows: Rows) -> None:
    whole = write_table(tmp_path / "one", table, rows)
    with TableWriter(tmp_path / "two", table) as writer:
        writer.write(part(rows, 0, 11))
        writer.write(part(rows, 11, 11))
        writer.write(part(rows, 11, 70))
    assert writer.close() == whole


def test_parquet_carries_types_units_meanings_and_the_declaration(tmp_path: Path, table: Table, rows: Rows) -> None:
    record = write_table(tmp_path, table, rows)
    schema = pq.read_schema(tmp_path / record.file)
    assert [str(field.type).split("<")[0] for field in schema] == ["int32", "dictionary", "int64", "dictionary", "double"]
    assert schema.field("fidelity").metadata == {b"unit": b"1-5", b"meaning": b"True fidelity | mean."}
    assert schema.metadata[b"meaning"] == b"One row a service and month."
    assert read_declaration(tmp_path / record.file) == table
    # Any reader of Parquet sees labels, not codes.
    stored = pq.read_table(tmp_path / record.file)
    assert stored["service"].to_pylist()[7] == 'B, "quoted"'


def test_stored_values_are_the_normalised_ones(tmp_path: Path, table: Table, rows: Rows) -> None:
    rows["fidelity"][:2] = [-0.0, np.nan]
    record = write_table(tmp_path, table, rows)
    stored = pq.read_table(tmp_path / record.file)["fidelity"]
    assert stored.null_count == 0
    assert math.copysign(1, stored[0].as_py()) == 1
    assert math.isnan(stored[1].as_py())


def test_csv_holds_the_labels_and_every_digit(tmp_path: Path, table: Table, rows: Rows) -> None:
    record = write_table(tmp_path, table, rows, csv=True)
    assert record.csv_hash == file_hash(tmp_path / record.csv)
    with (tmp_path / record.csv).open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert [line["service"] for line in lines[::35]] == ["Ålesund", 'B, "quoted"']
    assert [float(line["fidelity"]) for line in lines] == rows["fidelity"].tolist()


def test_an_empty_table_can_be_written_and_read(tmp_path: Path, table: Table) -> None:
    with TableWriter(tmp_path, table, csv=True) as writer:
        pass
    assert writer.close().rows == 0
    assert data_hash_of(tmp_path / writer.close().file) == TableHash(table).digest()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda r: {k: v for k, v in r.items() if k != "month"}, ValueError, r"missing: \['month'\]"),
        (lambda r: r | {"extra": r["month"]}, ValueError, r"not declared: \['extra'\]"),
        (lambda r: r | {"month": r["month"].astype("i4")}, TypeError, "'month' is declared 'i8', found int32"),
        (lambda r: r | {"status": r["status"].astype("f8")}, TypeError, "'status' is declared 'i1', found float64"),
        (lambda r: r | {"fidelity": r["fidelity"].astype(">f8")}, TypeError, "'fidelity' is declared 'f8', found >f8"),
        (lambda r: r | {"fidelity": r["fidelity"].tolist()}, TypeError, "found list"),
        (lambda r: r | {"fidelity": r["fidelity"][:-1]}, ValueError, "of one length"),
        (lambda r: r | {"status": np.full(70, 3, "i1")}, ValueError, "codes from 3 to 3, its categories are 0 to 2"),
        (lambda r: r | {"status": np.full(70, -1, "i1")}, ValueError, "codes from -1 to -1"),
        (lambda r: {k: v[::-1] for k, v in r.items()}, ValueError, r"out of key order .*\(4, 1, 6\) is followed by \(4, 1, 5\)"),
        (lambda r: {k: np.repeat(v, 2) for k, v in r.items()}, ValueError, r"\(0, 0, 0\) is followed by \(0, 0, 0\)"),
    ],
)
def test_other_than_declared_is_refused_and_leaves_no_trace(
    tmp_path: Path, table: Table, rows: Rows, change, error, message
) -> None:
    with TableWriter(tmp_path, table) as writer:
        with pytest.raises(error, match=message):
            writer.write(change(rows))
        writer.write(rows)
    assert writer.close().data_hash == write_table(tmp_path / "other", table, rows).data_hash


def test_key_order_is_checked_across_batches(tmp_path: Path, table: Table, rows: Rows) -> None:
    with TableWriter(tmp_path, table) as writer:
        writer.write(part(rows, 0, 20))
        for start in (19, 0):  # the last row again; from the start again
            with pytest.raises(ValueError, match="out of key order"):
                writer.write(part(rows, start, 40))
        writer.write(part(rows, 20, 70))
    assert writer.close().rows == 70
    with pytest.raises(ValueError, match="after it was closed"):
        writer.write(rows)


def test_an_exception_closes_the_files(tmp_path: Path, table: Table, rows: Rows) -> None:
    writer = TableWriter(tmp_path, table, csv=True)

    def interrupted() -> None:
        with writer:
            writer.write(rows)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not writer._parquet.is_open


def test_codebook_names_every_column(tmp_path: Path, table: Table) -> None:
    second = replace(
        table, name="practitioners", columns=(replace(table.columns[1], categories=tuple("abcdefghijklmn")), *table.columns[2:])
    )
    second = replace(second, key=("service",))
    assert write_codebook(tmp_path, [table, second]) == ("codebook.csv", "codebook.md")
    with (tmp_path / "codebook.csv").open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert [(line["table"], line["column"]) for line in lines] == [(t.name, name) for t in (table, second) for name in t.names]
    assert lines[1]["categories"] == 'Ålesund | B, "quoted" | never used'
    assert [line["key"] for line in lines[:5]] == ["1", "2", "3", "", ""]
    text = (tmp_path / "codebook.md").read_text(encoding="utf-8")
    assert "| `fidelity` |  | float64 | 1-5 | True fidelity \\| mean. |" in text
    assert "Labels: a, b, c, … (14 labels)" in text


def test_declaration_is_plain_json(table: Table) -> None:
    assert json.loads(writer_module.declaration_json(table))["columns"][4]["unit"] == "1-5"
