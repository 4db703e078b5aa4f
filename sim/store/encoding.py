"""What a job made, as bytes with their hashes: workers encode it, and the part store puts it in its place."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sim.columns import Table
from sim.store.hashing import KeyOrder, TableHash, canonical_json, check_batch, normalise_into
from sim.store.writer import ROW_GROUP, TABLES, arrow_schema, open_parquet, write_group

JOBS: Final = "jobs"
"""Folder of the records of finished jobs."""

RESERVED: Final = (JOBS, TABLES, "figures")
"""Folders of a sweep that are no kind of part."""

_KIND: Final = re.compile(r"[a-z][a-z0-9_]*")
_NAME: Final = re.compile(r"\d{3,}-\d{8,}-\d{8,}-[0-9a-f]{8}", re.ASCII)


@dataclass(frozen=True)
class PartFile:
    """One table's rows of one job, as Parquet.

    Attributes
    ----------
    kind : str
        Name of the table and of the folder.
    content : bytes
    rows : int
    data_hash : str
        Of the rows, independent of the file; see ``sim.store.hashing``.
    file_hash : str
        SHA-256 of ``content``, hexadecimal.
    """

    kind: str
    content: bytes
    rows: int
    data_hash: str
    file_hash: str


@dataclass(frozen=True)
class Part:
    """All that one job made.

    Attributes
    ----------
    name : str
        As ``part_name`` makes it.
    files : tuple of PartFile
        At most one a kind.
    about : mapping
        Plain JSON for the record. What differs from time to time, such as durations, makes records differ.
    """

    name: str
    files: tuple[PartFile, ...]
    about: Mapping[str, Any]


def part_name(scenario: int, point: int, run: int, key: str) -> str:
    """Name of a job's files; names sort in the order of the data.

    Parameters
    ----------
    scenario, point, run : int
        Number of the scenario, of the first design point and of the first run.
    key : str
        Hash of all that decides the job's rows, hexadecimal; its first eight digits are taken.

    Examples
    --------
    >>> part_name(0, 12, 400, "89abcdef0123")
    '000-00000012-00000400-89abcdef'
    """
    return f"{scenario:03d}-{point:08d}-{run:08d}-{key[:8]}"


def encode(table: Table, batch: Mapping[str, np.ndarray]) -> PartFile:
    """Turn declared rows into the bytes that ``sim.store.writer.write_table`` would put into a file.

    Parameters
    ----------
    table : Table
    batch : mapping of str to numpy.ndarray
        All rows in key order, one array a column, each of shape (rows,).

    Raises
    ------
    ValueError, TypeError
        For a faulty declaration; for other names, lengths, codes or types than declared, or rows out of key order.
    """
    import pyarrow as pa

    running = TableHash(table)
    rows = check_batch(table, batch)
    KeyOrder(table).check(batch)
    normal = table.empty(rows)
    for name, array in normal.items():
        normalise_into(array, batch[name])
    running.update_normal(normal)
    schema = arrow_schema(table)
    sink = pa.BufferOutputStream()
    with open_parquet(sink, table, schema) as parquet:
        for start in range(0, rows, ROW_GROUP):
            group = {name: array[start : start + ROW_GROUP] for name, array in normal.items()}
            write_group(parquet, table, schema, group)
    content: bytes = sink.getvalue().to_pybytes()
    return PartFile(table.name, content, rows, running.digest(), hashlib.sha256(content).hexdigest())


def is_name(text: str) -> bool:
    """Whether a text is a name of a part."""
    return _NAME.fullmatch(text) is not None


def is_kind(text: str) -> bool:
    """Whether a text can be a kind of part."""
    return _KIND.fullmatch(text) is not None and text not in RESERVED


def record_text(part: Part, identity_hash: str) -> bytes:
    """Check a part and give the text of its record, which proves itself by its own hash.

    Parameters
    ----------
    part : Part
    identity_hash : str
        Of the store that the part is for.

    Raises
    ------
    ValueError
        For a name or kind that is not the store's, a kind twice, or bytes other than their hash says.
    TypeError
        When ``about`` is not plain JSON.
    """
    kinds = [file.kind for file in part.files]
    if not is_name(part.name):
        raise ValueError(f"'{part.name}' is no name of a part")
    if len(set(kinds)) != len(kinds) or not all(map(is_kind, kinds)):
        raise ValueError(f"part '{part.name}': kinds {kinds} must differ and must not be {', '.join(RESERVED)}")
    for file in part.files:
        if hashlib.sha256(file.content).hexdigest() != file.file_hash:
            raise ValueError(f"part '{part.name}': the bytes of '{file.kind}' are not what their hash says")
    files = {
        one.kind: {"rows": one.rows, "bytes": len(one.content), "data_hash": one.data_hash, "file_hash": one.file_hash}
        for one in part.files
    }
    record = {"name": part.name, "identity": identity_hash, "files": files, "about": dict(part.about)}
    proof = hashlib.sha256(canonical_json(record)).hexdigest()
    return canonical_json({**record, "record_hash": proof}) + b"\n"
