"""Tables as they are written: rows to columns of the declared types, and rows to CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from sim.columns import Table

NO_YES: Final = ("no", "yes")
"""Categories of a column that says whether something is so."""


def columns_of(table: Table, rows: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Rows as columns of the declared types, in the order of the key.

    Parameters
    ----------
    table : Table
    rows : sequence of mapping
        Each with every column. In a column of categories a text is one of them, True and False are yes and no, and a whole
        number is a code.

    Returns
    -------
    dict of str to numpy.ndarray
        Each of shape (rows,).
    """
    found = {}
    for column in table.columns:
        given = [row[column.name] for row in rows]
        if column.categories:
            code = {label: at for at, label in enumerate(column.categories)}
            texts = [NO_YES[one] if isinstance(one, bool) else one for one in given]
            given = [code[one] if isinstance(one, str) else one for one in texts]
        found[column.name] = np.array(given, column.dtype)
    order = np.lexsort([found[name] for name in reversed(table.key)])
    return {name: values[order] for name, values in found.items()}


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Any]], *, digits: int | None = 6) -> str:
    r"""Table as CSV; what is not defined is empty.

    Parameters
    ----------
    head : sequence of str
    rows : iterable of sequence
    digits : int or None
        Significant digits of numbers that are not whole; None leaves them as they are.

    Examples
    --------
    >>> csv_text(("name", "share"), [("a", 0.123456789), ("b", float("nan"))], digits=3)
    'name,share\na,0.123\nb,\n'
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([[_cell(one, digits) for one in row] for row in rows])
    return stream.getvalue()


def _cell(value: Any, digits: int | None) -> Any:
    """Value as a table has it."""
    if digits is None or not isinstance(value, float | np.floating):
        return "" if value is None else value
    return "" if np.isnan(value) else f"{value:.{digits}g}"
