"""Which services take part in a trial and how they are allocated; nothing else is decided here.

All services of a trial are of one world, drawn without replacement. Everything comes from the study's seed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.trials.bank import Bank
from experiments.trials.fitting import groups_of
from experiments.trials.looks import Look
from experiments.trials.reading import Study

STREAMS: Final = {"services": 0, "allocation": 1, "measure": 3, "lost": 4, "permute": 5}
"""Numbers of the streams of random numbers, so that what one of them is asked changes no other."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """Trials: who takes part, and how they are allocated.

    Attributes
    ----------
    world : numpy.ndarray
        int, shape (trials,).
    services : numpy.ndarray
        int, shape (trials, services): places in the bank.
    group : numpy.ndarray
        int, same shape: arm, sequence, or combination of a factorial design.
    stratum : numpy.ndarray
        int, same shape: stratum within which services were allocated, or the pair; 0 for all where there is none.
    """

    world: np.ndarray
    services: np.ndarray
    group: np.ndarray
    stratum: np.ndarray


def random(study: Study, stream: str, *more: int) -> np.random.Generator:
    """Random numbers of a stream.

    Parameters
    ----------
    study : Study
    stream : str
        One of STREAMS.
    *more : int
        What sets it apart from others of the stream.
    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([study.file.seed, STREAMS[stream], *more])))


def chosen(rng: np.random.Generator, count: int, every: int, services: int) -> np.ndarray:
    """Services of each trial, without replacement, in random order: the first few are a trial of so many services.

    Parameters
    ----------
    rng : numpy.random.Generator
    count : int
        Trials.
    every, services : int
        Of the bank, and of each trial.

    Returns
    -------
    numpy.ndarray
        int, shape (trials, services).

    Raises
    ------
    ValueError
        For more services than there are.
    """
    if services > every:
        raise ValueError(f"{services} services cannot be drawn from {every}")
    found = np.empty((count, services), np.int64)
    step = max(1, 4_000_000 // every)
    for first in range(0, count, step):
        keys = rng.random((min(step, count - first), every), np.float32)
        part = np.argpartition(keys, services - 1, axis=1)[:, :services]
        order = np.argsort(np.take_along_axis(keys, part, axis=1), axis=1)
        found[first : first + len(keys)] = np.take_along_axis(part, order, axis=1)
    return found


def drawn(study: Study, bank: Bank, before: Look, services: np.ndarray, rng: np.random.Generator) -> Drawn:
    """Allocate the services of trials; trial t is in world t modulo their number.

    Parameters
    ----------
    study : Study
    bank : Bank
    before : Look
        The month of the randomisation, by which services are stratified or paired.
    services : numpy.ndarray
        int, shape (trials, services), as :func:`chosen` gives them.
    rng : numpy.random.Generator
    """
    world, kind = np.arange(len(services)) % bank.worlds, study.file.design.kind
    stratum = strata_of(study, bank, before, world, services)
    if kind == "matched":
        services, stratum = _paired(rng, services, stratum)
    return Drawn(world, services, allocated(rng, stratum, groups_of(study.file), ordered=kind != "stratified"), stratum)


def strata_of(study: Study, bank: Bank, before: Look, world: np.ndarray, services: np.ndarray) -> np.ndarray:
    """Stratum of each service, or a score by which services are paired; 0 for all in other designs.

    Parameters
    ----------
    study : Study
    bank : Bank
    before : Look
        The month of the randomisation.
    world : numpy.ndarray
        int, shape (trials,).
    services : numpy.ndarray
        int, shape (trials, services).

    Returns
    -------
    numpy.ndarray
        int, shape of ``services``.
    """
    found = np.zeros(services.shape, np.int64)
    for word in (*study.file.design.strata, *study.file.design.match):
        found = found * 16 + _level(word, bank, before, world, services)
    return found


def _level(word: str, bank: Bank, before: Look, world: np.ndarray, services: np.ndarray) -> np.ndarray:
    """Level of what is known at the randomisation, from 0 to 15."""
    if word == "delivering":
        share = before.delivering[0, world[:, None], services] / bank.posts[world[:, None], services]
        return np.asarray((share >= 0.5).astype(np.int64))
    values = np.asarray(bank.plan.services[word])
    levels = (
        np.minimum(np.unique(values, return_inverse=True)[1], 15) if word != "posts" else (values > np.median(values)).astype(int)
    )
    return np.asarray(levels[services], np.int64)


def allocated(rng: np.random.Generator, stratum: np.ndarray, groups: int, *, ordered: bool = False) -> np.ndarray:
    """Allocate services by permuted blocks; int, shape of ``stratum``.

    Services stand in random order within their stratum, strata one after the other. Each block of as many services as there are
    groups is dealt out, one to each, in an order of its own. So groups differ in size by one at most. A block may reach over the
    end of a stratum, and so two groups differ by two at most within one. Of a pair each of two groups has one.

    Parameters
    ----------
    rng : numpy.random.Generator
    stratum : numpy.ndarray
        int, shape (trials, services).
    groups : int
    ordered : bool
        The services stand in an order already, strata one after the other: the first few are allocated as they would be alone.
    """
    count, services = stratum.shape
    blocks = -(-services // groups)
    turns = _turns(rng.random((count, blocks, groups))).reshape(count, -1)[:, :services]
    if ordered:
        return np.ascontiguousarray(turns)
    order = _order(rng.random((count, services)), stratum)
    found = np.empty((count, services), np.int64)
    np.put_along_axis(found, order, turns, axis=1)
    return found


def _turns(luck: np.ndarray) -> np.ndarray:
    """Order of random numbers along the last axis; of two by one comparison, as sorting takes four times as long."""
    if luck.shape[-1] != 2:
        return np.argsort(luck, axis=-1)
    second = (luck[..., 1] < luck[..., 0]).astype(np.int64)
    return np.stack([second, 1 - second], axis=-1)


def _order(luck: np.ndarray, stratum: np.ndarray) -> np.ndarray:
    """Order by stratum, and by random numbers within: that of ``lexsort``, in half the time where strata are below 1,024.

    A generator's numbers are multiples of 2**-53: with the stratum above its 53 bits, each is one whole number.
    """
    if stratum.size and stratum.max() >= 1 << 10:
        return np.lexsort((luck, stratum), axis=1)
    return np.argsort((luck * 2.0**53).astype(np.int64) + (stratum.astype(np.int64) << 53), axis=1)


def _paired(rng: np.random.Generator, services: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Services in the order of their score, ties at random, with the number of their pair; int, shape (trials, services)."""
    order = np.lexsort((rng.random(score.shape), score), axis=1)
    pair = np.broadcast_to(np.arange(services.shape[1]) // 2, services.shape)
    return np.take_along_axis(services, order, axis=1), np.ascontiguousarray(pair)
