"""All emulated instruments by name: functions from replicates of a cohort to what its study would have seen.

Each gives one value a replicate, so that their distribution is the study's sampling distribution and their mean the pattern's
value. They are vectorised over replicates, whichever parameter record each ran with.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np

from experiments.patterns import lasting, later, nine, patients, trials
from experiments.patterns.seen import Seen

INSTRUMENTS: Final[Mapping[str, Callable[[Seen], np.ndarray]]] = {
    **nine.INSTRUMENTS,
    **later.INSTRUMENTS,
    **trials.INSTRUMENTS,
    **patients.INSTRUMENTS,
    **lasting.INSTRUMENTS,
}
"""Instruments by the name that ``patterns.toml`` calls them."""


def measure(seen: Seen, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Values of some instruments.

    Parameters
    ----------
    seen : Seen
        Of n replicates.
    names : iterable of str

    Returns
    -------
    dict of str to numpy.ndarray
        f8, shape (n,); NaN where a replicate has nothing to measure.
    """
    return {name: INSTRUMENTS[name](seen) for name in names}
