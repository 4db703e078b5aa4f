"""What a world is asked for, checked: compiled code is handed nothing that it would read or write out of place."""

from collections.abc import Sequence

import numpy as np

from sim.addresses import RANGES
from sim.engine import ENGINES
from sim.holds import HOLD, NO_HOLDS, SETS, Hold, holds_of
from sim.plan import Plan
from sim.streams import KIND_PATIENT, KIND_PRACTITIONER, STREAM_SETS

Replicates = int | Sequence[int] | np.ndarray


def checked_holds(held: Sequence[Hold] | np.ndarray, plan: Plan) -> np.ndarray:
    """Records of what is held; what would hold nothing of a plan is a mistake.

    Parameters
    ----------
    held : sequence of Hold, or array of HOLD
    plan : Plan

    Raises
    ------
    ValueError
        For a stream, a number, a service, a post or a slot that there is not.
    """
    if not len(held):
        return NO_HOLDS
    holds = held if isinstance(held, np.ndarray) else holds_of(held)
    if holds.dtype != HOLD or holds.ndim != 1:
        raise ValueError("holds are records of HOLD, as holds_of gives them")
    for one in holds:
        name = SETS[int(one["set"])] if 0 <= one["set"] < len(SETS) else ""
        if not name or not 0 <= one["stream"] < len(STREAM_SETS[name].names) or not 0.0 < one["value"] < 1.0:
            raise ValueError(f"{one} holds no stream at a number between 0 and 1")
        if one["service"] != -1 and one["service"] not in plan.services["key"]:
            raise ValueError(f"{name}: a service is held that is none of {', '.join(plan.service_names)}")
        kind = STREAM_SETS[name].kind
        if one["post"] > 0 and kind not in {KIND_PRACTITIONER, KIND_PATIENT}:
            raise ValueError(f"{name}: its streams are of no post")
        if one["slot"] > 0 and kind != KIND_PATIENT:
            raise ValueError(f"{name}: its streams are of no slot")
    return np.ascontiguousarray(holds)


def numbers_of(replicates: Replicates) -> np.ndarray:
    """Numbers of replicates, from 0 where only how many is said."""
    found = whole(replicates, "replicates")
    if found.ndim == 0:
        found = np.arange(int(in_range(found)), dtype=np.int64)
    if found.ndim != 1:
        raise ValueError("replicates are a number or a list of numbers")
    return in_range(found)


def known_engine(engine: str) -> None:
    """Refuse an engine that there is not."""
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r} is not one of {', '.join(ENGINES)}")


def whole(given: Replicates, what: str) -> np.ndarray:
    """Whole numbers, as int64; a fraction is not cut off, and a truth is no number."""
    found = np.asarray(given)
    if found.dtype.kind not in "iu" and found.size:
        raise ValueError(f"{what}: whole numbers are needed, not {given}")
    return np.ascontiguousarray(found.astype(np.int64)) if found.ndim else found.astype(np.int64)


def in_range(found: np.ndarray) -> np.ndarray:
    """Numbers of replicates, if they can be those of random numbers."""
    if found.size and not 0 <= found.min() <= found.max() < RANGES["replicate"]:
        raise ValueError(f"replicates are whole numbers from 0 to {RANGES['replicate'] - 1:,}")
    return found
