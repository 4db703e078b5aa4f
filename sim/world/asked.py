"""What a world is asked for, checked: compiled code is handed nothing that it would read or write out of place."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from pydantic import ValidationError

from sim.addresses import RANGES
from sim.engine import ENGINES, Other
from sim.holds import HOLD, NEVER, NO_HOLDS, SETS, Hold, holds_of
from sim.plan import Plan
from sim.problems import BadInput, Problem
from sim.scenario import Scenario
from sim.scenario.checks import check_mechanisms, check_policy
from sim.scenario.messages import kind_of, problems_of
from sim.scenario.schema import Policy
from sim.streams import KIND_PATIENT, KIND_PRACTITIONER, STREAM_SETS

Replicates = int | Sequence[int] | np.ndarray

ELSE: Final = 2**31
"""First of the replicates whose luck others are given: no run has as many of its own."""


def checked_policies(policies: Sequence[Policy | Mapping[str, Any]], scenario: Scenario) -> tuple[Policy, ...]:
    """Policies that a scenario can have.

    Parameters
    ----------
    policies : sequence of Policy or mapping
    scenario : Scenario

    Raises
    ------
    BadInput
        With every problem of every policy.
    """
    found, problems = [], []
    for number, one in enumerate(policies):
        where = f"policies[{number}]"
        try:
            policy = one if isinstance(one, Policy) else Policy.model_validate(dict(one))
        except (TypeError, ValueError) as error:
            if isinstance(error, ValidationError):
                problems += problems_of(error, file=where, model=Policy, raw=one)
            else:
                problems.append(Problem(where, f"{kind_of(one)} is no policy", "a mapping with lever, dose and start"))
            continue
        problems += check_policy(policy, where, months=scenario.months, known=scenario.service_names)
        problems += check_mechanisms([(where, policy)], [], scenario.switches, scenario.table)
        found.append(policy)
    if problems:
        raise BadInput(problems)
    return tuple(found)


def checked_seed(given: object) -> int:
    """A seed.

    Raises
    ------
    BadInput
        For anything but a whole number from 0 to 2^64 - 1.
    """
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or not 0 <= given < 2**64:
        raise BadInput([Problem("seed", f"'{given}' is no seed", "a whole number from 0 to 2^64 - 1")])
    return int(given)


def mine_of(items: Iterable[Any], service: str) -> list[Any]:
    """Policies or events of one service, as its own."""
    return [
        one if one.services == "all" else one.model_copy(update={"services": [service]})
        for one in items
        if one.services == "all" or service in one.services
    ]


def other_luck(
    plan: Plan,
    count: int,
    branch: Replicates | None,
    others: Replicates | None,
    held: Sequence[Hold] | np.ndarray,
) -> Other | None:
    """How the luck of so many replicates differs from their own; None where it does not.

    Parameters
    ----------
    plan : Plan
    count : int
    branch, others, held
        As :meth:`sim.world.World.run` takes them.

    Raises
    ------
    ValueError
        For what cannot be.
    """
    holds = checked_holds(held, plan)
    if branch is None and others is not None:
        raise ValueError("others are whose luck follows on a branch: say after how many months")
    if branch is None and not len(holds):
        return None
    months = np.full(count, NEVER) if branch is None else np.broadcast_to(whole(branch, "a branch"), count)
    if branch is not None and not (months.min(initial=0) >= 0 and months.max(initial=0) <= plan.months):
        raise ValueError(f"a branch after 0 to {plan.months} months is needed, not {branch}")
    # month m has month word m + 1, and word 0 is before month 0
    words = np.where(months == 0, 0, months + 1)
    luck = np.int64(ELSE) if others is None else in_range(whole(others, "others"))
    # a copy: what is broadcast is read-only, and for read-only arrays the engine would be compiled a second time
    return Other(np.ascontiguousarray(words), np.array(np.broadcast_to(luck, count)), holds)


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


def places_of(given: np.ndarray, count: int, what: str) -> np.ndarray:
    """Places among so many; int64, at least one of them.

    Raises
    ------
    ValueError
        For a place that there is not: it would be counted from the end.
    """
    found = whole(given, what)
    if found.ndim != 1 or not len(found) or not 0 <= found.min() <= found.max() < count:
        raise ValueError(f"{what}: numbers below {count:,} are needed, from 0, at least one of them")
    return found


def in_range(found: np.ndarray) -> np.ndarray:
    """Numbers of replicates, if they can be those of random numbers."""
    if found.size and not 0 <= found.min() <= found.max() < RANGES["replicate"]:
        raise ValueError(f"replicates are whole numbers from 0 to {RANGES['replicate'] - 1:,}")
    return found
