"""What may come of the histories that were kept: each lives on from now with several other lucks."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from experiments.mine.matching import Told, in_chunks
from sim.world import MEASURES, World
from sim.world.accumulate import flags_of
from sim.world.asked import ELSE

TOLD: Final = ("kept_going", "high_every_look", "operating", "silent", "given_up")
"""What is forecast, each at the observation of a month; see :data:`sim.world.MEASURES`."""

HOURS: Final = ("leader", "supervision", "monitoring", "covered", "training", "practitioner")
"""Kinds of hours that the runs count; those of monitoring are part of the practitioners'."""

SUPPORT: Final = HOURS[:-1]
"""Hours of support, as ``sustain search`` counts them but for a champion's: here these are among the practitioners'."""

Z: Final = 1.959963984540054
"""95 % of a normal distribution lie within so many standard deviations."""

LUCKS: Final = 2**31
"""Other lucks that there are."""

_PLACES: Final = [MEASURES.index(name) for name in TOLD]


@dataclass(frozen=True, eq=False)
class Futures:
    """What became of the kept histories, each with several lucks from now on.

    Attributes
    ----------
    flags : numpy.ndarray
        bool, shape (histories, futures, months, TOLD), from month 1 to the horizon.
    hours : numpy.ndarray
        f8, shape (histories, futures, HOURS): hours from now to the horizon.
    """

    flags: np.ndarray
    hours: np.ndarray

    def of(self, measure: str) -> np.ndarray:
        """Whether a measure holds; bool, shape (histories, futures, months)."""
        return self.flags[..., TOLD.index(measure)]


class Share(NamedTuple):
    """A share with what is not known of it; each an array of one shape.

    Attributes
    ----------
    mean : numpy.ndarray
    error : numpy.ndarray
        Standard error: that there are so few histories, and that each has so few futures.
    monte_carlo : numpy.ndarray
        The part of it that more futures of the same histories would take away; NaN with one future each.
    low, high : numpy.ndarray
        95 % interval (Wilson's, for as many independent runs as would give this error).
    """

    mean: np.ndarray
    error: np.ndarray
    monte_carlo: np.ndarray
    low: np.ndarray
    high: np.ndarray


def chosen(kept: np.ndarray, futures: int) -> tuple[np.ndarray, int]:
    """Histories that live on, and how many lucks each has: together about ``futures``, of all histories if they are fewer.

    Parameters
    ----------
    kept : numpy.ndarray
        int64, shape (kept,), at least one.
    futures : int

    Examples
    --------
    >>> histories, each = chosen(np.arange(300), 2000)
    >>> len(histories), each
    (300, 7)
    >>> histories, each = chosen(np.arange(3000), 2000)
    >>> len(histories), each
    (1000, 2)
    """
    # two lucks at least: what luck alone does could not be told otherwise
    count = min(len(kept), max(1, futures // 2))
    places = np.linspace(0, len(kept) - 1, count).round().astype(np.int64)
    return kept[places], max(2, -(-futures // count))


def futures_of(
    world: World, histories: np.ndarray, each: int, now: int, *, threads: int, told: Told = lambda _: None, first: int = 0
) -> Futures:
    """Let histories live on with other luck.

    Parameters
    ----------
    world : World
        Of one service. Worlds that differ in policies from now on meet the same luck.
    histories : numpy.ndarray
        int64, shape (histories,): replicates.
    each : int
        Lucks of each.
    now : int
        Months lived through with their own luck.
    threads : int
    told : callable
        Is told how many futures are done.
    first : int
        Of the other lucks, the first.
    """
    which = np.repeat(histories, each)
    # a history meets the same luck whatever others are kept beside it; with very many, the numbers begin anew
    others = ELSE + (first + (histories[:, None] * each + np.arange(each)).ravel()) % LUCKS

    def lived(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        batch = world.run(which[part], branch=now, others=others[part], into=world.room(len(part)))
        rows = batch.rows[:, 0]
        spent = [rows[f"hours_{name}"][:, -1] - rows[f"hours_{name}"][:, now - 1] for name in HOURS]
        return flags_of(batch.rows)[:, 0][..., _PLACES], np.stack(spent, axis=-1)

    found = list(in_chunks(world, np.arange(len(which)), lived, threads=threads, told=told))
    shape = (len(histories), each)
    flags, hours = (np.concatenate(several) for several in zip(*found, strict=True))
    return Futures(flags.reshape(*shape, *flags.shape[1:]), hours.reshape(*shape, -1))


def share_of(flags: np.ndarray) -> Share:
    """Share of futures, with its errors.

    Parameters
    ----------
    flags : numpy.ndarray
        bool, shape (histories, futures, ...).
    """
    count, each = flags.shape[:2]
    own = flags.mean(axis=1)
    mean = own.mean(axis=0)
    error = own.std(axis=0, ddof=1) / np.sqrt(count) if count > 1 else np.full_like(mean, np.nan)
    within = (own * (1.0 - own)).mean(axis=0) / (each - 1) if each > 1 else np.full_like(mean, np.nan)
    monte_carlo = np.sqrt(within / count)
    low, high = wilson(mean, _runs(mean, error, count))
    return Share(mean, error, monte_carlo, low, high)


def _runs(mean: np.ndarray, error: np.ndarray, count: int) -> np.ndarray:
    """Independent runs that would give this error; the histories' number where none differs from another."""
    spread = mean * (1.0 - mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        runs = spread / error**2
    return np.where((spread > 0.0) & (error > 0.0), runs, count)


def wilson(share: np.ndarray, runs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's 95 % interval of a share.

    Parameters
    ----------
    share, runs : numpy.ndarray
        Runs above 0.

    Returns
    -------
    low, high : numpy.ndarray
    """
    weight = Z**2 / runs
    middle = (share + weight / 2.0) / (1.0 + weight)
    reach = Z * np.sqrt(share * (1.0 - share) / runs + weight / runs / 4.0) / (1.0 + weight)
    # both bounds are bounds of the share, whatever rounding does at 0 and 1
    return np.clip(middle - reach, 0.0, share), np.clip(middle + reach, share, 1.0)


def mean_of(values: np.ndarray) -> tuple[float, float]:
    """Mean over histories and futures, with its standard error over histories.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (histories, futures).
    """
    own = values.mean(axis=1)
    return float(own.mean()), float(own.std(ddof=1) / np.sqrt(len(own))) if len(own) > 1 else float("nan")
