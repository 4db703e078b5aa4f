"""Draws that are held: what the tape says at some addresses is replaced, and nothing else moves.

Luck is neutralised here and not in the parameters, which decide other things too: no noise in a signal, said as a parameter, also
changes how far practitioners trust it. And a *branch*: the same luck until a month, that of another replicate from then on.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from sim.addresses import RANGES, checked, fields_of, service_key
from sim.inlining import inlined
from sim.streams import STREAM_SETS
from sim.tape import Address, Tape

SETS: Final = (
    "service_start", "service", "leader", "practitioner", "person", "patient", "intake", "recruited", "decision", "parts",
)  # fmt: skip
"""Sets of streams in the order in which compiled code has them."""

HOLD: Final = np.dtype(
    [
        ("set", "i8"),  # place in SETS
        ("stream", "i8"),  # place in the set
        ("service", "i8"),  # key of the service; -1 every one
        ("post", "i8"),  # -1 every one
        ("slot", "i8"),  # -1 every one
        ("first", "i8"),  # month word, the first that is held
        ("end", "i8"),  # month word, the first that is no longer held
        ("value", "f8"),
    ],
    align=True,
)
"""One stream that is held."""

NO_HOLDS: Final = np.zeros(0, HOLD)
"""Nothing is held."""

NEVER: Final = RANGES["month_word"]
"""Month word of a branch that never comes."""


class Hold(NamedTuple):
    """A stream whose draws are replaced by one number.

    Attributes
    ----------
    stream : str
        Set and stream, such as ``"patient.attendance"`` (see ``sim.streams``).
    value : float
        Between 0 and 1, neither included: .5 is neither good nor bad luck.
    service : str
        Name of one service; every one unless given.
    post, slot : int
        One post, from 0; one slot of its patients; every one unless given.
    first : int
        First month that is held; -1 begins before month 0, where services and people start.
    end : int
        First month that is no longer held; held to the end unless given.
    """

    stream: str
    value: float = 0.5
    service: str = ""
    post: int = -1
    slot: int = -1
    first: int = -1
    end: int = NEVER - 1


def holds_of(held: Sequence[Hold]) -> np.ndarray:
    """Records of streams that are held, as both engines take them.

    Parameters
    ----------
    held : sequence of Hold

    Returns
    -------
    numpy.ndarray
        HOLD, shape (held,).

    Raises
    ------
    ValueError
        For a stream that there is not, or a number out of its range.
    """
    rows = np.zeros(len(held), HOLD)
    for at, one in enumerate(held):
        name, _, stream = one.stream.partition(".")
        if name not in STREAM_SETS or stream not in STREAM_SETS[name].names:
            known = ", ".join(f"{a_set}.{a_stream}" for a_set in SETS for a_stream in STREAM_SETS[a_set].names)
            raise ValueError(f"there is no stream {one.stream!r}: {known}")
        if not 0 < one.value < 1:
            raise ValueError(f"{one.stream}: a draw is held at a number between 0 and 1, not at {one.value}")
        for part, limit in (("post", "post"), ("slot", "slot")):
            if getattr(one, part) != -1:
                checked(part, getattr(one, part), limit)
        if not -1 <= one.first < one.end < NEVER:
            raise ValueError(f"{one.stream}: months {one.first} to {one.end} are none")
        key = service_key(one.service) if one.service else -1
        place = STREAM_SETS[name].names.index(stream)
        rows[at] = (SETS.index(name), place, key, one.post, one.slot, one.first + 1, one.end + 1, one.value)
    return rows


@inlined
def hold(row, holds, which, service, post, slot, word):  # type: ignore[no-untyped-def]
    """Replace what is held of a set's draws at one address; for compiled code.

    Parameters
    ----------
    row : array of float
        Draws of the set.
    holds : array of HOLD
    which : int
        Place in SETS.
    service, post, slot, word : int
        The address.
    """
    for h in range(holds.shape[0]):
        one = holds[h]
        if (
            one.set == which
            and (one.service < 0 or one.service == service)
            and (one.post < 0 or one.post == post)
            and (one.slot < 0 or one.slot == slot)
            and one.first <= word < one.end
        ):
            row[one.stream] = one.value


class ReplayTape:
    """Luck of a replay for the object engine: that of a replicate, that of another one from a month on, and what is held.

    Parameters
    ----------
    seed, replicate : int
    branch : int
        First month word with the other replicate's luck.
    other : int
        The other replicate.
    holds : numpy.ndarray
        HOLD.
    """

    def __init__(self, seed: int, replicate: int, *, branch: int = NEVER, other: int = 0, holds: np.ndarray = NO_HOLDS) -> None:
        self._before = Tape(seed, replicate)
        self._after = Tape(seed, other)
        self._branch = branch
        self._holds: dict[str, list[Any]] = {}
        for row in holds:
            self._holds.setdefault(SETS[row["set"]], []).append(row)

    def draws(self, set_name: str, service_key: int, post: int, slot: int, month_word: int) -> Any:
        """Draws of a set at one address, as :meth:`sim.tape.Tape.draws`."""
        tape = self._after if month_word >= self._branch else self._before
        found = tape.draws(set_name, service_key, post, slot, month_word)
        for one in self._holds.get(set_name, ()):
            at = (service_key, post, slot)
            here = all(one[part] in (-1, mine) for part, mine in zip(("service", "post", "slot"), at, strict=True))
            if here and one["first"] <= month_word < one["end"]:
                found = found._replace(**{fields_of(set_name)[one["stream"]]: float(one["value"])})
        return found

    def prefetch(self, set_name: str, addresses: Sequence[Address], first_month_word: int, months: int) -> None:
        """Compute draws of some months at once, as :meth:`sim.tape.Tape.prefetch`."""
        if first_month_word < self._branch:
            self._before.prefetch(set_name, addresses, first_month_word, months)
        if first_month_word + months > self._branch:
            self._after.prefetch(set_name, addresses, first_month_word, months)
