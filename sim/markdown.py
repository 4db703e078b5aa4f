"""Text of people in Markdown: it reads as it was written, whatever signs are in it."""

import html
import re
from typing import Final

# Within a word an underscore is no mark; a dollar sign begins a formula on some sites, a line break or tab would end a row.
_MARKS: Final = re.compile(r"[\\`*\[\]|~$!]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_BREAKS: Final = re.compile(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+")


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
