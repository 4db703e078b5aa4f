"""Tables as they were given: from CSV, Parquet or Python, columns of numbers or of texts."""

import hashlib
import math
import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from sim.problems import BadInput, Problem
from sim.scenario.files import read_text
from sim.scenario.messages import shown
from sim.scenario.rows import rows_of_csv
from sim.scenario.values import number_hint, number_of

SHOWN_MAX: Final = 20
"""Problems of one table or column that are told one by one; of the rest the number."""

_PLAIN: Final = frozenset("0123456789.eE+-")
"""Characters of numbers that are read column by column, ten times as fast as cell by cell."""

_KIND: Final = "a table (CSV in UTF-8, or Parquet)"


@dataclass(frozen=True)
class Cells:
    """A table as it was given.

    Attributes
    ----------
    file : str
        For messages.
    names : tuple of str
        Columns.
    columns : tuple of numpy.ndarray or list of str
        f8 with NaN for empty cells, or texts with "" for empty ones.
    lines : sequence of int
        Number of each row as an editor counts lines.
    hash : str
        SHA-256 of the file.
    """

    file: str
    names: tuple[str, ...]
    columns: tuple[np.ndarray | list[str], ...]
    lines: Sequence[int]
    hash: str

    def where(self, column: str, row: int | None = None) -> str:
        """Place of a cell, or of a column's name."""
        return f"{self.file}: {'' if row is None else f'row {self.lines[row]}, '}column {column or '(no name)'}"


def read_cells(path: Path, where: str) -> Cells:
    """Table of a file, CSV or Parquet by its suffix.

    Parameters
    ----------
    path : pathlib.Path
    where : str
        Key that names the file.

    Raises
    ------
    BadInput
        When it cannot be read as what it is.
    """
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise BadInput([Problem(where, f"'{path.name}' is neither .csv nor .parquet", _KIND)])
    if path.suffix.lower() == ".parquet":
        return _parquet(path, where)
    try:
        text = read_text(path, _KIND)
    except BadInput as error:
        raise BadInput([Problem(where, f"'{path.name}': {one.what}", one.allowed, one.hint) for one in error.problems]) from None
    rows, problems = rows_of_csv(text, path.name)
    if not rows and not problems:
        problems = [Problem(path.name, "holds no header", "a first row with the names of the columns")]
    if problems:
        raise BadInput(problems)
    (_, header), *body = rows
    uneven = [(line, len(cells)) for line, cells in body if len(cells) != len(header)]
    if uneven:
        allowed, hint = "as many cells as the header", "a comma in a text needs quotation marks around the text"
        raise BadInput(
            [
                Problem(f"{path.name}: row {line}", f"has {count} cells, the header {len(header)}", allowed, hint)
                for line, count in uneven[:SHOWN_MAX]
            ]
        )
    hint = "delete the row; for the scenarios as they are, give one of the factors the value that they have"
    hollow = [
        Problem(f"{path.name}: row {line}", "every cell is empty", "at least one value", hint)
        for line, cells in body
        if not any(cells)
    ]
    if hollow:
        raise BadInput(hollow[:SHOWN_MAX])
    columns = tuple([cells[at] for _, cells in body] for at in range(len(header)))
    return Cells(path.name, tuple(header), columns, [line for line, _ in body], hashlib.sha256(text.encode()).hexdigest())


def _parquet(path: Path, where: str) -> Cells:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        data = path.read_bytes()
        table = parquet.read_table(pa.BufferReader(data))
    except FileNotFoundError:
        raise BadInput([Problem(where, f"'{path.name}': no such file", _KIND, "it is looked for beside the study")]) from None
    except OSError as error:
        what = f"'{path.name}' cannot be read: {error.strerror or 'it is not a Parquet file'}"
        raise BadInput([Problem(where, what, _KIND)]) from None
    except pa.ArrowException as error:
        raise BadInput([Problem(where, f"'{path.name}' is not a Parquet file: {error}", _KIND)]) from None
    given = {name: table.column(at).to_pandas() for at, name in enumerate(table.column_names)}
    if len(given) < len(table.column_names):
        twice = sorted({one for one in table.column_names if table.column_names.count(one) > 1})
        raise BadInput([Problem(f"{path.name}: column {one}", "stands more than once", "every column once") for one in twice])
    return cells_of(given, path.name, hashlib.sha256(data).hexdigest())


def cells_of(given: Mapping[str, Any], file: str, text_hash: str | None = None) -> Cells:
    """Table of columns by name, such as a data frame or a dict of lists.

    Parameters
    ----------
    given : mapping of str to sequence
        Numbers, words, true and false; None and NaN are empty cells.
    file : str
        For messages.
    text_hash : str, optional
        Of the file it came from; that of the cells unless given.

    Raises
    ------
    BadInput
        For columns that are none, or of different lengths.
    """
    single = [name for name in given if isinstance(given[name], str) or not isinstance(given[name], Iterable)]
    if single:
        raise BadInput([Problem(f"{file}: column {name}", "is a single value", "a list of values") for name in single])
    columns = [_column(given[name]) for name in given]
    lengths = {len(one) for one in columns}
    if len(lengths) > 1:
        raise BadInput([Problem(file, "the columns differ in length", "a value a row in every column")])
    digest = hashlib.sha256()
    for name, one in zip(given, columns, strict=True):
        digest.update(f"{name}\0".encode())
        digest.update("\0".join(one).encode() if isinstance(one, list) else one.astype("<f8").tobytes())
    rows = range(1, 1 + (lengths.pop() if lengths else 0))
    return Cells(file, tuple(str(name) for name in given), tuple(columns), rows, text_hash or digest.hexdigest())


def _column(values: Any) -> np.ndarray | list[str]:
    if hasattr(values, "dtype") and np.asarray(values).dtype.kind in "fiu":
        return np.asarray(values).astype("f8")
    listed = list(values)
    if all(_is_empty(one) or (isinstance(one, numbers.Real) and not isinstance(one, bool)) for one in listed):
        return np.array([np.nan if _is_empty(one) else float(one) for one in listed])
    texts = (str(one).lower() if isinstance(one, bool | np.bool_) else str(one).strip() for one in listed)
    return ["" if _is_empty(one) else text for one, text in zip(listed, texts, strict=True)]


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or str(value) == "<NA>"


def numbers_of(cells: Cells, at: int) -> tuple[np.ndarray, list[Problem]]:
    """Numbers of a column, NaN for empty cells, with the cells that hold none.

    Parameters
    ----------
    cells : Cells
    at : int
        Which column.
    """
    column, name = cells.columns[at], cells.names[at]
    if isinstance(column, np.ndarray):
        return column, few_of(
            [(row, f"{column[row]} is not a finite number", "") for row in np.flatnonzero(np.isinf(column)).tolist()], cells, name
        )
    if set("".join(column)) <= _PLAIN:
        try:
            # not by numpy: while it turns text into numbers, it drops what a signal's handler raises
            plain = np.array([float(text) if text else math.nan for text in column])
        except ValueError:  # which cell, is found below
            plain = np.array([np.inf])
        if not np.isinf(plain).any():
            return plain, []
    values, wrong = np.full(len(column), np.nan), []
    for row, text in enumerate(column):
        try:
            values[row] = number_of(text) if text else np.nan
            refused = text and not np.isfinite(values[row])
        except ValueError:
            refused = True
        if refused:
            wrong.append((row, f"{shown(text)} is not a number", number_hint(text)))
    return values, few_of(wrong, cells, name)


def few_of(wrong: Sequence[tuple[int, str, str]], cells: Cells, name: str, allowed: str = "a number") -> list[Problem]:
    """Problems of a column's cells: the first ones one by one, the rest as their number."""
    problems = [Problem(cells.where(name, row), what, allowed, hint) for row, what, hint in wrong[:SHOWN_MAX]]
    return problems + rest_of(len(wrong), cells, name)


def rest_of(count: int, cells: Cells, name: str) -> list[Problem]:
    """Problem that tells how many more cells of a column cannot be used; none where all were told."""
    more = count - SHOWN_MAX
    return (
        [Problem(cells.where(name), f"and {more:,} more cells that cannot be used", "", "mend these first")] if more > 0 else []
    )


def names_problems(cells: Cells) -> list[Problem]:
    """Problems of the header: columns that stand twice, and a table without rows."""
    problems = [
        Problem(cells.where(name), f"column '{name}' stands more than once", "every column once")
        for name in dict.fromkeys(cells.names)
        if cells.names.count(name) > 1
    ]
    if not len(cells.lines):
        problems.append(Problem(cells.file, "holds no rows", "a row below the header"))
    return problems


def outside_of(
    values: np.ndarray,
    cells: Cells,
    name: str,
    *,
    bounds: tuple[float, float],
    problems_of: Callable[[float, str], list[Problem]],
    whole: bool = False,
) -> list[Problem]:
    """Problems of numbers of a column that are out of bounds, or not whole where they must be.

    Parameters
    ----------
    values : numpy.ndarray
        f8, shape (rows,); NaN is passed over.
    cells : Cells
    name : str
        Of the column.
    bounds : tuple of float
        Lowest and highest value.
    problems_of : callable
        What is wrong with a value at a place.
    whole : bool
    """
    low, high = bounds
    given = np.isfinite(values)
    bad = given & ((values < low) | (values > high))
    if whole:
        bad |= given & (values != np.rint(values))
    rows = np.flatnonzero(bad)
    problems = []
    for row in rows[:SHOWN_MAX]:
        problems += problems_of(float(values[row]), cells.where(name, int(row)))
    return problems + rest_of(len(rows), cells, name)
