"""Text of people in Markdown: it reads as it was written, whatever signs are in it."""

import html
import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Final

# Within a word an underscore is no mark; a dollar sign begins a formula on some sites, a line break or tab would end a row.
_MARKS: Final = re.compile(r"[\\`*\[\]|~$!]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_BREAKS: Final = re.compile(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+")
_BARS: Final = re.compile(r"(?<!\\)\|")
_CODE_OR_LESS: Final = re.compile(r"(?P<fence>`+).*?(?P=fence)|<")


@lru_cache(maxsize=4096)  # a codebook has thousands of cells, most of them alike
def literal(text: str) -> str:
    r"""Text that Markdown, also within a table, and HTML show as it stands, on one line.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> literal("a|b and <b>*c*</b>")
    'a\\|b and &lt;b&gt;\\*c\\*&lt;/b&gt;'
    >>> literal("not_yet_started, _x_")
    'not_yet_started, \\_x\\_'
    """
    return html.escape(_MARKS.sub(r"\\\g<0>", _BREAKS.sub(" ", text)), quote=False)


def code(text: str) -> str:
    r"""Text as code, on one line, also within a table.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> code("state"), code("a`b"), code("a|b")
    ('`state`', '`` a`b ``', '`a\\|b`')
    """
    plain = _BREAKS.sub(" ", text).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", plain)), default=0))
    pad = " " if "`" in plain else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Collection[int] = ()) -> str:
    r"""Table, without a line break at the end; a cell stays within itself and is not taken for HTML.

    Parameters
    ----------
    head : sequence of str
    rows : iterable of sequence of str
        Cells in Markdown, such as :func:`literal` and :func:`code` give them.
    right : collection of int
        Columns that are set to the right, from 0.

    Examples
    --------
    >>> print(table(("what", "how many"), [("a|b", "1"), (code("c|d"), "<2")], right=[1]))
    | what | how many |
    |---|---:|
    | a\|b | 1 |
    | `c\|d` | &lt;2 |
    """
    lines = [_line(head), "|" + "".join("---:|" if column in right else "---|" for column in range(len(head)))]
    return "\n".join([*lines, *(_line([_cell(text) for text in row]) for row in rows)])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    if "<" not in text and "|" not in text:
        return text.replace("\n", " ")
    shown = _CODE_OR_LESS.sub(lambda found: "&lt;" if found[0] == "<" else found[0], text)  # code shows it as it stands
    return _BARS.sub(r"\\|", shown).replace("\n", " ")
