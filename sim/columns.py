"""Declared tables: every column has a type, a unit and a meaning before a value is written."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Column:
    """One column of a results table.

    Attributes
    ----------
    name : str
    dtype : str
        NumPy type without byte order: ``i1`` … ``i8``, ``f8``.
    unit : str
    meaning : str
        One sentence for the codebook.
    categories : tuple of str
        Labels of the codes 0, 1, … when the column is categorical (then ``dtype`` is that of the codes); else empty.
    """

    name: str
    dtype: str
    unit: str
    meaning: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One results table.

    Attributes
    ----------
    name : str
    key : tuple of str
        Columns that identify a row; rows are written in their ascending order.
    columns : tuple of Column
    meaning : str
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    meaning: str

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def empty(self, rows: int) -> dict[str, np.ndarray]:
        """Arrays of the declared types, one a column, each of length ``rows``, filled with zero."""
        return {column.name: np.zeros(rows, column.dtype) for column in self.columns}
