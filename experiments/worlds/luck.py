"""What luck does to a mean: how many replicates an error takes."""

import math
from typing import Final

RATIO_MOST: Final = 1e9
"""Times by which an error is taken to be too large at most: beyond it, the number of replicates is past all doing anyway."""


def needed(replicates: int, mcse: float, wanted: float) -> int:
    """Replicates that an error takes, by the error that some replicates have: it falls with their square root.

    Parameters
    ----------
    replicates : int
    mcse, wanted : float

    Examples
    --------
    >>> needed(100, 0.02, 0.01)
    400
    """
    return max(2, math.ceil(replicates * min(mcse / wanted, RATIO_MOST) ** 2 - 1e-9))
