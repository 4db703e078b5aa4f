"""Letters of names: those that nobody sees, and names that the eye does not tell apart."""

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from sim.scenario.values import folded

UNSEEN: Final = "unseen_letter"
"""Kind of the refusal of a name or text with a letter that nobody sees."""

BLANK: Final = "blank_text"
"""Kind of the refusal of a text of nothing but spaces."""

BREAKS: Final = frozenset("\t\n\r")
"""What a text of several lines may hold, and a name may not."""

_CATEGORIES: Final = {
    "Cc": "control character",
    "Cf": "format character",
    "Cn": "character that Unicode does not know",
    "Co": "character of private use",
    "Cs": "half of a character",
    "Zl": "line separator",
    "Zp": "paragraph separator",
    "Zs": "space",
}
"""Categories of Unicode whose characters leave no mark or move other marks; of the spaces all but the plain one."""

_BLANK: Final = frozenset(
    chain(
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        range(0x180B, 0x1810),
        range(0xFE00, 0xFE10),
        range(0xE0100, 0xE01F0),
    )
)
"""Marks, letters and signs of other categories that show nothing: joiners, fillers, selectors, the empty Braille pattern."""


def unseen(text: str) -> Iterator[tuple[int, str]]:
    r"""Letters of a text that nobody sees: place from 1, code and name.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> list(unseen("Nord\u200b"))
    [(5, 'U+200B ZERO WIDTH SPACE')]
    """
    for place, letter in enumerate(text, 1):
        kind = _CATEGORIES.get(unicodedata.category(letter))
        if letter != " " and (kind is not None or ord(letter) in _BLANK):
            yield place, f"U+{ord(letter):04X} {unicodedata.name(letter, kind or 'blank')}"


def hidden(text: str) -> Iterator[tuple[int, str]]:
    r"""Letters of a sentence or of several that nobody sees, as of a name; line breaks, and spaces of any width, are seen.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> list(hidden("40\u00a0%\nof services")), list(hidden("\u202egnp"))
    ([], [(1, 'U+202E RIGHT-TO-LEFT OVERRIDE')])
    """
    return ((place, name) for place, name in unseen(text) if not (text[place - 1] in BREAKS or text[place - 1].isspace()))


def looking_alike(names: Iterable[str]) -> dict[str, str]:
    """Names that look like an earlier one, each with that one; names that are the same are not told here.

    Alike are names that differ only in large and small letters, in compatible forms of letters (wide ones, ligatures) or in
    the number of spaces. Letters of two alphabets that look alike are told apart.

    Parameters
    ----------
    names : iterable of str

    Examples
    --------
    >>> looking_alike(["Nord", "Sør", "NORD"])
    {'NORD': 'Nord'}
    """
    first: dict[str, str] = {}
    return {name: before for name in names if (before := first.setdefault(folded(name), name)) != name}
