"""How much a page may ask for: more is told and slowed, never a reason to stop."""

import json
from collections.abc import Callable
from typing import Any, Final

from sim.problems import BadInput, Problem

MESSAGE_BYTES: Final = 64 * 1024
"""Of one message."""

RATE: Final = 20.0
"""Messages a second that one page may send for long."""

BURST: Final = 40
"""Messages that it may send at once."""

SOCKETS: Final = 200
"""Pages that may be open at once."""

ADDRESS_SOCKETS: Final = SOCKETS // 2
"""Of one address, where others may come in. No fewer: behind a router a whole class has one address."""

QUIET_SECONDS: Final = 60.0
"""Where all places are taken, a page that has asked nothing for so long gives its own to the next one. Behind a router nobody can
tell one student from another; what is known of a page is when it last asked."""

HEADER_SECONDS: Final = 10.0
"""For the head of a request, from its first byte or from the connection on."""

BODY_SECONDS: Final = 10.0
"""For its body."""

DEEP: Final = 12
"""Brackets within brackets of a message."""

ID_MAX: Final = 2**53


class Bucket:
    """So many at once, and so many a second in the long run.

    Parameters
    ----------
    rate : float
        A second.
    burst : int
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, float(burst), clock
        self._left, self._at = float(burst), clock()

    def take(self) -> float:
        """Take one; gives the seconds to wait before the next one is in order, 0 as long as there are some left."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        self._left -= 1
        return max(0.0, -self._left / self._rate)


def read_message(text: str) -> tuple[str, int, dict[str, Any]]:
    """Page, number and wish of a message.

    Parameters
    ----------
    text : str

    Raises
    ------
    BadInput
        For what is no message.
    """
    allowed = "a message of the lab's own pages"
    try:
        raw = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BadInput([Problem("message", "it cannot be read", allowed, "load the page again")]) from None
    if not isinstance(raw, dict) or set(raw) != {"page", "id", "asked"} or _depth(raw) > DEEP:
        raise BadInput([Problem("message", "it is none of the lab's", allowed, "load the page again")])
    page, number, asked = raw["page"], raw["id"], raw["asked"]
    sound = isinstance(page, str) and isinstance(number, int) and not isinstance(number, bool) and 0 <= number < ID_MAX
    if not sound or not isinstance(asked, dict):
        raise BadInput([Problem("message", "it is none of the lab's", allowed, "load the page again")])
    return page, number, asked


def check_letters(asked: dict[str, Any]) -> None:
    """Refuse half a letter: it could not be sent back.

    Raises
    ------
    BadInput
        When there is one.
    """
    try:
        json.dumps(asked, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise BadInput([Problem("message", "it has a letter that is none", "whole letters", "choose or write it anew")]) from None


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _depth(value: Any) -> int:
    """Brackets within brackets; as deep as JSON could be read it can be counted, too."""
    deepest, rest = 0, [(value, 1)]
    while rest:
        one, level = rest.pop()
        if isinstance(one, dict | list):
            deepest = max(deepest, level)
            rest += [(part, level + 1) for part in (one.values() if isinstance(one, dict) else one)]
    return deepest
