"""What is left of an effect with one mechanism switched off, and how sure that is.

Knock-outs are run in the first few worlds, with and without the mechanism, with the same luck. Where what is left lies within
two errors of the smallest effect of interest, and the verdict would hang on it, all worlds are run.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from experiments.hypotheses.estimating import Effect
from experiments.hypotheses.schema import Claim, Rule
from experiments.hypotheses.verdicts import SUPPORTED, Knockout, judge, least_of
from experiments.worlds.estimating import Moments, Seen, merged, moments
from sim.scenario.definition import Scenario

NEAR: Final = 2.0
"""Errors within which an effect is not told from the smallest one of interest."""

_NOTHING: Final = 1e-7
"""Part of the errors that go into a difference of variances, below which its root is rounding: its square is that of a double."""

Changes = Mapping[str, np.ndarray]
"""By knock-out: how far it moves the effect towards the prediction in each of the first worlds; f8, NaN where undefined."""


def world_means(runs: np.ndarray) -> np.ndarray:
    """Mean of the defined runs of every world; f8 of shape (worlds, runs) in, (worlds,) out."""
    there = np.isfinite(runs)
    mean = np.where(there, runs, 0.0).sum(axis=1) / np.maximum(1, there.sum(axis=1))
    return np.where(there.any(axis=1), mean, np.nan)


def left_of(main: Effect, worlds: np.ndarray, change: np.ndarray, members: np.ndarray | None) -> tuple[float, float]:
    """Effect that is left with a mechanism off, and its standard error; NaN, not known, where it is the same in all worlds.

    The effect of all worlds is moved by the mean change in the worlds in which both were run. These worlds are in both means, so
    the variances of the two and twice their covariance add up: where the effect disappears altogether, its spread does too.

    Parameters
    ----------
    main : Effect
        Of all worlds.
    worlds : numpy.ndarray
        The effect in each of them; f8, shape (worlds,).
    change : numpy.ndarray
        f8, shape (first worlds,).
    members : numpy.ndarray or None
        int, shape (worlds,).
    """
    count = len(change)
    there = np.isfinite(change) & np.isfinite(worlds[:count])
    some = np.where(there, change, np.nan)
    own = None if members is None else members[:count]
    moved = _of(some, own)
    if not there.any():
        return math.nan, math.nan
    both, alone = (_of(np.where(there, values, np.nan), own) for values in (worlds[:count] + change, worlds[:count]))
    if math.isnan(moved.error):
        return main.mean + moved.mean, math.nan
    covariance = (both.error**2 - alone.error**2 - moved.error**2) / 2.0  # of the means over the first worlds
    shared = min(1.0, moved.worth / max(1e-12, _worth(worlds, members)))
    variance = main.error**2 + moved.error**2 + 2.0 * covariance * shared
    # what chance makes of a variance that is a difference is no certainty
    error = math.sqrt(max(variance, shared * both.error**2))
    return main.mean + moved.mean, error if error > _NOTHING * math.hypot(main.error, moved.error) else math.nan


def _of(values: np.ndarray, members: np.ndarray | None) -> Moments:
    return moments(_seen(values, members))


def _seen(values: np.ndarray, members: np.ndarray | None) -> Seen:
    return merged(values, np.where(np.isfinite(values), 0.0, np.nan), members)


def _worth(values: np.ndarray, members: np.ndarray | None) -> float:
    return moments(_seen(values, members)).worth


def knockouts_of(
    claim: Claim,
    main: Effect,
    worlds: np.ndarray,
    changes: Changes,
    members: np.ndarray | None,
    *,
    own: Sequence[str] = (),
    arms: Mapping[str, Scenario] | None = None,
) -> tuple[Knockout, ...]:
    """Knock-outs of a claim.

    Parameters
    ----------
    claim : Claim
    main : Effect
        In the predicted direction.
    worlds : numpy.ndarray
        That effect in every world; f8, shape (worlds,).
    changes : mapping of str to numpy.ndarray
    members : numpy.ndarray or None
        int, shape (worlds,).
    own : sequence of str
        Mechanisms that the hypothesis is about.
    arms : mapping of str to Scenario, optional
        Arms of the claim: what they have switched off themselves is said.
    """
    least = least_of(claim)
    found = []
    for name, change in changes.items():
        effect, error = left_of(main, worlds, change, members)
        near = math.isfinite(error) and abs(effect - least) < NEAR * error
        found.append(
            Knockout(
                name, effect, error, own=name in own, counts="=" not in name, worlds=len(change), near=near,
                already=already_off(name, arms or {}),
            )
        )  # fmt: skip
    return tuple(found)


def already_off(switch: str, arms: Mapping[str, Scenario]) -> str:
    """Which arms have a mechanism off by themselves, in words; nothing when none has, or for a rival form."""
    off = [name for name, one in arms.items() if switch in one.table.switches and not one.is_on(switch)]
    if not off:
        return ""
    return "off in every arm" if len(off) == len(arms) else f"off in {', '.join(off)}"


def doubtful(claim: Claim, main: Effect, knockouts: Iterable[Knockout], rule: Rule, worlds: int) -> tuple[str, ...]:
    """Knock-outs that are to be run in all worlds: the verdict hangs on them, and they are near its limit.

    Parameters
    ----------
    claim : Claim
    main : Effect
    knockouts : iterable of Knockout
    rule : Rule
    worlds : int
        All of them.
    """
    if judge(claim, main, (), rule).verdict != SUPPORTED:
        return ()
    return tuple(one.name for one in knockouts if one.counts and not one.own and one.near and one.worlds < worlds)
