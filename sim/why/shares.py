"""Shares with their errors."""

from typing import NamedTuple

import numpy as np


class Share(NamedTuple):
    """A share, of so many, and its standard error."""

    share: float
    of: int
    apart: float = float("nan")
    """Standard error where some of them belong together, as services of one run do; NaN where they do not."""

    @property
    def error(self) -> float:
        """Standard error; binomial, and by Laplace's rule of succession where none or all were seen: never 0."""
        if not self.of:
            return float("nan")
        if self.apart > 0.0:
            return self.apart
        p = self.share if 0.0 < self.share < 1.0 else (self.share * self.of + 1.0) / (self.of + 2.0)
        return float(np.sqrt(p * (1.0 - p) / self.of))


def plain_share(one: Share) -> dict[str, float | int | None]:
    """Share as plain values that JSON can hold; what is not known is null."""
    known = one.share == one.share and one.of > 0
    return {"share": one.share if known else None, "of": one.of, "error": one.error if known else None}
