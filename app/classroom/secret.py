"""What opens a room: a short code for everybody in it, and a long key for the teacher. Both are compared in constant time."""

import hmac
import re
import secrets
from typing import Final

DIGITS: Final = 6
"""Of a room's code: few enough to be read aloud. What makes them enough is that guesses are limited; see ``guesses``."""

_CODE: Final = re.compile(f"[0-9]{{{DIGITS}}}")
_KEY_BYTES: Final = 24


def new_code() -> str:
    """Code of a room: six digits that nobody can foresee."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def new_key() -> str:
    """Key of the teacher's page: 192 bits, as letters that an address can hold."""
    return secrets.token_urlsafe(_KEY_BYTES)


def is_code(text: str) -> bool:
    """Whether a text could be a room's code.

    Parameters
    ----------
    text : str
    """
    return _CODE.fullmatch(text) is not None


def same(given: str, right: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing of how far they agree.

    Parameters
    ----------
    given, right : str
    """
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode("utf-8", "replace"))
