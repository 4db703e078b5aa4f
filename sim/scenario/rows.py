"""Rows of a CSV text, as spreadsheets of many countries save it: nothing that may be data falls away unsaid."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final

from sim.problems import Problem
from sim.scenario.values import DECIMAL_COMMA

_SEP: Final = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""First line that tells a spreadsheet which sign is between the cells."""

_LONG: Final = 100_000
"""Letters of a comment that are looked at; a cell cannot be longer either."""

_MARKS: Final = {";": "semicolons", "\t": "tabs"}
_COMMAS: Final = "save it as CSV with commas; numbers with a decimal comma then need a decimal point: 0.5, not 0,5"
_ALLOWED: Final = "cells separated by commas, numbers with a decimal point"

Rows = list[tuple[int, list[str]]]
"""Cells of each row with its number as an editor counts lines."""


class _Lines:
    """Lines of a text for a CSV reader, without the lines that are comments.

    A comment is a line that begins with # where a row begins; a # within quotation marks is part of a cell.
    """

    def __init__(self, text: str) -> None:
        self._lines = list(io.StringIO(text, newline=""))
        self.number = 0
        """Lines given so far, comments included."""
        self.row_begins = True
        self.comments: list[tuple[int, str]] = []

    def __iter__(self) -> Iterator[str]:
        """Return itself."""
        return self

    def __next__(self) -> str:
        """Return the next line that is no comment."""
        while self.number < len(self._lines):
            line = self._lines[self.number]
            self.number += 1
            if not (self.row_begins and line.startswith("#")):
                self.row_begins = False
                return line
            self.comments.append((self.number, line))
        raise StopIteration


def rows_of_csv(text: str, file: str) -> tuple[Rows, list[Problem]]:
    """Rows of a CSV text, header included: no comments, no blank lines, no columns in which nothing stands.

    Parameters
    ----------
    text : str
    file : str
        Name for the messages.

    Returns
    -------
    rows : list of (int, list of str)
        Each with its number as an editor counts lines; none where there are problems.
    problems : list of Problem
        Where it stops being CSV, or is CSV of another manner; a manner is told once, not for every cell. Lines below the
        header that begin with # and may be meant as rows.
    """
    head, problems = _manner(text, file)
    if problems:
        return [], problems
    lines = _Lines(text)
    rows: Rows = []
    reader = csv.reader(lines, strict=True)
    try:
        while (cells := next(reader, None)) is not None:
            lines.row_begins = True
            if lines.number > head and (len(cells) > 1 or (cells and cells[0].strip())):
                rows.append((lines.number, [cell.strip() for cell in cells]))
    except csv.Error as error:
        return [], [Problem(f"{file}: row {lines.number}", f"is not CSV: {error}", "cells separated by commas")]
    if not rows:
        return [], []
    problems = _rows_as_comments(lines.comments, rows[0][0], len(_trimmed(rows[0][1])), file)
    return ([], problems) if problems else (_without_empty_columns(rows), [])


def _manner(text: str, file: str) -> tuple[int, list[Problem]]:
    """Number of a first line ``sep=,``, which tells the truth, else 0; with the problem of cells separated otherwise."""
    lines = enumerate(text.splitlines(), 1)
    number, line = next(((at, one) for at, one in lines if one.strip() and not one.startswith("#")), (1, ""))
    said = _SEP.fullmatch(line)
    if said is not None and said[1] == ",":
        return number, []
    where = f"{file}: row {number}"
    if said is not None:
        what = f"the line '{line.strip()}' is for a spreadsheet: it says that cells are separated by another sign than a comma"
        return 0, [Problem(where, what, _ALLOWED, f"delete the line '{line.strip()}', and {_COMMAS}")]
    for mark, word in _MARKS.items():
        if line.count(mark) > line.count(","):
            return 0, [Problem(where, f"cells are separated by {word}", _ALLOWED, _COMMAS)]
    return 0, []


def _rows_as_comments(comments: Sequence[tuple[int, str]], header_row: int, width: int, file: str) -> list[Problem]:
    """Problem of lines that begin with # and have as many cells as the header: told once, with all their numbers."""
    wide = [
        number
        for number, line in comments
        if number > header_row and len(_trimmed([cell.strip() for cell in next(csv.reader([line[:_LONG]]))])) >= width
    ]
    if not wide:
        return []
    also = f", and {len(wide) - 1} more such lines ({', '.join(map(str, wide[1:6]))}{', ...' if len(wide) > 6 else ''})"
    return [
        Problem(
            f"{file}: row {wide[0]}",
            f"begins with # and has as many cells as the header: a comment or a row?{also if len(wide) > 1 else ''}",
            "comments with fewer cells than the header, or above it",
            "for a row put its first cell in quotation marks; for a comment delete the line, or move it above the header",
        )
    ]


def _trimmed(cells: Sequence[str]) -> Sequence[str]:
    """Cells without the empty ones at the end."""
    last = max((at for at, cell in enumerate(cells, 1) if cell), default=0)
    return cells[:last]


def _without_empty_columns(rows: Rows) -> Rows:
    """Rows without the columns that a spreadsheet leaves: no name, nothing in them; also beyond the header's last."""
    header = rows[0][1]
    used = {at for _, cells in rows for at, cell in enumerate(cells) if cell}
    keep = [at for at, name in enumerate(header) if name or at in used]
    if len(keep) == len(header) and all(len(cells) <= len(header) for _, cells in rows):
        return rows
    beyond = [at for at in range(len(header), max(len(cells) for _, cells in rows)) if at in used]
    return [(number, [cells[at] for at in (*keep, *beyond) if at < len(cells)]) for number, cells in rows]


def once_a_manner(problems: Sequence[Problem]) -> list[Problem]:
    """Problems of a table's cells; of those with a decimal comma only the first, which says that there are others.

    Parameters
    ----------
    problems : sequence of Problem
    """
    alike = [one for one in problems if one.hint.startswith(DECIMAL_COMMA)]
    if len(alike) < 2:
        return list(problems)
    first = alike[0]
    told = Problem(first.where, f"{first.what}; other cells have a decimal comma too", first.allowed, f"{first.hint}; so in all")
    return [told if one is first else one for one in problems if one is first or one not in alike]
