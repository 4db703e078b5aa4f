"""Results of some replicates of one plan, and a store of them that is bounded by bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, NamedTuple


class Chunk(NamedTuple):
    """What came out of the replicates ``first`` to ``last - 1`` of one plan.

    Attributes
    ----------
    first, last : int
        As in ``range``: the last one is not part of it.
    result : object
        Whatever ran gave. Several sessions may read the same object: nobody may change it.
    """

    first: int
    last: int
    result: Any


class ChunkCache:
    """Chunks by plan, those least recently asked for forgotten first. It takes no lock of its own: whoever holds it does.

    Parameters
    ----------
    limit : int
        Bytes of all results together. One that is larger alone is not kept; 0 keeps nothing.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: OrderedDict[tuple[Hashable, int], tuple[Chunk, int]] = OrderedDict()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """Bytes of what is held."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Hashable, first: int, most: int) -> Chunk | None:
        """Look for a chunk.

        Parameters
        ----------
        key : hashable
            The plan, as its hash.
        first : int
            Replicate with which the chunk begins.
        most : int
            The chunk may not go beyond this.

        Returns
        -------
        Chunk or None
        """
        found = self._held.get((key, first))
        if found is None or found[0].last > most:
            return None
        self._held.move_to_end((key, first))
        return found[0]

    def add(self, key: Hashable, chunk: Chunk, size: int) -> None:
        """Keep a chunk of ``size`` bytes. Of two with the same beginning the longer one stays."""
        place = (key, chunk.first)
        there = self._held.get(place)
        if size > self._limit or (there is not None and there[0].last >= chunk.last):
            return
        if there is not None:
            self._bytes -= there[1]
        self._held[place] = (chunk, size)
        self._held.move_to_end(place)
        self._bytes += size
        while self._bytes > self._limit:
            _, (_, gone) = self._held.popitem(last=False)
            self._bytes -= gone
