"""All randomness of a run: numbers that are looked up by address, never drawn in order.

The generator is Philox 4x32-10 (Salmon et al. 2011), a function from a key and a counter to four 32-bit words:

======== ==========================================================
key      the 64-bit seed: low word, high word
word 0   the service's key, from its name
word 1   kind (2 bits), post (10), slot (8), block of streams (12)
word 2   month word: 0 before month 0, month m is m + 1
word 3   replicate
======== ==========================================================

A word w becomes the uniform (w + 0.5) / 2**32, which is never 0 or 1. What lies outside a range is refused, never
wrapped: two addresses that wrapped onto each other would share their luck unnoticed.

Three implementations give the same bits: :func:`fill` for compiled code, :func:`uniforms` for arrays, and plain
integers in :class:`Tape` for the object engine.
"""

import operator
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba.extending import register_jitable

from sim.addresses import (
    RANGES,
    WIDTH,
    WORD_MASK,
    checked,
    draws_class,
    draws_dtype,
    fields_of,
    service_key,
    service_keys,
    split_seed,
)
from sim.streams import STREAM_SETS

__all__ = [
    "RANGES",
    "Tape",
    "draws_class",
    "draws_dtype",
    "fields_of",
    "fill",
    "philox",
    "service_key",
    "service_keys",
    "split_seed",
    "uniforms",
]

Floats = npt.NDArray[np.float64]
Integers = int | Sequence[int] | npt.NDArray[Any]
Address = tuple[int, int, int]
"""Service key, post, slot."""

_ROUNDS: Final = 10
_M0: Final = 0xD2511F53
_M1: Final = 0xCD9E8D57
_W0: Final = 0x9E3779B9
_W1: Final = 0xBB67AE85
_MASK: Final = WORD_MASK
_UNIT: Final = 2.0**-32

# typed twins for compiled code and arrays: a signed number met with an unsigned one would become a float
_U_M0: Final = np.uint64(_M0)
_U_M1: Final = np.uint64(_M1)
_U_W0: Final = np.uint64(_W0)
_U_W1: Final = np.uint64(_W1)
_U_MASK: Final = np.uint64(_MASK)
_U_32: Final = np.uint64(32)


# --- the generator, three times


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Philox 4x32-10 with plain integers.

    Parameters
    ----------
    counter : tuple of four int
    key : tuple of two int
        All words from 0 to 2**32 - 1; the callers see to that.

    Returns
    -------
    tuple of four int
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(_ROUNDS):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & _MASK, (p0 >> 32) ^ c3 ^ k1, p0 & _MASK
        k0 = (k0 + _W0) & _MASK
        k1 = (k1 + _W1) & _MASK
    return c0, c1, c2, c3


# inlined into its callers, or a block costs more than twice as much
@register_jitable(inline="always")
def fill(
    row: Any,
    blocks: Any,
    key_low: Any,
    key_high: Any,
    service_key: Any,
    kind: Any,
    post: Any,
    slot: Any,
    first_block: Any,
    month_word: Any,
    replicate: Any,
) -> None:
    """Write the uniforms of consecutive blocks at one address; for compiled code, which is handed checked numbers.

    Parameters
    ----------
    row : array of float
        Takes ``4 * blocks`` numbers.
    blocks : int
        Given as a constant, blocks are computed side by side.
    key_low, key_high : int
        From :func:`split_seed`.
    service_key, kind, post, slot, first_block, month_word, replicate : int
        The address (see the module).
    """
    low = np.uint64(key_low)
    high = np.uint64(key_high)
    start0 = np.uint64(service_key)
    start1 = np.uint64((kind << 30) | (post << 20) | (slot << 12) | first_block)
    start2 = np.uint64(month_word)
    start3 = np.uint64(replicate)
    for block in range(blocks):
        c0 = start0
        c1 = start1 + np.uint64(block)
        c2 = start2
        c3 = start3
        k0 = low
        k1 = high
        for _ in range(_ROUNDS):
            p0 = _U_M0 * c0
            p1 = _U_M1 * c2
            c0 = (p1 >> _U_32) ^ c1 ^ k0
            c1 = p1 & _U_MASK
            c2 = (p0 >> _U_32) ^ c3 ^ k1
            c3 = p0 & _U_MASK
            k0 = (k0 + _U_W0) & _U_MASK
            k1 = (k1 + _U_W1) & _U_MASK
        j = 4 * block
        # through signed numbers: words fit, and processors turn those into floats faster
        row[j] = (float(np.int64(c0)) + 0.5) * _UNIT
        row[j + 1] = (float(np.int64(c1)) + 0.5) * _UNIT
        row[j + 2] = (float(np.int64(c2)) + 0.5) * _UNIT
        row[j + 3] = (float(np.int64(c3)) + 0.5) * _UNIT


def _checked_array(name: str, values: Integers, limit_name: str) -> npt.NDArray[np.uint64]:
    """The values as unsigned words, if all are whole numbers in their range."""
    limit = RANGES[limit_name]
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros(array.shape, np.uint64)
    if array.dtype.kind not in "iu" or int(array.min()) < 0 or int(array.max()) >= limit:
        raise ValueError(f"{name} must be whole numbers from 0 to {limit - 1}")
    return array.astype(np.uint64)


def _checked_blocks(first_block: int, blocks: int) -> int:
    """The first block, if the last one is in the range too."""
    first = checked("first_block", first_block, "block")
    if operator.index(blocks) < 1:
        raise ValueError(f"blocks must be at least 1, not {blocks}")
    checked("last block", first + blocks - 1, "block")
    return first


def uniforms(
    seed: int,
    service_keys: Integers,
    kind: int,
    posts: Integers,
    slots: Integers,
    first_block: int,
    blocks: int,
    month_words: Integers,
    replicate: int,
) -> Floats:
    """Uniforms of consecutive blocks at many addresses at once.

    Parameters
    ----------
    seed, kind, replicate : int
    service_keys, posts, slots, month_words : int or one-dimensional array of int
        Broadcast against each other to n addresses.
    first_block, blocks : int

    Returns
    -------
    array of float, shape (n, 4 * blocks)

    Raises
    ------
    ValueError
        If a part of an address is out of range.
    """
    low, high = split_seed(seed)
    first = _checked_blocks(first_block, blocks)
    keys, post, slot, month = np.broadcast_arrays(
        np.atleast_1d(_checked_array("service_keys", service_keys, "service_key")),
        np.atleast_1d(_checked_array("posts", posts, "post")),
        np.atleast_1d(_checked_array("slots", slots, "slot")),
        np.atleast_1d(_checked_array("month_words", month_words, "month_word")),
    )
    if keys.ndim != 1:
        raise ValueError("addresses must be one-dimensional")
    shape = (keys.size, blocks)
    place = np.uint64(checked("kind", kind) << 30 | first) + (post << np.uint64(20)) + (slot << np.uint64(12))
    c0: Any = np.broadcast_to(keys[:, None], shape)
    c1: Any = place[:, None] + np.arange(blocks, dtype=np.uint64)
    c2: Any = np.broadcast_to(month[:, None], shape)
    c3: Any = np.full(shape, checked("replicate", replicate), np.uint64)
    for _ in range(_ROUNDS):
        p0 = _U_M0 * c0
        p1 = _U_M1 * c2
        c0 = (p1 >> _U_32) ^ c1 ^ np.uint64(low)
        c1 = p1 & _U_MASK
        c2 = (p0 >> _U_32) ^ c3 ^ np.uint64(high)
        c3 = p0 & _U_MASK
        low = (low + _W0) & _MASK
        high = (high + _W1) & _MASK
    words = np.stack((c0, c1, c2, c3), axis=2).reshape(keys.size, WIDTH * blocks)
    result: Floats = (words.astype(np.float64) + 0.5) * _UNIT
    return result


# --- the tape of the object engine


class _Chunk(NamedTuple):
    """Draws kept for a run of months."""

    first: int
    end: int
    rows: dict[Address, list[Any]]


class Tape:
    """Randomness of one replicate as named tuples of Python floats.

    Parameters
    ----------
    seed : int
        From 0 to 2**64 - 1.
    replicate : int
        From 0 to 2**32 - 1.

    Raises
    ------
    ValueError
        If one of them is out of range.
    """

    def __init__(self, seed: int, replicate: int) -> None:
        self.key = split_seed(seed)
        self.seed = operator.index(seed)
        self.replicate = checked("replicate", replicate)
        self._chunks: dict[str, _Chunk] = {}
        self._places: dict[tuple[str, int, int, int], tuple[int, range, Any]] = {}

    def draws(self, set_name: str, service_key: int, post: int, slot: int, month_word: int) -> Any:
        """Draws of a set at one address.

        Parameters
        ----------
        set_name : str
        service_key, post, slot, month_word : int

        Returns
        -------
        named tuple of float
            See :func:`fields_of`.

        Raises
        ------
        ValueError
            If a part of the address is out of range.
        """
        chunk = self._chunks.get(set_name)
        if chunk is not None and chunk.first <= month_word < chunk.end:
            row = chunk.rows.get((service_key, post, slot))
            if row is not None:
                return row[month_word - chunk.first]
        return self._computed(set_name, service_key, post, slot, month_word)

    def prefetch(self, set_name: str, addresses: Sequence[Address], first_month_word: int, months: int) -> None:
        """Compute the draws of many addresses for some months at once, so that :meth:`draws` only looks them up.

        Addresses are added to those already kept if the months are the same. Otherwise the set's kept draws are
        replaced; other sets' are dropped if all their months are past.

        Parameters
        ----------
        set_name : str
        addresses : sequence of (service key, post, slot)
        first_month_word, months : int

        Raises
        ------
        ValueError
            If a part of an address is out of range.
        """
        first = checked("first_month_word", first_month_word, "month_word")
        if operator.index(months) < 1:
            raise ValueError(f"months must be at least 1, not {months}")
        end = checked("last month word", first + months - 1, "month_word") + 1
        streams = STREAM_SETS[set_name]
        count = len(addresses)
        # column by column, so that each keeps its own whole-number type and is checked as it was given
        keys, posts, slots = ([address[part] for address in addresses] for part in range(3))
        numbers = uniforms(
            self.seed,
            np.repeat(np.asarray(keys), months),
            streams.kind,
            np.repeat(np.asarray(posts), months),
            np.repeat(np.asarray(slots), months),
            streams.first_block,
            streams.blocks,
            np.tile(np.arange(first, end, dtype=np.int64), count),
            self.replicate,
        )
        draws = list(map(draws_class(set_name)._make, numbers.tolist()))
        self._chunks = {name: chunk for name, chunk in self._chunks.items() if chunk.end > first}
        chunk = self._chunks.get(set_name)
        if chunk is None or (chunk.first, chunk.end) != (first, end):
            chunk = self._chunks[set_name] = _Chunk(first, end, {})
        for i, address in enumerate(addresses):
            chunk.rows[address] = draws[i * months : (i + 1) * months]

    def _computed(self, set_name: str, service_key: int, post: int, slot: int, month_word: int) -> Any:
        """The same draws with plain integers; an address is checked the first time."""
        address = (set_name, service_key, post, slot)
        found = self._places.get(address)
        if found is None:
            streams = STREAM_SETS[set_name]
            key = checked("service_key", service_key)
            place = streams.kind << 30 | checked("post", post) << 20 | checked("slot", slot) << 12
            first = _checked_blocks(streams.first_block, streams.blocks)
            words_1 = range(place | first, (place | first) + streams.blocks)
            found = self._places[address] = (key, words_1, draws_class(set_name)._make)
        key, words_1, make = found
        month = checked("month_word", month_word)
        words: list[int] = []
        for word_1 in words_1:
            words.extend(philox((key, word_1, month, self.replicate), self.key))
        return make([(word + 0.5) * _UNIT for word in words])
