"""Writing declared tables: Parquet (CSV beside it on request), the data hash taken on the way, and the codebook."""

import csv as csv_format
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from sim import markdown
from sim.columns import Column, Table
from sim.markdown import code, literal
from sim.store.hashing import SCHEMA_VERSION, KeyOrder, TableHash, check_batch, file_hash, normalise_into

TABLES: Final = "tables"
"""Folder of the tables in a results folder."""

ROW_GROUP: Final = 131_072
"""Rows of a Parquet row group. Batches are gathered to this size, so that the file does not depend on them either."""

FIRST_ROWS: Final = 1_024
"""Rows for which there is room at the beginning."""

_MANY_CATEGORIES: Final = 12


@dataclass(frozen=True)
class TableRecord:
    """What was written of one table.

    Attributes
    ----------
    name : str
    rows : int
    data_hash : str
        Hash of the data, independent of the file; see ``sim.store.hashing``.
    file : str
        Relative to the results folder, with forward slashes.
    file_hash : str
        SHA-256 of the Parquet file.
    bytes : int
        Size of the Parquet file.
    meaning : str
    csv, csv_hash : str
        File and hash of the CSV copy; empty without one.
    """

    name: str
    rows: int
    data_hash: str
    file: str
    file_hash: str
    bytes: int
    meaning: str = ""
    csv: str = ""
    csv_hash: str = ""


def declaration_json(table: Table) -> str:
    """Declaration of a table as JSON, as the Parquet file carries it; ``sim.store.reader`` reads it back."""
    return json.dumps(asdict(table), ensure_ascii=False)


@lru_cache(maxsize=64)
def arrow_schema(table: Table) -> Any:
    """Arrow schema of a table: declared types, units and meanings.

    Returns
    -------
    pyarrow.Schema
        Every field carries ``unit`` and ``meaning``; the schema carries ``table``, ``meaning``, ``schema_version`` and the
        whole ``declaration``.
    """
    import pyarrow as pa

    fields = []
    for column in table.columns:
        plain = pa.from_numpy_dtype(np.dtype(column.dtype))
        kind = pa.dictionary(plain, pa.string()) if column.categories else plain
        fields.append(pa.field(column.name, kind, nullable=False, metadata={"unit": column.unit, "meaning": column.meaning}))
    about = {
        "table": table.name,
        "meaning": table.meaning,
        "schema_version": str(SCHEMA_VERSION),
        "declaration": declaration_json(table),
    }
    return pa.schema(fields, metadata=about)


def open_parquet(where: Any, table: Table, schema: Any) -> Any:
    """Parquet writer of a declared table, the same wherever its bytes go.

    Parameters
    ----------
    where : pathlib.Path or pyarrow.NativeFile
        File, or a stream in memory.
    table : Table
    schema : pyarrow.Schema
        As ``arrow_schema`` gives it.

    Returns
    -------
    pyarrow.parquet.ParquetWriter

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    import pyarrow.parquet as pq
    from pyarrow.fs import LocalFileSystem

    # Measured on one core: zstd at its lowest level over byte-split floats is as fast as no compression at all.
    floats = [column.name for column in table.columns if column.dtype == "f8"]
    return pq.ParquetWriter(
        where,
        schema,
        # a name with a colon is a file, not an address of another system
        filesystem=LocalFileSystem() if isinstance(where, Path) else None,
        compression="zstd",
        compression_level=1,
        use_dictionary=[column.name for column in table.columns if column.dtype != "f8"],
        use_byte_stream_split=floats or False,
    )


def write_group(parquet: Any, table: Table, schema: Any, values: Mapping[str, np.ndarray]) -> Any:
    """Store checked, normalised rows as one row group.

    Parameters
    ----------
    parquet : pyarrow.parquet.ParquetWriter
        As ``open_parquet`` gives it.
    table : Table
    schema : pyarrow.Schema
    values : mapping of str to numpy.ndarray
        One array a column, each of shape (rows,), rows at most ROW_GROUP.

    Returns
    -------
    pyarrow.Table
        The rows, sharing memory with ``values``.
    """
    import pyarrow as pa

    group = pa.Table.from_arrays([_arrow(column, values[column.name]) for column in table.columns], schema=schema)
    parquet.write_table(group, row_group_size=ROW_GROUP)
    return group


def _without_nan(group: Any) -> Any:
    """Rows with NaN as missing: an empty cell in CSV, which no program takes for a text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for at, field in enumerate(group.schema):
        if pa.types.is_floating(field.type):
            values = group.column(at)
            group = group.set_column(at, field.name, pc.if_else(pc.is_nan(values), None, values))
    return group


def _arrow(column: Column, values: np.ndarray) -> Any:
    """Arrow array of a column, sharing its memory."""
    import pyarrow as pa

    array = pa.array(values, from_pandas=False)
    if column.categories:  # codes were checked
        return pa.DictionaryArray.from_arrays(array, pa.array(column.categories, pa.string()), safe=False)
    return array


class TableWriter:
    """Writes one table, batch by batch, and hashes its data on the way.

    Used as a context manager or closed by hand; ``close`` gives the record.

    Parameters
    ----------
    folder : pathlib.Path
        Results folder; the table goes to ``tables/NAME.parquet`` in it.
    table : Table
    csv : bool
        Also write ``tables/NAME.csv``.
    parameter_values : str
        Which parameter values the replicates have, in words, for the metadata of the file; none unless given.

    Raises
    ------
    ValueError
        When the declaration is faulty.
    OSError
        When the file cannot be written.
    """

    def __init__(self, folder: Path, table: Table, *, csv: bool = False, parameter_values: str = "") -> None:
        import pyarrow as pa
        import pyarrow.csv as pa_csv

        self._hash = TableHash(table)  # first: it checks the declaration
        self.table = table
        self._folder = Path(folder)
        self._file = f"{TABLES}/{table.name}.parquet"
        self._csv_file = f"{TABLES}/{table.name}.csv" if csv else ""
        self._order = KeyOrder(table)
        self._buffer = {column.name: np.empty(FIRST_ROWS, column.dtype) for column in table.columns}
        self._filled = 0
        self._rows = 0
        self._record: TableRecord | None = None
        schema = arrow_schema(table)
        self._schema = (
            schema.with_metadata({**schema.metadata, "parameter_values": parameter_values}) if parameter_values else schema
        )
        (self._folder / TABLES).mkdir(parents=True, exist_ok=True)
        self._parquet = open_parquet(self._folder / self._file, table, self._schema)
        # In CSV, categories are written as their labels.
        labelled = {column.name for column in table.columns if column.categories}
        self._csv_schema = pa.schema([pa.field(f.name, pa.string() if f.name in labelled else f.type) for f in self._schema])
        self._csv = pa_csv.CSVWriter(self._folder / self._csv_file, self._csv_schema) if csv else None

    def write(self, batch: Mapping[str, np.ndarray]) -> None:
        """Add rows; names, types and key order are checked first, so a refused batch leaves no trace.

        Parameters
        ----------
        batch : mapping of str to numpy.ndarray
            One array a column, each of shape (rows,), of the declared type exactly.

        Raises
        ------
        ValueError, TypeError
            For other names, lengths, codes or types than declared, or rows out of key order.
        """
        if self._record is not None:
            raise ValueError(f"table '{self.table.name}': written to after it was closed")
        rows = check_batch(self.table, batch)
        self._order.check(batch)
        done = 0
        while done < rows:
            take = min(rows - done, ROW_GROUP - self._filled)
            self._make_room(self._filled + take)
            for name, buffer in self._buffer.items():
                normalise_into(buffer[self._filled : self._filled + take], batch[name][done : done + take])
            self._filled += take
            done += take
            if self._filled == ROW_GROUP:
                self._flush()

    def _make_room(self, rows: int) -> None:
        """Let the buffers hold so many rows: they grow by doubling, so that a small table asks for little memory."""
        for name, buffer in self._buffer.items():
            if len(buffer) < rows:
                larger = np.empty(min(max(rows, 2 * len(buffer)), ROW_GROUP), buffer.dtype)
                larger[: self._filled] = buffer[: self._filled]
                self._buffer[name] = larger

    def _flush(self) -> None:
        """Hash and store the rows gathered so far as one row group."""
        values = {name: buffer[: self._filled] for name, buffer in self._buffer.items()}
        self._hash.update_normal(values)
        group = write_group(self._parquet, self.table, self._schema, values)
        if self._csv is not None:
            self._csv.write_table(_without_nan(group).cast(self._csv_schema))
        self._rows += self._filled
        self._filled = 0

    def close(self) -> TableRecord:
        """Write what is left and return the record; closing again returns it again."""
        if self._record is not None:
            return self._record
        if self._filled:
            self._flush()
        self._close_files()
        path = self._folder / self._file
        self._record = TableRecord(
            name=self.table.name,
            rows=self._rows,
            data_hash=self._hash.digest(),
            file=self._file,
            file_hash=file_hash(path),
            bytes=path.stat().st_size,
            meaning=self.table.meaning,
            csv=self._csv_file,
            csv_hash=file_hash(self._folder / self._csv_file) if self._csv_file else "",
        )
        return self._record

    def _close_files(self) -> None:
        """Close the files, so that also Windows lets the folder be renamed or removed."""
        self._parquet.close()
        if self._csv is not None:
            self._csv.close()

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close; after an exception without a record."""
        if kind is None:
            self.close()
        elif self._record is None:
            self._close_files()


def write_table(
    folder: Path, table: Table, batch: Mapping[str, np.ndarray], *, csv: bool = False, parameter_values: str = ""
) -> TableRecord:
    """Write a table that is there as a whole.

    Parameters
    ----------
    folder : pathlib.Path
        Results folder.
    table : Table
    batch : mapping of str to numpy.ndarray
        All rows, in key order.
    csv : bool
        Also write CSV.
    parameter_values : str
        As :class:`TableWriter` takes it.
    """
    with TableWriter(folder, table, csv=csv, parameter_values=parameter_values) as writer:
        writer.write(batch)
    return writer.close()


def write_codebook(folder: Path, tables: Iterable[Table], *, parameter_values: str = "") -> tuple[str, str]:
    """Write ``codebook.csv`` and ``codebook.md``: type, unit and meaning of every column.

    Parameters
    ----------
    folder : pathlib.Path
        Results folder.
    tables : iterable of Table
    parameter_values : str
        Which parameter values the replicates have, in words; nothing is said of them unless given.

    Returns
    -------
    tuple of str
        Names of the two files.
    """
    declared = list(tables)
    with (Path(folder) / "codebook.csv").open("w", encoding="utf-8", newline="") as stream:
        written = csv_format.writer(stream, lineterminator="\n")
        written.writerow(["table", "column", "key", "type", "unit", "meaning", "categories"])
        for table in declared:
            for column in table.columns:
                key = table.key.index(column.name) + 1 if column.name in table.key else ""
                labels = " | ".join(column.categories)
                written.writerow([table.name, column.name, key, _type_word(column), column.unit, column.meaning, labels])
    lines = ["# Codebook", "", "Rows stand in ascending order of their key; columns of the key are marked with its place."]
    lines += ["", f"Parameter values: {parameter_values}."] if parameter_values else []
    lines += ["", *_about_csv(declared)]
    for table in declared:
        lines += ["", f"## {table.name}", "", literal(table.meaning), ""]
        rows = [
            (
                code(column.name),
                str(table.key.index(column.name) + 1) if column.name in table.key else "",
                *map(literal, (_type_word(column), column.unit, _meaning_with_labels(column))),
            )
            for column in table.columns
        ]
        lines.append(markdown.table(("column", "key", "type", "unit", "meaning"), rows))
    (Path(folder) / "codebook.md").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return "codebook.csv", "codebook.md"


def _about_csv(tables: Iterable[Table]) -> list[str]:
    """Lines on reading a table as CSV, where a name such as ``NA`` is easily taken for a missing value."""
    names = list(dict.fromkeys(column.name for table in tables for column in table.columns if column.categories))
    about = ["In CSV the cell of a missing number is empty."]
    if names:
        about += [
            "Texts stand in quotation marks and are never missing, but programs take a text such as `NA`, `null` or `TRUE` for",
            'something else unless they are told. In Python: `pandas.read_csv(file, keep_default_na=False, na_values=[""],',
            f'dtype={{"{names[0]}": str}})`; in R: `read.csv(file, na.strings = "", colClasses = c({names[0]} = "character"))`.',
            f"Columns of texts are {', '.join(f'`{name}`' for name in names)}. Parquet needs no such care.",
        ]
    return about


def _type_word(column: Column) -> str:
    """Type of a column in a reader's words."""
    if column.categories:
        return f"category (codes int{8 * int(column.dtype[1:])})"
    return f"{'float' if column.dtype[0] == 'f' else 'int'}{8 * int(column.dtype[1:])}"


def _meaning_with_labels(column: Column) -> str:
    """Meaning of a column and its labels, the first few when there are many."""
    if not column.categories:
        return column.meaning
    shown = column.categories if len(column.categories) <= _MANY_CATEGORIES else (*column.categories[:3], "…")
    more = f" ({len(column.categories)} labels)" if len(column.categories) > _MANY_CATEGORIES else ""
    return f"{column.meaning} Labels: {', '.join(shown)}{more}."
