"""Values in text cells, as people and spreadsheets write them: numbers, yes and no."""

import re
import unicodedata
from typing import Final

_MINUS: Final = str.maketrans({"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-"})
"""Signs that stand for a minus before a number: the minus sign of typography, the en dash, and two wide hyphens."""

_SPACES: Final = " \u00a0\u2009\u202f\u2007"
"""Spaces that stand between groups of three digits: plain, no-break, thin, narrow no-break, figure space."""

_GROUPED: Final = re.compile(rf"([+-]?[0-9]{{1,3}})((?:[{_SPACES}][0-9]{{3}})+)((?:\.[0-9]+)?)")
_COMMA: Final = re.compile(r"[+-]?[0-9]*,[0-9]+")
_SHARE: Final = re.compile(rf"([+-]?[0-9]+(?:[.,][0-9]+)?)[{_SPACES}]?%")
_MARKED: Final = re.compile(rf"[+-]?[\d_.,'’{_SPACES}]*\d[\d_.,'’{_SPACES}]*")

DECIMAL_COMMA: Final = "write a decimal point"
"""How a hint about a decimal comma begins."""

_TRUE: Final = (
    "true", "yes", "1", "sann", "sant", "sand", "tosi", "wahr", "vrai", "verdadero", "vero", "waar", "verdadeiro",
    "prawda", "pravda", "igaz", "doğru", "истина", "satt", "ja", "oui", "sí", "si", "sim", "tak", "kyllä", "da",
)  # fmt: skip
_FALSE: Final = (
    "false", "no", "0", "usann", "usant", "falskt", "falsk", "epätosi", "falsch", "faux", "falso", "onwaar",
    "fałsz", "nepravda", "hamis", "yanlış", "YANLIŞ", "ложь", "ósatt", "nei", "nej", "nein", "nee", "non", "não", "nie", "ei",
)  # fmt: skip


def folded(text: str) -> str:
    """Text without what the eye does not tell apart: compatible forms, large and small letters, wide spaces.

    Examples
    --------
    >>> folded("ＮＯＲＤ  1") == folded("Nord 1")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


YES_NO: Final = {folded(word): value for words, value in ((_TRUE, True), (_FALSE, False)) for word in words}
"""Yes and no by their folded word, also as spreadsheets write them in other languages."""


def number_of(text: str) -> float:
    """Number that a text holds, as one writes it: digits 0 to 9, a decimal point, and what cannot be misread.

    That is a minus of typography, and spaces between groups of three digits.

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> number_of("1.5"), number_of("1e3"), number_of("−0.5"), number_of("1 200")
    (1.5, 1000.0, -0.5, 1200.0)
    """
    plain = text[:1].translate(_MINUS) + text[1:]
    if found := _GROUPED.fullmatch(plain):
        plain = found[1] + re.sub(rf"[{_SPACES}]", "", found[2]) + found[3]
    if "_" in plain or not plain.isascii():
        raise ValueError(text)
    return float(plain)


def number_hint(text: object) -> str:
    """Hint for a text that only looks like a number to some readers; empty for any other.

    Examples
    --------
    >>> number_hint("1,5")
    'write a decimal point: 1.5'
    """
    if not isinstance(text, str):
        return ""
    plain = text.strip()[:60].translate(_MINUS)
    if _COMMA.fullmatch(plain):
        return f"{DECIMAL_COMMA}: {plain.replace(',', '.')}"
    if found := _SHARE.fullmatch(plain):
        return f"write a share: {float(found[1].replace(',', '.')) / 100:g}"
    if _MARKED.fullmatch(plain):
        return "write digits 0 to 9 with nothing between them but a decimal point"
    return ""
