"""How often a room's code may be guessed: so many times from one address, and so many from all together."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from app.serving.limits import Bucket

Clock = Callable[[], float]

EACH: Final = (1 / 10, 10)
"""Wrong codes of one address, a second and at once: enough for a class that mistypes."""

ALL: Final = (1 / 5, 60)
"""Of all addresses. At 60 and then 720 an hour, a code of six digits is found in one hour of 1,280."""

MOST_ADDRESSES: Final = 4096
"""Addresses that are remembered; of more, the one that is longest away is forgotten."""


class Limit:
    """Wrong codes of somebody, and until when no further one is looked at.

    Parameters
    ----------
    rate : float
        A second.
    burst : int
        At once.
    clock : callable
        Gives seconds; never runs backwards.
    """

    def __init__(self, rate: float, burst: int, clock: Clock) -> None:
        self._bucket, self._clock = Bucket(rate, burst - 1, clock), clock
        self._until = -math.inf

    def count(self) -> None:
        """Count a wrong code."""
        self._until = self._clock() + self._bucket.take()

    def wait(self) -> float:
        """Seconds until the next code is looked at."""
        return max(0.0, self._until - self._clock())


class Guesses:
    """Wrong codes so far. An address whose guesses are used up is not listened to, whether its next code is right or not.

    An address that has given the right code never waits: a flood of guesses shuts nobody out who is in, whether it comes from
    elsewhere or from the same address: behind a router a whole class has one, and one who mistypes would close it. Whoever shares
    an address with somebody who is in can therefore guess as often as the server answers.

    Parameters
    ----------
    clock : callable, optional
        Gives seconds.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._all = Limit(*ALL, clock)
        self._each: OrderedDict[str, Limit] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()

    def wait(self, address: str) -> int:
        """Whole seconds that an address must wait before a code of it is looked at; 0 for none.

        Parameters
        ----------
        address : str
            That a request comes from.
        """
        if address in self._known:
            return 0
        waits = [self._all.wait()]
        if address in self._each:
            waits.append(self._each[address].wait())
        return math.ceil(max(waits))

    def wrong(self, address: str) -> None:
        """Count a wrong code, unless the address is in."""
        if address in self._known:
            return
        if address not in self._each:
            remember(self._each, address, Limit(*EACH, self._clock))
        self._each[address].count()
        self._all.count()

    def right(self, address: str) -> None:
        """Note that an address is in: it has the right code, or the teacher's key."""
        remember(self._known, address, None)


def remember(known: OrderedDict[str, Any], address: str, value: Any) -> None:
    """Remember an address; where there are too many, forget who is longest away."""
    known[address] = value
    known.move_to_end(address)
    while len(known) > MOST_ADDRESSES:
        known.popitem(last=False)
