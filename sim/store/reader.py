"""Reading a results folder back, and saying everything that is wrong with it at once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim.columns import Column, Table
from sim.problems import BadInput, Problem, did_you_mean
from sim.store.form import wrong_entries
from sim.store.hashing import TableHash, file_hash
from sim.store.manifest import MANIFEST, MANIFEST_VERSION, REQUIRED, manifest_hash

if TYPE_CHECKING:
    import pandas as pd

_RESULTS: Final = "a results folder, as 'sustain run' writes it"
_AGAIN: Final = "restore it from a copy, or run the scenario again"


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """Read and prove the manifest of a results folder.

    Parameters
    ----------
    folder : str or pathlib.Path

    Returns
    -------
    dict

    Raises
    ------
    BadInput
        When there is no such folder, it holds no manifest, or the manifest is damaged, edited or of a newer version.
    """
    manifest, problems = _load(Path(folder))
    if problems:
        raise BadInput(problems)
    assert manifest is not None
    return manifest


def _load(folder: Path) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Manifest, as far as it can be read, and what is wrong with it."""
    where = str(folder / MANIFEST)
    try:
        if not folder.exists():
            return None, [Problem(str(folder), "there is no such folder", _RESULTS, _near(folder))]
        if not folder.is_dir():
            return None, [Problem(str(folder), "this is a file, not a folder", _RESULTS, "give the folder that the run wrote")]
        if not (folder / MANIFEST).is_file():
            what = f"this is not a results folder: '{MANIFEST}' is missing"
            return None, [Problem(str(folder), what, _RESULTS, "give the folder that the run wrote")]
        text = (folder / MANIFEST).read_text(encoding="utf-8")
        manifest = json.loads(text, object_pairs_hook=_no_twins)
    except (OSError, ValueError, RecursionError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        return None, [Problem(where, f"the manifest cannot be read: {reason}", "JSON in UTF-8", _AGAIN)]
    if not isinstance(manifest, dict):
        return None, [Problem(where, f"the manifest is {type(manifest).__name__}, not an object", "a JSON object", _AGAIN)]
    version = manifest.get("manifest_version")
    if isinstance(version, int) and version > MANIFEST_VERSION:
        allowed = f"manifest_version {MANIFEST_VERSION} or lower"
        return None, [Problem(where, f"written by a newer version (manifest_version {version})", allowed, "update the software")]
    missing = [key for key in REQUIRED if key not in manifest]
    if missing:
        return None, [Problem(where, f"keys are missing: {', '.join(missing)}", ", ".join(REQUIRED), _AGAIN)]
    try:
        found = manifest_hash(manifest)
    except ValueError as error:
        return None, [Problem(where, f"the manifest is damaged: {error}", "finite numbers", _AGAIN)]
    problems = wrong_entries(manifest, where, _AGAIN)
    if problems:  # whatever its hash says: nothing can be read by it
        return None, problems
    if found != manifest["manifest_hash"]:
        what = "the manifest was edited or damaged: its hash does not match"
        return manifest, [Problem(where, what, f"manifest_hash {found} for what it says now", _AGAIN)]
    return manifest, []


def _near(folder: Path) -> str:
    """Hint at a folder of a similar name beside the one that was asked for."""
    try:
        return did_you_mean(folder.name, [one.name for one in folder.parent.iterdir() if one.is_dir()])
    except OSError:
        return ""


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that has a key twice: the second would hide behind the first one's hash."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def check_folder(folder: str | Path, *, deep: bool = False) -> list[Problem]:
    """List everything that is wrong with a results folder.

    Parameters
    ----------
    folder : str or pathlib.Path
    deep : bool
        Also compute the data hash of every table anew from its values.

    Returns
    -------
    list of Problem
        Empty when the manifest is as written and every file is there, unchanged.
    """
    folder = Path(folder)
    manifest, problems = _load(folder)
    if manifest is None:
        return problems
    broken = set()
    for name, (size, expected) in _claims(manifest).items():
        problem = _file_problem(folder, name, size, expected)
        if problem is not None:
            broken.add(name)
            problems.append(problem)
    if deep:
        for name, table in manifest["tables"].items():
            if table["file"] not in broken:
                problems += _data_problems(folder, name, table)
    return problems


def _claims(manifest: Mapping[str, Any]) -> dict[str, tuple[int | None, str]]:
    """Size (None: not said) and hash that the manifest claims for each file."""
    claims: dict[str, tuple[int | None, str]] = {}
    for table in manifest["tables"].values():
        claims[str(table["file"])] = (table["bytes"], table["file_hash"])
        if table["csv"]:
            claims[str(table["csv"])] = (None, table["csv_hash"])
    for name, entry in manifest["files"].items():
        claims[str(name)] = (entry["bytes"], entry["hash"])
    return claims


def _file_problem(folder: Path, name: str, size: int | None, expected: str) -> Problem | None:
    """What is wrong with one file, if anything."""
    path = folder / name
    try:
        if not path.is_file():
            return Problem(str(path), "the file is missing", "the file that the run wrote", _AGAIN)
        found = path.stat().st_size
        if size is not None and found < size:
            return Problem(str(path), f"the file is truncated: {found} of {size} bytes", f"{size} bytes", _AGAIN)
        if file_hash(path) != expected:
            return Problem(str(path), "the file was edited or damaged: its hash does not match", f"SHA-256 {expected}", _AGAIN)
    except (OSError, ValueError) as error:
        return Problem(str(path), f"the file cannot be read: {error}", "a readable file", _AGAIN)
    return None


def _data_problems(folder: Path, name: str, table: Mapping[str, Any]) -> list[Problem]:
    """Compare number of rows and data hash of a stored table with the manifest's."""
    import pyarrow.parquet as pq

    where = str(folder / table["file"])
    try:
        found = data_hash_of(folder / table["file"])
        rows = pq.read_metadata((folder / table["file"]).absolute()).num_rows
    except BadInput as error:
        return error.problems
    if rows != table["rows"]:
        return [Problem(where, f"'{name}' has {rows:,} rows", f"{table['rows']:,} rows, as the manifest says", _AGAIN)]
    if found == table["data_hash"]:
        return []
    return [Problem(where, f"the data of '{name}' is not what the manifest says", f"data hash {table['data_hash']}", _AGAIN)]


def read_table(folder: str | Path, name: str, *, columns: Sequence[str] | None = None) -> "pd.DataFrame":
    """Read one table, each column with its declared type; categories as pandas categoricals.

    Parameters
    ----------
    folder : str or pathlib.Path
        Results folder.
    name : str
        Table, such as ``service_months``.
    columns : sequence of str, optional
        Only these, in this order.

    Returns
    -------
    pandas.DataFrame
        Rows in key order.

    Raises
    ------
    BadInput
        When the folder or its manifest is not sound, there is no such table or column, or the table's file is missing,
        truncated, damaged.
    """
    import pandas as pd

    path, declared = _chosen(Path(folder), name, columns)
    chosen = tuple(declared) if columns is None else tuple(columns)
    parts: dict[str, list[np.ndarray]] = {one: [np.empty(0, declared[one].dtype)] for one in chosen}
    for batch in _batches(path, [declared[one] for one in dict.fromkeys(chosen)]):
        for one, values in batch.items():
            parts[one].append(values)
    frame: dict[str, Any] = {}
    for one in chosen:
        values = np.concatenate(parts.pop(one)) if one in parts else frame[one]
        labels = declared[one].categories
        frame[one] = pd.Categorical.from_codes(values, categories=list(labels)) if labels and one not in frame else values
    return pd.DataFrame(frame)


def read_columns(folder: str | Path, name: str) -> tuple[str, ...]:
    """Names of the columns that a stored table has; none if there is no such table.

    Raises
    ------
    BadInput
        When the folder, its manifest or the table's file is not sound.
    """
    entry = read_manifest(folder)["tables"].get(name)
    return () if entry is None else read_declaration(Path(folder) / entry["file"]).names


def read_batches(folder: str | Path, name: str, columns: Sequence[str]) -> Iterator[dict[str, np.ndarray]]:
    """Read some columns of a table in pieces, one after the other: of tables with very many rows.

    Parameters
    ----------
    folder, name, columns
        As for ``read_table``.

    Yields
    ------
    dict of str to numpy.ndarray
        Columns of some rows, each with its declared type; categories as their codes.

    Raises
    ------
    BadInput
        As ``read_table``.
    """
    path, declared = _chosen(Path(folder), name, columns)
    yield from _batches(path, [declared[one] for one in dict.fromkeys(columns)])


def _chosen(folder: Path, name: str, columns: Sequence[str] | None) -> tuple[Path, dict[str, Column]]:
    """Where a table is whose file is sound, and all its columns by name; a problem where it lacks one of those wanted."""
    manifest = read_manifest(folder)
    if name not in manifest["tables"]:
        known = ", ".join(manifest["tables"])
        raise BadInput([Problem(str(folder), f"there is no table '{name}'", known, did_you_mean(name, manifest["tables"]))])
    entry = manifest["tables"][name]
    problem = _file_problem(folder, entry["file"], entry["bytes"], entry["file_hash"])
    if problem is not None:
        raise BadInput([problem])
    path = folder / entry["file"]
    table = read_declaration(path)
    unknown = [
        Problem(str(path), f"there is no column '{one}'", ", ".join(table.names), did_you_mean(one, table.names))
        for one in columns or ()
        if one not in table.names
    ]
    if unknown:
        raise BadInput(unknown)
    return path, {column.name: column for column in table.columns}


def read_declaration(path: str | Path) -> Table:
    """Read the declaration that a table's Parquet file carries.

    Parameters
    ----------
    path : str or pathlib.Path
        Parquet file.

    Raises
    ------
    BadInput
        When the file is not sound Parquet or carries no declaration.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = pq.read_schema(Path(path).absolute()).metadata or {}
        plain = json.loads(about[b"declaration"])
        columns = tuple(Column(**{**one, "categories": tuple(one["categories"])}) for one in plain["columns"])
        return Table(plain["name"], tuple(plain["key"]), columns, plain["meaning"])
    except (OSError, pa.ArrowException) as error:
        raise BadInput([_unreadable(path, error)]) from error
    except (KeyError, TypeError, ValueError) as error:
        what = "the table carries no declaration of its columns"
        raise BadInput([Problem(str(path), what, "a table that this software wrote", _AGAIN)]) from error


def data_hash_of(path: str | Path) -> str:
    """Compute the data hash of a stored table anew from its values.

    Parameters
    ----------
    path : str or pathlib.Path
        Parquet file.

    Raises
    ------
    BadInput
        When the file is not sound or its rows are not as declared.
    """
    table = read_declaration(path)
    running = TableHash(table)
    try:
        for batch in _batches(path, table.columns):
            running.update(batch)
    except (TypeError, ValueError) as error:
        raise BadInput([Problem(str(path), f"rows are not as declared: {error}", "", _AGAIN)]) from error
    return running.digest()


def _unreadable(path: str | Path, error: Exception) -> Problem:
    """Problem of a file that pyarrow refuses."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return Problem(str(path), f"the table cannot be read: {reason}", "a whole Parquet file", _AGAIN)


def _batches(path: str | Path, columns: Sequence[Column]) -> Iterator[dict[str, np.ndarray]]:
    """Give a stored table's columns in batches, as arrays of the declared types; categories as their codes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(Path(path).absolute()) as stored:
            for number in range(stored.num_row_groups):
                group = stored.read_row_group(number, columns=[column.name for column in columns])
                yield {column.name: _values(column, group.column(column.name)) for column in columns}
    except (OSError, KeyError, IndexError, ValueError, pa.ArrowException) as error:
        raise BadInput([_unreadable(path, error)]) from error


def _values(column: Column, stored: Any) -> np.ndarray:
    """Turn a stored column into NumPy values; labels are looked up in the declaration, whatever order Arrow keeps them in."""
    if not column.categories:
        plain: np.ndarray = stored.to_numpy()
        return plain
    codes = {label: code for code, label in enumerate(column.categories)}
    parts = [np.empty(0, column.dtype)]
    for chunk in stored.chunks:
        own = np.array([codes[label] for label in chunk.dictionary.to_pylist()], column.dtype)
        parts.append(own[chunk.indices.to_numpy()])
    return np.concatenate(parts)
