"""Records are copied whole in compiled code, and nothing beside them."""

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

from sim import compiled
from sim.inlining import overwrite
from sim.state import dtype_of

ENTITIES = ("service", "leader", "practitioner", "patient")


@njit
def copied(records: Any, source: Any) -> None:
    overwrite(records[1], source[0])


@njit
def assigned(records: Any, source: Any) -> None:
    records[1] = source[0]


def filled(entity: str, count: int, seed: int) -> np.ndarray:
    """Records of any bytes at all."""
    raw = np.random.default_rng(seed).integers(0, 256, (count, dtype_of(entity).itemsize), np.uint8)
    return raw.reshape(-1).view(dtype_of(entity))


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_record_is_copied_to_the_byte_and_its_neighbours_stay(entity: str) -> None:
    records, source = filled(entity, 3, 1), filled(entity, 1, 2)
    before, given = records.copy(), source.copy()
    copied(records, source)
    assert records[1].tobytes() == source[0].tobytes() != before[1].tobytes()
    assert [records[at].tobytes() for at in (0, 2)] == [before[at].tobytes() for at in (0, 2)]
    assert source.tobytes() == given.tobytes()


def test_as_an_assignment_does() -> None:
    records, others, source = filled("leader", 3, 1), filled("leader", 3, 1), filled("leader", 1, 2)
    copied(records, source)
    assigned(others, source)
    assert records.tobytes() == others.tobytes()


def test_records_of_another_type_are_refused() -> None:
    with pytest.raises(TypingError):
        copied(filled("patient", 3, 1), filled("leader", 1, 2))
    with pytest.raises(TypingError):
        copied(np.zeros(3), np.zeros(1))


def whole_records_assigned(text: str) -> list[int]:
    """Lines on which an item of an array becomes an item of another: what the compiler takes byte by byte."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript) and isinstance(node.targets[0], ast.Subscript)
    ]


def test_the_engine_copies_no_record_byte_by_byte() -> None:
    assert whole_records_assigned(Path(compiled.__file__).read_text(encoding="utf-8")) == []
    assert whole_records_assigned("for i in range(3):\n    ends[r, i] = posts[i]") == [2]  # the control
