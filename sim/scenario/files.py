"""Reading the two kinds of file that a scenario is written in: TOML and, for many services, CSV."""

import re
import stat
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from sim.problems import BadInput, Problem, did_you_mean
from sim.scenario.checks import check_alike, check_name, check_posts
from sim.scenario.messages import _unwrap, allowed_of, problems_of
from sim.scenario.rows import once_a_manner, rows_of_csv
from sim.scenario.schema import Service
from sim.scenario.values import YES_NO, folded, number_of

BYTES_MAX: Final = 64 * 1024 * 1024
"""Larger files are refused unread: nobody writes a scenario of that size by hand."""

BITS_MAX: Final = 13_000
"""Length of a whole number that is still taken for one: Python writes out no more than about 14,000 bits."""

_DIGITS: Final = re.compile(r"[0-9](_?[0-9]){4000,}")

CSV_COLUMNS: Final = tuple(name for name in Service.model_fields if name != "practitioners")
"""Columns that a file of services may have: a service's fields, its posts by number."""


def read_text(path: Path, kind: str) -> str:
    """Text of a file.

    Parameters
    ----------
    path : pathlib.Path
    kind : str
        What the file should be, for the message.

    Raises
    ------
    BadInput
        When it does not exist, cannot be read, is empty, too large or not UTF-8.
    """
    try:
        if path.is_dir():
            raise BadInput([Problem(path.name, "is a folder, not a file", kind)])
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):  # a device may never end, a pipe never begin
            raise BadInput([Problem(str(path), "is a device or a pipe, not a file", kind, "save it as a file first")])
        if about.st_size > BYTES_MAX:
            raise BadInput([Problem(path.name, "is larger than 64 MB", kind)])
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadInput([Problem(str(path), "no such file", kind, "check the name and the folder")]) from None
    except ValueError:  # a name that no file can have
        raise BadInput([Problem(repr(str(path)), "no such file", kind, "check the name and the folder")]) from None
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise BadInput([Problem(str(path), what, kind, "check its permissions")]) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = f"is not UTF-8 text (byte {error.start + 1}, line {line})"
        raise BadInput([Problem(path.name, what, kind + " in UTF-8", "save it again with the encoding UTF-8")]) from None
    if not text.strip():
        raise BadInput([Problem(path.name, "is empty", kind, "`sustain show baseline` prints a complete one")])
    return text


def parse_toml(text: str, file: str) -> dict[str, Any]:
    """Tables of a TOML text.

    Raises
    ------
    BadInput
        When it is not TOML, with line and column.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        hint = "text needs quotation marks, every key stands once, every [[table]] has its brackets"
        raise BadInput([Problem(file, f"is not valid TOML: {error}", "TOML 1.0", hint)]) from None
    except RecursionError:
        raise BadInput([Problem(file, "is not valid TOML: nested too deeply", "TOML 1.0")]) from None
    except ValueError:  # of Python itself, for a whole number of more digits than it reads
        raise BadInput(_endless_numbers(text, file)) from None
    endless = [place for place, value in _leaves(tables) if isinstance(value, int) and value.bit_length() > BITS_MAX]
    if endless:  # written with 0x, 0o or 0b
        raise BadInput([_endless(f"{file}: {place}") for place in endless])
    return tables


def _endless(where: str) -> Problem:
    allowed, hint = "numbers of a few digits", "each key has bounds of its own: scenarios/README.md lists them"
    return Problem(where, "a number of more digits than can be used", allowed, hint)


def _endless_numbers(text: str, file: str) -> list[Problem]:
    """Problems of lines with a number that Python does not read: which they are, for the parser does not tell."""
    lines = [at for at, line in enumerate(text.splitlines(), 1) if _DIGITS.search(line)]
    return [_endless(f"{file}: line {at}") for at in lines] or [_endless(file)]


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Values within tables and lists, with their places."""
    waiting = [(place, value)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{place}.{key}" if place else str(key), one) for key, one in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(f"{place}[{at}]", one) for at, one in reversed(list(enumerate(value, 1)))]
        else:
            yield place, value


def convert(cell: str, info: FieldInfo) -> Any:
    """Value of a text cell for a field: a number, true or false, or the text itself when it is none of them.

    Parameters
    ----------
    cell : str
    info : pydantic.fields.FieldInfo

    Examples
    --------
    >>> convert("12", Service.model_fields["staff"])
    12
    """
    kinds = [get_origin(one) or one for one in _unwrap(info.annotation)]
    try:
        if bool in kinds:
            return YES_NO.get(folded(cell), cell)
        if int in kinds:
            number = number_of(cell)
            return int(number) if number.is_integer() else number
        if float in kinds:
            return number_of(cell)
    except (ValueError, OverflowError):
        pass
    return cell


def _header_problems(header: Sequence[str], file: str, row: int) -> list[Problem]:
    if not set(header) & set(CSV_COLUMNS):  # what stands there is not shown: it may be anybody's
        hint = "the first row names the columns; lines above it may only be comments"
        what = "holds none of the columns of a table of services"
        return [Problem(f"{file}: row {row}", what, ", ".join(CSV_COLUMNS), hint)]
    problems = []
    for name in dict.fromkeys(header):
        where = f"{file}: row {row}, column {name or '(no name)'}"
        if name not in CSV_COLUMNS:
            what = f"unknown column '{name}'"
            problems.append(Problem(where, what, ", ".join(CSV_COLUMNS), did_you_mean(name, CSV_COLUMNS)))
        if list(header).count(name) > 1:
            problems.append(Problem(where, f"column '{name}' stands more than once", "every column once"))
    for name in CSV_COLUMNS:
        if name not in header and (Service.model_fields[name].is_required() or name == "posts"):
            info = Service.model_fields[name]
            hint = f"it says: {info.description}"
            problems.append(Problem(f"{file}: row {row}", f"missing column '{name}'", allowed_of(info), hint))
    return problems


def _row_problems(error: ValidationError, cells: dict[str, Any], file: str, row: int) -> list[Problem]:
    problems = []
    for one in problems_of(error, file=file, model=Service, raw=cells):
        column = one.where.split(": ", 1)[-1]
        what = f"the cell is empty, and '{column}' is needed" if one.what.startswith("missing key") else one.what
        problems.append(Problem(f"{file}: row {row}, column {column}", what, one.allowed, one.hint))
    return problems


def _whole_row_problems(service: Service, where: str, header: Sequence[str]) -> list[Problem]:
    """Problems between the cells of a row."""
    if service.posts is None:
        what = "the cell is empty, and 'posts' is needed"
        allowed = allowed_of(Service.model_fields["posts"])
        return [Problem(f"{where}, column posts", what, allowed)] if "posts" in header else []
    found = check_posts(service, where) + check_name(service.name, where)
    return [Problem(one.where.replace(f"{where}.", f"{where}, column "), one.what, one.allowed, one.hint) for one in found]


def services_of_csv(text: str, file: str) -> tuple[list[Service], list[Problem]]:
    """Services of a CSV text: a header of field names, a row a service; an empty cell takes the default.

    Lines that begin with # are comments; :func:`sim.scenario.rows.rows_of_csv` says which.

    Parameters
    ----------
    text : str
    file : str
        Name for the messages, which count rows as an editor counts lines.

    Returns
    -------
    services : list of Service
        The rows without problems.
    problems : list of Problem
    """
    rows, problems = rows_of_csv(text, file)
    if problems:
        return [], problems
    lines = [(number, cells) for number, cells in rows if any(cells)]  # spreadsheets leave rows of commas
    if not lines:
        return [], [Problem(file, "holds no header", "a first row with the names " + ", ".join(CSV_COLUMNS[:6]) + ", ...")]
    row_of_header, header = lines[0]
    problems = _header_problems(header, file, row_of_header)
    if not set(header) & set(CSV_COLUMNS):
        return [], problems
    if len(lines) == 1:
        problems.append(Problem(file, "holds no service", "a row a service below the header"))
    services: list[Service] = []
    row_of: dict[str, int] = {}
    for number, row in lines[1:]:
        if len(row) != len(header):
            what = f"has {len(row)} cells, the header {len(header)}"
            hint = "a comma in a text needs quotation marks around the text"
            problems.append(Problem(f"{file}: row {number}", what, "as many cells as the header", hint))
            continue
        values = {
            name: convert(cell, Service.model_fields[name])
            for name, cell in zip(header, row, strict=True)
            if cell and name in CSV_COLUMNS
        }
        try:
            service = Service.model_validate(values)
        except ValidationError as error:
            missing = {one for one in CSV_COLUMNS if one not in header}
            found = _row_problems(error, values, file, number)
            problems += [one for one in found if one.where.rsplit(" ", 1)[-1] not in missing]
            continue
        first = row_of.setdefault(service.name, number)
        if first != number:
            what = f"'{service.name}' is the name in row {first} too"
            problems.append(Problem(f"{file}: row {number}, column name", what, "every name once"))
        problems += _whole_row_problems(service, f"{file}: row {number}", header)
        services.append(service)
    problems += check_alike((service.name for service in services), f"{file}: services")
    return services, once_a_manner(problems)
