"""Parameter records in other shapes: as a tuple for the Mesa agents, as a hash."""

import hashlib
from collections import namedtuple
from functools import lru_cache
from typing import Any

import numpy as np


@lru_cache
def _tuple_type(names: tuple[str, ...]) -> Any:
    # named tuples cannot be told their fields statically: the table decides them
    return namedtuple("Parameters", names)


def as_tuple(one: np.ndarray) -> Any:
    """Parameter record as a named tuple of Python floats (parameters) and ints (switches, forms), for the Mesa agents.

    Parameters
    ----------
    one : numpy.ndarray
        Structured; a single record, or an array of shape (1,).
    """
    names = one.dtype.names or ()
    if one.size != 1:
        raise ValueError(f"one parameter record is needed, not {one.size}")
    return _tuple_type(names)(*one.reshape(-1)[0].item())


def parameter_hash(records: np.ndarray) -> str:
    """SHA-256 of the names and values of one or more parameter records.

    Parameters
    ----------
    records : numpy.ndarray
        Structured, any shape.

    Returns
    -------
    str
        Hexadecimal. The same on every machine: values are hashed little-endian, and -0.0 as 0.0.
    """
    digest = hashlib.sha256()
    flat = np.atleast_1d(records)
    for name in flat.dtype.names or ():
        column = np.ascontiguousarray(flat[name])
        wanted = "<f8" if column.dtype.kind == "f" else "<i8"
        digest.update(name.encode() + b"\0")
        digest.update((column.astype(wanted) + np.zeros((), wanted)).tobytes())
    return digest.hexdigest()
