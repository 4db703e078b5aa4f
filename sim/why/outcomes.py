"""What is explained: one thing that a service, or one of its posts, may have come to at the horizon."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from sim import codes
from sim.engine import Batch
from sim.problems import BadInput, Problem, did_you_mean
from sim.world import World


class Outcome(NamedTuple):
    """One thing that a service may have come to.

    Attributes
    ----------
    name : str
    happened, instead : str
        End of a sentence that begins with the service: "gave the practice up", and what is so otherwise.
    of_service : callable
        Rows of one service, SERVICE_MONTH of shape (replicates, months), to bool of shape (replicates,).
    of_post : callable or None
        Practitioner records at the horizon, shape (replicates,), to bool; None where it is no outcome of a post.
    """

    name: str
    happened: str
    instead: str
    of_service: Callable[[np.ndarray], np.ndarray]
    of_post: Callable[[np.ndarray], np.ndarray] | None = None

    def holds(self, batch: Batch, post: int | None = None) -> np.ndarray:
        """Whether it came to this, of a batch of one service; bool, shape (replicates,).

        Parameters
        ----------
        batch : Batch
        post : int, optional
            Place of a post: its own outcome, where it has one.
        """
        if post is not None and self.of_post is not None:
            return np.asarray(self.of_post(batch.ends[:, post]))
        return np.asarray(self.of_service(batch.rows[:, 0]))


OUTCOMES: Final = {
    one.name: one
    for one in (
        Outcome(
            "given-up",
            "has given the practice up",
            "has not given it up",
            lambda rows: rows["use"][:, -1] == codes.GIVEN_UP,
            lambda posts: posts["use"] == codes.GIVEN_UP,
        ),
        Outcome(
            "not-delivering",
            "does not give the practice",
            "still gives it",
            lambda rows: rows["use"][:, -1] != codes.OPERATING,
            lambda posts: posts["use"] != codes.OPERATING,
        ),
        Outcome(
            "abandoned",
            "is abandoned by what is done",
            "is not abandoned by what is done",
            lambda rows: rows["state"][:, -1] == codes.ABANDONED,
        ),
        Outcome(
            "drifted",
            "has drifted",
            "has not drifted",
            lambda rows: rows["state"][:, -1] == codes.DRIFTED,
        ),
        Outcome(
            "interrupted",
            "did not keep going throughout",
            "kept going throughout",
            lambda rows: rows["kept_going"][:, -1] == 0,
            lambda posts: posts["kept_going"] == 0,
        ),
        Outcome(
            "not-high",
            "was not of high fidelity at every yearly look",
            "was of high fidelity at every yearly look",
            lambda rows: rows["high_every_look"][:, -1] == 0,
            lambda posts: posts["high_every_look"] == 0,
        ),
    )
}
"""Outcomes that can be explained, the usual one first. Each is what is to be explained: the question is why it came to this."""

USUAL: Final = "given-up"

ROUNDS: Final = 100
"""Replicates looked through at a time."""


def outcome_of(name: str, *, post: int | None = None) -> Outcome:
    """Outcome by name.

    Raises
    ------
    BadInput
        For one that there is not, or that is none of a post where one is asked about.
    """
    if name not in OUTCOMES:
        raise BadInput([Problem("outcome", f"unknown outcome '{name}'", ", ".join(OUTCOMES), did_you_mean(str(name), OUTCOMES))])
    found = OUTCOMES[name]
    if post is not None and found.of_post is None:
        allowed = ", ".join(one.name for one in OUTCOMES.values() if one.of_post is not None)
        raise BadInput([Problem("outcome", f"'{name}' is an outcome of services, not of a post", allowed)])
    return found


def months_operating(batch: Batch) -> np.ndarray:
    """Months in which the service gave the practice; int64, shape (replicates,)."""
    return np.asarray((batch.rows["use"][:, 0] == codes.OPERATING).sum(axis=1))


def replicates_with(
    world: World, outcome: Outcome, replicates: int, *, post: int | None = None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Replicates of one service that came to an outcome, and months in which each gave the practice.

    Parameters
    ----------
    world : World
        Of one service.
    outcome : Outcome
    replicates : int
        How many are looked through.
    post : int, optional

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        int64, shape (replicates that did,).
    int
        Replicates that were looked through; of a post, those in which it was open at the horizon.
    """
    which, months, looked = [], [], replicates
    for first in range(0, replicates, ROUNDS):
        numbers = np.arange(first, min(first + ROUNDS, replicates), dtype=np.int64)
        batch = world.run(numbers, into=world.room(len(numbers)))
        there = outcome.holds(batch, post)
        if post is not None:  # a reserve post that nobody has opened comes to nothing
            opened = batch.ends["reserve"][:, post] == 0
            there &= opened
            looked -= int((~opened).sum())
        which.append(numbers[there])
        months.append(months_operating(batch)[there])
    return np.concatenate(which), np.concatenate(months), looked
