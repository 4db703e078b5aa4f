"""Addresses of random numbers: their ranges, the keys of services, and the names of what is drawn.

Kept apart from ``sim.tape`` so that a scenario can be checked without loading the compiler.
"""

import operator
import unicodedata
from collections import namedtuple
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import sha256
from typing import Any, Final

import numpy as np

from sim.streams import STREAM_SETS

WIDTH: Final = 4
"""Numbers in a block: what one call of the generator gives."""
WORD_MASK: Final = 0xFFFFFFFF
RANGES: Final[dict[str, int]] = {
    "seed": 2**64,
    "replicate": 2**32,
    "service_key": 2**32,
    "kind": 2**2,
    "post": 2**10,
    "slot": 2**8,
    "block": 2**12,
    "month_word": 2**32,
}
"""Every part of an address is at least 0 and below this."""


def checked(name: str, value: int, limit_name: str | None = None) -> int:
    """Refuse what lies outside a range.

    Parameters
    ----------
    name : str
        What the message calls the value.
    value : int
    limit_name : str, optional
        Key of ``RANGES``, if it is not the name.

    Returns
    -------
    int
        The value as a plain int.

    Raises
    ------
    ValueError
        If it is not a whole number in its range.
    """
    limit = RANGES[limit_name or name]
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number from 0 to {limit - 1}, not {value!r}") from None
    if not 0 <= number < limit:
        raise ValueError(f"{name} must be from 0 to {limit - 1}, not {number}")
    return number


def split_seed(seed: int) -> tuple[int, int]:
    """Low and high word of a seed, the two words of the generator's key.

    Parameters
    ----------
    seed : int
        From 0 to 2**64 - 1.

    Returns
    -------
    tuple of int

    Raises
    ------
    ValueError
        If the seed is out of range.
    """
    number = checked("seed", seed)
    return number & WORD_MASK, number >> 32


def service_key(name: str) -> int:
    """32-bit key of a service: the first four bytes of the SHA-256 of its name (Unicode form NFC, UTF-8), big end first.

    Parameters
    ----------
    name : str

    Returns
    -------
    int
    """
    return int.from_bytes(sha256(unicodedata.normalize("NFC", name).encode()).digest()[:4], "big")


def service_keys(names: Iterable[str]) -> list[int]:
    """Keys of services that run together.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    list of int
        In the order of the names.

    Raises
    ------
    ValueError
        If a name comes twice, or if two names have one key.
    """
    owner: dict[int, str] = {}
    for name in names:
        key = service_key(name)
        if key in owner:
            other = owner[key]
            if unicodedata.normalize("NFC", other) == unicodedata.normalize("NFC", name):
                raise ValueError(f"two services are named {name!r}; every service needs a name of its own")
            raise ValueError(f"the services {other!r} and {name!r} would share their random numbers; rename one of them")
        owner[key] = name
    return list(owner)


@cache
def fields_of(set_name: str) -> tuple[str, ...]:
    """Names of a set's streams, with ``unused_0`` and so on up to a whole number of blocks.

    Parameters
    ----------
    set_name : str
        A key of ``sim.streams.STREAM_SETS``.

    Returns
    -------
    tuple of str
    """
    streams = STREAM_SETS[set_name]
    return streams.names + tuple(f"unused_{j}" for j in range(WIDTH * streams.blocks - len(streams.names)))


@cache
def draws_dtype(set_name: str) -> np.dtype[Any]:
    """Record type of a set's draws; ``array.view(draws_dtype(...))[:, 0]`` reads rows of uniforms as records.

    Parameters
    ----------
    set_name : str

    Returns
    -------
    numpy.dtype
    """
    return np.dtype([(name, np.float64) for name in fields_of(set_name)], align=True)


@cache
def draws_class(set_name: str) -> Any:
    """Named tuple class with the same fields as :func:`draws_dtype`.

    Parameters
    ----------
    set_name : str

    Returns
    -------
    type
    """
    make: Callable[..., Any] = namedtuple
    return make(set_name.title().replace("_", "") + "Draws", fields_of(set_name))
