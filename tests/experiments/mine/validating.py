"""Are the chances right? Simulated services, whose future is known, are forecast from what was seen of them up to now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from experiments.mine.forecasting import Share, chosen, futures_of, share_of
from experiments.mine.matching import NEEDED, in_chunks, shortened
from experiments.mine.observations import DELIVERING, FIDELITY, FIELDS, STARTED, Observation, agreeing
from experiments.mine.schema import ERRORS
from sim.world import World

TRUTHS: Final = 1_000_000
REFERENCE: Final = 2_000_000
BANKS: Final = 3_000_000
"""First replicates of the simulated services, of the histories that stand for the truth, and of repeated forecasts: none is used
twice, and none is among those that ``sustain mine`` tries by itself unless it is asked for a million."""

RATER: Final = 0.2
"""Standard error of the made-up rater, in scale points."""
PATIENTS: Final = 2
"""Patients by which a history may differ in those who have begun a course."""


@dataclass(frozen=True, eq=False)
class Lives:
    """Histories with what became of them.

    Attributes
    ----------
    rows : numpy.ndarray
        What observations speak of, shape (histories, now): columns of a service's month.
    ends : numpy.ndarray
        bool, shape (histories,): whether the measure holds at the horizon.
    first : int
        Replicate of the first.
    """

    rows: np.ndarray
    ends: np.ndarray
    first: int


@dataclass(frozen=True, eq=False)
class Validation:
    """Forecasts of simulated services beside what became of them.

    Attributes
    ----------
    chances : numpy.ndarray
        f8, shape (services,): forecast; NaN where too few histories match.
    shuffled : numpy.ndarray
        The same by what was seen of another service.
    base : float
        The unconditional forecast: share of all histories.
    ends : numpy.ndarray
        bool, shape (services,): what became of them.
    """

    chances: np.ndarray
    shuffled: np.ndarray
    base: float
    ends: np.ndarray

    @property
    def told(self) -> np.ndarray:
        """Services that were forecast, and by what was seen of another one too; bool."""
        return ~np.isnan(self.chances) & ~np.isnan(self.shuffled)

    def brier(self, chances: np.ndarray | float) -> np.ndarray:
        """Brier score of each service that was forecast; f8."""
        given = np.broadcast_to(chances, self.ends.shape)[self.told]
        return np.asarray((given - self.ends[self.told]) ** 2)

    def better(self, chances: np.ndarray) -> tuple[float, float]:
        """By how much the mean Brier score is lower than that of the unconditional forecast, with its standard error."""
        gain = self.brier(self.base) - self.brier(chances)
        return float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(len(gain)))


class Bin(NamedTuple):
    """Services with forecasts near each other.

    Attributes
    ----------
    chance : float
        Mean forecast.
    share : float
        Share of them in which it came.
    services : int
    """

    chance: float
    share: float
    services: int


def reliability(chances: np.ndarray, ends: np.ndarray, bins: int = 10) -> list[Bin]:
    """Forecasts in bins of as many services each, beside what became of them.

    Parameters
    ----------
    chances : numpy.ndarray
        f8, shape (services,).
    ends : numpy.ndarray
        bool, same shape.
    bins : int
    """
    parts = np.array_split(np.argsort(chances, kind="stable"), bins)
    return [Bin(float(chances[one].mean()), float(ends[one].mean()), len(one)) for one in parts]


def off_the_line(found: Sequence[Bin]) -> float:
    """Chance that calibrated forecasts would be as far off as these: of a chi-square with as many freedoms as bins.

    Parameters
    ----------
    found : sequence of Bin
    """
    from scipy.stats import chi2

    squares = [one.services * (one.share - one.chance) ** 2 / (one.chance * (1.0 - one.chance)) for one in found]
    return float(chi2.sf(sum(squares), len(found)))


def lives(world: World, first: int, count: int, now: int, *, measure: str, threads: int) -> Lives:
    """Run whole histories and keep what observations speak of.

    Parameters
    ----------
    world : World
        Of one service.
    first, count : int
        Replicates.
    now : int
        Completed months of which something may be seen.
    measure : str
        ``kept_going``, or ``operating``: whether it holds at the horizon.
    threads : int
    """
    fields = list(FIELDS.values())

    def lived(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = world.run(part, into=world.room(len(part))).rows[:, 0]
        ends = rows["kept_going"][:, -1] == 1 if measure == "kept_going" else rows["use"][:, -1] == 0
        kept = np.empty((len(part), now), [(name, rows.dtype[name]) for name in fields])
        for name in fields:
            kept[name] = rows[name][:, :now]
        return kept, ends

    numbers = np.arange(first, first + count, dtype=np.int64)
    found = list(in_chunks(world, numbers, lived, threads=threads, told=lambda _: None))
    rows, ends = (np.concatenate(several) for several in zip(*found, strict=True))
    return Lives(rows, ends, first)


def seen_of(row: np.ndarray, now: int, random: np.random.Generator) -> tuple[Observation, ...]:
    """What is seen of a simulated service: who delivers in month 12 and now, a score with its error, patients.

    Parameters
    ----------
    row : numpy.ndarray
        Of :class:`Lives`, shape (months,).
    now : int
    random : numpy.random.Generator
        The rater's luck.
    """
    found = []
    for month in sorted({min(12, now), now}):
        posts = float(row["delivering_posts"][month - 1])
        found.append(Observation(DELIVERING, month, posts, posts, posts, -1, f"{posts:g} posts deliver in month {month}"))
    fidelity = float(row["fidelity_clinic"][now - 1])
    if fidelity > 0.0:
        score, reach = fidelity + random.normal(0.0, RATER), ERRORS * RATER
        found.append(Observation(FIDELITY, now, score - reach, score + reach, score, -1, f"fidelity {score:.1f}"))
    started = float(row["started"][now - 1])
    found.append(Observation(STARTED, now, started - PATIENTS, started + PATIENTS, started, -1, f"{started:g} have begun"))
    return tuple(found)


def matching(bank: Lives, observations: Sequence[Observation]) -> np.ndarray:
    """Replicates of a bank that did what was seen; int64."""
    return bank.first + np.flatnonzero(agreeing(bank.rows, observations).all(axis=1))


def forecast(world: World, kept: np.ndarray, now: int, *, measure: str, futures: int, threads: int) -> Share:
    """Share of the futures of kept histories in which a measure holds at the horizon."""
    histories, each = chosen(kept, futures)
    return share_of(futures_of(world, histories, each, now, threads=threads).of(measure)[:, :, -1])


def validate(
    world: World, now: int, *, services: int, histories: int, futures: int, seed: int, measure: str, threads: int
) -> Validation:
    """Forecast simulated services whose future is known.

    Parameters
    ----------
    world : World
        Of one service, as it is described.
    now : int
    services : int
        Simulated ones.
    histories, futures : int
        As ``sustain mine`` has them, for each.
    seed : int
        Of the rater, and of the shuffling.
    measure : str
    threads : int
    """
    random = np.random.default_rng(seed)
    truths = lives(world, TRUTHS, services, now, measure=measure, threads=threads)
    bank = lives(world, 0, histories, now, measure=measure, threads=threads)
    chances = np.full(services, np.nan)
    for at in range(services):
        kept = matching(bank, seen_of(truths.rows[at], now, random))
        if len(kept) >= NEEDED:
            chances[at] = forecast(world, kept, now, measure=measure, futures=futures, threads=threads).mean
    return Validation(chances, random.permutation(chances), float(bank.ends.mean()), truths.ends)


def coverage(
    world: World, now: int, *, sets: int, repeats: int, histories: int, reference: int, futures: int, seed: int, measure: str,
    threads: int,
) -> tuple[float, float, int]:  # fmt: skip
    """Share of intervals that hold the share that very many histories have.

    Parameters
    ----------
    world : World
    now : int
    sets : int
        Simulated services, of which enough histories match.
    repeats : int
        Forecasts of each, with histories and luck of their own.
    histories, reference : int
        Of a forecast, and of what stands for the truth.
    futures, seed : int
    measure : str
    threads : int

    Returns
    -------
    share, naive : float
        Of the intervals, and of those that would hold if every future were a history of its own.
    intervals : int
    """
    random = np.random.default_rng(seed)
    truths = lives(world, TRUTHS, 40 * sets, now, measure=measure, threads=threads)
    many = lives(world, REFERENCE, reference, now, measure=measure, threads=threads)
    chosen_sets: list[tuple[Observation, ...]] = []
    targets: list[float] = []
    for row in truths.rows:
        observations = seen_of(row, now, random)
        kept = matching(many, observations) - REFERENCE
        if len(kept) >= 2 * NEEDED * reference / histories and len(targets) < sets:
            chosen_sets.append(observations)
            targets.append(float(many.ends[kept].mean()))
    held = naive = count = 0
    for repeat in range(repeats):
        bank = lives(shortened(world, now), BANKS + repeat * histories, histories, now, measure=measure, threads=threads)
        for observations, target in zip(chosen_sets, targets, strict=True):
            kept = matching(bank, observations)
            if len(kept) < NEEDED:
                continue
            share = forecast(world, kept, now, measure=measure, futures=futures, threads=threads)
            held += bool(share.low <= target <= share.high)
            naive += bool(abs(float(share.mean) - target) <= 1.96 * float(share.monte_carlo))
            count += 1
    return held / count, naive / count, count
