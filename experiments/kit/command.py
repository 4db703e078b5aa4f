"""The words that a command was given, as its folder keeps them, and whether it is to draw anew what is there already."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_WITH_A_VALUE: Final = ("--out", "-o", "--figure-format", "--figure-width")
_FLAGS: Final = ("--restart", "--json", "--allow-outside")
"""Options that say where results go and how they are shown, or that would remove something: none of a folder's business."""

_given: ContextVar[tuple[str, ...]] = ContextVar("given", default=())
_redrawing: ContextVar[bool] = ContextVar("redrawing", default=False)


@contextmanager
def listening() -> Iterator[None]:
    """Forget at the end which words were given."""
    token = _given.set(())
    try:
        yield
    finally:
        _given.reset(token)


def hear(words: Sequence[str]) -> None:
    """Note the words of the command that is about to begin, its name first.

    Parameters
    ----------
    words : sequence of str
    """
    _given.set(tuple(words))


def words_given() -> list[str]:
    """Words of the command that is at work, as :func:`lasting` leaves them; none where a program calls."""
    return lasting(_given.get())


def lasting(words: Sequence[str]) -> list[str]:
    """Words without those that say where results go and how they are shown.

    Parameters
    ----------
    words : sequence of str

    Examples
    --------
    >>> lasting(["search", "--worlds", "20", "-o", "mine", "--json", "--", "-o"])
    ['search', '--worlds', '20', '--', '-o']
    """
    end = list(words).index("--") if "--" in words else len(words)
    kept, value_comes = [], False
    for word in words[:end]:
        left_out = value_comes or word in _FLAGS or word.partition("=")[0] in _WITH_A_VALUE or _is_short(word)
        value_comes = not value_comes and word in _WITH_A_VALUE
        kept += [] if left_out else [word]
    return [*kept, *words[end:]]


def _is_short(word: str) -> bool:
    """Whether a word is a short option with its value joined to it."""
    return word.startswith("-o") and not word.startswith("--")


@contextmanager
def redrawing() -> Iterator[None]:
    """Take finished folders up again: their pages are drawn anew from what is stored."""
    token = _redrawing.set(True)
    try:
        yield
    finally:
        _redrawing.reset(token)


def is_redrawing() -> bool:
    """Whether finished folders are taken up again."""
    return _redrawing.get()
