"""What outcomes are made of: their declaration, their values, and sums over the services of a unit.

Values are carried as whole numbers over a known divisor, so that adding them up over replicates is exact: the result depends
neither on the order of adding nor on the size of the batches. What is not a count is rounded to a fixed fraction far below
any Monte Carlo error (BITS).
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from sim.engine import Batch
from sim.history import added_on
from sim.measures.units import Unit
from sim.plan import Plan

BITS: Final = 20
"""Values that are not counts are kept to 2**-20."""
BITS_HOURS: Final = 8
"""Hours are kept to 2**-8."""


THIS_MONTH: Final = ("sessions", "course_patients")
"""Amounts that are of the month; the others are since the start."""


class Outcome(NamedTuple):
    """One outcome: name, unit and meaning."""

    name: str
    unit: str
    meaning: str


def words(name: str) -> str:
    """Name as a reader sees it."""
    return name.replace("_", " ")


class Value(NamedTuple):
    """One outcome of a batch.

    Attributes
    ----------
    name : str
    numerator : numpy.ndarray
        int64, shape (replicates, units, months); 0 where undefined.
    divisor : numpy.ndarray
        Shape (units,): the value is numerator / divisor.
    defined : numpy.ndarray or None
        bool, shape of the numerator; None: everywhere.
    """

    name: str
    numerator: np.ndarray
    divisor: np.ndarray
    defined: np.ndarray | None

    def floats(self) -> np.ndarray:
        """Values as floats, NaN where undefined."""
        values = self.numerator / self.divisor[None, :, None]
        return values if self.defined is None else np.where(self.defined, values, np.nan)


class Totals:
    """Sums over the services of each unit, field by field.

    Parameters
    ----------
    batch : Batch
    units : tuple of Unit
    before : list of numpy.ndarray, optional
        Where the batch is a block of a region: all sums over the blocks before it, in the order in which they are asked for,
        which is the same for every block. They are brought up to date.
    """

    def __init__(self, batch: Batch, units: tuple[Unit, ...], before: list[np.ndarray] | None = None) -> None:
        self.batch = batch
        self.units = units
        self._mine = [unit.within(batch.places) for unit in units]
        self._before = before
        self._asked = 0
        self._fields: dict[str, np.ndarray] = {}

    def field(self, name: str) -> np.ndarray:
        """One field, contiguous, shape (replicates, services, months)."""
        if name not in self._fields:
            self._fields[name] = np.ascontiguousarray(self.batch.rows[name])
        return self._fields[name]

    def over(self, values: np.ndarray) -> np.ndarray:
        """Sum over the services of each unit: shape (replicates, units, months)."""
        kind = np.float64 if values.dtype.kind == "f" else np.int64
        count, services, months = values.shape
        result = np.empty((count, len(self.units), months), kind)
        earlier = self._earlier()
        for at, (unit, mine) in enumerate(zip(self.units, self._mine, strict=True)):
            before = None if earlier is None or unit.services[0] >= self.batch.first else earlier[:, at]
            if len(mine) == 1 and before is None:
                result[:, at] = values[:, mine[0]]
            elif len(mine) == services:
                result[:, at] = added_on(before, values)
            else:
                result[:, at] = added_on(before, values[:, mine])
        if self._before is not None:
            self._before[self._asked : self._asked + 1] = [result]
            self._asked += 1
        return result

    def _earlier(self) -> np.ndarray | None:
        """The same sum over the services before these."""
        return self._before[self._asked] if self._before and self.batch.first else None

    def of(self, name: str) -> np.ndarray:
        """Sum of one field."""
        return self.over(self.field(name))


class Posts:
    """Posts that outcomes are per: shares are of the established ones, amounts per post of all that are there.

    What a service gave, took and spent is that of its added posts too, so it is divided by these too, as they come. Shares say
    what has become of the posts established at the start, whatever was added.

    Parameters
    ----------
    totals : Totals
    plan : Plan

    Attributes
    ----------
    established : numpy.ndarray
        Float, shape (units,).
    grows : numpy.ndarray
        Bool, shape (units,): whether there is room for added posts.
    """

    def __init__(self, totals: Totals, plan: Plan) -> None:
        self._totals = totals
        self.established = np.array([plan.services["posts"][unit.services].sum() for unit in totals.units], dtype=float)
        self.grows = np.array([plan.services["reserve"][unit.services].any() for unit in totals.units])

    @cached_property
    def there(self) -> np.ndarray:
        """Posts that are there, by month: float, shape (replicates, units, months)."""
        return self.established[None, :, None] + self._totals.of("added_posts")

    @cached_property
    def there_so_far(self) -> np.ndarray:
        """Mean number of posts that were there in the months so far, of the same shape."""
        return np.cumsum(self.there, axis=2) / np.arange(1.0, self.there.shape[2] + 1.0)


def ratio(above: np.ndarray, below: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quotient, 0 where the divisor is not above 0, and where it is defined."""
    defined = below > 0
    return np.divide(above, below, out=np.zeros(above.shape), where=defined), defined


def fixed(name: str, values: np.ndarray, defined: np.ndarray | None = None, bits: int = BITS) -> Value:
    """Value rounded to a fixed fraction."""
    scale = float(2**bits)
    return Value(name, np.rint(values * scale).astype(np.int64), np.full(values.shape[1], scale), defined)


Computed = Iterator[tuple[str, Callable[[str], Value]]]
"""Names of outcomes, each with what computes it."""


def total_of(totals: Totals, field: str, divisor: np.ndarray, name: str) -> Value:
    """Sum of a field over what the divisor counts."""
    return Value(name, totals.of(field), divisor, None)


def months_of(totals: Totals, field: str, divisor: np.ndarray, name: str) -> Value:
    """Sum over the months so far."""
    return Value(name, np.cumsum(totals.of(field), axis=2), divisor, None)


def hours_of(totals: Totals, field: str, divisor: np.ndarray, name: str) -> Value:
    """Hours over what the divisor counts."""
    return fixed(name, totals.of(field) / divisor[None, :, None], bits=BITS_HOURS)


def hours_per_post(totals: Totals, posts: Posts, field: str, name: str) -> Value:
    """Hours since the start over the posts that were there so far."""
    return fixed(name, totals.of(field) / posts.there_so_far, bits=BITS_HOURS)


def amount_per_post(totals: Totals, posts: Posts, field: str, name: str) -> Value:
    """Sum of a count over the posts that are there: of this month, or since the start over the mean number so far.

    Exact where no post can be added; else rounded to a fixed fraction, as what is not a count.
    """
    total = totals.of(field)
    if not posts.grows.any():
        return Value(name, total, posts.established, None)
    there = posts.there if field in THIS_MONTH else posts.there_so_far
    rounded = fixed(name, total / there)
    grows = posts.grows[None, :, None]
    return Value(name, np.where(grows, rounded.numerator, total), np.where(posts.grows, rounded.divisor, posts.established), None)
