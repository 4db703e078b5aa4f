"""The plausible ensemble: sets of parameter values that reproduce what was observed, each with a weight."""

import base64
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np

WORLDS: Final = 4096
"""Worlds of a run over an ensemble: replicate r has world r, from the beginning again after so many. A power of two."""

LISTED_MAX: Final = 10_000
"""Longer arrays are packed in the machine form: ten million numbers are no list for JSON."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Sets of parameter values that are all plausible, such as draws of a calibration.

    Attributes
    ----------
    name : str
        Of the file, or what a program calls it.
    parameters : tuple of str
    values : numpy.ndarray
        f8, shape (members, parameters).
    weights : numpy.ndarray
        f8, shape (members,); above 0, mean 1.
    text_hash : str
        SHA-256 of the file, or of the values where there is none.
    turned_on : tuple of str
        Mechanisms that were on when the values were found, though the parameter table has them off.
    uncapped : numpy.ndarray or None
        f8, shape (members,); above 0, mean 1: what the weights would be without a cap. They decide who is a world nowhere: worlds
        that were run are weighed by them anew. None where that is not recorded.
    """

    name: str
    parameters: tuple[str, ...]
    values: np.ndarray
    weights: np.ndarray
    text_hash: str
    turned_on: tuple[str, ...] = ()
    uncapped: np.ndarray | None = None

    @property
    def members(self) -> int:
        """Number of members."""
        return len(self.values)

    def same(self, other: "Ensemble | None") -> bool:
        """Whether another one has the same members with the same weights, whatever it is called."""
        if other is None or other is self:
            return other is self
        mine, yours = ((one.parameters, one.turned_on, one.values.shape) for one in (self, other))
        return mine == yours and np.array_equal(self.weights, other.weights) and np.array_equal(self.values, other.values)

    def without(self, names: Iterable[str]) -> "Ensemble":
        """The same without some parameters, which something else sets."""
        gone = set(names)
        left = [at for at, name in enumerate(self.parameters) if name not in gone]
        parameters = tuple(self.parameters[at] for at in left)
        return self if len(left) == len(self.parameters) else replace(self, parameters=parameters, values=self.values[:, left])

    def within(self, settings: Mapping[str, float]) -> np.ndarray:
        """Values in a scenario, shape (members, parameters): what the scenario itself sets holds in every member."""
        values = self.values.copy()
        for at, name in enumerate(self.parameters):
            if name in settings:
                values[:, at] = settings[name]
        return values

    def machine_form(self) -> dict[str, Any]:
        """Plain values that JSON can hold; :func:`from_machine_form` reads them back."""
        form = {
            "name": self.name,
            "parameters": list(self.parameters),
            "members": self.members,
            "text_hash": self.text_hash,
            "values": packed(self.values.reshape(-1)),
            "weights": packed(self.weights),
        }
        return form | ({"turned_on": list(self.turned_on)} if self.turned_on else {})


def from_machine_form(form: Mapping[str, Any]) -> Ensemble:
    """Ensemble that a machine form describes.

    Parameters
    ----------
    form : mapping
        As :meth:`Ensemble.machine_form` gives it.

    Raises
    ------
    KeyError, ValueError
        When the form was edited into something that is no ensemble.
    """
    names = tuple(form["parameters"])
    values = unpacked(form["values"], "f8").reshape(form["members"], len(names))
    turned_on = tuple(form.get("turned_on", ()))
    return Ensemble(form["name"], names, values, unpacked(form["weights"], "f8"), form["text_hash"], turned_on=turned_on)


def plain_bytes(array: np.ndarray) -> bytes:
    """Numbers of an array, little-endian; one zero, one NaN.

    Parameters
    ----------
    array : numpy.ndarray
    """
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), np.nan, array + 0.0)
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()


def packed(array: np.ndarray) -> list[Any] | dict[str, Any]:
    """Array of one dimension as JSON holds it: a list with null for NaN, or compressed bytes when it is long."""
    if len(array) <= LISTED_MAX:
        return [None if isinstance(value, float) and math.isnan(value) else value for value in array.tolist()]
    kind = array.dtype.newbyteorder("<").str
    return {"dtype": kind, "length": len(array), "zlib_base64": _compressed(plain_bytes(array))}


@lru_cache(maxsize=4)  # the plausible ensemble's values take as long as a small run, and every study of a process holds them
def _compressed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 1)).decode()


def unpacked(form: list[Any] | Mapping[str, Any], kind: str) -> np.ndarray:
    """Array that :func:`packed` made a form of, of a kind such as f8."""
    if isinstance(form, Mapping):
        data = zlib.decompress(base64.b64decode(form["zlib_base64"]))
        return np.frombuffer(data, form["dtype"], count=form["length"]).astype(kind)
    return np.array([np.nan if value is None else value for value in form], kind)


def records_with(base: np.ndarray, names: Sequence[str], values: np.ndarray) -> np.ndarray:
    """Copies of a parameter record with some values of their own.

    Parameters
    ----------
    base : numpy.ndarray
        Structured, shape (1,).
    names : sequence of str
        Parameters that ``values`` sets.
    values : numpy.ndarray
        f8, shape (records, parameters).

    Returns
    -------
    numpy.ndarray
        Structured, shape (records,).
    """
    found = np.repeat(base, len(values))
    for at, name in enumerate(names):
        found[name] = values[:, at]
    return found


def order(weights: np.ndarray, count: int = WORLDS) -> np.ndarray:
    """Members by world, so that any number of first worlds has each member about as often as its weight says.

    World r has the member that holds the r-th point of van der Corput's sequence (base 2) in the members' cumulated weights.
    A run with more replicates has the same worlds and more of them.

    Parameters
    ----------
    weights : numpy.ndarray
        f8, shape (members,), not negative, not all 0.
    count : int
        Worlds; a power of two.

    Returns
    -------
    numpy.ndarray
        int64, shape (count,).

    Examples
    --------
    >>> order(np.array([1.0, 1.0, 2.0]), 4).tolist()
    [0, 2, 1, 2]
    """
    bits = count.bit_length() - 1
    number = np.arange(count)
    point = np.zeros(count)
    for bit in range(bits):
        point += ((number >> bit) & 1) / 2.0 ** (bit + 1)
    edges = np.cumsum(weights) / np.sum(weights)
    return np.minimum(np.searchsorted(edges, point, side="right"), len(weights) - 1).astype(np.int64)
