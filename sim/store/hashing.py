"""Hashes that say whether two things are the same: the data of a table, a file's bytes, the code that ran.

A *data hash* is independent of how rows were batched and of how they are stored (Parquet bytes, pandas, pyarrow,
engine, threads); a *file hash* only detects damage; the *code identity* is that of the sources, not of a commit.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from sim.columns import Column, Table

SCHEMA_VERSION: Final = 1
"""Version of the data hash's definition; part of what is hashed."""

TYPES: Final = ("i1", "i2", "i4", "i8", "f8")
"""Types that a column can declare."""

CODE_SUFFIXES: Final = (".py", ".toml")
"""Sources that decide results. Templates (``.j2``) only shape the report: no table depends on them, so they are left out."""

NOT_CODE: Final = ("__pycache__", "_scenarios")
"""Folders left out: what Python compiled, and the scenarios' copy that only a wheel has (their text has a hash of its own)."""

_TABLE_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


def canonical_json(value: object) -> bytes:
    """Encode a value as JSON in one way only: keys sorted, no spaces, UTF-8.

    Parameters
    ----------
    value : object
        Dictionaries with text keys, lists, text, ints, finite floats, bools, None.

    Raises
    ------
    ValueError
        For NaN and infinities, which JSON does not have.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8")


def text_hash(text: str) -> str:
    """SHA-256 of a text in UTF-8, whatever its line endings; hexadecimal."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode("utf-8")).hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal.

    Raises
    ------
    OSError
        When the file cannot be read.
    """
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def code_identity(package: Path | None = None) -> str:
    """Hash of the sources and parameters of ``sim``: equal code has an equal identity wherever it is installed.

    Every file ending in one of CODE_SUFFIXES counts, by its path relative to the package, with line endings normalised.

    Parameters
    ----------
    package : pathlib.Path, optional
        Folder of the package; that of ``sim`` unless given.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    folder = Path(__file__).resolve().parents[1] if package is None else Path(package)
    sources = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.suffix in CODE_SUFFIXES and path.is_file() and not set(NOT_CODE) & set(path.relative_to(folder).parts)
    }
    return identity_with("", sources)


def identity_with(identity: str, sources: Mapping[str, Path]) -> str:
    """Identity of more code that stands on code of a known identity.

    Parameters
    ----------
    identity : str
        Of the code below, such as :func:`code_identity` gives; empty where there is none.
    sources : mapping of str to pathlib.Path
        Files by the names that they count under; line endings are normalised.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    total = hashlib.sha256(identity.encode())
    for name in sorted(sources):
        content = sources[name].read_bytes().replace(b"\r\n", b"\n")
        # Lengths go in as well, so that no text can move from one file's end to the next one's name unseen.
        total.update(f"{len(name.encode())}:{name}:{len(content)}:".encode())
        total.update(content)
    return total.hexdigest()


def check_declaration(table: Table) -> None:
    """Refuse a declaration that cannot be hashed or stored.

    Raises
    ------
    ValueError
        With all that is wrong.
    """
    wrong: list[str] = []
    if not _TABLE_NAME.fullmatch(table.name):
        wrong.append(f"name '{table.name}' is not in lower case letters, digits and underscores")
    if not table.columns:
        wrong.append("no columns")
    twice = sorted({name for name in table.names if table.names.count(name) > 1})
    wrong += [f"column '{name}' is declared twice" for name in twice]
    types = {column.name: column.dtype for column in table.columns}
    if not table.key:
        wrong.append("no key")
    for name in table.key:
        if name not in types:
            wrong.append(f"key '{name}' is not a column")
        elif types[name] == "f8":
            wrong.append(f"key '{name}' is a float")
    for column in table.columns:
        wrong += _column_problems(column)
    if wrong:
        raise ValueError(f"table '{table.name}': " + "; ".join(wrong))


def _column_problems(column: Column) -> list[str]:
    """What is wrong with one column's declaration."""
    if column.dtype not in TYPES:
        return [f"column '{column.name}' has type '{column.dtype}', not one of {', '.join(TYPES)}"]
    if not column.categories:
        return []
    if column.dtype == "f8":
        return [f"column '{column.name}' has categories but is a float"]
    wrong = []
    if len(set(column.categories)) != len(column.categories):
        wrong.append(f"column '{column.name}' has a category twice")
    if len(column.categories) - 1 > np.iinfo(column.dtype).max:
        wrong.append(f"column '{column.name}' has {len(column.categories)} categories, too many for '{column.dtype}'")
    return wrong


def check_batch(table: Table, batch: Mapping[str, np.ndarray]) -> int:
    """Check that a batch has the declared columns and types, exactly, and return its number of rows.

    Parameters
    ----------
    table : Table
    batch : mapping of str to numpy.ndarray
        One array a column, each of shape (rows,).

    Raises
    ------
    ValueError, TypeError
        For other names, unequal lengths, a code without a category; for another type (never cast, never inferred).
    """
    missing = [name for name in table.names if name not in batch]
    unknown = [name for name in batch if name not in table.names]
    if missing or unknown:
        raise ValueError(f"table '{table.name}': columns missing: {missing}, not declared: {unknown}")
    shapes = {np.shape(batch[name]) for name in table.names}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1:
        raise ValueError(f"table '{table.name}': columns must be of one length, one-dimensional; found shapes {sorted(shapes)}")
    rows = int(next(iter(shapes))[0])
    for column in table.columns:
        array: object = batch[column.name]
        if not isinstance(array, np.ndarray) or array.dtype != np.dtype(column.dtype):
            found = getattr(array, "dtype", type(array).__name__)
            raise TypeError(f"table '{table.name}': column '{column.name}' is declared '{column.dtype}', found {found}")
        if column.categories and rows:
            low, high = int(array.min()), int(array.max())
            if low < 0 or high >= len(column.categories):
                raise ValueError(
                    f"table '{table.name}': column '{column.name}' has codes from {low} to {high}, "
                    f"its categories are 0 to {len(column.categories) - 1}"
                )
    return rows


def normalise_into(target: np.ndarray, source: np.ndarray) -> None:
    """Copy values, every zero as +0.0 and every NaN as the one quiet NaN.

    Parameters
    ----------
    target, source : numpy.ndarray
        Of one type and one shape, (rows,).
    """
    if source.dtype.kind != "f":
        target[:] = source
        return
    with np.errstate(invalid="ignore"):  # a signalling NaN is data here, not an accident
        np.add(source, 0.0, out=target)  # -0.0 + 0.0 is +0.0; nothing else changes
    unknown = np.isnan(target)
    if unknown.any():
        target[unknown] = np.nan


class KeyOrder:
    """Checks that rows come in strictly ascending order of their key, over batches.

    Parameters
    ----------
    table : Table
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._last: tuple[int, ...] | None = None

    def check(self, batch: Mapping[str, np.ndarray]) -> None:
        """Check one batch against itself and against the row before it.

        Raises
        ------
        ValueError
            When a key comes after a greater one, or twice; nothing is remembered of that batch.
        """
        keys = [batch[name] for name in self._table.key]
        if len(keys[0]) == 0:
            return
        first = tuple(int(key[0]) for key in keys)
        if self._last is not None and first <= self._last:
            raise ValueError(self._message(self._last, first))
        ascending = np.zeros(len(keys[0]) - 1, bool)
        for key in reversed(keys):
            before, after = key[:-1], key[1:]
            ascending = (after > before) | ((after == before) & ascending)
        if not ascending.all():
            row = int(np.argmin(ascending))
            raise ValueError(self._message(tuple(int(key[row]) for key in keys), tuple(int(key[row + 1]) for key in keys)))
        self._last = tuple(int(key[-1]) for key in keys)

    def _message(self, before: tuple[int, ...], after: tuple[int, ...]) -> str:
        return f"table '{self._table.name}': rows out of key order {self._table.key}: {before} is followed by {after}"


class TableHash:
    """Data hash of a table, taken over batches of rows in key order.

    One SHA-256 a column runs over the normalised little-endian values; the data hash is that of the schema version,
    the table's name and, for each column, its name, declared type, categories and digest.

    Parameters
    ----------
    table : Table

    Raises
    ------
    ValueError
        When the declaration is faulty.
    """

    def __init__(self, table: Table) -> None:
        check_declaration(table)
        self._table = table
        self._order = KeyOrder(table)
        self._columns = {name: hashlib.sha256() for name in table.names}

    def update(self, batch: Mapping[str, np.ndarray]) -> None:
        """Add rows; names, types and key order are checked.

        Parameters
        ----------
        batch : mapping of str to numpy.ndarray
            One array a column, each of shape (rows,).

        Raises
        ------
        ValueError, TypeError
            As ``check_batch`` and ``KeyOrder`` do.
        """
        rows = check_batch(self._table, batch)
        self._order.check(batch)
        normal = self._table.empty(rows)
        for name, array in normal.items():
            normalise_into(array, batch[name])
        self.update_normal(normal)

    def update_normal(self, batch: Mapping[str, np.ndarray]) -> None:
        """Add rows that were checked and normalised already (the writer's way, which does so while it copies)."""
        for name, running in self._columns.items():
            array = batch[name]
            little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            running.update(little.data)

    def digest(self) -> str:
        """Data hash of the rows so far, hexadecimal."""
        columns = [
            {
                "name": column.name,
                "type": column.dtype,
                "categories": list(column.categories),
                "values": self._columns[column.name].hexdigest(),
            }
            for column in self._table.columns
        ]
        header = {"schema": SCHEMA_VERSION, "table": self._table.name, "columns": columns}
        return hashlib.sha256(canonical_json(header)).hexdigest()
