"""Twins: one life twice with the same luck, one thing otherwise. Where they part, and what follows from what.

Both are traced. What differs at the observation of a month is put in the order of the stages that write it, so that the chain
reads from cause to effect within a month as well as from month to month.
"""

import ast
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from sim import months as month_functions
from sim.engine import Batch, Trace
from sim.order import ORDER
from sim.state import FIELDS, SLOTS
from sim.why.contrasts import Variants
from sim.why.outcomes import Outcome
from sim.world import World

ENTITIES: Final = ("service", "leader", "practitioner", "patient")

_BESIDE: Final = ("key", "index", "post", "slot", "person", "decision_terms")
"""Fields that say who somebody is, or that only explain."""


class Difference(NamedTuple):
    """A number that differs between the twins for the first time.

    Attributes
    ----------
    month, stage : int
        Month since training, from 1, as in a story; the stage is its place in ``sim.order.ORDER``.
    who : str
    field, meaning, unit : str
    first, second : float
        In the life as it was, and in its twin.
    """

    month: int
    stage: int
    who: str
    field: str
    meaning: str
    unit: str
    first: float
    second: float


class Twin(NamedTuple):
    """Where two lives part.

    Attributes
    ----------
    apart : int
        Months that are alike before they part; -1 where they never do.
    chain : tuple of Difference
        What differs for the first time, by month and stage.
    happened : tuple of bool
        Whether it came to the outcome, in the life and in its twin.
    differing : numpy.ndarray
        int64, shape (months,): numbers that differ at the end of each month.
    """

    apart: int
    chain: tuple[Difference, ...]
    happened: tuple[bool, bool]
    differing: np.ndarray


@lru_cache
def writers() -> dict[tuple[str, str], int]:
    """First stage that writes a field, by entity and name of the field: read from the month functions themselves."""
    stages = {stage.function: at for at, stage in enumerate(ORDER)}
    calls: dict[str, ast.FunctionDef] = {}
    for path in sorted(Path(str(month_functions.__file__)).parent.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls |= {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found: dict[tuple[str, str], int] = {}
    for name, at in stages.items():
        for entity, field in _written(calls[name], calls):
            found[entity, field] = min(at, found.get((entity, field), at))
    return found


def _written(function: ast.FunctionDef, known: dict[str, ast.FunctionDef]) -> set[tuple[str, str]]:
    """Fields that a month function writes, those of functions that it calls among them; entities are called by their names."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            found |= {one for target in _targets(node) if (one := _field(target)) is not None}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            found |= _written(known[name], known) if name in known and name != function.name else set()
    return found


def _targets(node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _field(target: ast.expr) -> tuple[str, str] | None:
    """Entity and field of ``practitioner.hours = ...`` or ``practitioners[i].components[k] = ...``; a colleague is one too."""
    place = target.value if isinstance(target, ast.Subscript) else target
    if not isinstance(place, ast.Attribute):
        return None
    owner = place.value.value if isinstance(place.value, ast.Subscript) else place.value
    name = owner.id.rstrip("s") if isinstance(owner, ast.Name) else ""
    return name if name in ENTITIES else "practitioner", place.attr


def twin(
    world: World,
    replicate: int,
    variants: Variants,
    mask: int,
    outcome: Outcome,
    *,
    post: int | None = None,
    member: int | None = None,
) -> Twin:
    """Compare a life with itself under a set of contrasts.

    Parameters
    ----------
    world : World
        Of one service.
    replicate : int
    variants : Variants
    mask : int
        Set of contrasts.
    outcome : Outcome
    post : int, optional
    member : int, optional
    """
    mine = int(world.members([replicate])[0]) if member is None else member
    lives = []
    for each in (0, mask):
        life, holds = variants.life(each, np.array([mine]))
        lives.append(life.trace(replicate, member=0, held=holds))
    return compared(world, lives[0], lives[1], outcome, post=post)


def compared(
    world: World, first: tuple[Batch, Trace], second: tuple[Batch, Trace], outcome: Outcome, *, post: int | None = None
) -> Twin:
    """Differences of two traced lives of one service."""
    differing = np.zeros(world.months, np.int64)
    chain: list[Difference] = []
    order = writers()
    for entity, mine, yours in zip(ENTITIES, first[1], second[1], strict=True):
        for field in FIELDS[entity]:
            if field.name in _BESIDE:
                continue
            one, other = mine[field.name], yours[field.name]
            apart = (one != other) & ~(np.isnan(one) & np.isnan(other)) if one.dtype.kind == "f" else one != other
            if not apart.any():
                continue
            differing += apart.reshape(world.months, -1).sum(axis=1)
            month = int(np.flatnonzero(apart.reshape(world.months, -1).any(axis=1))[0])
            place = tuple(int(at) for at in np.argwhere(apart[month])[0])
            chain.append(
                Difference(
                    month + 1,
                    order.get((entity, field.name), len(ORDER)),
                    _who(world, entity, place[0]),
                    field.name,
                    field.meaning,
                    field.unit,
                    float(one[(month, *place)]),
                    float(other[(month, *place)]),
                )
            )
    chain.sort(key=lambda one: (one.month, one.stage))
    happened = tuple(bool(outcome.holds(batch, post)[0]) for batch, _ in (first, second))
    return Twin(chain[0].month - 1 if chain else -1, tuple(chain), (happened[0], happened[1]), differing)


def _who(world: World, entity: str, place: int) -> str:
    if entity in {"service", "leader"}:
        return "the service" if entity == "service" else "the leader"
    names: Sequence[str] = world.plan.post_names
    return names[place] if entity == "practitioner" else f"a patient of {names[place // SLOTS]}"
