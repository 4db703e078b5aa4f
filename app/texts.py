"""Words of the lab's pages, from one file: another language is another file."""

import json
import tomllib
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

FILE: Final = Path(__file__).resolve().with_name("texts.toml")

COMMON: Final = "common"
"""Section of the words that every page has."""

CHARTS: Final = "charts"
"""Section of the words that charts say by themselves: every page has them, by this name."""


@cache
def sections() -> MappingProxyType[str, Any]:
    """All words, by page."""
    return MappingProxyType(tomllib.loads(FILE.read_text(encoding="utf-8")))


def texts_of(page: str) -> dict[str, Any]:
    """Words of a page.

    Parameters
    ----------
    page : str
        Name of a section.

    Returns
    -------
    dict
        Those that every page has, with those of charts among them, and above them the page's own.

    Raises
    ------
    KeyError
        When the file has no such section.
    """
    return {**sections()[COMMON], CHARTS: sections()[CHARTS], **sections()[page]}


def as_script(value: Any) -> str:
    """JSON that can stand within a page whatever the names in it are: no letter that HTML gives a meaning."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
